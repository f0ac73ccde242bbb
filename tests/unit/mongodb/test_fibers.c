/*
 * The engine as the server uses it: many fibers of two loops share few connections, while one of
 * them changes structure. Fibers collect, the test asserts.
 */
#include "fixture.h"

#include <stdatomic.h>
#include <string.h>

#include "base/attr.h"
#include "loop/loop.h"

#define NS     STR("store")
#define FIBERS 40
#define TURNS  6

static const char make[] =
    "[{\"op\":\"CREATE_TABLE\",\"table\":{\"tableName\":\"t\",\"columns\":["
    "{\"name\":\"id\",\"type\":\"int64\",\"primaryKey\":true,\"autoIncrement\":true},"
    "{\"name\":\"worker\",\"type\":\"int64\"},{\"name\":\"n\",\"type\":\"int64\"}]}},"
    "{\"op\":\"CREATE_TABLE\",\"table\":{\"tableName\":\"a\",\"columns\":["
    "{\"name\":\"id\",\"type\":\"int64\",\"primaryKey\":true},"
    "{\"name\":\"n\",\"type\":\"int64\"}]}}]";

struct shared {
    struct fixture *f;
    const struct table *t, *a;
    struct plan *plan;
    atomic_int n_left, n_failed, n_alone, n_inside, n_together;
    struct gate done;
};

struct worker {
    struct shared *shared;
    int id, turn;
};

static void end(struct worker *w)
{
    if (atomic_fetch_sub(&w->shared->n_left, 1) == 1) {
        gate_open(&w->shared->done);
    }
}

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

static struct shared set_up(struct catalog **c)
{
    struct shared s = {.f = fixture_open()};
    assert_ok(s.f, fixture_change(s.f, s.f->engine, NS, make, NULL));
    assert_ok(s.f, fixture_insert(s.f, s.f->engine, NS, "a", "id,n", "[[1,1000],[2,1000]]"));
    *c = fixture_catalog(s.f, s.f->engine, NS);
    s.t = catalog_find_table(*c, STR("t"));
    s.a = catalog_find_table(*c, STR("a"));
    return s;
}

static enum errcode insert_one(struct session *s, void *arg, struct error *err)
{
    const struct worker *w = arg;
    const struct column *columns[] = {&w->shared->t->columns[1], &w->shared->t->columns[2]};
    struct value values[] = {value_int(w->id), value_int(w->turn)};
    struct write write = {.kind = WRITE_INSERT,
                          .table = w->shared->t,
                          .columns = columns,
                          .values = values,
                          .n_columns = 2};
    struct write_result result = {0};
    atomic_fetch_add(&w->shared->n_inside, 1);
    if (atomic_load(&w->shared->n_alone)) {
        atomic_fetch_add(&w->shared->n_together, 1);
    }
    enum errcode code = engine_write(s, &write, &result, err);
    atomic_fetch_sub(&w->shared->n_inside, 1);
    return code;
}

static void insert_turns(void *arg)
{
    struct worker *w = arg;
    for (w->turn = 0; w->turn < TURNS; w->turn++) {
        if (engine_transact(w->shared->f->engine, NS, insert_one, w, NULL) != ERR_OK) {
            atomic_fetch_add(&w->shared->n_failed, 1);
        }
    }
    end(w);
}

/* Every row is there once, and no number was given twice. */
static void test_inserts(void **state)
{
    struct catalog *c = NULL;
    struct worker workers[FIBERS];
    (void)state;
    struct shared s = set_up(&c);
    run_fibers(&s, workers, FIBERS, insert_turns);
    assert_int_equal(atomic_load(&s.n_failed), 0);
    const char *reply =
        fixture_command(s.f, "{\"aggregate\":\"t\",\"pipeline\":[{\"$group\":{\"_id\":null,\"n\":{"
                             "\"$sum\":1}}}],\"cursor\":{}}");
    assert_non_null(strstr(reply, arena_printf(s.f->arena, "\"n\" : %d", FIBERS * TURNS)));
    catalog_unref(c);
    fixture_close(s.f);
}

struct transfer {
    const struct worker *w;
    struct arena *arena;
};

static enum errcode change_account(struct session *s, const struct transfer *t, int64_t id,
                                   int64_t by, struct error *err)
{
    const struct table *a = t->w->shared->a;
    const struct column *n = &a->columns[1];
    struct value key = value_int(id);
    struct filter where = {
        .op = FILTER_EQ, .column = &a->columns[0], .values = &key, .n_values = 1};
    struct query q = {.table = a, .columns = &n, .n_columns = 1, .where = &where, .limit = 1};
    const struct value *row = NULL;
    TRY(engine_query_one(s, &q, t->arena, &row, err));
    struct value now = value_int(row[0].i + by);
    struct write w = {.kind = WRITE_UPDATE,
                      .table = a,
                      .columns = &n,
                      .values = &now,
                      .n_columns = 1,
                      .where = &where};
    struct write_result result = {0};
    return engine_write(s, &w, &result, err);
}

static enum errcode transfer(struct session *s, void *arg, struct error *err)
{
    struct transfer *t = arg;
    bool forth = t->w->id % 2;
    TRY(change_account(s, t, forth ? 1 : 2, -1, err));
    return change_account(s, t, forth ? 2 : 1, 1, err);
}

static void transfer_once(void *arg)
{
    struct worker *w = arg;
    struct transfer t = {w, arena_new()};
    enum errcode code = engine_transact(w->shared->f->engine, NS, transfer, &t, NULL);
    if (code != ERR_OK) {
        atomic_fetch_add(&w->shared->n_failed, code == ERR_BUSY ? 1 : 1000);
    }
    arena_free(t.arena);
    end(w);
}

/* Transactions that meet are run again; who gives up is told that it is busy. The sum stays. */
static void test_transfers(void **state)
{
    struct catalog *c = NULL;
    struct worker workers[12];
    (void)state;
    struct shared s = set_up(&c);
    run_fibers(&s, workers, ARRAY_LEN(workers), transfer_once);
    assert_true(atomic_load(&s.n_failed) < (int)ARRAY_LEN(workers));
    const char *rows = fixture_rows(s.f, s.f->engine, NS, "a", "n", NULL, "id");
    int64_t sum = 0;
    struct str rest = str_of(rows);
    struct str part;
    for (int i = 0; i < 2; i++) {
        int64_t n = 0;
        assert_true(str_split(&rest, ';', &part));
        assert_true(str_int64(str_trim(part), &n));
        sum += n;
    }
    assert_int_equal(sum, 2000);
    catalog_unref(c);
    fixture_close(s.f);
}

static void be_alone(struct worker *w)
{
    struct session *s = NULL;
    if (engine_session_begin(w->shared->f->engine, NS, ACCESS_SCHEMA, &s, NULL) != ERR_OK) {
        atomic_fetch_add(&w->shared->n_failed, 1);
        return;
    }
    atomic_fetch_add(&w->shared->n_alone, 1);
    if (atomic_load(&w->shared->n_inside) || atomic_load(&w->shared->n_alone) != 1) {
        atomic_fetch_add(&w->shared->n_together, 1);
    }
    (void)!loop_sleep(3000, NULL);
    atomic_fetch_sub(&w->shared->n_alone, 1);
    engine_session_end(s);
}

static void write_or_be_alone(void *arg)
{
    struct worker *w = arg;
    if (w->id % 5 == 0) {
        be_alone(w);
        end(w);
        return;
    }
    insert_turns(w);
}

/* Whoever changes structure is alone, and nobody waits for ever. */
static void test_alone(void **state)
{
    struct catalog *c = NULL;
    struct worker workers[FIBERS];
    (void)state;
    struct shared s = set_up(&c);
    run_fibers(&s, workers, FIBERS, write_or_be_alone);
    assert_int_equal(atomic_load(&s.n_failed), 0);
    assert_int_equal(atomic_load(&s.n_together), 0);
    catalog_unref(c);
    fixture_close(s.f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inserts),
        cmocka_unit_test(test_transfers),
        cmocka_unit_test(test_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
