#include <math.h>

#include "base/attr.h"
#include "base/json.h"
#include "engine/mongodb/core.h"

static void add_members(struct buf *out, bson_iter_t it, bool is_array, bool plain)
{
    bool first = true;
    buf_addc(out, is_array ? '[' : '{');
    while (bson_iter_next(&it)) {
        buf_adds(out, first ? "" : ",");
        first = false;
        if (!is_array) {
            json_quote(out, (struct str){bson_iter_key(&it), bson_iter_key_len(&it)});
            buf_addc(out, ':');
        }
        mongo_text_add(out, &it, plain);
    }
    buf_addc(out, is_array ? ']' : '}');
}

/* {"v" : …} as libbson writes it, without what is around the value. */
static void add_by_library(struct buf *out, const bson_iter_t *it, bool plain)
{
    bson_t one = BSON_INITIALIZER;
    size_t n = 0;
    BSON_APPEND_VALUE(&one, "v", bson_iter_value((bson_iter_t *)it));
    char *text =
        plain ? bson_as_relaxed_extended_json(&one, &n) : bson_as_canonical_extended_json(&one, &n);
    struct str s = {text, text ? n : 0};
    size_t colon = str_find(s, ':');
    s = str_trim(str_sub(s, colon + 1));
    s.n = s.n ? s.n - 1 : 0; /* the closing brace */
    s = str_trim(s);
    bool in_quotes = false;
    for (size_t i = 0; i < s.n; i++) {
        in_quotes ^= s.p[i] == '"' && (i == 0 || s.p[i - 1] != '\\');
        if (in_quotes || s.p[i] != ' ') {
            buf_addc(out, s.p[i]);
        }
    }
    bson_free(text);
    bson_destroy(&one);
}

static void add_double(struct buf *out, const bson_iter_t *it, bool plain)
{
    double f = bson_iter_double(it);
    if (!isfinite(f)) {
        add_by_library(out, it, plain);
        return;
    }
    size_t from = out->n;
    (void)buf_add_double(out, f);
    bool is_whole = !buf_failed(out);
    for (size_t i = from; i < out->n; i++) {
        is_whole = is_whole && ((out->p[i] >= '0' && out->p[i] <= '9') || out->p[i] == '-');
    }
    buf_adds(out, is_whole ? ".0" : "");
}

void mongo_text_add(struct buf *out, const bson_iter_t *it, bool plain)
{
    bson_iter_t inner;
    uint32_t n = 0;
    const char *text = NULL;
    switch (bson_iter_type(it)) {
    case BSON_TYPE_DOCUMENT:
    case BSON_TYPE_ARRAY:
        if (bson_iter_recurse(it, &inner)) {
            add_members(out, inner, bson_iter_type(it) == BSON_TYPE_ARRAY, plain);
        }
        return;
    case BSON_TYPE_UTF8:
        text = bson_iter_utf8(it, &n);
        json_quote(out, (struct str){text, n});
        return;
    case BSON_TYPE_BOOL:
        buf_adds(out, bson_iter_bool(it) ? "true" : "false");
        return;
    case BSON_TYPE_NULL:
    case BSON_TYPE_UNDEFINED:
        buf_adds(out, "null");
        return;
    case BSON_TYPE_INT32:
        buf_add_int64(out, bson_iter_int32(it));
        return;
    case BSON_TYPE_DOUBLE:
        add_double(out, it, plain);
        return;
    case BSON_TYPE_INT64:
        if (plain) {
            buf_add_int64(out, bson_iter_int64(it));
            return;
        }
        add_by_library(out, it, plain);
        return;
    default:
        add_by_library(out, it, plain);
        return;
    }
}

const char *mongo_text(struct arena *a, const bson_t *doc)
{
    struct buf b;
    bson_iter_t it;
    buf_init(&b, BUF_MAX_DEFAULT);
    if (bson_iter_init(&it, doc)) {
        add_members(&b, it, false, false);
    }
    const char *text = arena_str(a, buf_str(&b));
    buf_release(&b);
    return text;
}
