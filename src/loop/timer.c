#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/time.h"
#include "loop/inside.h"

/*
 * A binary heap by due time; `place` of a timer is its index plus one, so that one that is stopped
 * is found at once.
 */
static void put(struct loop *l, struct loop_timer *t, size_t at)
{
    l->timers[at] = t;
    t->place = at + 1;
}

static void sift_up(struct loop *l, size_t at)
{
    struct loop_timer *t = l->timers[at];
    while (at > 0) {
        size_t parent = (at - 1) / 2;
        if (l->timers[parent]->due_us <= t->due_us) {
            break;
        }
        put(l, l->timers[parent], at);
        at = parent;
    }
    put(l, t, at);
}

static void sift_down(struct loop *l, size_t at)
{
    struct loop_timer *t = l->timers[at];
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= l->n_timers) {
            break;
        }
        if (child + 1 < l->n_timers && l->timers[child + 1]->due_us < l->timers[child]->due_us) {
            child++;
        }
        if (t->due_us <= l->timers[child]->due_us) {
            break;
        }
        put(l, l->timers[child], at);
        at = child;
    }
    put(l, t, at);
}

static void insert(struct loop *l, struct loop_timer *t)
{
    if (l->n_timers == l->timers_cap) {
        size_t cap = l->timers_cap ? 2 * l->timers_cap : 64;
        struct loop_timer **grown = mem_alloc(cap * sizeof(struct loop_timer *));
        if (l->n_timers > 0) {
            memcpy(grown, l->timers, l->n_timers * sizeof(struct loop_timer *));
        }
        mem_free(l->timers);
        l->timers = grown;
        l->timers_cap = cap;
    }
    put(l, t, l->n_timers++);
    sift_up(l, l->n_timers - 1);
}

void loop_timer_start(struct loop *l, struct loop_timer *t, int64_t in_us, int64_t every_us,
                      void (*fn)(void *arg), void *arg)
{
    BUG_ON(loop_self() != l || in_us < 0 || every_us < 0);
    loop_timer_stop(t);
    int64_t now = time_monotonic_us();
    *t = (struct loop_timer){
        .fn = fn,
        .arg = arg,
        .due_us = in_us > INT64_MAX - now ? INT64_MAX : now + in_us,
        .every_us = every_us,
        .loop = l,
    };
    insert(l, t);
}

void loop_timer_stop(struct loop_timer *t)
{
    if (t->place == 0) {
        return;
    }
    struct loop *l = t->loop;
    BUG_ON(loop_self() != l);
    size_t at = t->place - 1;
    t->place = 0;
    struct loop_timer *last = l->timers[--l->n_timers];
    if (last == t) {
        return;
    }
    put(l, last, at);
    sift_up(l, at);
    sift_down(l, last->place - 1);
}

int64_t timers_next_us(const struct loop *l)
{
    return l->n_timers > 0 ? l->timers[0]->due_us : -1;
}

void timers_run(struct loop *l, int64_t now_us)
{
    while (l->n_timers > 0 && l->timers[0]->due_us <= now_us) {
        struct loop_timer *t = l->timers[0];
        loop_timer_stop(t);
        if (t->every_us > 0) {
            t->due_us = now_us + t->every_us;
            insert(l, t);
        }
        t->fn(t->arg);
    }
}

static void end_sleep(void *arg)
{
    fiber_wake(arg, WAKE_TIMEOUT);
}

static void sleep_in_thread(int64_t us)
{
    struct timespec left = {.tv_sec = (time_t)(us / 1000000), .tv_nsec = us % 1000000 * 1000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
}

enum errcode loop_sleep(int64_t us, struct error *err)
{
    us = us < 0 ? 0 : us;
    struct fiber *f = fiber_self();
    if (!f) {
        sleep_in_thread(us);
        return ERR_OK;
    }
    if (!f->is_cancelled) {
        loop_timer_start(f->loop, &f->timer, us, 0, end_sleep, f);
        fiber_wait(f, true);
    }
    if (f->is_cancelled) {
        return ERROR(err, ERR_CANCELLED, "the work was cancelled");
    }
    return ERR_OK;
}
