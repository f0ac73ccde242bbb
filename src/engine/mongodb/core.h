#pragma once

#include <mongoc/mongoc.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/map.h"
#include "engine/engine.h"
#include "engine/kind.h"
#include "loop/loop.h"

/*
 * What the files of this driver share.
 *
 * Everything that may wait for the server runs on a worker (loop_run_blocking). A client of
 * libmongoc is borrowed from one pool for as long as a cursor or a transaction is open, or for one
 * command; while all are lent, a fiber looks again every few milliseconds and no thread blocks.
 */
struct room;
struct table;

struct mongo_engine {
    struct engine base;
    struct engine_ops ops;
    struct arena *arena;
    mongoc_client_pool_t *pool;
    const char *prefix;   /* managed: of every database */
    const char *database; /* attached: the one */
    bool is_attached, is_read_only;
    bool has_transactions; /* a replica set or a mongos */
    int wire_version;
    int connect_ms, statement_ms, lock_ms;
    pthread_mutex_t lock; /* all below */
    struct map rooms;     /* namespace text -> struct room */
    int n_transactions;   /* open ones, and who waits to begin one: see session.c */
    struct turn *turns, *last_turn;
};

static inline struct mongo_engine *mongo_engine_of(struct engine *e)
{
    return (struct mongo_engine *)e;
}

/* The right to work in a room (room.h). */
struct mongo_session {
    struct session base;
    struct room *room;
    mongoc_client_t *client; /* borrowed; NULL while nothing needs one */
    int client_users;        /* cursors and transactions that need it */
    mongoc_client_session_t *transaction;
    struct mongo_cursor *cursors; /* open ones */
    bool is_alone;                /* ACCESS_SCHEMA: has the room to itself */
    bool in_transact;
    int patience_ms;           /* how long a write of a transaction may wait, see session.c */
    bool is_transient;         /* the server gave the transaction up: it may be run again */
    struct first_write *first; /* in_transact without transactions: see single.h */
    /* SCHEMA: the open group, see run.c */
    bool in_group;
    struct undo_step *undo; /* newest first */
};

static inline struct mongo_session *mongo_session_of(struct session *s)
{
    return (struct mongo_session *)s;
}

/* conn.c */
/** mongo_lend() - a client of the pool. Errors: ERR_BUSY when all stay lent, ERR_CANCELLED. */
enum errcode mongo_lend(struct mongo_engine *e, mongoc_client_t **out, struct error *err);
void mongo_return(struct mongo_engine *e, mongoc_client_t *client);
/** mongo_hold() - the session has a client until mongo_let(); calls nest. */
enum errcode mongo_hold(struct mongo_session *s, struct error *err) MUST_CHECK;
void mongo_let(struct mongo_session *s);

/* One command on a worker's thread; @reply is made in any case and destroyed by the caller. */
enum errcode mongo_command(mongoc_client_t *client, const char *database, const bson_t *command,
                           bson_t *reply, struct error *err) MUST_CHECK;
/** mongo_cursor_each() - @fn for each document that @command (find, aggregate, list…) gives, until
 *  it fails; on a worker's thread. */
typedef enum errcode mongo_document_fn(const bson_t *doc, void *arg, struct error *err);
enum errcode mongo_cursor_each(mongoc_client_t *client, const char *database, const bson_t *command,
                               mongo_document_fn *fn, void *arg, struct error *err) MUST_CHECK;

/* Documents that live as long as an arena. */
bson_t *mongo_doc(struct arena *a);
/** mongo_doc_json() - from extended JSON; NULL when it is none. */
bson_t *mongo_doc_json(struct arena *a, const char *json, struct error *err);
/** mongo_doc_tie() - @doc, destroyed with @a. */
bson_t *mongo_doc_tie(struct arena *a, bson_t *doc);
/** mongo_doc_copy() - the document under @it, in @a; an empty one where it is none. */
bson_t *mongo_doc_copy(struct arena *a, const bson_iter_t *it);
void mongo_doc_destroyp(bson_t **doc);    /* for AUTO(): made by bson_new() and the like */
void mongo_reply_destroyp(bson_t *reply); /* for AUTO(): on the stack */

/* text.c: step texts. Canonical: one line, members in their order, int32 and double as plain
 * numbers, other types as extended JSON says. */
const char *mongo_text(struct arena *a, const bson_t *doc);
/** mongo_text_add() - the value under @it. @plain: int64 and decimal as plain numbers too (rows).
 */
void mongo_text_add(struct buf *out, const bson_iter_t *it, bool plain);

/* session.c */
/**
 * mongo_write_command() - insert, update or delete for @s, inside of its transaction if it has one
 * @command: gets what is missing; on a worker
 * @reply:   made in any case and destroyed by the caller
 *
 * Notes when the transaction may be run again. Errors: those of mongo_error() for @t.
 */
enum errcode mongo_write_command(struct mongo_session *s, bson_t *command, const struct table *t,
                                 bson_t *reply, struct error *err) MUST_CHECK;
/** mongo_note_failure() - a call of @s failed so: may the transaction be run again? */
void mongo_note_failure(struct mongo_session *s, const bson_t *reply, int number);
enum errcode mongo_session_begin(struct engine *e, struct str ns, enum access access,
                                 struct session **out, struct error *err);
void mongo_session_end(struct session *s);
enum errcode mongo_transact(struct engine *e, struct str ns, transact_fn *fn, void *arg,
                            struct error *err);

/* read.c */
enum errcode mongo_select(struct session *s, const struct query *q, struct cursor **out,
                          struct error *err);
enum errcode mongo_cursor_next(struct cursor *c, const struct value **row, struct error *err);
void mongo_cursor_close(struct cursor *c);
void mongo_cursors_close(struct mongo_session *s);
int64_t mongo_row_estimate(struct session *s, const struct table *t);

/* write.c */
enum errcode mongo_write(struct session *s, const struct write *w, struct write_result *out,
                         struct error *err);

/* bulk.c */
enum errcode mongo_bulk_begin(struct engine *e, struct str ns, const struct write *shape,
                              struct bulk **out, struct error *err);
enum errcode mongo_bulk_row(struct bulk *b, const struct value *values, struct error *err);
enum errcode mongo_bulk_end(struct bulk *b, bool commit, struct write_result *out,
                            struct error *err);

/* inspect.c */
enum errcode mongo_inspect(struct session *s, struct catalog **out, struct error *err);

/* plan.c */
enum errcode mongo_plan(struct engine *e, const struct catalog *before, struct plan *plan,
                        struct error *err);

/* run.c */
enum errcode mongo_group_begin(struct session *s, const struct plan_group *g, struct error *err);
enum errcode mongo_run_step(struct session *s, const struct plan_step *step, int64_t *n_rows,
                            struct error *err);
enum errcode mongo_group_end(struct session *s, const struct plan_group *g, bool commit,
                             struct error *err);
