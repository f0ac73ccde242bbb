#include "random_changes.h"

#include "base/attr.h"

/* A generator of its own, so that a seed tells the whole run. */
static uint32_t next(uint32_t *seed, uint32_t n)
{
    *seed = *seed * 1664525U + 1013904223U;
    return (*seed >> 8) % n;
}

static const char *pick_name(struct random *r, const char *kind)
{
    return arena_printf(r->arena, "%s%u", kind, next(&r->seed, 6));
}

/* What any engine takes as a key. */
static struct column make_key(struct random *r)
{
    static const enum type_kind kinds[] = {TYPE_INT64, TYPE_UUID, TYPE_DATE};
    return (struct column){.name = pick_name(r, "c"),
                           .type = {.kind = kinds[next(&r->seed, ARRAY_LEN(kinds))]}};
}

static struct column make_column(struct random *r)
{
    static const enum type_kind kinds[] = {TYPE_TEXT, TYPE_INT64, TYPE_FLOAT64, TYPE_BOOLEAN,
                                           TYPE_UUID, TYPE_JSON,  TYPE_DATE,    TYPE_INSTANT};
    struct column c = {
        .name = pick_name(r, "c"),
        .type = {.kind = kinds[next(&r->seed, ARRAY_LEN(kinds))]},
        .is_nullable = next(&r->seed, 3) > 0,
    };
    if (c.type.kind == TYPE_INT64 && next(&r->seed, 2)) {
        c.default_value = expr_literal(r->arena, value_int(next(&r->seed, 100)));
        c.rules.has_max = true;
        c.rules.max = 100;
    }
    if (c.type.kind == TYPE_TEXT && next(&r->seed, 2) && r->caps->expression_indexes) {
        c.default_value = expr_raw(r->arena, "'c1' || lower('X')");
    }
    return c;
}

static struct index make_index(struct random *r)
{
    struct index index = {.is_unique = next(&r->seed, 2), .n_keys = 1 + next(&r->seed, 2)};
    index.keys = ARENA_ARRAY(r->arena, index.n_keys, struct index_key);
    for (size_t i = 0; i < index.n_keys; i++) {
        index.keys[i].column = pick_name(r, "c");
        index.keys[i].is_descending = next(&r->seed, 4) == 0 && r->caps->descending_indexes;
    }
    if (next(&r->seed, 4) == 0 && r->caps->partial_indexes) {
        const struct expr *column = expr_column(r->arena, pick_name(r, "c"));
        index.where = expr_make(r->arena, EXPR_IS_NULL, NULL, &column, 1);
    }
    return index;
}

/* Every row meets it. */
static const struct expr *make_condition(struct random *r)
{
    if (r->takes_text) {
        return expr_raw(r->arena, "length('c0') = 2 OR c0 IS NULL OR c1 IS NULL");
    }
    const struct expr *columns[] = {expr_column(r->arena, "c0"), expr_column(r->arena, "c1")};
    const struct expr *null = expr_make(r->arena, EXPR_IS_NULL, NULL, &columns[0], 1);
    const struct expr *parts[] = {null, expr_make(r->arena, EXPR_NOT, NULL, &null, 1),
                                  expr_make(r->arena, EXPR_IS_NULL, NULL, &columns[1], 1)};
    return expr_make(r->arena, EXPR_OR, NULL, parts, ARRAY_LEN(parts));
}

/* A column of its own that refers to a table which is there, by that one's key. */
static void add_key_to_latest(struct random *r, struct table *t)
{
    const char *target = pick_name(r, "t");
    const struct table *to = r->latest ? catalog_find_table(r->latest, str_of(target)) : NULL;
    if (!to || to->n_primary_key != 1) {
        return;
    }
    const struct column *key = table_find_column(to, str_of(to->primary_key[0]));
    struct column c = {.name = "ref", .type = key->type, .is_nullable = true};
    struct foreign_key fk = {.n_columns = 1, .referenced_table = target};
    fk.columns = ARENA_ARRAY(r->arena, 1, const char *);
    fk.columns[0] = c.name;
    ARENA_PUSH(r->arena, t->columns, t->n_columns, c);
    ARENA_PUSH(r->arena, t->foreign_keys, t->n_foreign_keys, fk);
}

struct table *random_table(struct random *r)
{
    struct table *t = ARENA_NEW(r->arena, struct table);
    t->name = pick_name(r, "t");
    t->kind = TABLE_BASE;
    t->row_estimate = -1;
    size_t n = 1 + next(&r->seed, 4);
    for (size_t i = 0; i < n; i++) {
        struct column c = i == 0 && r->is_strict ? make_key(r) : make_column(r);
        if (!table_find_column(t, str_of(c.name))) {
            ARENA_PUSH(r->arena, t->columns, t->n_columns, c);
        }
    }
    if (next(&r->seed, 2) || r->is_strict) {
        ARENA_PUSH(r->arena, t->primary_key, t->n_primary_key, t->columns[0].name);
    }
    if (next(&r->seed, 2)) {
        struct index index = make_index(r);
        ARENA_PUSH(r->arena, t->indexes, t->n_indexes, index);
    }
    if (next(&r->seed, 2) && r->caps->foreign_keys && !r->is_strict) {
        struct foreign_key fk = {.n_columns = 1, .referenced_table = pick_name(r, "t")};
        fk.columns = ARENA_ARRAY(r->arena, 1, const char *);
        fk.columns[0] = t->columns[0].name;
        ARENA_PUSH(r->arena, t->foreign_keys, t->n_foreign_keys, fk);
    }
    bool has_both = table_find_column(t, STR("c0")) && table_find_column(t, STR("c1"));
    if (has_both && next(&r->seed, 2) && r->caps->checks) {
        struct check check = {.expr = make_condition(r)};
        ARENA_PUSH(r->arena, t->checks, t->n_checks, check);
    }
    if (r->is_strict && r->caps->foreign_keys) {
        add_key_to_latest(r, t);
    }
    return t;
}

static void make_relation(struct random *r, struct change *change)
{
    struct column *c = &change->create_column.column;
    struct foreign_key fk = {.n_columns = 1, .on_delete = FK_CASCADE};
    *c = (struct column){.name = c->name, .is_nullable = true};
    c->related_table = pick_name(r, "t");
    fk.referenced_table = c->related_table;
    fk.columns = ARENA_ARRAY(r->arena, 1, const char *);
    fk.columns[0] = c->name;
    ARENA_PUSH(r->arena, change->create_column.foreign_keys, change->create_column.n_foreign_keys,
               fk);
}

struct change random_change(struct random *r)
{
    struct change c = {.kind = 1 + next(&r->seed, CHANGE_N - 1)};
    switch (c.kind) {
    case CHANGE_CREATE_TABLE:
        c.create_table.table = random_table(r);
        break;
    case CHANGE_DROP_TABLE:
        c.drop_table.table = pick_name(r, "t");
        break;
    case CHANGE_RENAME_TABLE:
        c.rename_table.table = pick_name(r, "t");
        c.rename_table.new_name = pick_name(r, "t");
        break;
    case CHANGE_CREATE_COLUMN:
        c.create_column.table = pick_name(r, "t");
        c.create_column.column = make_column(r);
        /* rows that are there have no value for it */
        c.create_column.column.is_nullable = next(&r->seed, 16) > 0;
        c.create_column.after = next(&r->seed, 2) ? pick_name(r, "c") : NULL;
        c.create_column.after = r->caps->column_position ? c.create_column.after : NULL;
        if (next(&r->seed, 2)) {
            struct index index = make_index(r);
            ARENA_PUSH(r->arena, c.create_column.indexes, c.create_column.n_indexes, index);
        }
        if (next(&r->seed, 3) == 0 && r->caps->foreign_keys) {
            make_relation(r, &c);
        }
        break;
    case CHANGE_DROP_COLUMN:
        c.drop_column.table = pick_name(r, "t");
        c.drop_column.column = pick_name(r, "c");
        break;
    case CHANGE_RENAME_COLUMN:
        c.rename_column.table = pick_name(r, "t");
        c.rename_column.column = pick_name(r, "c");
        c.rename_column.new_name = pick_name(r, "c");
        break;
    case CHANGE_MODIFY_COLUMN:
        c.modify_column.table = pick_name(r, "t");
        c.modify_column.column = pick_name(r, "c");
        c.modify_column.rules.has_max_length = next(&r->seed, 2);
        c.modify_column.rules.max_length = 1000 + next(&r->seed, 3);
        break;
    case CHANGE_CREATE_INDEX:
        c.create_index.table = pick_name(r, "t");
        c.create_index.index = make_index(r);
        break;
    case CHANGE_DROP_INDEX:
        c.drop_index.table = pick_name(r, "t");
        c.drop_index.index =
            arena_printf(r->arena, "idx_t%u_c%u", next(&r->seed, 6), next(&r->seed, 6));
        break;
    default: /* RESTORE_TABLE comes from inverses */
        c.kind = CHANGE_DROP_TABLE;
        c.drop_table.table = pick_name(r, "t");
        break;
    }
    return c;
}

/* The list with @c at its end, when that is a valid change. */
bool random_extend(struct random *r, struct change_list *list, struct change c)
{
    struct change_list longer = {.n = list->n + 1, .arena = r->arena};
    struct catalog *after = NULL;
    longer.items = ARENA_ARRAY(r->arena, longer.n, struct change);
    for (size_t i = 0; i < list->n; i++) {
        longer.items[i] = list->items[i];
    }
    longer.items[list->n] = c;
    change_list_prepare(r->arena, &longer, "p");
    if (change_list_apply(&longer, r->now, &after, NULL) != ERR_OK) {
        return false;
    }
    if (r->is_strict) {
        catalog_unref(r->latest);
        r->latest = after;
    } else {
        catalog_unref(after);
    }
    *list = longer;
    return true;
}
