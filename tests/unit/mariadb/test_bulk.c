#include "fixture.h"

#include <string.h>

/* Bulk loads: all rows or none, what collides, and which row was wrong. */

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

static int set_up_tables(void **state)
{
    fixture_sql(
        *state, "DROP TABLE IF EXISTS t, two",
        "CREATE TABLE t (id INT PRIMARY KEY, s VARCHAR(300), n INT NOT NULL CHECK (n >= 0))",
        "CREATE TABLE two (id INT PRIMARY KEY, s VARCHAR(20) UNIQUE, n INT)", NULL);
    return 0;
}

struct load {
    const struct table *table;
    struct write shape;
    const struct column *columns[3];
};

static struct load load_of(struct fixture *f, const char *name, enum write_kind kind)
{
    struct load l = {.table = fixture_table(f, name, "id int32", "s text?", "n int32?", NULL)};
    for (size_t i = 0; i < 3; i++) {
        l.columns[i] = &l.table->columns[i];
    }
    l.shape = (struct write){.kind = kind, .table = l.table, .n_columns = 3, .n_conflict = 1};
    return l;
}

/* @n rows from id @from on; the values of row @odd are @id and @number. */
static enum errcode run(struct fixture *f, struct load *l, int from, int n, int odd,
                        struct value id, struct value number, struct write_result *out)
{
    struct bulk *b = NULL;
    char text[200];
    memset(text, 'x', sizeof text);
    l->shape.columns = l->columns;
    l->shape.conflict = l->columns;
    error_release(&f->err);
    TRY(engine_bulk_begin(f->engine, STR("store"), &l->shape, &b, &f->err));
    for (int i = 0; i < n; i++) {
        struct value row[] = {value_int(from + i), value_str((struct str){text, (size_t)(i % 200)}),
                              value_int(i)};
        if (i == odd) {
            row[0] = id;
            row[2] = number;
        }
        enum errcode code = engine_bulk_row(b, row, &f->err);
        if (code != ERR_OK) {
            assert_int_equal(engine_bulk_end(b, false, NULL, NULL), ERR_OK);
            return code;
        }
    }
    return engine_bulk_end(b, true, out, &f->err);
}

/* More than the memory keeps: they go through the file. */
static void many_rows_go_in(void **state)
{
    struct fixture *f = *state;
    struct load l = load_of(f, "t", WRITE_INSERT);
    struct write_result r = {0};
    assert_ok(f, run(f, &l, 1, 20001, -1, value_null(), value_null(), &r));
    assert_int_equal(r.n_rows, 20001);
    assert_string_equal(
        fixture_text(f, "SELECT concat_ws(' ', count(*), sum(id), sum(n), sum(length(s))) FROM t"),
        "20001 200030001 200010000 1990000");
}

static void none_goes_in_where_one_is_wrong(void **state)
{
    struct fixture *f = *state;
    struct load l = load_of(f, "t", WRITE_INSERT);
    struct write_result r = {0};
    assert_int_equal(run(f, &l, 1, 500, 321, value_int(7), value_int(0), &r), ERR_UNIQUE_VIOLATION);
    assert_string_equal(f->err.where, "/321/id");
    assert_int_equal(run(f, &l, 1, 500, 64, value_int(65), value_int(-1), &r), ERR_CHECK_VIOLATION);
    assert_string_equal(f->err.where, "/64/n");
    assert_int_equal(run(f, &l, 1, 500, 499, value_int(500), value_null(), &r),
                     ERR_NOT_NULL_VIOLATION);
    assert_string_equal(f->err.where, "/499/n");
    assert_string_equal(fixture_text(f, "SELECT count(*) FROM t"), "0");
}

static void nothing_is_kept_of_what_is_given_up(void **state)
{
    struct fixture *f = *state;
    struct load l = load_of(f, "t", WRITE_INSERT);
    struct bulk *b = NULL;
    struct value row[] = {value_int(1), value_null(), value_int(1)};
    l.shape.columns = l.columns;
    assert_ok(f, engine_bulk_begin(f->engine, STR("store"), &l.shape, &b, &f->err));
    assert_ok(f, engine_bulk_row(b, row, &f->err));
    assert_ok(f, engine_bulk_end(b, false, NULL, &f->err));
    assert_string_equal(fixture_text(f, "SELECT count(*) FROM t"), "0");
}

static void what_is_there_is_changed(void **state)
{
    struct fixture *f = *state;
    struct load l = load_of(f, "t", WRITE_UPSERT);
    struct write_result r = {0};
    assert_ok(f, run(f, &l, 1, 100, -1, value_null(), value_null(), &r));
    assert_int_equal(r.n_inserted, 100);
    assert_ok(f, run(f, &l, 51, 200, -1, value_null(), value_null(), &r));
    assert_int_equal(r.n_rows, 200);
    assert_int_equal(r.n_inserted, 150);
    assert_string_equal(fixture_text(f, "SELECT concat_ws(' ', count(*), sum(n)) FROM t"),
                        "250 21125");
    /* a row of the load collides with another one of it */
    assert_ok(f, run(f, &l, 1001, 70, 69, value_int(1001), value_int(5), &r));
    assert_int_equal(r.n_rows, 70);
    assert_int_equal(r.n_inserted, 69);
    assert_string_equal(fixture_text(f, "SELECT n FROM t WHERE id = 1001"), "5");
    l.shape.keep = &l.columns[1];
    l.shape.n_keep = 2;
    assert_ok(f, run(f, &l, 201, 100, -1, value_null(), value_null(), &r));
    assert_int_equal(r.n_rows, 50);
    assert_int_equal(r.n_inserted, 50);
}

/* Another unique key decides about nothing. */
static void another_key_refuses(void **state)
{
    struct fixture *f = *state;
    struct load l = load_of(f, "two", WRITE_UPSERT);
    struct index_key key = {.column = "s"};
    struct index index = {.name = "s", .is_unique = true, .keys = &key, .n_keys = 1};
    struct table *t = table_copy(f->arena, l.table);
    struct write_result r = {0};
    t->indexes = &index;
    t->n_indexes = 1;
    l.shape.table = t;
    fixture_sql(f, "INSERT INTO two VALUES (1, 'xxx', 1), (2, 'x', 2)", NULL);
    assert_int_equal(run(f, &l, 10, 5, -1, value_null(), value_null(), &r), ERR_UNIQUE_VIOLATION);
    assert_string_equal(f->err.where, "/1/s");
    assert_string_equal(fixture_text(f, "SELECT count(*) FROM two"), "2");
    assert_ok(f, run(f, &l, 1, 3, -1, value_null(), value_null(), &r));
    assert_int_equal(r.n_rows, 3);
    assert_int_equal(r.n_inserted, 1);
    assert_string_equal(
        fixture_text(f, "SELECT group_concat(concat_ws(':', id, s, n) ORDER BY id) FROM two"),
        "1::0,2:x:1,3:xx:2");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup(name, set_up_tables)
    const struct CMUnitTest tests[] = {
        CASE(many_rows_go_in),
        CASE(none_goes_in_where_one_is_wrong),
        CASE(nothing_is_kept_of_what_is_given_up),
        CASE(what_is_there_is_changed),
        CASE(another_key_refuses),
    };
    return cmocka_run_group_tests_name("mariadb/bulk", tests, set_up, tear_down);
}
