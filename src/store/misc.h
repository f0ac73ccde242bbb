#pragma once

#include "store/store.h"

/* Answers kept under an Idempotency-Key, background jobs, and settings of the installation. */
struct idempotency {
    int64_t id;
    const char *idem_key; /* with user_id unique */
    int64_t user_id;
    const char *request_hash;
    int64_t status; /* 0 = still running */
    const char *content_type;
    const char *location, *etag; /* headers of the answer, or NULL */
    const char *body;
    int64_t created_at, expires_at;
};

struct job {
    const char *id; /* uuid */
    int64_t tenant_id, user_id;
    const char *kind;  /* "import", "export", … */
    const char *state; /* queued, running, done, failed, cancelled */
    const char *title;
    int64_t done, total;
    const char *payload; /* JSON */
    const char *result;  /* JSON */
    const char *error;   /* JSON */
    int64_t created_at, started_at, finished_at, expires_at;
};

struct stored_setting {
    const char *name;
    const char *value; /* JSON text */
    int64_t updated_at;
};

extern const struct record_type store_idempotency_type, store_job_type, store_setting_type;

/** store_idempotency_begin() - take the key. When it is there already and unexpired, *@found is
 *  set, *@v is what is there, and nothing is written. */
enum errcode store_idempotency_begin(struct store *s, struct arena *a, struct idempotency *v,
                                     bool *found, struct error *err) MUST_CHECK;
/** store_idempotency_finish() - status, content_type, location, etag and body of @v. */
enum errcode store_idempotency_finish(struct store *s, const struct idempotency *v,
                                      struct error *err) MUST_CHECK;
/** store_idempotency_drop() - give the key back after a failure. */
enum errcode store_idempotency_drop(struct store *s, int64_t id, struct error *err) MUST_CHECK;
enum errcode store_idempotency_purge(struct store *s, int64_t now, struct error *err) MUST_CHECK;

enum errcode store_job_insert(struct store *s, struct arena *a, struct job *j,
                              struct error *err) MUST_CHECK;
enum errcode store_job_update(struct store *s, const struct job *j, const char *const *fields,
                              struct error *err) MUST_CHECK;
enum errcode store_job_by_id(struct store *s, struct arena *a, struct str id, struct job *out,
                             struct error *err) MUST_CHECK;
/** store_job_list() - newest first; @tenant_id, @user_id 0 = all. */
enum errcode store_job_list(struct store *s, struct arena *a, int64_t tenant_id, int64_t user_id,
                            int64_t limit, struct job **out, size_t *n,
                            struct error *err) MUST_CHECK;
/** store_job_purge() - those whose time to be kept is over at @now. */
enum errcode store_job_purge(struct store *s, int64_t now, struct error *err) MUST_CHECK;

/** store_setting_get() - *@value NULL when it is not there. */
enum errcode store_setting_get(struct store *s, struct arena *a, const char *name,
                               const char **value, struct error *err) MUST_CHECK;
enum errcode store_setting_put(struct store *s, const char *name, const char *value,
                               struct error *err) MUST_CHECK;
