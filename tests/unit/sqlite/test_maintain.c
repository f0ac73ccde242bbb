#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/catalog_cache.h"
#include "fixture.h"

static int set_up(void **state)
{
    struct fixture *f = fixture_open(NULL);
    fixture_sql(f, "CREATE TABLE t (id INTEGER PRIMARY KEY, other INTEGER REFERENCES t(id), name "
                   "TEXT); CREATE INDEX i ON t (name)");
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture_close(*state);
    return 0;
}

struct writing {
    struct fixture *f;
    const struct table *table;
    atomic_bool stop;
    atomic_int n;
    int n_wrong;
};

static enum errcode insert_two(struct session *s, void *arg, struct error *err)
{
    struct writing *w = arg;
    const struct column *columns[] = {table_find_column(w->table, STR("name"))};
    struct value values[] = {value_text("a name of some length to fill pages")};
    struct write write = {.kind = WRITE_INSERT,
                          .table = w->table,
                          .columns = columns,
                          .values = values,
                          .n_columns = 1};
    struct write_result r;
    TRY(engine_write(s, &write, &r, err));
    return engine_write(s, &write, &r, err);
}

static void *write_on(void *arg)
{
    struct writing *w = arg;
    while (!atomic_load(&w->stop)) {
        w->n_wrong += engine_transact(w->f->engine, STR("store"), insert_two, w, NULL) != ERR_OK;
        atomic_fetch_add(&w->n, 1);
    }
    return NULL;
}

static void a_copy_made_while_others_write_is_whole(void **state)
{
    struct fixture *f = *state;
    struct catalog *c = fixture_catalog(f);
    struct writing w = {.f = f, .table = catalog_find_table(c, STR("t"))};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, write_on, &w), 0);
    while (atomic_load(&w.n) < 50) {
        usleep(1000);
    }
    for (int i = 0; i < 5; i++) {
        const char *path = arena_printf(f->arena, "%s/copy%d.db", f->folder, i);
        assert_ok(f, engine_backup(f->engine, STR("store"), path, &f->err));
        struct stat st;
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
        assert_int_equal(access(arena_printf(f->arena, "%s-wal", path), F_OK), -1);
        bool sound = false;
        struct buf report;
        buf_init(&report, 4096);
        const char *ns = arena_printf(f->arena, "copy%d", i);
        assert_ok(f, engine_verify(f->engine, str_of(ns), &report, &sound, &f->err));
        assert_true(sound);
        buf_release(&report);
        struct session *session = NULL;
        const struct value *row = NULL;
        struct query q = {.table = w.table, .count_only = true, .limit = 1};
        assert_ok(f, engine_session_begin(f->engine, str_of(ns), ACCESS_READ, &session, &f->err));
        assert_ok(f, engine_query_one(session, &q, f->arena, &row, &f->err));
        assert_int_equal(row[0].i % 2, 0);
        assert_true(row[0].i >= 100);
        engine_session_end(session);
    }
    atomic_store(&w.stop, true);
    pthread_join(thread, NULL);
    assert_int_equal(w.n_wrong, 0);
    catalog_unref(c);
}

static void a_copy_never_replaces_a_file(void **state)
{
    struct fixture *f = *state;
    const char *path = arena_printf(f->arena, "%s/store.db", f->folder);
    assert_int_equal(engine_backup(f->engine, STR("store"), path, NULL), ERR_CONFLICT);
    path = arena_printf(f->arena, "%s/none/copy.db", f->folder);
    assert_int_not_equal(engine_backup(f->engine, STR("store"), path, NULL), ERR_OK);
    assert_string_equal(fixture_text(f, "SELECT count(*) FROM t"), "0");
}

static void broken_references_are_reported(void **state)
{
    struct fixture *f = *state;
    struct buf report;
    bool sound = true;
    fixture_sql(f, "INSERT INTO t (id, other) VALUES (1, 99)");
    buf_init(&report, 4096);
    assert_ok(f, engine_verify(f->engine, STR("store"), &report, &sound, &f->err));
    assert_false(sound);
    assert_non_null(strstr(buf_text(&report), "row 1 of \"t\" refers to a missing row"));
    buf_release(&report);
}

static void a_damaged_file_is_reported(void **state)
{
    struct fixture *f = *state;
    struct buf report;
    bool sound = true;
    fixture_sql(f,
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) "
                "INSERT INTO t (name) SELECT 'name ' || i FROM n; PRAGMA wal_checkpoint(TRUNCATE)");
    const char *path = arena_printf(f->arena, "%s/store.db", f->folder);
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    for (long at = 4096 * 3 + 100; at < 4096 * 12; at += 4096) {
        fseek(file, at, SEEK_SET);
        fwrite("damaged damaged damaged damaged damaged damaged", 1, 47, file);
    }
    fclose(file);
    fixture_reopen(f, NULL);
    buf_init(&report, 1 << 20);
    assert_ok(f, engine_verify(f->engine, STR("store"), &report, &sound, &f->err));
    assert_false(sound);
    assert_true(report.n > 0);
    buf_release(&report);
}

static void more_namespaces_than_open_files_take_turns(void **state)
{
    struct fixture *f = *state;
    struct sqlite_settings few = {.open_files = 4};
    fixture_reopen(f, &few);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 20; i++) {
            const char *ns = arena_printf(f->arena, "tenants/t%d", i);
            struct catalog *c = NULL;
            assert_ok(f, engine_namespace_create(f->engine, str_of(ns), &f->err));
            assert_ok(f, engine_catalog(f->engine, str_of(ns), &c, &f->err));
            catalog_unref(c);
        }
    }
}

static void a_read_only_engine_reads_and_writes_nothing(void **state)
{
    struct fixture *f = *state;
    struct sqlite_settings ro = {.read_only = true};
    fixture_sql(f, "INSERT INTO t (name) VALUES ('x')");
    fixture_reopen(f, &ro);
    struct catalog *c = fixture_catalog(f);
    struct writing w = {.f = f, .table = catalog_find_table(c, STR("t"))};
    struct session *s = NULL;
    assert_int_equal(engine_transact(f->engine, STR("store"), insert_two, &w, NULL), ERR_FORBIDDEN);
    assert_int_equal(engine_namespace_create(f->engine, STR("x"), NULL), ERR_FORBIDDEN);
    assert_int_equal(engine_session_begin(f->engine, STR("store"), ACCESS_SCHEMA, &s, NULL),
                     ERR_FORBIDDEN);
    assert_int_equal(engine_namespace_drop(f->engine, STR("store"), NULL), ERR_FORBIDDEN);
    assert_string_equal(fixture_text(f, "SELECT count(*) FROM t"), "1");
    catalog_unref(c);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(a_copy_made_while_others_write_is_whole),
        CASE(a_copy_never_replaces_a_file),
        CASE(broken_references_are_reported),
        CASE(a_damaged_file_is_reported),
        CASE(more_namespaces_than_open_files_take_turns),
        CASE(a_read_only_engine_reads_and_writes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
