#pragma once

#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "catalog/value.h"

/*
 * One SQLite connection with its prepared statements. It belongs to one user at a time and may
 * change threads between two calls (NOMUTEX).
 */
#define CONN_STATEMENTS 64

struct cached {
    sqlite3_stmt *stmt;
    struct str sql;
    uint64_t used; /* when, in calls */
    bool is_lent;
};

/* Why a statement is ended in its middle. */
enum ending {
    ENDING_NONE = 0,
    ENDING_BUDGET, /* it should go on on a worker */
    ENDING_LIMIT,  /* it took too long */
};

struct conn {
    sqlite3 *db;
    struct cached statements[CONN_STATEMENTS];
    size_t n_statements;
    uint64_t n_calls;
    struct buf text;                    /* the statement being made */
    struct arena *scratch;              /* its parameters; reset for each write */
    int64_t budget_end_us;              /* monotonic; 0 = no budget */
    int64_t limit_end_us;               /* 0 = no limit */
    _Atomic(int) ending;                /* enum ending; also set by the watchdog */
    uint64_t epoch;                     /* of the file, when the schema was last read */
    const volatile unsigned *wal_index; /* wal_index_of(), NULL = not asked for, or none */
    int loop;                           /* the stack that it lies on */
    struct conn *next;
};

struct conn_settings {
    const char *path;
    const char *vfs;
    bool is_writer;
    bool is_foreign; /* somebody else's file: its journal mode is left alone */
    bool is_memory;  /* an empty database of its own, without a file */
    int busy_ms;
    int cache_kib;
};

enum errcode conn_open(const struct conn_settings *settings, struct conn **out,
                       struct error *err) MUST_CHECK;
void conn_close(struct conn *c);

/** conn_exec() - run @sql (a program text, perhaps several statements) for its effect. */
enum errcode conn_exec(struct conn *c, const char *sql, struct error *err) MUST_CHECK;
/** conn_run() - step one cached statement without rows to its end. */
enum errcode conn_run(struct conn *c, const char *sql, struct error *err) MUST_CHECK;
/** conn_only() - prepare, and @sql must be one statement alone (ERR_INVALID); for texts that came
 *  from somewhere. The caller finalizes *@out. */
enum errcode conn_only(struct conn *c, const char *sql, sqlite3_stmt **out,
                       struct error *err) MUST_CHECK;
/** conn_only_run() - the same, run to its end. */
enum errcode conn_only_run(struct conn *c, const char *sql, struct error *err) MUST_CHECK;
/** conn_try() - the same, where a failure changes nothing any more (a ROLLBACK). */
void conn_try(struct conn *c, const char *sql);
/** conn_int() - the first column of the first row of @sql; 0 when there is none. */
enum errcode conn_int(struct conn *c, const char *sql, int64_t *out, struct error *err) MUST_CHECK;

/** conn_prepare() - a statement for @sql from the cache; given back with conn_release(). */
enum errcode conn_prepare(struct conn *c, struct str sql, sqlite3_stmt **out,
                          struct error *err) MUST_CHECK;
/** conn_release() - reset @stmt and let the cache have it again. NULL is fine. */
void conn_release(struct conn *c, sqlite3_stmt *stmt);

/** conn_bind() - values borrowed until the statement is released. */
enum errcode conn_bind(struct conn *c, sqlite3_stmt *stmt, const struct value *values, size_t n,
                       struct error *err) MUST_CHECK;
/** conn_bind_one() - the value of placeholder @i, counted from 0. */
enum errcode conn_bind_one(struct conn *c, sqlite3_stmt *stmt, size_t i, const struct value *v,
                           struct error *err) MUST_CHECK;
/** conn_column() - a column of the current row, by its storage class, borrowed. */
struct value conn_column(sqlite3_stmt *stmt, int column);
/** conn_error() - sqlite_error() that knows why a statement was ended. */
enum errcode conn_error(struct conn *c, int rc, const char *doing, struct error *err);
/** conn_step_error() - conn_error() for a statement that runs: what else can go wrong there is an
 *  expression of the schema that its row makes impossible (json_extract() of what is no JSON), and
 *  that is ERR_INVALID. */
enum errcode conn_step_error(struct conn *c, int rc, const char *doing, struct error *err);
