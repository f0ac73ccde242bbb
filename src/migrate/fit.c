#include "migrate/fit.h"

#include <string.h>

#include "base/attr.h"

/* A list that is written anew, and where each of the old changes begins in it. */
struct fitting {
    struct arena *arena;
    const struct engine_caps *caps;
    const struct catalog *live;
    const struct change_list *old;
    struct change_list list;
};

static void put(struct fitting *f, struct change c)
{
    ARENA_PUSH(f->arena, f->list.items, f->list.n, c);
}

/* ---- index keys of expressions -------------------------------------------------------------- */

static const struct column *find_created(const struct change_list *list, const char *table,
                                         const char *name)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct change *c = &list->items[i];
        if (c->kind == CHANGE_CREATE_COLUMN && text_eq(c->create_column.table, table) &&
            text_eq(c->create_column.column.name, name)) {
            return &c->create_column.column;
        }
    }
    return NULL;
}

/* Of the column that @e reads first: the functions of the list keep the type of their argument. */
static const struct type *type_of(const struct fitting *f, const char *table, const struct table *t,
                                  const struct expr *e)
{
    if (e->kind == EXPR_COLUMN) {
        const struct column *c = t ? table_find_column(t, str_of(e->name)) : NULL;
        c = c ? c : find_created(f->old, table, e->name);
        return c ? &c->type : NULL;
    }
    for (size_t i = 0; i < e->n_args; i++) {
        const struct type *found = type_of(f, table, t, e->args[i]);
        if (found) {
            return found;
        }
    }
    return NULL;
}

static const char *key_name(const struct fitting *f, const struct index *index, size_t key)
{
    return arena_printf(f->arena, "%s_%zu", index->name, key + 1);
}

static struct column key_column(const struct fitting *f, const char *table, const struct table *t,
                                const struct index *index, size_t key)
{
    const struct expr *e = index->keys[key].expr;
    const struct type *type = type_of(f, table, t, e);
    BUG_ON(!type || !index->name);
    return (struct column){
        .name = key_name(f, index, key),
        .type = type_copy(f->arena, type),
        .is_nullable = true,
        .generated = GENERATED_VIRTUAL,
        .generated_as = e,
        .comment = "Key of an index",
    };
}

/* @index with columns in the place of expressions; the columns are added to @out. */
static struct index over_columns(struct fitting *f, const char *table, const struct table *t,
                                 const struct index *index, struct column **out, size_t *n)
{
    struct index plain = *index;
    plain.keys = arena_memdup(f->arena, index->keys, index->n_keys * sizeof *index->keys);
    for (size_t i = 0; i < plain.n_keys; i++) {
        if (!plain.keys[i].column) {
            struct column c = key_column(f, table, t, index, i);
            plain.keys[i].column = c.name;
            plain.keys[i].expr = NULL;
            ARENA_PUSH(f->arena, *out, *n, c);
        }
    }
    return plain;
}

static void fit_table(struct fitting *f, struct change c)
{
    struct table *t = arena_memdup(f->arena, c.create_table.table, sizeof *c.create_table.table);
    struct column *more = NULL;
    size_t n_more = 0;
    struct index *indexes = ARENA_ARRAY(f->arena, t->n_indexes, struct index);
    for (size_t i = 0; i < t->n_indexes; i++) {
        indexes[i] = over_columns(f, t->name, t, &t->indexes[i], &more, &n_more);
    }
    t->indexes = indexes;
    if (n_more > 0) {
        struct column *all = ARENA_ARRAY(f->arena, t->n_columns + n_more, struct column);
        memcpy(all, t->columns, t->n_columns * sizeof *all);
        memcpy(all + t->n_columns, more, n_more * sizeof *all);
        t->columns = all;
        t->n_columns += n_more;
    }
    c.create_table.table = t;
    put(f, c);
}

static void fit_index(struct fitting *f, struct change c)
{
    const char *table = c.create_index.table;
    const struct table *t = catalog_find_table(f->live, str_of(table));
    struct column *more = NULL;
    size_t n_more = 0;
    c.create_index.index = over_columns(f, table, t, &c.create_index.index, &more, &n_more);
    for (size_t i = 0; i < n_more; i++) {
        put(f, (struct change){.kind = CHANGE_CREATE_COLUMN,
                               .create_column = {.table = table, .column = more[i]}});
    }
    put(f, c);
}

/* With an index go the columns that stand for its expressions. */
static void fit_drop(struct fitting *f, struct change c)
{
    const struct table *t = catalog_find_table(f->live, str_of(c.drop_index.table));
    const struct index *index = t ? table_find_index(t, str_of(c.drop_index.index)) : NULL;
    put(f, c);
    for (size_t i = 0; index && i < index->n_keys; i++) {
        const char *name = key_name(f, index, i);
        const struct column *column = table_find_column(t, str_of(name));
        if (column && column->generated != GENERATED_NONE) {
            put(f, (struct change){
                       .kind = CHANGE_DROP_COLUMN,
                       .drop_column = {.table = t->name, .column = name, .no_trash = true}});
        }
    }
}

static void fit_change(struct fitting *f, struct change c)
{
    if (c.kind == CHANGE_CREATE_COLUMN && !f->caps->column_position) {
        c.create_column.after = NULL;
    }
    if (c.kind == CHANGE_CREATE_TABLE && !f->caps->expression_indexes) {
        fit_table(f, c);
    } else if (c.kind == CHANGE_CREATE_INDEX && !f->caps->expression_indexes) {
        fit_index(f, c);
    } else if (c.kind == CHANGE_DROP_INDEX && !f->caps->expression_indexes) {
        fit_drop(f, c);
    } else {
        put(f, c);
    }
}

/* ---- what is there already ------------------------------------------------------------------ */

static bool has_column(const struct table *t, const char *name)
{
    return t && table_find_column(t, str_of(name));
}

static bool has_index(const struct table *t, const char *name)
{
    return t && name && table_find_index(t, str_of(name));
}

static bool is_done(const struct catalog *live, const struct change *c)
{
    switch (c->kind) {
    case CHANGE_CREATE_TABLE:
        return catalog_find_table(live, str_of(c->create_table.table->name));
    case CHANGE_DROP_TABLE:
        return !catalog_find_table(live, str_of(c->drop_table.table));
    case CHANGE_CREATE_COLUMN:
        return has_column(catalog_find_table(live, str_of(c->create_column.table)),
                          c->create_column.column.name);
    case CHANGE_DROP_COLUMN:
        return !has_column(catalog_find_table(live, str_of(c->drop_column.table)),
                           c->drop_column.column);
    case CHANGE_CREATE_INDEX:
        return has_index(catalog_find_table(live, str_of(c->create_index.table)),
                         c->create_index.index.name);
    case CHANGE_DROP_INDEX:
        return !has_index(catalog_find_table(live, str_of(c->drop_index.table)),
                          c->drop_index.index);
    default:
        return false;
    }
}

/* ---- the list ------------------------------------------------------------------------------- */

typedef void fit_fn(struct fitting *f, struct change c);

static void leave_done_out(struct fitting *f, struct change c)
{
    if (!is_done(f->live, &c)) {
        put(f, c);
    }
}

/* Rows that came before an old change come before what became of it. */
static void rewrite(struct fitting *f, struct file_half *half, fit_fn *fn)
{
    struct row_op *rows = ARENA_ARRAY(f->arena, half->n_rows, struct row_op);
    for (size_t k = 0; k < half->n_rows; k++) {
        rows[k] = half->rows[k];
    }
    for (size_t i = 0; i <= half->changes.n; i++) {
        for (size_t k = 0; k < half->n_rows; k++) {
            rows[k].at = half->rows[k].at == i ? f->list.n : rows[k].at;
        }
        if (i < half->changes.n) {
            fn(f, half->changes.items[i]);
        }
    }
    f->list.arena = half->changes.arena;
    half->changes = f->list;
    half->rows = rows;
}

void fit_half(struct arena *a, const struct engine_caps *caps, const struct catalog *live,
              struct file_half *half)
{
    struct change_list old = half->changes;
    struct fitting f = {.arena = a, .caps = caps, .live = live, .old = &old};
    rewrite(&f, half, fit_change);
}

void fit_undone(struct arena *a, const struct catalog *live, struct file_half *half)
{
    struct change_list old = half->changes;
    struct fitting f = {.arena = a, .live = live, .old = &old};
    rewrite(&f, half, leave_done_out);
}
