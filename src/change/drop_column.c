#include "base/attr.h"
#include "catalog/where.h"
#include "change/ops.h"
#include "change/parts.h"

struct referred {
    const char *column;
    const char *by; /* the table whose foreign key refers to the column */
};

static void look_for(struct table *from, struct foreign_key *fk, void *arg)
{
    struct referred *r = arg;
    for (size_t i = 0; fk->referenced_columns && i < fk->n_columns; i++) {
        if (str_eq_nocase(str_of(fk->referenced_columns[i]), str_of(r->column))) {
            r->by = from->name;
        }
    }
}

static enum errcode check_free(const struct table *t, const char *column, const struct catalog *now,
                               struct error *err)
{
    if (t->n_columns == 1) {
        return ERROR(err, ERR_INVALID, "\"%s\" is the only column of its table", column);
    }
    if (table_in_primary_key(t, column)) {
        return ERROR(err, ERR_UNSUPPORTED, "\"%s\" is part of the primary key", column);
    }
    struct referred r = {.column = column};
    catalog_each_referrer(now, t->name, look_for, &r);
    if (r.by) {
        return ERROR(err, ERR_CONFLICT, "a foreign key of \"%s\" refers to \"%s\"", r.by, column);
    }
    for (size_t i = 0; i < t->n_columns; i++) {
        if (expr_mentions(t->columns[i].generated_as, column)) {
            return ERROR(err, ERR_CONFLICT, "generated column \"%s\" is made of \"%s\"",
                         t->columns[i].name, column);
        }
    }
    const struct table *view = find_reader(now, t->name, column);
    if (view) {
        return ERROR(err, ERR_CONFLICT, "view \"%s\" reads \"%s\"", view->name, column);
    }
    return ERR_OK;
}

static enum errcode validate(const struct change *change, const struct catalog *now,
                             struct error *err)
{
    struct table *t = NULL;
    struct column *c = NULL;
    TRY(find_base_table(now, change->drop_column.table, &t, err));
    TRY(find_column(t, change->drop_column.column, &c, err));
    const char *trash = change->drop_column.trash;
    if (trash && catalog_find_table(now, str_of(trash))) {
        return ERROR(err, ERR_CONFLICT, "\"%s\" is there already", trash);
    }
    return where_prefix(err, check_free(t, c->name, now, err), "/column");
}

static bool keeps_values(const struct change *change, const struct column *c)
{
    return change->drop_column.trash && c->generated == GENERATED_NONE;
}

/* k1 … kn and v: the key of each row beside the value. */
static struct table *make_trash(struct arena *a, const struct table *t, const struct column *c,
                                const char *name)
{
    struct table *trash = ARENA_NEW(a, struct table);
    trash->name = arena_strdup(a, name);
    trash->kind = TABLE_BASE;
    trash->is_internal = true;
    trash->row_estimate = -1;
    size_t n_keys = t->n_primary_key ? t->n_primary_key : 1;
    trash->n_columns = n_keys + 1;
    trash->columns = ARENA_ARRAY(a, trash->n_columns, struct column);
    for (size_t i = 0; i < n_keys; i++) {
        const struct column *key =
            t->n_primary_key ? table_find_column(t, str_of(t->primary_key[i])) : NULL;
        trash->columns[i].name = arena_printf(a, "k%zu", i + 1);
        trash->columns[i].type = key ? type_copy(a, &key->type) : (struct type){.kind = TYPE_INT64};
    }
    trash->columns[n_keys].name = "v";
    trash->columns[n_keys].type = type_copy(a, &c->type);
    trash->columns[n_keys].is_nullable = true;
    return trash;
}

#define KEEP_PARTS(member, n_member, lost)         \
    do {                                           \
        size_t kept = 0;                           \
        for (size_t i = 0; i < t->n_member; i++) { \
            if (!(lost)) {                         \
                t->member[kept++] = t->member[i];  \
            }                                      \
        }                                          \
        t->n_member = kept;                        \
    } while (0)

static void apply(const struct change *change, struct catalog *now)
{
    struct table *t = catalog_find_table(now, str_of(change->drop_column.table));
    size_t at = table_column_position(t, str_of(change->drop_column.column));
    const char *name = t->columns[at].name;
    if (keeps_values(change, &t->columns[at])) {
        struct table *trash = make_trash(now->arena, t, &t->columns[at], change->drop_column.trash);
        catalog_add_table(now, trash);
    }
    KEEP_PARTS(indexes, n_indexes, index_mentions(&t->indexes[i], name));
    KEEP_PARTS(foreign_keys, n_foreign_keys, foreign_key_mentions(&t->foreign_keys[i], name));
    KEEP_PARTS(checks, n_checks, check_mentions(&t->checks[i], name));
    KEEP_PARTS(triggers, n_triggers, raw_mentions(t->triggers[i].native, name));
    KEEP_PARTS(columns, n_columns, i == at);
    table_refresh_unique(t);
    table_edited(t);
}

#define COLLECT_PARTS(member, n_member, lost, type, copy_one) \
    do {                                                      \
        type *parts = NULL;                                   \
        size_t n_parts = 0;                                   \
        for (size_t i = 0; i < t->n_member; i++) {            \
            if (lost) {                                       \
                type part = copy_one(a, &t->member[i]);       \
                ARENA_PUSH(a, parts, n_parts, part);          \
            }                                                 \
        }                                                     \
        back->create_column.member = parts;                   \
        back->create_column.n_member = n_parts;               \
    } while (0)

static void collect_lost(struct arena *a, struct change *back, const struct table *t,
                         const char *name)
{
    COLLECT_PARTS(indexes, n_indexes, index_mentions(&t->indexes[i], name), struct index,
                  index_copy);
    COLLECT_PARTS(foreign_keys, n_foreign_keys, foreign_key_mentions(&t->foreign_keys[i], name),
                  struct foreign_key, foreign_key_copy);
    COLLECT_PARTS(checks, n_checks, check_mentions(&t->checks[i], name), struct check, check_copy);
    COLLECT_PARTS(triggers, n_triggers, raw_mentions(t->triggers[i].native, name), struct trigger,
                  trigger_copy);
}

static struct trash_ref name_trash(struct arena *a, const struct table *t, const char *object)
{
    size_t n = t->n_primary_key ? t->n_primary_key : 1;
    struct trash_ref ref = {
        .object = arena_strdup(a, object),
        .keys = ARENA_ARRAY(a, n, const char *),
        .onto = ARENA_ARRAY(a, n, const char *),
        .n_keys = n,
    };
    for (size_t i = 0; i < n; i++) {
        ref.keys[i] = arena_printf(a, "k%zu", i + 1);
        ref.onto[i] = arena_strdup(a, t->n_primary_key ? t->primary_key[i] : "rowid");
    }
    return ref;
}

static void inverse(struct arena *a, const struct change *change, const struct catalog *before,
                    struct change_list *out)
{
    const struct table *t = catalog_find_table(before, str_of(change->drop_column.table));
    size_t at = table_column_position(t, str_of(change->drop_column.column));
    const struct column *c = &t->columns[at];
    struct change back = {
        .kind = CHANGE_CREATE_COLUMN,
        .create_column =
            {
                .table = arena_strdup(a, t->name),
                .column = column_copy(a, c),
                .after = at ? arena_strdup(a, t->columns[at - 1].name) : "",
            },
    };
    collect_lost(a, &back, t, c->name);
    if (keeps_values(change, c)) {
        back.create_column.restore = name_trash(a, t, change->drop_column.trash);
    }
    ARENA_PUSH(a, out->items, out->n, back);
}

static enum undo_class undo(const struct change *change)
{
    return change->drop_column.no_trash ? UNDO_NONE : UNDO_COPY;
}

static const char *summary(struct arena *a, const struct change *change)
{
    return arena_printf(a, "drop column \"%s\" of \"%s\"", change->drop_column.column,
                        change->drop_column.table);
}

const struct change_ops drop_column_ops = {
    .kind = CHANGE_DROP_COLUMN,
    .wire = "DROP_COLUMN",
    .validate = validate,
    .apply = apply,
    .inverse = inverse,
    .undo = undo,
    .summary = summary,
};
