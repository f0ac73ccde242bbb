#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "fake_wait.h"
#include "fixture.h"

#define ROWS 300000

static int set_up_group(void **state)
{
    static const struct sqlite_settings tight = {.budget_us = 300};
    atomic_store(&fake_loop, 0);
    struct fixture *f = fixture_open(&tight);
    fixture_sql(f,
                "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, name TEXT, data BLOB);"
                "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 300000)"
                " INSERT INTO t SELECT i, (i * 7919) % 300007, 'name ' || i, "
                " CASE WHEN i % 1000 = 0 THEN zeroblob(20000) END FROM c;"
                "CREATE TABLE few (id INTEGER PRIMARY KEY);"
                "INSERT INTO few VALUES (1), (2), (3);");
    *state = f;
    return 0;
}

static int tear_down_group(void **state)
{
    fixture_close(*state);
    return 0;
}

struct outcome {
    int64_t n, sum, bytes;
    int jobs;
};

static struct outcome read_all(struct fixture *f, struct query q)
{
    struct session *s = NULL;
    struct cursor *c = NULL;
    const struct value *row = NULL;
    struct outcome out = {0};
    assert_ok(f, engine_session_begin(f->engine, STR("store"), ACCESS_READ, &s, &f->err));
    int before = atomic_load(&fake_jobs);
    assert_ok(f, engine_select(s, &q, &c, &f->err));
    for (;;) {
        assert_ok(f, engine_cursor_next(c, &row, &f->err));
        if (!row) {
            break;
        }
        out.n++;
        out.sum += row[0].i;
        if (!q.count_only && q.n_columns > 1 && row[1].kind == VALUE_BYTES) {
            out.bytes += (int64_t)row[1].s.n;
        }
    }
    out.jobs = atomic_load(&fake_jobs) - before;
    engine_session_end(s);
    return out;
}

struct scene {
    struct catalog *catalog;
    const struct table *t;
    const struct column *columns[2];
};

static struct scene scene(struct fixture *f, const char *table)
{
    struct scene s = {.catalog = fixture_catalog(f)};
    s.t = catalog_find_table(s.catalog, str_of(table));
    s.columns[0] = &s.t->columns[0];
    s.columns[1] = table_find_column(s.t, STR("data"));
    return s;
}

static void a_short_read_stays_on_its_loop(void **state)
{
    struct fixture *f = *state;
    struct scene s = scene(f, "t");
    struct query q = {.table = s.t, .columns = s.columns, .n_columns = 1, .limit = 10};
    (void)read_all(f, q); /* opens the connection */
    struct outcome out = read_all(f, q);
    assert_int_equal(out.jobs, 0);
    assert_int_equal(out.n, 10);
    assert_int_equal(out.sum, 55);
    catalog_unref(s.catalog);
}

static void a_scan_with_gaps_goes_on_without_a_break(void **state)
{
    struct fixture *f = *state;
    struct scene s = scene(f, "t");
    /* the first rows come at once, the next ones far behind: cut in the middle of a step */
    struct value values[] = {value_int(7919), value_int(15838), value_int(1), value_int(300000)};
    struct filter in = {.op = FILTER_IN,
                        .column = table_find_column(s.t, STR("n")),
                        .values = values,
                        .n_values = 4};
    struct query q = {
        .table = s.t, .columns = s.columns, .n_columns = 1, .where = &in, .limit = 50};
    struct outcome out = read_all(f, q);
    assert_true(out.jobs > 0);
    assert_int_equal(out.n, atoi(fixture_text(f, "SELECT count(*) FROM t WHERE n IN (7919, 15838, "
                                                 "1, 300000)")));
    assert_int_equal(out.sum, atoi(fixture_text(f, "SELECT sum(id) FROM t WHERE n IN (7919, 15838, "
                                                   "1, 300000)")));
    catalog_unref(s.catalog);
}

static void a_sort_of_everything_moves(void **state)
{
    struct fixture *f = *state;
    struct scene s = scene(f, "t");
    struct order by = {.column = table_find_column(s.t, STR("n"))};
    struct query q = {
        .table = s.t, .columns = s.columns, .n_columns = 1, .order = &by, .n_order = 1, .limit = 3};
    struct outcome out = read_all(f, q);
    assert_true(out.jobs > 0);
    assert_int_equal(out.n, 3);
    assert_int_equal(out.sum, atoi(fixture_text(f, "SELECT sum(id) FROM (SELECT id FROM t ORDER BY "
                                                   "n LIMIT 3)")));
    catalog_unref(s.catalog);
}

static void everything_comes_in_batches_from_a_worker(void **state)
{
    struct fixture *f = *state;
    struct scene s = scene(f, "t");
    struct query q = {.table = s.t, .columns = s.columns, .n_columns = 2, .limit = -1};
    struct outcome out = read_all(f, q);
    assert_int_equal(out.n, ROWS);
    assert_int_equal(out.sum, (int64_t)ROWS * (ROWS + 1) / 2);
    assert_int_equal(out.bytes, 300 * 20000);
    assert_true(out.jobs > 100 && out.jobs < 3000);
    catalog_unref(s.catalog);
}

static void counts_start_on_a_worker_when_the_table_is_big(void **state)
{
    struct fixture *f = *state;
    struct scene big = scene(f, "t");
    struct scene few = scene(f, "few");
    struct query q = {.table = big.t, .count_only = true, .limit = 1};
    struct outcome out = read_all(f, q);
    assert_int_equal(out.sum, ROWS);
    assert_true(out.jobs > 0);
    q.table = few.t;
    out = read_all(f, q);
    assert_int_equal(out.sum, 3);
    assert_int_equal(out.jobs, 0);
    catalog_unref(big.catalog);
    catalog_unref(few.catalog);
}

static void a_write_between_two_batches_is_not_seen(void **state)
{
    struct fixture *f = *state;
    struct scene s = scene(f, "t");
    struct session *session = NULL;
    struct cursor *c = NULL;
    const struct value *row = NULL;
    struct query q = {.table = s.t, .columns = s.columns, .n_columns = 1, .limit = -1};
    int64_t n = 0;
    assert_ok(f, engine_session_begin(f->engine, STR("store"), ACCESS_READ, &session, &f->err));
    assert_ok(f, engine_select(session, &q, &c, &f->err));
    while (engine_cursor_next(c, &row, &f->err) == ERR_OK && row) {
        if (++n == 1000) {
            fixture_sql(f, "DELETE FROM t WHERE id = 299999");
        }
    }
    assert_int_equal(n, ROWS);
    engine_session_end(session);
    fixture_sql(f, "INSERT INTO t (id, n) VALUES (299999, 299999)");
    catalog_unref(s.catalog);
}

/* Without any budget only the watchdog can end a sort. */
static void the_watchdog_ends_a_silent_step(void **state)
{
    struct fixture *f = *state;
    static const struct sqlite_settings silent = {.budget_us = 60000000, .step_limit_us = 3000};
    fixture_reopen(f, &silent);
    struct scene s = scene(f, "t");
    struct order by = {.column = table_find_column(s.t, STR("name")), .is_descending = true};
    struct query q = {
        .table = s.t, .columns = s.columns, .n_columns = 1, .order = &by, .n_order = 1, .limit = 3};
    struct outcome out = read_all(f, q);
    assert_true(out.jobs > 0);
    assert_int_equal(out.sum, 99999 + 99998 + 99997);
    q.order = NULL;
    q.n_order = 0;
    out = read_all(f, q);
    assert_int_equal(out.jobs, 0);
    assert_int_equal(out.sum, 6);
    catalog_unref(s.catalog);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_short_read_stays_on_its_loop),
        cmocka_unit_test(a_scan_with_gaps_goes_on_without_a_break),
        cmocka_unit_test(a_sort_of_everything_moves),
        cmocka_unit_test(everything_comes_in_batches_from_a_worker),
        cmocka_unit_test(counts_start_on_a_worker_when_the_table_is_big),
        cmocka_unit_test(a_write_between_two_batches_is_not_seen),
        cmocka_unit_test(the_watchdog_ends_a_silent_step),
    };
    return cmocka_run_group_tests(tests, set_up_group, tear_down_group);
}
