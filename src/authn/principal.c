#include "authn/principal_types.h"

#include "base/attr.h"
#include "base/str.h"

static const char *const roles[] = {
    [ROLE_NONE] = "",
    [ROLE_OWNER] = "OWNER",
    [ROLE_PLATFORM_ADMIN] = "PLATFORM_ADMIN",
    [ROLE_TENANT_ADMIN] = "TENANT_ADMIN",
    [ROLE_USER] = "USER",
};

static const char *const levels[] = {
    [LEVEL_NONE] = "",         [LEVEL_ADMIN] = "admin", [LEVEL_DEVELOPER] = "developer",
    [LEVEL_EDITOR] = "editor", [LEVEL_USER] = "user",
};

bool principal_is_platform(const struct principal *p)
{
    return p->role == ROLE_OWNER || p->role == ROLE_PLATFORM_ADMIN;
}

enum role principal_role_in(const struct principal *p, int64_t tenant_id)
{
    if (principal_is_platform(p) || (tenant_id != 0 && tenant_id == p->tenant_id)) {
        return p->role;
    }
    for (size_t i = 0; tenant_id != 0 && i < p->n_memberships; i++) {
        if (p->memberships[i].tenant_id == tenant_id) {
            return p->memberships[i].role;
        }
    }
    return ROLE_NONE;
}

const char *role_name(enum role role)
{
    return roles[role < ARRAY_LEN(roles) ? role : ROLE_NONE];
}

enum role role_by_name(const char *name)
{
    for (size_t i = ROLE_NONE + 1; name && i < ARRAY_LEN(roles); i++) {
        if (text_eq(name, roles[i])) {
            return (enum role)i;
        }
    }
    return ROLE_NONE;
}

const char *level_name(enum level level)
{
    return levels[level < ARRAY_LEN(levels) ? level : LEVEL_NONE];
}

enum level level_by_name(const char *name)
{
    for (size_t i = LEVEL_NONE + 1; name && i < ARRAY_LEN(levels); i++) {
        if (text_eq(name, levels[i])) {
            return (enum level)i;
        }
    }
    return LEVEL_NONE;
}

enum level level_of_role(enum role role)
{
    if (role == ROLE_NONE) {
        return LEVEL_NONE;
    }
    return role <= ROLE_TENANT_ADMIN ? LEVEL_ADMIN : LEVEL_USER;
}
