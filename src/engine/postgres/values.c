#include <math.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/time.h"
#include "engine/postgres/arrays.h"
#include "engine/postgres/types.h"

/*
 * Values as text, both ways. The session pins the server's forms: DateStyle ISO, TimeZone UTC,
 * IntervalStyle postgres, bytea as hex, the shortest floats that read back equal. What has no
 * canonical form (infinity, years before 1 or beyond 9999, an interval of months) is given as the
 * server says it.
 */

/* ---- out ------------------------------------------------------------------------------------- */

static struct value encode_float(double f)
{
    if (isnan(f)) {
        return value_text("NaN");
    }
    return isinf(f) ? value_text(f > 0 ? "Infinity" : "-Infinity") : value_float(f);
}

struct value postgres_encode(struct arena *a, const struct column *c, struct value v)
{
    switch (v.kind) {
    case VALUE_FLOAT:
        return encode_float(v.f);
    case VALUE_INT:
        return c->type.kind == TYPE_INTERVAL
                   ? value_text(arena_printf(a, "%lld microseconds", (long long)v.i))
                   : v;
    case VALUE_TEXT:
        return postgres_is_array(&c->type)
                   ? value_str(postgres_array_from_json(a, c->type.element, v.s))
                   : v;
    default:
        return v;
    }
}

/* ---- in -------------------------------------------------------------------------------------- */

/* *@out is the text as the server says it; a decoder changes what has another canonical form. Cells
 * are written in place: a struct that is returned and copied waits for its own parts to be stored.
 */
typedef void decode_fn(const struct type *t, struct str s, struct buf *room, struct value *out);

static void decode_boolean(const struct type *t, struct str s, struct buf *room, struct value *out)
{
    (void)t;
    (void)room;
    if (s.n == 1 && (s.p[0] == 't' || s.p[0] == 'f')) {
        *out = value_bool(s.p[0] == 't');
    }
}

static void decode_integer(const struct type *t, struct str s, struct buf *room, struct value *out)
{
    int64_t i = 0;
    (void)t;
    (void)room;
    if (str_int64(s, &i)) {
        out->kind = VALUE_INT;
        out->i = i;
    }
}

static void decode_float(const struct type *t, struct str s, struct buf *room, struct value *out)
{
    double f = 0;
    (void)t;
    (void)room;
    if (str_double(s, &f)) {
        *out = value_float(f);
    } else if (str_is(s, "NaN")) {
        *out = value_float(NAN);
    } else if (str_is(s, "Infinity") || str_is(s, "-Infinity")) {
        *out = value_float(s.p[0] == '-' ? -INFINITY : INFINITY);
    }
}

/* character(n) comes with its blanks, which mean nothing. */
static void decode_char(const struct type *t, struct str s, struct buf *room, struct value *out)
{
    (void)room;
    bool is_padded = t->native && strncmp(t->native, "character(", 10) == 0;
    while (is_padded && s.n > 0 && s.p[s.n - 1] == ' ') {
        s.n--;
    }
    *out = value_str(s);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void decode_bytes(const struct type *t, struct str s, struct buf *room, struct value *out)
{
    (void)t;
    if (s.n < 2 || s.p[0] != '\\' || s.p[1] != 'x') {
        return;
    }
    size_t n = (s.n - 2) / 2;
    char *bytes = buf_reserve(room, n);
    for (size_t i = 0; bytes && i < n; i++) {
        int high = hex_digit(s.p[2 + 2 * i]);
        int low = hex_digit(s.p[3 + 2 * i]);
        if (high < 0 || low < 0) {
            return;
        }
        bytes[i] = (char)(high << 4 | low);
    }
    if (bytes) {
        buf_commit(room, n);
    }
    *out = value_bytes((struct str){room->p ? room->p : "", room->n});
}

#define MOMENT_CHARS 19

/* Eight bytes at @p have the shape @shape: a digit where that has 0 (and @digits has 15), else the
 * same. All eight at once: lists are full of moments. */
static bool fits(const char *p, const char *shape, const char *digits)
{
    uint64_t text;
    uint64_t wanted;
    uint64_t mask;
    memcpy(&text, p, sizeof text);
    memcpy(&wanted, shape, sizeof wanted);
    memcpy(&mask, digits, sizeof mask);
    uint64_t rest = text ^ wanted; /* 0 to 9 where there is a digit */
    uint64_t sixes = mask & UINT64_C(0x0606060606060606);
    return (rest & ~mask) == 0 && (((rest + sixes) & ~mask) == 0);
}

/* "2026-01-31 12:30:00…": a day with four digits of year and a time behind it. */
static bool is_plain_moment(struct str s)
{
    return s.n >= MOMENT_CHARS && fits(s.p, "0000-00-", "\xf\xf\xf\xf\0\xf\xf\0") &&
           fits(s.p + 8, "00 00:00", "\xf\xf\0\xf\xf\0\xf\xf") &&
           fits(s.p + 11, "00:00:00", "\xf\xf\0\xf\xf\0\xf\xf") && s.p[s.n - 1] != 'C'; /* BC */
}

static void decode_datetime(const struct type *t, struct str s, struct buf *room, struct value *out)
{
    (void)t;
    if (!is_plain_moment(s)) {
        return;
    }
    buf_add_str(room, s);
    if (!buf_failed(room)) {
        room->p[10] = 'T';
    }
    *out = value_str(buf_str(room));
}

/* The fraction has no digits or six: "2026-01-31 12:30:00.5+00" is "2026-01-31T12:30:00.500000Z".
 */
static void decode_instant(const struct type *t, struct str s, struct buf *room, struct value *out)
{
    static const char zeros[] = "000000";
    (void)t;
    if (!is_plain_moment(s) || s.n < MOMENT_CHARS + 3 || memcmp(s.p + s.n - 3, "+00", 3) != 0) {
        return;
    }
    s.n -= 3;
    size_t digits = s.n > MOMENT_CHARS ? s.n - MOMENT_CHARS - 1 : 0;
    buf_add(room, s.p, s.n);
    if (digits > 0 && digits < 6) {
        buf_add(room, zeros, 6 - digits);
    }
    buf_addc(room, 'Z');
    if (!buf_failed(room)) {
        room->p[10] = 'T';
        *out = value_str(buf_str(room));
    }
}

static bool read_digits(struct str *s, int64_t *out)
{
    size_t n = 0;
    while (n < s->n && s->p[n] >= '0' && s->p[n] <= '9') {
        n++;
    }
    bool fits = n > 0 && str_int64((struct str){s->p, n}, out);
    *s = str_sub(*s, n);
    return fits;
}

static bool read_sign(struct str *s)
{
    bool is_negative = s->n > 0 && s->p[0] == '-';
    if (s->n > 0 && (s->p[0] == '-' || s->p[0] == '+')) {
        *s = str_sub(*s, 1);
    }
    return is_negative;
}

/* "-04:05:06.7" */
static bool read_clock(struct str s, int64_t *us)
{
    int64_t hours = 0;
    int64_t minutes = 0;
    int64_t seconds = 0;
    int64_t fraction = 0;
    bool is_negative = read_sign(&s);
    if (!read_digits(&s, &hours) || s.n == 0 || s.p[0] != ':') {
        return false;
    }
    s = str_sub(s, 1);
    if (!read_digits(&s, &minutes) || s.n == 0 || s.p[0] != ':') {
        return false;
    }
    s = str_sub(s, 1);
    if (!read_digits(&s, &seconds)) {
        return false;
    }
    if (s.n > 1 && s.p[0] == '.') {
        s = str_sub(s, 1);
        size_t n = s.n;
        if (!read_digits(&s, &fraction) || n > 6) {
            return false;
        }
        for (; n < 6; n++) {
            fraction *= 10;
        }
    }
    int64_t whole = 0;
    if (s.n > 0 || __builtin_mul_overflow(hours, INT64_C(3600000000), &whole) ||
        __builtin_add_overflow(whole, minutes * 60000000 + seconds * 1000000 + fraction, &whole)) {
        return false;
    }
    *us = is_negative ? -whole : whole;
    return true;
}

/* "3 days -04:05:06.7", "1 day", "00:00:01": what has months is no number of microseconds. */
static bool read_interval(struct str s, int64_t *out)
{
    int64_t total = 0;
    struct str word;
    while (str_split(&s, ' ', &word)) {
        int64_t n = 0;
        if (str_find(word, ':') < word.n) {
            if (!read_clock(word, &n) || __builtin_add_overflow(total, n, &total)) {
                return false;
            }
            continue;
        }
        bool is_negative = read_sign(&word);
        struct str unit;
        if (!read_digits(&word, &n) || word.n > 0 || !str_split(&s, ' ', &unit) ||
            !str_starts(unit, STR("day")) || __builtin_mul_overflow(n, INT64_C(86400000000), &n)) {
            return false;
        }
        if (__builtin_add_overflow(total, is_negative ? -n : n, &total)) {
            return false;
        }
    }
    *out = total;
    return true;
}

static void decode_interval(const struct type *t, struct str s, struct buf *room, struct value *out)
{
    int64_t us = 0;
    (void)t;
    (void)room;
    if (read_interval(s, &us)) {
        *out = value_int(us);
    }
}

/* JSON without blanks between its parts. */
static void decode_json(const struct type *t, struct str s, struct buf *room, struct value *out)
{
    bool in_text = false;
    size_t from = 0;
    (void)t;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (in_text && c == '\\') {
            i++;
        } else if (c == '"') {
            in_text = !in_text;
        } else if (!in_text && (c == ' ' || c == '\n' || c == '\t' || c == '\r')) {
            buf_add(room, s.p + from, i - from);
            from = i + 1;
        }
    }
    if (from > 0) {
        buf_add(room, s.p + from, s.n - from);
        *out = value_str(buf_str(room));
    }
}

static void decode_array(const struct type *t, struct str s, struct buf *room, struct value *out)
{
    if (!postgres_is_array(t)) {
        decode_json(t, s, room, out);
    } else if (postgres_array_to_json(t->element, s, room)) {
        *out = value_str(buf_str(room));
    }
}

static decode_fn *const decoders[TYPE_N] = {
    [TYPE_BOOLEAN] = decode_boolean,   [TYPE_INT16] = decode_integer,
    [TYPE_INT32] = decode_integer,     [TYPE_INT64] = decode_integer,
    [TYPE_FLOAT32] = decode_float,     [TYPE_FLOAT64] = decode_float,
    [TYPE_CHAR] = decode_char,         [TYPE_BYTES] = decode_bytes,
    [TYPE_DATETIME] = decode_datetime, [TYPE_INSTANT] = decode_instant,
    [TYPE_INTERVAL] = decode_interval, [TYPE_JSON] = decode_json,
    [TYPE_ARRAY] = decode_array,
};

void postgres_decode(const struct type *t, struct str text, struct buf *room, struct value *out)
{
    decode_fn *decode = decoders[t->kind];
    *out = value_str(text);
    if (decode) {
        buf_clear(room);
        decode(t, text, room, out);
    }
}
