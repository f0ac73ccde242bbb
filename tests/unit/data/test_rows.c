#include "data/write.h"

#include "base/json.h"
#include "fixture.h"

static enum errcode collect(void *arg, const void *p, size_t n, struct error *err)
{
    (void)err;
    buf_add(arg, p, n);
    return ERR_OK;
}

static struct data_context context(struct fixture *f, struct catalog *c, const char *table)
{
    struct data_context ctx = {.engine = f->engine, .ns = STR("store"), .catalog = c};
    ctx.table = catalog_find_table(c, str_of(table));
    assert_non_null(ctx.table);
    return ctx;
}

static struct data_item insert_of(struct fixture *f, const struct table *t, const char *text)
{
    json_t *doc = NULL;
    struct write w;
    assert_ok(f, doc_parse(f->arena, str_of(text), 16, &doc, &f->err));
    assert_ok(f, row_decode(f->arena, doc, t, WRITE_INSERT, &w, &f->err));
    return (struct data_item){
        .op = DATA_INSERT, .columns = w.columns, .values = w.values, .n = w.n_columns};
}

static void cursor_walks_every_row_once(void **state)
{
    (void)state;
    struct fixture *f = fixture_open(NULL);
    fixture_sql(f, "CREATE TABLE t (id INTEGER PRIMARY KEY, g INTEGER)");
    fixture_sql(f, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<103)"
                   "INSERT INTO t SELECT i, CASE WHEN i%5 THEN i%3 END FROM n");
    struct catalog *c = fixture_catalog(f);
    struct data_context ctx = context(f, c, "t");
    struct list_params p = {.sort = STR("g"), .limit = STR("10"), .fields = STR("id")};
    bool seen[104] = {false};
    int n = 0;
    do {
        struct list_query q;
        struct list_result r;
        struct buf b;
        json_t *doc = NULL;
        buf_init(&b, BUF_MAX_DEFAULT);
        assert_ok(f, list_parse(f->arena, &p, ctx.table, NULL, &q, &f->err));
        struct row_sink sink = {.fn = collect, .arg = &b};
        assert_ok(f, data_list(&ctx, f->arena, &q, &sink, &r, &f->err));
        assert_int_equal(r.total, 103);
        assert_ok(f, doc_parse(f->arena, buf_str(&b), 16, &doc, &f->err));
        for (size_t i = 0; i < json_array_size(doc); i++, n++) {
            json_int_t id = json_integer_value(json_object_get(json_array_get(doc, i), "id"));
            assert_false(seen[id]);
            seen[id] = true;
        }
        buf_release(&b);
        p.cursor = str_of(r.next_cursor);
    } while (p.cursor.p);
    assert_int_equal(n, 103);
    catalog_unref(c);
    fixture_close(f);
}

static void row_is_written_changed_and_deleted_by_its_tag(void **state)
{
    (void)state;
    struct fixture *f = fixture_open(NULL);
    fixture_sql(f, "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL)");
    struct catalog *c = fixture_catalog(f);
    struct data_context ctx = context(f, c, "t");
    struct data_item item = insert_of(f, ctx.table, "{\"name\": \"Ada\"}");
    assert_ok(f, data_write(&ctx, f->arena, &item, 1, false, &f->err));
    assert_int_equal(item.row[0].i, 1);
    struct data_item change = insert_of(f, ctx.table, "{\"id\": 1, \"name\": \"Eva\"}");
    change.op = DATA_UPDATE;
    change.id = STR("1");
    change.if_match = STR("\"other\"");
    assert_int_equal(data_write(&ctx, f->arena, &change, 1, false, NULL), ERR_STALE);
    change.if_match = str_of(item.etag);
    assert_ok(f, data_write(&ctx, f->arena, &change, 1, false, &f->err));
    assert_string_equal(fixture_text(f, "SELECT name FROM t"), "Eva");
    assert_string_not_equal(change.etag, item.etag);
    struct data_item gone = {.op = DATA_DELETE, .id = STR("1")};
    assert_ok(f, data_write(&ctx, f->arena, &gone, 1, false, &f->err));
    assert_int_equal(data_write(&ctx, f->arena, &gone, 1, false, NULL), ERR_NOT_FOUND);
    catalog_unref(c);
    fixture_close(f);
}

static void one_broken_item_undoes_all_unless_partial(void **state)
{
    (void)state;
    struct fixture *f = fixture_open(NULL);
    fixture_sql(f, "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL)");
    struct catalog *c = fixture_catalog(f);
    struct data_context ctx = context(f, c, "t");
    struct data_item items[] = {insert_of(f, ctx.table, "{\"id\": 1, \"name\": \"Ada\"}"),
                                insert_of(f, ctx.table, "{\"id\": 2}")};
    assert_int_equal(data_write(&ctx, f->arena, items, 2, false, &f->err), ERR_NOT_NULL_VIOLATION);
    assert_string_equal(f->err.where, "/1/name");
    assert_string_equal(fixture_text(f, "SELECT count(*) FROM t"), "0");
    assert_int_equal(data_write(&ctx, f->arena, items, 2, true, NULL), ERR_OK);
    assert_int_equal(items[1].code, ERR_NOT_NULL_VIOLATION);
    assert_string_equal(fixture_text(f, "SELECT count(*) FROM t"), "1");
    error_release(&items[1].err);
    catalog_unref(c);
    fixture_close(f);
}

static void long_numbers_are_texts(void **state)
{
    (void)state;
    static const struct column whole = {.name = "i", .type = {.kind = TYPE_INT64}};
    static const struct column money = {.name = "d", .type = {.kind = TYPE_DECIMAL}};
    struct buf b;
    buf_init(&b, 1000);
    cell_encode(&b, &whole, value_int(INT64_C(9007199254740992)));
    buf_addc(&b, ' ');
    cell_encode(&b, &whole, value_int(INT64_C(9007199254740993)));
    buf_addc(&b, ' ');
    cell_encode(&b, &money, value_text("12.50"));
    buf_addc(&b, ' ');
    cell_encode(&b, &money, value_text("1234567890123456.5"));
    assert_string_equal(buf_text(&b), "9007199254740992 \"9007199254740993\" 12.50 "
                                      "\"1234567890123456.5\"");
    buf_release(&b);
}

/* An engine without types of its own may keep any text in a column of numbers. */
static void only_numbers_stand_without_quotes(void **state)
{
    (void)state;
    static const struct column money = {.name = "d", .type = {.kind = TYPE_DECIMAL}};
    static const char *const plain[] = {"0",   "-0",     "7",    "-12.50", "0.5", "123456789012345",
                                        "1e3", "-0.0e2", "1E-7", "0.00"};
    static const char *const quoted[] = {"",      "-",   "01",  "-01.5", ".5",  "5.",
                                         "1.2.3", "abc", "1 ",  "+1",    "--1", "0x10",
                                         "NaN",   "1e",  "1,5", "1e999", "1.e2"};
    struct buf b;
    buf_init(&b, 1000);
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        buf_clear(&b);
        cell_encode(&b, &money, value_text(plain[i]));
        assert_string_equal(buf_text(&b), plain[i]);
    }
    for (size_t i = 0; i < sizeof quoted / sizeof *quoted; i++) {
        buf_clear(&b);
        cell_encode(&b, &money, value_text(quoted[i]));
        assert_int_equal(b.p[0], '"');
        assert_int_equal(b.n, strlen(quoted[i]) + 2);
    }
    buf_release(&b);
}

/* Cells written in one go and cells written one by one are the same text, whatever they hold. */
static void a_row_is_its_cells(void **state)
{
    (void)state;
    static const enum type_kind kinds[] = {TYPE_BOOLEAN, TYPE_INT64,   TYPE_DECIMAL, TYPE_FLOAT64,
                                           TYPE_TEXT,    TYPE_INSTANT, TYPE_UUID,    TYPE_JSON,
                                           TYPE_ARRAY,   TYPE_DATE,    TYPE_BYTES};
    const struct value values[] = {
        value_null(),
        value_bool(true),
        value_int(1),
        value_int(-(INT64_C(1) << 53)),
        value_int(INT64_MIN),
        value_float(0.1),
        value_float(1e300),
        value_bytes(STR("\x00\xff")),
        value_str((struct str){NULL, 0}),
        value_text("12.50"),
        value_text("0123"),
        value_text("{\"a\":[1]}"),
        value_text("2026-01-31T12:00:00Z"),
        value_text("2026-01-31T12:00:00.5+01:00"),
        value_text("a \"quoted\" text that is longer than sixteen"),
        value_text("Gr\xc3\xbc\xc3\x9f"
                   "e"),
    };
    AUTO(arena_freep) struct arena *a = arena_new();
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds * 2; k++) {
        const struct column c = {.name = "c", .type = {.kind = kinds[k / 2]}};
        const struct column *columns[] = {&c, &c};
        struct row_shape shape;
        row_shape_init(&shape, a, columns, 2);
        for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
            struct value row[] = {values[i], value_null()};
            struct buf cell, object, array;
            buf_init(&cell, 1000);
            buf_init(&object, 1000);
            buf_init(&array, 1000);
            if (k % 2) { /* with room for all of it */
                assert_non_null(buf_reserve(&object, 900));
                assert_non_null(buf_reserve(&array, 900));
            }
            cell_encode(&cell, &c, values[i]);
            row_encode(&object, &shape, row);
            row_encode_array(&array, &shape, row);
            assert_string_equal(buf_text(&object),
                                arena_printf(a, "{\"c\":%s,\"c\":null}", buf_text(&cell)));
            assert_string_equal(buf_text(&array), arena_printf(a, "[%s,null]", buf_text(&cell)));
            buf_release(&cell);
            buf_release(&object);
            buf_release(&array);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cursor_walks_every_row_once),
        cmocka_unit_test(row_is_written_changed_and_deleted_by_its_tag),
        cmocka_unit_test(one_broken_item_undoes_all_unless_partial),
        cmocka_unit_test(long_numbers_are_texts),
        cmocka_unit_test(only_numbers_stand_without_quotes),
        cmocka_unit_test(a_row_is_its_cells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
