#include "engine/postgres/look.h"

#include "base/attr.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/time.h"

#define SHARE  30 /* looking takes at most this part of the time */
#define ROUNDS 16 /* looks that a place is still part of when nobody asks for it any more */

/* Every version of a catalogue row has its transaction: a sum of them that changes with each. What
 * is in a schema is found by its dependencies, which have an index. */
static const char sum_text[] =
    "WITH n AS MATERIALIZED (SELECT oid, nspname FROM pg_namespace WHERE nspname = ANY($1)), "
    "c AS MATERIALIZED (SELECT n.oid AS n, c.oid, c.xmin FROM n JOIN pg_depend d ON d.refclassid = "
    "'pg_namespace'::regclass AND d.refobjid = n.oid AND d.classid = 'pg_class'::regclass "
    "JOIN pg_class c ON c.oid = d.objid), s AS ("
    "SELECT n, hashint8extended(oid::int8, xmin::text::int8) AS h FROM c UNION ALL "
    "SELECT n, hashint8extended(a.attrelid::int8 * 2048 + a.attnum, a.xmin::text::int8) FROM c "
    "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 UNION ALL "
    "SELECT n, hashint8extended(k.oid::int8, k.xmin::text::int8) FROM c JOIN pg_constraint k ON "
    "k.conrelid = c.oid UNION ALL "
    "SELECT n, hashint8extended(i.indexrelid::int8, i.xmin::text::int8) FROM c JOIN pg_index i ON "
    "i.indrelid = c.oid UNION ALL "
    "SELECT n, hashint8extended(x.oid::int8, x.xmin::text::int8) FROM c JOIN pg_index i ON "
    "i.indrelid = c.oid JOIN pg_class x ON x.oid = i.indexrelid UNION ALL "
    "SELECT n, hashint8extended(d.oid::int8, d.xmin::text::int8) FROM c JOIN pg_attrdef d ON "
    "d.adrelid = c.oid UNION ALL "
    "SELECT n, hashint8extended(d.objoid::int8 * 2048 + d.objsubid, d.xmin::text::int8) FROM c "
    "JOIN pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass UNION ALL "
    "SELECT n, hashint8extended(t.oid::int8, t.xmin::text::int8) FROM c JOIN pg_trigger t ON "
    "t.tgrelid = c.oid UNION ALL "
    "SELECT n, hashint8extended(r.oid::int8, r.xmin::text::int8) FROM c JOIN pg_rewrite r ON "
    "r.ev_class = c.oid UNION ALL "
    "SELECT n.oid, hashint8extended(e.oid::int8, e.xmin::text::int8) FROM n JOIN pg_depend d ON "
    "d.refclassid = 'pg_namespace'::regclass AND d.refobjid = n.oid AND d.classid = "
    "'pg_type'::regclass JOIN pg_enum e ON e.enumtypid = d.objid) "
    "SELECT n.nspname, coalesce(sum(s.h), 0) FROM n LEFT JOIN s ON s.n = n.oid GROUP BY n.nspname";

/* Where the server's log of changes ends: nothing is committed that does not move it. */
static const char log_text[] = "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() "
                               "ELSE pg_current_wal_insert_lsn() END";

/* ---- asking ---------------------------------------------------------------------------------- */

/* The same statement for every place is asked in one of them, so that it is prepared once. */
static struct pg_place *any_place(struct pg_place *place)
{
    struct postgres_engine *e = place->engine;
    pthread_mutex_lock(&e->lock);
    struct pg_place *first = e->places.entries[0].value;
    pthread_mutex_unlock(&e->lock);
    return atomic_load(&first->is_known) ? first : place;
}

static enum errcode ask(struct pg_place *place, const char *text, const struct value *param,
                        PGresult **out, struct error *err)
{
    struct arena *a = arena_new();
    struct postgres_session *s = ARENA_NEW(a, struct postgres_session);
    struct pg_params params;
    pg_session_init(s, any_place(place), a, ACCESS_READ);
    enum errcode code = pg_params_make(a, param, param ? 1 : 0, &params, err);
    if (code == ERR_OK) {
        code = pg_session_ask(s, str_of(text), &params, true, out, err);
    }
    pg_session_release(s);
    arena_free(a);
    return code;
}

static void add_element(struct buf *b, const char *schema)
{
    buf_adds(b, b->n ? ",\"" : "{\"");
    for (const char *at = schema; *at; at++) {
        if (*at == '"' || *at == '\\') {
            buf_addc(b, '\\');
        }
        buf_addc(b, *at);
    }
    buf_addc(b, '"');
}

static void settle(struct pg_place *place, uint64_t sum)
{
    if (atomic_exchange(&place->sum, sum) != sum) {
        pg_place_moved(place);
    }
    atomic_store(&place->is_summed, true);
}

/* A schema that is not there any more has no row. */
static enum errcode sum_up(struct pg_place **places, size_t n, struct error *err)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct map sums;
    struct buf list;
    PGresult *r = NULL;
    if (n == 0) {
        return ERR_OK;
    }
    buf_init(&list, BUF_MAX_DEFAULT);
    for (size_t i = 0; i < n; i++) {
        add_element(&list, places[i]->schema);
    }
    buf_addc(&list, '}');
    const struct value param = value_str(buf_str(&list));
    enum errcode code = ask(places[0], sum_text, &param, &r, err);
    buf_release(&list);
    TRY(code);
    map_init(&sums, a, false);
    for (int i = 0; i < PQntuples(r); i++) {
        (void)map_put(&sums, str_of(PQgetvalue(r, i, 0)), PQgetvalue(r, i, 1));
    }
    for (size_t i = 0; i < n; i++) {
        const char *sum = map_get(&sums, str_of(places[i]->schema));
        settle(places[i], hash64(str_of(sum ? sum : "")));
    }
    PQclear(r);
    return ERR_OK;
}

/* ---- all of them ----------------------------------------------------------------------------- */

/* Those that were asked for lately; of the others nobody knows any more. */
static size_t collect(struct postgres_engine *e, struct arena *a, struct pg_place ***out)
{
    size_t n = 0;
    pthread_mutex_lock(&e->lock);
    *out = ARENA_ARRAY(a, e->places.n, struct pg_place *);
    for (size_t i = 0; i < e->places.n; i++) {
        struct pg_place *p = e->places.entries[i].value;
        int rounds = atomic_load(&p->rounds);
        if (rounds == 0) {
            atomic_store(&p->is_summed, false);
        } else if (atomic_load(&p->is_summed)) {
            (*out)[n++] = p;
        }
        atomic_store(&p->rounds, rounds > 0 ? rounds - 1 : 0);
    }
    pthread_mutex_unlock(&e->lock);
    return n;
}

/* An attached database may be anything that speaks the protocol: there the log is not asked. */
static enum errcode read_log(struct pg_place *place, uint64_t *out, struct error *err)
{
    PGresult *r = NULL;
    *out = 0;
    if (place->engine->options.is_attached) {
        return ERR_OK;
    }
    TRY(ask(place, log_text, NULL, &r, err));
    bool is_told = PQntuples(r) == 1 && !PQgetisnull(r, 0, 0);
    *out = is_told ? hash64(str_of(PQgetvalue(r, 0, 0))) : 0;
    PQclear(r);
    return ERR_OK;
}

static enum errcode look_at_all(struct pg_place *place, struct error *err)
{
    struct postgres_engine *e = place->engine;
    struct arena *a AUTO(arena_freep) = arena_new();
    struct pg_place **places = NULL;
    uint64_t log = 0;
    TRY(read_log(place, &log, err)); /* before: what is written meanwhile is seen next time */
    if (log != 0 && log == e->log_seen) {
        return ERR_OK;
    }
    size_t n = collect(e, a, &places);
    enum errcode code = sum_up(places, n, err);
    e->log_seen = code == ERR_OK ? log : 0;
    return code;
}

static bool is_due(struct postgres_engine *e, int64_t now)
{
    return now >= atomic_load(&e->next_look_us) && !atomic_exchange(&e->is_looking, true);
}

static enum errcode look_in_turn(struct pg_place *place, int64_t now, struct error *err)
{
    struct postgres_engine *e = place->engine;
    enum errcode code = look_at_all(place, err);
    int64_t end = time_monotonic_us();
    int64_t pause = (end - now) * SHARE;
    atomic_store(&e->next_look_us, end + (pause > LOOK_EVERY_US ? pause : LOOK_EVERY_US));
    atomic_store(&e->is_looking, false);
    return code;
}

enum errcode pg_look_if_due(struct pg_place *place, struct error *err)
{
    int64_t now = time_monotonic_us();
    if (atomic_load_explicit(&place->rounds, memory_order_relaxed) != ROUNDS) {
        atomic_store(&place->rounds, ROUNDS);
    }
    if (!atomic_load(&place->is_summed)) {
        return pg_look_now(place, err);
    }
    return is_due(place->engine, now) ? look_in_turn(place, now, err) : ERR_OK;
}

enum errcode pg_look_now(struct pg_place *place, struct error *err)
{
    if (atomic_exchange(&place->is_looking, true)) {
        return ERR_OK;
    }
    enum errcode code = sum_up(&place, 1, err);
    atomic_store(&place->is_looking, false);
    return code;
}
