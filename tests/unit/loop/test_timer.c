#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/attr.h"
#include "base/time.h"
#include "fixture.h"
#include "loop/loop.h"

#define TIMERS 200

struct alarm {
    struct loop_timer timer;
    struct clock_work *work;
    int number;
};

struct clock_work {
    struct loop *loop;
    struct alarm alarms[TIMERS];
    int order[TIMERS];
    int n;
    bool was_early;
    struct counter done;
};

static void ring(void *arg)
{
    struct alarm *a = arg;
    struct clock_work *w = a->work;
    w->was_early |= time_monotonic_us() < a->timer.due_us;
    w->order[w->n++] = a->number;
    counter_add(&w->done, 1);
}

/* Started in a scattered order; every third is stopped again. */
static void start_alarms(void *arg)
{
    struct clock_work *w = arg;
    for (int i = 0; i < TIMERS; i++) {
        struct alarm *a = &w->alarms[i * 37 % TIMERS];
        a->work = w;
        a->number = i * 37 % TIMERS;
        loop_timer_start(w->loop, &a->timer, 1000 + a->number * (int64_t)100, 0, ring, a);
    }
    for (int i = 0; i < TIMERS; i += 3) {
        loop_timer_stop(&w->alarms[i].timer);
        loop_timer_stop(&w->alarms[i].timer); /* is off already */
    }
}

static int64_t due_of(const struct clock_work *w, int rank)
{
    return w->alarms[w->order[rank]].timer.due_us;
}

static void timers_ring_in_order_and_never_early(void **state)
{
    (void)state;
    struct runtime *rt = loops_start(1);
    static struct clock_work w;
    w.loop = runtime_loop(rt, 0);
    counter_init(&w.done);
    on_loop(w.loop, start_alarms, &w);
    int left = TIMERS - (TIMERS + 2) / 3;
    counter_await(&w.done, left);
    assert_int_equal(w.n, left);
    for (int i = 0; i < w.n; i++) {
        assert_true(w.order[i] % 3 != 0);
        assert_true(i == 0 || due_of(&w, i) >= due_of(&w, i - 1));
    }
    assert_false(w.was_early);
    counter_release(&w.done);
    runtime_stop(rt);
}

struct beat {
    struct loop *loop;
    struct loop_timer timer, other;
    int n, others;
    struct counter done;
};

static void other_beat(void *arg)
{
    struct beat *b = arg;
    b->others++;
}

static void beat(void *arg)
{
    struct beat *b = arg;
    if (++b->n == 5) {
        loop_timer_stop(&b->timer); /* inside of its own function */
        loop_timer_stop(&b->other); /* and another one's, due in this very round perhaps */
        counter_add(&b->done, 1);
    }
}

static void start_beat(void *arg)
{
    struct beat *b = arg;
    loop_timer_start(b->loop, &b->timer, 0, 1000, beat, b);
    loop_timer_start(b->loop, &b->other, 0, 1000, other_beat, b);
    loop_timer_start(b->loop, &b->other, 500, 1000, other_beat, b); /* anew */
}

static void nothing(void *arg)
{
    (void)arg;
}

static void a_timer_repeats_until_it_is_stopped(void **state)
{
    (void)state;
    struct runtime *rt = loops_start(1);
    struct beat b = {.loop = runtime_loop(rt, 0)};
    counter_init(&b.done);
    on_loop(b.loop, start_beat, &b);
    counter_await(&b.done, 1);
    on_loop(b.loop, nothing, NULL);
    int others = b.others;
    on_loop(b.loop, nothing, NULL);
    assert_int_equal(b.n, 5);
    assert_true(others >= 1);
    assert_int_equal(b.others, others);
    counter_release(&b.done);
    runtime_stop(rt);
}

struct nap {
    int64_t us, slept;
    enum errcode code;
    struct counter *done;
};

static void take_nap(void *arg)
{
    struct nap *n = arg;
    int64_t from = time_monotonic_us();
    n->code = loop_sleep(n->us, NULL);
    n->slept = time_monotonic_us() - from;
    if (n->done) {
        counter_add(n->done, 1);
    }
}

static void a_sleep_is_not_too_short(void **state)
{
    (void)state;
    struct runtime *rt = loops_start(1);
    static const int64_t lengths[] = {0, 1, 999, 20000, -5};
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        struct nap in_fiber = {.us = lengths[i]}, in_thread = {.us = lengths[i]};
        runtime_run(rt, take_nap, &in_fiber);
        take_nap(&in_thread);
        assert_int_equal(in_fiber.code, ERR_OK);
        assert_int_equal(in_thread.code, ERR_OK);
        assert_true(in_fiber.slept >= lengths[i]);
        assert_true(in_thread.slept >= lengths[i]);
    }
    runtime_stop(rt);
}

/* The sleeps pass at the same time: one after another they would take a minute. */
static void many_sleep_at_once(void **state)
{
    (void)state;
    struct runtime *rt = loops_start(1);
    struct counter done;
    counter_init(&done);
    static struct nap naps[300];
    int64_t from = time_monotonic_us();
    for (size_t i = 0; i < ARRAY_LEN(naps); i++) {
        naps[i] = (struct nap){.us = 200000, .done = &done};
        loop_spawn(runtime_loop(rt, 0), take_nap, &naps[i]);
    }
    counter_await(&done, ARRAY_LEN(naps));
    assert_true(time_monotonic_us() - from < (int64_t)30 * 1000000);
    counter_release(&done);
    runtime_stop(rt);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timers_ring_in_order_and_never_early),
        cmocka_unit_test(a_timer_repeats_until_it_is_stopped),
        cmocka_unit_test(a_sleep_is_not_too_short),
        cmocka_unit_test(many_sleep_at_once),
    };
    return cmocka_run_group_tests_name("loop/timer", tests, NULL, NULL);
}
