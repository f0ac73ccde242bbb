#include "base/attr.h"
#include "engine/sqlite/ddl.h"
#include "engine/sqlite/expr_parse.h"
#include "engine/sqlite/inspect.h"
#include "engine/sqlite/storage.h"

/*
 * CREATE texts to nouns. A CHECK that only says what the column's type says is part of the type
 * and not listed; the labels of an enum are read from it.
 */
static const struct expr *parse(struct arena *a, struct str text)
{
    return sqlite_expr_parse(a, text);
}

static void add_check(struct arena *a, struct table *t, const struct clause *c,
                      const struct expr *e, const char *column)
{
    struct check check = {.name = c->name, .expr = e, .column = column};
    ARENA_PUSH(a, t->checks, t->n_checks, check);
}

/* "column IN ('a', 'b')" beside a column declared as enum. */
static bool read_labels(struct arena *a, struct column *c, const struct expr *e)
{
    if (c->type.kind != TYPE_ENUM || c->type.n_values || e->kind != EXPR_IN ||
        e->args[0]->kind != EXPR_COLUMN || !text_eq(e->args[0]->name, c->name)) {
        return false;
    }
    const char **labels = NULL;
    size_t n = 0;
    for (size_t i = 1; i < e->n_args; i++) {
        if (e->args[i]->kind != EXPR_LITERAL || e->args[i]->value.kind != VALUE_TEXT) {
            return false;
        }
        const char *label = arena_str(a, e->args[i]->value.s);
        ARENA_PUSH(a, labels, n, label);
    }
    c->type.values = labels;
    c->type.n_values = n;
    return n > 0;
}

static void read_check(struct arena *a, struct table *t, struct column *c,
                       const struct clause *clause)
{
    const struct expr *e = parse(a, clause->text);
    if (read_labels(a, c, e)) {
        return;
    }
    const struct expr *of_type = sqlite_type_check(a, c);
    if (!of_type || !expr_equal(of_type, e)) {
        add_check(a, t, clause, e, c->name);
    }
}

/* A default in the canonical form of its column: 1 of a boolean is true, an instant loses zeros. */
static const struct expr *read_default(struct arena *a, const struct column *c, struct str text)
{
    const struct expr *e = parse(a, text);
    if (e->kind != EXPR_LITERAL) {
        return e;
    }
    if (e->value.kind == VALUE_NULL) {
        return NULL; /* DEFAULT NULL says nothing */
    }
    if (c->type.kind == TYPE_DECIMAL && e->value.kind != VALUE_TEXT) {
        return e;
    }
    struct buf room;
    buf_init(&room, 4096);
    struct value v = value_copy(a, sqlite_decode(&c->type, e->value, &room));
    buf_release(&room);
    return expr_literal(a, v);
}

static struct foreign_key read_key(struct arena *a, const struct clause *c, const char *column)
{
    struct foreign_key f = {.name = c->name,
                            .referenced_table = c->parent,
                            .on_delete = fk_action_parse(c->on_delete ? c->on_delete : ""),
                            .on_update = fk_action_parse(c->on_update ? c->on_update : ""),
                            .is_deferred = c->is_deferred};
    f.n_columns = column ? 1 : c->n_keys;
    f.columns = ARENA_ARRAY(a, f.n_columns, const char *);
    for (size_t i = 0; i < f.n_columns; i++) {
        f.columns[i] = column ? column : c->keys[i].column;
    }
    if (c->n_parent_columns == f.n_columns) {
        f.referenced_columns = c->parent_columns;
    }
    return f;
}

static void set_key(struct arena *a, struct table *t, const struct clause *c, const char *column)
{
    size_t n = column ? 1 : c->n_keys;
    t->primary_key = ARENA_ARRAY(a, n, const char *);
    for (size_t i = 0; i < n; i++) {
        t->primary_key[i] = column ? column : c->keys[i].column;
    }
    t->n_primary_key = n;
}

static void read_clause(struct arena *a, struct table *t, struct column *c,
                        const struct clause *clause)
{
    struct foreign_key key;
    switch (clause->kind) {
    case CLAUSE_NOT_NULL:
        c->is_nullable = false;
        return;
    case CLAUSE_PRIMARY_KEY:
        set_key(a, t, clause, c->name);
        c->is_auto_increment = clause->is_autoincrement;
        return;
    case CLAUSE_CHECK:
        read_check(a, t, c, clause);
        return;
    case CLAUSE_DEFAULT:
        c->default_value = read_default(a, c, clause->text);
        return;
    case CLAUSE_COLLATE:
        c->collation = clause->name;
        return;
    case CLAUSE_FOREIGN_KEY:
        key = read_key(a, clause, c->name);
        ARENA_PUSH(a, t->foreign_keys, t->n_foreign_keys, key);
        return;
    case CLAUSE_GENERATED:
        c->generated = clause->is_stored ? GENERATED_STORED : GENERATED_VIRTUAL;
        c->generated_as = parse(a, clause->text);
        return;
    default:
        return;
    }
}

static void read_column(struct arena *a, struct table *t, const struct column_text *text)
{
    struct column *c = &t->columns[t->n_columns++];
    c->name = text->name;
    c->is_nullable = true;
    c->comment = text->comment;
    c->type = sqlite_type_of(a, text->type);
    for (size_t i = 0; i < text->n_clauses; i++) {
        read_clause(a, t, c, &text->clauses[i]);
    }
}

static void read_table_clause(struct arena *a, struct table *t, const struct clause *c)
{
    if (c->kind == CLAUSE_PRIMARY_KEY) {
        set_key(a, t, c, NULL);
    } else if (c->kind == CLAUSE_CHECK) {
        add_check(a, t, c, parse(a, c->text), NULL);
    } else if (c->kind == CLAUSE_FOREIGN_KEY) {
        struct foreign_key key = read_key(a, c, NULL);
        ARENA_PUSH(a, t->foreign_keys, t->n_foreign_keys, key);
    }
}

/* The key of a table without rowid, and a key that is the rowid, hold no NULL. */
static void settle_key(struct table *t)
{
    for (size_t i = 0; i < t->n_primary_key; i++) {
        struct column *c = table_find_column(t, str_of(t->primary_key[i]));
        if (!c) {
            continue;
        }
        t->primary_key[i] = c->name;
        bool is_rowid = t->n_primary_key == 1 && c->type.native &&
                        str_eq_nocase(str_of(c->type.native), STR("INTEGER"));
        if (is_rowid || t->is_without_rowid) {
            c->is_nullable = false;
        }
    }
}

void inspect_table(struct arena *a, struct table *t)
{
    struct table_text text;
    if (!t->native || ddl_read_table(a, str_of(t->native), &text, NULL) != ERR_OK) {
        return;
    }
    t->comment = text.comment;
    t->is_strict = text.is_strict;
    t->is_without_rowid = text.is_without_rowid;
    t->columns = ARENA_ARRAY(a, text.n_columns, struct column);
    for (size_t i = 0; i < text.n_columns; i++) {
        read_column(a, t, &text.columns[i]);
    }
    for (size_t i = 0; i < text.n_clauses; i++) {
        read_table_clause(a, t, &text.clauses[i]);
    }
    settle_key(t);
}

static struct index_key read_index_key(struct arena *a, const struct table *t,
                                       const struct key_text *k)
{
    struct index_key key = {.is_descending = k->is_descending, .collation = k->collation};
    const struct column *c = k->column ? table_find_column(t, str_of(k->column)) : NULL;
    if (c) {
        key.column = c->name;
    } else {
        key.expr = parse(a, k->expr);
    }
    return key;
}

static void add_index(struct arena *a, struct table *t, struct index *i,
                      const struct key_text *keys, size_t n)
{
    i->keys = ARENA_ARRAY(a, n, struct index_key);
    i->n_keys = n;
    for (size_t k = 0; k < n; k++) {
        i->keys[k] = read_index_key(a, t, &keys[k]);
    }
    if (i->is_unique && n == 1 && i->keys[0].column && !i->where) {
        struct column *c = table_find_column(t, str_of(i->keys[0].column));
        c->is_unique = true;
    }
    ARENA_PUSH(a, t->indexes, t->n_indexes, *i);
}

void inspect_index(struct arena *a, struct table *t, const char *native)
{
    struct index_text text;
    if (ddl_read_index(a, str_of(native), &text, NULL) != ERR_OK) {
        return;
    }
    struct index i = {.name = text.name, .is_unique = text.is_unique, .native = native};
    if (text.where.p) {
        i.where = parse(a, text.where);
    }
    add_index(a, t, &i, text.keys, text.n_keys);
}

/* SQLite makes one for each UNIQUE and PRIMARY KEY, but not for the rowid's own name and not twice
 * for the same columns. */
struct maker {
    struct arena *arena;
    struct table *table;
    const char *const *names;
    size_t n, at;
};

static void make_index(struct maker *m, const struct key_text *keys, size_t n)
{
    if (m->at == m->n) {
        return;
    }
    struct index i = {.name = m->names[m->at++], .is_unique = true, .is_constraint = true};
    add_index(m->arena, m->table, &i, keys, n);
}

static bool is_rowid_key(const struct table *t, const struct clause *c, const char *column)
{
    if (c->kind != CLAUSE_PRIMARY_KEY || t->n_primary_key != 1 || c->is_descending) {
        return false;
    }
    const struct column *k = table_find_column(t, str_of(column ? column : c->keys[0].column));
    return k && k->type.native && str_eq_nocase(str_of(k->type.native), STR("INTEGER"));
}

void inspect_constraint_indexes(struct arena *a, struct table *t, const char *const *names,
                                size_t n)
{
    struct table_text text;
    struct maker m = {.arena = a, .table = t, .names = names, .n = n};
    if (!t->native || ddl_read_table(a, str_of(t->native), &text, NULL) != ERR_OK) {
        return;
    }
    for (size_t i = 0; i < text.n_columns; i++) {
        for (size_t k = 0; k < text.columns[i].n_clauses; k++) {
            const struct clause *c = &text.columns[i].clauses[k];
            bool makes = c->kind == CLAUSE_UNIQUE || c->kind == CLAUSE_PRIMARY_KEY;
            struct key_text key = {.column = text.columns[i].name,
                                   .expr = str_of(text.columns[i].name),
                                   .is_descending = c->is_descending};
            if (makes && !is_rowid_key(t, c, text.columns[i].name)) {
                make_index(&m, &key, 1);
            }
        }
    }
    for (size_t i = 0; i < text.n_clauses; i++) {
        const struct clause *c = &text.clauses[i];
        bool makes = c->kind == CLAUSE_UNIQUE || c->kind == CLAUSE_PRIMARY_KEY;
        if (makes && !is_rowid_key(t, c, NULL)) {
            make_index(&m, c->keys, c->n_keys);
        }
    }
}
