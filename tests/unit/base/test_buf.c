#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/arena.h"

static void text_grows_and_ends_in_nul(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, BUF_MAX_DEFAULT);
    assert_string_equal(buf_text(&b), "");
    for (int i = 0; i < 5000; i++) {
        buf_printf(&b, "%d,", i % 10);
        assert_int_equal(b.p[b.n], 0);
    }
    assert_int_equal(b.n, 10000);
    assert_memory_equal(b.p + 9990, "5,6,7,8,9,", 10);
    buf_release(&b);
}

static void the_maximum_is_reached_and_not_passed(void **state)
{
    (void)state;
    for (size_t max = 0; max < 600; max += 7) {
        struct buf b;
        buf_init(&b, max);
        for (size_t i = 0; i < max; i++) {
            buf_addc(&b, 'x');
        }
        assert_false(buf_failed(&b));
        assert_int_equal(b.n, max);
        buf_addc(&b, 'x');
        assert_true(buf_failed(&b));
        buf_release(&b);
    }
}

static void room_is_given_where_it_is_and_never_made(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 600);
    assert_null(buf_room(&b, 0));
    assert_null(buf_room(&b, 10));
    assert_false(buf_failed(&b));
    buf_adds(&b, "abc");
    size_t cap = b.cap;
    char *at = buf_room(&b, cap - b.n - 1);
    assert_ptr_equal(at, b.p + 3);
    assert_null(buf_room(&b, cap - b.n)); /* a NUL stands behind */
    memcpy(at, "defg", 4);
    buf_end(&b, at + 2);
    assert_string_equal(buf_text(&b), "abcde");
    assert_non_null(buf_reserve(&b, 595));
    assert_non_null(buf_room(&b, 595));
    assert_null(buf_room(&b, 596)); /* beyond the maximum */
    assert_int_equal(b.n, 5);
    buf_release(&b);
}

static void failure_is_sticky_and_empties(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 10);
    buf_adds(&b, "0123456789");
    buf_adds(&b, "a");
    assert_true(buf_failed(&b));
    assert_int_equal(b.n, 0);
    assert_string_equal(buf_text(&b), "");
    buf_adds(&b, "b");
    buf_printf(&b, "%d", 1);
    buf_add_int64(&b, 1);
    assert_null(buf_reserve(&b, 1));
    assert_int_equal(b.n, 0);
    buf_clear(&b);
    assert_false(buf_failed(&b));
    buf_adds(&b, "c");
    assert_string_equal(buf_text(&b), "c");
    buf_release(&b);
}

static void a_request_beyond_any_size_fails_and_does_not_wrap(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1000);
    buf_adds(&b, "abc");
    assert_null(buf_reserve(&b, SIZE_MAX));
    assert_true(buf_failed(&b));
    buf_clear(&b);
    assert_null(buf_reserve(&b, SIZE_MAX - 2));
    assert_true(buf_failed(&b));
    buf_release(&b);
}

static void whole_numbers_are_written_as_c_writes_them(void **state)
{
    (void)state;
    static const int64_t numbers[] = {0, 1, -1, 9, 10, -10, 123456789, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        struct buf b;
        char text[32];
        buf_init(&b, 100);
        buf_add_int64(&b, numbers[i]);
        snprintf(text, sizeof text, "%lld", (long long)numbers[i]);
        assert_string_equal(buf_text(&b), text);
        buf_release(&b);
    }
}

static void the_front_can_be_consumed(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100);
    buf_consume(&b, 0);
    buf_adds(&b, "abcdef");
    buf_consume(&b, 2);
    assert_string_equal(buf_text(&b), "cdef");
    buf_consume(&b, 4);
    assert_string_equal(buf_text(&b), "");
    buf_adds(&b, "g");
    assert_string_equal(buf_text(&b), "g");
    buf_release(&b);
}

static void what_is_reserved_counts_when_committed(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1000);
    char *to = buf_reserve(&b, 500);
    memset(to, 'y', 500);
    assert_int_equal(b.n, 0);
    buf_commit(&b, 3);
    assert_string_equal(buf_text(&b), "yyy");
    buf_release(&b);
}

static void taken_bytes_leave_an_empty_buffer_with_the_same_maximum(void **state)
{
    (void)state;
    struct buf b;
    size_t n;
    buf_init(&b, 5);
    buf_adds(&b, "12345");
    char *p = buf_take(&b, &n);
    assert_int_equal(n, 5);
    assert_string_equal(p, "12345");
    mem_free(p);
    assert_int_equal(b.n, 0);
    buf_adds(&b, "123456");
    assert_true(buf_failed(&b));
    buf_release(&b);
}

static void nul_bytes_are_bytes(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100);
    buf_add_str(&b, STR("a\0b"));
    buf_add(&b, NULL, 0);
    buf_add_str(&b, (struct str){NULL, 0});
    assert_int_equal(b.n, 3);
    assert_true(str_eq(buf_str(&b), STR("a\0b")));
    buf_release(&b);
}

static void heap_bytes_are_zeroed(void **state)
{
    (void)state;
    unsigned char *p = mem_alloc(1000);
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(p[i], 0);
    }
    mem_free(p);
    mem_free(mem_alloc(0));
    mem_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_grows_and_ends_in_nul),
        cmocka_unit_test(the_maximum_is_reached_and_not_passed),
        cmocka_unit_test(room_is_given_where_it_is_and_never_made),
        cmocka_unit_test(failure_is_sticky_and_empties),
        cmocka_unit_test(a_request_beyond_any_size_fails_and_does_not_wrap),
        cmocka_unit_test(whole_numbers_are_written_as_c_writes_them),
        cmocka_unit_test(the_front_can_be_consumed),
        cmocka_unit_test(what_is_reserved_counts_when_committed),
        cmocka_unit_test(taken_bytes_leave_an_empty_buffer_with_the_same_maximum),
        cmocka_unit_test(nul_bytes_are_bytes),
        cmocka_unit_test(heap_bytes_are_zeroed),
    };
    return cmocka_run_group_tests_name("base/buf", tests, NULL, NULL);
}
