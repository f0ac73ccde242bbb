#include "engine/postgres/copy_read.h"

#include <poll.h>
#include <string.h>

#include "engine/postgres/inside.h"
#include "engine/postgres/literal.h"
#include "engine/postgres/types.h"

/*
 * COPY takes no parameters, so values stand in it as literals (literal.h says why that is safe and
 * means the same). Two walls are behind that one: it is sent by the extended protocol, which takes
 * one statement and no second, and in a transaction that only reads.
 *
 * Its text format, not the binary one. Measured on rows of ten columns, in the order of their key,
 * the server spends 1.2 us a row on text and 0.9 on binary, and we half of one on a row with all
 * that is made of it. Binary would have to be read by decoders of its own for each type of the
 * server, which say the same as those of text to the last digit, and has none to offer for some
 * types; text is what every other read gets.
 *
 * The statement's time limit would also count the time in which the reader is slow. So the server
 * gets one of a day, for the case that we are gone, and how long it may be silent is watched here.
 */
#define BEGIN_TEXT "BEGIN READ ONLY; SET LOCAL statement_timeout = 86400000"

/* A cursor is planned for its first rows: those of a big table come in the order of an index
 * instead of after a sort of everything. A limit that is not known before is planned like that too;
 * this one is none. (Databases that spread their tables refuse it.) */
#define FIRST_ROWS " LIMIT (SELECT NULL::bigint)"

bool pg_copy_serves(const struct pg_conn *c)
{
    const char *encoding = PQparameterStatus(c->pq, "client_encoding");
    const char *strings = PQparameterStatus(c->pq, "standard_conforming_strings");
    return encoding && text_eq(encoding, "UTF8") && strings && text_eq(strings, "on");
}

/* ---- saying it ------------------------------------------------------------------------------- */

static enum errcode say(const struct pg_conn *c, const struct query *q, struct arena *a,
                        struct buf *text, struct error *err)
{
    struct sql_writer w;
    struct pg_params params;
    buf_clear(text);
    sql_begin(&w, &postgres_dialect, text, a);
    w.say_value = pg_say_literal;
    sql_text(&w, "COPY (");
    sql_select(&w, q);
    bool has_bounds = q->limit >= 0 || q->offset > 0 || q->n_order == 0;
    sql_text(&w, has_bounds || c->engine->options.is_distributed ? "" : FIRST_ROWS);
    sql_text(&w, ") TO STDOUT");
    TRY(pg_params_make(a, w.params, w.n_params, &params, err)); /* what cannot be sent as one */
    if (w.broken || buf_failed(text)) {
        return ERROR(err, ERR_INTERNAL, "the question cannot be said: %s",
                     w.broken ? w.broken : "it is too long");
    }
    return ERR_OK;
}

/* ---- what the server says -------------------------------------------------------------------- */

/* What has come already is taken without a wait, which costs more than the look; but not for ever,
 * since others of the loop want their turn. */
#define LOOKS_MAX 8

static enum errcode await(struct pg_copy *x, struct error *err)
{
    struct pg_conn *c = x->conn;
    enum errcode code = pg_wait(c, POLLIN, (int64_t)c->engine->options.statement_ms * 1000, err);
    if (code == ERR_TIMEOUT) {
        pg_copy_end(x);
        return ERROR(err, ERR_TIMEOUT, "the statement took too long");
    }
    TRY(code);
    return PQconsumeInput(c->pq) ? ERR_OK : pg_lost(c, err);
}

/* More of the rows, whether they are there or come. */
static enum errcode more(struct pg_copy *x, struct error *err)
{
    if (x->n_looks < LOOKS_MAX && !x->has_looked) {
        x->n_looks++;
        x->has_looked = true;
        return PQconsumeInput(x->conn->pq) ? ERR_OK : pg_lost(x->conn, err);
    }
    x->n_looks = 0;
    return await(x, err);
}

static enum errcode next_result(struct pg_copy *x, PGresult **out, struct error *err)
{
    struct pg_conn *c = x->conn;
    TRY(pg_flush(c, err));
    while (PQisBusy(c->pq)) {
        TRY(await(x, err));
    }
    *out = PQgetResult(c->pq);
    c->is_broken = c->is_broken || PQstatus(c->pq) == CONNECTION_BAD;
    return ERR_OK;
}

/* @r and all results behind it; the first failure counts. */
static enum errcode finish(struct pg_copy *x, PGresult *r, struct error *err)
{
    enum errcode code = ERR_OK;
    while (r) {
        code = code == ERR_OK ? pg_check(x->conn, r, "reading all rows", err) : code;
        PQclear(r);
        r = NULL;
        TRY(next_result(x, &r, err));
    }
    x->is_over = true;
    return code == ERR_OK && x->conn->is_broken ? pg_lost(x->conn, err) : code;
}

enum errcode pg_copy_begin(struct pg_copy *x, struct pg_conn *c, const struct query *q,
                           struct arena *a, struct buf *text, struct error *err)
{
    PGresult *r = NULL;
    *x = (struct pg_copy){.conn = c, .is_over = true};
    TRY(say(c, q, a, text, err));
    TRY(pg_run(c, BEGIN_TEXT, NULL, err));
    if (!PQsendQueryParams(c->pq, buf_text(text), 0, NULL, NULL, NULL, NULL, 0)) {
        return pg_lost(c, err);
    }
    x->is_over = false;
    TRY(next_result(x, &r, err));
    if (PQresultStatus(r) != PGRES_COPY_OUT) {
        TRY(finish(x, r, err));
        return ERROR(err, ERR_INTERNAL, "the database answers COPY with something else");
    }
    PQclear(r);
    return ERR_OK;
}

/* ---- rows ------------------------------------------------------------------------------------ */

enum errcode pg_copy_next(struct pg_copy *x, bool *has, struct error *err)
{
    PGresult *r = NULL;
    int n = 0;
    PQfreemem(x->line);
    x->line = x->at = NULL;
    *has = false;
    while (!x->is_over && (n = PQgetCopyData(x->conn->pq, &x->line, 1)) == 0) {
        TRY(more(x, err));
    }
    if (n > 0) {
        x->has_looked = false;
        x->at = x->line;
        x->end = x->line + n - 1; /* the line end, */
        *x->end = '\t';           /* as behind every cell */
        *has = true;
        return ERR_OK;
    }
    if (n == -1) { /* the rows end, well or not */
        TRY(next_result(x, &r, err));
        return finish(x, r, err);
    }
    return n == 0 ? ERR_OK : pg_lost(x->conn, err);
}

static char unescaped(char c)
{
    static const char letters[] = "bfnrtv";
    static const char meant[] = "\b\f\n\r\t\v";
    const char *at = strchr(letters, c);
    return at && c ? meant[at - letters] : c;
}

/* From the first backslash at @at on; returns where the cell ends in the line. @to: where in
 * memory.
 */
static char *unescape(char *at, char **to)
{
    char *out = at;
    for (; *at != '\t'; at++) {
        if (*at == '\\' && at[1] != '\t') {
            at++;
            *out++ = unescaped(*at);
        } else {
            *out++ = *at;
        }
    }
    *to = out;
    return at;
}

bool pg_copy_cell(struct pg_copy *x, struct str *out)
{
    char *from = x->at;
    char *at = from;
    if (!from) {
        return false;
    }
    while (*at != '\t' && *at != '\\') {
        at++;
    }
    char *to = at;
    bool is_null = at == from && at[0] == '\\' && at[1] == 'N';
    at = *at == '\\' ? unescape(at, &to) : at;
    x->at = at == x->end ? NULL : at + 1;
    *to = '\0';
    *out = (struct str){from, (size_t)(to - from)};
    return !is_null;
}

void pg_copy_end(struct pg_copy *x)
{
    PQfreemem(x->line);
    x->line = x->at = NULL;
    if (!x->is_over && !x->conn->is_broken) {
        pg_cancel(x->conn);
    }
    x->is_over = true;
}
