#include <sys/mman.h>

#include "base/attr.h"
#include "base/buf.h"
#include "loop/inside.h"
#include "loop/sanitize.h"
#include "observe/metrics.h"

/* Wider than any frame that a compiler lets pass without touching its pages one by one. */
#define GUARD_BYTES ((size_t)64 << 10)
/* Stacks kept for the next fibers; each has touched some ten KiB. */
#define POOL_MAX 256

static void switch_in(struct fiber *f)
{
    struct loop *l = f->loop;
    l->current = f;
    ASAN_LEAVE(&l->asan_stack, f->stack, f->stack_bytes);
    TSAN_SWITCH(f->tsan);
    context_switch(&l->main, &f->context);
    ASAN_ARRIVE(l->asan_stack, NULL, NULL);
    l->current = NULL;
}

static void switch_out(struct fiber *f)
{
    struct loop *l = f->loop;
    ASAN_LEAVE(f->is_leaving ? NULL : &f->asan_stack, l->asan_bottom, l->asan_bytes);
    TSAN_SWITCH(l->tsan);
    context_switch(&f->context, &l->main);
    ASAN_ARRIVE(f->asan_stack, &l->asan_bottom, &l->asan_bytes);
}

/* The bottom frame of every stack: it stays while the stack is pooled and runs the next function
 * when the fiber is used again. */
static void enter(void *arg)
{
    struct fiber *f = arg;
    ASAN_ARRIVE(NULL, &f->loop->asan_bottom, &f->loop->asan_bytes);
    f->is_entered = true;
    while (!f->is_leaving) {
        f->fn(f->arg);
        f->state = FIBER_DONE;
        switch_out(f);
    }
    switch_out(f);
}

static struct fiber *make(struct loop *l)
{
    size_t stack_bytes = l->runtime->settings.stack_bytes;
    size_t map_bytes = GUARD_BYTES + stack_bytes;
    char *map = mmap(NULL, map_bytes, PROT_NONE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (map == MAP_FAILED) {
        return NULL;
    }
    char *stack = map + GUARD_BYTES;
    if (mprotect(stack, stack_bytes, PROT_READ | PROT_WRITE) != 0) {
        munmap(map, map_bytes);
        return NULL;
    }
    struct fiber *f = mem_alloc(sizeof *f);
    f->loop = l;
    f->map = map;
    f->map_bytes = map_bytes;
    f->stack = stack;
    f->stack_bytes = stack_bytes;
    f->tsan = TSAN_CREATE();
    context_make(&f->context, stack, stack_bytes, enter, f);
    return f;
}

static void unmake(struct fiber *f)
{
    if (f->is_entered) {
        f->is_leaving = true;
        switch_in(f);
    }
    TSAN_DESTROY(f->tsan);
    ASAN_FORGET(f->stack, f->stack_bytes);
    BUG_ON(munmap(f->map, f->map_bytes) != 0);
    mem_free(f);
}

static struct fiber *take(struct loop *l)
{
    struct fiber *f = l->pool;
    if (!f) {
        return make(l);
    }
    l->pool = f->next;
    l->n_pooled--;
    return f;
}

struct fiber *fiber_new(struct loop *l, void (*fn)(void *arg), void *arg,
                        void (*ready)(void *ready_arg), void *ready_arg)
{
    BUG_ON(loop_self() != l);
    if (l->n_fibers >= l->runtime->settings.fibers) {
        return NULL;
    }
    struct fiber *f = take(l);
    if (!f) {
        return NULL;
    }
    f->fn = fn;
    f->arg = arg;
    f->ready = ready;
    f->ready_arg = ready_arg;
    f->state = FIBER_NONE;
    f->is_cancelled = false;
    f->prev = NULL;
    f->next = l->all;
    if (l->all) {
        l->all->prev = f;
    }
    l->all = f;
    l->n_fibers++;
    metric_add(METRIC_FIBERS, 1);
    return f;
}

enum fiber_state fiber_run(struct fiber *f)
{
    BUG_ON(loop_self() != f->loop || f->loop->current);
    BUG_ON(f->state == FIBER_DONE);
    BUG_ON(f->state == FIBER_WAITING && (f->wake == WAKE_NONE || f->is_queued));
    f->state = FIBER_NONE;
    switch_in(f);
    return f->state;
}

void fiber_free(struct fiber *f)
{
    struct loop *l = f->loop;
    BUG_ON(loop_self() != l || l->current == f);
    BUG_ON(f->state != FIBER_DONE && f->state != FIBER_NONE);
    if (f->prev) {
        f->prev->next = f->next;
    } else {
        l->all = f->next;
    }
    if (f->next) {
        f->next->prev = f->prev;
    }
    l->n_fibers--;
    metric_add(METRIC_FIBERS, -1);
    if (l->n_pooled < POOL_MAX) {
        f->next = l->pool;
        l->pool = f;
        l->n_pooled++;
    } else {
        unmake(f);
    }
}

struct fiber *fiber_self(void)
{
    struct loop *l = loop_self();
    return l ? l->current : NULL;
}

void fiber_park(void)
{
    struct fiber *f = fiber_self();
    BUG_ON(!f || !f->ready);
    f->state = FIBER_PARKED;
    switch_out(f);
}

bool loop_cancelled(void)
{
    const struct fiber *f = fiber_self();
    return f && f->is_cancelled;
}

void fiber_cancel(struct fiber *f)
{
    BUG_ON(loop_self() != f->loop);
    f->is_cancelled = true;
    if (f->state == FIBER_WAITING && f->is_interruptible) {
        fiber_wake(f, WAKE_CANCELLED);
    }
}

enum wake fiber_wait(struct fiber *f, bool is_interruptible)
{
    f->wake = WAKE_NONE;
    f->is_interruptible = is_interruptible;
    f->state = FIBER_WAITING;
    switch_out(f);
    return f->wake;
}

void fiber_wake(struct fiber *f, enum wake how)
{
    if (f->state != FIBER_WAITING || f->wake != WAKE_NONE) {
        return;
    }
    f->wake = how;
    loop_timer_stop(&f->timer);
    if (f->watch.is_on) {
        loop_watch_remove(&f->watch);
    }
    f->is_queued = true;
    fiber_list_push(&f->loop->ready, f);
}

static void run_ownerless(struct fiber *f)
{
    struct loop *l = f->loop;
    if (fiber_run(f) == FIBER_DONE) {
        fiber_free(f);
        runtime_pending_end(l->runtime);
    }
}

void fibers_run_ready(struct loop *l)
{
    struct fiber_list now = l->ready;
    l->ready = (struct fiber_list){NULL, NULL};
    struct fiber *f;
    while ((f = fiber_list_pop(&now))) {
        f->is_queued = false;
        if (f->ready) {
            f->ready(f->ready_arg);
        } else {
            run_ownerless(f);
        }
    }
}

bool fibers_can_spawn(const struct loop *l)
{
    return l->spawns.first && l->n_fibers < l->runtime->settings.fibers;
}

void fibers_spawn(struct loop *l)
{
    while (fibers_can_spawn(l)) {
        struct post *p = l->spawns.first;
        struct fiber *f = fiber_new(l, p->fn, p->arg, NULL, NULL);
        if (!f) {
            return; /* no memory map left: when another fiber has ended */
        }
        f->is_cancelled = l->is_cancelled;
        mem_free(post_list_pop(&l->spawns));
        run_ownerless(f);
    }
}

void fibers_cancel_ownerless(struct loop *l)
{
    for (struct fiber *f = l->all; f; f = f->next) {
        if (!f->ready) {
            fiber_cancel(f);
        }
    }
}

void fibers_free_pool(struct loop *l)
{
    while (l->pool) {
        struct fiber *f = l->pool;
        l->pool = f->next;
        unmake(f);
    }
    l->n_pooled = 0;
}
