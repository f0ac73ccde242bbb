#include "base/str.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

static char fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool str_starts(struct str s, struct str prefix)
{
    return s.n >= prefix.n && str_eq((struct str){s.p, prefix.n}, prefix);
}

bool str_eq_nocase(struct str a, struct str b)
{
    if (a.n != b.n) {
        return false;
    }
    for (size_t i = 0; i < a.n; i++) {
        if (fold(a.p[i]) != fold(b.p[i])) {
            return false;
        }
    }
    return true;
}

size_t str_find(struct str s, char c)
{
    const char *at = s.n ? memchr(s.p, c, s.n) : NULL;
    return at ? (size_t)(at - s.p) : s.n;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str s)
{
    while (s.n > 0 && is_space(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n > 0 && is_space(s.p[s.n - 1])) {
        s.n--;
    }
    return s;
}

bool str_split(struct str *rest, char sep, struct str *part)
{
    if (!rest->p) {
        return false;
    }
    size_t at = str_find(*rest, sep);
    *part = (struct str){rest->p, at};
    *rest = at == rest->n ? (struct str){NULL, 0} : str_sub(*rest, at + 1);
    return true;
}

bool str_int64(struct str s, int64_t *out)
{
    bool negative = s.n > 0 && s.p[0] == '-';
    size_t i = negative ? 1 : 0;
    if (i == s.n) {
        return false;
    }
    int64_t v = 0;
    for (; i < s.n; i++) {
        char c = s.p[i];
        if (c < '0' || c > '9' || __builtin_mul_overflow(v, 10, &v)) {
            return false;
        }
        int digit = c - '0';
        if (__builtin_add_overflow(v, negative ? -digit : digit, &v)) {
            return false;
        }
    }
    *out = v;
    return true;
}

char *int64_put(char *at, int64_t v)
{
    uint64_t rest = v < 0 ? (uint64_t)0 - (uint64_t)v : (uint64_t)v;
    size_t n = 1;
    if (v < 0) {
        *at++ = '-';
    }
    for (uint64_t most = 10; rest >= most && n < INT64_TEXT_MAX - 1; most *= 10) {
        n++;
    }
    for (char *p = at + n; p > at; rest /= 10) {
        *--p = (char)('0' + rest % 10);
    }
    return at + n;
}

static size_t skip_digits(struct str s, size_t i)
{
    while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9') {
        i++;
    }
    return i;
}

/* JSON's grammar, so that "0x10", "inf", " 1" and "1." are no numbers. */
static bool is_number(struct str s)
{
    size_t i = s.n > 0 && s.p[0] == '-' ? 1 : 0;
    size_t end = skip_digits(s, i);
    if (end == i || (s.p[i] == '0' && end > i + 1)) {
        return false;
    }
    i = end;
    if (i < s.n && s.p[i] == '.') {
        end = skip_digits(s, i + 1);
        if (end == i + 1) {
            return false;
        }
        i = end;
    }
    if (i < s.n && (s.p[i] == 'e' || s.p[i] == 'E')) {
        i++;
        if (i < s.n && (s.p[i] == '+' || s.p[i] == '-')) {
            i++;
        }
        end = skip_digits(s, i);
        if (end == i) {
            return false;
        }
        i = end;
    }
    return i == s.n;
}

bool str_double(struct str s, double *out)
{
    char text[512];
    if (s.n >= sizeof text || !is_number(s)) {
        return false;
    }
    memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    double v = strtod(text, NULL);
    if (!isfinite(v)) {
        return false;
    }
    *out = v;
    return true;
}

bool text_eq(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}
