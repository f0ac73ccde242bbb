#include "fixture.h"

#include <string.h>

#include "engine/postgres/postgres_engine.h"
#include "engine/postgres/session.h"

static int set_up(void **state)
{
    *state = fixture_open(NULL);
    return 0;
}

static int tear_down(void **state)
{
    fixture_close(*state);
    return 0;
}

/* ---- life ------------------------------------------------------------------------------------ */

static void test_ping(void **state)
{
    struct fixture *f = *state;
    assert_ok(f, engine_ping(f->engine, &f->err));
}

static void test_refused(void **state)
{
    struct fixture *f = *state;
    struct engine_options o = f->options;
    struct engine *e = NULL;
    o.database = "there_is_no_such_database";
    assert_int_equal(postgres_kind.open(&o, &e, &f->err), ERR_SOURCE_REFUSED);
    assert_non_null(strstr(f->err.message, "there_is_no_such_database"));
    o = f->options;
    o.user = "there_is_no_such_role";
    assert_int_equal(postgres_kind.open(&o, &e, &f->err), ERR_SOURCE_REFUSED);
    o = f->options;
    o.host = "/nowhere";
    assert_int_equal(postgres_kind.open(&o, &e, &f->err), ERR_UNAVAILABLE);
    o = f->options;
    o.is_attached = true;
    o.schema = "there_is_no_such_schema";
    assert_int_equal(postgres_kind.open(&o, &e, &f->err), ERR_NOT_FOUND);
}

/* ---- namespaces ------------------------------------------------------------------------------ */

static void test_namespaces(void **state)
{
    struct fixture *f = *state;
    assert_true(engine_namespace_exists(f->engine, STR("store")));
    assert_false(engine_namespace_exists(f->engine, STR("tenants/other")));
    assert_ok(f, engine_namespace_create(f->engine, STR("store"), &f->err)); /* again */
    assert_int_equal(engine_namespace_create(f->engine, STR("a'b"), &f->err), ERR_INVALID);
    assert_int_equal(engine_namespace_create(f->engine, STR("tenant_main"), &f->err), ERR_INVALID);
    char name[80] = "tenants/";
    memset(name + 8, 'x', 60);
    assert_int_equal(engine_namespace_create(f->engine, str_of(name), &f->err), ERR_INVALID);
    struct session *s = NULL;
    assert_int_equal(
        engine_session_begin(f->engine, STR("tenants/other"), ACCESS_READ, &s, &f->err),
        ERR_NOT_FOUND);
    assert_int_equal(engine_namespace_drop(f->engine, STR("tenants/other"), &f->err),
                     ERR_NOT_FOUND);
}

static void test_drop(void **state)
{
    struct fixture *f = *state;
    fixture_sql(f, "CREATE TABLE %s.t (a int)", f->tenant);
    assert_string_equal(
        "1", fixture_text(f, "SELECT count(*) FROM pg_roles WHERE rolname = '%s'", f->tenant));
    assert_ok(f, engine_namespace_drop(f->engine, STR("tenants/main"), &f->err));
    assert_string_equal(
        "0", fixture_text(f, "SELECT count(*) FROM pg_namespace WHERE nspname = '%s'", f->tenant));
    assert_string_equal(
        "0", fixture_text(f, "SELECT count(*) FROM pg_roles WHERE rolname = '%s'", f->tenant));
}

/* ---- sessions -------------------------------------------------------------------------------- */

static const char *ask(struct fixture *f, struct pg_conn *c, const char *text)
{
    PGresult *r = NULL;
    assert_ok(f, pg_ask(c, text, NULL, 0, &r, &f->err));
    const char *answer = arena_strdup(f->arena, PQgetvalue(r, 0, 0));
    PQclear(r);
    return answer;
}

static void test_own(void **state)
{
    struct fixture *f = *state;
    struct session *s = NULL;
    struct pg_conn *c = NULL;
    assert_ok(f, engine_session_begin(f->engine, STR("tenants/main"), ACCESS_READ, &s, &f->err));
    assert_ok(f, postgres_own(postgres_session_of(s), &c, &f->err));
    assert_string_equal(f->tenant, ask(f, c, "SELECT current_schema()"));
    assert_string_equal("UTC", ask(f, c, "SHOW TimeZone"));
    assert_string_equal("telaio", ask(f, c, "SHOW application_name"));
    engine_session_end(s);
}

struct seen {
    const char *role;
    struct fixture *fixture;
};

static enum errcode see_role(struct session *s, void *arg, struct error *err)
{
    struct seen *seen = arg;
    PGresult *r = NULL;
    TRY(pg_ask(postgres_session_of(s)->conn, "SELECT current_user", NULL, 0, &r, err));
    seen->role = arena_strdup(seen->fixture->arena, PQgetvalue(r, 0, 0));
    PQclear(r);
    return ERR_OK;
}

static void test_role(void **state)
{
    struct fixture *f = *state;
    struct seen seen = {.fixture = f};
    assert_true(f->engine->caps.row_security);
    assert_ok(f, engine_transact(f->engine, STR("tenants/main"), see_role, &seen, &f->err));
    assert_string_equal(f->tenant, seen.role);
    assert_ok(f, engine_transact(f->engine, STR("store"), see_role, &seen, &f->err));
    assert_string_equal(f->options.user, seen.role);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_ping, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_namespaces, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_drop, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_own, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_role, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("postgres/engine", tests, NULL, NULL);
}
