#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/attr.h"

static void the_empty_view_is_equal_to_every_empty_view(void **state)
{
    (void)state;
    struct str none = {NULL, 0};
    assert_true(str_eq(none, STR("")));
    assert_true(str_eq(none, str_of(NULL)));
    assert_true(str_is(none, ""));
    assert_true(str_starts(none, none));
    assert_true(str_starts(STR("a"), none));
    assert_false(str_starts(none, STR("a")));
    assert_int_equal(str_find(none, 'a'), 0);
    assert_int_equal(str_sub(none, 5).n, 0);
    assert_int_equal(str_trim(none).n, 0);
    assert_true(str_eq_nocase(none, STR("")));
}

static void a_part_never_leaves_the_whole(void **state)
{
    (void)state;
    struct str s = STR("abc");
    assert_true(str_is(str_sub(s, 0), "abc"));
    assert_true(str_is(str_sub(s, 2), "c"));
    assert_true(str_is(str_sub(s, 3), ""));
    assert_true(str_is(str_sub(s, SIZE_MAX), ""));
    assert_true(str_starts(s, STR("ab")));
    assert_true(str_starts(s, STR("abc")));
    assert_false(str_starts(s, STR("abcd")));
    assert_false(str_starts(s, STR("b")));
    assert_int_equal(str_find(s, 'c'), 2);
    assert_int_equal(str_find(s, 'd'), 3);
}

static void case_is_folded_for_ascii_letters_only(void **state)
{
    (void)state;
    assert_true(str_eq_nocase(STR("AbZ"), STR("aBz")));
    assert_false(str_eq_nocase(STR("a"), STR("ab")));
    assert_false(str_eq_nocase(STR("@["), STR("`{")));
    assert_false(str_eq_nocase(STR("\xc3\x80"), STR("\xc3\xa0")));
}

static void white_space_is_trimmed_at_both_ends(void **state)
{
    (void)state;
    assert_true(str_is(str_trim(STR(" \t\r\n\v\fa b \n")), "a b"));
    assert_true(str_is(str_trim(STR("   ")), ""));
    assert_true(str_is(str_trim(STR("\xc2\xa0")), "\xc2\xa0"));
}

static void splitting_gives_one_part_more_than_separators(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *parts[5];
    } cases[] = {{"a,,b", {"a", "", "b"}},
                 {"", {""}},
                 {",", {"", ""}},
                 {"a", {"a"}},
                 {"a,b,", {"a", "b", ""}}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str rest = str_of(cases[i].text), part;
        size_t n = 0;
        while (str_split(&rest, ',', &part)) {
            assert_non_null(cases[i].parts[n]);
            assert_true(str_is(part, cases[i].parts[n]));
            n++;
        }
        assert_null(cases[i].parts[n]);
    }
    struct str none = {NULL, 0}, part;
    assert_false(str_split(&none, ',', &part));
}

static void whole_numbers_are_read_to_the_last_digit(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t value;
    } good[] = {{"0", 0},
                {"-0", 0},
                {"007", 7},
                {"9223372036854775807", INT64_MAX},
                {"-9223372036854775808", INT64_MIN},
                {"-1", -1}};
    static const char *const bad[] = {"",
                                      "-",
                                      "+1",
                                      " 1",
                                      "1 ",
                                      "1.0",
                                      "1e3",
                                      "0x10",
                                      "9223372036854775808",
                                      "-9223372036854775809",
                                      "99999999999999999999",
                                      "--1",
                                      "1-",
                                      "\xd9\xa1"};
    int64_t v;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        assert_true(str_int64(str_of(good[i].text), &v));
        assert_true(v == good[i].value);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        v = 77;
        assert_false(str_int64(str_of(bad[i]), &v));
        assert_int_equal(v, 77);
    }
    assert_false(str_int64((struct str){NULL, 0}, &v));
    assert_false(str_int64(STR("1\0"), &v));
}

static void numbers_keep_to_the_grammar_of_json(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double value;
    } good[] = {{"0", 0},       {"-0", 0},
                {"1.5", 1.5},   {"1e3", 1000},
                {"1E+3", 1000}, {"1.25e-2", 0.0125},
                {"1e-400", 0},  {"1.7976931348623157e308", 1.7976931348623157e308}};
    static const char *const bad[] = {"",    "-",   ".5",    "1.",     "01",  "1e",
                                      "1e+", "+1",  "inf",   "NaN",    "0x1", " 1",
                                      "1 ",  "1,5", "1e400", "-1e400", "1.e1"};
    double v;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        assert_true(str_double(str_of(good[i].text), &v));
        assert_true(v == good[i].value);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        v = 77;
        assert_false(str_double(str_of(bad[i]), &v));
        assert_true(v == 77);
    }
    char digits[600];
    memset(digits, '1', sizeof digits);
    assert_false(str_double((struct str){digits, 600}, &v));
    assert_true(str_double((struct str){digits, 300}, &v));
}

static void texts_compare_with_null(void **state)
{
    (void)state;
    assert_true(text_eq(NULL, NULL));
    assert_false(text_eq(NULL, ""));
    assert_false(text_eq("a", NULL));
    assert_true(text_eq("a", "a"));
    assert_false(text_eq("a", "A"));
}

static void put_digits_read_back_equal(void **state)
{
    (void)state;
    char text[INT64_TEXT_MAX], wanted[32];
    int64_t v = 1;
    for (int i = 0; i < 4 * 64; i++) {
        int64_t all[] = {v, -v, v - 1, INT64_MIN, INT64_MAX, i - 128};
        for (size_t k = 0; k < ARRAY_LEN(all); k++) {
            size_t n = (size_t)(int64_put(text, all[k]) - text);
            int n_wanted = snprintf(wanted, sizeof wanted, "%lld", (long long)all[k]);
            assert_int_equal(n, n_wanted);
            assert_memory_equal(text, wanted, n);
        }
        v = v > INT64_MAX / 10 ? i : v * 10 + i % 10;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(put_digits_read_back_equal),
        cmocka_unit_test(the_empty_view_is_equal_to_every_empty_view),
        cmocka_unit_test(a_part_never_leaves_the_whole),
        cmocka_unit_test(case_is_folded_for_ascii_letters_only),
        cmocka_unit_test(white_space_is_trimmed_at_both_ends),
        cmocka_unit_test(splitting_gives_one_part_more_than_separators),
        cmocka_unit_test(whole_numbers_are_read_to_the_last_digit),
        cmocka_unit_test(numbers_keep_to_the_grammar_of_json),
        cmocka_unit_test(texts_compare_with_null),
    };
    return cmocka_run_group_tests_name("base/str", tests, NULL, NULL);
}
