#include "store/misc.h"

#include <string.h>

#include "base/uuid.h"
#include "store/record.h"

static const struct record_field idempotency_fields[] = {
    RECORD_IDENTITY(struct idempotency, id),
    RECORD_FIELD(struct idempotency, idem_key, TEXT),
    RECORD_FIELD(struct idempotency, user_id, INT),
    RECORD_FIELD(struct idempotency, request_hash, TEXT),
    RECORD_FIELD(struct idempotency, status, INT),
    RECORD_FIELD(struct idempotency, content_type, TEXT),
    RECORD_FIELD(struct idempotency, location, TEXT),
    RECORD_FIELD(struct idempotency, etag, TEXT),
    RECORD_FIELD(struct idempotency, body, TEXT),
    RECORD_FIELD(struct idempotency, created_at, TIME),
    RECORD_FIELD(struct idempotency, expires_at, TIME),
};
RECORD_TYPE(store_idempotency_type, "idempotency_keys", struct idempotency, idempotency_fields,
            "id");

static const struct record_field job_fields[] = {
    RECORD_FIELD(struct job, id, TEXT),         RECORD_FIELD(struct job, tenant_id, REF),
    RECORD_FIELD(struct job, user_id, REF),     RECORD_FIELD(struct job, kind, TEXT),
    RECORD_FIELD(struct job, state, TEXT),      RECORD_FIELD(struct job, title, TEXT),
    RECORD_FIELD(struct job, done, INT),        RECORD_FIELD(struct job, total, INT),
    RECORD_FIELD(struct job, payload, TEXT),    RECORD_FIELD(struct job, result, TEXT),
    RECORD_FIELD(struct job, error, TEXT),      RECORD_FIELD(struct job, created_at, TIME),
    RECORD_FIELD(struct job, started_at, TIME), RECORD_FIELD(struct job, finished_at, TIME),
    RECORD_FIELD(struct job, expires_at, TIME),
};
RECORD_TYPE(store_job_type, "jobs", struct job, job_fields, "id");

static const struct record_field setting_fields[] = {
    RECORD_FIELD(struct stored_setting, name, TEXT),
    RECORD_FIELD(struct stored_setting, value, TEXT),
    RECORD_FIELD(struct stored_setting, updated_at, TIME),
};
RECORD_TYPE(store_setting_type, "settings", struct stored_setting, setting_fields, "name");

struct key_take {
    struct record_place place;
    struct arena *arena;
    struct idempotency *v;
    struct idempotency there;
    bool found;
};

static enum errcode take_key(struct session *session, void *arg, struct error *err)
{
    struct key_take *t = arg;
    struct record_term terms[] = {TERM("user_id", EQ, value_int(t->v->user_id)),
                                  TERM("idem_key", EQ, value_text(t->v->idem_key)),
                                  TERM("expires_at", LTE, value_int(t->v->created_at))};
    struct record_query q = {.terms = terms, .n_terms = 2, .limit = 1, .holds = true};
    void *found = NULL;
    size_t n = 0;
    TRY(record_list_in(session, &t->place, t->arena, &store_idempotency_type, &q, &found, &n, err));
    t->found = false;
    if (n > 0) {
        t->there = *(struct idempotency *)found;
        t->found = t->there.expires_at > t->v->created_at;
    }
    if (t->found) {
        return ERR_OK;
    }
    q.n_terms = ARRAY_LEN(terms); /* not one that came just now */
    TRY(record_delete_in(session, &t->place, &store_idempotency_type, &q, NULL, err));
    t->v->id = 0;
    return record_insert_in(session, &t->place, &store_idempotency_type, t->v, err);
}

enum errcode store_idempotency_begin(struct store *s, struct arena *a, struct idempotency *v,
                                     bool *found, struct error *err)
{
    struct key_take t = {.place = store_place(s), .arena = a, .v = v};
    v->created_at = store_now();
    struct error why AUTO(error_release) = ERROR_INIT;
    enum errcode code = store_transact(s, take_key, &t, &why);
    if (code == ERR_UNIQUE_VIOLATION) { /* taken at this very moment: now it is found */
        error_release(&why);
        code = store_transact(s, take_key, &t, &why);
    }
    if (code != ERR_OK) {
        return error_move(err, &why);
    }
    if (t.found) {
        *v = t.there;
    }
    *found = t.found;
    return ERR_OK;
}

enum errcode store_idempotency_finish(struct store *s, const struct idempotency *v,
                                      struct error *err)
{
    static const char *const fields[] = {"status", "content_type", "location",
                                         "etag",   "body",         NULL};
    return store_update(s, &store_idempotency_type, v, fields, err);
}

enum errcode store_idempotency_drop(struct store *s, int64_t id, struct error *err)
{
    struct record_term term = TERM("id", EQ, value_int(id));
    return store_delete(s, &store_idempotency_type, &term, 1, NULL, err);
}

enum errcode store_idempotency_purge(struct store *s, int64_t now, struct error *err)
{
    struct record_term term = TERM("expires_at", LTE, value_int(now));
    return store_delete(s, &store_idempotency_type, &term, 1, NULL, err);
}

enum errcode store_job_insert(struct store *s, struct arena *a, struct job *j, struct error *err)
{
    if (!j->id) {
        char *id = arena_alloc(a, UUID_TEXT + 1);
        uuid_make(id);
        j->id = id;
    }
    j->created_at = store_now();
    return store_insert(s, &store_job_type, j, err);
}

enum errcode store_job_update(struct store *s, const struct job *j, const char *const *fields,
                              struct error *err)
{
    return store_update(s, &store_job_type, j, fields, err);
}

enum errcode store_job_purge(struct store *s, int64_t now, struct error *err)
{
    struct record_term term = TERM("expires_at", LTE, value_int(now));
    return store_delete(s, &store_job_type, &term, 1, NULL, err);
}

enum errcode store_job_by_id(struct store *s, struct arena *a, struct str id, struct job *out,
                             struct error *err)
{
    struct record_term term = TERM("id", EQ, value_str(id));
    return store_one(s, a, &store_job_type, &term, 1, "job", out, err);
}

enum errcode store_job_list(struct store *s, struct arena *a, int64_t tenant_id, int64_t user_id,
                            int64_t limit, struct job **out, size_t *n, struct error *err)
{
    struct record_term terms[2];
    size_t n_terms = 0;
    if (tenant_id) {
        terms[n_terms++] = TERM("tenant_id", EQ, value_int(tenant_id));
    }
    if (user_id) {
        terms[n_terms++] = TERM("user_id", EQ, value_int(user_id));
    }
    struct record_query q = {.terms = terms,
                             .n_terms = n_terms,
                             .order = "created_at",
                             .is_descending = true,
                             .limit = limit};
    void *found = NULL;
    TRY(store_all(s, a, &store_job_type, &q, &found, n, err));
    *out = found;
    return ERR_OK;
}

enum errcode store_setting_get(struct store *s, struct arena *a, const char *name,
                               const char **value, struct error *err)
{
    struct record_term term = TERM("name", EQ, value_text(name));
    struct record_query q = {.terms = &term, .n_terms = 1, .limit = 1};
    void *found = NULL;
    size_t n = 0;
    TRY(store_all(s, a, &store_setting_type, &q, &found, &n, err));
    *value = n > 0 ? ((struct stored_setting *)found)->value : NULL;
    return ERR_OK;
}

struct setting_put {
    struct record_place place;
    struct stored_setting row;
};

static enum errcode put_setting(struct session *session, void *arg, struct error *err)
{
    struct setting_put *p = arg;
    struct record_term term = TERM("name", EQ, value_text(p->row.name));
    struct record_query q = {.terms = &term, .n_terms = 1};
    TRY(record_delete_in(session, &p->place, &store_setting_type, &q, NULL, err));
    return record_insert_in(session, &p->place, &store_setting_type, &p->row, err);
}

enum errcode store_setting_put(struct store *s, const char *name, const char *value,
                               struct error *err)
{
    struct setting_put p = {
        .place = store_place(s),
        .row = {.name = name, .value = value, .updated_at = store_now()},
    };
    return store_transact(s, put_setting, &p, err);
}
