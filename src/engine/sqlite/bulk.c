#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/attr.h"
#include "engine/sqlcommon/sql_writer.h"
#include "engine/sqlite/dialect.h"
#include "engine/sqlite/session.h"
#include "engine/sqlite/storage.h"

/*
 * A bulk load. Rows are packed into a buffer that spills to a nameless file beside the database;
 * no lock is held while they come. The end is one request of the writer's queue: it reads them back
 * and inserts them with one prepared statement, so that other writers wait for that part only, and
 * all rows are there or none.
 */
#define SPILL_BYTES (256 << 10)
#define ROW_MAX     (128 << 20)

struct sqlite_bulk {
    struct bulk base;
    struct arena *arena;
    struct arena *scratch; /* of one row */
    struct file *file;     /* its folder is where rows spill to; kept open */
    struct str ns;
    struct write shape;
    struct buf rows; /* packed, not spilt yet */
    int fd;          /* -1 = nothing spilt */
    int64_t n_spilt; /* bytes in the file */
    int64_t n_rows;
    struct write_result total;
    struct error *err;
    enum errcode code;
};

static void pack(struct buf *b, const struct value *v)
{
    buf_addc(b, (char)v->kind);
    switch (v->kind) {
    case VALUE_BOOL:
    case VALUE_INT:
        buf_add(b, &v->i, sizeof v->i);
        return;
    case VALUE_FLOAT:
        buf_add(b, &v->f, sizeof v->f);
        return;
    case VALUE_TEXT:
    case VALUE_BYTES:
        buf_add(b, &v->s.n, sizeof v->s.n);
        buf_add_str(b, v->s);
        return;
    case VALUE_NULL:
        return;
    }
}

/* What is packed at *@at; the caller knows that it is whole. */
static struct value unpack(const char **at)
{
    struct value v = {.kind = (enum value_kind)(unsigned char)*(*at)++};
    switch (v.kind) {
    case VALUE_BOOL:
    case VALUE_INT:
        memcpy(&v.i, *at, sizeof v.i);
        *at += sizeof v.i;
        break;
    case VALUE_FLOAT:
        memcpy(&v.f, *at, sizeof v.f);
        *at += sizeof v.f;
        break;
    case VALUE_TEXT:
    case VALUE_BYTES:
        memcpy(&v.s.n, *at, sizeof v.s.n);
        *at += sizeof v.s.n;
        v.s.p = *at;
        *at += v.s.n;
        break;
    case VALUE_NULL:
        break;
    }
    return v;
}

/* A file without a name, for its owner only: gone with the process whatever happens. */
static int open_spill(const char *folder)
{
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0) {
        return fd;
    }
    struct arena *a AUTO(arena_freep) = arena_new();
    char *path = arena_printf(a, "%s/.bulk-XXXXXX", folder);
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0) {
        (void)unlink(path);
    }
    return fd;
}

static enum errcode refuse_io(int error, struct error *err)
{
    bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
    return ERROR(err, full ? ERR_DISK_FULL : ERR_IO, "rows cannot be set aside: %s",
                 strerror(error));
}

static enum errcode write_whole(int fd, struct str bytes, struct error *err)
{
    while (bytes.n) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return refuse_io(n < 0 ? errno : ENOSPC, err);
        }
        bytes = str_sub(bytes, (size_t)n);
    }
    return ERR_OK;
}

static void spill(void *arg)
{
    struct sqlite_bulk *b = arg;
    if (b->fd < 0) {
        b->fd = open_spill(b->file->engine->settings.folder);
    }
    b->code = b->fd < 0 ? refuse_io(errno, b->err) : write_whole(b->fd, buf_str(&b->rows), b->err);
    b->n_spilt += (int64_t)b->rows.n;
    buf_clear(&b->rows);
}

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
    b->fd = -1;
    buf_init(&b->rows, ROW_MAX);
    *out = &b->base;
    return ERR_OK;
}

/* A row is its length and its values. */
enum errcode sqlite_bulk_row(struct bulk *bulk, const struct value *values, struct error *err)
{
    struct sqlite_bulk *b = (struct sqlite_bulk *)bulk;
    size_t from = b->rows.n;
    size_t length = 0;
    arena_reset(b->scratch);
    buf_add(&b->rows, &length, sizeof length);
    for (size_t i = 0; i < b->shape.n_columns; i++) {
        struct value v = sqlite_encode(b->scratch, b->shape.columns[i], values[i]);
        pack(&b->rows, &v);
    }
    if (buf_failed(&b->rows)) {
        return ERROR(err, ERR_TOO_LARGE, "a row is too long");
    }
    length = b->rows.n - from - sizeof length;
    memcpy(b->rows.p + from, &length, sizeof length);
    b->n_rows++;
    if (b->rows.n < SPILL_BYTES) {
        return ERR_OK;
    }
    b->err = err;
    wait_run(spill, b);
    return b->code;
}

/* Reading back: the file in pieces, then what never left the buffer. */
struct source {
    struct sqlite_bulk *bulk;
    struct buf piece;
    size_t at;
    int64_t offset; /* of the file, behind the piece */
    bool is_last;   /* the piece is the rest that was not spilt */
};

static enum errcode read_more(struct source *s, size_t want, struct error *err)
{
    buf_consume(&s->piece, s->at);
    s->at = 0;
    size_t n = want > SPILL_BYTES ? want : SPILL_BYTES;
    while (s->piece.n < want) {
        char *room = buf_reserve(&s->piece, n);
        int64_t left = s->bulk->n_spilt - s->offset;
        size_t size = (int64_t)n < left ? n : (size_t)left;
        ssize_t got = room && size ? pread(s->bulk->fd, room, size, s->offset) : 0;
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return ERROR(err, ERR_IO, "rows that were set aside cannot be read back");
        }
        buf_commit(&s->piece, (size_t)got);
        s->offset += got;
    }
    return ERR_OK;
}

/* The packed values of the next row; *row is NULL at the end. */
static enum errcode next_row(struct source *s, const char **row, struct error *err)
{
    const struct buf *from = s->is_last ? &s->bulk->rows : &s->piece;
    size_t length = 0;
    if (!s->is_last && s->at == from->n && s->offset == s->bulk->n_spilt) {
        s->is_last = true;
        s->at = 0;
        from = &s->bulk->rows;
    }
    if (s->is_last && s->at == from->n) {
        *row = NULL;
        return ERR_OK;
    }
    if (!s->is_last && from->n - s->at < sizeof length) {
        TRY(read_more(s, sizeof length, err));
    }
    memcpy(&length, from->p + s->at, sizeof length);
    if (!s->is_last && from->n - s->at < sizeof length + length) {
        TRY(read_more(s, sizeof length + length, err));
    }
    *row = from->p + s->at + sizeof length;
    s->at += sizeof length + length;
    return ERR_OK;
}

static enum errcode insert_row(struct sqlite_bulk *b, struct conn *c, sqlite3_stmt *stmt,
                               const char *row, struct error *err)
{
    for (size_t i = 0; i < b->shape.n_columns; i++) {
        struct value v = unpack(&row);
        TRY(conn_bind_one(c, stmt, i, &v, err));
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
                                struct source *s, struct error *err)
{
    for (int64_t n = 0;; n++) {
        const char *row = NULL;
        TRY(next_row(s, &row, err));
        if (!row) {
            return ERR_OK;
        }
        enum errcode code = insert_row(b, c, stmt, row, err);
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
    struct source s = {.bulk = b};
    buf_init(&s.piece, 2 * (size_t)ROW_MAX);
    enum errcode code = insert_rows(b, c, stmt, &s, err);
    buf_release(&s.piece);
    conn_release(c, stmt);
    return code;
}

enum errcode sqlite_bulk_end(struct bulk *bulk, bool commit, struct write_result *out,
                             struct error *err)
{
    struct sqlite_bulk *b = (struct sqlite_bulk *)bulk;
    enum errcode code = ERR_OK;
    if (commit && b->n_rows) {
        code = sqlite_transact(&b->file->engine->base, b->ns, insert_all, b, err);
    }
    if (code == ERR_OK && out) {
        *out = b->total;
    }
    if (b->fd >= 0) {
        (void)close(b->fd);
    }
    buf_release(&b->rows);
    file_release(b->file);
    arena_free(b->scratch);
    arena_free(b->arena);
    return code;
}
