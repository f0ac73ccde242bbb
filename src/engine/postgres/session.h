#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "engine/engine.h"
#include "engine/postgres/conn.h"

/*
 * A session of this driver. One that only reads has no connection until it needs one: single
 * statements go through the loop's shared pipelines. A write transaction, a session of
 * ACCESS_SCHEMA and reading structure have a connection of their own.
 */
struct pg_place;
struct pg_group;
struct postgres_cursor;

struct postgres_session {
    struct session base;
    struct postgres_engine *engine;
    struct pg_place *place;
    const char *schema;     /* PostgreSQL's name of the namespace */
    struct pg_conn *conn;   /* its own, or NULL */
    bool is_write;          /* inside transact */
    bool is_counted;        /* among the changes of structure that run */
    bool in_group;          /* ACCESS_SCHEMA: between group_begin and group_end */
    struct pg_group *group; /* the open one, see run.h */
    /* of a write transaction: after a failed statement nothing else can be done in it, unless each
       has a savepoint (see ask.c) */
    bool has_failed, went_on, saves_steps;
    struct postgres_cursor *cursors; /* open ones */
    int n_cursors;                   /* ever opened on the server */
    struct buf text;                 /* the statement being made */
};

static inline struct postgres_session *postgres_session_of(struct session *s)
{
    return (struct postgres_session *)s;
}

/**
 * postgres_own() - the session's own connection, taken from the pool on first use; given back by
 * session_end
 *
 * search_path is exactly its schema (pg_catalog comes before it by itself, pg_temp last), TimeZone
 * UTC, DateStyle ISO, IntervalStyle postgres, bytea as hex. Inside transact it runs as the tenant's
 * role, else as the login role, which owns everything. On a session of ACCESS_SCHEMA statements
 * have no time limit but wait for locks no longer than options.lock_ms, and a cancelled fiber waits
 * for them all the same.
 */
enum errcode postgres_own(struct postgres_session *s, struct pg_conn **out,
                          struct error *err) MUST_CHECK;

/** postgres_part() - give the connection that postgres_own() took for looking back before the
 *  session ends: nobody holds one while waiting for another. */
void postgres_part(struct postgres_session *s);

/* rows: read.c, write.c, bulk.c */
enum errcode postgres_session_begin(struct engine *e, struct str ns, enum access access,
                                    struct session **out, struct error *err);
void postgres_session_end(struct session *s);
enum errcode postgres_transact(struct engine *e, struct str ns, transact_fn *fn, void *arg,
                               struct error *err);
enum errcode postgres_select(struct session *s, const struct query *q, struct cursor **out,
                             struct error *err);
enum errcode postgres_cursor_next(struct cursor *c, const struct value **row, struct error *err);
void postgres_cursor_close(struct cursor *c);
enum errcode postgres_write(struct session *s, const struct write *w, struct write_result *out,
                            struct error *err);
int64_t postgres_row_estimate(struct session *s, const struct table *t);
/* a row that cannot go in has where = "/<row>/<column>", rows counted from 0, as far as that can be
   told */
enum errcode postgres_bulk_begin(struct engine *e, struct str ns, const struct write *shape,
                                 struct bulk **out, struct error *err);
enum errcode postgres_bulk_row(struct bulk *b, const struct value *values, struct error *err);
enum errcode postgres_bulk_end(struct bulk *b, bool commit, struct write_result *out,
                               struct error *err);

/* structure: inspect.c, plan.c, run.c, verify.c */
enum errcode postgres_inspect(struct session *s, struct catalog **out, struct error *err);
enum errcode postgres_verify(struct engine *e, struct str ns, struct buf *report, bool *sound,
                             struct error *err);
enum errcode postgres_plan(struct engine *e, const struct catalog *before, struct plan *plan,
                           struct error *err);
enum errcode postgres_rehearse(struct session *s, struct plan *plan, struct error *err);
enum errcode postgres_group_begin(struct session *s, const struct plan_group *g, struct error *err);
enum errcode postgres_run_step(struct session *s, const struct plan_step *step, int64_t *n_rows,
                               struct error *err);
enum errcode postgres_group_end(struct session *s, const struct plan_group *g, bool commit,
                                struct error *err);
enum errcode postgres_group_transact(struct session *s, struct str ns, transact_fn *fn, void *arg,
                                     struct error *err);
