#include "people_fixture.h"

#include "app/repeat.h"
#include "base/time.h"
#include "store/audit.h"

static void slugs_are_narrow(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "main", "shop-2", "0"};
    static const char *const bad[] = {"",    "-a", "a-",  "A",          "a b",
                                      "a/b", "..", "a_b", "caf\xc3\xa9"};
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        assert_true(tenant_slug_valid(str_of(good[i])));
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_false(tenant_slug_valid(str_of(bad[i])));
    }
    char longest[TENANT_SLUG_MAX + 1];
    memset(longest, 'a', sizeof longest);
    assert_true(tenant_slug_valid((struct str){longest, TENANT_SLUG_MAX}));
    assert_false(tenant_slug_valid((struct str){longest, TENANT_SLUG_MAX + 1}));
}

static void expiries_are_lengths_or_instants(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "d", "0d", "-1d", "1x", "999999999y", "tomorrow", "1.5d"};
    int64_t at, now = time_now_us();
    assert_true(people_expiry(STR("30d"), &at));
    assert_in_range(at - now, (uintmax_t)30 * 86400 * 1000000,
                    (uintmax_t)30 * 86400 * 1000000 + 5000000);
    assert_true(people_expiry(STR("2030-01-01T00:00:00Z"), &at));
    assert_int_equal(at, (int64_t)1893456000 * 1000000);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_false(people_expiry(str_of(bad[i]), &at));
    }
}

static void the_link_makes_the_owner_once(void **state)
{
    struct world *w = *state;
    const char *token = NULL;
    struct caller c = {.app = w->app, .arena = w->arena};
    struct people_session session;
    OK(authn_setup_token(w->app->authn, w->arena, &token, err));
    struct people_setup in = {.token = STR("guess"), .email = "o@x.org", .password = STR(PASSWORD)};
    FAILS(ERR_FORBIDDEN, people_setup(&c, &in, &session, err));
    in.token = str_of(token);
    in.password = STR("short");
    FAILS(ERR_INVALID, people_setup(&c, &in, &session, err));
    assert_false(engine_namespace_exists(w->engine, STR("tenants/main")));
    in.password = STR(PASSWORD);
    OK(people_setup(&c, &in, &session, err));
    assert_string_equal(c.tenant.slug, "main");
    assert_string_equal(session.user.role, "OWNER");
    assert_int_equal(session.user.tenant_id, c.tenant.id);
    FAILS(ERR_NOT_FOUND, people_setup(&c, &in, &session, err));
}

static void nobody_gives_more_than_they_hold(void **state)
{
    struct world *w = *state;
    struct people_user made, owner;
    add_user(w, "o@x.org", "OWNER", NULL);
    add_tenant(w, "beta");
    add_user(w, "b@x.org", "USER", "beta");
    struct caller c = signed_in(w, add_user(w, "a@x.org", "TENANT_ADMIN", NULL));
    struct caller sys = system_caller(w);
    struct people_user_fields in = {.email = "z@x.org", .role = "OWNER", .password = STR(PASSWORD)};
    FAILS(ERR_FORBIDDEN, people_user_add(&c, &in, &made, err));
    in.role = "PLATFORM_ADMIN";
    FAILS(ERR_FORBIDDEN, people_user_add(&c, &in, &made, err));
    in.role = "USER";
    in.tenant = "beta";
    FAILS(ERR_NOT_FOUND, people_user_add(&c, &in, &made, err));
    in.tenant = NULL;
    OK(people_user_add(&c, &in, &made, err));
    assert_string_equal(made.tenant, "main");

    struct people_user_fields up = {.role = "OWNER"};
    FAILS(ERR_FORBIDDEN, people_user_update(&c, c.principal.user_id, &up, &made, err));
    FAILS(ERR_FORBIDDEN, people_user_update(&c, made.user.id, &up, &made, err));
    OK(people_user_find(&sys, "o@x.org", &owner, err));
    struct people_user_fields down = {.role = "USER"},
                              fresh = {.password = STR("another " PASSWORD)};
    FAILS(ERR_FORBIDDEN, people_user_update(&c, owner.user.id, &down, &made, err));
    FAILS(ERR_FORBIDDEN, people_user_update(&c, owner.user.id, &fresh, &made, err));
    FAILS(ERR_NOT_FOUND, people_user_find(&c, "b@x.org", &made, err));
    FAILS(ERR_CONFLICT, people_user_update(&sys, owner.user.id, &down, &made, err));
}

static void a_tenant_is_a_wall_between_lists(void **state)
{
    struct world *w = *state;
    struct people_user *users;
    struct tenant *tenants;
    size_t n;
    add_user(w, "o@x.org", "OWNER", NULL);
    add_tenant(w, "alpha");
    add_tenant(w, "beta");
    add_user(w, "b@x.org", "USER", "beta");
    struct caller a = signed_in(w, add_user(w, "a@x.org", "TENANT_ADMIN", "alpha"));
    OK(people_user_list(&a, false, &users, &n, err));
    assert_int_equal(n, 1);
    assert_string_equal(users[0].user.email, "a@x.org");
    assert_null(users[0].user.password_hash);
    FAILS(ERR_FORBIDDEN, people_user_list(&a, true, &users, &n, err));
    OK(people_tenant_list(&a, &tenants, &n, err));
    assert_int_equal(n, 1);
    struct tenant t;
    FAILS(ERR_FORBIDDEN, people_tenant_add(&a, "gamma", NULL, &t, err));
    FAILS(ERR_NOT_FOUND, people_tenant_update(&a, "beta", "Mine", NULL, &t, err));
    FAILS(ERR_NOT_FOUND, people_tenant_get(&a, "beta", &t, err));
    const bool off = false;
    FAILS(ERR_FORBIDDEN, people_tenant_update(&a, "alpha", NULL, &off, &t, err));
    OK(people_tenant_update(&a, "alpha", "Renamed", NULL, &t, err));
    struct caller sys = system_caller(w);
    OK(people_tenant_list(&sys, &tenants, &n, err));
    assert_int_equal(n, 3);
    OK(people_user_list(&sys, true, &users, &n, err));
    assert_int_equal(n, 3);
}

static void names_and_teams_are_kept(void **state)
{
    struct world *w = *state;
    struct people_user made;
    struct caller c = system_caller(w);
    struct people_user_fields in = {
        .email = "o@x.org", .role = "OWNER", .first_name = "Ann", .last_name = "Lee", .team = "IT"};
    OK(people_user_add(&c, &in, &made, err));
    struct people_profile p = people_profile_read(w->arena, &made.user);
    assert_string_equal(made.user.name, "Ann Lee");
    assert_string_equal(p.first_name, "Ann");
    assert_string_equal(p.last_name, "Lee");
    assert_string_equal(p.team, "IT");
    struct people_user_fields later = {.team = "Sales"};
    OK(people_user_update(&c, made.user.id, &later, &made, err));
    p = people_profile_read(w->arena, &made.user);
    assert_string_equal(p.team, "Sales");
    assert_string_equal(p.first_name, "Ann");
    struct user plain = {.name = "Mary Ann Smith"};
    p = people_profile_read(w->arena, &plain);
    assert_string_equal(p.first_name, "Mary Ann");
    assert_string_equal(p.last_name, "Smith");
    assert_null(p.team);
    struct people_user_fields nothing = {0};
    FAILS(ERR_INVALID, people_user_update(&c, made.user.id, &nothing, &made, err));
}

static void tokens_of_others_are_not_there(void **state)
{
    struct world *w = *state;
    const char *secret;
    struct people_token made, *list;
    size_t n;
    struct caller o = signed_in(w, add_user(w, "o@x.org", "OWNER", NULL));
    struct caller u = signed_in(w, add_user(w, "u@x.org", "USER", NULL));
    struct people_token_new in = {.name = "mine"};
    OK(people_token_create(&o, &in, &secret, &made, err));
    FAILS(ERR_NOT_FOUND, people_token_revoke(&u, made.token.id, err));
    FAILS(ERR_FORBIDDEN, people_token_list(&u, true, &list, &n, err));
    OK(people_token_list(&u, false, &list, &n, err));
    assert_int_equal(n, 0);
    in.email = "o@x.org";
    FAILS(ERR_FORBIDDEN, people_token_create(&u, &in, &secret, &made, err));
    const char *const wrong[] = {"tables.read", "no such thing"};
    struct people_token_new listed = {.has_allow = true, .allow = wrong, .n_allow = 2};
    struct error e = ERROR_INIT;
    assert_int_equal(people_token_create(&u, &listed, &secret, &made, &e), ERR_INVALID);
    assert_string_equal(e.where, "/allow/1");
    error_release(&e);
    OK(people_token_revoke(&o, made.token.id, err));
}

static size_t audit_count(struct world *w, const char *action)
{
    struct audit_filter f = {.action = action};
    struct audit_entry *entries;
    size_t n = 0;
    OK(store_audit_list(w->app->store, w->arena, &f, &entries, &n, err));
    return n;
}

static void every_change_is_audited(void **state)
{
    struct world *w = *state;
    struct caller o = signed_in(w, add_user(w, "o@x.org", "OWNER", NULL));
    assert_int_equal(audit_count(w, "user.create"), 1);
    assert_int_equal(audit_count(w, "session.login"), 1);
    OK(people_password(&o, STR(PASSWORD), STR("another " PASSWORD), err));
    assert_int_equal(audit_count(w, "user.password"), 1);
    OK(people_logout(&o, err));
    assert_int_equal(audit_count(w, "session.logout"), 1);
}

static void an_answer_is_kept_for_its_request(void **state)
{
    struct world *w = *state;
    struct kept_answer k;
    bool found;
    struct caller c = signed_in(w, add_user(w, "o@x.org", "OWNER", NULL));
    struct caller u = signed_in(w, add_user(w, "u@x.org", "USER", NULL));
    FAILS(ERR_INVALID_PARAMETER, kept_answer_begin(&c, STR(""), "h", &k, &found, err));
    FAILS(ERR_INVALID_PARAMETER, kept_answer_begin(&c, STR("a\nb"), "h", &k, &found, err));
    OK(kept_answer_begin(&c, STR("k"), "h", &k, &found, err));
    assert_false(found);
    struct kept_answer second;
    FAILS(ERR_CONFLICT, kept_answer_begin(&c, STR("k"), "h", &second, &found, err));
    k.status = 201;
    k.body = "{}";
    k.etag = "\"e\"";
    k.location = "/x";
    OK(kept_answer_finish(&c, &k, err));
    OK(kept_answer_begin(&c, STR("k"), "h", &second, &found, err));
    assert_true(found);
    assert_int_equal(second.status, 201);
    assert_string_equal(second.etag, "\"e\"");
    assert_string_equal(second.location, "/x");
    FAILS(ERR_IDEMPOTENCY_MISMATCH, kept_answer_begin(&c, STR("k"), "g", &second, &found, err));
    OK(kept_answer_begin(&u, STR("k"), "g", &second, &found, err)); /* keys are one's own */
    assert_false(found);
    OK(kept_answer_drop(&u, &second, err));
    OK(kept_answer_begin(&u, STR("k"), "f", &second, &found, err));
    assert_false(found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slugs_are_narrow),   cmocka_unit_test(expiries_are_lengths_or_instants),
        T(the_link_makes_the_owner_once),     T(nobody_gives_more_than_they_hold),
        T(a_tenant_is_a_wall_between_lists),  T(names_and_teams_are_kept),
        T(tokens_of_others_are_not_there),    T(every_change_is_audited),
        T(an_answer_is_kept_for_its_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
