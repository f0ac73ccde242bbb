#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/attr.h"
#include "engine/catalog_cache.h"
#include "engine/kind.h"
#include "fixture.h"

/* A file that another program made, in one of the two journal modes. */
static const char *make_file(struct fixture *f, const char *mode)
{
    const char *path = arena_printf(f->arena, "%s/other-%s.db", f->folder, mode);
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    const char *sql = arena_printf(f->arena,
                                   "PRAGMA journal_mode = %s;"
                                   "CREATE TABLE track (id INTEGER PRIMARY KEY, name NVARCHAR(20));"
                                   "CREATE VIEW short AS SELECT name FROM track;"
                                   "INSERT INTO track(name) VALUES ('a'), ('b');",
                                   mode);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return path;
}

static enum errcode attach(const char *path, bool read_only, struct engine **out, struct error *err)
{
    struct engine_options o = {.path = path, .is_attached = true, .is_read_only = read_only};
    return sqlite_kind.open(&o, out, err);
}

static bool exists(struct fixture *f, const char *path, const char *ending)
{
    return access(arena_printf(f->arena, "%s%s", path, ending), F_OK) == 0;
}

static int64_t count(struct engine *e, const char *table)
{
    struct catalog *c = NULL;
    struct session *s = NULL;
    const struct value *row = NULL;
    struct arena *a = arena_new();
    assert_int_equal(engine_catalog(e, ATTACHED_NS, &c, NULL), ERR_OK);
    const struct table *t = catalog_find_table(c, str_of(table));
    assert_non_null(t);
    struct query q = {.table = t, .limit = -1, .count_only = true};
    assert_int_equal(engine_session_begin(e, ATTACHED_NS, ACCESS_READ, &s, NULL), ERR_OK);
    assert_int_equal(engine_query_one(s, &q, a, &row, NULL), ERR_OK);
    int64_t n = row[0].i;
    engine_session_end(s);
    catalog_unref(c);
    arena_free(a);
    return n;
}

static enum errcode nothing(struct session *s, void *arg, struct error *err)
{
    (void)s;
    (void)arg;
    (void)err;
    return ERR_OK;
}

static void check_read_only(struct fixture *f, const char *mode)
{
    struct engine *e = NULL;
    struct session *s = NULL;
    struct stat before, after;
    const char *path = make_file(f, mode);
    assert_int_equal(stat(path, &before), 0);
    assert_ok(f, attach(path, true, &e, &f->err));
    assert_int_equal(count(e, "track"), 2);
    assert_int_equal(count(e, "short"), 2);
    assert_int_equal(engine_transact(e, ATTACHED_NS, nothing, NULL, NULL), ERR_FORBIDDEN);
    assert_int_equal(engine_session_begin(e, ATTACHED_NS, ACCESS_SCHEMA, &s, NULL), ERR_FORBIDDEN);
    engine_close(e);
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(before.st_mtim.tv_sec, after.st_mtim.tv_sec);
    assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
    assert_false(exists(f, path, "-wal"));
    assert_false(exists(f, path, "-shm"));
    assert_false(exists(f, path, "-journal"));
}

static void reading_leaves_nothing_behind(void **state)
{
    check_read_only(*state, "DELETE");
    check_read_only(*state, "WAL");
}

/* Somebody else works on the file: what reading would tidy up is theirs. */
static void a_wal_of_others_stays(void **state)
{
    struct fixture *f = *state;
    struct engine *e = NULL;
    sqlite3 *db = NULL;
    const char *path = make_file(f, "WAL");
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "INSERT INTO track(name) VALUES ('c')", NULL, NULL, NULL),
                     SQLITE_OK);
    assert_ok(f, attach(path, true, &e, &f->err));
    assert_int_equal(count(e, "track"), 3);
    engine_close(e);
    assert_true(exists(f, path, "-wal"));
    assert_int_equal(sqlite3_exec(db, "INSERT INTO track(name) VALUES ('d')", NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static enum errcode delete_all(struct session *s, void *arg, struct error *err)
{
    struct write w = {.kind = WRITE_DELETE, .table = arg, .all_rows = true};
    return engine_write(s, &w, NULL, err);
}

/* The journal mode is its owner's: writing does not make it WAL. */
static void writing_keeps_the_journal_mode(void **state)
{
    struct fixture *f = *state;
    struct engine *e = NULL;
    struct catalog *c = NULL;
    const char *path = make_file(f, "DELETE");
    assert_ok(f, attach(path, false, &e, &f->err));
    assert_ok(f, engine_catalog(e, ATTACHED_NS, &c, &f->err));
    struct table *t = catalog_find_table(c, STR("track"));
    assert_ok(f, engine_transact(e, ATTACHED_NS, delete_all, t, &f->err));
    assert_false(exists(f, path, "-wal"));
    assert_int_equal(count(e, "track"), 0);
    catalog_unref(c);
    engine_close(e);
}

static void it_has_one_namespace(void **state)
{
    struct fixture *f = *state;
    struct engine *e = NULL;
    uint64_t generation = 0;
    assert_ok(f, attach(make_file(f, "DELETE"), false, &e, &f->err));
    assert_true(engine_namespace_exists(e, ATTACHED_NS));
    assert_false(engine_namespace_exists(e, STR("store")));
    assert_int_equal(engine_namespace_create(e, STR("store"), NULL), ERR_UNSUPPORTED);
    assert_int_equal(engine_namespace_create(e, ATTACHED_NS, NULL), ERR_UNSUPPORTED);
    assert_int_equal(engine_namespace_drop(e, ATTACHED_NS, NULL), ERR_UNSUPPORTED);
    assert_int_equal(engine_generation(e, STR("store"), &generation, NULL), ERR_NOT_FOUND);
    assert_int_equal(engine_generation(e, ATTACHED_NS, &generation, NULL), ERR_OK);
    assert_non_null(e->version);
    engine_close(e);
}

static void what_is_no_database_is_refused_with_words(void **state)
{
    struct fixture *f = *state;
    struct engine *e = NULL;
    const char *text = arena_printf(f->arena, "%s/notes.txt", f->folder);
    const char *link = arena_printf(f->arena, "%s/link.db", f->folder);
    FILE *file = fopen(text, "w");
    assert_non_null(file);
    for (int i = 0; i < 100; i++) {
        assert_true(fputs("this is no database at all\n", file) >= 0);
    }
    assert_int_equal(fclose(file), 0);
    assert_int_equal(symlink(make_file(f, "DELETE"), link), 0);
    const struct {
        const char *path;
        enum errcode code;
        const char *words;
    } rows[] = {
        {text, ERR_SOURCE_REFUSED, "not a SQLite database"},
        {f->folder, ERR_SOURCE_REFUSED, "not a file"},
        {link, ERR_SOURCE_REFUSED, "cannot be read as it is"},
        {arena_printf(f->arena, "%s/gone.db", f->folder), ERR_NOT_FOUND, "no such file"},
        {"", ERR_INVALID, "needs a path"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(attach(rows[i].path, true, &e, &f->err), rows[i].code);
        assert_non_null(strstr(f->err.message, rows[i].words));
        error_release(&f->err);
    }
    assert_false(exists(f, f->folder, "/gone.db"));
}

static int set_up(void **state)
{
    *state = fixture_open(NULL);
    return 0;
}

static int tear_down(void **state)
{
    fixture_close(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reading_leaves_nothing_behind, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_wal_of_others_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(writing_keeps_the_journal_mode, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_has_one_namespace, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_database_is_refused_with_words, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests_name("sqlite/attached", tests, NULL, NULL);
}
