#include "fake_wait.h"

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
    BUG_ON(pthread_mutex_init(&w->lock, NULL) != 0);
    BUG_ON(pthread_cond_init(&w->ended, NULL) != 0);
    w->is_over = false;
}

void wait_for(struct wait *w)
{
    pthread_mutex_lock(&w->lock);
    while (!w->is_over) {
        pthread_cond_wait(&w->ended, &w->lock);
    }
    pthread_mutex_unlock(&w->lock);
    pthread_cond_destroy(&w->ended);
    pthread_mutex_destroy(&w->lock);
}

void wait_end(struct wait *w)
{
    pthread_mutex_lock(&w->lock);
    w->is_over = true;
    pthread_cond_signal(&w->ended);
    pthread_mutex_unlock(&w->lock);
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
