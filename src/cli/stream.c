#include "cli/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/time.h"
#include "cli/output.h"

#define PIECE        ((size_t)64 << 10)
#define REDRAW_US    100000
#define BAR_WIDTH    30
#define WHAT_MAX     60
#define CLEAR_LINE   "\r\033[K"
#define PERCENT_FULL 100

static enum errcode refuse(const char *verb, const char *path, struct error *err)
{
    enum errcode code = errno == ENOENT                      ? ERR_NOT_FOUND
                        : errno == EEXIST                    ? ERR_CONFLICT
                        : errno == EACCES || errno == EPERM  ? ERR_FORBIDDEN
                        : errno == ENOSPC || errno == EDQUOT ? ERR_DISK_FULL
                                                             : ERR_IO;
    return ERROR(err, code, "cannot %s \"%s\": %s", verb, path, strerror(errno));
}

/* ---- out
 * ----------------------------------------------------------------------------------------- */

enum errcode stream_out_open(struct stream_out *s, const char *path, struct error *err)
{
    *s = (struct stream_out){.fd = STDOUT_FILENO};
    if (path && !text_eq(path, "-")) {
        s->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (s->fd < 0) {
            return refuse("write", path, err);
        }
    }
    buf_init(&s->piece, PIECE);
    return ERR_OK;
}

static enum errcode flush(struct stream_out *s, struct error *err)
{
    enum errcode code = output_write(s->fd, s->piece.p, s->piece.n, err);
    buf_clear(&s->piece);
    return code;
}

enum errcode stream_out_put(void *arg, const void *p, size_t n, struct error *err)
{
    struct stream_out *s = arg;
    s->n_bytes += (int64_t)n;
    if (s->piece.n + n > PIECE) {
        TRY(flush(s, err));
    }
    if (n > PIECE) {
        return output_write(s->fd, p, n, err);
    }
    buf_add(&s->piece, p, n);
    return ERR_OK;
}

enum errcode stream_out_close(struct stream_out *s, struct error *err)
{
    enum errcode code = flush(s, err);
    buf_release(&s->piece);
    if (s->fd == STDOUT_FILENO) {
        return code;
    }
    if (code == ERR_OK && fsync(s->fd) != 0) {
        code = refuse("write", "the file", err);
    }
    if (close(s->fd) != 0 && code == ERR_OK) {
        code = refuse("close", "the file", err);
    }
    return code;
}

/* ---- in
 * ------------------------------------------------------------------------------------------ */

enum errcode stream_in_open(struct stream_in *s, struct arena *a, const char *path,
                            struct error *err)
{
    struct stat st;
    *s = (struct stream_in){.fd = STDIN_FILENO, .piece = arena_alloc(a, PIECE)};
    if (!text_eq(path, "-")) {
        s->fd = open(path, O_RDONLY | O_CLOEXEC);
    }
    if (s->fd < 0 || fstat(s->fd, &st) != 0) {
        return refuse("read", path, err);
    }
    if (S_ISDIR(st.st_mode)) {
        stream_in_close(s);
        return ERROR(err, ERR_USAGE, "\"%s\" is a folder", path);
    }
    s->total = S_ISREG(st.st_mode) ? (int64_t)st.st_size : 0;
    return ERR_OK;
}

enum errcode stream_in_read(void *arg, struct str *piece, struct error *err)
{
    struct stream_in *s = arg;
    for (;;) {
        ssize_t got = read(s->fd, s->piece, PIECE);
        if (got >= 0) {
            *piece = (struct str){s->piece, (size_t)got};
            return ERR_OK;
        }
        if (errno == EAGAIN) {
            struct pollfd wait = {.fd = s->fd, .events = POLLIN};
            (void)poll(&wait, 1, -1); /* read() tells what is wrong */
        } else if (errno != EINTR) {
            return ERROR(err, ERR_IO, "the file cannot be read: %s", strerror(errno));
        }
    }
}

void stream_in_close(struct stream_in *s)
{
    if (s->fd > STDIN_FILENO) {
        (void)close(s->fd); /* opened for reading: nothing is lost */
    }
    s->fd = -1;
}

/* ---- the bar
 * --------------------------------------------------------------------------------------- */

static void draw(const char *text)
{
    struct error ignored = ERROR_INIT;
    enum errcode code = output_write(STDERR_FILENO, text, strlen(text), &ignored);
    (void)code; /* a bar that cannot be drawn is no bar */
    error_release(&ignored);
}

void progress_start(struct progress *p, int64_t total)
{
    *p = (struct progress){.is_shown = isatty(STDERR_FILENO), .total = total};
}

void progress_show(struct progress *p, int64_t done, const char *what)
{
    int64_t now = time_monotonic_us();
    if (!p->is_shown || now - p->shown_at < REDRAW_US) {
        return;
    }
    AUTO(arena_freep) struct arena *a = arena_new();
    p->shown_at = now;
    if (p->total <= 0) {
        draw(arena_printf(a, CLEAR_LINE "%.*s", WHAT_MAX, what));
        return;
    }
    int64_t part = done < p->total ? done : p->total;
    int filled = (int)(part * BAR_WIDTH / p->total);
    char bar[BAR_WIDTH + 1];
    memset(bar, '.', BAR_WIDTH);
    memset(bar, '#', (size_t)filled);
    bar[BAR_WIDTH] = '\0';
    draw(arena_printf(a, CLEAR_LINE "[%s] %3d %%  %.*s", bar, (int)(part * PERCENT_FULL / p->total),
                      WHAT_MAX, what));
}

void progress_end(struct progress *p)
{
    if (p->is_shown && p->shown_at) {
        draw(CLEAR_LINE);
    }
    p->is_shown = false;
}
