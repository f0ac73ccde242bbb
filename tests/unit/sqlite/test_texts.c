#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "base/fs.h"
#include "base/utf8.h"
#include "engine/sqlite/conn.h"
#include "engine/sqlite/dialect.h"
#include "engine/sqlite/expr_parse.h"
#include "engine/sqlite/json_check.h"
#include "engine/sqlite/storage.h"
#include "fixture.h"

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
    sql_begin(&w, &sqlite_dialect, &b, a);
    sql_expr(&w, e);
    assert_null(w.broken);
    const char *text = arena_str(a, buf_str(&b));
    buf_release(&b);
    return text;
}

static const struct expr *parse(struct arena *a, const char *text)
{
    return sqlite_expr_parse(a, str_of(text));
}

static void written_expressions_are_read_back_equal(void **state)
{
    struct arena *a = *state;
    const struct expr *x = expr_column(a, "odd \"name\"");
    const struct expr *y = expr_column(a, "y");
    const struct value values[] = {
        value_null(),       value_bool(true),       value_int(-9223372036854775807),
        value_float(0.1),   value_text("it's\n\\"), value_bytes((struct str){"\0\xff", 2}),
        value_float(1e300), value_float(-2),
    };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        const struct expr *e = expr_literal(a, values[i]);
        const struct expr *two[] = {x, e};
        const struct expr *three[] = {x, e, y};
        const struct expr *four[] = {
            expr_make(a, EXPR_COMPARE, "!=", two, 2), expr_make(a, EXPR_IN, NULL, three, 3),
            expr_make(a, EXPR_BETWEEN, NULL, three, 3), expr_make(a, EXPR_IS_NULL, NULL, two, 1)};
        const struct expr *chain = expr_make(a, EXPR_AND, NULL, four, 4);
        const struct expr * or [] = {chain, expr_make(a, EXPR_NOT, NULL, &chain, 1)};
        const struct expr *whole = expr_make(a, EXPR_OR, NULL, or, 2);
        const char *text = text_of(a, whole);
        if (!expr_equal(whole, parse(a, text))) {
            fail_msg("%s is read as %s", text, text_of(a, parse(a, text)));
        }
    }
}

static void every_portable_function_is_read_back(void **state)
{
    struct arena *a = *state;
    size_t n = 0;
    const struct sql_function *f = sqlite_functions(&n);
    const struct expr *args[] = {expr_column(a, "x"), expr_column(a, "y")};
    for (size_t i = 0; i < n; i++) {
        size_t n_args = f[i].n_args < 0 ? 2 : (size_t)f[i].n_args;
        const struct expr *e = expr_make(a, EXPR_CALL, f[i].name, args, n_args);
        assert_true(expr_function_known(f[i].name));
        if (!expr_equal(e, parse(a, text_of(a, e)))) {
            fail_msg("%s: %s", f[i].name, text_of(a, e));
        }
    }
}

static void patterns_keep_their_meaning_as_glob(void **state)
{
    struct arena *a = *state;
    static const char *const patterns[] = {"a%", "_b", "100\\%", "[x]*?", "\\\\", "%\\_%", ""};
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        const struct expr *args[] = {expr_column(a, "x"), expr_literal(a, value_text(patterns[i]))};
        const struct expr *e = expr_make(a, EXPR_LIKE, NULL, args, 2);
        if (!expr_equal(e, parse(a, text_of(a, e)))) {
            fail_msg("%s: %s", patterns[i], text_of(a, e));
        }
    }
    assert_int_equal(parse(a, "x GLOB '[a-z]*'")->kind, EXPR_RAW);
    assert_int_equal(parse(a, "x LIKE 'a%'")->kind, EXPR_RAW);
}

static void what_is_not_understood_stays_as_it_is(void **state)
{
    struct arena *a = *state;
    static const char *const texts[] = {
        "CASE WHEN a THEN b END",
        "CAST(a AS TEXT) = 'x'",
        "a IN (SELECT b FROM c)",
        "a COLLATE NOCASE",
        "t.a > 1",
        "a IS NOT DISTINCT FROM b",
        "a -> '$.x'",
        "(a, b) = (1, 2)",
        "unknown(a)",
        "CURRENT_TIMESTAMP",
        "a >",
        ") (",
        "'open",
        "99999999999999999999",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const struct expr *e = parse(a, texts[i]);
        assert_int_equal(e->kind, EXPR_RAW);
        assert_string_equal(e->name, texts[i]);
    }
}

static void deep_texts_end_in_time(void **state)
{
    struct arena *a = *state;
    char text[40001];
    memset(text, '(', 20000);
    memset(text + 20000, ')', 20000);
    text[40000] = 0;
    assert_int_equal(parse(a, text)->kind, EXPR_RAW);
    struct buf b;
    buf_init(&b, 1 << 20);
    for (int i = 0; i < 2000; i++) {
        buf_adds(&b, i % 2 ? "lower(" : "NOT (");
    }
    assert_int_equal(parse(a, buf_text(&b))->kind, EXPR_RAW);
    buf_release(&b);
}

static void names_and_texts_are_quoted_once(void **state)
{
    struct arena *a = *state;
    struct buf b;
    struct sql_writer w;
    buf_init(&b, 1 << 20);
    sql_begin(&w, &sqlite_dialect, &b, a);
    sql_ident(&w, "a\"b");
    sql_text(&w, " ");
    struct value v = value_text("'; --");
    sql_literal(&w, &v);
    assert_string_equal(buf_text(&b), "\"a\"\"b\" '''; --'");
    v = value_str((struct str){"a\0b", 3});
    sql_literal(&w, &v);
    assert_non_null(w.broken);
    sql_begin(&w, &sqlite_dialect, &b, a);
    sql_ident(&w, "");
    assert_non_null(w.broken);
    buf_release(&b);
}

static void stored_values_have_one_form(void **state)
{
    struct arena *a = *state;
    struct column instant = {.type.kind = TYPE_INSTANT};
    struct column money = {.type = {.kind = TYPE_DECIMAL, .precision = 10, .scale = 2}};
    struct column exact = {.type = {.kind = TYPE_DECIMAL, .precision = 30, .scale = 2}};
    static const char *const instants[][3] = {
        {"2026-01-31T12:00:00Z", "2026-01-31T12:00:00.000000Z", "2026-01-31T12:00:00Z"},
        {"2026-01-31T12:00:00.5Z", "2026-01-31T12:00:00.500000Z", "2026-01-31T12:00:00.500000Z"},
        {"2026-01-31T12:00:00.123456Z", "2026-01-31T12:00:00.123456Z",
         "2026-01-31T12:00:00.123456Z"},
        {"2026-01-31T14:00:00+02:00", "2026-01-31T12:00:00.000000Z", "2026-01-31T12:00:00Z"},
        {"not a time", "not a time", "not a time"},
    };
    struct buf room;
    buf_init(&room, 4096);
    for (size_t i = 0; i < sizeof instants / sizeof *instants; i++) {
        struct value stored = sqlite_encode(a, &instant, value_text(instants[i][0]));
        assert_string_equal(arena_str(a, stored.s), instants[i][1]);
        struct value back = sqlite_decode(&instant.type, stored, &room);
        assert_string_equal(arena_str(a, back.s), instants[i][2]);
    }
    struct value v = sqlite_decode(&money.type, value_float(12.5), &room);
    assert_string_equal(arena_str(a, v.s), "12.50");
    v = sqlite_decode(&money.type, value_int(-3), &room);
    assert_string_equal(arena_str(a, v.s), "-3.00");
    v = sqlite_encode(a, &exact, value_int(7));
    assert_int_equal(v.kind, VALUE_TEXT);
    assert_true(sqlite_decimal_is_text(&exact.type));
    assert_false(sqlite_decimal_is_text(&money.type));
    buf_release(&room);
}

/* The digits are ours where they are exact and printf()'s where it has to round. */
static void decimals_are_written_as_printf_would(void **state)
{
    struct arena *a = *state;
    static const double odd[] = {0.285, 1.005, -0.0,  -0.001, 0.1 + 0.2,       1e15,
                                 -1e15, 1e17,  1e300, 0.005,  999999999999.99, -123456789012.3};
    const int64_t many = 30000;
    struct buf room;
    buf_init(&room, 4096);
    for (int scale = 0; scale <= 4; scale++) {
        struct type t = {.kind = TYPE_DECIMAL, .precision = 15, .scale = scale};
        for (int64_t i = -many; i < many + (int64_t)ARRAY_LEN(odd); i++) {
            double f = i < many ? (double)(i * 7) / 100 : odd[i - many];
            struct value v = sqlite_decode(&t, value_float(f), &room);
            assert_string_equal(arena_str(a, v.s), arena_printf(a, "%.*f", scale, f));
        }
    }
    buf_release(&room);
}

/* A file of another program may keep its texts in UTF-16. */
static void texts_are_utf8_whatever_the_file_keeps(void **state)
{
    struct arena *a = *state;
    static const char *const encodings[] = {"UTF-8", "UTF-16le", "UTF-16be"};
    for (size_t i = 0; i < ARRAY_LEN(encodings); i++) {
        sqlite3 *db = NULL;
        sqlite3_stmt *s = NULL;
        assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
        const char *sql = arena_printf(a,
                                       "PRAGMA encoding = '%s'; CREATE TABLE t (c TEXT);"
                                       "INSERT INTO t VALUES ('žluť €'), (''), (NULL)",
                                       encodings[i]);
        assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_prepare_v2(db, "SELECT c FROM t", -1, &s, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(s), SQLITE_ROW);
        struct value v = conn_column(s, 0);
        assert_int_equal(v.kind, VALUE_TEXT);
        assert_string_equal(arena_str(a, v.s), "žluť €");
        assert_int_equal(conn_column(s, 0).kind, VALUE_TEXT); /* asked again */
        assert_int_equal(sqlite3_step(s), SQLITE_ROW);
        v = conn_column(s, 0);
        assert_int_equal(v.kind, VALUE_TEXT);
        assert_int_equal(v.s.n, 0);
        assert_int_equal(sqlite3_step(s), SQLITE_ROW);
        assert_int_equal(conn_column(s, 0).kind, VALUE_NULL);
        assert_int_equal(sqlite3_finalize(s), SQLITE_OK);
        assert_int_equal(sqlite3_close(db), SQLITE_OK);
    }
}

/* Files of the public suite: y_ must be taken, n_ must not. */
static void json_is_taken_and_refused_as_the_suite_says(void **state)
{
    struct arena *a = *state;
    const char *data = getenv("TELAIO_TEST_DATA");
    const char *folder = arena_printf(a, "%s/json-test-suite", data ? data : "");
    DIR *dir = opendir(folder);
    size_t n = 0;
    if (!dir) {
        skip();
    }
    for (struct dirent *e; (e = readdir(dir));) {
        struct str text;
        bool yes = e->d_name[0] == 'y';
        if (e->d_name[1] != '_' || (!yes && e->d_name[0] != 'n')) {
            continue;
        }
        assert_int_equal(
            fs_read_file(a, arena_printf(a, "%s/%s", folder, e->d_name), 1 << 20, &text, NULL), 0);
        if (!utf8_valid(text)) {
            continue; /* never gets as far as a column */
        }
        if (json_check(text) != yes) {
            fail_msg("%s", e->d_name);
        }
        n++;
    }
    closedir(dir);
    assert_true(n > 200);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(written_expressions_are_read_back_equal),
        CASE(every_portable_function_is_read_back),
        CASE(patterns_keep_their_meaning_as_glob),
        CASE(what_is_not_understood_stays_as_it_is),
        CASE(deep_texts_end_in_time),
        CASE(names_and_texts_are_quoted_once),
        CASE(stored_values_have_one_form),
        CASE(decimals_are_written_as_printf_would),
        CASE(texts_are_utf8_whatever_the_file_keeps),
        CASE(json_is_taken_and_refused_as_the_suite_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
