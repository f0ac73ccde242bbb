#include "base/attr.h"
#include "base/buf.h"
#include "engine/postgres/copy_read.h"
#include "engine/postgres/inside.h"
#include "engine/postgres/types.h"

/*
 * Reading. A bounded question is one statement whose whole result comes at once, through the loop's
 * pipelines. One without a limit may be answered by very many rows: its first rows are asked for
 * in the same way, and when there are more, a COPY gives them on a connection of its own. Inside of
 * a transaction that has other statements too, where a COPY would be in their way, and where the
 * server has none, it is a cursor of the server, batch by batch.
 */
#define WHOLE_ROWS  1100 /* asked for at once: a page of a list and a bit */
#define PROBE_ROWS  257  /* of a question without a limit */
#define BATCH_FIRST 64   /* rows of the first batch; then by their size */
#define BATCH_MAX   2000
#define BATCH_BYTES (256 << 10)
#define TEXT_BYTES  512 /* of most statements */

struct postgres_cursor {
    struct cursor base;
    struct postgres_cursor *next;
    struct postgres_session *session;
    const struct query *query;
    size_t n_columns;
    const struct type **types;
    struct value *row;
    struct buf *rooms; /* one per column: text made by decoding */
    PGresult *result;
    int at, n;
    /* of very many rows */
    struct pg_conn *conn;
    bool is_own; /* the connection was taken for this cursor */
    bool is_copy;
    struct pg_copy copy;
    /* a cursor of the server */
    bool is_streaming, is_last;
    int number, batch;
};

/* ---- saying it ------------------------------------------------------------------------------- */

/* Read committed, so it takes a lock; rows that point at these ones may come. */
static bool holds_rows(const struct postgres_session *s, const struct query *q)
{
    return s->is_write && q->holds && !q->count_only && q->table->kind == TABLE_BASE;
}

static enum errcode say(struct postgres_session *s, const struct query *q, const char *prefix,
                        struct pg_params *params, struct error *err)
{
    struct sql_writer w;
    buf_clear(&s->text);
    (void)buf_reserve(&s->text, TEXT_BYTES);
    buf_adds(&s->text, prefix);
    sql_begin(&w, &postgres_dialect, &s->text, s->base.arena);
    sql_select(&w, q);
    if (holds_rows(s, q)) {
        sql_text(&w, " FOR NO KEY UPDATE");
    }
    if (w.broken || buf_failed(&s->text)) {
        return ERROR(err, ERR_INTERNAL, "the question cannot be said: %s",
                     w.broken ? w.broken : "it is too long");
    }
    return pg_params_make(s->base.arena, w.params, w.n_params, params, err);
}

static enum errcode ask_whole(struct postgres_cursor *c, const struct query *q, struct error *err)
{
    struct postgres_session *s = c->session;
    struct pg_params params;
    TRY(say(s, q, "", &params, err));
    TRY(pg_session_ask(s, buf_str(&s->text), &params, q->table->kind == TABLE_BASE, &c->result,
                       err));
    c->n = PQntuples(c->result);
    return ERR_OK;
}

/* ---- very many ------------------------------------------------------------------------------- */

static enum errcode take_connection(struct postgres_cursor *c, struct error *err)
{
    struct postgres_session *s = c->session;
    bool in_transaction =
        s->is_write || (s->conn && PQtransactionStatus(s->conn->pq) == PQTRANS_INTRANS);
    if (in_transaction) {
        c->conn = s->conn;
        return ERR_OK;
    }
    enum pg_duty duty = s->base.access == ACCESS_SCHEMA ? DUTY_LOOK : DUTY_READ;
    TRY(pg_take(s->place, duty, &c->conn, err));
    c->is_own = true;
    return ERR_OK;
}

static enum errcode begin_copy(struct postgres_cursor *c, struct error *err)
{
    struct postgres_session *s = c->session;
    enum errcode code = pg_copy_begin(&c->copy, c->conn, c->query, s->base.arena, &s->text, err);
    c->is_copy = code == ERR_OK;
    if (code != ERR_OK) {
        pg_copy_end(&c->copy);
    }
    return code;
}

/* ---- batch by batch -------------------------------------------------------------------------- */

static enum errcode declare(struct postgres_cursor *c, struct error *err)
{
    struct postgres_session *s = c->session;
    struct pg_params params;
    PGresult *r = NULL;
    const char *prefix =
        arena_printf(s->base.arena, "DECLARE telaio_%d NO SCROLL CURSOR FOR ", c->number);
    TRY(say(s, c->query, prefix, &params, err));
    TRY(pg_ask_once(c->conn, buf_text(&s->text), &params, &r, err));
    PQclear(r);
    return ERR_OK;
}

static enum errcode begin_cursor(struct postgres_cursor *c, struct error *err)
{
    c->number = ++c->session->n_cursors;
    c->batch = BATCH_FIRST;
    c->is_streaming = true;
    if (c->is_own) {
        pg_roll_back(c->conn); /* of a COPY that was none */
        TRY(pg_run(c->conn, "BEGIN READ ONLY", NULL, err));
    }
    enum errcode code = declare(c, err);
    c->session->has_failed = c->session->has_failed || code != ERR_OK;
    return code;
}

static enum errcode begin_stream(struct postgres_cursor *c, struct error *err)
{
    TRY(take_connection(c, err));
    if (!c->is_own || !pg_copy_serves(c->conn)) {
        return begin_cursor(c, err);
    }
    struct error why AUTO(error_release) = ERROR_INIT;
    enum errcode code = begin_copy(c, &why);
    if (code == ERR_UNSUPPORTED || code == ERR_INVALID) { /* other databases that speak the same */
        return begin_cursor(c, err);
    }
    if (code == ERR_SCHEMA_MOVED) {
        pg_place_moved(c->session->place);
    }
    return code == ERR_OK ? ERR_OK : error_move(err, &why);
}

/* So many rows that the next batch has about its bytes. */
static int next_batch(const struct postgres_cursor *c)
{
    size_t bytes = PQresultMemorySize(c->result);
    int64_t rows = bytes > 0 ? (int64_t)c->n * BATCH_BYTES / (int64_t)bytes : c->n;
    rows = rows > 2 * (int64_t)c->batch ? 2 * (int64_t)c->batch : rows;
    return rows < 1 ? 1 : rows > BATCH_MAX ? BATCH_MAX : (int)rows;
}

static enum errcode fetch(struct postgres_cursor *c, struct error *err)
{
    struct buf *text = &c->session->text;
    struct pg_params none = {.n = 0};
    buf_clear(text);
    buf_printf(text, "FETCH FORWARD %d FROM telaio_%d", c->batch, c->number);
    PQclear(c->result);
    c->result = NULL;
    c->at = c->n = 0;
    enum errcode code = pg_ask_once(c->conn, buf_text(text), &none, &c->result, err);
    if (code != ERR_OK) {
        c->session->has_failed = true;
        return code;
    }
    c->n = PQntuples(c->result);
    c->is_last = c->n < c->batch;
    if (c->n > 0) {
        c->batch = next_batch(c);
    }
    return ERR_OK;
}

static void end_stream(struct postgres_cursor *c)
{
    if (!c->conn) {
        return;
    }
    if (c->is_copy) {
        pg_copy_end(&c->copy);
    }
    if (c->is_own) {
        pg_roll_back(c->conn); /* it only read */
        pg_give(c->conn);
    } else if (!c->conn->is_broken && PQtransactionStatus(c->conn->pq) == PQTRANS_INTRANS) {
        struct buf text;
        buf_init(&text, 256);
        buf_printf(&text, "CLOSE telaio_%d", c->number);
        if (pg_run(c->conn, buf_text(&text), NULL, NULL) != ERR_OK) {
            c->session->has_failed = true;
        }
        buf_release(&text);
    }
    c->conn = NULL;
}

/* ---- the verbs ------------------------------------------------------------------------------- */

static bool is_bounded(const struct query *q)
{
    return q->count_only || (q->limit >= 0 && q->limit <= WHOLE_ROWS);
}

static enum errcode start(struct postgres_cursor *c, struct error *err)
{
    const struct query *q = c->query;
    if (is_bounded(q)) {
        return ask_whole(c, q, err);
    }
    if (q->table->row_estimate < WHOLE_ROWS || q->where) {
        struct query first = *q;
        first.limit = PROBE_ROWS;
        TRY(ask_whole(c, &first, err));
        if (c->n < PROBE_ROWS) {
            return ERR_OK;
        }
        PQclear(c->result);
        c->result = NULL;
        c->n = 0;
    }
    return begin_stream(c, err);
}

static void free_cursor(struct postgres_cursor *c)
{
    end_stream(c);
    PQclear(c->result);
    for (size_t i = 0; i < c->n_columns; i++) {
        buf_release(&c->rooms[i]);
    }
}

static const struct type number = {.kind = TYPE_INT64}; /* of a count */

enum errcode postgres_select(struct session *base, const struct query *q, struct cursor **out,
                             struct error *err)
{
    struct postgres_session *s = postgres_session_of(base);
    struct arena *a = base->arena;
    struct postgres_cursor *c = ARENA_NEW(a, struct postgres_cursor);
    c->session = s;
    c->query = q;
    c->n_columns = q->count_only || q->n_columns == 0 ? 1 : q->n_columns;
    c->row = ARENA_ARRAY(a, c->n_columns, struct value);
    c->rooms = ARENA_ARRAY(a, c->n_columns, struct buf);
    c->types = ARENA_ARRAY(a, c->n_columns, const struct type *);
    for (size_t i = 0; i < c->n_columns; i++) {
        bool is_column = !q->count_only && q->n_columns > 0;
        c->types[i] = is_column ? &q->columns[i]->type : &number;
        buf_init(&c->rooms[i], BUF_MAX_DEFAULT);
    }
    enum errcode code = start(c, err);
    if (code != ERR_OK) {
        free_cursor(c);
        return code;
    }
    c->next = s->cursors;
    s->cursors = c;
    *out = &c->base;
    return ERR_OK;
}

static void read_cell(struct postgres_cursor *c, size_t i)
{
    int k = (int)i;
    int n = PQgetlength(c->result, c->at, k);
    if (n == 0 && PQgetisnull(c->result, c->at, k)) {
        c->row[i] = value_null();
        return;
    }
    struct str text = {PQgetvalue(c->result, c->at, k), (size_t)n};
    postgres_decode(c->types[i], text, &c->rooms[i], &c->row[i]);
}

static enum errcode next_copied(struct postgres_cursor *c, const struct value **row,
                                struct error *err)
{
    bool has = false;
    TRY(pg_copy_next(&c->copy, &has, err));
    for (size_t i = 0; has && i < c->n_columns; i++) {
        struct str text;
        if (pg_copy_cell(&c->copy, &text)) {
            postgres_decode(c->types[i], text, &c->rooms[i], &c->row[i]);
        } else {
            c->row[i] = value_null();
        }
    }
    *row = has ? c->row : NULL;
    return ERR_OK;
}

enum errcode postgres_cursor_next(struct cursor *base, const struct value **row, struct error *err)
{
    struct postgres_cursor *c = (struct postgres_cursor *)base;
    if (c->is_copy) {
        return next_copied(c, row, err);
    }
    if (c->at == c->n && c->is_streaming && !c->is_last) {
        TRY(fetch(c, err));
    }
    if (c->at == c->n) {
        *row = NULL;
        return ERR_OK;
    }
    for (size_t i = 0; i < c->n_columns; i++) {
        read_cell(c, i);
    }
    c->at++;
    *row = c->row;
    return ERR_OK;
}

void postgres_cursor_close(struct cursor *base)
{
    struct postgres_cursor *c = (struct postgres_cursor *)base;
    struct postgres_cursor **at = &c->session->cursors;
    while (*at && *at != c) {
        at = &(*at)->next;
    }
    if (*at) { /* else closed with its session */
        *at = c->next;
        free_cursor(c);
    }
}

void pg_cursors_close(struct postgres_session *s)
{
    while (s->cursors) {
        struct postgres_cursor *c = s->cursors;
        s->cursors = c->next;
        free_cursor(c);
    }
}
