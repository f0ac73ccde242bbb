#include "engine/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "loop/loop.h"

#define TAIL_BYTES  (256 << 10)
#define PIECE_BYTES (512 << 10)

struct work {
    struct spill *spill;
    struct error *err;
    enum errcode code;
};

void spill_init(struct spill *s, const char *folder, size_t bytes_max)
{
    *s = (struct spill){.folder = folder, .fd = -1};
    buf_init(&s->tail, bytes_max);
    buf_init(&s->piece, 2 * PIECE_BYTES);
}

const char *spill_temporary(void)
{
    const char *given = secure_getenv("TMPDIR");
    return given && *given ? given : "/var/tmp";
}

void spill_release(struct spill *s)
{
    if (s->fd >= 0) {
        (void)close(s->fd);
    }
    buf_release(&s->tail);
    buf_release(&s->piece);
}

/* A file without a name, for its owner only: gone with the process whatever happens. */
static int open_nameless(const char *folder)
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

static void write_tail(void *arg)
{
    struct work *w = arg;
    struct spill *s = w->spill;
    if (s->fd < 0) {
        s->fd = open_nameless(s->folder);
    }
    w->code = s->fd < 0 ? refuse_io(errno, w->err) : write_whole(s->fd, buf_str(&s->tail), w->err);
    s->n_spilt += (int64_t)s->tail.n;
    buf_clear(&s->tail);
}

enum errcode spill_settle(struct spill *s, struct error *err)
{
    struct work w = {.spill = s, .err = err};
    if (buf_failed(&s->tail)) {
        return ERROR(err, ERR_TOO_LARGE, "a row is too long");
    }
    if (s->tail.n >= TAIL_BYTES) {
        loop_run_blocking(write_tail, &w);
    }
    return w.code;
}

void spill_rewind(struct spill *s)
{
    s->offset = 0;
    s->is_tail = false;
}

static void read_piece(void *arg)
{
    struct work *w = arg;
    struct spill *s = w->spill;
    int64_t left = s->n_spilt - s->offset;
    size_t want = left < PIECE_BYTES ? (size_t)left : PIECE_BYTES;
    buf_clear(&s->piece);
    char *room = buf_reserve(&s->piece, want);
    ssize_t got;
    do {
        got = room ? pread(s->fd, room, want, s->offset) : 0;
    } while (got < 0 && errno == EINTR);
    if (got <= 0) {
        w->code = ERROR(w->err, ERR_IO, "rows that were set aside cannot be read back");
        return;
    }
    buf_commit(&s->piece, (size_t)got);
    s->offset += got;
}

enum errcode spill_next(struct spill *s, struct str *out, struct error *err)
{
    struct work w = {.spill = s, .err = err};
    if (s->offset < s->n_spilt) {
        loop_run_blocking(read_piece, &w);
        *out = buf_str(&s->piece);
        return w.code;
    }
    *out = s->is_tail ? (struct str){NULL, 0} : buf_str(&s->tail);
    s->is_tail = true;
    return ERR_OK;
}

enum errcode spill_fill(struct spill *s, struct buf *piece, size_t *at, size_t n, struct error *err)
{
    struct str more = {"", 1};
    if (piece->n - *at >= n) {
        return ERR_OK;
    }
    buf_consume(piece, *at);
    *at = 0;
    while (piece->n < n && more.n) {
        TRY(spill_next(s, &more, err));
        buf_add_str(piece, more);
    }
    return buf_failed(piece) ? ERROR(err, ERR_TOO_LARGE, "a row is too long") : ERR_OK;
}
