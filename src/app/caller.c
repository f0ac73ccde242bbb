#include "app/caller.h"

#include "app/people_inside.h"
#include "app/source_policy_json.h"
#include "app/tenant_cache.h"
#include "store/audit.h"
#include "store/registry.h"

#define DAY_US       ((int64_t)24 * 3600 * 1000000)
#define SYSTEM_NAME  "system"
#define TABLE_PREFIX "custom_"

/* The two rooms name roles and levels alike and count them alike. */
_Static_assert((int)ROLE_OWNER == (int)AUTHZ_OWNER && (int)ROLE_USER == (int)AUTHZ_USER,
               "roles of authn and authz run in parallel");
_Static_assert((int)LEVEL_ADMIN == (int)AUTHZ_LEVEL_ADMIN &&
                   (int)LEVEL_USER == (int)AUTHZ_LEVEL_USER,
               "levels of authn and authz run in parallel");

static struct subject subject_of(struct arena *a, const struct principal *p)
{
    struct subject_tenant *tenants =
        p->n_memberships ? ARENA_ARRAY(a, p->n_memberships, struct subject_tenant) : NULL;
    for (size_t i = 0; i < p->n_memberships; i++) {
        tenants[i].tenant_id = p->memberships[i].tenant_id;
        tenants[i].role = (enum authz_role)p->memberships[i].role;
    }
    return (struct subject){
        .is_known = p->kind != PRINCIPAL_NONE,
        .is_system = p->kind == PRINCIPAL_SYSTEM,
        .user_id = p->user_id,
        .role = (enum authz_role)p->role,
        .level = (enum authz_level)p->level,
        .tenant_id = p->tenant_id,
        .tenants = tenants,
        .n_tenants = p->n_memberships,
        .has_allow = p->has_allow,
        .allow = p->allow,
        .n_allow = p->n_allow,
    };
}

static enum errcode no_tenant(struct str slug, struct error *err)
{
    return ERROR(err, ERR_NOT_FOUND, "no tenant \"%.*s\"", (int)(slug.n < 64 ? slug.n : 64),
                 slug.p);
}

/* The same answer for a tenant that is not there and for one that is somebody else's. */
static enum errcode choose_named(struct caller *c, struct str slug, struct error *err)
{
    enum errcode code = ERR_NOT_FOUND;
    if (tenant_slug_valid(slug)) {
        code = tenant_by_slug(c->app, c->arena, slug, &c->tenant, err);
    }
    if (code != ERR_OK && code != ERR_NOT_FOUND) {
        return code;
    }
    bool is_theirs = code == ERR_OK && c->tenant.is_active &&
                     principal_role_in(&c->principal, c->tenant.id) != ROLE_NONE;
    if (!is_theirs) {
        c->tenant = (struct tenant){0};
        return no_tenant(slug, err);
    }
    return ERR_OK;
}

static enum errcode choose_tenant(struct caller *c, struct str named, struct error *err)
{
    const struct principal *p = &c->principal;
    if (named.p) {
        return choose_named(c, named, err);
    }
    int64_t id = p->works_in;
    if (id == 0 && !principal_is_platform(p)) {
        id = p->tenant_id ? p->tenant_id : p->n_memberships ? p->memberships[0].tenant_id : 0;
    }
    enum errcode code = id ? tenant_by_id(c->app, c->arena, id, &c->tenant, err)
                           : tenant_by_slug(c->app, c->arena, STR(TENANT_MAIN), &c->tenant, err);
    if (code == ERR_OK && !c->tenant.is_active) {
        return no_tenant(str_of(c->tenant.slug), err);
    }
    return code;
}

enum errcode caller_identify(struct app *app, struct arena *a, const struct caller_credentials *in,
                             struct caller *out, struct error *err)
{
    *out = (struct caller){
        .app = app,
        .arena = a,
        .request_id = in->request_id,
        .address = in->address,
        .agent = in->agent,
    };
    TRY(authn_authenticate(app->authn, a, in->bearer, in->cookie, &out->principal, err));
    if (out->principal.kind == PRINCIPAL_NONE) {
        return ERR_OK;
    }
    out->subject = subject_of(a, &out->principal);
    return choose_tenant(out, in->tenant, err);
}

enum errcode caller_system(struct app *app, struct arena *a, const char *slug, struct caller *out,
                           struct error *err)
{
    *out = (struct caller){
        .app = app,
        .arena = a,
        .principal = {.kind = PRINCIPAL_SYSTEM, .email = SYSTEM_NAME, .name = SYSTEM_NAME},
    };
    out->subject = subject_of(a, &out->principal);
    struct str wanted = slug ? str_of(slug) : STR(TENANT_MAIN);
    enum errcode code = tenant_by_slug(app, a, wanted, &out->tenant, err);
    if (code != ERR_NOT_FOUND) {
        return code;
    }
    forgive(err);
    return slug ? no_tenant(wanted, err) : ERR_OK;
}

static struct authz_request request_of(const struct caller *c, enum action action)
{
    return (struct authz_request){
        .subject = &c->subject,
        .action = action,
        .resource = {.tenant_id = c->tenant.id,
                     .tenant_slug = c->tenant.slug,
                     .source = caller_source_name(c)},
        .restrict_to = c->policy ? c->policy->restrict_to : NULL,
        .n_restrict_to = c->policy ? c->policy->n_restrict_to : 0,
    };
}

/* A database that was attached to be read takes nothing, whoever asks. */
static bool is_read_only(const struct caller *c, enum action action)
{
    bool is_write = action == ACTION_DATA_CREATE || action == ACTION_DATA_UPDATE ||
                    action == ACTION_DATA_DELETE || action == ACTION_DATA_IMPORT ||
                    (action_row(action)->flags & ACTION_IS_SCHEMA);
    return is_write && c->source && !c->source->record.is_writable;
}

static enum errcode refuse_write(const struct caller *c, struct error *err)
{
    ERROR(err, ERR_FORBIDDEN, "the source \"%s\" is read-only", c->source->record.name);
    return error_hint(err, "who administers it may allow writing");
}

enum errcode caller_check(const struct caller *c, enum action action, struct error *err)
{
    struct authz_request r = request_of(c, action);
    r.is_coarse = true;
    if (!c->source) {
        r.resource.source = NULL; /* the request may be about any; it is not read yet */
    }
    return is_read_only(c, action) ? refuse_write(c, err) : authz_check(&r, err);
}

static struct authz_request table_request(const struct caller *c, enum action action,
                                          const char *table, const struct table_policy *policy)
{
    struct authz_request r = request_of(c, action);
    r.resource.table = table;
    r.resource.policy = policy;
    if (table && str_starts(str_of(table), STR(TABLE_PREFIX))) {
        r.resource.table_alias = table + sizeof(TABLE_PREFIX) - 1;
    }
    return r;
}

enum errcode caller_check_table(const struct caller *c, enum action action, const char *table,
                                const struct table_policy *policy, struct error *err)
{
    struct authz_request r = table_request(c, action, table, policy);
    TRY(authz_check(&r, err));
    return is_read_only(c, action) ? refuse_write(c, err) : ERR_OK;
}

bool caller_may_table(const struct caller *c, enum action action, const char *table,
                      const struct table_policy *policy)
{
    struct authz_request r = table_request(c, action, table, policy);
    struct authz_decision decision;
    return !is_read_only(c, action) && authz_decide(&r, &decision);
}

/* ---- sources ------------------------------------------------------------------------------- */

static enum errcode no_source(struct str name, struct error *err)
{
    ERROR(err, ERR_NOT_FOUND, "no source \"%.*s\"", (int)(name.n < 64 ? name.n : 64),
          name.p ? name.p : "");
    return error_where(err, "/query/source");
}

/* A source is there for those who may see sources, and for tokens that were made for it alone. */
static bool sees_source(const struct caller *c, const char *name)
{
    struct subject whoever = c->subject;
    struct authz_decision decision;
    whoever.has_allow = false;
    struct authz_request r = {
        .subject = &whoever,
        .action = ACTION_DATASOURCES_READ,
        .resource = {.tenant_id = c->tenant.id, .tenant_slug = c->tenant.slug, .source = name},
    };
    return authz_decide(&r, &decision);
}

enum errcode caller_use_source(struct caller *c, struct str name, struct error *err)
{
    struct error why = ERROR_INIT;
    c->source = NULL;
    c->policy = NULL;
    if (!name.p || str_is(name, SOURCE_MAIN)) {
        return ERR_OK;
    }
    if (c->tenant.id == 0 || name.n == 0 || !sees_source(c, arena_str(c->arena, name))) {
        return no_source(name, err);
    }
    if (source_use(c->app, c->arena, c->tenant.id, name, &c->source, &why) != ERR_OK) {
        c->source = NULL;
        if (why.code == ERR_NOT_FOUND && !why.hint) { /* with one it is the database that lacks */
            error_release(&why);
            return no_source(name, err);
        }
        return error_move(err, &why);
    }
    c->policy = &c->source->policy;
    return ERR_OK;
}

enum errcode caller_policy(struct caller *c, struct error *err)
{
    struct source_record r = {0};
    struct error why = ERROR_INIT;
    if (c->policy || c->tenant.id == 0) {
        return ERR_OK;
    }
    enum errcode code =
        store_source_by_name(c->app->store, c->arena, c->tenant.id, STR(SOURCE_MAIN), &r, &why);
    if (code != ERR_OK && code != ERR_NOT_FOUND) {
        return error_move(err, &why);
    }
    error_release(&why);
    struct source_policy *p = ARENA_NEW(c->arena, struct source_policy);
    TRY(source_policy_read(c->arena, r.policy, true, p, err));
    c->policy = p;
    return ERR_OK;
}

const char *caller_source_name(const struct caller *c)
{
    return c->source ? c->source->record.name : SOURCE_MAIN;
}

struct engine *caller_engine(const struct caller *c)
{
    return c->source ? c->source->engine : c->app->engine;
}

struct str caller_ns(const struct caller *c)
{
    return c->source ? ATTACHED_NS : str_of(c->tenant.namespace);
}

struct migrate_target caller_target(const struct caller *c)
{
    struct store *store = c->app->store;
    const struct source *s = c->source;
    return (struct migrate_target){
        .engine = caller_engine(c),
        .ns = caller_ns(c),
        .room = s ? source_room(c->arena, s) : (struct str){0},
        .journal = store->journal,
        .tenant_id = c->tenant.id,
        .source = caller_source_name(c),
        .actor_id = c->principal.user_id,
        .actor_name = c->principal.email,
        .require_confirmation = c->policy && source_policy_confirms(c->policy),
        .keep_us = atomic_load(&c->app->trash_days) * DAY_US,
        .hooks = s ? store_source_hooks(store, c->tenant.id, c->arena)
                   : store_registry_hooks(store, c->tenant.id, c->arena),
    };
}

enum errcode caller_audit(const struct caller *c, const char *action, const char *object_type,
                          const char *object, const char *detail, struct error *err)
{
    struct audit_entry e = {
        .tenant_id = c->tenant.id,
        .user_id = c->principal.user_id,
        .user_name = c->principal.email,
        .action = action,
        .object_type = object_type,
        .object = object,
        .detail = detail,
        .ip_address = c->address,
        .user_agent = c->agent,
        .request_id = c->request_id,
    };
    return store_audit_append(c->app->store, &e, err);
}
