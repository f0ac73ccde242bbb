#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <time.h>

#include "base/attr.h"

#define SECOND ((int64_t)1000000)

static const char *text_of(int64_t us)
{
    static char text[INSTANT_TEXT_MAX];
    size_t n = instant_format(text, us);
    assert_int_equal(strlen(text), n);
    return text;
}

/* */
static void instants_are_written_in_utc(void **state)
{
    (void)state;
    assert_string_equal(text_of(0), "1970-01-01T00:00:00Z");
    assert_string_equal(text_of(1), "1970-01-01T00:00:00.000001Z");
    assert_string_equal(text_of(-1), "1969-12-31T23:59:59.999999Z");
    assert_string_equal(text_of(1769860800 * SECOND), "2026-01-31T12:00:00Z");
    assert_string_equal(text_of(951782400 * SECOND), "2000-02-29T00:00:00Z");
    assert_string_equal(text_of(253402300799 * SECOND + 999999), "9999-12-31T23:59:59.999999Z");
    assert_string_equal(text_of(-62135596800 * SECOND), "0001-01-01T00:00:00Z");
}

static void the_ends_of_the_range_fit_their_room(void **state)
{
    (void)state;
    assert_true(strlen(text_of(INT64_MAX)) < INSTANT_TEXT_MAX);
    assert_true(strlen(text_of(INT64_MIN)) < INSTANT_TEXT_MAX);
}

static void every_day_of_four_centuries_agrees_with_the_system(void **state)
{
    (void)state;
    for (int64_t day = -80000; day < 80000; day++) {
        time_t seconds = (time_t)(day * 86400);
        struct tm tm;
        char expected[INSTANT_TEXT_MAX];
        int64_t back;
        assert_non_null(gmtime_r(&seconds, &tm));
        strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%SZ", &tm);
        assert_string_equal(text_of(day * 86400 * SECOND), expected);
        assert_true(instant_parse(str_of(expected), &back));
        assert_true(back == day * 86400 * SECOND);
    }
}

static void what_is_written_reads_back_equal(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int i = 0; i < 50000; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        int64_t us = (int64_t)(seed >> 8) % (253402300800 * SECOND);
        int64_t back;
        assert_true(instant_parse(str_of(text_of(us)), &back));
        assert_true(back == us);
    }
}

static void what_is_written_is_canonical_and_nothing_else(void **state)
{
    (void)state;
    static const char *const others[] = {
        "",
        "1970-01-01",
        "1970-01-01T00:00:00",
        "1970-01-01T00:00:00z",
        "1970-01-01t00:00:00Z",
        "1970-01-01 00:00:00Z",
        "1970-01-01T00:00:00.5Z",
        "1970-01-01T00:00:00.000000Z",
        "1970-01-01T00:00:00.0000001Z",
        "1970-01-01T00:00:00,000001Z",
        "1970-01-01T0\"0:00:00Z",
        "1970-01-01T00:00:00.00000\"Z",
        "1970-01-01T00:00:00+00:00",
        "+1970-01-01T00:00:00Z",
    };
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        assert_false(instant_is_canonical(str_of(others[i])));
    }
    for (int64_t us = -5 * SECOND; us < 5 * SECOND; us += 125000) {
        assert_true(instant_is_canonical(str_of(text_of(us))));
    }
}

/* One byte of a canonical text after the other, as anything. */
static void one_byte_makes_it_another_text(void **state)
{
    (void)state;
    static const char *const texts[] = {"2026-01-31T12:59:08Z", "2026-01-31T12:59:08.900001Z"};
    for (size_t t = 0; t < ARRAY_LEN(texts); t++) {
        char text[INSTANT_TEXT_MAX];
        size_t n = strlen(texts[t]);
        for (size_t i = 0; i < 256 * n; i++) {
            bool is_digit = texts[t][i / 256] >= '0' && texts[t][i / 256] <= '9';
            memcpy(text, texts[t], n + 1);
            char c = text[i / 256] = (char)(i % 256);
            bool fits = is_digit ? c >= '0' && c <= '9' : c == texts[t][i / 256];
            assert_int_equal(instant_is_canonical((struct str){text, n}), fits);
        }
    }
}

static void the_coarse_clock_is_a_tick_behind_at_most(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++) {
        int64_t before = time_monotonic_us(), coarse = time_coarse_us();
        assert_true(coarse <= time_monotonic_us());
        assert_true(coarse > before - 100000);
    }
}

static void offsets_and_short_forms_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t us;
    } good[] = {
        {"1970-01-01T01:00:00+01:00", 0},
        {"1970-01-01T01:00:00+0100", 0},
        {"1970-01-01T01:00:00+01", 0},
        {"1969-12-31T18:30:00-05:30", 0},
        {"1970-01-01t00:00:00z", 0},
        {"1970-01-01 00:00", 0},
        {"1970-01-01", 0},
        {"1970-01-01T00:00:01.5Z", SECOND * 3 / 2},
        {"1970-01-01T00:00:00.000001999Z", 1},
        {"1970-01-01T00:00:00.1", 100000},
    };
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        int64_t us = -1;
        assert_true(instant_parse(str_of(good[i].text), &us));
        assert_true(us == good[i].us);
    }
}

static void what_is_no_instant_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "1970",
                                      "1970-01",
                                      "1970-1-1",
                                      "1970-13-01",
                                      "1970-00-01",
                                      "1970-01-00",
                                      "1970-02-29",
                                      "1900-02-29",
                                      "2001-04-31",
                                      "1970-01-01T",
                                      "1970-01-01T1:00",
                                      "1970-01-01T24:00",
                                      "1970-01-01T00:60",
                                      "1970-01-01T00:00:60",
                                      "1970-01-01T00:00:00.",
                                      "1970-01-01T00:00:00.Z",
                                      "1970-01-01T00:00:00.0000000001Z",
                                      "1970-01-01T00:00:00+",
                                      "1970-01-01T00:00:00+1",
                                      "1970-01-01T00:00:00+24:00",
                                      "1970-01-01T00:00:00+01:60",
                                      "1970-01-01T00:00:00+01:",
                                      "1970-01-01T00:00:00+01:000",
                                      "1970-01-01T00:00:00ZZ",
                                      "1970-01-01T00:00:00 Z",
                                      " 1970-01-01",
                                      "1970-01-01 ",
                                      "1970/01/01",
                                      "+1970-01-01",
                                      "-1970-01-01",
                                      "19700101",
                                      "1970-01-01X00:00",
                                      "1970-01-01T00:00:00Zjunk",
                                      "now"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        int64_t us = 77;
        if (instant_parse(str_of(bad[i]), &us)) {
            fail_msg("\"%s\" passes", bad[i]);
        }
        assert_int_equal(us, 77);
    }
}

static void only_days_that_exist_are_dates(void **state)
{
    (void)state;
    assert_true(date_valid(STR("2000-02-29")));
    assert_true(date_valid(STR("2024-12-31")));
    assert_false(date_valid(STR("2100-02-29")));
    assert_false(date_valid(STR("2024-12-31 ")));
    assert_false(date_valid(STR("2024-12-31T00:00")));
    assert_false(date_valid(STR("")));
}

static void clocks_have_minutes_and_perhaps_seconds(void **state)
{
    (void)state;
    static const char *const good[] = {"00:00", "23:59", "12:30:45", "12:30:45.5",
                                       "12:30:45.123456"};
    static const char *const bad[] = {"",       "24:00",     "12:60",  "12:3",   "1:30", "12:30:60",
                                      "12:30:", "12:30:45.", "12:30Z", "12:30 ", "12.30"};
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        assert_true(clock_valid(str_of(good[i])));
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_false(clock_valid(str_of(bad[i])));
    }
}

static void the_steady_clock_never_goes_back(void **state)
{
    (void)state;
    int64_t last = time_monotonic_us();
    for (int i = 0; i < 1000; i++) {
        int64_t now = time_monotonic_us();
        assert_true(now >= last);
        last = now;
    }
    assert_true(time_now_us() > 1700000000 * SECOND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instants_are_written_in_utc),
        cmocka_unit_test(the_ends_of_the_range_fit_their_room),
        cmocka_unit_test(every_day_of_four_centuries_agrees_with_the_system),
        cmocka_unit_test(what_is_written_reads_back_equal),
        cmocka_unit_test(what_is_written_is_canonical_and_nothing_else),
        cmocka_unit_test(one_byte_makes_it_another_text),
        cmocka_unit_test(the_coarse_clock_is_a_tick_behind_at_most),
        cmocka_unit_test(offsets_and_short_forms_are_read),
        cmocka_unit_test(what_is_no_instant_is_refused),
        cmocka_unit_test(only_days_that_exist_are_dates),
        cmocka_unit_test(clocks_have_minutes_and_perhaps_seconds),
        cmocka_unit_test(the_steady_clock_never_goes_back),
    };
    return cmocka_run_group_tests_name("base/time", tests, NULL, NULL);
}
