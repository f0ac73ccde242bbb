#include "fixture.h"

#define HOUR ((int64_t)3600 * 1000000)

static struct user add_user(struct home *h, const char *email, int64_t tenant_id)
{
    struct user u = {.name = "Ann",
                     .email = email,
                     .is_active = true,
                     .tenant_id = tenant_id,
                     .role = "USER",
                     .settings = "{\"theme\":\"dark\"}"};
    OK(store_user_insert(h->store, h->place.arena, &u, err));
    assert_true(u.id > 0);
    return u;
}

static struct tenant add_tenant(struct home *h, const char *slug)
{
    struct tenant t = {.name = "Main", .slug = slug, .is_active = true};
    t.namespace = arena_printf(h->place.arena, "tenants/%s", slug);
    OK(store_tenant_insert(h->store, &t, err));
    return t;
}

static void user_is_found_by_any_case_of_the_email(void **state)
{
    struct home *h = *state;
    struct user u = add_user(h, " Ann@Example.COM ", 0), found = {0};
    OK(store_user_by_email(h->store, h->place.arena, STR("ANN@example.com"), &found, err));
    assert_int_equal(found.id, u.id);
    assert_string_equal(found.email, "ann@example.com");
    assert_string_equal(found.settings, "{\"theme\":\"dark\"}");
    assert_true(found.is_active && !found.is_platform);
    assert_int_equal(found.created_at, u.created_at);
    assert_int_equal(found.tenant_id, 0);
    assert_null(found.password_hash);
}

static void second_user_with_the_same_email_is_refused(void **state)
{
    struct home *h = *state;
    add_user(h, "ann@example.com", 0);
    struct user u = {.name = "Other", .email = "ANN@example.com", .role = "USER"};
    FAILS(ERR_UNIQUE_VIOLATION, store_user_insert(h->store, h->place.arena, &u, err));
}

static void update_writes_only_the_named_fields(void **state)
{
    static const char *const fields[] = {"name", NULL};
    struct home *h = *state;
    struct user u = add_user(h, "ann@example.com", 0), found = {0};
    u.name = "Bo";
    u.role = "OWNER";
    OK(store_user_update(h->store, &u, fields, err));
    OK(store_user_by_id(h->store, h->place.arena, u.id, &found, err));
    assert_string_equal(found.name, "Bo");
    assert_string_equal(found.role, "USER");
    u.id = 999;
    FAILS(ERR_NOT_FOUND, store_user_update(h->store, &u, fields, err));
}

static void unknown_role_breaks_a_check(void **state)
{
    struct home *h = *state;
    struct user u = {.name = "Ann", .email = "a@b", .role = "KING"};
    FAILS(ERR_CHECK_VIOLATION, store_user_insert(h->store, h->place.arena, &u, err));
}

static void deleted_user_is_gone_with_sessions_and_tokens(void **state)
{
    struct home *h = *state;
    struct user u = add_user(h, "ann@example.com", 0), found = {0};
    struct login_session s = {
        .token_hash = "aa", .csrf = "c", .user_id = u.id, .expires_at = store_now() + HOUR};
    struct api_token t = {.token_hash = "bb", .prefix = "tl_", .name = "x", .user_id = u.id};
    OK(store_session_insert(h->store, &s, err));
    OK(store_token_insert(h->store, &t, err));
    OK(store_user_delete(h->store, u.id, "OWNER", err));
    FAILS(ERR_NOT_FOUND, store_user_by_id(h->store, h->place.arena, u.id, &found, err));
    FAILS(ERR_NOT_FOUND,
          store_user_by_email(h->store, h->place.arena, STR("ann@example.com"), &found, err));
    FAILS(ERR_NOT_FOUND, store_session_by_hash(h->store, h->place.arena, STR("aa"), &s, err));
    FAILS(ERR_NOT_FOUND, store_token_by_hash(h->store, h->place.arena, STR("bb"), &t, err));
}

static void users_of_a_tenant_are_those_at_home_and_the_members(void **state)
{
    struct home *h = *state;
    struct tenant a = add_tenant(h, "a"), b = add_tenant(h, "b");
    add_user(h, "one@x", a.id);
    struct user two = add_user(h, "two@x", b.id);
    add_user(h, "three@x", b.id);
    OK(store_user_tenant_put(h->store, two.id, a.id, "TENANT_ADMIN", err));
    OK(store_user_tenant_put(h->store, two.id, a.id, "USER", err));
    struct user *users = NULL;
    struct user_tenant *members = NULL;
    size_t n = 0;
    int64_t count = 0;
    struct store_page all = {0}, second = {.limit = 1, .offset = 1};
    OK(store_user_list(h->store, h->place.arena, a.id, all, &users, &n, err));
    assert_int_equal(n, 2);
    OK(store_user_list(h->store, h->place.arena, a.id, second, &users, &n, err));
    assert_int_equal(n, 1);
    assert_string_equal(users[0].email, "two@x");
    OK(store_user_count(h->store, 0, &count, err));
    assert_int_equal(count, 3);
    OK(store_user_count(h->store, b.id, &count, err));
    assert_int_equal(count, 2);
    OK(store_user_tenants(h->store, h->place.arena, two.id, 0, &members, &n, err));
    assert_int_equal(n, 1);
    assert_string_equal(members[0].role, "USER");
    OK(store_user_tenant_remove(h->store, two.id, a.id, err));
    OK(store_user_count(h->store, a.id, &count, err));
    assert_int_equal(count, 1);
}

static void tenant_is_found_by_slug_until_it_is_deleted(void **state)
{
    struct home *h = *state;
    struct tenant t = add_tenant(h, "acme"), found = {0}, again = {0};
    OK(store_tenant_by_slug(h->store, h->place.arena, STR("acme"), &found, err));
    assert_string_equal(found.namespace, "tenants/acme");
    again = found;
    again.id = 0;
    FAILS(ERR_UNIQUE_VIOLATION, store_tenant_insert(h->store, &again, err));
    OK(store_tenant_delete(h->store, t.id, err));
    FAILS(ERR_NOT_FOUND, store_tenant_by_id(h->store, h->place.arena, t.id, &found, err));
    struct tenant *list = NULL;
    size_t n = 9;
    OK(store_tenant_list(h->store, h->place.arena, &list, &n, err));
    assert_int_equal(n, 0);
}

static void session_ends_when_its_time_is_over(void **state)
{
    struct home *h = *state;
    struct user u = add_user(h, "ann@example.com", 0);
    struct login_session s = {
        .token_hash = "aa", .csrf = "c", .user_id = u.id, .expires_at = store_now() + HOUR};
    struct login_session late = s, found = {0};
    late.token_hash = "bb";
    late.expires_at = store_now() - 1;
    OK(store_session_insert(h->store, &s, err));
    OK(store_session_insert(h->store, &late, err));
    OK(store_session_by_hash(h->store, h->place.arena, STR("aa"), &found, err));
    assert_int_equal(found.user_id, u.id);
    FAILS(ERR_NOT_FOUND, store_session_by_hash(h->store, h->place.arena, STR("bb"), &found, err));
    OK(store_session_purge(h->store, store_now(), err));
    struct login_session *list = NULL;
    size_t n = 0;
    OK(store_session_list(h->store, h->place.arena, u.id, &list, &n, err));
    assert_int_equal(n, 1);
    OK(store_session_delete_user(h->store, u.id, s.id, err));
    OK(store_session_by_hash(h->store, h->place.arena, STR("aa"), &found, err));
    OK(store_session_delete_user(h->store, u.id, 0, err));
    FAILS(ERR_NOT_FOUND, store_session_by_hash(h->store, h->place.arena, STR("aa"), &found, err));
}

static void token_is_refused_once_revoked_or_expired(void **state)
{
    struct home *h = *state;
    struct user u = add_user(h, "ann@example.com", 0);
    struct api_token t = {.token_hash = "aa",
                          .prefix = "tl_12",
                          .name = "ci",
                          .user_id = u.id,
                          .allow = "[\"data.*\"]"};
    struct api_token late = t, found = {0};
    late.token_hash = "bb";
    late.expires_at = store_now() - 1;
    OK(store_token_insert(h->store, &t, err));
    OK(store_token_insert(h->store, &late, err));
    OK(store_token_by_hash(h->store, h->place.arena, STR("aa"), &found, err));
    assert_string_equal(found.allow, "[\"data.*\"]");
    assert_int_equal(found.last_used_at, 0);
    FAILS(ERR_NOT_FOUND, store_token_by_hash(h->store, h->place.arena, STR("bb"), &found, err));
    OK(store_token_touch(h->store, t.id, err));
    OK(store_token_by_id(h->store, h->place.arena, t.id, &found, err));
    assert_true(found.last_used_at > 0);
    OK(store_token_revoke(h->store, t.id, err));
    FAILS(ERR_NOT_FOUND, store_token_by_hash(h->store, h->place.arena, STR("aa"), &found, err));
    struct api_token *list = NULL;
    size_t n = 0;
    OK(store_token_list(h->store, h->place.arena, u.id, &list, &n, err));
    assert_int_equal(n, 2);
    OK(store_token_list(h->store, h->place.arena, u.id + 1, &list, &n, err));
    assert_int_equal(n, 0);
}

static void failed_attempts_are_counted_per_subject_and_cleared(void **state)
{
    struct home *h = *state;
    int64_t since = store_now() - HOUR, count = 0, last = 1;
    OK(store_login_attempt_count(h->store, "email:a", since, &count, &last, err));
    assert_int_equal(count, 0);
    assert_int_equal(last, 0);
    OK(store_login_attempt_add(h->store, "email:a", "::1", err));
    OK(store_login_attempt_add(h->store, "email:a", "::1", err));
    OK(store_login_attempt_add(h->store, "email:b", "::1", err));
    OK(store_login_attempt_count(h->store, "email:a", since, &count, &last, err));
    assert_int_equal(count, 2);
    assert_true(last > since);
    OK(store_login_attempt_clear(h->store, "email:a", err));
    OK(store_login_attempt_count(h->store, "email:a", since, &count, NULL, err));
    assert_int_equal(count, 0);
}

static void setup_link_works_once_and_only_the_newest(void **state)
{
    struct home *h = *state;
    struct setup_token a = {
        .token_hash = "aa", .purpose = "setup", .expires_at = store_now() + HOUR};
    struct setup_token b = a, found = {0};
    b.token_hash = "bb";
    OK(store_setup_token_put(h->store, &a, err));
    OK(store_setup_token_put(h->store, &b, err));
    FAILS(ERR_NOT_FOUND,
          store_setup_token_by_hash(h->store, h->place.arena, STR("aa"), "setup", &found, err));
    OK(store_setup_token_by_hash(h->store, h->place.arena, STR("bb"), "setup", &found, err));
    FAILS(ERR_NOT_FOUND,
          store_setup_token_by_hash(h->store, h->place.arena, STR("bb"), "password", &found, err));
    OK(store_setup_token_use(h->store, found.id, err));
    FAILS(ERR_NOT_FOUND, store_setup_token_use(h->store, found.id, err));
    FAILS(ERR_NOT_FOUND,
          store_setup_token_by_hash(h->store, h->place.arena, STR("bb"), "setup", &found, err));
}

static void idempotency_key_is_taken_once(void **state)
{
    struct home *h = *state;
    struct idempotency v = {
        .idem_key = "k", .user_id = 1, .request_hash = "h", .expires_at = store_now() + HOUR};
    struct idempotency second = v, other = v;
    bool found = true;
    OK(store_idempotency_begin(h->store, h->place.arena, &v, &found, err));
    assert_false(found);
    v.status = 201;
    v.body = "{}";
    OK(store_idempotency_finish(h->store, &v, err));
    OK(store_idempotency_begin(h->store, h->place.arena, &second, &found, err));
    assert_true(found);
    assert_int_equal(second.status, 201);
    assert_string_equal(second.body, "{}");
    other.user_id = 2;
    OK(store_idempotency_begin(h->store, h->place.arena, &other, &found, err));
    assert_false(found);
    OK(store_idempotency_drop(h->store, v.id, err));
    v.id = 0;
    OK(store_idempotency_begin(h->store, h->place.arena, &v, &found, err));
    assert_false(found);
}

static void expired_idempotency_key_is_free_again(void **state)
{
    struct home *h = *state;
    struct idempotency v = {.idem_key = "k", .request_hash = "h", .expires_at = store_now() - 1};
    struct idempotency second = v;
    bool found = true;
    OK(store_idempotency_begin(h->store, h->place.arena, &v, &found, err));
    OK(store_idempotency_begin(h->store, h->place.arena, &second, &found, err));
    assert_false(found);
}

static void audit_is_listed_newest_first_and_filtered(void **state)
{
    static const char *const actions[] = {"user.create", "user_x", "session.login"};
    struct home *h = *state;
    for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
        struct audit_entry e = {.tenant_id = (int64_t)i + 1, .action = actions[i], .object = "o"};
        OK(store_audit_append(h->store, &e, err));
    }
    struct audit_entry *list = NULL;
    size_t n = 0;
    struct audit_filter f = {0};
    OK(store_audit_list(h->store, h->place.arena, &f, &list, &n, err));
    assert_int_equal(n, 3);
    assert_string_equal(list[0].action, "session.login");
    f.before_id = list[0].id;
    OK(store_audit_list(h->store, h->place.arena, &f, &list, &n, err));
    assert_int_equal(n, 2);
    f = (struct audit_filter){.action = "user.*"};
    OK(store_audit_list(h->store, h->place.arena, &f, &list, &n, err));
    assert_int_equal(n, 1);
    f = (struct audit_filter){.action = "user_*"};
    OK(store_audit_list(h->store, h->place.arena, &f, &list, &n, err));
    assert_int_equal(n, 1);
    f = (struct audit_filter){.tenant_id = 3, .since = 1, .object = "o"};
    OK(store_audit_list(h->store, h->place.arena, &f, &list, &n, err));
    assert_int_equal(n, 1);
}

static void job_keeps_its_state_and_settings_their_values(void **state)
{
    static const char *const fields[] = {"state", "done", "result", NULL};
    struct home *h = *state;
    struct job j = {.kind = "import", .state = "queued", .total = 10}, found = {0};
    OK(store_job_insert(h->store, h->place.arena, &j, err));
    j.state = "done";
    j.done = 10;
    j.result = "{\"rows\":10}";
    OK(store_job_update(h->store, &j, fields, err));
    OK(store_job_by_id(h->store, h->place.arena, str_of(j.id), &found, err));
    assert_string_equal(found.state, "done");
    assert_string_equal(found.result, "{\"rows\":10}");
    const char *value = "x";
    OK(store_setting_get(h->store, h->place.arena, "a", &value, err));
    assert_null(value);
    OK(store_setting_put(h->store, "a", "1", err));
    OK(store_setting_put(h->store, "a", "\"two\"", err));
    OK(store_setting_get(h->store, h->place.arena, "a", &value, err));
    assert_string_equal(value, "\"two\"");
}

static enum errcode half_done(struct session *s, void *arg, struct error *err)
{
    struct home *h = arg;
    struct audit_entry e = {.action = "half"};
    TRY(store_audit_append_in(s, h->store, &e, err));
    return ERROR(err, ERR_CONFLICT, "no");
}

static void failed_transaction_leaves_nothing(void **state)
{
    struct home *h = *state;
    FAILS(ERR_CONFLICT, store_transact(h->store, half_done, h, err));
    struct audit_entry *list = NULL;
    size_t n = 9;
    struct audit_filter f = {.action = "half"};
    OK(store_audit_list(h->store, h->place.arena, &f, &list, &n, err));
    assert_int_equal(n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(user_is_found_by_any_case_of_the_email),
        T(second_user_with_the_same_email_is_refused),
        T(update_writes_only_the_named_fields),
        T(unknown_role_breaks_a_check),
        T(deleted_user_is_gone_with_sessions_and_tokens),
        T(users_of_a_tenant_are_those_at_home_and_the_members),
        T(tenant_is_found_by_slug_until_it_is_deleted),
        T(session_ends_when_its_time_is_over),
        T(token_is_refused_once_revoked_or_expired),
        T(failed_attempts_are_counted_per_subject_and_cleared),
        T(setup_link_works_once_and_only_the_newest),
        T(idempotency_key_is_taken_once),
        T(expired_idempotency_key_is_free_again),
        T(audit_is_listed_newest_first_and_filtered),
        T(job_keeps_its_state_and_settings_their_values),
        T(failed_transaction_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
