#include "../store/fixture.h"

#include <pthread.h>

#include "authn/authn.h"

/* The same room on the real store: what the fake one cannot know. */

static const struct authn_config config = {.password_memory_kib = 64, .password_ops = 1};
static const struct authn_peer peer = {.address = "192.0.2.1", .agent = "test"};

static struct authn *open_authn(struct home *h)
{
    struct authn *n = NULL;
    OK(authn_new(h->store, &config, &n, err));
    return n;
}

static int64_t add_tenant(struct home *h)
{
    struct tenant t = {
        .name = "Main", .slug = "main", .namespace = "tenants/main", .is_active = true};
    OK(store_tenant_insert(h->store, &t, err));
    return t.id;
}

static struct authn_session set_up(struct home *h, struct authn *n, struct user *user)
{
    const char *token = NULL;
    struct authn_session session = {0};
    OK(authn_setup_token(n, h->place.arena, &token, err));
    struct authn_setup in = {.token = str_of(token),
                             .email = "Owner@Example.com",
                             .password = STR("correct horse battery"),
                             .tenant_id = add_tenant(h)};
    OK(authn_setup(n, h->place.arena, &in, peer, &session, user, err));
    return session;
}

static enum errcode who(struct home *h, struct authn *n, const char *secret, struct principal *p)
{
    struct error e = ERROR_INIT;
    enum errcode code = authn_authenticate(n, h->place.arena, str_of(secret), str_of(NULL), p, &e);
    error_release(&e);
    return code;
}

static void a_session_outlives_the_server(void **state)
{
    struct home *h = *state;
    struct authn *n = open_authn(h);
    struct user user;
    struct principal p;
    struct authn_session session = set_up(h, n, &user);
    assert_int_equal(who(h, n, session.token, &p), ERR_OK);
    authn_free(n);
    home_close(h);
    home_open(h);
    n = open_authn(h);
    OK(authn_authenticate(n, h->place.arena, str_of(session.token), str_of(NULL), &p, err));
    assert_int_equal(p.user_id, user.id);
    assert_string_equal(p.email, "owner@example.com");
    assert_int_equal(p.role, ROLE_OWNER);
    assert_string_equal(p.csrf, session.csrf);
    assert_int_equal(authn_logout(n, &p, NULL), ERR_OK);
    assert_int_equal(who(h, n, session.token, &p), ERR_UNAUTHENTICATED);
    const char *token = "";
    OK(authn_setup_token(n, h->place.arena, &token, err));
    assert_null(token);
    authn_free(n);
}

struct race {
    struct authn *authn;
    struct authn_setup in;
    enum errcode code;
};

static void *race_for_set_up(void *arg)
{
    struct race *r = arg;
    struct arena *a = arena_new();
    struct authn_session session;
    struct user user;
    r->code = authn_setup(r->authn, a, &r->in, peer, &session, &user, NULL);
    arena_free(a);
    return NULL;
}

static void of_many_set_ups_at_once_one_wins(void **state)
{
    struct home *h = *state;
    struct authn *n = open_authn(h);
    struct race races[6];
    pthread_t threads[ARRAY_LEN(races)];
    const char *token = NULL;
    size_t n_won = 0, n_users = 0;
    struct user *users = NULL;
    int64_t tenant_id = add_tenant(h);
    OK(authn_setup_token(n, h->place.arena, &token, err));
    for (size_t i = 0; i < ARRAY_LEN(races); i++) {
        races[i] = (struct race){
            .authn = n,
            .in = {.token = str_of(token),
                   .email = arena_printf(h->place.arena, "o%zu@x.org", i),
                   .password = STR("correct horse battery"),
                   .tenant_id = tenant_id},
        };
        assert_int_equal(pthread_create(&threads[i], NULL, race_for_set_up, &races[i]), 0);
    }
    for (size_t i = 0; i < ARRAY_LEN(races); i++) {
        pthread_join(threads[i], NULL);
        n_won += races[i].code == ERR_OK;
        assert_true(races[i].code == ERR_OK || races[i].code == ERR_FORBIDDEN ||
                    races[i].code == ERR_NOT_FOUND);
    }
    OK(store_user_list(h->store, h->place.arena, 0, (struct store_page){0}, &users, &n_users, err));
    assert_int_equal(n_won, 1);
    assert_int_equal(n_users, 1);
    authn_free(n);
}

static void failures_are_counted_and_forgotten(void **state)
{
    struct home *h = *state;
    struct authn *n = open_authn(h);
    struct authn_session session;
    struct user user;
    struct error err = ERROR_INIT;
    set_up(h, n, &user);
    struct str email = STR("owner@example.com");
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 4; i++) {
            assert_int_equal(authn_login(n, h->place.arena, email, STR("not the password"), peer,
                                         &session, &user, NULL),
                             ERR_INVALID_CREDENTIALS);
        }
        assert_int_equal(authn_login(n, h->place.arena, email, STR("correct horse battery"), peer,
                                     &session, &user, NULL),
                         ERR_OK);
    }
    for (int i = 0; i < 5; i++) {
        assert_int_equal(authn_login(n, h->place.arena, email, STR("not the password"), peer,
                                     &session, &user, NULL),
                         ERR_INVALID_CREDENTIALS);
    }
    assert_int_equal(authn_login(n, h->place.arena, email, STR("correct horse battery"), peer,
                                 &session, &user, &err),
                     ERR_LOCKED_OUT);
    assert_in_range(authn_retry_after(&err), 1, 15 * 60);
    error_release(&err);
    authn_free(n);
}

static void people_and_tokens_go_at_once(void **state)
{
    struct home *h = *state;
    static const char *const active[] = {"is_active", NULL};
    static const char *const list[] = {"data.read", "*.read@table:contacts"};
    struct authn *n = open_authn(h);
    struct user owner, u;
    struct principal p;
    struct api_token row, *rows;
    size_t n_rows;
    const char *secret;
    set_up(h, n, &owner);
    struct authn_user in = {
        .email = "u@x.org", .role = ROLE_USER, .level = LEVEL_EDITOR, .tenant_id = owner.tenant_id};
    OK(authn_user_add(n, h->place.arena, &in, &u, err));
    struct authn_token token = {.user_id = u.id, .has_allow = true, .allow = list, .n_allow = 2};
    OK(authn_token_create(n, h->place.arena, &token, &secret, &row, err));
    assert_int_equal(who(h, n, secret, &p), ERR_OK);
    assert_int_equal(p.role, ROLE_USER);
    assert_int_equal(p.level, LEVEL_EDITOR);
    assert_int_equal(p.n_allow, 2);
    assert_string_equal(p.allow[1], list[1]);
    OK(authn_token_list(n, h->place.arena, u.id, &rows, &n_rows, err));
    assert_int_equal(n_rows, 1);
    OK(authn_token_revoke(n, row.id, 0, err));
    assert_int_equal(who(h, n, secret, &p), ERR_UNAUTHENTICATED);
    OK(authn_token_create(n, h->place.arena, &token, &secret, &row, err));
    assert_int_equal(who(h, n, secret, &p), ERR_OK);
    u.is_active = false;
    OK(authn_user_update(n, h->place.arena, &u, active, err));
    assert_int_equal(who(h, n, secret, &p), ERR_UNAUTHENTICATED);
    assert_int_equal(authn_user_delete(n, owner.id, NULL), ERR_CONFLICT);
    OK(authn_user_delete(n, u.id, err));
    struct authn_user again = {.email = "u@x.org", .role = ROLE_USER, .tenant_id = owner.tenant_id};
    OK(authn_user_add(n, h->place.arena, &again, &u, err));
    OK(authn_password_set(n, u.id, STR("long enough pw"), err));
    OK(authn_sweep(n, err));
    authn_free(n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_session_outlives_the_server),
        T(of_many_set_ups_at_once_one_wins),
        T(failures_are_counted_and_forgotten),
        T(people_and_tokens_go_at_once),
    };
    return cmocka_run_group_tests_name("authn/store", tests, NULL, NULL);
}
