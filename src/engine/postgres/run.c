#include "engine/postgres/run.h"

#include "base/attr.h"
#include "base/uuid.h"
#include "engine/postgres/inside.h"
#include "engine/postgres/pg_token.h"
#include "engine/postgres/session.h"
#include "engine/sqlcommon/sql_writer.h"
#include "loop/loop.h"

/*
 * Running a plan on the session that is alone in its schema. A statement that waits for a lock
 * keeps everybody behind it waiting, so it waits a moment only: then the transaction is rolled
 * back, nothing is held, and after a pause all its steps run again. Where rows were written in
 * between it is over.
 */
#define TRIES         6
#define PAUSE_US      100000  /* doubled each time, and up to as much again at random */
#define BUILD_LOCK_MS 1200000 /* an index built beside the traffic waits for old transactions */

static const char concurrently[] = " CONCURRENTLY ";

const char *pg_text_in_transaction(struct arena *a, const struct plan_step *step)
{
    const char *at = strstr(step->text, concurrently);
    bool is_index = strncmp(step->text, "CREATE ", 7) == 0 || strncmp(step->text, "DROP ", 5) == 0;
    const char *name = strchr(step->text, '"');
    if (!at || !is_index || (name && name < at)) {
        return step->text;
    }
    return arena_printf(a, "%.*s %s", (int)(at - step->text), step->text,
                        at + sizeof concurrently - 1);
}

/* ---- begin ----------------------------------------------------------------------------------- */

static enum errcode set_build_limits(struct postgres_session *s, bool on, struct error *err)
{
    const char *text = arena_printf(s->base.arena, "SET lock_timeout = %d",
                                    on ? BUILD_LOCK_MS : s->engine->options.lock_ms);
    return pg_run(s->conn, text, NULL, err);
}

enum errcode postgres_group_begin(struct session *base, const struct plan_group *g,
                                  struct error *err)
{
    struct postgres_session *s = postgres_session_of(base);
    if (s->in_group || PQtransactionStatus(s->conn->pq) != PQTRANS_IDLE) {
        return ERROR(err, ERR_INTERNAL, "a group of statements is open already");
    }
    TRY(g->is_transaction ? pg_run(s->conn, "BEGIN", NULL, err) : set_build_limits(s, true, err));
    s->group = ARENA_NEW(base->arena, struct pg_group);
    s->group->is_transaction = g->is_transaction;
    s->in_group = true;
    return ERR_OK;
}

/* ---- steps ----------------------------------------------------------------------------------- */

static enum errcode check_step(struct postgres_session *s, const char *text, struct error *err)
{
    PGresult *r = NULL;
    TRY(pg_ask(s->conn, text, NULL, 0, &r, err));
    bool is_empty = PQntuples(r) == 0;
    if (!is_empty) {
        (void)ERROR(err, ERR_CONFLICT, "a check of the change failed: %s",
                    PQnfields(r) ? PQgetvalue(r, 0, 0) : "");
    }
    PQclear(r);
    return is_empty ? ERR_OK : ERR_CONFLICT;
}

/* One statement and no more. */
static enum errcode run_text(struct postgres_session *s, const char *text, int64_t *n_rows,
                             struct error *err)
{
    PGresult *r = NULL;
    TRY(pg_ask(s->conn, text, NULL, 0, &r, err));
    if (!str_int64(str_of(PQcmdTuples(r)), n_rows)) {
        *n_rows = 0;
    }
    PQclear(r);
    return ERR_OK;
}

static enum errcode pause_before(int try, struct error *err)
{
    uint32_t dice = 0;
    int64_t us = (int64_t)PAUSE_US << try;
    random_bytes(&dice, sizeof dice);
    return loop_sleep(us + (int64_t)(dice % (uint32_t)PAUSE_US) * (1 << try), err);
}

/* The transaction from its begin, as far as it had come. */
static enum errcode run_again(struct postgres_session *s, struct error *err)
{
    int64_t n_rows = 0;
    TRY(pg_run(s->conn, "BEGIN", NULL, err));
    for (size_t i = 0; i < s->group->n_done; i++) {
        TRY(run_text(s, s->group->done[i], &n_rows, err));
    }
    return ERR_OK;
}

static enum errcode run_patiently(struct postgres_session *s, const char *text, int64_t *n_rows,
                                  struct error *err)
{
    enum errcode code = run_text(s, text, n_rows, err);
    bool may_again = !s->group->has_rows;
    for (int i = 0; code == ERR_BUSY && may_again && i < TRIES && !s->conn->is_broken; i++) {
        pg_roll_back(s->conn);
        if (err) {
            error_release(err);
        }
        TRY(pause_before(i, err));
        code = run_again(s, err);
        if (code == ERR_OK) {
            code = run_text(s, text, n_rows, err);
        }
    }
    return code;
}

/* ---- beside the traffic ---------------------------------------------------------------------- */

/* The index that "CREATE [UNIQUE] INDEX CONCURRENTLY name …" makes, or NULL. */
static const char *built_index(struct arena *a, const char *text)
{
    struct pg_tokens t = pg_tokens_read(a, str_of(text));
    size_t at = t.n > 4 && pg_token_is(&t.items[1], "unique") ? 2 : 1;
    bool is_build = t.n > 4 && pg_token_is(&t.items[0], "create") &&
                    pg_token_is(&t.items[at], "index") &&
                    pg_token_is(&t.items[at + 1], "concurrently");
    return is_build && pg_token_is_name(&t.items[at + 2]) ? pg_token_name(a, &t.items[at + 2])
                                                          : NULL;
}

/* What a build that failed has left: it would cost every write and serve no read. */
static enum errcode drop_invalid(struct postgres_session *s, const char *index, struct error *err)
{
    const char *params[] = {s->schema, index};
    PGresult *r = NULL;
    TRY(pg_ask(s->conn,
               "SELECT 1 FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS c ON c.oid = "
               "i.indexrelid JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace "
               "WHERE n.nspname = $1 AND c.relname = $2 AND NOT i.indisvalid",
               params, ARRAY_LEN(params), &r, err));
    bool is_there = PQntuples(r) > 0;
    PQclear(r);
    if (!is_there) {
        return ERR_OK;
    }
    struct buf b;
    buf_init(&b, 4096);
    buf_adds(&b, "DROP INDEX CONCURRENTLY ");
    sql_quote_ident(&b, '"', str_of(index));
    enum errcode code = pg_run(s->conn, buf_text(&b), NULL, err);
    buf_release(&b);
    return code;
}

static enum errcode build(struct postgres_session *s, const char *text, int64_t *n_rows,
                          struct error *err)
{
    const char *index = built_index(s->base.arena, text);
    TRY(index ? drop_invalid(s, index, err) : ERR_OK);
    enum errcode code = run_text(s, text, n_rows, err);
    if (code != ERR_OK && index && !s->conn->is_broken) {
        enum errcode swept = drop_invalid(s, index, NULL);
        if (swept != ERR_OK) {
            (void)error_hint(err, "drop the index \"%s\": it is not valid", index);
        }
    }
    return code;
}

enum errcode postgres_run_step(struct session *base, const struct plan_step *step, int64_t *n_rows,
                               struct error *err)
{
    struct postgres_session *s = postgres_session_of(base);
    int64_t touched = 0;
    if (!s->in_group) {
        return ERROR(err, ERR_INTERNAL, "a step runs in a group");
    }
    if (step->kind == STEP_CHECK) {
        return check_step(s, step->text, err);
    }
    if (s->group->is_transaction) {
        const char *text = pg_text_in_transaction(base->arena, step);
        TRY(run_patiently(s, text, &touched, err));
        ARENA_PUSH(base->arena, s->group->done, s->group->n_done, text);
    } else {
        TRY(build(s, step->text, &touched, err));
    }
    if (n_rows) {
        *n_rows = touched;
    }
    return ERR_OK;
}

/* ---- in another namespace -------------------------------------------------------------------- */

/*
 * The connection is lent to a session of the other namespace while the transaction of the group is
 * open. Whoever changes the structure there has it for itself; nobody waits for that with locks in
 * hand: the group is taken back, as for any lock that is not free, and comes again.
 */
struct visit {
    struct pg_place *place;
    transact_fn *fn;
    void *arg;
    bool saves_steps; /* see struct postgres_session */
    bool is_spoilt;   /* went on after a statement that failed: with savepoints it may go well */
};

static enum errcode share_place(struct postgres_session *s, const struct pg_place *place,
                                struct error *err)
{
    const char *key = arena_printf(s->base.arena, "%lld", (long long)place->lock_key);
    PGresult *r = NULL;
    TRY(pg_ask(s->conn, "SELECT pg_catalog.pg_try_advisory_xact_lock_shared($1::int8)", &key, 1, &r,
               err));
    bool is_shared = PQntuples(r) == 1 && text_eq(PQgetvalue(r, 0, 0), "t");
    PQclear(r);
    return is_shared ? ERR_OK
                     : ERROR(err, ERR_BUSY, "the structure of \"%s\" is being changed", place->ns);
}

static enum errcode work_there(struct postgres_session *s, struct visit *v, struct error *err)
{
    struct arena *a = arena_new();
    struct postgres_session *guest = ARENA_NEW(a, struct postgres_session);
    pg_session_init(guest, v->place, a, ACCESS_NONE);
    guest->is_write = true;
    guest->saves_steps = v->saves_steps;
    guest->conn = s->conn;
    guest->n_cursors = s->n_cursors; /* their names */
    enum errcode code = v->fn(&guest->base, v->arg, err);
    pg_cursors_close(guest);
    s->n_cursors = guest->n_cursors;
    v->is_spoilt = guest->went_on || (code == ERR_OK && guest->has_failed);
    pg_session_release(guest);
    arena_free(a);
    if (code == ERR_OK && v->is_spoilt) {
        return ERROR(err, ERR_UNAVAILABLE, "the transaction has failed");
    }
    return code;
}

static enum errcode visit_once(struct postgres_session *s, struct visit *v, struct error *err)
{
    TRY(share_place(s, v->place, err));
    TRY(pg_conn_visit(s->conn, v->place, DUTY_WRITE, err));
    TRY(work_there(s, v, err));
    return pg_conn_visit(s->conn, s->place, DUTY_SCHEMA, err);
}

/* Nothing of the group is there: the connection is as it was at its begin. */
static void take_back(struct postgres_session *s)
{
    pg_roll_back(s->conn);
    s->conn->place = s->place;
}

/* After a failure that need not come again. */
static bool may_revisit(const struct postgres_session *s, struct visit *v, const struct error *why)
{
    bool wants_savepoints = v->is_spoilt && !v->saves_steps;
    v->saves_steps = v->saves_steps || v->is_spoilt;
    return !s->conn->is_broken && !s->group->has_rows &&
           (wants_savepoints || why->code == ERR_BUSY || why->code == ERR_SCHEMA_MOVED);
}

static enum errcode visit(struct postgres_session *s, struct visit *v, struct error *err)
{
    for (int i = 0;; i++) {
        struct error why AUTO(error_release) = ERROR_INIT;
        enum errcode code = i > 0 ? run_again(s, &why) : ERR_OK;
        code = code == ERR_OK ? visit_once(s, v, &why) : code;
        if (code == ERR_OK) {
            return ERR_OK;
        }
        take_back(s);
        if (!may_revisit(s, v, &why) || i == TRIES) {
            return error_move(err, &why);
        }
        TRY(pause_before(i, err));
    }
}

enum errcode postgres_group_transact(struct session *base, struct str ns, transact_fn *fn,
                                     void *arg, struct error *err)
{
    struct postgres_session *s = postgres_session_of(base);
    struct visit v = {.fn = fn, .arg = arg};
    bool is_open = s->in_group && s->group->is_transaction &&
                   PQtransactionStatus(s->conn->pq) == PQTRANS_INTRANS;
    TRY(pg_place_look(s->engine, ns, &v.place, err));
    if (!is_open || v.place == s->place) {
        return ERROR(err, ERR_INTERNAL, "another namespace is written in an open transaction only");
    }
    return visit(s, &v, err);
}

/* ---- end ------------------------------------------------------------------------------------- */

static enum errcode commit(struct postgres_session *s, struct error *err)
{
    PGTransactionStatusType status = PQtransactionStatus(s->conn->pq);
    if (status != PQTRANS_INTRANS) {
        return ERROR(err, ERR_CONFLICT, "a statement ended the transaction of the change");
    }
    return pg_commit(s->conn, err);
}

enum errcode postgres_group_end(struct session *base, const struct plan_group *g, bool commits,
                                struct error *err)
{
    struct postgres_session *s = postgres_session_of(base);
    enum errcode code = ERR_OK;
    if (!s->in_group) {
        return ERROR(err, ERR_INTERNAL, "no group of statements is open");
    }
    s->in_group = false;
    s->group = NULL;
    if (g->is_transaction && commits) {
        code = commit(s, err);
    }
    pg_roll_back(s->conn);
    if (!g->is_transaction && !s->conn->is_broken) {
        code = set_build_limits(s, false, err);
    }
    atomic_fetch_add(&s->place->generation, 1);
    return code;
}
