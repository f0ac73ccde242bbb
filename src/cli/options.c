#include "cli/options.h"

#include <string.h>

#include "base/str.h"

static const struct option_row *find_row(const struct option_row *const *tables, struct str name)
{
    for (; *tables; tables++) {
        for (const struct option_row *row = *tables; row->name; row++) {
            if (str_is(name, row->name)) {
                return row;
            }
        }
    }
    return NULL;
}

static enum errcode add_given(struct arena *a, struct options *o, const struct option_row *row,
                              const char *value, struct error *err)
{
    for (size_t i = 0; i < o->n_given; i++) {
        if (!row->is_repeated && text_eq(o->given[i].name, row->name)) {
            return ERROR(err, ERR_USAGE, "--%s is given twice", row->name);
        }
    }
    struct option_given given = {.name = row->name, .value = value};
    ARENA_PUSH(a, o->given, o->n_given, given);
    return ERR_OK;
}

/* Reads the option at argv[*at], which may take the next word as its value. */
static enum errcode parse_one(struct arena *a, int argc, char **argv, int *at,
                              const struct option_row *const *tables, struct options *o,
                              struct error *err)
{
    struct str word = str_of(argv[*at] + 2);
    size_t equals = str_find(word, '=');
    struct str name = {word.p, equals};
    const struct option_row *row = find_row(tables, name);
    if (!row) {
        ERROR(err, ERR_USAGE, "unknown option \"--%.*s\"", (int)name.n, name.p);
        return error_hint(err, "telaio help COMMAND lists the options");
    }
    if (!row->argument) {
        if (equals < word.n) {
            return ERROR(err, ERR_USAGE, "--%s takes no value", row->name);
        }
        return add_given(a, o, row, NULL, err);
    }
    if (equals < word.n) {
        return add_given(a, o, row, word.p + equals + 1, err);
    }
    if (*at + 1 >= argc) {
        return ERROR(err, ERR_USAGE, "--%s needs a value (%s)", row->name, row->argument);
    }
    return add_given(a, o, row, argv[++*at], err);
}

enum errcode options_parse(struct arena *a, int argc, char **argv,
                           const struct option_row *const *tables, struct options *out,
                           struct error *err)
{
    struct options o = {0};
    bool only_operands = false;
    for (int i = 0; i < argc; i++) {
        if (!only_operands && strcmp(argv[i], "--") == 0) {
            only_operands = true;
        } else if (!only_operands && strncmp(argv[i], "--", 2) == 0) {
            TRY(parse_one(a, argc, argv, &i, tables, &o, err));
        } else if (!only_operands && argv[i][0] == '-' && argv[i][1] != '\0') {
            return ERROR(err, ERR_USAGE, "unknown option \"%s\"", argv[i]);
        } else {
            ARENA_PUSH(a, o.operands, o.n_operands, argv[i]);
        }
    }
    *out = o;
    return ERR_OK;
}

const char *options_nth(const struct options *o, const char *name, size_t nth)
{
    for (size_t i = 0; i < o->n_given; i++) {
        if (text_eq(o->given[i].name, name) && nth-- == 0) {
            return o->given[i].value;
        }
    }
    return NULL;
}

const char *options_text(const struct options *o, const char *name)
{
    const char *value = NULL;
    for (size_t i = 0; i < o->n_given; i++) {
        if (text_eq(o->given[i].name, name)) {
            value = o->given[i].value;
        }
    }
    return value;
}

bool options_flag(const struct options *o, const char *name)
{
    for (size_t i = 0; i < o->n_given; i++) {
        if (text_eq(o->given[i].name, name)) {
            return true;
        }
    }
    return false;
}
