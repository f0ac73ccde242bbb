#include "base/uuid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/attr.h"
#include "base/time.h"

static void a_made_uuid_is_valid_and_of_version_seven(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++) {
        char text[UUID_TEXT + 1];
        uuid_make(text);
        assert_int_equal(strlen(text), UUID_TEXT);
        assert_true(uuid_valid(str_of(text)));
        assert_int_equal(text[14], '7');
        assert_non_null(strchr("89ab", text[19]));
        assert_int_equal(strspn(text, "0123456789abcdef-"), UUID_TEXT);
    }
}

static void its_first_bits_are_the_time(void **state)
{
    (void)state;
    char text[UUID_TEXT + 1], digits[13];
    int64_t before = time_now_us() / 1000;
    uuid_make(text);
    int64_t after = time_now_us() / 1000;
    memcpy(digits, text, 8);
    memcpy(digits + 8, text + 9, 4);
    digits[12] = 0;
    int64_t ms = strtoll(digits, NULL, 16);
    assert_in_range(ms, before, after);
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, UUID_TEXT + 1);
}

static void no_two_are_equal(void **state)
{
    (void)state;
    enum { N = 20000 };
    static char made[N][UUID_TEXT + 1];
    for (int i = 0; i < N; i++) {
        uuid_make(made[i]);
    }
    qsort(made, N, sizeof made[0], compare);
    for (int i = 1; i < N; i++) {
        assert_memory_not_equal(made[i - 1], made[i], UUID_TEXT);
    }
}

static void only_the_usual_form_is_valid(void **state)
{
    (void)state;
    static const char *const good[] = {"00000000-0000-0000-0000-000000000000",
                                       "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
                                       "6ba7b810-9dad-11d1-80b4-00c04fd430c8"};
    static const char *const bad[] = {"",
                                      "6ba7b8109dad11d180b400c04fd430c8",
                                      "{6ba7b810-9dad-11d1-80b4-00c04fd430c8}",
                                      "6ba7b810-9dad-11d1-80b4-00c04fd430c",
                                      "6ba7b810-9dad-11d1-80b4-00c04fd430c88",
                                      "6ba7b810-9dad-11d1-80b4-00c04fd430cg",
                                      "6ba7b8109-dad-11d1-80b4-00c04fd430c8",
                                      " ba7b810-9dad-11d1-80b4-00c04fd430c8"};
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        assert_true(uuid_valid(str_of(good[i])));
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_false(uuid_valid(str_of(bad[i])));
    }
}

static void lower_case_is_the_stored_form(void **state)
{
    (void)state;
    char text[UUID_TEXT + 1];
    uuid_lower(text, STR("6BA7B810-9dad-11D1-80B4-00C04FD430C8"));
    assert_string_equal(text, "6ba7b810-9dad-11d1-80b4-00c04fd430c8");
}

static void random_bytes_fill_every_place(void **state)
{
    (void)state;
    unsigned char seen[300] = {0};
    for (int turn = 0; turn < 40; turn++) {
        unsigned char bytes[300];
        random_bytes(bytes, sizeof bytes);
        for (size_t i = 0; i < sizeof bytes; i++) {
            seen[i] |= bytes[i];
        }
    }
    for (size_t i = 0; i < sizeof seen; i++) {
        assert_int_not_equal(seen[i], 0);
    }
    random_bytes(seen, 0);
}

static bool fits(size_t at, char c)
{
    bool is_dash = at == 8 || at == 13 || at == 18 || at == 23;
    return is_dash ? c == '-' : c && strchr("0123456789abcdefABCDEF", c);
}

/* One byte after the other, as anything. */
static void one_byte_makes_it_another_text(void **state)
{
    (void)state;
    static const char good[] = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
    for (size_t i = 0; i < 256 * UUID_TEXT; i++) {
        char text[UUID_TEXT + 1], lower[UUID_TEXT + 1];
        size_t at = i / 256;
        memcpy(text, good, sizeof text);
        char c = text[at] = (char)(i % 256);
        bool is_good = fits(at, c);
        assert_int_equal(uuid_valid((struct str){text, UUID_TEXT}), is_good);
        if (is_good) {
            uuid_lower(lower, (struct str){text, UUID_TEXT});
            assert_int_equal(lower[at], c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);
            lower[at] = good[at];
            assert_string_equal(lower, good);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_made_uuid_is_valid_and_of_version_seven),
        cmocka_unit_test(its_first_bits_are_the_time),
        cmocka_unit_test(no_two_are_equal),
        cmocka_unit_test(only_the_usual_form_is_valid),
        cmocka_unit_test(one_byte_makes_it_another_text),
        cmocka_unit_test(lower_case_is_the_stored_form),
        cmocka_unit_test(random_bytes_fill_every_place),
    };
    return cmocka_run_group_tests_name("base/uuid", tests, NULL, NULL);
}
