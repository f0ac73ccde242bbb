#include <errno.h>
#include <time.h>

#include "base/attr.h"
#include "base/time.h"
#include "loop/inside.h"
#include "observe/log.h"
#include "observe/metrics.h"

/*
 * A turn of a loop that takes long makes everybody on it wait. Each loop measures its own turns;
 * a thread looks for those that do not even end.
 */
#define SLOW_US    ((int64_t)100 * 1000)
#define STALLED_US ((int64_t)1000 * 1000)

static void report(const struct loop *l, const char *event, int64_t us)
{
    metric_add(METRIC_LOOP_STALLS, 1);
    LOG(LOG_WARNING, event, LOG_INT("loop", l->index), LOG_INT("ms", us / 1000));
}

void stall_turn_begin(struct loop *l, int64_t now_us)
{
    atomic_store_explicit(&l->turn_us, now_us, memory_order_relaxed);
}

void stall_turn_end(struct loop *l)
{
    int64_t since = atomic_load_explicit(&l->turn_us, memory_order_relaxed);
    int64_t us = time_monotonic_us() - since;
    atomic_store_explicit(&l->turn_us, 0, memory_order_relaxed);
    if (us > SLOW_US && atomic_load(&l->stalled_us) != since) {
        report(l, "loop_slow", us);
    }
}

/* A turn that is reported here is not counted again when it ends. */
static void look(struct loop *l)
{
    int64_t since = atomic_load_explicit(&l->turn_us, memory_order_relaxed);
    int64_t us = time_monotonic_us() - since;
    if (since != 0 && us > STALLED_US && atomic_load(&l->stalled_us) != since) {
        atomic_store(&l->stalled_us, since);
        report(l, "loop_stalled", us);
    }
}

static void *watch(void *arg)
{
    struct runtime *rt = arg;
    struct stall_watch *w = &rt->stalls;
    pthread_setname_np(pthread_self(), "stalls");
    pthread_mutex_lock(&w->lock);
    while (!w->is_stopping) {
        struct timespec next;
        clock_gettime(CLOCK_MONOTONIC, &next);
        next.tv_sec++;
        while (!w->is_stopping && pthread_cond_timedwait(&w->wake, &w->lock, &next) == 0) {
        }
        for (int i = 0; i < rt->settings.loops && !w->is_stopping; i++) {
            look(&rt->loops[i]);
        }
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

enum errcode stall_watch_start(struct runtime *rt, struct error *err)
{
    struct stall_watch *w = &rt->stalls;
    pthread_condattr_t monotonic;
    BUG_ON(pthread_mutex_init(&w->lock, NULL) != 0);
    BUG_ON(pthread_condattr_init(&monotonic) != 0);
    BUG_ON(pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) != 0);
    BUG_ON(pthread_cond_init(&w->wake, &monotonic) != 0);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&w->thread, NULL, watch, rt) != 0) {
        return ERROR(err, ERR_UNAVAILABLE, "cannot start the thread that watches the loops");
    }
    w->is_started = true;
    return ERR_OK;
}

void stall_watch_stop(struct runtime *rt)
{
    struct stall_watch *w = &rt->stalls;
    if (!w->is_started) {
        return;
    }
    pthread_mutex_lock(&w->lock);
    w->is_stopping = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->lock);
}
