#include "fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "loop/loop.h"

/*
 * Questions answered by very many rows: they come by COPY, say the same as the rows that come at
 * once, and end well whatever happens on the way.
 */
#define ROWS       900 /* more than are asked for at first, fewer than come at once with a limit */
#define AT_ONCE    1000
#define WAIT_US    20000000
#define SILENCE_MS 700

static struct column columns[] = {
    {.name = "id", .type = {.kind = TYPE_INT64}},
    {.name = "name", .type = {.kind = TYPE_TEXT}, .is_nullable = true},
    {.name = "n", .type = {.kind = TYPE_INT32}, .is_nullable = true},
    {.name = "real", .type = {.kind = TYPE_FLOAT64}, .is_nullable = true},
    {.name = "exact", .type = {.kind = TYPE_DECIMAL}, .is_nullable = true},
    {.name = "ok", .type = {.kind = TYPE_BOOLEAN}, .is_nullable = true},
    {.name = "data", .type = {.kind = TYPE_BYTES}, .is_nullable = true},
    {.name = "at", .type = {.kind = TYPE_INSTANT}, .is_nullable = true},
    {.name = "doc", .type = {.kind = TYPE_JSON}, .is_nullable = true},
    {.name = "words", .type = {.kind = TYPE_JSON}, .is_nullable = true},
    {.name = "twice", .type = {.kind = TYPE_INT64}, .is_nullable = true},
};
static const struct column *const all[] = {&columns[0], &columns[1], &columns[2], &columns[3],
                                           &columns[4], &columns[5], &columns[6], &columns[7],
                                           &columns[8], &columns[9], &columns[10]};
static const char *key[] = {"id"};
static const struct order by_id[] = {{.column = &columns[0]}};
static const struct table things = {.name = "things",
                                    .kind = TABLE_BASE,
                                    .columns = columns,
                                    .n_columns = ARRAY_LEN(columns),
                                    .primary_key = key,
                                    .n_primary_key = 1,
                                    .row_estimate = -1};
/* id and name only; each of the tests makes the one it needs */
static const struct table view = {
    .name = "wide", .kind = TABLE_VIEW, .columns = columns, .n_columns = 2, .row_estimate = -1};

static int open_with(void **state, const struct engine_options *base)
{
    static int n;
    struct engine_options o = *base;
    char name[64];
    (void)snprintf(name, sizeof name, "pgt-copy-%d-%d", (int)getpid(), n++);
    o.application_name = name;
    struct fixture *f = fixture_open(&o);
    f->options.application_name = arena_strdup(f->arena, name);
    fixture_sql(f,
                "SET search_path = %s; CREATE TABLE things (id bigint PRIMARY KEY, name text, n "
                "integer, \"real\" float8, exact numeric, ok boolean, data bytea, at timestamptz, "
                "doc jsonb, words text[], twice bigint GENERATED ALWAYS AS (id * 2) STORED)",
                f->tenant);
    fixture_sql(f,
                "INSERT INTO things SELECT g, (ARRAY['it''s', E'\\\\', E'\\\\N', E'a\\tb\\nc\\rd', "
                "'', NULL, E'\\b\\f\\v\\x01', E'\\\\'' OR true --', '\u00e9\u2019\U0001f600', 'x'])"
                "[1 + g %% 10], CASE WHEN g %% 4 > 0 THEN g - 500 END, "
                "(ARRAY[g / 7.0, 'NaN', '-Infinity', NULL])[1 + g %% 4], (ARRAY[g / 100.0, NULL, "
                "12345678901234567890.123])[1 + g %% 3], (ARRAY[true, false, NULL])[1 + g %% 3], "
                "decode(lpad(to_hex(g), 8, '0') || '0a095c', 'hex'), '2026-01-01'::timestamptz + "
                "g * interval '1.5 s', jsonb_build_object('k', E'\\\\ \"' || g), ARRAY[E'\\\\', "
                "NULL, '\"', g::text] FROM generate_series(1, %d) g",
                ROWS);
    fixture_sql(f, "GRANT SELECT ON things TO %s", f->tenant);
    *state = f;
    return 0;
}

static int set_up(void **state)
{
    return open_with(state, &(const struct engine_options){0});
}

static int set_up_single(void **state)
{
    return open_with(state, &(const struct engine_options){.connections = 1});
}

static int set_up_hasty(void **state)
{
    return open_with(state, &(const struct engine_options){.statement_ms = SILENCE_MS});
}

static int tear_down(void **state)
{
    fixture_close(*state);
    return 0;
}

static void make_view(struct fixture *f, const char *text)
{
    fixture_sql(f, "CREATE VIEW wide AS %s; GRANT SELECT ON wide TO %s", text, f->tenant);
}

/* 20,000 rows of 4,000 bytes: more than all the buffers between here and there. */
#define WIDE "SELECT g AS id, repeat('x', 4000) AS name FROM generate_series(1::bigint, 20000) g"

/* ---- reading --------------------------------------------------------------------------------- */

struct reading {
    struct session *session;
    struct cursor *cursor;
};

static enum errcode start(struct fixture *f, const struct query *q, struct reading *r)
{
    error_release(&f->err);
    assert_ok(
        f, engine_session_begin(f->engine, STR("tenants/main"), ACCESS_READ, &r->session, &f->err));
    return engine_select(r->session, q, &r->cursor, &f->err);
}

/* Up to @n rows; how many there were. */
static int go_on(struct fixture *f, struct reading *r, int n, enum errcode *code)
{
    const struct value *row = NULL;
    *code = ERR_OK;
    for (int i = 0; i < n; i++) {
        *code = engine_cursor_next(r->cursor, &row, &f->err);
        if (*code != ERR_OK || !row) {
            return i;
        }
        assert_int_equal(row[0].i, i + 1);
    }
    return n;
}

static int read_all(struct fixture *f, const struct query *q, enum errcode *code)
{
    struct reading r = {0};
    int n = 0;
    *code = start(f, q, &r);
    if (*code == ERR_OK) {
        n = go_on(f, &r, INT32_MAX, code);
    }
    engine_session_end(r.session);
    return n;
}

static struct query all_of(const struct table *t)
{
    return (struct query){.table = t,
                          .columns = all,
                          .n_columns = t->n_columns,
                          .order = t == &things ? by_id : NULL,
                          .n_order = t == &things,
                          .limit = -1};
}

/* What the connections of the engine do. */
static const char *activity(struct fixture *f, const char *what)
{
    return fixture_text(f,
                        "SELECT coalesce(string_agg(%s, ','), '') FROM pg_stat_activity WHERE "
                        "application_name = '%s' AND state <> 'idle'",
                        what, f->options.application_name);
}

static void await_activity(struct fixture *f, const char *what, const char *wanted)
{
    int64_t end_us = time_monotonic_us() + WAIT_US;
    while (strcmp(activity(f, what), wanted) != 0) {
        if (time_monotonic_us() > end_us) {
            fail_msg("%s is %s, not %s", what, activity(f, what), wanted);
        }
        usleep(2000);
    }
}

static struct value **keep_all(struct fixture *f, const struct query *q, size_t *n)
{
    struct reading r = {0};
    struct value **rows = ARENA_ARRAY(f->arena, AT_ONCE, struct value *);
    const struct value *row = NULL;
    *n = 0;
    assert_ok(f, start(f, q, &r));
    assert_ok(f, engine_cursor_next(r.cursor, &row, &f->err));
    while (row) {
        assert_true(*n < AT_ONCE);
        struct value *copy = ARENA_ARRAY(f->arena, q->n_columns, struct value);
        for (size_t i = 0; i < q->n_columns; i++) {
            copy[i] = value_copy(f->arena, row[i]);
        }
        rows[(*n)++] = copy;
        assert_ok(f, engine_cursor_next(r.cursor, &row, &f->err));
    }
    engine_session_end(r.session);
    return rows;
}

static bool is_same(struct value x, struct value y)
{
    bool is_nan = x.kind == VALUE_FLOAT && y.kind == VALUE_FLOAT && x.f != x.f && y.f != y.f;
    return is_nan || value_equal(x, y);
}

/* The rows of @q are the same whether they come at once or by COPY. */
static size_t compare(struct fixture *f, const struct query *q)
{
    struct query at_once = *q;
    size_t n = 0;
    size_t n_copied = 0;
    at_once.limit = AT_ONCE;
    struct value **wanted = keep_all(f, &at_once, &n);
    struct value **got = keep_all(f, q, &n_copied);
    assert_int_equal(n, n_copied);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < q->n_columns; k++) {
            if (!is_same(wanted[i][k], got[i][k])) {
                fail_msg("row %zu: \"%s\" differs", i, q->columns[k]->name);
            }
        }
    }
    return n;
}

static void every_value_comes_as_it_does_otherwise(void **state)
{
    struct fixture *f = *state;
    struct query q = all_of(&things);
    assert_int_equal(compare(f, &q), ROWS);
}

static void the_rows_come_by_copy(void **state)
{
    struct fixture *f = *state;
    struct query q = all_of(&view);
    struct reading r = {0};
    make_view(f, WIDE);
    assert_ok(f, start(f, &q, &r));
    assert_string_equal(activity(f, "left(query, 6)"), "COPY (");
    engine_session_end(r.session);
}

static void row_policies_hold(void **state)
{
    struct fixture *f = *state;
    struct query q = all_of(&things);
    fixture_sql(f,
                "ALTER TABLE things ENABLE ROW LEVEL SECURITY; CREATE POLICY half ON things USING "
                "(id %% 2 = 0 AND current_user = '%s')",
                f->tenant);
    assert_int_equal(compare(f, &q), ROWS / 2);
}

/* ---- values in the question ------------------------------------------------------------------ */

static void a_condition_finds_the_same_rows(void **state)
{
    struct fixture *f = *state;
    struct query q = all_of(&things);
    static const char *const texts[] = {"\\' OR true --", "it's", "\\", "\\N", "",
                                        "'; SELECT 1; --"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        q.where = filter_compare(f->arena, FILTER_NEQ, &columns[1], value_text(texts[i]));
        size_t n = compare(f, &q);
        assert_int_equal(n, i == ARRAY_LEN(texts) - 1 ? ROWS * 9 / 10 : ROWS * 8 / 10);
    }
    const struct {
        const struct column *column;
        struct value value;
        size_t n;
    } others[] = {
        {&columns[0], value_int(899), 898},
        {&columns[3], value_float(129), 450},
        {&columns[4], value_text("12345678901234567890.123"), 300},
        {&columns[6], value_bytes((struct str){"\xff\0'\\", 4}), 900},
        {&columns[7], value_text("2026-01-01T00:22:30.000000Z"), 899},
    };
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        q.where = filter_compare(f->arena, FILTER_LT, others[i].column, others[i].value);
        assert_int_equal(compare(f, &q), others[i].n);
    }
    const struct value after[] = {value_int(100)};
    q.where = NULL;
    q.after = after;
    assert_int_equal(compare(f, &q), ROWS - 100);
}

/* A function of somebody's database turns the backslash into an escape, for the session: values are
 * not told as literals there any more. */
static void a_session_that_reads_texts_otherwise_is_told_no_literals(void **state)
{
    struct fixture *f = *state;
    enum errcode code;
    struct query evil = all_of(&view);
    struct query q = all_of(&things);
    make_view(f, "SELECT g AS id, set_config('standard_conforming_strings', 'off', false) AS name "
                 "FROM generate_series(1::bigint, 900) g");
    assert_int_equal(read_all(f, &evil, &code), 900);
    assert_int_equal(code, ERR_OK);
    q.where = filter_compare(f->arena, FILTER_NEQ, &columns[1], value_text("\\' OR true --"));
    struct reading r = {0};
    assert_ok(f, start(f, &q, &r));
    assert_string_equal(activity(f, "left(query, 7)"), "DECLARE");
    engine_session_end(r.session);
    assert_int_equal(compare(f, &q), ROWS * 8 / 10);
}

/* ---- the way is long ------------------------------------------------------------------------- */

static void a_slow_reader_holds_the_server_back(void **state)
{
    struct fixture *f = *state;
    enum errcode code;
    struct query q = all_of(&view);
    struct reading r = {0};
    make_view(f, WIDE);
    assert_ok(f, start(f, &q, &r));
    await_activity(f, "wait_event", "ClientWrite");
    usleep(2 * SILENCE_MS * 1000); /* its own time does not count */
    assert_int_equal(go_on(f, &r, INT32_MAX, &code), 20000);
    assert_ok(f, code);
    engine_session_end(r.session);
}

static void who_stops_early_leaves_a_connection_that_works(void **state)
{
    struct fixture *f = *state;
    enum errcode code;
    struct query q = all_of(&view);
    const char *first = NULL;
    make_view(f, WIDE);
    for (int i = 0; i < 3; i++) {
        struct reading r = {0};
        assert_ok(f, start(f, &q, &r));
        assert_int_equal(go_on(f, &r, 300, &code), 300);
        first = first ? first : activity(f, "pid::text");
        assert_string_equal(activity(f, "pid::text"), first); /* the same one again */
        engine_session_end(r.session);
        assert_string_equal(activity(f, "pid::text"), "");
    }
}

static void two_at_once_do_not_meet(void **state)
{
    struct fixture *f = *state;
    struct query q = all_of(&view);
    struct cursor *one = NULL;
    struct cursor *other = NULL;
    struct session *s = NULL;
    const struct value *row = NULL;
    make_view(f, WIDE);
    assert_ok(f, engine_session_begin(f->engine, STR("tenants/main"), ACCESS_READ, &s, &f->err));
    assert_ok(f, engine_select(s, &q, &one, &f->err));
    assert_ok(f, engine_select(s, &q, &other, &f->err));
    for (int i = 1; i <= 400; i++) {
        assert_ok(f, engine_cursor_next(one, &row, &f->err));
        assert_int_equal(row[0].i, i);
        assert_ok(f, engine_cursor_next(other, &row, &f->err));
        assert_int_equal(row[0].i, i);
    }
    engine_cursor_close(one);
    assert_ok(f, engine_cursor_next(other, &row, &f->err));
    assert_int_equal(row[0].i, 401);
    engine_session_end(s);
}

/* ---- what goes wrong ------------------------------------------------------------------------- */

static void an_error_behind_good_rows_is_told(void **state)
{
    struct fixture *f = *state;
    enum errcode code;
    struct query q = all_of(&view);
    struct query good = all_of(&things);
    make_view(f, "SELECT g AS id, repeat('x', 100 / (5000 - g)::int) AS name FROM "
                 "generate_series(1::bigint, 6000) g");
    assert_int_equal(read_all(f, &q, &code), 4999);
    assert_int_equal(code, ERR_INVALID);
    assert_int_equal(read_all(f, &good, &code), ROWS);
    assert_int_equal(code, ERR_OK);
}

static void a_connection_that_dies_is_told(void **state)
{
    struct fixture *f = *state;
    enum errcode code;
    struct query q = all_of(&view);
    struct reading r = {0};
    make_view(f, WIDE);
    assert_ok(f, start(f, &q, &r));
    assert_int_equal(go_on(f, &r, 10, &code), 10);
    fixture_sql(f,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name "
                "= '%s'",
                f->options.application_name);
    const struct value *row = NULL;
    do {
        code = engine_cursor_next(r.cursor, &row, &f->err);
    } while (code == ERR_OK && row);
    assert_int_equal(code, ERR_UNAVAILABLE);
    engine_session_end(r.session);
    assert_int_equal(read_all(f, &q, &code), 20000);
    assert_int_equal(code, ERR_OK);
}

static void a_table_that_is_gone_is_told(void **state)
{
    struct fixture *f = *state;
    struct query q = all_of(&things);
    struct table big = things;
    struct reading r = {0};
    big.row_estimate = 1000000; /* nothing is asked for before */
    q.table = &big;
    fixture_sql(f, "DROP TABLE things");
    assert_int_equal(start(f, &q, &r), ERR_SCHEMA_MOVED);
    engine_session_end(r.session);
}

static void silence_has_an_end(void **state)
{
    struct fixture *f = *state;
    enum errcode code;
    struct query q = all_of(&view);
    make_view(f,
              "SELECT g AS id, repeat('x', 4000) AS name FROM generate_series(1::bigint, 1000) g "
              "WHERE g < 600 OR pg_sleep(60) IS NOT NULL");
    int64_t began = time_monotonic_us();
    assert_in_range(read_all(f, &q, &code), 257, 599);
    assert_int_equal(code, ERR_TIMEOUT);
    assert_true(time_monotonic_us() - began < WAIT_US);
    await_activity(f, "query", ""); /* nor does it go on at the server */
}

/* ---- who reads has left ---------------------------------------------------------------------- */

struct leaver {
    struct fixture *f;
    struct fiber *fiber;
    struct loop_timer timer;
    enum errcode code;
    int n;
    atomic_bool has_left;
};

static void read_until_cancelled(void *arg)
{
    struct leaver *l = arg;
    struct query q = all_of(&view);
    l->n = read_all(l->f, &q, &l->code);
}

static void run_on(void *arg)
{
    struct leaver *l = arg;
    if (fiber_run(l->fiber) == FIBER_DONE) {
        fiber_free(l->fiber);
        loop_timer_stop(&l->timer);
        atomic_store(&l->has_left, true);
    }
}

/* Once it waits for rows that do not come. */
static void leave(void *arg)
{
    struct leaver *l = arg;
    fiber_cancel(l->fiber);
}

static void start_leaver(void *arg)
{
    struct leaver *l = arg;
    l->fiber = fiber_new(loop_self(), read_until_cancelled, l, run_on, l);
    run_on(l);
    loop_timer_start(loop_self(), &l->timer, 500000, 0, leave, l);
}

static void who_leaves_ends_the_statement(void **state)
{
    struct fixture *f = *state;
    struct runtime *rt = NULL;
    const struct runtime_settings settings = {.loops = 1};
    struct leaver l = {.f = f};
    make_view(f,
              "SELECT g AS id, repeat('x', 4000) AS name FROM generate_series(1::bigint, 1000) g "
              "WHERE g < 600 OR pg_sleep(60) IS NOT NULL");
    assert_ok(f, runtime_start(&settings, &rt, &f->err));
    int64_t end_us = time_monotonic_us() + WAIT_US;
    loop_post(runtime_loop(rt, 0), start_leaver, &l);
    while (!atomic_load(&l.has_left)) {
        assert_true(time_monotonic_us() < end_us);
        usleep(1000);
    }
    assert_int_equal(l.code, ERR_CANCELLED);
    assert_in_range(l.n, 257, 599);
    await_activity(f, "query", "");
    engine_close(f->engine); /* while its loops run */
    runtime_stop(rt);
    assert_ok(f, fixture_kind()->open(&f->options, &f->engine, &f->err));
}

#define CASE(name, setup) cmocka_unit_test_setup_teardown(name, setup, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(every_value_comes_as_it_does_otherwise, set_up),
        CASE(the_rows_come_by_copy, set_up),
        CASE(row_policies_hold, set_up),
        CASE(a_condition_finds_the_same_rows, set_up),
        CASE(a_session_that_reads_texts_otherwise_is_told_no_literals, set_up_single),
        CASE(a_slow_reader_holds_the_server_back, set_up_hasty),
        CASE(who_stops_early_leaves_a_connection_that_works, set_up_single),
        CASE(two_at_once_do_not_meet, set_up),
        CASE(an_error_behind_good_rows_is_told, set_up_single),
        CASE(a_connection_that_dies_is_told, set_up),
        CASE(a_table_that_is_gone_is_told, set_up),
        CASE(silence_has_an_end, set_up_hasty),
        CASE(who_leaves_ends_the_statement, set_up),
    };
    return cmocka_run_group_tests_name("postgres/copy_read", tests, NULL, NULL);
}
