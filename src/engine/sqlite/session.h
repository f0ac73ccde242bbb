#pragma once

#include <stdbool.h>

#include "engine/engine.h"
#include "engine/sqlite/conn.h"
#include "engine/sqlite/file.h"

/* A session of this driver: a reader, a share of a group commit, or alone. */
enum session_kind {
    SESSION_NONE = 0,
    SESSION_READS,  /* has a borrowed reading connection */
    SESSION_WRITES, /* on a writer thread, inside its transaction */
    SESSION_ALONE,  /* has the writing connection until it ends */
};

struct sqlite_cursor;

struct sqlite_session {
    struct session base;
    enum session_kind kind;
    struct file *file;
    struct conn *conn;
    struct sqlite_cursor *cursors; /* open ones */
    bool is_reading;               /* BEGIN was said: cursors share one snapshot */
    bool in_group;                 /* ALONE: between group_begin and group_end */
    bool in_rebuild;
    const char *violations; /* foreign keys broken before a rebuild, a line each */
    const char **views;     /* views that could be read before it */
    size_t n_views;
};

static inline struct sqlite_session *sqlite_session_of(struct session *s)
{
    return (struct sqlite_session *)s;
}

/* read.c */
enum errcode sqlite_session_begin(struct engine *e, struct str ns, enum access access,
                                  struct session **out, struct error *err);
void sqlite_session_end(struct session *s);
enum errcode sqlite_select(struct session *s, const struct query *q, struct cursor **out,
                           struct error *err);
enum errcode sqlite_cursor_next(struct cursor *c, const struct value **row, struct error *err);
void sqlite_cursor_close(struct cursor *c);
void sqlite_cursors_close(struct sqlite_session *s);
int64_t sqlite_row_estimate(struct session *s, const struct table *t);

/* ddl_run.c */
enum errcode sqlite_group_begin(struct session *s, const struct plan_group *g, struct error *err);
enum errcode sqlite_run_step(struct session *s, const struct plan_step *step, int64_t *n_rows,
                             struct error *err);
enum errcode sqlite_group_end(struct session *s, const struct plan_group *g, bool commit,
                              struct error *err);
/** sqlite_session_leave() - what an ending session that was alone left open is rolled back. */
void sqlite_session_leave(struct sqlite_session *s);

/* inspect.c */
enum errcode sqlite_inspect(struct session *s, struct catalog **out, struct error *err);

/* plan.c */
enum errcode sqlite_plan(struct engine *e, const struct catalog *before, struct plan *plan,
                         struct error *err);
enum errcode sqlite_rehearse(struct session *s, struct plan *plan, struct error *err);

/* write.c */
enum errcode sqlite_write(struct session *s, const struct write *w, struct write_result *out,
                          struct error *err);

/* bulk.c: a row that cannot go in has where = "/<row>/<column>", rows counted from 0 */
enum errcode sqlite_bulk_begin(struct engine *e, struct str ns, const struct write *shape,
                               struct bulk **out, struct error *err);
enum errcode sqlite_bulk_row(struct bulk *b, const struct value *values, struct error *err);
enum errcode sqlite_bulk_end(struct bulk *b, bool commit, struct write_result *out,
                             struct error *err);

/* writer.c */
enum errcode sqlite_transact(struct engine *e, struct str ns, transact_fn *fn, void *arg,
                             struct error *err);
enum errcode sqlite_hold(struct file *f, struct error *err) MUST_CHECK;
void sqlite_unhold(struct file *f);
/** sqlite_refuse_waiting() - writes that wait for the held, dropped @f get ERR_NOT_FOUND. */
void sqlite_refuse_waiting(struct file *f);
void sqlite_writers_stop(struct sqlite_engine *e);
