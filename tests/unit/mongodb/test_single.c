/* A server without transactions changes one row at a time, and nothing is left half done. */
#include "fixture.h"

#include <string.h>

#include "base/attr.h"
#include "engine/mongodb/core.h"

#define NS STR("store")

static const char make[] = "[{\"op\":\"CREATE_TABLE\",\"table\":{\"tableName\":\"t\",\"columns\":["
                           "{\"name\":\"id\",\"type\":\"int64\",\"primaryKey\":true},"
                           "{\"name\":\"s\",\"type\":\"text\"}]}}]";

static struct fixture *open_single(void)
{
    struct fixture *f = fixture_open();
    ((struct mongo_engine *)f->engine)->has_transactions = false; /* as hello would have said */
    assert_ok(f, fixture_change(f, f->engine, NS, make, NULL));
    assert_ok(f, fixture_insert(f, f->engine, NS, "t", "id,s", "[[1,\"a\"],[2,\"b\"]]"));
    return f;
}

struct job {
    const struct table *t;
    enum write_kind first;
    int64_t id;
    bool writes_again;
};

static enum errcode write_row(struct session *s, const struct job *j, enum write_kind kind,
                              int64_t id, struct error *err)
{
    const struct column *columns[] = {&j->t->columns[0], &j->t->columns[1]};
    struct value values[] = {value_int(id), value_text("new")};
    struct value key = value_int(id);
    struct filter where = {.op = FILTER_EQ, .column = columns[0], .values = &key, .n_values = 1};
    bool is_insert = kind == WRITE_INSERT;
    struct write w = {.kind = kind,
                      .table = j->t,
                      .columns = columns + !is_insert,
                      .values = values + !is_insert,
                      .n_columns = is_insert ? 2 : 1,
                      .where = is_insert ? NULL : &where};
    struct write_result result = {0};
    return engine_write(s, &w, &result, err);
}

static enum errcode run(struct session *s, void *arg, struct error *err)
{
    const struct job *j = arg;
    TRY(write_row(s, j, j->first, j->id, err));
    if (j->writes_again) {
        return write_row(s, j, WRITE_UPDATE, 2, err);
    }
    return ERROR(err, ERR_CONFLICT, "on purpose");
}

static void test_put_back(void **state)
{
    static const struct {
        enum write_kind kind;
        int64_t id;
    } rows[] = {{WRITE_INSERT, 7}, {WRITE_UPDATE, 1}, {WRITE_DELETE, 1}};
    (void)state;
    struct fixture *f = open_single();
    struct catalog *c AUTO(catalog_unrefp) = fixture_catalog(f, f->engine, NS);
    for (size_t i = 0; i < ARRAY_LEN(rows) * 2; i++) {
        struct job j = {.t = catalog_find_table(c, STR("t")),
                        .first = rows[i / 2].kind,
                        .id = rows[i / 2].id,
                        .writes_again = i % 2};
        assert_int_equal(engine_transact(f->engine, NS, run, &j, &f->err),
                         j.writes_again ? ERR_UNSUPPORTED : ERR_CONFLICT);
        error_release(&f->err);
        assert_string_equal(fixture_rows(f, f->engine, NS, "t", "id,s", NULL, "id"), "1|a; 2|b; ");
    }
    fixture_close(f);
}

static void test_one_row(void **state)
{
    (void)state;
    struct fixture *f = open_single();
    struct write_result r = {0};
    assert_ok(f,
              fixture_write(f, f->engine, NS, WRITE_UPDATE, "t", "s", "[\"x\"]", "{\"id\":1}", &r));
    assert_int_equal(r.n_rows, 1);
    assert_int_equal(fixture_write(f, f->engine, NS, WRITE_UPDATE, "t", "s", "[\"y\"]", NULL, &r),
                     ERR_UNSUPPORTED);
    assert_non_null(f->err.hint);
    error_release(&f->err);
    assert_int_equal(fixture_write(f, f->engine, NS, WRITE_DELETE, "t", "", "[]", NULL, &r),
                     ERR_UNSUPPORTED);
    error_release(&f->err);
    assert_string_equal(fixture_rows(f, f->engine, NS, "t", "id,s", NULL, "id"), "1|x; 2|b; ");
    fixture_close(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_put_back),
        cmocka_unit_test(test_one_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
