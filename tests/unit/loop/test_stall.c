#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/attr.h"
#include "base/time.h"
#include "fixture.h"
#include "loop/loop.h"
#include "observe/metrics.h"

/* Holds the loop's thread for so long; a wait that does not give it back is the point here. */
static void hold_the_loop(void *arg)
{
    int64_t end = time_monotonic_us() + *(int64_t *)arg;
    while (time_monotonic_us() < end) {
    }
}

static void nothing(void *arg)
{
    (void)arg;
}

static void sleep_in_fiber(void *arg)
{
    *(enum errcode *)arg = loop_sleep(150000, NULL);
}

static int64_t stalls_during(struct loop *l, void (*fn)(struct loop *l))
{
    int64_t before = metric_get(METRIC_LOOP_STALLS);
    fn(l);
    on_loop(l, nothing, NULL); /* the turn before this one has ended */
    return metric_get(METRIC_LOOP_STALLS) - before;
}

/* On a busy machine any turn may take long, so a count is asked for a few times. */
static bool some_time_counts(int64_t expected, void (*fn)(struct loop *l))
{
    struct runtime *rt = loops_start(1);
    bool is_met = false;
    for (int i = 0; i < 10 && !is_met; i++) {
        is_met = stalls_during(runtime_loop(rt, 0), fn) == expected;
    }
    runtime_stop(rt);
    return is_met;
}

static void take_long(struct loop *l)
{
    int64_t us = 150000;
    on_loop(l, hold_the_loop, &us);
}

static void wait_long(struct loop *l)
{
    enum errcode code = ERR_INTERNAL;
    runtime_run(loop_runtime(l), sleep_in_fiber, &code);
    assert_int_equal(code, ERR_OK);
}

static void a_turn_that_takes_long_is_counted_once(void **state)
{
    (void)state;
    assert_true(some_time_counts(1, take_long));
    assert_false(some_time_counts(0, take_long));
}

static void waiting_is_no_stall(void **state)
{
    (void)state;
    assert_true(some_time_counts(0, wait_long));
}

/* Holds the loop until somebody has noticed; a minute is the test's patience. */
static void hold_until_noticed(void *arg)
{
    int64_t before = *(int64_t *)arg;
    int64_t end = time_monotonic_us() + (int64_t)60 * 1000000;
    while (metric_get(METRIC_LOOP_STALLS) == before && time_monotonic_us() < end) {
    }
}

static void a_turn_that_does_not_end_is_noticed_meanwhile(void **state)
{
    (void)state;
    struct runtime *rt = loops_start(2);
    int64_t before = metric_get(METRIC_LOOP_STALLS);
    on_loop(runtime_loop(rt, 1), hold_until_noticed, &before);
    on_loop(runtime_loop(rt, 1), nothing, NULL);
    assert_true(metric_get(METRIC_LOOP_STALLS) > before);
    runtime_stop(rt);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_turn_that_takes_long_is_counted_once),
        cmocka_unit_test(waiting_is_no_stall),
        cmocka_unit_test(a_turn_that_does_not_end_is_noticed_meanwhile),
    };
    return cmocka_run_group_tests_name("loop/stall", tests, NULL, NULL);
}
