#include "catalog/type.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/attr.h"
#include "base/str.h"

static void every_logical_text_reads_back_as_itself(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "boolean",
        "int16",
        "int32",
        "int64",
        "decimal",
        "decimal(10,2)",
        "float32",
        "float64",
        "text",
        "text(120)",
        "char(2)",
        "bytes",
        "date",
        "time",
        "localdatetime",
        "instant",
        "interval",
        "uuid",
        "json",
        "enum",
        "array",
        "array(int64)",
        "array(decimal(5,1))",
        "objectid",
    };
    struct arena *a AUTO(arena_freep) = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct type t = {0};
        assert_int_equal(type_parse(a, texts[i], &t, NULL), ERR_OK);
        assert_string_equal(type_logical_text(a, &t), texts[i]);
    }
}

/* A-41, B-106, X-07: one table of types under all their names */
static void names_of_both_specifications_mean_the_same(void **state)
{
    (void)state;
    static const struct {
        const char *one, *other;
    } pairs[] = {
        {"text", "STRING"},      {"number", "DOUBLE"},         {"integer", "BIGINT"},
        {"datetime", "instant"}, {"date", "DATEONLY"},         {"json", "JSONB"},
        {"binary", "Blob"},      {"string(40)", "text( 40 )"}, {"decimal(9, 2)", "NUMERIC(9,2)"},
        {"boolean", "BOOL"},
    };
    struct arena *a AUTO(arena_freep) = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        struct type one = {0};
        struct type other = {0};
        assert_int_equal(type_parse(a, pairs[i].one, &one, NULL), ERR_OK);
        assert_int_equal(type_parse(a, pairs[i].other, &other, NULL), ERR_OK);
        assert_true(type_equal(&one, &other));
    }
}

static void what_is_no_type_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "blurb",
        "text(",
        "text()",
        "text(0)",
        "text(1,2)",
        "int64(3)",
        "decimal(a)",
        "decimal(1,2,3)",
        "decimal(0)",
        "decimal(2,3)",
        "decimal(1001)",
        "text(-1)",
        "text(99999999999999)",
        "array(array(int64))",
        "array(blurb)",
        "text(3) NOT NULL",
    };
    struct arena *a AUTO(arena_freep) = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct type t = {0};
        struct error err = ERROR_INIT;
        assert_int_equal(type_parse(a, texts[i], &t, &err), ERR_INVALID);
        assert_non_null(err.message);
        error_release(&err);
    }
}

static void a_copy_is_equal_and_deep(void **state)
{
    (void)state;
    struct arena *a AUTO(arena_freep) = arena_new();
    const char *values[] = {"x", "y"};
    struct type element = {.kind = TYPE_TEXT, .length = 3};
    struct type array = {.kind = TYPE_ARRAY, .element = &element, .native = "JSON TEXT"};
    struct type label = {.kind = TYPE_ENUM, .values = values, .n_values = 2};
    struct type copy = type_copy(a, &array);
    assert_true(type_equal(&copy, &array));
    assert_ptr_not_equal(copy.element, array.element);
    assert_ptr_not_equal(copy.native, array.native);
    copy = type_copy(a, &label);
    assert_true(type_equal(&copy, &label));
    assert_ptr_not_equal(copy.values[1], values[1]);
    values[1] = "z";
    assert_false(type_equal(&copy, &label));
}

static void kinds_of_numbers_have_names(void **state)
{
    (void)state;
    struct type t = {.kind = TYPE_INT32};
    assert_string_equal(type_wire_name(&t), "number");
    assert_string_equal(type_number_kind(&t), "integer");
    assert_true(type_is_integer(&t));
    t.kind = TYPE_DECIMAL;
    assert_string_equal(type_number_kind(&t), "decimal");
    assert_false(type_is_integer(&t));
    t.kind = TYPE_ENUM;
    assert_null(type_number_kind(&t));
    assert_true(type_is_text(&t));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_logical_text_reads_back_as_itself),
        cmocka_unit_test(names_of_both_specifications_mean_the_same),
        cmocka_unit_test(what_is_no_type_is_refused),
        cmocka_unit_test(a_copy_is_equal_and_deep),
        cmocka_unit_test(kinds_of_numbers_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
