#include "app/people.h"
#include "app/people_inside.h"
#include "app/tenant_cache.h"
#include "authz/pattern.h"
#include "base/time.h"

#define TOKEN_YEARS_MAX 100

static enum errcode view(const struct caller *c, const struct api_token *t, const char *email,
                         struct people_token *out, struct error *err)
{
    struct tenant bound = {0};
    *out = (struct people_token){.token = *t, .email = email};
    out->token.token_hash = NULL;
    out->has_allow = authn_token_allow(c->arena, t, &out->allow, &out->n_allow);
    if (t->tenant_id) {
        enum errcode code = tenant_by_id(c->app, c->arena, t->tenant_id, &bound, err);
        if (code != ERR_OK && code != ERR_NOT_FOUND) {
            return code;
        }
        if (code == ERR_NOT_FOUND) {
            forgive(err);
        }
        out->tenant = code == ERR_OK ? bound.slug : NULL;
    }
    return ERR_OK;
}

static const char *email_of(const struct people_user *users, size_t n, int64_t id)
{
    for (size_t i = 0; i < n; i++) {
        if (users[i].user.id == id) {
            return users[i].user.email;
        }
    }
    return NULL;
}

/* Everybody's: those of users that the caller sees in the tenant. */
static enum errcode list_all(const struct caller *c, struct people_token **out, size_t *n,
                             struct error *err)
{
    struct people_user *users = NULL;
    struct api_token *tokens = NULL;
    size_t n_users = 0, n_tokens = 0;
    TRY(caller_check(c, ACTION_TOKENS_ADMINISTER, err));
    TRY(people_user_list(c, people_sees_all(c), &users, &n_users, err));
    TRY(authn_token_list(c->app->authn, c->arena, 0, &tokens, &n_tokens, err));
    *out = ARENA_ARRAY(c->arena, n_tokens, struct people_token);
    *n = 0;
    for (size_t i = 0; i < n_tokens; i++) {
        const char *email = email_of(users, n_users, tokens[i].user_id);
        if (email) {
            TRY(view(c, &tokens[i], email, &(*out)[(*n)++], err));
        }
    }
    return ERR_OK;
}

enum errcode people_token_list(const struct caller *c, bool all, struct people_token **out,
                               size_t *n, struct error *err)
{
    if (all) {
        return list_all(c, out, n, err);
    }
    struct api_token *tokens = NULL;
    TRY(caller_check(c, ACTION_TOKENS_READ, err));
    TRY(authn_token_list(c->app->authn, c->arena, c->principal.user_id, &tokens, n, err));
    *out = ARENA_ARRAY(c->arena, *n, struct people_token);
    for (size_t i = 0; i < *n; i++) {
        TRY(view(c, &tokens[i], c->principal.email, &(*out)[i], err));
    }
    return ERR_OK;
}

/* Nobody makes a token for somebody who may do more than they may. */
static enum errcode owner_of(const struct caller *c, const char *email, int64_t *id,
                             const char **name, struct error *err)
{
    *id = c->principal.user_id;
    *name = c->principal.email;
    if (!email || text_eq(email, c->principal.email)) {
        return caller_check(c, ACTION_TOKENS_CREATE, err);
    }
    struct people_user u;
    TRY(caller_check(c, ACTION_TOKENS_ADMINISTER, err));
    TRY(people_user_find(c, email, &u, err));
    if (!authz_may_give_role(&c->subject, (enum authz_role)role_by_name(u.user.role),
                             u.user.tenant_id)) {
        return ERROR(err, ERR_FORBIDDEN, "\"%s\" may do more than you", email);
    }
    *id = u.user.id;
    *name = u.user.email;
    return ERR_OK;
}

static enum errcode check_allow(const struct people_token_new *in, struct error *err)
{
    for (size_t i = 0; i < in->n_allow; i++) {
        enum errcode code = allow_check(str_of(in->allow[i]), err);
        if (code != ERR_OK) {
            (void)error_where(err, "/allow/%zu", i);
            return code;
        }
    }
    return ERR_OK;
}

enum errcode people_token_create(const struct caller *c, const struct people_token_new *in,
                                 const char **secret, struct people_token *out, struct error *err)
{
    const char *email;
    struct api_token made;
    struct tenant bound = {0};
    struct authn_token fresh = {
        .name = in->name,
        .expires_at = in->expires_at,
        .has_allow = in->has_allow,
        .allow = in->allow,
        .n_allow = in->n_allow,
    };
    TRY(owner_of(c, in->email, &fresh.user_id, &email, err));
    if (fresh.user_id == 0) {
        return people_refuse(err, "/email", "whose token it is must be said");
    }
    TRY(check_allow(in, err));
    if (in->tenant) {
        TRY(named_tenant(c, ACTION_TOKENS_CREATE, in->tenant, &bound, err));
        fresh.tenant_id = bound.id;
    }
    TRY(authn_token_create(c->app->authn, c->arena, &fresh, secret, &made, err));
    TRY(view(c, &made, email, out, err));
    return caller_audit(c, "token.create", "token", made.name, NULL, err);
}

enum errcode people_token_revoke(const struct caller *c, int64_t id, struct error *err)
{
    struct api_token t = {0};
    TRY(caller_check(c, ACTION_TOKENS_REVOKE, err));
    enum errcode code = store_token_by_id(c->app->store, c->arena, id, &t, err);
    if (code != ERR_OK && code != ERR_NOT_FOUND) {
        return code;
    }
    bool is_own = code == ERR_OK && t.user_id == c->principal.user_id;
    if (code == ERR_OK && !is_own) {
        struct people_user u;
        if (caller_check(c, ACTION_TOKENS_ADMINISTER, NULL) != ERR_OK ||
            people_user_get(c, t.user_id, &u, NULL) != ERR_OK) {
            code = ERR_NOT_FOUND;
        }
    }
    if (code != ERR_OK) {
        return ERROR(err, ERR_NOT_FOUND, "no token %lld", (long long)id);
    }
    TRY(authn_token_revoke(c->app->authn, id, t.user_id, err));
    return caller_audit(c, "token.revoke", "token", t.name, NULL, err);
}

bool people_expiry(struct str text, int64_t *out_us)
{
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = {{'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 7 * 86400}, {'y', 365 * 86400}};
    int64_t n;
    for (size_t i = 0; text.n > 1 && i < ARRAY_LEN(units); i++) {
        if (text.p[text.n - 1] != units[i].unit ||
            !str_int64((struct str){text.p, text.n - 1}, &n)) {
            continue;
        }
        int64_t most = TOKEN_YEARS_MAX * 365 * (int64_t)86400 / units[i].seconds;
        if (n < 1 || n > most) {
            return false;
        }
        *out_us = time_now_us() + n * units[i].seconds * 1000000;
        return true;
    }
    return instant_parse(text, out_us);
}
