#include "base/attr.h"
#include "base/time.h"
#include "engine/sqlcommon/sql_writer.h"
#include "engine/sqlite/dialect.h"
#include "engine/sqlite/session.h"
#include "engine/sqlite/storage.h"

/*
 * Reading. A statement starts on the loop under a budget and is stepped inline: most answers are
 * there in microseconds. One that takes longer moves to a worker. If it was in the middle of a
 * step it has to begin again, which is invisible: the session's snapshot is the same, so are the
 * rows, and those that were given are skipped. On a worker rows are fetched in batches.
 */
#define BATCH_ROWS       256
#define BATCH_BYTES      (256 << 10)
#define ROWS_BIG         20000 /* a statement that must see this many starts on a worker */
#define CLOCK_EVERY_ROWS 16

struct sqlite_cursor {
    struct cursor base;
    struct sqlite_cursor *next;
    struct sqlite_session *session;
    sqlite3_stmt *stmt;
    const struct query *query;
    size_t n_columns;
    struct value *row;
    struct buf *rooms; /* one per column: text made by decoding */
    int64_t n_given;
    int64_t budget_end_us;
    bool on_worker;
    bool is_done;

    struct arena *batch; /* rows fetched by a worker */
    struct value *batch_rows;
    size_t batch_n, batch_at;
    enum errcode batch_code;
    struct error *err;
};

static bool has_budget(const struct sqlite_cursor *c)
{
    return c->session->kind == SESSION_READS && wait_loop() >= 0;
}

/* Statements that look at every row: their size is the table's. */
static bool looks_at_all(const struct query *q)
{
    return q->count_only || q->limit < 0;
}

static enum errcode prepare(struct sqlite_cursor *c, const struct query *q, struct error *err)
{
    struct conn *conn = c->session->conn;
    struct sql_writer w;
    buf_clear(&conn->text);
    sql_begin(&w, &sqlite_dialect, &conn->text, c->session->base.arena);
    sql_select(&w, q);
    if (w.broken || buf_failed(&conn->text)) {
        return ERROR(err, ERR_INTERNAL, "the question cannot be said: %s",
                     w.broken ? w.broken : "it is too long");
    }
    TRY(conn_prepare(conn, buf_str(&conn->text), &c->stmt, err));
    return conn_bind(conn, c->stmt, w.params, w.n_params, err);
}

static enum errcode begin_reading(struct sqlite_session *s, struct error *err)
{
    if (s->kind != SESSION_READS || s->is_reading) {
        return ERR_OK;
    }
    TRY(conn_run(s->conn, "BEGIN", err));
    s->is_reading = true;
    return ERR_OK;
}

static void end_reading(struct sqlite_session *s)
{
    if (s->is_reading && !s->cursors) {
        if (conn_run(s->conn, "COMMIT", NULL) == ERR_OK) {
            s->is_reading = false;
        }
    }
}

enum errcode sqlite_select(struct session *base, const struct query *q, struct cursor **out,
                           struct error *err)
{
    struct sqlite_session *s = sqlite_session_of(base);
    struct arena *a = base->arena;
    struct sqlite_cursor *c = ARENA_NEW(a, struct sqlite_cursor);
    c->session = s;
    c->query = q;
    c->n_columns = q->count_only ? 1 : q->n_columns;
    c->row = ARENA_ARRAY(a, c->n_columns, struct value);
    c->rooms = ARENA_ARRAY(a, c->n_columns, struct buf);
    for (size_t i = 0; i < c->n_columns; i++) {
        buf_init(&c->rooms[i], BUF_MAX_DEFAULT);
    }
    /* one row needs no snapshot of its own: it cannot be cut in two */
    if (q->limit != 1 && !q->count_only) {
        TRY(begin_reading(s, err));
    }
    enum errcode code = prepare(c, q, err);
    if (code != ERR_OK) {
        conn_release(s->conn, c->stmt);
        end_reading(s);
        return code;
    }
    struct sqlite_settings *set = &s->file->engine->settings;
    int64_t now = time_monotonic_us();
    c->budget_end_us = now + set->budget_us;
    if (s->kind == SESSION_READS) {
        s->conn->limit_end_us = now + (int64_t)set->read_limit_ms * 1000;
    }
    if (has_budget(c) && looks_at_all(q)) {
        int64_t rows = sqlite_row_estimate(base, q->table);
        c->on_worker = rows < 0 || rows >= ROWS_BIG;
    }
    c->next = s->cursors;
    s->cursors = c;
    *out = &c->base;
    return ERR_OK;
}

static struct value read_column(struct sqlite_cursor *c, size_t i)
{
    struct value v = conn_column(c->stmt, (int)i);
    if (c->query->count_only || c->query->n_columns == 0) {
        return v;
    }
    return sqlite_decode(&c->query->columns[i]->type, v, &c->rooms[i]);
}

static void read_row(struct sqlite_cursor *c)
{
    for (size_t i = 0; i < c->n_columns; i++) {
        c->row[i] = read_column(c, i);
    }
}

/* On a worker: the next rows, copied, up to a batch. */
static void fetch_batch(void *arg)
{
    struct sqlite_cursor *c = arg;
    struct conn *conn = c->session->conn;
    conn->budget_end_us = 0;
    c->batch_n = 0;
    c->batch_at = 0;
    arena_reset(c->batch);
    c->batch_rows = ARENA_ARRAY(c->batch, BATCH_ROWS * c->n_columns, struct value);
    size_t bytes = 0;
    while (c->batch_n < BATCH_ROWS && bytes < BATCH_BYTES) {
        int rc = sqlite3_step(c->stmt);
        if (rc == SQLITE_DONE) {
            c->is_done = true;
            return;
        }
        if (rc != SQLITE_ROW) {
            c->batch_code = conn_step_error(conn, rc, "reading rows", c->err);
            return;
        }
        struct value *row = c->batch_rows + c->batch_n * c->n_columns;
        for (size_t i = 0; i < c->n_columns; i++) {
            row[i] = value_copy(c->batch, read_column(c, i));
            bool is_long = row[i].kind == VALUE_TEXT || row[i].kind == VALUE_BYTES;
            bytes += is_long ? row[i].s.n : 0;
        }
        c->batch_n++;
    }
}

/* On a worker, after a step was cut: run again past the rows that were given. */
static void start_again(void *arg)
{
    struct sqlite_cursor *c = arg;
    struct conn *conn = c->session->conn;
    conn->budget_end_us = 0;
    (void)sqlite3_reset(c->stmt);
    for (int64_t i = 0; i < c->n_given; i++) {
        int rc = sqlite3_step(c->stmt);
        if (rc != SQLITE_ROW) {
            c->is_done = rc == SQLITE_DONE;
            c->batch_code = c->is_done ? ERR_OK : conn_step_error(conn, rc, "reading rows", c->err);
            return;
        }
    }
    fetch_batch(c);
}

static enum errcode next_of_batch(struct sqlite_cursor *c, void (*fetch)(void *),
                                  const struct value **row, struct error *err)
{
    if (!c->batch) {
        c->batch = arena_new();
    }
    if (c->batch_at == c->batch_n && !c->is_done && c->batch_code == ERR_OK) {
        c->err = err;
        wait_run(fetch, c);
    }
    if (c->batch_at < c->batch_n) {
        *row = c->batch_rows + c->batch_at++ * c->n_columns;
        c->n_given++;
        return ERR_OK;
    }
    *row = NULL;
    return c->batch_code;
}

static bool is_over_budget(const struct sqlite_cursor *c)
{
    return c->n_given % CLOCK_EVERY_ROWS == CLOCK_EVERY_ROWS - 1 &&
           time_monotonic_us() > c->budget_end_us;
}

/* One step on this thread. The watchdog looks at the first one: sorts and aggregates do their work
 * there; later steps are short or ask the progress handler. */
static int step_here(struct sqlite_cursor *c, bool budget)
{
    struct conn *conn = c->session->conn;
    struct watchdog *w = &c->session->file->engine->watchdog;
    bool watched = budget && c->n_given == 0;
    if (c->n_given == 0) {
        atomic_store(&conn->ending, ENDING_NONE);
    }
    conn->budget_end_us = budget ? c->budget_end_us : 0;
    if (watched) {
        watchdog_begin(w, wait_loop(), conn);
    }
    int rc = sqlite3_step(c->stmt);
    if (watched) {
        watchdog_end(w, wait_loop());
    }
    conn->budget_end_us = 0;
    return rc;
}

enum errcode sqlite_cursor_next(struct cursor *base, const struct value **row, struct error *err)
{
    struct sqlite_cursor *c = (struct sqlite_cursor *)base;
    struct conn *conn = c->session->conn;
    bool budget = has_budget(c);
    if (c->on_worker) {
        return next_of_batch(c, fetch_batch, row, err);
    }
    if (c->is_done) {
        *row = NULL;
        return ERR_OK;
    }
    if (budget && c->n_given && is_over_budget(c)) {
        c->on_worker = true;
        return next_of_batch(c, fetch_batch, row, err);
    }
    int rc = step_here(c, budget);
    if (rc == SQLITE_ROW) {
        read_row(c);
        c->n_given++;
        *row = c->row;
        return ERR_OK;
    }
    if ((rc & 0xff) == SQLITE_INTERRUPT && atomic_load(&conn->ending) == ENDING_BUDGET) {
        atomic_store(&conn->ending, ENDING_NONE);
        c->on_worker = true;
        return next_of_batch(c, start_again, row, err);
    }
    c->is_done = true;
    *row = NULL;
    return rc == SQLITE_DONE ? ERR_OK : conn_step_error(conn, rc, "reading rows", err);
}

static void free_cursor(struct sqlite_cursor *c)
{
    conn_release(c->session->conn, c->stmt);
    c->stmt = NULL;
    for (size_t i = 0; i < c->n_columns; i++) {
        buf_release(&c->rooms[i]);
    }
    arena_free(c->batch);
    c->batch = NULL;
}

void sqlite_cursor_close(struct cursor *base)
{
    struct sqlite_cursor *c = (struct sqlite_cursor *)base;
    struct sqlite_session *s = c->session;
    struct sqlite_cursor **at = &s->cursors;
    while (*at && *at != c) {
        at = &(*at)->next;
    }
    if (!*at) {
        return; /* closed with its session */
    }
    *at = c->next;
    free_cursor(c);
    end_reading(s);
}

void sqlite_cursors_close(struct sqlite_session *s)
{
    while (s->cursors) {
        struct sqlite_cursor *c = s->cursors;
        s->cursors = c->next;
        free_cursor(c);
    }
    end_reading(s);
}

/* The largest rowid: exact for a table that only grew, an upper bound else, in logarithmic time. */
int64_t sqlite_row_estimate(struct session *base, const struct table *t)
{
    struct sqlite_session *s = sqlite_session_of(base);
    struct buf text;
    int64_t rows = -1;
    if (t->is_without_rowid || t->kind == TABLE_VIEW || t->kind == TABLE_VIRTUAL) {
        return -1;
    }
    buf_init(&text, 4096);
    buf_adds(&text, "SELECT max(rowid) FROM ");
    sql_quote_ident(&text, '"', str_of(t->name));
    if (conn_int(s->conn, buf_text(&text), &rows, NULL) != ERR_OK) {
        rows = -1;
    }
    buf_release(&text);
    return rows;
}

enum errcode sqlite_session_begin(struct engine *engine, struct str ns, enum access access,
                                  struct session **out, struct error *err)
{
    struct sqlite_engine *e = (struct sqlite_engine *)engine;
    struct file *f = NULL;
    struct conn *conn = NULL;
    TRY(file_acquire(e, ns, &f, err));
    bool alone = access == ACCESS_SCHEMA;
    enum errcode code = alone ? sqlite_hold(f, err) : file_lend(f, &conn, err);
    if (code != ERR_OK) {
        file_release(f);
        return code;
    }
    struct arena *a = arena_new();
    struct sqlite_session *s = ARENA_NEW(a, struct sqlite_session);
    s->base.arena = a;
    s->kind = alone ? SESSION_ALONE : SESSION_READS;
    s->file = f;
    s->conn = alone ? f->writer : conn;
    *out = &s->base;
    return ERR_OK;
}

void sqlite_session_end(struct session *base)
{
    struct sqlite_session *s = sqlite_session_of(base);
    struct file *f = s->file;
    sqlite_cursors_close(s);
    if (s->kind == SESSION_ALONE) {
        sqlite_session_leave(s);
        sqlite_unhold(f);
    } else if (s->is_reading) {
        conn_close(s->conn); /* its COMMIT failed: nobody else should have it */
    } else {
        file_return(f, s->conn);
    }
    file_release(f);
}
