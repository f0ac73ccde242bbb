#include "engine/postgres/generation.h"

#include "base/attr.h"
#include "base/buf.h"
#include "engine/postgres/look.h"
#include "engine/sqlcommon/sql_writer.h"

enum errcode postgres_generation(struct engine *engine, struct str ns, uint64_t *out,
                                 struct error *err)
{
    struct pg_place *place = NULL;
    TRY(pg_place_look(postgres_engine_of(engine), ns, &place, err));
    TRY(pg_look_if_due(place, err));
    *out = atomic_load(&place->generation);
    return ERR_OK;
}

/* ---- telling --------------------------------------------------------------------------------- */

enum errcode postgres_refresh(struct engine *engine, struct str ns, struct error *err)
{
    struct pg_place *place = NULL;
    TRY(pg_place_look(postgres_engine_of(engine), ns, &place, err));
    return pg_look_now(place, err);
}

enum errcode pg_announce(struct pg_conn *c, const struct pg_place *place, struct error *err)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    const char *params[] = {PG_CHANNEL,
                            arena_printf(a, "%s %s", place->engine->identity, place->schema)};
    PGresult *r = NULL;
    if (place->engine->options.is_attached) {
        return ERR_OK;
    }
    TRY(pg_ask(c, "SELECT pg_notify($1, $2)", params, ARRAY_LEN(params), &r, err));
    PQclear(r);
    return ERR_OK;
}

/* ---- the second wall ------------------------------------------------------------------------- */

/*
 * The first wall between tenants is that a role may use its own schema only. The second: rows of a
 * table that says whose they are (tenant_id) are there for the tenant's role and nobody else, also
 * when somebody grants too much. The owner, who changes structure, passes. It is not part of a
 * plan, which knows no names of schemas and roles, but comes with every change of a tenant's
 * structure. Its condition is a sub-select: that is looked at once a statement instead of once a
 * row, and the planner does not take it for one that leaves a row in two hundred, with which it
 * sorts whole tables where an index has the order.
 */
static enum errcode protect_table(struct pg_conn *c, const char *role, const char *table,
                                  struct error *err)
{
    struct buf b;
    buf_init(&b, 1 << 16);
    buf_adds(&b, "ALTER TABLE ");
    sql_quote_ident(&b, '"', str_of(table));
    buf_adds(&b, " ENABLE ROW LEVEL SECURITY");
    enum errcode code = pg_run(c, buf_text(&b), NULL, err);
    buf_clear(&b);
    buf_adds(&b, "CREATE POLICY telaio_tenant ON ");
    sql_quote_ident(&b, '"', str_of(table));
    buf_adds(&b, " USING ((SELECT current_user = ");
    sql_quote_text(&b, str_of(role), false);
    buf_adds(&b, "))");
    if (code == ERR_OK) {
        code = pg_run(c, buf_text(&b), NULL, err);
    }
    buf_release(&b);
    return code;
}

static enum errcode protect(struct pg_conn *c, const struct pg_place *place, struct error *err)
{
    const char *params[] = {place->schema};
    PGresult *r = NULL;
    if (!place->role) {
        return ERR_OK;
    }
    TRY(pg_ask(c,
               "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
               "JOIN pg_attribute a ON a.attrelid = c.oid WHERE n.nspname = $1 AND c.relkind IN "
               "('r', 'p') AND NOT c.relrowsecurity AND a.attname = 'tenant_id' AND a.attnum > 0 "
               "AND NOT a.attisdropped",
               params, 1, &r, err));
    enum errcode code = ERR_OK;
    for (int i = 0; i < PQntuples(r) && code == ERR_OK; i++) {
        code = protect_table(c, place->role, PQgetvalue(r, i, 0), err);
    }
    PQclear(r);
    return code;
}

enum errcode postgres_group_finish(struct session *base, const struct plan_group *g, bool commits,
                                   struct error *err)
{
    struct postgres_session *s = postgres_session_of(base);
    PGTransactionStatusType status = PQtransactionStatus(s->conn->pq);
    bool brings_more =
        g->is_transaction ? commits && status == PQTRANS_INTRANS : status == PQTRANS_IDLE;
    enum errcode code = ERR_OK;
    if (brings_more && g->is_transaction) {
        code = protect(s->conn, s->place, err);
    }
    if (brings_more && code == ERR_OK) {
        code = pg_announce(s->conn, s->place, err);
    }
    enum errcode end =
        postgres_group_end(base, g, commits && code == ERR_OK, code == ERR_OK ? err : NULL);
    return code == ERR_OK ? end : code;
}
