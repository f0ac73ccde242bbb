#include "base/attr.h"
#include "catalog/where.h"
#include "change/ops.h"
#include "change/parts.h"

static void complete(struct arena *a, struct change *change, const struct catalog *now)
{
    complete_index(a, &change->create_index.index, change->create_index.table, now, NULL, 0);
}

static enum errcode validate(const struct change *change, const struct catalog *now,
                             struct error *err)
{
    struct table *t = NULL;
    TRY(find_base_table(now, change->create_index.table, &t, err));
    enum errcode code =
        check_new_index(now, t, &change->create_index.index, change->is_stored, err);
    return where_prefix(err, code, "/index");
}

static void apply(const struct change *change, struct catalog *now)
{
    struct table *t = catalog_find_table(now, str_of(change->create_index.table));
    struct index index = index_copy(now->arena, &change->create_index.index);
    TABLE_ADD(now->arena, t->indexes, t->n_indexes, index);
    table_refresh_unique(t);
}

static void inverse(struct arena *a, const struct change *change, const struct catalog *before,
                    struct change_list *out)
{
    (void)before;
    struct change back = {
        .kind = CHANGE_DROP_INDEX,
        .drop_index =
            {
                .table = arena_strdup(a, change->create_index.table),
                .index = arena_strdup(a, change->create_index.index.name),
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
    const struct index *index = &change->create_index.index;
    return arena_printf(a, "create %sindex%s%s%s on \"%s\"", index->is_unique ? "unique " : "",
                        index->name ? " \"" : "", index->name ? index->name : "",
                        index->name ? "\"" : "", change->create_index.table);
}

const struct change_ops create_index_ops = {
    .kind = CHANGE_CREATE_INDEX,
    .wire = "CREATE_INDEX",
    .complete = complete,
    .validate = validate,
    .apply = apply,
    .inverse = inverse,
    .undo = undo,
    .summary = summary,
};
