#include "engine/postgres/lock.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/attr.h"
#include "base/hash.h"
#include "engine/postgres/inside.h"

struct pg_lock {
    struct engine_lock base;
    struct pg_conn *conn;
};

/* The prefix is part of it: two installations may share a database. */
static const char *key_of(struct arena *a, const struct postgres_engine *e, struct str name)
{
    const char *text = arena_printf(a, "%s lock %.*s", e->options.prefix, (int)name.n, name.p);
    return arena_printf(a, "%lld", (long long)hash64(str_of(text)));
}

static enum errcode take(struct pg_conn *c, const char *key, enum lock_mode mode, bool *is_had,
                         struct error *err)
{
    PGresult *r = NULL;
    TRY(pg_ask(c,
               mode == LOCK_SHARED ? "SELECT pg_catalog.pg_try_advisory_lock_shared($1::int8)"
                                   : "SELECT pg_catalog.pg_try_advisory_lock($1::int8)",
               &key, 1, &r, err));
    *is_had = PQntuples(r) == 1 && str_is(str_of(PQgetvalue(r, 0, 0)), "t");
    PQclear(r);
    return ERR_OK;
}

enum errcode postgres_lock(struct engine *engine, struct str name, enum lock_mode mode,
                           struct engine_lock **out, struct error *err)
{
    struct postgres_engine *e = postgres_engine_of(engine);
    AUTO(arena_freep) struct arena *a = arena_new();
    struct pg_conn *c = NULL;
    bool is_had = false;
    *out = NULL;
    TRY(pg_conn_open(e, &c, err));
    enum errcode code = take(c, key_of(a, e, name), mode, &is_had, err);
    if (!is_had) {
        pg_conn_close(c);
        return code;
    }
    struct pg_lock *l = mem_alloc(sizeof *l);
    l->conn = c;
    *out = &l->base;
    return ERR_OK;
}

/* A connection that nobody speaks on has nothing to read until it is closed. */
bool postgres_lock_holds(const struct engine_lock *l)
{
    char byte;
    int fd = PQsocket(((const struct pg_lock *)l)->conn->pq);
    return fd >= 0 && recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

/* A closed connection would be noticed in the server's own time. */
void postgres_unlock(struct engine_lock *l)
{
    struct pg_lock *own = (struct pg_lock *)l;
    PGresult *r = NULL;
    if (pg_ask(own->conn, "SELECT pg_catalog.pg_advisory_unlock_all()", NULL, 0, &r, NULL) ==
        ERR_OK) {
        PQclear(r);
    }
    pg_conn_close(own->conn);
    mem_free(own);
}
