#include "engine/postgres/generation.h"

#include "base/attr.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/time.h"
#include "engine/sqlcommon/sql_writer.h"

#define PLACE_SHARE 30 /* looking at one place takes at most this part of the time, */
#define ALL_SHARE   10 /* and at all of them this part */

/* Every version of a catalogue row has its transaction: a sum of them that changes with each. What
 * is in a schema is found by its dependencies, which have an index. */
static const char sum_text[] =
    "WITH n AS MATERIALIZED (SELECT oid FROM pg_namespace WHERE nspname = $1), "
    "c AS MATERIALIZED (SELECT c.oid, c.xmin FROM n JOIN pg_depend d ON d.refclassid = "
    "'pg_namespace'::regclass AND d.refobjid = n.oid AND d.classid = 'pg_class'::regclass "
    "JOIN pg_class c ON c.oid = d.objid) "
    "SELECT coalesce(sum(h), 0) FROM ("
    "SELECT hashint8extended(oid::int8, xmin::text::int8) AS h FROM c UNION ALL "
    "SELECT hashint8extended(a.attrelid::int8 * 2048 + a.attnum, a.xmin::text::int8) FROM c JOIN "
    "pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 UNION ALL "
    "SELECT hashint8extended(k.oid::int8, k.xmin::text::int8) FROM c JOIN pg_constraint k ON "
    "k.conrelid = c.oid UNION ALL "
    "SELECT hashint8extended(i.indexrelid::int8, i.xmin::text::int8) FROM c JOIN pg_index i ON "
    "i.indrelid = c.oid UNION ALL "
    "SELECT hashint8extended(x.oid::int8, x.xmin::text::int8) FROM c JOIN pg_index i ON i.indrelid "
    "= c.oid JOIN pg_class x ON x.oid = i.indexrelid UNION ALL "
    "SELECT hashint8extended(d.oid::int8, d.xmin::text::int8) FROM c JOIN pg_attrdef d ON "
    "d.adrelid = c.oid UNION ALL "
    "SELECT hashint8extended(d.objoid::int8 * 2048 + d.objsubid, d.xmin::text::int8) FROM c JOIN "
    "pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass UNION ALL "
    "SELECT hashint8extended(t.oid::int8, t.xmin::text::int8) FROM c JOIN pg_trigger t ON "
    "t.tgrelid = c.oid UNION ALL "
    "SELECT hashint8extended(r.oid::int8, r.xmin::text::int8) FROM c JOIN pg_rewrite r ON "
    "r.ev_class = c.oid UNION ALL "
    "SELECT hashint8extended(e.oid::int8, e.xmin::text::int8) FROM n JOIN pg_depend d ON "
    "d.refclassid = 'pg_namespace'::regclass AND d.refobjid = n.oid AND d.classid = "
    "'pg_type'::regclass JOIN pg_enum e ON e.enumtypid = d.objid) s";

/* ---- looking --------------------------------------------------------------------------------- */

static enum errcode ask_sum(struct pg_place *place, uint64_t *out, struct error *err)
{
    struct arena *a = arena_new();
    struct postgres_session *s = ARENA_NEW(a, struct postgres_session);
    const struct value schema = value_text(place->schema);
    struct pg_params params;
    PGresult *r = NULL;
    pg_session_init(s, place, a, ACCESS_READ);
    enum errcode code = pg_params_make(a, &schema, 1, &params, err);
    if (code == ERR_OK) {
        code = pg_session_ask(s, str_of(sum_text), &params, true, &r, err);
    }
    if (code == ERR_OK) {
        *out = hash64(str_of(PQgetvalue(r, 0, 0)));
        PQclear(r);
    }
    pg_session_release(s);
    arena_free(a);
    return code;
}

/* One fiber of all that ask, when it is time for this place and there is time for any. */
static bool is_due(struct pg_place *place, int64_t now)
{
    return now >= atomic_load(&place->next_look_us) &&
           now >= atomic_load(&place->engine->next_look_us) &&
           !atomic_exchange(&place->is_looking, true);
}

static enum errcode look(struct pg_place *place, int64_t now, struct error *err)
{
    uint64_t sum = 0;
    enum errcode code = ask_sum(place, &sum, err);
    if (code == ERR_OK && atomic_exchange(&place->sum, sum) != sum) {
        pg_place_moved(place);
    }
    int64_t end = time_monotonic_us();
    int64_t pause = (end - now) * PLACE_SHARE;
    atomic_store(&place->next_look_us, end + (pause > LOOK_EVERY_US ? pause : LOOK_EVERY_US));
    atomic_store(&place->engine->next_look_us, end + (end - now) * ALL_SHARE);
    atomic_store(&place->is_looking, false);
    return code;
}

enum errcode postgres_generation(struct engine *engine, struct str ns, uint64_t *out,
                                 struct error *err)
{
    struct pg_place *place = NULL;
    TRY(pg_place_look(postgres_engine_of(engine), ns, &place, err));
    int64_t now = time_monotonic_us();
    if (is_due(place, now)) {
        TRY(look(place, now, err));
    }
    *out = atomic_load(&place->generation);
    return ERR_OK;
}

/* ---- telling --------------------------------------------------------------------------------- */

enum errcode postgres_refresh(struct engine *engine, struct str ns, struct error *err)
{
    struct pg_place *place = NULL;
    TRY(pg_place_look(postgres_engine_of(engine), ns, &place, err));
    bool is_ours = !atomic_exchange(&place->is_looking, true);
    return is_ours ? look(place, time_monotonic_us(), err) : ERR_OK;
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
