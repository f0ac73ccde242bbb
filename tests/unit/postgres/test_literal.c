#include "fixture.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/attr.h"
#include "engine/postgres/literal.h"
#include "engine/postgres/types.h"

/*
 * Values in the text of a statement: whatever is in one, the server reads that value and nothing
 * else, under either setting of standard_conforming_strings.
 */
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

/* "SELECT (<@v>)::<@type>" as it is said. */
static const char *question(struct fixture *f, struct value v, const char *type)
{
    struct sql_writer w;
    struct buf text;
    buf_init(&text, BUF_MAX_DEFAULT);
    sql_begin(&w, &postgres_dialect, &text, f->arena);
    w.say_value = pg_say_literal;
    sql_text(&w, "SELECT (");
    sql_param(&w, NULL, v);
    sql_text(&w, ")::");
    sql_text(&w, type);
    assert_null(w.broken);
    const char *made = arena_str(f->arena, buf_str(&text));
    buf_release(&text);
    return made;
}

static const char *answer(struct fixture *f, struct value v, const char *type)
{
    PGresult *r = PQexec(f->beside, question(f, v, type));
    if (PQresultStatus(r) != PGRES_TUPLES_OK || PQntuples(r) != 1 || PQnfields(r) != 1) {
        fail_msg("%s: %s", question(f, v, type), PQerrorMessage(f->beside));
    }
    const char *text = PQgetisnull(r, 0, 0) ? NULL : arena_strdup(f->arena, PQgetvalue(r, 0, 0));
    PQclear(r);
    return text;
}

static void expect_itself(struct fixture *f, const char *text)
{
    static const char *const settings[] = {"on", "off"};
    for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
        fixture_sql(f, "SET standard_conforming_strings = %s", settings[i]);
        fixture_sql(f, "SET escape_string_warning = off");
        assert_string_equal(answer(f, value_text(text), "text"), text);
    }
    fixture_sql(f, "SET standard_conforming_strings = on");
}

static void a_text_stays_inside_of_its_quotes(void **state)
{
    struct fixture *f = *state;
    static const char *const attacks[] = {
        "",
        "'",
        "''",
        "'''",
        "\\",
        "\\\\",
        "\\'",
        "\\''",
        "\\\\'",
        "'\\",
        "'; DROP TABLE victim; --",
        "\\'; DROP TABLE victim; --",
        "' OR '1'='1",
        "\\' OR 1=1 --",
        "E'\\''; DROP TABLE victim; --",
        "U&'\\0027' UESCAPE '!'",
        "\\u0027 \\x27 \\047 \\000",
        "$1 $2 $$ $a$'$a$",
        "/* ' */ -- '\n'",
        "a'\n'b",
        "\t\n\r\v\f\b\x01\x1f\x7f",
        "%_\\%\\_",
        "\xe2\x80\x99 \xca\xbc \xef\xbc\x87 \xc2\xb4", /* what looks like a quote */
        "\xc3\xa0\xc3\x9c\xe5\x9c\x9c\xf0\x9f\x98\x80'\xf0\x9f\x98\x80\\",
        "NULL",
        "null::text",
        "{\"a\": \"it's \\\\ \\\"so\\\"\", \"b\": [1, null]}",
        "{\"a\\\"b\",'c',NULL,\"\\\\\"}",
        "12345678901234567890.12345678901234567890",
        "1e400",
        "NaN",
    };
    fixture_sql(f, "SET search_path = %s; CREATE TABLE victim (id int)", f->tenant);
    for (size_t i = 0; i < ARRAY_LEN(attacks); i++) {
        expect_itself(f, attacks[i]);
    }
    assert_string_equal("0", fixture_text(f, "SELECT count(*) FROM victim"));
}

static void any_mixture_of_what_is_special_is_itself(void **state)
{
    struct fixture *f = *state;
    static const char *const parts[] = {"'",  "\\", "E", "\"", "$",  "$$", ";",  "-",        "--",
                                        "/*", "*/", "U", "&",  "\n", "x",  "\t", "\xc3\xa9", "0"};
    uint32_t dice = 7;
    for (int n = 0; n < 400; n++) {
        struct buf text;
        buf_init(&text, 4096);
        buf_adds(&text, "");
        for (int k = 0; k < 1 + n % 12; k++) {
            dice = dice * 1664525U + 1013904223U;
            buf_adds(&text, parts[(dice >> 16) % ARRAY_LEN(parts)]);
        }
        expect_itself(f, buf_text(&text));
        buf_release(&text);
    }
}

static void a_number_loses_nothing(void **state)
{
    struct fixture *f = *state;
    static const double numbers[] = {0.1,    -0.1, 1.0 / 3, DBL_MAX, -DBL_MAX,     DBL_MIN,
                                     5e-324, 1e15, 1e22,    0,       123456789.125};
    assert_string_equal(answer(f, value_int(INT64_MIN), "bigint"), "-9223372036854775808");
    assert_string_equal(answer(f, value_int(INT64_MAX), "bigint"), "9223372036854775807");
    assert_string_equal(answer(f, value_int(-1), "integer"), "-1");
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        double back = -1;
        const char *text = answer(f, value_float(numbers[i]), "float8");
        assert_true(str_double(str_of(text), &back) && back == numbers[i]);
    }
    assert_string_equal(answer(f, value_float(NAN), "float8"), "NaN");
    assert_string_equal(answer(f, value_float(-INFINITY), "float8"), "-Infinity");
    assert_string_equal(answer(f, value_text("0.1000000000000000000000000001"), "numeric"),
                        "0.1000000000000000000000000001");
    /* 0.1 as a real is not 0.1 as a double: the column's type decides, as with a parameter */
    fixture_sql(f, "SET search_path = %s; CREATE TABLE reals AS SELECT 0.1::real AS r", f->tenant);
    const char *count = arena_printf(f->arena, "SELECT count(*) FROM reals WHERE r = %s",
                                     question(f, value_float(0.1), "real") + strlen("SELECT "));
    assert_string_equal("1", fixture_text(f, "%s", count));
}

static void other_kinds_are_what_they_were(void **state)
{
    struct fixture *f = *state;
    static const char bytes[] = {0, 1, '\'', '\\', 0x7f, (char)0x80, (char)0xff, '\n'};
    struct value v = value_bytes((struct str){bytes, sizeof bytes});
    assert_string_equal(answer(f, v, "bytea"), "\\x0001275c7f80ff0a");
    assert_string_equal(answer(f, value_bytes((struct str){"", 0}), "bytea"), "\\x");
    assert_string_equal(answer(f, value_bool(true), "boolean"), "t");
    assert_string_equal(answer(f, value_bool(false), "boolean"), "f");
    assert_null(answer(f, value_null(), "text"));
    assert_string_equal(answer(f, value_text("{\"it's\", \"\\\\\"}"), "text[]"), "{it's,\"\\\\\"}");
    assert_string_equal(answer(f, value_text("{\"a\": \"'\\\\\"}"), "jsonb"), "{\"a\": \"'\\\\\"}");
}

static void a_nul_cannot_be_said(void **state)
{
    struct fixture *f = *state;
    struct sql_writer w;
    struct buf text;
    const struct value v = value_str((struct str){"a\0b", 3});
    buf_init(&text, 4096);
    sql_begin(&w, &postgres_dialect, &text, f->arena);
    pg_say_literal(&w, &v);
    assert_non_null(w.broken);
    buf_release(&text);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_text_stays_inside_of_its_quotes),
        CASE(any_mixture_of_what_is_special_is_itself),
        CASE(a_number_loses_nothing),
        CASE(other_kinds_are_what_they_were),
        CASE(a_nul_cannot_be_said),
    };
    return cmocka_run_group_tests_name("postgres/literal", tests, NULL, NULL);
}
