#include "schemas.h"

#include <pthread.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/time.h"

#define NS STR("tenants/main")

static int open_all(void **state)
{
    *state = fixture_open(NULL);
    return 0;
}

static int close_all(void **state)
{
    fixture_close(*state);
    return 0;
}

static void make(struct fixture *f, const char *json)
{
    assert_ok(f, change_schema(f, f->engine, NS, changes_of(f, json), NULL));
}

/* ---- locks of each statement ----------------------------------------------------------------- */

/* Each statement by the lock that the plan says others wait for, and the strongest mode that the
 * server then holds on a table of the schema that was there before. */
struct lock_case {
    const char *operation;
    const char *step;  /* how it begins */
    const char *table; /* whose lock is looked at */
    const char *lock, *mode;
};

static const char notes[] =
    "[{\"op\":\"CREATE_TABLE\",\"table\":{\"tableName\":\"parents\",\"columns\":[{\"name\":\"id\","
    "\"type\":\"int64\",\"primaryKey\":true},{\"name\":\"code\",\"type\":\"text\"}]}},"
    "{\"op\":\"CREATE_TABLE\",\"table\":{\"tableName\":\"notes\",\"columns\":[{\"name\":\"id\","
    "\"type\":\"int64\",\"primaryKey\":true},{\"name\":\"a\",\"type\":\"text\",\"validation\":"
    "{\"maxLength\":9}},{\"name\":\"b\",\"type\":\"int64\"},{\"name\":\"parent_id\",\"type\":"
    "\"relation\",\"relatedTable\":\"parents\"}],\"indexes\":[{\"name\":\"by_a\",\"columns\":[\"a\"]}]}}]";

static const struct lock_case lock_cases[] = {
    {"{\"op\":\"CREATE_TABLE\",\"table\":{\"tableName\":\"more\",\"columns\":[{\"name\":\"id\","
     "\"type\":\"int64\",\"primaryKey\":true}]}}",
     "CREATE TABLE", "notes", "none", ""},
    {"{\"op\":\"CREATE_COLUMN\",\"table\":\"notes\",\"column\":{\"name\":\"c\",\"type\":\"text\"}}",
     "ALTER TABLE", "notes", "exclusive", "AccessExclusiveLock"},
    {"{\"op\":\"CREATE_COLUMN\",\"table\":\"notes\",\"column\":{\"name\":\"p2\",\"type\":\"relation\","
     "\"relatedTable\":\"parents\"}}",
     "ALTER TABLE \"notes\" ADD CONSTRAINT", "parents", "write", "ShareRowExclusiveLock"},
    {"{\"op\":\"CREATE_COLUMN\",\"table\":\"notes\",\"column\":{\"name\":\"c\",\"type\":\"text\","
     "\"comment\":\"x\"}}",
     "COMMENT ON", "notes", "none", "AccessExclusiveLock"}, /* of the step before */
    {"{\"op\":\"CREATE_INDEX\",\"table\":\"notes\",\"index\":{\"columns\":[\"b\"]}}",
     "CREATE INDEX", "notes", "write", "ShareLock"},
    {"{\"op\":\"DROP_INDEX\",\"table\":\"notes\",\"index\":\"by_a\"}", "DROP INDEX", "notes",
     "exclusive", "AccessExclusiveLock"},
    {"{\"op\":\"RENAME_TABLE\",\"table\":\"notes\",\"newName\":\"remarks\"}", "ALTER TABLE",
     "notes", "exclusive", "AccessExclusiveLock"},
    {"{\"op\":\"RENAME_COLUMN\",\"table\":\"notes\",\"column\":\"b\",\"newName\":\"n\"}",
     "ALTER TABLE", "notes", "exclusive", "AccessExclusiveLock"},
    {"{\"op\":\"DROP_COLUMN\",\"table\":\"notes\",\"column\":\"a\"}", "LOCK TABLE", "notes",
     "write", "ShareRowExclusiveLock"},
    {"{\"op\":\"DROP_COLUMN\",\"table\":\"notes\",\"column\":\"a\"}",
     "ALTER TABLE \"notes\" DROP COLUMN", "notes", "exclusive", "AccessExclusiveLock"},
    {"{\"op\":\"DROP_COLUMN\",\"table\":\"notes\",\"column\":\"parent_id\"}",
     "ALTER TABLE \"notes\" DROP CONSTRAINT", "parents", "exclusive", "AccessExclusiveLock"},
    {"{\"op\":\"DROP_TABLE\",\"table\":\"notes\"}", "ALTER TABLE \"notes\" DROP CONSTRAINT",
     "parents", "exclusive", "AccessExclusiveLock"},
    {"{\"op\":\"DROP_TABLE\",\"table\":\"lone\"}", "ALTER INDEX", "lone", "none", ""},
    {"{\"op\":\"DROP_TABLE\",\"table\":\"lone\"}", "ALTER TABLE \"lone\" RENAME", "lone",
     "exclusive", "AccessExclusiveLock"},
    {"{\"op\":\"DROP_TABLE\",\"table\":\"notes\",\"noTrash\":true}", "DROP TABLE", "parents",
     "exclusive", "AccessExclusiveLock"},
    {"{\"op\":\"MODIFY_COLUMN\",\"table\":\"notes\",\"column\":\"b\",\"set\":{\"validation\":"
     "{\"max\":5}}}",
     "ALTER TABLE \"notes\" ADD CONSTRAINT", "notes", "exclusive", "AccessExclusiveLock"},
};

/* The strongest mode that is held on the table @oid, "" for none beyond a reader's. */
static const char *strongest(struct fixture *f, const char *oid)
{
    return fixture_text(
        f,
        "SELECT mode FROM pg_locks WHERE locktype = 'relation' AND relation = %s AND "
        "pid = pg_backend_pid() AND mode NOT IN ('AccessShareLock', 'RowShareLock') "
        "ORDER BY array_position(ARRAY['AccessExclusiveLock', 'ExclusiveLock', "
        "'ShareRowExclusiveLock', 'ShareLock', 'ShareUpdateExclusiveLock', "
        "'RowExclusiveLock'], mode) LIMIT 1",
        oid);
}

/* The steps up to @at in a transaction that is rolled back, and what is locked then. */
static const char *mode_of_step(struct fixture *f, const struct plan *plan, size_t at,
                                const char *oid)
{
    fixture_sql(f, "BEGIN");
    fixture_sql(f, "SET LOCAL search_path = \"%s\"", f->tenant);
    for (size_t i = 0; i <= at; i++) {
        fixture_sql(f, "%s", plan->steps[i].text);
    }
    const char *mode = strongest(f, oid);
    fixture_sql(f, "ROLLBACK");
    return mode;
}

static size_t find_step(const struct plan *plan, const char *begin)
{
    size_t k = 0;
    while (k < plan->n_steps && !str_starts(str_of(plan->steps[k].text), str_of(begin))) {
        k++;
    }
    return k;
}

static void each_statement_locks_as_the_plan_says(void **state)
{
    struct fixture *f = *state;
    make(f, notes);
    make(
        f,
        "[{\"op\":\"CREATE_TABLE\",\"table\":{\"tableName\":\"lone\",\"columns\":[{\"name\":\"id\","
        "\"type\":\"int64\",\"primaryKey\":true}],\"indexes\":[{\"name\":\"by_id\",\"columns\":["
        "{\"column\":\"id\",\"descending\":true}]}]}}]");
    for (size_t i = 0; i < ARRAY_LEN(lock_cases); i++) {
        const struct lock_case *l = &lock_cases[i];
        struct plan *plan = NULL;
        const char *oid = fixture_text(f, "SELECT '\"%s\".%s'::regclass::oid", f->tenant, l->table);
        struct change_list *list = changes_of(f, arena_printf(f->arena, "[%s]", l->operation));
        assert_ok(f, plan_of(f, f->engine, NS, list, &plan));
        size_t at = find_step(plan, l->step);
        if (at == plan->n_steps) {
            fail_msg("%s: no step begins with %s", l->operation, l->step);
        }
        const char *mode = mode_of_step(f, plan, at, oid);
        if (!text_eq(mode, l->mode) || !text_eq(plan->steps[at].lock, l->lock)) {
            fail_msg("%s: %s holds %s, the plan says %s", l->operation, plan->steps[at].text, mode,
                     plan->steps[at].lock);
        }
    }
    fixture_sql(f, "DROP TABLE \"%s\".notes, \"%s\".parents, \"%s\".lone", f->tenant, f->tenant,
                f->tenant);
}

/* A rehearsal looks at tables and takes nothing from anybody. */
static void a_rehearsal_locks_nothing(void **state)
{
    struct fixture *f = *state;
    make(f, notes);
    /* a writer that has not finished: anything but a look would wait for it */
    fixture_sql(f, "BEGIN");
    fixture_sql(f, "INSERT INTO \"%s\".parents (id) VALUES (1)", f->tenant);
    fixture_sql(f, "INSERT INTO \"%s\".notes (id, parent_id) VALUES (1, 1)", f->tenant);
    static const char operations[] =
        "[{\"op\":\"DROP_COLUMN\",\"table\":\"notes\",\"column\":\"a\"},"
        "{\"op\":\"CREATE_COLUMN\",\"table\":\"notes\",\"column\":{\"name\":\"c\",\"type\":\"text\","
        "\"unique\":true}},{\"op\":\"RENAME_TABLE\",\"table\":\"parents\",\"newName\":\"elders\"},"
        "{\"op\":\"DROP_TABLE\",\"table\":\"notes\"}]";
    struct change_list *list = changes_of(f, operations);
    struct plan *plan = NULL;
    assert_ok(f, plan_of(f, f->engine, NS, list, &plan));
    struct session *s = NULL;
    int64_t start = time_monotonic_us();
    assert_ok(f, engine_session_begin(f->engine, NS, ACCESS_READ, &s, &f->err));
    assert_ok(f, engine_rehearse(s, plan, &f->err));
    engine_session_end(s);
    assert_true(time_monotonic_us() - start < 1500000);
    assert_non_null(plan->fingerprint_after);
    fixture_sql(f, "COMMIT");
    assert_ok(f, run_plan(f, f->engine, NS, plan));
    struct catalog *after AUTO(catalog_unrefp) = catalog_of(f, f->engine, NS);
    assert_string_equal(catalog_fingerprint(f->arena, after), plan->fingerprint_after);
    assert_string_equal(
        fixture_text(
            f, "SELECT count(*) FROM pg_class WHERE relname IN ('notes', 'parents', 'elders') AND "
               "relpersistence = 't'"),
        "0");
    fixture_sql(f, "DROP TABLE \"%s\".elders CASCADE", f->tenant);
}

/* ---- large tables ---------------------------------------------------------------------------- */

static void fill_large(struct fixture *f)
{
    make(f, notes);
    fixture_sql(f, "INSERT INTO \"%s\".parents (id) VALUES (1)", f->tenant);
    fixture_sql(f,
                "INSERT INTO \"%s\".notes (id, a, b, parent_id) SELECT i, 'x', i %% 7, 1 FROM "
                "generate_series(1, 100500) i",
                f->tenant);
    fixture_sql(f, "ANALYZE \"%s\".notes", f->tenant);
}

/* Text of step @i of group @g, or "". */
static const char *step_text(const struct plan *plan, size_t i)
{
    return i < plan->n_steps ? plan->steps[i].text : "";
}

/* an index of a large table is built and dropped while others write */
static void large_tables_are_changed_beside_the_traffic(void **state)
{
    struct fixture *f = *state;
    struct plan *plan = NULL;
    struct change_list *undo = NULL;
    fill_large(f);
    static const char operations[] =
        "[{\"op\":\"CREATE_COLUMN\",\"table\":\"notes\",\"column\":{\"name\":\"other\",\"type\":"
        "\"relation\",\"relatedTable\":\"parents\"}},"
        "{\"op\":\"DROP_INDEX\",\"table\":\"notes\",\"index\":\"by_a\"},"
        "{\"op\":\"MODIFY_COLUMN\",\"table\":\"notes\",\"column\":\"b\",\"set\":{\"validation\":{\"max\":9}}}]";
    assert_ok(f, plan_of(f, f->engine, NS, changes_of(f, operations), &plan));
    static const struct {
        const char *text;
        size_t group;
        bool is_transaction;
    } wanted[] = {
        {"ALTER TABLE \"notes\" ADD COLUMN \"other\" bigint", 0, true},
        {"CREATE INDEX CONCURRENTLY \"idx_notes_other\" ON \"notes\" (\"other\")", 1, false},
        {"ALTER TABLE \"notes\" ADD CONSTRAINT \"fk_notes_other\" FOREIGN KEY (\"other\") REFERENCES "
         "\"parents\" (\"id\") ON DELETE SET NULL NOT VALID",
         2, true},
        {"ALTER TABLE \"notes\" VALIDATE CONSTRAINT \"fk_notes_other\"", 3, true},
        {"DROP INDEX CONCURRENTLY \"by_a\"", 4, false},
        {"ALTER TABLE \"notes\" ADD CONSTRAINT \"ck_notes_b\" CHECK ((\"b\" <= 9)) NOT VALID", 5,
         true},
        {"ALTER TABLE \"notes\" VALIDATE CONSTRAINT \"ck_notes_b\"", 6, true},
    };
    assert_int_equal(plan->n_steps, ARRAY_LEN(wanted));
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
        assert_string_equal(step_text(plan, i), wanted[i].text);
        assert_int_equal(plan->steps[i].group, wanted[i].group);
        assert_int_equal(plan->groups[wanted[i].group].is_transaction, wanted[i].is_transaction);
    }
    assert_string_equal(plan->steps[1].undo,
                        "DROP INDEX CONCURRENTLY IF EXISTS \"idx_notes_other\"");
    assert_ok(f, change_schema(f, f->engine, NS, changes_of(f, operations), &undo));
    struct catalog *c AUTO(catalog_unrefp) = catalog_of(f, f->engine, NS);
    assert_non_null(table_find_index(table_of(c, "notes"), STR("idx_notes_other")));
    assert_null(table_find_index(table_of(c, "notes"), STR("by_a")));
    assert_string_equal(fixture_text(f,
                                     "SELECT count(*) FROM pg_constraint WHERE conrelid = "
                                     "'\"%s\".notes'::regclass AND NOT convalidated",
                                     f->tenant),
                        "0");
    assert_ok(f, change_schema(f, f->engine, NS, undo, NULL));
    fixture_sql(f, "DROP TABLE \"%s\".notes, \"%s\".parents CASCADE", f->tenant, f->tenant);
}

/* What is large, in one transaction with other work (a migration file), still runs. */
static void a_build_runs_inside_a_transaction_when_it_must(void **state)
{
    struct fixture *f = *state;
    struct plan *plan = NULL;
    int64_t n = 0;
    fill_large(f);
    struct change_list *list = changes_of(
        f,
        "[{\"op\":\"CREATE_INDEX\",\"table\":\"notes\",\"index\":{\"name\":\"by_b\",\"columns\":[\"b\"]}}]");
    assert_ok(f, plan_of(f, f->engine, NS, list, &plan));
    struct session *s = NULL;
    const struct plan_group whole = {.is_transaction = true};
    assert_ok(f, engine_session_begin(f->engine, NS, ACCESS_SCHEMA, &s, &f->err));
    assert_ok(f, engine_group_begin(s, &whole, &f->err));
    assert_ok(f, engine_run_step(s, &plan->steps[0], &n, &f->err));
    assert_ok(f, engine_group_end(s, &whole, true, &f->err));
    engine_session_end(s);
    struct catalog *c AUTO(catalog_unrefp) = catalog_of(f, f->engine, NS);
    assert_non_null(table_find_index(table_of(c, "notes"), STR("by_b")));
    fixture_sql(f, "DROP TABLE \"%s\".notes, \"%s\".parents CASCADE", f->tenant, f->tenant);
}

/* An index that cannot be built leaves nothing, now and the next time. */
static void a_failed_build_leaves_no_index(void **state)
{
    struct fixture *f = *state;
    fill_large(f);
    static const char unique[] =
        "[{\"op\":\"CREATE_INDEX\",\"table\":\"notes\",\"index\":{\"name\":"
        "\"one_b\",\"columns\":[\"b\"],\"unique\":true}}]";
    for (int i = 0; i < 2; i++) {
        assert_int_equal(change_schema(f, f->engine, NS, changes_of(f, unique), NULL),
                         ERR_UNIQUE_VIOLATION);
        assert_string_equal(
            fixture_text(f,
                         "SELECT count(*) FROM pg_class WHERE relname = 'one_b' AND relnamespace = "
                         "'\"%s\"'::regnamespace",
                         f->tenant),
            "0");
    }
    /* one that somebody else's failure left is told of, and in nobody's way */
    PGresult *r =
        PQexec(f->beside,
               arena_printf(f->arena, "CREATE UNIQUE INDEX CONCURRENTLY one_b ON \"%s\".notes (b)",
                            f->tenant));
    assert_int_equal(PQresultStatus(r), PGRES_FATAL_ERROR);
    PQclear(r);
    struct buf report;
    bool sound = true;
    buf_init(&report, 4096);
    assert_ok(f, engine_verify(f->engine, NS, &report, &sound, &f->err));
    assert_false(sound);
    assert_non_null(strstr(buf_text(&report), "the index \"one_b\" of \"notes\" is not valid"));
    buf_clear(&report);
    fixture_sql(f, "UPDATE \"%s\".notes SET b = id", f->tenant);
    assert_ok(f, change_schema(f, f->engine, NS, changes_of(f, unique), NULL));
    struct catalog *c AUTO(catalog_unrefp) = catalog_of(f, f->engine, NS);
    assert_ok(f, engine_verify(f->engine, NS, &report, &sound, &f->err));
    assert_true(sound);
    buf_release(&report);
    assert_true(column_of(c, "notes", "b")->is_unique);
    fixture_sql(f, "DROP TABLE \"%s\".notes, \"%s\".parents CASCADE", f->tenant, f->tenant);
}

/* ---- locks that are not free ----------------------------------------------------------------- */

struct holder {
    PGconn *conn;
    const char *text;
    int64_t us;
};

static void *let_go(void *arg)
{
    struct holder *h = arg;
    usleep((useconds_t)h->us);
    PQclear(PQexec(h->conn, "ROLLBACK"));
    return NULL;
}

/* A reader in an open transaction makes the change wait and try again; readers behind it never wait
 * longer than the lock timeout. */
static void a_lock_that_is_not_free_is_tried_again(void **state)
{
    (void)state;
    struct fixture *f = fixture_open(&(struct engine_options){.lock_ms = 200});
    make(f, notes);
    fixture_sql(f, "BEGIN");
    (void)fixture_text(f, "SELECT count(*) FROM \"%s\".notes", f->tenant);
    struct holder h = {.conn = f->beside, .us = 1500000};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, let_go, &h), 0);
    int64_t start = time_monotonic_us();
    static const char operations[] =
        "[{\"op\":\"CREATE_TABLE\",\"table\":{\"tableName\":\"made\",\"columns\":[{\"name\":\"id\",\"type\":"
        "\"int64\",\"primaryKey\":true}]}},{\"op\":\"CREATE_COLUMN\",\"table\":\"notes\",\"column\":{\"name\":"
        "\"c\",\"type\":\"text\"}}]";
    enum errcode code = change_schema(f, f->engine, NS, changes_of(f, operations), NULL);
    int64_t us = time_monotonic_us() - start;
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_ok(f, code);
    assert_true(us > 1000000);
    struct catalog *c AUTO(catalog_unrefp) = catalog_of(f, f->engine, NS);
    assert_non_null(table_find_column(table_of(c, "notes"), STR("c")));
    (void)table_of(c, "made");
    fixture_close(f);
}

/* when it stays taken the change gives up, and nothing of it is there. */
static void a_lock_that_stays_taken_ends_the_change(void **state)
{
    (void)state;
    struct fixture *f = fixture_open(&(struct engine_options){.lock_ms = 20});
    make(f, notes);
    struct catalog *before AUTO(catalog_unrefp) = catalog_of(f, f->engine, NS);
    fixture_sql(f, "BEGIN");
    (void)fixture_text(f, "SELECT count(*) FROM \"%s\".notes", f->tenant);
    static const char operations[] =
        "[{\"op\":\"RENAME_TABLE\",\"table\":\"parents\",\"newName\":\"elders\"},"
        "{\"op\":\"CREATE_COLUMN\",\"table\":\"notes\",\"column\":{\"name\":\"c\",\"type\":\"text\"}}]";
    assert_int_equal(change_schema(f, f->engine, NS, changes_of(f, operations), NULL), ERR_BUSY);
    fixture_sql(f, "ROLLBACK");
    struct catalog *after AUTO(catalog_unrefp) = catalog_of(f, f->engine, NS);
    assert_string_equal(catalog_fingerprint(f->arena, before),
                        catalog_fingerprint(f->arena, after));
    fixture_close(f);
}

/* ---- what undo brings back ------------------------------------------------------------------- */

/* Values come back without firing anybody's triggers, with what the index was besides its keys. */
static void an_undo_brings_back_what_others_made(void **state)
{
    struct fixture *f = *state;
    struct change_list *undo = NULL;
    struct attached a = attached_open(
        f, false,
        "CREATE TABLE t (id int PRIMARY KEY, a text, b int, at timestamptz, "
        "CONSTRAINT late UNIQUE (a, b) DEFERRABLE INITIALLY DEFERRED, CHECK (a <> '' OR b > 0));"
        "CREATE INDEX covering ON t (a text_pattern_ops) INCLUDE (b) WHERE b > 0;"
        "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.at = now(); RETURN NEW; END';"
        "CREATE TRIGGER touches BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION touch();"
        "CREATE TRIGGER of_a BEFORE UPDATE OF a ON t FOR EACH ROW EXECUTE FUNCTION touch();"
        "INSERT INTO t VALUES (1, 'x', 1), (2, NULL, 2), (3, 'z', 3)",
        NULL);
    struct catalog *before AUTO(catalog_unrefp) = catalog_of(f, a.engine, ATTACHED_NS);
    assert_ok(f, change_schema(
                     f, a.engine, ATTACHED_NS,
                     changes_of(f, "[{\"op\":\"DROP_COLUMN\",\"table\":\"t\",\"column\":\"a\"}]"),
                     &undo));
    struct catalog *without AUTO(catalog_unrefp) = catalog_of(f, a.engine, ATTACHED_NS);
    assert_int_equal(table_of(without, "t")->n_triggers, 1);
    assert_int_equal(table_of(without, "t")->n_indexes, 1);
    assert_int_equal(table_of(without, "t")->n_checks, 0);
    fixture_sql(f, "DELETE FROM \"%s\".t WHERE id = 3", a.schema);
    fixture_sql(f, "INSERT INTO \"%s\".t VALUES (4, 4)", a.schema);
    assert_ok(f, change_schema(f, a.engine, ATTACHED_NS, undo, NULL));
    assert_string_equal(
        fixture_text(f,
                     "SELECT string_agg(format('%%s %%s %%s', id, a, at), ',' ORDER BY id) "
                     "FROM \"%s\".t",
                     a.schema),
        "1 x ,2  ,4  ");
    struct catalog *after AUTO(catalog_unrefp) = catalog_of(f, a.engine, ATTACHED_NS);
    assert_string_equal(index_of(after, "t", "covering")->native,
                        index_of(before, "t", "covering")->native);
    assert_string_equal(index_of(after, "t", "late")->native,
                        index_of(before, "t", "late")->native);
    assert_int_equal(table_of(after, "t")->n_triggers, 2);
    assert_int_equal(table_of(after, "t")->n_checks, 1);
    assert_string_equal(
        fixture_text(
            f,
            "SELECT string_agg(tgenabled::text, '') FROM pg_trigger WHERE NOT tgisinternal AND tgrelid = "
            "'\"%s\".t'::regclass",
            a.schema),
        "OO");
    attached_close(&a);
}

static void a_table_of_others_without_a_key_keeps_its_columns(void **state)
{
    struct fixture *f = *state;
    struct attached a = attached_open(f, false, "CREATE TABLE t (a int, b int)", NULL);
    static const char drop[] = "[{\"op\":\"DROP_COLUMN\",\"table\":\"t\",\"column\":\"a\"}]";
    assert_int_equal(change_schema(f, a.engine, ATTACHED_NS, changes_of(f, drop), NULL),
                     ERR_UNSUPPORTED);
    error_release(&f->err);
    assert_ok(
        f, change_schema(f, a.engine, ATTACHED_NS,
                         changes_of(f, "[{\"op\":\"DROP_COLUMN\",\"table\":\"t\",\"column\":\"a\","
                                       "\"noTrash\":true}]"),
                         NULL));
    attached_close(&a);
}

/* Every table has a primary key, also one that nobody gave a key. */
static void every_table_has_a_primary_key(void **state)
{
    struct fixture *f = *state;
    make(
        f,
        "[{\"op\":\"CREATE_TABLE\",\"table\":{\"tableName\":\"loose\",\"columns\":[{\"name\":\"a\","
        "\"type\":\"text\"},{\"name\":\"b\",\"type\":\"text\"}]}},{\"op\":\"DROP_COLUMN\",\"table\":\"loose\","
        "\"column\":\"b\"},{\"op\":\"DROP_TABLE\",\"table\":\"loose\"}]");
    assert_string_equal(
        fixture_text(
            f,
            "SELECT coalesce(string_agg(relname, ','), '') FROM pg_class c WHERE relkind = 'r' AND "
            "relnamespace IN ('\"%s\"'::regnamespace, '\"%s\"'::regnamespace) AND NOT EXISTS (SELECT "
            "FROM pg_constraint WHERE conrelid = c.oid AND contype = 'p')",
            f->tenant, f->store),
        "");
}

/* Names of the server's are told apart by their letters; ours are found whatever the case. */
static void operations_name_tables_in_any_case(void **state)
{
    struct fixture *f = *state;
    struct attached a = attached_open(
        f, false, "CREATE TABLE \"Big\" (\"Id\" int PRIMARY KEY, \"Name\" text)", NULL);
    assert_ok(
        f,
        change_schema(
            f, a.engine, ATTACHED_NS,
            changes_of(
                f,
                "[{\"op\":\"CREATE_COLUMN\",\"table\":\"big\",\"column\":{\"name\":\"n\",\"type\":"
                "\"number\",\"check\":{\"op\":\"<\",\"args\":[{\"call\":\"length\",\"args\":[{"
                "\"column\":\"NAME\"}]},{\"column\":\"N\"}]}}},"
                "{\"op\":\"CREATE_INDEX\",\"table\":\"BIG\",\"index\":{\"columns\":[\"name\"]}},"
                "{\"op\":\"CREATE_TABLE\",\"table\":{\"tableName\":\"child\",\"columns\":[{\"name\":"
                "\"big_id\",\"type\":\"relation\",\"relatedTable\":\"bIg\"}]}}]"),
            NULL));
    attached_close(&a);
}

/* names mean the session's one schema, whatever the server's search_path says. */
static void no_other_schema_stands_before_ours(void **state)
{
    struct fixture *f = *state;
    const char *user = PQuser(f->beside);
    fixture_sql(f, "CREATE SCHEMA IF NOT EXISTS \"%s\"", user); /* "$user": first by default */
    fixture_sql(f, "CREATE TABLE IF NOT EXISTS \"%s\".aimed (id int PRIMARY KEY, a text)", user);
    make(
        f,
        "[{\"op\":\"CREATE_TABLE\",\"table\":{\"tableName\":\"aimed\",\"columns\":[{\"name\":\"id\","
        "\"type\":\"int64\",\"primaryKey\":true},{\"name\":\"a\",\"type\":\"text\"}]}}]");
    make(f, "[{\"op\":\"DROP_COLUMN\",\"table\":\"aimed\",\"column\":\"a\"},"
            "{\"op\":\"DROP_TABLE\",\"table\":\"aimed\"}]");
    assert_string_equal(
        fixture_text(f,
                     "SELECT count(*) FROM information_schema.columns WHERE table_schema = "
                     "'%s' AND table_name = 'aimed'",
                     user),
        "2");
    fixture_sql(f, "DROP TABLE \"%s\".aimed", user);
    struct catalog *c AUTO(catalog_unrefp) = catalog_of(f, f->engine, NS);
    assert_null(catalog_find_table(c, STR("aimed")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_statement_locks_as_the_plan_says),
        cmocka_unit_test(a_rehearsal_locks_nothing),
        cmocka_unit_test(large_tables_are_changed_beside_the_traffic),
        cmocka_unit_test(a_build_runs_inside_a_transaction_when_it_must),
        cmocka_unit_test(a_failed_build_leaves_no_index),
        cmocka_unit_test(a_lock_that_is_not_free_is_tried_again),
        cmocka_unit_test(a_lock_that_stays_taken_ends_the_change),
        cmocka_unit_test(an_undo_brings_back_what_others_made),
        cmocka_unit_test(a_table_of_others_without_a_key_keeps_its_columns),
        cmocka_unit_test(every_table_has_a_primary_key),
        cmocka_unit_test(no_other_schema_stands_before_ours),
        cmocka_unit_test(operations_name_tables_in_any_case),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
