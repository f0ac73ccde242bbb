#include "fixture.h"

#include <string.h>

#include "base/time.h"
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

static void change_structure(struct fixture *f, struct engine *e, const char *text)
{
    struct session *s = NULL;
    struct my_conn *c = NULL;
    assert_ok(f, engine_session_begin(e, STR("store"), ACCESS_SCHEMA, &s, &f->err));
    assert_ok(f, mariadb_own(mariadb_session_of(s), &c, &f->err));
    assert_ok(f, my_run(c, text, NULL, &f->err));
    mariadb_structure_changed(mariadb_session_of(s));
    engine_session_end(s);
}

/* Two processes: what one changes the other sees within its lease, or as soon as it stumbles. */
static void others_see_a_change(void **state)
{
    struct fixture *f = *state;
    struct engine *other = NULL;
    uint64_t before = 0, now = 0;
    f->options.lease_ms = 100;
    assert_ok(f, mariadb_kind.open(&f->options, &other, &f->err));
    assert_ok(f, engine_generation(other, STR("store"), &before, &f->err));
    change_structure(f, f->engine, "CREATE TABLE seen (id INT PRIMARY KEY)");
    int64_t end = time_monotonic_us() + 5000000;
    do {
        assert_ok(f, engine_generation(other, STR("store"), &now, &f->err));
    } while (now == before && time_monotonic_us() < end);
    assert_true(now != before);
    engine_close(other);

    f->options.lease_ms = 3600000;
    assert_ok(f, mariadb_kind.open(&f->options, &other, &f->err));
    const struct table *t = fixture_table(f, "seen", "id int32", NULL);
    struct query q = {.table = t, .count_only = true};
    struct session *s = NULL;
    struct cursor *c = NULL;
    assert_ok(f, engine_generation(other, STR("store"), &before, &f->err));
    change_structure(f, f->engine, "DROP TABLE seen");
    assert_ok(f, engine_generation(other, STR("store"), &now, &f->err));
    assert_true(now == before);
    assert_ok(f, engine_session_begin(other, STR("store"), ACCESS_READ, &s, &f->err));
    assert_int_equal(engine_select(s, &q, &c, NULL), ERR_SCHEMA_MOVED);
    engine_session_end(s);
    assert_ok(f, engine_generation(other, STR("store"), &now, &f->err));
    assert_true(now != before);
    engine_close(other);
}

/* Attached: nothing is left in it, nothing but its rows can be changed, and not even those where
 * it is for reading only. */
static void an_attached_database_is_left_alone(void **state)
{
    struct fixture *f = *state;
    struct engine_options o = f->options;
    struct engine *e = NULL;
    struct session *s = NULL;
    struct cursor *c = NULL;
    const struct value *row = NULL;
    enum errcode wanted = ERR_OK;
    uint64_t before = 0, now = 0;
    fixture_sql(f, "CREATE DATABASE IF NOT EXISTS unit_attached", "USE unit_attached",
                "DROP VIEW IF EXISTS v", "DROP TABLE IF EXISTS w",
                "CREATE TABLE w (id INT) CHARACTER SET latin1",
                "CREATE VIEW v AS SELECT id + 1 AS n FROM w", NULL);
    o.is_attached = true;
    o.database = "unit_attached";
    o.lease_ms = 50;
    assert_ok(f, mariadb_kind.open(&o, &e, &f->err));
    assert_true(engine_namespace_exists(e, ATTACHED_NS));
    assert_false(engine_namespace_exists(e, STR("store")));
    assert_int_equal(engine_namespace_create(e, ATTACHED_NS, NULL), ERR_UNSUPPORTED);
    assert_int_equal(engine_namespace_drop(e, ATTACHED_NS, NULL), ERR_UNSUPPORTED);
    assert_ok(f, engine_transact(e, ATTACHED_NS, insert_row, &wanted, &f->err));
    struct table *t = table_copy(f->arena, fixture_table(f, "v", "n int64", NULL));
    const struct column *columns[] = {&t->columns[0]};
    struct query q = {.table = t, .columns = columns, .n_columns = 1, .limit = -1};
    t->kind = TABLE_VIEW;
    assert_ok(f, engine_session_begin(e, ATTACHED_NS, ACCESS_READ, &s, &f->err));
    assert_int_equal(engine_row_estimate(s, t), -1);
    assert_ok(f, engine_select(s, &q, &c, &f->err));
    assert_ok(f, engine_cursor_next(c, &row, &f->err));
    assert_int_equal(row[0].i, 2);
    engine_session_end(s);
    assert_ok(f, engine_generation(e, ATTACHED_NS, &before, &f->err));
    fixture_sql(f, "CREATE TABLE x (id INT PRIMARY KEY)", NULL);
    int64_t end = time_monotonic_us() + 5000000;
    do {
        assert_ok(f, engine_generation(e, ATTACHED_NS, &now, &f->err));
    } while (now == before && time_monotonic_us() < end);
    assert_true(now != before);
    assert_string_equal(
        fixture_text(f, "SELECT group_concat(TABLE_NAME ORDER BY 1) FROM information_schema.TABLES "
                        "WHERE TABLE_SCHEMA = 'unit_attached'"),
        "v,w,x");
    engine_close(e);

    o.is_read_only = true;
    assert_ok(f, mariadb_kind.open(&o, &e, &f->err));
    assert_int_equal(engine_transact(e, ATTACHED_NS, insert_row, &wanted, NULL), ERR_FORBIDDEN);
    assert_int_equal(engine_session_begin(e, ATTACHED_NS, ACCESS_SCHEMA, &s, NULL), ERR_FORBIDDEN);
    engine_close(e);
    fixture_sql(f, "DROP DATABASE unit_attached", arena_printf(f->arena, "USE `%s`", f->database),
                NULL);
}

static void refusals_say_why(void **state)
{
    struct fixture *f = *state;
    struct engine *e = NULL;
    struct engine_options o = f->options;
    o.is_attached = true;
    assert_int_equal(mariadb_kind.open(&o, &e, NULL), ERR_INVALID);
    o.database = "unit_never_there";
    error_release(&f->err);
    assert_int_equal(mariadb_kind.open(&o, &e, &f->err), ERR_SOURCE_REFUSED);
    assert_non_null(strstr(f->err.message, "unit_never_there"));
    o.database = "mysql";
    o.user = "unit_nobody";
    o.password = "very secret words";
    error_release(&f->err);
    assert_int_equal(mariadb_kind.open(&o, &e, &f->err), ERR_SOURCE_REFUSED);
    assert_null(strstr(f->err.message, "very secret"));
    o = f->options;
    o.tls = TLS_REQUIRE;
    bool has_tls = strcmp(fixture_text(f, "SELECT @@have_ssl"), "YES") == 0;
    error_release(&f->err);
    assert_int_equal(mariadb_kind.open(&o, &e, &f->err), has_tls ? ERR_OK : ERR_SOURCE_REFUSED);
    if (has_tls) {
        engine_close(e);
    }
    o = f->options;
    o.host = "/nowhere/my.sock";
    error_release(&f->err);
    assert_int_equal(mariadb_kind.open(&o, &e, &f->err), ERR_UNAVAILABLE);
    o.host = "127.0.0.1";
    o.port = 1;
    error_release(&f->err);
    assert_int_equal(mariadb_kind.open(&o, &e, &f->err), ERR_UNAVAILABLE);
    o.host = "no.such.host.invalid";
    error_release(&f->err);
    assert_int_equal(mariadb_kind.open(&o, &e, &f->err), ERR_UNAVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(namespaces_come_and_go),
        cmocka_unit_test(asks_and_runs),
        cmocka_unit_test(writes_all_or_nothing),
        cmocka_unit_test(structure_is_changed_alone),
        cmocka_unit_test(others_see_a_change),
        cmocka_unit_test(an_attached_database_is_left_alone),
        cmocka_unit_test(refusals_say_why),
    };
    return cmocka_run_group_tests_name("mariadb/session", tests, set_up, tear_down);
}
