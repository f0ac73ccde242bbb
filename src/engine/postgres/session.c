#include "engine/postgres/session.h"

#include "base/attr.h"
#include "base/time.h"
#include "engine/postgres/inside.h"
#include "loop/loop.h"

void pg_session_init(struct postgres_session *s, struct pg_place *place, struct arena *a,
                     enum access access)
{
    s->base = (struct session){.engine = &place->engine->base, .access = access, .arena = a};
    s->engine = place->engine;
    s->place = place;
    s->schema = place->schema;
    buf_init(&s->text, BUF_MAX_DEFAULT);
}

void pg_session_release(struct postgres_session *s)
{
    pg_cursors_close(s);
    buf_release(&s->text);
}

enum errcode postgres_own(struct postgres_session *s, struct pg_conn **out, struct error *err)
{
    if (!s->conn) {
        TRY(pg_take(s->place, DUTY_LOOK, &s->conn, err));
    }
    *out = s->conn;
    return ERR_OK;
}

void postgres_part(struct postgres_session *s)
{
    pg_give(s->conn);
    s->conn = NULL;
}

#define PAUSE_US 20000

/* May this session be the next to change the schema? */
static enum errcode try_next(struct postgres_session *s, bool *is_next, struct error *err)
{
    const char *key = arena_printf(s->base.arena, "%lld", (long long)~s->place->lock_key);
    PGresult *r = NULL;
    TRY(pg_ask(s->conn, "SELECT pg_try_advisory_lock($1::int8)", &key, 1, &r, err));
    *is_next = PQntuples(r) == 1 && text_eq(PQgetvalue(r, 0, 0), "t");
    PQclear(r);
    return ERR_OK;
}

/* A change of structure holds a connection and needs others for what belongs to it (the journal):
 * half of them at most may be held so. */
static enum errcode enter(struct postgres_session *s, int64_t end_us, struct error *err)
{
    int most = s->engine->options.connections > 3 ? s->engine->options.connections / 2 : 1;
    while (atomic_fetch_add(&s->engine->n_changes, 1) >= most) {
        atomic_fetch_sub(&s->engine->n_changes, 1);
        if (time_monotonic_us() > end_us) {
            return ERROR(err, ERR_BUSY, "too many changes of structure run");
        }
        TRY(loop_sleep(PAUSE_US + time_monotonic_us() % PAUSE_US, err));
    }
    s->is_counted = true;
    return ERR_OK;
}

static void leave(struct postgres_session *s)
{
    if (s->is_counted) {
        atomic_fetch_sub(&s->engine->n_changes, 1);
        s->is_counted = false;
    }
}

/* Whoever waits for another change of structure has no connection meanwhile: that one needs more of
 * them to come to its end. */
static enum errcode queue_up(struct postgres_session *s, struct error *err)
{
    int64_t end_us = time_monotonic_us() + (int64_t)PG_LOCK_WAIT_S * 1000000;
    for (;;) {
        bool is_next = false;
        TRY(enter(s, end_us, err));
        TRY(pg_take(s->place, DUTY_SCHEMA, &s->conn, err));
        TRY(try_next(s, &is_next, err));
        if (is_next) {
            return ERR_OK;
        }
        postgres_part(s);
        leave(s);
        if (time_monotonic_us() > end_us) {
            return ERROR(err, ERR_BUSY, "another change of structure takes too long");
        }
        TRY(loop_sleep(PAUSE_US + time_monotonic_us() % PAUSE_US, err));
    }
}

/* Alone in its namespace: writers share the lock that this takes. */
static enum errcode hold(struct postgres_session *s, struct error *err)
{
    struct arena *a = s->base.arena;
    TRY(queue_up(s, err));
    const char *text =
        arena_printf(a,
                     "SET lock_timeout = '%ds'; SELECT pg_advisory_lock(%lld); "
                     "SET lock_timeout = %d",
                     PG_LOCK_WAIT_S, (long long)s->place->lock_key, s->engine->options.lock_ms);
    enum errcode code = pg_run(s->conn, text, NULL, err);
    if (code != ERR_OK) {
        s->conn->is_broken = true; /* its limits are not what they should be, and it is next */
    }
    return code;
}

enum errcode postgres_session_begin(struct engine *engine, struct str ns, enum access access,
                                    struct session **out, struct error *err)
{
    struct postgres_engine *e = postgres_engine_of(engine);
    struct pg_place *place = NULL;
    if (access == ACCESS_SCHEMA && e->options.is_read_only) {
        return ERROR(err, ERR_FORBIDDEN, "the database is read-only");
    }
    TRY(pg_place_look(e, ns, &place, err));
    struct arena *a = arena_new();
    struct postgres_session *s = ARENA_NEW(a, struct postgres_session);
    pg_session_init(s, place, a, access);
    enum errcode code = access == ACCESS_SCHEMA ? hold(s, err) : ERR_OK;
    if (code != ERR_OK) {
        postgres_part(s);
        leave(s);
        pg_session_release(s);
        arena_free(a);
        return code;
    }
    *out = &s->base;
    return ERR_OK;
}

void postgres_session_end(struct session *base)
{
    struct postgres_session *s = postgres_session_of(base);
    pg_session_release(s);
    if (s->conn && base->access == ACCESS_SCHEMA) {
        pg_roll_back(s->conn);
        if (!s->conn->is_broken &&
            pg_run(s->conn, "SELECT pg_advisory_unlock_all()", NULL, NULL) != ERR_OK) {
            s->conn->is_broken = true;
        }
    }
    postgres_part(s);
    leave(s);
}
