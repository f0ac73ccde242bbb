#include "base/attr.h"
#include "base/time.h"
#include "base/uuid.h"
#include "engine/mariadb/types.h"

/* "2026-01-31T12:00:00.5Z" as MariaDB takes it: no zone, six digits. */
static struct value encode_datetime(struct arena *a, struct value v)
{
    int64_t us = 0;
    if (v.kind != VALUE_TEXT || !instant_parse(v.s, &us)) {
        return v;
    }
    char text[INSTANT_TEXT_MAX];
    size_t n = instant_format(text, us);
    BUG_ON(n < 20);
    text[10] = ' ';
    return value_str((struct str){arena_strndup(a, text, n - 1), n - 1});
}

struct value mariadb_encode(struct arena *a, const struct column *c, struct value v)
{
    switch (c->type.kind) {
    case TYPE_INSTANT:
    case TYPE_DATETIME:
        return encode_datetime(a, v);
    default:
        return v.kind == VALUE_BOOL ? value_int(v.b) : v;
    }
}

static struct value decode_integer(struct str text)
{
    int64_t i = 0;
    return str_int64(text, &i) ? value_int(i) : value_str(text);
}

static struct value decode_boolean(struct str text)
{
    bool is_one = str_is(text, "1");
    return is_one || str_is(text, "0") ? value_bool(is_one) : decode_integer(text);
}

static struct value decode_float(struct str text)
{
    double f = 0;
    return str_double(text, &f) ? value_float(f) : value_str(text);
}

/* Without the zeros that end a fraction. */
static struct str without_zeros(struct str text)
{
    if (str_find(text, '.') == text.n) {
        return text;
    }
    while (text.p[text.n - 1] == '0') {
        text.n--;
    }
    text.n -= text.p[text.n - 1] == '.';
    return text;
}

/* "2026-01-31 12:00:00.500000" */
static struct value decode_datetime(const struct type *t, struct str text, struct buf *room)
{
    if (text.n < 19 || text.p[10] != ' ') {
        return value_str(text);
    }
    text = without_zeros(text);
    buf_add(room, text.p, 10);
    buf_addc(room, 'T');
    buf_add(room, text.p + 11, text.n - 11);
    if (t->kind == TYPE_INSTANT) {
        buf_addc(room, 'Z');
    }
    return value_str(buf_str(room));
}

static struct value decode_uuid(struct str text, struct buf *room)
{
    if (!uuid_valid(text)) {
        return value_str(text);
    }
    char *at = buf_reserve(room, UUID_TEXT + 1);
    uuid_lower(at, text);
    buf_commit(room, UUID_TEXT);
    return value_str(buf_str(room));
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Other programs write it with blanks; those in its texts stay. */
static struct value decode_json(struct str text, struct buf *room)
{
    bool in_text = false;
    size_t from = 0; /* not copied yet */
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (in_text && c == '\\') {
            i++;
        } else if (c == '"') {
            in_text = !in_text;
        } else if (!in_text && is_space(c)) {
            buf_add(room, text.p + from, i - from);
            from = i + 1;
        }
    }
    if (from == 0) {
        return value_str(text);
    }
    buf_add(room, text.p + from, text.n - from);
    return value_str(buf_failed(room) ? text : buf_str(room));
}

struct value mariadb_decode(const struct type *t, struct str text, struct buf *room)
{
    buf_clear(room);
    switch (t->kind) {
    case TYPE_BOOLEAN:
        return decode_boolean(text);
    case TYPE_INT16:
    case TYPE_INT32:
    case TYPE_INT64:
    case TYPE_INTERVAL:
        return decode_integer(text);
    case TYPE_FLOAT32:
    case TYPE_FLOAT64:
        return decode_float(text);
    case TYPE_BYTES:
        return value_bytes(text);
    case TYPE_DATETIME:
    case TYPE_INSTANT:
        return decode_datetime(t, text, room);
    case TYPE_TIME:
        return value_str(without_zeros(text));
    case TYPE_UUID:
        return decode_uuid(text, room);
    case TYPE_JSON:
    case TYPE_ARRAY:
        return decode_json(text, room);
    default:
        return value_str(text);
    }
}
