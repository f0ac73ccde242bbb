#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/percent.h"
#include "http/router.h"

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena = arena_free(arena);
    return 0;
}

static void decodes_percent(void **state)
{
    (void)state;
    struct str out;
    assert_int_equal(percent_decode(arena, STR("a%20b%2Bc+d%C3%A9"), false, &out, NULL), ERR_OK);
    assert_string_equal(out.p, "a b+c+d\xc3\xa9");
    assert_int_equal(out.n, 9);
    assert_int_equal(percent_decode(arena, STR("a+b%2B"), true, &out, NULL), ERR_OK);
    assert_string_equal(out.p, "a b+");
    assert_int_equal(percent_decode(arena, (struct str){NULL, 0}, true, &out, NULL), ERR_OK);
    assert_string_equal(out.p, "");
}

static void refuses_what_does_not_decode(void **state)
{
    (void)state;
    static const struct str bad[] = {
        {"%", 1},   {"%4", 2},   {"a%", 2},  {"%g1", 3}, {"%1g", 3},
        {"%00", 3}, {"a\0b", 3}, {"%80", 3}, {"%c3", 3}, {"\xc3", 1},
        {"%%", 2},  {"% 1", 3},  {"%+1", 3}, {"%-1", 3}, {"%f4%90%80%80", 12},
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct str out = STR("untouched");
        struct error err = ERROR_INIT;
        assert_int_equal(percent_decode(arena, bad[i], true, &out, &err), ERR_MALFORMED);
        assert_string_equal(out.p, "untouched");
        error_release(&err);
    }
}

static void pair_is(const struct query_pair *p, const char *name, const char *value)
{
    assert_string_equal(p->name.p, name);
    assert_int_equal(p->name.n, str_of(name).n);
    assert_string_equal(p->value.p, value);
    assert_int_equal(p->value.n, str_of(value).n);
}

static void parses_pairs_in_order(void **state)
{
    (void)state;
    struct query_pair *pairs;
    size_t n;
    struct str text = STR("a=1&b=x+y%26z&a=2&flag&=v&&c=d=e&last=");
    assert_int_equal(query_parse(arena, text, &pairs, &n, NULL), ERR_OK);
    assert_int_equal(n, 7);
    pair_is(&pairs[0], "a", "1");
    pair_is(&pairs[1], "b", "x y&z");
    pair_is(&pairs[2], "a", "2");
    pair_is(&pairs[3], "flag", "");
    pair_is(&pairs[4], "", "v");
    pair_is(&pairs[5], "c", "d=e");
    pair_is(&pairs[6], "last", "");
}

static void an_empty_query_has_no_pairs(void **state)
{
    (void)state;
    static const struct str empty[] = {{NULL, 0}, {"", 0}, {"&", 1}, {"&&&", 3}};
    for (size_t i = 0; i < ARRAY_LEN(empty); i++) {
        struct query_pair *pairs;
        size_t n = 99;
        assert_int_equal(query_parse(arena, empty[i], &pairs, &n, NULL), ERR_OK);
        assert_int_equal(n, 0);
    }
}

static void refuses_bad_pairs(void **state)
{
    (void)state;
    static const char *const bad[] = {"%=1", "a=%", "a=1&b=%00", "%ff=1"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct query_pair *pairs;
        size_t n;
        assert_int_equal(query_parse(arena, str_of(bad[i]), &pairs, &n, NULL), ERR_MALFORMED);
    }
}

static enum errcode parse_many(int count)
{
    struct buf b;
    struct query_pair *pairs;
    size_t n;
    buf_init(&b, BUF_MAX_DEFAULT);
    for (int i = 0; i < count; i++) {
        buf_adds(&b, "a&");
    }
    enum errcode code = query_parse(arena, buf_str(&b), &pairs, &n, NULL);
    buf_release(&b);
    return code;
}

static void counts_pairs_up_to_a_limit(void **state)
{
    (void)state;
    assert_int_equal(parse_many(QUERY_PAIRS_MAX), ERR_OK);
    assert_int_equal(parse_many(QUERY_PAIRS_MAX + 1), ERR_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_percent),       cmocka_unit_test(refuses_what_does_not_decode),
        cmocka_unit_test(parses_pairs_in_order), cmocka_unit_test(an_empty_query_has_no_pairs),
        cmocka_unit_test(refuses_bad_pairs),     cmocka_unit_test(counts_pairs_up_to_a_limit),
    };
    return cmocka_run_group_tests_name("http/query", tests, set_up, tear_down);
}
