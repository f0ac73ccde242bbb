#include "base/attr.h"
#include "base/buf.h"
#include "loop/inside.h"
#include "observe/metrics.h"

/* Lies on the stack of the fiber that waits for it. */
struct job {
    void (*fn)(void *arg);
    void *arg;
    struct gate done;
    struct job *next;
};

static struct job *next_job(struct workers *w)
{
    pthread_mutex_lock(&w->lock);
    while (!w->first && !w->is_stopping) {
        pthread_cond_wait(&w->has_job, &w->lock);
    }
    struct job *j = w->first;
    if (j) {
        w->first = j->next;
        if (!w->first) {
            w->last = NULL;
        }
    }
    pthread_mutex_unlock(&w->lock);
    return j;
}

static void *work(void *arg)
{
    struct workers *w = arg;
    pthread_setname_np(pthread_self(), "worker");
    struct job *j;
    while ((j = next_job(w))) {
        metric_add(METRIC_WORKER_QUEUE, -1);
        j->fn(j->arg);
        gate_open(&j->done);
    }
    return NULL;
}

enum errcode workers_start(struct workers *w, int n, struct error *err)
{
    *w = (struct workers){0};
    BUG_ON(pthread_mutex_init(&w->lock, NULL) != 0);
    BUG_ON(pthread_cond_init(&w->has_job, NULL) != 0);
    w->threads = mem_alloc((size_t)n * sizeof(pthread_t));
    for (int i = 0; i < n; i++) {
        if (pthread_create(&w->threads[i], NULL, work, w) != 0) {
            return ERROR(err, ERR_UNAVAILABLE, "cannot start worker thread %d of %d", i + 1, n);
        }
        w->n_threads++;
    }
    return ERR_OK;
}

void workers_stop(struct workers *w)
{
    if (!w->threads) {
        return;
    }
    pthread_mutex_lock(&w->lock);
    w->is_stopping = true;
    pthread_cond_broadcast(&w->has_job);
    pthread_mutex_unlock(&w->lock);
    for (int i = 0; i < w->n_threads; i++) {
        pthread_join(w->threads[i], NULL);
    }
    mem_free(w->threads);
    pthread_cond_destroy(&w->has_job);
    pthread_mutex_destroy(&w->lock);
}

void loop_run_blocking(void (*fn)(void *arg), void *arg)
{
    struct fiber *f = fiber_self();
    if (!f) {
        fn(arg);
        return;
    }
    struct workers *w = &f->loop->runtime->workers;
    struct job j = {.fn = fn, .arg = arg};
    gate_init(&j.done);
    metric_add(METRIC_WORKER_JOBS, 1);
    metric_add(METRIC_WORKER_QUEUE, 1);
    pthread_mutex_lock(&w->lock);
    if (w->last) {
        w->last->next = &j;
    } else {
        w->first = &j;
    }
    w->last = &j;
    pthread_cond_signal(&w->has_job);
    pthread_mutex_unlock(&w->lock);
    gate_wait(&j.done);
}
