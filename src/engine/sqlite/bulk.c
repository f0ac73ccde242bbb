#include "base/attr.h"
#include "engine/row_spill.h"
#include "engine/sqlcommon/sql_writer.h"
#include "engine/sqlite/dialect.h"
#include "engine/sqlite/session.h"
#include "engine/sqlite/storage.h"

/*
 * A bulk load. Rows are set aside beside the database; no lock is held while they come. The end is
 * one request of the writer's queue: it reads them back and inserts them with one prepared
 * statement, so that other writers wait for that part only, and all rows are there or none.
 */
struct sqlite_bulk {
    struct bulk base;
    struct arena *arena;
    struct arena *scratch; /* of one row */
    struct file *file;     /* its folder is where rows spill to; kept open */
    struct str ns;
    struct write shape;
    struct row_spill rows;
    struct value *row; /* the one that goes in or comes out */
    struct write_result total;
};

enum errcode sqlite_bulk_begin(struct engine *engine, struct str ns, const struct write *shape,
                               struct bulk **out, struct error *err)
{
    struct sqlite_engine *e = (struct sqlite_engine *)engine;
    struct file *f = NULL;
    if (shape->kind != WRITE_INSERT && shape->kind != WRITE_UPSERT) {
        return ERROR(err, ERR_INVALID, "a bulk load inserts");
    }
    if (e->settings.read_only) {
        return ERROR(err, ERR_FORBIDDEN, "the database is read-only");
    }
    TRY(file_acquire(e, ns, &f, err));
    struct arena *a = arena_new();
    struct sqlite_bulk *b = ARENA_NEW(a, struct sqlite_bulk);
    b->arena = a;
    b->scratch = arena_new();
    b->file = f;
    b->ns = str_of(arena_str(a, ns));
    b->shape = *shape;
    b->row = ARENA_ARRAY(a, shape->n_columns, struct value);
    row_spill_init(&b->rows, e->settings.folder, shape->n_columns);
    *out = &b->base;
    return ERR_OK;
}

enum errcode sqlite_bulk_row(struct bulk *bulk, const struct value *values, struct error *err)
{
    struct sqlite_bulk *b = (struct sqlite_bulk *)bulk;
    arena_reset(b->scratch);
    for (size_t i = 0; i < b->shape.n_columns; i++) {
        b->row[i] = sqlite_encode(b->scratch, b->shape.columns[i], values[i]);
    }
    return row_spill_add(&b->rows, b->row, err);
}

static enum errcode insert_row(struct sqlite_bulk *b, struct conn *c, sqlite3_stmt *stmt,
                               struct error *err)
{
    for (size_t i = 0; i < b->shape.n_columns; i++) {
        TRY(conn_bind_one(c, stmt, i, &b->row[i], err));
    }
    bool upsert = b->shape.kind == WRITE_UPSERT;
    if (upsert) {
        sqlite3_set_last_insert_rowid(c->db, 0);
    }
    int rc = sqlite3_step(stmt);
    if (rc != SQLITE_DONE) {
        return conn_step_error(c, rc, "inserting a row", err);
    }
    int64_t n = sqlite3_changes64(c->db);
    int64_t id = sqlite3_last_insert_rowid(c->db);
    b->total.n_rows += n;
    b->total.n_inserted += !upsert || id ? n : 0;
    b->total.last_id = id ? id : b->total.last_id;
    (void)sqlite3_reset(stmt);
    return ERR_OK;
}

static enum errcode insert_rows(struct sqlite_bulk *b, struct conn *c, sqlite3_stmt *stmt,
                                struct error *err)
{
    for (int64_t n = 0;; n++) {
        bool found = false;
        TRY(row_spill_next(&b->rows, b->row, &found, err));
        if (!found) {
            return ERR_OK;
        }
        enum errcode code = insert_row(b, c, stmt, err);
        if (code != ERR_OK) {
            (void)error_prefix_where(err, arena_printf(b->arena, "/%lld", (long long)n));
            return code;
        }
    }
}

static enum errcode insert_all(struct session *base, void *arg, struct error *err)
{
    struct sqlite_bulk *b = arg;
    struct conn *c = sqlite_session_of(base)->conn;
    struct sql_writer w;
    sqlite3_stmt *stmt = NULL;
    b->total = (struct write_result){0};
    buf_clear(&c->text);
    sql_begin(&w, &sqlite_dialect, &c->text, base->arena);
    sql_insert_shape(&w, &b->shape);
    if (w.broken) {
        return ERROR(err, ERR_INVALID, "the rows cannot be inserted: %s", w.broken);
    }
    TRY(conn_prepare(c, buf_str(&c->text), &stmt, err));
    row_spill_rewind(&b->rows);
    enum errcode code = insert_rows(b, c, stmt, err);
    conn_release(c, stmt);
    return code;
}

enum errcode sqlite_bulk_end(struct bulk *bulk, bool commit, struct write_result *out,
                             struct error *err)
{
    struct sqlite_bulk *b = (struct sqlite_bulk *)bulk;
    enum errcode code = ERR_OK;
    if (commit && b->rows.n_rows) {
        code = sqlite_transact(&b->file->engine->base, b->ns, insert_all, b, err);
    }
    if (code == ERR_OK && out) {
        *out = b->total;
    }
    row_spill_free(&b->rows);
    file_release(b->file);
    arena_free(b->scratch);
    arena_free(b->arena);
    return code;
}
