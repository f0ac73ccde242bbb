#pragma once

#include "loop/loop.h"

/*
 * What the tests of waiting share. Asserts of cmocka jump, so they stay outside of fibers and off
 * the loops' threads: what runs there collects, the test's own thread asserts.
 */

/** loops_start() - a runtime of @loops loops and two workers; fails the test when it cannot. */
struct runtime *loops_start(int loops);
struct runtime *loops_start_with(const struct runtime_settings *s);
/** on_loop() - run @fn(@arg) on @l's thread, outside of a fiber, and wait for it. */
void on_loop(struct loop *l, void (*fn)(void *arg), void *arg);

/* Waits of a test for something that another thread counts: no sleep, it is woken. */
struct counter {
    struct counter_inside *inside;
};
void counter_init(struct counter *c);
void counter_release(struct counter *c);
void counter_add(struct counter *c, int n);
/** counter_await() - until it is at least @n; fails the test after a minute. */
void counter_await(struct counter *c, int n);
int counter_get(struct counter *c);
