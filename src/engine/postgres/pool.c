#include "base/attr.h"
#include "base/buf.h"
#include "base/time.h"
#include "engine/postgres/inside.h"

void pg_pool_init(struct pg_pool *p)
{
    BUG_ON(pthread_mutex_init(&p->lock, NULL) != 0);
}

void pg_pool_close(struct postgres_engine *e)
{
    struct pg_pool *p = &e->pool;
    while (p->idle) {
        struct pg_conn *c = p->idle;
        p->idle = c->next;
        pg_conn_close(c);
    }
    pthread_mutex_destroy(&p->lock);
}

static struct pg_conn *take_idle(struct pg_pool *p, const struct pg_place *place)
{
    struct pg_conn **at = &p->idle;
    for (struct pg_conn **i = &p->idle; *i; i = &(*i)->next) {
        if ((*i)->place == place) {
            at = i;
            break;
        }
    }
    struct pg_conn *c = *at;
    if (c) {
        *at = c->next;
    }
    return c;
}

enum errcode pg_take(struct pg_place *place, enum pg_duty duty, struct pg_conn **out,
                     struct error *err)
{
    struct postgres_engine *e = place->engine;
    pthread_mutex_lock(&e->pool.lock);
    struct pg_conn *c = take_idle(&e->pool, place);
    pthread_mutex_unlock(&e->pool.lock);
    if (!c) {
        TRY(pg_conn_open(e, &c, err));
    }
    enum errcode code = pg_conn_set(c, place, duty, err);
    if (code != ERR_OK) {
        pg_give(c);
        return code;
    }
    *out = c;
    return ERR_OK;
}

void pg_give(struct pg_conn *c)
{
    if (!c) {
        return;
    }
    struct pg_pool *p = &c->engine->pool;
    if (c->is_broken || PQtransactionStatus(c->pq) != PQTRANS_IDLE) {
        pg_conn_close(c);
        return;
    }
    pthread_mutex_lock(&p->lock);
    c->next = p->idle;
    p->idle = c;
    pthread_mutex_unlock(&p->lock);
}
