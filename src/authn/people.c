#include "authn/authn.h"
#include "authn/state.h"

static enum errcode refuse(struct error *err, const char *where, const char *why)
{
    enum errcode code = ERROR(err, ERR_INVALID, "%s", why);
    (void)error_where(err, "%s", where);
    return code;
}

static bool is_platform_role(enum role role)
{
    return role == ROLE_OWNER || role == ROLE_PLATFORM_ADMIN;
}

enum errcode authn_user_add(struct authn *n, struct arena *a, const struct authn_user *in,
                            struct user *out, struct error *err)
{
    char hash[PASSWORD_HASH_MAX];
    const char *email, *name;
    TRY(authn_email_check(a, str_of(in->email), &email, err));
    TRY(display_name(a, in->name, email, &name, err));
    if (in->role == ROLE_NONE) {
        return refuse(err, "/role", "a user has a role");
    }
    if (in->tenant_id == 0 && !is_platform_role(in->role)) {
        return refuse(err, "/tenantId", "a user of this role has a tenant");
    }
    if (in->password.p) {
        TRY(authn_password_check(in->password, email, err));
        TRY(hash_away(n, in->password, hash, err));
    }
    struct user u = {
        .name = name,
        .email = email,
        .password_hash = in->password.p ? hash : NULL,
        .is_active = true,
        .is_platform = is_platform_role(in->role),
        .tenant_id = in->tenant_id,
        .role = role_name(in->role),
        .permission_level = in->level == LEVEL_NONE ? NULL : level_name(in->level),
        .password_changed_at = in->password.p ? authn_now(n) : 0,
    };
    TRY(store_user_insert(n->store, a, &u, err));
    u.password_hash = NULL;
    *out = u;
    return ERR_OK;
}

static bool names(const char *const *fields, const char *name)
{
    for (size_t i = 0; fields && fields[i]; i++) {
        if (text_eq(fields[i], name)) {
            return true;
        }
    }
    return false;
}

static enum errcode check_update(struct arena *a, struct user *u, const char *const *fields,
                                 struct error *err)
{
    if (!fields || names(fields, "password_hash")) {
        return ERROR(err, ERR_INVALID, "a password is changed on its own");
    }
    if (names(fields, "email")) {
        TRY(authn_email_check(a, str_of(u->email), &u->email, err));
    }
    enum role role = role_by_name(u->role);
    if (names(fields, "role") && role == ROLE_NONE) {
        return refuse(err, "/role", "a user has a role");
    }
    if (names(fields, "permission_level") && u->permission_level &&
        level_by_name(u->permission_level) == LEVEL_NONE) {
        return refuse(err, "/permissionLevel", "there is no such level");
    }
    if ((names(fields, "role") || names(fields, "tenant_id")) && u->tenant_id == 0 &&
        !is_platform_role(role)) {
        return refuse(err, "/tenantId", "a user of this role has a tenant");
    }
    return ERR_OK;
}

/* is_platform follows the role. */
static const char *const *with_platform(struct arena *a, const char *const *fields)
{
    const char **list = NULL;
    size_t n = 0;
    for (; fields[n];) {
        const char *name = fields[n];
        ARENA_PUSH(a, list, n, name);
    }
    if (names(fields, "role") && !names(fields, "is_platform")) {
        ARENA_PUSH(a, list, n, "is_platform");
    }
    ARENA_PUSH(a, list, n, NULL);
    return list;
}

enum errcode authn_user_update(struct authn *n, struct arena *a, struct user *u,
                               const char *const *fields, struct error *err)
{
    TRY(check_update(a, u, fields, err));
    bool goes_off = names(fields, "is_active") && !u->is_active;
    bool steps_down = names(fields, "role") && role_by_name(u->role) != ROLE_OWNER;
    u->is_platform = is_platform_role(role_by_name(u->role));
    fields = with_platform(a, fields);
    enum errcode code = goes_off || steps_down
                            ? store_user_resign(n->store, u, role_name(ROLE_OWNER), fields, err)
                            : store_user_update(n->store, u, fields, err);
    if (code == ERR_OK && goes_off) {
        code = store_session_delete_user(n->store, u->id, 0, err);
    }
    authn_forget(n);
    return code;
}

enum errcode authn_user_delete(struct authn *n, int64_t user_id, struct error *err)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    struct user u;
    TRY(store_user_by_id(n->store, a, user_id, &u, err));
    enum errcode code = store_user_delete(n->store, user_id, role_name(ROLE_OWNER), err);
    authn_forget(n);
    return code;
}

/* The hash, the time, and the end of the sessions but @keep_id. */
static enum errcode replace_password(struct authn *n, struct user *u, struct str fresh,
                                     int64_t keep_id, struct error *err)
{
    static const char *const fields[] = {"password_hash", "password_changed_at", NULL};
    char hash[PASSWORD_HASH_MAX];
    TRY(authn_password_check(fresh, u->email, err));
    TRY(hash_away(n, fresh, hash, err));
    u->password_hash = hash;
    u->password_changed_at = authn_now(n);
    enum errcode code = store_user_update(n->store, u, fields, err);
    u->password_hash = NULL;
    TRY(code);
    code = store_session_delete_user(n->store, u->id, keep_id, err);
    authn_forget(n);
    return code;
}

enum errcode authn_password_change(struct authn *n, const struct principal *p, struct str old,
                                   struct str fresh, struct authn_peer peer, struct error *err)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    struct user u;
    if (p->kind != PRINCIPAL_USER) {
        return ERROR(err, ERR_FORBIDDEN, "a password is changed by its user who is signed in");
    }
    TRY(store_user_by_id(n->store, a, p->user_id, &u, err));
    TRY(lockout_enter(n, a, u.email, peer.address, err));
    bool is_good = password_good(n, u.password_hash, old);
    TRY(lockout_leave(n, a, u.email, peer.address, is_good, err));
    if (!is_good) {
        return ERROR(err, ERR_INVALID_CREDENTIALS, "the old password is another");
    }
    return replace_password(n, &u, fresh, p->session_id, err);
}

enum errcode authn_password_set(struct authn *n, int64_t user_id, struct str fresh,
                                struct error *err)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    struct user u;
    TRY(store_user_by_id(n->store, a, user_id, &u, err));
    TRY(replace_password(n, &u, fresh, 0, err));
    return lockout_leave(n, a, u.email, NULL, true, err);
}
