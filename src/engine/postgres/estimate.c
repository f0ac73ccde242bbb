#include "base/attr.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/time.h"
#include "engine/postgres/inside.h"
#include "engine/sqlcommon/sql_writer.h"

/*
 * How many rows a table has, about. The planner's numbers are as old as the last ANALYZE and zero
 * where a distributed database keeps the rows elsewhere: only the rows per page are taken from
 * them, the pages are those of now. Without them the rows are counted up to a limit, so that the
 * cost does not grow with the table. An answer is good for a few seconds: every list asks.
 */
#define KEPT_US     5000000
#define COUNTED_MAX "100001"

static bool find_kept(struct pg_place *place, uint64_t hash, int64_t now, int64_t *rows)
{
    struct pg_estimate *e = &place->estimates[hash % ESTIMATES_KEPT];
    pthread_mutex_lock(&place->engine->lock);
    bool is_kept = e->hash == hash && now - e->us < KEPT_US && e->us > 0;
    *rows = e->rows;
    pthread_mutex_unlock(&place->engine->lock);
    return is_kept;
}

static void keep(struct pg_place *place, uint64_t hash, int64_t now, int64_t rows)
{
    struct pg_estimate *e = &place->estimates[hash % ESTIMATES_KEPT];
    pthread_mutex_lock(&place->engine->lock);
    *e = (struct pg_estimate){.hash = hash, .us = now, .rows = rows};
    pthread_mutex_unlock(&place->engine->lock);
}

static bool ask_number(struct postgres_session *s, const char *text, const struct pg_params *params,
                       bool is_plain, int64_t *out)
{
    PGresult *r = NULL;
    if (pg_session_ask(s, str_of(text), params, is_plain, &r, NULL) != ERR_OK) {
        return false;
    }
    bool has = PQntuples(r) == 1 && str_int64(str_of(PQgetvalue(r, 0, 0)), out);
    PQclear(r);
    return has;
}

/* -1: the statistics say nothing. */
static bool estimate(struct postgres_session *s, struct str name, int64_t *out)
{
    static const char text[] =
        "SELECT CASE WHEN c.relkind NOT IN ('r', 'm', 't') THEN -1 "
        "WHEN pg_relation_size(c.oid) = 0 THEN 0 WHEN c.reltuples <= 0 OR c.relpages = 0 THEN -1 "
        "ELSE (c.reltuples / c.relpages * (pg_relation_size(c.oid) / "
        "current_setting('block_size')::int8))::int8 END FROM pg_class c WHERE c.oid = "
        "to_regclass($1)";
    struct pg_params params;
    const struct value v = value_str(name);
    return pg_params_make(s->base.arena, &v, 1, &params, NULL) == ERR_OK &&
           ask_number(s, text, &params, true, out);
}

static bool count(struct postgres_session *s, struct str name, int64_t *out)
{
    const struct pg_params none = {.n = 0};
    const char *text = arena_printf(
        s->base.arena, "SELECT count(*) FROM (SELECT 1 FROM %.*s LIMIT " COUNTED_MAX ") t",
        (int)name.n, name.p);
    return ask_number(s, text, &none, true, out);
}

int64_t postgres_row_estimate(struct session *base, const struct table *t)
{
    struct postgres_session *s = postgres_session_of(base);
    uint64_t hash = hash64(str_of(t->name));
    int64_t now = time_monotonic_us();
    int64_t rows = -1;
    if (t->kind == TABLE_VIEW) {
        return -1;
    }
    if (base->access == ACCESS_READ && find_kept(s->place, hash, now, &rows)) {
        return rows;
    }
    struct buf name;
    buf_init(&name, 4096);
    sql_quote_ident(&name, '"', str_of(t->name));
    bool is_known =
        !s->engine->options.is_distributed && estimate(s, buf_str(&name), &rows) && rows >= 0;
    if (!is_known && !count(s, buf_str(&name), &rows)) {
        rows = -1;
    }
    buf_release(&name);
    keep(s->place, hash, now, rows);
    return rows;
}
