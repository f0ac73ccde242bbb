#include "base/attr.h"
#include "catalog/where.h"
#include "change/ops.h"
#include "change/parts.h"

static enum errcode validate(const struct change *change, const struct catalog *now,
                             struct error *err)
{
    const char *name = change->rename_table.new_name;
    struct table *t = NULL;
    TRY(find_base_table(now, change->rename_table.table, &t, err));
    if (!change->is_stored) {
        TRY(where_prefix(err, name_check("table", name, err), "/newName"));
    }
    if (text_eq(t->name, name)) {
        return where_prefix(err, ERROR(err, ERR_INVALID, "the table has this name"), "/newName");
    }
    /* only the case changes: what is found under the new name is the table itself */
    bool same = str_eq_nocase(str_of(t->name), str_of(name));
    if (!same && index_name_taken(now, name)) {
        enum errcode code = ERROR(err, ERR_CONFLICT, "\"%s\" is there already", name);
        return where_prefix(err, code, "/newName");
    }
    return ERR_OK;
}

struct renaming {
    struct catalog *catalog;
    const char *to;
};

static void follow(struct table *from, struct foreign_key *fk, void *arg)
{
    const struct renaming *r = arg;
    table_edited(from);
    fk->referenced_table = arena_strdup(r->catalog->arena, r->to);
}

static void apply(const struct change *change, struct catalog *now)
{
    struct table *t = catalog_find_table(now, str_of(change->rename_table.table));
    struct renaming r = {now, change->rename_table.new_name};
    for (size_t i = 0; i < now->n_tables; i++) {
        struct table *other = now->tables[i];
        for (size_t k = 0; k < other->n_columns; k++) {
            const char *related = other->columns[k].related_table;
            if (related && str_eq_nocase(str_of(related), str_of(t->name))) {
                other->columns[k].related_table = arena_strdup(now->arena, r.to);
            }
        }
    }
    catalog_each_referrer(now, t->name, follow, &r);
    for (size_t i = 0; i < t->n_indexes; i++) {
        t->indexes[i].native = NULL; /* it names the table */
    }
    rename_in_triggers(now, NULL, t->name, r.to);
    catalog_rename_table(now, t, r.to);
    table_edited(t);
}

static void inverse(struct arena *a, const struct change *change, const struct catalog *before,
                    struct change_list *out)
{
    const struct table *t = catalog_find_table(before, str_of(change->rename_table.table));
    struct change back = {
        .kind = CHANGE_RENAME_TABLE,
        .rename_table =
            {
                .table = arena_strdup(a, change->rename_table.new_name),
                .new_name = arena_strdup(a, t->name),
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
    return arena_printf(a, "rename table \"%s\" to \"%s\"", change->rename_table.table,
                        change->rename_table.new_name);
}

const struct change_ops rename_table_ops = {
    .kind = CHANGE_RENAME_TABLE,
    .wire = "RENAME_TABLE",
    .validate = validate,
    .apply = apply,
    .inverse = inverse,
    .undo = undo,
    .summary = summary,
};
