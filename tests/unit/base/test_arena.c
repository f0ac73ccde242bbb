#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <pthread.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

static void memory_is_zeroed_and_aligned_for_any_type(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    for (size_t n = 0; n < 300; n++) {
        unsigned char *p = arena_alloc(a, n);
        assert_int_equal((uintptr_t)p % 16, 0);
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(p[i], 0);
        }
        memset(p, 0xff, n);
    }
}

static void pieces_do_not_overlap(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    static const size_t sizes[] = {1, 15, 16, 17, 4000, 4096, 5000, 100000, 300000, 3};
    unsigned char *pieces[ARRAY_LEN(sizes)];
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        pieces[i] = arena_alloc(a, sizes[i]);
        memset(pieces[i], (int)i + 1, sizes[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        assert_int_equal(pieces[i][0], i + 1);
        assert_int_equal(pieces[i][sizes[i] - 1], i + 1);
    }
}

static char order[8];
static char letters[][2] = {"a", "b", "c", "d"};
static char late[] = "late";

static void note(void *p)
{
    strcat(order, p);
}

static void deferred_calls_run_newest_first_and_once(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    order[0] = 0;
    arena_defer(a, note, letters[0]);
    arena_defer(a, note, letters[1]);
    arena_defer(a, note, letters[2]);
    arena_reset(a);
    assert_string_equal(order, "cba");
    arena_defer(a, note, letters[3]);
    assert_null(arena_free(a));
    assert_string_equal(order, "cbad");
}

static void defer_more(void *p)
{
    arena_defer(p, note, late);
}

static void a_deferred_call_may_defer_another(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    order[0] = 0;
    arena_defer(a, defer_more, a);
    arena_free(a);
    assert_string_equal(order, "late");
}

static void a_reset_gives_back_all_but_the_first_block(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    assert_int_equal(arena_bytes(a), 0);
    arena_alloc(a, 100);
    size_t first = arena_bytes(a);
    for (int i = 0; i < 100; i++) {
        arena_alloc(a, 10000);
    }
    assert_true(arena_bytes(a) >= 1000000);
    arena_reset(a);
    assert_int_equal(arena_bytes(a), first);
    unsigned char *p = arena_alloc(a, 100);
    assert_int_equal(p[99], 0);
    assert_int_equal(arena_bytes(a), first);
}

static void an_array_grows_by_pushing_and_keeps_what_it_holds(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    int *items = NULL;
    size_t n = 0;
    for (int i = 0; i < 1000; i++) {
        ARENA_PUSH(a, items, n, i * 3);
    }
    assert_int_equal(n, 1000);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(items[i], i * 3);
    }
}

static void copies_end_in_nul(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    assert_null(arena_strdup(a, NULL));
    assert_string_equal(arena_strdup(a, ""), "");
    assert_string_equal(arena_strndup(a, "abcdef", 3), "abc");
    assert_string_equal(arena_str(a, (struct str){NULL, 0}), "");
    assert_memory_equal(arena_str(a, STR("a\0b")), "a\0b", 4);
    assert_string_equal(arena_printf(a, "%s-%d-%5s", "x", 7, "y"), "x-7-    y");
    char *longer = arena_printf(a, "%*s", 10000, "z");
    assert_int_equal(strlen(longer), 10000);
}

/* What one arena leaves behind may be the next one's: nothing of it shows, and threads end clean.
 */
static void *use_arenas(void *arg)
{
    struct arena *kept[24]; /* more than are kept for the next ones */
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
            kept[i] = arena_new();
            unsigned char *p = arena_alloc(kept[i], 4000);
            for (size_t k = 0; k < 4000; k++) {
                *(int *)arg += p[k] != 0;
            }
            memset(p, 0xff, 4000);
        }
        for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
            arena_free(kept[i]);
        }
    }
    return arena_new(); /* freed by another thread */
}

static void memory_that_was_used_before_is_zeroed(void **state)
{
    (void)state;
    pthread_t threads[2];
    int n_wrong[ARRAY_LEN(threads) + 1] = {0};
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, use_arenas, &n_wrong[i]), 0);
    }
    arena_free(use_arenas(&n_wrong[ARRAY_LEN(threads)]));
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        void *last;
        pthread_join(threads[i], &last);
        arena_free(last);
        assert_int_equal(n_wrong[i], 0);
    }
    assert_int_equal(n_wrong[ARRAY_LEN(threads)], 0);
}

/* As a request's arena is used again and again, with a first block of any size. */
static void memory_is_zeroed_after_a_reset_too(void **state)
{
    (void)state;
    static const size_t firsts[] = {100, 4096, 16384, 100000};
    for (size_t i = 0; i < ARRAY_LEN(firsts); i++) {
        AUTO(arena_freep) struct arena *a = arena_new();
        memset(arena_alloc(a, firsts[i]), 0xff, firsts[i]);
        for (int round = 0; round < 4; round++) {
            arena_reset(a);
            for (size_t n = 1; n < 400; n += 7) {
                unsigned char *p = arena_alloc(a, n);
                for (size_t k = 0; k < n; k++) {
                    assert_int_equal(p[k], 0);
                }
                memset(p, 0xff, n);
            }
        }
    }
}

static void freeing_nothing_is_fine(void **state)
{
    (void)state;
    assert_null(arena_free(NULL));
}

#if defined(__SANITIZE_ADDRESS__)
static void bytes_that_were_not_given_out_are_poisoned(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    char *p = arena_alloc(a, 10);
    assert_false(__asan_address_is_poisoned(p + 9));
    assert_true(__asan_address_is_poisoned(p + 10));
    char *q = arena_alloc(a, 32);
    assert_true(__asan_address_is_poisoned(q + 32));
    arena_reset(a);
    assert_true(__asan_address_is_poisoned(p));
    assert_true(__asan_address_is_poisoned(q + 31));
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_and_aligned_for_any_type),
        cmocka_unit_test(pieces_do_not_overlap),
        cmocka_unit_test(deferred_calls_run_newest_first_and_once),
        cmocka_unit_test(a_deferred_call_may_defer_another),
        cmocka_unit_test(a_reset_gives_back_all_but_the_first_block),
        cmocka_unit_test(an_array_grows_by_pushing_and_keeps_what_it_holds),
        cmocka_unit_test(copies_end_in_nul),
        cmocka_unit_test(memory_that_was_used_before_is_zeroed),
        cmocka_unit_test(memory_is_zeroed_after_a_reset_too),
        cmocka_unit_test(freeing_nothing_is_fine),
#if defined(__SANITIZE_ADDRESS__)
        cmocka_unit_test(bytes_that_were_not_given_out_are_poisoned),
#endif
    };
    return cmocka_run_group_tests_name("base/arena", tests, NULL, NULL);
}
