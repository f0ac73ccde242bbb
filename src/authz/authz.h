#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "authz/action.h"
#include "authz/pattern.h"
#include "authz/policy.h"
#include "base/attr.h"
#include "base/error.h"

/*
 * The decision: may this subject do this action to this resource. Pure: no I/O, no allocation, no
 * clock; safe from every thread. Grants only add up, default is no; guards stand in front of them
 * and only take away. Every answer names the rule that made it.
 *
 * A permission is asked twice: coarse by the dispatcher, when only the tenant is known (is_coarse),
 * and fine by the use case on the object itself. The coarse answer is yes when some object of the
 * tenant could give a yes; it never opens anything alone.
 */
enum authz_level {
    AUTHZ_LEVEL_NONE = 0,
    AUTHZ_LEVEL_ADMIN,
    AUTHZ_LEVEL_DEVELOPER,
    AUTHZ_LEVEL_EDITOR,
    AUTHZ_LEVEL_USER,
    AUTHZ_LEVEL_N
};

struct subject_tenant {
    int64_t tenant_id;
    enum authz_role role;
};

/* Who asks. Borrowed; zero is nobody. */
struct subject {
    bool is_known;  /* signed in, or a token that was accepted */
    bool is_system; /* the server itself and the command line on its data: no limits but NONE */
    int64_t user_id;
    enum authz_role role;   /* in the home tenant; OWNER and PLATFORM_ADMIN everywhere */
    enum authz_level level; /* NONE = admin down to TENANT_ADMIN, else user */
    int64_t tenant_id;      /* home, 0 = none */
    const struct subject_tenant *tenants; /* further memberships */
    size_t n_tenants;
    bool has_allow; /* a token with a list of its own; an empty list allows nothing */
    const char *const *allow;
    size_t n_allow;
};

/* What it is about. Borrowed. Taken from the object that was loaded, never from the request. */
struct resource {
    int64_t tenant_id;                 /* 0 = no tenant's: the platform */
    const char *tenant_slug;           /* for "@tenant:SLUG"; NULL matches no such scope */
    const char *source;                /* "main" …; NULL = not about a source */
    const char *table;                 /* physical or registry name; NULL = not about a table */
    const char *table_alias;           /* another name the table goes by in scopes, or NULL */
    const struct table_policy *policy; /* of the table; NULL = the table says nothing */
    bool is_engine_table; /* one of Telaio's own or the engine's: never touched by anybody */
};

struct authz_request {
    const struct subject *subject;
    enum action action;
    struct resource resource;
    bool is_coarse;
    /* the source's restrictTo for schema actions; NULL = admin and developer, as specified */
    const enum authz_level *restrict_to;
    size_t n_restrict_to;
};

/* Why not, in the order tested; NONE when allowed. */
enum authz_reason {
    AUTHZ_REASON_NONE = 0,
    AUTHZ_UNKNOWN_PERMISSION,
    AUTHZ_UNAUTHENTICATED,
    AUTHZ_TENANT_WALL,
    AUTHZ_SESSION_BOUNDARY,
    AUTHZ_GUARD_ENGINE_TABLE,
    AUTHZ_GUARD_RESTRICT_TO,
    AUTHZ_NO_GRANT,
    AUTHZ_REASON_N
};

struct authz_decision {
    bool allowed;
    enum authz_reason reason;
    const char *rule;    /* "public", "signed-in", "system", "role:tenant-admin", "level:developer",
                            "table:update"; for a no the guard: "tenant-wall", "token", … */
    const char *pattern; /* the pattern that granted, or NULL */
    const char *text;    /* one line for people */
};

/** authz_decide() - fills @out and returns @out->allowed. */
bool authz_decide(const struct authz_request *r, struct authz_decision *out);

/** authz_check() - ERR_OK when @r is allowed; else ERR_UNAUTHENTICATED, ERR_NOT_FOUND at the tenant
 *  wall (what is there is not told) or ERR_FORBIDDEN, the reason in detail. */
enum errcode authz_check(const struct authz_request *r, struct error *err) MUST_CHECK;

/** authz_reason_name() - "TENANT_WALL", "GUARD:restrict-to" …, "" for none. */
const char *authz_reason_name(enum authz_reason reason);

/** authz_level_name() - "admin" …, "" for none. authz_level_by_name() - exact, NONE if unknown. */
const char *authz_level_name(enum authz_level level);
enum authz_level authz_level_by_name(struct str name);

/* A system template: what a role or a level holds. */
struct authz_template {
    const char *slug; /* "tenant-admin", "level-developer" */
    const char *const *patterns;
    size_t n;
};

/** authz_templates() - the system templates; the seed of the store holds the same. */
const struct authz_template *authz_templates(size_t *n);

/** authz_may_give_role() - @subject may make somebody a @role of @tenant_id, or take it away:
 *  nobody gives more than they hold. */
bool authz_may_give_role(const struct subject *subject, enum authz_role role, int64_t tenant_id);
