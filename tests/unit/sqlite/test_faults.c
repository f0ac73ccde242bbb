#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../support/fault_vfs.h"
#include "fixture.h"

/*
 * A rebuild and writes on a disk that fills up at every possible moment, and in a process that is
 * killed at every possible moment. Afterwards all is as before or all is done.
 */
static const char schema[] =
    "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, boss INTEGER REFERENCES t(id),"
    "  email TEXT NOT NULL, note TEXT, UNIQUE (email));"
    "CREATE INDEX part ON t (note) WHERE note IS NOT NULL;"
    "CREATE INDEX expr ON t (lower(email));"
    "CREATE TABLE child (t INTEGER NOT NULL REFERENCES t(id) ON DELETE CASCADE);"
    "CREATE TABLE log (what TEXT);"
    "CREATE TRIGGER on_t AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.email); END;"
    "CREATE VIEW v AS SELECT id, email FROM t;"
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)"
    "  INSERT INTO t (id, boss, email, note) SELECT i, nullif(i - 1, 0), 'e' || i, "
    "  printf('%0200d', i) FROM n;"
    "INSERT INTO child SELECT id FROM t;";

static const struct sqlite_settings settings = {.vfs = FAULT_VFS};

static int set_up(void **state)
{
    fault_vfs_register();
    fault_plan_reset();
    struct fixture *f = fixture_open(&settings);
    fixture_sql(f, schema);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fault_plan_reset();
    fixture_close(*state);
    return 0;
}

static const char *state_of(struct fixture *f)
{
    return fixture_text(
        f, "SELECT (SELECT group_concat(type || name || tbl_name || coalesce(sql, ''), char(10)) "
           "FROM (SELECT * FROM sqlite_schema ORDER BY type, name)) || "
           "(SELECT group_concat(id || email || coalesce(boss, '')) FROM t) || "
           "(SELECT count(*) FROM child) || (SELECT group_concat(name || seq) FROM "
           "sqlite_sequence) || (SELECT count(*) FROM log)");
}

/* Drop a column (a rebuild that keeps values), the hard way. */
static enum errcode drop_note(struct fixture *f)
{
    struct change c = {.kind = CHANGE_DROP_COLUMN};
    c.drop_column.table = "t";
    c.drop_column.column = "note";
    struct change_list list = {&c, 1, f->arena};
    error_release(&f->err);
    return fixture_change(f, &list, "k");
}

static void reset_file(struct fixture *f)
{
    engine_close(f->engine);
    char *command = arena_printf(f->arena, "rm -f %s/store.db*", f->folder);
    assert_int_equal(system(command), 0);
    fixture_reopen_only(f, &settings);
    assert_ok(f, engine_namespace_create(f->engine, STR("store"), &f->err));
    fixture_sql(f, schema);
}

static void check_sound(struct fixture *f, const char *before, const char *after, bool done)
{
    const char *now = state_of(f);
    assert_string_equal(fixture_text(f, "PRAGMA integrity_check"), "ok");
    assert_string_equal(fixture_text(f, "SELECT count(*) FROM pragma_foreign_key_check"), "0");
    if (strcmp(now, before) != 0 && strcmp(now, after) != 0) {
        fail_msg("half a change");
    }
    if (done) {
        assert_string_equal(now, after);
    }
}

static const char *done_state(struct fixture *f)
{
    assert_ok(f, drop_note(f));
    const char *after = state_of(f);
    reset_file(f);
    return after;
}

static void a_full_disk_at_any_write_of_a_rebuild_leaves_no_half(void **state)
{
    struct fixture *f = *state;
    const char *before = state_of(f);
    const char *after = done_state(f);
    bool done = false;
    long n = 0;
    while (!done) {
        n++;
        fault_plan_reset();
        atomic_store(&fault_plan.fail_from, n);
        enum errcode code = drop_note(f);
        long seen = atomic_load(&fault_plan.n_writes);
        fault_plan_reset();
        assert_true(code == ERR_OK || code == ERR_DISK_FULL || code == ERR_IO);
        fixture_reopen(f, &settings);
        check_sound(f, before, after, code == ERR_OK);
        if (strcmp(state_of(f), after) == 0) {
            reset_file(f);
        }
        done = code == ERR_OK && seen < n;
    }
    assert_true(n > 10);
}

struct insertion {
    const struct table *table;
    int64_t id;
};

static enum errcode insert_three(struct session *s, void *arg, struct error *err)
{
    struct insertion *i = arg;
    const struct column *columns[] = {table_find_column(i->table, STR("id")),
                                      table_find_column(i->table, STR("email")),
                                      table_find_column(i->table, STR("note"))};
    static char note[9000];
    memset(note, 'n', sizeof note);
    for (int64_t k = 0; k < 3; k++) {
        struct value values[] = {value_int(i->id + k),
                                 value_text(k == 0   ? "x0"
                                            : k == 1 ? "x1"
                                                     : "x2"),
                                 value_str((struct str){note, sizeof note})};
        struct write w = {.kind = WRITE_INSERT,
                          .table = i->table,
                          .columns = columns,
                          .values = values,
                          .n_columns = 3};
        struct write_result r;
        TRY(engine_write(s, &w, &r, err));
    }
    return ERR_OK;
}

/* One write fails, the next ones work again: a moment's lack of space. */
static void a_full_disk_at_any_write_of_rows_loses_nothing(void **state)
{
    struct fixture *f = *state;
    struct catalog *c = fixture_catalog(f);
    struct insertion i = {.table = catalog_find_table(c, STR("t")), .id = 1000};
    long n = 0;
    for (bool reached = true; reached;) {
        n++;
        fault_plan_reset();
        atomic_store(n % 2 ? &fault_plan.fail_from : &fault_plan.fail_once, (n + 1) / 2);
        enum errcode code = engine_transact(f->engine, STR("store"), insert_three, &i, NULL);
        reached = atomic_load(&fault_plan.n_writes) >= (n + 1) / 2;
        fault_plan_reset();
        const char *count = fixture_text(f, "SELECT count(*) FROM t WHERE id >= 1000");
        assert_true(code == ERR_OK || code == ERR_DISK_FULL || code == ERR_IO);
        assert_string_equal(count, code == ERR_OK ? "3" : "0");
        assert_string_equal(fixture_text(f, "PRAGMA integrity_check"), "ok");
        fixture_sql(f, "PRAGMA recursive_triggers = OFF; DELETE FROM t WHERE id >= 1000");
    }
    assert_true(n > 4);
    catalog_unref(c);
}

/* In a child process: the change, until it is killed. Returns whether it came to its end. */
static bool change_in_child(struct fixture *f, long kill_at)
{
    engine_close(f->engine);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct sqlite_settings s = settings;
        s.folder = f->folder;
        fault_plan_reset();
        if (sqlite_engine_open(&s, &f->engine, NULL) != ERR_OK) {
            _exit(2);
        }
        atomic_store(&fault_plan.n_writes, 0);
        atomic_store(&fault_plan.kill_at, kill_at);
        _exit(drop_note(f) == ERR_OK ? 0 : 3);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    assert_true(killed || (WIFEXITED(status) && WEXITSTATUS(status) == 0));
    fixture_reopen_only(f, &settings);
    return !killed;
}

static void a_kill_at_any_write_of_a_rebuild_leaves_no_half(void **state)
{
    struct fixture *f = *state;
    const char *before = state_of(f);
    const char *after = done_state(f);
    bool done = false;
    for (long n = 1; !done; n++) {
        done = change_in_child(f, n);
        check_sound(f, before, after, done);
        if (strcmp(state_of(f), after) == 0) {
            reset_file(f);
        }
    }
}

/* Between the steps, where nothing is written yet. */
static void a_kill_behind_any_step_leaves_the_old_table(void **state)
{
    struct fixture *f = *state;
    const char *before = state_of(f);
    for (int steps = 0;; steps++) {
        engine_close(f->engine);
        pid_t pid = fork();
        if (pid == 0) {
            struct sqlite_settings s = settings;
            s.folder = f->folder;
            if (sqlite_engine_open(&s, &f->engine, NULL) != ERR_OK) {
                _exit(2);
            }
            fixture_kill_after(f, steps);
            _exit(drop_note(f) == ERR_OK ? 0 : 3);
        }
        int status = 0;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        fixture_reopen_only(f, &settings);
        if (WIFEXITED(status)) {
            assert_int_equal(WEXITSTATUS(status), 0);
            assert_true(steps > 8);
            break;
        }
        assert_string_equal(state_of(f), before);
    }
    assert_string_equal(fixture_text(f, "PRAGMA integrity_check"), "ok");
}

/* A bulk load in a child process, killed at its nth write: all rows or none. */
static bool load_in_child(struct fixture *f, long kill_at)
{
    engine_close(f->engine);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct sqlite_settings s = settings;
        s.folder = f->folder;
        fault_plan_reset();
        if (sqlite_engine_open(&s, &f->engine, NULL) != ERR_OK) {
            _exit(2);
        }
        struct catalog *c = fixture_catalog(f);
        const struct table *t = catalog_find_table(c, STR("log"));
        const struct column *column = &t->columns[0];
        struct write shape = {.kind = WRITE_INSERT, .table = t, .columns = &column, .n_columns = 1};
        struct bulk *b = NULL;
        atomic_store(&fault_plan.kill_at, atomic_load(&fault_plan.n_writes) + kill_at);
        assert_ok(f, engine_bulk_begin(f->engine, STR("store"), &shape, &b, &f->err));
        static char text[3000];
        memset(text, 'x', sizeof text);
        struct value v = value_str((struct str){text, sizeof text});
        for (int i = 0; i < 150; i++) {
            assert_ok(f, engine_bulk_row(b, &v, &f->err));
        }
        _exit(engine_bulk_end(b, true, NULL, &f->err) == ERR_OK ? 0 : 3);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    fixture_reopen_only(f, &settings);
    bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    assert_true(killed || (WIFEXITED(status) && WEXITSTATUS(status) == 0));
    return !killed;
}

static void a_kill_at_any_write_of_a_load_leaves_all_or_nothing(void **state)
{
    struct fixture *f = *state;
    bool done = false;
    fixture_sql(f, "DELETE FROM log");
    for (long n = 1; !done; n += n < 8 ? 1 : 7) {
        done = load_in_child(f, n);
        const char *count = fixture_text(f, "SELECT count(*) FROM log");
        assert_string_equal(fixture_text(f, "PRAGMA integrity_check"), "ok");
        assert_true(strcmp(count, "150") == 0 || (!done && strcmp(count, "0") == 0));
        fixture_sql(f, "DELETE FROM log");
    }
}

#define WRITERS        16
#define WRITES_OF_EACH 12

struct slow {
    struct fixture *f;
    const struct table *table;
};

static enum errcode insert_log(struct session *s, void *arg, struct error *err)
{
    struct slow *w = arg;
    const struct column *column = &w->table->columns[0];
    struct value v = value_text("line");
    struct write write = {
        .kind = WRITE_INSERT, .table = w->table, .columns = &column, .values = &v, .n_columns = 1};
    struct write_result r;
    return engine_write(s, &write, &r, err);
}

static void *write_slowly(void *arg)
{
    struct slow *w = arg;
    for (int i = 0; i < WRITES_OF_EACH; i++) {
        if (engine_transact(w->f->engine, STR("store"), insert_log, w, NULL) != ERR_OK) {
            return w;
        }
    }
    return NULL;
}

static long count_syncs(struct fixture *f, bool no_group)
{
    struct sqlite_settings s = {.vfs = FAULT_VFS, .no_group_commit = no_group};
    fixture_reopen(f, &s);
    struct catalog *c = fixture_catalog(f);
    struct slow w = {.f = f, .table = catalog_find_table(c, STR("log"))};
    pthread_t threads[WRITERS];
    atomic_store(&fault_plan.sync_us, 2000);
    atomic_store(&fault_plan.n_syncs, 0);
    for (int i = 0; i < WRITERS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, write_slowly, &w), 0);
    }
    for (int i = 0; i < WRITERS; i++) {
        void *failed = NULL;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    long n = atomic_load(&fault_plan.n_syncs);
    atomic_store(&fault_plan.sync_us, 0);
    catalog_unref(c);
    return n;
}

static void waiting_writes_share_a_slow_sync(void **state)
{
    struct fixture *f = *state;
    long alone = count_syncs(f, true);
    long together = count_syncs(f, false);
    if (alone < 5 * together) {
        fail_msg("%ld syncs alone, %ld together", alone, together);
    }
    assert_string_equal(fixture_text(f, "SELECT count(*) FROM log WHERE what = 'line'"), "384");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(a_full_disk_at_any_write_of_a_rebuild_leaves_no_half),
        CASE(a_full_disk_at_any_write_of_rows_loses_nothing),
        CASE(a_kill_at_any_write_of_a_rebuild_leaves_no_half),
        CASE(a_kill_at_any_write_of_a_load_leaves_all_or_nothing),
        CASE(waiting_writes_share_a_slow_sync),
        CASE(a_kill_behind_any_step_leaves_the_old_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
