#include "../migrate/fixture.h"

#include <string.h>

#include "app/names.h"

static int setup(void **state)
{
    *state = arena_new();
    return 0;
}

static int teardown(void **state)
{
    arena_free(*state);
    return 0;
}

static void any_text_gives_a_slug(void **state)
{
    static const struct {
        const char *text, *slug;
    } cases[] = {
        {"Contacts", "contacts"},
        {"Order lines", "order_lines"},
        {"  A  --  b ", "a_b"},
        {"Café", "cafe"},
        {"Cafe\xcc\x81", "cafe"}, /* decomposed */
        {"Straße Æther", "strasse_aether"},
        {"Łódź", "lodz"},
        {"Ελλάδα", "ellada"},
        {"Журнал", "zhurnal"},
        {"联系人", "table"},
        {"!!!", "table"},
        {"", "table"},
        {"Ann's things", "anns_things"},
        {"2024 sales", "2024_sales"},
        {"___", "table"},
        {"a\x80\xff z", "a_z"},
        {"DROP TABLE \"x\"; --", "drop_table_x"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_string_equal(name_slug(*state, cases[i].text), cases[i].slug);
    }
}

static void a_long_name_is_cut_and_ends_in_a_letter(void **state)
{
    char text[600];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    assert_int_equal(strlen(name_slug(*state, text)), 44);
    memset(text, '-', sizeof text - 1);
    text[0] = 'a';
    assert_string_equal(name_slug(*state, text), "a");
    for (size_t n = 40; n < 50; n++) {
        memset(text, 'x', sizeof text - 1);
        text[n] = ' ';
        const char *slug = name_slug(*state, text);
        assert_true(slug[strlen(slug) - 1] == 'x');
    }
}

static bool is_taken(const char *name, void *arg)
{
    int *n = arg;
    (void)name;
    return (*n)-- > 0;
}

static void what_is_taken_gets_a_number(void **state)
{
    int n = 0;
    assert_string_equal(name_for_table(*state, "A b", is_taken, &n), "custom_a_b");
    n = 3;
    assert_string_equal(name_for_table(*state, "A-b", is_taken, &n), "custom_a_b_4");
}

static void a_chosen_name_has_the_prefix_once(void **state)
{
    assert_string_equal(name_managed(*state, "people"), "custom_people");
    assert_string_equal(name_managed(*state, "custom_People"), "custom_people");
    assert_string_equal(name_managed(*state, "custom_custom_a"), "custom_custom_a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(any_text_gives_a_slug, setup, teardown),
        cmocka_unit_test_setup_teardown(a_long_name_is_cut_and_ends_in_a_letter, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_taken_gets_a_number, setup, teardown),
        cmocka_unit_test_setup_teardown(a_chosen_name_has_the_prefix_once, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
