#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "change/change.h"
#include "engine/engine.h"
#include "engine/plan.h"
#include "engine/sqlite/sqlite_engine.h"

/* An engine over a fresh folder under /tmp with the namespace "store". */
struct fixture {
    struct arena *arena;
    const char *folder;
    struct engine *engine;
    struct error err;
    int kill_after;
    const struct plan *last_plan;
};

struct fixture *fixture_open(const struct sqlite_settings *base);
void fixture_close(struct fixture *f);
void fixture_reopen(struct fixture *f, const struct sqlite_settings *base);

/* Open again after engine_close(). */
void fixture_reopen_only(struct fixture *f, const struct sqlite_settings *base);
/* The next change kills this process behind its @steps first steps; -1 = never. */
void fixture_kill_after(struct fixture *f, int steps);

/* Run @sql texts outside of the engine, with a connection of its own. */
void fixture_sql(struct fixture *f, const char *sql);
/* First column of the first row, "" when none. */
const char *fixture_text(struct fixture *f, const char *sql);

/* Hold the file's write lock as another process would. */
void *fixture_lock(struct fixture *f);
void fixture_unlock(void *lock);

/* The catalog of now. The caller unrefs. */
struct catalog *fixture_catalog(struct fixture *f);
/* Prepare, complete, plan and run @list; the first error's code. */
enum errcode fixture_change(struct fixture *f, struct change_list *list, const char *tag);
/* The same with the inverse of @list in *undo. */
enum errcode fixture_change_undo(struct fixture *f, struct change_list *list, const char *tag,
                                 struct change_list *undo);
/* Insert one row by column names; NULL-terminated pairs of name and text ("#12" = integer). */
enum errcode fixture_insert(struct fixture *f, const char *table, ...);

#define assert_ok(f, call)                                                            \
    do {                                                                              \
        enum errcode code_ = (call);                                                  \
        if (code_ != ERR_OK) {                                                        \
            fail_msg("%s: %s (%s)", #call, (f)->err.message ? (f)->err.message : "?", \
                     (f)->err.detail ? (f)->err.detail : "");                         \
        }                                                                             \
    } while (0)
