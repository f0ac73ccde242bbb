#include <string.h>
#include <sys/socket.h>

#include "http/request.h"

#define STREAM_BLOCK 16384 /* for clients of HTTP/1.0; others get chunks as large as the pool */

static bool has_body(const struct request *r)
{
    return !r->is_head && r->status != 204 && r->status != 304;
}

/* ---- streaming --------------------------------------------------------------------------- */

/* What was held back until the answer was decided. */
static size_t take_held(struct request *r, char *to, size_t max)
{
    size_t left = r->held.n - r->held_sent;
    size_t n = left < max ? left : max;
    if (n > 0) {
        memcpy(to, r->held.p + r->held_sent, n);
        r->held_sent += n;
    }
    return n;
}

/* Let the fiber write into @to until it is full or the fiber waits for something else. */
static size_t take_more(struct request *r, char *to, size_t max)
{
    r->room = to;
    r->room_n = 0;
    r->room_cap = max;
    request_run(r);
    size_t n = r->room_n;
    r->room = NULL;
    r->room_n = r->room_cap = 0;
    return n;
}

static ssize_t cut(const struct request *r)
{
    /* The end of an HTTP/1.0 answer is the end of the connection, so that must look broken: this
     * resets at once, before the library ends it in an orderly way. */
    const struct sockaddr nowhere = {.sa_family = AF_UNSPEC};
    if (r->is_http10) {
        (void)connect(r->fd, &nowhere, sizeof nowhere); /* fails when it is broken already */
    }
    return MHD_CONTENT_READER_END_WITH_ERROR;
}

/* The library pulls: it lends its buffer when the socket can take more. */
static ssize_t pull(void *cls, uint64_t position, char *to, size_t max)
{
    struct request *r = cls;
    (void)position;
    home_stir(r->home);
    size_t n = take_held(r, to, max);
    if (n == 0 && r->fiber && r->state == FIBER_PARKED) {
        n = take_more(r, to, max);
    }
    if (r->is_gone) {
        return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    if (n > 0) {
        return (ssize_t)n;
    }
    if (!r->fiber) {
        return r->is_aborted ? cut(r) : MHD_CONTENT_READER_END_OF_STREAM;
    }
    request_suspend(r); /* and 0: alone that would be asked again at once */
    return 0;
}

/* ---- queueing ---------------------------------------------------------------------------- */

static void let_go(void *cls)
{
    request_drop(cls);
}

static struct MHD_Response *wrap_constant(const void *p, size_t n)
{
    /* the library's parameter is not const, but persistent bytes are only read */
    return MHD_create_response_from_buffer(n, (void *)(uintptr_t)p, MHD_RESPMEM_PERSISTENT);
}

/* The body as the library takes it; nothing is copied. */
static struct MHD_Response *wrap(struct request *r)
{
    if (!has_body(r)) {
        /* told, never read: a 304 or a HEAD has the length of the whole answer */
        return wrap_constant("", r->status == 204 ? 0 : (size_t)r->written);
    }
    if (r->fixed.p) {
        return wrap_constant(r->fixed.p, r->fixed.n);
    }
    if (!r->is_streaming && r->held.n == 0) {
        return wrap_constant("", 0);
    }
    request_hold(r); /* until let_go() */
    struct MHD_Response *made =
        r->is_streaming
            ? MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK, pull, r, let_go)
            : MHD_create_response_from_buffer_with_free_callback_cls(r->held.n, r->held.p, let_go,
                                                                     r);
    if (!made) {
        request_drop(r);
    }
    return made;
}

enum MHD_Result answer_queue(struct request *r)
{
    if (r->is_aborted && !r->is_streaming) {
        return MHD_NO;
    }
    r->closes_early = r->phase < PHASE_END;
    r->phase = PHASE_ANSWER;
    r->home->n_answering++;
    r->home->answer_runs = 1;
    struct MHD_Response *made = wrap(r);
    if (!made) {
        return MHD_NO;
    }
    enum MHD_Result ok = MHD_add_response_header(made, "X-Request-Id", r->id);
    for (size_t i = 0; i < r->n_lines; i++) {
        if (*r->lines[i].value) { /* the library takes no empty ones */
            ok &= MHD_add_response_header(made, r->lines[i].name, r->lines[i].value);
        }
    }
    if (r->home->server->is_stopping) {
        ok &= MHD_add_response_header(made, "Connection", "close");
    }
    ok &= MHD_queue_response(r->connection, (unsigned)r->status, made);
    MHD_destroy_response(made); /* the library keeps its own */
    return ok;
}

void answer_refuse(struct request *r, const struct error *err)
{
    (void)response_reset(r); /* nothing was sent: the handler did not run */
    response_status(r, errcode_row(err->code)->http_status);
    response_header(r, "Content-Type", "text/plain; charset=utf-8");
    if (err->code == ERR_UNAVAILABLE) {
        response_header(r, "Retry-After", "1");
    }
    buf_adds(&r->held, err->message);
    buf_addc(&r->held, '\n');
    r->written = (int64_t)r->held.n;
}

void answer_past(struct request *r)
{
    struct buf b;
    if (r->is_streaming || r->is_aborted) {
        return; /* too long to go out in one piece */
    }
    buf_init(&b, BUF_MAX_DEFAULT);
    buf_printf(&b, "HTTP/1.1 %d %s\r\nX-Request-Id: %s\r\nConnection: close\r\n", r->status,
               MHD_get_reason_phrase_for((unsigned)r->status), r->id);
    for (size_t i = 0; i < r->n_lines; i++) {
        buf_printf(&b, "%s: %s\r\n", r->lines[i].name, r->lines[i].value);
    }
    struct str body = r->fixed.p ? r->fixed : buf_str(&r->held);
    if (r->status != 204) {
        buf_printf(&b, "Content-Length: %lld\r\n", (long long)r->written);
    }
    buf_adds(&b, "\r\n");
    if (has_body(r)) {
        buf_add_str(&b, body);
    }
    /* nothing else waits to be sent here, so the socket's buffer takes it; what it does not take,
     * nobody can be told */
    (void)!send(r->fd, b.p, b.n, MSG_DONTWAIT | MSG_NOSIGNAL);
    buf_release(&b);
}
