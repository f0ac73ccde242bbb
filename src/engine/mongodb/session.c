#include "base/attr.h"
#include "base/time.h"
#include "engine/mongodb/core.h"
#include "engine/mongodb/errors.h"
#include "engine/mongodb/room.h"
#include "engine/mongodb/single.h"

#define TRIES_MAX    10
#define TRY_AGAIN_US 1000

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
        s->is_transient = mongo_is_transient(&reply) || why.code == 112;
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
                             bool *again, struct error *err)
{
    struct mongo_session *s = make_session(e, r);
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
    for (int i = 1;; i++) {
        struct error why = ERROR_INIT;
        bool again = false;
        enum errcode code = try_once(e, r, fn, arg, &again, &why);
        if (code == ERR_OK || !again || i == TRIES_MAX) {
            return code == ERR_OK ? code : error_move(err, &why);
        }
        error_release(&why);
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
