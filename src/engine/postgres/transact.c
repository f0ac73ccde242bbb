#include "base/attr.h"
#include "engine/postgres/inside.h"
#include "loop/loop.h"

/*
 * A write transaction: a connection of its own, BEGIN, the caller's function, COMMIT. A change of
 * structure of the same namespace keeps it waiting by an advisory lock that writers share.
 *
 * A connection that is lost while COMMIT runs leaves the outcome unknown: that is ERR_UNAVAILABLE
 * and never tried again.
 */
#define TRIES       4
#define BACKOFF_US  2000
#define BACKOFF_MAX 6

enum errcode pg_begin(struct pg_conn *c, const struct pg_place *place, struct error *err)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    return pg_run(c,
                  arena_printf(a, "BEGIN; SELECT pg_advisory_xact_lock_shared(%lld)",
                               (long long)place->lock_key),
                  NULL, err);
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

static enum errcode run(struct postgres_session *s, transact_fn *fn, void *arg, struct error *err)
{
    TRY(pg_begin(s->conn, s->place, err));
    TRY(fn(&s->base, arg, err));
    return pg_commit(s->conn, err);
}

static enum errcode run_once(struct pg_place *place, transact_fn *fn, void *arg, struct error *err)
{
    struct arena *a = arena_new();
    struct postgres_session *s = ARENA_NEW(a, struct postgres_session);
    s->base = (struct session){.engine = &place->engine->base, .arena = a};
    s->engine = place->engine;
    s->place = place;
    s->schema = place->schema;
    s->is_write = true;
    enum errcode code = pg_take(place, DUTY_WRITE, &s->conn, err);
    if (code == ERR_OK) {
        code = run(s, fn, arg, err);
        pg_roll_back(s->conn);
        pg_give(s->conn);
    }
    arena_free(a);
    return code;
}

enum errcode postgres_transact(struct engine *engine, struct str ns, transact_fn *fn, void *arg,
                               struct error *err)
{
    struct postgres_engine *e = postgres_engine_of(engine);
    struct pg_place *place = NULL;
    if (e->options.is_read_only) {
        return ERROR(err, ERR_FORBIDDEN, "the database is read-only");
    }
    TRY(pg_place_look(e, ns, &place, err));
    return run_once(place, fn, arg, err);
}
