#include "app/people.h"

#include "app/sample.h"
#include "observe/log.h"
#include "observe/metrics.h"

static struct authn_peer peer_of(const struct caller *c)
{
    return (struct authn_peer){.address = c->address, .agent = c->agent};
}

/* The caller as whoever has just signed in. */
static enum errcode become(struct caller *c, const struct people_session *s, struct error *err)
{
    struct caller_credentials in = {
        .bearer = str_of(s->session.token),
        .request_id = c->request_id,
        .address = c->address,
        .agent = c->agent,
    };
    return caller_identify(c->app, c->arena, &in, c, err);
}

/* The account is there by now, so a sample that fails is told and logged, not answered for. */
static bool add_sample(const struct caller *c)
{
    struct error e = ERROR_INIT;
    enum errcode code = app_sample_create(c, &e);
    if (code != ERR_OK) {
        log_error("sample", &e);
        error_release(&e);
    }
    return code == ERR_OK;
}

enum errcode people_setup(struct caller *c, const struct people_setup *in,
                          struct people_session *out, struct error *err)
{
    struct authn *n = c->app->authn;
    struct tenant tenant;
    const char *email;
    TRY(authn_setup_check(n, in->token, err));
    TRY(authn_email_check(c->arena, str_of(in->email), &email, err));
    TRY(authn_password_check(in->password, email, err));
    TRY(people_tenant_main(c->app, c->arena, &tenant, err));
    struct authn_setup setup = {
        .token = in->token,
        .email = email,
        .name = in->name,
        .password = in->password,
        .tenant_id = tenant.id,
    };
    *out = (struct people_session){0};
    TRY(authn_setup(n, c->arena, &setup, peer_of(c), &out->session, &out->user, err));
    TRY(become(c, out, err));
    TRY(caller_audit(c, "session.setup", "user", out->user.email, NULL, err));
    out->has_sample = in->with_sample && add_sample(c);
    return ERR_OK;
}

enum errcode people_login(struct caller *c, struct str email, struct str password,
                          struct people_session *out, struct error *err)
{
    *out = (struct people_session){0};
    enum errcode code = authn_login(c->app->authn, c->arena, email, password, peer_of(c),
                                    &out->session, &out->user, err);
    if (code != ERR_OK) {
        metric_add(METRIC_SIGN_IN_FAILURES, 1);
        return code;
    }
    code = become(c, out, err);
    if (code == ERR_UNAUTHENTICATED || code == ERR_NOT_FOUND) {
        return ERROR(err, ERR_INVALID_CREDENTIALS, "email and password do not belong together");
    }
    TRY(code);
    return caller_audit(c, "session.login", "user", out->user.email, NULL, err);
}

enum errcode people_logout(const struct caller *c, struct error *err)
{
    TRY(caller_check(c, ACTION_SIGNED_IN, err));
    TRY(authn_logout(c->app->authn, &c->principal, err));
    return caller_audit(c, "session.logout", "user", c->principal.email, NULL, err);
}

enum errcode people_me(const struct caller *c, struct user *out, struct error *err)
{
    TRY(caller_check(c, ACTION_SIGNED_IN, err));
    TRY(store_user_by_id(c->app->store, c->arena, c->principal.user_id, out, err));
    out->password_hash = NULL;
    return ERR_OK;
}

enum errcode people_password(const struct caller *c, struct str old, struct str fresh,
                             struct error *err)
{
    TRY(caller_check(c, ACTION_SIGNED_IN, err));
    TRY(authn_password_change(c->app->authn, &c->principal, old, fresh, peer_of(c), err));
    return caller_audit(c, "user.password", "user", c->principal.email, NULL, err);
}
