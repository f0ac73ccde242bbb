#include "fixture.h"

#include <stdatomic.h>
#include <string.h>

#include "base/buf.h"
#include "base/time.h"
#include "engine/mariadb/conn.h"
#include "engine/mariadb/session.h"
#include "loop/loop.h"

/*
 * The engine as the server uses it: many fibers of two loops share few connections, which are cut
 * now and then. Fibers collect, the test asserts.
 */
#define FIBERS 60
#define TURNS  20

static int set_up(void **state)
{
    static const struct engine_options few = {.connections = 4, .lock_ms = 1000};
    struct fixture *f = fixture_open(&few);
    fixture_sql(f,
                "CREATE TABLE t (id BIGINT PRIMARY KEY AUTO_INCREMENT, worker INT, n INT, UNIQUE "
                "(worker, n))",
                "CREATE TABLE a (id INT PRIMARY KEY, n INT NOT NULL)",
                "INSERT INTO a VALUES (1, 1000), (2, 1000), (3, 1000)", NULL);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture_close(*state);
    return 0;
}

struct shared {
    struct fixture *f;
    struct engine *other; /* of another process */
    const struct table *t, *a;
    atomic_int n_left, n_wrong, n_refused, n_done;
    struct gate done;
};

struct worker {
    struct shared *shared;
    int id;
    int64_t n_known; /* rows that were acknowledged */
    int n_before;    /* others that were served while it waited */
};

static void end(struct worker *w)
{
    if (atomic_fetch_sub(&w->shared->n_left, 1) == 1) {
        gate_open(&w->shared->done);
    }
}

/* @fn as @n fibers, spread over two loops. */
static void run_fibers(struct shared *s, struct worker *workers, int n, void (*fn)(void *))
{
    struct runtime *rt = NULL;
    struct runtime_settings settings = {.loops = 2};
    assert_int_equal(runtime_start(&settings, &rt, NULL), ERR_OK);
    atomic_store(&s->n_left, n);
    gate_init(&s->done);
    for (int i = 0; i < n; i++) {
        workers[i] = (struct worker){.shared = s, .id = i};
        loop_spawn(runtime_loop(rt, i % 2), fn, &workers[i]);
    }
    gate_wait(&s->done);
    runtime_stop(rt);
}

struct one {
    const struct worker *worker;
    int64_t n;
};

static enum errcode insert_one(struct session *s, void *arg, struct error *err)
{
    const struct one *o = arg;
    const struct table *t = o->worker->shared->t;
    const struct column *columns[] = {&t->columns[1], &t->columns[2]};
    struct value values[] = {value_int(o->worker->id), value_int(o->n)};
    struct write w = {
        .kind = WRITE_INSERT, .table = t, .columns = columns, .values = values, .n_columns = 2};
    struct write_result r;
    return engine_write(s, &w, &r, err);
}

static enum errcode count_own(struct worker *w, int64_t *n)
{
    const struct table *t = w->shared->t;
    const struct column *columns[] = {&t->columns[2]};
    struct value id = value_int(w->id);
    struct filter own = {.op = FILTER_EQ, .column = &t->columns[1], .values = &id, .n_values = 1};
    struct query q = {.table = t, .columns = columns, .n_columns = 1, .where = &own, .limit = -1};
    struct session *s = NULL;
    struct cursor *c = NULL;
    const struct value *row = NULL;
    *n = 0;
    enum errcode code =
        engine_session_begin(w->shared->f->engine, STR("store"), ACCESS_READ, &s, NULL);
    code = code == ERR_OK ? engine_select(s, &q, &c, NULL) : code;
    while (code == ERR_OK && (code = engine_cursor_next(c, &row, NULL)) == ERR_OK && row) {
        *n += 1;
    }
    engine_session_end(s);
    return code;
}

static void work(void *arg)
{
    struct worker *w = arg;
    for (int i = 0; i < TURNS; i++) {
        struct one o = {w, i};
        int64_t n = 0;
        if (engine_transact(w->shared->f->engine, STR("store"), insert_one, &o, NULL) != ERR_OK ||
            count_own(w, &n) != ERR_OK || n != i + 1) {
            atomic_fetch_add(&w->shared->n_wrong, 1);
        }
    }
    end(w);
}

static int64_t number(struct fixture *f, const char *sql)
{
    int64_t n = -1;
    assert_true(str_int64(str_of(fixture_text(f, sql)), &n));
    return n;
}

static struct shared share(struct fixture *f)
{
    return (struct shared){
        .f = f,
        .t = fixture_table(f, "t", "id int64+", "worker int32", "n int32", NULL),
        .a = fixture_table(f, "a", "id int32", "n int32", NULL),
    };
}

static const char *connections(struct fixture *f)
{
    return arena_printf(f->arena,
                        "SELECT count(*) FROM information_schema.PROCESSLIST WHERE DB = '%s' AND "
                        "ID <> connection_id()",
                        f->database);
}

static void few_connections_serve_many_fibers(void **state)
{
    struct fixture *f = *state;
    struct shared s = share(f);
    struct worker workers[FIBERS];
    run_fibers(&s, workers, FIBERS, work);
    assert_int_equal(atomic_load(&s.n_wrong), 0);
    assert_int_equal(number(f, "SELECT count(*) FROM t"), FIBERS * TURNS);
    assert_in_range(number(f, connections(f)), 1, 4);
}

/* One pays another: two that read before they write must not lose a payment. */
static enum errcode pay(struct session *s, void *arg, struct error *err)
{
    const struct one *o = arg;
    const struct table *a = o->worker->shared->a;
    int64_t from = 1 + o->n % 3;
    int64_t to = 1 + (o->n + 1 + o->worker->id % 2) % 3;
    for (int i = 0; i < 2; i++) {
        const struct column *columns[] = {&a->columns[1]};
        struct value id = value_int(i ? to : from);
        struct filter f = {.op = FILTER_EQ, .column = &a->columns[0], .values = &id, .n_values = 1};
        struct query q = {.table = a, .columns = columns, .n_columns = 1, .where = &f, .limit = 1};
        const struct value *row = NULL;
        TRY(engine_query_one(s, &q, s->arena ? s->arena : NULL, &row, err));
        struct value now = value_int(row[0].i + (i ? 1 : -1));
        struct write w = {.kind = WRITE_UPDATE,
                          .table = a,
                          .columns = columns,
                          .values = &now,
                          .n_columns = 1,
                          .where = &f};
        TRY(engine_write(s, &w, NULL, err));
    }
    return ERR_OK;
}

static void work_on_the_same(void *arg)
{
    struct worker *w = arg;
    for (int i = 0; i < TURNS; i++) {
        struct one o = {w, w->id + i};
        enum errcode code = engine_transact(w->shared->f->engine, STR("store"), pay, &o, NULL);
        if (code == ERR_OK) {
            atomic_fetch_add(&w->shared->n_done, 1);
        } else if (code == ERR_BUSY) {
            atomic_fetch_add(&w->shared->n_refused, 1);
        } else {
            atomic_fetch_add(&w->shared->n_wrong, 1);
        }
    }
    end(w);
}

static void deadlocks_are_tried_again(void **state)
{
    struct fixture *f = *state;
    struct shared s = share(f);
    struct worker workers[8];
    run_fibers(&s, workers, 8, work_on_the_same);
    assert_int_equal(atomic_load(&s.n_wrong), 0);
    assert_int_equal(atomic_load(&s.n_done) + atomic_load(&s.n_refused), 8 * TURNS);
    assert_true(atomic_load(&s.n_done) > 4 * TURNS);
    assert_int_equal(number(f, "SELECT sum(n) FROM a"), 3000);
}

/* Whoever was told that a row is there finds it, and nothing is there twice. */
static void work_while_cut(void *arg)
{
    struct worker *w = arg;
    for (int i = 0; i < TURNS * 5; i++) {
        struct one o = {w, i};
        int64_t n = 0;
        enum errcode code =
            engine_transact(w->shared->f->engine, STR("store"), insert_one, &o, NULL);
        if (code == ERR_OK) {
            w->n_known++;
        } else if (code == ERR_UNAVAILABLE) {
            atomic_fetch_add(&w->shared->n_refused, 1);
        } else {
            atomic_fetch_add(&w->shared->n_wrong, 1);
        }
        code = count_own(w, &n);
        if (code == ERR_OK ? n < w->n_known : code != ERR_UNAVAILABLE) {
            atomic_fetch_add(&w->shared->n_wrong, 1);
        }
    }
    atomic_fetch_add(&w->shared->n_done, 1);
    end(w);
}

/* Cuts what the engine has, again and again, until the others are done. */
static void cut(void *arg)
{
    struct worker *w = arg;
    struct fixture *f = w->shared->f;
    struct arena *a = arena_new();
    const char *text = arena_printf(
        a, "SELECT ID FROM information_schema.PROCESSLIST WHERE DB = '%s'", f->database);
    while (atomic_load(&w->shared->n_left) > 1) {
        struct buf b;
        MYSQL_RES *r = NULL;
        MYSQL_ROW row = NULL;
        buf_init(&b, 100);
        if (mysql_query(f->beside, text) == 0) {
            r = mysql_store_result(f->beside);
        }
        while (r && (row = mysql_fetch_row(r))) {
            buf_clear(&b);
            buf_printf(&b, "KILL CONNECTION %s", row[0]);
            (void)mysql_query(f->beside, buf_text(&b));
            w->n_known++;
        }
        mysql_free_result(r);
        buf_release(&b);
        if (loop_sleep(3000, NULL) != ERR_OK) {
            break;
        }
    }
    arena_free(a);
    end(w);
}

static void work_or_cut(void *arg)
{
    struct worker *w = arg;
    if (w->id == 0) {
        cut(w);
    } else {
        work_while_cut(w);
    }
}

static void cut_connections_lose_nothing(void **state)
{
    struct fixture *f = *state;
    fixture_sql(f, "DELETE FROM t", "USE information_schema", NULL);
    struct shared s = share(f);
    struct worker workers[21];
    run_fibers(&s, workers, 21, work_or_cut);
    int64_t known = 0;
    for (int i = 1; i < 21; i++) {
        known += workers[i].n_known;
    }
    assert_int_equal(atomic_load(&s.n_wrong), 0);
    assert_int_equal(atomic_load(&s.n_done), 20);
    assert_true(workers[0].n_known > 20);
    fixture_sql(f, arena_printf(f->arena, "USE `%s`", f->database), NULL);
    int64_t rows = number(f, "SELECT count(*) FROM t");
    assert_in_range(rows, known, known + atomic_load(&s.n_refused));
    assert_in_range(number(f, connections(f)), 0, 4);
    assert_ok(f, engine_ping(f->engine, &f->err));
}

/* Many slow questions of one tenant and few of another one. */
static void ask_slowly(void *arg)
{
    struct worker *w = arg;
    bool is_few = w->id % 50 == 49;
    struct session *s = NULL;
    struct my_conn *c = NULL;
    int n = atomic_load(&w->shared->n_done);
    struct str ns = is_few ? STR("tenants/few") : STR("store");
    enum errcode code = engine_session_begin(w->shared->f->engine, ns, ACCESS_READ, &s, NULL);
    code = code == ERR_OK ? mariadb_own(mariadb_session_of(s), &c, NULL) : code;
    w->n_before = atomic_fetch_add(&w->shared->n_done, 1) - n;
    code = code == ERR_OK ? my_run(c, "DO sleep(0.01)", NULL, NULL) : code;
    if (code != ERR_OK) {
        atomic_fetch_add(&w->shared->n_wrong, 1);
    }
    engine_session_end(s);
    end(w);
}

static void tenants_take_turns(void **state)
{
    struct fixture *f = *state;
    struct shared s = share(f);
    struct worker workers[200];
    assert_ok(f, engine_namespace_create(f->engine, STR("tenants/few"), &f->err));
    run_fibers(&s, workers, 200, ask_slowly);
    assert_int_equal(atomic_load(&s.n_wrong), 0);
    int last = 0;
    for (int i = 0; i < 200; i++) {
        last = workers[i].n_before > last ? workers[i].n_before : last;
    }
    for (int i = 49; i < 200; i += 50) {
        assert_true(workers[i].n_before < last / 3);
    }
    assert_ok(f, engine_namespace_drop(f->engine, STR("tenants/few"), &f->err));
}

/* ---- a change of structure by another process ---------------------------------------------------
 */

static void hold(struct worker *w)
{
    struct session *s = NULL;
    enum errcode code =
        engine_session_begin(w->shared->other, STR("store"), ACCESS_SCHEMA, &s, NULL);
    atomic_store(&w->shared->n_done, 1);
    code = code == ERR_OK ? loop_sleep(2500000, NULL) : code;
    atomic_store(&w->shared->n_done, 2);
    engine_session_end(s);
    atomic_fetch_add(&w->shared->n_wrong, code == ERR_OK ? 0 : 1);
}

static void read_meanwhile(struct worker *w)
{
    enum errcode code = loop_sleep(1500000, NULL);
    for (int i = 0; code == ERR_OK && i < 10; i++) {
        int64_t n = 0;
        code = count_own(w, &n);
    }
    bool is_late = atomic_load(&w->shared->n_done) == 2;
    atomic_fetch_add(&w->shared->n_wrong, code == ERR_OK && !is_late ? 0 : 1);
}

static void write_meanwhile(struct worker *w)
{
    struct one o = {w, 1};
    enum errcode code = ERR_OK;
    while (code == ERR_OK && atomic_load(&w->shared->n_done) == 0) {
        code = loop_sleep(1000, NULL);
    }
    code = engine_transact(w->shared->f->engine, STR("store"), insert_one, &o, NULL);
    bool is_early = atomic_load(&w->shared->n_done) != 2;
    atomic_fetch_add(&w->shared->n_wrong, code == ERR_OK && !is_early ? 0 : 1);
}

static void work_beside(void *arg)
{
    struct worker *w = arg;
    if (w->id == 0) {
        hold(w);
    } else if (w->id <= 20) {
        write_meanwhile(w);
    } else {
        read_meanwhile(w);
    }
    end(w);
}

/* Writes wait for it without the connections that reads need. */
static void a_change_elsewhere_leaves_room_for_reads(void **state)
{
    struct fixture *f = *state;
    struct shared s = share(f);
    struct worker workers[41];
    fixture_sql(f, "DELETE FROM t", NULL);
    assert_ok(f, mariadb_kind.open(&f->options, &s.other, &f->err));
    run_fibers(&s, workers, 41, work_beside);
    assert_int_equal(atomic_load(&s.n_wrong), 0);
    assert_int_equal(number(f, "SELECT count(*) FROM t"), 20);
    engine_close(s.other);
}

/* ---- a reader that leaves ---------------------------------------------------------------------
 */

struct leaver {
    struct fixture *f;
    struct loop *loop;
    struct fiber *fiber;
    struct loop_timer timer;
    struct gate done;
    enum errcode code;
    int64_t took_us;
};

static void ask_for_long(void *arg)
{
    struct leaver *l = arg;
    struct session *s = NULL;
    struct my_conn *c = NULL;
    int64_t from = time_monotonic_us();
    l->code = engine_session_begin(l->f->engine, STR("store"), ACCESS_READ, &s, NULL);
    l->code = l->code == ERR_OK ? mariadb_own(mariadb_session_of(s), &c, NULL) : l->code;
    l->code = l->code == ERR_OK ? my_run(c, "DO sleep(20)", NULL, NULL) : l->code;
    engine_session_end(s);
    l->took_us = time_monotonic_us() - from;
}

static void go_on(void *arg)
{
    struct leaver *l = arg;
    if (fiber_run(l->fiber) == FIBER_DONE) {
        fiber_free(l->fiber);
        gate_open(&l->done);
    }
}

static void leave(void *arg)
{
    fiber_cancel(((struct leaver *)arg)->fiber);
}

static void start_leaver(void *arg)
{
    struct leaver *l = arg;
    l->fiber = fiber_new(l->loop, ask_for_long, l, go_on, l);
    loop_timer_start(l->loop, &l->timer, 100000, 0, leave, l);
    go_on(l);
}

static void a_reader_that_leaves_is_not_waited_for(void **state)
{
    struct fixture *f = *state;
    struct runtime *rt = NULL;
    struct runtime_settings settings = {.loops = 1};
    struct leaver l = {.f = f};
    assert_int_equal(runtime_start(&settings, &rt, NULL), ERR_OK);
    l.loop = runtime_loop(rt, 0);
    gate_init(&l.done);
    loop_post(l.loop, start_leaver, &l);
    gate_wait(&l.done);
    runtime_stop(rt);
    assert_int_equal(l.code, ERR_CANCELLED);
    assert_true(l.took_us < 5000000);
    assert_ok(f, engine_ping(f->engine, &f->err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_connections_serve_many_fibers),
        cmocka_unit_test(deadlocks_are_tried_again),
        cmocka_unit_test(cut_connections_lose_nothing),
        cmocka_unit_test(tenants_take_turns),
        cmocka_unit_test(a_change_elsewhere_leaves_room_for_reads),
        cmocka_unit_test(a_reader_that_leaves_is_not_waited_for),
    };
    return cmocka_run_group_tests_name("mariadb/fibers", tests, set_up, tear_down);
}
