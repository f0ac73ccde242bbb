#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>

#include "base/attr.h"
#include "fixture.h"
#include "loop/loop.h"
#include "observe/metrics.h"

struct errand {
    pthread_t caller, worker;
    struct loop *loop_before, *loop_in_job, *loop_after;
    bool was_fiber_in_job;
    struct counter *done;
};

static void do_job(void *arg)
{
    struct errand *e = arg;
    e->worker = pthread_self();
    e->loop_in_job = loop_self();
    e->was_fiber_in_job = fiber_self() != NULL;
}

static void hand_over(void *arg)
{
    struct errand *e = arg;
    e->caller = pthread_self();
    e->loop_before = loop_self();
    loop_run_blocking(do_job, e);
    e->loop_after = loop_self();
    if (e->done) {
        counter_add(e->done, 1);
    }
}

static void a_job_runs_on_another_thread(void **state)
{
    (void)state;
    struct runtime *rt = loops_start(1);
    int64_t jobs = metric_get(METRIC_WORKER_JOBS);
    struct errand e = {.done = NULL};
    runtime_run(rt, hand_over, &e);
    assert_false(pthread_equal(e.caller, e.worker));
    assert_ptr_equal(e.loop_before, runtime_loop(rt, 0));
    assert_ptr_equal(e.loop_after, e.loop_before);
    assert_null(e.loop_in_job);
    assert_false(e.was_fiber_in_job);
    assert_int_equal(metric_get(METRIC_WORKER_JOBS), jobs + 1);
    assert_int_equal(metric_get(METRIC_WORKER_QUEUE), 0);
    runtime_stop(rt);
}

static void outside_of_a_fiber_it_runs_here(void **state)
{
    (void)state;
    struct errand e = {.done = NULL};
    hand_over(&e);
    assert_true(pthread_equal(e.caller, e.worker));
    assert_null(e.loop_before);
}

/* The loop goes on while its workers work: the job waits for what only the loop can do. */
struct dependent {
    struct loop *loop;
    struct gate gate;
};

static void open_gate(void *arg)
{
    gate_open(arg);
}

static void wait_for_the_loop(void *arg)
{
    struct dependent *d = arg;
    gate_init(&d->gate);
    loop_post(d->loop, open_gate, &d->gate);
    gate_wait(&d->gate);
}

static void hand_over_what_needs_the_loop(void *arg)
{
    struct dependent *d = arg;
    d->loop = loop_self();
    loop_run_blocking(wait_for_the_loop, d);
}

static void the_loop_goes_on_meanwhile(void **state)
{
    (void)state;
    struct runtime *rt = loops_start(1);
    struct dependent d;
    runtime_run(rt, hand_over_what_needs_the_loop, &d);
    assert_ptr_equal(d.loop, runtime_loop(rt, 0));
    runtime_stop(rt);
}

static void more_jobs_than_workers_all_run(void **state)
{
    (void)state;
    struct runtime *rt = loops_start(2);
    struct counter done;
    counter_init(&done);
    static struct errand errands[500];
    for (size_t i = 0; i < ARRAY_LEN(errands); i++) {
        errands[i].done = &done;
        loop_spawn(runtime_loop(rt, (int)i % 2), hand_over, &errands[i]);
    }
    counter_await(&done, ARRAY_LEN(errands));
    for (size_t i = 0; i < ARRAY_LEN(errands); i++) {
        assert_ptr_equal(errands[i].loop_after, runtime_loop(rt, (int)i % 2));
        assert_null(errands[i].loop_in_job);
    }
    assert_int_equal(metric_get(METRIC_WORKER_QUEUE), 0);
    counter_release(&done);
    runtime_stop(rt);
}

struct cancelled {
    struct fiber *fiber;
    struct gate started, may_end;
    bool job_ended, saw_cancel;
    struct counter done;
};

static void slow_job(void *arg)
{
    struct cancelled *c = arg;
    gate_open(&c->started);
    gate_wait(&c->may_end);
    c->job_ended = true;
}

static void wait_for_job(void *arg)
{
    struct cancelled *c = arg;
    c->fiber = fiber_self();
    loop_run_blocking(slow_job, c);
    c->saw_cancel = c->job_ended && loop_cancelled();
    counter_add(&c->done, 1);
}

static void cancel_it(void *arg)
{
    struct cancelled *c = arg;
    fiber_cancel(c->fiber);
}

static void a_job_is_never_ended_early(void **state)
{
    (void)state;
    struct runtime *rt = loops_start(1);
    struct cancelled c = {.fiber = NULL};
    counter_init(&c.done);
    gate_init(&c.started);
    gate_init(&c.may_end);
    loop_spawn(runtime_loop(rt, 0), wait_for_job, &c);
    gate_wait(&c.started);
    on_loop(runtime_loop(rt, 0), cancel_it, &c);
    assert_int_equal(counter_get(&c.done), 0);
    gate_open(&c.may_end);
    counter_await(&c.done, 1);
    assert_true(c.saw_cancel);
    counter_release(&c.done);
    runtime_stop(rt);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_runs_on_another_thread),
        cmocka_unit_test(outside_of_a_fiber_it_runs_here),
        cmocka_unit_test(the_loop_goes_on_meanwhile),
        cmocka_unit_test(more_jobs_than_workers_all_run),
        cmocka_unit_test(a_job_is_never_ended_early),
    };
    return cmocka_run_group_tests_name("loop/workers", tests, NULL, NULL);
}
