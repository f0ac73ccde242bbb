#include <pthread.h>
#include <string.h>

#include "base/buf.h"
#include "fixture.h"
#include "loop/loop.h"

/*
 * The engine as the server uses it: from fibers of two loops, which park while a group of writes is
 * committed and while a long read goes on with a worker. Fibers collect, the test asserts.
 */
#define FIBERS 120
#define TURNS  12
#define BIG    200000 /* rows that outlast the time a read may have on its loop */

static int set_up(void **state)
{
    static const struct sqlite_settings tight = {.budget_us = 500};
    struct fixture *f = fixture_open(&tight);
    fixture_sql(f,
                "CREATE TABLE t (id INTEGER PRIMARY KEY, worker INTEGER, n INTEGER,"
                "  UNIQUE (worker, n));"
                "CREATE TABLE big (id INTEGER PRIMARY KEY, n INTEGER);"
                "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 200000)"
                " INSERT INTO big SELECT i, (i * 7919) % 200003 FROM c;");
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture_close(*state);
    return 0;
}

struct worker {
    struct fixture *f;
    const struct table *t, *big;
    int64_t id;
    struct loop *loop;
    struct gate done;
    int n_wrong;
    enum errcode wrong;
};

static void wrong(struct worker *w, enum errcode code)
{
    w->n_wrong++;
    w->wrong = code;
}

struct one {
    const struct worker *worker;
    int64_t n;
};

static enum errcode insert_one(struct session *s, void *arg, struct error *err)
{
    const struct one *o = arg;
    const struct table *t = o->worker->t;
    const struct column *columns[] = {table_find_column(t, STR("worker")),
                                      table_find_column(t, STR("n"))};
    struct value values[] = {value_int(o->worker->id), value_int(o->n)};
    struct write w = {
        .kind = WRITE_INSERT, .table = t, .columns = columns, .values = values, .n_columns = 2};
    struct write_result r;
    return engine_write(s, &w, &r, err);
}

static void write_one(struct worker *w, int64_t n, enum errcode expected)
{
    struct one o = {w, n};
    enum errcode code = engine_transact(w->f->engine, STR("store"), insert_one, &o, NULL);
    if (code != expected) {
        wrong(w, code);
    }
}

struct sum {
    int64_t rows, n;
};

static struct sum read_rows(struct worker *w, const struct query *q)
{
    struct sum sum = {0};
    struct session *s = NULL;
    struct cursor *c = NULL;
    const struct value *row = NULL;
    enum errcode code = engine_session_begin(w->f->engine, STR("store"), ACCESS_READ, &s, NULL);
    code = code == ERR_OK ? engine_select(s, q, &c, NULL) : code;
    while (code == ERR_OK && (code = engine_cursor_next(c, &row, NULL)) == ERR_OK && row) {
        sum.rows++;
        sum.n += row[0].i;
    }
    engine_session_end(s);
    if (code != ERR_OK) {
        wrong(w, code);
    }
    return sum;
}

/* Own rows are there as soon as their write was answered, whatever others do. */
static void read_own_rows(struct worker *w, int64_t n)
{
    const struct column *columns[] = {table_find_column(w->t, STR("n"))};
    struct value id = value_int(w->id);
    struct filter own = {.op = FILTER_EQ,
                         .column = table_find_column(w->t, STR("worker")),
                         .values = &id,
                         .n_values = 1};
    struct query q = {
        .table = w->t, .columns = columns, .n_columns = 1, .where = &own, .limit = -1};
    struct sum sum = read_rows(w, &q);
    if (sum.rows != n + 1 || sum.n != n * (n + 1) / 2) {
        wrong(w, ERR_CORRUPT);
    }
}

/* No index helps: the sort outlasts its budget and goes on with a worker. */
static void read_long(struct worker *w)
{
    const struct column *columns[] = {table_find_column(w->big, STR("n"))};
    struct order by = {.column = columns[0], .is_descending = true};
    struct query q = {.table = w->big,
                      .columns = columns,
                      .n_columns = 1,
                      .order = &by,
                      .n_order = 1,
                      .limit = 3};
    struct sum sum = read_rows(w, &q);
    if (sum.rows != 3 || sum.n != 200002 + 200001 + 200000) {
        wrong(w, ERR_CORRUPT);
    }
}

static void work(void *arg)
{
    struct worker *w = arg;
    w->loop = loop_self();
    for (int64_t n = 0; n < TURNS; n++) {
        write_one(w, n, ERR_OK);
        write_one(w, n, ERR_UNIQUE_VIOLATION);
        read_own_rows(w, n);
        if (n == 5 && w->id % 10 == 0) {
            read_long(w);
        }
        if (loop_self() != w->loop) {
            wrong(w, ERR_INTERNAL);
        }
    }
    gate_open(&w->done);
}

static struct runtime *start(int loops)
{
    struct runtime *rt = NULL;
    assert_int_equal(runtime_start(&(struct runtime_settings){.loops = loops}, &rt, NULL), ERR_OK);
    return rt;
}

static void fibers_of_two_loops_read_and_write(void **state)
{
    struct fixture *f = *state;
    struct runtime *rt = start(2);
    struct catalog *c = fixture_catalog(f);
    static struct worker workers[FIBERS];
    for (int i = 0; i < FIBERS; i++) {
        workers[i] = (struct worker){.f = f,
                                     .t = catalog_find_table(c, STR("t")),
                                     .big = catalog_find_table(c, STR("big")),
                                     .id = i};
        gate_init(&workers[i].done);
        loop_spawn(runtime_loop(rt, i % 2), work, &workers[i]);
    }
    for (int i = 0; i < FIBERS; i++) {
        gate_wait(&workers[i].done);
    }
    for (int i = 0; i < FIBERS; i++) {
        if (workers[i].n_wrong > 0) {
            fail_msg("worker %d: %d wrong answers, the last with code %d", i, workers[i].n_wrong,
                     workers[i].wrong);
        }
        assert_ptr_equal(workers[i].loop, runtime_loop(rt, i % 2));
    }
    runtime_stop(rt);
    assert_string_equal(fixture_text(f, "SELECT count(*) FROM t"),
                        arena_printf(f->arena, "%d", FIBERS * TURNS));
    assert_string_equal(fixture_text(f, "PRAGMA integrity_check"), "ok");
    catalog_unref(c);
}

/* While a fiber waits for its write, another one of the same loop reads. */
struct scene {
    struct worker writer, reader;
    struct gate read, written;
    enum errcode code;
};

static enum errcode wait_for_reader(struct session *s, void *arg, struct error *err)
{
    struct scene *scene = arg;
    struct one o = {&scene->writer, 1};
    gate_wait(&scene->read);
    return insert_one(s, &o, err);
}

static void write_slowly(void *arg)
{
    struct scene *s = arg;
    s->code = engine_transact(s->writer.f->engine, STR("store"), wait_for_reader, s, NULL);
    gate_open(&s->written);
}

static void read_meanwhile(void *arg)
{
    struct scene *s = arg;
    read_long(&s->reader);
    gate_open(&s->read);
}

static void a_loop_reads_while_a_write_waits(void **state)
{
    struct fixture *f = *state;
    struct runtime *rt = start(1);
    struct catalog *c = fixture_catalog(f);
    struct worker w = {.f = f,
                       .t = catalog_find_table(c, STR("t")),
                       .big = catalog_find_table(c, STR("big")),
                       .id = 1000};
    struct scene s = {.writer = w, .reader = w, .code = ERR_INTERNAL};
    gate_init(&s.read);
    gate_init(&s.written);
    loop_spawn(runtime_loop(rt, 0), write_slowly, &s);
    loop_spawn(runtime_loop(rt, 0), read_meanwhile, &s);
    gate_wait(&s.written);
    assert_int_equal(s.code, ERR_OK);
    assert_int_equal(s.reader.n_wrong, 0);
    runtime_stop(rt);
    catalog_unref(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(fibers_of_two_loops_read_and_write, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_loop_reads_while_a_write_waits, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("sqlite/fibers", tests, NULL, NULL);
}
