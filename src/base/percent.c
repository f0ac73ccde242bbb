#include "base/percent.h"

#include <string.h>

#include "base/utf8.h"

/* The value of a hexadecimal digit, or -1. */
static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Read the escape whose "%" is at s->p, and step over it; -1 when it is none. */
static int read_escape(struct str *s)
{
    if (s->n < 3) {
        return -1;
    }
    int high = hex_value(s->p[1]);
    int low = hex_value(s->p[2]);
    if (high < 0 || low < 0) {
        return -1;
    }
    *s = str_sub(*s, 3);
    return high * 16 + low;
}

enum errcode percent_decode(struct arena *a, struct str s, bool plus_is_space, struct str *out,
                            struct error *err)
{
    char *text = arena_alloc(a, s.n + 1);
    size_t n = 0;
    while (s.n > 0) {
        int c = (unsigned char)s.p[0];
        if (c == '%') {
            c = read_escape(&s);
            if (c < 0) {
                return ERROR(err, ERR_MALFORMED, "a percent sign without two hexadecimal digits");
            }
        } else {
            c = c == '+' && plus_is_space ? ' ' : c;
            s = str_sub(s, 1);
        }
        if (c == 0) {
            return ERROR(err, ERR_MALFORMED, "a NUL character in the address");
        }
        text[n++] = (char)c;
    }
    if (!utf8_valid((struct str){text, n})) {
        return ERROR(err, ERR_MALFORMED, "the address is not valid UTF-8 when decoded");
    }
    *out = (struct str){text, n};
    return ERR_OK;
}

static bool is_plain(char c, const char *plain)
{
    bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return is_word || (c && (strchr("-._~", c) || strchr(plain, c)));
}

void percent_encode(struct buf *out, struct str s, const char *plain)
{
    for (size_t i = 0; i < s.n; i++) {
        if (is_plain(s.p[i], plain)) {
            buf_addc(out, s.p[i]);
        } else {
            buf_printf(out, "%%%02X", (unsigned char)s.p[i]);
        }
    }
}
