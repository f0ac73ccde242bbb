#pragma once

#include <libpq-fe.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/map.h"
#include "engine/kind.h"
#include "engine/postgres/session.h"
#include "engine/postgres/statement.h"
#include "engine/postgres/turns.h"

/*
 * The insides of the driver. An engine has one pool of connections for all loops; a connection is
 * in the hands of one fiber (or of one loop's pipelines) until it is given back. Locks are held for
 * a few instructions, never across a call that waits.
 */
#define LOOPS_MAX      64
#define PG_LOCK_WAIT_S 30 /* writers and changes of structure wait for each other */

/* What a connection is set up for. */
enum pg_duty {
    DUTY_NONE = 0,
    DUTY_READ,   /* rows, as the tenant's role */
    DUTY_WRITE,  /* the same, in a transaction */
    DUTY_LOOK,   /* structure is read, as the owner */
    DUTY_SCHEMA, /* structure is changed, as the owner, for as long as it takes */
};

#define PG_CHANNEL "telaio_ddl"

#define ESTIMATES_KEPT 64

struct pg_estimate {
    uint64_t hash; /* of the table's name */
    int64_t us, rows;
};

/* A namespace as this driver knows it; made on first use, never gone while the engine lives. */
struct pg_place {
    struct postgres_engine *engine;
    const char *ns, *schema;
    const char *role; /* rows are read and written as it; NULL = as the login role */
    int64_t lock_key; /* of the advisory lock that writers share and a change of structure has */
    _Atomic(uint64_t) generation;
    _Atomic(bool) is_known;                       /* its schema was there when last looked at */
    _Atomic(uint64_t) sum;                        /* of its catalogue rows (look.c) */
    atomic_bool is_summed;                        /* by all looks until now */
    atomic_int rounds;                            /* looks at all that it is still part of */
    atomic_bool is_looking;                       /* somebody, at this one alone */
    struct pg_estimate estimates[ESTIMATES_KEPT]; /* under engine.lock */
    struct turn_group waiting[LOOPS_MAX + 1];     /* for pipelines of a loop; last: for the pool */
};

struct pg_conn {
    PGconn *pq;
    struct postgres_engine *engine;
    struct pg_place *place; /* whose role and search_path are set; NULL = nobody's */
    enum pg_duty duty;
    bool is_steady;  /* a cancelled fiber still waits for it: what it does must be known */
    bool is_patient; /* its statements may take as long as they need */
    bool is_broken;  /* closed when it is given back */
    bool is_used;    /* its session is not as it began */
    int64_t idle_us;
    struct pg_statements statements;
    struct pg_conn *next;
};

struct pg_pool {
    pthread_mutex_t lock;
    struct pg_conn *idle; /* the newest first */
    struct turns waiting;
    int limit;
    int n_open; /* idle, in use and being opened */
};

struct pipelines;

/* The thread that hears of changes by other processes (listen.c). */
struct pg_listener {
    pthread_t thread;
    int wake[2]; /* a pipe: closing wakes the thread */
    bool is_started;
};

struct postgres_engine {
    struct engine base;
    struct engine_ops ops;
    struct arena *arena;
    struct engine_options options; /* texts in the arena */
    int version;                   /* of the server, as PQserverVersion() says */
    bool can_make_roles;

    pthread_mutex_t lock; /* of the places */
    struct map places;    /* ns -> struct pg_place */
    struct pg_pool pool;
    _Atomic(struct pipelines *) pipelines[LOOPS_MAX]; /* each made and used by its loop */
    atomic_int n_lanes;
    atomic_int n_changes; /* sessions of ACCESS_SCHEMA: they need more connections than their own */
    const char *identity; /* of this engine in announcements */
    struct pg_listener listener;
    _Atomic(int64_t) next_look_us; /* at all places */
    atomic_bool is_looking;        /* somebody, at all places; */
    uint64_t log_seen;             /* his: how far the server's log was then, 0 = unknown */
};

static inline struct postgres_engine *postgres_engine_of(struct engine *e)
{
    return (struct postgres_engine *)e;
}

/* conn.c */
/** pg_conn_open() - a new connection; see the errors of engine_kind.open. */
enum errcode pg_conn_open(struct postgres_engine *e, struct pg_conn **out,
                          struct error *err) MUST_CHECK;
void pg_conn_close(struct pg_conn *c);
/** pg_conn_clean() - the session is as it began. */
enum errcode pg_conn_clean(struct pg_conn *c, struct error *err) MUST_CHECK;
/** pg_conn_set() - make @c ready for @duty in @place: role, search_path and limits. */
enum errcode pg_conn_set(struct pg_conn *c, struct pg_place *place, enum pg_duty duty,
                         struct error *err) MUST_CHECK;
/** pg_conn_visit() - until the open transaction ends, or the next visit: @c works in @place, with
 *  the rights of @duty. A transaction that is rolled back is where it began. */
enum errcode pg_conn_visit(struct pg_conn *c, struct pg_place *place, enum pg_duty duty,
                           struct error *err) MUST_CHECK;
/** pg_conn_lost_place() - @r says why @c cannot serve @place: ERR_NOT_FOUND when its role is gone.
 */
enum errcode pg_conn_lost_place(const struct pg_conn *c, struct pg_place *place, const PGresult *r,
                                struct error *err);
/** pg_wait() - until @events of @c's socket. A steady connection waits on when the fiber was
 *  cancelled. Errors: ERR_CANCELLED, ERR_TIMEOUT. */
enum errcode pg_wait(struct pg_conn *c, short events, int64_t timeout_us,
                     struct error *err) MUST_CHECK;
/** pg_flush() - until all is sent. */
enum errcode pg_flush(struct pg_conn *c, struct error *err) MUST_CHECK;
/** pg_cancel() - end what runs and pass over what comes of it; a connection that does not become
 *  free soon is broken. */
void pg_cancel(struct pg_conn *c);
/** pg_lost() - the connection is: ERR_UNAVAILABLE. */
enum errcode pg_lost(struct pg_conn *c, struct error *err);
/** pg_receive() - send what is left and wait for all results of the statement; *out is the first
 *  failed one, else the last. ERR_OK also when that is a failure. */
enum errcode pg_receive(struct pg_conn *c, PGresult **out, struct error *err) MUST_CHECK;
/** pg_check() - ERR_OK when @r is a good result, else its error. */
enum errcode pg_check(const struct pg_conn *c, const PGresult *r, const char *doing,
                      struct error *err) MUST_CHECK;

/* pool.c */
void pg_pool_init(struct pg_pool *p, int limit);
void pg_pool_close(struct postgres_engine *e);
/** pg_take() - a connection that is set for @duty in @place, for the caller alone. Errors:
 *  ERR_BUSY when none was free in time, those of pg_conn_open(). */
enum errcode pg_take(struct pg_place *place, enum pg_duty duty, struct pg_conn **out,
                     struct error *err) MUST_CHECK;
/** pg_give() - back; no transaction is open on it unless it is broken. NULL is fine. */
void pg_give(struct pg_conn *c);

/* place.c */
/** pg_place_of() - the place of @ns. Errors: ERR_INVALID (no name for a namespace), ERR_NOT_FOUND
 *  (attached: another text than ATTACHED_NS). */
enum errcode pg_place_of(struct postgres_engine *e, struct str ns, struct pg_place **out,
                         struct error *err) MUST_CHECK;
/** pg_place_look() - the same, and its schema is there (ERR_NOT_FOUND). */
enum errcode pg_place_look(struct postgres_engine *e, struct str ns, struct pg_place **out,
                           struct error *err) MUST_CHECK;
enum errcode postgres_namespace_create(struct engine *e, struct str ns, struct error *err);
enum errcode postgres_namespace_drop(struct engine *e, struct str ns, struct error *err);
bool postgres_namespace_exists(struct engine *e, struct str ns);

/** pg_place_moved() - its structure is not what it was: catalogs are read again. */
void pg_place_moved(struct pg_place *place);

/* session.c */
/** pg_session_init() - @s of @place; its arena owns it. */
void pg_session_init(struct postgres_session *s, struct pg_place *place, struct arena *a,
                     enum access access);
void pg_session_release(struct postgres_session *s);

/* ask.c */
/** pg_ask_prepared() - the whole result of one statement on @c; *out only with ERR_OK. @text ends
 *  with a NUL. */
enum errcode pg_ask_prepared(struct pg_conn *c, struct str text, const struct pg_params *params,
                             PGresult **out, struct error *err) MUST_CHECK;
/** pg_ask_once() - the same without keeping it prepared. */
enum errcode pg_ask_once(struct pg_conn *c, const char *text, const struct pg_params *params,
                         PGresult **out, struct error *err) MUST_CHECK;
/** pg_session_ask() - the same where @s may run it; @is_plain as in pipeline.h. */
enum errcode pg_session_ask(struct postgres_session *s, struct str text,
                            const struct pg_params *params, bool is_plain, PGresult **out,
                            struct error *err) MUST_CHECK;

/* read.c */
void pg_cursors_close(struct postgres_session *s);

/* write.c */
/** pg_numbered_column() - the column whose generated value an insert tells, or NULL. */
const struct column *pg_numbered_column(const struct write *w);
/** pg_explain() - a violated constraint in the words of the table. */
void pg_explain(struct error *err, const struct write *w);
/** pg_pass_number() - the sequence of @c gives no number up to @number any more. */
enum errcode pg_pass_number(struct postgres_session *s, const struct table *t,
                            const struct column *c, int64_t number, struct error *err) MUST_CHECK;

/* transact.c */
/** pg_begin() - open a transaction on @c that no change of structure of @place overlaps. Errors:
 *  ERR_BUSY when one runs. */
enum errcode pg_begin(struct pg_conn *c, const struct pg_place *place,
                      struct error *err) MUST_CHECK;
/** pg_commit() - Errors: ERR_UNAVAILABLE when nobody can say whether it is durable. */
enum errcode pg_commit(struct pg_conn *c, struct error *err) MUST_CHECK;
/** pg_roll_back() - what is open, if anything; a connection that cannot is broken. */
void pg_roll_back(struct pg_conn *c);
