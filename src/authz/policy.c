#include "authz/policy.h"

#include "base/attr.h"

static const char *const role_names[] = {
    [AUTHZ_ROLE_NONE] = "",
    [AUTHZ_OWNER] = "OWNER",
    [AUTHZ_PLATFORM_ADMIN] = "PLATFORM_ADMIN",
    [AUTHZ_TENANT_ADMIN] = "TENANT_ADMIN",
    [AUTHZ_USER] = "USER",
};

_Static_assert(ARRAY_LEN(role_names) == AUTHZ_ROLE_N, "every role has a name");

const char *authz_role_name(enum authz_role role)
{
    return role_names[role < AUTHZ_ROLE_N ? role : AUTHZ_ROLE_NONE];
}

enum authz_role authz_role_by_name(struct str name)
{
    for (size_t i = AUTHZ_ROLE_NONE + 1; i < AUTHZ_ROLE_N; i++) {
        if (str_is(name, role_names[i])) {
            return (enum authz_role)i;
        }
    }
    return AUTHZ_ROLE_NONE;
}

bool table_policy_verb(enum action action, enum policy_verb *out)
{
    static const struct {
        enum action action;
        enum policy_verb verb;
    } verbs[] = {
        {ACTION_DATA_READ, POLICY_READ},     {ACTION_DATA_CREATE, POLICY_CREATE},
        {ACTION_DATA_UPDATE, POLICY_UPDATE}, {ACTION_DATA_DELETE, POLICY_DELETE},
        {ACTION_DATA_IMPORT, POLICY_CREATE}, {ACTION_DATA_EXPORT, POLICY_READ},
    };
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        if (verbs[i].action == action) {
            *out = verbs[i].verb;
            return true;
        }
    }
    return false;
}
