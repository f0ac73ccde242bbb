#include "crypt/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"

static void base64url_goes_both_ways(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    for (size_t n = 0; n < 70; n++) {
        unsigned char bytes[70];
        random_bytes(bytes, sizeof bytes);
        const char *text = base64url_encode(a, bytes, n);
        assert_int_equal(strlen(text), (n * 4 + 2) / 3);
        struct str back;
        assert_true(base64url_decode(a, str_of(text), &back));
        assert_int_equal(back.n, n);
        assert_true(n == 0 || memcmp(back.p, bytes, n) == 0);
    }
}

static void text_that_is_not_canonical_base64url_is_refused(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    static const char *const bad[] = {"A", "AAAAA", "AA=", "AA==", "A+A/", "AA A", "AA\n", "AB"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct str out;
        assert_false(base64url_decode(a, str_of(bad[i]), &out));
    }
}

static void random_texts_differ_and_keep_to_the_alphabet(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    const char *one = random_text(a, 32);
    const char *two = random_text(a, 32);
    assert_int_equal(strlen(one), 43);
    assert_string_not_equal(one, two);
    assert_int_equal(
        strspn(one, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), 43);
}

static void secrets_are_equal_only_whole_and_never_when_empty(void **state)
{
    (void)state;
    assert_true(secret_eq(STR("abc"), STR("abc")));
    assert_false(secret_eq(STR("abc"), STR("abd")));
    assert_false(secret_eq(STR("abc"), STR("ab")));
    assert_false(secret_eq(STR(""), STR("")));
    assert_false(secret_eq((struct str){NULL, 0}, (struct str){NULL, 0}));
}

static void wiping_leaves_zeros(void **state)
{
    (void)state;
    char secret[] = "secret";
    secret_wipe(secret, sizeof secret);
    for (size_t i = 0; i < sizeof secret; i++) {
        assert_int_equal(secret[i], 0);
    }
    secret_wipe(NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64url_goes_both_ways),
        cmocka_unit_test(text_that_is_not_canonical_base64url_is_refused),
        cmocka_unit_test(random_texts_differ_and_keep_to_the_alphabet),
        cmocka_unit_test(secrets_are_equal_only_whole_and_never_when_empty),
        cmocka_unit_test(wiping_leaves_zeros),
    };
    return cmocka_run_group_tests_name("crypt/random", tests, NULL, NULL);
}
