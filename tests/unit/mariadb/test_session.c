#include "fixture.h"

#include <string.h>

#include "engine/mariadb/conn.h"
#include "engine/mariadb/session.h"

/* Namespaces, sessions and plain statements. */

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

static void namespaces_come_and_go(void **state)
{
    struct fixture *f = *state;
    assert_true(engine_namespace_exists(f->engine, STR("store")));
    assert_false(engine_namespace_exists(f->engine, STR("tenants/one")));
    assert_ok(f, engine_namespace_create(f->engine, STR("tenants/one"), &f->err));
    assert_ok(f, engine_namespace_create(f->engine, STR("tenants/one"), &f->err));
    assert_true(engine_namespace_exists(f->engine, STR("tenants/one")));
    assert_ok(f, engine_namespace_drop(f->engine, STR("tenants/one"), &f->err));
    assert_false(engine_namespace_exists(f->engine, STR("tenants/one")));
    assert_int_equal(engine_namespace_create(f->engine, STR("tenants/a`b"), NULL), ERR_INVALID);
    assert_int_equal(engine_namespace_create(f->engine, STR(""), NULL), ERR_INVALID);
    assert_int_equal(engine_namespace_create(f->engine, STR("tenant_one"), NULL), ERR_INVALID);
    const char *too_long = "tenants/"
                           "0123456789012345678901234567890123456789012345678901234567890123";
    assert_int_equal(engine_namespace_create(f->engine, str_of(too_long), NULL), ERR_INVALID);
}

static void asks_and_runs(void **state)
{
    struct fixture *f = *state;
    struct session *s = NULL;
    struct my_conn *c = NULL;
    MYSQL_RES *r = NULL;
    int64_t n = 0;
    static const char *const params[] = {"it's", "back\\slash", NULL, "\xf0\x9f\x98\x80"};
    assert_ok(f, engine_ping(f->engine, &f->err));
    assert_ok(f, engine_session_begin(f->engine, STR("store"), ACCESS_SCHEMA, &s, &f->err));
    assert_ok(f, mariadb_own(mariadb_session_of(s), &c, &f->err));
    assert_ok(f, my_ask(c, "SELECT ?, ?, ?, ?, database()", params, 4, &r, &f->err));
    MYSQL_ROW row = mysql_fetch_row(r);
    assert_string_equal(row[0], params[0]);
    assert_string_equal(row[1], params[1]);
    assert_null(row[2]);
    assert_string_equal(row[3], params[3]);
    assert_string_equal(row[4], f->database);
    mysql_free_result(r);
    assert_ok(f, my_run(c, "CREATE TABLE x (id INT PRIMARY KEY)", NULL, &f->err));
    assert_ok(f, my_run(c, "INSERT INTO x VALUES (1), (2)", &n, &f->err));
    assert_int_equal(n, 2);
    assert_int_equal(my_run(c, "no such words", NULL, NULL), ERR_INVALID);
    assert_int_equal(my_ask(c, "SELECT a FROM x", NULL, 0, &r, NULL), ERR_SCHEMA_MOVED);
    engine_session_end(s);
    assert_string_equal(fixture_text(f, "SELECT count(*) FROM x"), "2");
}

static enum errcode insert_row(struct session *s, void *arg, struct error *err)
{
    struct my_conn *c = NULL;
    TRY(mariadb_own(mariadb_session_of(s), &c, err));
    TRY(my_run(c, "INSERT INTO w VALUES (1)", NULL, err));
    return *(enum errcode *)arg == ERR_OK ? ERR_OK : ERROR(err, *(enum errcode *)arg, "as told");
}

static void writes_all_or_nothing(void **state)
{
    struct fixture *f = *state;
    fixture_sql(f, "CREATE TABLE w (id INT)", NULL);
    enum errcode wanted = ERR_CONFLICT;
    assert_int_equal(engine_transact(f->engine, STR("store"), insert_row, &wanted, NULL),
                     ERR_CONFLICT);
    assert_string_equal(fixture_text(f, "SELECT count(*) FROM w"), "0");
    wanted = ERR_OK;
    assert_ok(f, engine_transact(f->engine, STR("store"), insert_row, &wanted, &f->err));
    assert_string_equal(fixture_text(f, "SELECT count(*) FROM w"), "1");
}

static void structure_is_changed_alone(void **state)
{
    struct fixture *f = *state;
    struct session *s = NULL, *other = NULL;
    uint64_t before = 0, after = 0;
    enum errcode wanted = ERR_OK;
    assert_ok(f, engine_generation(f->engine, STR("store"), &before, &f->err));
    assert_ok(f, engine_session_begin(f->engine, STR("store"), ACCESS_SCHEMA, &s, &f->err));
    assert_int_equal(engine_session_begin(f->engine, STR("store"), ACCESS_SCHEMA, &other, NULL),
                     ERR_BUSY);
    assert_int_equal(engine_transact(f->engine, STR("store"), insert_row, &wanted, NULL), ERR_BUSY);
    engine_session_end(s);
    assert_ok(f, engine_generation(f->engine, STR("store"), &after, &f->err));
    assert_true(before != after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(namespaces_come_and_go),
        cmocka_unit_test(asks_and_runs),
        cmocka_unit_test(writes_all_or_nothing),
        cmocka_unit_test(structure_is_changed_alone),
    };
    return cmocka_run_group_tests_name("mariadb/session", tests, set_up, tear_down);
}
