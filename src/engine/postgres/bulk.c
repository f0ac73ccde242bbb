#include "base/attr.h"
#include "base/buf.h"
#include "engine/postgres/errors.h"
#include "engine/postgres/inside.h"
#include "engine/postgres/types.h"
#include "engine/spill.h"

/*
 * A bulk load. Rows are set aside as lines of COPY's text format; no connection is taken and no
 * lock is held while they come. The end is one write transaction: plain inserts are one COPY into
 * the table; upserts are a COPY into a temporary table and one INSERT … SELECT … ON CONFLICT. All
 * rows are there or none.
 *
 * COPY does not go with row security, so it runs as the owner; the table is that of the tenant's
 * schema by its full name. Where COPY cannot be (an attached table with row security of its own),
 * or when a statement over all rows fails without telling which one, the rows go in one by one.
 */
#define SPILL_MAX      ((size_t)256 << 20) /* bytes of one row, in COPY's form */
#define ONE_BY_ONE_MAX 200000              /* rows, when it is only for the number of the bad one */

struct postgres_bulk {
    struct bulk base;
    struct arena *arena;
    struct arena *scratch; /* of one row */
    struct pg_place *place;
    struct write shape;
    struct spill spill;
    int64_t n_rows;
    const struct column *numbered; /* numbers are given for it: */
    int64_t largest_number;
    bool is_one_by_one;
    struct write_result total;
};

/* ---- a row as a line ------------------------------------------------------------------------- */

static void add_escaped(struct buf *b, struct str s)
{
    size_t from = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        char letter = c == '\\' ? '\\' : c == '\t' ? 't' : c == '\n' ? 'n' : c == '\r' ? 'r' : 0;
        if (letter) {
            buf_add(b, s.p + from, i - from);
            buf_addc(b, '\\');
            buf_addc(b, letter);
            from = i + 1;
        }
    }
    buf_add(b, s.p + from, s.n - from);
}

static void add_hex(struct buf *b, struct str s)
{
    static const char digits[] = "0123456789abcdef";
    buf_adds(b, "\\\\x");
    for (size_t i = 0; i < s.n; i++) {
        buf_addc(b, digits[(unsigned char)s.p[i] >> 4]);
        buf_addc(b, digits[(unsigned char)s.p[i] & 15]);
    }
}

static enum errcode add_field(struct buf *b, const struct value *v, struct error *err)
{
    switch (v->kind) {
    case VALUE_NULL:
        buf_adds(b, "\\N");
        return ERR_OK;
    case VALUE_BOOL:
        buf_addc(b, v->b ? 't' : 'f');
        return ERR_OK;
    case VALUE_INT:
        buf_add_int64(b, v->i);
        return ERR_OK;
    case VALUE_FLOAT:
        (void)buf_add_double(b, v->f);
        return ERR_OK;
    case VALUE_TEXT:
        if (v->s.n > 0 && memchr(v->s.p, 0, v->s.n)) {
            return ERROR(err, ERR_INVALID_VALUE, "PostgreSQL keeps no text with a NUL character");
        }
        add_escaped(b, v->s);
        return ERR_OK;
    case VALUE_BYTES:
        add_hex(b, v->s);
        return ERR_OK;
    }
    return ERR_OK;
}

enum errcode postgres_bulk_row(struct bulk *bulk, const struct value *values, struct error *err)
{
    struct postgres_bulk *b = (struct postgres_bulk *)bulk;
    struct buf *out = &b->spill.tail;
    arena_reset(b->scratch);
    for (size_t i = 0; i < b->shape.n_columns; i++) {
        const struct column *c = b->shape.columns[i];
        struct value v = postgres_encode(b->scratch, c, values[i]);
        if (i) {
            buf_addc(out, '\t');
        }
        TRY(add_field(out, &v, err));
        if (c == b->numbered && v.kind == VALUE_INT && v.i > b->largest_number) {
            b->largest_number = v.i;
        }
    }
    buf_addc(out, '\n');
    b->n_rows++;
    return spill_settle(&b->spill, err);
}

/* A line that may lie in two pieces. */
struct lines {
    struct spill *spill;
    struct str piece;
    struct buf joined;
};

static enum errcode next_line(struct lines *l, struct str *line, bool *is_end, struct error *err)
{
    buf_clear(&l->joined);
    for (;;) {
        size_t end = str_find(l->piece, '\n');
        bool is_whole = end < l->piece.n;
        if (is_whole && l->joined.n == 0) {
            *line = (struct str){l->piece.p, end};
            l->piece = str_sub(l->piece, end + 1);
            return ERR_OK;
        }
        buf_add(&l->joined, l->piece.p, end);
        l->piece = str_sub(l->piece, is_whole ? end + 1 : end);
        if (is_whole) {
            *line = buf_str(&l->joined);
            return ERR_OK;
        }
        TRY(spill_next(l->spill, &l->piece, err));
        if (l->piece.n == 0) {
            *is_end = true;
            return ERR_OK;
        }
    }
}

/* The text of a field, NULL for \N. */
static const char *read_field(struct arena *a, struct str field)
{
    if (str_is(field, "\\N")) {
        return NULL;
    }
    char *text = arena_alloc(a, field.n + 1);
    char *at = text;
    for (size_t i = 0; i < field.n; i++) {
        char c = field.p[i];
        if (c == '\\' && i + 1 < field.n) {
            c = field.p[++i];
            c = c == 't' ? '\t' : c == 'n' ? '\n' : c == 'r' ? '\r' : c;
        }
        *at++ = c;
    }
    return text;
}

static struct pg_params read_fields(struct arena *a, struct str line, size_t n)
{
    struct pg_params p = {.n = (int)n,
                          .values = ARENA_ARRAY(a, n, const char *),
                          .lengths = ARENA_ARRAY(a, n, int),
                          .formats = ARENA_ARRAY(a, n, int)};
    struct str field;
    for (size_t i = 0; i < n && str_split(&line, '\t', &field); i++) {
        p.values[i] = read_field(a, field);
    }
    return p;
}

/* ---- one by one ------------------------------------------------------------------------------ */

static enum errcode at_row(enum errcode code, int64_t row, struct error *err)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    if (err && !err->where) {
        return error_where(err, "/%lld", (long long)row);
    }
    (void)error_prefix_where(err, arena_printf(a, "/%lld", (long long)row));
    return code;
}

static enum errcode insert_line(struct postgres_bulk *b, struct postgres_session *s,
                                struct str text, struct str line, struct error *err)
{
    PGresult *r = NULL;
    arena_reset(b->scratch);
    struct pg_params params = read_fields(b->scratch, line, b->shape.n_columns);
    enum errcode code = pg_ask_prepared(s->conn, text, &params, &r, err);
    if (code != ERR_OK) {
        pg_explain(err, &b->shape);
        return code;
    }
    int64_t n = 0;
    (void)str_int64(str_of(PQcmdTuples(r)), &n);
    b->total.n_rows += n;
    b->total.n_inserted += PQntuples(r) == 1 && str_is(str_of(PQgetvalue(r, 0, 0)), "t");
    PQclear(r);
    return ERR_OK;
}

static enum errcode insert_lines(struct postgres_bulk *b, struct postgres_session *s,
                                 struct str text, struct error *err)
{
    struct lines l = {.spill = &b->spill};
    enum errcode code = ERR_OK;
    bool is_end = false;
    buf_init(&l.joined, BUF_MAX_DEFAULT);
    spill_rewind(&b->spill);
    for (int64_t row = 0; code == ERR_OK; row++) {
        struct str line;
        code = next_line(&l, &line, &is_end, err);
        if (code != ERR_OK || is_end) {
            break;
        }
        code = insert_line(b, s, text, line, err);
        code = code == ERR_OK ? ERR_OK : at_row(code, row, err);
    }
    buf_release(&l.joined);
    return code;
}

static enum errcode one_by_one(struct postgres_bulk *b, struct postgres_session *s,
                               struct error *err)
{
    struct sql_writer w;
    struct buf text;
    buf_init(&text, BUF_MAX_DEFAULT);
    sql_begin(&w, &postgres_dialect, &text, s->base.arena);
    sql_insert_shape(&w, &b->shape);
    sql_text(&w, " RETURNING (xmax = 0)");
    enum errcode code = w.broken
                            ? ERROR(err, ERR_INVALID, "the rows cannot be inserted: %s", w.broken)
                            : insert_lines(b, s, buf_str(&text), err);
    buf_release(&text);
    return code;
}

/* ---- COPY ------------------------------------------------------------------------------------ */

static void say_columns(struct sql_writer *w, const struct write *shape)
{
    for (size_t i = 0; i < shape->n_columns; i++) {
        sql_text(w, i ? ", " : "");
        sql_ident(w, shape->columns[i]->name);
    }
}

static enum errcode put_piece(struct pg_conn *c, struct str piece, struct error *err)
{
    int rc;
    while ((rc = PQputCopyData(c->pq, piece.p, (int)piece.n)) == 0) {
        TRY(pg_flush(c, err));
    }
    return rc < 0 ? pg_lost(c, err) : pg_flush(c, err);
}

static enum errcode put_all(struct postgres_bulk *b, struct pg_conn *c, struct error *err)
{
    struct str piece;
    spill_rewind(&b->spill);
    for (;;) {
        TRY(spill_next(&b->spill, &piece, err));
        if (piece.n == 0) {
            return ERR_OK;
        }
        TRY(put_piece(c, piece, err));
    }
}

static enum errcode end_copy(struct pg_conn *c, const char *broken, struct error *err)
{
    int rc;
    while ((rc = PQputCopyEnd(c->pq, broken)) == 0) {
        TRY(pg_flush(c, err));
    }
    return rc < 0 ? pg_lost(c, err) : ERR_OK;
}

/* COPY into what @text names; *out is the result at its end, also a failure. */
static enum errcode copy_all(struct postgres_bulk *b, struct pg_conn *c, const char *text,
                             PGresult **out, struct error *err)
{
    PGresult *r = NULL;
    TRY(PQsendQuery(c->pq, text) ? pg_receive(c, &r, err) : pg_lost(c, err));
    if (PQresultStatus(r) != PGRES_COPY_IN) {
        *out = r;
        return ERR_OK;
    }
    PQclear(r);
    enum errcode code = put_all(b, c, err);
    if (code != ERR_OK && c->is_broken) {
        return code;
    }
    TRY(end_copy(c, code == ERR_OK ? NULL : "the rows cannot be read back", err));
    TRY(pg_receive(c, out, err));
    if (code != ERR_OK) {
        PQclear(*out);
    }
    return code;
}

static int64_t copied(const PGresult *r)
{
    int64_t n = 0;
    return str_int64(str_of(PQcmdTuples((PGresult *)(uintptr_t)r)), &n) ? n : 0;
}

/* "COPY items, line 17, column n: …": rows from 0, -1 when it does not say. */
static int64_t line_of(const PGresult *r)
{
    const char *context = PQresultErrorField(r, PG_DIAG_CONTEXT);
    const char *at = context && strncmp(context, "COPY ", 5) == 0 ? strstr(context, ", ") : NULL;
    int64_t n = 0;
    while (at && *at && (*at < '0' || *at > '9')) {
        at++;
    }
    struct str digits = {at, at ? strspn(at, "0123456789") : 0};
    return digits.n > 0 && str_int64(digits, &n) ? n - 1 : -1;
}

/* "Key (parent)=(77) is not present …": the first row that has this value there. */
static enum errcode row_with_key(struct postgres_bulk *b, const PGresult *r, int64_t *row,
                                 struct error *err)
{
    const char *detail = PQresultErrorField(r, PG_DIAG_MESSAGE_DETAIL);
    const char *from = detail ? strchr(detail, '(') : NULL;
    const char *middle = from ? strstr(from, ")=(") : NULL;
    const char *end = middle ? strrchr(middle, ')') : NULL;
    struct lines l = {.spill = &b->spill};
    size_t at = 0;
    bool is_end = false;
    *row = -1;
    while (
        middle && at < b->shape.n_columns &&
        !str_is((struct str){from + 1, (size_t)(middle - from - 1)}, b->shape.columns[at]->name)) {
        at++;
    }
    if (!end || at == b->shape.n_columns) {
        return ERR_OK;
    }
    struct str wanted = {middle + 3, (size_t)(end - middle - 3)};
    enum errcode code = ERR_OK;
    buf_init(&l.joined, BUF_MAX_DEFAULT);
    spill_rewind(&b->spill);
    for (int64_t n = 0; code == ERR_OK && *row < 0; n++) {
        struct str line;
        code = next_line(&l, &line, &is_end, err);
        if (code != ERR_OK || is_end) {
            break;
        }
        arena_reset(b->scratch);
        struct pg_params p = read_fields(b->scratch, line, b->shape.n_columns);
        *row = p.values[at] && str_is(wanted, p.values[at]) ? n : -1;
    }
    buf_release(&l.joined);
    return code;
}

static enum errcode refuse(struct postgres_bulk *b, struct pg_conn *c, const PGresult *r,
                           struct error *err)
{
    int64_t row = line_of(r);
    if (row < 0) {
        TRY(row_with_key(b, r, &row, err));
    }
    enum errcode code =
        postgres_error(c->pq, r, "copying rows", c->engine->options.is_distributed, err);
    pg_explain(err, &b->shape);
    return row < 0 ? code : at_row(code, row, err);
}

/* ---- inserts --------------------------------------------------------------------------------- */

static enum errcode copy_in(struct postgres_bulk *b, struct postgres_session *s, struct error *err)
{
    struct sql_writer w;
    struct buf text;
    PGresult *r = NULL;
    buf_init(&text, BUF_MAX_DEFAULT);
    sql_begin(&w, &postgres_dialect, &text, s->base.arena);
    sql_text(&w, "COPY ");
    sql_ident(&w, s->schema);
    sql_text(&w, ".");
    sql_ident(&w, b->shape.table->name);
    sql_text(&w, " (");
    say_columns(&w, &b->shape);
    sql_text(&w, ") FROM STDIN");
    enum errcode code = copy_all(b, s->conn, buf_text(&text), &r, err);
    buf_release(&text);
    TRY(code);
    if (postgres_state_is(r, "0A000")) {
        b->is_one_by_one = true; /* in another transaction: this one is spoilt */
    }
    if (PQresultStatus(r) == PGRES_COMMAND_OK) {
        b->total.n_rows = b->total.n_inserted = copied(r);
    } else {
        code = refuse(b, s->conn, r, err);
    }
    PQclear(r);
    return code;
}

/* ---- upserts --------------------------------------------------------------------------------- */

static enum errcode stage(struct postgres_bulk *b, struct postgres_session *s, struct error *err)
{
    struct sql_writer w;
    struct buf text;
    PGresult *r = NULL;
    buf_init(&text, BUF_MAX_DEFAULT);
    sql_begin(&w, &postgres_dialect, &text, s->base.arena);
    sql_text(&w, "CREATE TEMP TABLE telaio_stage ON COMMIT DROP AS SELECT ");
    say_columns(&w, &b->shape);
    sql_text(&w, " FROM ");
    sql_ident(&w, b->shape.table->name);
    sql_text(&w, " WITH NO DATA");
    enum errcode code = pg_run(s->conn, buf_text(&text), NULL, err);
    if (code == ERR_OK) {
        code = copy_all(b, s->conn, "COPY pg_temp.telaio_stage FROM STDIN", &r, err);
    }
    if (code == ERR_OK && PQresultStatus(r) != PGRES_COMMAND_OK) {
        code = refuse(b, s->conn, r, err);
    }
    PQclear(r);
    buf_release(&text);
    return code;
}

/* A key that comes twice is updated by the second: one statement cannot do that. */
static enum errcode has_repeats(struct postgres_bulk *b, struct postgres_session *s, bool *has,
                                struct error *err)
{
    struct sql_writer w;
    struct buf text;
    PGresult *r = NULL;
    buf_init(&text, BUF_MAX_DEFAULT);
    sql_begin(&w, &postgres_dialect, &text, s->base.arena);
    sql_text(&w, "SELECT 1 FROM pg_temp.telaio_stage GROUP BY ");
    for (size_t i = 0; i < b->shape.n_conflict; i++) {
        sql_text(&w, i ? ", " : "");
        sql_ident(&w, b->shape.conflict[i]->name);
    }
    sql_text(&w, " HAVING count(*) > 1 LIMIT 1");
    enum errcode code = pg_ask(s->conn, buf_text(&text), NULL, 0, &r, err);
    buf_release(&text);
    TRY(code);
    *has = PQntuples(r) > 0;
    PQclear(r);
    return ERR_OK;
}

static enum errcode merge(struct postgres_bulk *b, struct postgres_session *s, struct error *err)
{
    struct sql_writer w;
    struct buf text;
    PGresult *r = NULL;
    buf_init(&text, BUF_MAX_DEFAULT);
    sql_begin(&w, &postgres_dialect, &text, s->base.arena);
    sql_text(&w, "WITH done AS (INSERT INTO ");
    sql_ident(&w, b->shape.table->name);
    sql_text(&w, " (");
    say_columns(&w, &b->shape);
    sql_text(&w, ") SELECT ");
    say_columns(&w, &b->shape);
    sql_text(&w, " FROM pg_temp.telaio_stage");
    sql_conflict(&w, &b->shape);
    sql_text(&w, " RETURNING (xmax = 0) AS is_new) SELECT count(*), count(*) FILTER (WHERE is_new) "
                 "FROM done");
    enum errcode code = pg_ask(s->conn, buf_text(&text), NULL, 0, &r, err);
    buf_release(&text);
    if (code != ERR_OK) {
        /* once more, to learn which row it is */
        bool is_of_row = code != ERR_UNAVAILABLE && code != ERR_BUSY && code != ERR_TIMEOUT;
        b->is_one_by_one = is_of_row && b->n_rows <= ONE_BY_ONE_MAX;
        return code;
    }
    (void)str_int64(str_of(PQgetvalue(r, 0, 0)), &b->total.n_rows);
    (void)str_int64(str_of(PQgetvalue(r, 0, 1)), &b->total.n_inserted);
    PQclear(r);
    return ERR_OK;
}

static enum errcode upsert_all(struct postgres_bulk *b, struct postgres_session *s,
                               struct error *err)
{
    bool has = false;
    TRY(stage(b, s, err));
    TRY(has_repeats(b, s, &has, err));
    return has ? one_by_one(b, s, err) : merge(b, s, err);
}

/* ---- the verbs ------------------------------------------------------------------------------- */

static enum errcode load(struct session *base, void *arg, struct error *err)
{
    struct postgres_bulk *b = arg;
    struct postgres_session *s = postgres_session_of(base);
    b->total = (struct write_result){0};
    s->conn->is_patient = true;
    TRY(pg_run(s->conn, "SET LOCAL statement_timeout = 0", NULL, err));
    if (b->is_one_by_one) {
        TRY(one_by_one(b, s, err));
    } else if (b->shape.kind == WRITE_UPSERT) {
        TRY(upsert_all(b, s, err));
    } else {
        TRY(s->place->role ? pg_run(s->conn, "SET LOCAL ROLE NONE", NULL, err) : ERR_OK);
        TRY(copy_in(b, s, err));
    }
    bool passes = b->largest_number > 0 && !s->engine->options.is_attached;
    return passes ? pg_pass_number(s, b->shape.table, b->numbered, b->largest_number, err) : ERR_OK;
}

static const struct column *numbered_column(const struct write *shape)
{
    for (size_t i = 0; i < shape->n_columns; i++) {
        if (shape->columns[i]->is_auto_increment) {
            return shape->columns[i];
        }
    }
    return NULL;
}

enum errcode postgres_bulk_begin(struct engine *engine, struct str ns, const struct write *shape,
                                 struct bulk **out, struct error *err)
{
    struct postgres_engine *e = postgres_engine_of(engine);
    struct pg_place *place = NULL;
    if (shape->kind != WRITE_INSERT && shape->kind != WRITE_UPSERT) {
        return ERROR(err, ERR_INVALID, "a bulk load inserts");
    }
    if (e->options.is_read_only) {
        return ERROR(err, ERR_FORBIDDEN, "the database is read-only");
    }
    TRY(pg_place_look(e, ns, &place, err));
    struct arena *a = arena_new();
    struct postgres_bulk *b = ARENA_NEW(a, struct postgres_bulk);
    b->arena = a;
    b->scratch = arena_new();
    b->place = place;
    b->shape = *shape;
    b->numbered = numbered_column(shape);
    b->is_one_by_one = shape->n_columns == 0;
    spill_init(&b->spill, spill_temporary(), SPILL_MAX);
    *out = &b->base;
    return ERR_OK;
}

enum errcode postgres_bulk_end(struct bulk *bulk, bool commit, struct write_result *out,
                               struct error *err)
{
    struct postgres_bulk *b = (struct postgres_bulk *)bulk;
    struct engine *e = &b->place->engine->base;
    enum errcode code = ERR_OK;
    if (commit && b->n_rows) {
        struct str ns = str_of(b->place->ns);
        bool was_one_by_one = b->is_one_by_one;
        struct error why AUTO(error_release) = ERROR_INIT;
        code = postgres_transact(e, ns, load, b, &why);
        if (code != ERR_OK && b->is_one_by_one && !was_one_by_one) {
            error_release(&why);
            code = postgres_transact(e, ns, load, b, &why);
        }
        if (code != ERR_OK) {
            (void)error_move(err, &why);
        }
    }
    if (code == ERR_OK && out) {
        *out = b->total;
    }
    spill_release(&b->spill);
    arena_free(b->scratch);
    arena_free(b->arena);
    return code;
}
