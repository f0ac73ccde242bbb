/* LIKE as a regular expression, asked with PCRE2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/attr.h"
#include "base/regex.h"
#include "engine/mongodb/filter.h"

static bool matches(struct arena *a, const char *pattern, struct str text)
{
    struct error err = ERROR_INIT;
    struct regex *re = NULL;
    bool found = false;
    /* the driver gives the option "s" */
    if (regex_compile(a, arena_printf(a, "(?s)%s", pattern), &re, &err) != ERR_OK ||
        regex_match(re, text, &found, &err) != ERR_OK) {
        fail_msg("%s: %s", pattern, err.message);
    }
    return found;
}

static void test_like(void **state)
{
    static const struct {
        const char *like, *text;
        bool exact, folded;
    } rows[] = {
        {"abc", "abc", true, true},
        {"abc", "ABC", false, true},
        {"abc", "abcd", false, false},
        {"abc", "abc\n", false, false},
        {"a%", "a", true, true},
        {"a%", "a\nb", true, true},
        {"%", "", true, true},
        {"%c", "abc", true, true},
        {"%c", "abcd", false, false},
        {"a_c", "a\u00e9c", true, true},
        {"a_c", "ac", false, false},
        {"_", "\n", true, true},
        {"a\\%", "a%", true, true},
        {"a\\%", "ab", false, false},
        {"a\\_c", "a_c", true, true},
        {"a\\_c", "abc", false, false},
        {"a\\\\", "a\\", true, true},
        {"a\\", "a\\", true, true},
        {"\\a", "a", true, true},
        {".*", "xx", false, false},
        {".*", ".*", true, true},
        {"[a]{2}(b|c)^$", "[a]{2}(b|c)^$", true, true},
        {"\u00e9t\u00e9", "\u00c9T\u00c9", false, true},
        {"\u0439", "\u0419", false, true},
        {"\u03c3", "\u03a3", false, true},
        {"stra\u00dfe", "STRASSE", false, false},
        {"", "", true, true},
        {"", "x", false, false},
        {"tab\there", "tab\there", true, true},
    };
    (void)state;
    struct arena *a = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str like = str_of(rows[i].like);
        bool exact = matches(a, mongo_like_pattern(a, like, false), str_of(rows[i].text));
        bool folded = matches(a, mongo_like_pattern(a, like, true), str_of(rows[i].text));
        if (exact != rows[i].exact || folded != rows[i].folded) {
            fail_msg("\"%s\" like \"%s\": %d %d (%s)", rows[i].text, rows[i].like, exact, folded,
                     mongo_like_pattern(a, like, true));
        }
    }
    arena_free(a);
}

/* A pattern is a C string to libbson: what would end it is written as its number. */
static void test_nul(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    const char *pattern = mongo_like_pattern(a, (struct str){"a\0b", 3}, false);
    assert_true(matches(a, pattern, (struct str){"a\0b", 3}));
    assert_false(matches(a, pattern, STR("a")));
    arena_free(a);
}

static void test_words(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    const char *pattern = mongo_word_pattern(a, STR("a.b%"));
    assert_true(matches(a, pattern, STR("xx A.B% yy")));
    assert_false(matches(a, pattern, STR("a-b%")));
    assert_true(matches(a, mongo_word_pattern(a, STR("")), STR("")));
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_like),
        cmocka_unit_test(test_nul),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
