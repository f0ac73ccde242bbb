#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Who is asking. Made by authn_authenticate() or for the command line; texts live in the arena
 * that was given. Plain data: what the principal may do is judged elsewhere.
 */
enum principal_kind {
    PRINCIPAL_NONE = 0, /* nobody: no credentials were given */
    PRINCIPAL_USER,     /* signed in: a session */
    PRINCIPAL_TOKEN,    /* an API token of a user */
    PRINCIPAL_SYSTEM,   /* the server itself and the command line on the data folder */
};

/* Strongest first; the names are the stored ones: "OWNER", "PLATFORM_ADMIN", … */
enum role {
    ROLE_NONE = 0,
    ROLE_OWNER,
    ROLE_PLATFORM_ADMIN,
    ROLE_TENANT_ADMIN,
    ROLE_USER,
};

/* "admin", "developer", "editor", "user"; a literal list member, no order. */
enum level {
    LEVEL_NONE = 0,
    LEVEL_ADMIN,
    LEVEL_DEVELOPER,
    LEVEL_EDITOR,
    LEVEL_USER,
};

struct membership {
    int64_t tenant_id;
    enum role role;
};

struct principal {
    enum principal_kind kind;
    int64_t user_id;
    const char *email;
    const char *name;
    enum role role;
    enum level level;
    int64_t tenant_id; /* home tenant, 0 = none */
    int64_t works_in;  /* tenant that the session or token was made for; 0 = not said */
    const struct membership *memberships; /* further tenants, without the home */
    size_t n_memberships;

    bool by_cookie;     /* changing requests need the CSRF header */
    const char *csrf;   /* of the session; NULL for tokens */
    int64_t session_id; /* 0 for tokens */
    int64_t expires_at; /* of the session or token, microseconds; 0 = never */

    int64_t token_id;         /* 0 for sessions */
    bool has_allow;           /* the token is limited to the list, which may be empty */
    const char *const *allow; /* "PATTERN" or "PATTERN@SCOPE" */
    size_t n_allow;
};

/** principal_is_platform() - OWNER or PLATFORM_ADMIN: works in every tenant. */
bool principal_is_platform(const struct principal *p);

/** principal_role_in() - the role @p has in @tenant_id; ROLE_NONE when it has nothing there. */
enum role principal_role_in(const struct principal *p, int64_t tenant_id);

/** role_name() - "OWNER" …; "" for ROLE_NONE. role_by_name() - exact; ROLE_NONE when unknown. */
const char *role_name(enum role role);
enum role role_by_name(const char *name);
const char *level_name(enum level level);
enum level level_by_name(const char *name);

/** level_of_role() - the level of a user whose own is not set: admin down to TENANT_ADMIN, else
 *  user. */
enum level level_of_role(enum role role);
