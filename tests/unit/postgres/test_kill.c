#include "fixture.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "loop/loop.h"

/*
 * The server is killed and started again while fibers read and write. A private one, made by
 * tests/support/servers: nobody else shall notice.
 */
#define READERS 30
#define WRITERS 10
#define IDS_MAX 100000

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
static const struct column *const both[] = {&item_columns[0], &item_columns[1]};

struct stage {
    char folder[32];
    struct fixture *f;
    struct runtime *rt;
    atomic_bool ends;
    atomic_int n_running, n_good, n_wrong, n_unavailable, n_other;
    atomic_int next_id;
    atomic_bool is_kept[IDS_MAX]; /* the engine said that the row is durable */
};

static struct stage stage;

static void run_servers(const char *action)
{
    struct arena *a = arena_new();
    const char *command = arena_printf(a,
                                       "env -u TELAIO_TEST_POSTGRES '%s/tests/support/servers' %s "
                                       "'%s' postgresql >&2",
                                       getenv("TELAIO_SOURCE"), action, stage.folder);
    if (system(command) != 0) {
        fail_msg("%s", command);
    }
    arena_free(a);
}

static void set_stage(void)
{
    struct arena *a = arena_new();
    (void)snprintf(stage.folder, sizeof stage.folder, "/tmp/pgk-XXXXXX");
    assert_non_null(mkdtemp(stage.folder));
    run_servers("start");
    const char *address = arena_printf(a, "postgres://app@/postgres?socket=%s/pg", stage.folder);
    assert_int_equal(setenv("TELAIO_TEST_POSTGRES", address, 1), 0);
    const struct engine_options base = {.connections = 8};
    stage.f = fixture_open(&base);
    fixture_sql(stage.f, "ALTER ROLE app SET synchronous_commit = on"); /* durable is durable */
    fixture_sql(stage.f,
                "SET search_path = %s; CREATE TABLE items (id bigint PRIMARY KEY, n bigint); "
                "INSERT INTO items SELECT -g, g * 3 FROM generate_series(1, 100) g; GRANT ALL ON "
                "items TO %s",
                stage.f->tenant, stage.f->tenant);
    const struct runtime_settings settings = {.loops = 2};
    assert_ok(stage.f, runtime_start(&settings, &stage.rt, &stage.f->err));
    arena_free(a);
}

static void kill_server(int signal_number)
{
    char path[64];
    char line[32] = "";
    (void)snprintf(path, sizeof path, "%s/pg/data/postmaster.pid", stage.folder);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    (void)fclose(file);
    pid_t pid = (pid_t)strtol(line, NULL, 10);
    assert_int_equal(kill(pid, signal_number), 0);
    while (kill(pid, 0) == 0) {
        usleep(10000);
    }
}

/* ---- the fibers ------------------------------------------------------------------------------ */

static void note(enum errcode code, bool is_right, const struct error *err)
{
    if (code == ERR_OK) {
        atomic_fetch_add(is_right ? &stage.n_good : &stage.n_wrong, 1);
    } else if (code == ERR_UNAVAILABLE) {
        atomic_fetch_add(&stage.n_unavailable, 1);
        BUG_ON(loop_sleep(5000, NULL) != ERR_OK); /* a client would wait, too */
    } else {
        atomic_fetch_add(&stage.n_other, 1);
        (void)fprintf(stderr, "# %s (%s)\n", err->message, err->detail ? err->detail : "");
    }
}

static enum errcode read_one(int64_t id, int64_t *n, struct error *err)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    const struct query q = {.table = &items,
                            .columns = both,
                            .n_columns = 2,
                            .where = filter_compare(a, FILTER_EQ, &item_columns[0], value_int(-id)),
                            .limit = 1};
    struct session *s AUTO(engine_session_endp) = NULL;
    const struct value *row = NULL;
    TRY(engine_session_begin(stage.f->engine, STR("tenants/main"), ACCESS_READ, &s, err));
    TRY(engine_query_one(s, &q, a, &row, err));
    *n = row ? row[1].i : -1;
    return ERR_OK;
}

static void read_on(void *arg)
{
    (void)arg;
    for (int64_t i = 1; !atomic_load(&stage.ends); i = i % 100 + 1) {
        struct error err AUTO(error_release) = ERROR_INIT;
        int64_t n = 0;
        enum errcode code = read_one(i, &n, &err);
        note(code, n == i * 3, &err);
    }
    atomic_fetch_sub(&stage.n_running, 1);
}

static enum errcode insert(struct session *s, void *arg, struct error *err)
{
    const struct value *id = arg;
    const struct value values[] = {*id, *id};
    const struct write w = {
        .kind = WRITE_INSERT, .table = &items, .columns = both, .values = values, .n_columns = 2};
    return engine_write(s, &w, NULL, err);
}

static void write_on(void *arg)
{
    (void)arg;
    while (!atomic_load(&stage.ends)) {
        struct error err AUTO(error_release) = ERROR_INIT;
        int id = atomic_fetch_add(&stage.next_id, 1);
        struct value v = value_int(id);
        enum errcode code =
            id < IDS_MAX ? engine_transact(stage.f->engine, STR("tenants/main"), insert, &v, &err)
                         : ERR_UNAVAILABLE;
        if (code == ERR_OK) {
            atomic_store(&stage.is_kept[id], true);
        }
        note(code, true, &err);
    }
    atomic_fetch_sub(&stage.n_running, 1);
}

static void start_fibers(void)
{
    atomic_store(&stage.ends, false);
    for (int i = 0; i < READERS + WRITERS; i++) {
        atomic_fetch_add(&stage.n_running, 1);
        loop_spawn(runtime_loop(stage.rt, i % 2), i < READERS ? read_on : write_on, NULL);
    }
}

static void end_fibers(void)
{
    atomic_store(&stage.ends, true);
    int64_t limit = time_monotonic_us() + 40000000;
    while (atomic_load(&stage.n_running) > 0) {
        assert_true(time_monotonic_us() < limit);
        usleep(1000);
    }
}

static void await_good(int n)
{
    int64_t limit = time_monotonic_us() + 20000000;
    int before = atomic_load(&stage.n_good);
    while (atomic_load(&stage.n_good) < before + n) {
        assert_true(time_monotonic_us() < limit);
        usleep(1000);
    }
}

/* ---- the checks ------------------------------------------------------------------------------ */

static void connect_beside(void)
{
    PQreset(stage.f->beside);
    assert_int_equal(PQstatus(stage.f->beside), CONNECTION_OK);
}

static void check_rows(void)
{
    for (int id = 0; id < atomic_load(&stage.next_id) && id < IDS_MAX; id++) {
        if (atomic_load(&stage.is_kept[id])) {
            const char *n = fixture_text(stage.f, "SELECT count(*) FROM %s.items WHERE id = %d",
                                         stage.f->tenant, id);
            assert_string_equal("1", n);
        }
    }
}

static void kill_and_start(int signal_number)
{
    int unavailable = atomic_load(&stage.n_unavailable);
    start_fibers();
    await_good(300);
    kill_server(signal_number);
    usleep(200000);
    assert_true(atomic_load(&stage.n_unavailable) > unavailable);
    run_servers("start");
    await_good(300); /* by itself */
    end_fibers();
    assert_int_equal(atomic_load(&stage.n_wrong), 0);
    assert_int_equal(atomic_load(&stage.n_other), 0);
    connect_beside();
    check_rows();
    const char *n = fixture_text(stage.f, "SELECT count(*) FROM pg_stat_activity WHERE "
                                          "application_name = 'telaio'");
    assert_true(strtol(n, NULL, 10) <= 8);
}

static void test_fast_stop(void **state)
{
    (void)state;
    kill_and_start(SIGINT);
}

static void test_crash(void **state)
{
    (void)state;
    kill_and_start(SIGQUIT);
}

static int tear_down(void **state)
{
    (void)state;
    engine_close(stage.f->engine);
    runtime_stop(stage.rt);
    assert_ok(stage.f, fixture_kind()->open(&stage.f->options, &stage.f->engine, &stage.f->err));
    fixture_close(stage.f);
    run_servers("stop");
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    set_stage();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fast_stop),
        cmocka_unit_test(test_crash),
    };
    return cmocka_run_group_tests_name("postgres/kill", tests, set_up, tear_down);
}
