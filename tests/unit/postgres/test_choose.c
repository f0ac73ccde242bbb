/* Which lane takes a question: lanes as they may stand, no server. */
#include "engine/postgres/choose.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"

#define LANES  4
#define PLACES 400
#define QUICK  UINT64_C(0x1111111100000001)
#define HEAVY  UINT64_C(0x2222222200000002)
#define NOW    INT64_C(1000000)

static struct pipelines pipelines;
static struct lane lanes[LANES];
static struct slot a_slot;
static struct pg_place here, there, places[PLACES];

/* All lanes are ready, empty and nobody's. */
static int set_up(void **state)
{
    (void)state;
    memset(&pipelines, 0, sizeof pipelines);
    memset(lanes, 0, sizeof lanes);
    pipelines.lanes = lanes;
    for (size_t i = 0; i < LANES; i++) {
        lanes[i].owner = &pipelines;
        lanes[i].state = LANE_READY;
        lanes[i].seat = i + 1;
        lanes[i].next = i + 1 < LANES ? &lanes[i + 1] : NULL;
    }
    times_runs(&pipelines.times, QUICK, 20);
    times_runs(&pipelines.times, HEAVY, 5000);
    return 0;
}

/* @n questions of 20 µs were sent on @l a moment ago. */
static void send_on(struct lane *l, int n)
{
    l->n = n;
    l->n_segments = 1;
    l->work_us = (int64_t)n * 20;
    l->segment_us = NOW - 100;
}

static struct choice choose(uint64_t hash, struct pg_place *place)
{
    struct call call = {.place = place, .hash = hash, .is_plain = true};
    return lane_choose(&pipelines, &call, NOW);
}

/* As the pipelines do with a choice; NULL = the question waits. */
static struct lane *ask(struct pg_place *place)
{
    struct choice c = choose(QUICK, place);
    struct lane *l = c.is_shared_right || !c.empty ? c.shared : c.empty;
    if (l) {
        l->n++;
        l->work_us += 20;
        l->gathered = l->gathered ? l->gathered : &a_slot;
        l->now = place;
        pipelines.gathering = l;
    }
    return l;
}

static int n_gathering(void)
{
    int n = 0;
    for (size_t i = 0; i < LANES; i++) {
        n += lanes[i].gathered != NULL;
    }
    return n;
}

static void a_turn_keeps_together(void **state)
{
    (void)state;
    send_on(&lanes[0], 3);
    send_on(&lanes[2], 7);
    lanes[0].now = lanes[2].now = &here;
    for (int i = 0; i < 30; i++) {
        assert_ptr_equal(ask(&here), &lanes[2]); /* one write for all, behind those before */
    }
    assert_int_equal(n_gathering(), 1);
}

static void enough_work_takes_another_lane(void **state)
{
    (void)state;
    for (int i = 0; i < LANES; i++) {
        lanes[i].work_us = i < LANES - 1 ? SHARE_US : 0;
        lanes[i].n = i < LANES - 1 ? 15 : 0;
        lanes[i].segment_us = NOW;
        lanes[i].now = &here;
    }
    assert_ptr_equal(ask(&here), &lanes[LANES - 1]);
    lanes[LANES - 1].work_us = SHARE_US + 1;
    assert_ptr_equal(ask(&here), &lanes[0]); /* all are full: the one with the least */
}

static void nobody_waits_behind_what_is_slow_or_heavy(void **state)
{
    (void)state;
    send_on(&lanes[0], 1);
    lanes[0].segment_us = NOW - SLOW_US - 1;
    send_on(&lanes[1], 1);
    lanes[1].is_heavy = true;
    pipelines.gathering = &lanes[0];
    lanes[0].gathered = &a_slot;
    struct choice c = choose(QUICK, &here);
    assert_null(c.shared);
    assert_true(c.empty == &lanes[2] || c.empty == &lanes[3]);
    send_on(&lanes[2], 1);
    c = choose(HEAVY, &here);
    assert_null(c.shared);
    assert_ptr_equal(c.empty, &lanes[3]);
}

static void a_lane_that_needs_no_switch_is_better(void **state)
{
    (void)state;
    send_on(&lanes[0], 9);
    lanes[0].gathered = &a_slot;
    lanes[0].now = &there;
    send_on(&lanes[1], 2);
    lanes[1].now = lanes[1].place = &here;
    pipelines.gathering = &lanes[0];
    assert_ptr_equal(ask(&here), &lanes[1]);
    assert_ptr_equal(ask(&there), &lanes[0]);
}

static void what_comes_meanwhile_is_gathered(void **state)
{
    (void)state;
    struct lane *l = &lanes[0];
    send_on(l, 4);
    assert_false(lane_may_gather(l));
    l->n_segments = SEGMENTS;
    assert_true(lane_may_gather(l));
    l->work_us = SHARE_US;
    assert_false(lane_may_gather(l));
}

/* What is asked for many in turn, on lanes that are idle between: how many have which lane. */
static void ask_for_each(struct lane *home[PLACES], int n_each[LANES])
{
    memset(n_each, 0, LANES * sizeof *n_each);
    for (int i = 0; i < PLACES; i++) {
        home[i] = choose(QUICK, &places[i]).empty;
        assert_non_null(home[i]);
        n_each[home[i] - lanes]++;
    }
}

static void each_of_many_has_a_home(void **state)
{
    (void)state;
    struct lane *home[PLACES];
    struct lane *again[PLACES];
    int n_each[LANES];
    ask_for_each(home, n_each);
    for (int i = 0; i < LANES; i++) {
        assert_in_range(n_each[i], PLACES / LANES / 2, PLACES / LANES * 2);
    }
    lanes[1].next = lanes[2].next; /* one goes: the others' guests stay */
    ask_for_each(again, n_each);
    for (int i = 0; i < PLACES; i++) {
        assert_true(again[i] == home[i] || home[i] == &lanes[2]);
    }
    assert_int_equal(n_each[2], 0);
}

static void guests_wait_at_home_for_a_while(void **state)
{
    (void)state;
    struct lane *home = choose(QUICK, &here).empty;
    send_on(home, 3);
    home->now = &there;
    assert_ptr_equal(ask(&here), home); /* behind another one's */
    home->now = &there;
    home->work_us = HOME_US - 1;
    assert_ptr_equal(ask(&here), home);
    home->now = &there;
    home->work_us = HOME_US;
    assert_ptr_not_equal(ask(&here), home);
}

static void who_fills_a_lane_takes_another(void **state)
{
    (void)state;
    struct lane *home = ask(&here);
    send_on(home, 3);
    assert_ptr_equal(ask(&here), home);
    home->work_us = SHARE_US;
    struct lane *other = ask(&here);
    assert_ptr_not_equal(other, home);
    send_on(other, 1);
    assert_ptr_equal(ask(&here), other); /* not each of them another one */
}

static void a_lane_to_be_reset_is_no_home(void **state)
{
    (void)state;
    struct lane *home = choose(QUICK, &here).empty;
    home->place = &there;
    assert_ptr_equal(choose(QUICK, &here).empty, home); /* a switch is enough */
    home->is_tainted = true;
    assert_ptr_not_equal(choose(QUICK, &here).empty, home);
    assert_ptr_equal(choose(QUICK, &there).empty, home);
}

#define CASE(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_turn_keeps_together),
        CASE(enough_work_takes_another_lane),
        CASE(nobody_waits_behind_what_is_slow_or_heavy),
        CASE(a_lane_that_needs_no_switch_is_better),
        CASE(what_comes_meanwhile_is_gathered),
        CASE(each_of_many_has_a_home),
        CASE(guests_wait_at_home_for_a_while),
        CASE(who_fills_a_lane_takes_another),
        CASE(a_lane_to_be_reset_is_no_home),
    };
    return cmocka_run_group_tests_name("postgres/choose", tests, NULL, NULL);
}
