#include "schemas.h"

#include <locale.h>
#include <wctype.h>

#include "base/attr.h"
#include "catalog/table_json.h"
#include "engine/postgres/dialect.h"
#include "engine/postgres/emit.h"
#include "engine/postgres/expr_read.h"
#include "engine/postgres/pg_token.h"
#include "engine/postgres/types.h"

static int open_all(void **state)
{
    *state = fixture_open(NULL);
    return 0;
}

static int close_all(void **state)
{
    fixture_close(*state);
    return 0;
}

/* ---- types ----------------------------------------------------------------------------------- */

/* no type falls to another's name; what is declared reads back as what was asked. */
static void what_is_declared_reads_back(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *logical, *declared;
    } rows[] = {
        {"boolean", "boolean"},
        {"int16", "smallint"},
        {"int32", "integer"},
        {"int64", "bigint"},
        {"decimal", "numeric"},
        {"decimal(10,2)", "numeric(10,2)"},
        {"decimal(30,10)", "numeric(30,10)"},
        {"float32", "real"},
        {"float64", "double precision"},
        {"text", "text COLLATE \"C\""},
        {"text(120)", "character varying(120) COLLATE \"C\""},
        {"char(2)", "character(2) COLLATE \"C\""},
        {"bytes", "bytea"},
        {"date", "date"},
        {"time", "time without time zone"},
        {"localdatetime", "timestamp without time zone"},
        {"instant", "timestamp with time zone"},
        {"interval", "interval"},
        {"uuid", "uuid"},
        {"json", "jsonb"},
        {"array", "jsonb"},
        {"array(int64)", "bigint[]"},
        {"array(text)", "text[]"},
        {"array(decimal(8,2))", "numeric(8,2)[]"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct type t = {0};
        assert_ok(f, type_parse(f->arena, rows[i].logical, &t, &f->err));
        const char *declared = postgres_declare(f->arena, &t);
        assert_string_equal(declared, rows[i].declared);
        struct type back = postgres_type_of(f->arena, declared);
        if (t.kind == TYPE_ARRAY && !t.element) {
            assert_int_equal(back.kind, TYPE_JSON); /* told apart by nothing but the registry */
        } else {
            assert_string_equal(type_logical_text(f->arena, &back),
                                type_logical_text(f->arena, &t));
        }
        back.native = declared;
        assert_string_equal(postgres_declare(f->arena, &back), declared);
    }
}

/* A native text goes into a statement where it still means the type, and only then. */
static void native_texts_survive_where_they_mean_the_type(void **state)
{
    struct fixture *f = *state;
    static const struct {
        struct type type;
        const char *declared;
    } rows[] = {
        {{.kind = TYPE_INT32, .native = "integer"}, "integer"},
        {{.kind = TYPE_INT64, .native = "integer"}, "bigint"},
        {{.kind = TYPE_DATETIME, .native = "timestamp(3) without time zone"},
         "timestamp(3) without time zone"},
        {{.kind = TYPE_JSON, .native = "json"}, "json"},
        {{.kind = TYPE_TEXT, .native = "text"}, "text"},
        {{.kind = TYPE_TEXT, .native = "citext"}, "citext"},
        {{.kind = TYPE_TEXT, .native = "email"}, "email"},
        {{.kind = TYPE_TEXT, .native = "\"E-mail\""}, "\"E-mail\""},
        {{.kind = TYPE_TEXT, .native = "shared.email"}, "shared.email"},
        {{.kind = TYPE_NATIVE, .native = "point"}, "point"},
        {{.kind = TYPE_NATIVE, .native = "numeric(3,-2)"}, "numeric(3,-2)"},
        {{.kind = TYPE_DATE, .native = "DATE TEXT"}, "date"},
        {{.kind = TYPE_INT32, .native = "INT32"}, "integer"},
        {{.kind = TYPE_TEXT, .length = 80, .native = "VARCHAR(80)"}, "VARCHAR(80)"},
        {{.kind = TYPE_NATIVE, .native = "int; DROP TABLE t"}, ""},
        {{.kind = TYPE_NATIVE, .native = "int DEFAULT 1"}, ""},
        {{.kind = TYPE_NATIVE, .native = "int REFERENCES other"}, ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_string_equal(postgres_declare(f->arena, &rows[i].type), rows[i].declared);
    }
}

static const char *check_text(struct fixture *f, const struct column *c)
{
    const struct expr *e = postgres_type_check(f->arena, c);
    return e ? expr_text(f->arena, e) : "none";
}

static void a_type_that_needs_it_comes_with_a_check(void **state)
{
    struct fixture *f = *state;
    static const char *const labels[] = {"new", "it's"};
    struct column c = {.name = "a", .type = {.kind = TYPE_ENUM, .values = labels, .n_values = 2}};
    assert_string_equal(check_text(f, &c), "{\"in\":[{\"column\":\"a\"},\"new\",\"it's\"]}");
    c.type.native = "text COLLATE \"C\"";
    assert_string_equal(check_text(f, &c), "{\"in\":[{\"column\":\"a\"},\"new\",\"it's\"]}");
    c.type.native = "mood"; /* an enum type holds its labels by itself */
    assert_string_equal(check_text(f, &c), "none");
    c.type = (struct type){.kind = TYPE_INT32, .is_unsigned = true};
    assert_string_equal(check_text(f, &c), "{\"op\":\">=\",\"args\":[{\"column\":\"a\"},0]}");
    c.type = (struct type){.kind = TYPE_TEXT, .length = 20000000};
    assert_string_equal(postgres_declare(f->arena, &c.type), "text COLLATE \"C\"");
    assert_string_equal(check_text(f, &c),
                        "{\"op\":\"<=\",\"args\":[{\"call\":\"length\",\"args\":[{"
                        "\"column\":\"a\"}]},20000000]}");
    c.type = (struct type){.kind = TYPE_OBJECT_ID};
    assert_string_equal(check_text(f, &c), "{\"raw\":\"\\\"a\\\" ~ '^[0-9a-f]{24}$'\"}");
    const char *longest = arena_printf(f->arena, "%0*d", 58, 1);
    assert_true(strlen(postgres_type_check_name(f->arena, longest)) <= 63);
    assert_true(postgres_is_type_check(postgres_type_check_name(f->arena, longest)));
    assert_false(postgres_is_type_check("ck_t_a"));
}

/* Types that are a text and a check are themselves again when the server is asked. */
static void checked_types_are_read_from_the_server(void **state)
{
    struct fixture *f = *state;
    static const char operations[] =
        "[{\"op\":\"CREATE_TABLE\",\"table\":{\"tableName\":\"checked\",\"columns\":["
        "{\"name\":\"id\",\"type\":\"int64\",\"primaryKey\":true},"
        "{\"name\":\"one\",\"type\":\"enum\",\"values\":[\"only\"]},"
        "{\"name\":\"two\",\"type\":\"enum\",\"values\":[\"it's\",\"b\\\\c\"]},"
        "{\"name\":\"word\",\"type\":\"text\",\"validation\":{\"enum\":[\"a\",\"b\"]}},"
        "{\"name\":\"up\",\"type\":\"number\",\"kind\":\"integer\",\"bits\":32,\"unsigned\":true},"
        "{\"name\":\"oid\",\"type\":\"native\",\"kind\":\"objectid\",\"nativeType\":\"text\"},"
        "{\"name\":\"long\",\"type\":\"text\",\"maxLength\":20000000}]}},"
        "{\"op\":\"RENAME_COLUMN\",\"table\":\"checked\",\"column\":\"two\",\"newName\":\"three\"},"
        "{\"op\":\"CREATE_COLUMN\",\"table\":\"checked\",\"column\":{\"name\":\"two\",\"type\":\"enum\","
        "\"values\":[\"x\",\"y\"]}}]";
    assert_ok(f, change_schema(f, f->engine, STR("tenants/main"), changes_of(f, operations), NULL));
    struct catalog *c AUTO(catalog_unrefp) = catalog_of(f, f->engine, STR("tenants/main"));
    assert_int_equal(column_of(c, "checked", "one")->type.kind, TYPE_ENUM);
    assert_string_equal(column_of(c, "checked", "one")->type.values[0], "only");
    assert_int_equal(column_of(c, "checked", "three")->type.kind, TYPE_ENUM);
    assert_string_equal(column_of(c, "checked", "three")->type.values[1], "b\\c");
    assert_string_equal(column_of(c, "checked", "two")->type.values[0], "x");
    assert_int_equal(column_of(c, "checked", "word")->type.kind, TYPE_TEXT);
    assert_true(column_of(c, "checked", "up")->type.is_unsigned);
    assert_int_equal(column_of(c, "checked", "oid")->type.kind, TYPE_OBJECT_ID);
    assert_int_equal(column_of(c, "checked", "long")->type.length, 20000000);
    assert_int_equal(table_of(c, "checked")->n_checks, 1);
    fixture_sql(f, "DROP TABLE \"%s\".checked", f->tenant);
}

/* ---- expressions ----------------------------------------------------------------------------- */

#define COLUMNS                                                                          \
    "b bigint, i integer, n numeric(10,2), d double precision, t text COLLATE \"C\", v " \
    "varchar(20), g boolean, w timestamptz, day date, u uuid, j jsonb, \"Odd \"\"one\" integer"

static const struct table *make_wide(struct fixture *f, struct catalog **out)
{
    fixture_sql(f, "CREATE TABLE \"%s\".wide (" COLUMNS ")", f->tenant);
    *out = catalog_of(f, f->engine, STR("tenants/main"));
    return table_of(*out, "wide");
}

static const struct expr *parse_json(struct fixture *f, const char *json)
{
    json_t *doc = NULL;
    const struct expr *e = NULL;

    assert_ok(f, doc_parse(f->arena, str_of(json), JSON_DEPTH_MAX, &doc, &f->err));
    assert_ok(f, expr_decode(f->arena, doc, &e, &f->err));
    return e;
}

/* As a CHECK on the server, and what the server then says of it. */
static const char *round_trip(struct fixture *f, const struct table *t, const struct expr *e)
{
    struct buf b;
    struct sql_writer w;
    buf_init(&b, 1 << 16);
    sql_begin(&w, &postgres_dialect, &b, f->arena);
    emit_pg_check(&w, t, &(struct check){.name = "probe", .expr = e});
    assert_null(w.broken);
    fixture_sql(f, "ALTER TABLE \"%s\".wide ADD %s", f->tenant, buf_text(&b));
    buf_release(&b);
    const char *said = fixture_text(
        f,
        "SELECT pg_get_expr(conbin, conrelid) FROM pg_constraint WHERE conname = 'probe' AND "
        "conrelid = '\"%s\".wide'::regclass",
        f->tenant);
    fixture_sql(f, "ALTER TABLE \"%s\".wide DROP CONSTRAINT probe", f->tenant);
    return said;
}

/* A typed condition is the same one after the server has stored it, and is stored the same again.
 */
static void expressions_go_to_the_server_and_come_back(void **state)
{
    struct fixture *f = *state;
    struct catalog *c AUTO(catalog_unrefp) = NULL;
    const struct table *t = make_wide(f, &c);
    static const char *const rows[] = {
        "{\"op\":\"=\",\"args\":[{\"column\":\"b\"},1]}",
        "{\"op\":\"!=\",\"args\":[{\"column\":\"i\"},-7]}",
        "{\"op\":\">=\",\"args\":[{\"column\":\"b\"},9223372036854775807]}",
        "{\"op\":\">=\",\"args\":[{\"column\":\"d\"},1.5]}",
        "{\"op\":\"<\",\"args\":[{\"column\":\"d\"},-0.25]}",
        "{\"op\":\"<=\",\"args\":[{\"column\":\"n\"},10]}",
        "{\"op\":\"<=\",\"args\":[{\"column\":\"n\"},10.5]}",
        "{\"op\":\">\",\"args\":[{\"column\":\"i\"},1.5]}",
        "{\"op\":\"=\",\"args\":[{\"column\":\"t\"},\"it's\"]}",
        "{\"op\":\"=\",\"args\":[{\"column\":\"v\"},\"back\\\\slash\"]}",
        "{\"op\":\"=\",\"args\":[{\"column\":\"g\"},false]}",
        "{\"op\":\">\",\"args\":[{\"column\":\"day\"},\"2026-01-31\"]}",
        "{\"op\":\">\",\"args\":[{\"column\":\"w\"},\"2026-01-31T12:00:00Z\"]}",
        "{\"op\":\"=\",\"args\":[{\"column\":\"u\"},\"018f3e6c-0000-7000-8000-000000000001\"]}",
        "{\"op\":\">\",\"args\":[{\"column\":\"Odd \\\"one\"},0]}",
        "{\"in\":[{\"column\":\"i\"},1,2,-3]}",
        "{\"in\":[{\"column\":\"d\"},1.0,2.5]}",
        "{\"in\":[{\"column\":\"n\"},1,2.5]}",
        "{\"in\":[{\"column\":\"t\"},\"a\",\"it's\",\"\"]}",
        "{\"in\":[{\"column\":\"v\"},\"a\",\"b\"]}",
        "{\"not\":{\"in\":[{\"column\":\"t\"},\"a\",\"b\"]}}",
        "{\"isNull\":{\"column\":\"j\"}}",
        "{\"not\":{\"isNull\":{\"column\":\"t\"}}}",
        "{\"like\":[{\"column\":\"t\"},\"x\\\\_%\"]}",
        "{\"like\":[{\"column\":\"v\"},\"%'%\"]}",
        "{\"not\":{\"like\":[{\"column\":\"t\"},\"x%\"]}}",
        "{\"and\":[{\"column\":\"g\"},{\"op\":\"<\",\"args\":[{\"column\":\"i\"},{\"column\":\"b\"}]},{\"not\":{"
        "\"column\":\"g\"}}]}",
        "{\"or\":[{\"and\":[{\"op\":\"=\",\"args\":[{\"column\":\"i\"},1]},{\"isNull\":{\"column\":\"t\"}}]},{\"op\":"
        "\"=\",\"args\":[{\"column\":\"i\"},2]}]}",
        "{\"op\":\">\",\"args\":[{\"op\":\"+\",\"args\":[{\"column\":\"i\"},{\"op\":\"*\",\"args\":[{\"column\":\"b\"},"
        "2]}]},{\"op\":\"-\",\"args\":[{\"column\":\"b\"},3]}]}",
        "{\"op\":\">\",\"args\":[{\"op\":\"/\",\"args\":[{\"column\":\"d\"},{\"column\":\"i\"}]},2.5]}",
        "{\"op\":\"=\",\"args\":[{\"op\":\"||\",\"args\":[{\"column\":\"t\"},\"x\"]},{\"column\":\"v\"}]}",
        "{\"op\":\"<=\",\"args\":[{\"call\":\"length\",\"args\":[{\"column\":\"t\"}]},5]}",
        "{\"op\":\"<=\",\"args\":[{\"call\":\"length\",\"args\":[{\"column\":\"b\"}]},5]}",
        "{\"op\":\"=\",\"args\":[{\"call\":\"lower\",\"args\":[{\"column\":\"v\"}]},{\"call\":\"upper\",\"args\":[{"
        "\"column\":\"t\"}]}]}",
        "{\"op\":\"=\",\"args\":[{\"call\":\"abs\",\"args\":[{\"column\":\"i\"}]},1]}",
        "{\"op\":\"=\",\"args\":[{\"call\":\"round\",\"args\":[{\"column\":\"d\"}]},1]}",
        "{\"op\":\"=\",\"args\":[{\"call\":\"round\",\"args\":[{\"column\":\"n\"}]},1]}",
        "{\"op\":\"=\",\"args\":[{\"call\":\"trim\",\"args\":[{\"column\":\"t\"}]},{\"column\":\"t\"}]}",
        "{\"op\":\"!=\",\"args\":[{\"call\":\"coalesce\",\"args\":[{\"column\":\"t\"},\"z\"]},\"\"]}",
        "{\"op\":\"!=\",\"args\":[{\"call\":\"coalesce\",\"args\":[{\"column\":\"i\"},0]},1]}",
        "{\"op\":\"<\",\"args\":[{\"column\":\"w\"},{\"call\":\"now\"}]}",
        "{\"op\":\"<=\",\"args\":[{\"column\":\"day\"},{\"call\":\"current_date\"}]}",
        "{\"call\":\"date_valid\",\"args\":[{\"column\":\"t\"}]}",
        "{\"call\":\"time_valid\",\"args\":[{\"column\":\"v\"}]}",
        "{\"call\":\"instant_valid\",\"args\":[{\"column\":\"t\"}]}",
        "{\"call\":\"is_integer\",\"args\":[{\"column\":\"d\"}]}",
        "{\"call\":\"is_number\",\"args\":[{\"column\":\"t\"}]}",
        "{\"call\":\"json_valid\",\"args\":[{\"column\":\"t\"}]}",
        "{\"call\":\"json_valid\",\"args\":[{\"column\":\"j\"}]}",
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct expr *e = parse_json(f, rows[i]);
        const char *said = round_trip(f, t, e);
        const struct expr *back = postgres_expr_read(f->arena, str_of(said), t);
        if (!text_eq(expr_text(f->arena, back), rows[i])) {
            fail_msg("%s is stored as %s, read as %s", rows[i], said, expr_text(f->arena, back));
        }
        assert_string_equal(round_trip(f, t, back), said);
    }
    fixture_sql(f, "DROP TABLE \"%s\".wide", f->tenant);
}

/* What the server prints of any condition is stored again as the same, typed or not. */
static void what_the_server_prints_is_stored_the_same_again(void **state)
{
    struct fixture *f = *state;
    struct catalog *c AUTO(catalog_unrefp) = NULL;
    const struct table *t = make_wide(f, &c);
    static const char *const rows[] = {
        "i BETWEEN SYMMETRIC 5 AND 1",
        "CASE WHEN g THEN i > 1 ELSE t = 'x' END",
        "i::double precision / 2 > 1",
        "(i / 2)::double precision > d",
        "b::integer = i",
        "t::varchar(3) = v",
        "i::text = t",
        "n::integer > 3 OR n::double precision > d",
        "t COLLATE \"de-x-icu\" > 'ä'",
        "t ~* '^x' AND v !~ 'y$'",
        "j @> '{\"a\": [1]}' OR j ->> 'b' = 'c' OR j ? 'd'",
        "w AT TIME ZONE 'Europe/Rome' > '2026-01-01'",
        "w > now() - interval '1 day'",
        "extract(year FROM day) = 2026",
        "t IS DISTINCT FROM v",
        "(i, b) <> (1, 2)",
        "i = ANY (ARRAY[1, b])",
        "t = ANY (string_to_array(v, ','))",
        "octet_length(t) > 3",
        "t LIKE 'a!%' ESCAPE '!'",
        "t ILIKE '%X%'",
        "g IS TRUE AND g IS NOT FALSE",
        "u = '018f3e6c-0000-7000-8000-000000000001'::uuid",
        "- i > 3 AND ~ i < 2 AND i % 2 = 0 AND @ i = 1",
        "i # 3 = 1 AND i << 2 > 4",
        "length(t || v || 'x') > 3 AND t || i <> 'a1'",
        "num_nonnulls(t, v) = 1",
        "coalesce(i, b, 3) > 2",
        "nullif(t, '') IS NOT NULL",
        "greatest(i, 3) = 3",
        "substring(t FROM 2 FOR 3) = 'abc'",
        "position('x' in t) > 0",
        "'x' = t AND 3 > i AND NULL IS NULL",
        "TRUE AND NOT FALSE",
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *said = round_trip(f, t, expr_raw(f->arena, rows[i]));
        const struct expr *back = postgres_expr_read(f->arena, str_of(said), t);
        const char *again = round_trip(f, t, back);
        if (!text_eq(again, said)) {
            fail_msg("%s is stored as %s, read as %s and stored as %s", rows[i], said,
                     expr_text(f->arena, back), again);
        }
    }
    fixture_sql(f, "DROP TABLE \"%s\".wide", f->tenant);
}

static void engine_text_stays_in_its_place(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *text;
        bool is_closed;
    } rows[] = {
        {"a > 1 AND (b < 2 OR c[1] = 3)", true},
        {"'it''s' || \"odd \"\"name\"", true},
        {"a ~ '^[(]' AND b = 'x;y'", true},
        {"a > 1) OR (1 = 1", false},
        {"a > 1); DROP TABLE t; --", false},
        {"a > 1 -- ", false},
        {"a /* x */ > 1", false},
        {"a = $$x$$", false},
        {"a = $1", false},
        {"a = E'\\'' OR 1 = 1", false},
        {"a = 'open", false},
        {"\"open", false},
        {"", false},
        {"pg_read_file('/etc/passwd') <> ''", false},
        {"pg_catalog . pg_sleep (9) IS NULL", false},
        {"\"pg_ls_dir\"('/') IS NULL", false},
        {"lo_import('/etc/passwd') > 0", false},
        {"query_to_xml('SELECT 1', true, true, '') IS NULL", false},
        {"set_config('role', 'none', false) = ''", false},
        {"a\\b", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (pg_is_closed(f->arena, str_of(rows[i].text)) != rows[i].is_closed) {
            fail_msg("%s", rows[i].text);
        }
    }
}

/* ---- texts of lists -------------------------------------------------------------------------- */

static const char *where_text(struct fixture *f, const struct filter *filter)
{
    struct buf b;
    struct sql_writer w;
    buf_init(&b, 1 << 16);
    sql_begin(&w, &postgres_dialect, &b, f->arena);
    sql_filter(&w, filter);
    assert_null(w.broken);
    const char *text = arena_str(f->arena, buf_str(&b));
    buf_release(&b);
    return text;
}

/* Order is that of bytes on any column; sameness is asked so that the column's own index serves. */
static void texts_sort_by_bytes_and_are_looked_up_by_their_index(void **state)
{
    struct fixture *f = *state;
    static const struct column ours = {.name = "a",
                                       .type = {.kind = TYPE_TEXT, .native = "text COLLATE \"C\""}};
    static const struct column others = {.name = "b",
                                         .type = {.kind = TYPE_TEXT, .native = "text"}};
    static const struct column chosen = {
        .name = "c", .type = {.kind = TYPE_TEXT, .native = "text"}, .collation = "de-x-icu"};
    static const struct column mood = {.name = "d", .type = {.kind = TYPE_ENUM, .native = "mood"}};
    struct value x = value_text("x");
#define COMPARED(op, column) where_text(f, filter_compare(f->arena, (op), &(column), x))
    assert_string_equal(COMPARED(FILTER_GT, ours), "\"a\" > $1");
    assert_string_equal(COMPARED(FILTER_GT, others), "\"b\" COLLATE \"C\" > $1");
    assert_string_equal(COMPARED(FILTER_EQ, others), "\"b\" = $1");
    assert_string_equal(COMPARED(FILTER_GT, chosen), "\"c\" > $1");
    assert_string_equal(COMPARED(FILTER_LTE, mood), "\"d\" <= $1");
    assert_string_equal(COMPARED(FILTER_IS_DISTINCT, others), "\"b\" IS DISTINCT FROM $1");
    assert_string_equal(COMPARED(FILTER_LIKE, ours), "\"a\" LIKE $1");
    assert_string_equal(COMPARED(FILTER_LIKE, chosen), "CAST(\"c\" AS text) COLLATE \"C\" LIKE $1");
    assert_string_equal(COMPARED(FILTER_LIKE, mood), "CAST(\"d\" AS text) LIKE $1");
    assert_string_equal(
        COMPARED(FILTER_ILIKE, ours),
        "lower(translate(\"a\", '\u0130\u03a3', 'i\u03c3') COLLATE \"und-x-icu\") LIKE $1");
}

/* Folding of the server's texts is that of ours: one character to one, for every letter that we
 * and the server know. */
static void case_is_folded_as_other_engines_do(void **state)
{
    struct fixture *f = *state;
    locale_t l = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    struct buf pairs;
    buf_init(&pairs, 1 << 20);
    for (int c = 1; c < 0x2500; c++) {
        int small = (int)towlower_l((wint_t)c, l);
        bool is_young = c >= 0x1c80 && c < 0x1cc0; /* older servers do not know these letters */
        if (small != c && !is_young) {
            buf_printf(&pairs, "%s(%d, %d)", pairs.n ? ", " : "", c, small);
        }
    }
    freelocale(l);
    static const struct column t = {.name = "t", .type = {.kind = TYPE_TEXT}};
    const char *folded = where_text(f, filter_compare(f->arena, FILTER_ILIKE, &t, value_text("x")));
    const char *expr = arena_strndup(f->arena, folded, strlen(folded) - strlen(" LIKE $1"));
    const char *wrong = fixture_text(
        f,
        "WITH known (c, small) AS (VALUES %s), texts AS (SELECT g AS c, chr(g) AS t, coalesce(small, "
        "g) AS small FROM generate_series(1, 9471) AS g LEFT JOIN known ON known.c = g WHERE g NOT BETWEEN 7296 AND 7359) SELECT "
        "coalesce(string_agg(to_hex(c), ' '), '') FROM texts WHERE %s <> chr(small)",
        buf_text(&pairs), expr);
    assert_string_equal(wrong, "");
    buf_release(&pairs);
    assert_string_equal(
        fixture_text(f, "SELECT %s FROM (VALUES ('\u039f\u0394\u039f\u03a3')) AS v (t)", expr),
        "\u03bf\u03b4\u03bf\u03c3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_declared_reads_back),
        cmocka_unit_test(native_texts_survive_where_they_mean_the_type),
        cmocka_unit_test(a_type_that_needs_it_comes_with_a_check),
        cmocka_unit_test(checked_types_are_read_from_the_server),
        cmocka_unit_test(expressions_go_to_the_server_and_come_back),
        cmocka_unit_test(what_the_server_prints_is_stored_the_same_again),
        cmocka_unit_test(engine_text_stays_in_its_place),
        cmocka_unit_test(texts_sort_by_bytes_and_are_looked_up_by_their_index),
        cmocka_unit_test(case_is_folded_as_other_engines_do),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
