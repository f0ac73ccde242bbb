#include "crypt/password.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"

static const struct password_cost cheap = {.memory_kib = 64, .ops = 1};

static void a_password_belongs_to_its_hash_only(void **state)
{
    (void)state;
    char hash[PASSWORD_HASH_MAX], again[PASSWORD_HASH_MAX];
    assert_int_equal(password_hash(STR("correct horse"), cheap, hash, NULL), ERR_OK);
    assert_int_equal(password_hash(STR("correct horse"), cheap, again, NULL), ERR_OK);
    assert_string_not_equal(hash, again);
    assert_true(password_verify(hash, STR("correct horse")));
    assert_true(password_verify(again, STR("correct horse")));
    assert_false(password_verify(hash, STR("correct horsf")));
    assert_false(password_verify(hash, STR("correct hors")));
    assert_false(password_verify(hash, STR("")));
}

static void bytes_after_a_nul_count(void **state)
{
    (void)state;
    char hash[PASSWORD_HASH_MAX];
    assert_int_equal(password_hash(STR("abc\0def"), cheap, hash, NULL), ERR_OK);
    assert_true(password_verify(hash, STR("abc\0def")));
    assert_false(password_verify(hash, STR("abc\0deg")));
    assert_false(password_verify(hash, STR("abc")));
}

static void the_text_names_argon2id_and_its_cost(void **state)
{
    (void)state;
    char hash[PASSWORD_HASH_MAX];
    assert_int_equal(password_hash(STR("x"), cheap, hash, NULL), ERR_OK);
    assert_non_null(strstr(hash, "$argon2id$v=19$m=64,t=1,p=1$"));
    assert_false(password_outdated(hash, cheap));
    assert_true(password_outdated(hash, (struct password_cost){.memory_kib = 128, .ops = 1}));
    assert_true(password_outdated(hash, (struct password_cost){.memory_kib = 64, .ops = 2}));
}

static void a_text_that_is_no_hash_fits_no_password(void **state)
{
    (void)state;
    char longer[400];
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = 0;
    const char *const bad[] = {NULL, "", "x", "$argon2id$", "$argon2id$v=19$m=64,t=1,p=1$", longer};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_false(password_verify(bad[i], STR("x")));
        assert_true(password_outdated(bad[i], cheap));
    }
}

static void a_cost_out_of_range_is_refused(void **state)
{
    (void)state;
    static const struct password_cost bad[] = {{.memory_kib = 7, .ops = 1},
                                               {.memory_kib = -1, .ops = 1},
                                               {.memory_kib = 4194305, .ops = 1},
                                               {.memory_kib = 64, .ops = 65},
                                               {.memory_kib = 64, .ops = -1}};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        char hash[PASSWORD_HASH_MAX];
        struct error err = ERROR_INIT;
        assert_int_equal(password_hash(STR("x"), bad[i], hash, &err), ERR_INVALID_PARAMETER);
        error_release(&err);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_password_belongs_to_its_hash_only),
        cmocka_unit_test(bytes_after_a_nul_count),
        cmocka_unit_test(the_text_names_argon2id_and_its_cost),
        cmocka_unit_test(a_text_that_is_no_hash_fits_no_password),
        cmocka_unit_test(a_cost_out_of_range_is_refused),
    };
    return cmocka_run_group_tests_name("crypt/password", tests, NULL, NULL);
}
