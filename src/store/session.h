#pragma once

#include "store/store.h"

/*
 * Sign-in state: browser sessions, API tokens, failed attempts, set-up links. Secrets are stored
 * as hashes only; the caller hashes (crypt/). All *_hash texts are hex.
 */
struct login_session {
    int64_t id;
    const char *token_hash; /* unique */
    int64_t user_id;
    int64_t tenant_id; /* the tenant it works in; 0 = the user's home */
    const char *csrf;
    int64_t created_at, expires_at, last_seen_at;
    const char *ip_address;
    const char *user_agent;
};

struct api_token {
    int64_t id;
    int64_t user_id;
    int64_t tenant_id; /* 0 = the user's home */
    const char *name;
    const char *token_hash; /* unique */
    const char *prefix;     /* first characters, for people to tell tokens apart */
    const char *allow;      /* JSON array of permission patterns; NULL = all of the user's */
    int64_t created_at, expires_at, revoked_at, last_used_at; /* 0 = never */
};

struct login_attempt {
    int64_t id;
    const char *subject; /* what is counted: "email:…" or "ip:…" */
    const char *ip_address;
    int64_t created_at;
};

struct setup_token {
    int64_t id;
    const char *token_hash;
    const char *purpose; /* "setup", "password" */
    int64_t user_id;     /* 0 for "setup" */
    int64_t created_at, expires_at, used_at;
};

extern const struct record_type store_session_type, store_token_type, store_login_attempt_type,
    store_setup_token_type;

/** store_session_by_hash() - an unexpired session. Errors: ERR_NOT_FOUND. */
enum errcode store_session_by_hash(struct store *s, struct arena *a, struct str token_hash,
                                   struct login_session *out, struct error *err) MUST_CHECK;
enum errcode store_session_insert(struct store *s, struct login_session *v,
                                  struct error *err) MUST_CHECK;
enum errcode store_session_update(struct store *s, const struct login_session *v,
                                  const char *const *fields, struct error *err) MUST_CHECK;
/** store_session_list() - the unexpired ones of a user. */
enum errcode store_session_list(struct store *s, struct arena *a, int64_t user_id,
                                struct login_session **out, size_t *n,
                                struct error *err) MUST_CHECK;
enum errcode store_session_delete(struct store *s, int64_t id, struct error *err) MUST_CHECK;
/** store_session_delete_user() - all of @user_id but @keep_id (0 = none kept). */
enum errcode store_session_delete_user(struct store *s, int64_t user_id, int64_t keep_id,
                                       struct error *err) MUST_CHECK;
/** store_session_purge() - sessions that expired before @now. */
enum errcode store_session_purge(struct store *s, int64_t now, struct error *err) MUST_CHECK;

/** store_token_by_hash() - neither revoked nor expired. Errors: ERR_NOT_FOUND. */
enum errcode store_token_by_hash(struct store *s, struct arena *a, struct str token_hash,
                                 struct api_token *out, struct error *err) MUST_CHECK;
enum errcode store_token_by_id(struct store *s, struct arena *a, int64_t id, struct api_token *out,
                               struct error *err) MUST_CHECK;
/** store_token_list() - of @user_id (0 = everybody), newest first, revoked ones too. */
enum errcode store_token_list(struct store *s, struct arena *a, int64_t user_id,
                              struct api_token **out, size_t *n, struct error *err) MUST_CHECK;
enum errcode store_token_insert(struct store *s, struct api_token *v, struct error *err) MUST_CHECK;
enum errcode store_token_update(struct store *s, const struct api_token *v,
                                const char *const *fields, struct error *err) MUST_CHECK;
/** store_token_revoke() - Errors: ERR_NOT_FOUND. */
enum errcode store_token_revoke(struct store *s, int64_t id, struct error *err) MUST_CHECK;
/** store_token_touch() - last_used_at = now; call at most once a minute per token. */
enum errcode store_token_touch(struct store *s, int64_t id, struct error *err) MUST_CHECK;

/** store_login_attempt_add() - one more failure of @subject. */
enum errcode store_login_attempt_add(struct store *s, const char *subject, const char *ip_address,
                                     struct error *err) MUST_CHECK;
/** store_login_attempt_count() - failures of @subject since @since; *@last (may be NULL) when the
 *  newest was, 0 when none. */
enum errcode store_login_attempt_count(struct store *s, const char *subject, int64_t since,
                                       int64_t *count, int64_t *last, struct error *err) MUST_CHECK;
enum errcode store_login_attempt_clear(struct store *s, const char *subject,
                                       struct error *err) MUST_CHECK;

/** store_setup_token_put() - the only valid one of its purpose and user from now on. */
enum errcode store_setup_token_put(struct store *s, struct setup_token *v,
                                   struct error *err) MUST_CHECK;
/** store_setup_token_by_hash() - unused and unexpired. Errors: ERR_NOT_FOUND. */
enum errcode store_setup_token_by_hash(struct store *s, struct arena *a, struct str token_hash,
                                       const char *purpose, struct setup_token *out,
                                       struct error *err) MUST_CHECK;
/** store_setup_token_use() - mark used; ERR_NOT_FOUND when somebody was faster. */
enum errcode store_setup_token_use(struct store *s, int64_t id, struct error *err) MUST_CHECK;
