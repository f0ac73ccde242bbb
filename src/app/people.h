#pragma once

#include "app/caller.h"
#include "store/session.h"
#include "store/user.h"

/*
 * People: set-up, sign-in, users, tenants, tokens. Every use case judges by itself and writes the
 * audit. Texts of results live in the caller's arena. Errors that every one has besides those
 * named: ERR_UNAUTHENTICATED, ERR_FORBIDDEN, ERR_NOT_FOUND for what the caller may not see.
 */
#define TENANT_MAIN     "main"
#define TENANT_SLUG_MAX 63

/* ---- set-up and sign-in -------------------------------------------------------------------- */

struct people_setup {
    struct str token;
    const char *email, *name; /* name NULL = from the email */
    struct str password;
    bool with_sample;
};

struct people_session {
    struct authn_session session;
    struct user user;
    bool has_sample; /* set-up: the sample workspace was made */
};

/** people_setup() - the first OWNER and the tenant "main". Errors: those of authn_setup(). */
enum errcode people_setup(struct caller *c, const struct people_setup *in,
                          struct people_session *out, struct error *err) MUST_CHECK;
/** people_login() - Errors: those of authn_login(). */
enum errcode people_login(struct caller *c, struct str email, struct str password,
                          struct people_session *out, struct error *err) MUST_CHECK;
/** people_logout() - the session of @c ends. */
enum errcode people_logout(const struct caller *c, struct error *err) MUST_CHECK;
/** people_me() - the user that @c is. Errors: ERR_UNAUTHENTICATED. */
enum errcode people_me(const struct caller *c, struct user *out, struct error *err) MUST_CHECK;
/** people_password() - change one's own. Errors: those of authn_password_change(). */
enum errcode people_password(const struct caller *c, struct str old, struct str fresh,
                             struct error *err) MUST_CHECK;

/* ---- users --------------------------------------------------------------------------------- */

/* What a user's settings say beside the columns. */
struct people_profile {
    const char *first_name, *last_name, *team; /* NULL = not said */
};
/** people_profile_read() - names come from the one name where the settings do not say them. */
struct people_profile people_profile_read(struct arena *a, const struct user *u);

struct people_user {
    struct user user;   /* role is the one in the tenant that was asked for */
    const char *tenant; /* slug of its home, NULL = none */
};

/** people_user_list() - of the tenant @c works in; of all with @all, for platform roles. */
enum errcode people_user_list(const struct caller *c, bool all, struct people_user **out, size_t *n,
                              struct error *err) MUST_CHECK;
/** people_user_find() - by email, among those that @c may see. */
enum errcode people_user_find(const struct caller *c, const char *email, struct people_user *out,
                              struct error *err) MUST_CHECK;
/** people_user_get() - by id. */
enum errcode people_user_get(const struct caller *c, int64_t id, struct people_user *out,
                             struct error *err) MUST_CHECK;

/* NULL = not said. */
struct people_user_fields {
    const char *email, *name, *first_name, *last_name, *team, *timezone;
    const char *role;    /* new: NULL = "USER" */
    const char *level;   /* "" = by role */
    const char *tenant;  /* slug of the home; new: NULL = where @c works */
    struct str password; /* p NULL = none, cannot sign in yet */
    const bool *is_active;
};

/**
 * people_user_add() - Errors: ERR_INVALID (where "/email" …), ERR_UNIQUE_VIOLATION, ERR_FORBIDDEN
 * for a role that is more than the caller's
 *
 * With PRINCIPAL_SYSTEM the tenant "main" is made when it is not there.
 */
enum errcode people_user_add(struct caller *c, const struct people_user_fields *in,
                             struct people_user *out, struct error *err) MUST_CHECK;
/** people_user_update() - Errors: as add; ERR_CONFLICT when the last OWNER would be gone;
 *  ERR_INVALID when nothing is said. */
enum errcode people_user_update(const struct caller *c, int64_t id,
                                const struct people_user_fields *in, struct people_user *out,
                                struct error *err) MUST_CHECK;

/* ---- tenants ------------------------------------------------------------------------------- */

/** tenant_slug_valid() - 1 to TENANT_SLUG_MAX of [a-z0-9-], no "-" at either end. */
bool tenant_slug_valid(struct str slug);

/** people_tenant_list() - all for platform roles, else those one belongs to. */
enum errcode people_tenant_list(const struct caller *c, struct tenant **out, size_t *n,
                                struct error *err) MUST_CHECK;
enum errcode people_tenant_get(const struct caller *c, const char *slug, struct tenant *out,
                               struct error *err) MUST_CHECK;
/** people_tenant_add() - @name NULL = the slug. Errors: ERR_INVALID (where "/slug", "/name"),
 *  ERR_CONFLICT when the slug is taken. */
enum errcode people_tenant_add(const struct caller *c, const char *slug, const char *name,
                               struct tenant *out, struct error *err) MUST_CHECK;
/** people_tenant_update() - @name, @is_active NULL = as it is. Errors: ERR_CONFLICT for switching
 *  "main" off, ERR_INVALID when nothing is said. */
enum errcode people_tenant_update(const struct caller *c, const char *slug, const char *name,
                                  const bool *is_active, struct tenant *out,
                                  struct error *err) MUST_CHECK;
/** people_tenant_delete() - it is gone for everybody; its data file and its slug stay taken. */
enum errcode people_tenant_delete(const struct caller *c, const char *slug,
                                  struct error *err) MUST_CHECK;
/** people_tenant_main() - the tenant "main", made when it is not there; judges nobody. */
enum errcode people_tenant_main(struct app *app, struct arena *a, struct tenant *out,
                                struct error *err) MUST_CHECK;

/* ---- tokens -------------------------------------------------------------------------------- */

struct people_token {
    struct api_token token; /* token_hash NULL */
    const char *email;      /* of its user */
    const char *tenant;     /* slug it is bound to, NULL = none */
    bool has_allow;
    const char *const *allow;
    size_t n_allow;
};

struct people_token_new {
    const char *email;  /* whose; NULL = the caller's own */
    const char *name;   /* NULL = "token" */
    const char *tenant; /* slug to bind it to, NULL = none */
    int64_t expires_at; /* microseconds, 0 = never */
    bool has_allow;
    const char *const *allow; /* "PATTERN[@SCOPE]" */
    size_t n_allow;
};

/** people_token_list() - one's own, or with @all everybody's in the tenant, newest first. */
enum errcode people_token_list(const struct caller *c, bool all, struct people_token **out,
                               size_t *n, struct error *err) MUST_CHECK;
/** people_token_create() - *@secret is shown this once. Errors: ERR_INVALID (where "/name",
 *  "/expiresAt", "/allow/N"). */
enum errcode people_token_create(const struct caller *c, const struct people_token_new *in,
                                 const char **secret, struct people_token *out,
                                 struct error *err) MUST_CHECK;
/** people_token_revoke() - one's own, or with the right to administer that of others. */
enum errcode people_token_revoke(const struct caller *c, int64_t id, struct error *err) MUST_CHECK;
/** people_expiry() - "30d", "12h", "90m" from now, or RFC 3339; false when it is none of them. */
bool people_expiry(struct str text, int64_t *out_us);
