#include "base/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"

static char top[64];
static struct arena *a;

static int begin(void **state)
{
    (void)state;
    a = arena_new();
    strcpy(top, "/tmp/telaio-folder-XXXXXX");
    return mkdtemp(top) ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    enum errcode code = folder_remove(top, NULL);
    a = arena_free(a);
    return code == ERR_OK && access(top, F_OK) != 0 ? 0 : -1;
}

static const char *in(const char *name)
{
    return arena_printf(a, "%s/%s", top, name);
}

static void put(const char *name, const char *text)
{
    assert_int_equal(fs_replace_file(in(name), str_of(text), NULL), ERR_OK);
}

static void a_list_has_all_below_in_order(void **state)
{
    (void)state;
    struct folder_entry *entries = NULL;
    size_t n = 0;
    assert_int_equal(fs_make_folder(in("b/c"), NULL), ERR_OK);
    put("z", "zz");
    put("b/c/d", "");
    assert_int_equal(symlink("/etc", in("link")), 0);
    assert_int_equal(chmod(in("z"), 0640), 0);
    assert_int_equal(folder_list(a, top, &entries, &n, NULL), ERR_OK);
    assert_int_equal(n, 5);
    static const char *const paths[] = {"b", "b/c", "b/c/d", "link", "z"};
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(entries[i].path, paths[i]);
        assert_int_equal(entries[i].is_folder, i < 2);
        assert_int_equal(entries[i].is_file, i == 2 || i == 4);
        assert_int_equal(entries[i].owner, geteuid());
    }
    assert_int_equal(entries[4].mode, 0640);
    assert_int_equal(entries[4].n_bytes, 2);
    assert_int_equal(entries[0].mode, 0700);
}

static void what_is_not_there_is_told(void **state)
{
    (void)state;
    struct folder_entry *entries = NULL, entry;
    size_t n = 0;
    struct file_sum sum;
    put("file", "x");
    assert_int_equal(folder_list(a, in("no"), &entries, &n, NULL), ERR_NOT_FOUND);
    assert_int_equal(folder_look(in("no"), &entry, NULL), ERR_NOT_FOUND);
    assert_int_equal(folder_look(in("file"), &entry, NULL), ERR_NOT_FOUND);
    assert_int_equal(file_sum(in("no"), &sum, NULL), ERR_NOT_FOUND);
    assert_int_equal(file_copy(in("no"), in("other"), &sum, NULL), ERR_NOT_FOUND);
    assert_int_equal(folder_remove(in("no"), NULL), ERR_OK);
}

static void free_is_what_is_not_there_or_empty(void **state)
{
    (void)state;
    assert_true(folder_is_free(in("new")));
    assert_int_equal(fs_make_folder(in("empty"), NULL), ERR_OK);
    assert_true(folder_is_free(in("empty")));
    put("empty/file", "x");
    assert_false(folder_is_free(in("empty")));
    assert_false(folder_is_free(in("empty/file")));
}

static void a_folder_holds_itself_and_what_is_below(void **state)
{
    (void)state;
    assert_int_equal(fs_make_folder(in("x/y"), NULL), ERR_OK);
    assert_int_equal(fs_make_folder(in("xx"), NULL), ERR_OK);
    assert_true(folder_holds(in("x"), in("x")));
    assert_true(folder_holds(in("x"), in("x/y/../y")));
    assert_true(folder_holds("/", in("x")));
    assert_false(folder_holds(in("x"), in("xx")));
    assert_false(folder_holds(in("x"), top));
    assert_false(folder_holds(in("x"), in("none")));
}

static void renaming_takes_the_place_of_an_empty_folder_only(void **state)
{
    (void)state;
    struct str text;
    assert_int_equal(fs_make_folder(in("from"), NULL), ERR_OK);
    put("from/file", "x");
    assert_int_equal(fs_make_folder(in("to/full"), NULL), ERR_OK);
    assert_int_equal(folder_rename(in("from"), in("to"), NULL), ERR_CONFLICT);
    assert_int_equal(folder_rename(in("from"), in("to/full"), NULL), ERR_OK);
    assert_int_equal(fs_read_file(a, in("to/full/file"), 10, &text, NULL), ERR_OK);
    assert_true(str_is(text, "x"));
}

static void a_copy_is_private_new_and_summed(void **state)
{
    (void)state;
    struct file_sum copied, read;
    struct stat st;
    char *large = arena_alloc(a, 200001);
    memset(large, 'q', 200000);
    put("from", large);
    assert_int_equal(chmod(in("from"), 0644), 0);
    assert_int_equal(file_copy(in("from"), in("to"), &copied, NULL), ERR_OK);
    assert_int_equal(file_sum(in("to"), &read, NULL), ERR_OK);
    assert_int_equal(read.n_bytes, 200000);
    assert_string_equal(read.sha256, copied.sha256);
    assert_string_equal(read.sha256, sha256_hex(a, str_of(large)));
    assert_int_equal(stat(in("to"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(file_copy(in("from"), in("to"), NULL, NULL), ERR_CONFLICT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_list_has_all_below_in_order, begin, end),
        cmocka_unit_test_setup_teardown(what_is_not_there_is_told, begin, end),
        cmocka_unit_test_setup_teardown(free_is_what_is_not_there_or_empty, begin, end),
        cmocka_unit_test_setup_teardown(a_folder_holds_itself_and_what_is_below, begin, end),
        cmocka_unit_test_setup_teardown(renaming_takes_the_place_of_an_empty_folder_only, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_copy_is_private_new_and_summed, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
