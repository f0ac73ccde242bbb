#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "catalog/catalog.h"
#include "engine/plan.h"
#include "engine/view.h"
#include "query/query.h"

/*
 * An engine is a folder behind this table of functions. Nothing outside a driver and main/ asks
 * which engine it is, only what it can do (struct engine_caps). Callers use the engine_* wrappers,
 * which check abilities, measure and report; slots that a driver leaves NULL become
 * engine_default_* (ERR_UNSUPPORTED) at registration, and required slots are verified there.
 *
 * Words: an *engine* is one open database system (a data directory, a server). A *namespace* is one
 * tenant's own room in it (a file, a schema, a database), named by a text like "store" or
 * "tenants/main". A *session* is the right to work in one namespace, for one fiber, until ended.
 *
 * Waiting: every verb may suspend the calling fiber unless its comment says it does not block.
 */
struct engine_caps {
#define ABILITY(name, meaning) bool name;
#include "engine/abilities.def"
#undef ABILITY
    int identifier_max; /* in identifier_unit; 0 = none */
    bool identifier_in_bytes;
};

/* The rows of abilities.def: what tests and the sources route ask by name. */
struct engine_ability {
    const char *name;
    const char *meaning; /* "… can …": one line for people */
    size_t offset;       /* of its bool in struct engine_caps */
};

/** engine_abilities() - the table, *@n rows. */
const struct engine_ability *engine_abilities(size_t *n);
/** engine_has() - is the ability @name true for @caps? BUG for a name that is none. */
bool engine_has(const struct engine_caps *caps, const char *name);

enum access {
    ACCESS_NONE = 0,
    ACCESS_READ,
    ACCESS_SCHEMA, /* alone in its namespace: nobody else writes until it ends */
};

struct engine;
struct session;
struct cursor;
struct bulk;
struct engine_lock;

#define ENGINE_LOCK_FILE "telaio.lock" /* in the folder of an embedded engine */

enum lock_mode {
    LOCK_NONE = 0,
    LOCK_SHARED, /* any number of holders at once */
    LOCK_ALONE,
};

/* A write: runs on the writer, perhaps twice; engine verbs and pure code only. */
typedef enum errcode transact_fn(struct session *s, void *arg, struct error *err);

struct engine_ops {
    const char *name; /* "sqlite", "null" */

    /* life: close is called once, with no session open */
    void (*close)(struct engine *e);
    enum errcode (*ping)(struct engine *e, struct error *err);

    /* namespaces: create is idempotent; drop destroys all data in it */
    enum errcode (*namespace_create)(struct engine *e, struct str ns, struct error *err);
    enum errcode (*namespace_drop)(struct engine *e, struct str ns, struct error *err);
    bool (*namespace_exists)(struct engine *e, struct str ns);

    /* sessions: READ sees one snapshot at a time per select; SCHEMA excludes other writers */
    enum errcode (*session_begin)(struct engine *e, struct str ns, enum access access,
                                  struct session **out, struct error *err);
    void (*session_end)(struct session *s);
    /* one write transaction (a share of a group commit where the engine groups): durable when it
       returns ERR_OK; on any error nothing of it is there */
    enum errcode (*transact)(struct engine *e, struct str ns, transact_fn *fn, void *arg,
                             struct error *err);

    /* structure; generation changes with every DDL of anybody, also of other processes; cheap */
    enum errcode (*generation)(struct engine *e, struct str ns, uint64_t *out, struct error *err);
    /* ask for what other processes changed until now, so that generation() knows; NULL: it always
       does, or nobody can do better than it does */
    enum errcode (*refresh)(struct engine *e, struct str ns, struct error *err);
    enum errcode (*inspect)(struct session *s, struct catalog **out, struct error *err);
    /* pure, no I/O: fills steps and groups of @plan from plan->changes and the catalog before */
    enum errcode (*plan)(struct engine *e, const struct catalog *before, struct plan *plan,
                         struct error *err);
    /* the statement that makes @v; pure. Those with the ability views have it */
    const char *(*view_text)(struct engine *e, struct arena *a, const struct engine_view *v);
    /* run the plan on an empty copy of the schema: fills plan->fingerprint_after; no effect */
    enum errcode (*rehearse)(struct session *s, struct plan *plan, struct error *err);
    /* on a SCHEMA session: a group is begun, its steps run one by one, and it ends */
    enum errcode (*group_begin)(struct session *s, const struct plan_group *g, struct error *err);
    enum errcode (*run_step)(struct session *s, const struct plan_step *step, int64_t *n_rows,
                             struct error *err);
    enum errcode (*group_end)(struct session *s, const struct plan_group *g, bool commit,
                              struct error *err);
    /* with the ability ddl_with_registry, in an open group that is a transaction: what @fn writes
       in @ns, another namespace, is there when the group is, or not at all. @fn may run twice, the
       steps of the group before it too. After an error the group can only be taken back */
    enum errcode (*group_transact)(struct session *s, struct str ns, transact_fn *fn, void *arg,
                                   struct error *err);

    /* rows. The cursor's row is borrowed until the next call; *row NULL at the end. A cursor may be
       closed early and is closed at the latest by session_end */
    enum errcode (*select)(struct session *s, const struct query *q, struct cursor **out,
                           struct error *err);
    enum errcode (*cursor_next)(struct cursor *c, const struct value **row, struct error *err);
    void (*cursor_close)(struct cursor *c);
    /* inside transact (or on a SCHEMA session) only */
    enum errcode (*write)(struct session *s, const struct write *w, struct write_result *out,
                          struct error *err);
    /* an estimate that costs nothing that grows with the table; -1 = unknown */
    int64_t (*row_estimate)(struct session *s, const struct table *t);

    /* bulk load: rows go to a staging place without blocking other writers, then in at once
       (bulk_end commit) or not at all. Default: one write after the other in a transact */
    enum errcode (*bulk_begin)(struct engine *e, struct str ns, const struct write *shape,
                               struct bulk **out, struct error *err);
    enum errcode (*bulk_row)(struct bulk *b, const struct value *values, struct error *err);
    enum errcode (*bulk_end)(struct bulk *b, bool commit, struct write_result *out,
                             struct error *err);

    /* a lock by name among all processes that work on the same data, let go at the latest when its
       process ends; never waits: *out NULL when others hold it. All three NULL: no other process
       can reach the data, and within this one a lock is always had */
    enum errcode (*lock)(struct engine *e, struct str name, enum lock_mode mode,
                         struct engine_lock **out, struct error *err);
    bool (*lock_holds)(const struct engine_lock *l); /* false once a server has taken it away */
    void (*unlock)(struct engine_lock *l); /* free when this returns, if the server can be told */

    /* copy of a whole namespace into a file at @path while others write (backup) */
    enum errcode (*backup)(struct engine *e, struct str ns, const char *path, struct error *err);
    /* @report gets one line per finding; sound = false when there is one */
    enum errcode (*verify)(struct engine *e, struct str ns, struct buf *report, bool *sound,
                           struct error *err);
};

struct catalog_cache;

/* Drivers extend these by placing them first. */
struct engine {
    const struct engine_ops *ops;
    struct engine_caps caps;
    const char *version; /* of the database system, "15.20"; owned by the driver, NULL = unknown */
    _Atomic(struct catalog_cache *) cache; /* see catalog_cache.h */
};

struct session {
    struct engine *engine;
    enum access access;
    /* freed by engine_session_end() after the driver's session_end, which must not do it; the
       session itself may live in it; made by the wrapper when the driver leaves NULL */
    struct arena *arena;
};

struct cursor {
    struct session *session;
    const struct query *query;
};

struct bulk {
    struct engine *engine;
};

struct engine_lock {
    struct engine *engine;
};

/** engine_register() - check @e's table once: required slots are there, gaps get defaults. */
void engine_register(struct engine *e, struct engine_ops *ops);

/* Wrappers, one per slot; same words. */
void engine_close(struct engine *e);
enum errcode engine_ping(struct engine *e, struct error *err) MUST_CHECK;
enum errcode engine_namespace_create(struct engine *e, struct str ns, struct error *err) MUST_CHECK;
enum errcode engine_namespace_drop(struct engine *e, struct str ns, struct error *err) MUST_CHECK;
bool engine_namespace_exists(struct engine *e, struct str ns);
enum errcode engine_session_begin(struct engine *e, struct str ns, enum access access,
                                  struct session **out, struct error *err) MUST_CHECK;
void engine_session_end(struct session *s);
void engine_session_endp(struct session **s); /* for AUTO() */
enum errcode engine_transact(struct engine *e, struct str ns, transact_fn *fn, void *arg,
                             struct error *err) MUST_CHECK;
enum errcode engine_generation(struct engine *e, struct str ns, uint64_t *out,
                               struct error *err) MUST_CHECK;
enum errcode engine_refresh(struct engine *e, struct str ns, struct error *err) MUST_CHECK;
enum errcode engine_inspect(struct session *s, struct catalog **out, struct error *err) MUST_CHECK;
enum errcode engine_plan(struct engine *e, const struct catalog *before, struct plan *plan,
                         struct error *err) MUST_CHECK;
/** engine_view_text() - in @a; a step of kind STEP_RUN makes the view. BUG without views. */
const char *engine_view_text(struct engine *e, struct arena *a, const struct engine_view *v);
enum errcode engine_rehearse(struct session *s, struct plan *plan, struct error *err) MUST_CHECK;
enum errcode engine_group_begin(struct session *s, const struct plan_group *g,
                                struct error *err) MUST_CHECK;
enum errcode engine_run_step(struct session *s, const struct plan_step *step, int64_t *n_rows,
                             struct error *err) MUST_CHECK;
enum errcode engine_group_end(struct session *s, const struct plan_group *g, bool commit,
                              struct error *err) MUST_CHECK;
/** engine_group_transact() - Errors: ERR_UNSUPPORTED without the ability, ERR_BUSY when what it
 *  waits for is not free in time, those of @fn. */
enum errcode engine_group_transact(struct session *s, struct str ns, transact_fn *fn, void *arg,
                                   struct error *err) MUST_CHECK;
enum errcode engine_select(struct session *s, const struct query *q, struct cursor **out,
                           struct error *err) MUST_CHECK;
enum errcode engine_cursor_next(struct cursor *c, const struct value **row,
                                struct error *err) MUST_CHECK;
void engine_cursor_close(struct cursor *c);
void engine_cursor_closep(struct cursor **c); /* for AUTO() */
enum errcode engine_write(struct session *s, const struct write *w, struct write_result *out,
                          struct error *err) MUST_CHECK;
int64_t engine_row_estimate(struct session *s, const struct table *t);
enum errcode engine_bulk_begin(struct engine *e, struct str ns, const struct write *shape,
                               struct bulk **out, struct error *err) MUST_CHECK;
enum errcode engine_bulk_row(struct bulk *b, const struct value *values,
                             struct error *err) MUST_CHECK;
enum errcode engine_bulk_end(struct bulk *b, bool commit, struct write_result *out,
                             struct error *err) MUST_CHECK;
/** engine_lock() - *@out NULL when others hold @name; let go with engine_unlock(). */
enum errcode engine_lock(struct engine *e, struct str name, enum lock_mode mode,
                         struct engine_lock **out, struct error *err) MUST_CHECK;
/** engine_lock_wait() - the same, trying for at most @wait_us. Errors: ERR_BUSY. */
enum errcode engine_lock_wait(struct engine *e, struct str name, enum lock_mode mode,
                              int64_t wait_us, struct engine_lock **out,
                              struct error *err) MUST_CHECK;
bool engine_lock_holds(const struct engine_lock *l);
/** engine_unlock() - NULL is fine. */
void engine_unlock(struct engine_lock *l);
void engine_unlockp(struct engine_lock **l); /* for AUTO() */
enum errcode engine_backup(struct engine *e, struct str ns, const char *path,
                           struct error *err) MUST_CHECK;
enum errcode engine_verify(struct engine *e, struct str ns, struct buf *report, bool *sound,
                           struct error *err) MUST_CHECK;

/**
 * engine_query_one() - run @q (limit 1) and copy the first row into @a; *row NULL when none
 */
enum errcode engine_query_one(struct session *s, const struct query *q, struct arena *a,
                              const struct value **row, struct error *err) MUST_CHECK;
