#include "query/list_grammar.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct column columns[] = {
    {.name = "id", .type = {.kind = TYPE_INT64}},
    {.name = "name", .type = {.kind = TYPE_TEXT}, .is_nullable = true},
    {.name = "age", .type = {.kind = TYPE_INT32}, .is_nullable = true},
};
static const char *keys[] = {"id"};
static const struct table people = {
    .name = "people", .columns = columns, .n_columns = 3, .primary_key = keys, .n_primary_key = 1};

static enum errcode parse(struct arena *a, const struct list_params *p, struct list_query *q,
                          struct error *err)
{
    return list_parse(a, p, &people, NULL, q, err);
}

static void assert_refused(const struct list_params *p, enum errcode code, const char *where)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct error err = ERROR_INIT;
    struct list_query q;
    assert_int_equal(parse(a, p, &q, &err), code);
    assert_string_equal(err.where ? err.where : "", where);
    error_release(&err);
}

static void bad_parameters_are_refused_with_their_place(void **state)
{
    (void)state;
    assert_refused(&(struct list_params){.limit = STR("0")}, ERR_INVALID_PARAMETER, "/query/limit");
    assert_refused(&(struct list_params){.limit = STR("1001")}, ERR_INVALID_PARAMETER,
                   "/query/limit");
    assert_refused(&(struct list_params){.page = STR("x")}, ERR_INVALID_PARAMETER, "/query/page");
    assert_refused(&(struct list_params){.sort = STR("nope")}, ERR_INVALID_PARAMETER,
                   "/query/sort");
    assert_refused(&(struct list_params){.filters = STR("{\"nope\":1}")}, ERR_INVALID_PARAMETER,
                   "/query/filters/nope");
    assert_refused(&(struct list_params){.filters = STR("{\"age\":\"x\"}")}, ERR_INVALID_PARAMETER,
                   "/query/filters/age");
    assert_refused(&(struct list_params){.filters = STR("{")}, ERR_INVALID_PARAMETER,
                   "/query/filters");
    assert_refused(&(struct list_params){.cursor = STR("AAAA")}, ERR_INVALID_PARAMETER,
                   "/query/cursor");
}

/* B-54, X-17: one tree behind both forms */
static void both_forms_of_a_filter_say_the_same(void **state)
{
    const struct str forms[] = {
        STR("{\"name\":\"Ada\",\"age\":{\"gte\":18}}"),
        STR("{\"and\":[{\"field\":\"name\",\"operator\":\"=\",\"value\":\"Ada\"},"
            "{\"field\":\"age\",\"operator\":\">=\",\"value\":\"18\"}]}"),
    };
    (void)state;
    struct arena *a AUTO(arena_freep) = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        struct list_query q;
        assert_int_equal(parse(a, &(struct list_params){.filters = forms[i]}, &q, NULL), ERR_OK);
        assert_int_equal(q.query.where->op, FILTER_AND);
        assert_int_equal(q.query.where->n_args, 2);
        assert_int_equal(q.query.where->args[0]->op, FILTER_EQ);
        assert_int_equal(q.query.where->args[1]->op, FILTER_GTE);
        assert_int_equal(q.query.where->args[1]->values[0].i, 18);
    }
}

/* Nothing asked for is true, also beside something that is not. */
static void what_asks_for_nothing_is_true_of_every_row(void **state)
{
    static const struct {
        const char *filters;
        enum filter_op op; /* NONE: no condition at all */
    } cases[] = {
        {"{}", FILTER_NONE},
        {"{\"or\":[{}]}", FILTER_NONE},
        {"{\"or\":[{},{\"age\":1}]}", FILTER_NONE},
        {"{\"and\":[{},{\"age\":1}]}", FILTER_EQ},
        {"{\"or\":[]}", FILTER_FALSE},
        {"{\"not\":{}}", FILTER_FALSE},
    };
    (void)state;
    struct arena *a AUTO(arena_freep) = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct list_query q;
        assert_int_equal(
            parse(a, &(struct list_params){.filters = str_of(cases[i].filters)}, &q, NULL), ERR_OK);
        enum filter_op op = q.query.where ? q.query.where->op : FILTER_NONE;
        assert_int_equal(op, cases[i].op);
    }
}

static void nesting_has_a_limit(void **state)
{
    char text[400] = "";
    (void)state;
    for (int i = 0; i < 17; i++) {
        strcat(text, "{\"not\":");
    }
    strcat(text, "{\"age\":1}");
    for (int i = 0; i < 17; i++) {
        strcat(text, "}");
    }
    struct list_params p = {.filters = str_of(text)};
    struct arena *a AUTO(arena_freep) = arena_new();
    struct list_query q;
    assert_int_equal(parse(a, &p, &q, NULL), ERR_TOO_DEEP);
}

/* B-53 */
static void cursor_belongs_to_its_order(void **state)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct list_query q;
    struct list_query next;
    struct list_params p = {.sort = STR("name"), .fields = STR("age")};
    const struct value row[] = {value_int(7), value_text("Ada"), value_int(3)};
    (void)state;
    assert_int_equal(parse(a, &p, &q, NULL), ERR_OK);
    assert_int_equal(q.n_shown, 1);
    assert_int_equal(q.query.n_columns, 3);
    char *cursor = list_cursor(a, &q, row);
    p.cursor = str_of(cursor);
    assert_int_equal(parse(a, &p, &next, NULL), ERR_OK);
    assert_true(value_equal(next.query.after[0], row[1]));
    assert_true(value_equal(next.query.after[1], row[2]));
    p.sort = STR("-name");
    assert_int_equal(parse(a, &p, &next, NULL), ERR_INVALID_PARAMETER);
    p.sort = STR("name");
    cursor[15] = cursor[15] == 'A' ? 'B' : 'A';
    assert_int_equal(parse(a, &p, &next, NULL), ERR_INVALID_PARAMETER);
}

/* Any other text is refused, also one whose last character only differs in bits that no byte of it
 * holds: whatever is left over for each of the three lengths. */
static void cursor_has_one_text(void **state)
{
    static const char *const names[] = {"Ada", "Adam", "Adele"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct arena *a AUTO(arena_freep) = arena_new();
        struct list_query q;
        struct list_query next;
        struct list_params p = {.sort = STR("name"), .fields = STR("age")};
        const struct value row[] = {value_int(7), value_text(names[i]), value_int(3)};
        assert_int_equal(parse(a, &p, &q, NULL), ERR_OK);
        char *cursor = list_cursor(a, &q, row);
        p.cursor = str_of(cursor);
        assert_int_equal(parse(a, &p, &next, NULL), ERR_OK);
        char *last = cursor + strlen(cursor) - 1;
        const char right = *last;
        for (const char *c = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"; *c;
             c++) {
            *last = *c;
            assert_int_equal(parse(a, &p, &next, NULL),
                             *c == right ? ERR_OK : ERR_INVALID_PARAMETER);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_parameters_are_refused_with_their_place),
        cmocka_unit_test(both_forms_of_a_filter_say_the_same),
        cmocka_unit_test(what_asks_for_nothing_is_true_of_every_row),
        cmocka_unit_test(nesting_has_a_limit),
        cmocka_unit_test(cursor_belongs_to_its_order),
        cmocka_unit_test(cursor_has_one_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
