/* Opening: what is refused and how, and that no message holds the password. */
#include "fixture.h"

#include <string.h>

#include "base/attr.h"
#include "base/time.h"
#include "engine/mongodb/room.h"

static enum errcode open_with(struct engine_options o, struct error *err)
{
    struct engine *e = NULL;
    enum errcode code = mongodb_kind.open(&o, &e, err);
    if (code == ERR_OK) {
        engine_close(e);
    }
    return code;
}

static void test_not_reachable(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    int64_t start = time_monotonic_us();
    enum errcode code = open_with((struct engine_options){.uri = "mongodb://me@127.0.0.1:1/",
                                                          .user = "me",
                                                          .password = "s3cret-word",
                                                          .connect_ms = 300},
                                  &err);
    assert_int_equal(code, ERR_UNAVAILABLE);
    assert_true(time_monotonic_us() - start < 5000000);
    assert_null(strstr(err.message, "s3cret"));
    assert_null(strstr(err.detail, "s3cret"));
    error_release(&err);
}

/* What the engine knows of a server that went away: it is asked for by one at a time. */
static void test_down(void **state)
{
    (void)state;
    struct fixture *f = fixture_open();
    struct room *r = NULL;
    struct session *s = NULL;
    struct mongo_engine *e = (struct mongo_engine *)f->engine;
    assert_ok(f, room_find(e, STR("store"), &r, &f->err));
    r->is_known = false;
    r->failed_us = time_monotonic_us();
    assert_int_equal(engine_session_begin(f->engine, STR("store"), ACCESS_READ, &s, &f->err),
                     ERR_UNAVAILABLE);
    error_release(&f->err);
    r->failed_us -= 2000000;
    r->is_asking = true;
    assert_int_equal(engine_session_begin(f->engine, STR("store"), ACCESS_READ, &s, &f->err),
                     ERR_UNAVAILABLE);
    error_release(&f->err);
    r->is_asking = false;
    assert_ok(f, engine_session_begin(f->engine, STR("store"), ACCESS_READ, &s, &f->err));
    engine_session_end(s);
    assert_int_equal(r->failed_us, 0);
    fixture_close(f);
}

static void test_addresses(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    assert_int_equal(open_with((struct engine_options){.uri = "http://127.0.0.1/"}, &err),
                     ERR_INVALID);
    error_release(&err);
    struct fixture *f = fixture_open();
    assert_int_equal(open_with((struct engine_options){.uri = f->uri, .is_attached = true}, &err),
                     ERR_INVALID);
    error_release(&err);
    assert_int_equal(open_with((struct engine_options){.uri = f->uri,
                                                       .is_attached = true,
                                                       .database = "no_such_database_here"},
                               &err),
                     ERR_NOT_FOUND);
    error_release(&err);
    fixture_close(f);
}

static void test_tls(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    struct fixture *f = fixture_open();
    /* the test server speaks no TLS: it hangs up, or says nothing that could be read */
    enum errcode code = open_with(
        (struct engine_options){.uri = f->uri, .tls = TLS_REQUIRE, .connect_ms = 500}, &err);
    assert_true(code == ERR_SOURCE_REFUSED || code == ERR_UNAVAILABLE);
    error_release(&err);
    code = open_with(
        (struct engine_options){
            .uri = f->uri, .tls = TLS_VERIFY, .tls_ca = "/nonexistent.pem", .connect_ms = 500},
        &err);
    assert_true(code != ERR_OK);
    error_release(&err);
    fixture_close(f);
}

static void test_abilities(void **state)
{
    (void)state;
    struct fixture *f = fixture_open();
    assert_true(f->engine->caps.transactions);
    assert_false(f->engine->caps.foreign_keys);
    assert_false(f->engine->caps.triggers);
    assert_false(f->engine->caps.transactional_ddl);
    assert_non_null(f->engine->version);
    assert_ok(f, engine_ping(f->engine, &f->err));
    fixture_close(f);
}

static void test_namespaces(void **state)
{
    (void)state;
    struct fixture *f = fixture_open();
    struct session *s = NULL;
    assert_false(engine_namespace_exists(f->engine, STR("tenants/one")));
    assert_int_equal(engine_session_begin(f->engine, STR("tenants/one"), ACCESS_READ, &s, &f->err),
                     ERR_NOT_FOUND);
    error_release(&f->err);
    assert_ok(f, engine_namespace_create(f->engine, STR("tenants/one"), &f->err));
    assert_ok(f, engine_namespace_create(f->engine, STR("tenants/one"), &f->err));
    assert_true(engine_namespace_exists(f->engine, STR("tenants/one")));
    /* another process sees it, and that it is gone */
    struct engine *again = fixture_again(f);
    assert_true(engine_namespace_exists(again, STR("tenants/one")));
    assert_ok(f, engine_namespace_drop(f->engine, STR("tenants/one"), &f->err));
    assert_false(engine_namespace_exists(f->engine, STR("tenants/one")));
    assert_int_equal(engine_namespace_drop(f->engine, STR("tenants/one"), &f->err), ERR_NOT_FOUND);
    error_release(&f->err);
    engine_close(again);
    assert_int_equal(engine_namespace_create(f->engine, STR("a.b"), &f->err), ERR_INVALID);
    error_release(&f->err);
    assert_int_equal(
        engine_namespace_create(
            f->engine, STR("a0123456789012345678901234567890123456789012345678901234567890123456"),
            &f->err),
        ERR_INVALID);
    error_release(&f->err);
    fixture_close(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_not_reachable), cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_tls),           cmocka_unit_test(test_abilities),
        cmocka_unit_test(test_down),          cmocka_unit_test(test_namespaces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
