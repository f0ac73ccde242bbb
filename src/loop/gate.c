#include "base/attr.h"
#include "loop/inside.h"

/*
 * The state of a gate is CLOSED, OPEN, the fiber that waits, or with the low bit the thread that
 * waits. Whoever opens exchanges it and touches the gate no more: what it then wakes is known to
 * wait, and lives until it is woken.
 */
#define CLOSED    ((uintptr_t)0)
#define OPEN      ((uintptr_t)1)
#define IS_THREAD ((uintptr_t)2)

struct thread_waiter {
    pthread_mutex_t lock;
    pthread_cond_t opened;
    bool is_open;
};

void gate_init(struct gate *g)
{
    atomic_init(&g->state, CLOSED);
}

static bool announce(struct gate *g, uintptr_t who)
{
    uintptr_t closed = CLOSED;
    bool is_announced = atomic_compare_exchange_strong(&g->state, &closed, who);
    BUG_ON(!is_announced && closed != OPEN);
    return is_announced;
}

static void wait_in_thread(struct gate *g)
{
    struct thread_waiter w = {.is_open = false};
    BUG_ON(pthread_mutex_init(&w.lock, NULL) != 0);
    BUG_ON(pthread_cond_init(&w.opened, NULL) != 0);
    if (announce(g, (uintptr_t)&w | IS_THREAD)) {
        pthread_mutex_lock(&w.lock);
        while (!w.is_open) {
            pthread_cond_wait(&w.opened, &w.lock);
        }
        pthread_mutex_unlock(&w.lock);
    }
    pthread_cond_destroy(&w.opened);
    pthread_mutex_destroy(&w.lock);
}

void gate_wait(struct gate *g)
{
    struct fiber *f = fiber_self();
    if (!f) {
        wait_in_thread(g);
    } else if (announce(g, (uintptr_t)f)) {
        fiber_wait(f, false);
    }
}

static void end_late(void *arg)
{
    fiber_wake(arg, WAKE_TIMEOUT);
}

enum errcode gate_wait_for(struct gate *g, int64_t timeout_us, struct error *err)
{
    struct fiber *f = fiber_self();
    BUG_ON(!f);
    if (f->is_cancelled) {
        return ERROR(err, ERR_CANCELLED, "the work was cancelled");
    }
    if (!announce(g, (uintptr_t)f)) {
        return ERR_OK;
    }
    if (timeout_us >= 0) {
        loop_timer_start(f->loop, &f->timer, timeout_us, 0, end_late, f);
    }
    enum wake how = fiber_wait(f, true);
    uintptr_t me = (uintptr_t)f;
    if (how == WAKE_EVENT || !atomic_compare_exchange_strong(&g->state, &me, CLOSED)) {
        return ERR_OK; /* opened, perhaps between the end of the wait and now */
    }
    if (how == WAKE_CANCELLED) {
        return ERROR(err, ERR_CANCELLED, "the work was cancelled");
    }
    return ERROR(err, ERR_TIMEOUT, "nothing came in time");
}

static void wake_thread(struct thread_waiter *w)
{
    pthread_mutex_lock(&w->lock);
    w->is_open = true;
    pthread_cond_signal(&w->opened);
    pthread_mutex_unlock(&w->lock);
}

void gate_open(struct gate *g)
{
    uintptr_t who = atomic_exchange(&g->state, OPEN);
    BUG_ON(who == OPEN);
    if (who == CLOSED) {
        return;
    }
    if (who & IS_THREAD) {
        wake_thread((struct thread_waiter *)(who & ~IS_THREAD));
        return;
    }
    struct fiber *f = (struct fiber *)who;
    if (f->loop == loop_self()) {
        fiber_wake(f, WAKE_EVENT);
    } else {
        inbox_wake(f);
    }
}
