#include "fixture.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "loop/loop.h"

/*
 * The server is stopped, killed and started again while fibers read and write. A private one, made
 * by tests/support/servers: nobody else shall notice.
 */
#define READERS 30
#define WRITERS 10
#define IDS_MAX 100000

struct stage {
    char folder[32];
    struct fixture *f;
    struct runtime *rt;
    const struct table *items;
    const struct column *columns[2];
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
                                       "env -u TELAIO_TEST_MARIADB '%s/tests/support/servers' %s "
                                       "'%s' mariadb >&2",
                                       getenv("TELAIO_SOURCE"), action, stage.folder);
    if (system(command) != 0) {
        fail_msg("%s", command);
    }
    arena_free(a);
}

/* A commit is written before it is answered, as anywhere outside of tests. */
static void keep_commits(void)
{
    fixture_sql(stage.f, "SET GLOBAL innodb_flush_log_at_trx_commit = 2", NULL);
}

static int set_up(void **state)
{
    static const struct engine_options few = {.connections = 8};
    const struct runtime_settings settings = {.loops = 2};
    struct arena *a = arena_new();
    (void)state;
    (void)snprintf(stage.folder, sizeof stage.folder, "/tmp/myk-XXXXXX");
    assert_non_null(mkdtemp(stage.folder));
    run_servers("start");
    const char *address = arena_printf(a, "mariadb://root@/?socket=%s/my/sock", stage.folder);
    assert_int_equal(setenv("TELAIO_TEST_MARIADB", address, 1), 0);
    arena_free(a);
    stage.f = fixture_open(&few);
    stage.items = fixture_table(stage.f, "items", "id int64", "n int64", NULL);
    stage.columns[0] = &stage.items->columns[0];
    stage.columns[1] = &stage.items->columns[1];
    keep_commits();
    fixture_sql(stage.f, "CREATE TABLE items (id BIGINT PRIMARY KEY, n BIGINT)",
                "INSERT INTO items SELECT -seq, seq * 3 FROM seq_1_to_100", NULL);
    assert_ok(stage.f, runtime_start(&settings, &stage.rt, &stage.f->err));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    runtime_stop(stage.rt);
    fixture_close(stage.f);
    run_servers("stop");
    return 0;
}

static void kill_server(int signal_number)
{
    char path[64];
    char line[32] = "";
    (void)snprintf(path, sizeof path, "%s/my/pid", stage.folder);
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
    const struct query q = {.table = stage.items,
                            .columns = stage.columns,
                            .n_columns = 2,
                            .where = filter_compare(a, FILTER_EQ, stage.columns[0], value_int(-id)),
                            .limit = 1};
    struct session *s AUTO(engine_session_endp) = NULL;
    const struct value *row = NULL;
    TRY(engine_session_begin(stage.f->engine, STR("store"), ACCESS_READ, &s, err));
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
    const struct write w = {.kind = WRITE_INSERT,
                            .table = stage.items,
                            .columns = stage.columns,
                            .values = values,
                            .n_columns = 2};
    return engine_write(s, &w, NULL, err);
}

static void write_on(void *arg)
{
    (void)arg;
    while (!atomic_load(&stage.ends)) {
        struct error err AUTO(error_release) = ERROR_INIT;
        int id = atomic_fetch_add(&stage.next_id, 1);
        struct value v = value_int(id);
        enum errcode code = id < IDS_MAX
                                ? engine_transact(stage.f->engine, STR("store"), insert, &v, &err)
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

static void await(const atomic_int *what, int at_least, bool is_fewer)
{
    int64_t limit = time_monotonic_us() + 40000000;
    while ((atomic_load(what) < at_least) != is_fewer) {
        assert_true(time_monotonic_us() < limit);
        usleep(1000);
    }
}

/* ---- the checks ------------------------------------------------------------------------------ */

/* Nothing that was said to be durable is lost; what was not may be there, once. */
static void check_rows(void)
{
    for (int id = 0; id < atomic_load(&stage.next_id) && id < IDS_MAX; id++) {
        if (atomic_load(&stage.is_kept[id])) {
            const char *sql =
                arena_printf(stage.f->arena, "SELECT count(*) FROM items WHERE id = %d", id);
            assert_string_equal(fixture_text(stage.f, sql), "1");
        }
    }
}

static void kill_and_start(int signal_number)
{
    int good = atomic_load(&stage.n_good);
    int unavailable = atomic_load(&stage.n_unavailable);
    start_fibers();
    await(&stage.n_good, good + 300, false);
    kill_server(signal_number);
    await(&stage.n_unavailable, unavailable + 10, false);
    run_servers("start");
    fixture_reconnect(stage.f);
    keep_commits();
    good = atomic_load(&stage.n_good);
    await(&stage.n_good, good + 300, false); /* by itself */
    atomic_store(&stage.ends, true);
    await(&stage.n_running, 1, true);
    assert_int_equal(atomic_load(&stage.n_wrong), 0);
    assert_int_equal(atomic_load(&stage.n_other), 0);
    check_rows();
    const char *n = fixture_text(stage.f, "SELECT count(*) FROM information_schema.PROCESSLIST");
    assert_in_range(strtol(n, NULL, 10), 1, 9); /* one is beside */
}

static void a_stop_is_survived(void **state)
{
    (void)state;
    kill_and_start(SIGTERM);
}

static void a_crash_is_survived(void **state)
{
    (void)state;
    kill_and_start(SIGKILL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stop_is_survived),
        cmocka_unit_test(a_crash_is_survived),
    };
    return cmocka_run_group_tests_name("mariadb/kill", tests, set_up, tear_down);
}
