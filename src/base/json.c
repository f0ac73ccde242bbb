#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "base/utf8.h"

/* Nesting of brackets outside strings: jansson recurses, so depth is refused before it starts. */
static int nesting(struct str text)
{
    int depth = 0, deepest = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (in_string) {
            i += c == '\\';
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            deepest = ++depth > deepest ? depth : deepest;
        } else if (c == ']' || c == '}') {
            depth--;
        }
    }
    return deepest;
}

static void decref(void *p)
{
    json_decref(p);
}

json_t *doc_tie(struct arena *a, json_t *doc)
{
    arena_defer(a, decref, doc);
    return doc;
}

enum errcode doc_parse(struct arena *a, struct str text, int max_depth, json_t **out,
                       struct error *err)
{
    if (nesting(text) > max_depth) {
        return ERROR(err, ERR_TOO_DEEP, "JSON nests deeper than %d levels", max_depth);
    }
    if (str_find(text, '\0') < text.n) { /* jansson lets one pass behind a number */
        return ERROR(err, ERR_MALFORMED, "not JSON: a NUL byte");
    }
    json_error_t e;
    json_t *doc = json_loadb(text.n ? text.p : "", text.n,
                             JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &e);
    if (!doc) {
        return ERROR(err, ERR_MALFORMED, "not JSON: %s (line %d, column %d)", e.text, e.line,
                     e.column);
    }
    *out = doc_tie(a, doc);
    return ERR_OK;
}

/* The shortest of 15 and 17 digits that reads back equal; returns the length. */
static int print_double(char text[40], double v)
{
    int n = snprintf(text, 40, "%.15g", v);
    return strtod(text, NULL) == v ? n : snprintf(text, 40, "%.17g", v);
}

/* A real stays one when it is read again: 1.0 is not written as 1. */
static void dump_real(struct buf *b, double v)
{
    char text[40];
    buf_add(b, text, (size_t)print_double(text, v));
    if (!strpbrk(text, ".e")) {
        buf_adds(b, ".0");
    }
}

static void dump(struct buf *b, const json_t *doc, bool sorted);

static void dump_array(struct buf *b, const json_t *doc, bool sorted)
{
    buf_addc(b, '[');
    for (size_t i = 0; i < json_array_size(doc); i++) {
        if (i > 0) {
            buf_addc(b, ',');
        }
        dump(b, json_array_get(doc, i), sorted);
    }
    buf_addc(b, ']');
}

static int compare_keys(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void dump_object(struct buf *b, const json_t *doc, bool sorted)
{
    size_t n = json_object_size(doc), at = 0;
    const char **keys = mem_alloc((n + 1) * sizeof *keys);
    json_t *obj = (json_t *)doc; /* jansson walks only what is not const */
    for (void *it = json_object_iter(obj); it; it = json_object_iter_next(obj, it)) {
        keys[at++] = json_object_iter_key(it);
    }
    if (sorted) {
        qsort(keys, n, sizeof *keys, compare_keys);
    }
    buf_addc(b, '{');
    for (size_t i = 0; i < n; i++) {
        if (i > 0) {
            buf_addc(b, ',');
        }
        json_quote(b, str_of(keys[i]));
        buf_addc(b, ':');
        dump(b, json_object_get(doc, keys[i]), sorted);
    }
    buf_addc(b, '}');
    mem_free(keys);
}

/* Recurses as deep as the document nests, which doc_parse() limits. */
static void dump(struct buf *b, const json_t *doc, bool sorted)
{
    if (json_is_object(doc)) {
        dump_object(b, doc, sorted);
    } else if (json_is_array(doc)) {
        dump_array(b, doc, sorted);
    } else if (json_is_string(doc)) {
        json_quote(b, (struct str){json_string_value(doc), json_string_length(doc)});
    } else if (json_is_integer(doc)) {
        buf_add_int64(b, json_integer_value(doc));
    } else if (json_is_real(doc)) {
        dump_real(b, json_real_value(doc));
    } else {
        buf_adds(b, json_is_null(doc) ? "null" : json_is_true(doc) ? "true" : "false");
    }
}

char *doc_dump(struct arena *a, const json_t *doc, bool sorted)
{
    struct buf b;
    buf_init(&b, SIZE_MAX / 4);
    dump(&b, doc, sorted);
    char *text = arena_strndup(a, buf_text(&b), b.n);
    buf_release(&b);
    return text;
}

void doc_pointer_token(struct buf *b, const char *key)
{
    buf_addc(b, '/');
    for (; *key; key++) {
        if (*key == '~') {
            buf_adds(b, "~0");
        } else if (*key == '/') {
            buf_adds(b, "~1");
        } else {
            buf_addc(b, *key);
        }
    }
}

static enum errcode point_at(struct error *err, const char *key)
{
    struct buf b;
    buf_init(&b, 4096);
    doc_pointer_token(&b, key);
    enum errcode code = error_where(err, "%s", buf_text(&b));
    buf_release(&b);
    return code;
}

static const char *const type_names[] = {
    [JSON_OBJECT] = "an object",   [JSON_ARRAY] = "an array", [JSON_STRING] = "a text",
    [JSON_INTEGER] = "an integer", [JSON_REAL] = "a number",  [JSON_TRUE] = "a boolean",
    [JSON_FALSE] = "a boolean",    [JSON_NULL] = "null",
};

static enum errcode member(const json_t *obj, const char *key, json_type want, const json_t **out,
                           struct error *err)
{
    if (!json_is_object(obj)) {
        ERROR(err, ERR_INVALID, "expected an object with \"%s\"", key);
        return ERR_INVALID;
    }
    const json_t *v = json_object_get(obj, key);
    if (!v || json_is_null(v)) {
        *out = NULL;
        return ERR_OK;
    }
    bool fits = json_typeof(v) == want || (want == JSON_TRUE && json_is_false(v));
    if (!fits) {
        ERROR(err, ERR_INVALID, "\"%s\" must be %s, not %s", key, type_names[want],
              type_names[json_typeof(v)]);
        point_at(err, key);
        return ERR_INVALID;
    }
    *out = v;
    return ERR_OK;
}

static enum errcode required(const json_t *obj, const char *key, json_type want, const json_t **out,
                             struct error *err)
{
    const json_t *v;
    TRY(member(obj, key, want, &v, err));
    if (!v) {
        ERROR(err, ERR_INVALID, "\"%s\" is missing", key);
        point_at(err, key);
        return ERR_INVALID;
    }
    *out = v;
    return ERR_OK;
}

enum errcode doc_text(const json_t *obj, const char *key, const char **out, struct error *err)
{
    const json_t *v;
    TRY(required(obj, key, JSON_STRING, &v, err));
    return doc_opt_text(obj, key, out, err);
}

enum errcode doc_opt_text(const json_t *obj, const char *key, const char **out, struct error *err)
{
    const json_t *v;
    TRY(member(obj, key, JSON_STRING, &v, err));
    if (!v) {
        return ERR_OK;
    }
    /* our texts end at NUL: one inside would silently cut a name */
    if (strlen(json_string_value(v)) != json_string_length(v)) {
        ERROR(err, ERR_INVALID, "\"%s\" holds a NUL character", key);
        point_at(err, key);
        return ERR_INVALID;
    }
    *out = json_string_value(v);
    return ERR_OK;
}

enum errcode doc_opt_bool(const json_t *obj, const char *key, bool *out, struct error *err)
{
    const json_t *v;
    TRY(member(obj, key, JSON_TRUE, &v, err));
    if (v) {
        *out = json_is_true(v);
    }
    return ERR_OK;
}

enum errcode doc_opt_int(const json_t *obj, const char *key, int64_t *out, struct error *err)
{
    const json_t *v;
    TRY(member(obj, key, JSON_INTEGER, &v, err));
    if (v) {
        *out = json_integer_value(v);
    }
    return ERR_OK;
}

enum errcode doc_opt_object(const json_t *obj, const char *key, const json_t **out,
                            struct error *err)
{
    const json_t *v;
    TRY(member(obj, key, JSON_OBJECT, &v, err));
    if (v) {
        *out = v;
    }
    return ERR_OK;
}

enum errcode doc_opt_array(const json_t *obj, const char *key, const json_t **out,
                           struct error *err)
{
    const json_t *v;
    TRY(member(obj, key, JSON_ARRAY, &v, err));
    if (v) {
        *out = v;
    }
    return ERR_OK;
}

enum errcode doc_object(const json_t *obj, const char *key, const json_t **out, struct error *err)
{
    return required(obj, key, JSON_OBJECT, out, err);
}

enum errcode doc_array(const json_t *obj, const char *key, const json_t **out, struct error *err)
{
    return required(obj, key, JSON_ARRAY, out, err);
}

static bool is_listed(const char *key, const char *const *keys)
{
    for (; *keys; keys++) {
        if (strcmp(key, *keys) == 0) {
            return true;
        }
    }
    return false;
}

enum errcode doc_only(const json_t *obj, const char *const *keys, struct error *err)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)obj, key, value) /* jansson's macro wants it unqualified */
    {
        if (!is_listed(key, keys)) {
            ERROR(err, ERR_UNKNOWN_FIELD, "unknown field \"%s\"", key);
            point_at(err, key);
            return ERR_UNKNOWN_FIELD;
        }
    }
    return ERR_OK;
}

void jsonw_init(struct json_writer *w, struct buf *out)
{
    *w = (struct json_writer){.out = out};
}

static void before_value(struct json_writer *w)
{
    if (w->after_key) {
        w->after_key = false;
        return;
    }
    uint64_t bit = (uint64_t)1 << w->depth;
    if (w->has_item & bit) {
        buf_addc(w->out, ',');
    }
    w->has_item |= bit;
}

static void open_bracket(struct json_writer *w, char c)
{
    before_value(w);
    buf_addc(w->out, c);
    w->depth++;
    BUG_ON(w->depth >= 64);
    w->has_item &= ~((uint64_t)1 << w->depth);
}

static void close_bracket(struct json_writer *w, char c)
{
    BUG_ON(w->depth == 0 || w->after_key);
    w->depth--;
    buf_addc(w->out, c);
}

void jsonw_begin_object(struct json_writer *w)
{
    open_bracket(w, '{');
}

void jsonw_end_object(struct json_writer *w)
{
    close_bracket(w, '}');
}

void jsonw_begin_array(struct json_writer *w)
{
    open_bracket(w, '[');
}

void jsonw_end_array(struct json_writer *w)
{
    close_bracket(w, ']');
}

void jsonw_key_str(struct json_writer *w, struct str key)
{
    before_value(w);
    json_quote(w->out, key);
    buf_addc(w->out, ':');
    w->after_key = true;
}

void jsonw_key(struct json_writer *w, const char *key)
{
    jsonw_key_str(w, str_of(key));
}

void jsonw_raw(struct json_writer *w, struct str v)
{
    before_value(w);
    buf_add_str(w->out, v);
}

void jsonw_null(struct json_writer *w)
{
    jsonw_raw(w, STR("null"));
}

void jsonw_bool(struct json_writer *w, bool v)
{
    jsonw_raw(w, v ? STR("true") : STR("false"));
}

void jsonw_int(struct json_writer *w, int64_t v)
{
    before_value(w);
    buf_add_int64(w->out, v);
}

void jsonw_double(struct json_writer *w, double v)
{
    if (!isfinite(v)) {
        jsonw_null(w);
        return;
    }
    char text[40];
    int n = print_double(text, v);
    jsonw_raw(w, (struct str){text, (size_t)n});
}

void jsonw_str(struct json_writer *w, struct str v)
{
    before_value(w);
    json_quote(w->out, v);
}

void jsonw_text(struct json_writer *w, const char *v)
{
    if (v) {
        jsonw_str(w, str_of(v));
    } else {
        jsonw_null(w);
    }
}

void jsonw_doc(struct json_writer *w, const json_t *doc)
{
    before_value(w);
    dump(w->out, doc, false);
}

void jsonw_kv_text(struct json_writer *w, const char *key, const char *v)
{
    jsonw_key(w, key);
    jsonw_text(w, v);
}

void jsonw_kv_str(struct json_writer *w, const char *key, struct str v)
{
    jsonw_key(w, key);
    jsonw_str(w, v);
}

void jsonw_kv_int(struct json_writer *w, const char *key, int64_t v)
{
    jsonw_key(w, key);
    jsonw_int(w, v);
}

void jsonw_kv_bool(struct json_writer *w, const char *key, bool v)
{
    jsonw_key(w, key);
    jsonw_bool(w, v);
}

void jsonw_kv_raw(struct json_writer *w, const char *key, struct str v)
{
    jsonw_key(w, key);
    jsonw_raw(w, v);
}

void jsonw_kv_instant(struct json_writer *w, const char *key, int64_t us)
{
    char text[INSTANT_TEXT_MAX];
    jsonw_key(w, key);
    if (us == 0) {
        jsonw_null(w);
        return;
    }
    jsonw_str(w, (struct str){text, instant_format(text, us)});
}

#define EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (b))

/* Whether one of eight bytes may need an escape: below 0x20, beyond ASCII, a quote or a backslash.
 * It may say so of a plain one behind such a byte. */
static bool may_need_escape(uint64_t word)
{
    uint64_t quote = word ^ EACH_BYTE('"');
    uint64_t slash = word ^ EACH_BYTE('\\');
    uint64_t odd = word | (word - EACH_BYTE(0x20)) | ((quote - EACH_BYTE(1)) & ~quote) |
                   ((slash - EACH_BYTE(1)) & ~slash);
    return (odd & EACH_BYTE(0x80)) != 0;
}

/* Bytes that pass unchanged: everything but controls, quote, backslash, and non-ASCII. */
static size_t plain_run(struct str v)
{
    size_t i = 0;
    uint64_t word;
    for (; v.n - i >= sizeof word; i += sizeof word) {
        memcpy(&word, v.p + i, sizeof word);
        if (may_need_escape(word)) {
            break;
        }
    }
    while (i < v.n) {
        unsigned char c = (unsigned char)v.p[i];
        if (c < 0x20 || c == '"' || c == '\\' || c >= 0x80) {
            break;
        }
        i++;
    }
    return i;
}

static void quote_ascii(struct buf *b, unsigned char c)
{
    static const char shorts[] = {['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r',
                                  ['\t'] = 't', ['"'] = '"',  ['\\'] = '\\'};
    if (c < sizeof shorts && shorts[c]) {
        buf_addc(b, '\\');
        buf_addc(b, shorts[c]);
    } else {
        buf_printf(b, "\\u%04x", c);
    }
}

/* Up to fifteen bytes as one word or two that overlap; what is missing is filled with spaces. */
static bool copy_short(char *to, const char *from, size_t n)
{
    uint64_t word = EACH_BYTE(' '), end = EACH_BYTE(' ');
    if (n >= sizeof word) {
        memcpy(&word, from, sizeof word);
        memcpy(&end, from + n - sizeof end, sizeof end);
        memcpy(to, &word, sizeof word);
        memcpy(to + n - sizeof end, &end, sizeof end);
        return !may_need_escape(word) && !may_need_escape(end);
    }
    for (size_t i = 0; i < n; i++) {
        to[i] = from[i];
        word = word << 8 | (unsigned char)from[i];
    }
    return !may_need_escape(word);
}

/* Sixteen bytes at once, in whatever the processor has for that. */
typedef signed char lane __attribute__((vector_size(16)));

static inline bool copy_lane(char *to, const char *from)
{
    lane v;
    memcpy(&v, from, sizeof v);
    memcpy(to, &v, sizeof v);
    lane odd = (v < 0x20) | (v == '"') | (v == '\\'); /* beyond ASCII is below 0 */
    uint64_t halves[2];
    memcpy(halves, &odd, sizeof halves);
    return (halves[0] | halves[1]) == 0;
}

/* Copy and look in one go; false: a byte may need more than a copy. */
static bool copy_plain(char *to, const char *from, size_t n)
{
    if (n < sizeof(lane)) {
        return copy_short(to, from, n);
    }
    for (size_t i = 0; i < n - sizeof(lane); i += sizeof(lane)) {
        if (!copy_lane(to + i, from + i)) {
            return false;
        }
    }
    return copy_lane(to + n - sizeof(lane), from + n - sizeof(lane));
}

char *json_quote_plain(char *at, struct str v)
{
    at[0] = '"';
    at[v.n + 1] = '"';
    return copy_plain(at + 1, v.p, v.n) ? at + v.n + 2 : NULL;
}

void json_quote(struct buf *b, struct str v)
{
    char *at = buf_room(b, v.n + 2);
    char *end = at ? json_quote_plain(at, v) : NULL;
    if (end) {
        buf_end(b, end);
        return;
    }
    buf_addc(b, '"');
    while (v.n > 0) {
        size_t run = plain_run(v);
        buf_add(b, v.p, run);
        v = str_sub(v, run);
        if (v.n == 0) {
            break;
        }
        if ((unsigned char)v.p[0] < 0x80) {
            quote_ascii(b, (unsigned char)v.p[0]);
            v = str_sub(v, 1);
            continue;
        }
        struct str before = v;
        bool valid = utf8_next(&v) >= 0;
        buf_add_str(b, valid ? (struct str){before.p, before.n - v.n} : STR("\xef\xbf\xbd"));
    }
    buf_addc(b, '"');
}
