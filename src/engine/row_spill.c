#include "engine/row_spill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/attr.h"
#include "loop/loop.h"

#define SPILL_BYTES ((size_t)256 << 10)
#define ROW_MAX     ((size_t)128 << 20)

void row_spill_init(struct row_spill *s, const char *folder, size_t n_columns)
{
    *s = (struct row_spill){.folder = folder, .n_columns = n_columns, .fd = -1};
    buf_init(&s->rows, ROW_MAX);
    buf_init(&s->piece, 2 * ROW_MAX);
}

void row_spill_free(struct row_spill *s)
{
    if (s->fd >= 0) {
        (void)close(s->fd);
    }
    buf_release(&s->rows);
    buf_release(&s->piece);
}

static void pack(struct buf *b, const struct value *v)
{
    buf_addc(b, (char)v->kind);
    switch (v->kind) {
    case VALUE_BOOL:
        buf_addc(b, (char)v->b);
        return;
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
        v.b = *(*at)++ != 0;
        break;
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

/* What a worker does for a spill. */
struct work {
    struct row_spill *spill;
    size_t want; /* bytes that the piece must have */
    struct error *err;
    enum errcode code;
};

static void spill(void *arg)
{
    struct work *w = arg;
    struct row_spill *s = w->spill;
    if (s->fd < 0) {
        s->fd = open_spill(s->folder);
    }
    w->code = s->fd < 0 ? refuse_io(errno, w->err) : write_whole(s->fd, buf_str(&s->rows), w->err);
    s->n_spilt += (int64_t)s->rows.n;
    buf_clear(&s->rows);
}

/* A row is its length and its values. */
enum errcode row_spill_add(struct row_spill *s, const struct value *row, struct error *err)
{
    size_t from = s->rows.n;
    size_t length = 0;
    buf_add(&s->rows, &length, sizeof length);
    for (size_t i = 0; i < s->n_columns; i++) {
        pack(&s->rows, &row[i]);
    }
    if (buf_failed(&s->rows)) {
        return ERROR(err, ERR_TOO_LARGE, "a row is too long");
    }
    length = s->rows.n - from - sizeof length;
    memcpy(s->rows.p + from, &length, sizeof length);
    s->n_rows++;
    if (s->rows.n < SPILL_BYTES) {
        return ERR_OK;
    }
    struct work w = {.spill = s, .err = err};
    loop_run_blocking(spill, &w);
    return w.code;
}

void row_spill_rewind(struct row_spill *s)
{
    buf_clear(&s->piece);
    s->at = 0;
    s->offset = 0;
    s->is_last = false;
}

static void read_more(void *arg)
{
    struct work *w = arg;
    struct row_spill *s = w->spill;
    size_t n = w->want > SPILL_BYTES ? w->want : SPILL_BYTES;
    while (s->piece.n < w->want) {
        char *room = buf_reserve(&s->piece, n);
        int64_t left = s->n_spilt - s->offset;
        size_t size = (int64_t)n < left ? n : (size_t)left;
        ssize_t got = room && size ? pread(s->fd, room, size, s->offset) : 0;
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            w->code = ERROR(w->err, ERR_IO, "rows that were set aside cannot be read back");
            return;
        }
        buf_commit(&s->piece, (size_t)got);
        s->offset += got;
    }
}

/* @n bytes of the piece behind where it is read. */
static enum errcode want(struct row_spill *s, size_t n, struct error *err)
{
    if (s->piece.n - s->at >= n) {
        return ERR_OK;
    }
    buf_consume(&s->piece, s->at);
    s->at = 0;
    struct work w = {.spill = s, .want = n, .err = err};
    loop_run_blocking(read_more, &w);
    return w.code;
}

/* The packed values of the next row; *row is NULL at the end. */
static enum errcode next_packed(struct row_spill *s, const char **row, struct error *err)
{
    size_t length = 0;
    if (!s->is_last && s->at == s->piece.n && s->offset == s->n_spilt) {
        s->is_last = true;
        s->at = 0;
    }
    const struct buf *from = s->is_last ? &s->rows : &s->piece;
    *row = NULL;
    if (s->is_last && s->at == from->n) {
        return ERR_OK;
    }
    if (!s->is_last) {
        TRY(want(s, sizeof length, err));
    }
    memcpy(&length, from->p + s->at, sizeof length);
    if (!s->is_last) {
        TRY(want(s, sizeof length + length, err));
    }
    *row = from->p + s->at + sizeof length;
    s->at += sizeof length + length;
    return ERR_OK;
}

enum errcode row_spill_next(struct row_spill *s, struct value *row, bool *found, struct error *err)
{
    const char *packed = NULL;
    TRY(next_packed(s, &packed, err));
    *found = packed != NULL;
    for (size_t i = 0; packed && i < s->n_columns; i++) {
        row[i] = unpack(&packed);
    }
    return ERR_OK;
}
