#include "engine/sqlite/watchdog.h"

#include <time.h>

#include "base/attr.h"
#include "base/time.h"

#define LOOK_EVERY_MS  2
#define LOOKS_IDLE_MAX 250 /* looks without a step before it sleeps */

void watchdog_init(struct watchdog *w, int64_t limit_us)
{
    for (size_t i = 0; i < WATCH_LOOPS; i++) {
        BUG_ON(pthread_mutex_init(&w->slots[i].lock, NULL) != 0);
    }
    BUG_ON(pthread_mutex_init(&w->lock, NULL) != 0);
    BUG_ON(pthread_cond_init(&w->wake, NULL) != 0);
    w->limit_us = limit_us;
}

static void look_at(struct watchdog *w, struct watch_slot *s, int64_t now)
{
    pthread_mutex_lock(&s->lock);
    if (s->conn && now - s->since_us > w->limit_us) {
        atomic_store(&s->conn->ending, ENDING_BUDGET);
        sqlite3_interrupt(s->conn->db);
    }
    pthread_mutex_unlock(&s->lock);
}

static void sleep_until_read(struct watchdog *w)
{
    pthread_mutex_lock(&w->lock);
    atomic_store(&w->is_asleep, true);
    while (atomic_load(&w->is_asleep) && !w->is_closing) {
        pthread_cond_wait(&w->wake, &w->lock);
    }
    pthread_mutex_unlock(&w->lock);
}

static bool must_close(struct watchdog *w)
{
    pthread_mutex_lock(&w->lock);
    bool closing = w->is_closing;
    pthread_mutex_unlock(&w->lock);
    return closing;
}

static void *watch(void *arg)
{
    struct watchdog *w = arg;
    unsigned long long seen = 0;
    int n_idle = 0;
    while (!must_close(w)) {
        unsigned long long n = atomic_load(&w->n_steps);
        n_idle = n == seen ? n_idle + 1 : 0;
        seen = n;
        if (n_idle > LOOKS_IDLE_MAX) {
            sleep_until_read(w);
            n_idle = 0;
        }
        int64_t now = time_monotonic_us();
        for (size_t i = 0; i < WATCH_LOOPS; i++) {
            look_at(w, &w->slots[i], now);
        }
        struct timespec pause = {0, LOOK_EVERY_MS * 1000000L};
        (void)nanosleep(&pause, NULL);
    }
    return NULL;
}

static void wake(struct watchdog *w)
{
    pthread_mutex_lock(&w->lock);
    if (!w->is_started) {
        BUG_ON(pthread_create(&w->thread, NULL, watch, w) != 0);
        w->is_started = true;
    }
    atomic_store(&w->is_asleep, false);
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
}

void watchdog_begin(struct watchdog *w, int loop, struct conn *c)
{
    BUG_ON(loop < 0 || loop >= WATCH_LOOPS);
    struct watch_slot *s = &w->slots[loop];
    pthread_mutex_lock(&s->lock);
    s->conn = c;
    s->since_us = time_monotonic_us();
    pthread_mutex_unlock(&s->lock);
    bool is_first = atomic_fetch_add(&w->n_steps, 1) == 0;
    if (is_first || atomic_load(&w->is_asleep)) {
        wake(w);
    }
}

void watchdog_end(struct watchdog *w, int loop)
{
    struct watch_slot *s = &w->slots[loop];
    pthread_mutex_lock(&s->lock);
    s->conn = NULL;
    pthread_mutex_unlock(&s->lock);
}

void watchdog_stop(struct watchdog *w)
{
    pthread_mutex_lock(&w->lock);
    bool started = w->is_started;
    w->is_closing = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
    if (started) {
        (void)pthread_join(w->thread, NULL);
    }
    for (size_t i = 0; i < WATCH_LOOPS; i++) {
        pthread_mutex_destroy(&w->slots[i].lock);
    }
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->wake);
}
