#include "api/api.h"
#include "api/inside.h"
#include "api/people_json.h"
#include "app/people.h"
#include "base/time.h"

/* ---- the session's cookie ------------------------------------------------------------------ */

/* Strict: the studio's own requests carry it, links and forms of other sites do not. */
static void set_cookie(struct call *c, const char *token, int64_t seconds)
{
    struct str scheme = request_header(c->request, "X-Forwarded-Proto");
    const char *secure = str_eq_nocase(scheme, STR("https")) ? "; Secure" : "";
    response_header(c->request, "Set-Cookie",
                    arena_printf(c->arena,
                                 API_COOKIE "=%s; Path=%s; HttpOnly; SameSite=Strict; "
                                            "Max-Age=%lld%s",
                                 token, c->base, (long long)seconds, secure));
}

static struct people_user as_user(const struct call *c, const struct user *u)
{
    struct people_user user = {.user = *u};
    if (u->tenant_id && u->tenant_id == c->caller->tenant.id) {
        user.tenant = c->caller->tenant.slug;
    }
    return user;
}

static enum errcode answer_session(struct call *c, const struct people_session *s, bool is_setup,
                                   struct error *err)
{
    struct answer a;
    struct people_user user = as_user(c, &s->user);
    set_cookie(c, s->session.token, (s->session.expires_at - time_now_us()) / 1000000);
    answer_begin(c, &a, 200);
    jsonw_begin_object(&a.json);
    jsonw_kv_text(&a.json, "token", s->session.token);
    jsonw_kv_instant(&a.json, "expiresAt", s->session.expires_at);
    jsonw_kv_text(&a.json, "csrf", s->session.csrf);
    if (is_setup) {
        jsonw_kv_bool(&a.json, "sample", s->has_sample);
    }
    jsonw_key(&a.json, "user");
    user_encode(&a.json, c->arena, &user);
    jsonw_end_object(&a.json);
    return answer_end(c, &a, NULL, err);
}

/* ---- handlers ------------------------------------------------------------------------------ */

static enum errcode setup(struct call *c, struct error *err)
{
    static const char *const keys[] = {"token", "email", "name", "password", "sample", NULL};
    const char *token = NULL, *password = NULL;
    struct people_setup in = {0};
    struct people_session session;
    TRY(doc_only(c->body, keys, err));
    TRY(doc_text(c->body, "token", &token, err));
    TRY(doc_text(c->body, "email", &in.email, err));
    TRY(doc_opt_text(c->body, "name", &in.name, err));
    TRY(doc_text(c->body, "password", &password, err));
    TRY(doc_opt_bool(c->body, "sample", &in.with_sample, err));
    in.token = str_of(token);
    in.password = str_of(password);
    TRY(people_setup(c->caller, &in, &session, err));
    return answer_session(c, &session, true, err);
}

static enum errcode login(struct call *c, struct error *err)
{
    static const char *const keys[] = {"email", "password", NULL};
    const char *email = NULL, *password = NULL;
    struct people_session session;
    TRY(doc_only(c->body, keys, err));
    TRY(doc_text(c->body, "email", &email, err));
    TRY(doc_text(c->body, "password", &password, err));
    TRY(people_login(c->caller, str_of(email), str_of(password), &session, err));
    return answer_session(c, &session, false, err);
}

static enum errcode answer_empty(struct call *c, struct error *err)
{
    struct answer a;
    answer_begin(c, &a, 200);
    jsonw_null(&a.json);
    return answer_end(c, &a, NULL, err);
}

static enum errcode logout(struct call *c, struct error *err)
{
    TRY(people_logout(c->caller, err));
    if (c->caller->principal.by_cookie) {
        set_cookie(c, "", 0);
    }
    return answer_empty(c, err);
}

static enum errcode me(struct call *c, struct error *err)
{
    struct answer a;
    struct user u;
    TRY(people_me(c->caller, &u, err));
    struct people_user user = as_user(c, &u);
    answer_begin(c, &a, 200);
    jsonw_begin_object(&a.json);
    jsonw_key(&a.json, "user");
    user_encode(&a.json, c->arena, &user);
    jsonw_kv_text(&a.json, "csrf", c->caller->principal.csrf);
    jsonw_kv_instant(&a.json, "expiresAt", c->caller->principal.expires_at);
    jsonw_key(&a.json, "tenant");
    if (c->caller->tenant.id) {
        tenant_encode(&a.json, &c->caller->tenant);
    } else {
        jsonw_null(&a.json);
    }
    jsonw_end_object(&a.json);
    return answer_end(c, &a, NULL, err);
}

static enum errcode password(struct call *c, struct error *err)
{
    static const char *const keys[] = {"oldPassword", "password", NULL};
    const char *old = NULL, *fresh = NULL;
    TRY(doc_only(c->body, keys, err));
    TRY(doc_text(c->body, "oldPassword", &old, err));
    TRY(doc_text(c->body, "password", &fresh, err));
    TRY(people_password(c->caller, str_of(old), str_of(fresh), err));
    return answer_empty(c, err);
}

const struct route routes_auth[] = {
    {"POST", "/api/auth/setup", ACTION_PUBLIC, BODY_JSON, setup, "",
     "make the first OWNER with the one-time link"},
    {"POST", "/api/auth/login", ACTION_PUBLIC, BODY_JSON, login, "", "sign in"},
    {"POST", "/api/auth/logout", ACTION_SIGNED_IN, BODY_OPTIONAL, logout, "", "end the session"},
    {"GET", "/api/auth/me", ACTION_SIGNED_IN, BODY_NONE, me, "", "who is signed in, and where"},
    {"POST", "/api/auth/password", ACTION_SIGNED_IN, BODY_JSON, password, "",
     "change one's own password; other sessions end"},
    {0},
};
