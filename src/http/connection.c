#include <string.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "http/request.h"
#include "http/wire.h"
#include "observe/log.h"
#include "observe/metrics.h"

/*
 * What the library calls. Its access handler is called first when the headers are there, then for
 * each piece of the body, then once more; an answer may be queued in the first and in the last call
 * only, and one that is queued in the first closes the connection. So a request without a body, or
 * with a small one, starts its fiber in the last call; one with a large body starts it in the
 * first, where it may still refuse that body.
 */

/* ---- suspending -------------------------------------------------------------------------- */

void request_suspend(struct request *r)
{
    BUG_ON(r->is_suspended);
    r->is_suspended = r->was_suspended = true;
    r->home->n_suspended++;
    r->home->n_suspensions++;
    MHD_suspend_connection(r->connection);
}

void request_settle(struct request *r)
{
    if (!r->is_suspended || (r->fiber && r->state == FIBER_WAITING)) {
        return;
    }
    r->is_suspended = false;
    r->home->n_suspended--;
    home_stir(r->home);
    MHD_resume_connection(r->connection);
}

/* ---- the fiber --------------------------------------------------------------------------- */

void request_run(struct request *r)
{
    r->state = fiber_run(r->fiber);
    if (r->state != FIBER_DONE) {
        return;
    }
    fiber_free(r->fiber);
    r->fiber = NULL;
    r->home->n_fibers--;
    request_drop(r);
}

static void on_ready(void *arg)
{
    struct request *r = arg;
    request_hold(r);
    request_run(r);
    request_settle(r);
    brief_ripen(r);
    request_drop(r);
}

static void handle(void *arg)
{
    struct request *r = arg;
    const struct http_settings *s = &r->home->server->settings;
    s->handler(r, s->arg);
}

static bool start_fiber(struct request *r)
{
    struct error err = ERROR_INIT;
    r->fiber = fiber_new(r->home->loop, handle, r, on_ready, r);
    if (!r->fiber) {
        (void)ERROR(&err, ERR_UNAVAILABLE, "too many requests are waiting");
        answer_refuse(r, &err);
        error_release(&err);
        return false;
    }
    r->home->n_fibers++;
    request_hold(r); /* until it is done */
    request_run(r);
    return true;
}

void request_leave(struct request *r)
{
    r->is_gone = true;
    if (!r->fiber) {
        return;
    }
    fiber_cancel(r->fiber);
    if (r->state == FIBER_PARKED) {
        request_run(r);
    }
}

/* ---- a body that nobody wants ------------------------------------------------------------ */

/* The answer goes past the library, and the connection ends. */
static void cut_off(struct request *r)
{
    answer_past(r);
    r->closes_early = true;
}

static void on_drain_time(void *arg)
{
    struct request *r = arg;
    if (r->phase == PHASE_BODY) {
        cut_off(r);
        shutdown(r->fd, SHUT_RD); /* the library sees an end and closes */
    }
}

static void start_draining(struct request *r)
{
    if (r->drain_timer.place == 0) {
        loop_timer_start(r->home->loop, &r->drain_timer, r->home->server->settings.drain_ms * 1000,
                         0, on_drain_time, r);
    }
}

static bool wants_body(const struct request *r)
{
    return r->fiber && r->state == FIBER_PARKED && r->want == WANT_BODY;
}

static bool is_waiting(const struct request *r)
{
    return r->fiber && r->state == FIBER_WAITING;
}

/* ---- the calls --------------------------------------------------------------------------- */

static enum MHD_Result headers_call(struct request *r)
{
    home_stir(r->home);
    if (is_waiting(r)) {
        request_suspend(r);
        return MHD_YES; /* the library calls again as if for the first time */
    }
    if (wants_body(r)) {
        r->phase = PHASE_BODY;
        return MHD_YES;
    }
    /* one that fits the limits, as far as is known, is thrown away: then the connection lives on */
    bool may_fit = r->framing.length <= r->home->server->settings.drain_bytes;
    if (may_fit && !r->framing.expects_continue) {
        r->phase = PHASE_BODY;
        start_draining(r);
        return MHD_YES;
    }
    return answer_queue(r);
}

static enum MHD_Result gather(struct request *r, const char *p, size_t *n)
{
    buf_add(&r->body, p, *n);
    *n = 0;
    return MHD_YES;
}

static enum MHD_Result drain(struct request *r, size_t *n)
{
    r->drained += (int64_t)*n;
    *n = 0;
    if (r->drained > r->home->server->settings.drain_bytes) {
        cut_off(r);
        return MHD_NO;
    }
    start_draining(r);
    return MHD_YES;
}

/*
 * The fiber gets a copy: it may wait with the piece in its hands, and the library moves its own
 * bytes as soon as this returns.
 */
static enum MHD_Result body_call(struct request *r, const char *p, size_t *n)
{
    home_stir(r->home);
    if (r->is_gathered) {
        return gather(r, p, n);
    }
    if (r->is_suspended) {
        return MHD_YES; /* with chunks the library calls once more; nothing may be taken */
    }
    if (!wants_body(r)) {
        return drain(r, n);
    }
    buf_clear(&r->lent);
    buf_add(&r->lent, p, *n);
    *n = 0;
    r->piece = buf_str(&r->lent);
    request_run(r);
    if (is_waiting(r)) {
        request_suspend(r);
    }
    return MHD_YES;
}

static enum MHD_Result end_call(struct request *r)
{
    r->has_all = true;
    r->phase = PHASE_END;
    loop_timer_stop(&r->drain_timer);
    brief_called(r);
    bool begins = r->state == FIBER_NONE;
    if (begins) {
        if (!start_fiber(r)) {
            return answer_queue(r);
        }
    } else if (wants_body(r)) {
        request_run(r);
    }
    if (is_waiting(r)) {
        brief_wait(r);
        return MHD_YES;
    }
    if (begins && brief_gather(r)) {
        return MHD_YES;
    }
    brief_end(r);
    return answer_queue(r);
}

static enum MHD_Result first_call(struct request *r, const char *method, const char *version)
{
    struct error err = ERROR_INIT;
    r->phase = PHASE_HEADERS;
    r->home->n_requests++;
    r->home->n_active++;
    metric_add(METRIC_REQUESTS_ACTIVE, 1);
    enum errcode code = request_begin(r, method, version, &err);
    if (code != ERR_OK) {
        answer_refuse(r, &err);
        if (code == ERR_TOO_LARGE) {
            response_status(r, MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE);
        }
        error_release(&err);
        return answer_queue(r);
    }
    if (r->framing.length == 0) {
        r->phase = PHASE_END;
        return MHD_YES; /* the library calls again at once, and then the connection stays alive */
    }
    if (r->framing.length > 0 && r->framing.length <= BODY_GATHERED) {
        r->is_gathered = true;
        r->phase = PHASE_BODY;
        home_stir(r->home);
        return MHD_YES;
    }
    return start_fiber(r) ? headers_call(r) : answer_queue(r);
}

static enum MHD_Result on_call(void *cls, struct MHD_Connection *connection, const char *url,
                               const char *method, const char *version, const char *p, size_t *n,
                               void **context)
{
    struct http_home *home = cls;
    struct request *r = *context;
    (void)connection;
    (void)url; /* the library decoded it */
    if (r->is_gone || home->stop >= STOP_CLOSING) {
        return MHD_NO;
    }
    switch (r->phase) {
    case PHASE_NEW:
        return first_call(r, method, version);
    case PHASE_HEADERS:
        return headers_call(r);
    case PHASE_BODY:
        return *n > 0 ? body_call(r, p, n) : end_call(r);
    default:
        return end_call(r);
    }
}

static struct wire *wire_of(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

static void *on_target(void *cls, const char *target, struct MHD_Connection *connection)
{
    (void)cls;
    return request_new(wire_of(connection), connection, target);
}

static void unlist(struct request *r)
{
    if (r->next) {
        r->next->previous = r->previous;
    }
    if (r->previous) {
        r->previous->next = r->next;
    } else {
        r->home->live = r->next;
    }
    r->next = r->previous = NULL;
}

/* Also called while the fiber runs, and before the library frees the answer. */
static void on_completed(void *cls, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode how)
{
    struct http_home *home = cls;
    struct request *r = *context;
    (void)connection;
    if (!r) {
        return;
    }
    *context = NULL;
    bool is_own = r->phase < PHASE_END && (how == MHD_REQUEST_TERMINATED_COMPLETED_OK ||
                                           how == MHD_REQUEST_TERMINATED_WITH_ERROR);
    if (r->closes_early || is_own) {
        linger_start(
            home,
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd);
    }
    if (r->was_suspended || r->closes_early || is_own) {
        home_stir(home); /* reads once more, or closes */
    }
    if (r->phase == PHASE_ANSWER) {
        home->n_answering--;
    }
    brief_end(r);
    r->wire->request = NULL;
    loop_timer_stop(&r->drain_timer);
    unlist(r);
    if (r->phase != PHASE_NEW) {
        home->n_active--;
        metric_add(METRIC_REQUESTS_ACTIVE, -1);
    }
    r->connection = NULL;
    r->wire = NULL;
    r->is_broken = is_own; /* it answered itself: the body could not be read */
    request_leave(r);
    request_drop(r);
}

static void on_connection(void *cls, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    struct http_home *home = cls;
    home_stir(home);
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        *context = wire_new(
            home,
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd,
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr);
        home->is_adopted = true;
        return;
    }
    wire_free(*context);
    home->n_connections--;
    metric_add(METRIC_CONNECTIONS, -1);
}

/* ---- the daemon -------------------------------------------------------------------------- */

/* Addresses are decoded by the router, which must see an escaped slash as it was sent. */
static size_t leave_escaped(void *cls, struct MHD_Connection *connection, char *s)
{
    (void)cls;
    (void)connection;
    return strlen(s);
}

static void log_library(void *cls, const char *fmt, va_list ap)
{
    struct buf text;
    (void)cls;
    if (!log_enabled(LOG_DEBUG)) {
        return;
    }
    buf_init(&text, 1024);
    buf_vprintf(&text, fmt, ap);
    LOG(LOG_DEBUG, "libmicrohttpd", LOG_TEXT("text", buf_text(&text)));
    buf_release(&text);
}

enum errcode home_open(struct http_home *home, struct error *err)
{
    const struct http_settings *s = &home->server->settings;
    int64_t pool = s->max_header_bytes + POOL_HEADERS + POOL_ANSWER;
    struct MHD_OptionItem options[] = {
        {MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)log_library, NULL}, /* the first one */
        {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)on_target, home},
        {MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)leave_escaped, NULL},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)on_completed, home},
        {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)on_connection, home},
        {MHD_OPTION_CONNECTION_LIMIT, s->max_connections + 1, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, s->idle_seconds, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, pool, NULL},
        {MHD_OPTION_STRICT_FOR_CLIENT, request_library_is_lenient() ? 0 : 1, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    home->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ERROR_LOG, 0,
        NULL, NULL, on_call, home, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
    if (!home->daemon) {
        return ERROR(err, ERR_UNAVAILABLE, "cannot start the HTTP library");
    }
    return ERR_OK;
}
