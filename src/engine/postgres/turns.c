#include "engine/postgres/turns.h"

#include <stddef.h>

static void join_ring(struct turns *q, struct turn_group *g)
{
    if (!q->ring) {
        g->next = g->prev = g;
        q->ring = g;
        return;
    }
    g->next = q->ring; /* behind all others */
    g->prev = q->ring->prev;
    g->prev->next = g;
    q->ring->prev = g;
}

static void leave_ring(struct turns *q, struct turn_group *g)
{
    if (g->next == g) {
        q->ring = NULL;
    } else {
        g->next->prev = g->prev;
        g->prev->next = g->next;
        q->ring = q->ring == g ? g->next : q->ring;
    }
    g->next = g->prev = NULL;
}

void turns_push(struct turns *q, struct turn_group *g, struct turn *t)
{
    if (!g->first) {
        join_ring(q, g);
    }
    *t = (struct turn){.prev = g->last, .group = g};
    if (g->last) {
        g->last->next = t;
    } else {
        g->first = t;
    }
    g->last = t;
    q->n++;
}

void turns_push_first(struct turns *q, struct turn_group *g, struct turn *t)
{
    if (!g->first) {
        turns_push(q, g, t);
        return;
    }
    *t = (struct turn){.next = g->first, .group = g};
    g->first->prev = t;
    g->first = t;
    q->n++;
}

void turns_remove(struct turns *q, struct turn *t)
{
    struct turn_group *g = t->group;
    if (t->prev) {
        t->prev->next = t->next;
    } else {
        g->first = t->next;
    }
    if (t->next) {
        t->next->prev = t->prev;
    } else {
        g->last = t->prev;
    }
    *t = (struct turn){0};
    q->n--;
    if (!g->first) {
        leave_ring(q, g);
    }
}

struct turn *turns_pop(struct turns *q, struct turn_group *g)
{
    struct turn *t = g->first;
    if (t) {
        turns_remove(q, t);
    }
    return t;
}

void turns_pass(struct turns *q)
{
    if (q->ring) {
        q->ring = q->ring->next;
    }
}
