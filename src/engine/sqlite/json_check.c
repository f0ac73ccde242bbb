#include "engine/sqlite/json_check.h"

#include "base/attr.h"

#define DEPTH_MAX 1000

struct reader {
    const char *p, *end;
};

static void skip_space(struct reader *r)
{
    while (r->p < r->end && (*r->p == ' ' || *r->p == '\t' || *r->p == '\n' || *r->p == '\r')) {
        r->p++;
    }
}

static bool take(struct reader *r, char c)
{
    if (r->p < r->end && *r->p == c) {
        r->p++;
        return true;
    }
    return false;
}

static bool is_digit(const struct reader *r)
{
    return r->p < r->end && *r->p >= '0' && *r->p <= '9';
}

static bool take_digits(struct reader *r)
{
    if (!is_digit(r)) {
        return false;
    }
    while (is_digit(r)) {
        r->p++;
    }
    return true;
}

static bool take_number(struct reader *r)
{
    (void)take(r, '-');
    if (!take(r, '0') && !take_digits(r)) {
        return false;
    }
    if (take(r, '.') && !take_digits(r)) {
        return false;
    }
    if (take(r, 'e') || take(r, 'E')) {
        if (!take(r, '+')) {
            (void)take(r, '-');
        }
        return take_digits(r);
    }
    return true;
}

static bool take_escape(struct reader *r)
{
    if (take(r, 'u')) {
        for (int i = 0; i < 4; i++) {
            bool hex = is_digit(r) ||
                       (r->p < r->end && ((*r->p | 0x20) >= 'a') && ((*r->p | 0x20) <= 'f'));
            if (!hex) {
                return false;
            }
            r->p++;
        }
        return true;
    }
    return r->p < r->end && *r->p && strchr("\"\\/bfnrt", *r->p++);
}

static bool take_string(struct reader *r)
{
    if (!take(r, '"')) {
        return false;
    }
    while (r->p < r->end && *r->p != '"') {
        if ((unsigned char)*r->p < 0x20) {
            return false;
        }
        if (*r->p++ == '\\' && !take_escape(r)) {
            return false;
        }
    }
    return take(r, '"');
}

static bool take_word(struct reader *r, struct str word)
{
    if ((size_t)(r->end - r->p) < word.n || memcmp(r->p, word.p, word.n) != 0) {
        return false;
    }
    r->p += word.n;
    return true;
}

static bool take_scalar(struct reader *r)
{
    if (r->p < r->end && *r->p == '"') {
        return take_string(r);
    }
    return take_word(r, STR("true")) || take_word(r, STR("false")) || take_word(r, STR("null")) ||
           take_number(r);
}

static bool take_key(struct reader *r)
{
    skip_space(r);
    if (!take_string(r)) {
        return false;
    }
    skip_space(r);
    return take(r, ':');
}

/* Behind a value: close what ends here, step over a comma. Sets *done at the end of the text. */
static bool take_behind(struct reader *r, char *open, int *depth, bool *done)
{
    for (;;) {
        skip_space(r);
        if (*depth == 0) {
            *done = true;
            return r->p == r->end;
        }
        char close = open[*depth - 1];
        if (take(r, ',')) {
            return close == ']' || take_key(r);
        }
        if (!take(r, close)) {
            return false;
        }
        (*depth)--;
    }
}

bool json_check(struct str s)
{
    char open[DEPTH_MAX];
    int depth = 0;
    bool done = false;
    struct reader r = {s.p, s.p + s.n};
    while (!done) {
        skip_space(&r);
        bool is_array = take(&r, '[');
        bool is_object = !is_array && take(&r, '{');
        if (!is_array && !is_object) {
            if (!take_scalar(&r) || !take_behind(&r, open, &depth, &done)) {
                return false;
            }
            continue;
        }
        if (depth == DEPTH_MAX) {
            return false;
        }
        open[depth++] = is_array ? ']' : '}';
        skip_space(&r);
        bool is_empty = r.p < r.end && *r.p == open[depth - 1];
        if (is_empty ? !take_behind(&r, open, &depth, &done) : is_object && !take_key(&r)) {
            return false;
        }
    }
    return true;
}
