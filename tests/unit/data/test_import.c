#include "data/import.h"

#include "base/json.h"
#include "data/export.h"
#include "fixture.h"

/* A file that comes in pieces. */
struct file {
    struct str text;
    size_t piece, at;
};

static enum errcode read_piece(void *arg, struct str *piece, struct error *err)
{
    struct file *f = arg;
    (void)err;
    size_t left = f->text.n - f->at;
    *piece = (struct str){f->text.p + f->at, left < f->piece ? left : f->piece};
    f->at += piece->n;
    return ERR_OK;
}

static enum errcode collect(void *arg, const void *p, size_t n, struct error *err)
{
    (void)err;
    buf_add(arg, p, n);
    return ERR_OK;
}

struct place {
    struct fixture *fixture;
    struct catalog *catalog;
    struct data_context ctx;
};

static struct place open_place(const char *sql)
{
    struct place p = {.fixture = fixture_open(NULL)};
    fixture_sql(p.fixture, sql);
    p.catalog = fixture_catalog(p.fixture);
    p.ctx = (struct data_context){
        .engine = p.fixture->engine, .ns = STR("store"), .catalog = p.catalog, .actor = 1};
    p.ctx.table = catalog_find_table(p.catalog, STR("t"));
    assert_non_null(p.ctx.table);
    return p;
}

static void close_place(struct place *p)
{
    catalog_unref(p->catalog);
    fixture_close(p->fixture);
}

static enum errcode import(struct place *p, struct import_request in, const char *text,
                           struct import_result *out)
{
    struct file file = {.text = str_of(text), .piece = 7};
    in.read = read_piece;
    in.arg = &file;
    error_release(&p->fixture->err);
    return data_import(&p->ctx, p->fixture->arena, &in, out, &p->fixture->err);
}

static const char *all(struct place *p)
{
    return fixture_text(p->fixture, "SELECT group_concat(id || ':' || coalesce(n, '-') || ':' || "
                                    "coalesce(v, '-'), ' ') FROM (SELECT * FROM t ORDER BY id)");
}

#define PLAIN "CREATE TABLE t (id INTEGER PRIMARY KEY, n TEXT, v REAL DEFAULT 1.5)"

static const struct import_request csv = {.format = FORMAT_CSV};

static void csv_goes_in_with_nothing_and_empty_told_apart(void **state)
{
    (void)state;
    struct place p = open_place(PLAIN);
    struct import_result r;
    assert_ok(p.fixture, import(&p, csv, "id,n,v\r\n1,Ada,2\r\n2,\"\",\r\n3,,0.25\r\n", &r));
    assert_int_equal(r.rows, 3);
    assert_int_equal(r.inserted, 3);
    assert_int_equal(r.n_errors, 0);
    assert_string_equal(all(&p), "1:Ada:2.0 2::- 3:-:0.25");
    close_place(&p);
}

static void columns_that_the_file_lacks_get_their_default(void **state)
{
    (void)state;
    struct place p = open_place(PLAIN);
    struct import_result r;
    assert_ok(p.fixture, import(&p, csv, "n\nx\n", &r));
    struct import_request json = {.format = FORMAT_JSON};
    assert_ok(p.fixture, import(&p, json, "[{\"n\":\"y\"}, {\"v\":null}, {\"v\":3,\"id\":9}]", &r));
    assert_int_equal(r.inserted, 3);
    assert_string_equal(all(&p), "1:x:1.5 2:y:1.5 3:-:- 9:-:3.0");
    close_place(&p);
}

static void one_bad_row_leaves_out_all_and_every_bad_row_is_told(void **state)
{
    (void)state;
    struct place p = open_place(PLAIN);
    struct import_result r;
    const char *text = "id,v\n1,1\n2,x\n3,3\n4,y,5\n5,z\n";
    assert_int_equal(import(&p, csv, text, &r), ERR_INVALID_VALUE);
    assert_string_equal(p.fixture->err.where, "/2/v");
    assert_int_equal(r.n_errors, 3);
    assert_int_equal(r.errors[1].row, 4);
    assert_null(r.errors[1].column);
    assert_string_equal(r.errors[2].column, "v");
    assert_int_equal(r.inserted, 0);
    assert_string_equal(fixture_text(p.fixture, "SELECT count(*) FROM t"), "0");
    close_place(&p);
}

static void clash_with_the_table_names_the_row(void **state)
{
    (void)state;
    struct place p = open_place("CREATE TABLE t (id INTEGER PRIMARY KEY, n TEXT UNIQUE, v)");
    struct import_result r;
    fixture_sql(p.fixture, "INSERT INTO t VALUES (7, 'c', NULL)");
    assert_int_equal(import(&p, csv, "n\na\nb\nc\nd\n", &r), ERR_UNIQUE_VIOLATION);
    assert_string_equal(p.fixture->err.where, "/3/n");
    assert_int_equal(r.errors[0].row, 3);
    assert_string_equal(fixture_text(p.fixture, "SELECT count(*) FROM t"), "1");
    struct import_request partial = {.format = FORMAT_CSV, .partial = true};
    assert_ok(p.fixture, import(&p, partial, "n\na\nb\nc\nd\na\n", &r));
    assert_int_equal(r.inserted, 3);
    assert_int_equal(r.skipped, 2);
    assert_int_equal(r.n_errors, 2);
    assert_int_equal(r.errors[1].row, 5);
    assert_int_equal(r.errors[1].code, ERR_UNIQUE_VIOLATION);
    assert_string_equal(fixture_text(p.fixture, "SELECT count(*) FROM t"), "4");
    close_place(&p);
}

static void upsert_changes_rows_that_are_there_and_keeps_their_key(void **state)
{
    (void)state;
    for (int partial = 0; partial < 2; partial++) {
        struct place p = open_place("CREATE TABLE t (id INTEGER PRIMARY KEY, n TEXT UNIQUE, v)");
        struct import_result r;
        fixture_sql(p.fixture, "INSERT INTO t VALUES (7, 'c', 1)");
        struct import_request in = {.format = FORMAT_CSV, .upsert = "n", .partial = partial};
        assert_ok(p.fixture, import(&p, in, "id,n,v\n70,c,2\n8,d,3\n", &r));
        assert_int_equal(r.inserted, 1);
        assert_int_equal(r.updated, 1);
        assert_string_equal(all(&p), "7:c:2 8:d:3");
        in.upsert = "v";
        assert_int_equal(import(&p, in, "n,v\nc,2\n", &r), ERR_INVALID_PARAMETER);
        assert_string_equal(p.fixture->err.where, "/query/upsert");
        close_place(&p);
    }
}

static void dry_run_tells_what_would_be_and_changes_nothing(void **state)
{
    (void)state;
    struct place p = open_place("CREATE TABLE t (id INTEGER PRIMARY KEY, n TEXT UNIQUE, v)");
    struct import_result r;
    struct import_request in = {.format = FORMAT_CSV, .dry_run = true};
    fixture_sql(p.fixture, "INSERT INTO t VALUES (7, 'c', 1)");
    assert_ok(p.fixture, import(&p, in, "id,n\n1,a\n2,c\nx,d\n", &r));
    assert_int_equal(r.inserted, 1);
    assert_int_equal(r.n_errors, 2);
    assert_string_equal(fixture_text(p.fixture, "SELECT count(*) FROM t"), "1");
    close_place(&p);
}

static void names_are_mapped_and_unknown_ones_refused(void **state)
{
    (void)state;
    struct place p = open_place(PLAIN);
    struct import_result r;
    struct import_request in = {.format = FORMAT_CSV};
    assert_int_equal(import(&p, in, "n,other\na,1\n", &r), ERR_UNKNOWN_FIELD);
    in.map = "{\"Name of it\": \"n\", \"other\": null}";
    assert_ok(p.fixture, import(&p, in, "\"Name of it\",other,v\na,1,2\n", &r));
    in.map = "Name=n,other=";
    assert_ok(p.fixture, import(&p, in, "Name,other\nb,1\n", &r));
    assert_string_equal(all(&p), "1:a:2.0 2:b:1.5");
    in.map = "{\"a\": \"nope\"}";
    assert_int_equal(import(&p, in, "a\n1\n", &r), ERR_INVALID_PARAMETER);
    in.map = "{\"a\": \"n\", \"b\": \"n\"}";
    assert_int_equal(import(&p, in, "a\n1\n", &r), ERR_INVALID_PARAMETER);
    in.map = "[1]";
    assert_int_equal(import(&p, in, "a\n1\n", &r), ERR_INVALID_PARAMETER);
    in.map = NULL;
    assert_int_equal(import(&p, in, "n,n\n1,2\n", &r), ERR_INVALID);
    close_place(&p);
}

static void ndjson_lines_stand_alone_in_partial_mode(void **state)
{
    (void)state;
    struct place p = open_place(PLAIN);
    struct import_result r;
    struct import_request in = {.format = FORMAT_NDJSON, .partial = true};
    assert_ok(p.fixture, import(&p, in, "{\"n\":\"a\"}\n\nnot json\n[1]\r\n{\"n\":\"b\"}", &r));
    assert_int_equal(r.inserted, 2);
    assert_int_equal(r.n_errors, 2);
    in.format = FORMAT_JSON;
    assert_int_equal(import(&p, in, "[{\"n\":\"c\"} {\"n\":\"d\"}]", &r), ERR_MALFORMED);
    assert_int_equal(import(&p, in, "{\"n\":\"c\"}", &r), ERR_MALFORMED);
    assert_int_equal(import(&p, in, "[{\"n\":\"c\"},", &r), ERR_MALFORMED);
    assert_int_equal(import(&p, in, "", &r), ERR_MALFORMED);
    close_place(&p);
}

#define MANAGED                                                                              \
    "CREATE TABLE t (id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36), n TEXT NOT NULL " \
    "DEFAULT 'none', v REAL, tenant_id INTEGER, created_at TEXT, updated_at TEXT, created_by)"

static void what_the_server_keeps_is_filled(void **state)
{
    (void)state;
    struct place p = open_place(MANAGED);
    /* the registry tells the types that SQLite's text forms do not */
    table_find_column(p.ctx.table, STR("id"))->type.kind = TYPE_UUID;
    p.ctx.tenant_id = 3;
    struct import_result r;
    assert_ok(p.fixture, import(&p, csv, "n,created_at\na,2001-01-01T00:00:00Z\n,x\n", &r));
    assert_int_equal(r.inserted, 2);
    assert_string_equal(fixture_text(p.fixture,
                                     "SELECT count(*) || ' ' || count(DISTINCT id) || ' ' || "
                                     "group_concat(n) || ' ' || min(tenant_id) || ' ' || "
                                     "(min(created_at) > '2020') FROM t"),
                        "2 2 a,none 3 1");
    struct import_request in = {.format = FORMAT_CSV, .map = "{\"x\": \"created_at\"}"};
    assert_int_equal(import(&p, in, "n,x\na,1\n", &r), ERR_READ_ONLY_FIELD);
    close_place(&p);
}

static void whole_batches_and_the_rest_go_in(void **state)
{
    (void)state;
    struct place p = open_place(PLAIN);
    struct buf text;
    struct import_result r;
    buf_init(&text, BUF_MAX_DEFAULT);
    buf_adds(&text, "id,n\n");
    for (int i = 1; i <= 2503; i++) {
        buf_printf(&text, "%d,row %d\n", i % 2000 + 1, i);
    }
    struct import_request in = {.format = FORMAT_CSV, .partial = true};
    assert_ok(p.fixture, import(&p, in, buf_text(&text), &r));
    assert_int_equal(r.inserted, 2000);
    assert_int_equal(r.skipped, 503);
    assert_int_equal(r.n_errors, 503);
    assert_int_equal(r.n_kept, IMPORT_ERRORS_KEPT);
    assert_int_equal(r.errors[0].row, 2001);
    buf_release(&text);
    close_place(&p);
}

static bool stop_at_two(void *arg, int64_t rows, int64_t bytes)
{
    (void)arg;
    (void)bytes;
    return rows < 2;
}

static void cancelled_import_leaves_nothing(void **state)
{
    (void)state;
    struct place p = open_place(PLAIN);
    struct import_result r;
    struct import_request in = {.format = FORMAT_CSV, .progress = stop_at_two};
    assert_int_equal(import(&p, in, "id\n1\n2\n3\n4\n5\n6\n", &r), ERR_CANCELLED);
    assert_string_equal(fixture_text(p.fixture, "SELECT count(*) FROM t"), "0");
    close_place(&p);
}

static void what_goes_out_comes_back_equal(void **state)
{
    (void)state;
    static const enum format formats[] = {FORMAT_CSV, FORMAT_TSV, FORMAT_JSON, FORMAT_NDJSON};
    struct place p = open_place(PLAIN);
    fixture_sql(p.fixture,
                "INSERT INTO t VALUES (1, 'a,b', 1.0), (2, '', NULL), (3, NULL, 0.1), "
                "(4, 'say \"hi\"' || char(10) || 'x' || char(9), 1e300), (5, ' pad ', -2.5), "
                "(6, '=1+1', 3.3333333333333335)");
    const char *before = arena_strdup(p.fixture->arena, all(&p));
    for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
        struct buf out;
        struct import_result r;
        buf_init(&out, BUF_MAX_DEFAULT);
        struct row_sink sink = {.fn = collect, .arg = &out};
        struct export_request x = {.format = formats[i], .params = {.sort = STR("id")}};
        assert_ok(p.fixture, data_export(&p.ctx, p.fixture->arena, &x, &sink, &p.fixture->err));
        fixture_sql(p.fixture, "DELETE FROM t");
        struct import_request in = {.format = formats[i]};
        assert_ok(p.fixture, import(&p, in, buf_text(&out), &r));
        assert_int_equal(r.inserted, 6);
        assert_string_equal(all(&p), before);
        buf_release(&out);
    }
    close_place(&p);
}

/* Every read ends after one row: ties, NULLs and both directions are gone through row by row. */
static void export_of_many_reads_is_that_of_one(void **state)
{
    (void)state;
    static const char *const sorts[] = {"id", "-n", "n,-v", "v", "-id"};
    static const char *const limits[] = {NULL, "5"};
    struct place p = open_place(PLAIN);
    fixture_sql(p.fixture, "INSERT INTO t VALUES (1, 'b', 1.0), (2, NULL, NULL), (3, 'b', NULL), "
                           "(4, 'a', 2.5), (5, NULL, 1.0), (6, 'c', 2.5), (7, 'b', 1.0)");
    for (size_t i = 0; i < ARRAY_LEN(sorts); i++) {
        for (size_t k = 0; k < ARRAY_LEN(limits); k++) {
            struct buf whole, pieces;
            buf_init(&whole, BUF_MAX_DEFAULT);
            buf_init(&pieces, BUF_MAX_DEFAULT);
            struct row_sink to_whole = {.fn = collect, .arg = &whole};
            struct row_sink to_pieces = {.fn = collect, .arg = &pieces};
            struct export_request x = {.format = FORMAT_JSON,
                                       .params = {.sort = str_of(sorts[i]),
                                                  .fields = STR("v"),
                                                  .limit = str_of(limits[k])}};
            assert_ok(p.fixture,
                      data_export(&p.ctx, p.fixture->arena, &x, &to_whole, &p.fixture->err));
            x.stretch_us = -1;
            assert_ok(p.fixture,
                      data_export(&p.ctx, p.fixture->arena, &x, &to_pieces, &p.fixture->err));
            assert_string_equal(buf_text(&pieces), buf_text(&whole));
            buf_release(&whole);
            buf_release(&pieces);
        }
    }
    close_place(&p);
}

static void formulas_are_made_harmless_on_request(void **state)
{
    (void)state;
    struct place p = open_place(PLAIN);
    struct buf out;
    fixture_sql(p.fixture, "INSERT INTO t VALUES (1, '=cmd()', -1)");
    buf_init(&out, BUF_MAX_DEFAULT);
    struct row_sink sink = {.fn = collect, .arg = &out};
    struct export_request x = {.format = FORMAT_CSV, .safe_formulas = true};
    assert_ok(p.fixture, data_export(&p.ctx, p.fixture->arena, &x, &sink, &p.fixture->err));
    assert_string_equal(buf_text(&out), "id,n,v\r\n1,'=cmd(),-1\r\n");
    buf_release(&out);
    close_place(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_goes_in_with_nothing_and_empty_told_apart),
        cmocka_unit_test(columns_that_the_file_lacks_get_their_default),
        cmocka_unit_test(one_bad_row_leaves_out_all_and_every_bad_row_is_told),
        cmocka_unit_test(clash_with_the_table_names_the_row),
        cmocka_unit_test(upsert_changes_rows_that_are_there_and_keeps_their_key),
        cmocka_unit_test(dry_run_tells_what_would_be_and_changes_nothing),
        cmocka_unit_test(names_are_mapped_and_unknown_ones_refused),
        cmocka_unit_test(ndjson_lines_stand_alone_in_partial_mode),
        cmocka_unit_test(what_the_server_keeps_is_filled),
        cmocka_unit_test(whole_batches_and_the_rest_go_in),
        cmocka_unit_test(cancelled_import_leaves_nothing),
        cmocka_unit_test(what_goes_out_comes_back_equal),
        cmocka_unit_test(export_of_many_reads_is_that_of_one),
        cmocka_unit_test(formulas_are_made_harmless_on_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
