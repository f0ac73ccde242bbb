#include "authz/templates.h"

#include "base/attr.h"

/*
 * The system templates. The seed of the store has the same rows; a test compares them. To change
 * one: here and in the seed. No template but those of a whole tenant holds data.*: who may touch
 * rows is written in the table.
 */
static const char *const owner[] = {"*.*", "authz.escalate"};

static const char *const platform_admin[] = {"*.*"};

static const char *const tenant_admin[] = {
    "tables.*",       "columns.*",  "indexes.*",    "relations.*",  "changes.*",
    "trash.*",        "data.*",     "query.*",      "views.*",      "apis.*",
    "datasources.*",  "users.*",    "tenants.read", "tokens.*",     "jobs.*",
    "tenants.update", "audit.read", "authz.grant",  "authz.revoke", "authz.explain",
};

static const char *const user[] = {
    "tables.read", "relations.read", "query.execute", "views.read", "views.create", "views.drop",
    "tokens.read", "tokens.create",  "tokens.revoke", "jobs.read",  "jobs.cancel",  "tenants.read",
};

static const char *const level_admin[] = {
    "tables.*", "columns.*", "indexes.*", "relations.*",      "changes.*",
    "trash.*",  "views.*",   "apis.*",    "datasources.read",
};

static const char *const level_developer[] = {
    "tables.*",   "columns.*",     "indexes.*", "relations.*", "changes.*",
    "trash.read", "trash.restore", "views.*",   "apis.*",      "datasources.read",
};

static const char *const level_editor[] = {"tables.read"};

static const char *const level_user[] = {"tables.read"};

#define TEMPLATE(slug, list)          \
    {                                 \
        slug, (list), ARRAY_LEN(list) \
    }

static const struct authz_template templates[] = {
    TEMPLATE("owner", owner),
    TEMPLATE("platform-admin", platform_admin),
    TEMPLATE("tenant-admin", tenant_admin),
    TEMPLATE("user", user),
    TEMPLATE("level-admin", level_admin),
    TEMPLATE("level-developer", level_developer),
    TEMPLATE("level-editor", level_editor),
    TEMPLATE("level-user", level_user),
};

const struct authz_template *authz_templates(size_t *n)
{
    *n = ARRAY_LEN(templates);
    return templates;
}

/* Roles and levels stand in the order of their enums. */
_Static_assert(ARRAY_LEN(templates) == AUTHZ_ROLE_N - 1 + AUTHZ_LEVEL_N - 1,
               "every role and level has a template");

const struct authz_template *template_of_role(enum authz_role role)
{
    return role == AUTHZ_ROLE_NONE || role >= AUTHZ_ROLE_N ? NULL : &templates[role - 1];
}

const struct authz_template *template_of_level(enum authz_level level)
{
    return level == AUTHZ_LEVEL_NONE || level >= AUTHZ_LEVEL_N
               ? NULL
               : &templates[AUTHZ_ROLE_N - 1 + level - 1];
}
