#include "store/source.h"

#include "base/uuid.h"
#include "store/record.h"

static const struct record_field source_fields[] = {
    RECORD_FIELD(struct source_record, id, TEXT),
    RECORD_FIELD(struct source_record, tenant_id, INT),
    RECORD_FIELD(struct source_record, name, TEXT),
    RECORD_FIELD(struct source_record, display_name, TEXT),
    RECORD_FIELD(struct source_record, kind, TEXT),
    RECORD_FIELD(struct source_record, options, TEXT),
    RECORD_FIELD(struct source_record, secret, TEXT),
    RECORD_FIELD(struct source_record, is_writable, BOOL),
    RECORD_FIELD(struct source_record, allow_tables, TEXT),
    RECORD_FIELD(struct source_record, forbid_tables, TEXT),
    RECORD_FIELD(struct source_record, policy, TEXT),
    RECORD_FIELD(struct source_record, created_at, TIME),
    RECORD_FIELD(struct source_record, updated_at, TIME),
    RECORD_FIELD(struct source_record, created_by, REF),
};
RECORD_TYPE(store_source_type, "sources", struct source_record, source_fields, "id");

enum errcode store_source_by_name(struct store *s, struct arena *a, int64_t tenant_id,
                                  struct str name, struct source_record *out, struct error *err)
{
    struct record_term terms[] = {TERM("tenant_id", EQ, value_int(tenant_id)),
                                  TERM("name", EQ, value_str(name))};
    return store_one(s, a, &store_source_type, terms, ARRAY_LEN(terms), "source", out, err);
}

enum errcode store_source_by_id(struct store *s, struct arena *a, struct str id,
                                struct source_record *out, struct error *err)
{
    struct record_term term = TERM("id", EQ, value_str(id));
    return store_one(s, a, &store_source_type, &term, 1, "source", out, err);
}

enum errcode store_source_list(struct store *s, struct arena *a, int64_t tenant_id,
                               struct source_record **out, size_t *n, struct error *err)
{
    struct record_term term = TERM("tenant_id", EQ, value_int(tenant_id));
    struct record_query q = {.terms = &term, .n_terms = 1, .order = "name"};
    void *found = NULL;
    TRY(store_all(s, a, &store_source_type, &q, &found, n, err));
    *out = found;
    return ERR_OK;
}

enum errcode store_source_insert(struct store *s, struct arena *a, struct source_record *r,
                                 struct error *err)
{
    if (!r->id) {
        char *id = arena_alloc(a, UUID_TEXT + 1);
        uuid_make(id);
        r->id = id;
    }
    r->created_at = r->updated_at = store_now();
    return store_insert(s, &store_source_type, r, err);
}

enum errcode store_source_update(struct store *s, struct source_record *r,
                                 const char *const *fields, struct error *err)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    int64_t now = store_now();
    r->updated_at = now > r->updated_at ? now : r->updated_at + 1;
    return store_update(s, &store_source_type, r, store_fields_with(a, fields, "updated_at"), err);
}

enum errcode store_source_delete(struct store *s, int64_t tenant_id, struct str name,
                                 struct error *err)
{
    struct record_term terms[] = {TERM("tenant_id", EQ, value_int(tenant_id)),
                                  TERM("name", EQ, value_str(name))};
    int64_t n = 0;
    TRY(store_delete(s, &store_source_type, terms, ARRAY_LEN(terms), &n, err));
    return n ? ERR_OK : ERROR(err, ERR_NOT_FOUND, "no such source");
}

struct str store_source_context(struct arena *a, const char *id)
{
    return str_of(arena_printf(a, "source:%s:password", id));
}
