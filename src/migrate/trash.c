#include "migrate/trash.h"

#include "base/attr.h"
#include "base/time.h"
#include "migrate/run.h"

#define PLAN_KEEP_US ((int64_t)24 * 3600 * 1000000)

enum errcode migrate_trash_list(const struct journal *j, int64_t tenant_id, struct arena *a,
                                struct trash_item **out, size_t *n, struct error *err)
{
    struct record_place p = journal_place(j);
    struct record_term terms[] = {{"restored_at", FILTER_IS_NULL, value_null()},
                                  {"purged_at", FILTER_IS_NULL, value_null()},
                                  {"tenant_id", FILTER_EQ, value_int(tenant_id)}};
    struct record_query q = {
        .terms = terms, .n_terms = tenant_id ? 3 : 2, .order = "id", .is_descending = true};
    void *found = NULL;
    TRY(record_list(&p, a, &trash_item_type, &q, &found, n, err));
    *out = found;
    return ERR_OK;
}

enum errcode migrate_trash_get(const struct journal *j, int64_t tenant_id, int64_t id,
                               struct arena *a, struct trash_item *out, struct error *err)
{
    struct record_place p = journal_place(j);
    struct record_term terms[] = {{"id", FILTER_EQ, value_int(id)},
                                  {"restored_at", FILTER_IS_NULL, value_null()},
                                  {"purged_at", FILTER_IS_NULL, value_null()},
                                  {"tenant_id", FILTER_EQ, value_int(tenant_id)}};
    struct record_query q = {.terms = terms, .n_terms = tenant_id ? 4 : 3};
    enum errcode code = record_one(&p, a, &trash_item_type, &q, out, err);
    return code == ERR_NOT_FOUND
               ? ERROR(err, code, "nothing in the trash has the id %lld", (long long)id)
               : code;
}

enum errcode migrate_trash_restore(const struct migrate_target *t, int64_t id, struct arena *a,
                                   struct change_record *out, struct error *err)
{
    struct trash_item item = {0};
    TRY(migrate_trash_get(t->journal, t->tenant_id, id, a, &item, err));
    return migrate_undo(t, item.change_id, a, out, err);
}

/* Drops the trash table as a change of its own, so that the journal tells of it too. */
static enum errcode drop_object(const struct migrate_target *t, const struct trash_item *item,
                                struct arena *a, struct error *err)
{
    AUTO(catalog_unrefp) struct catalog *live = NULL;
    TRY(migrate_catalog(t, &live, err));
    if (!catalog_find_table(live, str_of(item->object))) {
        return ERR_OK;
    }
    struct change drop = {.kind = CHANGE_DROP_TABLE,
                          .drop_table = {.table = item->object, .no_trash = true}};
    struct change_list list = {.items = &drop, .n = 1};
    struct plan *plan = NULL;
    TRY(migrate_preview(t, &list, a, &plan, err));
    struct run_options options = {.kind = "purge", .confirm_all = true};
    struct change_record record = {0};
    return run_execute(t, plan, &options, a, &record, err);
}

static enum errcode purge(const struct migrate_target *t, struct trash_item *item, struct arena *a,
                          struct error *err)
{
    static const char *const fields[] = {"purged_at", NULL};
    struct record_place p = journal_place(t->journal);
    TRY(drop_object(t, item, a, err));
    item->purged_at = time_now_us();
    return record_update(&p, &trash_item_type, item, fields, err);
}

enum errcode migrate_trash_purge(const struct migrate_target *t, int64_t id, struct error *err)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    struct trash_item item = {0};
    TRY(migrate_trash_get(t->journal, t->tenant_id, id, a, &item, err));
    if (!str_is(migrate_room(t), item.ns)) {
        return ERROR(err, ERR_NOT_FOUND, "nothing in the trash has the id %lld", (long long)id);
    }
    return purge(t, &item, a, err);
}

static enum errcode forget_plans(const struct migrate_target *t, int64_t now_us, struct error *err)
{
    struct record_place p = journal_place(t->journal);
    struct record_term terms[] = {{"state", FILTER_EQ, value_text("planned")},
                                  {"created_at", FILTER_LT, value_int(now_us - PLAN_KEEP_US)}};
    struct record_query q = {.terms = terms, .n_terms = ARRAY_LEN(terms)};
    return record_delete(&p, &change_record_type, &q, NULL, err);
}

enum errcode migrate_purge(const struct migrate_target *t, int64_t now_us, int64_t *n,
                           struct error *err)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    struct record_place p = journal_place(t->journal);
    struct record_term terms[] = {{"restored_at", FILTER_IS_NULL, value_null()},
                                  {"purged_at", FILTER_IS_NULL, value_null()},
                                  {"ns", FILTER_EQ, value_str(migrate_room(t))},
                                  {"expires_at", FILTER_LT, value_int(now_us)}};
    struct record_query q = {.terms = terms, .n_terms = ARRAY_LEN(terms)};
    void *found = NULL;
    size_t n_items = 0;
    TRY(forget_plans(t, now_us, err));
    TRY(record_list(&p, a, &trash_item_type, &q, &found, &n_items, err));
    struct trash_item *items = found;
    for (size_t i = 0; i < n_items; i++) {
        TRY(purge(t, &items[i], a, err));
    }
    if (n) {
        *n = (int64_t)n_items;
    }
    return ERR_OK;
}
