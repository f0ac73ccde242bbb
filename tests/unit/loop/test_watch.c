#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/time.h"
#include "fixture.h"
#include "loop/loop.h"

#define HOUR_US ((int64_t)3600 * 1000000)

struct wait {
    struct loop *loop;
    struct fiber *fiber;
    int fd;
    short events;
    int64_t timeout_us, took_us;
    enum errcode code;
    char byte;
    struct counter *done;
    struct counter *waits;
};

static void wait_for_fd(void *arg)
{
    struct wait *w = arg;
    int64_t from = time_monotonic_us();
    w->fiber = fiber_self();
    if (w->waits) {
        counter_add(w->waits, 1);
    }
    w->code = loop_wait_fd(w->fd, w->events, w->timeout_us, NULL);
    w->took_us = time_monotonic_us() - from;
    if (w->code == ERR_OK && w->events == POLLIN && read(w->fd, &w->byte, 1) != 1) {
        w->byte = '!';
    }
    if (w->done) {
        counter_add(w->done, 1);
    }
}

static void open_pipe(int ends[2])
{
    assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
}

static void close_pipe(const int ends[2])
{
    close(ends[0]);
    close(ends[1]);
}

static void a_fiber_waits_for_what_comes(void **state)
{
    (void)state;
    struct runtime *rt = loops_start(1);
    struct counter done, waits;
    counter_init(&done);
    counter_init(&waits);
    int ends[2];
    open_pipe(ends);
    struct wait w = {
        .fd = ends[0], .events = POLLIN, .timeout_us = -1, .done = &done, .waits = &waits};
    loop_spawn(runtime_loop(rt, 0), wait_for_fd, &w);
    counter_await(&waits, 1);
    assert_int_equal(write(ends[1], "x", 1), 1);
    counter_await(&done, 1);
    assert_int_equal(w.code, ERR_OK);
    assert_int_equal(w.byte, 'x');
    close_pipe(ends);
    counter_release(&waits);
    counter_release(&done);
    runtime_stop(rt);
}

static void what_is_ready_is_not_waited_for(void **state)
{
    (void)state;
    struct runtime *rt = loops_start(1);
    int ends[2];
    open_pipe(ends);
    int plain = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    struct wait room = {.fd = ends[1], .events = POLLOUT, .timeout_us = HOUR_US};
    struct wait file = {.fd = plain, .events = POLLIN, .timeout_us = HOUR_US};
    struct wait room_in_thread = room;
    runtime_run(rt, wait_for_fd, &room);
    runtime_run(rt, wait_for_fd, &file); /* epoll refuses plain files */
    wait_for_fd(&room_in_thread);
    assert_int_equal(room.code, ERR_OK);
    assert_int_equal(file.code, ERR_OK);
    assert_int_equal(file.byte, '\x7f');
    assert_int_equal(room_in_thread.code, ERR_OK);
    close(plain);
    close_pipe(ends);
    runtime_stop(rt);
}

static void what_does_not_come_times_out(void **state)
{
    (void)state;
    struct runtime *rt = loops_start(1);
    int ends[2];
    open_pipe(ends);
    struct wait w = {.fd = ends[0], .events = POLLIN, .timeout_us = 5000};
    struct wait in_thread = w;
    runtime_run(rt, wait_for_fd, &w);
    wait_for_fd(&in_thread);
    assert_int_equal(w.code, ERR_TIMEOUT);
    assert_true(w.took_us >= 5000);
    assert_int_equal(in_thread.code, ERR_TIMEOUT);
    assert_true(in_thread.took_us >= 5000);
    close_pipe(ends);
    runtime_stop(rt);
}

static void two_fibers_wait_for_one_descriptor(void **state)
{
    (void)state;
    struct runtime *rt = loops_start(1);
    struct counter done, waits;
    counter_init(&done);
    counter_init(&waits);
    int ends[2];
    open_pipe(ends);
    struct wait w[2];
    for (int i = 0; i < 2; i++) {
        w[i] = (struct wait){
            .fd = ends[0], .events = POLLIN, .timeout_us = -1, .done = &done, .waits = &waits};
        loop_spawn(runtime_loop(rt, 0), wait_for_fd, &w[i]);
    }
    counter_await(&waits, 2);
    assert_int_equal(write(ends[1], "ab", 2), 2);
    counter_await(&done, 2);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(w[i].code, ERR_OK);
    }
    assert_int_equal(w[0].byte + w[1].byte, 'a' + 'b');
    close_pipe(ends);
    counter_release(&waits);
    counter_release(&done);
    runtime_stop(rt);
}

static void cancel_waiting(void *arg)
{
    struct wait *w = arg;
    fiber_cancel(w->fiber);
}

static void a_cancel_ends_the_wait(void **state)
{
    (void)state;
    struct runtime *rt = loops_start(1);
    struct counter done, waits;
    counter_init(&done);
    counter_init(&waits);
    int ends[2];
    open_pipe(ends);
    struct wait w = {
        .fd = ends[0], .events = POLLIN, .timeout_us = -1, .done = &done, .waits = &waits};
    loop_spawn(runtime_loop(rt, 0), wait_for_fd, &w);
    counter_await(&waits, 1);
    on_loop(runtime_loop(rt, 0), cancel_waiting, &w);
    counter_await(&done, 1);
    assert_int_equal(w.code, ERR_CANCELLED);
    close_pipe(ends);
    counter_release(&waits);
    counter_release(&done);
    runtime_stop(rt);
}

/* ---- watches -------------------------------------------------------------------------------- */

struct pair {
    struct loop *loop;
    struct loop_watch watches[2];
    int ends[2][2];
    int calls[2];
    uint32_t events;
    bool is_in_fiber;
    struct counter done;
};

/* Whichever comes first removes both; the other is ready in the same turn and must not come. */
static void remove_both(struct pair *p, int me, uint32_t events)
{
    p->calls[me]++;
    p->events = events;
    p->is_in_fiber |= fiber_self() != NULL;
    loop_watch_remove(&p->watches[0]);
    loop_watch_remove(&p->watches[1]);
    counter_add(&p->done, 1);
}

static void first_is_ready(void *arg, uint32_t events)
{
    remove_both(arg, 0, events);
}

static void second_is_ready(void *arg, uint32_t events)
{
    remove_both(arg, 1, events);
}

static void watch_both(void *arg)
{
    struct pair *p = arg;
    loop_watch_add(p->loop, &p->watches[0], p->ends[0][0], EPOLLIN, first_is_ready, p);
    loop_watch_add(p->loop, &p->watches[1], p->ends[1][0], EPOLLIN, second_is_ready, p);
}

static void nothing(void *arg)
{
    (void)arg;
}

static void a_removed_watch_is_not_called_any_more(void **state)
{
    (void)state;
    struct runtime *rt = loops_start(1);
    struct pair p = {.loop = runtime_loop(rt, 0)};
    counter_init(&p.done);
    for (int i = 0; i < 2; i++) {
        open_pipe(p.ends[i]);
        assert_int_equal(write(p.ends[i][1], "x", 1), 1);
    }
    on_loop(p.loop, watch_both, &p);
    counter_await(&p.done, 1);
    on_loop(p.loop, nothing, NULL);
    on_loop(p.loop, nothing, NULL);
    assert_int_equal(p.calls[0] + p.calls[1], 1);
    assert_int_equal(p.events, EPOLLIN);
    assert_false(p.is_in_fiber);
    assert_false(p.watches[0].is_on || p.watches[1].is_on);
    for (int i = 0; i < 2; i++) {
        close_pipe(p.ends[i]);
    }
    counter_release(&p.done);
    runtime_stop(rt);
}

/* ---- sources -------------------------------------------------------------------------------- */

struct daemon {
    struct loop *loop;
    struct loop_source source;
    int ends[2];
    int asked, runs;
    int runs_before, runs_after;
    int64_t timeout_us;
    struct counter ran;
};

static int64_t ask_daemon(void *arg)
{
    struct daemon *d = arg;
    d->asked++;
    return d->timeout_us;
}

static void run_daemon(void *arg)
{
    struct daemon *d = arg;
    char byte;
    d->runs++;
    if (d->source.fd >= 0 && read(d->source.fd, &byte, 1) == 1) {
        counter_add(&d->ran, 1);
    } else if (d->timeout_us >= 0) {
        counter_add(&d->ran, 1);
    }
}

static void add_daemon(void *arg)
{
    struct daemon *d = arg;
    d->source.timeout_us = ask_daemon;
    d->source.run = run_daemon;
    d->source.arg = d;
    loop_source_add(d->loop, &d->source);
}

static void remove_daemon(void *arg)
{
    struct daemon *d = arg;
    loop_source_remove(d->loop, &d->source);
}

static void note_runs(void *arg)
{
    struct daemon *d = arg;
    d->runs_before = d->runs_after;
    d->runs_after = d->runs;
}

static void a_source_runs_in_every_turn(void **state)
{
    (void)state;
    struct runtime *rt = loops_start(1);
    struct daemon d = {.loop = runtime_loop(rt, 0), .source = {.fd = -1}, .timeout_us = -1};
    counter_init(&d.ran);
    on_loop(d.loop, add_daemon, &d);
    on_loop(d.loop, note_runs, &d);
    for (int i = 0; i < 20; i++) {
        on_loop(d.loop, note_runs, &d); /* makes a turn and nothing for the source */
        assert_int_equal(d.runs_after, d.runs_before + 1);
    }
    on_loop(d.loop, remove_daemon, &d);
    int runs = d.runs, asked = d.asked;
    on_loop(d.loop, note_runs, &d);
    assert_int_equal(d.runs, runs);
    assert_int_equal(d.asked, asked);
    assert_true(asked >= runs);
    counter_release(&d.ran);
    runtime_stop(rt);
}

static void a_source_is_not_waited_for_longer_than_it_says(void **state)
{
    (void)state;
    struct runtime *rt = loops_start(1);
    struct daemon d = {.loop = runtime_loop(rt, 0), .source = {.fd = -1}, .timeout_us = 2000};
    counter_init(&d.ran);
    on_loop(d.loop, add_daemon, &d);
    counter_await(&d.ran, 5);
    on_loop(d.loop, remove_daemon, &d);
    counter_release(&d.ran);
    runtime_stop(rt);
}

static void the_descriptor_of_a_source_wakes_the_loop(void **state)
{
    (void)state;
    struct runtime *rt = loops_start(1);
    struct daemon d = {.loop = runtime_loop(rt, 0), .timeout_us = -1};
    counter_init(&d.ran);
    open_pipe(d.ends);
    d.source.fd = d.ends[0];
    on_loop(d.loop, add_daemon, &d);
    for (int i = 1; i <= 3; i++) {
        assert_int_equal(write(d.ends[1], "x", 1), 1);
        counter_await(&d.ran, i);
    }
    on_loop(d.loop, remove_daemon, &d);
    close_pipe(d.ends);
    counter_release(&d.ran);
    runtime_stop(rt);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fiber_waits_for_what_comes),
        cmocka_unit_test(what_is_ready_is_not_waited_for),
        cmocka_unit_test(what_does_not_come_times_out),
        cmocka_unit_test(two_fibers_wait_for_one_descriptor),
        cmocka_unit_test(a_cancel_ends_the_wait),
        cmocka_unit_test(a_removed_watch_is_not_called_any_more),
        cmocka_unit_test(a_source_runs_in_every_turn),
        cmocka_unit_test(a_source_is_not_waited_for_longer_than_it_says),
        cmocka_unit_test(the_descriptor_of_a_source_wakes_the_loop),
    };
    return cmocka_run_group_tests_name("loop/watch", tests, NULL, NULL);
}
