#include "http/server.h"

#include <limits.h>
#include <unistd.h>

#include "base/buf.h"
#include "http/request.h"
#include "http/wire.h"

#define DRAIN_BYTES (1 << 20)
#define DRAIN_MS    2000
#define LATE_US     4000 /* the library runs so often, whatever is known of its work */

/* ---- calling a loop from outside --------------------------------------------------------- */

struct visit {
    void (*fn)(void *arg);
    void *arg;
    struct gate done;
};

static void visit(void *arg)
{
    struct visit *v = arg;
    v->fn(v->arg);
    gate_open(&v->done);
}

/* Run @fn(@arg) on the loop's thread and wait until it returns. */
static void call_on(struct loop *l, void (*fn)(void *arg), void *arg)
{
    struct visit v = {.fn = fn, .arg = arg};
    gate_init(&v.done);
    loop_post(l, visit, &v);
    gate_wait(&v.done);
}

/* ---- a turn of a home -------------------------------------------------------------------- */

static int64_t timeout_us(void *arg)
{
    struct http_home *home = arg;
    MHD_UNSIGNED_LONG_LONG ms;
    home->is_asking = false;
    if (MHD_get_timeout(home->daemon, &ms) != MHD_YES) {
        return -1;
    }
    if (ms == 0 && brief_is_all(home)) {
        return LATE_US;
    }
    home->is_asking = ms == 0;
    return ms > INT_MAX ? (int64_t)INT_MAX * 1000 : (int64_t)ms * 1000;
}

/* Nothing runs: the connections that are left are closed. */
static void close_home(struct http_home *home)
{
    home->stop = STOP_CLOSING;
    MHD_run(home->daemon); /* takes the resumed ones back; it aborts on suspended ones */
    loop_source_remove(home->loop, &home->source);
    MHD_stop_daemon(home->daemon);
    linger_stop_all(home);
    loop_timer_stop(&home->stop_timer);
    while (home->spare) {
        struct request *r = home->spare;
        home->spare = r->next;
        request_free(r);
    }
    gate_open(&home->stopped);
}

/* A run asks for each request that waits briefly. Turns that have only brought something for
 * others, a part of an answer of a database say, do without. */
static bool has_work(const struct http_home *home)
{
    return home->source.is_readable || home->is_asking || home->busy_runs > 0 || home->n_due > 0 ||
           home->stop != STOP_NOT || loop_turn_us(home->loop) - home->run_us >= LATE_US;
}

static void run_library(struct http_home *home)
{
    home->source.is_readable = false;
    home->run_us = loop_turn_us(home->loop);
    home->busy_runs -= home->busy_runs > 0;
    home->answer_runs -= home->answer_runs > 0;
    MHD_run(home->daemon);
    if (home->n_due > 0) {
        MHD_run(home->daemon);
    }
}

static void run(void *arg)
{
    struct http_home *home = arg;
    if (has_work(home)) {
        run_library(home);
    }
    wires_show_ends(home);
    bool is_idle = home->n_fibers == 0 && home->n_suspended == 0;
    if (is_idle &&
        (home->stop == STOP_ENDING || (home->stop == STOP_FINISHING && home->n_active == 0))) {
        close_home(home);
    }
}

/* The time to finish is over. Waits of the loop end; a job on a worker is waited for. */
static void end_all(void *arg)
{
    struct http_home *home = arg;
    home->stop = STOP_ENDING;
    for (struct request *r = home->live; r;) {
        struct request *next = r->next;
        request_hold(r);
        request_leave(r);
        request_settle(r);
        request_drop(r);
        r = next;
    }
}

/* ---- starting and stopping --------------------------------------------------------------- */

static void join_loop(void *arg)
{
    struct http_home *home = arg;
    home->source = (struct loop_source){
        .fd = MHD_get_daemon_info(home->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd,
        .timeout_us = timeout_us,
        .run = run,
        .arg = home,
    };
    loop_source_add(home->loop, &home->source);
}

static void begin_accepting(void *arg)
{
    accept_start(arg);
}

static void end_accepting(void *arg)
{
    accept_stop(arg);
}

static void set_defaults(struct http_settings *s)
{
    s->drain_bytes = s->drain_bytes > 0 ? s->drain_bytes : DRAIN_BYTES;
    s->drain_ms = s->drain_ms > 0 ? s->drain_ms : DRAIN_MS;
}

static enum errcode check_settings(const struct http_settings *s, struct error *err)
{
    if (s->max_connections < 1 || s->max_connections >= INT_MAX) {
        return ERROR(err, ERR_INVALID_PARAMETER, "the number of connections is out of range");
    }
    if (s->max_header_bytes < 512 || s->max_header_bytes > (1 << 26)) {
        return ERROR(err, ERR_INVALID_PARAMETER, "the size of the header block is out of range");
    }
    if (s->idle_seconds < 1 || s->idle_seconds > INT_MAX / 1000) {
        return ERROR(err, ERR_INVALID_PARAMETER, "the time of an idle connection is out of range");
    }
    return ERR_OK;
}

static struct http_server *free_server(struct http_server *h)
{
    mem_free(h->homes);
    mem_free(h->address);
    mem_free(h);
    return NULL;
}

static enum errcode open_homes(struct http_server *h, struct error *err)
{
    h->n_homes = (size_t)runtime_loops(h->runtime);
    h->homes = mem_alloc(h->n_homes * sizeof *h->homes);
    enum errcode code = ERR_OK;
    size_t n = 0;
    while (n < h->n_homes && code == ERR_OK) {
        struct http_home *home = &h->homes[n];
        home->server = h;
        home->loop = runtime_loop(h->runtime, (int)n);
        code = home_open(home, err);
        n += code == ERR_OK;
    }
    for (size_t i = 0; i < n && code != ERR_OK; i++) {
        MHD_stop_daemon(h->homes[i].daemon);
    }
    return code;
}

enum errcode http_start(struct runtime *rt, const struct http_settings *s, struct http_server **out,
                        struct error *err)
{
    TRY(check_settings(s, err));
    int fd;
    char *address;
    TRY(listen_open(s->listen, &fd, &address, err));
    struct http_server *h = mem_alloc(sizeof *h);
    *h = (struct http_server){.runtime = rt, .settings = *s, .listen_fd = fd, .address = address};
    set_defaults(&h->settings);
    enum errcode code = open_homes(h, err);
    if (code != ERR_OK) {
        close(fd);
        free_server(h);
        return code;
    }
    for (size_t i = 0; i < h->n_homes; i++) {
        call_on(h->homes[i].loop, join_loop, &h->homes[i]);
    }
    call_on(h->homes[0].loop, begin_accepting, h);
    *out = h;
    return ERR_OK;
}

const char *http_address(const struct http_server *h)
{
    return h->address;
}

struct stop_order {
    struct http_home *home;
    int64_t seconds;
};

static void begin_stop(void *arg)
{
    const struct stop_order *order = arg;
    struct http_home *home = order->home;
    home->stop = STOP_FINISHING;
    loop_timer_start(home->loop, &home->stop_timer, order->seconds * 1000000, 0, end_all, home);
}

void http_stop(struct http_server *h, int64_t seconds)
{
    h->is_stopping = true;
    call_on(h->homes[0].loop, end_accepting, h);
    for (size_t i = 0; i < h->n_homes; i++) {
        struct stop_order order = {&h->homes[i], seconds};
        gate_init(&h->homes[i].stopped);
        call_on(h->homes[i].loop, begin_stop, &order);
    }
    for (size_t i = 0; i < h->n_homes; i++) {
        gate_wait(&h->homes[i].stopped);
    }
    free_server(h);
}

void http_count(const struct http_server *h, struct http_counts *out)
{
    *out = (struct http_counts){.refused = h->n_refused};
    for (size_t i = 0; i < h->n_homes; i++) {
        out->connections += h->homes[i].n_connections;
        out->requests += h->homes[i].n_requests;
        out->active += h->homes[i].n_active;
        out->suspensions += h->homes[i].n_suspensions;
    }
}
