#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loop/context.h"
#include "loop/loop.h"

/*
 * The insides of the room. Everything of a loop belongs to its thread, but for the inbox, which is
 * how other threads reach it, and the two atomics that the stall watch reads.
 */
#define LOOPS_LIMIT 64 /* drivers keep a slot per loop */

/* How a wait of the loop ended. */
enum wake {
    WAKE_NONE = 0, /* it goes on */
    WAKE_EVENT,
    WAKE_TIMEOUT,
    WAKE_CANCELLED,
};

struct fiber {
    struct loop *loop;
    struct context context;
    void (*fn)(void *arg);
    void *arg;
    void (*ready)(void *ready_arg); /* NULL = nobody's: the loop runs and frees it */
    void *ready_arg;
    enum fiber_state state;
    enum wake wake;
    bool is_cancelled;
    bool is_interruptible; /* waits for what a cancel may end */
    bool is_entered;       /* its stack holds the frame of the entry function */
    bool is_leaving;       /* the entry function is to leave that stack for ever */
    bool is_queued;        /* in the ready list: its owner is not told yet */
    struct loop_timer timer;
    struct loop_watch watch;
    struct fiber *next_ready;  /* in the ready list or the inbox */
    struct fiber *next, *prev; /* in all, or in the pool */
    char *map;                 /* the mapping: guard, then stack */
    char *stack;
    size_t stack_bytes, map_bytes;
    void *asan_stack;
    void *tsan;
};

/* A call for the loop's thread. */
struct post {
    void (*fn)(void *arg);
    void *arg;
    bool is_fiber;
    struct post *next;
};

struct fiber_list {
    struct fiber *first, *last;
};

struct post_list {
    struct post *first, *last;
};

struct inbox {
    pthread_mutex_t lock;
    struct post_list posts;
    struct fiber_list woken;
    bool is_signalled; /* the eventfd was written and the turn that follows has not come */
};

#define EVENTS_PER_TURN 64

struct epoll_event;

struct loop {
    struct runtime *runtime;
    int index;
    pthread_t thread;
    int epoll_fd, event_fd;
    struct inbox inbox;

    struct fiber *current;
    struct context main;
    struct fiber_list ready;
    struct post_list spawns; /* not started yet */
    struct fiber *all;
    struct fiber *pool;
    int n_fibers, n_pooled;
    int n_ownerless;
    const void *asan_bottom; /* the thread's own stack */
    size_t asan_bytes;
    void *asan_stack;
    void *tsan;

    struct loop_timer **timers; /* a heap, the next one first */
    size_t n_timers, timers_cap;
    struct loop_ending *endings;
    struct loop_ending *ending_now; /* what is left of those that run */
    struct loop_source *sources;
    struct loop_source *source_next; /* where the round over them goes on */
    struct epoll_event *events;      /* what is left of this turn's */
    int n_events;
    int n_watches;
    struct loop_watch mail; /* of event_fd */

    atomic_llong turn_us;    /* when the running turn began; 0 = it waits */
    atomic_llong stalled_us; /* that of the turn that was reported while it ran */
    bool is_cancelled;       /* a stop has cancelled the ownerless fibers */
};

struct job;

struct workers {
    pthread_mutex_t lock;
    pthread_cond_t has_job;
    struct job *first, *last;
    bool is_stopping;
    int n_threads;
    pthread_t *threads;
};

struct stall_watch {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool is_stopping, is_started;
    pthread_t thread;
};

struct runtime {
    struct runtime_settings settings;
    struct loop *loops;
    int n_started; /* loops whose thread runs */
    struct workers workers;
    struct stall_watch stalls;
    atomic_bool is_stopping;
    atomic_llong n_pending; /* posts not called and ownerless fibers not ended, of all loops */
};

/* fiber.c */
/** fiber_wait() - suspend the running fiber until fiber_wake(); returns how it ended. */
enum wake fiber_wait(struct fiber *f, bool is_interruptible);
/** fiber_wake() - on the loop's thread; does nothing when the wait has ended already. */
void fiber_wake(struct fiber *f, enum wake how);
/** fibers_run_ready() - tell the owners of those that were woken before this call. */
void fibers_run_ready(struct loop *l);
/** fibers_spawn() - run what loop_spawn() was given, as far as there are places. */
void fibers_spawn(struct loop *l);
bool fibers_can_spawn(const struct loop *l);
void fibers_cancel_ownerless(struct loop *l);
void fibers_free_pool(struct loop *l);

/* inbox.c */
void fiber_list_push(struct fiber_list *list, struct fiber *f);
struct fiber *fiber_list_pop(struct fiber_list *list);
void post_list_push(struct post_list *list, struct post *p);
struct post *post_list_pop(struct post_list *list);
void inbox_init(struct inbox *inbox);
void inbox_release(struct inbox *inbox);
/** inbox_wake() - as fiber_wake(WAKE_EVENT), from another thread. */
void inbox_wake(struct fiber *f);
/** inbox_empty() - take and do all that is in it; a watch function, @arg is the loop. */
void inbox_empty(void *arg, uint32_t events);
/** inbox_signal() - let @l have a turn. Any thread. */
void inbox_signal(struct loop *l);
/** runtime_pending_end() - one of n_pending is over; the last one lets stopping loops look. */
void runtime_pending_end(struct runtime *rt);

/* timer.c */
/** timers_next_us() - when the next one is due, -1 = none. */
int64_t timers_next_us(const struct loop *l);
/** timers_run() - call those that are due at @now_us. */
void timers_run(struct loop *l, int64_t now_us);

/* ending.c */
/** endings_run() - call those that were added before. */
void endings_run(struct loop *l);

/* watch.c */
/** watch_try() - as loop_watch_add(); returns 0 or the errno of epoll. */
int watch_try(struct loop *l, struct loop_watch *w, int fd, uint32_t events,
              void (*fn)(void *arg, uint32_t events), void *arg);

/* loop.c */
enum errcode loop_start(struct loop *l, struct error *err) MUST_CHECK;
/** loop_release() - of one whose thread was joined. */
void loop_release(struct loop *l);

/* workers.c */
enum errcode workers_start(struct workers *w, int n, struct error *err) MUST_CHECK;
void workers_stop(struct workers *w);

/* stall.c */
enum errcode stall_watch_start(struct runtime *rt, struct error *err) MUST_CHECK;
void stall_watch_stop(struct runtime *rt);
/** stall_turn_begin() / end() - around what a turn does between two waits. */
void stall_turn_begin(struct loop *l, int64_t now_us);
void stall_turn_end(struct loop *l);

/* overflow.c */
void overflow_watch_start(void);
void overflow_watch_stop(void);
/** overflow_thread_begin() - this thread runs fibers: its signals need a stack of their own. */
void *overflow_thread_begin(void);
void overflow_thread_end(void *kept);
