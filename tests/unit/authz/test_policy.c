#include "authz/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void the_weakest_role_named_is_what_counts(void **state)
{
    (void)state;
    struct table_policy p;
    const char *json = "{\"read\":[\"USER\",\"OWNER\"],\"create\":[\"TENANT_ADMIN\"],"
                       "\"update\":[\"OWNER\",\"PLATFORM_ADMIN\"],\"delete\":[]}";
    assert_int_equal(table_policy_parse(json, &p, NULL), ERR_OK);
    assert_int_equal(p.weakest[POLICY_READ], AUTHZ_USER);
    assert_int_equal(p.weakest[POLICY_CREATE], AUTHZ_TENANT_ADMIN);
    assert_int_equal(p.weakest[POLICY_UPDATE], AUTHZ_PLATFORM_ADMIN);
    assert_int_equal(p.weakest[POLICY_DELETE], AUTHZ_ROLE_NONE);
}

/* B-70, B-78: no rule is no permission */
static void nothing_said_admits_nobody(void **state)
{
    (void)state;
    static const char *const silent[] = {NULL, "", "{}", "{\"read\":null}"};
    for (size_t i = 0; i < ARRAY_LEN(silent); i++) {
        struct table_policy p;
        assert_int_equal(table_policy_parse(silent[i], &p, NULL), ERR_OK);
        for (int v = 0; v < POLICY_VERB_N; v++) {
            assert_int_equal(p.weakest[v], AUTHZ_ROLE_NONE);
        }
    }
}

static void what_cannot_be_meant_is_refused_where_it_stands(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        enum errcode code;
        const char *where;
    } bad[] = {
        {"{\"read\":[\"USER\",\"ROOT\"]}", ERR_INVALID, "/read/1"},
        {"{\"read\":[\"user\"]}", ERR_INVALID, "/read/0"},
        {"{\"create\":[\"USER\",\"USER\"]}", ERR_INVALID, "/create/1"},
        {"{\"delete\":[null]}", ERR_INVALID, "/delete/0"},
        {"{\"delete\":[\"\"]}", ERR_INVALID, "/delete/0"},
        {"{\"update\":\"USER\"}", ERR_INVALID, "/update"},
        {"{\"update\":true}", ERR_INVALID, "/update"},
        {"{\"write\":[\"USER\"]}", ERR_UNKNOWN_FIELD, "/write"},
        {"[]", ERR_INVALID, NULL},
        {"{\"read\":[],\"read\":[]}", ERR_MALFORMED, NULL},
        {"{", ERR_MALFORMED, NULL},
        {"{\"read\":[[[[[]]]]]}", ERR_TOO_DEEP, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct table_policy p;
        struct error err = ERROR_INIT;
        assert_int_equal(table_policy_parse(bad[i].json, &p, &err), bad[i].code);
        if (bad[i].where) {
            assert_string_equal(err.where, bad[i].where);
        }
        error_release(&err);
        assert_int_equal(table_policy_parse(bad[i].json, &p, NULL), bad[i].code);
    }
}

/* B-73 */
static void what_is_stored_names_every_verb(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    const char *out;
    const char *standard = "{\"read\":[\"TENANT_ADMIN\",\"USER\"],\"create\":[\"TENANT_ADMIN\"],"
                           "\"update\":[\"TENANT_ADMIN\"],\"delete\":[\"TENANT_ADMIN\"]}";
    assert_int_equal(table_policy_complete(a, NULL, &out, NULL), ERR_OK);
    assert_string_equal(out, standard);
    assert_int_equal(table_policy_complete(a, "{}", &out, NULL), ERR_OK);
    assert_string_equal(out, standard);
    assert_int_equal(table_policy_complete(a, "{\"read\":[],\"delete\":[\"OWNER\"]}", &out, NULL),
                     ERR_OK);
    assert_string_equal(out, "{\"read\":[],\"create\":[\"TENANT_ADMIN\"],"
                             "\"update\":[\"TENANT_ADMIN\"],\"delete\":[\"OWNER\"]}");
    assert_int_equal(table_policy_complete(a, "{\"read\":[\"X\"]}", &out, NULL), ERR_INVALID);
}

static void completing_twice_changes_nothing(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    static const char *const given[] = {"{}", "{\"read\":[\"OWNER\",\"USER\"]}",
                                        "{\"update\":[\"PLATFORM_ADMIN\"],\"create\":[]}"};
    for (size_t i = 0; i < ARRAY_LEN(given); i++) {
        const char *once, *twice;
        assert_int_equal(table_policy_complete(a, given[i], &once, NULL), ERR_OK);
        assert_int_equal(table_policy_complete(a, once, &twice, NULL), ERR_OK);
        assert_string_equal(once, twice);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_weakest_role_named_is_what_counts),
        cmocka_unit_test(nothing_said_admits_nobody),
        cmocka_unit_test(what_cannot_be_meant_is_refused_where_it_stands),
        cmocka_unit_test(what_is_stored_names_every_verb),
        cmocka_unit_test(completing_twice_changes_nothing),
    };
    return cmocka_run_group_tests_name("authz/policy", tests, NULL, NULL);
}
