#include "base/attr.h"
#include "catalog/where.h"
#include "change/ops.h"
#include "change/parts.h"

static void complete_parts(struct arena *a, struct change *change, const struct table *t,
                           const struct catalog *now)
{
    const struct column *column = &change->create_column.column;
    struct check *checks = ARENA_ARRAY(a, change->create_column.n_checks, struct check);
    size_t n_checks = change->create_column.n_checks;
    for (size_t i = 0; i < n_checks; i++) {
        checks[i] = check_copy(a, &change->create_column.checks[i]);
    }
    struct check rules;
    if (rules_check_for(a, column, checks, n_checks, &rules)) {
        TABLE_ADD(a, checks, n_checks, rules);
    }
    for (size_t i = 0; i < n_checks; i++) {
        complete_check(a, &checks[i], t->name, i == 0 ? t->checks : checks,
                       i == 0 ? t->n_checks : i);
    }
    change->create_column.checks = checks;
    change->create_column.n_checks = n_checks;
    size_t n_keys = change->create_column.n_foreign_keys;
    struct foreign_key *keys = ARENA_ARRAY(a, n_keys, struct foreign_key);
    for (size_t i = 0; i < n_keys; i++) {
        keys[i] = foreign_key_copy(a, &change->create_column.foreign_keys[i]);
        complete_referenced(a, &keys[i], now, t);
        complete_foreign_key(a, &keys[i], t->name, t->foreign_keys, t->n_foreign_keys);
    }
    change->create_column.foreign_keys = keys;
    size_t n_indexes = change->create_column.n_indexes;
    struct index *indexes = ARENA_ARRAY(a, n_indexes, struct index);
    for (size_t i = 0; i < n_indexes; i++) {
        indexes[i] = index_copy(a, &change->create_column.indexes[i]);
    }
    for (size_t i = 0; i < n_indexes; i++) {
        complete_index(a, &indexes[i], t->name, now, indexes, n_indexes);
    }
    change->create_column.indexes = indexes;
}

static void complete(struct arena *a, struct change *change, const struct catalog *now)
{
    const struct table *t = catalog_find_table(now, str_of(change->create_column.table));
    if (t) {
        complete_relation(a, &change->create_column.column, now, NULL);
        complete_parts(a, change, t, now);
    }
}

/* Where the column goes: behind `after`, first for "", last for NULL. */
static size_t position(const struct table *t, const char *after)
{
    if (!after) {
        return t->n_columns;
    }
    return *after ? table_column_position(t, str_of(after)) + 1 : 0;
}

static void insert_column(struct arena *a, struct table *t, const struct column *c, size_t at)
{
    struct column *columns = ARENA_ARRAY(a, t->n_columns + 1, struct column);
    for (size_t i = 0; i <= t->n_columns; i++) {
        if (i != at) {
            columns[i] = t->columns[i < at ? i : i - 1];
        }
    }
    columns[at] = column_copy(a, c);
    t->columns = columns;
    t->n_columns++;
}

static enum errcode check_place(const struct change *change, const struct table *t,
                                struct error *err)
{
    const char *name = change->create_column.column.name;
    const char *after = change->create_column.after;
    if (table_find_column(t, str_of(name))) {
        enum errcode code = ERROR(err, ERR_CONFLICT, "column \"%s\" is there already", name);
        return where_prefix(err, code, "/column/name");
    }
    if (change->create_column.column.is_auto_increment) {
        enum errcode code = ERROR(err, ERR_UNSUPPORTED, "a counting key is made with its table");
        return where_prefix(err, code, "/column/autoIncrement");
    }
    if (after && *after && !table_find_column(t, str_of(after))) {
        enum errcode code = ERROR(err, ERR_NOT_FOUND, "no column \"%s\"", after);
        return where_prefix(err, code, "/after");
    }
    return ERR_OK;
}

/* Whatever comes with a column must go with it, or the undo would leave it behind. */
static enum errcode check_names_it(bool names, const char *column, struct error *err)
{
    if (!names) {
        return ERROR(err, ERR_INVALID, "what comes with column \"%s\" must name it", column);
    }
    return ERR_OK;
}

static enum errcode check_belongs(const struct change *change, struct error *err)
{
    const char *name = change->create_column.column.name;
    for (size_t i = 0; i < change->create_column.n_indexes; i++) {
        bool names = index_mentions(&change->create_column.indexes[i], name);
        TRY(where_prefix(err, check_names_it(names, name, err), "/indexes/%zu", i));
    }
    for (size_t i = 0; i < change->create_column.n_foreign_keys; i++) {
        bool names = foreign_key_mentions(&change->create_column.foreign_keys[i], name);
        TRY(where_prefix(err, check_names_it(names, name, err), "/foreignKeys/%zu", i));
    }
    for (size_t i = 0; i < change->create_column.n_checks; i++) {
        bool names = check_mentions(&change->create_column.checks[i], name);
        TRY(where_prefix(err, check_names_it(names, name, err), "/checks/%zu", i));
    }
    return ERR_OK;
}

static enum errcode check_new_parts(const struct change *change, const struct catalog *now,
                                    const struct table *with, struct error *err)
{
    for (size_t i = 0; i < change->create_column.n_indexes; i++) {
        enum errcode code =
            check_new_index(now, with, &change->create_column.indexes[i], change->is_stored, err);
        TRY(where_prefix(err, code, "/indexes/%zu", i));
    }
    for (size_t i = 0; i < change->create_column.n_foreign_keys; i++) {
        enum errcode code =
            check_new_foreign_key(now, with, &change->create_column.foreign_keys[i], err);
        TRY(where_prefix(err, code, "/foreignKeys/%zu", i));
    }
    for (size_t i = 0; i < change->create_column.n_checks; i++) {
        const struct check *check = &change->create_column.checks[i];
        enum errcode code = check_expr(with, check->expr, err);
        if (text_eq(check->column, change->create_column.column.name)) {
            TRY(where_prefix(err, code, "/column/check"));
        }
        TRY(where_prefix(err, code, "/checks/%zu/expr", i));
    }
    return ERR_OK;
}

static enum errcode validate(const struct change *change, const struct catalog *now,
                             struct error *err)
{
    struct table *t = NULL;
    TRY(find_base_table(now, change->create_column.table, &t, err));
    TRY(check_place(change, t, err));
    struct arena *scratch AUTO(arena_freep) = arena_new();
    struct table *with = table_copy(scratch, t);
    insert_column(scratch, with, &change->create_column.column,
                  position(t, change->create_column.after));
    enum errcode code =
        check_new_column(with, &change->create_column.column, change->is_stored, err);
    TRY(where_prefix(err, code, "/column"));
    TRY(check_belongs(change, err));
    TRY(check_new_parts(change, now, with, err));
    return where_prefix(err, check_trash(now, change->create_column.restore.object, err),
                        "/restore");
}

static void apply(const struct change *change, struct catalog *now)
{
    struct arena *a = now->arena;
    struct table *t = catalog_find_table(now, str_of(change->create_column.table));
    insert_column(a, t, &change->create_column.column, position(t, change->create_column.after));
    for (size_t i = 0; i < change->create_column.n_indexes; i++) {
        struct index index = index_copy(a, &change->create_column.indexes[i]);
        TABLE_ADD(a, t->indexes, t->n_indexes, index);
    }
    for (size_t i = 0; i < change->create_column.n_foreign_keys; i++) {
        struct foreign_key key = foreign_key_copy(a, &change->create_column.foreign_keys[i]);
        TABLE_ADD(a, t->foreign_keys, t->n_foreign_keys, key);
    }
    for (size_t i = 0; i < change->create_column.n_checks; i++) {
        struct check check = check_copy(a, &change->create_column.checks[i]);
        TABLE_ADD(a, t->checks, t->n_checks, check);
    }
    for (size_t i = 0; i < change->create_column.n_triggers; i++) {
        struct trigger trigger = trigger_copy(a, &change->create_column.triggers[i]);
        TABLE_ADD(a, t->triggers, t->n_triggers, trigger);
    }
    table_refresh_unique(t);
    table_edited(t);
}

static void inverse(struct arena *a, const struct change *change, const struct catalog *before,
                    struct change_list *out)
{
    (void)before;
    struct change back = {
        .kind = CHANGE_DROP_COLUMN,
        .drop_column =
            {
                .table = arena_strdup(a, change->create_column.table),
                .column = arena_strdup(a, change->create_column.column.name),
            },
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
    return arena_printf(a, "add column \"%s\" to \"%s\"", change->create_column.column.name,
                        change->create_column.table);
}

const struct change_ops create_column_ops = {
    .kind = CHANGE_CREATE_COLUMN,
    .wire = "CREATE_COLUMN",
    .complete = complete,
    .validate = validate,
    .apply = apply,
    .inverse = inverse,
    .undo = undo,
    .summary = summary,
};
