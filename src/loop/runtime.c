#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/buf.h"
#include "loop/inside.h"

#define WORKERS_DEFAULT     4
#define STACK_BYTES_DEFAULT ((size_t)256 << 10)
#define STACK_BYTES_LEAST   ((size_t)16 << 10)
#define FIBERS_DEFAULT      10000

static int cores(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) {
        return CPU_COUNT(&set);
    }
    return 1;
}

static struct runtime_settings completed(const struct runtime_settings *s)
{
    struct runtime_settings c = *s;
    c.loops = c.loops > 0 ? c.loops : cores();
    c.loops = c.loops < LOOPS_LIMIT ? c.loops : LOOPS_LIMIT;
    c.workers = c.workers > 0 ? c.workers : WORKERS_DEFAULT;
    c.fibers = c.fibers > 0 ? c.fibers : FIBERS_DEFAULT;
    c.stack_bytes = c.stack_bytes > 0 ? c.stack_bytes : STACK_BYTES_DEFAULT;
    c.stack_bytes = c.stack_bytes > STACK_BYTES_LEAST ? c.stack_bytes : STACK_BYTES_LEAST;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    c.stack_bytes = (c.stack_bytes + page - 1) / page * page;
    return c;
}

/* Threads inherit the mask: signals of the process go to the thread that started us. Faults stay
 * open, their handler must run where they happen. */
static void block_signals(sigset_t *before)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGPROF};
    sigset_t all;
    sigfillset(&all);
    for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
        sigdelset(&all, faults[i]);
    }
    BUG_ON(pthread_sigmask(SIG_SETMASK, &all, before) != 0);
}

static enum errcode start_threads(struct runtime *rt, struct error *err)
{
    TRY(workers_start(&rt->workers, rt->settings.workers, err));
    for (int i = 0; i < rt->settings.loops; i++) {
        rt->loops[i].runtime = rt;
        rt->loops[i].index = i;
        TRY(loop_start(&rt->loops[i], err));
        rt->n_started++;
    }
    return stall_watch_start(rt, err);
}

enum errcode runtime_start(const struct runtime_settings *s, struct runtime **out,
                           struct error *err)
{
    struct runtime *rt = mem_alloc(sizeof *rt);
    rt->settings = completed(s);
    rt->loops = mem_alloc((size_t)rt->settings.loops * sizeof(struct loop));
    overflow_watch_start();
    sigset_t before;
    block_signals(&before);
    enum errcode code = start_threads(rt, err);
    BUG_ON(pthread_sigmask(SIG_SETMASK, &before, NULL) != 0);
    if (code != ERR_OK) {
        runtime_stop(rt);
        return code;
    }
    *out = rt;
    return ERR_OK;
}

void runtime_stop(struct runtime *rt)
{
    if (!rt) {
        return;
    }
    BUG_ON(loop_self());
    atomic_store(&rt->is_stopping, true);
    for (int i = 0; i < rt->n_started; i++) {
        inbox_signal(&rt->loops[i]);
    }
    for (int i = 0; i < rt->n_started; i++) {
        pthread_join(rt->loops[i].thread, NULL);
    }
    workers_stop(&rt->workers);
    stall_watch_stop(rt);
    for (int i = 0; i < rt->n_started; i++) {
        loop_release(&rt->loops[i]);
    }
    overflow_watch_stop();
    mem_free(rt->loops);
    mem_free(rt);
}

void runtime_pending_end(struct runtime *rt)
{
    if (atomic_fetch_sub(&rt->n_pending, 1) == 1 && atomic_load(&rt->is_stopping)) {
        for (int i = 0; i < rt->n_started; i++) {
            inbox_signal(&rt->loops[i]);
        }
    }
}

int runtime_loops(const struct runtime *rt)
{
    return rt->settings.loops;
}

struct loop *runtime_loop(struct runtime *rt, int i)
{
    BUG_ON(i < 0 || i >= rt->settings.loops);
    return &rt->loops[i];
}

struct errand {
    void (*fn)(void *arg);
    void *arg;
    struct gate done;
};

static void do_errand(void *arg)
{
    struct errand *e = arg;
    e->fn(e->arg);
    gate_open(&e->done);
}

void runtime_run(struct runtime *rt, void (*fn)(void *arg), void *arg)
{
    BUG_ON(loop_self());
    struct errand e = {.fn = fn, .arg = arg};
    gate_init(&e.done);
    loop_spawn(&rt->loops[0], do_errand, &e);
    gate_wait(&e.done);
}
