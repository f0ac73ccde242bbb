/* What is known of the time of statements: numbers in, numbers out. */
#include "engine/postgres/times.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"

#define POINT UINT64_C(0x1111111100000001)
#define LIST  UINT64_C(0x2222222200000002)
#define TWIN  UINT64_C(0x3333333300000001) /* of POINT: the same place */

static struct times times;

static int set_up(void **state)
{
    (void)state;
    memset(&times, 0, sizeof times);
    return 0;
}

/* @n of @hash were answered within @us, @rounds times. */
static void take(uint64_t hash, size_t n, int64_t us, int rounds)
{
    uint64_t hashes[64];
    for (size_t i = 0; i < n; i++) {
        hashes[i] = hash;
    }
    for (int i = 0; i < rounds; i++) {
        times_took(&times, hashes, n, us);
    }
}

static void what_was_never_asked_is_not_known(void **state)
{
    (void)state;
    assert_int_equal(times_of(&times, POINT), 0);
    take(POINT, 1, 700, 1);
    assert_int_equal(times_of(&times, POINT), 700);
    assert_int_equal(times_of(&times, TWIN), 0);
    take(TWIN, 1, 300, 1);
    assert_int_equal(times_of(&times, POINT), 0);
}

static void each_of_a_batch_has_its_part(void **state)
{
    (void)state;
    take(POINT, 50, 1000, 1);
    assert_int_equal(times_of(&times, POINT), 20);
    take(POINT, 50, 10, 20);
    assert_int_equal(times_of(&times, POINT), LEAST_US);
}

/* A loop that comes late makes all statements look long; one batch that comes at once is enough. */
static void a_late_look_is_forgiven(void **state)
{
    (void)state;
    take(POINT, 1, 3000, 1);
    take(POINT, 1, 40, 8);
    assert_true(times_of(&times, POINT) < 60);
    take(POINT, 1, 3000, 1);
    assert_true(times_of(&times, POINT) < 300);
    take(POINT, 30, 90000, 1); /* thirty of them are one look */
    assert_true(times_of(&times, POINT) < 600);
}

static void what_takes_longer_now_is_learned(void **state)
{
    (void)state;
    take(POINT, 1, 40, 10);
    take(POINT, 1, 3000, 100);
    assert_true(times_of(&times, POINT) > 2900);
}

/* A batch of two kinds is shared by what is known of them, so that neither becomes the other. */
static void kinds_keep_apart(void **state)
{
    (void)state;
    const uint64_t both[] = {POINT, LIST, POINT, POINT};
    take(POINT, 1, 20, 1);
    take(LIST, 1, 400, 1);
    for (int i = 0; i < 50; i++) {
        times_took(&times, both, ARRAY_LEN(both), 460);
    }
    assert_int_equal(times_of(&times, POINT), 20);
    assert_int_equal(times_of(&times, LIST), 400);
    for (int i = 0; i < 50; i++) {
        times_took(&times, both, ARRAY_LEN(both), 230);
    }
    assert_in_range(times_of(&times, POINT), LEAST_US, 12);
    assert_in_range(times_of(&times, LIST), 190, 210);
}

/* Three runs of ten milliseconds, seen by the clock while they ran: it stays heavy for a while. */
static void what_is_heavy_stays_so(void **state)
{
    (void)state;
    take(POINT, 1, 40, 10);
    for (int i = 0; i < 10; i++) {
        times_runs(&times, POINT, 10000);
    }
    assert_true(times_of(&times, POINT) > HEAVY_US);
    take(POINT, 1, 40, 2);
    assert_true(times_of(&times, POINT) > HEAVY_US);
    take(POINT, 1, 40, 20);
    assert_true(times_of(&times, POINT) < 100);
}

#define CASE(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_was_never_asked_is_not_known),
        CASE(each_of_a_batch_has_its_part),
        CASE(a_late_look_is_forgiven),
        CASE(what_takes_longer_now_is_learned),
        CASE(kinds_keep_apart),
        CASE(what_is_heavy_stays_so),
    };
    return cmocka_run_group_tests_name("postgres/times", tests, NULL, NULL);
}
