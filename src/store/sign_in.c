#include "store/record.h"
#include "store/session.h"

static const struct record_field attempt_fields[] = {
    RECORD_IDENTITY(struct login_attempt, id),
    RECORD_FIELD(struct login_attempt, subject, TEXT),
    RECORD_FIELD(struct login_attempt, ip_address, TEXT),
    RECORD_FIELD(struct login_attempt, created_at, TIME),
};
RECORD_TYPE(store_login_attempt_type, "login_attempts", struct login_attempt, attempt_fields, "id");

static const struct record_field setup_fields[] = {
    RECORD_IDENTITY(struct setup_token, id),
    RECORD_FIELD(struct setup_token, token_hash, TEXT),
    RECORD_FIELD(struct setup_token, purpose, TEXT),
    RECORD_FIELD(struct setup_token, user_id, REF),
    RECORD_FIELD(struct setup_token, created_at, TIME),
    RECORD_FIELD(struct setup_token, expires_at, TIME),
    RECORD_FIELD(struct setup_token, used_at, TIME),
};
RECORD_TYPE(store_setup_token_type, "setup_tokens", struct setup_token, setup_fields, "id");

enum errcode store_login_attempt_add(struct store *s, const char *subject, const char *ip_address,
                                     struct error *err)
{
    struct login_attempt v = {
        .subject = subject, .ip_address = ip_address, .created_at = store_now()};
    return store_insert(s, &store_login_attempt_type, &v, err);
}

enum errcode store_login_attempt_count(struct store *s, const char *subject, int64_t since,
                                       int64_t *count, int64_t *last, struct error *err)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    struct record_term terms[] = {TERM("subject", EQ, value_text(subject)),
                                  TERM("created_at", GTE, value_int(since))};
    struct record_query q = {
        .terms = terms, .n_terms = ARRAY_LEN(terms), .order = "created_at", .is_descending = true};
    void *found = NULL;
    size_t n = 0;
    TRY(store_all(s, a, &store_login_attempt_type, &q, &found, &n, err));
    *count = (int64_t)n;
    if (last) {
        *last = n > 0 ? ((struct login_attempt *)found)->created_at : 0;
    }
    return ERR_OK;
}

enum errcode store_login_attempt_clear(struct store *s, const char *subject, struct error *err)
{
    struct record_term term = TERM("subject", EQ, value_text(subject));
    return store_delete(s, &store_login_attempt_type, &term, 1, NULL, err);
}

struct setup_put {
    struct record_place place;
    struct setup_token *row;
};

static enum errcode put_setup(struct session *session, void *arg, struct error *err)
{
    const struct setup_put *p = arg;
    struct record_term terms[] = {TERM("purpose", EQ, value_text(p->row->purpose)),
                                  p->row->user_id ? TERM("user_id", EQ, value_int(p->row->user_id))
                                                  : TERM("user_id", IS_NULL, value_null())};
    struct record_query q = {.terms = terms, .n_terms = ARRAY_LEN(terms)};
    TRY(record_delete_in(session, &p->place, &store_setup_token_type, &q, NULL, err));
    p->row->id = 0;
    return record_insert_in(session, &p->place, &store_setup_token_type, p->row, err);
}

enum errcode store_setup_token_put(struct store *s, struct setup_token *v, struct error *err)
{
    struct setup_put p = {store_place(s), v};
    v->created_at = store_now();
    return store_transact(s, put_setup, &p, err);
}

enum errcode store_setup_token_by_hash(struct store *s, struct arena *a, struct str token_hash,
                                       const char *purpose, struct setup_token *out,
                                       struct error *err)
{
    struct record_term terms[] = {
        TERM("token_hash", EQ, value_str(token_hash)), TERM("purpose", EQ, value_text(purpose)),
        TERM("used_at", IS_NULL, value_null()), TERM("expires_at", GT, value_int(store_now()))};
    return store_one(s, a, &store_setup_token_type, terms, ARRAY_LEN(terms), "link", out, err);
}

struct setup_use {
    struct record_place place;
    struct setup_token row;
};

static enum errcode use_setup(struct session *session, void *arg, struct error *err)
{
    static const char *const fields[] = {"used_at", NULL};
    const struct setup_use *u = arg;
    AUTO(arena_freep) struct arena *a = arena_new();
    struct record_term terms[] = {TERM("id", EQ, value_int(u->row.id)),
                                  TERM("used_at", IS_NULL, value_null())};
    struct record_query q = {
        .terms = terms, .n_terms = ARRAY_LEN(terms), .limit = 1, .holds = true};
    void *found = NULL;
    size_t n = 0;
    TRY(record_list_in(session, &u->place, a, &store_setup_token_type, &q, &found, &n, err));
    if (n == 0) {
        return ERROR(err, ERR_NOT_FOUND, "no such link");
    }
    return record_update_in(session, &u->place, &store_setup_token_type, &u->row, fields, err);
}

enum errcode store_setup_token_use(struct store *s, int64_t id, struct error *err)
{
    struct setup_use u = {.place = store_place(s), .row = {.id = id, .used_at = store_now()}};
    return store_transact(s, use_setup, &u, err);
}
