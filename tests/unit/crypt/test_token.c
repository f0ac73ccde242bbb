#include "crypt/token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"

static void a_token_tells_its_kind_by_its_prefix(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    static const char *const prefix[] = {
        [TOKEN_SESSION] = "tls_", [TOKEN_API] = "tla_", [TOKEN_SETUP] = "tlu_"};
    for (enum token_kind kind = TOKEN_SESSION; kind <= TOKEN_SETUP; kind++) {
        const char *token = token_new(a, kind);
        assert_int_equal(strlen(token), TOKEN_TEXT_LEN);
        assert_memory_equal(token, prefix[kind], 4);
        assert_int_equal(token_kind_of(str_of(token)), kind);
        assert_string_not_equal(token, token_new(a, kind));
    }
}

static void what_is_no_token_has_no_kind(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    char *token = token_new(a, TOKEN_API);
    assert_int_equal(token_kind_of(STR("")), TOKEN_NONE);
    assert_int_equal(token_kind_of(STR("tls_")), TOKEN_NONE);
    assert_int_equal(token_kind_of((struct str){token, TOKEN_TEXT_LEN - 1}), TOKEN_NONE);
    assert_int_equal(token_kind_of(str_of(arena_printf(a, "%sA", token))), TOKEN_NONE);
    token[20] = ' ';
    assert_int_equal(token_kind_of(str_of(token)), TOKEN_NONE);
    token[20] = 'A';
    token[2] = 'x';
    assert_int_equal(token_kind_of(str_of(token)), TOKEN_NONE);
}

static void the_hash_is_blake2b_256(void **state)
{
    (void)state;
    char hash[TOKEN_HASH_LEN + 1];
    token_hash(STR("abc"), hash);
    assert_string_equal(hash, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
    token_hash(STR(""), hash);
    assert_string_equal(hash, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
}

/* SipHash-2-4 with 128 bits, as its authors publish it for this key. */
static void the_tag_is_siphash_under_the_key(void **state)
{
    (void)state;
    unsigned char key[TOKEN_TAG_KEY], tag[TOKEN_TAG_LEN], other[TOKEN_TAG_LEN];
    static const unsigned char of_nothing[] = {0xa3, 0x81, 0x7f, 0x04, 0xba, 0x25, 0xa8, 0xe6,
                                               0x6d, 0xf6, 0x72, 0x14, 0xc7, 0x55, 0x02, 0x93};
    for (unsigned char i = 0; i < sizeof key; i++) {
        key[i] = i;
    }
    token_tag(key, (struct str){NULL, 0}, tag);
    assert_memory_equal(tag, of_nothing, sizeof tag);
    token_tag(key, STR("a"), tag);
    key[0]++;
    token_tag(key, STR("a"), other);
    assert_memory_not_equal(tag, other, sizeof tag);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_tells_its_kind_by_its_prefix),
        cmocka_unit_test(what_is_no_token_has_no_kind),
        cmocka_unit_test(the_hash_is_blake2b_256),
        cmocka_unit_test(the_tag_is_siphash_under_the_key),
    };
    return cmocka_run_group_tests_name("crypt/token", tests, NULL, NULL);
}
