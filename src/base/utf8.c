#include "base/utf8.h"

static int sequence_length(unsigned char c)
{
    if (c < 0x80) {
        return 1;
    }
    if (c >= 0xc2 && c <= 0xdf) {
        return 2;
    }
    if ((c & 0xf0) == 0xe0) {
        return 3;
    }
    return c >= 0xf0 && c <= 0xf4 ? 4 : 0;
}

int32_t utf8_next(struct str *s)
{
    static const int32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *p = (const unsigned char *)s->p;
    int n = sequence_length(p[0]);
    int32_t c = n == 1 ? p[0] : p[0] & (0x7f >> n);
    bool valid = n > 0 && (size_t)n <= s->n;
    for (int i = 1; valid && i < n; i++) {
        valid = (p[i] & 0xc0) == 0x80;
        c = c << 6 | (p[i] & 0x3f);
    }
    valid = valid && c >= least[n] && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
    *s = str_sub(*s, valid ? (size_t)n : 1);
    return valid ? c : -1;
}

bool utf8_valid(struct str s)
{
    while (s.n > 0) {
        if ((unsigned char)s.p[0] < 0x80) {
            s = str_sub(s, 1);
        } else if (utf8_next(&s) < 0) {
            return false;
        }
    }
    return true;
}

size_t utf8_length(struct str s)
{
    size_t n = 0;
    while (s.n > 0) {
        (void)utf8_next(&s); /* an invalid byte counts as one character */
        n++;
    }
    return n;
}

struct str utf8_cut(struct str s, size_t max)
{
    if (s.n <= max) {
        return s;
    }
    while (max > 0 && ((unsigned char)s.p[max] & 0xc0) == 0x80) {
        max--;
    }
    return (struct str){s.p, max};
}
