#include "catalog/table.h"

#include "base/attr.h"
#include "base/buf.h"

struct column *table_find_column(const struct table *t, struct str name)
{
    size_t at = table_column_position(t, name);
    return at < t->n_columns ? &t->columns[at] : NULL;
}

/* Most names differ in their first letter. */
static bool may_be(const char *own, struct str name)
{
    return name.n == 0 || ((own[0] ^ name.p[0]) & ~0x20) == 0;
}

size_t table_column_position(const struct table *t, struct str name)
{
    size_t folded = t->n_columns;
    for (size_t i = 0; i < t->n_columns; i++) {
        if (!may_be(t->columns[i].name, name)) {
            continue;
        }
        if (str_is(name, t->columns[i].name)) {
            return i;
        }
        if (folded == t->n_columns && str_eq_nocase(str_of(t->columns[i].name), name)) {
            folded = i;
        }
    }
    return folded;
}

struct index *table_find_index(const struct table *t, struct str name)
{
    for (size_t i = 0; i < t->n_indexes; i++) {
        if (str_eq_nocase(str_of(t->indexes[i].name), name)) {
            return &t->indexes[i];
        }
    }
    return NULL;
}

bool table_in_primary_key(const struct table *t, const char *column)
{
    for (size_t i = 0; i < t->n_primary_key; i++) {
        if (str_eq_nocase(str_of(t->primary_key[i]), str_of(column))) {
            return true;
        }
    }
    return false;
}

const struct column *table_single_key(const struct table *t)
{
    return t->n_primary_key == 1 ? table_find_column(t, str_of(t->primary_key[0])) : NULL;
}

bool index_is_single_unique(const struct index *i, const char *column)
{
    return i->is_unique && i->n_keys == 1 && !i->where && i->keys[0].column &&
           str_eq_nocase(str_of(i->keys[0].column), str_of(column));
}

void table_refresh_unique(struct table *t)
{
    for (size_t c = 0; c < t->n_columns; c++) {
        struct column *column = &t->columns[c];
        column->is_unique = false;
        for (size_t i = 0; i < t->n_indexes; i++) {
            if (index_is_single_unique(&t->indexes[i], column->name)) {
                column->is_unique = true;
            }
        }
    }
}

static const char **copy_texts(struct arena *a, const char *const *texts, size_t n)
{
    const char **copy = ARENA_ARRAY(a, n, const char *);
    for (size_t i = 0; i < n; i++) {
        copy[i] = arena_strdup(a, texts[i]);
    }
    return n ? copy : NULL;
}

struct column column_copy(struct arena *a, const struct column *c)
{
    struct column copy = *c;
    copy.name = arena_strdup(a, c->name);
    copy.type = type_copy(a, &c->type);
    copy.default_value = expr_copy(a, c->default_value);
    copy.generated_as = expr_copy(a, c->generated_as);
    copy.collation = arena_strdup(a, c->collation);
    copy.comment = arena_strdup(a, c->comment);
    copy.rules.pattern = arena_strdup(a, c->rules.pattern);
    copy.rules.one_of = copy_texts(a, c->rules.one_of, c->rules.n_one_of);
    copy.display_name = arena_strdup(a, c->display_name);
    copy.related_table = arena_strdup(a, c->related_table);
    copy.relation_type = arena_strdup(a, c->relation_type);
    copy.on_delete_text = arena_strdup(a, c->on_delete_text);
    copy.on_update_text = arena_strdup(a, c->on_update_text);
    copy.options = arena_strdup(a, c->options);
    return copy;
}

struct index index_copy(struct arena *a, const struct index *i)
{
    struct index copy = *i;
    copy.name = arena_strdup(a, i->name);
    copy.where = expr_copy(a, i->where);
    copy.method = arena_strdup(a, i->method);
    copy.native = arena_strdup(a, i->native);
    copy.keys = ARENA_ARRAY(a, i->n_keys, struct index_key);
    for (size_t k = 0; k < i->n_keys; k++) {
        copy.keys[k] = i->keys[k];
        copy.keys[k].column = arena_strdup(a, i->keys[k].column);
        copy.keys[k].expr = expr_copy(a, i->keys[k].expr);
        copy.keys[k].collation = arena_strdup(a, i->keys[k].collation);
    }
    return copy;
}

struct foreign_key foreign_key_copy(struct arena *a, const struct foreign_key *f)
{
    struct foreign_key copy = *f;
    copy.name = arena_strdup(a, f->name);
    copy.columns = copy_texts(a, f->columns, f->n_columns);
    copy.referenced_table = arena_strdup(a, f->referenced_table);
    copy.referenced_columns =
        f->referenced_columns ? copy_texts(a, f->referenced_columns, f->n_columns) : NULL;
    return copy;
}

struct check check_copy(struct arena *a, const struct check *c)
{
    return (struct check){
        .name = arena_strdup(a, c->name),
        .expr = expr_copy(a, c->expr),
        .column = arena_strdup(a, c->column),
    };
}

struct trigger trigger_copy(struct arena *a, const struct trigger *t)
{
    return (struct trigger){arena_strdup(a, t->name), arena_strdup(a, t->native)};
}

#define COPY_PART(member, n_member, type, copy_one)       \
    do {                                                  \
        copy->member = ARENA_ARRAY(a, t->n_member, type); \
        for (size_t i = 0; i < t->n_member; i++) {        \
            copy->member[i] = copy_one(a, &t->member[i]); \
        }                                                 \
    } while (0)

struct table *table_copy(struct arena *a, const struct table *t)
{
    struct table *copy = arena_memdup(a, t, sizeof *t);
    copy->name = arena_strdup(a, t->name);
    copy->primary_key = copy_texts(a, t->primary_key, t->n_primary_key);
    COPY_PART(columns, n_columns, struct column, column_copy);
    COPY_PART(indexes, n_indexes, struct index, index_copy);
    COPY_PART(foreign_keys, n_foreign_keys, struct foreign_key, foreign_key_copy);
    COPY_PART(checks, n_checks, struct check, check_copy);
    COPY_PART(triggers, n_triggers, struct trigger, trigger_copy);
    copy->comment = arena_strdup(a, t->comment);
    copy->native = arena_strdup(a, t->native);
    copy->display_name = arena_strdup(a, t->display_name);
    copy->description = arena_strdup(a, t->description);
    copy->icon = arena_strdup(a, t->icon);
    copy->color = arena_strdup(a, t->color);
    copy->permissions = arena_strdup(a, t->permissions);
    copy->api_prefix = arena_strdup(a, t->api_prefix);
    return copy;
}

static const struct {
    enum fk_action action;
    const char *text;
} actions[] = {
    {FK_NO_ACTION, "NO ACTION"}, {FK_RESTRICT, "RESTRICT"},       {FK_CASCADE, "CASCADE"},
    {FK_SET_NULL, "SET NULL"},   {FK_SET_DEFAULT, "SET DEFAULT"},
};

/* "set_null", "SET NULL", "setNull" and "set-null" are one: letters count, the rest does not. */
static bool same_letters(const char *a, const char *b)
{
    for (;;) {
        while (*a == ' ' || *a == '_' || *a == '-') {
            a++;
        }
        while (*b == ' ' || *b == '_' || *b == '-') {
            b++;
        }
        if (!str_eq_nocase((struct str){a, *a ? 1 : 0}, (struct str){b, *b ? 1 : 0})) {
            return false;
        }
        if (!*a) {
            return true;
        }
        a++;
        b++;
    }
}

enum fk_action fk_action_parse(const char *text)
{
    for (size_t i = 0; text && i < ARRAY_LEN(actions); i++) {
        if (same_letters(text, actions[i].text)) {
            return actions[i].action;
        }
    }
    return FK_ACTION_NONE;
}

const char *fk_action_text(enum fk_action action)
{
    for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
        if (actions[i].action == action) {
            return actions[i].text;
        }
    }
    return "NO ACTION";
}
