#include "engine/postgres/choose.h"

#define HASH_A UINT64_C(0x9e3779b97f4a7c15)
#define HASH_B UINT64_C(0xc2b2ae3d27d4eb4f)

bool lane_is_free(const struct lane *l)
{
    return l->state == LANE_READY && l->n == 0 && !l->must_close;
}

bool lane_is_slow(const struct lane *l, int64_t now_us)
{
    return l->n > 0 && now_us - l->segment_us > SLOW_US;
}

bool lane_must_reset(const struct lane *l, const struct pg_place *place)
{
    return l->is_tainted && l->place && l->place != place;
}

bool lane_may_gather(const struct lane *l)
{
    return l->n_segments >= SEGMENTS && l->work_us < SHARE_US;
}

/* A namespace that fills a lane by itself takes another one; one that has others before it stays.
 */
static bool has_room_for(const struct lane *l, const struct pg_place *place)
{
    return l->work_us < (l->now == place ? SHARE_US : HOME_US);
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

static uint64_t home_weight(const struct lane *l, const struct pg_place *place)
{
    uint64_t h = ((uint64_t)(uintptr_t)place >> 4) * HASH_A + l->seat * HASH_B;
    h = (h ^ h >> 32) * HASH_A;
    return h ^ h >> 29;
}

static bool is_nearer_home(const struct lane *a, const struct lane *b, const struct pg_place *place)
{
    return home_weight(a, place) > home_weight(b, place);
}

/* The better of two empty lanes for @place: its own, one that needs no reset, the home. */
static struct lane *better_free(struct lane *a, struct lane *b, const struct pg_place *place)
{
    if (!a || (a->place == place) != (b->place == place)) {
        return !a || b->place == place ? b : a;
    }
    if (lane_must_reset(a, place) != lane_must_reset(b, place)) {
        return lane_must_reset(a, place) ? b : a;
    }
    return is_nearer_home(b, a, place) ? b : a;
}

/* The better of two lanes in use: one with room, that needs no switch, and of those one that
 * gathers, that has more before; else the home. Full ones are filled evenly. */
static struct lane *better_shared(struct lane *a, struct lane *b, const struct pg_place *place)
{
    if (!a || has_room_for(a, place) != has_room_for(b, place)) {
        return !a || has_room_for(b, place) ? b : a;
    }
    if (!has_room_for(a, place)) {
        return b->work_us < a->work_us ? b : a;
    }
    if ((a->now == place) != (b->now == place)) {
        return b->now == place ? b : a;
    }
    if (a->now != place) {
        return is_nearer_home(b, a, place) ? b : a;
    }
    if (!a->gathered != !b->gathered) {
        return b->gathered ? b : a;
    }
    return b->work_us > a->work_us ? b : a;
}

/* Of an empty lane and one in use: is the empty one better for what it knows of @place? */
static bool is_home(const struct lane *empty, const struct lane *shared,
                    const struct pg_place *place)
{
    return shared->now != place && (empty->place == place || is_nearer_home(empty, shared, place));
}

/* The lane that took the question before this one, when no other can be better. */
static struct lane *same(const struct pipelines *p, const struct call *call, int64_t now_us)
{
    struct lane *l = p->gathering;
    bool is_best = l && l->gathered && l->now == call->place && has_room_for(l, call->place) &&
                   takes_more(l, call, now_us);
    return is_best ? l : NULL;
}

struct choice lane_choose(const struct pipelines *p, const struct call *call, int64_t now_us)
{
    bool may_share = times_of(&p->times, call->hash) <= HEAVY_US;
    struct choice c = {.shared = may_share ? same(p, call, now_us) : NULL};
    if (c.shared) {
        c.is_shared_right = true;
        return c;
    }
    for (struct lane *l = p->lanes; l; l = l->next) {
        if (lane_is_free(l)) {
            c.empty = better_free(c.empty, l, call->place);
        } else if (may_share && takes_more(l, call, now_us)) {
            c.shared = better_shared(c.shared, l, call->place);
        }
    }
    c.is_shared_right = c.shared && has_room_for(c.shared, call->place) &&
                        !(c.empty && is_home(c.empty, c.shared, call->place));
    return c;
}
