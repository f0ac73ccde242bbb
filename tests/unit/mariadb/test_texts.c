/* cmocka needs these before its own header */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/attr.h"
#include "engine/mariadb/structure.h"
#include "engine/mariadb/type_list.h"
#include "engine/mariadb/types.h"
#include "engine/sqlcommon/sql_parse.h"

static int set_up(void **state)
{
    *state = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    arena_free(*state);
    return 0;
}

static const char *text_of(struct arena *a, const struct expr *e)
{
    struct buf b;
    struct sql_writer w;
    buf_init(&b, 1 << 20);
    sql_begin(&w, &mariadb_dialect, &b, a);
    sql_expr(&w, e);
    assert_null(w.broken);
    const char *text = arena_str(a, buf_str(&b));
    buf_release(&b);
    return text;
}

static const struct expr *parse(struct arena *a, const char *text)
{
    return my_expr_read(a, str_of(text));
}

static void column_types_mean_what_they_say(void **state)
{
    struct arena *a = *state;
    static const struct {
        const char *declared, *logical;
        bool is_unsigned;
    } types[] = {
        {"tinyint(1)", "boolean", false},
        {"tinyint(4)", "int16", false},
        {"smallint(5) unsigned", "int16", true},
        {"mediumint(9)", "int32", false},
        {"int(11)", "int32", false},
        {"int(10) unsigned zerofill", "int32", true},
        {"bigint(20)", "int64", false},
        {"decimal(10,2)", "decimal(10,2)", false},
        {"decimal(20,0) unsigned", "decimal(20,0)", true},
        {"float", "float32", false},
        {"double unsigned", "float64", true},
        {"char(2)", "char(2)", false},
        {"varchar(120)", "text(120)", false},
        {"varchar(747)", "text", false},
        {"varchar(187)", "text", false},
        {"tinytext", "text", false},
        {"text", "text", false},
        {"longtext", "text", false},
        {"varbinary(20)", "bytes", false},
        {"mediumblob", "bytes", false},
        {"date", "date", false},
        {"time", "time", false},
        {"time(6)", "time", false},
        {"datetime", "localdatetime", false},
        {"datetime(3)", "localdatetime", false},
        {"datetime(6)", "instant", false},
        {"timestamp", "instant", false},
        {"timestamp(6) on update current_timestamp(6)", "instant", false},
        {"uuid", "uuid", false},
        {"json", "json", false},
        {"enum('a','it''s')", "enum", false},
        {"year(4)", "native(year(4))", false},
        {"set('a','b')", "native(set('a','b'))", false},
        {"bit(3)", "native(bit(3))", false},
        {"inet6", "native(inet6)", false},
        {"geometry", "native(geometry)", false},
        {"int(11) INVISIBLE", "int32", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        struct type t = mariadb_type_of(a, types[i].declared);
        assert_string_equal(type_logical_text(a, &t), types[i].logical);
        assert_int_equal(t.is_unsigned, types[i].is_unsigned);
        assert_string_equal(mariadb_declare(a, &t), types[i].declared);
    }
    struct type labels = mariadb_type_of(a, "enum('a','it''s')");
    assert_int_equal(labels.n_values, 2);
    assert_string_equal(labels.values[1], "it's");
}

/* Declared and checked as the server keeps it, a type reads as itself. */
static void every_logical_type_comes_back(void **state)
{
    struct arena *a = *state;
    static const char *const logical[] = {
        "boolean",       "int16",          "int32",        "int64",
        "decimal(12,3)", "decimal(65,38)", "float32",      "float64",
        "text",          "text(1)",        "text(16383)",  "text(20000)",
        "text(747)",     "char(2)",        "char(300)",    "char",
        "bytes",         "date",           "time",         "localdatetime",
        "instant",       "interval",       "uuid",         "json",
        "objectid",      "array",          "array(int64)", "array(text(20))",
    };
    for (int is_mysql = 0; is_mysql < 2; is_mysql++) {
        for (size_t i = 0; i < ARRAY_LEN(logical); i++) {
            struct column c = {.name = "odd `name`"};
            assert_int_equal(type_parse(a, logical[i], &c.type, NULL), ERR_OK);
            const char *declared = my_declare(a, &c.type, is_mysql);
            const struct expr *check = my_type_check(a, &c, is_mysql);
            assert_non_null(declared);
            struct column back = {.name = c.name, .type = mariadb_type_of(a, declared)};
            if (check) {
                assert_true(my_type_refine(a, &back, check, is_mysql));
            }
            assert_string_equal(type_logical_text(a, &back.type), logical[i]);
        }
    }
}

static void enums_come_back_with_their_labels(void **state)
{
    struct arena *a = *state;
    static const char *const labels[] = {"new", "it's", "", "trailing "};
    for (size_t n = 1; n <= ARRAY_LEN(labels); n++) {
        struct column c = {.name = "state",
                           .type = {.kind = TYPE_ENUM, .values = labels, .n_values = n}};
        const struct expr *check = mariadb_type_check(a, &c);
        struct column back = {.name = "state",
                              .type = mariadb_type_of(a, mariadb_declare(a, &c.type))};
        assert_true(my_type_refine(a, &back, check, false));
        assert_true(type_equal(&back.type, &c.type));
    }
}

/* What the sources route tells is what is declared. */
static void the_list_of_types_is_true(void **state)
{
    struct arena *a = *state;
    static const char *const labels[] = {"a", "b"};
    for (size_t i = 0; i < MY_TYPE_LIST_N; i++) {
        struct type t = {.kind = TYPE_ENUM, .values = labels, .n_values = ARRAY_LEN(labels)};
        const char *logical = my_type_list[i].logical, *native = my_type_list[i].native;
        static const struct {
            const char *pattern, *logical, *native;
        } patterns[] = {
            {"decimal(p,s)", "decimal(10,2)", "decimal(10,2)"},
            {"text(n)", "text(20)", "varchar(20)"},
            {"char(n)", "char(20)", "char(20)"},
            {"array(t)", "array(int64)", "longtext"},
            {"enum", "enum", "varchar(1)"},
        };
        for (size_t k = 0; k < ARRAY_LEN(patterns); k++) {
            if (strcmp(logical, patterns[k].pattern) == 0) {
                logical = patterns[k].logical;
                native = patterns[k].native;
                break;
            }
        }
        if (strcmp(logical, "enum") != 0) {
            assert_int_equal(type_parse(a, logical, &t, NULL), ERR_OK);
        }
        assert_string_equal(mariadb_declare(a, &t), native);
    }
}

/* A rule that looks like a type's own is one all the same when the column says otherwise. */
static void rules_are_not_taken_for_types(void **state)
{
    struct arena *a = *state;
    static const struct {
        const char *declared, *check;
    } columns[] = {
        {"int(11)", "`c` in (0,1)"},
        {"tinyint(1)", "`c` in (0,1,2)"},
        {"varchar(20)", "char_length(`c`) <= 10"},
        {"longtext", "json_valid(`d`)"},
        {"bigint(20)", "`c` > 0"},
        {"datetime", "'localdatetime' <> ''"},
        {"varchar(9)", "`c` in ('a','b') and `c` > 'a'"},
    };
    for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
        struct column c = {.name = "c", .type = mariadb_type_of(a, columns[i].declared)};
        struct type before = c.type;
        assert_false(my_type_refine(a, &c, parse(a, columns[i].check), false));
        assert_true(type_equal(&before, &c.type));
    }
}

static void what_there_is_no_type_for_is_refused(void **state)
{
    struct arena *a = *state;
    static const char *const logical[] = {"decimal", "decimal(66,2)", "decimal(60,39)"};
    for (size_t i = 0; i < ARRAY_LEN(logical); i++) {
        struct type t;
        assert_int_equal(type_parse(a, logical[i], &t, NULL), ERR_OK);
        assert_null(mariadb_declare(a, &t));
    }
    /* a native text must not leave its place */
    struct type bad = {.kind = TYPE_NATIVE, .native = "int, x int"};
    assert_null(mariadb_declare(a, &bad));
    bad.native = "int /*! primary key */";
    assert_null(mariadb_declare(a, &bad));
    bad.native = "enum('a') # ";
    assert_null(mariadb_declare(a, &bad));
}

/* As the server prints it, and what it means. */
static void printed_conditions_are_understood(void **state)
{
    struct arena *a = *state;
    static const struct {
        const char *printed, *means;
    } texts[] = {
        {"`a` > 0 and (`b` = 'it\\'s' or `b` is null)",
         "((`a` > 0) AND ((`b` = 'it''s') OR (`b` IS NULL)))"},
        {"octet_length(`s`) < 3", NULL},
        {"char_length(`s`) <= 10", "(char_length(`s`) <= 10)"},
        {"lcase(`s`) <> ucase(`s`)", "(lcase(`s`) <> ucase(`s`))"},
        {"`s` like 'a\\\\%b%' escape '\\\\'", "(`s` LIKE 'a\\%b%' ESCAPE '\\')"},
        {"`s`  not like 'b%'", "(NOT (`s` LIKE 'b%' ESCAPE '\\'))"},
        {"`s` like 'b\\\\%'", NULL},
        {"`id` between 1 and 3", "(`id` BETWEEN 1 AND 3)"},
        {"`id` not between 1 and 3", "(NOT (`id` BETWEEN 1 AND 3))"},
        {"`s` in ('a',_utf8mb4'b')", "(`s` IN ('a', 'b'))"},
        {"!(`a` = 1)", "(NOT (`a` = 1))"},
        {"!(`s` <=> 'a')", NULL},
        {"concat(`a`,'x',`b`)", "concat(concat(`a`, 'x'), `b`)"},
        {"(`id` + 1) * 2 - 3 / 4", "(((`id` + 1) * 2) - (3 / 4))"},
        {"-`id` < 0", NULL},
        {"`x` = X'00ff'", "(`x` = x'00ff')"},
        {"round(`n`,0)", "round(`n`,0)"},
        {"round(`n`,2)", NULL},
        {"`a` is true", NULL},
        {"case when `a` then 1 end", NULL},
        {"current_timestamp()", "current_timestamp(6)"},
        {"1.50", "1.5"},
        {"'a\\nb\\tc'", "'a\nb\tc'"},
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        const struct expr *e = parse(a, texts[i].printed);
        if (texts[i].means) {
            assert_string_equal(text_of(a, e), texts[i].means);
        } else {
            assert_int_equal(e->kind, EXPR_RAW);
        }
    }
}

static void raw_text_loses_the_servers_backslashes(void **state)
{
    struct arena *a = *state;
    const struct expr *e = parse(a, "`a` regexp 'it\\'s \\\\d' and `b\\` = 'x\\\\'");
    assert_int_equal(e->kind, EXPR_RAW);
    assert_string_equal(e->name, "`a` regexp 'it''s \\d' and `b\\` = 'x\\'");
}

static void every_portable_function_is_written(void **state)
{
    struct arena *a = *state;
    size_t n = 0;
    const struct sql_function *f = my_functions(&n);
    const struct expr *args[] = {expr_column(a, "x"), expr_column(a, "y")};
    for (size_t i = 0; i < n; i++) {
        size_t n_args = f[i].n_args < 0 ? 2 : (size_t)f[i].n_args;
        const struct expr *e = expr_make(a, EXPR_CALL, f[i].name, args, n_args);
        assert_true(expr_function_known(f[i].name));
        assert_true(expr_equal(e, parse(a, text_of(a, e))));
    }
}

static void texts_that_leave_their_place_are_not_closed(void **state)
{
    struct arena *a = *state;
    static const char *const open[] = {"a) or (b",   "a; b",  "'a",     "a -- b", "a /* b */ c",
                                       "a /*! b */", "a # b", "[a) b]", "",       "`a"};
    static const char *const closed[] = {"a", "(a) or (b)", "'#;--/*'", "`a;b` > 1", "\"x)\" = a"};
    for (size_t i = 0; i < ARRAY_LEN(open); i++) {
        if (my_is_closed(a, str_of(open[i]))) {
            fail_msg("closed: %s", open[i]);
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(closed); i++) {
        if (!my_is_closed(a, str_of(closed[i]))) {
            fail_msg("open: %s", closed[i]);
        }
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(column_types_mean_what_they_say),    TEST(every_logical_type_comes_back),
        TEST(enums_come_back_with_their_labels),  TEST(the_list_of_types_is_true),
        TEST(rules_are_not_taken_for_types),      TEST(what_there_is_no_type_for_is_refused),
        TEST(printed_conditions_are_understood),  TEST(raw_text_loses_the_servers_backslashes),
        TEST(every_portable_function_is_written), TEST(texts_that_leave_their_place_are_not_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
