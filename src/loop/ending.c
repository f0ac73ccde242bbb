#include "base/attr.h"
#include "loop/inside.h"

void loop_ending_add(struct loop *l, struct loop_ending *e, void (*fn)(void *arg), void *arg)
{
    BUG_ON(loop_self() != l);
    if (e->is_on) {
        return;
    }
    *e = (struct loop_ending){.fn = fn, .arg = arg, .is_on = true, .loop = l, .next = l->endings};
    l->endings = e;
}

static bool take_out(struct loop_ending **at, const struct loop_ending *e)
{
    while (*at && *at != e) {
        at = &(*at)->next;
    }
    if (!*at) {
        return false;
    }
    *at = e->next;
    return true;
}

void loop_ending_remove(struct loop_ending *e)
{
    if (!e->is_on) {
        return;
    }
    struct loop *l = e->loop;
    BUG_ON(loop_self() != l);
    e->is_on = false;
    BUG_ON(!take_out(&l->endings, e) && !take_out(&l->ending_now, e));
}

void endings_run(struct loop *l)
{
    l->ending_now = l->endings;
    l->endings = NULL;
    while (l->ending_now) {
        struct loop_ending *e = l->ending_now;
        l->ending_now = e->next;
        e->is_on = false;
        e->fn(e->arg);
    }
}
