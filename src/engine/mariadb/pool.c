#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/time.h"
#include "engine/mariadb/core.h"
#include "loop/loop.h"

/*
 * The connections of one loop (and one pool for threads without). Who finds none free waits in the
 * lane of its database; a connection that comes back goes to the lanes in turn, so that a tenant
 * with many requests does not keep the others waiting.
 */
#define WAIT_US  10000000
#define WAITERS  5000
#define IDLE_US  300000000
#define IDLE_FEW 1 /* kept however long they are idle */

struct waiter {
    struct waiter *next;
    int fd;
    bool is_served;
    struct my_conn *conn; /* NULL with is_served: the place for a new one */
};

struct lane {
    struct lane *next;
    char database[MY_NAME_SIZE];
    struct waiter *first, *last;
};

struct my_pool {
    struct mariadb_engine *engine;
    pthread_mutex_t lock; /* of all below; taken by one thread only, but for the last pool */
    int most;
    int n_open;           /* also those being made and those in use */
    struct my_conn *idle; /* the one given last first */
    int n_idle;
    struct lane *lanes; /* that wait, in turn */
    int n_waiting;
};

static int share_of(const struct mariadb_engine *e, const struct loop *l)
{
    int loops = l ? runtime_loops(loop_runtime(loop_self())) : 1;
    int share = e->options.connections / loops;
    return share > 0 ? share : 1;
}

static struct my_pool *pool_of_thread(struct mariadb_engine *e)
{
    struct loop *l = fiber_self() ? loop_self() : NULL;
    _Atomic(struct my_pool *) *slot = &e->pools[l ? loop_index(l) : MY_LOOPS];
    struct my_pool *found = atomic_load(slot);
    if (found) {
        return found;
    }
    struct my_pool *made = mem_alloc(sizeof *made);
    made->engine = e;
    made->most = share_of(e, l);
    BUG_ON(pthread_mutex_init(&made->lock, NULL) != 0);
    if (!atomic_compare_exchange_strong(slot, &found, made)) {
        pthread_mutex_destroy(&made->lock);
        mem_free(made);
        return found;
    }
    return made;
}

static struct my_conn *take_idle(struct my_pool *p, struct my_conn **at)
{
    struct my_conn *c = *at;
    *at = c->next;
    c->next = NULL;
    p->n_idle--;
    return c;
}

/* How well one serves somebody who works in @database (NULL: in none). */
static int fitness(const struct my_conn *c, const char *database)
{
    bool is_same = database && text_eq(c->database, database);
    return is_same ? 2 : c->is_worn || c->is_strange ? 0 : 1;
}

/* One that is at least so fit, the fittest; of several the one that was idle longest, so that those
 * of busy databases keep theirs. */
static struct my_conn *find_idle(struct my_pool *p, const char *database, int least)
{
    struct my_conn **best = NULL;
    for (struct my_conn **at = &p->idle; *at; at = &(*at)->next) {
        int now = fitness(*at, database);
        if (now == 2) {
            return take_idle(p, at);
        }
        if (now >= least && (!best || now >= fitness(*best, database))) {
            best = at;
        }
    }
    return best ? take_idle(p, best) : NULL;
}

static void join_lane(struct my_pool *p, const char *database, struct waiter *w)
{
    struct lane **at = &p->lanes;
    while (*at && !text_eq((*at)->database, database)) {
        at = &(*at)->next;
    }
    if (!*at) {
        *at = mem_alloc(sizeof **at);
        memcpy((*at)->database, database, strlen(database) + 1);
    }
    struct lane *lane = *at;
    if (lane->last) {
        lane->last->next = w;
    } else {
        lane->first = w;
    }
    lane->last = w;
    p->n_waiting++;
}

static bool leave_lane(struct lane *lane, const struct waiter *w)
{
    struct waiter *before = NULL;
    for (struct waiter *at = lane->first; at; before = at, at = at->next) {
        if (at != w) {
            continue;
        }
        if (before) {
            before->next = at->next;
        } else {
            lane->first = at->next;
        }
        if (lane->last == at) {
            lane->last = before;
        }
        return true;
    }
    return false;
}

/* Who gave up waiting. */
static void leave_lanes(struct my_pool *p, const struct waiter *w)
{
    for (struct lane **at = &p->lanes; *at; at = &(*at)->next) {
        struct lane *lane = *at;
        if (!leave_lane(lane, w)) {
            continue;
        }
        p->n_waiting--;
        if (!lane->first) {
            *at = lane->next;
            mem_free(lane);
        }
        return;
    }
}

/* The next one in turn; its lane goes to the end. */
static struct waiter *next_waiter(struct my_pool *p)
{
    struct lane *lane = p->lanes;
    if (!lane) {
        return NULL;
    }
    struct waiter *w = lane->first;
    lane->first = w->next;
    p->n_waiting--;
    p->lanes = lane->next;
    if (!lane->first) {
        mem_free(lane);
        return w;
    }
    lane->next = NULL;
    struct lane **end = &p->lanes;
    while (*end) {
        end = &(*end)->next;
    }
    *end = lane;
    return w;
}

/* @c, or with NULL the place of one that is gone, goes to whoever waits. */
static bool hand_over(struct my_pool *p, struct my_conn *c)
{
    static const uint64_t one = 1;
    struct waiter *w = next_waiter(p);
    if (!w) {
        return false;
    }
    w->conn = c;
    w->is_served = true;
    BUG_ON(write(w->fd, &one, sizeof one) != sizeof one);
    return true;
}

/* A connection is gone. */
static void place_is_free(struct my_pool *p)
{
    pthread_mutex_lock(&p->lock);
    if (!hand_over(p, NULL)) {
        p->n_open--;
    }
    pthread_mutex_unlock(&p->lock);
}

static enum errcode refuse(struct my_pool *p, struct error *err)
{
    return ERROR(err, ERR_BUSY, "all %d connections to the database are in use", p->most);
}

/* Called with the lock held, which is given back. */
static enum errcode wait_turn(struct my_pool *p, const char *database, struct my_conn **out,
                              struct error *err)
{
    struct waiter w = {.fd = -1};
    if (p->n_waiting >= WAITERS || (w.fd = eventfd(0, EFD_CLOEXEC)) < 0) {
        pthread_mutex_unlock(&p->lock);
        return refuse(p, err);
    }
    join_lane(p, database ? database : "", &w);
    pthread_mutex_unlock(&p->lock);
    enum errcode code = loop_wait_fd(w.fd, POLLIN, WAIT_US, err);
    pthread_mutex_lock(&p->lock);
    if (!w.is_served) {
        leave_lanes(p, &w);
    }
    pthread_mutex_unlock(&p->lock);
    (void)close(w.fd);
    if (w.is_served) { /* perhaps in the moment it gave up: the next call looks at that */
        *out = w.conn;
        return ERR_OK;
    }
    return code == ERR_TIMEOUT ? refuse(p, err) : code;
}

/* *out NULL: the place for a new one is the caller's. */
static enum errcode find(struct my_pool *p, const char *database, bool selects,
                         struct my_conn **out, struct error *err)
{
    pthread_mutex_lock(&p->lock);
    *out = find_idle(p, database, p->n_open >= p->most ? 0 : selects ? 2 : 1);
    if (*out || p->n_open < p->most) {
        p->n_open += *out ? 0 : 1;
        pthread_mutex_unlock(&p->lock);
        return ERR_OK;
    }
    return wait_turn(p, database, out, err);
}

static void drop(struct my_conn *c)
{
    struct my_pool *p = c->pool;
    my_close(c);
    if (p) {
        place_is_free(p);
    }
}

/* Whoever works in another database, or in none, shall not meet what a trigger left. */
static enum errcode fit(struct my_conn *c, const char *database, bool selects, struct error *err)
{
    bool is_other = !database || !text_eq(c->database, database);
    if (c->is_strange || (c->is_worn && is_other)) {
        TRY(my_reset(c, err));
    }
    return selects && is_other ? my_select_database(c, database, err) : ERR_OK;
}

static enum errcode take(struct mariadb_engine *e, const char *database, bool selects,
                         struct my_conn **out, struct error *err)
{
    struct my_pool *p = pool_of_thread(e);
    struct my_conn *c = NULL;
    TRY(find(p, database, selects, &c, err));
    if (c && !my_is_alive(c)) { /* the server was restarted: all that are idle are gone as well */
        c->is_broken = true;
        my_close(c);
        c = NULL;
    }
    if (!c) {
        enum errcode code = my_connect(e, NULL, &c, err);
        if (code != ERR_OK) {
            place_is_free(p);
            return code;
        }
        c->pool = p;
    }
    enum errcode code = fit(c, database, selects, err);
    if (code != ERR_OK) {
        my_give(c);
        return code;
    }
    *out = c;
    return ERR_OK;
}

enum errcode my_take(struct mariadb_engine *e, const char *database, struct my_conn **out,
                     struct error *err)
{
    return take(e, database, true, out, err);
}

enum errcode my_take_near(struct mariadb_engine *e, const char *database, struct my_conn **out,
                          struct error *err)
{
    return take(e, database, false, out, err);
}

/* Those that nobody needed for long, the oldest. */
static struct my_conn *take_old(struct my_pool *p, int64_t now)
{
    struct my_conn **at = &p->idle;
    while (*at && (*at)->next) {
        at = &(*at)->next;
    }
    bool is_old = *at && p->n_idle > IDLE_FEW && now - (*at)->idle_us > IDLE_US;
    if (is_old) {
        p->n_open--;
    }
    return is_old ? take_idle(p, at) : NULL;
}

void my_give(struct my_conn *c)
{
    struct my_pool *p = c->pool;
    if (c->is_broken || !p) {
        drop(c);
        return;
    }
    c->is_patient = false;
    c->place = NULL;
    c->deadline_us = 0;
    c->idle_us = time_monotonic_us();
    pthread_mutex_lock(&p->lock);
    if (!hand_over(p, c)) {
        c->next = p->idle;
        p->idle = c;
        p->n_idle++;
    }
    struct my_conn *old = take_old(p, time_monotonic_us());
    pthread_mutex_unlock(&p->lock);
    my_close(old);
}

void my_pools_free(struct mariadb_engine *e)
{
    for (size_t i = 0; i < ARRAY_LEN(e->pools); i++) {
        struct my_pool *p = atomic_load(&e->pools[i]);
        while (p && p->idle) {
            my_close(take_idle(p, &p->idle));
        }
        if (p) {
            BUG_ON(p->n_waiting);
            pthread_mutex_destroy(&p->lock);
            mem_free(p);
        }
    }
}
