#include "authn/authn.h"
#include "authn/state.h"
#include "crypt/random.h"

#define CSRF_BYTES       24
#define ADDRESS_MAX      45
#define AGENT_MAX        400
#define SEEN_EVERY_US    (5 * MINUTE_US)
#define TOUCHED_EVERY_US MINUTE_US

/* Text of a client as printable ASCII, bounded. */
static const char *tame(struct arena *a, const char *text, size_t most)
{
    struct str s = str_of(text);
    if (!text) {
        return NULL;
    }
    char *copy = arena_strndup(a, s.p, s.n < most ? s.n : most);
    for (char *c = copy; *c; c++) {
        if (*c < ' ' || *c > '~') {
            *c = '?';
        }
    }
    return copy;
}

enum errcode session_make(struct authn *n, struct arena *a, int64_t user_id, struct authn_peer peer,
                          struct authn_session *out, struct error *err)
{
    const char *token = token_new(a, TOKEN_SESSION);
    char *hash = arena_alloc(a, TOKEN_HASH_LEN + 1);
    int64_t now = authn_now(n);
    token_hash(str_of(token), hash);
    struct login_session s = {
        .token_hash = hash,
        .user_id = user_id,
        .csrf = random_text(a, CSRF_BYTES),
        .created_at = now,
        .expires_at = now + n->config.session_hours * HOUR_US,
        .last_seen_at = now,
        .ip_address = tame(a, peer.address, ADDRESS_MAX),
        .user_agent = tame(a, peer.agent, AGENT_MAX),
    };
    TRY(store_session_insert(n->store, &s, err));
    *out = (struct authn_session){
        .id = s.id, .token = token, .csrf = s.csrf, .expires_at = s.expires_at};
    return ERR_OK;
}

static enum errcode refuse(struct error *err)
{
    return ERROR(err, ERR_UNAUTHENTICATED, "these credentials are not accepted");
}

/* A record that is not there means that the credentials are not accepted; other errors pass. */
static enum errcode accept(enum errcode code, struct error *err)
{
    return code == ERR_NOT_FOUND ? refuse(err) : code;
}

static bool tenant_works(struct authn *n, struct arena *a, int64_t id, enum errcode *code,
                         struct error *err)
{
    struct tenant t;
    if (id == 0) {
        return false;
    }
    enum errcode found = store_tenant_by_id(n->store, a, id, &t, err);
    if (found != ERR_OK) {
        *code = found == ERR_NOT_FOUND ? *code : found;
        return false;
    }
    return t.is_active && t.deleted_at == 0;
}

/* Further tenants that work, without the home; a membership gives no platform role. */
static enum errcode read_memberships(struct authn *n, struct arena *a, struct principal *p,
                                     struct error *err)
{
    struct user_tenant *rows;
    struct membership *list = NULL;
    size_t n_rows, n_list = 0;
    enum errcode code = ERR_OK;
    TRY(store_user_tenants(n->store, a, p->user_id, 0, &rows, &n_rows, err));
    for (size_t i = 0; i < n_rows && code == ERR_OK; i++) {
        enum role role = role_by_name(rows[i].role);
        if (rows[i].tenant_id == p->tenant_id || role < ROLE_TENANT_ADMIN) {
            continue;
        }
        if (tenant_works(n, a, rows[i].tenant_id, &code, err)) {
            struct membership one = {rows[i].tenant_id, role};
            ARENA_PUSH(a, list, n_list, one);
        }
    }
    TRY(code);
    p->memberships = list;
    p->n_memberships = n_list;
    return ERR_OK;
}

/* Who @user_id is right now: active, and with at least one place to be. */
static enum errcode read_user(struct authn *n, struct arena *a, int64_t user_id,
                              struct principal *p, struct error *err)
{
    struct user u;
    enum errcode code = ERR_OK;
    TRY(store_user_by_id(n->store, a, user_id, &u, err));
    if (!u.is_active || u.deleted_at != 0) {
        return ERROR(err, ERR_NOT_FOUND, "the user is switched off");
    }
    p->user_id = u.id;
    p->email = u.email;
    p->name = u.name;
    p->role = role_by_name(u.role);
    p->level = level_by_name(u.permission_level);
    p->tenant_id = u.tenant_id;
    if (principal_is_platform(p)) {
        p->level = p->level ? p->level : level_of_role(p->role);
        return ERR_OK;
    }
    if (!tenant_works(n, a, u.tenant_id, &code, err)) {
        TRY(code);
        p->tenant_id = 0;
        p->role = ROLE_NONE;
        p->level = LEVEL_NONE;
    }
    TRY(read_memberships(n, a, p, err));
    if (p->tenant_id == 0 && p->n_memberships == 0) {
        return ERROR(err, ERR_NOT_FOUND, "the user's tenant is switched off");
    }
    p->level = p->level ? p->level : level_of_role(p->role);
    return ERR_OK;
}

/* A token made for one tenant makes its user a member of that one only. */
static bool bind_tenant(struct principal *p, int64_t tenant_id)
{
    p->works_in = tenant_id;
    if (tenant_id == 0 || principal_is_platform(p)) {
        return true;
    }
    enum role role = principal_role_in(p, tenant_id);
    if (tenant_id != p->tenant_id) {
        p->level = level_of_role(role);
    }
    p->role = role;
    p->tenant_id = tenant_id;
    p->memberships = NULL;
    p->n_memberships = 0;
    return role != ROLE_NONE;
}

static enum errcode read_session(struct authn *n, struct arena *a, const char *hash,
                                 struct principal *p, struct error *err)
{
    static const char *const seen[] = {"last_seen_at", NULL};
    struct login_session s;
    int64_t now = authn_now(n);
    TRY(accept(store_session_by_hash(n->store, a, str_of(hash), &s, err), err));
    if (s.expires_at <= now) {
        return refuse(err);
    }
    TRY(accept(read_user(n, a, s.user_id, p, err), err));
    p->kind = PRINCIPAL_USER;
    p->session_id = s.id;
    p->csrf = s.csrf;
    p->expires_at = s.expires_at;
    p->works_in = s.tenant_id;
    if (now - s.last_seen_at > SEEN_EVERY_US) {
        s.last_seen_at = now;
        pass_over(store_session_update(n->store, &s, seen, NULL)); /* only for people to read */
    }
    return ERR_OK;
}

static enum errcode read_token(struct authn *n, struct arena *a, const char *hash,
                               struct principal *p, struct error *err)
{
    struct api_token t;
    int64_t now = authn_now(n);
    TRY(accept(store_token_by_hash(n->store, a, str_of(hash), &t, err), err));
    if (t.revoked_at != 0 || (t.expires_at != 0 && t.expires_at <= now)) {
        return refuse(err);
    }
    TRY(accept(read_user(n, a, t.user_id, p, err), err));
    if (!bind_tenant(p, t.tenant_id)) {
        return refuse(err);
    }
    p->kind = PRINCIPAL_TOKEN;
    p->token_id = t.id;
    p->expires_at = t.expires_at;
    p->has_allow = authn_token_allow(a, &t, &p->allow, &p->n_allow);
    if (now - t.last_used_at > TOUCHED_EVERY_US) {
        pass_over(store_token_touch(n->store, t.id, NULL)); /* only for people to read */
    }
    return ERR_OK;
}

/* Whoever the store says that @secret belongs to. */
static enum errcode look_up(struct authn *n, struct arena *a, struct str secret, bool by_cookie,
                            struct principal *p, struct error *err)
{
    enum token_kind kind = token_kind_of(secret);
    char hash[TOKEN_HASH_LEN + 1];
    if (kind != TOKEN_SESSION && (kind != TOKEN_API || by_cookie)) {
        return refuse(err);
    }
    token_hash(secret, hash);
    return kind == TOKEN_SESSION ? read_session(n, a, hash, p, err)
                                 : read_token(n, a, hash, p, err);
}

enum errcode authn_authenticate(struct authn *n, struct arena *a, struct str bearer,
                                struct str cookie, struct principal *out, struct error *err)
{
    struct str secret = bearer.n ? bearer : cookie;
    bool by_cookie = bearer.n == 0;
    if (secret.n == 0) {
        *out = (struct principal){0};
        return ERR_OK;
    }
    if (secret.n != TOKEN_TEXT_LEN) {
        return refuse(err);
    }
    unsigned char tag[TOKEN_TAG_LEN];
    struct principal p = {0};
    token_tag(n->tag_key, secret, tag);
    if (!kept_find(n, a, tag, &p)) {
        uint64_t generation = atomic_load(&n->generation);
        TRY(look_up(n, a, secret, by_cookie, &p, err));
        kept_put(n, tag, generation, &p);
    }
    if (by_cookie && p.kind != PRINCIPAL_USER) {
        return refuse(err); /* it was sent as a bearer a moment ago */
    }
    p.by_cookie = by_cookie;
    *out = p;
    return ERR_OK;
}

enum errcode authn_principal(struct authn *n, struct arena *a, int64_t user_id,
                             struct principal *out, struct error *err)
{
    struct principal p = {.kind = PRINCIPAL_USER};
    TRY(read_user(n, a, user_id, &p, err));
    *out = p;
    return ERR_OK;
}

bool authn_csrf_matches(const struct principal *p, struct str header)
{
    return secret_eq(str_of(p->csrf), header);
}

enum errcode authn_logout(struct authn *n, const struct principal *p, struct error *err)
{
    if (p->session_id == 0) {
        return ERR_OK;
    }
    enum errcode code = store_session_delete(n->store, p->session_id, err);
    authn_forget(n);
    return code;
}

enum errcode authn_sweep(struct authn *n, struct error *err)
{
    return store_session_purge(n->store, authn_now(n), err);
}
