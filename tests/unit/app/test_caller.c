#include "people_fixture.h"

#include "app/tenant_cache.h"
#include "base/time.h"
#include "migrate/recover.h"

static void nobody_is_nobody(void **state)
{
    struct world *w = *state;
    struct caller c;
    add_user(w, "o@x.org", "OWNER", NULL);
    OK(identify(w, NULL, "main", &c, err));
    assert_int_equal(c.principal.kind, PRINCIPAL_NONE);
    assert_int_equal(c.tenant.id, 0);
    FAILS(ERR_UNAUTHENTICATED, caller_check(&c, ACTION_SIGNED_IN, err));
    FAILS(ERR_UNAUTHENTICATED, caller_check(&c, ACTION_DATA_READ, err));
    FAILS(ERR_UNAUTHENTICATED, caller_check_table(&c, ACTION_DATA_READ, "custom_a", NULL, err));
    FAILS(ERR_UNAUTHENTICATED, identify(w, "tls_forged", NULL, &c, err));
}

static void platform_roles_choose_a_tenant(void **state)
{
    struct world *w = *state;
    struct caller c;
    const char *owner = add_user(w, "o@x.org", "OWNER", NULL);
    add_tenant(w, "alpha");
    OK(identify(w, owner, NULL, &c, err));
    assert_string_equal(c.tenant.slug, "main");
    OK(identify(w, owner, "alpha", &c, err));
    assert_string_equal(c.tenant.slug, "alpha");
    assert_true(str_is(caller_ns(&c), "tenants/alpha"));
    assert_int_equal(caller_target(&c).tenant_id, c.tenant.id);
    FAILS(ERR_NOT_FOUND, identify(w, owner, "nowhere", &c, err));
    FAILS(ERR_NOT_FOUND, identify(w, owner, "", &c, err));
    FAILS(ERR_NOT_FOUND, identify(w, owner, "ALPHA", &c, err));
    FAILS(ERR_NOT_FOUND, identify(w, owner, "alpha' OR 1=1", &c, err));
}

static void others_stay_in_theirs(void **state)
{
    struct world *w = *state;
    struct caller c;
    add_user(w, "o@x.org", "OWNER", NULL);
    add_tenant(w, "alpha");
    add_tenant(w, "beta");
    const char *admin = add_user(w, "a@x.org", "TENANT_ADMIN", "alpha");
    OK(identify(w, admin, NULL, &c, err));
    assert_string_equal(c.tenant.slug, "alpha");
    OK(identify(w, admin, "alpha", &c, err));
    FAILS(ERR_NOT_FOUND, identify(w, admin, "beta", &c, err));
    FAILS(ERR_NOT_FOUND, identify(w, admin, "main", &c, err));
}

static void a_tenant_that_is_off_lets_nobody_in(void **state)
{
    struct world *w = *state;
    struct caller c, o;
    struct tenant t;
    const bool off = false, on = true;
    const char *owner = add_user(w, "o@x.org", "OWNER", NULL);
    add_tenant(w, "alpha");
    const char *admin = add_user(w, "a@x.org", "TENANT_ADMIN", "alpha");
    OK(identify(w, admin, NULL, &c, err)); /* kept from here on */
    OK(identify(w, owner, "alpha", &o, err));
    o = signed_in(w, owner);
    OK(people_tenant_update(&o, "alpha", NULL, &off, &t, err));
    FAILS(ERR_UNAUTHENTICATED, identify(w, admin, NULL, &c, err));
    FAILS(ERR_NOT_FOUND, identify(w, owner, "alpha", &c, err));
    OK(people_tenant_update(&o, "alpha", NULL, &on, &t, err));
    OK(identify(w, admin, NULL, &c, err));
    FAILS(ERR_CONFLICT, people_tenant_update(&o, "main", NULL, &off, &t, err));
    FAILS(ERR_CONFLICT, people_tenant_delete(&o, "main", err));
    OK(people_tenant_delete(&o, "alpha", err));
    FAILS(ERR_UNAUTHENTICATED, identify(w, admin, NULL, &c, err));
    FAILS(ERR_CONFLICT, people_tenant_add(&o, "alpha", NULL, &t, err));
}

static void a_guest_works_where_it_is_a_member(void **state)
{
    struct world *w = *state;
    struct caller c;
    add_user(w, "o@x.org", "OWNER", NULL);
    add_tenant(w, "alpha");
    add_tenant(w, "beta");
    const char *user = add_user(w, "u@x.org", "TENANT_ADMIN", "alpha");
    OK(identify(w, user, NULL, &c, err));
    struct tenant beta;
    OK(tenant_by_slug(w->app, w->arena, STR("beta"), &beta, err));
    OK(store_user_tenant_put(w->app->store, c.principal.user_id, beta.id, "USER", err));
    authn_forget(w->app->authn);
    OK(identify(w, user, "beta", &c, err));
    assert_int_equal(c.tenant.id, beta.id);
    FAILS(ERR_FORBIDDEN, caller_check(&c, ACTION_TABLES_CREATE, err));
    OK(identify(w, user, NULL, &c, err));
    OK(caller_check(&c, ACTION_TABLES_CREATE, err));
}

static void tables_are_judged_by_their_policy(void **state)
{
    struct world *w = *state;
    struct table_policy policy;
    add_user(w, "o@x.org", "OWNER", NULL);
    struct caller c = signed_in(w, add_user(w, "u@x.org", "USER", NULL));
    OK(table_policy_parse("{\"read\":[\"USER\"],\"create\":[\"TENANT_ADMIN\"]}", &policy, err));
    OK(caller_check(&c, ACTION_DATA_READ, err));
    OK(caller_check_table(&c, ACTION_DATA_READ, "custom_a", &policy, err));
    assert_true(caller_may_table(&c, ACTION_DATA_EXPORT, "custom_a", &policy));
    FAILS(ERR_FORBIDDEN, caller_check_table(&c, ACTION_DATA_CREATE, "custom_a", &policy, err));
    FAILS(ERR_FORBIDDEN, caller_check_table(&c, ACTION_DATA_READ, "custom_a", NULL, err));
    assert_false(caller_may_table(&c, ACTION_DATA_DELETE, "custom_a", &policy));
}

static void a_scope_names_a_table_either_way(void **state)
{
    struct world *w = *state;
    struct table_policy policy;
    const char *const allow[] = {"data.read@table:contacts"};
    const char *secret;
    struct people_token made;
    struct caller c = signed_in(w, add_user(w, "o@x.org", "OWNER", NULL));
    struct people_token_new in = {.has_allow = true, .allow = allow, .n_allow = 1};
    OK(people_token_create(&c, &in, &secret, &made, err));
    OK(table_policy_parse("{}", &policy, err));
    c = signed_in(w, secret);
    OK(caller_check_table(&c, ACTION_DATA_READ, "custom_contacts", &policy, err));
    FAILS(ERR_FORBIDDEN, caller_check_table(&c, ACTION_DATA_READ, "custom_other", &policy, err));
    FAILS(ERR_FORBIDDEN, caller_check(&c, ACTION_TOKENS_CREATE, err));
}

static void the_system_works_before_there_is_anything(void **state)
{
    struct world *w = *state;
    struct caller c = system_caller(w);
    assert_int_equal(c.tenant.id, 0);
    OK(caller_check(&c, ACTION_TENANTS_CREATE, err));
    FAILS(ERR_NOT_FOUND, caller_system(w->app, w->arena, "alpha", &c, err));
    add_user(w, "o@x.org", "OWNER", NULL);
    c = system_caller(w);
    assert_string_equal(c.tenant.slug, "main");
    assert_true(engine_namespace_exists(w->engine, STR("tenants/main")));
}

/* A change that a crash left running, in the namespace of "main". */
static void leave_running(struct world *w, const char *id)
{
    struct record_place place = journal_place(w->app->store->journal);
    struct session *session = NULL;
    struct catalog *live = NULL;
    OK(engine_session_begin(w->engine, STR("tenants/main"), ACCESS_READ, &session, err));
    OK(engine_inspect(session, &live, err));
    engine_session_end(session);
    struct change_record r = {
        .id = id,
        .ns = "tenants/main",
        .tenant_id = 1,
        .source = "main",
        .kind = "change",
        .state = "running",
        .title = "interrupted",
        .tables = "[]",
        .operations = "[]",
        .undo_class = "none",
        .fp_before = catalog_fingerprint(w->arena, live),
        .fp_after = "another",
        .plan_hash = "x",
        .created_at = time_now_us(),
    };
    catalog_unref(live);
    OK(record_insert(&place, &change_record_type, &r, err));
}

static const char *state_of(struct world *w, const char *id)
{
    struct change_record r = {0};
    OK(migrate_get(w->app->store->journal, 0, id, w->arena, &r, err));
    return r.state;
}

static void what_nobody_runs_any_more_is_settled(void **state)
{
    struct world *w = *state;
    struct world other = {.arena = w->arena, .settings = w->settings};
    struct engine_lock *claim = NULL;
    add_user(w, "o@x.org", "OWNER", NULL);
    leave_running(w, "aaaaaaaaaaaaaaaa");
    OK(journal_claim(w->app->store->journal, "aaaaaaaaaaaaaaaa", &claim, err));
    assert_non_null(claim);
    memcpy(other.folder, w->folder, sizeof other.folder);
    world_open(&other);
    assert_string_equal(state_of(w, "aaaaaaaaaaaaaaaa"), "running");
    engine_unlock(claim);
    OK(app_sweep(other.app, err));
    assert_string_equal(state_of(w, "aaaaaaaaaaaaaaaa"), "failed");
    leave_running(w, "bbbbbbbbbbbbbbbb");
    world_close(&other);
    world_open(&other);
    assert_string_equal(state_of(w, "bbbbbbbbbbbbbbbb"), "failed");
    world_close(&other);
}

static void what_is_past_its_time_is_swept(void **state)
{
    struct world *w = *state;
    add_user(w, "o@x.org", "OWNER", NULL);
    OK(app_sweep(w->app, err));
    OK(app_ready(w->app, err));
    struct settings fresh;
    settings_init(&fresh, w->arena);
    OK(settings_set(&fresh, "trash-days", "7", ORIGIN_FLAG, err));
    app_reload(w->app, &fresh);
    struct caller c = system_caller(w);
    assert_int_equal(caller_target(&c).keep_us, (int64_t)7 * 24 * 3600 * 1000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(nobody_is_nobody),
        T(platform_roles_choose_a_tenant),
        T(others_stay_in_theirs),
        T(a_tenant_that_is_off_lets_nobody_in),
        T(a_guest_works_where_it_is_a_member),
        T(tables_are_judged_by_their_policy),
        T(a_scope_names_a_table_either_way),
        T(the_system_works_before_there_is_anything),
        T(what_nobody_runs_any_more_is_settled),
        T(what_is_past_its_time_is_swept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
