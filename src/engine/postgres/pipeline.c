#include "engine/postgres/pipeline.h"

#include <sys/epoll.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/time.h"
#include "engine/postgres/choose.h"
#include "engine/postgres/errors.h"
#include "engine/postgres/pool.h"

#define QUANTUM      32       /* questions of one place in its turn */
#define OPENING_MAX  2        /* lanes of one loop that are being opened */
#define CANCEL_US    100000   /* a statement that nobody waits for may run on */
#define TICK_US      5000     /* while something is under way */
#define QUIET_US     1000000  /* else */
#define KEEP_US      5000000  /* an idle lane goes back to the pool */
#define QUEUE_US     10000000 /* waiting for a lane */
#define SLACK_US     10000000 /* behind the server's own limit of a statement */
#define RETRY_US     20000    /* to open a lane */
#define CANCEL_BYTES 256

static void serve(struct pipelines *p);
static void wake_tick(struct pipelines *p);
static void flush(void *arg);
static void want_flush(struct pipelines *p);

/* ---- calls ----------------------------------------------------------------------------------- */

void call_end(struct call *call, PGresult *result)
{
    call->result = result;
    gate_open(&call->gate);
}

static void call_fail(struct call *call, enum errcode code, const struct error *why)
{
    call->code = ERROR(call->err, code, "%s", why->message ? why->message : "the database is gone");
    if (why->detail) {
        (void)error_detail(call->err, "%s", why->detail);
    }
    if (why->hint) {
        (void)error_hint(call->err, "%s", why->hint);
    }
    call_end(call, NULL);
}

void call_again(struct pipelines *p, struct call *call)
{
    if (++call->n_tries >= CALL_TRIES) {
        call->code = ERROR(call->err, ERR_UNAVAILABLE, "the connection to the database was lost");
        call_end(call, NULL);
        return;
    }
    call->is_suspect = true;
    turns_push_first(&p->waiting, &call->place->waiting[p->index], &call->turn);
}

/* ---- lanes: coming and going ----------------------------------------------------------------- */

static void unlink_lane(struct lane *l)
{
    struct lane **at = &l->owner->lanes;
    while (*at != l) {
        at = &(*at)->next;
    }
    *at = l->next;
    l->owner->gathering = l->owner->gathering == l ? NULL : l->owner->gathering;
    atomic_fetch_sub(&l->owner->engine->n_lanes, 1);
}

static void again(struct lane *l, struct call *call)
{
    call_again(l->owner, call);
}

/* What is under way on it is asked again by those who still wait. */
static void free_lane(struct lane *l)
{
    if (l->conn) {
        bool is_empty = l->n == 0;
        lane_empty_out(l, again);
        loop_watch_remove(&l->watch);
        l->conn->place = l->place;
        l->conn->duty = DUTY_NONE;
        l->conn->is_used = true;
        l->conn->is_broken = l->conn->is_broken || l->must_close || !is_empty ||
                             l->state != LANE_READY || !PQexitPipelineMode(l->conn->pq);
        pg_give(l->conn);
    }
    PQclear(l->failure);
    unlink_lane(l);
    mem_free(l);
}

static void lose(struct lane *l)
{
    l->conn->is_broken = true;
    free_lane(l);
}

/* Nobody is left who could answer. */
static void fail_waiting(struct pipelines *p, enum errcode code, const struct error *why)
{
    while (p->waiting.ring) {
        call_fail((struct call *)turns_pop(&p->waiting, p->waiting.ring), code, why);
    }
}

static bool has_lane(const struct pipelines *p)
{
    return p->lanes != NULL;
}

static void ready(void *arg, uint32_t events);

static void watch(struct lane *l)
{
    if (l->must_write != l->is_writing) {
        uint32_t events = EPOLLIN | (l->must_write ? EPOLLOUT : 0);
        loop_watch_remove(&l->watch);
        loop_watch_add(l->owner->loop, &l->watch, PQsocket(l->conn->pq), events, ready, l);
        l->is_writing = l->must_write;
    }
}

static enum errcode connect_lane(struct lane *l, struct error *err)
{
    struct turn_group *g = l->owner->waiting.ring;
    struct pg_place *place = g ? ((struct call *)g->first)->place : l->place;
    struct pg_conn *c = NULL;
    TRY(pool_acquire(place, &c, err));
    c->is_steady = false;
    enum errcode code = pg_conn_clean(c, err);
    if (code == ERR_OK && !PQenterPipelineMode(c->pq)) {
        code = ERROR(err, ERR_INTERNAL, "libpq does not enter pipeline mode");
    }
    if (code != ERR_OK) {
        c->is_broken = true;
        pg_give(c);
        return code;
    }
    l->conn = c;
    return ERR_OK;
}

static enum errcode connect_patiently(struct lane *l, struct error *err)
{
    enum errcode code = connect_lane(l, err);
    for (int n = 1; n < POOL_TRIES && code == ERR_UNAVAILABLE; n++) {
        TRY(loop_sleep(RETRY_US, err));
        code = connect_lane(l, err);
    }
    return code;
}

static void open_lane(void *arg)
{
    struct lane *l = arg;
    struct pipelines *p = l->owner;
    struct error why AUTO(error_release) = ERROR_INIT;
    enum errcode code = connect_patiently(l, &why);
    p->n_opening--;
    if (code != ERR_OK) {
        free_lane(l);
        if (!has_lane(p)) {
            fail_waiting(p, code, &why);
        }
        return;
    }
    l->place = NULL;
    l->state = LANE_READY;
    l->idle_us = time_monotonic_us();
    loop_watch_add(p->loop, &l->watch, PQsocket(l->conn->pq), EPOLLIN, ready, l);
    wake_tick(p);
    serve(p);
}

static int lanes_max(const struct postgres_engine *e)
{
    int n = e->pool.limit * 3 / 4;
    return n > 0 ? n : 1;
}

/* A lane that will soon take something again. */
static bool has_quick_lane(const struct pipelines *p)
{
    int64_t now = time_monotonic_us();
    const struct lane *l = p->lanes;
    while (l && (l->must_close || l->is_heavy || lane_is_slow(l, now))) {
        l = l->next;
    }
    return l != NULL;
}

/* The lowest number, so that the homes are the same again when lanes come back. */
static uint64_t free_seat(const struct pipelines *p)
{
    uint64_t seat = 1;
    const struct lane *l = p->lanes;
    while (l) {
        bool is_taken = l->seat == seat;
        seat += is_taken;
        l = is_taken ? p->lanes : l->next;
    }
    return seat;
}

/* Start to open one more, when there may be: some connections are left for transactions, but what
 * takes long keeps nobody else from having a lane at all. */
static void want_lane(struct pipelines *p, struct pg_place *place)
{
    struct postgres_engine *e = p->engine;
    if (p->n_opening >= OPENING_MAX || p->is_closing) {
        return;
    }
    if (atomic_fetch_add(&e->n_lanes, 1) >= lanes_max(e) && has_quick_lane(p)) {
        atomic_fetch_sub(&e->n_lanes, 1);
        return;
    }
    struct lane *l = mem_alloc(sizeof *l);
    l->owner = p;
    l->seat = free_seat(p);
    l->place = place;
    l->next = p->lanes;
    p->lanes = l;
    p->n_opening++;
    loop_spawn(p->loop, open_lane, l);
}

/* ---- who goes where -------------------------------------------------------------------------- */

/* NULL = the question has to wait. */
static struct lane *pick(struct pipelines *p, const struct call *call)
{
    struct choice c = lane_choose(p, call, time_monotonic_us());
    struct lane *empty = c.empty;
    if (c.is_shared_right) {
        return c.shared;
    }
    if (!empty) {
        want_lane(p, call->place);
        return c.shared;
    }
    if (lane_must_reset(empty, call->place)) {
        if (lane_reset(empty)) {
            want_flush(p);
        } else {
            lose(empty);
        }
        return c.shared;
    }
    return empty;
}

/* At the end of the turn: what else is asked in it goes out in the same write. */
static void want_flush(struct pipelines *p)
{
    loop_ending_add(p->loop, &p->flush, flush, p);
    wake_tick(p);
}

static void flush(void *arg)
{
    struct pipelines *p = arg;
    struct lane *next;
    for (struct lane *l = p->lanes; l; l = next) {
        next = l->next;
        if (l->gathered && !lane_may_gather(l) && !lane_flush(l)) {
            lose(l);
        } else if (l->conn) {
            watch(l);
        }
    }
    if (p->waiting.ring) {
        serve(p);
    }
}

static void put(struct pipelines *p, struct lane *l, struct call *call)
{
    bool is_heavy = times_of(&p->times, call->hash) > HEAVY_US;
    if (!lane_send(l, call)) {
        if (!call->slot) {
            call_again(p, call);
        }
        lose(l);
        return;
    }
    l->is_heavy = l->is_heavy || is_heavy;
    p->gathering = l;
    want_flush(p);
    if (p->is_crowded) {
        p->is_crowded = false;
        want_lane(p, call->place);
    }
}

/* As many of those who wait as there is room for, place by place. */
static void serve(struct pipelines *p)
{
    while (p->waiting.ring) {
        struct turn_group *g = p->waiting.ring;
        struct lane *l = pick(p, (struct call *)g->first);
        if (!l) {
            return;
        }
        for (int i = 0; i < QUANTUM && l && p->waiting.ring == g; i++) {
            put(p, l, (struct call *)turns_pop(&p->waiting, g));
            l = p->waiting.ring == g ? pick(p, (struct call *)g->first) : NULL;
        }
        if (p->waiting.ring == g) {
            turns_pass(&p->waiting);
        }
    }
}

/* An empty lane that nobody here needs, while somebody waits for a connection. */
static void let_go(struct pipelines *p, struct lane *l)
{
    if (lane_is_free(l) && !p->waiting.ring && pool_is_wanted(p->engine)) {
        free_lane(l);
    }
}

static void ready(void *arg, uint32_t events)
{
    struct lane *l = arg;
    struct pipelines *p = l->owner;
    bool was_busy = l->n > 0;
    bool good = !(events & EPOLLOUT) || lane_flush(l);
    if (!good || !lane_read(l)) {
        lose(l);
    } else if (l->n == 0 && l->must_close) {
        free_lane(l);
    } else {
        watch(l);
        if (l->gathered && !lane_may_gather(l)) {
            want_flush(p);
        }
        if (l->n == 0 && was_busy) {
            l->idle_us = l->segment_us;
            let_go(p, l);
        }
    }
    if (p->waiting.ring) {
        serve(p);
    }
}

/* ---- what takes long ------------------------------------------------------------------------- */

static void cancel_step(void *arg)
{
    char message[CANCEL_BYTES];
    PGcancel *cancel = arg;
    (void)PQcancel(cancel, message, sizeof message); /* or else the server's own limit ends it */
    PQfreeCancel(cancel);
}

static void cancel(void *arg)
{
    loop_run_blocking(cancel_step, arg);
}

/*
 * What shares the slow segment or stands behind it is asked elsewhere; the answers that come here
 * are nobody's. A segment of one question is that one's fault, and it stays. Of several nobody
 * knows which one it is, for the server gives their answers together: all go, each in a segment of
 * its own from now on.
 */
static void part(struct lane *l)
{
    struct pipelines *p = l->owner;
    struct call *calls[LANE_DEPTH];
    size_t n = 0;
    bool is_first = true;
    for (struct slot *s = l->first; s; s = s->next) {
        bool stays = is_first && s->n_shared == 1;
        is_first = is_first && !s->ends_segment;
        if (s->call && !stays && n < LANE_DEPTH) {
            s->call->is_suspect = true;
            calls[n++] = s->call;
            slot_orphan(s);
        }
    }
    while (n > 0) {
        struct call *call = calls[--n];
        turns_push_first(&p->waiting, &call->place->waiting[p->index], &call->turn);
    }
}

/* The one that is under way, when somebody waits for it. */
static const struct call *running(const struct lane *l)
{
    for (const struct slot *s = l->first; s; s = s->next) {
        if (s->call || s->ends_segment) {
            return s->call;
        }
    }
    return NULL;
}

static void look_at_slow(struct lane *l, int64_t now)
{
    struct pipelines *p = l->owner;
    part(l);
    const struct call *call = running(l);
    if (call) {
        times_runs(&p->times, call->hash, now - l->segment_us);
    } else if (now - l->segment_us > CANCEL_US && !l->must_close) {
        /* a cancel may come late and hit another statement: this connection gets none any more */
        PGcancel *c = PQgetCancel(l->conn->pq);
        l->must_close = true;
        if (c) {
            loop_spawn(p->loop, cancel, c);
        }
    }
}

static void tick(void *arg);

static void wake_tick(struct pipelines *p)
{
    if (p->tick.place == 0 || p->tick.every_us != TICK_US) {
        loop_timer_start(p->loop, &p->tick, TICK_US, TICK_US, tick, p);
    }
}

static bool look_at(struct lane *l, int64_t now)
{
    int64_t limit_us = (int64_t)l->owner->engine->options.statement_ms * 1000 + SLACK_US;
    if (l->state == LANE_OPENING) {
        return false;
    }
    if (l->n == 0) {
        if (l->must_close || now - l->idle_us > KEEP_US) {
            free_lane(l);
        }
        return false;
    }
    if (now - l->segment_us > limit_us) {
        lose(l);
    } else if (lane_is_slow(l, now)) {
        look_at_slow(l, now);
    }
    return true;
}

static void tick(void *arg)
{
    struct pipelines *p = arg;
    int64_t now = time_monotonic_us();
    bool is_busy = false;
    struct lane *next;
    for (struct lane *l = p->lanes; l; l = next) {
        next = l->next;
        is_busy = look_at(l, now) || is_busy;
    }
    if (p->waiting.ring) {
        serve(p);
    }
    if (!p->lanes) {
        loop_timer_stop(&p->tick);
    } else if (!is_busy && !p->waiting.ring) {
        loop_timer_start(p->loop, &p->tick, QUIET_US, QUIET_US, tick, p);
    }
}

/* ---- asking ---------------------------------------------------------------------------------- */

static struct pipelines *pipelines_here(struct postgres_engine *e)
{
    struct loop *l = loop_self();
    int i = loop_index(l);
    struct pipelines *p = atomic_load_explicit(&e->pipelines[i], memory_order_relaxed);
    if (!p) {
        p = mem_alloc(sizeof *p);
        p->engine = e;
        p->loop = l;
        p->index = i;
        atomic_store(&e->pipelines[i], p);
    }
    return p;
}

static void detach(struct pipelines *p, struct call *call)
{
    if (call->turn.group) {
        turns_remove(&p->waiting, &call->turn);
    }
    if (call->slot) {
        slot_orphan(call->slot);
    }
}

static enum errcode await(struct pipelines *p, struct call *call, struct error *err)
{
    struct error why AUTO(error_release) = ERROR_INIT;
    int64_t limit_us = (int64_t)p->engine->options.statement_ms * 1000 + 2 * SLACK_US;
    enum errcode code = gate_wait_for(&call->gate, QUEUE_US, &why);
    if (code == ERR_TIMEOUT && call->slot) {
        code = gate_wait_for(&call->gate, limit_us, &why);
    }
    if (code == ERR_OK) {
        return call->code;
    }
    bool was_waiting = call->turn.group != NULL;
    detach(p, call);
    if (code == ERR_TIMEOUT && was_waiting) {
        (void)ERROR(err, ERR_BUSY, "no connection to the database was free in time");
        return error_hint(err, "more may be allowed (connections)");
    }
    if (code == ERR_TIMEOUT) {
        return ERROR(err, ERR_UNAVAILABLE, "the database does not answer");
    }
    return error_move(err, &why);
}

enum errcode pipeline_ask(struct pg_place *place, struct str text, const struct pg_params *params,
                          bool is_plain, PGresult **out, struct error *err)
{
    struct pipelines *p = pipelines_here(place->engine);
    struct call call = {.place = place,
                        .text = text,
                        .params = params,
                        .hash = pg_text_hash(text),
                        .is_plain = is_plain,
                        .err = err};
    call.is_suspect = times_of(&p->times, call.hash) == 0;
    gate_init(&call.gate);
    struct lane *l = p->waiting.ring ? NULL : pick(p, &call);
    if (l) {
        put(p, l, &call);
        if (p->waiting.ring) {
            serve(p); /* the lane was lost */
        }
    } else {
        turns_push(&p->waiting, &place->waiting[p->index], &call.turn);
        if (!p->lanes) {
            want_lane(p, place);
        }
    }
    TRY(await(p, &call, err));
    *out = call.result;
    return ERR_OK;
}

/* ---- going back ------------------------------------------------------------------------------ */

static void yield(void *arg)
{
    struct pipelines *p = arg;
    atomic_store(&p->is_yielding, false);
    struct lane *next;
    for (struct lane *l = p->lanes; l; l = next) {
        next = l->next;
        if (l->state != LANE_OPENING) {
            let_go(p, l);
        }
    }
}

void pipelines_yield(struct postgres_engine *e)
{
    for (size_t i = 0; i < LOOPS_MAX; i++) {
        struct pipelines *p = atomic_load(&e->pipelines[i]);
        if (p && !atomic_exchange(&p->is_yielding, true)) {
            loop_post(p->loop, yield, p);
        }
    }
}

struct closing {
    struct pipelines *pipelines;
    struct gate gate;
};

static void close_here(void *arg)
{
    struct closing *c = arg;
    struct pipelines *p = c->pipelines;
    p->is_closing = true;
    while (p->n_opening > 0 && loop_sleep(1000, NULL) == ERR_OK) {
    }
    BUG_ON(p->n_opening > 0 || p->waiting.ring);
    loop_ending_remove(&p->flush);
    loop_timer_stop(&p->tick);
    while (p->lanes) {
        free_lane(p->lanes);
    }
    while (p->spare) {
        struct slot *s = p->spare;
        p->spare = s->next;
        mem_free(s);
    }
    mem_free(p);
    gate_open(&c->gate);
}

void pipelines_close(struct postgres_engine *e)
{
    for (size_t i = 0; i < LOOPS_MAX; i++) {
        struct closing c = {.pipelines = atomic_exchange(&e->pipelines[i], NULL)};
        if (c.pipelines) {
            gate_init(&c.gate);
            loop_spawn(c.pipelines->loop, close_here, &c);
            gate_wait(&c.gate);
        }
    }
}
