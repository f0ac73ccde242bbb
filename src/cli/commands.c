#include "cli/command.h"

#include "base/str.h"

/* Every noun, in the order of the help. */
static const struct command *const tables[] = {
    commands_serve,  commands_user,     commands_tenant,  commands_token,
    commands_source, commands_transfer, commands_migrate, commands_schema,
    commands_backup, commands_doctor,   commands_help,
};

const struct option_row options_global[] = {
    {"data", "DIR", "folder of all data (default ./telaio-data)", false},
    {"store", "URL", "where Telaio's own tables are (default sqlite: in the data folder)", false},
    {"config", "FILE", "settings file (JSON)", false},
    {"tenant", "SLUG", "the tenant to work in (default main)", false},
    {"json", NULL, "print the result as JSON", false},
    {"help", NULL, "show the help of the command", false},
    {"version", NULL, "print the version", false},
    {0},
};

size_t commands_n(void)
{
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
        for (const struct command *c = tables[i]; c->name; c++) {
            n++;
        }
    }
    return n;
}

const struct command *commands_at(size_t i)
{
    for (size_t k = 0; k < ARRAY_LEN(tables); k++) {
        for (const struct command *c = tables[k]; c->name; c++) {
            if (i-- == 0) {
                return c;
            }
        }
    }
    return NULL;
}

const struct command *commands_find(const char *const *words, size_t n, size_t *n_used)
{
    for (size_t i = 0; n > 0 && i < commands_n(); i++) {
        const struct command *c = commands_at(i);
        struct str rest = str_of(c->name), first = {0}, second = {0};
        str_split(&rest, ' ', &first);
        bool is_two = str_split(&rest, ' ', &second);
        if (!str_is(first, words[0]) || (is_two && (n < 2 || !str_is(second, words[1])))) {
            continue;
        }
        *n_used = is_two ? 2 : 1;
        return c;
    }
    return NULL;
}

bool commands_is_noun(const char *word)
{
    struct str w = str_of(word);
    for (size_t i = 0; i < commands_n(); i++) {
        struct str name = str_of(commands_at(i)->name);
        size_t space = str_find(name, ' ');
        if (space < name.n && str_eq(w, (struct str){name.p, space})) {
            return true;
        }
    }
    return false;
}

/* The settings as options, without those that every command has. */
static const struct option_row *setting_options(struct arena *a)
{
    const struct setting_row *rows = settings_rows();
    struct option_row *out = NULL;
    size_t n = 0;
    for (size_t i = 0; i < SETTING_N; i++) {
        bool is_global = false;
        for (const struct option_row *g = options_global; g->name; g++) {
            is_global = is_global || text_eq(g->name, rows[i].name);
        }
        const char *argument = rows[i].kind == SETTING_INTEGER   ? "N"
                               : rows[i].kind == SETTING_BOOLEAN ? "true|false"
                                                                 : "TEXT";
        struct option_row row = {rows[i].name, argument, rows[i].help, false};
        if (!is_global) {
            ARENA_PUSH(a, out, n, row);
        }
    }
    struct option_row end = {0};
    ARENA_PUSH(a, out, n, end);
    return out;
}

const struct option_row *const *commands_tables(struct arena *a, const struct command *command)
{
    const struct option_row **out = NULL;
    size_t n = 0;
    for (size_t i = 0; i < commands_n(); i++) {
        const struct command *c = commands_at(i);
        if ((!command || c == command) && c->options) {
            ARENA_PUSH(a, out, n, c->options);
        }
    }
    if (!command || command->takes_settings) {
        ARENA_PUSH(a, out, n, setting_options(a));
    }
    ARENA_PUSH(a, out, n, options_global);
    ARENA_PUSH(a, out, n, NULL);
    return out;
}

void commands_operand_range(const struct command *command, int *least, int *most)
{
    struct str rest = str_of(command->operands), word;
    *least = *most = 0;
    while (command->operands[0] && str_split(&rest, ' ', &word)) {
        bool is_many = word.n > 3 && str_is(str_sub(word, word.n - 3), "...");
        *least += word.p[0] != '[';
        *most = is_many || *most < 0 ? -1 : *most + 1;
    }
}
