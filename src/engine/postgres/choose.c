#include "engine/postgres/choose.h"

bool lane_has_room(const struct lane *l)
{
    return l->work_us < SHARE_US;
}

bool lane_is_free(const struct lane *l)
{
    return l->state == LANE_READY && l->n == 0 && !l->must_close;
}

bool lane_is_slow(const struct lane *l, int64_t now_us)
{
    return l->n > 0 && now_us - l->segment_us > SLOW_US;
}

bool lane_may_gather(const struct lane *l)
{
    return l->n_segments >= SEGMENTS && lane_has_room(l);
}

/* Only plain reads may stand beside those of another namespace. */
static bool suits(const struct lane *l, const struct call *call)
{
    return l->place == call->place ? l->now == call->place || call->is_plain
                                   : call->is_plain && !l->is_tainted;
}

static bool takes_more(const struct lane *l, const struct call *call, int64_t now_us)
{
    /* a switch for good is sure once its segment has ended well: until then only that one, and by
       those of the same namespace, is joined */
    bool is_joined = l->state == LANE_SWITCHING && l->gathered && !call->is_suspect &&
                     l->now == call->place && l->place == call->place;
    bool is_sure = l->state == LANE_READY || is_joined;
    return is_sure && suits(l, call) && l->n < LANE_DEPTH && !l->must_close && !l->is_heavy &&
           !l->must_write && !lane_is_slow(l, now_us);
}

/* The better of two empty lanes for @place: its own, one of nobody, the one idle for longest. */
static struct lane *better_free(struct lane *a, struct lane *b, const struct pg_place *place)
{
    if (!a || b->place == place) {
        return a && a->place == place ? a : b;
    }
    if (a->place == place || (!a->place && b->place)) {
        return a;
    }
    return a->place && (!b->place || b->idle_us < a->idle_us) ? b : a;
}

/* The better of two lanes in use: one with room, that needs no switch, that gathers, that has more
 * before. Full ones are filled evenly. */
static struct lane *better_shared(struct lane *a, struct lane *b, const struct pg_place *place)
{
    if (!a || lane_has_room(a) != lane_has_room(b)) {
        return !a || lane_has_room(b) ? b : a;
    }
    if (!lane_has_room(a)) {
        return b->work_us < a->work_us ? b : a;
    }
    if ((a->now == place) != (b->now == place)) {
        return b->now == place ? b : a;
    }
    if (!a->gathered != !b->gathered) {
        return b->gathered ? b : a;
    }
    return b->work_us > a->work_us ? b : a;
}

/* The lane that took the question before this one, when no other can be better. */
static struct lane *same(const struct pipelines *p, const struct call *call, int64_t now_us)
{
    struct lane *l = p->gathering;
    bool is_best = l && l->gathered && l->now == call->place && lane_has_room(l) &&
                   takes_more(l, call, now_us);
    return is_best ? l : NULL;
}

struct choice lane_choose(const struct pipelines *p, const struct call *call, int64_t now_us)
{
    bool may_share = times_of(&p->times, call->hash) <= HEAVY_US;
    struct choice c = {.shared = may_share ? same(p, call, now_us) : NULL};
    if (c.shared) {
        return c;
    }
    for (struct lane *l = p->lanes; l; l = l->next) {
        if (lane_is_free(l)) {
            c.empty = better_free(c.empty, l, call->place);
        } else if (may_share && takes_more(l, call, now_us)) {
            c.shared = better_shared(c.shared, l, call->place);
        }
    }
    return c;
}
