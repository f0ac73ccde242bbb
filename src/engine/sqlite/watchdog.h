#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/sqlite/conn.h"

/*
 * SQLite asks its progress handler between instructions; sorting and counting are single
 * instructions that take as long as they take. A thread looks after the loops: whoever is in one
 * step for too long is interrupted, as if its budget were used up. It sleeps while nobody reads.
 */
#define WATCH_LOOPS 64

struct watch_slot {
    pthread_mutex_t lock; /* held while the connection is interrupted, so that it is still there */
    struct conn *conn;    /* NULL = not in a step */
    int64_t since_us;
};

struct watchdog {
    struct watch_slot slots[WATCH_LOOPS];
    int64_t limit_us;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool is_started, is_closing;
    atomic_bool is_asleep;
    atomic_ullong n_steps; /* steps begun: tells whether anybody reads */
};

void watchdog_init(struct watchdog *w, int64_t limit_us);
/** watchdog_stop() - end the thread; nobody is in a step. */
void watchdog_stop(struct watchdog *w);
/** watchdog_begin() - @loop's thread is about to step a statement of @c. */
void watchdog_begin(struct watchdog *w, int loop, struct conn *c);
void watchdog_end(struct watchdog *w, int loop);
