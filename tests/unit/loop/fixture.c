#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "base/attr.h"
#include "base/buf.h"

#define PATIENCE_SECONDS 60

struct counter_inside {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int n;
};

struct runtime *loops_start_with(const struct runtime_settings *s)
{
    struct runtime *rt = NULL;
    assert_int_equal(runtime_start(s, &rt, NULL), ERR_OK);
    return rt;
}

struct runtime *loops_start(int loops)
{
    return loops_start_with(&(struct runtime_settings){.loops = loops, .workers = 2});
}

struct call {
    void (*fn)(void *arg);
    void *arg;
    struct gate done;
};

static void do_call(void *arg)
{
    struct call *c = arg;
    c->fn(c->arg);
    gate_open(&c->done);
}

void on_loop(struct loop *l, void (*fn)(void *arg), void *arg)
{
    struct call c = {.fn = fn, .arg = arg};
    gate_init(&c.done);
    loop_post(l, do_call, &c);
    gate_wait(&c.done);
}

void counter_init(struct counter *c)
{
    c->inside = mem_alloc(sizeof *c->inside);
    BUG_ON(pthread_mutex_init(&c->inside->lock, NULL) != 0);
    BUG_ON(pthread_cond_init(&c->inside->changed, NULL) != 0);
}

void counter_release(struct counter *c)
{
    pthread_cond_destroy(&c->inside->changed);
    pthread_mutex_destroy(&c->inside->lock);
    mem_free(c->inside);
}

void counter_add(struct counter *c, int n)
{
    pthread_mutex_lock(&c->inside->lock);
    c->inside->n += n;
    pthread_cond_broadcast(&c->inside->changed);
    pthread_mutex_unlock(&c->inside->lock);
}

void counter_await(struct counter *c, int n)
{
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += PATIENCE_SECONDS;
    int code = 0;
    pthread_mutex_lock(&c->inside->lock);
    while (c->inside->n < n && code != ETIMEDOUT) {
        code = pthread_cond_timedwait(&c->inside->changed, &c->inside->lock, &end);
    }
    int reached = c->inside->n;
    pthread_mutex_unlock(&c->inside->lock);
    assert_true(reached >= n);
}

int counter_get(struct counter *c)
{
    pthread_mutex_lock(&c->inside->lock);
    int n = c->inside->n;
    pthread_mutex_unlock(&c->inside->lock);
    return n;
}
