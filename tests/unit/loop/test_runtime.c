#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/attr.h"
#include "fixture.h"
#include "loop/loop.h"

struct place {
    struct loop *loop;
    struct fiber *fiber;
    pthread_t thread;
    int index;
};

static void look_around(void *arg)
{
    struct place *p = arg;
    p->loop = loop_self();
    p->fiber = fiber_self();
    p->thread = pthread_self();
    p->index = p->loop ? loop_index(p->loop) : -1;
}

static void each_loop_has_its_thread(void **state)
{
    (void)state;
    struct runtime *rt = loops_start(3);
    assert_int_equal(runtime_loops(rt), 3);
    struct place p[3];
    for (int i = 0; i < 3; i++) {
        on_loop(runtime_loop(rt, i), look_around, &p[i]);
        assert_ptr_equal(p[i].loop, runtime_loop(rt, i));
        assert_int_equal(p[i].index, i);
        assert_null(p[i].fiber); /* a post is no fiber */
        assert_ptr_equal(loop_runtime(p[i].loop), rt);
        for (int k = 0; k < i; k++) {
            assert_false(pthread_equal(p[i].thread, p[k].thread));
        }
    }
    runtime_stop(rt);
}

static void a_run_is_a_fiber_of_the_first_loop(void **state)
{
    (void)state;
    struct runtime *rt = loops_start(2);
    struct place p;
    runtime_run(rt, look_around, &p);
    assert_ptr_equal(p.loop, runtime_loop(rt, 0));
    assert_non_null(p.fiber);
    look_around(&p);
    assert_null(p.loop);
    assert_null(p.fiber);
    assert_false(loop_cancelled());
    runtime_stop(rt);
}

static void settings_have_defaults(void **state)
{
    (void)state;
    struct runtime *rt = loops_start_with(&(struct runtime_settings){0});
    assert_true(runtime_loops(rt) >= 1 && runtime_loops(rt) <= sysconf(_SC_NPROCESSORS_CONF));
    runtime_stop(rt);
    rt = loops_start_with(&(struct runtime_settings){.loops = 1000, .workers = 1});
    assert_int_equal(runtime_loops(rt), 64);
    runtime_stop(rt);
    runtime_stop(NULL);
}

/* The process has no descriptor left for the second loop: what was started ends again. */
static void a_runtime_that_cannot_start_leaves_nothing(void **state)
{
    (void)state;
    struct rlimit before, few;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    int lowest = dup(STDERR_FILENO);
    close(lowest);
    few = before;
    few.rlim_cur = (rlim_t)lowest + 3;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    struct runtime *rt = NULL;
    struct error err = ERROR_INIT;
    enum errcode code = runtime_start(&(struct runtime_settings){.loops = 4}, &rt, &err);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(code, ERR_UNAVAILABLE);
    assert_null(rt);
    assert_string_equal(err.message, "cannot start event loop 2");
    error_release(&err);
    int again = dup(STDERR_FILENO);
    close(again);
    assert_int_equal(again, lowest);
}

/* ---- stop ------------------------------------------------------------------------------------ */

static atomic_int ended, posted;

static void short_job(void *arg)
{
    (void)arg;
    usleep(200);
}

static void sleep_until_cancelled(void *arg)
{
    (void)arg;
    while (loop_sleep((int64_t)3600 * 1000000, NULL) != ERR_CANCELLED) {
    }
    loop_run_blocking(short_job, NULL); /* may still wait for a worker on its way out */
    atomic_fetch_add(&ended, 1);
}

static void work_some(void *arg)
{
    (void)arg;
    for (int i = 0; i < 5; i++) {
        loop_run_blocking(short_job, NULL);
    }
    atomic_fetch_add(&ended, 1);
}

static void count_post(void *arg)
{
    (void)arg;
    atomic_fetch_add(&posted, 1);
}

/* Goes on posting to the other loop while that stops. */
static void post_across(void *arg)
{
    struct runtime *rt = arg;
    for (int i = 0; i < 50; i++) {
        loop_post(runtime_loop(rt, i % runtime_loops(rt)), count_post, NULL);
        loop_run_blocking(short_job, NULL);
    }
    atomic_fetch_add(&ended, 1);
}

static void a_stop_under_load_loses_nothing(void **state)
{
    (void)state;
    for (int round = 0; round < 10; round++) {
        atomic_store(&ended, 0);
        atomic_store(&posted, 0);
        struct runtime *rt = loops_start(2);
        for (int i = 0; i < 40; i++) {
            loop_spawn(runtime_loop(rt, i % 2), sleep_until_cancelled, NULL);
            loop_spawn(runtime_loop(rt, i % 2), work_some, NULL);
            loop_post(runtime_loop(rt, i % 2), count_post, NULL);
        }
        loop_spawn(runtime_loop(rt, 0), post_across, rt);
        loop_spawn(runtime_loop(rt, 1), post_across, rt);
        runtime_stop(rt);
        assert_int_equal(atomic_load(&ended), 82);
        assert_int_equal(atomic_load(&posted), 140);
    }
}

struct order {
    int next;
    bool is_broken;
};

struct ordered {
    struct order *order;
    int number;
};

static void take_number(void *arg)
{
    struct ordered *o = arg;
    o->order->is_broken |= o->order->next++ != o->number;
}

static void posts_of_one_thread_keep_their_order(void **state)
{
    (void)state;
    struct runtime *rt = loops_start(1);
    struct order order = {.next = 0};
    struct ordered posts[100];
    for (int i = 0; i < 100; i++) {
        posts[i] = (struct ordered){&order, i};
        loop_post(runtime_loop(rt, 0), take_number, &posts[i]);
    }
    runtime_stop(rt);
    assert_int_equal(order.next, 100);
    assert_false(order.is_broken);
}

/* Signals of the process are for the thread that waits for them, never for a loop or worker. */
struct mask {
    sigset_t blocked;
};

static void read_mask(void *arg)
{
    struct mask *m = arg;
    pthread_sigmask(SIG_SETMASK, NULL, &m->blocked);
}

static void read_mask_of_worker(void *arg)
{
    loop_run_blocking(read_mask, arg);
}

static void signals_stay_with_the_process(void **state)
{
    (void)state;
    struct runtime *rt = loops_start(1);
    struct mask loop, worker, here;
    on_loop(runtime_loop(rt, 0), read_mask, &loop);
    runtime_run(rt, read_mask_of_worker, &worker);
    read_mask(&here);
    assert_true(sigismember(&loop.blocked, SIGTERM));
    assert_true(sigismember(&worker.blocked, SIGTERM));
    assert_true(sigismember(&worker.blocked, SIGHUP));
    assert_false(sigismember(&loop.blocked, SIGSEGV));
    assert_false(sigismember(&here.blocked, SIGTERM));
    runtime_stop(rt);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_loop_has_its_thread),
        cmocka_unit_test(a_run_is_a_fiber_of_the_first_loop),
        cmocka_unit_test(settings_have_defaults),
        cmocka_unit_test(a_runtime_that_cannot_start_leaves_nothing),
        cmocka_unit_test(a_stop_under_load_loses_nothing),
        cmocka_unit_test(posts_of_one_thread_keep_their_order),
        cmocka_unit_test(signals_stay_with_the_process),
    };
    return cmocka_run_group_tests_name("loop/runtime", tests, NULL, NULL);
}
