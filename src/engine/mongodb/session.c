#include "base/attr.h"
#include "base/time.h"
#include "engine/mongodb/core.h"
#include "engine/mongodb/errors.h"
#include "engine/mongodb/room.h"
#include "engine/mongodb/single.h"

/*
 * Transactions that meet: MongoDB ends one of them at once, servers that speak its protocol may let
 * it wait for the other. Whoever waits has a worker, and the other needs one to go on. So fewer
 * transactions are open at once than there are workers; a wait ends soon all the same, and the
 * transaction is run again with more patience.
 */
#define OPEN_MAX     3
#define PATIENCE     8 /* part of lock_ms that the first try may wait */
#define TRIES_MAX    10
#define TRY_AGAIN_US 1000

void mongo_note_failure(struct mongo_session *s, const bson_t *reply, int number)
{
    static const int again[] = {112 /* WriteConflict */, 24 /* LockTimeout */,
                                50 /* waited too long */, 251 /* given up by the server */};
    s->is_transient = s->is_transient || (reply && mongo_is_transient(reply));
    for (size_t i = 0; s->transaction && i < ARRAY_LEN(again); i++) {
        s->is_transient = s->is_transient || number == again[i];
    }
}

enum errcode mongo_write_command(struct mongo_session *s, bson_t *command, const struct table *t,
                                 bson_t *reply, struct error *err)
{
    bson_t opts = BSON_INITIALIZER;
    bson_error_t why = {0};
    struct error said = ERROR_INIT;
    if (s->transaction) {
        (void)mongoc_client_session_append(s->transaction, &opts, &why);
        BSON_APPEND_INT32(command, "maxTimeMS", s->patience_ms);
    }
    bool done = mongoc_client_write_command_with_opts(s->client, s->room->database, command, &opts,
                                                      reply, &why);
    bson_destroy(&opts);
    enum errcode code = done ? mongo_reply_error(reply, t, "writing rows", &said)
                             : mongo_error(reply, &why, t, "writing rows", &said);
    if (code == ERR_OK) {
        return ERR_OK;
    }
    mongo_note_failure(s, reply, said.engine_code);
    return error_move(err, &said);
}

struct turn {
    struct gate gate;
    struct turn *next;
};

static void take_turn(struct mongo_engine *e)
{
    struct turn own = {.next = NULL};
    pthread_mutex_lock(&e->lock);
    bool is_free = e->n_transactions < OPEN_MAX;
    if (is_free) {
        e->n_transactions++;
    } else {
        gate_init(&own.gate);
        *(e->turns ? &e->last_turn->next : &e->turns) = &own;
        e->last_turn = &own;
    }
    pthread_mutex_unlock(&e->lock);
    if (!is_free) {
        gate_wait(&own.gate); /* the turn of whoever opens it is ours now */
    }
}

static void give_turn(struct mongo_engine *e)
{
    pthread_mutex_lock(&e->lock);
    struct turn *next = e->turns;
    if (next) {
        e->turns = next->next;
    } else {
        e->n_transactions--;
    }
    pthread_mutex_unlock(&e->lock);
    if (next) {
        gate_open(&next->gate);
    }
}

static struct mongo_session *make_session(struct mongo_engine *e, struct room *r)
{
    struct arena *a = arena_new();
    struct mongo_session *s = ARENA_NEW(a, struct mongo_session);
    s->base.arena = a;
    s->base.engine = &e->base;
    s->room = r;
    return s;
}

enum errcode mongo_session_begin(struct engine *engine, struct str ns, enum access access,
                                 struct session **out, struct error *err)
{
    struct mongo_engine *e = mongo_engine_of(engine);
    struct room *r = NULL;
    TRY(room_find(e, ns, &r, err));
    TRY(room_look(e, r, NULL, err));
    bool alone = access == ACCESS_SCHEMA;
    if (alone && e->is_read_only) {
        return ERROR(err, ERR_FORBIDDEN, "the database is read-only");
    }
    if (alone) {
        room_enter(r, true);
    }
    struct mongo_session *s = make_session(e, r);
    s->is_alone = alone;
    *out = &s->base;
    return ERR_OK;
}

void mongo_session_end(struct session *base)
{
    struct mongo_session *s = mongo_session_of(base);
    mongo_cursors_close(s);
    if (s->in_group) { /* a group that nobody ended */
        (void)!mongo_group_end(base, NULL, false, NULL);
    }
    if (s->client) {
        mongo_return(mongo_engine_of(base->engine), s->client);
        s->client = NULL;
    }
    if (s->is_alone) {
        room_changed(s->room);
        room_leave(s->room, true);
    }
}

/* One transaction, on a worker where it talks to the server. */
struct commit {
    struct mongo_session *session;
    bool begins, commits;
    struct error *err;
    enum errcode code;
};

static enum errcode begin(struct mongo_session *s, struct error *err)
{
    bson_error_t why = {0};
    s->transaction = mongoc_client_start_session(s->client, NULL, &why);
    if (!s->transaction) {
        return mongo_error(NULL, &why, NULL, "beginning a transaction", err);
    }
    if (!mongoc_client_session_start_transaction(s->transaction, NULL, &why)) {
        return mongo_error(NULL, &why, NULL, "beginning a transaction", err);
    }
    return ERR_OK;
}

/* A commit whose answer was lost may be asked for again. */
static enum errcode commit(struct mongo_session *s, struct error *err)
{
    for (int i = 0;; i++) {
        bson_t reply AUTO(mongo_reply_destroyp) = BSON_INITIALIZER;
        bson_error_t why = {0};
        if (mongoc_client_session_commit_transaction(s->transaction, &reply, &why)) {
            return ERR_OK;
        }
        if (mongo_is_unknown_commit(&reply) && i < TRIES_MAX) {
            continue;
        }
        enum errcode code = mongo_error(&reply, &why, NULL, "committing", err);
        mongo_note_failure(s, &reply, (int)why.code);
        return code;
    }
}

static void run_commit(void *arg)
{
    struct commit *c = arg;
    struct mongo_session *s = c->session;
    if (c->begins) {
        c->code = begin(s, c->err);
        return;
    }
    if (c->commits) {
        c->code = commit(s, c->err);
    } else {
        (void)mongoc_client_session_abort_transaction(s->transaction, NULL);
    }
    mongoc_client_session_destroy(s->transaction);
    s->transaction = NULL;
}

static enum errcode run_transaction(struct mongo_session *s, transact_fn *fn, void *arg,
                                    struct error *err)
{
    struct commit c = {.session = s, .begins = true, .err = err};
    loop_run_blocking(run_commit, &c);
    enum errcode code = c.code == ERR_OK ? fn(&s->base, arg, err) : c.code;
    mongo_cursors_close(s);
    if (s->transaction) {
        c = (struct commit){.session = s, .commits = code == ERR_OK, .err = err};
        loop_run_blocking(run_commit, &c);
        code = code == ERR_OK ? c.code : code;
    }
    return code;
}

/* Without transactions a single row is all that is changed: see single.h. */
static enum errcode run_single(struct mongo_session *s, transact_fn *fn, void *arg,
                               struct error *err)
{
    enum errcode code = fn(&s->base, arg, err);
    mongo_cursors_close(s);
    if (code != ERR_OK) {
        single_take_back(s);
    }
    return code;
}

static enum errcode try_once(struct mongo_engine *e, struct room *r, transact_fn *fn, void *arg,
                             int patience_ms, bool *again, struct error *err)
{
    struct mongo_session *s = make_session(e, r);
    s->patience_ms = patience_ms;
    s->in_transact = true;
    s->base.access = ACCESS_NONE; /* as of a writer: neither READ nor SCHEMA */
    enum errcode code = mongo_hold(s, err);
    if (code == ERR_OK) {
        code = (e->has_transactions ? run_transaction : run_single)(s, fn, arg, err);
        mongo_let(s);
    }
    *again = code != ERR_OK && s->is_transient;
    arena_free(s->base.arena);
    return code;
}

static enum errcode run_tries(struct mongo_engine *e, struct room *r, transact_fn *fn, void *arg,
                              struct error *err)
{
    int patience_ms = e->lock_ms / PATIENCE + 1;
    for (int i = 1;; i++) {
        struct error why = ERROR_INIT;
        bool again = false;
        take_turn(e);
        enum errcode code = try_once(e, r, fn, arg, patience_ms, &again, &why);
        give_turn(e);
        if (code == ERR_OK || !again || i == TRIES_MAX) {
            return code == ERR_OK ? code : error_move(err, &why);
        }
        error_release(&why);
        patience_ms = patience_ms * 2 < e->statement_ms ? patience_ms * 2 : e->statement_ms;
        TRY(loop_sleep((int64_t)TRY_AGAIN_US * i * i, err));
    }
}

enum errcode mongo_transact(struct engine *engine, struct str ns, transact_fn *fn, void *arg,
                            struct error *err)
{
    struct mongo_engine *e = mongo_engine_of(engine);
    struct room *r = NULL;
    if (e->is_read_only) {
        return ERROR(err, ERR_FORBIDDEN, "the database is read-only");
    }
    TRY(room_find(e, ns, &r, err));
    TRY(room_look(e, r, NULL, err));
    room_enter(r, false);
    enum errcode code = run_tries(e, r, fn, arg, err);
    room_leave(r, false);
    return code;
}
