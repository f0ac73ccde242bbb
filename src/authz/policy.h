#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "authz/action.h"
#include "base/arena.h"
#include "base/attr.h"
#include "base/error.h"
#include "base/str.h"

/*
 * The permissions of one table: which roles may read, create, update and delete its rows. The JSON
 * of the registry is {"read": ["TENANT_ADMIN", "USER"], …}; naming a role admits the stronger
 * ones. A small value without pointers: parse once a catalog, keep, copy.
 */
enum authz_role {
    AUTHZ_ROLE_NONE = 0,
    AUTHZ_OWNER,
    AUTHZ_PLATFORM_ADMIN,
    AUTHZ_TENANT_ADMIN,
    AUTHZ_USER,
    AUTHZ_ROLE_N
};

enum policy_verb { POLICY_READ, POLICY_CREATE, POLICY_UPDATE, POLICY_DELETE, POLICY_VERB_N };

struct table_policy {
    enum authz_role weakest[POLICY_VERB_N]; /* weakest role admitted; NONE = nobody by the table */
};

/**
 * table_policy_parse() - @json as a policy
 *
 * A verb that is missing admits nobody; NULL or "" is as "{}". Errors: ERR_INVALID for an unknown
 * role, a role twice or another type (where is a pointer below the object), ERR_UNKNOWN_FIELD for
 * an unknown verb, ERR_MALFORMED.
 */
enum errcode table_policy_parse(const char *json, struct table_policy *out,
                                struct error *err) MUST_CHECK;

/**
 * table_policy_complete() - the JSON to store for what a caller gave: all four verbs, explicitly
 *
 * Missing ones get the default: read for all roles, the others for TENANT_ADMIN. NULL gives the
 * default policy. *@out lives in @a. Errors: as table_policy_parse().
 */
enum errcode table_policy_complete(struct arena *a, const char *json, const char **out,
                                   struct error *err) MUST_CHECK;

/** table_policy_verb() - the verb that @action stands for: export reads, import creates. Returns
 *  false when @action is not about rows. */
bool table_policy_verb(enum action action, enum policy_verb *out);

/** authz_role_name() - "OWNER" …, "" for none. authz_role_by_name() - exact, NONE when unknown. */
const char *authz_role_name(enum authz_role role);
enum authz_role authz_role_by_name(struct str name);
