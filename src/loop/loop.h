#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/error.h"

/*
 * Waiting. A runtime is one event loop per core, each on its own thread, and a pool of worker
 * threads for what blocks. Work runs on fibers: code reads straight down as if it blocked, and the
 * verbs below suspend the fiber while its loop goes on. A fiber never changes thread. No lock may
 * be held across a call that can suspend.
 *
 * Every verb of the section "in a fiber" also works outside of one: it then blocks its thread.
 */
struct runtime;
struct loop;

struct runtime_settings {
    int loops;          /* 0 = one per core; at most 64 */
    int workers;        /* 0 = 4 */
    size_t stack_bytes; /* of a fiber; 0 = 256 KiB; a guard page comes before it */
    int fibers;         /* at once, per loop; 0 = 10,000 */
};

/** runtime_start() - the threads run when this returns. Errors: ERR_UNAVAILABLE. */
enum errcode runtime_start(const struct runtime_settings *s, struct runtime **out,
                           struct error *err) MUST_CHECK;
/** runtime_stop() - end and join all threads. What was posted still runs; fibers that nobody owns
 *  are cancelled and waited for. Every owned fiber has ended and every source, watch and timer is
 *  gone before (BUG otherwise). NULL is fine. */
void runtime_stop(struct runtime *rt);
int runtime_loops(const struct runtime *rt);
struct loop *runtime_loop(struct runtime *rt, int i);
/** runtime_run() - run @fn(@arg) as a fiber of loop 0 and wait for it; not from a loop's thread.
 *  The command line runs its use cases so. */
void runtime_run(struct runtime *rt, void (*fn)(void *arg), void *arg);

/** loop_self() - the loop whose thread this is, NULL elsewhere. */
struct loop *loop_self(void);
int loop_index(const struct loop *l);
struct runtime *loop_runtime(struct loop *l);
/** loop_post() - run @fn(@arg) on @l's thread in its next turn, outside of a fiber. Any thread. */
void loop_post(struct loop *l, void (*fn)(void *arg), void *arg);
/** loop_spawn() - the same as a fiber that nobody owns. Any thread. */
void loop_spawn(struct loop *l, void (*fn)(void *arg), void *arg);

/* ---- in a fiber -------------------------------------------------------------------------- */

/** loop_run_blocking() - run @fn(@arg) on a worker and wait; never ended early. */
void loop_run_blocking(void (*fn)(void *arg), void *arg);
/** loop_sleep() - Errors: ERR_CANCELLED as soon as the fiber is cancelled. */
enum errcode loop_sleep(int64_t us, struct error *err) MUST_CHECK;
/** loop_wait_fd() - until one of @events (POLLIN, POLLOUT) of @fd; @timeout_us -1 = for ever.
 *  Errors: ERR_TIMEOUT, ERR_CANCELLED. */
enum errcode loop_wait_fd(int fd, short events, int64_t timeout_us, struct error *err) MUST_CHECK;
/** loop_cancelled() - the fiber that runs was cancelled: whoever waits for it is gone. */
bool loop_cancelled(void);

/*
 * A gate: one waiter, opened once by any other thread or fiber. The opener may find the gate's
 * memory gone right after gate_open() returns.
 */
struct gate {
    _Atomic(uintptr_t) state; /* 0 = closed; else open, or who waits */
};
void gate_init(struct gate *g);
/** gate_wait() - returns once the gate is open and releases what gate_init() took. */
void gate_wait(struct gate *g);
/** gate_wait_for() - the same for a fiber whose wait may end early: by a cancel, or after
 *  @timeout_us (-1 = never). Only for gates that are opened on the waiter's own loop. On an error
 *  the gate is closed still and may be waited for again or be forgotten. Errors: ERR_CANCELLED,
 *  ERR_TIMEOUT. */
enum errcode gate_wait_for(struct gate *g, int64_t timeout_us, struct error *err) MUST_CHECK;
void gate_open(struct gate *g);

/* ---- on a loop's thread ------------------------------------------------------------------- */

/** loop_turn_us() - when the turn that runs began, by the monotonic clock; costs no look at it. */
int64_t loop_turn_us(const struct loop *l);

/* Called on the loop's thread at @interval_us; for sweeping and the like. Owned by the caller. */
struct loop_timer {
    void (*fn)(void *arg);
    void *arg;
    int64_t due_us;   /* monotonic */
    int64_t every_us; /* 0 = once */
    size_t place;     /* in the loop's heap, from 1; 0 = off */
    struct loop *loop;
};
/** loop_timer_start() - @t is zeroed or off, or starts anew. */
void loop_timer_start(struct loop *l, struct loop_timer *t, int64_t in_us, int64_t every_us,
                      void (*fn)(void *arg), void *arg);
/** loop_timer_stop() - also of one that is off, and inside of its own fn. */
void loop_timer_stop(struct loop_timer *t);

/* What has gathered in a turn and leaves in one piece: @fn(@arg) at its end, once. Owned by the
 * caller. */
struct loop_ending {
    void (*fn)(void *arg);
    void *arg;
    bool is_on;
    struct loop *loop;
    struct loop_ending *next;
};
/** loop_ending_add() - of the turn that runs, or of the next one while endings run; @e is zeroed or
 *  off, and when it is on nothing happens. In no order among others. */
void loop_ending_add(struct loop *l, struct loop_ending *e, void (*fn)(void *arg), void *arg);
/** loop_ending_remove() - also of one that is off. */
void loop_ending_remove(struct loop_ending *e);

/* A descriptor in the loop's epoll; @fn(@arg, events) runs outside of a fiber. Owned by the
 * caller; may be removed inside of its own fn. */
struct loop_watch {
    int fd;
    void (*fn)(void *arg, uint32_t events);
    void *arg;
    bool is_on;
    struct loop *loop;
};
void loop_watch_add(struct loop *l, struct loop_watch *w, int fd, uint32_t events,
                    void (*fn)(void *arg, uint32_t events), void *arg);
void loop_watch_remove(struct loop_watch *w);

/* Something that has its own idea of time and must run once a turn, always (an HTTP daemon): a turn
 * asks for its timeout (-1 = none), waits at most so long, and calls run after the ready fibers. */
struct loop_source {
    int fd; /* wakes the loop when readable, -1 = none */
    int64_t (*timeout_us)(void *arg);
    void (*run)(void *arg);
    void *arg;
    bool is_readable; /* its descriptor was; run sets it back */
    struct loop_watch watch;
    struct loop_source *next;
};
void loop_source_add(struct loop *l, struct loop_source *s);
void loop_source_remove(struct loop *l, struct loop_source *s);

/*
 * Fibers with an owner: the owner starts them, learns when a wait of the loop has ended, and lets
 * them go on. http/ drives a request's fiber so from inside of its library's callbacks. All on the
 * loop's thread.
 */
struct fiber;
enum fiber_state {
    FIBER_NONE = 0,
    FIBER_WAITING, /* in a verb of the loop: ready() will be called */
    FIBER_PARKED,  /* in fiber_park(): only the owner knows what for */
    FIBER_DONE,
};
/** fiber_new() - not started yet; NULL when there are too many. @ready(@arg) is called on the
 *  loop's thread, outside of a fiber, when what a WAITING fiber waited for has come; the owner
 *  then calls fiber_run(), at once or later. */
struct fiber *fiber_new(struct loop *l, void (*fn)(void *arg), void *arg,
                        void (*ready)(void *ready_arg), void *ready_arg) MUST_CHECK;
/** fiber_run() - let it run until it waits, parks or is done; outside of a fiber. */
enum fiber_state fiber_run(struct fiber *f);
/** fiber_free() - of one that is FIBER_DONE or was never run. */
void fiber_free(struct fiber *f);
/** fiber_park() - inside a fiber: back to the owner until fiber_run(). */
void fiber_park(void);
/** fiber_cancel() - ends a sleep or a wait for a descriptor (ready() is called soon); jobs of
 *  workers and gates go on. Every later wait of that kind answers ERR_CANCELLED at once. */
void fiber_cancel(struct fiber *f);
struct fiber *fiber_self(void);
