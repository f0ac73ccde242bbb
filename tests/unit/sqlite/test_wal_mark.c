#include "fixture.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/sqlite/wal_mark.h"

/* Two connections to one file, as of two processes. */
struct pair {
    char path[64];
    sqlite3 *one, *other;
};

static void run(sqlite3 *db, const char *sql)
{
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
}

static int pair_setup(void **state)
{
    struct pair *p = calloc(1, sizeof *p);
    snprintf(p->path, sizeof p->path, "/tmp/telaio-mark-XXXXXX");
    int fd = mkstemp(p->path);
    if (fd < 0 || close(fd) != 0 || sqlite3_open(p->path, &p->one) != SQLITE_OK ||
        sqlite3_open(p->path, &p->other) != SQLITE_OK) {
        return -1;
    }
    *state = p;
    return 0;
}

static int pair_teardown(void **state)
{
    struct pair *p = *state;
    assert_int_equal(sqlite3_close(p->one), SQLITE_OK);
    assert_int_equal(sqlite3_close(p->other), SQLITE_OK);
    int rc = unlink(p->path);
    free(p);
    return rc;
}

static const volatile unsigned *open_wal(struct pair *p)
{
    run(p->one, "PRAGMA journal_mode = WAL; CREATE TABLE t (a)");
    run(p->other, "SELECT * FROM t");
    const volatile unsigned *index = wal_index_of(p->one);
    assert_non_null(index);
    return index;
}

/* @sql of the other connection changes the mark. */
static void assert_seen(struct pair *p, const volatile unsigned *index, const char *sql)
{
    struct wal_mark before = wal_mark_read(index);
    assert_true(before.is_known);
    run(p->other, sql);
    struct wal_mark behind = wal_mark_read(index);
    assert_true(behind.is_known);
    assert_false(wal_mark_equal(&before, &behind));
}

static void every_commit_of_another_is_seen(void **state)
{
    struct pair *p = *state;
    const volatile unsigned *index = open_wal(p);
    assert_seen(p, index, "INSERT INTO t VALUES (1)");
    assert_seen(p, index, "ALTER TABLE t ADD COLUMN b");
    assert_seen(p, index, "ALTER TABLE t DROP COLUMN b");
    run(p->other, "PRAGMA wal_checkpoint(TRUNCATE)");
    assert_seen(p, index, "CREATE INDEX i ON t (a)");
}

static void reading_changes_nothing(void **state)
{
    struct pair *p = *state;
    const volatile unsigned *index = open_wal(p);
    struct wal_mark before = wal_mark_read(index);
    run(p->other, "SELECT * FROM t");
    run(p->one, "SELECT * FROM t");
    run(p->other, "BEGIN IMMEDIATE; INSERT INTO t VALUES (1); ROLLBACK");
    struct wal_mark behind = wal_mark_read(index);
    assert_true(wal_mark_equal(&before, &behind));
}

static void a_file_without_a_wal_has_no_mark(void **state)
{
    struct pair *p = *state;
    char path[80];
    run(p->one, "CREATE TABLE t (a)");
    assert_null(wal_index_of(p->one));
    struct wal_mark m = wal_mark_read(NULL);
    assert_false(m.is_known);
    assert_false(wal_mark_equal(&m, &m));
    snprintf(path, sizeof path, "%s-shm", p->path);
    assert_int_not_equal(access(path, F_OK), 0); /* asking left nothing behind */
}

/* In the middle of a commit the two copies differ. */
static void a_torn_header_is_no_mark(void **state)
{
    (void)state;
    unsigned index[2 * WAL_MARK_WORDS] = {[0] = 3007000, [2] = 7, [WAL_MARK_WORDS] = 3007000};
    assert_false(wal_mark_read(index).is_known);
    index[WAL_MARK_WORDS + 2] = 7;
    assert_true(wal_mark_read(index).is_known);
    index[0] = index[WAL_MARK_WORDS] = 3007001; /* another format */
    assert_false(wal_mark_read(index).is_known);
}

#define P(fn) cmocka_unit_test_setup_teardown(fn, pair_setup, pair_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        P(every_commit_of_another_is_seen),
        P(reading_changes_nothing),
        P(a_file_without_a_wal_has_no_mark),
        P(a_torn_header_is_no_mark),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
