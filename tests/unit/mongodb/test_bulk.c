/* Rows in bulk: all or none, and which one was refused. */
#include "fixture.h"

#include <string.h>

#include "base/attr.h"
#include "engine/mongodb/core.h"

#define NS STR("store")

static const char make[] =
    "[{\"op\":\"CREATE_TABLE\",\"table\":{\"tableName\":\"t\",\"columns\":["
    "{\"name\":\"id\",\"type\":\"int64\",\"primaryKey\":true,\"autoIncrement\":true},"
    "{\"name\":\"s\",\"type\":\"text\",\"unique\":true},"
    "{\"name\":\"n\",\"type\":\"int64\",\"nullable\":false,\"validation\":{\"max\":5000}}]}}]";

struct load {
    struct fixture *f;
    struct catalog *catalog;
    const struct table *t;
    const struct column *columns[3];
    struct write shape;
    const struct column *conflict;
    struct bulk *bulk;
};

static struct load begin(struct fixture *f, enum write_kind kind, bool with_id)
{
    struct load l = {.f = f, .catalog = fixture_catalog(f, f->engine, NS)};
    l.t = catalog_find_table(l.catalog, STR("t"));
    l.columns[0] = &l.t->columns[0];
    l.columns[1] = &l.t->columns[1];
    l.columns[2] = &l.t->columns[2];
    l.conflict = &l.t->columns[0];
    l.shape = (struct write){.kind = kind, .table = l.t};
    l.shape.n_columns = with_id ? 3 : 2;
    return l;
}

/* The shape points into @l itself: begun once @l has its place. */
static void start(struct load *l)
{
    l->shape.columns = l->columns + (l->shape.n_columns == 2);
    if (l->shape.kind == WRITE_UPSERT) {
        l->shape.conflict = &l->conflict;
        l->shape.n_conflict = 1;
    }
    assert_ok(l->f, engine_bulk_begin(l->f->engine, NS, &l->shape, &l->bulk, &l->f->err));
}

static enum errcode row(struct load *l, int64_t id, const char *s, int64_t n)
{
    struct value values[] = {value_int(id), value_text(s), value_int(n)};
    return engine_bulk_row(l->bulk, values + (l->shape.n_columns == 2), &l->f->err);
}

static const char *count(struct fixture *f)
{
    /* {"count": …} without a condition is an estimate to some servers */
    return fixture_command(f, "{\"aggregate\":\"t\",\"pipeline\":[{\"$group\":{\"_id\":null,\"n\":"
                              "{\"$sum\":1}}}],\"cursor\":{}}");
}

static void test_many(void **state)
{
    (void)state;
    struct fixture *f = fixture_open();
    struct write_result total = {0};
    assert_ok(f, fixture_change(f, f->engine, NS, make, NULL));
    struct load l = begin(f, WRITE_INSERT, false);
    start(&l);
    char *long_text = arena_alloc(f->arena, 2001);
    memset(long_text, 'x', 2000);
    for (int i = 0; i < 2500; i++) { /* several batches, and more than memory keeps */
        memcpy(long_text, arena_printf(f->arena, "%06d", i), 6);
        assert_ok(f, row(&l, 0, long_text, i));
    }
    assert_ok(f, engine_bulk_end(l.bulk, true, &total, &f->err));
    assert_int_equal(total.n_rows, 2500);
    assert_int_equal(total.n_inserted, 2500);
    assert_int_equal(total.last_id, 2500);
    assert_non_null(strstr(count(f), "\"n\" : 2500"));
    assert_string_equal(fixture_rows(f, f->engine, NS, "t", "id,n", "{\"id\":2500}", "id"),
                        "2500|2499; ");
    catalog_unref(l.catalog);
    fixture_close(f);
}

static void refused(bool has_transactions)
{
    struct fixture *f = fixture_open();
    struct write_result total = {0};
    ((struct mongo_engine *)f->engine)->has_transactions = has_transactions;
    assert_ok(f, fixture_change(f, f->engine, NS, make, NULL));
    for (int with_id = 0; with_id < 2; with_id++) {
        struct load l = begin(f, WRITE_INSERT, with_id);
        start(&l);
        for (int i = 0; i < 1500; i++) {
            assert_ok(f, row(&l, i + 1, arena_printf(f->arena, "%d", i == 1203 ? 7 : i), i));
        }
        assert_int_equal(engine_bulk_end(l.bulk, true, &total, &f->err), ERR_UNIQUE_VIOLATION);
        assert_string_equal(f->err.where, "/1203/s");
        error_release(&f->err);
        assert_null(strstr(count(f), "\"n\""));
        catalog_unref(l.catalog);
    }
    fixture_close(f);
}

static void test_refused(void **state)
{
    (void)state;
    refused(true);
}

/* A server without transactions: what went in is taken out again. */
static void test_refused_without_transactions(void **state)
{
    (void)state;
    refused(false);
}

static void test_refused_at_once(void **state)
{
    (void)state;
    struct fixture *f = fixture_open();
    assert_ok(f, fixture_change(f, f->engine, NS, make, NULL));
    struct load l = begin(f, WRITE_INSERT, true);
    start(&l);
    assert_ok(f, row(&l, 1, "a", 1));
    struct value values[] = {value_int(2), value_text("b"), value_null()};
    assert_int_equal(engine_bulk_row(l.bulk, values, &f->err), ERR_NOT_NULL_VIOLATION);
    assert_string_equal(f->err.where, "/1/n");
    error_release(&f->err);
    assert_ok(f, engine_bulk_end(l.bulk, false, NULL, &f->err));
    assert_null(strstr(count(f), "\"n\""));
    catalog_unref(l.catalog);
    fixture_close(f);
}

static void test_upserts(void **state)
{
    (void)state;
    struct fixture *f = fixture_open();
    struct write_result total = {0};
    assert_ok(f, fixture_change(f, f->engine, NS, make, NULL));
    assert_ok(f, fixture_insert(f, f->engine, NS, "t", "id,s,n", "[[1,\"a\",1],[2,\"b\",2]]"));
    struct load l = begin(f, WRITE_UPSERT, true);
    start(&l);
    assert_ok(f, row(&l, 2, "c", 20));
    assert_ok(f, row(&l, 3, "d", 30));
    assert_ok(f, row(&l, 1, NULL, 10));
    assert_ok(f, engine_bulk_end(l.bulk, true, &total, &f->err));
    assert_int_equal(total.n_rows, 3);
    assert_int_equal(total.n_inserted, 1);
    assert_string_equal(fixture_rows(f, f->engine, NS, "t", "id,s,n", NULL, "id"),
                        "1|-|10; 2|c|20; 3|d|30; ");
    catalog_unref(l.catalog);

    /* by a column that may be NULL: such a row is new, unless its key is there */
    l = begin(f, WRITE_UPSERT, true);
    l.conflict = &l.t->columns[1];
    start(&l);
    assert_ok(f, row(&l, 7, NULL, 70));
    assert_ok(f, row(&l, 8, "d", 80));
    assert_int_equal(engine_bulk_end(l.bulk, true, &total, &f->err), ERR_INVALID);
    error_release(&f->err); /* "_id" of the row that is there cannot change */
    catalog_unref(l.catalog);
    l = begin(f, WRITE_UPSERT, true);
    l.conflict = &l.t->columns[1];
    start(&l);
    assert_ok(f, row(&l, 7, NULL, 70));
    assert_ok(f, row(&l, 3, "d", 80));
    assert_ok(f, engine_bulk_end(l.bulk, true, &total, &f->err));
    assert_int_equal(total.n_inserted, 1);
    catalog_unref(l.catalog);
    l = begin(f, WRITE_UPSERT, true);
    l.conflict = &l.t->columns[1];
    start(&l);
    assert_ok(f, row(&l, 7, NULL, 71));
    assert_int_equal(engine_bulk_end(l.bulk, true, &total, &f->err), ERR_UNIQUE_VIOLATION);
    error_release(&f->err);
    assert_string_equal(fixture_rows(f, f->engine, NS, "t", "id,s,n", NULL, "id"),
                        "1|-|10; 2|c|20; 3|d|80; 7|-|70; ");
    catalog_unref(l.catalog);
    fixture_close(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_refused_without_transactions),
        cmocka_unit_test(test_refused_at_once),
        cmocka_unit_test(test_upserts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
