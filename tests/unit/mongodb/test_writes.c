/* Rows that are written: defaults, counting keys, keys that change, upserts, what is refused. */
#include "fixture.h"

#include <string.h>

#include "base/attr.h"

#define NS STR("store")

static void make(struct fixture *f, const char *table)
{
    assert_ok(
        f, fixture_change(f, f->engine, NS,
                          arena_printf(f->arena, "[{\"op\":\"CREATE_TABLE\",\"table\":%s}]", table),
                          NULL));
}

static void expect(struct fixture *f, enum errcode code, enum errcode wanted, const char *params,
                   const char *where)
{
    if (code != wanted) {
        fail_msg("%s: %s", errcode_row(code)->wire, f->err.message);
    }
    if (params) {
        assert_string_equal(f->err.params, params);
    }
    if (where) {
        assert_string_equal(f->err.where, where);
    }
    error_release(&f->err);
}

static const char people[] =
    "{\"tableName\":\"people\",\"columns\":["
    "{\"name\":\"id\",\"type\":\"int64\",\"primaryKey\":true,\"autoIncrement\":true},"
    "{\"name\":\"name\",\"type\":\"text\",\"maxLength\":5,\"nullable\":false},"
    "{\"name\":\"email\",\"type\":\"text\",\"unique\":true},"
    "{\"name\":\"age\",\"type\":\"int64\",\"validation\":{\"min\":0,\"max\":150}},"
    "{\"name\":\"kind\",\"type\":\"enum\",\"values\":[\"a\",\"b\"],\"defaultValue\":\"a\"},"
    "{\"name\":\"made\",\"type\":\"datetime\",\"defaultValue\":\"now()\"}]}";

static void test_defaults(void **state)
{
    (void)state;
    struct fixture *f = fixture_open();
    make(f, people);
    assert_ok(f, fixture_insert(f, f->engine, NS, "people", "name", "[[\"one\"],[\"two\"]]"));
    assert_string_equal(
        fixture_rows(f, f->engine, NS, "people", "id,name,email,age,kind", NULL, "id"),
        "1|one|-|-|a; 2|two|-|-|a; ");
    assert_string_equal(fixture_rows(f, f->engine, NS, "people", "id", "{\"made\":null}", "id"),
                        "");
    /* a value that is NULL is no field, and "_id" is the key */
    const char *doc = fixture_document(f, "people", "{\"_id\":1}");
    assert_non_null(strstr(doc, "\"_id\" : 1, \"name\" : \"one\""));
    assert_null(strstr(doc, "email"));
    fixture_close(f);
}

static void test_counting(void **state)
{
    (void)state;
    struct fixture *f = fixture_open();
    make(f, people);
    assert_ok(f, fixture_insert(f, f->engine, NS, "people", "id,name", "[[41,\"x\"]]"));
    assert_ok(f, fixture_insert(f, f->engine, NS, "people", "name", "[[\"y\"]]"));
    /* another process counts too: the number it took is taken */
    struct engine *again = fixture_again(f);
    assert_ok(f, fixture_insert(f, again, NS, "people", "name", "[[\"z\"]]"));
    assert_ok(f, fixture_insert(f, f->engine, NS, "people", "name", "[[\"q\"]]"));
    assert_ok(f, fixture_insert(f, again, NS, "people", "name", "[[\"r\"]]"));
    assert_string_equal(fixture_rows(f, f->engine, NS, "people", "id,name", NULL, "id"),
                        "41|x; 42|y; 43|z; 44|q; 45|r; ");
    engine_close(again);
    fixture_close(f);
}

static void test_refused(void **state)
{
    (void)state;
    struct fixture *f = fixture_open();
    make(f, people);
    struct write_result r = {0};
    expect(f, fixture_insert(f, f->engine, NS, "people", "email", "[[\"e\"]]"),
           ERR_NOT_NULL_VIOLATION, "{\"table\":\"people\",\"columns\":[\"name\"]}", "/name");
    expect(f, fixture_insert(f, f->engine, NS, "people", "name,age", "[[\"x\",151]]"),
           ERR_CHECK_VIOLATION,
           "{\"table\":\"people\",\"columns\":[\"age\"],\"constraint\":\"ck_people_age\"}", "/age");
    assert_ok(f, fixture_insert(f, f->engine, NS, "people", "id,name,email,age",
                                "[[1,\"x\",\"e\",150],[2,\"y\",null,null],[3,\"y\",null,0]]"));
    expect(f, fixture_insert(f, f->engine, NS, "people", "name,email", "[[\"x\",\"e\"]]"),
           ERR_UNIQUE_VIOLATION,
           "{\"table\":\"people\",\"columns\":[\"email\"],\"constraint\":\"uq_people_email\"}",
           "/email");
    expect(f, fixture_insert(f, f->engine, NS, "people", "id,name", "[[1,\"x\"]]"),
           ERR_UNIQUE_VIOLATION, "{\"table\":\"people\",\"columns\":[\"id\"]}", "/id");
    expect(
        f,
        fixture_write(f, f->engine, NS, WRITE_UPDATE, "people", "name", "[null]", "{\"id\":1}", &r),
        ERR_NOT_NULL_VIOLATION, "{\"table\":\"people\",\"columns\":[\"name\"]}", "/name");
    expect(f,
           fixture_write(f, f->engine, NS, WRITE_UPDATE, "people", "age", "[-1]", "{\"id\":1}", &r),
           ERR_CHECK_VIOLATION, NULL, "/age");
    assert_string_equal(fixture_rows(f, f->engine, NS, "people", "id,name,email,age", NULL, "id"),
                        "1|x|e|150; 2|y|-|-; 3|y|-|0; ");
    fixture_close(f);
}

static void test_update_and_delete(void **state)
{
    (void)state;
    struct fixture *f = fixture_open();
    make(f, people);
    struct write_result r = {0};
    assert_ok(f, fixture_insert(f, f->engine, NS, "people", "id,name,email,age",
                                "[[1,\"x\",\"e\",1],[2,\"y\",null,2],[3,\"z\",\"g\",3]]"));
    assert_ok(f, fixture_write(f, f->engine, NS, WRITE_UPDATE, "people", "email,age", "[null,9]",
                               "{\"age\":{\"gte\":2}}", &r));
    assert_int_equal(r.n_rows, 2);
    assert_ok(f,
              fixture_write(f, f->engine, NS, WRITE_DELETE, "people", "", "[]", "{\"id\":1}", &r));
    assert_int_equal(r.n_rows, 1);
    assert_ok(f,
              fixture_write(f, f->engine, NS, WRITE_DELETE, "people", "", "[]", "{\"id\":77}", &r));
    assert_int_equal(r.n_rows, 0);
    assert_string_equal(fixture_rows(f, f->engine, NS, "people", "id,name,email,age", NULL, "id"),
                        "2|y|-|9; 3|z|-|9; ");
    fixture_close(f);
}

static void test_key_changes(void **state)
{
    (void)state;
    struct fixture *f = fixture_open();
    make(f, people);
    struct write_result r = {0};
    assert_ok(f, fixture_insert(f, f->engine, NS, "people", "id,name,email,age",
                                "[[1,\"x\",\"e\",1],[2,\"y\",null,2]]"));
    assert_ok(f, fixture_write(f, f->engine, NS, WRITE_UPDATE, "people", "id,age,email",
                               "[5,7,null]", "{\"id\":1}", &r));
    assert_int_equal(r.n_rows, 1);
    assert_ok(f, fixture_write(f, f->engine, NS, WRITE_UPDATE, "people", "id,age", "[2,8]",
                               "{\"id\":2}", &r));
    assert_int_equal(r.n_rows, 1);
    expect(f,
           fixture_write(f, f->engine, NS, WRITE_UPDATE, "people", "id", "[2]", "{\"id\":5}", &r),
           ERR_UNIQUE_VIOLATION, NULL, "/id");
    expect(f, fixture_write(f, f->engine, NS, WRITE_UPDATE, "people", "id", "[9]", NULL, &r),
           ERR_UNIQUE_VIOLATION, NULL, "/id");
    assert_string_equal(fixture_rows(f, f->engine, NS, "people", "id,name,email,age", NULL, "id"),
                        "2|y|-|8; 5|x|-|7; ");
    fixture_close(f);
}

struct upsert {
    struct fixture *f;
    const struct table *t;
    const char *conflict;
    struct value values[4]; /* id, name, email, age */
    bool keeps_name;
    struct write_result result;
};

static enum errcode upsert_one(struct session *s, void *arg, struct error *err)
{
    struct upsert *u = arg;
    const struct column *columns[] = {
        table_find_column(u->t, STR("id")), table_find_column(u->t, STR("name")),
        table_find_column(u->t, STR("email")), table_find_column(u->t, STR("age"))};
    const struct column *conflict = table_find_column(u->t, str_of(u->conflict));
    struct write w = {.kind = WRITE_UPSERT, .table = u->t, .n_conflict = 1};
    bool counts = u->values[0].kind == VALUE_NULL;
    w.columns = columns + counts;
    w.values = u->values + counts;
    w.n_columns = ARRAY_LEN(columns) - counts;
    w.conflict = &conflict;
    w.keep = &columns[1];
    w.n_keep = u->keeps_name;
    return engine_write(s, &w, &u->result, err);
}

static void upsert(struct fixture *f, struct upsert u, int64_t n_rows, int64_t n_inserted)
{
    struct catalog *c AUTO(catalog_unrefp) = fixture_catalog(f, f->engine, NS);
    u.t = catalog_find_table(c, STR("people"));
    assert_ok(f, engine_transact(f->engine, NS, upsert_one, &u, &f->err));
    assert_int_equal(u.result.n_rows, n_rows);
    assert_int_equal(u.result.n_inserted, n_inserted);
}

static void test_upsert(void **state)
{
    (void)state;
    struct fixture *f = fixture_open();
    make(f, people);
    struct value null = value_null();
    upsert(
        f,
        (struct upsert){.conflict = "id",
                        .values = {value_int(1), value_text("a"), value_text("e"), value_int(1)}},
        1, 1);
    upsert(f,
           (struct upsert){.conflict = "id",
                           .values = {value_int(1), value_text("b"), null, value_int(2)}},
           1, 0);
    assert_string_equal(
        fixture_rows(f, f->engine, NS, "people", "id,name,email,age,kind", NULL, "id"),
        "1|b|-|2|a; ");
    /* by another unique column, and a key that counts: a number that was not needed is a gap */
    upsert(f,
           (struct upsert){.conflict = "email",
                           .values = {null, value_text("c"), value_text("m"), value_int(3)}},
           1, 1);
    upsert(f,
           (struct upsert){.conflict = "email",
                           .values = {null, value_text("d"), value_text("m"), value_int(4)},
                           .keeps_name = true},
           1, 0);
    /* a NULL collides with nothing */
    upsert(
        f,
        (struct upsert){.conflict = "email", .values = {null, value_text("n"), null, value_int(5)}},
        1, 1);
    upsert(
        f,
        (struct upsert){.conflict = "email", .values = {null, value_text("n"), null, value_int(6)}},
        1, 1);
    assert_string_equal(fixture_rows(f, f->engine, NS, "people", "id,name,email,age", NULL, "id"),
                        "1|b|-|2; 2|c|m|4; 4|n|-|5; 5|n|-|6; ");
    fixture_close(f);
}

struct twice {
    struct fixture *f;
    const struct table *t;
    int n_runs;
    bool fails;
};

static enum errcode write_twice(struct session *s, void *arg, struct error *err)
{
    struct twice *w = arg;
    const struct column *columns[] = {table_find_column(w->t, STR("id")),
                                      table_find_column(w->t, STR("name"))};
    struct value values[] = {value_int(7), value_text("x")};
    struct write insert = {
        .kind = WRITE_INSERT, .table = w->t, .columns = columns, .values = values, .n_columns = 2};
    struct write_result result = {0};
    w->n_runs++;
    TRY(engine_write(s, &insert, &result, err));
    values[0] = value_int(8);
    TRY(engine_write(s, &insert, &result, err));
    /* what was written is seen inside, and not outside yet */
    struct query q = {.table = w->t, .count_only = true, .limit = -1};
    const struct value *row = NULL;
    TRY(engine_query_one(s, &q, w->f->arena, &row, err));
    assert_int_equal(row[0].i, 2);
    assert_string_equal(fixture_rows(w->f, w->f->engine, NS, "people", "id", NULL, "id"), "");
    return w->fails ? ERROR(err, ERR_CONFLICT, "on purpose") : ERR_OK;
}

static void test_all_or_nothing(void **state)
{
    (void)state;
    struct fixture *f = fixture_open();
    make(f, people);
    struct catalog *c AUTO(catalog_unrefp) = fixture_catalog(f, f->engine, NS);
    struct twice w = {.f = f, .t = catalog_find_table(c, STR("people")), .fails = true};
    assert_true(f->engine->caps.transactions);
    assert_int_equal(engine_transact(f->engine, NS, write_twice, &w, &f->err), ERR_CONFLICT);
    assert_string_equal(f->err.message, "on purpose");
    error_release(&f->err);
    assert_string_equal(fixture_rows(f, f->engine, NS, "people", "id", NULL, "id"), "");
    w.fails = false;
    assert_ok(f, engine_transact(f->engine, NS, write_twice, &w, &f->err));
    assert_string_equal(fixture_rows(f, f->engine, NS, "people", "id", NULL, "id"), "7; 8; ");
    assert_int_equal(w.n_runs, 2);
    fixture_close(f);
}

struct race {
    struct fixture *f;
    const struct table *t;
    int n_runs;
};

/* Another program changes the row behind the first read: the transaction is run again. */
static enum errcode add_one(struct session *s, void *arg, struct error *err)
{
    struct race *r = arg;
    const struct column *age = table_find_column(r->t, STR("age"));
    const struct value *row = NULL;
    struct query q = {.table = r->t, .columns = &age, .n_columns = 1, .limit = 1};
    r->n_runs++;
    TRY(engine_query_one(s, &q, r->f->arena, &row, err));
    if (r->n_runs == 1) {
        (void)fixture_command(r->f, "{\"update\":\"people\",\"updates\":[{\"q\":{\"_id\":{\""
                                    "$numberLong\":\"1\"}},\"u\":{\"$inc\":{\"age\":{\"$numberLong"
                                    "\":\"10\"}}}}]}");
    }
    struct value next = value_int(row[0].i + 1);
    struct write w = {.kind = WRITE_UPDATE,
                      .table = r->t,
                      .columns = &age,
                      .values = &next,
                      .n_columns = 1,
                      .all_rows = true};
    struct write_result result = {0};
    return engine_write(s, &w, &result, err);
}

static void test_conflict_runs_again(void **state)
{
    (void)state;
    struct fixture *f = fixture_open();
    make(f, people);
    assert_ok(f, fixture_insert(f, f->engine, NS, "people", "id,name,age", "[[1,\"x\",5]]"));
    struct catalog *c AUTO(catalog_unrefp) = fixture_catalog(f, f->engine, NS);
    struct race r = {.f = f, .t = catalog_find_table(c, STR("people"))};
    assert_ok(f, engine_transact(f->engine, NS, add_one, &r, &f->err));
    assert_int_equal(r.n_runs, 2);
    assert_string_equal(fixture_rows(f, f->engine, NS, "people", "age", NULL, "id"), "16; ");
    fixture_close(f);
}

static void test_composite_key(void **state)
{
    (void)state;
    struct fixture *f = fixture_open();
    make(f, "{\"tableName\":\"lines\",\"primaryKey\":[\"year\",\"no\"],\"columns\":["
            "{\"name\":\"year\",\"type\":\"int64\"},{\"name\":\"no\",\"type\":\"text\"},"
            "{\"name\":\"v\",\"type\":\"text\"}]}");
    assert_ok(f, fixture_insert(f, f->engine, NS, "lines", "year,no,v",
                                "[[1,\"a\",\"x\"],[1,\"b\",\"y\"],[2,\"a\",null]]"));
    expect(f, fixture_insert(f, f->engine, NS, "lines", "year,no", "[[1,\"b\"]]"),
           ERR_UNIQUE_VIOLATION, NULL, NULL);
    assert_string_equal(fixture_rows(f, f->engine, NS, "lines", "year,no,v", NULL, "year,no"),
                        "1|a|x; 1|b|y; 2|a|-; ");
    fixture_close(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),       cmocka_unit_test(test_counting),
        cmocka_unit_test(test_refused),        cmocka_unit_test(test_update_and_delete),
        cmocka_unit_test(test_key_changes),    cmocka_unit_test(test_upsert),
        cmocka_unit_test(test_all_or_nothing), cmocka_unit_test(test_conflict_runs_again),
        cmocka_unit_test(test_composite_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
