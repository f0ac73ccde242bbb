#include "fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "engine/postgres/lane.h"
#include "loop/loop.h"

/*
 * Many fibers on few connections. Each namespace has the same table with other numbers in it, so
 * that an answer for somebody else, or of another namespace, is seen.
 */
#define PLACES 3
#define ROWS   500

static struct column item_columns[] = {
    {.name = "id", .type = {.kind = TYPE_INT64}},
    {.name = "n", .type = {.kind = TYPE_INT64}},
};
static const char *item_key[] = {"id"};
static const struct table items = {.name = "items",
                                   .kind = TABLE_BASE,
                                   .columns = item_columns,
                                   .n_columns = 2,
                                   .primary_key = item_key,
                                   .n_primary_key = 1,
                                   .row_estimate = -1};
static const struct table slow_items = {.name = "slow_items",
                                        .kind = TABLE_VIEW,
                                        .columns = item_columns,
                                        .n_columns = 2,
                                        .row_estimate = -1};
/* Whoever reads it has lost a deadlock. */
static const struct table beaten_items = {.name = "beaten_items",
                                          .kind = TABLE_VIEW,
                                          .columns = item_columns,
                                          .n_columns = 2,
                                          .row_estimate = -1};
/* Its n is the time at which the transaction began: all questions of a segment have the same. It is
 * read as a table is. */
static const struct table stamped = {.name = "stamped",
                                     .kind = TABLE_BASE,
                                     .columns = item_columns,
                                     .n_columns = 2,
                                     .row_estimate = -1};
static const struct table no_items = {.name = "no_items",
                                      .kind = TABLE_BASE,
                                      .columns = item_columns,
                                      .n_columns = 2,
                                      .row_estimate = -1};
static const struct column *const both[] = {&item_columns[0], &item_columns[1]};

struct scene {
    struct fixture *f;
    struct runtime *rt;
    const char *names[PLACES];
    atomic_int n_running;
    atomic_int n_good, n_wrong, n_unavailable, n_other;
};

static void add_place(struct scene *s, int i)
{
    struct fixture *f = s->f;
    s->names[i] = arena_printf(f->arena, "tenants/t%d", i);
    assert_ok(f, engine_namespace_create(f->engine, str_of(s->names[i]), &f->err));
    fixture_sql(f,
                "SET search_path = %stenant_t%d; CREATE TABLE items (id bigint PRIMARY KEY, n "
                "bigint); INSERT INTO items SELECT g, g * 10 + %d FROM generate_series(1, %d) g; "
                "CREATE VIEW slow_items AS SELECT id, n FROM items WHERE pg_sleep(1) IS NOT NULL; "
                "CREATE VIEW stamped AS SELECT id, (extract(epoch FROM now()) * 1000000)::bigint "
                "AS n FROM items; "
                "CREATE FUNCTION beaten() RETURNS boolean LANGUAGE plpgsql AS $$BEGIN RAISE "
                "EXCEPTION USING ERRCODE = '40P01'; END$$; "
                "CREATE VIEW beaten_items AS SELECT id, n FROM items WHERE beaten(); "
                "GRANT SELECT ON items, slow_items, stamped, beaten_items TO %stenant_t%d",
                f->options.prefix, i, i, ROWS, f->options.prefix, i);
}

static struct scene *set_scene(const struct engine_options *base)
{
    struct fixture *f = fixture_open(base);
    struct scene *s = ARENA_NEW(f->arena, struct scene);
    s->f = f;
    for (int i = 0; i < PLACES; i++) {
        add_place(s, i);
    }
    const struct runtime_settings settings = {.loops = 2};
    assert_ok(f, runtime_start(&settings, &s->rt, &f->err));
    return s;
}

static void end_scene(struct scene *s)
{
    struct fixture *f = s->f;
    engine_close(f->engine); /* while its loops run */
    runtime_stop(s->rt);
    assert_ok(f, fixture_kind()->open(&f->options, &f->engine, &f->err));
    for (int i = 0; i < PLACES; i++) {
        if (engine_namespace_exists(f->engine, str_of(s->names[i]))) {
            assert_ok(f, engine_namespace_drop(f->engine, str_of(s->names[i]), &f->err));
        }
    }
    fixture_close(f);
}

static int set_up(void **state)
{
    *state = set_scene(NULL);
    return 0;
}

static int set_up_single(void **state)
{
    const struct engine_options one = {.connections = 1};
    *state = set_scene(&one);
    return 0;
}

static int tear_down(void **state)
{
    end_scene(*state);
    return 0;
}

/* ---- readers --------------------------------------------------------------------------------- */

struct reader {
    struct scene *scene;
    const struct table *table;
    int place, n_reads;
    unsigned seed;
    int64_t ended_us, longest_us;
    int n_failed;
};

static unsigned next_random(unsigned *seed)
{
    *seed = *seed * 1103515245U + 12345U;
    return *seed >> 8;
}

static enum errcode read_one(struct reader *r, int64_t id, int64_t *n, struct error *err)
{
    struct scene *s = r->scene;
    struct arena *a AUTO(arena_freep) = arena_new();
    const struct query q = {.table = r->table,
                            .columns = both,
                            .n_columns = 2,
                            .where = filter_compare(a, FILTER_EQ, &item_columns[0], value_int(id)),
                            .limit = 1};
    struct session *session AUTO(engine_session_endp) = NULL;
    const struct value *row = NULL;
    *n = -1;
    TRY(engine_session_begin(s->f->engine, str_of(s->names[r->place]), ACCESS_READ, &session, err));
    TRY(engine_query_one(session, &q, a, &row, err));
    *n = row && row[0].i == id ? row[1].i : -1;
    return ERR_OK;
}

static void judge(struct reader *r, int64_t id)
{
    struct scene *s = r->scene;
    struct error err AUTO(error_release) = ERROR_INIT;
    int64_t n = 0;
    int64_t began = time_monotonic_us();
    enum errcode code = read_one(r, id, &n, &err);
    int64_t took = time_monotonic_us() - began;
    r->longest_us = took > r->longest_us ? took : r->longest_us;
    if (code == ERR_OK) {
        atomic_fetch_add(n == id * 10 + r->place ? &s->n_good : &s->n_wrong, 1);
    } else {
        atomic_fetch_add(code == ERR_UNAVAILABLE ? &s->n_unavailable : &s->n_other, 1);
        r->n_failed++;
        bool is_expected = code == ERR_UNAVAILABLE || code == ERR_SCHEMA_MOVED ||
                           code == ERR_NOT_FOUND ||
                           code == ERR_BUSY; /* then their number is looked at */
        if (!is_expected && err.message) {
            (void)fprintf(stderr, "# %s (%s)\n", err.message, err.detail ? err.detail : "");
        }
    }
}

static void read_many(void *arg)
{
    struct reader *r = arg;
    for (int i = 0; i < r->n_reads; i++) {
        judge(r, 1 + next_random(&r->seed) % ROWS);
    }
    r->ended_us = time_monotonic_us();
    atomic_fetch_sub(&r->scene->n_running, 1);
}

static struct reader *start_readers(struct scene *s, int n, int n_reads)
{
    struct reader *all = ARENA_ARRAY(s->f->arena, (size_t)n, struct reader);
    for (int i = 0; i < n; i++) {
        all[i] = (struct reader){.scene = s,
                                 .table = &items,
                                 .place = i % PLACES,
                                 .n_reads = n_reads,
                                 .seed = (unsigned)i};
        atomic_fetch_add(&s->n_running, 1);
        loop_spawn(runtime_loop(s->rt, i % 2), read_many, &all[i]);
    }
    return all;
}

static void await_readers(struct scene *s)
{
    int64_t end_us = time_monotonic_us() + 60000000;
    while (atomic_load(&s->n_running) > 0) {
        assert_true(time_monotonic_us() < end_us);
        usleep(1000);
    }
}

/* ---- sharing --------------------------------------------------------------------------------- */

static int connections(struct scene *s)
{
    const char *n = fixture_text(s->f,
                                 "SELECT count(*) FROM pg_stat_activity WHERE application_name = "
                                 "'%s'",
                                 s->f->options.application_name);
    int64_t i = 0;
    assert_true(str_int64(str_of(n), &i));
    return (int)i;
}

static int set_up_named(void **state)
{
    struct engine_options base = {.connections = 6};
    char name[64];
    (void)snprintf(name, sizeof name, "pgt-fibers-%d", (int)getpid());
    base.application_name = name;
    struct scene *s = set_scene(&base);
    s->f->options.application_name = arena_strdup(s->f->arena, name);
    *state = s;
    return 0;
}

static void test_sharing(void **state)
{
    struct scene *s = *state;
    start_readers(s, 120, 40);
    int most = 0;
    while (atomic_load(&s->n_running) > 0) {
        int n = connections(s);
        most = n > most ? n : most;
    }
    assert_int_equal(atomic_load(&s->n_good), 120 * 40);
    assert_int_equal(atomic_load(&s->n_wrong), 0);
    assert_true(most > 0 && most <= 6);
}

#define STAMPERS 20

struct stamper {
    struct reader reader;
    int64_t stamp;
};

static void read_stamp(void *arg)
{
    struct stamper *t = arg;
    struct scene *s = t->reader.scene;
    enum errcode code = read_one(&t->reader, 1, &t->stamp, NULL);
    atomic_fetch_add(code == ERR_OK ? &s->n_good : &s->n_other, 1);
    atomic_fetch_sub(&s->n_running, 1);
}

/* On the loop's thread: what is known is known to be quick, and all ask within the same turn. */
static void ask_together(void *arg)
{
    struct stamper *all = arg;
    const struct scene *s = all->reader.scene;
    struct times *times = &postgres_engine_of(s->f->engine)->pipelines[0]->times;
    for (size_t i = 0; i < KNOWN_TIMES; i++) {
        times->known[i].us = times->known[i].us > 0 ? 50 : 0;
    }
    for (int i = 0; i < STAMPERS; i++) {
        loop_spawn(loop_self(), read_stamp, &all[i]);
    }
}

static void ask_stamps(struct scene *s, struct stamper *all)
{
    for (int i = 0; i < STAMPERS; i++) {
        all[i].reader = (struct reader){.scene = s, .table = &stamped};
        atomic_fetch_add(&s->n_running, 1);
    }
    loop_post(runtime_loop(s->rt, 0), ask_together, all);
    await_readers(s);
}

/* The questions of one turn are one segment: one write, one transaction, one read; though several
 * connections are open. */
static void test_packing(void **state)
{
    struct scene *s = *state;
    struct stamper all[STAMPERS];
    start_readers(s, 120, 20);
    await_readers(s);
    ask_stamps(s, all); /* from now on their shape is known */
    int n_packed = 0;
    for (int round = 0; round < 20; round++) {
        bool is_packed = true;
        ask_stamps(s, all);
        for (int i = 1; i < STAMPERS; i++) {
            is_packed = is_packed && all[i].stamp == all[0].stamp;
        }
        n_packed += is_packed;
    }
    assert_in_range(n_packed, 16, 20); /* a tick of the pipelines may come between */
    assert_int_equal(atomic_load(&s->n_other), 0);
}

/* One connection for all: everybody has his turn, and nobody has to wait for a whole place. */
static void test_turns(void **state)
{
    struct scene *s = *state;
    struct reader *all = ARENA_ARRAY(s->f->arena, 301, struct reader);
    int64_t last_of_many = 0;
    for (int i = 0; i <= 300; i++) {
        all[i] = (struct reader){.scene = s,
                                 .table = &items,
                                 .place = i == 300 ? 1 : 0,
                                 .n_reads = i == 300 ? 1 : 20,
                                 .seed = (unsigned)i};
        atomic_fetch_add(&s->n_running, 1);
        loop_spawn(runtime_loop(s->rt, 0), read_many, &all[i]);
    }
    await_readers(s);
    assert_int_equal(atomic_load(&s->n_good), 300 * 20 + 1);
    for (int i = 0; i < 300; i++) {
        last_of_many = all[i].ended_us > last_of_many ? all[i].ended_us : last_of_many;
    }
    assert_true(all[300].ended_us < last_of_many);
}

static enum errcode touch(struct session *session, void *arg, struct error *err)
{
    const struct reader *r = arg;
    const struct value n = value_int(r->place + 10);
    const struct column *columns[] = {&item_columns[1]};
    const struct write w = {
        .kind = WRITE_UPDATE,
        .table = &items,
        .columns = columns,
        .values = &n,
        .n_columns = 1,
        .where = filter_compare(session->arena, FILTER_EQ, &item_columns[0], value_int(1))};
    return engine_write(session, &w, NULL, err);
}

static void read_and_write(void *arg)
{
    struct reader *r = arg;
    struct scene *s = r->scene;
    for (int i = 0; i < r->n_reads; i++) {
        struct error err AUTO(error_release) = ERROR_INIT;
        enum errcode code =
            engine_transact(s->f->engine, str_of(s->names[r->place]), touch, r, &err);
        atomic_fetch_add(code == ERR_OK ? &s->n_good : &s->n_other, 1);
        if (code != ERR_OK && err.message) {
            (void)fprintf(stderr, "# %s (%s)\n", err.message, err.detail ? err.detail : "");
        }
        judge(r, 1 + next_random(&r->seed) % ROWS);
    }
    atomic_fetch_sub(&s->n_running, 1);
}

/* Writers and readers have one connection between them. */
static void test_one_connection(void **state)
{
    struct scene *s = *state;
    for (int i = 0; i < 12; i++) {
        struct reader *r = ARENA_NEW(s->f->arena, struct reader);
        *r = (struct reader){
            .scene = s, .table = &items, .place = i % PLACES, .n_reads = 5, .seed = (unsigned)i};
        atomic_fetch_add(&s->n_running, 1);
        loop_spawn(runtime_loop(s->rt, i % 2), read_and_write, r);
    }
    await_readers(s);
    assert_int_equal(atomic_load(&s->n_good), 12 * 5 * 2);
    assert_int_equal(atomic_load(&s->n_wrong) + atomic_load(&s->n_other), 0);
}

/* ---- what fails, what takes long ------------------------------------------------------------- */

static void test_neighbours(void **state)
{
    struct scene *s = *state;
    struct reader bad = {.scene = s, .table = &no_items, .place = 0, .n_reads = 50, .seed = 7};
    for (int i = 0; i < 20; i++) { /* known to be quick: they share a segment with the failures */
        start_readers(s, 6, 10);
    }
    atomic_fetch_add(&s->n_running, 1);
    loop_spawn(runtime_loop(s->rt, 0), read_many, &bad);
    await_readers(s);
    assert_int_equal(atomic_load(&s->n_good), 20 * 6 * 10);
    assert_int_equal(atomic_load(&s->n_other), 50); /* ERR_SCHEMA_MOVED, each of them */
    assert_int_equal(atomic_load(&s->n_wrong), 0);
}

/* Who is beaten again and again is told so, and not that a connection was lost. */
static void test_beaten(void **state)
{
    struct scene *s = *state;
    struct reader beaten = {
        .scene = s, .table = &beaten_items, .place = 0, .n_reads = 3, .seed = 7};
    atomic_fetch_add(&s->n_running, 1);
    loop_spawn(runtime_loop(s->rt, 0), read_many, &beaten);
    start_readers(s, 6, 10);
    await_readers(s);
    assert_int_equal(atomic_load(&s->n_other), 3); /* ERR_BUSY, each of them */
    assert_int_equal(atomic_load(&s->n_unavailable), 0);
    assert_int_equal(atomic_load(&s->n_good), 6 * 10);
    assert_int_equal(atomic_load(&s->n_wrong), 0);
}

/* One namespace goes away under its readers; those of others, on the same connections, see nothing
 * of it. */
static void test_vanishing(void **state)
{
    enum { READS = 300 }; /* enough to be under way still when it goes */
    struct scene *s = *state;
    struct reader *all = start_readers(s, 60, READS);
    while (atomic_load(&s->n_good) < 300) {
        usleep(1000);
    }
    const char *gone = arena_printf(s->f->arena, "%stenant_t2", s->f->options.prefix);
    fixture_sql(s->f, "DROP SCHEMA %s CASCADE; DROP OWNED BY %s; DROP ROLE %s", gone, gone, gone);
    await_readers(s);
    /* one of its own that was under way may be given up after some tries */
    int n_failed = atomic_load(&s->n_other) + atomic_load(&s->n_unavailable);
    assert_int_equal(atomic_load(&s->n_wrong), 0);
    assert_in_range(n_failed, 1, 20 * READS);
    assert_int_equal(atomic_load(&s->n_good) + n_failed, 60 * READS);
    for (int i = 0; i < 60; i++) {
        assert_true(all[i].place == 2 || all[i].n_failed == 0);
    }
}

static void test_slow(void **state)
{
    struct scene *s = *state;
    struct reader slow = {.scene = s, .table = &slow_items, .place = 0, .n_reads = 1, .seed = 3};
    start_readers(s, 20, 20); /* connections are open, shapes known */
    await_readers(s);
    struct reader *quick = start_readers(s, 20, 100);
    atomic_fetch_add(&s->n_running, 1);
    loop_spawn(runtime_loop(s->rt, 0), read_many, &slow);
    await_readers(s);
    assert_int_equal(atomic_load(&s->n_good), 20 * 20 + 20 * 100 + 1);
    assert_true(slow.longest_us >= 1000000);
    for (int i = 0; i < 20; i++) { /* nobody stood behind it */
        assert_true(quick[i].longest_us < 700000);
    }
}

struct leaver {
    struct reader reader;
    struct fiber *fiber;
    enum errcode code;
    atomic_bool has_left;
    struct loop_timer timer;
};

static void read_until_cancelled(void *arg)
{
    struct leaver *l = arg;
    int64_t n = 0;
    l->code = read_one(&l->reader, 1, &n, NULL);
}

static void go_on(void *arg)
{
    struct leaver *l = arg;
    if (fiber_run(l->fiber) == FIBER_DONE) {
        fiber_free(l->fiber);
        atomic_store(&l->has_left, true);
    }
}

static void leave(void *arg)
{
    struct leaver *l = arg;
    fiber_cancel(l->fiber);
}

static void start_leaver(void *arg)
{
    struct leaver *l = arg;
    l->fiber = fiber_new(loop_self(), read_until_cancelled, l, go_on, l);
    if (fiber_run(l->fiber) == FIBER_WAITING) {
        loop_timer_start(loop_self(), &l->timer, 100000, 0, leave, l);
    }
}

/* A client leaves: its statement is ended at the server, and others get what is theirs. */
static void test_leaving(void **state)
{
    struct scene *s = *state;
    struct leaver l = {.reader = {.scene = s, .table = &slow_items, .place = 0}};
    start_readers(s, 20, 5);
    await_readers(s);
    int64_t began = time_monotonic_us();
    loop_post(runtime_loop(s->rt, 0), start_leaver, &l);
    while (!atomic_load(&l.has_left)) {
        usleep(1000);
    }
    assert_int_equal(l.code, ERR_CANCELLED);
    assert_true(time_monotonic_us() - began < 900000);
    start_readers(s, 20, 20);
    await_readers(s);
    assert_int_equal(atomic_load(&s->n_good), 20 * 5 + 20 * 20);
    while (strcmp("0", fixture_text(s->f,
                                    "SELECT count(*) FROM pg_stat_activity WHERE state = "
                                    "'active' AND query LIKE '%%slow_items%%' AND "
                                    "application_name = '%s'",
                                    s->f->options.application_name)) != 0) {
        assert_true(time_monotonic_us() - began < 900000); /* long before its second is over */
    }
}

/* ---- connections that die -------------------------------------------------------------------- */

static void terminate_all(struct scene *s)
{
    fixture_sql(s->f,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = "
                "'%s'",
                s->f->options.application_name);
}

static void test_dying(void **state)
{
    struct scene *s = *state;
    for (int round = 0; round < 5; round++) {
        start_readers(s, 60, 20);
        for (int i = 0; i < 5; i++) {
            usleep(5000);
            terminate_all(s);
        }
        await_readers(s);
    }
    assert_int_equal(atomic_load(&s->n_wrong), 0);
    assert_int_equal(atomic_load(&s->n_other), 0);
    assert_int_equal(atomic_load(&s->n_good) + atomic_load(&s->n_unavailable), 5 * 60 * 20);
    atomic_store(&s->n_good, 0);
    atomic_store(&s->n_unavailable, 0);
    terminate_all(s);
    while (connections(s) > 0) {
        usleep(1000);
    }
    start_readers(s, 60, 20); /* also over connections that died while nobody looked */
    await_readers(s);
    assert_int_equal(atomic_load(&s->n_good), 60 * 20);
    assert_true(connections(s) <= 6);
}

#define CASE(name, setup) cmocka_unit_test_setup_teardown(name, setup, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_sharing, set_up_named),   CASE(test_packing, set_up_named),
        CASE(test_turns, set_up_single),    CASE(test_one_connection, set_up_single),
        CASE(test_neighbours, set_up),      CASE(test_slow, set_up_named),
        CASE(test_leaving, set_up_named),   CASE(test_dying, set_up_named),
        CASE(test_vanishing, set_up_named), CASE(test_beaten, set_up),
    };
    return cmocka_run_group_tests_name("postgres/fibers", tests, NULL, NULL);
}
