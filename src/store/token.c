#include "store/record.h"
#include "store/session.h"

static const struct record_field token_fields[] = {
    RECORD_IDENTITY(struct api_token, id),
    RECORD_FIELD(struct api_token, user_id, REF),
    RECORD_FIELD(struct api_token, tenant_id, REF),
    RECORD_FIELD(struct api_token, name, TEXT),
    RECORD_FIELD(struct api_token, token_hash, TEXT),
    RECORD_FIELD(struct api_token, prefix, TEXT),
    RECORD_FIELD(struct api_token, allow, TEXT),
    RECORD_FIELD(struct api_token, created_at, TIME),
    RECORD_FIELD(struct api_token, expires_at, TIME),
    RECORD_FIELD(struct api_token, revoked_at, TIME),
    RECORD_FIELD(struct api_token, last_used_at, TIME),
};
RECORD_TYPE(store_token_type, "tokens", struct api_token, token_fields, "id");

enum errcode store_token_by_hash(struct store *s, struct arena *a, struct str token_hash,
                                 struct api_token *out, struct error *err)
{
    struct record_term terms[] = {TERM("token_hash", EQ, value_str(token_hash)),
                                  TERM("revoked_at", IS_NULL, value_null())};
    struct api_token found = {0};
    TRY(store_one(s, a, &store_token_type, terms, ARRAY_LEN(terms), "token", &found, err));
    if (found.expires_at && found.expires_at <= store_now()) {
        return ERROR(err, ERR_NOT_FOUND, "no such token");
    }
    *out = found;
    return ERR_OK;
}

enum errcode store_token_by_id(struct store *s, struct arena *a, int64_t id, struct api_token *out,
                               struct error *err)
{
    struct record_term term = TERM("id", EQ, value_int(id));
    return store_one(s, a, &store_token_type, &term, 1, "token", out, err);
}

enum errcode store_token_list(struct store *s, struct arena *a, int64_t user_id,
                              struct api_token **out, size_t *n, struct error *err)
{
    struct record_term term = TERM("user_id", EQ, value_int(user_id));
    struct record_query q = {.terms = &term, .n_terms = user_id ? 1 : 0, .is_descending = true};
    void *found = NULL;
    TRY(store_all(s, a, &store_token_type, &q, &found, n, err));
    *out = found;
    return ERR_OK;
}

enum errcode store_token_insert(struct store *s, struct api_token *v, struct error *err)
{
    v->created_at = store_now();
    return store_insert(s, &store_token_type, v, err);
}

enum errcode store_token_update(struct store *s, const struct api_token *v,
                                const char *const *fields, struct error *err)
{
    return store_update(s, &store_token_type, v, fields, err);
}

enum errcode store_token_revoke(struct store *s, int64_t id, struct error *err)
{
    static const char *const fields[] = {"revoked_at", NULL};
    struct api_token v = {.id = id, .revoked_at = store_now()};
    return store_update(s, &store_token_type, &v, fields, err);
}

enum errcode store_token_touch(struct store *s, int64_t id, struct error *err)
{
    static const char *const fields[] = {"last_used_at", NULL};
    struct api_token v = {.id = id, .last_used_at = store_now()};
    return store_update(s, &store_token_type, &v, fields, err);
}
