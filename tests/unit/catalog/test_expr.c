#include "catalog/expr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/attr.h"
#include "catalog/table.h"

static const struct expr *compare(struct arena *a, const char *column, int64_t v)
{
    const struct expr *args[] = {expr_column(a, column), expr_literal(a, value_int(v))};
    return expr_make(a, EXPR_COMPARE, ">", args, 2);
}

static void a_rename_shares_what_it_does_not_touch(void **state)
{
    (void)state;
    struct arena *a AUTO(arena_freep) = arena_new();
    const struct expr *parts[] = {compare(a, "n", 1), compare(a, "m", 2)};
    const struct expr *both = expr_make(a, EXPR_AND, NULL, parts, 2);
    assert_ptr_equal(expr_rename_column(a, both, "z", "y"), both);
    const struct expr *renamed = expr_rename_column(a, both, "N", "number");
    assert_true(expr_mentions(renamed, "number"));
    assert_false(expr_mentions(renamed, "n"));
    assert_ptr_equal(renamed->args[1], both->args[1]);
    assert_true(expr_mentions(both, "n"));
}

static void engine_text_is_renamed_by_words(void **state)
{
    (void)state;
    static const struct {
        const char *text, *renamed;
    } rows[] = {
        {"n > 0", "\"m\" > 0"},
        {"length(n) + nn + \"n\"", "length(\"m\") + nn + \"m\""},
        {"'n' || [n] || `N`", "'n' || \"m\" || \"m\""},
        {"n(1) + 'it''s n'", "n(1) + 'it''s n'"},
        {"a /* n */ -- n", "a /* n */ -- n"},
        {"1n", "1n"},
    };
    struct arena *a AUTO(arena_freep) = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_string_equal(raw_rename_name(a, rows[i].text, "n", "m"), rows[i].renamed);
    }
}

/* A column called "and" is one only in quotes: the text's own AND is no mention of it. */
static void reserved_words_are_names_in_quotes_only(void **state)
{
    (void)state;
    static const char text[] = "a IS NOT NULL AND \"and\" > 0";
    struct arena *a AUTO(arena_freep) = arena_new();
    assert_true(raw_mentions(text, "and"));
    assert_string_equal(raw_rename_name(a, text, "and", "z"), "a IS NOT NULL AND \"z\" > 0");
    assert_false(raw_mentions("a IS NOT NULL AND b > 0", "and"));
    assert_false(raw_mentions("CREATE VIEW v AS SELECT a FROM t WHERE b", "select"));
    assert_true(raw_mentions("CASE WHEN a THEN 1 ELSE 2 END", "a"));
    assert_true(raw_mentions("key > 0", "key")); /* not reserved: it may be the column */
}

static void engine_text_is_one_expression_or_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is;
    } rows[] = {
        {"a > 0", true},       {"(a) + (b)", true}, {"'it''s ; -- fine'", true},
        {"\"a;b\" = 1", true}, {"", false},         {"  ", false},
        {"a)", false},         {"(a", false},       {")(", false},
        {"a; DROP x", false},  {"a -- b", false},   {"a /* b */", false},
        {"'a", false},         {"\"a", false},      {"[a", false},
        {"'a''", false},       {"a) + (b", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(raw_is_expression(rows[i].text), rows[i].is);
    }
}

static void engine_texts_compare_modulo_layout(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1024);
    raw_canonical(&b, "  \"a\"  +\n [b]  || 'x  y' || \"c d\" ");
    assert_string_equal(buf_text(&b), "a + b || 'x  y' || \"c d\"");
    buf_release(&b);
}

static void a_copy_is_equal(void **state)
{
    (void)state;
    struct arena *a AUTO(arena_freep) = arena_new();
    const struct expr *e = compare(a, "n", 7);
    const struct expr *copy = expr_copy(a, e);
    assert_true(expr_equal(e, copy));
    assert_ptr_not_equal(e->args[0], copy->args[0]);
    assert_false(expr_equal(e, compare(a, "n", 8)));
    assert_true(expr_equal(NULL, NULL));
    assert_false(expr_equal(e, NULL));
    assert_null(expr_copy(a, NULL));
}

/* B-62, B-117: which rule becomes a CHECK of which type */
static void rules_say_what_sql_can_say(void **state)
{
    (void)state;
    struct arena *a AUTO(arena_freep) = arena_new();
    struct column c = {.name = "n", .type = {.kind = TYPE_INT64}, .rules = {.pattern = "^x"}};
    assert_null(column_rules_check(a, &c));
    c.rules.has_min = true;
    c.rules.min = 3;
    const struct expr *check = column_rules_check(a, &c);
    assert_int_equal(check->kind, EXPR_COMPARE);
    assert_int_equal(check->args[1]->value.kind, VALUE_INT);
    c.rules.has_max = true;
    c.rules.max = 4.5;
    check = column_rules_check(a, &c);
    assert_int_equal(check->kind, EXPR_AND);
    assert_int_equal(check->args[1]->args[1]->value.kind, VALUE_FLOAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rename_shares_what_it_does_not_touch),
        cmocka_unit_test(engine_text_is_renamed_by_words),
        cmocka_unit_test(reserved_words_are_names_in_quotes_only),
        cmocka_unit_test(engine_text_is_one_expression_or_refused),
        cmocka_unit_test(engine_texts_compare_modulo_layout),
        cmocka_unit_test(a_copy_is_equal),
        cmocka_unit_test(rules_say_what_sql_can_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
