#include "engine/mariadb/lock.h"

#include "base/attr.h"
#include "base/hash.h"
#include "base/time.h"
#include "engine/mariadb/core.h"

#define PLACES "256" /* processes that share a lock, at most */

struct my_lock {
    struct engine_lock base;
    struct my_conn *conn;
};

/* The prefix is part of it: two installations may share a server. At most 64 bytes with a place. */
static const char *gate_of(struct arena *a, const struct mariadb_engine *e, struct str name)
{
    const char *text = arena_printf(a, "%s lock %.*s", e->options.prefix, (int)name.n, name.p);
    return arena_printf(a, "telaio:%016llx", (unsigned long long)hash64(str_of(text)));
}

/* *out = the first cell as a number, -1 where it is NULL or there is no row. */
static enum errcode ask(struct my_conn *c, const char *text, const char *const *params, int n,
                        int64_t *out, struct error *err)
{
    MYSQL_RES *r = NULL;
    TRY(my_ask(c, text, params, n, &r, err));
    MYSQL_ROW row = mysql_fetch_row(r);
    if (!row || !row[0] || !str_int64(str_of(row[0]), out)) {
        *out = -1;
    }
    mysql_free_result(r);
    return ERR_OK;
}

static enum errcode take_name(struct my_conn *c, const char *name, bool *is_had, struct error *err)
{
    int64_t n = 0;
    TRY(ask(c, "SELECT GET_LOCK(?, 0)", &name, 1, &n, err));
    *is_had = n == 1;
    return ERR_OK;
}

#define EACH_PLACE                                                                                  \
    "WITH RECURSIVE place (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM place WHERE n + 1 < " PLACES \
    ") "

static enum errcode take_place(struct my_conn *c, struct arena *a, const char *gate, bool *is_had,
                               struct error *err)
{
    const char *place = gate;
    int64_t n = 0;
    *is_had = false;
    TRY(ask(c, EACH_PLACE "SELECT min(n) FROM place WHERE IS_FREE_LOCK(concat(?, '.', n)) = 1",
            &place, 1, &n, err));
    if (n < 0) {
        return ERROR(err, ERR_BUSY, "more than " PLACES " processes work on this server");
    }
    return take_name(c, arena_printf(a, "%s.%lld", gate, (long long)n), is_had, err);
}

static enum errcode take(struct my_conn *c, struct arena *a, const char *gate, enum lock_mode mode,
                         bool *is_had, struct error *err)
{
    int64_t n = 0;
    TRY(take_name(c, gate, is_had, err));
    if (!*is_had) {
        return ERR_OK;
    }
    if (mode == LOCK_SHARED) {
        TRY(take_place(c, a, gate, is_had, err));
        return ask(c, "SELECT RELEASE_LOCK(?)", &gate, 1, &n, err);
    }
    TRY(ask(c, EACH_PLACE "SELECT count(*) FROM place WHERE IS_FREE_LOCK(concat(?, '.', n)) = 0",
            &gate, 1, &n, err));
    *is_had = n == 0;
    return ERR_OK;
}

/* A closed connection would be noticed in the server's own time. */
static void let_go(struct my_conn *c)
{
    c->deadline_us = time_monotonic_us() + (int64_t)c->engine->options.connect_ms * 1000;
    if (!c->is_broken && my_run(c, "DO RELEASE_ALL_LOCKS()", NULL, NULL) != ERR_OK) {
        c->is_broken = true;
    }
    my_close(c);
}

enum errcode mariadb_lock(struct engine *engine, struct str name, enum lock_mode mode,
                          struct engine_lock **out, struct error *err)
{
    struct mariadb_engine *e = (struct mariadb_engine *)engine;
    AUTO(arena_freep) struct arena *a = arena_new();
    struct my_conn *c = NULL;
    bool is_had = false;
    *out = NULL;
    TRY(my_connect(e, NULL, &c, err));
    enum errcode code = take(c, a, gate_of(a, e, name), mode, &is_had, err);
    if (code == ERR_OK && is_had) { /* or the server ends a connection that says nothing */
        code = my_run(c, "SET SESSION wait_timeout = 31536000", NULL, err);
    }
    if (code != ERR_OK || !is_had) {
        let_go(c);
        return code;
    }
    struct my_lock *l = mem_alloc(sizeof *l);
    l->conn = c;
    *out = &l->base;
    return ERR_OK;
}

bool mariadb_lock_holds(const struct engine_lock *l)
{
    return my_is_alive(((const struct my_lock *)l)->conn);
}

void mariadb_unlock(struct engine_lock *l)
{
    struct my_lock *own = (struct my_lock *)l;
    let_go(own->conn);
    mem_free(own);
}
