#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void sha256_agrees_with_the_published_examples(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    assert_string_equal(sha256_hex(a, STR("")),
                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_string_equal(sha256_hex(a, STR("abc")),
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_string_equal(
        sha256_hex(a, STR("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    char *million = arena_alloc(a, 1000000);
    memset(million, 'a', 1000000);
    assert_string_equal(sha256_hex(a, (struct str){million, 1000000}),
                        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void how_the_bytes_come_in_does_not_matter(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    char text[200];
    for (size_t i = 0; i < sizeof text; i++) {
        text[i] = (char)(i * 7);
    }
    for (size_t n = 0; n <= sizeof text; n++) {
        const char *whole = sha256_hex(a, (struct str){text, n});
        for (size_t step = 1; step <= 130; step += 43) {
            struct sha256 h;
            unsigned char digest[SHA256_BYTES];
            char hex[SHA256_HEX];
            sha256_init(&h);
            for (size_t at = 0; at < n; at += step) {
                sha256_add(&h, text + at, n - at < step ? n - at : step);
            }
            sha256_end(&h, digest);
            hex_encode(hex, digest, sizeof digest);
            assert_memory_equal(hex, whole, SHA256_HEX);
        }
    }
}

static void hex_of_128(const char *text, size_t n, size_t step, char hex[2 * HASH128_BYTES])
{
    struct hash128 h;
    unsigned char digest[HASH128_BYTES];
    hash128_init(&h);
    for (size_t at = 0; at < n; at += step) {
        hash128_add(&h, text + at, n - at < step ? n - at : step);
    }
    hash128_end(&h, digest);
    hex_encode(hex, digest, sizeof digest);
}

/* Checked against OpenSSL's SIPHASH under the same key. */
static void the_hash_of_128_bits_is_siphash(void **state)
{
    (void)state;
    static const struct {
        size_t n;
        const char *hex;
    } examples[] = {{0, "a3817f04ba25a8e66df67214c7550293"},
                    {1, "da87c1d86b99af44347659119b22fc45"},
                    {15, "5493e99933b0a8117e08ec0f97cfc3d9"}};
    char bytes[256], hex[2 * HASH128_BYTES], again[2 * HASH128_BYTES];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (char)i;
    }
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        hex_of_128(bytes, examples[i].n, sizeof bytes, hex);
        assert_memory_equal(hex, examples[i].hex, sizeof hex);
    }
    for (size_t n = 0; n <= sizeof bytes; n++) {
        hex_of_128(bytes, n, sizeof bytes, hex);
        for (size_t step = 1; step < 20; step += 3) {
            hex_of_128(bytes, n, step, again);
            assert_memory_equal(hex, again, sizeof hex);
        }
    }
}

static void a_word_is_its_eight_bytes(void **state)
{
    (void)state;
    static const unsigned char bytes[] = "abc\x08\x07\x06\x05\x04\x03\x02\x01x";
    unsigned char whole[HASH128_BYTES], parts[HASH128_BYTES];
    struct hash128 h;
    hash128_init(&h);
    hash128_add(&h, bytes, 12);
    hash128_end(&h, whole);
    hash128_init(&h);
    hash128_add(&h, "abc", 3);
    hash128_add_word(&h, 0x0102030405060708u);
    hash128_add(&h, "x", 1);
    hash128_end(&h, parts);
    assert_memory_equal(whole, parts, sizeof whole);
}

static void the_quick_hash_is_fnv_1a(void **state)
{
    (void)state;
    assert_true(hash64(STR("")) == 0xcbf29ce484222325u);
    assert_true(hash64(STR("a")) == 0xaf63dc4c8601ec8cu);
    assert_true(hash64(STR("foobar")) == 0x85944171f73967e8u);
    assert_true(hash64((struct str){NULL, 0}) == hash64(STR("")));
}

static void hex_is_lower_case(void **state)
{
    (void)state;
    static const unsigned char bytes[] = {0x00, 0x0f, 0xa5, 0xff};
    char hex[9] = "--------";
    hex_encode(hex, bytes, sizeof bytes);
    assert_string_equal(hex, "000fa5ff");
}

static void hex_of_any_length_is_what_printf_says(void **state)
{
    (void)state;
    unsigned char bytes[256];
    char hex[2 * sizeof bytes], wanted[3];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (unsigned char)(i * 7);
    }
    for (size_t n = 0; n <= sizeof bytes; n++) {
        memset(hex, '?', sizeof hex);
        hex_encode(hex, bytes, n);
        for (size_t i = 0; i < n; i++) {
            snprintf(wanted, sizeof wanted, "%02x", bytes[i]);
            assert_memory_equal(hex + 2 * i, wanted, 2);
        }
        assert_true(n == sizeof bytes || hex[2 * n] == '?');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_agrees_with_the_published_examples),
        cmocka_unit_test(how_the_bytes_come_in_does_not_matter),
        cmocka_unit_test(the_hash_of_128_bits_is_siphash),
        cmocka_unit_test(a_word_is_its_eight_bytes),
        cmocka_unit_test(the_quick_hash_is_fnv_1a),
        cmocka_unit_test(hex_is_lower_case),
        cmocka_unit_test(hex_of_any_length_is_what_printf_says),
    };
    return cmocka_run_group_tests_name("base/hash", tests, NULL, NULL);
}
