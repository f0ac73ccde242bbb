#include "authz/pattern.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"

/* A-21, C-30, C-32: one grammar of patterns; its shape says what it is */
static void a_pattern_has_one_of_four_shapes(void **state)
{
    (void)state;
    static const char *const good[] = {"*.*",    "tables.*",    "authz.templates.*",
                                       "*.read", "tables.read", "a.b",
                                       "0.1",    "a-b.c_d",     "authz.templates.manage"};
    static const char *const bad[] = {"",
                                      "*",
                                      "*.*.*",
                                      "a.*.b",
                                      "ord*",
                                      "tables.r*",
                                      "tables",
                                      "tables.",
                                      ".read",
                                      "tables..read",
                                      "Tables.read",
                                      "tables.Read",
                                      "a.b,c.d",
                                      " tables.read",
                                      "tables.read ",
                                      "tables.read\n",
                                      "*.a.b",
                                      "*.",
                                      ".*",
                                      "_a.b",
                                      "-a.b",
                                      "a.b@c",
                                      "tables/read",
                                      "t\xc3\xa0.read",
                                      "*.*.read",
                                      "tables.**",
                                      "**.read"};
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        assert_true(pattern_valid(str_of(good[i])));
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (pattern_valid(str_of(bad[i]))) {
            fail_msg("\"%s\" passes", bad[i]);
        }
    }
    assert_false(pattern_valid((struct str){NULL, 0}));
}

static void segments_and_slugs_have_a_greatest_length(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    char *segment = arena_alloc(a, 65);
    memset(segment, 'a', 63);
    assert_true(slug_valid(str_of(arena_printf(a, "%s.b", segment))));
    assert_false(slug_valid(str_of(arena_printf(a, "%sa.b", segment))));
    const char *four = arena_printf(a, "%s.%s.%s.%s", segment, segment, segment, segment);
    assert_int_equal(strlen(four), 255);
    assert_true(slug_valid(str_of(four)));
    assert_false(slug_valid(str_of(arena_printf(a, "%s.b", four))));
    assert_false(pattern_valid(str_of(arena_printf(a, "%s.*", four))));
}

static void a_pattern_matches_whole_segments(void **state)
{
    (void)state;
    assert_true(pattern_matches(STR("tables.*"), ACTION_TABLES_READ));
    assert_true(pattern_matches(STR("tables.read"), ACTION_TABLES_READ));
    assert_true(pattern_matches(STR("*.read"), ACTION_TABLES_READ));
    assert_true(pattern_matches(STR("*.*"), ACTION_TABLES_READ));
    assert_false(pattern_matches(STR("table.*"), ACTION_TABLES_READ));
    assert_false(pattern_matches(STR("tables.rea"), ACTION_TABLES_READ));
    assert_false(pattern_matches(STR("*.ead"), ACTION_TABLES_READ));
    assert_false(pattern_matches(STR("tables.read.*"), ACTION_TABLES_READ));
    assert_false(pattern_matches(STR("tables"), ACTION_TABLES_READ));
    assert_false(pattern_matches(STR("data.*"), ACTION_DATASOURCES_READ));
}

static void no_wildcard_matches_what_is_reserved(void **state)
{
    (void)state;
    assert_false(pattern_matches(STR("*.*"), ACTION_QUERY_RAW));
    assert_false(pattern_matches(STR("query.*"), ACTION_QUERY_RAW));
    assert_false(pattern_matches(STR("*.raw"), ACTION_QUERY_RAW));
    assert_true(pattern_matches(STR("query.raw"), ACTION_QUERY_RAW));
    assert_false(pattern_matches(STR("authz.*"), ACTION_AUTHZ_ESCALATE));
}

static void nothing_matches_what_is_no_permission(void **state)
{
    (void)state;
    assert_false(pattern_matches(STR("*.*"), ACTION_NONE));
    assert_false(pattern_matches(STR("*.*"), ACTION_PUBLIC));
    assert_false(pattern_matches(STR("public"), ACTION_PUBLIC));
    assert_false(pattern_matches(STR(""), ACTION_NONE));
    assert_false(pattern_matches(STR("*.*"), ACTION_N));
}

static void an_entry_of_a_token_is_checked_when_it_is_made(void **state)
{
    (void)state;
    static const char *const good[] = {"*.*",
                                       "data.*",
                                       "data.read@table:contacts",
                                       "*.read@tenant:acme",
                                       "tables.*@source:main",
                                       "data.read@table:with@sign",
                                       "query.raw"};
    static const char *const bad[] = {
        "",          "@",         "data.*@",   "data.*@table:", "data.*@planet:x", "data.*@tables",
        "@tenant:a", "nothing.*", "data.reed", "*.raw",         "data.*@ table:x"};
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        assert_int_equal(allow_check(str_of(good[i]), NULL), ERR_OK);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct error err = ERROR_INIT;
        assert_int_equal(allow_check(str_of(bad[i]), &err), ERR_INVALID);
        assert_non_null(err.message);
        error_release(&err);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pattern_has_one_of_four_shapes),
        cmocka_unit_test(segments_and_slugs_have_a_greatest_length),
        cmocka_unit_test(a_pattern_matches_whole_segments),
        cmocka_unit_test(no_wildcard_matches_what_is_reserved),
        cmocka_unit_test(nothing_matches_what_is_no_permission),
        cmocka_unit_test(an_entry_of_a_token_is_checked_when_it_is_made),
    };
    return cmocka_run_group_tests_name("authz/pattern", tests, NULL, NULL);
}
