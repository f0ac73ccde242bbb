#include "base/attr.h"
#include "engine/postgres/inside.h"

/*
 * What the server looks after by itself is not looked at. Found are the half-way states that a
 * change can leave behind when it is cut off: they hold no rule and cost every write.
 */
static const char findings_sql[] =
    "SELECT 'the index \"' || x.relname || '\" of \"' || c.relname || '\" is not valid: its build "
    "failed; drop it' FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS x ON x.oid = "
    "i.indexrelid JOIN pg_catalog.pg_class AS c ON c.oid = i.indrelid JOIN "
    "pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND NOT "
    "i.indisvalid UNION ALL SELECT 'the constraint \"' || o.conname || '\" of \"' || c.relname || "
    "'\" is not validated: rows from before it may break it' FROM pg_catalog.pg_constraint AS o "
    "JOIN pg_catalog.pg_class AS c ON c.oid = o.conrelid JOIN pg_catalog.pg_namespace AS n ON "
    "n.oid = c.relnamespace WHERE n.nspname = $1 AND NOT o.convalidated ORDER BY 1";

static enum errcode look(struct pg_conn *c, const struct pg_place *place, struct buf *report,
                         bool *sound, struct error *err)
{
    const char *params[] = {place->schema};
    PGresult *r = NULL;
    TRY(pg_ask(c, findings_sql, params, ARRAY_LEN(params), &r, err));
    for (int i = 0; i < PQntuples(r); i++) {
        buf_adds(report, PQgetvalue(r, i, 0));
        buf_addc(report, '\n');
    }
    *sound = PQntuples(r) == 0;
    PQclear(r);
    return ERR_OK;
}

enum errcode postgres_verify(struct engine *e, struct str ns, struct buf *report, bool *sound,
                             struct error *err)
{
    struct pg_place *place = NULL;
    struct pg_conn *c = NULL;
    TRY(pg_place_look(postgres_engine_of(e), ns, &place, err));
    TRY(pg_take(place, DUTY_LOOK, &c, err));
    enum errcode code = look(c, place, report, sound, err);
    pg_give(c);
    return code;
}
