#include "base/attr.h"
#include "catalog/where.h"
#include "change/ops.h"
#include "change/parts.h"

static enum errcode check_referrer(const struct restored_key *r, const struct catalog *now,
                                   struct error *err)
{
    const struct table *from = catalog_find_table(now, str_of(r->table));
    if (!from || from->is_internal) {
        return ERROR(err, ERR_CONFLICT, "table \"%s\", which referred to it, is gone", r->table);
    }
    for (size_t i = 0; i < r->key.n_columns; i++) {
        if (!table_find_column(from, str_of(r->key.columns[i]))) {
            return ERROR(err, ERR_CONFLICT,
                         "column \"%s\" of \"%s\", which referred to it, is gone",
                         r->key.columns[i], r->table);
        }
    }
    return ERR_OK;
}

static enum errcode check_parts(const struct table *t, const struct catalog *now, struct error *err)
{
    for (size_t i = 0; i < t->n_indexes; i++) {
        const struct index *index = &t->indexes[i];
        if (!index->is_constraint && index_name_taken(now, index->name)) {
            return ERROR(err, ERR_CONFLICT, "index \"%s\" is there already", index->name);
        }
    }
    for (size_t i = 0; i < t->n_foreign_keys; i++) {
        const struct foreign_key *fk = &t->foreign_keys[i];
        bool self = str_eq_nocase(str_of(fk->referenced_table), str_of(t->name));
        const struct table *target = catalog_find_table(now, str_of(fk->referenced_table));
        if (!self && (!target || target->is_internal)) {
            return ERROR(err, ERR_CONFLICT, "table \"%s\", which it refers to, is gone",
                         fk->referenced_table);
        }
    }
    return ERR_OK;
}

static enum errcode validate(const struct change *change, const struct catalog *now,
                             struct error *err)
{
    const struct table *t = change->restore_table.table;
    TRY(where_prefix(err, check_trash(now, change->restore_table.trash, err), "/trash"));
    if (!t->name || t->is_internal) {
        return where_prefix(err, ERROR(err, ERR_INVALID, "a table needs a name"),
                            "/table/tableName");
    }
    if (index_name_taken(now, t->name)) {
        enum errcode code = ERROR(err, ERR_CONFLICT, "\"%s\" is there already", t->name);
        return where_prefix(err, code, "/table/tableName");
    }
    TRY(where_prefix(err, check_parts(t, now, err), "/table"));
    for (size_t i = 0; i < change->restore_table.n_referrers; i++) {
        enum errcode code = check_referrer(&change->restore_table.referrers[i], now, err);
        TRY(where_prefix(err, code, "/referrers/%zu", i));
    }
    return ERR_OK;
}

/* The column is a relation again, as it said before. */
static void relate(struct arena *a, const struct restored_key *r, struct table *from,
                   const char *target)
{
    struct column *column = table_find_column(from, str_of(r->key.columns[0]));
    if (r->is_relation && column) {
        column->related_table = arena_strdup(a, target);
        column->relation_type = arena_strdup(a, r->relation_type);
        column->on_delete_text = arena_strdup(a, r->on_delete_text);
        column->on_update_text = arena_strdup(a, r->on_update_text);
    }
}

static void apply(const struct change *change, struct catalog *now)
{
    const char *trash = change->restore_table.trash;
    struct table *kept = trash ? catalog_find_table(now, str_of(trash)) : NULL;
    if (kept) {
        catalog_remove_table(now, kept);
    }
    struct table *t = table_copy(now->arena, change->restore_table.table);
    table_refresh_unique(t);
    catalog_add_table(now, t);
    for (size_t i = 0; i < change->restore_table.n_referrers; i++) {
        const struct restored_key *r = &change->restore_table.referrers[i];
        struct table *from = catalog_find_table(now, str_of(r->table));
        struct foreign_key key = foreign_key_copy(now->arena, &r->key);
        TABLE_ADD(now->arena, from->foreign_keys, from->n_foreign_keys, key);
        relate(now->arena, r, from, t->name);
        table_edited(from);
    }
}

static void inverse(struct arena *a, const struct change *change, const struct catalog *before,
                    struct change_list *out)
{
    (void)before;
    struct change back = {
        .kind = CHANGE_DROP_TABLE,
        .drop_table.table = arena_strdup(a, change->restore_table.table->name),
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
    return arena_printf(a, "restore table \"%s\"", change->restore_table.table->name);
}

const struct change_ops restore_table_ops = {
    .kind = CHANGE_RESTORE_TABLE,
    .wire = "RESTORE_TABLE",
    .validate = validate,
    .apply = apply,
    .inverse = inverse,
    .undo = undo,
    .summary = summary,
};
