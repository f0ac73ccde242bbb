#include "fake_wait.h"

#include <pthread.h>

#include "base/attr.h"
#include "engine/sqlite/wait.h"

/*
 * A loop that is none: the test's thread says that it is loop 0, and every job for a worker runs on
 * a thread of its own. Takes the place of the driver's own wait.c in the test's program.
 */
atomic_int fake_jobs;
atomic_int fake_loop = -1;

void wait_begin(struct wait *w)
{
    gate_init(&w->gate);
}

void wait_for(struct wait *w)
{
    gate_wait(&w->gate);
}

void wait_end(struct wait *w)
{
    gate_open(&w->gate);
}

struct job {
    void (*fn)(void *arg);
    void *arg;
};

static void *run(void *arg)
{
    struct job *j = arg;
    j->fn(j->arg);
    return NULL;
}

void wait_run(void (*fn)(void *arg), void *arg)
{
    pthread_t thread;
    struct job j = {fn, arg};
    atomic_fetch_add(&fake_jobs, 1);
    BUG_ON(pthread_create(&thread, NULL, run, &j) != 0);
    BUG_ON(pthread_join(thread, NULL) != 0);
}

int wait_loop(void)
{
    return atomic_load(&fake_loop);
}
