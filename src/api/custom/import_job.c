#include "api/custom/import_job.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "app/jobs.h"
#include "app/transfer.h"

#define PIECE_BYTES ((size_t)64 << 10)

/* The file that waits: without a name, so that it is gone whatever happens. */
struct staged {
    struct arena *arena; /* owns this */
    int fd;
    int64_t size, at;
    struct str table;
    struct import_request in;
    struct job_run *run;
    char *piece;
    struct str bytes; /* for the worker */
    int error;        /* errno of the last blocking call */
};

static void release(void *arg)
{
    struct staged *s = arg;
    if (s->fd >= 0) {
        (void)close(s->fd);
    }
    arena_free(s->arena);
}

static enum errcode refuse(int error, struct error *err)
{
    bool is_full = error == ENOSPC || error == EDQUOT || error == EFBIG;
    return ERROR(err, is_full ? ERR_DISK_FULL : ERR_IO, "the upload cannot be kept: %s",
                 strerror(error));
}

static void open_file(void *arg)
{
    struct staged *s = arg;
    const char *folder = arena_str(s->arena, s->bytes);
    s->fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (s->fd < 0) { /* a file system without nameless files */
        char *path = arena_printf(s->arena, "%s/.upload-XXXXXX", folder);
        s->fd = mkostemp(path, O_CLOEXEC);
        if (s->fd >= 0) {
            (void)unlink(path);
        }
    }
    s->error = s->fd < 0 ? errno : 0;
}

static void write_bytes(void *arg)
{
    struct staged *s = arg;
    struct str left = s->bytes;
    s->error = 0;
    while (left.n && !s->error) {
        ssize_t n = write(s->fd, left.p, left.n);
        if (n > 0) {
            left = str_sub(left, (size_t)n);
        } else if (n == 0 || errno != EINTR) {
            s->error = n == 0 ? ENOSPC : errno;
        }
    }
}

static void read_bytes(void *arg)
{
    struct staged *s = arg;
    ssize_t n;
    do {
        n = pread(s->fd, s->piece, PIECE_BYTES, s->at);
    } while (n < 0 && errno == EINTR);
    s->error = n < 0 ? errno : 0;
    s->bytes = (struct str){s->piece, n > 0 ? (size_t)n : 0};
}

static enum errcode read_staged(void *arg, struct str *piece, struct error *err)
{
    struct staged *s = arg;
    loop_run_blocking(read_bytes, s);
    if (s->error) {
        return refuse(s->error, err);
    }
    s->at += (int64_t)s->bytes.n;
    *piece = s->bytes;
    return ERR_OK;
}

static bool go_on(void *arg, int64_t rows, int64_t bytes)
{
    struct staged *s = arg;
    (void)rows;
    job_progress(s->run, bytes);
    return !job_is_cancelled(s->run);
}

static enum errcode run(struct job_run *job, const struct caller *c, void *arg, struct error *err)
{
    struct staged *s = arg;
    struct import_result result = {0};
    struct buf b;
    s->run = job;
    s->in.read = read_staged;
    s->in.progress = go_on;
    s->in.arg = s->in.progress_arg = s;
    enum errcode code = transfer_import(c, s->table, &s->in, &result, err);
    buf_init(&b, BUF_MAX_DEFAULT);
    import_result_encode(&result, &b);
    if (!buf_failed(&b)) {
        job_result(job, buf_text(&b));
    }
    buf_release(&b);
    return code;
}

static enum errcode take_body(struct call *c, struct staged *s, struct upload *upload,
                              struct error *err)
{
    s->bytes = str_of(c->app->settings->text[SETTING_DATA]);
    loop_run_blocking(open_file, s);
    while (!s->error) {
        TRY(upload_read(upload, &s->bytes, err));
        if (s->bytes.n == 0) {
            return ERR_OK;
        }
        s->size += (int64_t)s->bytes.n;
        loop_run_blocking(write_bytes, s);
    }
    return refuse(s->error, err);
}

static struct staged *make_staged(struct call *c, const struct import_request *in)
{
    struct arena *a = arena_new();
    struct staged *s = ARENA_NEW(a, struct staged);
    s->arena = a;
    s->fd = -1;
    s->table = str_of(arena_strdup(a, call_param(c, "table")));
    s->in = *in;
    s->in.map = arena_strdup(a, in->map);
    s->in.upsert = arena_strdup(a, in->upsert);
    s->piece = arena_alloc(a, PIECE_BYTES);
    return s;
}

enum errcode import_job(struct call *c, struct upload *upload, const struct import_request *in,
                        struct error *err)
{
    struct job job;
    struct answer a;
    struct staged *s = make_staged(c, in);
    enum errcode code = take_body(c, s, upload, err);
    if (code == ERR_OK) {
        code = jobs_start(c->caller, "import", arena_printf(c->arena, "%s", call_param(c, "table")),
                          s->size, run, release, s, &job, err);
    }
    if (code != ERR_OK) {
        release(s);
        return code;
    }
    response_header(c->request, "Location", arena_printf(c->arena, "/api/jobs/%s", job.id));
    answer_begin(c, &a, 202);
    job_encode(&job, a.buf);
    return answer_end(c, &a, NULL, err);
}
