#include "engine/postgres/session.h"

#include "base/attr.h"
#include "engine/postgres/inside.h"

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

/* Alone in its namespace: writers share the lock that this takes. */
static enum errcode hold(struct postgres_session *s, struct error *err)
{
    struct arena *a = s->base.arena;
    TRY(pg_take(s->place, DUTY_SCHEMA, &s->conn, err));
    const char *text =
        arena_printf(a,
                     "SET lock_timeout = '%ds'; SELECT pg_advisory_lock(%lld); "
                     "SET lock_timeout = %d",
                     PG_LOCK_WAIT_S, (long long)s->place->lock_key, s->engine->options.lock_ms);
    enum errcode code = pg_run(s->conn, text, NULL, err);
    if (code != ERR_OK) {
        s->conn->place = NULL; /* its limits are not what they should be */
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
        pg_give(s->conn);
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
    pg_give(s->conn);
    s->conn = NULL;
}
