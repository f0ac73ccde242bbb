#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "engine/sqlcommon/sql_writer.h"

/* Two dialects that differ in everything a dialect can say. */
static void write_bytes(struct buf *out, struct str bytes)
{
    buf_printf(out, "<%zu bytes>", bytes.n);
}

static void write_operand(struct sql_writer *w, const struct column *column)
{
    sql_ident(w, column->name);
}

static void write_like(struct sql_writer *w, const struct column *column,
                       const struct value *pattern, bool fold)
{
    sql_ident(w, column->name);
    sql_text(w, fold ? " ILIKE " : " LIKE ");
    sql_param(w, column, *pattern);
}

static void write_search(struct sql_writer *w, const struct filter *f)
{
    sql_text(w, "SEARCH(");
    sql_param(w, NULL, f->values[0]);
    sql_text(w, ")");
}

static bool write_call(struct sql_writer *w, const struct expr *e)
{
    if (strcmp(e->name, "now") != 0) {
        return false;
    }
    sql_text(w, "NOW");
    return true;
}

static void write_expr_like(struct sql_writer *w, const struct expr *text,
                            const struct expr *pattern)
{
    sql_expr(w, text);
    sql_text(w, " LIKE ");
    sql_expr(w, pattern);
}

static bool is_closed(struct arena *a, struct str text)
{
    (void)a;
    return str_find(text, ';') == text.n;
}

static struct value encode(struct arena *a, const struct column *column, struct value v)
{
    (void)a;
    return column->type.kind == TYPE_BOOLEAN && v.kind == VALUE_BOOL ? value_int(v.b) : v;
}

#define COMMON                                                                                 \
    .unlimited = "-1", .bytes = write_bytes, .literal_true = "TRUE", .literal_false = "FALSE", \
    .operand = write_operand, .like = write_like, .search = write_search, .call = write_call,  \
    .expr_like = write_expr_like, .is_closed = is_closed, .encode = encode

static const struct sql_dialect plain = {.quote = '"',
                                         .conflict_by_key = true,
                                         .nulls_clause = true,
                                         .is_distinct = {" IS NOT ", " IS "},
                                         COMMON};
static const struct sql_dialect other = {.quote = '`',
                                         .numbered_params = true,
                                         .backslash_escape = true,
                                         .empty_lists = true,
                                         .is_distinct = {NULL, " <=> "},
                                         COMMON};

static struct column columns[] = {
    {.name = "id", .type.kind = TYPE_INT64},
    {.name = "name", .type.kind = TYPE_TEXT, .is_nullable = true},
    {.name = "ok", .type.kind = TYPE_BOOLEAN, .is_nullable = true},
};
static const struct column *const all[] = {&columns[0], &columns[1], &columns[2]};
static struct table table = {.name = "t", .columns = columns, .n_columns = 3};

struct text {
    struct arena *arena;
    struct buf buf;
    struct sql_writer w;
};

static int set_up(void **state)
{
    struct arena *a = arena_new();
    struct text *t = ARENA_NEW(a, struct text);
    t->arena = a;
    buf_init(&t->buf, 1 << 20);
    *state = t;
    return 0;
}

static int tear_down(void **state)
{
    struct text *t = *state;
    buf_release(&t->buf);
    arena_free(t->arena);
    return 0;
}

static struct sql_writer *begin(struct text *t, const struct sql_dialect *d)
{
    buf_clear(&t->buf);
    sql_begin(&t->w, d, &t->buf, t->arena);
    return &t->w;
}

static void a_question_says_everything_it_asks(void **state)
{
    struct text *t = *state;
    struct value v = value_bool(true);
    struct filter f = {.op = FILTER_EQ, .column = &columns[2], .values = &v, .n_values = 1};
    struct order by[] = {{.column = &columns[1], .nulls_first = true},
                         {.column = &columns[0], .is_descending = true}};
    struct query q = {.table = &table,
                      .columns = all,
                      .n_columns = 2,
                      .where = &f,
                      .order = by,
                      .n_order = 2,
                      .limit = 50,
                      .offset = 100};
    sql_select(begin(t, &plain), &q);
    assert_string_equal(buf_text(&t->buf),
                        "SELECT \"id\", \"name\" FROM \"t\" WHERE \"ok\" = ? ORDER BY \"name\" ASC "
                        "NULLS FIRST, \"id\" DESC LIMIT ? OFFSET ?");
    assert_int_equal(t->w.n_params, 3);
    assert_int_equal(t->w.params[0].kind, VALUE_INT);
    assert_int_equal(t->w.params[2].i, 100);
    sql_select(begin(t, &other), &q);
    assert_string_equal(buf_text(&t->buf),
                        "SELECT `id`, `name` FROM `t` WHERE `ok` = $1 ORDER BY `name` ASC, `id` "
                        "DESC LIMIT $2 OFFSET $3");
    q = (struct query){.table = &table, .columns = all, .n_columns = 1, .limit = -1, .offset = 5};
    sql_select(begin(t, &plain), &q);
    assert_string_equal(buf_text(&t->buf), "SELECT \"id\" FROM \"t\" LIMIT -1 OFFSET ?");
    q.count_only = true;
    sql_select(begin(t, &plain), &q);
    assert_string_equal(buf_text(&t->buf), "SELECT count(*) FROM \"t\"");
    struct sql_writer *w = begin(t, &other);
    w->schema = "x`y";
    sql_select(w, &q);
    assert_string_equal(buf_text(&t->buf), "SELECT count(*) FROM `x``y`.`t`");
}

static void nulls_stand_where_they_are_wanted(void **state)
{
    struct text *t = *state;
    static const struct {
        bool is_descending, nulls_first;
        const char *plain, *other;
    } cases[] = {
        {false, true, "\"name\" ASC NULLS FIRST", "`name` ASC"},
        {false, false, "\"name\" ASC NULLS LAST", "`name` IS NULL, `name` ASC"},
        {true, true, "\"name\" DESC NULLS FIRST", "`name` IS NOT NULL, `name` DESC"},
        {true, false, "\"name\" DESC NULLS LAST", "`name` DESC"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct order by = {.column = &columns[1],
                           .is_descending = cases[i].is_descending,
                           .nulls_first = cases[i].nulls_first};
        struct query q = {.table = &table, .order = &by, .n_order = 1, .limit = -1};
        sql_select(begin(t, &plain), &q);
        assert_string_equal(strstr(buf_text(&t->buf), " BY ") + 4, cases[i].plain);
        sql_select(begin(t, &other), &q);
        assert_string_equal(strstr(buf_text(&t->buf), " BY ") + 4, cases[i].other);
    }
}

static void null_is_told_apart(void **state)
{
    struct text *t = *state;
    struct value v = value_bool(true);
    struct filter f = {
        .op = FILTER_IS_DISTINCT, .column = &columns[2], .values = &v, .n_values = 1};
    sql_filter(begin(t, &plain), &f);
    assert_string_equal(buf_text(&t->buf), "\"ok\" IS NOT ?");
    assert_ptr_equal(t->w.param_columns[0], &columns[2]);
    assert_int_equal(t->w.params[0].kind, VALUE_INT);
    sql_filter(begin(t, &other), &f);
    assert_string_equal(buf_text(&t->buf), "NOT (`ok` <=> $1)");
}

static void a_position_compares_column_after_column(void **state)
{
    struct text *t = *state;
    struct value after[] = {value_text("m"), value_int(7)};
    struct order by[] = {{.column = &columns[1]}, {.column = &columns[0], .is_descending = true}};
    struct query q = {.table = &table,
                      .columns = all,
                      .n_columns = 1,
                      .order = by,
                      .n_order = 2,
                      .limit = -1,
                      .after = after};
    sql_select(begin(t, &plain), &q);
    assert_string_equal(
        buf_text(&t->buf),
        "SELECT \"id\" FROM \"t\" WHERE (((\"name\" > ? OR \"name\" IS NULL)) OR (\"name\" = ? AND "
        "\"id\" < ?)) ORDER BY \"name\" ASC NULLS LAST, \"id\" DESC");
    after[0] = value_null();
    sql_select(begin(t, &plain), &q);
    assert_string_equal(buf_text(&t->buf),
                        "SELECT \"id\" FROM \"t\" WHERE ((0 = 1) OR (\"name\" IS NULL AND \"id\" < "
                        "?)) ORDER BY \"name\" ASC NULLS LAST, \"id\" DESC");
    q.order = by + 1;
    q.n_order = 1;
    q.after = after + 1;
    sql_select(begin(t, &plain), &q);
    assert_string_equal(buf_text(&t->buf),
                        "SELECT \"id\" FROM \"t\" WHERE \"id\" <= ? AND ((\"id\" < "
                        "?)) ORDER BY \"id\" DESC");
}

static void lists_come_in_few_shapes(void **state)
{
    struct text *t = *state;
    struct value values[] = {value_int(1), value_int(2), value_int(3), value_int(4), value_int(5)};
    struct filter f = {.op = FILTER_IN, .column = &columns[0], .values = values};
    static const char *const texts[] = {
        "0 = 1",
        "\"id\" IN (?)",
        "\"id\" IN (?, ?)",
        "\"id\" IN (?, ?, ?, ?)",
        "\"id\" IN (?, ?, ?, ?)",
        "\"id\" IN (?, ?, ?, ?, ?, ?, ?, ?)",
    };
    for (size_t n = 0; n <= 5; n++) {
        f.n_values = n;
        sql_filter(begin(t, &plain), &f);
        assert_string_equal(buf_text(&t->buf), texts[n]);
        for (size_t i = n; i < t->w.n_params; i++) {
            assert_int_equal(t->w.params[i].i, (int64_t)n);
        }
    }
}

static void chains_are_flat_and_nothing_is_forgotten(void **state)
{
    struct text *t = *state;
    struct value v = value_int(1);
    struct filter a = {.op = FILTER_GT, .column = &columns[0], .values = &v, .n_values = 1};
    struct filter b = {.op = FILTER_IS_NULL, .column = &columns[1]};
    const struct filter *args[] = {&a, &b, &a};
    struct filter both = {.op = FILTER_AND, .args = args, .n_args = 3};
    const struct filter *inner = &both;
    struct filter negated = {.op = FILTER_NOT, .args = &inner, .n_args = 1};
    sql_filter(begin(t, &plain), &negated);
    assert_string_equal(buf_text(&t->buf),
                        "NOT ((\"id\" > ? AND \"name\" IS NULL AND \"id\" > ?))");
    struct filter empty = {.op = FILTER_AND};
    sql_filter(begin(t, &plain), &empty);
    assert_string_equal(buf_text(&t->buf), "1 = 1");
    empty.op = FILTER_OR;
    sql_filter(begin(t, &plain), &empty);
    assert_string_equal(buf_text(&t->buf), "0 = 1");
    struct filter half = {.op = FILTER_BETWEEN, .column = &columns[0], .values = &v, .n_values = 1};
    sql_filter(begin(t, &plain), &half);
    assert_non_null(t->w.broken);
    sql_filter(begin(t, &plain), NULL);
    assert_string_equal(buf_text(&t->buf), "1 = 1");
}

static void writes_of_every_kind(void **state)
{
    struct text *t = *state;
    struct value values[] = {value_int(1), value_text("x"), value_bool(false)};
    struct write w = {.kind = WRITE_UPSERT,
                      .table = &table,
                      .columns = all,
                      .values = values,
                      .n_columns = 3,
                      .conflict = all,
                      .n_conflict = 1};
    sql_write(begin(t, &plain), &w);
    assert_string_equal(buf_text(&t->buf),
                        "INSERT INTO \"t\" (\"id\", \"name\", \"ok\") VALUES (?, ?, ?) ON CONFLICT "
                        "(\"id\") DO UPDATE SET \"name\" = excluded.\"name\", \"ok\" = "
                        "excluded.\"ok\"");
    w.n_columns = 1;
    sql_write(begin(t, &plain), &w);
    assert_string_equal(buf_text(&t->buf),
                        "INSERT INTO \"t\" (\"id\") VALUES (?) ON CONFLICT (\"id\") DO NOTHING");
    sql_write(begin(t, &other), &w);
    assert_non_null(t->w.broken);
    w.kind = WRITE_INSERT;
    w.n_columns = 0;
    sql_write(begin(t, &plain), &w);
    assert_string_equal(buf_text(&t->buf), "INSERT INTO \"t\" DEFAULT VALUES");
    sql_write(begin(t, &other), &w);
    assert_string_equal(buf_text(&t->buf), "INSERT INTO `t` () VALUES ()");
    struct filter f = {.op = FILTER_EQ, .column = &columns[0], .values = values, .n_values = 1};
    struct write u = {.kind = WRITE_UPDATE,
                      .table = &table,
                      .columns = all + 1,
                      .values = values + 1,
                      .n_columns = 2,
                      .where = &f};
    sql_write(begin(t, &other), &u);
    assert_string_equal(buf_text(&t->buf), "UPDATE `t` SET `name` = $1, `ok` = $2 WHERE `id` = $3");
    u.where = NULL;
    sql_write(begin(t, &plain), &u);
    assert_non_null(t->w.broken);
    struct write d = {.kind = WRITE_DELETE, .table = &table, .all_rows = true};
    sql_write(begin(t, &plain), &d);
    assert_string_equal(buf_text(&t->buf), "DELETE FROM \"t\"");
    assert_null(t->w.broken);
    d.all_rows = false;
    sql_write(begin(t, &plain), &d);
    assert_non_null(t->w.broken);
}

/* B-17, B-26: one writer quotes for each dialect */
static void literals_and_names_are_quoted(void **state)
{
    struct text *t = *state;
    const struct {
        struct value value;
        const char *plain, *other;
    } cases[] = {
        {value_null(), "NULL", "NULL"},
        {value_bool(true), "TRUE", "TRUE"},
        {value_int(INT64_MIN), "(-9223372036854775807 - 1)", "(-9223372036854775807 - 1)"},
        {value_float(1), "1.0", "1.0"},
        {value_float(0.1), "0.1", "0.1"},
        {value_float(1.0 / 0.0), "9e999", "9e999"},
        {value_text("a'b\\"), "'a''b\\'", "'a''b\\\\'"},
        {value_bytes((struct str){"abc", 3}), "<3 bytes>", "<3 bytes>"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sql_literal(begin(t, &plain), &cases[i].value);
        assert_string_equal(buf_text(&t->buf), cases[i].plain);
        sql_literal(begin(t, &other), &cases[i].value);
        assert_string_equal(buf_text(&t->buf), cases[i].other);
    }
    sql_ident(begin(t, &plain), "we\"ird`");
    assert_string_equal(buf_text(&t->buf), "\"we\"\"ird`\"");
    sql_ident(begin(t, &other), "we\"ird`");
    assert_string_equal(buf_text(&t->buf), "`we\"ird```");
}

/* B-26: a tree goes in, never text that somebody glued */
static void expressions_are_bracketed(void **state)
{
    struct text *t = *state;
    struct arena *a = t->arena;
    const struct expr *two[] = {expr_column(a, "x"), expr_literal(a, value_int(2))};
    const struct expr *sum = expr_make(a, EXPR_ARITH, "+", two, 2);
    const struct expr *less[] = {sum, expr_make(a, EXPR_CALL, "now", NULL, 0)};
    const struct expr *parts[] = {expr_make(a, EXPR_COMPARE, "!=", less, 2),
                                  expr_make(a, EXPR_IN, NULL, two, 2), expr_raw(a, "x IS y")};
    sql_expr(begin(t, &plain), expr_make(a, EXPR_OR, NULL, parts, 3));
    assert_string_equal(buf_text(&t->buf), "(((\"x\" + 2) <> NOW) OR (\"x\" IN (2)) OR x IS y)");
    assert_null(t->w.broken);
    static const struct expr unknown = {.kind = EXPR_CALL, .name = "sleep"};
    static const struct expr odd = {.kind = EXPR_COMPARE, .name = "; DROP"};
    const struct expr *bad[] = {&unknown, &odd, expr_raw(a, "1; DROP TABLE t"),
                                expr_make(a, EXPR_BETWEEN, NULL, two, 2)};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        sql_expr(begin(t, &plain), bad[i]);
        assert_non_null(t->w.broken);
    }
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(a_question_says_everything_it_asks),
        CASE(nulls_stand_where_they_are_wanted),
        CASE(null_is_told_apart),
        CASE(a_position_compares_column_after_column),
        CASE(lists_come_in_few_shapes),
        CASE(chains_are_flat_and_nothing_is_forgotten),
        CASE(writes_of_every_kind),
        CASE(literals_and_names_are_quoted),
        CASE(expressions_are_bracketed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
