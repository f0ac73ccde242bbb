#include "base/time.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define US_PER_SECOND 1000000
#define US_PER_DAY    ((int64_t)86400 * US_PER_SECOND)

static int64_t read_clock(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * US_PER_SECOND + t.tv_nsec / 1000;
}

int64_t time_now_us(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t time_monotonic_us(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t time_coarse_us(void)
{
    return read_clock(CLOCK_MONOTONIC_COARSE);
}

/* Days since 1970-01-01 of a civil date, and back: arithmetic on a year that starts in March. */
static int64_t days_from_civil(int64_t y, int m, int d)
{
    y -= m <= 2;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468;
}

static void civil_from_days(int64_t z, int *y, int *m, int *d)
{
    z += 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    *d = (int)(doy - (153 * mp + 2) / 5 + 1);
    *m = (int)(mp < 10 ? mp + 3 : mp - 9);
    *y = (int)(yoe + era * 400 + (*m <= 2));
}

static char *put_digits(char *at, int v, int n)
{
    for (int i = n - 1; i >= 0; i--, v /= 10) {
        at[i] = (char)('0' + v % 10);
    }
    return at + n;
}

static char *put_part(char *at, char before, int v, int n)
{
    *at = before;
    return put_digits(at + 1, v, n);
}

/* By hand: it is written into every row of every list. */
size_t instant_format(char out[INSTANT_TEXT_MAX], int64_t us)
{
    int64_t day = us / US_PER_DAY - (us % US_PER_DAY < 0);
    int64_t rest = us % US_PER_DAY + (us % US_PER_DAY < 0 ? US_PER_DAY : 0);
    int y, m, d;
    civil_from_days(day, &y, &m, &d);
    int second = (int)(rest / US_PER_SECOND);
    int fraction = (int)(rest % US_PER_SECOND);
    bool is_usual = y >= 0 && y <= 9999;
    char *at = is_usual ? put_digits(out, y, 4) : out + snprintf(out, INSTANT_TEXT_MAX, "%04d", y);
    at = put_part(at, '-', m, 2);
    at = put_part(at, '-', d, 2);
    at = put_part(at, 'T', second / 3600, 2);
    at = put_part(at, ':', second / 60 % 60, 2);
    at = put_part(at, ':', second % 60, 2);
    if (fraction != 0) {
        at = put_part(at, '.', fraction, 6);
    }
    *at++ = 'Z';
    *at = '\0';
    return (size_t)(at - out);
}

static bool digits(struct str s, size_t at, size_t n, int *out)
{
    if (at > s.n || n > s.n - at) {
        return false;
    }
    int v = 0;
    for (size_t i = at; i < at + n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9') {
            return false;
        }
        v = v * 10 + (s.p[i] - '0');
    }
    *out = v;
    return true;
}

static int days_in_month(int y, int m)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    return m == 2 && leap ? 29 : days[m - 1];
}

#define EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (b))

/* The high bit of each of eight bytes that is no digit where @shape has a 0, or not the byte of
 * @shape elsewhere. A difference above 9, or above 0, gets there by what is added to it. */
static inline uint64_t differs(const char *p, const char *shape)
{
    uint64_t word, wanted;
    memcpy(&word, p, sizeof word);
    memcpy(&wanted, shape, sizeof wanted);
    uint64_t no_digit = (wanted ^ EACH_BYTE('0')) + EACH_BYTE(0x7f);
    uint64_t add = EACH_BYTE(0x7f) - 9 * (~no_digit >> 7 & EACH_BYTE(1));
    uint64_t difference = word ^ wanted;
    return (difference | (difference + add)) & EACH_BYTE(0x80);
}

/* The parts overlap: each is eight bytes. */
bool instant_is_canonical(struct str s)
{
    if (s.n != 20 && s.n != 27) {
        return false;
    }
    if (differs(s.p, "0000-00-") | differs(s.p + 8, "00T00:00") | differs(s.p + 11, "00:00:00")) {
        return false;
    }
    return s.n == 20 ? s.p[19] == 'Z'
                     : !differs(s.p + 19, ".000000Z") && memcmp(s.p + 20, "000000", 6) != 0;
}

static bool parse_date(struct str s, int64_t *day)
{
    int y, m, d;
    if (s.n < 10 || !digits(s, 0, 4, &y) || s.p[4] != '-' || !digits(s, 5, 2, &m) ||
        s.p[7] != '-' || !digits(s, 8, 2, &d)) {
        return false;
    }
    if (m < 1 || m > 12 || d < 1 || d > days_in_month(y, m)) {
        return false;
    }
    *day = days_from_civil(y, m, d);
    return true;
}

/* HH:MM[:SS[.f{1,9}]] at the start of @s; *@used bytes were read. Seconds stop at 59. */
static bool parse_clock(struct str s, int64_t *us, size_t *used)
{
    int h, m, sec = 0;
    if (s.n < 5 || !digits(s, 0, 2, &h) || s.p[2] != ':' || !digits(s, 3, 2, &m) || h > 23 ||
        m > 59) {
        return false;
    }
    size_t at = 5;
    int64_t fraction = 0;
    if (at < s.n && s.p[at] == ':') {
        if (!digits(s, at + 1, 2, &sec) || sec > 59) {
            return false;
        }
        at += 3;
        if (at < s.n && s.p[at] == '.') {
            size_t from = ++at;
            int64_t unit = US_PER_SECOND;
            while (at < s.n && s.p[at] >= '0' && s.p[at] <= '9') {
                unit /= 10;
                fraction += unit * (s.p[at] - '0');
                at++;
            }
            if (at == from || at - from > 9) {
                return false;
            }
        }
    }
    *us = ((int64_t)h * 3600 + m * 60 + sec) * US_PER_SECOND + fraction;
    *used = at;
    return true;
}

static bool parse_offset(struct str s, int64_t *us)
{
    if (s.n == 0 || str_is(s, "Z") || str_is(s, "z")) {
        *us = 0;
        return true;
    }
    int h, m = 0;
    if ((s.p[0] != '+' && s.p[0] != '-') || !digits(s, 1, 2, &h) || h > 23) {
        return false;
    }
    size_t at = 3;
    if (at < s.n) {
        at += s.p[at] == ':';
        if (!digits(s, at, 2, &m) || m > 59 || s.n != at + 2) {
            return false;
        }
    }
    *us = ((int64_t)h * 3600 + m * 60) * US_PER_SECOND * (s.p[0] == '-' ? -1 : 1);
    return true;
}

bool instant_parse(struct str s, int64_t *us)
{
    int64_t day, clock = 0, offset = 0;
    if (!parse_date(s, &day)) {
        return false;
    }
    if (s.n > 10) {
        size_t used;
        if (s.p[10] != 'T' && s.p[10] != 't' && s.p[10] != ' ') {
            return false;
        }
        struct str rest = str_sub(s, 11);
        if (!parse_clock(rest, &clock, &used) || !parse_offset(str_sub(rest, used), &offset)) {
            return false;
        }
    }
    *us = day * US_PER_DAY + clock - offset;
    return true;
}

bool date_valid(struct str s)
{
    int64_t day;
    return s.n == 10 && parse_date(s, &day);
}

bool clock_valid(struct str s)
{
    int64_t us;
    size_t used;
    return parse_clock(s, &us, &used) && used == s.n;
}
