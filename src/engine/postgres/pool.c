#include "engine/postgres/pool.h"

#include <poll.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/time.h"
#include "engine/postgres/pipeline.h"
#include "loop/loop.h"

#define WAIT_US    10000000 /* for a connection */
#define RETRY_US   2000     /* a thread without a loop looks again */
#define IDLE_US    60000000 /* then all but one idle connection are closed */
#define GROUP_POOL LOOPS_MAX

struct waiter {
    struct turn turn; /* first */
    struct pg_pool *pool;
    struct gate gate;
    struct loop_timer timer;
    struct pg_conn *conn; /* what was granted: a connection, or the right to open one */
    bool may_open, is_late;
};

void pg_pool_init(struct pg_pool *p, int limit)
{
    p->limit = limit;
    BUG_ON(pthread_mutex_init(&p->lock, NULL) != 0);
}

void pg_pool_close(struct postgres_engine *e)
{
    struct pg_pool *p = &e->pool;
    while (p->idle) {
        struct pg_conn *c = p->idle;
        p->idle = c->next;
        pg_conn_close(c);
        p->n_open--;
    }
    BUG_ON(p->n_open != 0);
    pthread_mutex_destroy(&p->lock);
}

/* ---- under the lock -------------------------------------------------------------------------- */

/* One that was @place's, else the one that was idle for longest. */
static struct pg_conn *take_idle(struct pg_pool *p, const struct pg_place *place)
{
    struct pg_conn **at = NULL;
    for (struct pg_conn **i = &p->idle; *i; i = &(*i)->next) {
        at = i;
        if ((*i)->place == place) {
            break;
        }
    }
    struct pg_conn *c = at ? *at : NULL;
    if (c) {
        *at = c->next;
        c->next = NULL;
    }
    return c;
}

static bool try_now(struct postgres_engine *e, const struct pg_place *place, struct waiter *w)
{
    struct pg_pool *p = &e->pool;
    w->conn = p->waiting.n == 0 ? take_idle(p, place) : NULL;
    if (!w->conn && p->n_open < p->limit) {
        p->n_open++;
        w->may_open = true;
    }
    return w->conn || w->may_open;
}

/* The next in turn gets @c, or the right to open one when @c is NULL; NULL when nobody waits. */
static struct waiter *grant(struct pg_pool *p, struct pg_conn *c)
{
    struct turn_group *g = p->waiting.ring;
    struct waiter *w = g ? (struct waiter *)turns_pop(&p->waiting, g) : NULL;
    if (w) {
        if (p->waiting.ring == g) {
            turns_pass(&p->waiting);
        }
        w->conn = c;
        w->may_open = !c;
    }
    return w;
}

/* ---- waiting --------------------------------------------------------------------------------- */

static void give_up(void *arg)
{
    struct waiter *w = arg;
    pthread_mutex_lock(&w->pool->lock);
    bool is_waiting = w->turn.group != NULL;
    if (is_waiting) {
        turns_remove(&w->pool->waiting, &w->turn);
        w->is_late = true;
    }
    pthread_mutex_unlock(&w->pool->lock);
    if (is_waiting) {
        gate_open(&w->gate);
    }
}

static enum errcode refuse_late(const struct postgres_engine *e, struct error *err)
{
    (void)ERROR(err, ERR_BUSY, "no connection to the database was free in time");
    return error_hint(err, "all %d are in use; more may be allowed (connections)", e->pool.limit);
}

static enum errcode wait_in_turn(struct waiter *w, struct postgres_engine *e, struct error *err)
{
    pipelines_yield(e); /* idle ones of the loops come back */
    loop_timer_start(loop_self(), &w->timer, WAIT_US, 0, give_up, w);
    gate_wait(&w->gate);
    loop_timer_stop(&w->timer);
    return w->is_late ? refuse_late(e, err) : ERR_OK;
}

/* A thread without a loop has no timer: it looks again and again. */
static enum errcode wait_in_thread(struct waiter *w, struct pg_place *place, struct error *err)
{
    struct postgres_engine *e = place->engine;
    int64_t end_us = time_monotonic_us() + WAIT_US;
    for (;;) {
        pthread_mutex_lock(&e->pool.lock);
        bool has = try_now(e, place, w);
        pthread_mutex_unlock(&e->pool.lock);
        if (has) {
            return ERR_OK;
        }
        if (time_monotonic_us() > end_us) {
            return refuse_late(e, err);
        }
        pipelines_yield(e);
        TRY(loop_sleep(RETRY_US, err));
    }
}

static enum errcode get_turn(struct waiter *w, struct pg_place *place, struct error *err)
{
    struct postgres_engine *e = place->engine;
    bool has_loop = fiber_self() != NULL;
    w->pool = &e->pool;
    gate_init(&w->gate);
    pthread_mutex_lock(&e->pool.lock);
    bool has = try_now(e, place, w);
    if (!has && has_loop) {
        turns_push(&e->pool.waiting, &place->waiting[GROUP_POOL], &w->turn);
    }
    pthread_mutex_unlock(&e->pool.lock);
    if (has) {
        return ERR_OK;
    }
    return has_loop ? wait_in_turn(w, e, err) : wait_in_thread(w, place, err);
}

/* The right to open a connection was not used: the next one may try. */
static void give_right(struct postgres_engine *e)
{
    struct pg_pool *p = &e->pool;
    pthread_mutex_lock(&p->lock);
    struct waiter *w = grant(p, NULL);
    p->n_open -= !w;
    pthread_mutex_unlock(&p->lock);
    if (w) {
        gate_open(&w->gate);
    }
}

/* The server closed it while nobody looked, or says something nobody asked for. */
static bool is_stale(struct pg_conn *c)
{
    struct pollfd p = {.fd = PQsocket(c->pq), .events = POLLIN};
    if (p.fd < 0) {
        return true;
    }
    if (poll(&p, 1, 0) == 0) {
        return false;
    }
    return !PQconsumeInput(c->pq) || PQstatus(c->pq) != CONNECTION_OK;
}

enum errcode pool_acquire(struct pg_place *place, struct pg_conn **out, struct error *err)
{
    struct postgres_engine *e = place->engine;
    struct waiter w = {.conn = NULL};
    TRY(get_turn(&w, place, err));
    if (w.conn && is_stale(w.conn)) {
        pg_conn_close(w.conn);
        w.conn = NULL;
    }
    if (!w.conn) {
        enum errcode code = pg_conn_open(e, &w.conn, err);
        if (code != ERR_OK) {
            give_right(e);
            return code;
        }
    }
    *out = w.conn;
    return ERR_OK;
}

bool pool_is_wanted(struct postgres_engine *e)
{
    pthread_mutex_lock(&e->pool.lock);
    bool is_wanted = e->pool.waiting.n > 0;
    pthread_mutex_unlock(&e->pool.lock);
    return is_wanted;
}

/* One that nobody used for long, when there is another. */
static struct pg_conn *take_old(struct pg_pool *p, int64_t now_us)
{
    struct pg_conn **at = &p->idle;
    while (*at && (*at)->next) {
        at = &(*at)->next;
    }
    struct pg_conn *c = *at;
    if (!c || c == p->idle || now_us - c->idle_us < IDLE_US) {
        return NULL;
    }
    *at = NULL;
    p->n_open--;
    return c;
}

void pg_give(struct pg_conn *c)
{
    if (!c) {
        return;
    }
    struct postgres_engine *e = c->engine;
    struct pg_pool *p = &e->pool;
    if (c->is_broken || PQtransactionStatus(c->pq) != PQTRANS_IDLE) {
        pg_conn_close(c);
        give_right(e);
        return;
    }
    struct pg_conn *old = NULL;
    c->idle_us = time_monotonic_us();
    pthread_mutex_lock(&p->lock);
    struct waiter *w = grant(p, c);
    if (!w) {
        old = take_old(p, c->idle_us);
        c->next = p->idle;
        p->idle = c;
    }
    pthread_mutex_unlock(&p->lock);
    if (w) {
        gate_open(&w->gate);
    }
    pg_conn_close(old);
}

enum errcode pg_take(struct pg_place *place, enum pg_duty duty, struct pg_conn **out,
                     struct error *err)
{
    for (int n = 1;; n++) {
        struct pg_conn *c = NULL;
        TRY(pool_acquire(place, &c, err));
        enum errcode code = pg_conn_set(c, place, duty, err);
        if (code == ERR_OK) {
            *out = c;
            return ERR_OK;
        }
        bool has_died = c->is_broken; /* nothing was done on it yet: another one may do */
        c->is_broken = true;
        pg_give(c);
        if (code != ERR_UNAVAILABLE || !has_died || n == POOL_TRIES) {
            return code;
        }
    }
}
