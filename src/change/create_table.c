#include "base/attr.h"
#include "catalog/where.h"
#include "change/ops.h"
#include "change/parts.h"

#define COLUMNS_MAX 1000

static void complete_columns(struct arena *a, struct table *t, const struct catalog *now)
{
    for (size_t i = 0; i < t->n_columns; i++) {
        struct column *c = &t->columns[i];
        complete_relation(a, c, now, t);
        if (table_in_primary_key(t, c->name)) {
            c->is_nullable = false;
        }
        struct check check;
        if (rules_check_for(a, c, t->checks, t->n_checks, &check)) {
            TABLE_ADD(a, t->checks, t->n_checks, check);
        }
    }
}

static void complete(struct arena *a, struct change *change, const struct catalog *now)
{
    struct table *t = table_copy(a, change->create_table.table);
    change->create_table.table = t;
    if (!t->name) {
        return;
    }
    complete_columns(a, t, now);
    for (size_t i = 0; i < t->n_checks; i++) {
        complete_check(a, &t->checks[i], t->name, t->checks, t->n_checks);
    }
    for (size_t i = 0; i < t->n_foreign_keys; i++) {
        complete_referenced(a, &t->foreign_keys[i], now, t);
        complete_foreign_key(a, &t->foreign_keys[i], t->name, t->foreign_keys, t->n_foreign_keys);
    }
    for (size_t i = 0; i < t->n_indexes; i++) {
        complete_index(a, &t->indexes[i], t->name, now, t->indexes, t->n_indexes);
    }
}

static enum errcode check_name(const struct table *t, const struct catalog *now, struct error *err)
{
    TRY(name_check("table", t->name, err));
    if (index_name_taken(now, t->name)) {
        return ERROR(err, ERR_CONFLICT, "\"%s\" is there already", t->name);
    }
    return ERR_OK;
}

/* Whatever the case: what one engine tells apart another does not. */
static bool is_there_before(const struct table *t, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (str_eq_nocase(str_of(t->columns[i].name), str_of(t->columns[at].name))) {
            return true;
        }
    }
    return false;
}

static enum errcode check_columns(const struct table *t, struct error *err)
{
    if (t->n_columns == 0 || t->n_columns > COLUMNS_MAX) {
        return ERROR(err, ERR_INVALID, "a table has 1 to %d columns", COLUMNS_MAX);
    }
    for (size_t i = 0; i < t->n_columns; i++) {
        const struct column *c = &t->columns[i];
        TRY(where_prefix(err, check_new_column(t, c, false, err), "/%zu", i));
        if (is_there_before(t, i)) {
            enum errcode code = ERROR(err, ERR_INVALID, "column \"%s\" is there twice", c->name);
            return where_prefix(err, code, "/%zu/name", i);
        }
        bool alone = t->n_primary_key == 1 && table_in_primary_key(t, c->name);
        if (c->is_auto_increment && !alone) {
            enum errcode code =
                ERROR(err, ERR_INVALID, "only the single primary key counts by itself");
            return where_prefix(err, code, "/%zu/autoIncrement", i);
        }
    }
    return ERR_OK;
}

static enum errcode check_primary_key(const struct table *t, struct error *err)
{
    for (size_t i = 0; i < t->n_primary_key; i++) {
        const char *name = t->primary_key[i];
        const struct column *c = table_find_column(t, str_of(name));
        if (!c) {
            enum errcode code = ERROR(err, ERR_INVALID, "no column \"%s\"", name);
            return where_prefix(err, code, "/%zu", i);
        }
        for (size_t k = 0; k < i; k++) {
            if (str_eq_nocase(str_of(t->primary_key[k]), str_of(name))) {
                enum errcode code = ERROR(err, ERR_INVALID, "\"%s\" is there twice", name);
                return where_prefix(err, code, "/%zu", i);
            }
        }
        if (c->generated == GENERATED_VIRTUAL) {
            enum errcode code = ERROR(err, ERR_INVALID, "a virtual column is no key");
            return where_prefix(err, code, "/%zu", i);
        }
    }
    return ERR_OK;
}

static enum errcode check_indexes(const struct catalog *now, const struct table *t,
                                  struct error *err)
{
    for (size_t i = 0; i < t->n_indexes; i++) {
        const struct index *index = &t->indexes[i];
        TRY(where_prefix(err, check_new_index(now, t, index, false, err), "/indexes/%zu", i));
        if (table_find_index(t, str_of(index->name)) != index) {
            enum errcode code =
                ERROR(err, ERR_CONFLICT, "index \"%s\" is there already", index->name);
            return where_prefix(err, code, "/indexes/%zu/name", i);
        }
    }
    return ERR_OK;
}

static enum errcode check_foreign_keys(const struct catalog *now, const struct table *t,
                                       struct error *err)
{
    for (size_t i = 0; i < t->n_foreign_keys; i++) {
        enum errcode code = check_new_foreign_key(now, t, &t->foreign_keys[i], err);
        TRY(where_prefix(err, code, "/foreignKeys/%zu", i));
    }
    return ERR_OK;
}

/* A check that was written beside its column is pointed at there. */
static enum errcode check_checks(const struct table *t, struct error *err)
{
    for (size_t i = 0; i < t->n_checks; i++) {
        const struct check *check = &t->checks[i];
        enum errcode code = check_expr(t, check->expr, err);
        size_t at = check->column ? table_column_position(t, str_of(check->column)) : 0;
        if (check->column && at < t->n_columns) {
            TRY(where_prefix(err, code, "/columns/%zu/check", at));
        }
        TRY(where_prefix(err, code, "/checks/%zu/expr", i));
    }
    return ERR_OK;
}

static enum errcode validate(const struct change *change, const struct catalog *now,
                             struct error *err)
{
    const struct table *t = change->create_table.table;
    TRY(where_prefix(err, check_name(t, now, err), "/table/tableName"));
    TRY(where_prefix(err, check_columns(t, err), "/table/columns"));
    TRY(where_prefix(err, check_primary_key(t, err), "/table/primaryKey"));
    TRY(where_prefix(err, check_indexes(now, t, err), "/table"));
    TRY(where_prefix(err, check_foreign_keys(now, t, err), "/table"));
    TRY(where_prefix(err, check_checks(t, err), "/table"));
    return ERR_OK;
}

static void apply(const struct change *change, struct catalog *now)
{
    struct table *t = table_copy(now->arena, change->create_table.table);
    t->kind = t->kind == TABLE_NONE ? TABLE_BASE : t->kind;
    table_refresh_unique(t);
    catalog_add_table(now, t);
}

static void inverse(struct arena *a, const struct change *change, const struct catalog *before,
                    struct change_list *out)
{
    (void)before;
    struct change back = {
        .kind = CHANGE_DROP_TABLE,
        .drop_table.table = arena_strdup(a, change->create_table.table->name),
    };
    ARENA_PUSH(a, out->items, out->n, back);
}

static enum undo_class undo(const struct change *change)
{
    (void)change;
    return UNDO_FREE;
}

static const char *summary(struct arena *a, const struct change *change)
{
    return arena_printf(a, "create table \"%s\"", change->create_table.table->name);
}

const struct change_ops create_table_ops = {
    .kind = CHANGE_CREATE_TABLE,
    .wire = "CREATE_TABLE",
    .complete = complete,
    .validate = validate,
    .apply = apply,
    .inverse = inverse,
    .undo = undo,
    .summary = summary,
};
