#pragma once

#include "loop/loop.h"

/*
 * Waiting of whoever calls the engine: a fiber is parked and its loop goes on, any other thread
 * blocks. A wait is used once: begun by the waiter, ended by one other thread.
 */
struct wait {
    struct gate gate;
};

void wait_begin(struct wait *w);
/** wait_for() - returns once wait_end() was called; releases what wait_begin() took. */
void wait_for(struct wait *w);
/** wait_end() - let the waiter go on; @w may be gone when this returns. */
void wait_end(struct wait *w);

/** wait_run() - run @fn(@arg) on a worker of the loop and wait for it; outside of a fiber here. */
void wait_run(void (*fn)(void *arg), void *arg);

/** wait_loop() - number of the loop whose fiber this is, -1 outside of one. */
int wait_loop(void);
