#include "base/attr.h"
#include "base/buf.h"
#include "engine/postgres/errors.h"
#include "engine/postgres/inside.h"
#include "engine/postgres/pipeline.h"
#include "loop/loop.h"

/*
 * One statement with parameters, wherever its session may run it: on its own connection, else on
 * the loop's pipelines.
 *
 * A failed statement spoils its transaction in PostgreSQL. Most functions give up then and nothing
 * is lost. One that goes on is noticed, and transact runs it again with a savepoint around each
 * statement.
 */

static enum errcode send_and_wait(struct pg_conn *c, int sent, const char *doing, PGresult **out,
                                  struct error *err)
{
    PGresult *r = NULL;
    if (!sent) {
        c->is_broken = true;
        return postgres_error(c->pq, NULL, doing, false, err);
    }
    TRY(pg_receive(c, &r, err));
    enum errcode code = pg_check(c, r, doing, err);
    if (code != ERR_OK && !out) {
        PQclear(r);
        return code;
    }
    if (out) {
        *out = r; /* also a failed one */
    } else {
        PQclear(r);
    }
    return code;
}

static enum errcode drop_statement(struct pg_conn *c, struct pg_statement *s, struct error *err)
{
    struct buf b;
    buf_init(&b, 256);
    buf_printf(&b, "DEALLOCATE %s", s->name);
    pg_statement_forget(&c->statements, s);
    enum errcode code = pg_run(c, buf_text(&b), NULL, err);
    buf_release(&b);
    return code;
}

static enum errcode prepare(struct pg_conn *c, struct str text, uint64_t hash,
                            struct pg_statement **out, struct error *err)
{
    struct pg_statement *s = pg_statement_find(&c->statements, c->place, text, hash);
    if (s && !s->is_old) {
        *out = s;
        return ERR_OK;
    }
    struct pg_statement *spare = s ? s : pg_statement_spare(&c->statements);
    if (spare) {
        TRY(drop_statement(c, spare, err));
    }
    s = pg_statement_add(&c->statements, c->place, text, hash);
    enum errcode code = send_and_wait(c, PQsendPrepare(c->pq, s->name, s->text.p, 0, NULL),
                                      "preparing a statement", NULL, err);
    if (code != ERR_OK) {
        pg_statement_forget(&c->statements, s);
        return code;
    }
    s->is_made = true;
    *out = s;
    return ERR_OK;
}

enum errcode pg_ask_once(struct pg_conn *c, const char *text, const struct pg_params *params,
                         PGresult **out, struct error *err)
{
    PGresult *r = NULL;
    int sent = PQsendQueryParams(c->pq, text, params->n, NULL, params->values, params->lengths,
                                 params->formats, 0);
    enum errcode code = send_and_wait(c, sent, "running a statement", &r, err);
    if (code != ERR_OK) {
        PQclear(r);
        return code;
    }
    *out = r;
    return ERR_OK;
}

enum errcode pg_ask_prepared(struct pg_conn *c, struct str text, const struct pg_params *params,
                             PGresult **out, struct error *err)
{
    struct pg_statement *s = NULL;
    PGresult *r = NULL;
    uint64_t hash = pg_text_hash(text);
    if (!pg_statement_find(&c->statements, c->place, text, hash) &&
        !pg_statement_is_worth(&c->statements, c->place, hash)) {
        return pg_ask_once(c, text.p, params, out, err);
    }
    TRY(prepare(c, text, hash, &s, err));
    int sent = PQsendQueryPrepared(c->pq, s->name, params->n, params->values, params->lengths,
                                   params->formats, 0);
    enum errcode code = send_and_wait(c, sent, "running a statement", &r, err);
    if (code != ERR_OK) {
        s->is_old = s->is_old || pg_statement_breaks(r);
        PQclear(r);
        return code;
    }
    *out = r;
    return ERR_OK;
}

/* ---- in a transaction ------------------------------------------------------------------------ */

static enum errcode ask_saved(struct pg_conn *c, struct str text, const struct pg_params *params,
                              PGresult **out, struct error *err)
{
    TRY(pg_run(c, "SAVEPOINT telaio_step", NULL, err));
    enum errcode code = pg_ask_prepared(c, text, params, out, err);
    if (code == ERR_OK) {
        code = pg_run(c, "RELEASE telaio_step", NULL, err);
        if (code != ERR_OK) {
            PQclear(*out);
        }
        return code;
    }
    if (!c->is_broken && pg_run(c, "ROLLBACK TO telaio_step", NULL, NULL) != ERR_OK) {
        c->is_broken = true;
    }
    return code;
}

static enum errcode ask_in_transaction(struct postgres_session *s, struct str text,
                                       const struct pg_params *params, PGresult **out,
                                       struct error *err)
{
    if (s->saves_steps) {
        return ask_saved(s->conn, text, params, out, err);
    }
    if (s->has_failed) {
        s->went_on = true;
        return ERROR(err, ERR_UNAVAILABLE, "the transaction has failed");
    }
    enum errcode code = pg_ask_prepared(s->conn, text, params, out, err);
    s->has_failed = code != ERR_OK;
    return code;
}

static enum errcode ask_alone(struct pg_place *place, struct str text,
                              const struct pg_params *params, PGresult **out, struct error *err)
{
    struct pg_conn *c = NULL;
    TRY(pg_take(place, DUTY_READ, &c, err));
    enum errcode code = pg_ask_prepared(c, text, params, out, err);
    pg_give(c);
    return code;
}

enum errcode pg_session_ask(struct postgres_session *s, struct str text,
                            const struct pg_params *params, bool is_plain, PGresult **out,
                            struct error *err)
{
    enum errcode code;
    PGresult *r = NULL;
    if (s->is_write) {
        code = ask_in_transaction(s, text, params, &r, err);
    } else if (s->base.access == ACCESS_SCHEMA) {
        code = pg_ask_prepared(s->conn, text, params, &r, err);
    } else if (fiber_self()) {
        code = pipeline_ask(s->place, text, params, is_plain, &r, err);
        if (code == ERR_OK && PQresultStatus(r) == PGRES_FATAL_ERROR) {
            code = postgres_error(NULL, r, "reading", s->engine->options.is_distributed, err);
            PQclear(r);
        }
    } else {
        code = ask_alone(s->place, text, params, &r, err);
    }
    if (code == ERR_SCHEMA_MOVED) {
        pg_place_moved(s->place);
    }
    TRY(code);
    *out = r;
    return ERR_OK;
}
