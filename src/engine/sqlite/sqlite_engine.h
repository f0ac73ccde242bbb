#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "engine/engine.h"
#include "engine/kind.h"

/*
 * The embedded engine: a folder of SQLite files. A namespace is a path inside the folder without
 * its ending: "store" is FOLDER/store.db, "tenants/main" is FOLDER/tenants/main.db. Its parts are
 * made of [A-Za-z0-9_.-], do not begin with a dot and are at most 64 bytes long; at most four of
 * them. Anything else is ERR_INVALID.
 *
 * Threads: every verb may be called from any thread, from a fiber or outside of one. Reads borrow
 * a read-only connection from a stack per loop and file. Writes run on a small pool of writer
 * threads, one at a time per file, many in one commit. Whatever takes long moves to the workers of
 * the loop, so a fiber waits and its loop does not.
 *
 * Traps: a transact function may run twice; a session of ACCESS_SCHEMA keeps every other writer of
 * its namespace waiting, also the same fiber's own engine_transact(); the process must not open and
 * close the files in any other way (POSIX locks would be lost).
 */
struct sqlite_settings {
    const char *folder;   /* made when it is not there (not with read_only) */
    const char *file;     /* attached: the one file, whose namespace is ATTACHED_NS; its journal
                             mode stays, folder is only where large imports wait */
    bool no_group_commit; /* one commit for every write */
    bool read_only;       /* nothing is created or changed; transact is ERR_FORBIDDEN */
    int busy_ms;          /* waiting for another process' lock; 0 = 5,000 */
    int cache_kib;        /* page cache of one connection; 0 = 512 */
    int open_files;       /* files kept open; 0 = 64 */
    int budget_us;        /* a read on a loop moves to a worker after this; 0 = 2,000 */
    int step_limit_us;    /* or when one step takes longer, without a look between; 0 = 5,000 */
    int read_limit_ms;    /* a read open longer is ended with ERR_TIMEOUT; 0 = 60,000 */
    const char *vfs;      /* name of a registered VFS, NULL = the default; for tests */
};

/**
 * sqlite_engine_open() - *@out = the engine over @settings->folder; files are opened on first use
 *
 * The settings are copied. Close with engine_close(). Errors: ERR_IO, ERR_INVALID.
 */
enum errcode sqlite_engine_open(const struct sqlite_settings *settings, struct engine **out,
                                struct error *err) MUST_CHECK;

/* How it is opened from an address: a folder (managed), or a file that is there (attached). */
extern const struct engine_kind sqlite_kind;

/** sqlite_file_path() - where @ns is kept, in @a; for messages and backups. */
enum errcode sqlite_file_path(struct engine *e, struct arena *a, struct str ns, const char **out,
                              struct error *err) MUST_CHECK;
