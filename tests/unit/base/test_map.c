#include "base/map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void what_was_put_is_found_in_the_order_it_was_put(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    static int values[3000];
    struct map m;
    map_init(&m, a, false);
    for (int i = 0; i < 3000; i++) {
        assert_null(map_put(&m, str_of(arena_printf(a, "key %d", i)), &values[i]));
    }
    assert_int_equal(m.n, 3000);
    for (int i = 0; i < 3000; i++) {
        const char *key = arena_printf(a, "key %d", i);
        assert_ptr_equal(map_get(&m, str_of(key)), &values[i]);
        assert_true(str_is(m.entries[i].key, key));
    }
    assert_null(map_get(&m, STR("key 3000")));
    assert_false(map_has(&m, STR("key")));
}

static void putting_again_replaces_and_returns_the_old(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    int one, two;
    struct map m;
    map_init(&m, a, false);
    map_put(&m, STR("k"), &one);
    assert_ptr_equal(map_put(&m, STR("k"), &two), &one);
    assert_ptr_equal(map_get(&m, STR("k")), &two);
    assert_int_equal(m.n, 1);
}

static void a_null_value_is_there_all_the_same(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    struct map m;
    map_init(&m, a, false);
    assert_false(map_has(&m, STR("k")));
    map_put(&m, STR("k"), NULL);
    assert_true(map_has(&m, STR("k")));
    assert_null(map_get(&m, STR("k")));
}

static void keys_are_bytes_and_are_copied(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    int one, two, empty;
    char key[] = "a\0b";
    struct map m;
    map_init(&m, a, false);
    map_put(&m, (struct str){key, 3}, &one);
    key[0] = 'x';
    map_put(&m, STR("a\0c"), &two);
    map_put(&m, STR(""), &empty);
    assert_ptr_equal(map_get(&m, STR("a\0b")), &one);
    assert_ptr_equal(map_get(&m, STR("a\0c")), &two);
    assert_ptr_equal(map_get(&m, (struct str){NULL, 0}), &empty);
    assert_null(map_get(&m, STR("a")));
}

static void case_is_folded_when_asked_for_ascii_only(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    int one, two;
    struct map m;
    map_init(&m, a, true);
    map_put(&m, STR("Content-Type"), &one);
    assert_ptr_equal(map_get(&m, STR("content-TYPE")), &one);
    assert_ptr_equal(map_put(&m, STR("CONTENT-TYPE"), &two), &one);
    assert_int_equal(m.n, 1);
    map_put(&m, STR("\xc3\x80"), &one);
    assert_null(map_get(&m, STR("\xc3\xa0")));
    map_put(&m, STR("["), &one);
    assert_null(map_get(&m, STR("{")));
    map_init(&m, a, false);
    map_put(&m, STR("A"), &one);
    assert_null(map_get(&m, STR("a")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_is_found_in_the_order_it_was_put),
        cmocka_unit_test(putting_again_replaces_and_returns_the_old),
        cmocka_unit_test(a_null_value_is_there_all_the_same),
        cmocka_unit_test(keys_are_bytes_and_are_copied),
        cmocka_unit_test(case_is_folded_when_asked_for_ascii_only),
    };
    return cmocka_run_group_tests_name("base/map", tests, NULL, NULL);
}
