#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "authn/principal_types.h"
#include "base/arena.h"
#include "base/attr.h"
#include "base/error.h"
#include "base/str.h"
#include "store/session.h"
#include "store/user.h"

/*
 * Who somebody is: set-up, sign-in, sessions, API tokens, passwords, lockout. One object a
 * process; all verbs may suspend the calling fiber (store, worker pool) and are safe from every
 * thread unless said otherwise. Times are microseconds since 1970 UTC.
 *
 * What authn_authenticate() found is kept for a quarter of a second. Everything that takes a
 * right away through this header empties what is kept before it returns; another process on the
 * same store is noticed within that quarter of a second.
 */
struct authn;

/* Runs @fn(@arg) away from the calling thread and waits for it; NULL in the config = right here. */
typedef void authn_blocking_fn(void (*fn)(void *arg), void *arg);

struct authn_config {
    int64_t session_hours;       /* life of a session; 0 = 168 */
    int64_t lockout_attempts;    /* failures of an account before it must wait; 0 = 5 */
    int64_t lockout_minutes;     /* the wait, and the window failures are counted in; 0 = 15 */
    int64_t password_memory_kib; /* 0 = PASSWORD_MEMORY_KIB */
    int64_t password_ops;        /* 0 = PASSWORD_OPS */
    authn_blocking_fn *run_blocking;
    int64_t (*now)(void); /* NULL = the wall clock; tests turn it */
};

#define AUTHN_PASSWORD_MIN 8
#define AUTHN_PASSWORD_MAX 1024
#define AUTHN_EMAIL_MAX    254
#define AUTHN_NAME_MAX     200
#define AUTHN_ALLOW_MAX    64
#define AUTHN_SETUP_HOURS  24

/**
 * authn_new() - does no I/O; @store is borrowed and outlives the object; freed by authn_free()
 *
 * Errors: ERR_INVALID_PARAMETER for a password cost out of range.
 */
enum errcode authn_new(struct store *store, const struct authn_config *config, struct authn **out,
                       struct error *err) MUST_CHECK;
/** authn_free() - NULL is fine; returns NULL. */
struct authn *authn_free(struct authn *n);

/* Where a request comes from; both may be NULL. Peers are IP addresses in text. */
struct authn_peer {
    const char *address;
    const char *agent;
};

/* A session that was just made; the token is shown this once. */
struct authn_session {
    int64_t id;
    const char *token;
    const char *csrf;
    int64_t expires_at;
};

/* ---- set-up ---------------------------------------------------------------------------- */

/** authn_has_owner() - an OWNER exists: set-up is over. */
enum errcode authn_has_owner(struct authn *n, bool *out, struct error *err) MUST_CHECK;

/**
 * authn_setup_token() - a new one-time set-up secret in @a; the ones before it end
 *
 * *@out is NULL when an OWNER exists. Print it as /setup?token=…; valid AUTHN_SETUP_HOURS.
 */
enum errcode authn_setup_token(struct authn *n, struct arena *a, const char **out,
                               struct error *err) MUST_CHECK;

/** authn_setup_check() - @token would be taken by authn_setup(). Errors: ERR_NOT_FOUND when an
 *  OWNER exists, ERR_FORBIDDEN for another or an old token. */
enum errcode authn_setup_check(struct authn *n, struct str token, struct error *err) MUST_CHECK;

struct authn_setup {
    struct str token;
    const char *email;
    const char *name; /* NULL = the part of the email before "@" */
    struct str password;
    int64_t tenant_id; /* home of the OWNER: the tenant "main", made by the caller before */
};

/**
 * authn_setup() - make the first OWNER and sign in
 *
 * Of several at once exactly one wins. Errors: those of authn_setup_check(), ERR_INVALID for email
 * or password (where "/email", "/password").
 */
enum errcode authn_setup(struct authn *n, struct arena *a, const struct authn_setup *in,
                         struct authn_peer peer, struct authn_session *session, struct user *user,
                         struct error *err) MUST_CHECK;

/* ---- sign-in --------------------------------------------------------------------------- */

/**
 * authn_login() - a session for email and password
 *
 * An unknown email costs what a wrong password costs. Failures are counted per account and per
 * peer (ten times as many); one that is over the limit is refused before the password is looked
 * at. Errors: ERR_INVALID_CREDENTIALS (also for a user who is switched off), ERR_LOCKED_OUT (params
 * {"retryAfter": seconds}; see authn_retry_after()).
 */
enum errcode authn_login(struct authn *n, struct arena *a, struct str email, struct str password,
                         struct authn_peer peer, struct authn_session *session, struct user *user,
                         struct error *err) MUST_CHECK;

/** authn_retry_after() - whole seconds for the Retry-After of an ERR_LOCKED_OUT, else 0. */
int64_t authn_retry_after(const struct error *err);

/** authn_logout() - end the session of @p; nothing happens for a token. */
enum errcode authn_logout(struct authn *n, const struct principal *p, struct error *err) MUST_CHECK;

/**
 * authn_authenticate() - who holds these credentials
 * @bearer: the secret behind "Authorization: Bearer ", empty = none
 * @cookie: the value of the session cookie, empty = none; looked at only without @bearer
 *
 * Without credentials: ERR_OK and kind PRINCIPAL_NONE. Credentials that are not accepted (wrong,
 * expired, revoked, user switched off): ERR_UNAUTHENTICATED, never somebody else.
 */
enum errcode authn_authenticate(struct authn *n, struct arena *a, struct str bearer,
                                struct str cookie, struct principal *out,
                                struct error *err) MUST_CHECK;

/** authn_principal() - the principal of @user_id without credentials (the command line's --email).
 *  Errors: ERR_NOT_FOUND when there is none or it is switched off. */
enum errcode authn_principal(struct authn *n, struct arena *a, int64_t user_id,
                             struct principal *out, struct error *err) MUST_CHECK;

/** authn_csrf_matches() - @header is the CSRF text of the session of @p. */
bool authn_csrf_matches(const struct principal *p, struct str header);

/* ---- people ---------------------------------------------------------------------------- */

struct authn_user {
    const char *email;
    const char *name; /* NULL = the part of the email before "@" */
    enum role role;
    enum level level;    /* LEVEL_NONE = by role */
    int64_t tenant_id;   /* home; 0 only for platform roles */
    struct str password; /* {NULL, 0}: no password yet, cannot sign in */
};

/** authn_user_add() - Errors: ERR_INVALID (where "/email", "/password", "/role", "/tenantId"),
 *  ERR_UNIQUE_VIOLATION for a taken email. */
enum errcode authn_user_add(struct authn *n, struct arena *a, const struct authn_user *in,
                            struct user *out, struct error *err) MUST_CHECK;

/**
 * authn_user_update() - write @fields of @u (NULL-terminated names of columns, not password_hash)
 * @a: owns the folded email; @u is the whole user as read, changed
 *
 * Takes effect on the user's sessions and tokens at once; switching off (is_active) ends the
 * sessions. Errors: ERR_CONFLICT when the last active OWNER would be gone, ERR_INVALID,
 * ERR_UNIQUE_VIOLATION, ERR_NOT_FOUND.
 */
enum errcode authn_user_update(struct authn *n, struct arena *a, struct user *u,
                               const char *const *fields, struct error *err) MUST_CHECK;

/** authn_user_delete() - as switching off, and the email is free again. Errors: as above. */
enum errcode authn_user_delete(struct authn *n, int64_t user_id, struct error *err) MUST_CHECK;

/**
 * authn_password_change() - the user's own change; ends all sessions but that of @p
 *
 * Errors: ERR_INVALID_CREDENTIALS for a wrong @old, ERR_LOCKED_OUT, ERR_INVALID (where
 * "/password").
 */
enum errcode authn_password_change(struct authn *n, const struct principal *p, struct str old,
                                   struct str fresh, struct authn_peer peer,
                                   struct error *err) MUST_CHECK;

/** authn_password_set() - an administrator's; ends all sessions of the user, unlocks the account.
 *  Errors: ERR_NOT_FOUND, ERR_INVALID. */
enum errcode authn_password_set(struct authn *n, int64_t user_id, struct str fresh,
                                struct error *err) MUST_CHECK;

/** authn_forget() - what is kept of every principal is void; call after changing users, tenants or
 *  memberships through the store directly. Does not suspend. */
void authn_forget(struct authn *n);

/** authn_email_check() - *@out = @email folded, in @a. Errors: ERR_INVALID (where "/email"). */
enum errcode authn_email_check(struct arena *a, struct str email, const char **out,
                               struct error *err) MUST_CHECK;
/** authn_password_check() - the rules for a new password. Errors: ERR_INVALID (where
 *  "/password"). */
enum errcode authn_password_check(struct str password, const char *email,
                                  struct error *err) MUST_CHECK;

/* ---- API tokens ------------------------------------------------------------------------ */

struct authn_token {
    int64_t user_id;
    int64_t tenant_id;        /* acts in this tenant only (platform roles: there when the request
                                 names none); 0 = wherever the user does */
    const char *name;         /* NULL = "token" */
    int64_t expires_at;       /* 0 = never */
    bool has_allow;           /* limited to the list, also when it is empty */
    const char *const *allow; /* "PATTERN[@SCOPE]", checked by the caller with authz */
    size_t n_allow;
};

/** authn_token_create() - *@secret is shown this once. Errors: ERR_INVALID, ERR_NOT_FOUND for the
 *  user. */
enum errcode authn_token_create(struct authn *n, struct arena *a, const struct authn_token *in,
                                const char **secret, struct api_token *out,
                                struct error *err) MUST_CHECK;

/** authn_token_list() - of @user_id (0 = everybody's), newest first, revoked ones too. */
enum errcode authn_token_list(struct authn *n, struct arena *a, int64_t user_id,
                              struct api_token **out, size_t *count, struct error *err) MUST_CHECK;

/** authn_token_revoke() - at once. @user_id: whose it must be, 0 = anybody's. Errors:
 *  ERR_NOT_FOUND. */
enum errcode authn_token_revoke(struct authn *n, int64_t token_id, int64_t user_id,
                                struct error *err) MUST_CHECK;

/** authn_token_allow() - the list that @t->allow (JSON text) holds, in @a; n = 0 and false for a
 *  token without limits. */
bool authn_token_allow(struct arena *a, const struct api_token *t, const char *const **out,
                       size_t *count);

/** authn_sweep() - delete expired sessions and old failures; call now and then. */
enum errcode authn_sweep(struct authn *n, struct error *err) MUST_CHECK;
