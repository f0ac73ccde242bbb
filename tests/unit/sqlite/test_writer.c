#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "engine/catalog_cache.h"
#include "fixture.h"

#define THREADS 8
#define WRITES  120

static int set_up(void **state)
{
    struct fixture *f = fixture_open(NULL);
    fixture_sql(f, "CREATE TABLE parent (id INTEGER PRIMARY KEY);"
                   "CREATE TABLE t (id INTEGER PRIMARY KEY, worker INTEGER, n INTEGER,"
                   "  parent INTEGER REFERENCES parent(id) DEFERRABLE INITIALLY DEFERRED,"
                   "  UNIQUE (worker, n));"
                   "CREATE TRIGGER no BEFORE INSERT ON t WHEN new.n = 77 BEGIN"
                   "  SELECT raise(ROLLBACK, 'never 77'); END;");
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture_close(*state);
    return 0;
}

struct one {
    const struct table *table;
    int64_t worker, n;
    int64_t parent; /* -1 = NULL */
    int fail_after; /* the function itself refuses */
    int n_runs;
};

static enum errcode insert_one(struct session *s, void *arg, struct error *err)
{
    struct one *o = arg;
    const struct column *columns[] = {table_find_column(o->table, STR("worker")),
                                      table_find_column(o->table, STR("n")),
                                      table_find_column(o->table, STR("parent"))};
    struct value values[] = {value_int(o->worker), value_int(o->n),
                             o->parent < 0 ? value_null() : value_int(o->parent)};
    struct write w = {.kind = WRITE_INSERT,
                      .table = o->table,
                      .columns = columns,
                      .values = values,
                      .n_columns = 3};
    struct write_result r;
    o->n_runs++;
    TRY(engine_write(s, &w, &r, err));
    return o->fail_after ? ERROR(err, ERR_FORBIDDEN, "changed my mind") : ERR_OK;
}

struct worker {
    struct fixture *f;
    const struct table *table;
    int64_t id;
    int n_ok, n_wrong;
    const char *first_wrong;
};

/* Which answer the nth write of a worker must get. */
static enum errcode expected(struct one *o, int64_t n)
{
    o->n = n;
    o->parent = -1;
    o->fail_after = 0;
    switch (n % 10) {
    case 3:
        o->n = n - 1; /* there already */
        return ERR_UNIQUE_VIOLATION;
    case 5:
        o->parent = 1234; /* missing: known at the end only */
        return ERR_FOREIGN_KEY_VIOLATION;
    case 7:
        if (n == 77) {
            return ERR_CHECK_VIOLATION; /* ends the whole transaction */
        }
        return ERR_OK;
    case 9:
        o->fail_after = 1;
        return ERR_FORBIDDEN;
    default:
        return ERR_OK;
    }
}

static void *write_many(void *arg)
{
    struct worker *w = arg;
    for (int64_t n = 0; n < WRITES; n++) {
        struct one o = {.table = w->table, .worker = w->id};
        struct error err = ERROR_INIT;
        enum errcode want = expected(&o, n);
        enum errcode code = engine_transact(w->f->engine, STR("store"), insert_one, &o, &err);
        w->n_ok += code == ERR_OK;
        if (code != want) {
            w->n_wrong++;
            fprintf(stderr, "# write %d: %d instead of %d (%s: %s)\n", (int)n, code, want,
                    err.message, err.detail);
        }
        error_release(&err);
    }
    return NULL;
}

static void run_workers(struct fixture *f, const struct table *t, int *n_ok)
{
    pthread_t threads[THREADS];
    struct worker workers[THREADS];
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.f = f, .table = t, .id = i};
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(workers[i].n_wrong, 0);
        *n_ok += workers[i].n_ok;
    }
}

/* B-40, B-41: a failing write rolls back itself and nobody else */
static void everybody_gets_an_own_answer_in_a_group(void **state)
{
    struct fixture *f = *state;
    struct catalog *c = fixture_catalog(f);
    int n_ok = 0;
    run_workers(f, catalog_find_table(c, STR("t")), &n_ok);
    assert_int_equal(n_ok, THREADS * (WRITES / 10 * 7 - 1));
    assert_string_equal(fixture_text(f, "SELECT count(*) FROM t"),
                        arena_printf(f->arena, "%d", n_ok));
    assert_string_equal(fixture_text(f, "PRAGMA integrity_check"), "ok");
    assert_string_equal(fixture_text(f, "SELECT count(*) FROM pragma_foreign_key_check"), "0");
    catalog_unref(c);
}

struct reading {
    struct fixture *f;
    const struct table *table;
    atomic_bool stop;
    atomic_int n_wrong;
};

/* A reader always sees whole groups of two. */
static void *read_many(void *arg)
{
    struct reading *r = arg;
    const struct column *columns[] = {table_find_column(r->table, STR("n"))};
    struct query q = {.table = r->table, .columns = columns, .n_columns = 1, .limit = -1};
    while (!atomic_load(&r->stop)) {
        struct session *s = NULL;
        struct cursor *c = NULL;
        const struct value *row = NULL;
        int n = 0;
        enum errcode code = engine_session_begin(r->f->engine, STR("store"), ACCESS_READ, &s, NULL);
        code = code == ERR_OK ? engine_select(s, &q, &c, NULL) : code;
        while (code == ERR_OK && (code = engine_cursor_next(c, &row, NULL)) == ERR_OK && row) {
            n++;
        }
        engine_session_end(s);
        r->n_wrong += code != ERR_OK || n % 2 != 0;
    }
    return NULL;
}

static enum errcode insert_two(struct session *s, void *arg, struct error *err)
{
    struct one *o = arg;
    TRY(insert_one(s, o, err));
    o->n += 100000;
    return insert_one(s, o, err);
}

static void readers_see_whole_writes(void **state)
{
    struct fixture *f = *state;
    struct catalog *c = fixture_catalog(f);
    struct reading r = {.f = f, .table = catalog_find_table(c, STR("t"))};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, read_many, &r), 0);
    for (int64_t n = 100; n < 400; n++) {
        struct one o = {.table = r.table, .worker = 99, .n = n, .parent = -1};
        assert_ok(f, engine_transact(f->engine, STR("store"), insert_two, &o, &f->err));
    }
    atomic_store(&r.stop, true);
    pthread_join(thread, NULL);
    assert_int_equal(r.n_wrong, 0);
    catalog_unref(c);
}

static enum errcode wait_for_itself(struct session *s, void *arg, struct error *err)
{
    struct fixture *f = arg;
    (void)s;
    return engine_transact(f->engine, STR("store"), wait_for_itself, f, err);
}

static void a_write_that_waits_for_itself_is_refused(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(engine_transact(f->engine, STR("store"), wait_for_itself, f, NULL),
                     ERR_INTERNAL);
}

static void a_schema_session_is_alone(void **state)
{
    struct fixture *f = *state;
    struct catalog *c = fixture_catalog(f);
    struct session *s = NULL;
    struct worker w = {.f = f, .table = catalog_find_table(c, STR("t")), .id = 5};
    pthread_t thread;
    assert_ok(f, engine_session_begin(f->engine, STR("store"), ACCESS_SCHEMA, &s, &f->err));
    assert_int_equal(pthread_create(&thread, NULL, write_many, &w), 0);
    struct one o = {.table = w.table, .worker = 500, .n = 1, .parent = -1};
    for (int i = 0; i < 50; i++) {
        o.n = 1000 + i;
        assert_ok(f, insert_one(s, &o, &f->err));
        struct timespec ms = {0, 1000000};
        nanosleep(&ms, NULL);
    }
    assert_string_equal(fixture_text(f, "SELECT count(*) FROM t WHERE worker = 5"), "0");
    engine_session_end(s);
    pthread_join(thread, NULL);
    assert_int_equal(w.n_wrong, 0);
    assert_string_equal(fixture_text(f, "SELECT count(*) FROM t WHERE worker = 500"), "50");
    catalog_unref(c);
}

/* Catalogs taken while the structure changes are whole: t has its columns, the index is there or
 * not. */
static void *take_catalogs(void *arg)
{
    struct reading *r = arg;
    while (!atomic_load(&r->stop)) {
        struct catalog *c = NULL;
        const struct table *t = NULL;
        if (engine_catalog(r->f->engine, STR("store"), &c, NULL) == ERR_OK) {
            t = catalog_find_table(c, STR("t"));
        }
        r->n_wrong += !t || t->n_columns < 4 || t->n_indexes < 1 || t->n_triggers != 1;
        catalog_unref(c);
    }
    return NULL;
}

static void catalogs_are_whole_while_the_structure_changes(void **state)
{
    struct fixture *f = *state;
    pthread_t threads[4];
    struct reading r = {.f = f};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, take_catalogs, &r), 0);
    }
    for (int i = 0; i < 10; i++) {
        struct index_key key = {.column = "n"};
        struct change items[2] = {{.kind = CHANGE_CREATE_INDEX}, {.kind = CHANGE_CREATE_COLUMN}};
        struct change_list undo = {0};
        items[0].create_index.table = "t";
        items[0].create_index.index = (struct index){.name = "extra", .keys = &key, .n_keys = 1};
        items[1].create_column.table = "t";
        items[1].create_column.column.name = "late";
        items[1].create_column.column.type.kind = TYPE_UUID;
        items[1].create_column.column.is_nullable = true;
        items[1].create_column.after = "id";
        struct change_list list = {items, 2, f->arena};
        assert_ok(f, fixture_change_undo(f, &list, arena_printf(f->arena, "a%d", i), &undo));
        assert_ok(f, fixture_change(f, &undo, arena_printf(f->arena, "b%d", i)));
    }
    atomic_store(&r.stop, true);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(r.n_wrong, 0);
}

struct flood {
    struct fixture *f;
    const struct table *table;
    const char *ns;
    atomic_bool *stop;
    int64_t id;
};

static void *write_flood(void *arg)
{
    struct flood *w = arg;
    for (int64_t n = 1000; !atomic_load(w->stop); n++) {
        struct one o = {.table = w->table, .worker = w->id, .n = n, .parent = -1};
        if (engine_transact(w->f->engine, str_of(w->ns), insert_one, &o, NULL) != ERR_OK) {
            return w;
        }
    }
    return NULL;
}

/* More busy files than writer threads: a quiet file still has its turn. */
static void busy_files_do_not_starve_a_quiet_one(void **state)
{
    struct fixture *f = *state;
    enum { FILES = 6, PER_FILE = 3 };
    pthread_t threads[FILES * PER_FILE];
    struct flood floods[FILES * PER_FILE];
    struct catalog *c = fixture_catalog(f);
    const struct table *t = catalog_find_table(c, STR("t"));
    atomic_bool stop = false;
    for (int i = 0; i < FILES; i++) {
        const char *ns = arena_printf(f->arena, "busy%d", i);
        assert_ok(f, engine_backup(f->engine, STR("store"),
                                   arena_printf(f->arena, "%s/%s.db", f->folder, ns), &f->err));
        for (int k = 0; k < PER_FILE; k++) {
            int n = i * PER_FILE + k;
            floods[n] = (struct flood){.f = f, .table = t, .ns = ns, .stop = &stop, .id = k};
            assert_int_equal(pthread_create(&threads[n], NULL, write_flood, &floods[n]), 0);
        }
    }
    int64_t longest = 0;
    for (int64_t n = 0; n < 20; n++) {
        struct one o = {.table = t, .worker = 9, .n = 2000 + n, .parent = -1};
        int64_t start = time_monotonic_us();
        assert_ok(f, engine_transact(f->engine, STR("store"), insert_one, &o, &f->err));
        int64_t took = time_monotonic_us() - start;
        longest = took > longest ? took : longest;
    }
    atomic_store(&stop, true);
    for (int i = 0; i < FILES * PER_FILE; i++) {
        void *failed = NULL;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    if (longest > 3000000) {
        fail_msg("a quiet write waited %d ms", (int)(longest / 1000));
    }
    catalog_unref(c);
}

static void *write_until_gone(void *arg)
{
    struct worker *w = arg;
    for (int64_t n = 1000;; n++) {
        struct one o = {.table = w->table, .worker = w->id, .n = n, .parent = -1};
        enum errcode code = engine_transact(w->f->engine, STR("gone"), insert_one, &o, NULL);
        if (code != ERR_OK) {
            w->n_wrong = code != ERR_NOT_FOUND;
            return NULL;
        }
        w->n_ok++;
    }
}

static void a_namespace_is_dropped_under_its_writers(void **state)
{
    struct fixture *f = *state;
    pthread_t threads[THREADS];
    struct worker workers[THREADS];
    struct catalog *c = fixture_catalog(f);
    assert_ok(f, engine_backup(f->engine, STR("store"),
                               arena_printf(f->arena, "%s/gone.db", f->folder), &f->err));
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.f = f, .table = catalog_find_table(c, STR("t")), .id = i};
        assert_int_equal(pthread_create(&threads[i], NULL, write_until_gone, &workers[i]), 0);
    }
    struct timespec some = {0, 100000000};
    nanosleep(&some, NULL);
    assert_ok(f, engine_namespace_drop(f->engine, STR("gone"), &f->err));
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(workers[i].n_wrong, 0);
        assert_true(workers[i].n_ok > 0);
    }
    assert_false(engine_namespace_exists(f->engine, STR("gone")));
    assert_ok(f, engine_namespace_create(f->engine, STR("gone"), &f->err));
    catalog_unref(c);
}

static void another_process_lock_is_busy_for_all(void **state)
{
    struct fixture *f = *state;
    struct sqlite_settings quick = {.busy_ms = 20};
    fixture_reopen(f, &quick);
    struct catalog *c = fixture_catalog(f);
    struct one o = {.table = catalog_find_table(c, STR("t")), .parent = -1};
    void *lock = fixture_lock(f);
    assert_int_equal(engine_transact(f->engine, STR("store"), insert_one, &o, NULL), ERR_BUSY);
    fixture_unlock(lock);
    assert_ok(f, engine_transact(f->engine, STR("store"), insert_one, &o, &f->err));
    catalog_unref(c);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(everybody_gets_an_own_answer_in_a_group),
        CASE(readers_see_whole_writes),
        CASE(a_write_that_waits_for_itself_is_refused),
        CASE(a_schema_session_is_alone),
        CASE(catalogs_are_whole_while_the_structure_changes),
        CASE(busy_files_do_not_starve_a_quiet_one),
        CASE(a_namespace_is_dropped_under_its_writers),
        CASE(another_process_lock_is_busy_for_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
