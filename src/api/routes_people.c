#include "api/inside.h"
#include "api/people_json.h"
#include "app/people.h"

/* An id of a path; what is no number is no id of anybody. */
static enum errcode read_id(const struct call *c, int64_t *out, struct error *err)
{
    const char *text = call_param(c, "id");
    if (!str_int64(str_of(text), out) || *out < 1) {
        return ERROR(err, ERR_NOT_FOUND, "nothing has the id \"%s\"", text);
    }
    return ERR_OK;
}

/* ---- users --------------------------------------------------------------------------------- */

static enum errcode list_users(struct call *c, struct error *err)
{
    struct people_user *users = NULL;
    size_t n = 0;
    bool all;
    struct answer a;
    TRY(call_flag(c, "all", &all, err));
    TRY(people_user_list(c->caller, all, &users, &n, err));
    answer_begin(c, &a, 200);
    jsonw_begin_object(&a.json);
    jsonw_key(&a.json, "users");
    jsonw_begin_array(&a.json);
    for (size_t i = 0; i < n; i++) {
        user_encode(&a.json, c->arena, &users[i]);
    }
    jsonw_end_array(&a.json);
    jsonw_end_object(&a.json);
    return answer_end(c, &a, NULL, err);
}

static enum errcode answer_user(struct call *c, int status, const struct people_user *u,
                                struct error *err)
{
    struct answer a;
    answer_begin(c, &a, status);
    user_encode(&a.json, c->arena, u);
    return answer_end(c, &a, NULL, err);
}

static enum errcode add_user(struct call *c, struct error *err)
{
    struct people_user_fields in;
    struct people_user made;
    bool is_active = true;
    const char *email = NULL;
    TRY(user_decode(c->body, &is_active, &in, err));
    TRY(doc_text(c->body, "email", &email, err));
    if (in.is_active) {
        ERROR(err, ERR_INVALID, "a new user is active");
        return error_where(err, "/isActive");
    }
    TRY(people_user_add(c->caller, &in, &made, err));
    response_header(c->request, "Location",
                    arena_printf(c->arena, "/api/users/%lld", (long long)made.user.id));
    return answer_user(c, 201, &made, err);
}

static enum errcode update_user(struct call *c, struct error *err)
{
    struct people_user_fields in;
    struct people_user changed;
    bool is_active = false;
    int64_t id;
    TRY(read_id(c, &id, err));
    TRY(user_decode(c->body, &is_active, &in, err));
    TRY(people_user_update(c->caller, id, &in, &changed, err));
    return answer_user(c, 200, &changed, err);
}

/* ---- tenants ------------------------------------------------------------------------------- */

static enum errcode list_tenants(struct call *c, struct error *err)
{
    struct tenant *tenants = NULL;
    size_t n = 0;
    struct answer a;
    TRY(people_tenant_list(c->caller, &tenants, &n, err));
    answer_begin(c, &a, 200);
    jsonw_begin_object(&a.json);
    jsonw_key(&a.json, "tenants");
    jsonw_begin_array(&a.json);
    for (size_t i = 0; i < n; i++) {
        tenant_encode(&a.json, &tenants[i]);
    }
    jsonw_end_array(&a.json);
    jsonw_end_object(&a.json);
    return answer_end(c, &a, NULL, err);
}

static enum errcode answer_tenant(struct call *c, int status, const struct tenant *t,
                                  struct error *err)
{
    struct answer a;
    answer_begin(c, &a, status);
    tenant_encode(&a.json, t);
    return answer_end(c, &a, NULL, err);
}

static enum errcode add_tenant(struct call *c, struct error *err)
{
    static const char *const keys[] = {"slug", "name", NULL};
    const char *slug = NULL, *name = NULL;
    struct tenant made;
    TRY(doc_only(c->body, keys, err));
    TRY(doc_text(c->body, "slug", &slug, err));
    TRY(doc_opt_text(c->body, "name", &name, err));
    TRY(people_tenant_add(c->caller, slug, name, &made, err));
    response_header(c->request, "Location", arena_printf(c->arena, "/api/tenants/%s", slug));
    return answer_tenant(c, 201, &made, err);
}

static enum errcode update_tenant(struct call *c, struct error *err)
{
    static const char *const keys[] = {"name", "isActive", NULL};
    const char *name = NULL;
    struct people_user_fields flags = {0};
    bool is_active = false;
    struct tenant changed;
    TRY(doc_only(c->body, keys, err));
    TRY(user_decode(c->body, &is_active, &flags, err));
    name = flags.name;
    TRY(people_tenant_update(c->caller, call_param(c, "slug"), name, flags.is_active, &changed,
                             err));
    return answer_tenant(c, 200, &changed, err);
}

/* ---- tokens -------------------------------------------------------------------------------- */

static enum errcode list_tokens(struct call *c, struct error *err)
{
    struct people_token *tokens = NULL;
    size_t n = 0;
    bool all;
    struct answer a;
    TRY(call_flag(c, "all", &all, err));
    TRY(people_token_list(c->caller, all, &tokens, &n, err));
    answer_begin(c, &a, 200);
    jsonw_begin_object(&a.json);
    jsonw_key(&a.json, "tokens");
    jsonw_begin_array(&a.json);
    for (size_t i = 0; i < n; i++) {
        token_encode(&a.json, &tokens[i], NULL);
    }
    jsonw_end_array(&a.json);
    jsonw_end_object(&a.json);
    return answer_end(c, &a, NULL, err);
}

static enum errcode read_expiry(const struct call *c, int64_t *out, struct error *err)
{
    const char *text = NULL;
    TRY(doc_opt_text(c->body, "expiresAt", &text, err));
    if (text && !people_expiry(str_of(text), out)) {
        ERROR(err, ERR_INVALID, "\"%.64s\" is no instant and no length of time", text);
        (void)error_hint(err, "like 2030-01-31T12:00:00Z, or 30d");
        return error_where(err, "/expiresAt");
    }
    return ERR_OK;
}

static enum errcode add_token(struct call *c, struct error *err)
{
    static const char *const keys[] = {"name", "email", "tenant", "allow", "expiresAt", NULL};
    struct people_token_new in = {0};
    struct people_token made;
    struct answer a;
    const char *secret;
    TRY(doc_only(c->body, keys, err));
    TRY(doc_opt_text(c->body, "name", &in.name, err));
    TRY(doc_opt_text(c->body, "email", &in.email, err));
    TRY(doc_opt_text(c->body, "tenant", &in.tenant, err));
    TRY(texts_decode(c->arena, c->body, "allow", &in.has_allow, &in.allow, &in.n_allow, err));
    TRY(read_expiry(c, &in.expires_at, err));
    TRY(people_token_create(c->caller, &in, &secret, &made, err));
    answer_begin(c, &a, 201);
    token_encode(&a.json, &made, NULL);
    buf_addc(a.buf, '}');
    repeat_keep_instead(c, buf_str(a.buf)); /* the secret is kept nowhere */
    answer_begin(c, &a, 201);
    token_encode(&a.json, &made, secret);
    return answer_end(c, &a, NULL, err);
}

static enum errcode revoke_token(struct call *c, struct error *err)
{
    struct answer a;
    int64_t id;
    TRY(read_id(c, &id, err));
    TRY(people_token_revoke(c->caller, id, err));
    answer_begin(c, &a, 200);
    jsonw_begin_object(&a.json);
    jsonw_kv_int(&a.json, "id", id);
    jsonw_kv_bool(&a.json, "revoked", true);
    jsonw_end_object(&a.json);
    return answer_end(c, &a, NULL, err);
}

/* The list of tenants is for those who administrate one: others see theirs in /api/auth/me. */
const struct route routes_people[] = {
    {"GET", "/api/users", ACTION_USERS_READ, BODY_NONE, list_users, "all", "users of the tenant"},
    {"POST", "/api/users", ACTION_USERS_CREATE, BODY_JSON, add_user, "", "add a user"},
    {"PATCH", "/api/users/{id}", ACTION_USERS_UPDATE, BODY_JSON, update_user, "",
     "change a user, switch it off or on"},
    {"GET", "/api/tenants", ACTION_TENANTS_UPDATE, BODY_NONE, list_tenants, "",
     "tenants that one administrates"},
    {"POST", "/api/tenants", ACTION_TENANTS_CREATE, BODY_JSON, add_tenant, "", "add a tenant"},
    {"PATCH", "/api/tenants/{slug}", ACTION_TENANTS_UPDATE, BODY_JSON, update_tenant, "",
     "rename a tenant, switch it off or on"},
    {"GET", "/api/tokens", ACTION_TOKENS_READ, BODY_NONE, list_tokens, "all",
     "one's own API tokens"},
    {"POST", "/api/tokens", ACTION_TOKENS_CREATE, BODY_JSON, add_token, "",
     "make an API token; its secret is in this answer alone"},
    {"DELETE", "/api/tokens/{id}", ACTION_TOKENS_REVOKE, BODY_NONE, revoke_token, "",
     "revoke an API token"},
    {0},
};
