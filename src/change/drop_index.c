#include "base/attr.h"
#include "catalog/where.h"
#include "change/ops.h"
#include "change/parts.h"

struct leaning {
    const struct table *table;
    const struct index *index;
    const char *by; /* the table whose foreign key needs the index */
};

static bool other_makes_unique(const struct leaning *l, const struct foreign_key *fk)
{
    size_t in_key = 0;
    for (size_t i = 0; i < fk->n_columns; i++) {
        in_key += table_in_primary_key(l->table, fk->referenced_columns[i]);
    }
    if (in_key == fk->n_columns && in_key == l->table->n_primary_key) {
        return true;
    }
    for (size_t x = 0; x < l->table->n_indexes; x++) {
        const struct index *other = &l->table->indexes[x];
        size_t matched = 0;
        for (size_t i = 0; i < fk->n_columns; i++) {
            matched += index_mentions(other, fk->referenced_columns[i]);
        }
        bool serves = other->is_unique && !other->where && other->n_keys == fk->n_columns;
        if (other != l->index && serves && matched == fk->n_columns) {
            return true;
        }
    }
    return false;
}

static void look_for(struct table *from, struct foreign_key *fk, void *arg)
{
    struct leaning *l = arg;
    if (fk->referenced_columns && l->index->is_unique && !other_makes_unique(l, fk)) {
        l->by = from->name;
    }
}

static enum errcode validate(const struct change *change, const struct catalog *now,
                             struct error *err)
{
    const char *name = change->drop_index.index;
    struct table *t = NULL;
    TRY(find_base_table(now, change->drop_index.table, &t, err));
    const struct index *index = table_find_index(t, str_of(name));
    if (!index) {
        enum errcode code =
            ERROR(err, ERR_NOT_FOUND, "table \"%s\" has no index \"%s\"", t->name, name);
        return where_prefix(err, code, "/index");
    }
    if (index->is_constraint) {
        enum errcode code =
            ERROR(err, ERR_UNSUPPORTED, "index \"%s\" belongs to a constraint of its table", name);
        return where_prefix(err, code, "/index");
    }
    struct leaning l = {.table = t, .index = index};
    catalog_each_referrer(now, t->name, look_for, &l);
    if (l.by) {
        enum errcode code =
            ERROR(err, ERR_CONFLICT, "a foreign key of \"%s\" needs index \"%s\"", l.by, name);
        return where_prefix(err, code, "/index");
    }
    return ERR_OK;
}

static void apply(const struct change *change, struct catalog *now)
{
    struct table *t = catalog_find_table(now, str_of(change->drop_index.table));
    const struct index *gone = table_find_index(t, str_of(change->drop_index.index));
    size_t at = (size_t)(gone - t->indexes);
    for (size_t i = at; i + 1 < t->n_indexes; i++) {
        t->indexes[i] = t->indexes[i + 1];
    }
    t->n_indexes--;
    table_refresh_unique(t);
}

static void inverse(struct arena *a, const struct change *change, const struct catalog *before,
                    struct change_list *out)
{
    const struct table *t = catalog_find_table(before, str_of(change->drop_index.table));
    const struct index *index = table_find_index(t, str_of(change->drop_index.index));
    struct change back = {
        .kind = CHANGE_CREATE_INDEX,
        .create_index =
            {
                .table = arena_strdup(a, t->name),
                .index = index_copy(a, index),
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
    return arena_printf(a, "drop index \"%s\" of \"%s\"", change->drop_index.index,
                        change->drop_index.table);
}

const struct change_ops drop_index_ops = {
    .kind = CHANGE_DROP_INDEX,
    .wire = "DROP_INDEX",
    .complete = NULL,
    .validate = validate,
    .apply = apply,
    .inverse = inverse,
    .undo = undo,
    .summary = summary,
};
