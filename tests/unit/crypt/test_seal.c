#include "crypt/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/fs.h"

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/telaio-seal-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    unlink(arena_printf(a, "%s/" SEAL_KEY_FILE, folder));
    return rmdir(folder);
}

static struct seal_key *load(struct arena *a)
{
    struct seal_key *key = NULL;
    assert_int_equal(seal_key_load(a, folder, &key, NULL), ERR_OK);
    return key;
}

static void a_secret_comes_back_under_its_context(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    struct seal_key *key = load(a);
    char *sealed = seal_text(a, key, STR("source:1"), STR("pa\0ss"));
    assert_memory_equal(sealed, "sealed:1:", 9);
    assert_string_not_equal(sealed, seal_text(a, key, STR("source:1"), STR("pa\0ss")));
    struct str plain;
    assert_int_equal(seal_open(a, key, STR("source:1"), str_of(sealed), &plain, NULL), ERR_OK);
    assert_true(str_eq(plain, STR("pa\0ss")));
    assert_int_equal(seal_open(a, key, STR("source:2"), str_of(sealed), &plain, NULL), ERR_CORRUPT);
    char *empty = seal_text(a, key, STR("x"), STR(""));
    assert_int_equal(seal_open(a, key, STR("x"), str_of(empty), &plain, NULL), ERR_OK);
    assert_int_equal(plain.n, 0);
}

static void every_changed_character_is_noticed(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    struct seal_key *key = load(a);
    char *sealed = seal_text(a, key, STR("c"), STR("secret"));
    struct str plain;
    for (size_t i = 0; sealed[i]; i++) {
        char was = sealed[i];
        sealed[i] = was == 'A' ? 'B' : 'A';
        assert_int_equal(seal_open(a, key, STR("c"), str_of(sealed), &plain, NULL), ERR_CORRUPT);
        sealed[i] = was;
    }
    for (size_t n = 0; n < strlen(sealed); n++) {
        struct str cut = {sealed, n};
        assert_int_equal(seal_open(a, key, STR("c"), cut, &plain, NULL), ERR_CORRUPT);
    }
}

static void the_key_file_is_made_once_and_for_its_owner_only(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    struct seal_key *first = load(a);
    struct stat st;
    assert_int_equal(stat(arena_printf(a, "%s/" SEAL_KEY_FILE, folder), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    char *sealed = seal_text(a, first, STR("c"), STR("kept"));
    struct str plain;
    assert_int_equal(seal_open(a, load(a), STR("c"), str_of(sealed), &plain, NULL), ERR_OK);
    assert_true(str_is(plain, "kept"));
}

static void a_key_file_that_others_read_or_that_is_no_key_is_refused(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    const char *path = arena_printf(a, "%s/" SEAL_KEY_FILE, folder);
    struct seal_key *key;
    load(a);
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(seal_key_load(a, folder, &key, NULL), ERR_CORRUPT);
    assert_int_equal(fs_replace_file(path, STR("telaio-key:1:AAAA\n"), NULL), ERR_OK);
    struct error err = ERROR_INIT;
    assert_int_equal(seal_key_load(a, folder, &key, &err), ERR_CORRUPT);
    assert_null(strstr(err.message, "AAAA"));
    error_release(&err);
    assert_int_equal(fs_replace_file(path, STR(""), NULL), ERR_OK);
    assert_int_equal(seal_key_load(a, folder, &key, NULL), ERR_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_secret_comes_back_under_its_context, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(every_changed_character_is_noticed, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(the_key_file_is_made_once_and_for_its_owner_only,
                                        make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_key_file_that_others_read_or_that_is_no_key_is_refused,
                                        make_folder, remove_folder),
    };
    return cmocka_run_group_tests_name("crypt/seal", tests, NULL, NULL);
}
