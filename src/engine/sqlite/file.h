#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "engine/engine.h"
#include "engine/sqlite/conn.h"
#include "engine/sqlite/sqlite_engine.h"
#include "engine/sqlite/wait.h"
#include "engine/sqlite/wal_mark.h"
#include "engine/sqlite/watchdog.h"

/*
 * The open files of the engine, their idle connections and their queues of writes. Inside of the
 * driver only.
 *
 * Locks, in this order: engine.lock (the table of files, the ready list), file.lock (idle stacks
 * and the queue of one file). Neither is held across a call that waits.
 */
#define LOOPS_MAX       64
#define IDLE_MAX        8 /* idle readers of one loop and file */
#define WRITER_THREADS  4
#define FILE_BUCKETS    4096
#define GROUP_MAX       256
#define VERSION_KEPT_US 5000 /* changes of other processes are seen within */

struct file;
struct sqlite_session;

struct sqlite_engine {
    struct engine base;
    struct engine_ops ops;
    struct arena *arena;
    struct sqlite_settings settings;

    pthread_mutex_t lock;
    struct file *files[FILE_BUCKETS];
    int n_files;
    uint64_t clock; /* counts uses; the smallest is the least recent */

    pthread_t writers[WRITER_THREADS];
    int n_writers;
    pthread_cond_t is_ready;
    struct file *ready_first, *ready_last;
    int n_busy_writers;
    struct watchdog watchdog;
    bool is_closing;
    bool had_wal; /* attached: the file's WAL lay there before it was opened */
};

/* A write or a request to be alone, in the queue of its file. */
struct request {
    struct request *next;
    transact_fn *fn; /* NULL: hand the writing connection over */
    void *arg;
    struct error *err;
    enum errcode code;
    struct wait wait;
};

/* What every request asks for stands in front: of a thousand files none is in the caches. */
struct file {
    uint64_t hash;
    struct file *next;
    struct str ns;
    uint64_t used;
    uint64_t serial; /* of this opening: part of the generation */
    int users;
    bool is_dropped; /* under engine.lock: being dropped, or gone */
    bool is_gone;    /* not in the table any more */

    pthread_mutex_t lock;
    _Atomic(uint64_t) epoch;      /* counts schema changes of this process */
    int64_t version;              /* under lock: SQLite's count of schema changes as last read, */
    int64_t version_us;           /* when (0 = never), */
    uint64_t version_epoch;       /* in which epoch, */
    struct wal_mark version_mark; /* and what the WAL said before and after */

    struct sqlite_engine *engine;
    const char *path;
    struct arena *arena; /* owns the file itself */
    struct conn *idle[LOOPS_MAX + 1];
    int n_idle[LOOPS_MAX + 1];

    struct conn *writer; /* used by one writer thread, or by the session that is alone */
    struct sqlite_session *write_session;
    struct request *first, *last;
    bool is_scheduled; /* on the ready list, with a writer thread, or held */
    struct file *ready_next;
};

/** file_check_name() - ERR_INVALID unless @ns is a namespace, ERR_NOT_FOUND unless it is the one of
 *  an attached file. */
enum errcode file_check_name(const struct sqlite_engine *e, struct str ns,
                             struct error *err) MUST_CHECK;
/** file_path() - FOLDER/ns.db, or the attached file, in @a. */
const char *file_path(const struct sqlite_engine *e, struct arena *a, struct str ns);

/** file_acquire() - the file of @ns, kept open until file_release(). ERR_NOT_FOUND, ERR_INVALID. */
enum errcode file_acquire(struct sqlite_engine *e, struct str ns, struct file **out,
                          struct error *err) MUST_CHECK;
void file_release(struct file *f);
/** file_set_dropped() - nobody acquires @f any more (ERR_NOT_FOUND), what waits for it fails. */
void file_set_dropped(struct file *f, bool dropped);
/** file_close_alone() - wait until nobody but the caller uses @f, close its connections; false when
 *  others still use it after the engine's busy time. Blocks. */
bool file_close_alone(struct file *f);
/** file_forget() - @f (dropped, acquired by the caller) leaves the table; its last user frees it.
 */
void file_forget(struct file *f);
/** files_close() - all of them; nobody uses one. */
void files_close(struct sqlite_engine *e);

/** file_lend() - a reading connection for the caller alone, with a schema of now. */
enum errcode file_lend(struct file *f, struct conn **out, struct error *err) MUST_CHECK;
void file_return(struct file *f, struct conn *c);
/** file_open_conn() - a connection of its own; blocks. */
enum errcode file_open_conn(struct file *f, bool is_writer, struct conn **out,
                            struct error *err) MUST_CHECK;
