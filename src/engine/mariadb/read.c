#include "base/attr.h"
#include "base/time.h"
#include "engine/mariadb/cell.h"
#include "engine/mariadb/core.h"
#include "engine/mariadb/errors.h"
#include "engine/mariadb/stmt.h"

/*
 * Reading. Rows come as the cursor asks for them and are read in the packet they lie in, so a
 * cursor needs the memory of one row. A connection has one such stream: before its next statement
 * what is left of it is set aside in memory. A cursor that is closed early takes few rows more and
 * forgets them; where there are many the statement is ended.
 */
#define ASIDE_BYTES  ((size_t)64 << 20)
#define FORGET_ROWS  256
#define FORGET_BYTES ((size_t)1 << 20)

struct mariadb_cursor {
    struct cursor base;
    struct mariadb_cursor *next;
    struct mariadb_session *session;
    const struct query *query;
    struct my_conn *conn; /* NULL once the last row came */
    struct my_stmt *stmt;
    size_t n_columns;
    struct value *row;
    struct buf *rooms; /* one per column: text made by decoding */
    size_t row_bytes;  /* of text in the newest row */

    struct arena *aside;
    struct value *rows; /* set aside, one after the other */
    size_t n_values, at;
    struct error err; /* what ended the stream while it was set aside */
};

/* libmariadb calls this for each cell of a row, in order. */
static void take_cell(void *data, unsigned int i, unsigned char **at)
{
    struct mariadb_cursor *c = data;
    const struct query *q = c->query;
    if (!at) {
        c->row[i] = value_null();
        return;
    }
    const struct type *type = q->count_only || q->n_columns == 0 ? NULL : &q->columns[i]->type;
    c->row[i] = my_cell(type, &c->stmt->handle->fields[i], at, &c->rooms[i]);
    if (c->row[i].kind == VALUE_TEXT || c->row[i].kind == VALUE_BYTES) {
        c->row_bytes += c->row[i].s.n;
    }
}

/* The attribute is a function that travels as an object pointer. */
static void give_cells_to(struct mariadb_cursor *c, MYSQL_STMT *handle)
{
    ps_result_callback fn = take_cell;
    const void *attribute = NULL;
    _Static_assert(sizeof attribute == sizeof fn, "pointers have one size");
    memcpy(&attribute, &fn, sizeof attribute);
    (void)mysql_stmt_attr_set(handle, STMT_ATTR_CB_USER_DATA, c);
    (void)mysql_stmt_attr_set(handle, STMT_ATTR_CB_RESULT, attribute);
}

/* ---- the stream of a connection ------------------------------------------------------------ */

static void end_stream(struct mariadb_cursor *c)
{
    c->conn->streaming = NULL;
    my_stmt_put(c->conn, c->stmt);
    c->stmt = NULL;
    c->conn = NULL;
}

/* *found false: there was no more, and the stream has ended. */
static enum errcode fetch(struct mariadb_cursor *c, bool *found, struct error *err)
{
    MYSQL_STMT *handle = c->stmt->handle;
    int rc = 0;
    c->row_bytes = 0;
    MY_CALL(c->conn, mysql_stmt_fetch, (&rc, handle), &rc, handle);
    *found = rc == 0 || rc == MYSQL_DATA_TRUNCATED;
    if (*found) {
        return ERR_OK;
    }
    enum errcode code =
        rc == MYSQL_NO_DATA ? ERR_OK : my_error(c->conn, handle, "reading rows", err);
    end_stream(c);
    return code;
}

static void keep_row(struct mariadb_cursor *c)
{
    for (size_t i = 0; i < c->n_columns; i++) {
        struct value v = value_copy(c->aside, c->row[i]);
        ARENA_PUSH(c->aside, c->rows, c->n_values, v);
    }
}

enum errcode my_stream_aside(struct my_conn *conn, struct error *err)
{
    struct mariadb_cursor *c = conn->streaming;
    bool found = true;
    if (!c) {
        return ERR_OK;
    }
    c->aside = arena_new();
    while (found && arena_bytes(c->aside) < ASIDE_BYTES) {
        if (fetch(c, &found, &c->err) != ERR_OK) {
            found = false;
        } else if (found) {
            keep_row(c);
        }
    }
    return found ? ERROR(err, ERR_TOO_LARGE, "too many rows are read beside other statements")
                 : ERR_OK;
}

/* Ends the statement that runs on @c from another connection. */
static void kill_statement(struct my_conn *c)
{
    struct my_conn *other = NULL;
    if (my_connect(c->engine, NULL, &other, NULL) != ERR_OK) {
        c->is_broken = true;
        return;
    }
    other->is_patient = c->is_patient;
    buf_clear(&other->text);
    buf_printf(&other->text, "KILL QUERY %lu", c->id);
    if (my_run(other, buf_text(&other->text), NULL, NULL) != ERR_OK) {
        c->is_broken = true;
    }
    my_close(other);
}

/* A KILL that came too late would end the next statement: let it be this one. */
static void absorb_kill(struct my_conn *c)
{
    if (!c->is_broken && my_run(c, "DO 1", NULL, NULL) != ERR_OK &&
        my_run(c, "DO 1", NULL, NULL) != ERR_OK) {
        c->is_broken = true;
    }
}

/* Nobody wants the rest. */
static void forget_stream(struct mariadb_cursor *c)
{
    struct my_conn *conn = c->conn;
    bool found = true;
    bool was_killed = false;
    size_t bytes = 0;
    for (int64_t n = 0; c->conn && found && !conn->is_broken; n++) {
        if (n == FORGET_ROWS || bytes > FORGET_BYTES) {
            if (!conn->in_transaction) {
                conn->is_broken = true; /* a new connection is cheaper than the rest */
                break;
            }
            if (!was_killed) {
                kill_statement(conn);
                was_killed = true;
            }
        }
        if (fetch(c, &found, NULL) == ERR_OK) {
            bytes += c->row_bytes;
        }
    }
    if (c->conn) {
        end_stream(c);
    }
    if (was_killed) {
        absorb_kill(conn);
    }
}

/* ---- cursors -------------------------------------------------------------------------------- */

void my_session_give(struct mariadb_session *s)
{
    if (s->conn && !s->is_owner && !s->conn->streaming) {
        my_give(s->conn);
        s->conn = NULL;
    }
}

enum errcode my_session_take(struct mariadb_session *s, struct error *err)
{
    struct my_conn *c = NULL;
    if (s->is_write || s->base.access == ACCESS_SCHEMA) {
        return mariadb_own(s, &c, err);
    }
    if (!s->conn) {
        TRY(my_take_near(s->engine, s->database, &s->conn, err));
        s->conn->place = s->place;
    }
    return ERR_OK;
}

/* Two writes that had them with a shared lock, which a read takes here, would end in a deadlock. */
static bool holds_rows(const struct mariadb_session *s, const struct query *q)
{
    return s->is_write && q->holds && !q->count_only && q->table->kind == TABLE_BASE;
}

static enum errcode ask(struct mariadb_cursor *c, struct error *err)
{
    struct mariadb_session *s = c->session;
    struct sql_writer w;
    TRY(my_session_take(s, err));
    struct my_conn *conn = s->conn;
    buf_clear(&conn->text);
    arena_reset(conn->scratch);
    sql_begin(&w, my_dialect(s->engine), &conn->text, conn->scratch);
    w.schema = s->is_owner ? NULL : s->database;
    sql_select(&w, c->query);
    if (holds_rows(s, c->query)) {
        sql_text(&w, " FOR UPDATE");
    }
    enum errcode code = my_stmt_run(conn, &w, &c->stmt, err);
    if (code == ERR_SCHEMA_MOVED && w.schema) {
        return my_refuse_moved(conn, s->database, code, err);
    }
    TRY(code);
    c->conn = conn;
    conn->streaming = c;
    MYSQL_STMT *handle = c->stmt->handle;
    BUG_ON(handle->field_count != c->n_columns);
    give_cells_to(c, handle);
    return ERR_OK;
}

enum errcode mariadb_select(struct session *base, const struct query *q, struct cursor **out,
                            struct error *err)
{
    struct mariadb_session *s = mariadb_session_of(base);
    struct arena *a = base->arena;
    struct mariadb_cursor *c = ARENA_NEW(a, struct mariadb_cursor);
    c->session = s;
    c->query = q;
    c->n_columns = q->count_only || q->n_columns == 0 ? 1 : q->n_columns;
    c->row = ARENA_ARRAY(a, c->n_columns, struct value);
    c->rooms = ARENA_ARRAY(a, c->n_columns, struct buf);
    for (size_t i = 0; i < c->n_columns; i++) {
        buf_init(&c->rooms[i], BUF_MAX_DEFAULT);
    }
    enum errcode code = ask(c, err);
    if (code != ERR_OK) {
        my_session_give(s);
        return code;
    }
    c->next = s->cursors;
    s->cursors = c;
    *out = &c->base;
    return ERR_OK;
}

static enum errcode next_aside(struct mariadb_cursor *c, const struct value **row,
                               struct error *err)
{
    *row = NULL;
    if (c->at < c->n_values) {
        *row = c->rows + c->at;
        c->at += c->n_columns;
        return ERR_OK;
    }
    if (c->err.code == ERR_OK || c->conn) {
        return ERR_OK;
    }
    if (!err) {
        return c->err.code;
    }
    return error_move(err, &c->err);
}

enum errcode mariadb_cursor_next(struct cursor *base, const struct value **row, struct error *err)
{
    struct mariadb_cursor *c = (struct mariadb_cursor *)base;
    bool found = false;
    if (c->aside && (c->at < c->n_values || !c->conn)) {
        return next_aside(c, row, err);
    }
    *row = NULL;
    if (!c->conn) {
        return ERR_OK;
    }
    enum errcode code = fetch(c, &found, err);
    if (found) {
        *row = c->row;
    } else {
        my_session_give(c->session);
    }
    return code;
}

static void free_cursor(struct mariadb_cursor *c)
{
    if (c->conn) {
        forget_stream(c);
    }
    for (size_t i = 0; i < c->n_columns; i++) {
        buf_release(&c->rooms[i]);
    }
    arena_free(c->aside);
    c->aside = NULL;
    error_release(&c->err);
}

void mariadb_cursor_close(struct cursor *base)
{
    struct mariadb_cursor *c = (struct mariadb_cursor *)base;
    struct mariadb_cursor **at = &c->session->cursors;
    while (*at && *at != c) {
        at = &(*at)->next;
    }
    if (!*at) {
        return; /* closed with its session */
    }
    *at = c->next;
    free_cursor(c);
    my_session_give(c->session);
}

void my_cursors_close(struct mariadb_session *s)
{
    while (s->cursors) {
        struct mariadb_cursor *c = s->cursors;
        s->cursors = c->next;
        free_cursor(c);
    }
}
