#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <string.h>

#include "base/attr.h"
#include "base/buf.h"
#include "fixture.h"
#include "loop/loop.h"
#include "observe/metrics.h"

/* ---- a fiber with an owner ---------------------------------------------------------------- */

struct owned {
    struct loop *loop;
    struct fiber *fiber;
    struct fiber *inside; /* who it says it is */
    struct gate *gate;
    struct counter *ready;
    enum errcode code;
    enum fiber_state states[4];
    int n_states;
    int steps;
    bool was_cancelled;
};

static void note(struct owned *o, enum fiber_state state)
{
    o->states[o->n_states++ % 4] = state;
}

static void tell_ready(void *arg)
{
    struct owned *o = arg;
    note(o, fiber_run(o->fiber));
    counter_add(o->ready, 1);
}

static void run_owned(struct owned *o, void (*body)(void *arg))
{
    o->fiber = fiber_new(o->loop, body, o, tell_ready, o);
    note(o, fiber_run(o->fiber));
}

static void free_owned(void *arg)
{
    struct owned *o = arg;
    fiber_free(o->fiber);
}

static void park_twice(void *arg)
{
    struct owned *o = arg;
    o->inside = fiber_self();
    o->steps = 1;
    fiber_park();
    o->steps = 2;
    fiber_park();
    o->steps = 3;
}

static void drive_parks(void *arg)
{
    struct owned *o = arg;
    run_owned(o, park_twice);
    note(o, fiber_run(o->fiber));
    note(o, fiber_run(o->fiber));
    fiber_free(o->fiber);
}

static void a_parked_fiber_goes_on_when_its_owner_says(void **state)
{
    (void)state;
    struct runtime *rt = loops_start(1);
    struct owned o = {.loop = runtime_loop(rt, 0)};
    on_loop(o.loop, drive_parks, &o);
    assert_int_equal(o.steps, 3);
    assert_ptr_equal(o.inside, o.fiber);
    assert_int_equal(o.states[0], FIBER_PARKED);
    assert_int_equal(o.states[1], FIBER_PARKED);
    assert_int_equal(o.states[2], FIBER_DONE);
    runtime_stop(rt);
}

static void wait_at_gate(void *arg)
{
    struct owned *o = arg;
    gate_wait(o->gate);
    o->was_cancelled = loop_cancelled();
}

static void begin_at_gate(void *arg)
{
    run_owned(arg, wait_at_gate);
}

static void the_owner_hears_when_a_wait_has_ended(void **state)
{
    (void)state;
    struct runtime *rt = loops_start(1);
    struct gate gate;
    gate_init(&gate);
    struct counter ready;
    counter_init(&ready);
    struct owned o = {.loop = runtime_loop(rt, 0), .gate = &gate, .ready = &ready};
    on_loop(o.loop, begin_at_gate, &o);
    assert_int_equal(o.states[0], FIBER_WAITING);
    gate_open(&gate);
    counter_await(&ready, 1);
    on_loop(o.loop, free_owned, &o);
    assert_int_equal(o.n_states, 2);
    assert_int_equal(o.states[1], FIBER_DONE);
    assert_false(o.was_cancelled);
    counter_release(&ready);
    runtime_stop(rt);
}

/* ---- cancel --------------------------------------------------------------------------------- */

static void sleep_long(void *arg)
{
    struct owned *o = arg;
    o->code = loop_sleep((int64_t)3600 * 1000000, NULL);
    o->was_cancelled = loop_cancelled();
    /* Every later wait of that kind answers at once. */
    o->steps = loop_sleep((int64_t)3600 * 1000000, NULL) == ERR_CANCELLED;
}

static void begin_sleep(void *arg)
{
    run_owned(arg, sleep_long);
}

static void cancel_owned(void *arg)
{
    struct owned *o = arg;
    fiber_cancel(o->fiber);
    note(o, FIBER_NONE); /* ready() comes later, not in here */
}

static void cancel_ends_a_sleep(void **state)
{
    (void)state;
    struct runtime *rt = loops_start(1);
    struct counter ready;
    counter_init(&ready);
    struct owned o = {.loop = runtime_loop(rt, 0), .ready = &ready};
    on_loop(o.loop, begin_sleep, &o);
    on_loop(o.loop, cancel_owned, &o);
    counter_await(&ready, 1);
    on_loop(o.loop, free_owned, &o);
    assert_int_equal(o.code, ERR_CANCELLED);
    assert_true(o.was_cancelled);
    assert_int_equal(o.steps, 1);
    assert_int_equal(o.states[0], FIBER_WAITING);
    assert_int_equal(o.states[1], FIBER_NONE);
    assert_int_equal(o.states[2], FIBER_DONE);
    counter_release(&ready);
    runtime_stop(rt);
}

static void a_gate_outlasts_a_cancel(void **state)
{
    (void)state;
    struct runtime *rt = loops_start(1);
    struct gate gate;
    gate_init(&gate);
    struct counter ready;
    counter_init(&ready);
    struct owned o = {.loop = runtime_loop(rt, 0), .gate = &gate, .ready = &ready};
    on_loop(o.loop, begin_at_gate, &o);
    on_loop(o.loop, cancel_owned, &o);
    on_loop(o.loop, cancel_owned, &o); /* a turn has passed */
    assert_int_equal(counter_get(&ready), 0);
    gate_open(&gate);
    counter_await(&ready, 1);
    on_loop(o.loop, free_owned, &o);
    assert_true(o.was_cancelled);
    counter_release(&ready);
    runtime_stop(rt);
}

/* ---- limit and pool ------------------------------------------------------------------------- */

#define LIMIT 8

struct crowd {
    struct loop *loop;
    struct fiber *fibers[LIMIT + 1];
    int64_t counted;
    bool is_refused, has_place_again;
};

static void nothing(void *arg)
{
    (void)arg;
}

static void fill_to_the_limit(void *arg)
{
    struct crowd *c = arg;
    for (int i = 0; i < LIMIT; i++) {
        c->fibers[i] = fiber_new(c->loop, nothing, NULL, nothing, NULL);
    }
    c->counted = metric_get(METRIC_FIBERS);
    c->is_refused = fiber_new(c->loop, nothing, NULL, nothing, NULL) == NULL;
    fiber_run(c->fibers[0]);
    fiber_free(c->fibers[0]); /* done */
    c->fibers[0] = fiber_new(c->loop, nothing, NULL, nothing, NULL);
    c->has_place_again = c->fibers[0] != NULL;
    for (int i = 0; i < LIMIT; i++) {
        fiber_free(c->fibers[i]); /* never run */
    }
}

static void there_are_so_many_fibers_and_no_more(void **state)
{
    (void)state;
    struct runtime *rt =
        loops_start_with(&(struct runtime_settings){.loops = 1, .workers = 1, .fibers = LIMIT});
    struct crowd c = {.loop = runtime_loop(rt, 0)};
    on_loop(c.loop, fill_to_the_limit, &c);
    for (int i = 0; i < LIMIT; i++) {
        assert_non_null(c.fibers[i]);
    }
    assert_true(c.is_refused);
    assert_true(c.has_place_again);
    assert_int_equal(c.counted, LIMIT);
    assert_int_equal(metric_get(METRIC_FIBERS), 0);
    runtime_stop(rt);
}

struct errand {
    struct gate gate;
    struct counter *done;
};

static void wait_and_count(void *arg)
{
    struct errand *e = arg;
    gate_wait(&e->gate);
    counter_add(e->done, 1);
}

/* Three times as many as there are places: the rest waits for a place and loses nothing. */
static void spawns_over_the_limit_wait_for_a_place(void **state)
{
    (void)state;
    struct runtime *rt =
        loops_start_with(&(struct runtime_settings){.loops = 1, .workers = 1, .fibers = LIMIT});
    struct counter done;
    counter_init(&done);
    struct errand errands[3 * LIMIT];
    for (int i = 0; i < 3 * LIMIT; i++) {
        errands[i].done = &done;
        gate_init(&errands[i].gate);
        loop_spawn(runtime_loop(rt, 0), wait_and_count, &errands[i]);
    }
    on_loop(runtime_loop(rt, 0), nothing, NULL);
    assert_true(metric_get(METRIC_FIBERS) <= LIMIT);
    for (int i = 3 * LIMIT; i-- > 0;) {
        gate_open(&errands[i].gate);
    }
    counter_await(&done, 3 * LIMIT);
    counter_release(&done);
    runtime_stop(rt);
}

/* ---- many ----------------------------------------------------------------------------------- */

#define MANY 1000 /* more than the pool keeps */

static void many_fibers_wait_at_once(void **state)
{
    (void)state;
    struct runtime *rt = loops_start(2);
    struct counter done;
    counter_init(&done);
    static struct errand errands[MANY];
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < MANY; i++) {
            errands[i].done = &done;
            gate_init(&errands[i].gate);
            loop_spawn(runtime_loop(rt, i % 2), wait_and_count, &errands[i]);
        }
        for (int i = 0; i < MANY; i++) {
            gate_open(&errands[i].gate);
        }
        counter_await(&done, (round + 1) * MANY);
    }
    counter_release(&done);
    runtime_stop(rt);
}

/* A frame of four KiB a level: 60 of them fit in 256 KiB, most of all with a sanitizer's zones. */
static int dig(int levels)
{
    volatile char frame[2048];
    memset((char *)frame, levels, sizeof frame);
    int below = levels > 0 ? dig(levels - 1) : 0;
    return below + (frame[levels] == (char)levels);
}

static void dig_deep(void *arg)
{
    *(int *)arg = dig(60);
}

static void a_stack_is_as_large_as_it_says(void **state)
{
    (void)state;
    struct runtime *rt = loops_start(1);
    int levels = 0;
    runtime_run(rt, dig_deep, &levels);
    assert_int_equal(levels, 61);
    runtime_stop(rt);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_parked_fiber_goes_on_when_its_owner_says),
        cmocka_unit_test(the_owner_hears_when_a_wait_has_ended),
        cmocka_unit_test(cancel_ends_a_sleep),
        cmocka_unit_test(a_gate_outlasts_a_cancel),
        cmocka_unit_test(there_are_so_many_fibers_and_no_more),
        cmocka_unit_test(spawns_over_the_limit_wait_for_a_place),
        cmocka_unit_test(many_fibers_wait_at_once),
        cmocka_unit_test(a_stack_is_as_large_as_it_says),
    };
    return cmocka_run_group_tests_name("loop/fiber", tests, NULL, NULL);
}
