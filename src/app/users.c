#include "app/people.h"
#include "app/people_inside.h"
#include "app/tenant_cache.h"

/* ---- reading ----------------------------------------------------------------------------- */

/* The user as it is seen from the tenant that @c works in: its role there. */
static enum errcode view(const struct caller *c, const struct user *u, const char *member_role,
                         struct people_user *out, struct error *err)
{
    struct tenant home = {0};
    *out = (struct people_user){.user = *u};
    out->user.password_hash = NULL;
    if (member_role) {
        out->user.role = member_role;
    }
    if (u->tenant_id) {
        enum errcode code = tenant_by_id(c->app, c->arena, u->tenant_id, &home, err);
        if (code != ERR_OK && code != ERR_NOT_FOUND) {
            return code;
        }
        if (code == ERR_NOT_FOUND) {
            forgive(err);
        }
        out->tenant = code == ERR_OK ? home.slug : NULL;
    }
    return ERR_OK;
}

static const char *role_of_member(const struct user_tenant *members, size_t n, int64_t user_id)
{
    for (size_t i = 0; i < n; i++) {
        if (members[i].user_id == user_id) {
            return members[i].role;
        }
    }
    return NULL;
}

enum errcode people_user_list(const struct caller *c, bool all, struct people_user **out, size_t *n,
                              struct error *err)
{
    TRY(caller_check(c, ACTION_USERS_READ, err));
    if (all && !people_sees_all(c)) {
        return ERROR(err, ERR_FORBIDDEN, "users of all tenants are for platform roles");
    }
    struct user *users = NULL;
    struct user_tenant *members = NULL;
    size_t n_members = 0;
    int64_t tenant_id = all ? 0 : c->tenant.id;
    TRY(store_user_list(c->app->store, c->arena, tenant_id, (struct store_page){0}, &users, n,
                        err));
    if (tenant_id) {
        TRY(store_user_tenants(c->app->store, c->arena, 0, tenant_id, &members, &n_members, err));
    }
    *out = ARENA_ARRAY(c->arena, *n, struct people_user);
    for (size_t i = 0; i < *n; i++) {
        bool is_guest = tenant_id && users[i].tenant_id != tenant_id && !users[i].is_platform;
        const char *role = is_guest ? role_of_member(members, n_members, users[i].id) : NULL;
        TRY(view(c, &users[i], role, &(*out)[i], err));
    }
    return ERR_OK;
}

/* Platform roles see everybody; others those of the tenant that they work in. */
static enum errcode see(const struct caller *c, const struct user *u, struct people_user *out,
                        struct error *err)
{
    if (people_sees_all(c) || u->tenant_id == c->tenant.id) {
        return view(c, u, NULL, out, err);
    }
    struct user_tenant *members = NULL;
    size_t n = 0;
    TRY(store_user_tenants(c->app->store, c->arena, u->id, c->tenant.id, &members, &n, err));
    if (n == 0) {
        return ERROR(err, ERR_NOT_FOUND, "no such user");
    }
    return view(c, u, u->is_platform ? NULL : members[0].role, out, err);
}

enum errcode people_user_find(const struct caller *c, const char *email, struct people_user *out,
                              struct error *err)
{
    struct user u = {0};
    TRY(caller_check(c, ACTION_USERS_READ, err));
    enum errcode code = store_user_by_email(c->app->store, c->arena, str_of(email), &u, err);
    if (code == ERR_NOT_FOUND) {
        return ERROR(err, ERR_NOT_FOUND, "no user \"%s\"", email);
    }
    TRY(code);
    return see(c, &u, out, err);
}

enum errcode people_user_get(const struct caller *c, int64_t id, struct people_user *out,
                             struct error *err)
{
    struct user u = {0};
    TRY(caller_check(c, ACTION_USERS_READ, err));
    enum errcode code = store_user_by_id(c->app->store, c->arena, id, &u, err);
    if (code == ERR_NOT_FOUND) {
        return ERROR(err, ERR_NOT_FOUND, "no user %lld", (long long)id);
    }
    TRY(code);
    return see(c, &u, out, err);
}

/* ---- writing ----------------------------------------------------------------------------- */

static enum errcode read_role(const char *text, enum role *out, struct error *err)
{
    *out = role_by_name(text);
    if (*out == ROLE_NONE) {
        return people_refuse(err, "/role", "a role is OWNER, PLATFORM_ADMIN, TENANT_ADMIN or USER");
    }
    return ERR_OK;
}

static enum errcode read_level(const char *text, enum level *out, struct error *err)
{
    *out = level_by_name(text);
    if (*text && *out == LEVEL_NONE) {
        return people_refuse(err, "/permissionLevel",
                             "a permission level is admin, developer, editor or user");
    }
    return ERR_OK;
}

static enum errcode may_give(const struct caller *c, const char *role, int64_t tenant_id,
                             struct error *err)
{
    enum authz_role given = (enum authz_role)role_by_name(role);
    if (authz_may_give_role(&c->subject, given, tenant_id)) {
        return ERR_OK;
    }
    return ERROR(err, ERR_FORBIDDEN, "the role %s is more than you may give or take", role);
}

/* "First Last" of the parts, the one name where it is given, NULL where nothing is. */
static const char *whole_name(struct arena *a, const struct people_user_fields *in)
{
    if (in->name || (!in->first_name && !in->last_name)) {
        return in->name;
    }
    const char *first = in->first_name ? in->first_name : "";
    const char *last = in->last_name ? in->last_name : "";
    struct str joined = str_trim(str_of(arena_printf(a, "%s %s", first, last)));
    return joined.n ? arena_str(a, joined) : NULL;
}

/* What is said beside the row that authn makes. */
static enum errcode write_extras(const struct caller *c, const struct people_user_fields *in,
                                 struct user *u, struct error *err)
{
    const char *fields[3] = {NULL};
    size_t n = 0;
    if (in->timezone) {
        u->timezone = in->timezone;
        fields[n++] = "timezone";
    }
    if (in->first_name || in->last_name || in->team) {
        u->settings = profile_write(c->arena, u->settings, in);
        fields[n++] = "settings";
    }
    return n ? authn_user_update(c->app->authn, c->arena, u, fields, err) : ERR_OK;
}

enum errcode people_user_add(struct caller *c, const struct people_user_fields *in,
                             struct people_user *out, struct error *err)
{
    struct tenant home;
    struct authn_user fresh = {.email = in->email, .password = in->password};
    struct user made;
    if (c->principal.kind == PRINCIPAL_SYSTEM && c->tenant.id == 0) {
        TRY(people_tenant_main(c->app, c->arena, &c->tenant, err));
    }
    TRY(caller_check(c, ACTION_USERS_CREATE, err));
    TRY(named_tenant(c, ACTION_USERS_CREATE, in->tenant, &home, err));
    TRY(read_role(in->role ? in->role : "USER", &fresh.role, err));
    TRY(read_level(in->level ? in->level : "", &fresh.level, err));
    TRY(may_give(c, role_name(fresh.role), home.id, err));
    fresh.tenant_id = home.id;
    fresh.name = whole_name(c->arena, in);
    TRY(authn_user_add(c->app->authn, c->arena, &fresh, &made, err));
    TRY(write_extras(c, in, &made, err));
    TRY(view(c, &made, NULL, out, err));
    return caller_audit(c, "user.create", "user", made.email, NULL, err);
}

struct update {
    const struct caller *caller;
    const struct people_user_fields *in;
    struct user user;
    const char *fields[12];
    size_t n;
};

static void set(struct update *u, const char *field)
{
    BUG_ON(u->n + 1 >= ARRAY_LEN(u->fields));
    u->fields[u->n++] = field;
    u->fields[u->n] = NULL;
}

static enum errcode set_role(struct update *u, struct error *err)
{
    enum role role;
    struct tenant home;
    if (u->in->tenant) {
        TRY(named_tenant(u->caller, ACTION_USERS_UPDATE, u->in->tenant, &home, err));
        u->user.tenant_id = home.id;
        set(u, "tenant_id");
    }
    if (u->in->role) {
        TRY(read_role(u->in->role, &role, err));
        u->user.role = role_name(role);
        set(u, "role");
    }
    return u->n ? may_give(u->caller, u->user.role, u->user.tenant_id, err) : ERR_OK;
}

static enum errcode set_texts(struct update *u, struct error *err)
{
    const struct people_user_fields *in = u->in;
    enum level level;
    const char *name = whole_name(u->caller->arena, in);
    if (in->email) {
        u->user.email = in->email;
        set(u, "email");
    }
    if (name) {
        if (!*name || strlen(name) > AUTHN_NAME_MAX) {
            return people_refuse(err, "/name", "a name has 1 to 200 bytes");
        }
        u->user.name = name;
        set(u, "name");
    }
    if (in->level) {
        TRY(read_level(in->level, &level, err));
        u->user.permission_level = level == LEVEL_NONE ? NULL : level_name(level);
        set(u, "permission_level");
    }
    if (in->timezone) {
        u->user.timezone = in->timezone;
        set(u, "timezone");
    }
    if (in->first_name || in->last_name || in->team) {
        u->user.settings = profile_write(u->caller->arena, u->user.settings, in);
        set(u, "settings");
    }
    return ERR_OK;
}

/* Who is more than @c in its home cannot be changed by @c; a guest is changed at home. */
static enum errcode may_change(const struct caller *c, const struct user *u, struct error *err)
{
    struct tenant home = {.id = u->tenant_id};
    if (check_in(c, ACTION_USERS_UPDATE, &home, NULL) != ERR_OK) {
        return ERROR(err, ERR_FORBIDDEN, "this user is administered in another tenant");
    }
    return may_give(c, u->role, u->tenant_id, err);
}

static enum errcode apply(struct update *u, struct error *err)
{
    const struct caller *c = u->caller;
    const struct people_user_fields *in = u->in;
    TRY(set_role(u, err));
    TRY(set_texts(u, err));
    if (in->is_active) {
        TRY(caller_check(c, ACTION_USERS_DEACTIVATE, err));
        u->user.is_active = *in->is_active;
        set(u, "is_active");
    }
    if (u->n == 0 && !in->password.p) {
        return people_refuse(err, "", "nothing to change is said");
    }
    if (in->password.p) {
        TRY(authn_password_check(in->password, u->user.email, err));
    }
    if (u->n > 0) {
        TRY(authn_user_update(c->app->authn, c->arena, &u->user, u->fields, err));
    }
    return in->password.p ? authn_password_set(c->app->authn, u->user.id, in->password, err)
                          : ERR_OK;
}

enum errcode people_user_update(const struct caller *c, int64_t id,
                                const struct people_user_fields *in, struct people_user *out,
                                struct error *err)
{
    struct people_user there;
    struct update u = {.caller = c, .in = in};
    TRY(caller_check(c, ACTION_USERS_UPDATE, err));
    TRY(people_user_get(c, id, &there, err));
    TRY(store_user_by_id(c->app->store, c->arena, id, &u.user, err));
    TRY(may_change(c, &u.user, err));
    TRY(apply(&u, err));
    TRY(view(c, &u.user, NULL, out, err));
    return caller_audit(c, "user.update", "user", u.user.email, NULL, err);
}
