#include "base/attr.h"
#include "base/time.h"
#include "engine/postgres/errors.h"
#include "engine/postgres/inside.h"
#include "loop/loop.h"

/*
 * A write transaction: a connection of its own, BEGIN, the caller's function, COMMIT. A change of
 * structure of the same namespace keeps it waiting by an advisory lock that writers share; it waits
 * without a connection, since the change needs more of them to come to its end.
 *
 * A connection that is lost while COMMIT runs leaves the outcome unknown: that is ERR_UNAVAILABLE
 * and never tried again.
 */
#define TRIES      5
#define BACKOFF_US 2000
#define PAUSE_US   10000

enum errcode pg_begin(struct pg_conn *c, const struct pg_place *place, struct error *err)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    const char *text =
        arena_printf(a, "BEGIN; SELECT pg_catalog.pg_try_advisory_xact_lock_shared(%lld)",
                     (long long)place->lock_key);
    PGresult *r = NULL;
    if (!PQsendQuery(c->pq, text)) {
        c->is_broken = true;
        return ERROR(err, ERR_UNAVAILABLE, "the connection is lost");
    }
    TRY(pg_receive(c, &r, err));
    enum errcode code = pg_check(c, r, "beginning a transaction", err);
    if (code == ERR_OK && !(PQntuples(r) == 1 && text_eq(PQgetvalue(r, 0, 0), "t"))) {
        code = ERROR(err, ERR_BUSY, "the structure of the database is being changed");
    }
    PQclear(r);
    return code;
}

enum errcode pg_commit(struct pg_conn *c, struct error *err)
{
    enum errcode code = pg_run(c, "COMMIT", NULL, err);
    if (code != ERR_OK && c->is_broken) {
        (void)ERROR(err, ERR_UNAVAILABLE,
                    "the connection was lost while the write was being finished");
        return error_hint(err, "look whether it is there before you try again");
    }
    return code;
}

void pg_roll_back(struct pg_conn *c)
{
    if (!c->is_broken && PQtransactionStatus(c->pq) != PQTRANS_IDLE &&
        pg_run(c, "ROLLBACK", NULL, NULL) != ERR_OK) {
        c->is_broken = true;
    }
}

/* One attempt. */
struct attempt {
    struct pg_place *place;
    transact_fn *fn;
    void *arg;
    bool saves_steps; /* a savepoint around each statement */
    bool again;       /* another attempt may go better */
    bool is_fresh;    /* the connection failed before anything was done on it */
    bool must_wait;   /* the structure is being changed */
};

static enum errcode work(struct attempt *t, struct postgres_session *s, struct error *err)
{
    enum errcode code = pg_begin(s->conn, s->place, err);
    if (code != ERR_OK) {
        t->is_fresh = s->conn->is_broken;
        t->must_wait = code == ERR_BUSY;
        return code;
    }
    code = t->fn(&s->base, t->arg, err);
    pg_cursors_close(s);
    bool is_spoilt = s->went_on || (code == ERR_OK && s->has_failed);
    if (is_spoilt && !s->conn->is_broken && !s->saves_steps) {
        t->saves_steps = t->again = true;
        return ERROR(err, ERR_UNAVAILABLE, "the transaction has failed");
    }
    TRY(code);
    return pg_commit(s->conn, err);
}

static enum errcode attempt(struct attempt *t, struct error *err)
{
    struct arena *a = arena_new();
    struct postgres_session *s = ARENA_NEW(a, struct postgres_session);
    pg_session_init(s, t->place, a, ACCESS_NONE);
    s->is_write = true;
    s->saves_steps = t->saves_steps;
    t->again = t->is_fresh = t->must_wait = false;
    enum errcode code = pg_take(t->place, DUTY_WRITE, &s->conn, err);
    if (code == ERR_OK) {
        code = work(t, s, err);
        pg_cursors_close(s);
        pg_roll_back(s->conn);
        pg_give(s->conn);
    }
    pg_session_release(s);
    arena_free(a);
    return code;
}

/* Longer after each collision, and not the same for two that collide. */
static enum errcode back_off(int n, struct error *err)
{
    int64_t us = BACKOFF_US << n;
    return loop_sleep(us + time_monotonic_us() % us, err);
}

/* As often as it takes until no change of structure is in the way, within reason. */
static enum errcode attempt_in_turn(struct attempt *t, struct error *err)
{
    int64_t end_us = time_monotonic_us() + (int64_t)PG_LOCK_WAIT_S * 1000000;
    for (;;) {
        struct error why AUTO(error_release) = ERROR_INIT;
        enum errcode code = attempt(t, &why);
        if (code == ERR_OK || !t->must_wait || time_monotonic_us() > end_us) {
            return code == ERR_OK ? ERR_OK : error_move(err, &why);
        }
        TRY(loop_sleep(PAUSE_US + time_monotonic_us() % PAUSE_US, err));
    }
}

static enum errcode attempt_all(struct attempt *t, struct error *err)
{
    bool was_fresh = false;
    for (int n = 0;; n++) {
        struct error why AUTO(error_release) = ERROR_INIT;
        enum errcode code = attempt_in_turn(t, &why);
        bool is_stale = t->is_fresh && !was_fresh;
        bool may_again = is_stale || t->again || postgres_is_collision(&why);
        if (code == ERR_OK || !may_again || n >= TRIES) {
            return code == ERR_OK ? ERR_OK : error_move(err, &why);
        }
        was_fresh = was_fresh || is_stale;
        if (postgres_is_collision(&why)) {
            TRY(back_off(n, err));
        }
    }
}

enum errcode postgres_transact(struct engine *engine, struct str ns, transact_fn *fn, void *arg,
                               struct error *err)
{
    struct postgres_engine *e = postgres_engine_of(engine);
    struct attempt t = {.fn = fn, .arg = arg};
    if (e->options.is_read_only) {
        return ERROR(err, ERR_FORBIDDEN, "the database is read-only");
    }
    TRY(pg_place_look(e, ns, &t.place, err));
    return attempt_all(&t, err);
}
