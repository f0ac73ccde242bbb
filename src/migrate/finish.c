#include "base/attr.h"
#include "base/time.h"
#include "migrate/run.h"

/*
 * The end of a change: record, trash and registry, in one transaction of the journal; where the
 * engine can, it is the one that changes the structure.
 */
struct finish {
    const struct migrate_target *target;
    struct record_place place;
    struct change_record *record;
    const struct migrate_outcome *outcome;
    const struct change_step *last; /* to be marked, or NULL */
    struct trash_item *items;       /* to be added */
    size_t n_items;
};

static enum errcode count_rows(struct session *s, const struct table *t, struct arena *a,
                               int64_t *out, struct error *err)
{
    struct query q = {.table = t, .limit = -1, .count_only = true};
    const struct value *row = NULL;
    TRY(engine_query_one(s, &q, a, &row, err));
    *out = row && row[0].kind == VALUE_INT ? row[0].i : -1;
    return ERR_OK;
}

/* What the change put into the trash: only what really is there. */
static enum errcode collect_trash(struct finish *f, struct session *s, struct arena *a,
                                  struct error *err)
{
    const struct change_list *list = f->outcome->changes;
    for (size_t i = 0; i < list->n; i++) {
        const struct change *c = &list->items[i];
        bool is_table = c->kind == CHANGE_DROP_TABLE;
        if (!is_table && c->kind != CHANGE_DROP_COLUMN) {
            continue;
        }
        const char *object = is_table ? c->drop_table.trash : c->drop_column.trash;
        const struct table *kept =
            object ? catalog_find_table(f->outcome->after, str_of(object)) : NULL;
        if (!kept) {
            continue;
        }
        struct trash_item item = {
            .change_id = f->record->id,
            .ns = f->record->ns,
            .tenant_id = f->record->tenant_id,
            .kind = is_table ? "table" : "column",
            .table_name = change_subject(c),
            .column_name = is_table ? NULL : c->drop_column.column,
            .object = object,
            .created_at = f->record->finished_at,
            .expires_at = f->record->undo_until,
        };
        TRY(count_rows(s, kept, a, &item.n_rows, err));
        ARENA_PUSH(a, f->items, f->n_items, item);
    }
    return ERR_OK;
}

/* The change that was undone: it is undone now, and what it kept is back. */
static enum errcode settle_undone(struct session *s, struct finish *f, struct arena *a,
                                  struct error *err)
{
    static const char *const fields[] = {"state", "undone_by", NULL};
    static const char *const item_fields[] = {"restored_at", NULL};
    struct change_record undone = {
        .id = f->record->undo_of, .state = "undone", .undone_by = f->record->id};
    TRY(record_update_in(s, &f->place, &change_record_type, &undone, fields, err));
    struct record_term term = {"change_id", FILTER_EQ, value_text(undone.id)};
    struct record_query q = {.terms = &term, .n_terms = 1};
    void *found = NULL;
    size_t n = 0;
    TRY(record_list_in(s, &f->place, a, &trash_item_type, &q, &found, &n, err));
    struct trash_item *items = found;
    for (size_t i = 0; i < n; i++) {
        items[i].restored_at = f->record->finished_at;
        TRY(record_update_in(s, &f->place, &trash_item_type, &items[i], item_fields, err));
    }
    return ERR_OK;
}

static enum errcode write_finish(struct session *s, void *arg, struct error *err)
{
    static const char *const fields[] = {"state", "fp_after", "finished_at", "error", NULL};
    static const char *const step_fields[] = {"state", "finished_at", "n_rows", NULL};
    struct finish *f = arg;
    AUTO(arena_freep) struct arena *tmp = arena_new();
    if (f->last) {
        TRY(record_update_in(s, &f->place, &change_step_type, f->last, step_fields, err));
    }
    TRY(record_update_in(s, &f->place, &change_record_type, f->record, fields, err));
    for (size_t i = 0; i < f->n_items; i++) {
        f->items[i].id = 0;
        TRY(record_insert_in(s, &f->place, &trash_item_type, &f->items[i], err));
    }
    if (f->record->undo_of) {
        TRY(settle_undone(s, f, tmp, err));
    }
    const struct migrate_hooks *hooks = &f->target->hooks;
    return hooks->project ? hooks->project(s, hooks->arg, f->outcome, err) : ERR_OK;
}

bool run_joins(const struct migrate_target *t)
{
    return t->engine == t->journal->engine && t->engine->caps.ddl_with_registry;
}

enum errcode run_finish(const struct migrate_target *t, struct session *s, struct arena *a,
                        const struct run_end *end, struct error *err)
{
    struct finish f = {
        .target = t,
        .place = journal_place(t->journal),
        .record = end->record,
        .outcome = end->outcome,
        .last = end->last,
    };
    f.record->state = "done";
    f.record->finished_at = time_now_us();
    TRY(collect_trash(&f, s, a, err));
    return end->is_inside ? engine_group_transact(s, f.place.ns, write_finish, &f, err)
                          : engine_transact(f.place.engine, f.place.ns, write_finish, &f, err);
}

enum errcode run_hold(struct session *s, const struct record_place *p,
                      const struct change_record *record, struct arena *a, const char **state,
                      struct error *err)
{
    struct record_term term = {"id", FILTER_EQ, value_text(record->id)};
    struct record_query q = {.terms = &term, .n_terms = 1, .limit = 1, .holds = true};
    void *found = NULL;
    size_t n = 0;
    TRY(record_list_in(s, p, a, &change_record_type, &q, &found, &n, err));
    if (n == 0) {
        return ERROR(err, ERR_NOT_FOUND, "the change is not in the journal");
    }
    *state = ((const struct change_record *)found)->state;
    return ERR_OK;
}
