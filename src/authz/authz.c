#include "authz/authz.h"

#include "authz/templates.h"

struct reason_row {
    const char *name;
    const char *rule;
    const char *text;
};

static const struct reason_row reasons[] = {
    [AUTHZ_REASON_NONE] = {"", "", ""},
    [AUTHZ_UNKNOWN_PERMISSION] = {"UNKNOWN_PERMISSION", "catalogue", "there is no such permission"},
    [AUTHZ_UNAUTHENTICATED] = {"UNAUTHENTICATED", "signed-in", "nobody is signed in"},
    [AUTHZ_TENANT_WALL] = {"TENANT_WALL", "tenant-wall",
                           "it belongs to a tenant that is not yours"},
    [AUTHZ_SESSION_BOUNDARY] = {"SESSION_BOUNDARY", "token",
                                "the API token's own list does not allow it"},
    [AUTHZ_GUARD_ENGINE_TABLE] = {"GUARD:engine-table", "engine-table",
                                  "the table belongs to the server itself"},
    [AUTHZ_GUARD_RESTRICT_TO] = {"GUARD:restrict-to", "restrict-to",
                                 "the source admits other permission levels only"},
    [AUTHZ_NO_GRANT] = {"NO_GRANT", "default", "nothing grants it"},
};

_Static_assert(ARRAY_LEN(reasons) == AUTHZ_REASON_N, "every reason has a row");

static const char *const level_names[] = {
    [AUTHZ_LEVEL_NONE] = "",
    [AUTHZ_LEVEL_ADMIN] = "admin",
    [AUTHZ_LEVEL_DEVELOPER] = "developer",
    [AUTHZ_LEVEL_EDITOR] = "editor",
    [AUTHZ_LEVEL_USER] = "user",
};

static const char *const role_rules[] = {
    [AUTHZ_ROLE_NONE] = "",
    [AUTHZ_OWNER] = "role:owner",
    [AUTHZ_PLATFORM_ADMIN] = "role:platform-admin",
    [AUTHZ_TENANT_ADMIN] = "role:tenant-admin",
    [AUTHZ_USER] = "role:user",
};

static const char *const level_rules[] = {
    [AUTHZ_LEVEL_NONE] = "",
    [AUTHZ_LEVEL_ADMIN] = "level:admin",
    [AUTHZ_LEVEL_DEVELOPER] = "level:developer",
    [AUTHZ_LEVEL_EDITOR] = "level:editor",
    [AUTHZ_LEVEL_USER] = "level:user",
};

static const char *const table_rules[] = {
    [POLICY_READ] = "table:read",
    [POLICY_CREATE] = "table:create",
    [POLICY_UPDATE] = "table:update",
    [POLICY_DELETE] = "table:delete",
};

const char *authz_reason_name(enum authz_reason reason)
{
    return reasons[reason < AUTHZ_REASON_N ? reason : AUTHZ_REASON_NONE].name;
}

const char *authz_level_name(enum authz_level level)
{
    return level_names[level < AUTHZ_LEVEL_N ? level : AUTHZ_LEVEL_NONE];
}

enum authz_level authz_level_by_name(struct str name)
{
    for (size_t i = AUTHZ_LEVEL_NONE + 1; i < AUTHZ_LEVEL_N; i++) {
        if (str_is(name, level_names[i])) {
            return (enum authz_level)i;
        }
    }
    return AUTHZ_LEVEL_NONE;
}

static bool deny(struct authz_decision *out, enum authz_reason reason)
{
    const struct reason_row *row = &reasons[reason];
    *out = (struct authz_decision){.reason = reason, .rule = row->rule, .text = row->text};
    return false;
}

static bool allow(struct authz_decision *out, const char *rule, const char *pattern)
{
    *out = (struct authz_decision){
        .allowed = true, .rule = rule, .pattern = pattern, .text = "allowed"};
    return true;
}

static bool is_platform(enum authz_role role)
{
    return role == AUTHZ_OWNER || role == AUTHZ_PLATFORM_ADMIN;
}

static bool is_home(const struct subject *s, int64_t tenant_id)
{
    return tenant_id != 0 && s->tenant_id == tenant_id;
}

/* The role that counts in @tenant_id; a tenant's role is nothing outside of it. A membership never
 * gives a platform role, whatever its row says. */
static enum authz_role role_at(const struct subject *s, int64_t tenant_id)
{
    if (is_platform(s->role) || is_home(s, tenant_id)) {
        return s->role;
    }
    for (size_t i = 0; tenant_id != 0 && i < s->n_tenants; i++) {
        if (s->tenants[i].tenant_id == tenant_id && !is_platform(s->tenants[i].role)) {
            return s->tenants[i].role;
        }
    }
    return AUTHZ_ROLE_NONE;
}

/* A user's level belongs to the home tenant; elsewhere, and where none is set, the role says. */
static enum authz_level level_at(const struct subject *s, int64_t tenant_id, enum authz_role role)
{
    if (s->level != AUTHZ_LEVEL_NONE && (is_platform(s->role) || is_home(s, tenant_id))) {
        return s->level;
    }
    if (role == AUTHZ_ROLE_NONE) {
        return AUTHZ_LEVEL_NONE;
    }
    return role <= AUTHZ_TENANT_ADMIN ? AUTHZ_LEVEL_ADMIN : AUTHZ_LEVEL_USER;
}

/* @key of a scope is @name; in a coarse question a name that is not known yet may become it. */
static bool covers_name(struct str key, const char *name, bool is_coarse)
{
    return name ? str_is(key, name) : is_coarse;
}

static bool scope_covers(struct str scope, const struct authz_request *request)
{
    const struct resource *r = &request->resource;
    bool is_coarse = request->is_coarse;
    if (str_starts(scope, STR("tenant:"))) {
        return covers_name(str_sub(scope, 7), r->tenant_slug, is_coarse);
    }
    if (action_row(request->action)->flags & ACTION_IS_TENANT) {
        return false; /* no table will ever be named */
    }
    if (str_starts(scope, STR("source:"))) {
        return covers_name(str_sub(scope, 7), r->source, is_coarse);
    }
    if (str_starts(scope, STR("table:"))) {
        struct str key = str_sub(scope, 6);
        return covers_name(key, r->table, is_coarse) ||
               (r->table_alias && str_is(key, r->table_alias));
    }
    return false;
}

static bool token_allows(const struct authz_request *r)
{
    const struct subject *s = r->subject;
    if (!s->has_allow) {
        return true;
    }
    if (action_row(r->action)->flags & ACTION_IS_UNLIMITED) {
        return false;
    }
    for (size_t i = 0; i < s->n_allow; i++) {
        struct str pattern, scope, entry = str_of(s->allow[i]);
        allow_split(entry, &pattern, &scope);
        bool is_scoped = pattern.n < entry.n;
        if (pattern_matches(pattern, r->action) && (!is_scoped || scope_covers(scope, r))) {
            return true;
        }
    }
    return false;
}

static bool restrict_to_admits(const struct authz_request *r, enum authz_level level)
{
    static const enum authz_level specified[] = {AUTHZ_LEVEL_ADMIN, AUTHZ_LEVEL_DEVELOPER};
    const enum authz_level *list = r->restrict_to ? r->restrict_to : specified;
    size_t n = r->restrict_to ? r->n_restrict_to : ARRAY_LEN(specified);
    for (size_t i = 0; i < n; i++) {
        if (level != AUTHZ_LEVEL_NONE && list[i] == level) {
            return true;
        }
    }
    return false;
}

static const char *find_pattern(const struct authz_template *t, enum action action)
{
    for (size_t i = 0; t && i < t->n; i++) {
        if (pattern_matches(str_of(t->patterns[i]), action)) {
            return t->patterns[i];
        }
    }
    return NULL;
}

/* The table's own word; export reads, import creates. */
static bool table_grants(const struct authz_request *r, enum authz_role role,
                         struct authz_decision *out)
{
    enum policy_verb verb;
    if (!table_policy_verb(r->action, &verb)) {
        return false;
    }
    if (r->is_coarse && !r->resource.policy) {
        return allow(out, "table:undecided", NULL);
    }
    enum authz_role weakest =
        r->resource.policy ? r->resource.policy->weakest[verb] : AUTHZ_ROLE_NONE;
    return weakest != AUTHZ_ROLE_NONE && role <= weakest && allow(out, table_rules[verb], NULL);
}

static bool judge_grants(const struct authz_request *r, enum authz_role role,
                         enum authz_level level, struct authz_decision *out)
{
    if (role == AUTHZ_ROLE_NONE) {
        return deny(out, AUTHZ_NO_GRANT);
    }
    if ((action_row(r->action)->flags & ACTION_IS_PLATFORM) && !is_platform(role)) {
        return deny(out, AUTHZ_NO_GRANT);
    }
    const char *pattern = find_pattern(template_of_role(role), r->action);
    if (pattern) {
        return allow(out, role_rules[role], pattern);
    }
    pattern = find_pattern(template_of_level(level), r->action);
    if (pattern) {
        return allow(out, level_rules[level], pattern);
    }
    return table_grants(r, role, out) || deny(out, AUTHZ_NO_GRANT);
}

bool authz_decide(const struct authz_request *r, struct authz_decision *out)
{
    const struct subject *s = r->subject;
    if (r->action == ACTION_NONE || r->action >= ACTION_N) {
        return deny(out, AUTHZ_UNKNOWN_PERMISSION);
    }
    if (r->action == ACTION_PUBLIC) {
        return allow(out, "public", NULL);
    }
    if (s->is_system) {
        return allow(out, "system", NULL);
    }
    if (!s->is_known) {
        return deny(out, AUTHZ_UNAUTHENTICATED);
    }
    if (r->action == ACTION_SIGNED_IN) {
        return allow(out, "signed-in", NULL);
    }
    enum authz_role role = role_at(s, r->resource.tenant_id);
    if (r->resource.tenant_id != 0 && role == AUTHZ_ROLE_NONE) {
        return deny(out, AUTHZ_TENANT_WALL);
    }
    if (!token_allows(r)) {
        return deny(out, AUTHZ_SESSION_BOUNDARY);
    }
    if (r->resource.is_engine_table) {
        return deny(out, AUTHZ_GUARD_ENGINE_TABLE);
    }
    enum authz_level level = level_at(s, r->resource.tenant_id, role);
    if ((action_row(r->action)->flags & ACTION_IS_SCHEMA) && !restrict_to_admits(r, level)) {
        return deny(out, AUTHZ_GUARD_RESTRICT_TO);
    }
    return judge_grants(r, role, level, out);
}

enum errcode authz_check(const struct authz_request *r, struct error *err)
{
    struct authz_decision d;
    if (authz_decide(r, &d)) {
        return ERR_OK;
    }
    enum errcode code;
    if (d.reason == AUTHZ_UNAUTHENTICATED) {
        return ERROR(err, ERR_UNAUTHENTICATED, "sign in, or send an API token");
    }
    if (d.reason == AUTHZ_TENANT_WALL) {
        code = ERROR(err, ERR_NOT_FOUND, "it is not there");
    } else {
        code = ERROR(err, ERR_FORBIDDEN, "\"%s\" is not allowed here", action_row(r->action)->slug);
        (void)error_hint(err, "%s", d.text);
    }
    (void)error_detail(err, "%s: %s", authz_reason_name(d.reason), d.text);
    return code;
}

bool authz_may_give_role(const struct subject *subject, enum authz_role role, int64_t tenant_id)
{
    if (role == AUTHZ_ROLE_NONE || role >= AUTHZ_ROLE_N) {
        return false;
    }
    if (subject->is_system) {
        return true;
    }
    enum authz_role own = subject->is_known ? role_at(subject, tenant_id) : AUTHZ_ROLE_NONE;
    return own != AUTHZ_ROLE_NONE && own <= AUTHZ_TENANT_ADMIN && role >= own;
}
