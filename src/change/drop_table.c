#include "base/attr.h"
#include "catalog/where.h"
#include "change/ops.h"
#include "change/parts.h"

static bool is_trash(const struct catalog *now, const char *name)
{
    const struct table *t = catalog_find_table(now, str_of(name));
    return t && t->is_internal;
}

static enum errcode validate(const struct change *change, const struct catalog *now,
                             struct error *err)
{
    if (change->drop_table.no_trash && is_trash(now, change->drop_table.table)) {
        return ERR_OK; /* a purge */
    }
    struct table *t = NULL;
    TRY(find_base_table(now, change->drop_table.table, &t, err));
    const struct table *view = find_reader(now, t->name, NULL);
    if (view) {
        enum errcode code =
            ERROR(err, ERR_CONFLICT, "view \"%s\" reads \"%s\"", view->name, t->name);
        return where_prefix(err, code, "/table");
    }
    const char *trash = change->drop_table.trash;
    if (trash && catalog_find_table(now, str_of(trash))) {
        return ERROR(err, ERR_CONFLICT, "\"%s\" is there already", trash);
    }
    return ERR_OK;
}

static void drop_keys_to(struct table *t, const char *target)
{
    size_t kept = 0;
    for (size_t i = 0; i < t->n_foreign_keys; i++) {
        if (!str_eq_nocase(str_of(t->foreign_keys[i].referenced_table), str_of(target))) {
            t->foreign_keys[kept++] = t->foreign_keys[i];
        }
    }
    if (kept < t->n_foreign_keys) {
        t->n_foreign_keys = kept;
        table_edited(t);
    }
}

static void apply(const struct change *change, struct catalog *now)
{
    struct table *t = catalog_find_table(now, str_of(change->drop_table.table));
    for (size_t i = 0; i < now->n_tables; i++) {
        drop_keys_to(now->tables[i], t->name);
    }
    if (!change->drop_table.trash) {
        catalog_remove_table(now, t);
        return;
    }
    catalog_rename_table(now, t, change->drop_table.trash);
    t->is_internal = true;
    t->n_indexes = 0;
    t->n_foreign_keys = 0;
    t->n_triggers = 0;
    table_refresh_unique(t);
}

struct collected {
    struct arena *arena;
    const char *table;
    struct restored_key *keys;
    size_t n;
};

static void collect(struct table *from, struct foreign_key *fk, void *arg)
{
    struct collected *c = arg;
    if (from->is_internal || str_eq_nocase(str_of(from->name), str_of(c->table))) {
        return; /* its own keys come back with it */
    }
    struct restored_key key = {
        .table = arena_strdup(c->arena, from->name),
        .key = foreign_key_copy(c->arena, fk),
    };
    const struct column *column = table_find_column(from, str_of(fk->columns[0]));
    if (column && column->related_table && fk->n_columns == 1) {
        key.is_relation = true;
        key.relation_type = arena_strdup(c->arena, column->relation_type);
        key.on_delete_text = arena_strdup(c->arena, column->on_delete_text);
        key.on_update_text = arena_strdup(c->arena, column->on_update_text);
    }
    ARENA_PUSH(c->arena, c->keys, c->n, key);
}

static void inverse(struct arena *a, const struct change *change, const struct catalog *before,
                    struct change_list *out)
{
    const struct table *t = catalog_find_table(before, str_of(change->drop_table.table));
    if (t->is_internal) {
        return; /* nothing brings purged rows back */
    }
    struct collected referrers = {.arena = a, .table = t->name};
    catalog_each_referrer(before, t->name, collect, &referrers);
    struct change back = {
        .kind = CHANGE_RESTORE_TABLE,
        .restore_table =
            {
                .table = table_copy(a, t),
                .trash = arena_strdup(a, change->drop_table.trash),
                .referrers = referrers.keys,
                .n_referrers = referrers.n,
            },
    };
    ARENA_PUSH(a, out->items, out->n, back);
}

static enum undo_class undo(const struct change *change)
{
    return change->drop_table.no_trash ? UNDO_NONE : UNDO_TRASH;
}

static const char *summary(struct arena *a, const struct change *change)
{
    return arena_printf(a, "drop table \"%s\"", change->drop_table.table);
}

const struct change_ops drop_table_ops = {
    .kind = CHANGE_DROP_TABLE,
    .wire = "DROP_TABLE",
    .validate = validate,
    .apply = apply,
    .inverse = inverse,
    .undo = undo,
    .summary = summary,
};
