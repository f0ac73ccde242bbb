#include <string.h>

#include "fixture.h"

static int set_up(void **state)
{
    struct fixture *f = fixture_open(NULL);
    fixture_sql(f, "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL, n INTEGER UNIQUE, "
                   "seen DATETIME TEXT, data BLOB, share REAL)");
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture_close(*state);
    return 0;
}

struct load {
    struct catalog *catalog;
    const struct table *table;
    const struct column *columns[5];
    const struct column *conflict;
    struct write shape;
    struct bulk *bulk;
};

static struct load begin(struct fixture *f, enum write_kind kind, struct load *l)
{
    static const char *const names[] = {"name", "n", "seen", "data", "share"};
    l->catalog = fixture_catalog(f);
    l->table = catalog_find_table(l->catalog, STR("t"));
    for (size_t i = 0; i < 5; i++) {
        l->columns[i] = table_find_column(l->table, str_of(names[i]));
    }
    l->conflict = l->columns[1];
    l->shape = (struct write){.kind = kind,
                              .table = l->table,
                              .columns = l->columns,
                              .n_columns = 5,
                              .conflict = &l->conflict,
                              .n_conflict = kind == WRITE_UPSERT};
    assert_ok(f, engine_bulk_begin(f->engine, STR("store"), &l->shape, &l->bulk, &f->err));
    return *l;
}

static enum errcode add(struct fixture *f, struct load *l, int64_t n, size_t length)
{
    char name[70000];
    memset(name, 'x', sizeof name);
    struct value values[5] = {value_str((struct str){name, length}), value_int(n),
                              value_text("2026-01-31T12:00:00Z"),
                              value_bytes((struct str){"\0\1", 2}), value_float(0.5)};
    if (n < 0) {
        values[0] = value_null();
    }
    return engine_bulk_row(l->bulk, values, &f->err);
}

static void many_rows_go_in_at_once(void **state)
{
    struct fixture *f = *state;
    struct load l;
    struct write_result r = {0};
    begin(f, WRITE_INSERT, &l);
    for (int64_t n = 0; n < 3000; n++) {
        assert_ok(f, add(f, &l, n, n % 500 == 7 ? 60000 : 300));
    }
    assert_string_equal(fixture_text(f, "SELECT count(*) FROM t"), "0");
    assert_ok(f, engine_bulk_end(l.bulk, true, &r, &f->err));
    assert_int_equal(r.n_rows, 3000);
    assert_int_equal(r.n_inserted, 3000);
    assert_string_equal(fixture_text(f, "SELECT count(*) || ' ' || sum(n) || ' ' || "
                                        "sum(length(name)) || ' ' || max(seen) || ' ' || "
                                        "min(hex(data)) || ' ' || sum(share) FROM t"),
                        "3000 4498500 1258200 2026-01-31T12:00:00.000000Z 0001 1500.0");
    catalog_unref(l.catalog);
}

static void a_bad_row_takes_all_back_and_is_named(void **state)
{
    struct fixture *f = *state;
    struct load l;
    begin(f, WRITE_INSERT, &l);
    for (int64_t n = 0; n < 2000; n++) {
        assert_ok(f, add(f, &l, n == 1500 ? 3 : n, 400));
    }
    assert_int_equal(engine_bulk_end(l.bulk, true, NULL, &f->err), ERR_UNIQUE_VIOLATION);
    assert_string_equal(f->err.where, "/1500/n");
    assert_string_equal(fixture_text(f, "SELECT count(*) FROM t"), "0");
    catalog_unref(l.catalog);
}

static void an_abandoned_load_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct load l;
    begin(f, WRITE_INSERT, &l);
    for (int64_t n = 0; n < 2000; n++) {
        assert_ok(f, add(f, &l, n, 400));
    }
    assert_ok(f, engine_bulk_end(l.bulk, false, NULL, &f->err));
    assert_string_equal(fixture_text(f, "SELECT count(*) FROM t"), "0");
    catalog_unref(l.catalog);
}

static void an_upsert_tells_new_rows_from_changed_ones(void **state)
{
    struct fixture *f = *state;
    struct load l;
    struct write_result r = {0};
    fixture_sql(f, "INSERT INTO t (name, n) VALUES ('old', 5), ('old', 6)");
    begin(f, WRITE_UPSERT, &l);
    for (int64_t n = 0; n < 10; n++) {
        assert_ok(f, add(f, &l, n, 3));
    }
    assert_ok(f, engine_bulk_end(l.bulk, true, &r, &f->err));
    assert_int_equal(r.n_rows, 10);
    assert_int_equal(r.n_inserted, 8);
    assert_string_equal(fixture_text(f, "SELECT count(*) FROM t WHERE name = 'xxx'"), "10");
    catalog_unref(l.catalog);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(many_rows_go_in_at_once),
        CASE(a_bad_row_takes_all_back_and_is_named),
        CASE(an_abandoned_load_leaves_nothing),
        CASE(an_upsert_tells_new_rows_from_changed_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
