#include "loop/loop.h"

#include <errno.h>
#include <limits.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/time.h"
#include "loop/inside.h"
#include "loop/sanitize.h"

static _Thread_local struct loop *self;

struct loop *loop_self(void)
{
    return self;
}

int loop_index(const struct loop *l)
{
    return l->index;
}

int64_t loop_turn_us(const struct loop *l)
{
    return atomic_load_explicit(&l->turn_us, memory_order_relaxed);
}

struct runtime *loop_runtime(struct loop *l)
{
    return l->runtime;
}

static void source_readable(void *arg, uint32_t events)
{
    struct loop_source *s = arg;
    (void)events;
    s->is_readable = true;
}

void loop_source_add(struct loop *l, struct loop_source *s)
{
    BUG_ON(self != l);
    if (s->fd >= 0) {
        loop_watch_add(l, &s->watch, s->fd, EPOLLIN, source_readable, s);
    }
    s->next = l->sources;
    l->sources = s;
}

void loop_source_remove(struct loop *l, struct loop_source *s)
{
    BUG_ON(self != l);
    struct loop_source **at = &l->sources;
    while (*at && *at != s) {
        at = &(*at)->next;
    }
    BUG_ON(!*at);
    *at = s->next;
    if (l->source_next == s) {
        l->source_next = s->next;
    }
    if (s->watch.is_on) {
        loop_watch_remove(&s->watch);
    }
}

/* Every source is asked, also when it is known already that there will be no wait: some use the
 * question to find out what their next run has to do. */
static int64_t sources_timeout_us(const struct loop *l)
{
    int64_t least = -1;
    for (const struct loop_source *s = l->sources; s; s = s->next) {
        int64_t us = s->timeout_us(s->arg);
        if (us >= 0 && (least < 0 || us < least)) {
            least = us;
        }
    }
    return least;
}

static int turn_timeout_ms(const struct loop *l)
{
    int64_t us = sources_timeout_us(l);
    if (l->ready.first || l->endings || fibers_can_spawn(l)) {
        return 0;
    }
    int64_t due = timers_next_us(l);
    if (due >= 0) {
        int64_t in = due - time_monotonic_us();
        in = in < 0 ? 0 : in;
        us = us < 0 || in < us ? in : us;
    }
    if (us < 0) {
        return -1;
    }
    int64_t ms = us / 1000 + (us % 1000 > 0); /* never early: that would be a busy loop */
    return ms > INT_MAX ? INT_MAX : (int)ms;
}

static void run_events(struct loop *l, struct epoll_event *events, int n)
{
    l->events = events;
    for (l->n_events = n; l->n_events > 0;) {
        const struct epoll_event *e = l->events++;
        l->n_events--;
        struct loop_watch *w = e->data.ptr;
        if (w) {
            w->fn(w->arg, e->events);
        }
    }
}

static void run_sources(struct loop *l)
{
    for (struct loop_source *s = l->sources; s; s = l->source_next) {
        l->source_next = s->next;
        s->run(s->arg); /* it may be gone afterwards */
    }
}

/* Whether a stop has let this loop go: nothing is posted and nobody's fibers have ended. */
static bool may_end(struct loop *l)
{
    if (!atomic_load(&l->runtime->is_stopping)) {
        return false;
    }
    if (!l->is_cancelled) {
        l->is_cancelled = true;
        fibers_cancel_ownerless(l);
    }
    return atomic_load(&l->runtime->n_pending) == 0;
}

static void turn(struct loop *l)
{
    struct epoll_event events[EVENTS_PER_TURN];
    int n = epoll_wait(l->epoll_fd, events, EVENTS_PER_TURN, turn_timeout_ms(l));
    BUG_ON(n < 0 && errno != EINTR);
    int64_t now = time_monotonic_us();
    stall_turn_begin(l, now);
    run_events(l, events, n < 0 ? 0 : n);
    timers_run(l, now);
    fibers_run_ready(l);
    fibers_spawn(l);
    run_sources(l);
    endings_run(l);
    stall_turn_end(l);
}

static void *run(void *arg)
{
    struct loop *l = arg;
    self = l;
    pthread_setname_np(pthread_self(), "loop");
    l->tsan = TSAN_CURRENT();
    void *signal_stack = overflow_thread_begin();
    loop_watch_add(l, &l->mail, l->event_fd, EPOLLIN | EPOLLET, inbox_empty, l);
    while (!may_end(l)) {
        turn(l);
    }
    loop_watch_remove(&l->mail);
    BUG_ON(l->n_fibers > 0 || l->n_timers > 0 || l->n_watches > 0 || l->sources || l->endings);
    fibers_free_pool(l);
    overflow_thread_end(signal_stack);
    self = NULL;
    return NULL;
}

enum errcode loop_start(struct loop *l, struct error *err)
{
    inbox_init(&l->inbox);
    l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    l->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (l->epoll_fd >= 0 && l->event_fd >= 0 && pthread_create(&l->thread, NULL, run, l) == 0) {
        return ERR_OK;
    }
    loop_release(l);
    return ERROR(err, ERR_UNAVAILABLE, "cannot start event loop %d", l->index + 1);
}

void loop_release(struct loop *l)
{
    if (l->epoll_fd >= 0) {
        close(l->epoll_fd);
    }
    if (l->event_fd >= 0) {
        close(l->event_fd);
    }
    mem_free(l->timers);
    inbox_release(&l->inbox);
}
