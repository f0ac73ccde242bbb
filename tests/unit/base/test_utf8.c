#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/attr.h"

static size_t encode(char out[4], int32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char head[5] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n - 1; i > 0; i--, c >>= 6) {
        out[i] = (char)(0x80 | (c & 0x3f));
    }
    out[0] = (char)(head[n] | c);
    return n;
}

static void every_code_point_is_read_and_no_surrogate(void **state)
{
    (void)state;
    for (int32_t c = 0; c <= 0x10ffff; c++) {
        char text[4];
        struct str s = {text, encode(text, c)};
        bool surrogate = c >= 0xd800 && c <= 0xdfff;
        assert_int_equal(utf8_valid(s), !surrogate);
        int32_t got = utf8_next(&s);
        if (surrogate) {
            assert_int_equal(got, -1);
            assert_int_equal(s.n, 2);
        } else {
            assert_int_equal(got, c);
            assert_int_equal(s.n, 0);
        }
    }
}

static void what_is_not_utf8_is_refused_byte_by_byte(void **state)
{
    (void)state;
    static const char *const bad[] = {"\x80",
                                      "\xbf",
                                      "\xc0\x80",
                                      "\xc1\xbf",
                                      "\xe0\x80\x80",
                                      "\xe0\x9f\xbf",
                                      "\xf0\x80\x80\x80",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xff",
                                      "\xfe",
                                      "\xc3",
                                      "\xe2\x82",
                                      "\xf0\x9f\x98",
                                      "\xc3(",
                                      "\xe2(\xa1",
                                      "\xed\xa0\x80",
                                      "\xf8\x88\x80\x80\x80"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct str s = str_of(bad[i]);
        size_t n = s.n;
        assert_false(utf8_valid(s));
        assert_int_equal(utf8_next(&s), -1);
        assert_int_equal(s.n, n - 1);
    }
}

static void every_pair_of_bytes_is_judged_without_reading_on(void **state)
{
    (void)state;
    for (int a = 0; a < 256; a++) {
        for (int b = 0; b < 256; b++) {
            char *text = malloc(2);
            text[0] = (char)a;
            text[1] = (char)b;
            bool expected =
                (a < 0x80 && b < 0x80) || (a >= 0xc2 && a <= 0xdf && (b & 0xc0) == 0x80);
            assert_int_equal(utf8_valid((struct str){text, 2}), expected);
            free(text);
        }
    }
}

static void length_counts_characters(void **state)
{
    (void)state;
    assert_int_equal(utf8_length(STR("")), 0);
    assert_int_equal(utf8_length(STR("abc")), 3);
    assert_int_equal(utf8_length(STR("\xc3\xa0\xe2\x82\xac\xf0\x9f\x98\x80")), 3);
    assert_int_equal(utf8_length(STR("\xff\xffz")), 3);
    assert_int_equal(utf8_length((struct str){NULL, 0}), 0);
}

static void a_cut_never_splits_a_character(void **state)
{
    (void)state;
    struct str s = STR("a\xc3\xa0\xe2\x82\xac\xf0\x9f\x98\x80z");
    static const size_t expected[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};
    for (size_t max = 0; max < ARRAY_LEN(expected); max++) {
        struct str cut = utf8_cut(s, max);
        assert_int_equal(cut.n, expected[max]);
        assert_true(utf8_valid(cut));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_point_is_read_and_no_surrogate),
        cmocka_unit_test(what_is_not_utf8_is_refused_byte_by_byte),
        cmocka_unit_test(every_pair_of_bytes_is_judged_without_reading_on),
        cmocka_unit_test(length_counts_characters),
        cmocka_unit_test(a_cut_never_splits_a_character),
    };
    return cmocka_run_group_tests_name("base/utf8", tests, NULL, NULL);
}
