#include "authn/authn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "crypt/token.h"
#include "fake_store.h"

#define SECOND ((int64_t)1000000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

#define OWNER_EMAIL    "Owner@Example.com"
#define OWNER_PASSWORD STR("correct horse battery")

static struct authn *n;
static struct arena *a;
static const struct authn_peer peer = {.address = "192.0.2.1", .agent = "test/1.0"};

static int begin(void **state)
{
    (void)state;
    static const struct authn_config config = {
        .session_hours = 2, .password_memory_kib = 64, .password_ops = 1, .now = fake_now};
    fake_reset();
    a = arena_new();
    fake_tenant("main");
    return authn_new(NULL, &config, &n, NULL) == ERR_OK ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    n = authn_free(n);
    a = arena_free(a);
    fake.arena = arena_free(fake.arena);
    return 0;
}

static struct authn_setup setup_with(const char *token)
{
    return (struct authn_setup){
        .token = str_of(token), .email = OWNER_EMAIL, .password = OWNER_PASSWORD, .tenant_id = 1};
}

static struct authn_session set_up(void)
{
    const char *token;
    struct authn_session session;
    struct user user;
    assert_int_equal(authn_setup_token(n, a, &token, NULL), ERR_OK);
    struct authn_setup in = setup_with(token);
    assert_int_equal(authn_setup(n, a, &in, peer, &session, &user, NULL), ERR_OK);
    return session;
}

static struct user add(const char *email, enum role role, int64_t tenant_id)
{
    struct authn_user in = {
        .email = email, .role = role, .tenant_id = tenant_id, .password = STR("long enough pw")};
    struct user u;
    assert_int_equal(authn_user_add(n, a, &in, &u, NULL), ERR_OK);
    return u;
}

static enum errcode login(const char *email, const char *password, struct authn_session *session)
{
    struct user user;
    return authn_login(n, a, str_of(email), str_of(password), peer, session, &user, NULL);
}

static struct authn_session sign_in(const char *email)
{
    struct authn_session session;
    assert_int_equal(login(email, "long enough pw", &session), ERR_OK);
    return session;
}

static enum errcode who(const char *bearer, struct principal *p)
{
    return authn_authenticate(n, a, str_of(bearer), str_of(NULL), p, NULL);
}

/* ---- set-up ------------------------------------------------------------------------------ */

/* X-22: the first owner comes by the one-time link */
static void set_up_makes_the_owner_once(void **state)
{
    (void)state;
    const char *token;
    struct authn_session session = {0};
    struct user user;
    bool has_owner;
    assert_int_equal(authn_has_owner(n, &has_owner, NULL), ERR_OK);
    assert_false(has_owner);
    assert_int_equal(authn_setup_token(n, a, &token, NULL), ERR_OK);
    assert_int_equal(authn_setup_check(n, str_of(token), NULL), ERR_OK);
    struct authn_setup in = setup_with(token);
    assert_int_equal(authn_setup(n, a, &in, peer, &session, &user, NULL), ERR_OK);
    assert_string_equal(user.email, "owner@example.com");
    assert_string_equal(user.name, "owner");
    assert_string_equal(user.role, "OWNER");
    assert_true(user.is_platform);
    assert_int_equal(user.tenant_id, 1);
    assert_null(user.password_hash);
    assert_int_equal(authn_has_owner(n, &has_owner, NULL), ERR_OK);
    assert_true(has_owner);
    assert_int_equal(authn_setup(n, a, &in, peer, &session, &user, NULL), ERR_NOT_FOUND);
    assert_int_equal(authn_setup_check(n, str_of(token), NULL), ERR_NOT_FOUND);
    assert_int_equal(authn_setup_token(n, a, &token, NULL), ERR_OK);
    assert_null(token);
    struct principal p;
    assert_int_equal(who(session.token, &p), ERR_OK);
    assert_int_equal(p.role, ROLE_OWNER);
    assert_int_equal(p.level, LEVEL_ADMIN);
}

static void a_wrong_old_or_used_set_up_link_is_refused(void **state)
{
    (void)state;
    const char *first, *second;
    assert_int_equal(authn_setup_token(n, a, &first, NULL), ERR_OK);
    assert_int_equal(authn_setup_token(n, a, &second, NULL), ERR_OK);
    assert_int_equal(authn_setup_check(n, str_of(first), NULL), ERR_FORBIDDEN);
    assert_int_equal(authn_setup_check(n, STR("guess"), NULL), ERR_FORBIDDEN);
    assert_int_equal(authn_setup_check(n, STR(""), NULL), ERR_FORBIDDEN);
    assert_int_equal(authn_setup_check(n, str_of(token_new(a, TOKEN_SETUP)), NULL), ERR_FORBIDDEN);
    assert_int_equal(authn_setup_check(n, str_of(second), NULL), ERR_OK);
    fake.now += (AUTHN_SETUP_HOURS)*HOUR;
    assert_int_equal(authn_setup_check(n, str_of(second), NULL), ERR_FORBIDDEN);
}

static void a_refused_set_up_does_not_use_the_link_up(void **state)
{
    (void)state;
    const char *token;
    struct authn_session session;
    struct user user;
    struct error err = ERROR_INIT;
    assert_int_equal(authn_setup_token(n, a, &token, NULL), ERR_OK);
    struct authn_setup in = setup_with(token);
    in.password = STR("short");
    assert_int_equal(authn_setup(n, a, &in, peer, &session, &user, &err), ERR_INVALID);
    assert_string_equal(err.where, "/password");
    in = setup_with(token);
    in.email = "nowhere";
    assert_int_equal(authn_setup(n, a, &in, peer, &session, &user, &err), ERR_INVALID);
    assert_string_equal(err.where, "/email");
    error_release(&err);
    in = setup_with(token);
    fake.fail_insert = ERR_DISK_FULL;
    assert_int_equal(authn_setup(n, a, &in, peer, &session, &user, NULL), ERR_DISK_FULL);
    assert_int_equal(fake.n_users, 0);
    assert_int_equal(authn_setup(n, a, &in, peer, &session, &user, NULL), ERR_OK);
}

/* ---- sign-in ----------------------------------------------------------------------------- */

/* B-77 */
static void email_and_password_give_a_session(void **state)
{
    (void)state;
    set_up();
    struct authn_session session;
    struct principal p;
    assert_int_equal(login("OWNER@example.com", "correct horse battery", &session), ERR_OK);
    assert_int_equal(session.expires_at, fake.now + 2 * HOUR);
    assert_int_equal(token_kind_of(str_of(session.token)), TOKEN_SESSION);
    assert_string_not_equal(fake.sessions[session.id - 1].token_hash, session.token);
    assert_string_equal(fake.sessions[session.id - 1].ip_address, "192.0.2.1");
    assert_int_equal(who(session.token, &p), ERR_OK);
    assert_int_equal(p.kind, PRINCIPAL_USER);
    assert_int_equal(p.user_id, 1);
    assert_string_equal(p.email, "owner@example.com");
    assert_int_equal(p.session_id, session.id);
    assert_false(p.by_cookie);
    assert_int_equal(fake.users[0].last_login_at, fake.now);
}

static void a_wrong_password_and_an_unknown_account_answer_alike(void **state)
{
    (void)state;
    set_up();
    struct authn_session session;
    struct user user;
    struct error wrong = ERROR_INIT, unknown = ERROR_INIT;
    assert_int_equal(
        authn_login(n, a, STR(OWNER_EMAIL), STR("not the password"), peer, &session, &user, &wrong),
        ERR_INVALID_CREDENTIALS);
    assert_int_equal(authn_login(n, a, STR("nobody@example.com"), STR("not the password"), peer,
                                 &session, &user, &unknown),
                     ERR_INVALID_CREDENTIALS);
    assert_string_equal(wrong.message, unknown.message);
    assert_null(wrong.detail);
    assert_null(unknown.detail);
    error_release(&wrong);
    error_release(&unknown);
    assert_int_equal(login("", "", &session), ERR_INVALID_CREDENTIALS);
    assert_int_equal(login("no address", "x", &session), ERR_INVALID_CREDENTIALS);
}

static void without_a_password_nobody_signs_in(void **state)
{
    (void)state;
    struct authn_user in = {.email = "p@x.org", .role = ROLE_USER, .tenant_id = 1};
    struct user u;
    struct authn_session session;
    assert_int_equal(authn_user_add(n, a, &in, &u, NULL), ERR_OK);
    assert_int_equal(login("p@x.org", "", &session), ERR_INVALID_CREDENTIALS);
    assert_int_equal(login("p@x.org", "anything", &session), ERR_INVALID_CREDENTIALS);
}

static void the_account_waits_after_five_failures(void **state)
{
    (void)state;
    set_up();
    struct authn_session session;
    struct user user;
    struct error err = ERROR_INIT;
    for (int i = 0; i < 5; i++) {
        assert_int_equal(login(OWNER_EMAIL, "not the password", &session), ERR_INVALID_CREDENTIALS);
        fake.now += SECOND;
    }
    assert_int_equal(
        authn_login(n, a, STR(OWNER_EMAIL), OWNER_PASSWORD, peer, &session, &user, &err),
        ERR_LOCKED_OUT);
    assert_int_equal(authn_retry_after(&err), 15 * 60 - 1);
    error_release(&err);
    assert_int_equal(authn_retry_after(&err), 0);
    fake.now += 14 * MINUTE;
    assert_int_equal(login(OWNER_EMAIL, "correct horse battery", &session), ERR_LOCKED_OUT);
    fake.now += MINUTE + SECOND;
    assert_int_equal(login(OWNER_EMAIL, "correct horse battery", &session), ERR_OK);
}

static void an_unknown_account_waits_too(void **state)
{
    (void)state;
    struct authn_session session;
    for (int i = 0; i < 5; i++) {
        assert_int_equal(login("nobody@x.org", "whatever else", &session), ERR_INVALID_CREDENTIALS);
    }
    assert_int_equal(login("nobody@x.org", "whatever else", &session), ERR_LOCKED_OUT);
    assert_int_equal(login("NOBODY@x.org", "whatever else", &session), ERR_LOCKED_OUT);
}

static void waiting_is_not_made_longer_by_trying(void **state)
{
    (void)state;
    set_up();
    struct authn_session session;
    for (int i = 0; i < 5; i++) {
        assert_int_equal(login(OWNER_EMAIL, "not the password", &session), ERR_INVALID_CREDENTIALS);
    }
    for (int i = 0; i < 14; i++) {
        fake.now += MINUTE;
        assert_int_equal(login(OWNER_EMAIL, "not the password", &session), ERR_LOCKED_OUT);
    }
    fake.now += MINUTE + SECOND;
    assert_int_equal(login(OWNER_EMAIL, "correct horse battery", &session), ERR_OK);
}

static void a_success_starts_the_account_at_zero(void **state)
{
    (void)state;
    set_up();
    struct authn_session session;
    for (int i = 0; i < 12; i++) {
        const char *password = i % 4 == 3 ? "correct horse battery" : "not the password";
        assert_int_equal(login(OWNER_EMAIL, password, &session),
                         i % 4 == 3 ? ERR_OK : ERR_INVALID_CREDENTIALS);
    }
}

static void a_peer_that_tries_many_accounts_waits(void **state)
{
    (void)state;
    set_up();
    struct authn_session session;
    struct user user;
    for (int i = 0; i < 50; i++) {
        const char *email = arena_printf(a, "u%d@x.org", i);
        assert_int_equal(login(email, "not the password", &session), ERR_INVALID_CREDENTIALS);
    }
    assert_int_equal(login(OWNER_EMAIL, "correct horse battery", &session), ERR_LOCKED_OUT);
    struct authn_peer other = {.address = "192.0.2.2"};
    assert_int_equal(
        authn_login(n, a, STR(OWNER_EMAIL), OWNER_PASSWORD, other, &session, &user, NULL), ERR_OK);
}

static void a_hash_of_another_cost_is_renewed_at_sign_in(void **state)
{
    (void)state;
    set_up();
    const char *before = fake.users[0].password_hash;
    struct authn_session session;
    assert_int_equal(login(OWNER_EMAIL, "correct horse battery", &session), ERR_OK);
    assert_ptr_equal(fake.users[0].password_hash, before);
    struct authn_config dearer = {.password_memory_kib = 128, .password_ops = 1, .now = fake_now};
    n = authn_free(n);
    assert_int_equal(authn_new(NULL, &dearer, &n, NULL), ERR_OK);
    assert_int_equal(login(OWNER_EMAIL, "correct horse battery", &session), ERR_OK);
    assert_non_null(strstr(fake.users[0].password_hash, "m=128,"));
    assert_int_equal(login(OWNER_EMAIL, "correct horse battery", &session), ERR_OK);
}

/* ---- recognising ------------------------------------------------------------------------- */

static void no_credentials_are_nobody_and_wrong_ones_are_refused(void **state)
{
    (void)state;
    struct principal p;
    assert_int_equal(who(NULL, &p), ERR_OK);
    assert_int_equal(p.kind, PRINCIPAL_NONE);
    const char *const bad[] = {"x",
                               "tls_",
                               "Bearer x",
                               "tel_forged",
                               token_new(a, TOKEN_SESSION),
                               token_new(a, TOKEN_API),
                               token_new(a, TOKEN_SETUP)};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_int_equal(who(bad[i], &p), ERR_UNAUTHENTICATED);
    }
    assert_int_equal(fake.n_reads, 2);
}

static void a_cookie_is_known_as_one_and_takes_sessions_only(void **state)
{
    (void)state;
    struct authn_session session = set_up();
    struct principal p;
    struct str none = {0};
    struct str cookie = str_of(session.token);
    assert_int_equal(authn_authenticate(n, a, none, cookie, &p, NULL), ERR_OK);
    assert_true(p.by_cookie);
    assert_true(authn_csrf_matches(&p, str_of(session.csrf)));
    assert_false(authn_csrf_matches(&p, STR("x")));
    assert_false(authn_csrf_matches(&p, none));
    assert_int_equal(who(session.token, &p), ERR_OK);
    assert_false(p.by_cookie);
    struct authn_token in = {.user_id = 1};
    struct api_token row;
    const char *secret;
    assert_int_equal(authn_token_create(n, a, &in, &secret, &row, NULL), ERR_OK);
    assert_int_equal(authn_authenticate(n, a, none, str_of(secret), &p, NULL), ERR_UNAUTHENTICATED);
    assert_int_equal(who(secret, &p), ERR_OK); /* what is kept of it now is no cookie either */
    assert_int_equal(authn_authenticate(n, a, none, str_of(secret), &p, NULL), ERR_UNAUTHENTICATED);
    assert_int_equal(authn_authenticate(n, a, STR("wrong"), cookie, &p, NULL), ERR_UNAUTHENTICATED);
    struct principal nobody = {0};
    assert_false(authn_csrf_matches(&nobody, none));
}

static void a_session_ends_at_its_time(void **state)
{
    (void)state;
    struct authn_session session = set_up();
    struct principal p;
    fake.now += 2 * HOUR - 1;
    assert_int_equal(who(session.token, &p), ERR_OK);
    fake.now += 1;
    assert_int_equal(who(session.token, &p), ERR_UNAUTHENTICATED);
}

static void logout_ends_that_session_at_once(void **state)
{
    (void)state;
    struct authn_session one = set_up();
    struct authn_session two;
    struct principal p, q;
    assert_int_equal(login(OWNER_EMAIL, "correct horse battery", &two), ERR_OK);
    assert_int_equal(who(one.token, &p), ERR_OK);
    assert_int_equal(who(two.token, &q), ERR_OK);
    assert_int_equal(authn_logout(n, &p, NULL), ERR_OK);
    assert_int_equal(who(one.token, &p), ERR_UNAUTHENTICATED);
    assert_int_equal(who(two.token, &q), ERR_OK);
}

static void what_was_found_is_kept_for_a_moment(void **state)
{
    (void)state;
    struct authn_session session = set_up();
    struct principal p;
    assert_int_equal(who(session.token, &p), ERR_OK);
    size_t reads = fake.n_reads;
    for (int i = 0; i < 100; i++) {
        assert_int_equal(who(session.token, &p), ERR_OK);
    }
    assert_true(fake.n_reads <= reads + 1); /* a slow machine may pass the moment once */
    assert_string_equal(p.email, "owner@example.com");
    assert_string_equal(p.csrf, session.csrf);
    usleep(300000);
    reads = fake.n_reads;
    assert_int_equal(who(session.token, &p), ERR_OK);
    assert_int_equal(fake.n_reads, reads + 1);
}

static void a_user_who_is_switched_off_is_out_at_once(void **state)
{
    (void)state;
    static const char *const fields[] = {"is_active", NULL};
    set_up();
    struct user u = add("u@x.org", ROLE_USER, 1);
    struct authn_session session = sign_in("u@x.org");
    struct authn_token in = {.user_id = u.id};
    struct api_token row;
    const char *secret;
    struct principal p;
    assert_int_equal(authn_token_create(n, a, &in, &secret, &row, NULL), ERR_OK);
    assert_int_equal(who(session.token, &p), ERR_OK);
    assert_int_equal(who(secret, &p), ERR_OK);
    u.is_active = false;
    assert_int_equal(authn_user_update(n, a, &u, fields, NULL), ERR_OK);
    assert_int_equal(who(session.token, &p), ERR_UNAUTHENTICATED);
    assert_int_equal(who(secret, &p), ERR_UNAUTHENTICATED);
    assert_int_equal(login("u@x.org", "long enough pw", &session), ERR_INVALID_CREDENTIALS);
    assert_int_equal(authn_principal(n, a, u.id, &p, NULL), ERR_NOT_FOUND);
    u.is_active = true;
    assert_int_equal(authn_user_update(n, a, &u, fields, NULL), ERR_OK);
    assert_int_equal(who(session.token, &p), ERR_UNAUTHENTICATED);
    assert_int_equal(who(secret, &p), ERR_OK);
    assert_int_equal(authn_user_delete(n, u.id, NULL), ERR_OK);
    assert_int_equal(who(secret, &p), ERR_UNAUTHENTICATED);
}

static void a_role_that_changes_counts_at_once(void **state)
{
    (void)state;
    static const char *const fields[] = {"role", "permission_level", NULL};
    set_up();
    struct user u = add("u@x.org", ROLE_TENANT_ADMIN, 1);
    struct authn_session session = sign_in("u@x.org");
    struct principal p;
    assert_int_equal(who(session.token, &p), ERR_OK);
    assert_int_equal(p.role, ROLE_TENANT_ADMIN);
    assert_int_equal(p.level, LEVEL_ADMIN);
    u.role = "USER";
    u.permission_level = "editor";
    assert_int_equal(authn_user_update(n, a, &u, fields, NULL), ERR_OK);
    assert_int_equal(who(session.token, &p), ERR_OK);
    assert_int_equal(p.role, ROLE_USER);
    assert_int_equal(p.level, LEVEL_EDITOR);
    assert_false(fake.users[u.id - 1].is_platform);
    u.role = "PLATFORM_ADMIN";
    assert_int_equal(authn_user_update(n, a, &u, fields, NULL), ERR_OK);
    assert_true(fake.users[u.id - 1].is_platform);
}

static void a_tenant_that_is_switched_off_shuts_its_people_out(void **state)
{
    (void)state;
    struct authn_session owner = set_up();
    int64_t acme = fake_tenant("acme");
    struct user u = add("u@x.org", ROLE_USER, acme);
    struct authn_session session = sign_in("u@x.org");
    struct principal p;
    assert_int_equal(who(session.token, &p), ERR_OK);
    fake.tenants[acme - 1].is_active = false;
    fake.tenants[0].is_active = false;
    authn_forget(n);
    assert_int_equal(who(session.token, &p), ERR_UNAUTHENTICATED);
    assert_int_equal(who(owner.token, &p), ERR_OK);
    fake.tenants[0].is_active = true;
    fake.memberships[fake.n_memberships++] =
        (struct user_tenant){.user_id = u.id, .tenant_id = 1, .role = "TENANT_ADMIN"};
    authn_forget(n);
    assert_int_equal(who(session.token, &p), ERR_OK);
    assert_int_equal(p.role, ROLE_NONE);
    assert_int_equal(p.tenant_id, 0);
    assert_int_equal(principal_role_in(&p, 1), ROLE_TENANT_ADMIN);
    assert_int_equal(principal_role_in(&p, acme), ROLE_NONE);
    assert_int_equal(principal_role_in(&p, 0), ROLE_NONE);
}

static void a_membership_gives_no_platform_role(void **state)
{
    (void)state;
    set_up();
    int64_t acme = fake_tenant("acme");
    struct user u = add("u@x.org", ROLE_USER, 1);
    fake.memberships[fake.n_memberships++] =
        (struct user_tenant){.user_id = u.id, .tenant_id = acme, .role = "OWNER"};
    struct authn_session session = sign_in("u@x.org");
    struct principal p;
    assert_int_equal(who(session.token, &p), ERR_OK);
    assert_int_equal(principal_role_in(&p, acme), ROLE_NONE);
    assert_false(principal_is_platform(&p));
}

static void a_store_that_fails_is_not_taken_for_a_wrong_password(void **state)
{
    (void)state;
    struct authn_session session = set_up();
    struct principal p;
    fake.fail_reads = ERR_BUSY;
    assert_int_equal(who(session.token, &p), ERR_BUSY);
    fake.fail_reads = ERR_OK;
    assert_int_equal(who(session.token, &p), ERR_OK);
}

static void noting_the_last_use_never_keeps_anybody_out(void **state)
{
    (void)state;
    struct authn_session session = set_up();
    struct principal p;
    fake.fail_touches = ERR_DISK_FULL;
    fake.now += 10 * MINUTE;
    assert_int_equal(who(session.token, &p), ERR_OK);
    assert_int_equal(fake.n_touches, 1);
    fake.fail_touches = ERR_OK;
    authn_forget(n);
    assert_int_equal(who(session.token, &p), ERR_OK);
    assert_int_equal(fake.sessions[session.id - 1].last_seen_at, fake.now);
    authn_forget(n);
    assert_int_equal(who(session.token, &p), ERR_OK);
    assert_int_equal(fake.n_touches, 2);
}

/* ---- people ------------------------------------------------------------------------------ */

static void the_last_owner_stays(void **state)
{
    (void)state;
    static const char *const active[] = {"is_active", NULL};
    static const char *const role[] = {"role", NULL};
    set_up();
    struct user u = fake.users[0];
    u.is_active = false;
    assert_int_equal(authn_user_update(n, a, &u, active, NULL), ERR_CONFLICT);
    u.is_active = true;
    u.role = "USER";
    assert_int_equal(authn_user_update(n, a, &u, role, NULL), ERR_CONFLICT);
    assert_int_equal(authn_user_delete(n, u.id, NULL), ERR_CONFLICT);
    add("second@x.org", ROLE_OWNER, 0);
    assert_int_equal(authn_user_update(n, a, &u, role, NULL), ERR_OK);
    assert_int_equal(authn_user_delete(n, 2, NULL), ERR_CONFLICT);
}

static void a_user_needs_email_role_and_tenant(void **state)
{
    (void)state;
    static const struct {
        struct authn_user in;
        const char *where;
    } bad[] = {
        {{.email = "", .role = ROLE_USER, .tenant_id = 1}, "/email"},
        {{.email = NULL, .role = ROLE_USER, .tenant_id = 1}, "/email"},
        {{.email = "u@x.org", .tenant_id = 1}, "/role"},
        {{.email = "u@x.org", .role = ROLE_USER}, "/tenantId"},
        {{.email = "u@x.org", .role = ROLE_TENANT_ADMIN}, "/tenantId"},
        {{.email = "u@x.org", .role = ROLE_USER, .tenant_id = 1, .password = {"", 0}}, "/password"},
        {{.email = "u@x.org", .role = ROLE_USER, .tenant_id = 1, .name = "\xff"}, "/name"},
    };
    struct user u;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct error err = ERROR_INIT;
        assert_int_equal(authn_user_add(n, a, &bad[i].in, &u, &err), ERR_INVALID);
        assert_string_equal(err.where, bad[i].where);
        error_release(&err);
    }
    add("U@x.org", ROLE_USER, 1);
    struct authn_user again = {.email = "u@X.org", .role = ROLE_USER, .tenant_id = 1};
    assert_int_equal(authn_user_add(n, a, &again, &u, NULL), ERR_UNIQUE_VIOLATION);
}

static void a_new_password_ends_the_other_sessions(void **state)
{
    (void)state;
    set_up();
    add("u@x.org", ROLE_USER, 1);
    struct authn_session one = sign_in("u@x.org"), two = sign_in("u@x.org");
    struct principal p, q;
    assert_int_equal(who(one.token, &p), ERR_OK);
    assert_int_equal(who(two.token, &q), ERR_OK);
    assert_int_equal(authn_password_change(n, &p, STR("wrong"), STR("another one"), peer, NULL),
                     ERR_INVALID_CREDENTIALS);
    assert_int_equal(
        authn_password_change(n, &p, STR("long enough pw"), STR("u@x.org"), peer, NULL),
        ERR_INVALID);
    assert_int_equal(
        authn_password_change(n, &p, STR("long enough pw"), STR("another one"), peer, NULL),
        ERR_OK);
    assert_int_equal(who(one.token, &p), ERR_OK);
    assert_int_equal(who(two.token, &q), ERR_UNAUTHENTICATED);
    assert_int_equal(login("u@x.org", "long enough pw", &two), ERR_INVALID_CREDENTIALS);
    assert_int_equal(login("u@x.org", "another one", &two), ERR_OK);
}

static void guessing_the_old_password_locks_as_signing_in_does(void **state)
{
    (void)state;
    set_up();
    add("u@x.org", ROLE_USER, 1);
    struct authn_session session = sign_in("u@x.org");
    struct principal p;
    assert_int_equal(who(session.token, &p), ERR_OK);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(authn_password_change(n, &p, STR("guess"), STR("another one"), peer, NULL),
                         ERR_INVALID_CREDENTIALS);
    }
    assert_int_equal(
        authn_password_change(n, &p, STR("long enough pw"), STR("another one"), peer, NULL),
        ERR_LOCKED_OUT);
    assert_int_equal(authn_password_set(n, p.user_id, STR("set by others"), NULL), ERR_OK);
    assert_int_equal(who(session.token, &p), ERR_UNAUTHENTICATED);
    assert_int_equal(login("u@x.org", "set by others", &session), ERR_OK);
}

static void an_api_token_changes_no_password(void **state)
{
    (void)state;
    set_up();
    struct principal p = {.kind = PRINCIPAL_TOKEN, .user_id = 1};
    assert_int_equal(authn_password_change(n, &p, OWNER_PASSWORD, STR("another one"), peer, NULL),
                     ERR_FORBIDDEN);
}

static void a_password_keeps_to_the_rules(void **state)
{
    (void)state;
    char longest[AUTHN_PASSWORD_MAX + 1];
    for (size_t i = 0; i < sizeof longest; i++) {
        longest[i] = (char)('b' + i % 25);
    }
    const char *mine = "someone@example.com";
    assert_int_equal(authn_password_check((struct str){longest, 1024}, mine, NULL), ERR_OK);
    assert_int_equal(authn_password_check((struct str){longest, 1025}, mine, NULL), ERR_INVALID);
    assert_int_equal(authn_password_check((struct str){longest, 8}, mine, NULL), ERR_OK);
    assert_int_equal(authn_password_check((struct str){longest, 7}, mine, NULL), ERR_INVALID);
    static const char *const bad[] = {
        "", "Someone@Example.com", "password", "PassWord1", "aaaaaaaaaa", "12345678", "qwertyui"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_int_equal(authn_password_check(str_of(bad[i]), mine, NULL), ERR_INVALID);
    }
    assert_int_equal(authn_password_check(STR("administrator"), "administrator@x.org", NULL),
                     ERR_INVALID);
    assert_int_equal(authn_password_check(STR("p\xc3\xa0ss w\xc3\xb2rd"), mine, NULL), ERR_OK);
}

static void an_email_is_folded_and_checked(void **state)
{
    (void)state;
    const char *out;
    static const char *const good[] = {
        "a@b",  "A.B+c@x-y.example", "o'neil@x.org", "root@localhost", "\xc3\xa0@\xc3\xa8.it",
        "1@2.3"};
    static const char *const bad[] = {"",         "@",      "a@",    "@b",    "a",      "a@b@c",
                                      "a b@c",    "a@b c",  ".a@b",  "a.@b",  "a..b@c", "a@.b",
                                      "a@b.",     "a@b..c", "a@-b",  "a@b-",  "<a@b>",  "a@b\n",
                                      "a@b\r\nx", "a,b@c",  "a\"@b", "a@b_c", "\xff@b", "a@[1.2]",
                                      "a@b/c",    " a@b",   "a@b ",  "a\t@b"};
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        assert_int_equal(authn_email_check(a, str_of(good[i]), &out, NULL), ERR_OK);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (authn_email_check(a, str_of(bad[i]), &out, NULL) != ERR_INVALID) {
            fail_msg("\"%s\" passes", bad[i]);
        }
    }
    assert_int_equal(authn_email_check(a, STR("a\0@b"), &out, NULL), ERR_INVALID);
    assert_int_equal(authn_email_check(a, STR("A.B@X.Org"), &out, NULL), ERR_OK);
    assert_string_equal(out, "a.b@x.org");
    char longer[300];
    memset(longer, 'a', sizeof longer);
    longer[65] = '@';
    assert_int_equal(authn_email_check(a, (struct str){longer, 100}, &out, NULL), ERR_INVALID);
    longer[65] = 'a';
    longer[64] = '@';
    assert_int_equal(authn_email_check(a, (struct str){longer, 254}, &out, NULL), ERR_OK);
    assert_int_equal(authn_email_check(a, (struct str){longer, 255}, &out, NULL), ERR_INVALID);
}

/* ---- API tokens -------------------------------------------------------------------------- */

static void an_api_token_is_its_user_until_revoked(void **state)
{
    (void)state;
    set_up();
    struct user u = add("u@x.org", ROLE_TENANT_ADMIN, 1);
    struct authn_token in = {.user_id = u.id, .name = "ci"};
    struct api_token row, *list;
    const char *secret;
    size_t count;
    struct principal p;
    assert_int_equal(authn_token_create(n, a, &in, &secret, &row, NULL), ERR_OK);
    assert_int_equal(token_kind_of(str_of(secret)), TOKEN_API);
    assert_int_equal(strlen(row.prefix), TOKEN_SHOWN);
    assert_memory_equal(secret, row.prefix, TOKEN_SHOWN);
    assert_string_not_equal(row.token_hash, secret);
    assert_int_equal(who(secret, &p), ERR_OK);
    assert_int_equal(p.kind, PRINCIPAL_TOKEN);
    assert_int_equal(p.user_id, u.id);
    assert_int_equal(p.token_id, row.id);
    assert_int_equal(p.role, ROLE_TENANT_ADMIN);
    assert_false(p.has_allow);
    assert_null(p.csrf);
    assert_int_equal(authn_token_list(n, a, u.id, &list, &count, NULL), ERR_OK);
    assert_int_equal(count, 1);
    assert_int_equal(authn_token_revoke(n, row.id, 1, NULL), ERR_NOT_FOUND);
    assert_int_equal(who(secret, &p), ERR_OK);
    assert_int_equal(authn_token_revoke(n, row.id, u.id, NULL), ERR_OK);
    assert_int_equal(who(secret, &p), ERR_UNAUTHENTICATED);
    assert_int_equal(authn_token_revoke(n, 99, 0, NULL), ERR_NOT_FOUND);
}

static void an_api_token_expires(void **state)
{
    (void)state;
    set_up();
    struct authn_token in = {.user_id = 1, .expires_at = fake.now + HOUR};
    struct api_token row;
    const char *secret;
    struct principal p;
    assert_int_equal(authn_token_create(n, a, &in, &secret, &row, NULL), ERR_OK);
    fake.now += HOUR - 1;
    assert_int_equal(who(secret, &p), ERR_OK);
    fake.now += 1;
    assert_int_equal(who(secret, &p), ERR_UNAUTHENTICATED);
    in.expires_at = fake.now;
    struct error err = ERROR_INIT;
    assert_int_equal(authn_token_create(n, a, &in, &secret, &row, &err), ERR_INVALID);
    assert_string_equal(err.where, "/expiresAt");
    error_release(&err);
}

static void the_list_of_a_token_comes_back_and_empty_is_not_missing(void **state)
{
    (void)state;
    set_up();
    static const char *const list[] = {"data.read@table:a\"b", "*.read"};
    struct authn_token limited = {.user_id = 1, .has_allow = true, .allow = list, .n_allow = 2};
    struct authn_token closed = {.user_id = 1, .has_allow = true};
    struct api_token row;
    const char *secret;
    struct principal p;
    assert_int_equal(authn_token_create(n, a, &limited, &secret, &row, NULL), ERR_OK);
    for (int i = 0; i < 2; i++) { /* once read, once kept */
        assert_int_equal(who(secret, &p), ERR_OK);
        assert_true(p.has_allow);
        assert_int_equal(p.n_allow, 2);
        assert_string_equal(p.allow[0], list[0]);
        assert_string_equal(p.allow[1], list[1]);
    }
    assert_int_equal(authn_token_create(n, a, &closed, &secret, &row, NULL), ERR_OK);
    assert_int_equal(who(secret, &p), ERR_OK);
    assert_true(p.has_allow);
    assert_int_equal(p.n_allow, 0);
    fake.tokens[row.id - 1].allow = "[\"a.b\", 7]";
    authn_forget(n);
    assert_int_equal(who(secret, &p), ERR_OK);
    assert_true(p.has_allow);
    assert_int_equal(p.n_allow, 0);
}

static void a_token_of_one_tenant_acts_there_only(void **state)
{
    (void)state;
    set_up();
    int64_t acme = fake_tenant("acme"), other = fake_tenant("other");
    struct user u = add("u@x.org", ROLE_TENANT_ADMIN, acme);
    fake.memberships[fake.n_memberships++] =
        (struct user_tenant){.user_id = u.id, .tenant_id = other, .role = "USER"};
    struct authn_token in = {.user_id = u.id, .tenant_id = other};
    struct api_token row;
    const char *secret;
    struct principal p;
    assert_int_equal(authn_token_create(n, a, &in, &secret, &row, NULL), ERR_OK);
    assert_int_equal(who(secret, &p), ERR_OK);
    assert_int_equal(principal_role_in(&p, other), ROLE_USER);
    assert_int_equal(principal_role_in(&p, acme), ROLE_NONE);
    assert_int_equal(p.level, LEVEL_USER);
    assert_int_equal(p.works_in, other);
    in.tenant_id = 1; /* not a member */
    assert_int_equal(authn_token_create(n, a, &in, &secret, &row, NULL), ERR_OK);
    assert_int_equal(who(secret, &p), ERR_UNAUTHENTICATED);
}

static void limits_of_a_token_are_kept(void **state)
{
    (void)state;
    set_up();
    const char *list[AUTHN_ALLOW_MAX + 1];
    for (size_t i = 0; i < ARRAY_LEN(list); i++) {
        list[i] = "*.read";
    }
    struct authn_token in = {
        .user_id = 1, .has_allow = true, .allow = list, .n_allow = AUTHN_ALLOW_MAX};
    struct api_token row;
    const char *secret;
    assert_int_equal(authn_token_create(n, a, &in, &secret, &row, NULL), ERR_OK);
    in.n_allow++;
    assert_int_equal(authn_token_create(n, a, &in, &secret, &row, NULL), ERR_INVALID);
    in = (struct authn_token){.user_id = 1, .name = ""};
    assert_int_equal(authn_token_create(n, a, &in, &secret, &row, NULL), ERR_INVALID);
    in = (struct authn_token){.user_id = 77};
    assert_int_equal(authn_token_create(n, a, &in, &secret, &row, NULL), ERR_NOT_FOUND);
}

static void names_of_roles_and_levels_go_both_ways(void **state)
{
    (void)state;
    for (int i = ROLE_OWNER; i <= ROLE_USER; i++) {
        assert_int_equal(role_by_name(role_name((enum role)i)), i);
    }
    for (int i = LEVEL_ADMIN; i <= LEVEL_USER; i++) {
        assert_int_equal(level_by_name(level_name((enum level)i)), i);
    }
    static const char *const unknown[] = {NULL, "", "owner", "ROOT", "Admin"};
    for (size_t i = 0; i < ARRAY_LEN(unknown); i++) {
        assert_int_equal(role_by_name(unknown[i]), ROLE_NONE);
        assert_int_equal(level_by_name(unknown[i]), LEVEL_NONE);
    }
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(set_up_makes_the_owner_once),
        CASE(a_wrong_old_or_used_set_up_link_is_refused),
        CASE(a_refused_set_up_does_not_use_the_link_up),
        CASE(email_and_password_give_a_session),
        CASE(a_wrong_password_and_an_unknown_account_answer_alike),
        CASE(without_a_password_nobody_signs_in),
        CASE(the_account_waits_after_five_failures),
        CASE(an_unknown_account_waits_too),
        CASE(waiting_is_not_made_longer_by_trying),
        CASE(a_success_starts_the_account_at_zero),
        CASE(a_peer_that_tries_many_accounts_waits),
        CASE(a_hash_of_another_cost_is_renewed_at_sign_in),
        CASE(no_credentials_are_nobody_and_wrong_ones_are_refused),
        CASE(a_cookie_is_known_as_one_and_takes_sessions_only),
        CASE(a_session_ends_at_its_time),
        CASE(logout_ends_that_session_at_once),
        CASE(what_was_found_is_kept_for_a_moment),
        CASE(a_user_who_is_switched_off_is_out_at_once),
        CASE(a_role_that_changes_counts_at_once),
        CASE(a_tenant_that_is_switched_off_shuts_its_people_out),
        CASE(a_membership_gives_no_platform_role),
        CASE(a_store_that_fails_is_not_taken_for_a_wrong_password),
        CASE(noting_the_last_use_never_keeps_anybody_out),
        CASE(the_last_owner_stays),
        CASE(a_user_needs_email_role_and_tenant),
        CASE(a_new_password_ends_the_other_sessions),
        CASE(guessing_the_old_password_locks_as_signing_in_does),
        CASE(an_api_token_changes_no_password),
        CASE(a_password_keeps_to_the_rules),
        CASE(an_email_is_folded_and_checked),
        CASE(an_api_token_is_its_user_until_revoked),
        CASE(an_api_token_expires),
        CASE(the_list_of_a_token_comes_back_and_empty_is_not_missing),
        CASE(a_token_of_one_tenant_acts_there_only),
        CASE(limits_of_a_token_are_kept),
        CASE(names_of_roles_and_levels_go_both_ways),
    };
    return cmocka_run_group_tests_name("authn/authn", tests, NULL, NULL);
}
