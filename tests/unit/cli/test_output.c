#include "cli/output.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char *const keys[] = {"id", "name", "active", "createdAt", "size", "allow", NULL};

static const char *printed(struct arena *a, const struct grid *g, bool json, bool one)
{
    struct buf out;
    buf_init(&out, BUF_MAX_DEFAULT);
    if (one) {
        grid_print_one(g, json, &out);
    } else {
        grid_print(g, json, &out);
    }
    const char *text = arena_strdup(a, buf_text(&out));
    buf_release(&out);
    return text;
}

static void add_two(struct grid *g)
{
    grid_row(g, (struct cell[]){cell_int(7), cell_text("Ada \"L\""), cell_bool(true),
                                cell_time(1000000), cell_bytes(2048), cell_json("[\"a\"]")});
    grid_row(g, (struct cell[]){cell_int(12), cell_text(NULL), cell_bool(false), cell_time(0),
                                cell_bytes(5), cell_json(NULL)});
}

static void programs_get_json_with_types(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    struct grid g;
    grid_init(&g, a, keys);
    assert_string_equal(printed(a, &g, true, false), "[]\n");
    add_two(&g);
    assert_string_equal(
        printed(a, &g, true, false),
        "[{\"id\":7,\"name\":\"Ada \\\"L\\\"\",\"active\":true,\"createdAt\":\"1970-01-01T00:00:01Z\","
        "\"size\":2048,\"allow\":[\"a\"]},{\"id\":12,\"name\":null,\"active\":false,"
        "\"createdAt\":null,\"size\":5,\"allow\":null}]\n");
}

static void people_get_a_table_with_aligned_columns(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    struct grid g;
    grid_init(&g, a, keys);
    add_two(&g);
    assert_string_equal(printed(a, &g, false, false),
                        "id  name     active  created at            size     allow\n"
                        "7   Ada \"L\"  yes     1970-01-01T00:00:01Z  2.0 KiB  [\"a\"]\n"
                        "12  -        no      -                     5 B      -\n");
}

static void letters_of_more_bytes_take_one_column(void **state)
{
    (void)state;
    static const char *const two[] = {"a", "b", NULL};
    AUTO(arena_freep) struct arena *a = arena_new();
    struct grid g;
    grid_init(&g, a, two);
    grid_row(&g, (struct cell[]){cell_text("\xc3\xa9t\xc3\xa9"), cell_text("x")});
    assert_string_equal(printed(a, &g, false, false), "a    b\n\xc3\xa9t\xc3\xa9  x\n");
}

static void one_record_is_lines_or_an_object(void **state)
{
    (void)state;
    static const char *const two[] = {"id", "lastLoginAt", NULL};
    AUTO(arena_freep) struct arena *a = arena_new();
    struct grid g;
    grid_init(&g, a, two);
    grid_row(&g, (struct cell[]){cell_int(1), cell_time(0)});
    assert_string_equal(printed(a, &g, false, true), "id             1\nlast login at  -\n");
    assert_string_equal(printed(a, &g, true, true), "{\"id\":1,\"lastLoginAt\":null}\n");
}

static void what_somebody_stored_does_not_steer_the_terminal(void **state)
{
    (void)state;
    static const char *const one[] = {"name", NULL};
    AUTO(arena_freep) struct arena *a = arena_new();
    struct grid g;
    grid_init(&g, a, one);
    grid_row(&g, (struct cell[]){cell_text("a\033[31mb\nc\x7f"
                                           "d\xc2\x9b"
                                           "e\xc3\xa9")});
    assert_string_equal(printed(a, &g, false, false), "name\na [31mb c d  e\xc3\xa9\n");
}

static void sizes_are_told_in_fitting_units(void **state)
{
    (void)state;
    static const char *const one[] = {"size", NULL};
    static const struct {
        int64_t n;
        const char *text;
    } cases[] = {
        {0, "size\n0 B\n"},
        {1023, "size\n1023 B\n"},
        {1536, "size\n1.5 KiB\n"},
        {(int64_t)3 << 30, "size\n3.0 GiB\n"},
    };
    AUTO(arena_freep) struct arena *a = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct grid g;
        grid_init(&g, a, one);
        grid_row(&g, (struct cell[]){cell_bytes(cases[i].n)});
        assert_string_equal(printed(a, &g, false, false), cases[i].text);
    }
}

static void a_closed_reader_is_an_error(void **state)
{
    (void)state;
    int ends[2];
    struct error err = ERROR_INIT;
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    assert_int_equal(output_write(ends[1], "x", 1, &err), ERR_IO);
    assert_non_null(err.message);
    close(ends[1]);
    error_release(&err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(programs_get_json_with_types),
        cmocka_unit_test(people_get_a_table_with_aligned_columns),
        cmocka_unit_test(letters_of_more_bytes_take_one_column),
        cmocka_unit_test(one_record_is_lines_or_an_object),
        cmocka_unit_test(what_somebody_stored_does_not_steer_the_terminal),
        cmocka_unit_test(sizes_are_told_in_fitting_units),
        cmocka_unit_test(a_closed_reader_is_an_error),
    };
    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
