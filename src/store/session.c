#include "store/session.h"

#include "store/record.h"

static const struct record_field session_fields[] = {
    RECORD_IDENTITY(struct login_session, id),
    RECORD_FIELD(struct login_session, token_hash, TEXT),
    RECORD_FIELD(struct login_session, user_id, REF),
    RECORD_FIELD(struct login_session, tenant_id, REF),
    RECORD_FIELD(struct login_session, csrf, TEXT),
    RECORD_FIELD(struct login_session, created_at, TIME),
    RECORD_FIELD(struct login_session, expires_at, TIME),
    RECORD_FIELD(struct login_session, last_seen_at, TIME),
    RECORD_FIELD(struct login_session, ip_address, TEXT),
    RECORD_FIELD(struct login_session, user_agent, TEXT),
};
RECORD_TYPE(store_session_type, "sessions", struct login_session, session_fields, "id");

enum errcode store_session_by_hash(struct store *s, struct arena *a, struct str token_hash,
                                   struct login_session *out, struct error *err)
{
    struct record_term terms[] = {TERM("token_hash", EQ, value_str(token_hash)),
                                  TERM("expires_at", GT, value_int(store_now()))};
    return store_one(s, a, &store_session_type, terms, ARRAY_LEN(terms), "session", out, err);
}

enum errcode store_session_insert(struct store *s, struct login_session *v, struct error *err)
{
    v->created_at = v->last_seen_at = store_now();
    return store_insert(s, &store_session_type, v, err);
}

enum errcode store_session_update(struct store *s, const struct login_session *v,
                                  const char *const *fields, struct error *err)
{
    return store_update(s, &store_session_type, v, fields, err);
}

enum errcode store_session_list(struct store *s, struct arena *a, int64_t user_id,
                                struct login_session **out, size_t *n, struct error *err)
{
    struct record_term terms[] = {TERM("user_id", EQ, value_int(user_id)),
                                  TERM("expires_at", GT, value_int(store_now()))};
    struct record_query q = {.terms = terms, .n_terms = ARRAY_LEN(terms), .is_descending = true};
    void *found = NULL;
    TRY(store_all(s, a, &store_session_type, &q, &found, n, err));
    *out = found;
    return ERR_OK;
}

enum errcode store_session_delete(struct store *s, int64_t id, struct error *err)
{
    struct record_term term = TERM("id", EQ, value_int(id));
    return store_delete(s, &store_session_type, &term, 1, NULL, err);
}

enum errcode store_session_delete_user(struct store *s, int64_t user_id, int64_t keep_id,
                                       struct error *err)
{
    struct record_term terms[] = {TERM("user_id", EQ, value_int(user_id)),
                                  TERM("id", NEQ, value_int(keep_id))};
    return store_delete(s, &store_session_type, terms, ARRAY_LEN(terms), NULL, err);
}

enum errcode store_session_purge(struct store *s, int64_t now, struct error *err)
{
    struct record_term term = TERM("expires_at", LTE, value_int(now));
    return store_delete(s, &store_session_type, &term, 1, NULL, err);
}
