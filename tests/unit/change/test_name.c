#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/attr.h"
#include "change/change.h"

/*
 * new names are made of letters that never need quotes; nothing is trimmed
 * away
 */
static void names_are_letters_digits_and_underscores(void **state)
{
    (void)state;
    static const char *const good[] = {
        "a",  "A",      "_a",
        "a1", "select", "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffff", /* 58 */
    };
    static const char *const bad[] = {
        "",           "1a",
        "a b",        "a-b",
        "a.b",        "a\"b",
        "a'b",        "é",
        "a;",         "__telaio_x",
        "__TELAIO_x", "sqlite_x",
        "SQLITE_X",   "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeefffffffff",
    };
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        assert_int_equal(name_check("column", good[i], NULL), ERR_OK);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_int_equal(name_check("column", bad[i], NULL), ERR_INVALID);
    }
    assert_int_equal(name_check("column", NULL, NULL), ERR_INVALID);
}

/* A-18, B-09, B-10: counted in bytes, told apart by a hash */
static void generated_names_have_at_most_63_bytes(void **state)
{
    (void)state;
    struct arena *a AUTO(arena_freep) = arena_new();
    const char *columns[] = {"first", "second"};
    assert_string_equal(name_generate(a, "idx", "t", columns, 2), "idx_t_first_second");
    const char *wide = "a_table_name_that_is_exactly_forty_bytes";
    const char *one[] = {"a_column_name_of_some_length_x"};
    const char *other[] = {"a_column_name_of_some_length_y"};
    char *x = name_generate(a, "idx", wide, one, 1);
    char *y = name_generate(a, "idx", wide, other, 1);
    assert_int_equal(strlen(x), 63);
    assert_string_not_equal(x, y);
    assert_string_equal(x, name_generate(a, "idx", wide, one, 1));
}

static void generated_names_are_cut_at_characters(void **state)
{
    (void)state;
    struct arena *a AUTO(arena_freep) = arena_new();
    const char *columns[] = {"éééééééééééééééééééééééééééééééééééééééé"};
    char *name = name_generate(a, "uq", "t", columns, 1);
    assert_true(strlen(name) <= 63);
    assert_non_null(strrchr(name, '_'));
    /* "uq_t_" is 5 bytes, so 54 would cut the 25th é in two */
    assert_int_equal(strlen(name), 53 + 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_letters_digits_and_underscores),
        cmocka_unit_test(generated_names_have_at_most_63_bytes),
        cmocka_unit_test(generated_names_are_cut_at_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
