#include "store/record.h"
#include "store/user.h"

static const struct record_field tenant_fields[] = {
    RECORD_IDENTITY(struct tenant, id),
    RECORD_FIELD(struct tenant, name, TEXT),
    RECORD_FIELD(struct tenant, slug, TEXT),
    RECORD_FIELD(struct tenant, namespace, TEXT),
    RECORD_FIELD(struct tenant, is_active, BOOL),
    RECORD_FIELD(struct tenant, settings, TEXT),
    RECORD_FIELD(struct tenant, created_at, TIME),
    RECORD_FIELD(struct tenant, updated_at, TIME),
    RECORD_FIELD(struct tenant, deleted_at, TIME),
};
RECORD_TYPE(store_tenant_type, "tenants", struct tenant, tenant_fields, "id");

static const struct record_term not_deleted = {"deleted_at", FILTER_IS_NULL, {0}};

enum errcode store_tenant_by_id(struct store *s, struct arena *a, int64_t id, struct tenant *out,
                                struct error *err)
{
    struct record_term terms[] = {TERM("id", EQ, value_int(id)), not_deleted};
    return store_one(s, a, &store_tenant_type, terms, ARRAY_LEN(terms), "tenant", out, err);
}

enum errcode store_tenant_by_slug(struct store *s, struct arena *a, struct str slug,
                                  struct tenant *out, struct error *err)
{
    struct record_term terms[] = {TERM("slug", EQ, value_str(slug)), not_deleted};
    return store_one(s, a, &store_tenant_type, terms, ARRAY_LEN(terms), "tenant", out, err);
}

enum errcode store_tenant_list(struct store *s, struct arena *a, struct tenant **out, size_t *n,
                               struct error *err)
{
    struct record_query q = {.terms = &not_deleted, .n_terms = 1};
    void *found = NULL;
    TRY(store_all(s, a, &store_tenant_type, &q, &found, n, err));
    *out = found;
    return ERR_OK;
}

enum errcode store_tenant_insert(struct store *s, struct tenant *t, struct error *err)
{
    t->created_at = t->updated_at = store_now();
    return store_insert(s, &store_tenant_type, t, err);
}

enum errcode store_tenant_update(struct store *s, struct tenant *t, const char *const *fields,
                                 struct error *err)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    t->updated_at = store_now();
    return store_update(s, &store_tenant_type, t, store_fields_with(a, fields, "updated_at"), err);
}

enum errcode store_tenant_delete(struct store *s, int64_t id, struct error *err)
{
    static const char *const fields[] = {"is_active", "deleted_at", NULL};
    struct tenant t = {.id = id, .deleted_at = store_now()};
    return store_tenant_update(s, &t, fields, err);
}
