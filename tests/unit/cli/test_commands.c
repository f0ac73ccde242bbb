#include "cli/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/help.h"

static void every_row_is_complete_and_every_name_there_once(void **state)
{
    (void)state;
    assert_true(commands_n() > 20);
    for (size_t i = 0; i < commands_n(); i++) {
        const struct command *c = commands_at(i);
        assert_non_null(c->operands);
        assert_non_null(c->run);
        assert_true(c->summary && strlen(c->summary) > 5);
        assert_true(c->summary[strlen(c->summary) - 1] != '.');
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(c->name, commands_at(k)->name);
        }
    }
    assert_null(commands_at(commands_n()));
}

static const struct option_row *find(const struct option_row *const *tables, const char *name)
{
    for (; *tables; tables++) {
        for (const struct option_row *o = *tables; o->name; o++) {
            if (strcmp(o->name, name) == 0) {
                return o;
            }
        }
    }
    return NULL;
}

/* The first reading knows no command yet, so one name must mean the same kind everywhere. */
static void an_option_takes_a_value_in_every_command_or_in_none(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    const struct option_row *const *all = commands_tables(a, NULL);
    for (size_t i = 0; i < commands_n(); i++) {
        for (const struct option_row *const *t = commands_tables(a, commands_at(i)); *t; t++) {
            for (const struct option_row *o = *t; o->name; o++) {
                const struct option_row *other = find(all, o->name);
                assert_non_null(other);
                assert_int_equal(!o->argument, !other->argument);
                assert_int_equal(o->is_repeated, other->is_repeated);
                assert_true(o->help && o->help[0]);
            }
        }
    }
}

static void no_command_has_an_option_twice(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    for (size_t i = 0; i < commands_n(); i++) {
        const struct option_row *const *tables = commands_tables(a, commands_at(i));
        for (const struct option_row *const *t = tables; *t; t++) {
            for (const struct option_row *o = *t; o->name; o++) {
                assert_ptr_equal(find(tables, o->name), o);
            }
        }
    }
}

static void serve_takes_every_setting(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    size_t n_used = 0;
    const struct command *serve = commands_find((const char *[]){"serve"}, 1, &n_used);
    const struct option_row *const *tables = commands_tables(a, serve);
    for (size_t i = 0; i < SETTING_N; i++) {
        assert_non_null(find(tables, settings_rows()[i].name));
    }
    const struct command *list = commands_find((const char *[]){"user", "list"}, 2, &n_used);
    assert_null(find(commands_tables(a, list), "workers"));
}

static void commands_are_found_by_their_first_words(void **state)
{
    (void)state;
    size_t n_used = 0;
    const struct command *c = commands_find((const char *[]){"user", "add", "x"}, 3, &n_used);
    assert_string_equal(c->name, "user add");
    assert_int_equal(n_used, 2);
    c = commands_find((const char *[]){"export", "add"}, 2, &n_used);
    assert_string_equal(c->name, "export");
    assert_int_equal(n_used, 1);
    assert_null(commands_find((const char *[]){"user"}, 1, &n_used));
    assert_null(commands_find((const char *[]){"user", "ad"}, 2, &n_used));
    assert_null(commands_find((const char *[]){"use"}, 1, &n_used));
    assert_null(commands_find(NULL, 0, &n_used));
    assert_true(commands_is_noun("user"));
    assert_false(commands_is_noun("serve"));
    assert_false(commands_is_noun("us"));
}

static void the_number_of_operands_is_read_from_their_words(void **state)
{
    (void)state;
    static const struct {
        const char *operands;
        int least, most;
    } cases[] = {
        {"", 0, 0},          {"SLUG", 1, 1},     {"TABLE FILE", 2, 2}, {"[WORD]", 0, 1},
        {"A [B] [C]", 1, 3}, {"FILE...", 1, -1}, {"A [B]...", 1, -1},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct command c = {.operands = cases[i].operands};
        int least = -2, most = -2;
        commands_operand_range(&c, &least, &most);
        assert_int_equal(least, cases[i].least);
        assert_int_equal(most, cases[i].most);
    }
}

static void every_command_is_in_the_help_the_manual_and_the_completions(void **state)
{
    (void)state;
    static const char *const shells[] = {"bash", "zsh", "fish"};
    AUTO(arena_freep) struct arena *a = arena_new();
    for (size_t k = 0; k < ARRAY_LEN(shells) + 2; k++) {
        struct buf out;
        buf_init(&out, BUF_MAX_DEFAULT);
        if (k < ARRAY_LEN(shells)) {
            assert_true(completion_write(a, shells[k], &out));
        } else if (k == ARRAY_LEN(shells)) {
            help_man(&out);
        } else {
            help_overview(&out);
        }
        assert_false(buf_failed(&out));
        for (size_t i = 0; i < commands_n(); i++) {
            const char *last = strrchr(commands_at(i)->name, ' ');
            assert_non_null(strstr(buf_text(&out), last ? last + 1 : commands_at(i)->name));
        }
        buf_release(&out);
    }
    struct buf none;
    buf_init(&none, 1024);
    assert_false(completion_write(a, "csh", &none));
    buf_release(&none);
}

static void the_help_of_a_command_names_each_option(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    for (size_t i = 0; i < commands_n(); i++) {
        struct buf out;
        buf_init(&out, BUF_MAX_DEFAULT);
        help_command(a, commands_at(i), &out);
        for (const struct option_row *const *t = commands_tables(a, commands_at(i)); *t; t++) {
            for (const struct option_row *o = *t; o->name; o++) {
                assert_non_null(strstr(buf_text(&out), arena_printf(a, "--%s", o->name)));
            }
        }
        buf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_complete_and_every_name_there_once),
        cmocka_unit_test(an_option_takes_a_value_in_every_command_or_in_none),
        cmocka_unit_test(no_command_has_an_option_twice),
        cmocka_unit_test(serve_takes_every_setting),
        cmocka_unit_test(commands_are_found_by_their_first_words),
        cmocka_unit_test(the_number_of_operands_is_read_from_their_words),
        cmocka_unit_test(every_command_is_in_the_help_the_manual_and_the_completions),
        cmocka_unit_test(the_help_of_a_command_names_each_option),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
