#include "base/regex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/attr.h"

static bool found(struct arena *a, const char *pattern, struct str s)
{
    struct regex *re = NULL;
    bool matches = false;
    assert_int_equal(regex_compile(a, pattern, &re, NULL), ERR_OK);
    assert_int_equal(regex_match(re, s, &matches, NULL), ERR_OK);
    return matches;
}

static void a_pattern_is_found_anywhere(void **state)
{
    (void)state;
    struct arena *a AUTO(arena_freep) = arena_new();
    assert_true(found(a, "b+", STR("abbc")));
    assert_false(found(a, "^b", STR("abbc")));
    assert_true(found(a, "^[^@]+@[^@]+\\.[^@]+$", STR("ada@example.org")));
    assert_false(found(a, "^[^@]+@[^@]+\\.[^@]+$", STR("ada@example")));
    assert_true(found(a, "^$", (struct str){NULL, 0}));
}

static void characters_are_characters_not_bytes(void **state)
{
    (void)state;
    struct arena *a AUTO(arena_freep) = arena_new();
    assert_true(found(a, "^.{3}$", STR("é€😀")));
    assert_true(found(a, "^\\p{L}+$", STR("Żółw")));
}

static void what_is_no_pattern_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"(", "[a", "a{2,1}", "*a", "\\C", "(?<n", "\xff"};
    struct arena *a AUTO(arena_freep) = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct regex *re = NULL;
        struct error err = ERROR_INIT;
        assert_int_equal(regex_compile(a, bad[i], &re, &err), ERR_INVALID);
        assert_non_null(strstr(err.message, "character"));
        assert_null(re);
        error_release(&err);
    }
    char *wide = arena_alloc(a, REGEX_PATTERN_MAX + 2);
    memset(wide, 'a', REGEX_PATTERN_MAX + 1);
    struct regex *re = NULL;
    assert_int_equal(regex_compile(a, wide, &re, NULL), ERR_INVALID);
    wide[REGEX_PATTERN_MAX] = '\0';
    assert_int_equal(regex_compile(a, wide, &re, NULL), ERR_OK);
}

/* B-31: one dialect, with limits */
static void a_pattern_that_would_run_for_ever_is_an_error(void **state)
{
    (void)state;
    struct arena *a AUTO(arena_freep) = arena_new();
    struct regex *re = NULL;
    struct error err = ERROR_INIT;
    bool matches = true;
    assert_int_equal(regex_compile(a, "^(a+)+$", &re, NULL), ERR_OK);
    struct str s = STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!");
    assert_int_equal(regex_match(re, s, &matches, &err), ERR_INVALID);
    error_release(&err);
}

static void broken_utf8_is_an_error(void **state)
{
    (void)state;
    struct arena *a AUTO(arena_freep) = arena_new();
    struct regex *re = NULL;
    bool matches = true;
    assert_int_equal(regex_compile(a, ".", &re, NULL), ERR_OK);
    assert_int_equal(regex_match(re, STR("\xc3"), &matches, NULL), ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pattern_is_found_anywhere),
        cmocka_unit_test(characters_are_characters_not_bytes),
        cmocka_unit_test(what_is_no_pattern_is_refused),
        cmocka_unit_test(a_pattern_that_would_run_for_ever_is_an_error),
        cmocka_unit_test(broken_utf8_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
