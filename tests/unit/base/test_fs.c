#include "base/fs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static struct arena *a;

static int begin(void **state)
{
    (void)state;
    a = arena_new();
    strcpy(folder, "/tmp/telaio-fs-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    unlink(arena_printf(a, "%s/file", folder));
    unlink(arena_printf(a, "%s/file.new", folder));
    rmdir(arena_printf(a, "%s/x/y/z", folder));
    rmdir(arena_printf(a, "%s/x/y", folder));
    rmdir(arena_printf(a, "%s/x", folder));
    a = arena_free(a);
    return rmdir(folder);
}

static const char *in(const char *name)
{
    return arena_printf(a, "%s/%s", folder, name);
}

static void a_file_comes_back_as_it_was_written(void **state)
{
    (void)state;
    struct str text;
    assert_int_equal(fs_replace_file(in("file"), STR("a\0b\n"), NULL), ERR_OK);
    assert_int_equal(fs_read_file(a, in("file"), 100, &text, NULL), ERR_OK);
    assert_true(str_eq(text, STR("a\0b\n")));
    assert_int_equal(text.p[text.n], 0);
    assert_int_equal(fs_replace_file(in("file"), STR(""), NULL), ERR_OK);
    assert_int_equal(fs_read_file(a, in("file"), 0, &text, NULL), ERR_OK);
    assert_int_equal(text.n, 0);
}

static void a_file_is_read_up_to_its_limit(void **state)
{
    (void)state;
    struct str text;
    assert_int_equal(fs_replace_file(in("file"), STR("12345"), NULL), ERR_OK);
    assert_int_equal(fs_read_file(a, in("file"), 5, &text, NULL), ERR_OK);
    assert_int_equal(fs_read_file(a, in("file"), 4, &text, NULL), ERR_TOO_LARGE);
}

static void what_is_not_there_or_no_file_is_told_apart(void **state)
{
    (void)state;
    struct str text;
    struct error err = ERROR_INIT;
    assert_int_equal(fs_read_file(a, in("none"), 5, &text, &err), ERR_NOT_FOUND);
    assert_non_null(strstr(err.message, "none"));
    error_release(&err);
    assert_int_equal(fs_read_file(a, folder, 1 << 20, &text, NULL), ERR_IO);
    assert_int_equal(fs_replace_file(in("none/file"), STR("x"), NULL), ERR_NOT_FOUND);
}

static void a_replaced_file_is_its_owners_alone_and_leaves_nothing_beside(void **state)
{
    (void)state;
    struct stat st;
    assert_int_equal(fs_replace_file(in("file"), STR("x"), NULL), ERR_OK);
    assert_int_equal(stat(in("file"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_not_equal(access(in("file.new"), F_OK), 0);
}

static void a_file_that_cannot_be_replaced_stays_and_leaves_nothing_beside(void **state)
{
    (void)state;
    assert_int_equal(fs_make_folder(in("x/y"), NULL), ERR_OK);
    assert_int_equal(fs_replace_file(in("x"), STR("text"), NULL), ERR_IO);
    assert_int_not_equal(access(in("x.new"), F_OK), 0);
    assert_int_equal(access(in("x/y"), F_OK), 0);
}

static void folders_are_made_with_their_parents(void **state)
{
    (void)state;
    struct stat st;
    assert_int_equal(fs_make_folder(in("x/y/z"), NULL), ERR_OK);
    assert_int_equal(stat(in("x/y/z"), &st), 0);
    assert_true(S_ISDIR(st.st_mode));
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(fs_make_folder(in("x/y/z"), NULL), ERR_OK);
    assert_int_equal(fs_make_folder(in("x//y/"), NULL), ERR_OK);
}

static void a_folder_in_the_place_of_a_file_is_refused(void **state)
{
    (void)state;
    assert_int_equal(fs_replace_file(in("file"), STR("x"), NULL), ERR_OK);
    assert_int_equal(fs_make_folder(in("file"), NULL), ERR_IO);
    assert_int_equal(fs_make_folder(in("file/below"), NULL), ERR_IO);
    assert_int_equal(fs_make_folder("", NULL), ERR_IO);
}

static void names_that_are_too_long_are_errors(void **state)
{
    (void)state;
    char *name = arena_alloc(a, 6000);
    memset(name, 'n', 5999);
    assert_int_equal(fs_make_folder(name, NULL), ERR_IO);
    assert_int_equal(fs_replace_file(name, STR("x"), NULL), ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_comes_back_as_it_was_written, begin, end),
        cmocka_unit_test_setup_teardown(a_file_is_read_up_to_its_limit, begin, end),
        cmocka_unit_test_setup_teardown(what_is_not_there_or_no_file_is_told_apart, begin, end),
        cmocka_unit_test_setup_teardown(
            a_replaced_file_is_its_owners_alone_and_leaves_nothing_beside, begin, end),
        cmocka_unit_test_setup_teardown(
            a_file_that_cannot_be_replaced_stays_and_leaves_nothing_beside, begin, end),
        cmocka_unit_test_setup_teardown(folders_are_made_with_their_parents, begin, end),
        cmocka_unit_test_setup_teardown(a_folder_in_the_place_of_a_file_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(names_that_are_too_long_are_errors, begin, end),
    };
    return cmocka_run_group_tests_name("base/fs", tests, NULL, NULL);
}
