#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/attr.h"
#include "fixture.h"
#include "loop/loop.h"

struct work {
    struct loop *loop;
    struct loop_ending ending, other;
    struct loop_source source;
    int64_t turns;
    int64_t at[2]; /* the turn of each call */
    int n, n_other;
    struct counter done;
};

static int64_t no_timeout(void *arg)
{
    (void)arg;
    return -1;
}

static void count_turn(void *arg)
{
    struct work *w = arg;
    w->turns++;
}

static void end_again(void *arg)
{
    struct work *w = arg;
    w->at[w->n++] = w->turns;
    if (w->n == 1) {
        loop_ending_add(w->loop, &w->ending, end_again, w);
    } else {
        counter_add(&w->done, 1);
    }
}

static void end_other(void *arg)
{
    struct work *w = arg;
    w->n_other++;
}

static void remove_other(void *arg)
{
    struct work *w = arg;
    loop_ending_remove(&w->other);
    counter_add(&w->done, 1);
}

static void add_source(void *arg)
{
    struct work *w = arg;
    w->source =
        (struct loop_source){.fd = -1, .timeout_us = no_timeout, .run = count_turn, .arg = w};
    loop_source_add(w->loop, &w->source);
}

static void remove_source(void *arg)
{
    struct work *w = arg;
    loop_source_remove(w->loop, &w->source);
}

static void add_twice(void *arg)
{
    struct work *w = arg;
    w->turns = 0;
    loop_ending_add(w->loop, &w->ending, end_again, w);
    loop_ending_add(w->loop, &w->ending, end_again, w);
}

/* The one that is added last runs first. */
static void add_one_that_removes(void *arg)
{
    struct work *w = arg;
    loop_ending_add(w->loop, &w->other, end_other, w);
    loop_ending_add(w->loop, &w->ending, remove_other, w);
}

static void add_and_remove(void *arg)
{
    struct work *w = arg;
    loop_ending_remove(&w->other);
    loop_ending_add(w->loop, &w->other, end_other, w);
    loop_ending_remove(&w->other);
}

static void from_a_fiber(void *arg)
{
    struct work *w = arg;
    loop_ending_add(w->loop, &w->other, end_other, w);
    bool is_late = loop_sleep(1000, NULL) == ERR_OK;
    w->n += is_late && w->n_other == 1;
    counter_add(&w->done, 1);
}

static struct work w;
static struct runtime *runtime;

static int start(void **state)
{
    (void)state;
    runtime = loops_start(1);
    w = (struct work){.loop = runtime_loop(runtime, 0)};
    counter_init(&w.done);
    on_loop(w.loop, add_source, &w);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    on_loop(w.loop, remove_source, &w);
    counter_release(&w.done);
    runtime_stop(runtime);
    return 0;
}

static void runs_at_the_end_of_the_turn_and_only_once(void **state)
{
    (void)state;
    on_loop(w.loop, add_twice, &w);
    counter_await(&w.done, 1);
    assert_int_equal(w.n, 2);
    assert_int_equal(w.at[0], 1); /* the sources have run */
    assert_int_equal(w.at[1], 2); /* the turn after it, which comes by itself */
}

static void may_be_removed(void **state)
{
    (void)state;
    on_loop(w.loop, add_and_remove, &w);
    on_loop(w.loop, add_one_that_removes, &w);
    counter_await(&w.done, 1);
    on_loop(w.loop, add_and_remove, &w);
    assert_int_equal(w.n_other, 0);
}

static void a_fiber_may_add_one(void **state)
{
    (void)state;
    loop_spawn(w.loop, from_a_fiber, &w);
    counter_await(&w.done, 1);
    assert_int_equal(w.n, 1);
}

#define ENDING_TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENDING_TEST(runs_at_the_end_of_the_turn_and_only_once),
        ENDING_TEST(may_be_removed),
        ENDING_TEST(a_fiber_may_add_one),
    };
    return cmocka_run_group_tests_name("loop/ending", tests, NULL, NULL);
}
