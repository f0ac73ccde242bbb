#include "fixture.h"

#include <string.h>

#include "base/buf.h"

/* Reading and writing rows: every type both ways, long streams, several cursors at once. */

static int set_up(void **state)
{
    *state = fixture_open(NULL);
    return 0;
}

static int tear_down(void **state)
{
    fixture_close(*state);
    return 0;
}

static const struct column *const *all_columns(struct fixture *f, const struct table *t)
{
    const struct column **columns = ARENA_ARRAY(f->arena, t->n_columns, const struct column *);
    for (size_t i = 0; i < t->n_columns; i++) {
        columns[i] = &t->columns[i];
    }
    return columns;
}

struct job {
    const struct write *writes;
    size_t n;
    struct write_result *results;
    int n_runs;
};

static enum errcode write_all(struct session *s, void *arg, struct error *err)
{
    struct job *j = arg;
    j->n_runs++;
    for (size_t i = 0; i < j->n; i++) {
        TRY(engine_write(s, &j->writes[i], &j->results[i], err));
    }
    return ERR_OK;
}

static enum errcode write_one(struct fixture *f, const struct write *w, struct write_result *out)
{
    struct write_result result = {0};
    struct job j = {.writes = w, .n = 1, .results = out ? out : &result};
    error_release(&f->err);
    return engine_transact(f->engine, STR("store"), write_all, &j, &f->err);
}

static void add_value(struct buf *b, const struct value *v)
{
    switch (v->kind) {
    case VALUE_NULL:
        buf_adds(b, "null");
        return;
    case VALUE_BOOL:
        buf_adds(b, v->b ? "true" : "false");
        return;
    case VALUE_INT:
        buf_add_int64(b, v->i);
        return;
    case VALUE_FLOAT:
        buf_addc(b, '~');
        buf_add_double(b, v->f);
        return;
    case VALUE_TEXT:
        buf_addc(b, '\'');
        buf_add_str(b, v->s);
        buf_addc(b, '\'');
        return;
    case VALUE_BYTES:
        buf_printf(b, "<%zu>", v->s.n);
        return;
    }
}

/* The rows of @q, "a, b; c, d". */
static const char *read_all(struct fixture *f, const struct query *q)
{
    struct session *s = NULL;
    struct cursor *c = NULL;
    const struct value *row = NULL;
    struct buf b;
    buf_init(&b, 1 << 20);
    assert_ok(f, engine_session_begin(f->engine, STR("store"), ACCESS_READ, &s, &f->err));
    assert_ok(f, engine_select(s, q, &c, &f->err));
    for (;;) {
        assert_ok(f, engine_cursor_next(c, &row, &f->err));
        if (!row) {
            break;
        }
        buf_adds(&b, b.n ? "; " : "");
        for (size_t i = 0; i < (q->count_only ? 1 : q->n_columns); i++) {
            buf_adds(&b, i ? ", " : "");
            add_value(&b, &row[i]);
        }
    }
    engine_session_end(s);
    const char *text = arena_str(f->arena, buf_str(&b));
    buf_release(&b);
    return text;
}

static struct query everything(struct fixture *f, const struct table *t)
{
    return (struct query){
        .table = t, .columns = all_columns(f, t), .n_columns = t->n_columns, .limit = -1};
}

static void every_type_comes_back(void **state)
{
    struct fixture *f = *state;
    fixture_sql(f,
                "CREATE TABLE ty (id BIGINT PRIMARY KEY AUTO_INCREMENT, b TINYINT(1), i2 SMALLINT,"
                " i4 INT, i8 BIGINT, d DECIMAL(30,10), f4 FLOAT, f8 DOUBLE, s VARCHAR(40), l "
                "LONGTEXT, y LONGBLOB, da DATE, ti TIME(6), ld DATETIME(6), at DATETIME(6), u UUID,"
                " j JSON, a JSON, e ENUM('x','y'))",
                NULL);
    const struct table *t =
        fixture_table(f, "ty", "id BIGINT+", "b boolean?", "i2 int16?", "i4 int32?", "i8 int64?",
                      "d decimal(30,10)?", "f4 REAL?", "f8 DOUBLE?", "s string(40)?", "l text?",
                      "y binary?", "da date?", "ti time?", "ld localdatetime?", "at datetime?",
                      "u uuid?", "j json?", "a array?", "e text?", NULL);
    const struct value values[] = {
        value_null(),
        value_bool(true),
        value_int(-32768),
        value_int(2147483647),
        value_int(INT64_MIN),
        value_text("-12345678901234567890.0123456789"),
        value_float(0.1),
        value_float(1.0 / 3),
        value_text("it's \\ \"\xf0\x9f\x98\x80\" \xc3\xa9"),
        value_text(""),
        value_bytes((struct str){"\0\xff'\\", 4}),
        value_text("2026-02-28"),
        value_text("23:59:59.5"),
        value_text("2026-01-31T12:00:00.25"),
        value_text("2050-01-31T12:00:00.5Z"),
        value_text("0f8fad5b-d9cb-469f-a165-70867728950e"),
        value_text("{\"a\":[1,\"b c\"]}"),
        value_text("[1,2]"),
        value_text("y"),
    };
    struct write w = {.kind = WRITE_INSERT,
                      .table = t,
                      .columns = all_columns(f, t) + 1,
                      .values = values + 1,
                      .n_columns = t->n_columns - 1};
    struct write_result r = {0};
    assert_ok(f, write_one(f, &w, &r));
    assert_int_equal(r.n_rows, 1);
    assert_int_equal(r.last_id, 1);
    struct query q = everything(f, t);
    assert_string_equal(
        read_all(f, &q),
        "1, true, -32768, 2147483647, -9223372036854775808, '-12345678901234567890.0123456789', "
        "~0.1, ~0.3333333333333333, 'it's \\ \"\xf0\x9f\x98\x80\" \xc3\xa9', '', <4>, "
        "'2026-02-28', '23:59:59.5', '2026-01-31T12:00:00.25', '2050-01-31T12:00:00.5Z', "
        "'0f8fad5b-d9cb-469f-a165-70867728950e', '{\"a\":[1,\"b c\"]}', '[1,2]', 'y'");
    w.n_columns = 0;
    assert_ok(f, write_one(f, &w, &r));
    assert_int_equal(r.last_id, 2);
    struct value two = value_int(2);
    q.where = filter_compare(f->arena, FILTER_EQ, &t->columns[0], two);
    assert_string_equal(read_all(f, &q), "2, null, null, null, null, null, null, null, null, null, "
                                         "null, null, null, null, null, null, null, null, null");
}

/* What other programs keep: numbers without sign, bits, years, days of zeros, times of a month. */
static void strange_values_are_read(void **state)
{
    struct fixture *f = *state;
    fixture_sql(f,
                "CREATE TABLE st (id INT PRIMARY KEY, n BIGINT UNSIGNED, b BIT(10), y YEAR, da "
                "DATE, ti TIME, at DATETIME, j LONGTEXT, s SET('a','b'), tiny TINYINT UNSIGNED, "
                "m MEDIUMINT, ts TIMESTAMP NULL, x VARBINARY(5), ip INET6, g POINT)",
                "SET sql_mode = '', time_zone = '+00:00'",
                "INSERT INTO st VALUES (1, 18446744073709551615, 513, 1999, '0000-00-00', "
                "'-838:59:59', '0000-00-00 00:00:00', '[1, {\"a\" : \"b  c\\\\\" d\"}]', 'a,b', "
                "255, -8388608, '2026-01-01 00:00:00', 'abc', '::1', POINT(1,2))",
                "INSERT INTO st VALUES (2, 9223372036854775807, 0, 0, '2026-00-00', '100:00:00', "
                "'2026-01-31 00:00:00', 'true', '', 0, 1, NULL, '', NULL, NULL)",
                NULL);
    const struct table *t =
        fixture_table(f, "st", "id int32", "n int64?", "b native?", "y native?", "da date?",
                      "ti time?", "at datetime?", "j json?", "s native?", "tiny int16?", "m int32?",
                      "ts datetime?", "x binary?", "ip native?", "g native?", NULL);
    struct query q = everything(f, t);
    assert_string_equal(
        read_all(f, &q),
        "1, '18446744073709551615', 513, 1999, '0000-00-00', '-838:59:59', "
        "'0000-00-00T00:00:00Z', '[1,{\"a\":\"b  c\\\" d\"}]', 'a,b', 255, -8388608, "
        "'2026-01-01T00:00:00Z', <3>, '::1', <25>; 2, 9223372036854775807, 0, 0, '2026-00-00', "
        "'100:00:00', '2026-01-31T00:00:00Z', 'true', '', 0, 1, null, <0>, null, null");
}

static void decimals_compare_exactly(void **state)
{
    struct fixture *f = *state;
    fixture_sql(f, "CREATE TABLE de (id INT PRIMARY KEY, d DECIMAL(30,5))",
                "INSERT INTO de VALUES (1, 9007199254740993.00001), (2, 9007199254740993.00002)",
                NULL);
    const struct table *t = fixture_table(f, "de", "id int32", "d decimal(30,5)", NULL);
    struct query q = everything(f, t);
    q.where =
        filter_compare(f->arena, FILTER_EQ, &t->columns[1], value_text("9007199254740993.00002"));
    assert_string_equal(read_all(f, &q), "2, '9007199254740993.00002'");
}

static void fill(struct fixture *f, const char *name, int n)
{
    fixture_sql(
        f, arena_printf(f->arena, "CREATE TABLE %s (id INT PRIMARY KEY, s VARCHAR(200))", name),
        arena_printf(f->arena, "INSERT INTO %s SELECT seq, repeat('x', 150) FROM seq_1_to_%d", name,
                     n),
        NULL);
}

static void a_long_answer_is_streamed(void **state)
{
    struct fixture *f = *state;
    fill(f, "lo", 100000);
    const struct table *t = fixture_table(f, "lo", "id int32", "s text", NULL);
    struct query q = everything(f, t);
    struct session *s = NULL;
    struct cursor *c = NULL;
    const struct value *row = NULL;
    assert_ok(f, engine_session_begin(f->engine, STR("store"), ACCESS_READ, &s, &f->err));
    assert_ok(f, engine_select(s, &q, &c, &f->err));
    int64_t sum = 0;
    int64_t n = 0;
    size_t memory = 0;
    for (;;) {
        assert_ok(f, engine_cursor_next(c, &row, &f->err));
        if (!row) {
            break;
        }
        sum += row[0].i;
        if (++n == 100) {
            memory = arena_bytes(s->arena);
        }
    }
    assert_int_equal(n, 100000);
    assert_int_equal(sum, (int64_t)100000 * 100001 / 2);
    assert_int_equal(arena_bytes(s->arena), memory);
    assert_ok(f, engine_cursor_next(c, &row, &f->err));
    assert_null(row);
    engine_session_end(s);
}

/* A cursor left early, small and large, in a read and in a write; what comes next is right. */
static void a_reader_may_leave(void **state)
{
    struct fixture *f = *state;
    const struct table *t = fixture_table(f, "lo", "id int32", "s text", NULL);
    struct query q = everything(f, t);
    for (int64_t limit = 10; limit < 100000; limit *= 90) {
        struct session *s = NULL;
        q.limit = limit;
        assert_ok(f, engine_session_begin(f->engine, STR("store"), ACCESS_READ, &s, &f->err));
        for (int i = 0; i < 3; i++) {
            const struct value *row = NULL;
            struct cursor *c = NULL;
            assert_ok(f, engine_select(s, &q, &c, &f->err));
            assert_ok(f, engine_cursor_next(c, &row, &f->err));
            assert_int_equal(row[0].i, 1);
            engine_cursor_close(c);
        }
        engine_session_end(s);
    }
}

struct leaving {
    const struct table *t, *small;
    int64_t n;
};

static enum errcode leave_in_write(struct session *s, void *arg, struct error *err)
{
    struct leaving *l = arg;
    const struct column *columns[] = {&l->t->columns[0], &l->t->columns[1]};
    struct query q = {.table = l->t, .columns = columns, .n_columns = 2, .limit = -1};
    struct query one = {.table = l->small, .count_only = true};
    struct value values[] = {value_int(1), value_text("kept")};
    struct write w = {.kind = WRITE_INSERT,
                      .table = l->small,
                      .columns = columns,
                      .values = values,
                      .n_columns = 2};
    const struct value *row = NULL;
    struct cursor *c = NULL;
    struct write_result r;
    TRY(engine_write(s, &w, &r, err));
    TRY(engine_select(s, &q, &c, err));
    TRY(engine_cursor_next(c, &row, err));
    engine_cursor_close(c);
    TRY(engine_select(s, &one, &c, err));
    TRY(engine_cursor_next(c, &row, err));
    l->n = row[0].i;
    engine_cursor_close(c);
    return ERR_OK;
}

static void a_write_goes_on_behind_a_long_read(void **state)
{
    struct fixture *f = *state;
    fixture_sql(f, "CREATE TABLE le (id INT PRIMARY KEY, s VARCHAR(200))", NULL);
    struct leaving l = {.t = fixture_table(f, "lo", "id int32", "s text", NULL),
                        .small = fixture_table(f, "le", "id int32", "s text", NULL)};
    assert_ok(f, engine_transact(f->engine, STR("store"), leave_in_write, &l, &f->err));
    assert_int_equal(l.n, 1);
    assert_string_equal(fixture_text(f, "SELECT s FROM le"), "kept");
}

static void cursors_stand_beside_each_other(void **state)
{
    struct fixture *f = *state;
    fill(f, "tw", 1000);
    const struct table *t = fixture_table(f, "tw", "id int32", "s text", NULL);
    struct query q = everything(f, t);
    struct session *s = NULL;
    struct cursor *c[3] = {NULL};
    const struct value *row = NULL;
    assert_ok(f, engine_session_begin(f->engine, STR("store"), ACCESS_READ, &s, &f->err));
    for (int i = 0; i < 3; i++) {
        assert_ok(f, engine_select(s, &q, &c[i], &f->err));
        assert_ok(f, engine_cursor_next(c[i], &row, &f->err));
        assert_int_equal(row[0].i, 1);
    }
    for (int n = 2; n <= 1000; n++) {
        for (int i = 2; i >= 0; i--) {
            assert_ok(f, engine_cursor_next(c[i], &row, &f->err));
            assert_non_null(row);
            assert_int_equal(row[0].i, n);
            assert_int_equal(row[1].s.n, 150);
        }
    }
    for (int i = 0; i < 3; i++) {
        assert_ok(f, engine_cursor_next(c[i], &row, &f->err));
        assert_null(row);
    }
    engine_session_end(s);
}

/* Rows that match count, also those that had the values already; a key of another name refuses. */
static void writes_of_every_kind(void **state)
{
    struct fixture *f = *state;
    fixture_sql(
        f,
        "CREATE TABLE wr (id INT PRIMARY KEY AUTO_INCREMENT, k VARCHAR(10) UNIQUE, n INT, m "
        "INT, UNIQUE KEY wr_m (m))",
        "INSERT INTO wr VALUES (1, 'a', 1, 1), (2, 'b', 2, 2), (3, NULL, 3, 3)", NULL);
    const struct table *t =
        fixture_table(f, "wr", "id INTEGER+", "k text?", "n int32?", "m int32?", NULL);
    const struct column *n_column[] = {&t->columns[2]};
    struct value two = value_int(2);
    struct write w = {.kind = WRITE_UPDATE,
                      .table = t,
                      .columns = n_column,
                      .values = &two,
                      .n_columns = 1,
                      .where = filter_compare(f->arena, FILTER_EQ, &t->columns[0], two)};
    struct write_result r = {0};
    assert_ok(f, write_one(f, &w, &r));
    assert_int_equal(r.n_rows, 1);

    const struct column *conflict[] = {&t->columns[1]};
    struct value values[] = {value_text("b"), value_int(20), value_int(2)};
    w = (struct write){.kind = WRITE_UPSERT,
                       .table = t,
                       .columns = all_columns(f, t) + 1,
                       .values = values,
                       .n_columns = 3,
                       .conflict = conflict,
                       .n_conflict = 1};
    assert_ok(f, write_one(f, &w, &r));
    assert_int_equal(r.n_rows, 1);
    assert_int_equal(r.n_inserted, 0);
    values[0] = value_text("c");
    values[2] = value_int(30);
    assert_ok(f, write_one(f, &w, &r));
    assert_int_equal(r.n_inserted, 1);
    values[0] = value_text("d");
    values[2] = value_int(1); /* the m of another row */
    assert_int_equal(write_one(f, &w, &r), ERR_UNIQUE_VIOLATION);
    values[0] = value_text("b");
    assert_int_equal(write_one(f, &w, &r), ERR_UNIQUE_VIOLATION);
    values[0] = value_null(); /* collides with nothing but its m */
    assert_int_equal(write_one(f, &w, &r), ERR_UNIQUE_VIOLATION);
    w.n_columns = 1;
    values[0] = value_text("b");
    assert_ok(f, write_one(f, &w, &r));
    assert_int_equal(r.n_rows, 0);
    w.n_columns = 3;
    w.keep = n_column;
    w.n_keep = 1;
    values[1] = value_int(99);
    values[2] = value_int(40);
    assert_ok(f, write_one(f, &w, &r));
    assert_string_equal(
        fixture_text(f, "SELECT group_concat(concat_ws(':', k, n, m) ORDER BY id SEPARATOR ' ') "
                        "FROM wr"),
        "a:1:1 b:20:40 3:3 c:20:30");
    w = (struct write){.kind = WRITE_DELETE, .table = t, .all_rows = true};
    assert_ok(f, write_one(f, &w, &r));
    assert_int_equal(r.n_rows, 4);
}

static void violations_say_where(void **state)
{
    struct fixture *f = *state;
    fixture_sql(f, "CREATE TABLE pa (id INT PRIMARY KEY)",
                "CREATE TABLE vi (id INT PRIMARY KEY, k VARCHAR(11), n INT NOT NULL CHECK (n > 0), "
                "p INT, UNIQUE KEY vi_k (k), CONSTRAINT vi_p FOREIGN KEY (p) REFERENCES pa (id), "
                "CONSTRAINT small CHECK (n < 100))",
                "INSERT INTO pa VALUES (1)", "INSERT INTO vi VALUES (1, 'for key ''x''', 1, 1)",
                NULL);
    struct table *t = table_copy(
        f->arena, fixture_table(f, "vi", "id int32", "k text?", "n int32", "p int32?", NULL));
    struct index_key key = {.column = "k"};
    struct index index = {.name = "vi_k", .is_unique = true, .keys = &key, .n_keys = 1};
    const struct expr *parts[] = {expr_column(f->arena, "n"),
                                  expr_literal(f->arena, value_int(100))};
    struct check check = {.name = "small",
                          .expr = expr_make(f->arena, EXPR_COMPARE, "<", parts, 2)};
    t->indexes = &index;
    t->n_indexes = 1;
    t->checks = &check;
    t->n_checks = 1;
    static const struct {
        struct value values[4];
        enum errcode code;
        const char *where, *params;
    } cases[] = {
        {{{.kind = VALUE_INT, .i = 1}, {0}, {.kind = VALUE_INT, .i = 5}, {0}},
         ERR_UNIQUE_VIOLATION,
         "/id",
         "{\"table\":\"vi\",\"columns\":[\"id\"],\"constraint\":\"PRIMARY\"}"},
        {{{.kind = VALUE_INT, .i = 2},
          {.kind = VALUE_TEXT, .s = {"for key 'x'", 11}},
          {.kind = VALUE_INT, .i = 5},
          {0}},
         ERR_UNIQUE_VIOLATION,
         "/k",
         "{\"table\":\"vi\",\"columns\":[\"k\"],\"constraint\":\"vi_k\"}"},
        {{{.kind = VALUE_INT, .i = 2}, {0}, {0}, {0}},
         ERR_NOT_NULL_VIOLATION,
         "/n",
         "{\"table\":\"vi\",\"columns\":[\"n\"]}"},
        {{{.kind = VALUE_INT, .i = 2}, {0}, {.kind = VALUE_INT, .i = 0}, {0}},
         ERR_CHECK_VIOLATION,
         "/n",
         "{\"table\":\"vi\",\"columns\":[\"n\"],\"constraint\":\"n\"}"},
        {{{.kind = VALUE_INT, .i = 2}, {0}, {.kind = VALUE_INT, .i = 100}, {0}},
         ERR_CHECK_VIOLATION,
         "/n",
         "{\"table\":\"vi\",\"columns\":[\"n\"],\"constraint\":\"small\"}"},
        {{{.kind = VALUE_INT, .i = 2},
          {0},
          {.kind = VALUE_INT, .i = 5},
          {.kind = VALUE_INT, .i = 9}},
         ERR_FOREIGN_KEY_VIOLATION,
         "/p",
         "{\"table\":\"vi\",\"columns\":[\"p\"],\"constraint\":\"vi_p\"}"},
        {{{.kind = VALUE_INT, .i = 2},
          {.kind = VALUE_TEXT, .s = {"longer than ten", 15}},
          {.kind = VALUE_INT, .i = 5},
          {0}},
         ERR_INVALID_VALUE,
         "/k",
         "{\"columns\":[\"k\"]}"},
        {{{.kind = VALUE_INT, .i = 2}, {0}, {.kind = VALUE_INT, .i = 5000000000}, {0}},
         ERR_INVALID_VALUE,
         "/n",
         "{\"columns\":[\"n\"]}"},
        {{{.kind = VALUE_INT, .i = 2}, {0}, {.kind = VALUE_TEXT, .s = {"seven", 5}}, {0}},
         ERR_INVALID_VALUE,
         "/n",
         "{\"columns\":[\"n\"]}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct write w = {.kind = WRITE_INSERT,
                          .table = t,
                          .columns = all_columns(f, t),
                          .values = cases[i].values,
                          .n_columns = 4};
        assert_int_equal(write_one(f, &w, NULL), cases[i].code);
        assert_string_equal(f->err.where ? f->err.where : "", cases[i].where);
        assert_string_equal(f->err.params ? f->err.params : "", cases[i].params);
    }
    struct write gone = {
        .kind = WRITE_DELETE, .table = fixture_table(f, "pa", "id int32", NULL), .all_rows = true};
    assert_int_equal(write_one(f, &gone, NULL), ERR_FOREIGN_KEY_VIOLATION);
    assert_string_equal(f->err.params, "{\"table\":\"vi\",\"constraint\":\"vi_p\"}");
    struct query q = {.table = fixture_table(f, "never", "id int32", NULL), .count_only = true};
    struct session *s = NULL;
    struct cursor *c = NULL;
    assert_ok(f, engine_session_begin(f->engine, STR("store"), ACCESS_READ, &s, &f->err));
    assert_int_equal(engine_select(s, &q, &c, NULL), ERR_SCHEMA_MOVED);
    engine_session_end(s);
}

/* More texts of statements than are kept, and a text that is in use twice. */
static void statements_are_kept_and_dropped(void **state)
{
    struct fixture *f = *state;
    const struct table *t = fixture_table(f, "tw", "id int32", "s text", NULL);
    struct value values[130];
    for (int i = 0; i < 130; i++) {
        values[i] = value_int(i + 1);
    }
    for (size_t round = 0; round < 2; round++) {
        for (size_t n = 1; n <= 130; n++) {
            const struct filter *args[130];
            for (size_t i = 0; i < n; i++) {
                args[i] = filter_compare(f->arena, FILTER_NEQ, &t->columns[0], values[i]);
            }
            struct filter all = {.op = FILTER_AND, .args = args, .n_args = n};
            struct query q = {.table = t, .where = &all, .count_only = true};
            assert_string_equal(read_all(f, &q), arena_printf(f->arena, "%zu", 1000 - n));
        }
    }
    int64_t n = 0;
    assert_true(str_int64(str_of(fixture_text(f, "SELECT VARIABLE_VALUE FROM "
                                                 "information_schema.GLOBAL_STATUS WHERE "
                                                 "VARIABLE_NAME = 'PREPARED_STMT_COUNT'")),
                          &n));
    assert_true(n < 10000);
}

/* A statement is kept over a change of the table's structure: what it reads is of the new type. */
static void kept_statements_follow_a_change(void **state)
{
    struct fixture *f = *state;
    fixture_sql(f, "CREATE TABLE ch (id INT PRIMARY KEY, v INT)",
                "INSERT INTO ch VALUES (1, 7), (2, NULL)", NULL);
    const struct table *t = fixture_table(f, "ch", "id int64", "v native?", NULL);
    struct query q = everything(f, t);
    assert_string_equal(read_all(f, &q), "1, 7; 2, null");
    fixture_sql(f, "ALTER TABLE ch MODIFY v VARCHAR(20), ADD COLUMN more INT FIRST", NULL);
    assert_string_equal(read_all(f, &q), "1, '7'; 2, null");
    fixture_sql(f, "ALTER TABLE ch MODIFY v DATETIME(6)", NULL);
    fixture_sql(f, "UPDATE ch SET v = '2026-01-31 12:00:00.000001' WHERE id = 1", NULL);
    assert_string_equal(read_all(f, &q), "1, '2026-01-31T12:00:00.000001'; 2, null");
    fixture_sql(f, "DROP TABLE ch", "CREATE TABLE ch (v DOUBLE, id BIGINT PRIMARY KEY)",
                "INSERT INTO ch VALUES (0.5, 1)", NULL);
    assert_string_equal(read_all(f, &q), "1, ~0.5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_comes_back),
        cmocka_unit_test(strange_values_are_read),
        cmocka_unit_test(decimals_compare_exactly),
        cmocka_unit_test(a_long_answer_is_streamed),
        cmocka_unit_test(a_reader_may_leave),
        cmocka_unit_test(a_write_goes_on_behind_a_long_read),
        cmocka_unit_test(cursors_stand_beside_each_other),
        cmocka_unit_test(writes_of_every_kind),
        cmocka_unit_test(violations_say_where),
        cmocka_unit_test(statements_are_kept_and_dropped),
        cmocka_unit_test(kept_statements_follow_a_change),
    };
    return cmocka_run_group_tests_name("mariadb/rows", tests, set_up, tear_down);
}
