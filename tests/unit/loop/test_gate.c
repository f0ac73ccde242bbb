#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>

#include "base/attr.h"
#include "base/buf.h"
#include "fixture.h"
#include "loop/loop.h"

static void *open_gate(void *arg)
{
    gate_open(arg);
    return NULL;
}

static void a_thread_waits_for_another(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++) {
        struct gate *g = mem_alloc(sizeof *g);
        pthread_t thread;
        gate_init(g);
        assert_int_equal(pthread_create(&thread, NULL, open_gate, g), 0);
        gate_wait(g);
        mem_free(g); /* the opener may not touch it any more */
        pthread_join(thread, NULL);
    }
}

static void a_gate_that_is_open_holds_nobody(void **state)
{
    (void)state;
    struct gate g;
    gate_init(&g);
    gate_open(&g);
    gate_wait(&g);
}

struct meeting {
    struct gate *gate;
    struct counter *done;
    struct loop *here;
    bool stayed;
};

/* The gate's memory goes as soon as the waiter is through. */
static void wait_and_free(void *arg)
{
    struct meeting *m = arg;
    struct loop *before = loop_self();
    gate_wait(m->gate);
    mem_free(m->gate);
    m->stayed = before == m->here && loop_self() == m->here;
    counter_add(m->done, 1);
}

static void open_it(void *arg)
{
    struct meeting *m = arg;
    gate_open(m->gate);
}

static struct meeting meeting(struct loop *l, struct counter *done)
{
    struct meeting m = {.gate = mem_alloc(sizeof *m.gate), .done = done, .here = l};
    gate_init(m.gate);
    return m;
}

#define MEETINGS 500

static void fibers_of_two_loops_meet(void **state)
{
    (void)state;
    struct runtime *rt = loops_start(2);
    struct counter done;
    counter_init(&done);
    static struct meeting m[MEETINGS];
    for (int i = 0; i < MEETINGS; i++) {
        m[i] = meeting(runtime_loop(rt, i % 2), &done);
        /* the opener on the other loop, on the same one, as a fiber, outside of one */
        struct loop *opener = runtime_loop(rt, i / 2 % 2);
        loop_spawn(m[i].here, wait_and_free, &m[i]);
        (i / 4 % 2 ? loop_spawn : loop_post)(opener, open_it, &m[i]);
    }
    counter_await(&done, MEETINGS);
    for (int i = 0; i < MEETINGS; i++) {
        assert_true(m[i].stayed);
    }
    counter_release(&done);
    runtime_stop(rt);
}

static void *open_all(void *arg)
{
    struct meeting *m = arg;
    for (int i = 0; i < MEETINGS; i++) {
        gate_open(m[i].gate);
    }
    return NULL;
}

static void a_thread_opens_for_fibers(void **state)
{
    (void)state;
    struct runtime *rt = loops_start(2);
    struct counter done;
    counter_init(&done);
    static struct meeting m[MEETINGS];
    for (int i = 0; i < MEETINGS; i++) {
        m[i] = meeting(runtime_loop(rt, i % 2), &done);
        loop_spawn(m[i].here, wait_and_free, &m[i]);
    }
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, open_all, m), 0);
    counter_await(&done, MEETINGS);
    pthread_join(thread, NULL);
    counter_release(&done);
    runtime_stop(rt);
}

/* Two fibers hand the turn to each other: every switch goes through a gate of its own. */
#define ROUNDS 1000

struct game {
    struct gate gates[2][ROUNDS];
    struct counter done;
};

struct player {
    struct game *game;
    int side;
};

static void play(void *arg)
{
    struct player *p = arg;
    for (int i = 0; i < ROUNDS; i++) {
        if (p->side == 0) {
            gate_open(&p->game->gates[0][i]);
            gate_wait(&p->game->gates[1][i]);
        } else {
            gate_wait(&p->game->gates[0][i]);
            gate_open(&p->game->gates[1][i]);
        }
    }
    counter_add(&p->game->done, 1);
}

static void two_fibers_take_turns(void **state)
{
    (void)state;
    struct runtime *rt = loops_start(2);
    for (int loops = 1; loops <= 2; loops++) {
        struct game *game = mem_alloc(sizeof *game);
        counter_init(&game->done);
        for (int i = 0; i < 2 * ROUNDS; i++) {
            gate_init(&game->gates[i % 2][i / 2]);
        }
        struct player players[] = {{game, 0}, {game, 1}};
        loop_spawn(runtime_loop(rt, 0), play, &players[0]);
        loop_spawn(runtime_loop(rt, loops - 1), play, &players[1]);
        counter_await(&game->done, 2);
        counter_release(&game->done);
        mem_free(game);
    }
    runtime_stop(rt);
}

/* A wait that ends early leaves the gate as it was. */
struct patience {
    struct gate gate;
    struct counter done;
    struct fiber *waiter;
    enum errcode late, cancelled, again;
    bool has_opened;
};

static void open_later(void *arg)
{
    struct patience *p = arg;
    if (loop_sleep(2000, NULL) == ERR_OK) {
        gate_open(&p->gate);
        p->has_opened = true;
    }
}

static void wait_with_patience(void *arg)
{
    struct patience *p = arg;
    gate_init(&p->gate);
    p->late = gate_wait_for(&p->gate, 1000, NULL);
    loop_spawn(loop_self(), open_later, p);
    p->again = gate_wait_for(&p->gate, -1, NULL);
    counter_add(&p->done, 1);
}

static void a_wait_may_be_late(void **state)
{
    (void)state;
    struct runtime *rt = loops_start(1);
    struct patience p = {.has_opened = false};
    counter_init(&p.done);
    loop_spawn(runtime_loop(rt, 0), wait_with_patience, &p);
    counter_await(&p.done, 1);
    assert_int_equal(p.late, ERR_TIMEOUT);
    assert_int_equal(p.again, ERR_OK);
    assert_true(p.has_opened);
    counter_release(&p.done);
    runtime_stop(rt);
}

static void wait_for_ever(void *arg)
{
    struct patience *p = arg;
    p->cancelled = gate_wait_for(&p->gate, -1, NULL);
    p->again = gate_wait_for(&p->gate, -1, NULL);
}

static void run_on(void *arg)
{
    struct patience *p = arg;
    if (fiber_run(p->waiter) == FIBER_DONE) {
        fiber_free(p->waiter);
        counter_add(&p->done, 1);
    }
}

static void start_and_cancel(void *arg)
{
    struct patience *p = arg;
    gate_init(&p->gate);
    p->waiter = fiber_new(loop_self(), wait_for_ever, p, run_on, p);
    if (p->waiter && fiber_run(p->waiter) == FIBER_WAITING) {
        fiber_cancel(p->waiter);
    }
}

static void a_cancel_ends_a_wait(void **state)
{
    (void)state;
    struct runtime *rt = loops_start(1);
    struct patience p = {.has_opened = false};
    counter_init(&p.done);
    loop_post(runtime_loop(rt, 0), start_and_cancel, &p);
    counter_await(&p.done, 1);
    assert_int_equal(p.cancelled, ERR_CANCELLED);
    assert_int_equal(p.again, ERR_CANCELLED);
    counter_release(&p.done);
    runtime_stop(rt);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wait_may_be_late),
        cmocka_unit_test(a_cancel_ends_a_wait),
        cmocka_unit_test(a_thread_waits_for_another),
        cmocka_unit_test(a_gate_that_is_open_holds_nobody),
        cmocka_unit_test(fibers_of_two_loops_meet),
        cmocka_unit_test(a_thread_opens_for_fibers),
        cmocka_unit_test(two_fibers_take_turns),
    };
    return cmocka_run_group_tests_name("loop/gate", tests, NULL, NULL);
}
