#pragma once

#include <stdbool.h>

#include "engine/engine.h"
#include "engine/mariadb/conn.h"

struct my_namespace;

/* A session of this driver: it has a connection of the loop's pool from its first statement on. */
struct mariadb_session {
    struct session base;
    struct mariadb_engine *engine;
    struct my_namespace *place;     /* what is known of the namespace */
    const char *database;           /* MariaDB's name of it */
    struct my_conn *conn;           /* or NULL */
    struct my_conn *lock;           /* ACCESS_SCHEMA: holds the lock of the namespace */
    bool is_write;                  /* inside transact */
    bool is_owner;                  /* has its connection until it ends */
    struct mariadb_cursor *cursors; /* open ones */
    bool in_group;                  /* of statements of structure; */
    const char **undos;             /* what takes back those that ran, the oldest first */
    size_t n_undos;
};

static inline struct mariadb_session *mariadb_session_of(struct session *s)
{
    return (struct mariadb_session *)s;
}

/** mariadb_own() - the session's connection, taken from the pool on first use: its database is
 *  selected, sql_mode strict with NO_BACKSLASH_ESCAPES and without ANSI_QUOTES, utf8mb4, time_zone
 *  +00:00, foreign_key_checks 1. Given back by session_end. */
enum errcode mariadb_own(struct mariadb_session *s, struct my_conn **out,
                         struct error *err) MUST_CHECK;

/** mariadb_structure_changed() - after each statement of structure: this process reads the catalog
 *  anew; the others are told when the session ends. Does not block. */
void mariadb_structure_changed(struct mariadb_session *s);

/* rows: session.c, read.c, write.c, bulk.c */
enum errcode mariadb_session_begin(struct engine *e, struct str ns, enum access access,
                                   struct session **out, struct error *err);
void mariadb_session_end(struct session *s);
enum errcode mariadb_transact(struct engine *e, struct str ns, transact_fn *fn, void *arg,
                              struct error *err);
enum errcode mariadb_select(struct session *s, const struct query *q, struct cursor **out,
                            struct error *err);
enum errcode mariadb_cursor_next(struct cursor *c, const struct value **row, struct error *err);
void mariadb_cursor_close(struct cursor *c);
enum errcode mariadb_write(struct session *s, const struct write *w, struct write_result *out,
                           struct error *err);
int64_t mariadb_row_estimate(struct session *s, const struct table *t);
enum errcode mariadb_bulk_begin(struct engine *e, struct str ns, const struct write *shape,
                                struct bulk **out, struct error *err);
enum errcode mariadb_bulk_row(struct bulk *b, const struct value *values, struct error *err);
enum errcode mariadb_bulk_end(struct bulk *b, bool commit, struct write_result *out,
                              struct error *err);

/** mariadb_group_leave() - a group that was not ended is taken back; for session_end. */
void mariadb_group_leave(struct mariadb_session *s);

/* structure: inspect.c, plan.c, run.c, rehearse.c */
enum errcode mariadb_inspect(struct session *s, struct catalog **out, struct error *err);
enum errcode mariadb_plan(struct engine *e, const struct catalog *before, struct plan *plan,
                          struct error *err);
enum errcode mariadb_rehearse(struct session *s, struct plan *plan, struct error *err);
enum errcode mariadb_group_begin(struct session *s, const struct plan_group *g, struct error *err);
enum errcode mariadb_run_step(struct session *s, const struct plan_step *step, int64_t *n_rows,
                              struct error *err);
enum errcode mariadb_group_end(struct session *s, const struct plan_group *g, bool commit,
                               struct error *err);
