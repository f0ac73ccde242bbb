#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "engine/postgres/arrays.h"
#include "engine/postgres/types.h"

/* ---- from the server ------------------------------------------------------------------------- */

static const struct {
    struct type type;
    const char *text;
    const char *decoded; /* as text */
} texts[] = {
    {{.kind = TYPE_TEXT}, "plain", "plain"},
    {{.kind = TYPE_CHAR, .native = "character(5)"}, "ab   ", "ab"},
    {{.kind = TYPE_CHAR, .native = "character varying(5)"}, "ab   ", "ab   "},
    {{.kind = TYPE_DECIMAL}, "12.50", "12.50"},
    {{.kind = TYPE_DECIMAL}, "NaN", "NaN"},
    {{.kind = TYPE_DATE}, "2026-01-31", "2026-01-31"},
    {{.kind = TYPE_DATE}, "infinity", "infinity"},
    {{.kind = TYPE_DATE}, "0044-03-15 BC", "0044-03-15 BC"},
    {{.kind = TYPE_TIME}, "12:30:00.5", "12:30:00.5"},
    {{.kind = TYPE_DATETIME}, "2026-01-31 12:30:00", "2026-01-31T12:30:00"},
    {{.kind = TYPE_DATETIME}, "2026-01-31 12:30:00.25", "2026-01-31T12:30:00.25"},
    {{.kind = TYPE_DATETIME}, "infinity", "infinity"},
    {{.kind = TYPE_DATETIME}, "10000-01-01 00:00:00", "10000-01-01 00:00:00"},
    {{.kind = TYPE_INSTANT}, "2026-01-31 12:30:00+00", "2026-01-31T12:30:00Z"},
    {{.kind = TYPE_INSTANT}, "2026-01-31 12:30:00.5+00", "2026-01-31T12:30:00.500000Z"},
    {{.kind = TYPE_INSTANT}, "2026-01-31 12:30:00.123456+00", "2026-01-31T12:30:00.123456Z"},
    {{.kind = TYPE_INSTANT}, "-infinity", "-infinity"},
    {{.kind = TYPE_INSTANT}, "0044-03-15 00:00:00+00 BC", "0044-03-15 00:00:00+00 BC"},
    {{.kind = TYPE_INSTANT}, "294276-12-31 23:59:59+00", "294276-12-31 23:59:59+00"},
    {{.kind = TYPE_INTERVAL}, "1 mon", "1 mon"},
    {{.kind = TYPE_INTERVAL}, "1 year 2 days", "1 year 2 days"},
    {{.kind = TYPE_JSON},
     "{\"a\": [1, 2, \"x y\"], \"b\": \"q\\\" z\"}",
     "{\"a\":[1,2,\"x y\"],\"b\":\"q\\\" z\"}"},
    {{.kind = TYPE_JSON}, "12", "12"},
    {{.kind = TYPE_NATIVE}, "(1,2)", "(1,2)"},
    {{.kind = TYPE_INT32}, "not a number", "not a number"},
};

static void test_texts(void **state)
{
    struct buf room;
    (void)state;
    buf_init(&room, BUF_MAX_DEFAULT);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct value v;
        postgres_decode(&texts[i].type, str_of(texts[i].text), &room, &v);
        assert_int_equal(v.kind, VALUE_TEXT);
        if (!str_is(v.s, texts[i].decoded)) {
            fail_msg("%s: %.*s", texts[i].text, (int)v.s.n, v.s.p);
        }
    }
    buf_release(&room);
}

/* One wrong character anywhere, and it is no moment: given as it is. */
static void test_moments(void **state)
{
    static const char wrong[] = {'/', ':', 'a', ' ', '-', '?', '\xb5'};
    static const char right[] = "2026-09-30 12:39:50";
    static const struct type t = {.kind = TYPE_DATETIME};
    struct buf room;
    (void)state;
    buf_init(&room, BUF_MAX_DEFAULT);
    for (size_t i = 0; i < (sizeof right - 1) * sizeof wrong; i++) {
        char text[sizeof right];
        memcpy(text, right, sizeof right);
        text[i / sizeof wrong] = wrong[i % sizeof wrong];
        bool is_right = memcmp(text, right, sizeof right) == 0;
        struct value v;
        postgres_decode(&t, str_of(text), &room, &v);
        assert_int_equal(v.kind, VALUE_TEXT);
        assert_true(str_is(v.s, is_right ? "2026-09-30T12:39:50" : text));
    }
    buf_release(&room);
}

static const struct {
    const char *text;
    int64_t us;
} intervals[] = {
    {"00:00:00", 0},
    {"04:05:06.7", 14706700000},
    {"-04:05:06", -14706000000},
    {"1 day", 86400000000},
    {"-3 days +04:05:06", -259200000000 + 14706000000},
    {"3 days -00:00:00.000001", 259200000000 - 1},
    {"100000000:00:00", INT64_C(360000000000000000)},
};

static void test_intervals(void **state)
{
    static const struct type t = {.kind = TYPE_INTERVAL};
    struct buf room;
    (void)state;
    buf_init(&room, BUF_MAX_DEFAULT);
    for (size_t i = 0; i < ARRAY_LEN(intervals); i++) {
        struct value v;
        postgres_decode(&t, str_of(intervals[i].text), &room, &v);
        assert_int_equal(v.kind, VALUE_INT);
        assert_int_equal(v.i, intervals[i].us);
    }
    buf_release(&room);
}

static struct value decode(enum type_kind kind, const char *text, struct buf *room)
{
    const struct type t = {.kind = kind};
    struct value v;
    postgres_decode(&t, str_of(text), room, &v);
    return v;
}

static void test_numbers(void **state)
{
    struct buf room;
    (void)state;
    buf_init(&room, BUF_MAX_DEFAULT);
    assert_int_equal(decode(TYPE_INT64, "-9223372036854775808", &room).i, INT64_MIN);
    assert_true(decode(TYPE_FLOAT64, "0.1", &room).f == 0.1);
    assert_true(isnan(decode(TYPE_FLOAT64, "NaN", &room).f));
    assert_true(isinf(decode(TYPE_FLOAT32, "-Infinity", &room).f));
    assert_true(decode(TYPE_FLOAT32, "-Infinity", &room).f < 0);
    assert_true(decode(TYPE_BOOLEAN, "t", &room).b);
    assert_int_equal(decode(TYPE_BOOLEAN, "f", &room).kind, VALUE_BOOL);
    struct value v = decode(TYPE_BYTES, "\\x00ff41", &room);
    assert_int_equal(v.kind, VALUE_BYTES);
    assert_int_equal(v.s.n, 3);
    assert_memory_equal(v.s.p,
                        "\0\xff"
                        "A",
                        3);
    v = decode(TYPE_BYTES, "\\x", &room);
    assert_int_equal(v.kind, VALUE_BYTES);
    assert_int_equal(v.s.n, 0);
    buf_release(&room);
}

/* ---- arrays ---------------------------------------------------------------------------------- */

static const struct type type_text = {.kind = TYPE_TEXT};
static const struct type type_int = {.kind = TYPE_INT32};
static const struct type type_bool = {.kind = TYPE_BOOLEAN};
static const struct type type_float = {.kind = TYPE_FLOAT64};
static const struct type type_json = {.kind = TYPE_JSON};
static const struct type type_instant = {.kind = TYPE_INSTANT};

static const struct {
    const struct type *element;
    const char *literal, *json, *back; /* back NULL: the same literal */
} arrays[] = {
    {&type_int, "{1,2,NULL}", "[1,2,null]", "{\"1\",\"2\",NULL}"},
    {&type_int, "{}", "[]", NULL},
    {&type_int, "{{1,2},{3,4}}", "[[1,2],[3,4]]", "{{\"1\",\"2\"},{\"3\",\"4\"}}"},
    {&type_int, "[0:1]={5,6}", "[5,6]", "{\"5\",\"6\"}"},
    {&type_text, "{\"a b\",\"c,d\",\"e\\\"f\\\\g\",\"NULL\",\"\"}",
     "[\"a b\",\"c,d\",\"e\\\"f\\\\g\",\"NULL\",\"\"]", NULL},
    {&type_text, "{plain,NULL}", "[\"plain\",null]", "{\"plain\",NULL}"},
    {&type_text, "{\"\xc3\xa9\"}", "[\"\xc3\xa9\"]", NULL},
    {&type_bool, "{t,f}", "[true,false]", "{\"true\",\"false\"}"},
    {&type_float, "{1.5,NaN}", "[1.5,null]", "{\"1.5\",NULL}"},
    {&type_json, "{\"{\\\"a\\\": 1}\"}", "[{\"a\":1}]", "{\"{\\\"a\\\":1}\"}"},
    {&type_instant, "{\"2026-01-31 12:30:00+00\"}", "[\"2026-01-31T12:30:00Z\"]",
     "{\"2026-01-31T12:30:00Z\"}"},
    {NULL, "{a,1}", "[\"a\",\"1\"]", "{\"a\",\"1\"}"},
};

static void test_arrays(void **state)
{
    struct arena *a = arena_new();
    struct buf out;
    (void)state;
    buf_init(&out, BUF_MAX_DEFAULT);
    for (size_t i = 0; i < ARRAY_LEN(arrays); i++) {
        buf_clear(&out);
        assert_true(postgres_array_to_json(arrays[i].element, str_of(arrays[i].literal), &out));
        assert_string_equal(arrays[i].json, buf_text(&out));
        struct str back = postgres_array_from_json(a, arrays[i].element, buf_str(&out));
        assert_string_equal(arrays[i].back ? arrays[i].back : arrays[i].literal,
                            arena_str(a, back));
    }
    buf_release(&out);
    arena_free(a);
}

static void test_broken_arrays(void **state)
{
    static const char *const broken[] = {"",  "{",    "{1",    "{\"a", "{1,{2}",
                                         "x", "{1}x", "[0:1]", "{\\"};
    struct buf out;
    (void)state;
    buf_init(&out, BUF_MAX_DEFAULT);
    for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
        buf_clear(&out);
        assert_false(postgres_array_to_json(&type_int, str_of(broken[i]), &out));
    }
    buf_release(&out);
}

static void test_escapes(void **state)
{
    struct arena *a = arena_new();
    (void)state;
    struct str s = postgres_array_from_json(
        a, &type_text, STR("[\"\\u00e9\\ud83d\\ude00\\n\\\"\\\\\\/\", [\"x\"] , null ]"));
    assert_string_equal("{\"\xc3\xa9\xf0\x9f\x98\x80\n\\\"\\\\/\",{\"x\"},NULL}", arena_str(a, s));
    arena_free(a);
}

/* ---- to the server --------------------------------------------------------------------------- */

static void test_encode(void **state)
{
    struct arena *a = arena_new();
    (void)state;
    const struct column span = {.name = "c", .type = {.kind = TYPE_INTERVAL}};
    const struct column real = {.name = "c", .type = {.kind = TYPE_FLOAT64}};
    const struct column list = {
        .name = "c", .type = {.kind = TYPE_ARRAY, .element = &type_int, .native = "integer[]"}};
    const struct column doc = {.name = "c", .type = {.kind = TYPE_ARRAY, .native = "jsonb"}};
    assert_true(str_is(postgres_encode(a, &span, value_int(-5)).s, "-5 microseconds"));
    assert_true(str_is(postgres_encode(a, &real, value_float(NAN)).s, "NaN"));
    assert_true(str_is(postgres_encode(a, &real, value_float(-INFINITY)).s, "-Infinity"));
    assert_true(postgres_encode(a, &real, value_float(0.5)).f == 0.5);
    assert_true(str_is(postgres_encode(a, &list, value_text("[1,2]")).s, "{\"1\",\"2\"}"));
    assert_true(str_is(postgres_encode(a, &doc, value_text("[1,2]")).s, "[1,2]"));
    assert_int_equal(postgres_encode(a, &list, value_null()).kind, VALUE_NULL);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),         cmocka_unit_test(test_moments),
        cmocka_unit_test(test_intervals),     cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_arrays),        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_broken_arrays), cmocka_unit_test(test_encode),
    };
    return cmocka_run_group_tests_name("postgres/values", tests, NULL, NULL);
}
