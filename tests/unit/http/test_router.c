#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/attr.h"
#include "http/router.h"

struct row {
    const char *method, *pattern;
};

static const struct row rows[] = {
    {"GET", "/"},
    {"GET", "/api/things"},
    {"POST", "/api/things"},
    {"GET", "/api/things/{id}"},
    {"DELETE", "/api/things/{id}"},
    {"POST", "/api/things/{id}:undo"},
    {"POST", "/api/things:bulk"},
    {"GET", "/api/things/special"},
    {"GET", "/api/{table}/{id}/parts/{part}"},
    {"HEAD", "/api/things/{id}/picture"},
    {"GET", "/api/things/{id}/picture"},
    {"GET", "/assets/{path*}"},
    {"GET", "/api/things/special/only"},
};

static void give_row(const void *table, size_t i, const char **method, const char **pattern)
{
    const struct row *all = table;
    *method = all[i].method;
    *pattern = all[i].pattern;
}

static struct arena *arena;
static struct router *router;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new();
    router = router_new(arena, ARRAY_LEN(rows), give_row, rows);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena = arena_free(arena);
    return 0;
}

static struct route_match match(const char *method, const char *path)
{
    struct route_match m;
    enum errcode code = router_match(router, arena, method, str_of(path), &m, NULL);
    assert_int_equal(code, ERR_OK);
    return m;
}

static const char *pattern_of(const char *method, const char *path)
{
    return rows[match(method, path).row].pattern;
}

static void refused(const char *method, struct str path, enum errcode expected)
{
    struct route_match m;
    struct error err = ERROR_INIT;
    assert_int_equal(router_match(router, arena, method, path, &m, &err), expected);
    assert_int_equal(err.code, expected);
    error_release(&err);
}

static void finds_words_and_parameters(void **state)
{
    (void)state;
    assert_string_equal(pattern_of("GET", "/"), "/");
    assert_string_equal(pattern_of("GET", "/api/things"), "/api/things");
    struct route_match m = match("GET", "/api/things/7");
    assert_string_equal(rows[m.row].pattern, "/api/things/{id}");
    assert_int_equal(m.n, 1);
    assert_string_equal(m.names[0], "id");
    assert_string_equal(m.values[0], "7");
    m = match("GET", "/api/x/1/parts/2");
    assert_int_equal(m.n, 3);
    assert_string_equal(m.names[2], "part");
    assert_string_equal(m.values[0], "x");
    assert_string_equal(m.values[2], "2");
}

static void words_win_over_parameters(void **state)
{
    (void)state;
    assert_string_equal(pattern_of("GET", "/api/things/special"), "/api/things/special");
    /* but only for methods that the word has */
    struct route_match m = match("DELETE", "/api/things/special");
    assert_string_equal(rows[m.row].pattern, "/api/things/{id}");
    assert_string_equal(m.values[0], "special");
    /* and a word that leads nowhere does not hide the parameter beside it */
    assert_string_equal(pattern_of("GET", "/api/things/special/parts/1"),
                        "/api/{table}/{id}/parts/{part}");
}

static void verbs_belong_to_their_segment(void **state)
{
    (void)state;
    struct route_match m = match("POST", "/api/things/7:undo");
    assert_string_equal(rows[m.row].pattern, "/api/things/{id}:undo");
    assert_string_equal(m.values[0], "7");
    assert_string_equal(pattern_of("POST", "/api/things:bulk"), "/api/things:bulk");
    assert_string_equal(match("GET", "/api/things/7:undo").values[0], "7:undo");
    refused("POST", STR("/api/things/:undo"), ERR_METHOD_NOT_ALLOWED);
    refused("POST", STR("/api/things/7%3Aundo"), ERR_METHOD_NOT_ALLOWED);
}

static void the_rest_takes_slashes(void **state)
{
    (void)state;
    assert_string_equal(match("GET", "/assets/a/b.js").values[0], "a/b.js");
    assert_string_equal(match("GET", "/assets/").values[0], "");
    refused("GET", STR("/assets"), ERR_NOT_FOUND);
}

static void segments_are_decoded_after_matching(void **state)
{
    (void)state;
    assert_string_equal(match("GET", "/api/things/a%2Fb").values[0], "a/b");
    assert_string_equal(match("GET", "/api/things/%C3%A9+%20").values[0], "\xc3\xa9+ ");
    assert_string_equal(match("GET", "/assets/a%2F..%2fb/c").values[0], "a/../b/c");
    refused("GET", STR("/api/things/%"), ERR_MALFORMED);
    refused("GET", STR("/api/things/%4"), ERR_MALFORMED);
    refused("GET", STR("/api/things/%zz"), ERR_MALFORMED);
    refused("GET", STR("/api/things/%00"), ERR_MALFORMED);
    refused("GET", STR("/api/things/a\0b"), ERR_MALFORMED);
    refused("GET", STR("/api/things/%ff"), ERR_MALFORMED);
    refused("GET", STR("/api/things/%ed%a0%80"), ERR_MALFORMED);
    refused("GET", STR("/nowhere/%ff"), ERR_MALFORMED);
}

static void says_what_is_not_there_and_what_is_not_allowed(void **state)
{
    (void)state;
    refused("GET", STR(""), ERR_NOT_FOUND);
    refused("GET", STR("*"), ERR_NOT_FOUND);
    refused("GET", STR("api/things"), ERR_NOT_FOUND);
    refused("GET", STR("/api"), ERR_NOT_FOUND);
    refused("GET", STR("/api/things/"), ERR_NOT_FOUND);
    refused("GET", STR("//api/things"), ERR_NOT_FOUND);
    refused("GET", STR("/api//things"), ERR_NOT_FOUND);
    refused("GET", STR("/API/things"), ERR_NOT_FOUND);
    refused("PUT", STR("/api/things"), ERR_METHOD_NOT_ALLOWED);
    refused("get", STR("/api/things"), ERR_METHOD_NOT_ALLOWED);
    struct route_match m;
    assert_int_equal(router_match(router, arena, "PUT", STR("/api/things/special"), &m, NULL),
                     ERR_METHOD_NOT_ALLOWED);
    assert_string_equal(router_methods(router, arena, m.methods), "GET, DELETE");
    assert_string_equal(router_methods(router, arena, match("GET", "/api/things").methods),
                        "GET, POST");
}

static void a_head_is_answered_by_get(void **state)
{
    (void)state;
    assert_string_equal(rows[match("HEAD", "/api/things/7").row].method, "GET");
    assert_string_equal(rows[match("HEAD", "/api/things/7/picture").row].method, "HEAD");
    refused("HEAD", STR("/api/things:bulk"), ERR_METHOD_NOT_ALLOWED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_words_and_parameters),
        cmocka_unit_test(words_win_over_parameters),
        cmocka_unit_test(verbs_belong_to_their_segment),
        cmocka_unit_test(the_rest_takes_slashes),
        cmocka_unit_test(segments_are_decoded_after_matching),
        cmocka_unit_test(says_what_is_not_there_and_what_is_not_allowed),
        cmocka_unit_test(a_head_is_answered_by_get),
    };
    return cmocka_run_group_tests_name("http/router", tests, set_up, tear_down);
}
