#include "app/people.h"
#include "app/people_inside.h"
#include "app/tenant_cache.h"

#define NAME_MAX_BYTES 200

bool tenant_slug_valid(struct str slug)
{
    if (slug.n == 0 || slug.n > TENANT_SLUG_MAX || slug.p[0] == '-' || slug.p[slug.n - 1] == '-') {
        return false;
    }
    for (size_t i = 0; i < slug.n; i++) {
        char c = slug.p[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-') {
            return false;
        }
    }
    return true;
}

enum errcode people_refuse(struct error *err, const char *where, const char *why)
{
    enum errcode code = ERROR(err, ERR_INVALID, "%s", why);
    (void)error_where(err, "%s", where);
    return code;
}

bool people_sees_all(const struct caller *c)
{
    return c->subject.is_system || principal_is_platform(&c->principal);
}

enum errcode check_in(const struct caller *c, enum action action, const struct tenant *t,
                      struct error *err)
{
    struct authz_request r = {
        .subject = &c->subject,
        .action = action,
        .resource = {.tenant_id = t->id, .tenant_slug = t->slug},
    };
    return authz_check(&r, err);
}

/* The tenant that @slug names, of those that @c may know of. */
static enum errcode find(const struct caller *c, const char *slug, struct tenant *out,
                         struct error *err)
{
    enum errcode code = ERR_NOT_FOUND;
    if (tenant_slug_valid(str_of(slug))) {
        code = tenant_by_slug(c->app, c->arena, str_of(slug), out, err);
    }
    if (code == ERR_OK && !people_sees_all(c) &&
        principal_role_in(&c->principal, out->id) == ROLE_NONE) {
        code = ERR_NOT_FOUND;
    }
    return code == ERR_NOT_FOUND ? ERROR(err, ERR_NOT_FOUND, "no tenant \"%s\"", slug) : code;
}

enum errcode named_tenant(const struct caller *c, enum action action, const char *slug,
                          struct tenant *out, struct error *err)
{
    if (slug) {
        TRY(find(c, slug, out, err));
    } else {
        *out = c->tenant;
    }
    return check_in(c, action, out, err);
}

enum errcode people_tenant_get(const struct caller *c, const char *slug, struct tenant *out,
                               struct error *err)
{
    return named_tenant(c, ACTION_TENANTS_READ, slug, out, err);
}

enum errcode people_tenant_list(const struct caller *c, struct tenant **out, size_t *n,
                                struct error *err)
{
    size_t n_all = 0, kept = 0;
    TRY(caller_check(c, ACTION_TENANTS_READ, err));
    TRY(store_tenant_list(c->app->store, c->arena, out, &n_all, err));
    for (size_t i = 0; i < n_all; i++) {
        if (check_in(c, ACTION_TENANTS_READ, &(*out)[i], NULL) == ERR_OK) {
            (*out)[kept++] = (*out)[i];
        }
    }
    *n = kept;
    return ERR_OK;
}

/* The namespace first: a row is never without one. What is left by a row that fails is an empty
 * file that the next attempt takes. */
static enum errcode insert(struct app *app, struct arena *a, const char *slug, const char *name,
                           struct tenant *out, struct error *err)
{
    *out = (struct tenant){
        .name = name,
        .slug = slug,
        .namespace = arena_printf(a, "tenants/%s", slug),
        .is_active = true,
    };
    TRY(engine_namespace_create(app->engine, str_of(out->namespace), err));
    enum errcode code = store_tenant_insert(app->store, out, err);
    tenant_cache_forget(app->tenants);
    if (code == ERR_UNIQUE_VIOLATION) {
        code = ERROR(err, ERR_CONFLICT, "there is or was a tenant \"%s\"", slug);
        (void)error_where(err, "/slug");
    }
    return code;
}

static enum errcode check_name(const char *name, struct error *err)
{
    if (!*name || strlen(name) > NAME_MAX_BYTES) {
        return people_refuse(err, "/name", "a tenant's name has 1 to 200 bytes");
    }
    return ERR_OK;
}

enum errcode people_tenant_add(const struct caller *c, const char *slug, const char *name,
                               struct tenant *out, struct error *err)
{
    TRY(caller_check(c, ACTION_TENANTS_CREATE, err));
    if (!tenant_slug_valid(str_of(slug))) {
        return people_refuse(err, "/slug",
                             "a slug has 1 to 63 of a-z, 0-9 and \"-\", with no \"-\" at its ends");
    }
    if (name) {
        TRY(check_name(name, err));
    }
    TRY(insert(c->app, c->arena, slug, name ? name : slug, out, err));
    return caller_audit(c, "tenant.create", "tenant", slug, NULL, err);
}

enum errcode people_tenant_main(struct app *app, struct arena *a, struct tenant *out,
                                struct error *err)
{
    enum errcode code = tenant_by_slug(app, a, STR(TENANT_MAIN), out, err);
    if (code != ERR_NOT_FOUND) {
        return code;
    }
    forgive(err);
    code = insert(app, a, TENANT_MAIN, "Main", out, err);
    if (code == ERR_CONFLICT) { /* somebody was faster */
        forgive(err);
        return tenant_by_slug(app, a, STR(TENANT_MAIN), out, err);
    }
    return code;
}

static enum errcode write(const struct caller *c, struct tenant *t, const char *const *fields,
                          const char *event, struct error *err)
{
    enum errcode code = store_tenant_update(c->app->store, t, fields, err);
    tenant_cache_forget(c->app->tenants);
    authn_forget(c->app->authn);
    TRY(code);
    return caller_audit(c, event, "tenant", t->slug, NULL, err);
}

static bool is_main(const struct tenant *t)
{
    return text_eq(t->slug, TENANT_MAIN);
}

enum errcode people_tenant_update(const struct caller *c, const char *slug, const char *name,
                                  const bool *is_active, struct tenant *out, struct error *err)
{
    const char *fields[3] = {NULL};
    size_t n = 0;
    TRY(named_tenant(c, ACTION_TENANTS_UPDATE, slug, out, err));
    if (name) {
        TRY(check_name(name, err));
        out->name = name;
        fields[n++] = "name";
    }
    if (is_active) {
        TRY(check_in(c, ACTION_TENANTS_DEACTIVATE, out, err));
        if (!*is_active && is_main(out)) {
            return ERROR(err, ERR_CONFLICT, "the tenant \"main\" stays on");
        }
        out->is_active = *is_active;
        fields[n++] = "is_active";
    }
    if (n == 0) {
        return people_refuse(err, "", "nothing to change is said");
    }
    return write(c, out, fields, "tenant.update", err);
}

enum errcode people_tenant_delete(const struct caller *c, const char *slug, struct error *err)
{
    struct tenant t;
    TRY(named_tenant(c, ACTION_TENANTS_DEACTIVATE, slug, &t, err));
    if (is_main(&t)) {
        return ERROR(err, ERR_CONFLICT, "the tenant \"main\" stays");
    }
    enum errcode code = store_tenant_delete(c->app->store, t.id, err);
    tenant_cache_forget(c->app->tenants);
    authn_forget(c->app->authn);
    TRY(code);
    return caller_audit(c, "tenant.delete", "tenant", slug, NULL, err);
}
