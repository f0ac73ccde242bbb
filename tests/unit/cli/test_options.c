#include "cli/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct option_row own[] = {
    {"name", "TEXT", "a value", false},
    {"allow", "PATTERN", "more than one", true},
    {"dry-run", NULL, "a flag", false},
    {0},
};
static const struct option_row global[] = {
    {"data", "DIR", "a value of every command", false},
    {0},
};
static const struct option_row *const tables[] = {own, global, NULL};

#define PARSE(a, o, err, ...)                                           \
    options_parse((a), (int)ARRAY_LEN(((const char *[]){__VA_ARGS__})), \
                  (char **)(uintptr_t)(const char *[]){__VA_ARGS__}, tables, (o), (err))

static void options_stand_before_between_and_after_operands(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    struct options o;
    assert_int_equal(PARSE(a, &o, NULL, "--data", "d", "import", "--dry-run", "t", "f", "--name=n"),
                     ERR_OK);
    assert_int_equal(o.n_operands, 3);
    assert_string_equal(o.operands[0], "import");
    assert_string_equal(o.operands[2], "f");
    assert_string_equal(options_text(&o, "data"), "d");
    assert_string_equal(options_text(&o, "name"), "n");
    assert_true(options_flag(&o, "dry-run"));
    assert_false(options_flag(&o, "allow"));
    assert_null(options_text(&o, "allow"));
}

static void two_dashes_end_the_options(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    struct options o;
    assert_int_equal(PARSE(a, &o, NULL, "export", "--", "--name", "--"), ERR_OK);
    assert_int_equal(o.n_operands, 3);
    assert_string_equal(o.operands[1], "--name");
    assert_string_equal(o.operands[2], "--");
}

static void one_dash_alone_is_an_operand_and_with_letters_is_nothing(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    struct options o;
    struct error err = ERROR_INIT;
    assert_int_equal(PARSE(a, &o, NULL, "import", "t", "-"), ERR_OK);
    assert_string_equal(o.operands[2], "-");
    assert_int_equal(PARSE(a, &o, &err, "import", "-x"), ERR_USAGE);
    assert_non_null(strstr(err.message, "\"-x\""));
    error_release(&err);
}

static void a_value_may_look_like_an_option_or_be_empty(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    struct options o;
    assert_int_equal(PARSE(a, &o, NULL, "--name", "--data", "--data="), ERR_OK);
    assert_string_equal(options_text(&o, "name"), "--data");
    assert_string_equal(options_text(&o, "data"), "");
    assert_int_equal(PARSE(a, &o, NULL, "--name=a=b"), ERR_OK);
    assert_string_equal(options_text(&o, "name"), "a=b");
}

static void repeated_options_keep_their_order(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    struct options o;
    assert_int_equal(PARSE(a, &o, NULL, "--allow", "x", "--allow=y", "--allow", "z"), ERR_OK);
    assert_string_equal(options_nth(&o, "allow", 0), "x");
    assert_string_equal(options_nth(&o, "allow", 2), "z");
    assert_null(options_nth(&o, "allow", 3));
    assert_string_equal(options_text(&o, "allow"), "z");
}

static void what_cannot_be_understood_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *words[3];
        int n;
        const char *said;
    } cases[] = {
        {{"--nope"}, 1, "\"--nope\""},
        {{"--nope=1"}, 1, "\"--nope\""},
        {{"--dry-run=1"}, 1, "--dry-run takes no value"},
        {{"--name"}, 1, "--name needs a value (TEXT)"},
        {{"--name=a", "--name=b"}, 2, "--name is given twice"},
        {{"--dry-run", "--dry-run"}, 2, "--dry-run is given twice"},
        {{"--=x"}, 1, "unknown option"},
    };
    AUTO(arena_freep) struct arena *a = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct options o;
        struct error err = ERROR_INIT;
        char **words = (char **)(uintptr_t)cases[i].words;
        assert_int_equal(options_parse(a, cases[i].n, words, tables, &o, &err), ERR_USAGE);
        assert_non_null(strstr(err.message, cases[i].said));
        error_release(&err);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_stand_before_between_and_after_operands),
        cmocka_unit_test(two_dashes_end_the_options),
        cmocka_unit_test(one_dash_alone_is_an_operand_and_with_letters_is_nothing),
        cmocka_unit_test(a_value_may_look_like_an_option_or_be_empty),
        cmocka_unit_test(repeated_options_keep_their_order),
        cmocka_unit_test(what_cannot_be_understood_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
