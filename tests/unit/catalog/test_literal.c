#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/attr.h"
#include "catalog/literal_json.h"

static enum errcode read(struct arena *a, const char *type, const char *json, struct value *out)
{
    struct type t = {0};
    json_t *doc = NULL;
    assert_int_equal(type_parse(a, type, &t, NULL), ERR_OK);
    assert_int_equal(doc_parse(a, str_of(json), JSON_DEPTH_MAX, &doc, NULL), ERR_OK);
    static const char *const labels[] = {"new", "old"};
    if (t.kind == TYPE_ENUM) {
        t.values = labels;
        t.n_values = 2;
    }
    return literal_decode(a, doc, &t, out, NULL);
}

/* a default is a value of its type, and an empty text is one */
static void values_become_canonical(void **state)
{
    (void)state;
    static const struct {
        const char *type, *json, *text; /* text: of TEXT carriers */
    } rows[] = {
        {"text", "\"x\"", "x"},
        {"decimal(5,2)", "\"12.50\"", "12.50"},
        {"decimal(5,2)", "-7", "-7"},
        {"decimal(2,2)", "\"0.25\"", "0.25"},
        {"date", "\"2026-02-28\"", "2026-02-28"},
        {"time", "\"12:30:00\"", "12:30:00"},
        {"datetime", "\"2026-01-31T13:00:00+01:00\"", "2026-01-31T12:00:00Z"},
        {"uuid", "\"018F3E6C-0000-7000-8000-000000000001\"",
         "018f3e6c-0000-7000-8000-000000000001"},
        {"json", "{\"a\": [1, 2]}", "{\"a\":[1,2]}"},
        {"json", "\"{\\\"a\\\":1}\"", "{\"a\":1}"},
        {"json", "\"plain\"", "\"plain\""},
        {"array", "[]", "[]"},
        {"enum", "\"old\"", "old"},
    };
    struct arena *a AUTO(arena_freep) = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct value v = value_null();
        assert_int_equal(read(a, rows[i].type, rows[i].json, &v), ERR_OK);
        assert_int_equal(v.kind, VALUE_TEXT);
        assert_true(str_is(v.s, rows[i].text));
    }
}

/* A-39, B-108: nothing is bent to fit */
static void values_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *type, *json;
    } rows[] = {
        {"int64", "1.5"},
        {"int64", "\"1x\""},
        {"int16", "40000"},
        {"number", "\"1); x\""},
        {"boolean", "\"yes\""},
        {"boolean", "2"},
        {"decimal(5,2)", "\"1234.5\""},
        {"decimal(5,2)", "\"1.234\""},
        {"decimal", "\"1e5\""},
        {"text(2)", "\"abc\""},
        {"text", "true"},
        {"date", "\"2026-02-30\""},
        {"time", "\"25:00\""},
        {"datetime", "\"soon\""},
        {"uuid", "\"x\""},
        {"enum", "\"other\""},
        {"array", "{}"},
        {"binary", "\"abc\""},
        {"binary", "\"ab!=\""},
        {"date", "20260228"},
    };
    struct arena *a AUTO(arena_freep) = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct value v = value_null();
        assert_int_equal(read(a, rows[i].type, rows[i].json, &v), ERR_INVALID_VALUE);
    }
}

static void bytes_travel_as_base64(void **state)
{
    (void)state;
    static const char *const texts[] = {"\"\"", "\"AA==\"", "\"AAE=\"", "\"AAEC\"", "\"+/8A\""};
    struct arena *a AUTO(arena_freep) = arena_new();
    struct type t = {.kind = TYPE_BYTES};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct value v = value_null();
        struct buf b;
        struct json_writer w;
        buf_init(&b, 1024);
        jsonw_init(&w, &b);
        assert_int_equal(read(a, "binary", texts[i], &v), ERR_OK);
        assert_int_equal(v.kind, VALUE_BYTES);
        assert_int_equal(v.s.n, i == 0 ? 0 : i > 3 ? 3 : i);
        assert_true(literal_encode(&w, &t, v));
        assert_string_equal(buf_text(&b), texts[i]);
        buf_release(&b);
    }
}

static void what_json_cannot_say_is_not_written(void **state)
{
    (void)state;
    struct type json = {.kind = TYPE_JSON};
    struct type boolean = {.kind = TYPE_BOOLEAN};
    assert_false(literal_can_encode(&json, value_text("{broken")));
    assert_false(literal_can_encode(&json, value_text("\"{}\"")));
    assert_true(literal_can_encode(&json, value_text("\"x\"")));
    assert_false(literal_can_encode(&boolean, value_int(1)));
    assert_true(literal_can_encode(&boolean, value_bool(true)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_become_canonical),
        cmocka_unit_test(values_that_do_not_fit_are_refused),
        cmocka_unit_test(bytes_travel_as_base64),
        cmocka_unit_test(what_json_cannot_say_is_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
