#include "data/cell.h"

#include <math.h>

#include "base/time.h"
#include "base/utf8.h"
#include "base/uuid.h"
#include "data/cell_json.h"
#include "data/row_json.h"
#include "query/value_json.h"

static bool read_uuid(struct arena *a, struct str text, struct value *out)
{
    if (!uuid_valid(text)) {
        return false;
    }
    char *lower = arena_alloc(a, UUID_TEXT + 1);
    uuid_lower(lower, text);
    *out = value_str((struct str){lower, UUID_TEXT});
    return true;
}

/* The common kinds are read without a detour; whatever is unusual takes the long way, which also
 * makes the message. */
static bool read_fast(struct arena *a, struct str text, const struct column *c, struct value *out)
{
    const struct type *t = &c->type;
    int64_t i = 0;
    double f = 0;
    switch (t->kind) {
    case TYPE_TEXT:
    case TYPE_CHAR:
        *out = value_str(text);
        return utf8_valid(text) && (t->length == 0 || utf8_length(text) <= (size_t)t->length);
    case TYPE_INT64:
        *out = value_int(str_int64(text, &i) ? i : 0);
        return !t->is_unsigned && str_int64(text, &i);
    case TYPE_FLOAT64:
        *out = value_float(str_double(text, &f) ? f : 0);
        return str_double(text, &f);
    case TYPE_BOOLEAN:
        *out = value_bool(str_is(text, "1"));
        return str_is(text, "1") || str_is(text, "0");
    case TYPE_DATE:
        *out = value_str(text);
        return date_valid(text);
    case TYPE_UUID:
        return read_uuid(a, text, out);
    default:
        return false;
    }
}

enum errcode cell_from_text(struct arena *a, struct str text, const struct column *c,
                            struct value *out, struct error *err)
{
    if (read_fast(a, text, c, out)) {
        return ERR_OK;
    }
    bool is_json = c->type.kind == TYPE_JSON || c->type.kind == TYPE_ARRAY;
    if (is_json && cell_from_json_text(a, text, c, out) == ERR_OK) {
        return ERR_OK;
    }
    return value_from_text(a, text, c, out, err);
}

static void add_bytes(struct buf *b, const struct column *c, struct value v)
{
    struct buf quoted;
    buf_init(&quoted, BUF_MAX_DEFAULT);
    cell_encode(&quoted, c, v);
    if (buf_failed(&quoted)) {
        b->failed = true;
    } else {
        buf_add(b, quoted.p + 1, quoted.n - 2);
    }
    buf_release(&quoted);
}

static void add_text(struct buf *b, const struct column *c, struct str s)
{
    int64_t us = 0;
    if (c->type.kind == TYPE_INSTANT && !instant_is_canonical(s) && instant_parse(s, &us)) {
        char text[INSTANT_TEXT_MAX];
        buf_add(b, text, instant_format(text, us));
    } else {
        buf_add_str(b, s);
    }
}

void cell_add_text(struct buf *b, const struct column *c, struct value v)
{
    bool is_flag = c->type.kind == TYPE_BOOLEAN;
    switch (v.kind) {
    case VALUE_NULL:
        break;
    case VALUE_BOOL:
        buf_adds(b, v.b ? "true" : "false");
        break;
    case VALUE_INT:
        if (is_flag && (v.i == 0 || v.i == 1)) {
            buf_adds(b, v.i ? "true" : "false");
        } else {
            buf_add_int64(b, v.i);
        }
        break;
    case VALUE_FLOAT:
        if (isfinite(v.f)) {
            (void)buf_add_double(b, v.f);
        }
        break;
    case VALUE_TEXT:
        add_text(b, c, v.s);
        break;
    case VALUE_BYTES:
        add_bytes(b, c, v);
        break;
    }
}
