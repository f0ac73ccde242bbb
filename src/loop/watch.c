#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/time.h"
#include "loop/inside.h"

int watch_try(struct loop *l, struct loop_watch *w, int fd, uint32_t events,
              void (*fn)(void *arg, uint32_t events), void *arg)
{
    BUG_ON(loop_self() != l);
    struct epoll_event e = {.events = events, .data = {.ptr = w}};
    if (epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, fd, &e) != 0) {
        return errno;
    }
    *w = (struct loop_watch){.fd = fd, .fn = fn, .arg = arg, .is_on = true, .loop = l};
    l->n_watches++;
    return 0;
}

void loop_watch_add(struct loop *l, struct loop_watch *w, int fd, uint32_t events,
                    void (*fn)(void *arg, uint32_t events), void *arg)
{
    BUG_ON(watch_try(l, w, fd, events, fn, arg) != 0);
}

void loop_watch_remove(struct loop_watch *w)
{
    struct loop *l = w->loop;
    BUG_ON(loop_self() != l || !w->is_on);
    w->is_on = false;
    l->n_watches--;
    /* One whose descriptor was closed before is gone from the epoll by itself. */
    BUG_ON(epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, w->fd, NULL) != 0 && errno != EBADF &&
           errno != ENOENT);
    for (int i = 0; i < l->n_events; i++) {
        if (l->events[i].data.ptr == w) {
            l->events[i].data.ptr = NULL;
        }
    }
}

static void end_wait(void *arg, uint32_t events)
{
    (void)events;
    fiber_wake(arg, WAKE_EVENT);
}

static void end_wait_late(void *arg)
{
    fiber_wake(arg, WAKE_TIMEOUT);
}

static enum errcode too_late(struct error *err)
{
    return ERROR(err, ERR_TIMEOUT, "nothing came in time");
}

static int poll_ms(int64_t us)
{
    int64_t ms = us / 1000 + (us % 1000 > 0);
    return ms > INT_MAX ? INT_MAX : (int)ms;
}

static enum errcode wait_in_thread(int fd, short events, int64_t timeout_us, struct error *err)
{
    int64_t end = timeout_us < 0 ? -1 : time_monotonic_us() + timeout_us;
    struct pollfd p = {.fd = fd, .events = events};
    for (;;) {
        int64_t left = end < 0 ? -1 : end - time_monotonic_us();
        int n = poll(&p, 1, end < 0 ? -1 : poll_ms(left < 0 ? 0 : left));
        BUG_ON(n < 0 && errno != EINTR);
        if (n > 0) {
            return ERR_OK;
        }
        if (end >= 0 && time_monotonic_us() >= end) {
            return too_late(err);
        }
    }
}

/* Start to watch @fd for @f; another watch may have the same descriptor in this epoll, then a
 * duplicate of it stands in and *@copy is that. Returns 0 or an errno. */
static int watch_for(struct fiber *f, int fd, uint32_t events, int *copy)
{
    int code = watch_try(f->loop, &f->watch, fd, events, end_wait, f);
    if (code != EEXIST) {
        return code;
    }
    *copy = dup(fd);
    if (*copy < 0) {
        return errno;
    }
    return watch_try(f->loop, &f->watch, *copy, events, end_wait, f);
}

static enum errcode wait_in_fiber(struct fiber *f, int fd, uint32_t events, int64_t timeout_us,
                                  int *copy, struct error *err)
{
    if (f->is_cancelled) {
        return ERROR(err, ERR_CANCELLED, "the work was cancelled");
    }
    int code = watch_for(f, fd, events, copy);
    if (code == EPERM) {
        return ERR_OK; /* a plain file is always ready */
    }
    if (code != 0) {
        BUG_ON(code == EBADF);
        return ERROR(err, ERR_UNAVAILABLE, "cannot watch one more descriptor");
    }
    if (timeout_us >= 0) {
        loop_timer_start(f->loop, &f->timer, timeout_us, 0, end_wait_late, f);
    }
    switch (fiber_wait(f, true)) {
    case WAKE_CANCELLED:
        return ERROR(err, ERR_CANCELLED, "the work was cancelled");
    case WAKE_TIMEOUT:
        return too_late(err);
    default:
        return ERR_OK;
    }
}

enum errcode loop_wait_fd(int fd, short events, int64_t timeout_us, struct error *err)
{
    struct fiber *f = fiber_self();
    if (!f) {
        return wait_in_thread(fd, events, timeout_us, err);
    }
    int copy = -1;
    uint32_t wanted = (uint32_t)(unsigned short)events; /* poll's bits are epoll's */
    enum errcode code = wait_in_fiber(f, fd, wanted, timeout_us, &copy, err);
    if (copy >= 0) {
        close(copy);
    }
    return code;
}
