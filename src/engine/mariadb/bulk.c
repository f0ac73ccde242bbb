#include <stdlib.h>

#include "base/attr.h"
#include "engine/mariadb/core.h"
#include "engine/mariadb/errors.h"
#include "engine/mariadb/stmt.h"
#include "engine/mariadb/types.h"
#include "engine/row_spill.h"

/*
 * A bulk load. Rows are set aside on this side while they come; the end is one transaction of
 * inserts of many rows each. Where one of those is refused its rows go one by one, to find the row
 * that is wrong. An upsert goes in many rows at once where no other unique key could collide.
 */
#define BATCH_ROWS   64
#define BATCH_PARAMS 30000
#define BATCH_BYTES  ((size_t)1 << 20)

/* Counts the rows that were there, which the number of touched rows does not tell. */
#define COUNTER "@telaio_there"
#define BEFORE  "@telaio_before" /* the statement that runs: a refused one has counted as well */

struct mariadb_bulk {
    struct bulk base;
    struct arena *arena;
    struct arena *batch; /* of the rows that go in next */
    struct mariadb_engine *engine;
    struct str ns;
    struct write shape;
    struct row_spill spill;
    size_t batch_max;
    struct value *values; /* of a batch, row after row */
    size_t n_batch;
    int64_t n_done; /* rows before the batch */
    bool is_plain;  /* many rows fit into one statement */
    struct write_result total;
};

/* The rows of @t can collide in nothing but the key of the upsert. */
static bool collides_by_key_only(const struct table *t, const struct write *w)
{
    size_t n_keys = t->n_primary_key ? 1 : 0;
    bool is_primary = t->n_primary_key == w->n_conflict;
    for (size_t i = 0; is_primary && i < w->n_conflict; i++) {
        is_primary = table_in_primary_key(t, w->conflict[i]->name);
    }
    for (size_t i = 0; i < t->n_indexes; i++) {
        n_keys += t->indexes[i].is_unique && !text_eq(t->indexes[i].name, "PRIMARY");
    }
    return w->n_conflict > 0 && n_keys == 1 && (is_primary || t->n_primary_key == 0);
}

enum errcode mariadb_bulk_begin(struct engine *engine, struct str ns, const struct write *shape,
                                struct bulk **out, struct error *err)
{
    struct mariadb_engine *e = (struct mariadb_engine *)engine;
    if (shape->kind != WRITE_INSERT && shape->kind != WRITE_UPSERT) {
        return ERROR(err, ERR_INVALID, "a bulk load inserts");
    }
    if (e->options.is_read_only) {
        return ERROR(err, ERR_FORBIDDEN, "the database is read-only");
    }
    struct arena *a = arena_new();
    struct mariadb_bulk *b = ARENA_NEW(a, struct mariadb_bulk);
    size_t n = shape->n_columns;
    b->arena = a;
    b->batch = arena_new();
    b->engine = e;
    b->ns = str_of(arena_str(a, ns));
    b->shape = *shape;
    b->is_plain = n && (shape->kind == WRITE_INSERT || collides_by_key_only(shape->table, shape));
    b->batch_max = n * BATCH_ROWS > BATCH_PARAMS ? BATCH_PARAMS / n + 1 : BATCH_ROWS;
    b->values = ARENA_ARRAY(a, b->batch_max * n, struct value);
    row_spill_init(&b->spill, spill_temporary(), n);
    *out = &b->base;
    return ERR_OK;
}

enum errcode mariadb_bulk_row(struct bulk *bulk, const struct value *values, struct error *err)
{
    return row_spill_add(&((struct mariadb_bulk *)bulk)->spill, values, err);
}

/* ---- many rows at once ---------------------------------------------------------------------- */

static bool is_among(const struct column *const *columns, size_t n, const struct column *c)
{
    for (size_t i = 0; i < n; i++) {
        if (text_eq(columns[i]->name, c->name)) {
            return true;
        }
    }
    return false;
}

/* ON DUPLICATE KEY UPDATE a = IF(counted, VALUES(a), a), b = VALUES(b) */
static void write_collision(struct sql_writer *w, const struct write *wr)
{
    size_t n = 0;
    sql_text(w, " ON DUPLICATE KEY UPDATE ");
    for (size_t i = 0; i < wr->n_columns; i++) {
        const char *name = wr->columns[i]->name;
        if (is_among(wr->conflict, wr->n_conflict, wr->columns[i]) ||
            is_among(wr->keep, wr->n_keep, wr->columns[i])) {
            continue;
        }
        sql_text(w, n ? ", " : "");
        sql_ident(w, name);
        sql_text(w, n ? " = VALUES(" : " = IF((" COUNTER " := " COUNTER " + 1) > 0, VALUES(");
        sql_ident(w, name);
        sql_text(w, n ? ")" : "), NULL)");
        n++;
    }
    if (n == 0) { /* nothing is changed, but counted */
        const char *name = wr->conflict[0]->name;
        sql_ident(w, name);
        sql_text(w, " = IF((" COUNTER " := " COUNTER " + 1) > 0, ");
        sql_ident(w, wr->table->name);
        sql_text(w, ".");
        sql_ident(w, name);
        sql_text(w, ", NULL)");
    }
}

static void write_rows(struct sql_writer *w, const struct mariadb_bulk *b)
{
    const struct write *wr = &b->shape;
    sql_text(w, "INSERT INTO ");
    sql_ident(w, wr->table->name);
    sql_text(w, " (");
    for (size_t i = 0; i < wr->n_columns; i++) {
        sql_text(w, i ? ", " : "");
        sql_ident(w, wr->columns[i]->name);
    }
    sql_text(w, ") VALUES ");
    for (size_t row = 0; row < b->n_batch; row++) {
        sql_text(w, row ? ", (" : "(");
        for (size_t i = 0; i < wr->n_columns; i++) {
            sql_text(w, i ? ", " : "");
            sql_param(w, wr->columns[i], b->values[row * wr->n_columns + i]);
        }
        sql_text(w, ")");
    }
    if (wr->kind == WRITE_UPSERT) {
        write_collision(w, wr);
    }
}

static enum errcode insert_batch(struct mariadb_bulk *b, struct my_conn *c, struct error *err)
{
    struct sql_writer w;
    struct my_stmt *s = NULL;
    buf_clear(&c->text);
    sql_begin(&w, my_dialect(b->engine), &c->text, b->batch);
    write_rows(&w, b);
    TRY(my_stmt_run(c, &w, &s, err));
    int64_t id = (int64_t)mysql_stmt_insert_id(s->handle);
    b->total.n_rows += (int64_t)b->n_batch;
    b->total.n_inserted += (int64_t)b->n_batch;
    b->total.last_id = id ? id : b->total.last_id;
    my_stmt_put(c, s);
    return ERR_OK;
}

static enum errcode insert_singly(struct mariadb_bulk *b, struct my_conn *c, struct error *err)
{
    for (size_t row = 0; row < b->n_batch; row++) {
        struct write w = b->shape;
        struct write_result r = {0};
        w.values = b->values + row * b->shape.n_columns;
        enum errcode code = my_write(c, &w, &r, err);
        if (code != ERR_OK) {
            int64_t number = b->n_done + (int64_t)row;
            (void)error_prefix_where(err, arena_printf(b->batch, "/%lld", (long long)number));
            return code;
        }
        b->total.n_rows += r.n_rows;
        b->total.n_inserted += r.n_inserted;
        b->total.last_id = r.last_id ? r.last_id : b->total.last_id;
    }
    return ERR_OK;
}

static bool counts(const struct mariadb_bulk *b)
{
    return b->is_plain && b->shape.kind == WRITE_UPSERT;
}

static enum errcode try_batch(struct mariadb_bulk *b, struct my_conn *c, bool *is_in,
                              struct error *err)
{
    if (counts(b)) {
        TRY(my_run(c, "SET " BEFORE " = " COUNTER, NULL, err));
    }
    *is_in = insert_batch(b, c, NULL) == ERR_OK;
    if (!*is_in && counts(b)) {
        TRY(my_run(c, "SET " COUNTER " = " BEFORE, NULL, err));
    }
    return ERR_OK;
}

/* A refused statement is undone by itself. */
static enum errcode insert(struct mariadb_bulk *b, struct my_conn *c, struct error *err)
{
    bool is_in = false;
    enum errcode code = b->is_plain ? try_batch(b, c, &is_in, err) : ERR_OK;
    if (code == ERR_OK && !is_in) {
        code = insert_singly(b, c, err);
    }
    b->n_done += (int64_t)b->n_batch;
    b->n_batch = 0;
    arena_reset(b->batch);
    return code;
}

static enum errcode insert_rows(struct mariadb_bulk *b, struct my_conn *c, struct error *err)
{
    size_t n = b->shape.n_columns;
    for (;;) {
        struct value *row = b->values + b->n_batch * n;
        bool found = false;
        TRY(row_spill_next(&b->spill, row, &found, err));
        for (size_t i = 0; found && i < n; i++) {
            row[i] = value_copy(b->batch, row[i]);
        }
        b->n_batch += found ? 1 : 0;
        bool is_full = b->n_batch == b->batch_max || arena_bytes(b->batch) > BATCH_BYTES;
        if (b->n_batch && (is_full || !found)) {
            TRY(insert(b, c, err));
        }
        if (!found) {
            return ERR_OK;
        }
    }
}

static enum errcode count_there(struct mariadb_bulk *b, struct my_conn *c, struct error *err)
{
    MYSQL_RES *r = NULL;
    int64_t n = 0;
    TRY(my_ask(c, "SELECT CAST(" COUNTER " AS SIGNED)", NULL, 0, &r, err));
    MYSQL_ROW row = mysql_fetch_row(r);
    bool is_number = row && row[0] && str_int64(str_of(row[0]), &n);
    mysql_free_result(r);
    if (!is_number) {
        return ERROR(err, ERR_INTERNAL, "the rows that were there were not counted");
    }
    b->total.n_inserted -= n;
    return ERR_OK;
}

static bool changes_nothing(const struct write *w)
{
    for (size_t i = 0; i < w->n_columns; i++) {
        if (!is_among(w->conflict, w->n_conflict, w->columns[i]) &&
            !is_among(w->keep, w->n_keep, w->columns[i])) {
            return false;
        }
    }
    return true;
}

static enum errcode insert_all(struct session *base, void *arg, struct error *err)
{
    struct mariadb_bulk *b = arg;
    struct my_conn *c = NULL;
    TRY(mariadb_own(mariadb_session_of(base), &c, err));
    b->total = (struct write_result){0};
    b->n_batch = 0;
    b->n_done = 0;
    row_spill_rewind(&b->spill);
    if (counts(b)) {
        TRY(my_run(c, "SET " COUNTER " = 0", NULL, err));
    }
    TRY(insert_rows(b, c, err));
    if (counts(b)) {
        TRY(count_there(b, c, err));
        b->total.n_rows = changes_nothing(&b->shape) ? b->total.n_inserted : b->total.n_rows;
    }
    return ERR_OK;
}

enum errcode mariadb_bulk_end(struct bulk *bulk, bool commit, struct write_result *out,
                              struct error *err)
{
    struct mariadb_bulk *b = (struct mariadb_bulk *)bulk;
    enum errcode code = ERR_OK;
    if (commit && b->spill.n_rows) {
        code = mariadb_transact(&b->engine->base, b->ns, insert_all, b, err);
    }
    if (code == ERR_OK && out) {
        *out = b->total;
    }
    row_spill_free(&b->spill);
    arena_free(b->batch);
    arena_free(b->arena);
    return code;
}
