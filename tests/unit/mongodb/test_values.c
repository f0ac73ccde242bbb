/* Values as documents hold them: into a document, out again, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/attr.h"
#include "engine/mongodb/core.h"
#include "engine/mongodb/values.h"

static struct value back(struct arena *a, const struct type *t, struct value v, bson_type_t *kind)
{
    struct error err = ERROR_INIT;
    bson_iter_t it;
    bson_t *doc = mongo_doc(a);
    if (mongo_put(doc, "v", t, v, "v", &err) != ERR_OK) {
        fail_msg("%s: %s", type_logical_text(a, t), err.message);
    }
    assert_true(bson_iter_init_find(&it, doc, "v"));
    *kind = bson_iter_type(&it);
    return mongo_get(a, t, &it);
}

static void test_every_type(void **state)
{
    static const struct {
        struct type type;
        struct value v;
        const char *text; /* NULL: as it was given */
        bson_type_t kind;
    } rows[] = {
#define T(name) {.kind = TYPE_##name}
#define S(text)                                             \
    {                                                       \
        .kind = VALUE_TEXT, .s = { text, sizeof(text) - 1 } \
    }
        {T(BOOLEAN), {.kind = VALUE_BOOL, .b = true}, NULL, BSON_TYPE_BOOL},
        {T(INT16), {.kind = VALUE_INT, .i = -32768}, NULL, BSON_TYPE_INT32},
        {T(INT32), {.kind = VALUE_INT, .i = INT32_MIN}, NULL, BSON_TYPE_INT32},
        {T(INT64), {.kind = VALUE_INT, .i = INT64_MIN}, NULL, BSON_TYPE_INT64},
        {T(INT64), {.kind = VALUE_INT, .i = 9007199254740993}, NULL, BSON_TYPE_INT64},
        {T(INT64), {.kind = VALUE_INT, .i = 7}, NULL, BSON_TYPE_INT64},
        {T(INTERVAL), {.kind = VALUE_INT, .i = INT64_MAX}, NULL, BSON_TYPE_INT64},
        {T(FLOAT64), {.kind = VALUE_FLOAT, .f = 0.1}, NULL, BSON_TYPE_DOUBLE},
        {T(TEXT), S("it's \"é\" \xF0\x9F\x98\x80"), NULL, BSON_TYPE_UTF8},
        {T(TEXT), S(""), NULL, BSON_TYPE_UTF8},
        {T(ENUM), S("new"), NULL, BSON_TYPE_UTF8},
        {T(BYTES), {.kind = VALUE_BYTES, .s = {"\0\1\xff", 3}}, NULL, BSON_TYPE_BINARY},
        {T(BYTES), {.kind = VALUE_BYTES, .s = {"0123456789abcdef", 16}}, NULL, BSON_TYPE_BINARY},
        {T(DATE), S("2024-02-29"), NULL, BSON_TYPE_DATE_TIME},
        {T(DATE), S("0001-01-01"), NULL, BSON_TYPE_DATE_TIME},
        {T(DATE), S("9999-12-31"), NULL, BSON_TYPE_DATE_TIME},
        {T(TIME), S("12:30:00.123456"), NULL, BSON_TYPE_UTF8},
        {T(DATETIME), S("2026-01-31T12:30:00"), NULL, BSON_TYPE_DATE_TIME},
        {T(INSTANT), S("2026-01-31T12:30:00Z"), NULL, BSON_TYPE_DATE_TIME},
        {T(INSTANT), S("2026-01-31T12:30:00.5Z"), "2026-01-31T12:30:00.500000Z",
         BSON_TYPE_DATE_TIME},
        {T(INSTANT), S("1969-12-31T23:59:59.999Z"), "1969-12-31T23:59:59.999000Z",
         BSON_TYPE_DATE_TIME},
        {T(INSTANT), S("2026-01-31T13:30:00+01:00"), "2026-01-31T12:30:00Z", BSON_TYPE_DATE_TIME},
        {T(UUID), S("018f3e6c-0000-7000-8000-0000000000ff"), NULL, BSON_TYPE_BINARY},
        {T(OBJECT_ID), S("65f0c0ffee65f0c0ffee0001"), NULL, BSON_TYPE_OID},
        {T(JSON), S("{\"b\":1,\"a\":[true,null,1.5,\"x\"],\"c\":{}}"), NULL, BSON_TYPE_DOCUMENT},
        {T(JSON), S("[9007199254740993,-1,0.1]"), NULL, BSON_TYPE_ARRAY},
        {T(JSON), S("\"text\""), NULL, BSON_TYPE_UTF8},
        {T(JSON), S("12"), NULL, BSON_TYPE_INT32},
        {T(ARRAY), S("[]"), NULL, BSON_TYPE_ARRAY},
        {T(DECIMAL), S("12.50"), NULL, BSON_TYPE_DECIMAL128},
        {T(DECIMAL), S("0.00"), NULL, BSON_TYPE_DECIMAL128},
        {T(DECIMAL), S("-0.000000001234"), NULL, BSON_TYPE_DECIMAL128},
        {T(DECIMAL), S("1234567890123456789012345678901234"), NULL, BSON_TYPE_DECIMAL128},
        {T(DECIMAL), S("0.1234567890123456789012345678901234"), NULL, BSON_TYPE_DECIMAL128},
        {{.kind = TYPE_DECIMAL, .precision = 10, .scale = 2},
         S("12.5"),
         "12.50",
         BSON_TYPE_DECIMAL128},
        {{.kind = TYPE_DECIMAL, .precision = 10, .scale = 2}, S("7"), "7.00", BSON_TYPE_DECIMAL128},
        {{.kind = TYPE_DECIMAL, .precision = 10, .scale = 2},
         S("1.5000"),
         "1.50",
         BSON_TYPE_DECIMAL128},
        {{.kind = TYPE_DECIMAL, .precision = 5, .scale = 0}, S("12"), NULL, BSON_TYPE_DECIMAL128},
        {{.kind = TYPE_DECIMAL, .precision = 5, .scale = 0}, S("12.0"), "12", BSON_TYPE_DECIMAL128},
        {{.kind = TYPE_DECIMAL, .precision = 10, .scale = 2},
         {.kind = VALUE_INT, .i = -3},
         "-3.00",
         BSON_TYPE_DECIMAL128},
    };
    (void)state;
    struct arena *a = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        bson_type_t kind = BSON_TYPE_EOD;
        struct value wanted = rows[i].text ? value_text(rows[i].text) : rows[i].v;
        struct value is = back(a, &rows[i].type, rows[i].v, &kind);
        if (!value_equal(is, wanted) || kind != rows[i].kind) {
            fail_msg("row %zu (%s): \"%.*s\", BSON type %d", i, type_logical_text(a, &rows[i].type),
                     is.kind == VALUE_TEXT ? (int)is.s.n : 0, is.kind == VALUE_TEXT ? is.s.p : "",
                     kind);
        }
    }
    arena_free(a);
}

static void test_refused(void **state)
{
    static const struct {
        struct type type;
        struct value v;
    } rows[] = {
        {T(INSTANT), S("2026-01-31T12:30:00.000001Z")},
        {T(INSTANT), S("2026-01-31T12:30:00.123456Z")},
        {T(DATETIME), S("2026-01-31T12:30:00.1234")},
        {T(INSTANT), S("yesterday")},
        {T(DATE), S("2026-02-30")},
        {T(UUID), S("018f3e6c")},
        {T(OBJECT_ID), S("65f0")},
        {T(JSON), S("{\"a\":")},
        {T(DECIMAL), S("12345678901234567890123456789012345")},
        {T(DECIMAL), S("twelve")},
        {T(DECIMAL), S("")},
        {{.kind = TYPE_DECIMAL, .precision = 10, .scale = 2}, S("1.005")},
    };
    (void)state;
    struct arena *a = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error err = ERROR_INIT;
        bson_t *doc = mongo_doc(a);
        if (mongo_put(doc, "v", &rows[i].type, rows[i].v, "due", &err) != ERR_INVALID_VALUE) {
            fail_msg("row %zu is taken", i);
        }
        assert_non_null(strstr(err.message, "\"due\""));
        assert_true(bson_empty(doc));
        error_release(&err);
    }
    arena_free(a);
}

/* What another program wrote into a column of some type comes as it is. */
static void test_foreign(void **state)
{
    static const struct {
        struct type type;
        const char *json;
        const char *text;
    } rows[] = {
        {T(INT64), "{\"v\":7}", "i7"},
        {T(INT64), "{\"v\":7.0}", "i7"},
        {T(INT64), "{\"v\":7.5}", "f7.5"},
        {T(INT64), "{\"v\":\"x\"}", "tx"},
        {T(FLOAT64), "{\"v\":7}", "f7"},
        {T(TEXT), "{\"v\":{\"$oid\":\"65f0c0ffee65f0c0ffee0001\"}}", "t65f0c0ffee65f0c0ffee0001"},
        {T(NATIVE), "{\"v\":{\"a\":1}}", "t{\"a\":1}"},
        {T(NATIVE), "{\"v\":null}", "-"},
        {T(NATIVE), "{\"v\":{\"$date\":\"2026-01-31T12:00:00Z\"}}", "t2026-01-31T12:00:00Z"},
        {T(DECIMAL), "{\"v\":{\"$numberDecimal\":\"1E+3\"}}", "t1000"},
        {T(DECIMAL), "{\"v\":{\"$numberDecimal\":\"1.25E-9\"}}", "t0.00000000125"},
        {T(DECIMAL), "{\"v\":{\"$numberDecimal\":\"-12.3E+1\"}}", "t-123"},
        {T(JSON),
         "{\"v\":{\"at\":{\"$date\":\"2026-01-31T12:00:00Z\"},\"n\":{\"$numberLong\":"
         "\"5\"},\"d\":{\"$numberDecimal\":\"1.10\"}}}",
         "t{\"at\":{\"$date\":\"2026-01-31T12:00:00Z\"},\"n\":5,\"d\":{\"$numberDecimal\":"
         "\"1.10\"}}"},
    };
    (void)state;
    struct arena *a = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        bson_iter_t it;
        struct buf b;
        bson_t *doc = mongo_doc_json(a, rows[i].json, NULL);
        assert_non_null(doc);
        assert_true(bson_iter_init_find(&it, doc, "v"));
        struct value v = mongo_get(a, &rows[i].type, &it);
        buf_init(&b, 4096);
        if (v.kind == VALUE_INT) {
            buf_printf(&b, "i%lld", (long long)v.i);
        } else if (v.kind == VALUE_FLOAT) {
            buf_printf(&b, "f%g", v.f);
        } else if (v.kind == VALUE_TEXT) {
            buf_addc(&b, 't');
            buf_add_str(&b, v.s);
        } else {
            buf_addc(&b, '-');
        }
        assert_string_equal(buf_text(&b), rows[i].text);
        buf_release(&b);
    }
    arena_free(a);
}

/* A text of a step, read back, is the same command. */
static void test_texts(void **state)
{
    static const char *const texts[] = {
        "{\"create\":\"notes\",\"n\":1,\"f\":1.0,\"g\":0.1,\"l\":{\"$numberLong\":\"1\"},\"b\":true,"
        "\"z\":null,\"list\":[1,\"x\",{}]}",
        "{\"d\":{\"$numberDecimal\":\"1.50\"},\"t\":{\"$date\":{\"$numberLong\":\"1769860800000\"}}"
        ",\"i\":{\"$numberDouble\":\"-Infinity\"}}",
        "{\"s\":\"a \\\"b\\\" : c\",\"o\":{\"$oid\":\"65f0c0ffee65f0c0ffee0001\"}}",
        "{\"k\":{\"$minKey\":1},\"u\":{\"$binary\":{\"base64\":\"AQID\",\"subType\":\"04\"}}}",
    };
    (void)state;
    struct arena *a = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        bson_t *doc = mongo_doc_json(a, texts[i], NULL);
        assert_non_null(doc);
        assert_string_equal(mongo_text(a, doc), texts[i]);
    }
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_type),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_foreign),
        cmocka_unit_test(test_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
