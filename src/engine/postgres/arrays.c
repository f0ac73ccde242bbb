#include "engine/postgres/arrays.h"

#include <math.h>

#include "base/json.h"
#include "engine/postgres/types.h"

/*
 * Arrays: {1,2}, {"a \"b\"",NULL}, {{1,2},{3,4}}, [0:1]={1,2}. In JSON they are arrays whose
 * elements have the form of their type. Bounds that do not begin at 1 are not kept.
 */
#define DEPTH_MAX 16

bool postgres_is_array(const struct type *t)
{
    size_t n = t->native ? strlen(t->native) : 0;
    if (t->kind != TYPE_ARRAY) {
        return false;
    }
    return n > 2 ? strcmp(t->native + n - 2, "[]") == 0 : t->element != NULL;
}

/* ---- from JSON ------------------------------------------------------------------------------- */

struct json_reader {
    const struct type *element;
    struct str rest;
    struct buf *out;
    int depth;
};

static void skip_blanks(struct str *s)
{
    while (s->n > 0 && strchr(" \t\r\n", s->p[0])) {
        *s = str_sub(*s, 1);
    }
}

/* How long the JSON value at the start of @s is, nested ones and texts as a whole. */
static size_t value_length(struct str s)
{
    int depth = 0;
    bool in_text = false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (in_text) {
            i += c == '\\';
            in_text = c != '"';
            if (!in_text && depth == 0) {
                return i + 1;
            }
        } else if (c == '"') {
            in_text = true;
        } else if (c == '[' || c == '{') {
            depth++;
        } else if ((c == ']' || c == '}') && depth > 0) {
            if (--depth == 0) {
                return i + 1;
            }
        } else if (depth == 0 && (c == ',' || c == ']' || c == '}')) {
            return i;
        }
    }
    return s.n;
}

static unsigned hex4(struct str s)
{
    unsigned v = 0;
    for (size_t i = 0; i < 4 && i < s.n; i++) {
        char c = s.p[i];
        unsigned digit = c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 32) - 'a' + 10);
        v = v << 4 | (digit & 15);
    }
    return v;
}

static void add_code_point(struct buf *b, unsigned c)
{
    if (c < 0x80) {
        buf_addc(b, (char)c);
    } else if (c < 0x800) {
        buf_addc(b, (char)(0xc0 | c >> 6));
        buf_addc(b, (char)(0x80 | (c & 63)));
    } else if (c < 0x10000) {
        buf_addc(b, (char)(0xe0 | c >> 12));
        buf_addc(b, (char)(0x80 | (c >> 6 & 63)));
        buf_addc(b, (char)(0x80 | (c & 63)));
    } else {
        buf_addc(b, (char)(0xf0 | c >> 18));
        buf_addc(b, (char)(0x80 | (c >> 12 & 63)));
        buf_addc(b, (char)(0x80 | (c >> 6 & 63)));
        buf_addc(b, (char)(0x80 | (c & 63)));
    }
}

/* The escape behind a backslash; returns how many characters it has. */
static size_t add_escape(struct buf *b, struct str s)
{
    static const char from[] = "bfnrt";
    static const char to[] = "\b\f\n\r\t";
    const char *at = s.n ? strchr(from, s.p[0]) : NULL;
    if (s.n == 0) {
        return 0;
    }
    if (s.p[0] != 'u') {
        buf_addc(b, at && *at ? to[at - from] : s.p[0]);
        return 1;
    }
    unsigned c = hex4(str_sub(s, 1));
    struct str next = str_sub(s, 5);
    if (c >= 0xd800 && c < 0xdc00 && str_starts(next, STR("\\u"))) {
        unsigned low = hex4(str_sub(next, 2));
        add_code_point(b, 0x10000 + ((c - 0xd800) << 10) + ((low - 0xdc00) & 0x3ff));
        return 11;
    }
    add_code_point(b, c);
    return 5;
}

/* The content of the JSON text @s (with its quotes). */
static void add_unescaped(struct buf *b, struct str s)
{
    s = (struct str){s.p + 1, s.n > 2 ? s.n - 2 : 0};
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\\') {
            i += add_escape(b, str_sub(s, i + 1));
        } else {
            buf_addc(b, s.p[i]);
        }
    }
}

static void add_quoted(struct buf *out, struct str text)
{
    buf_addc(out, '"');
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '"' || text.p[i] == '\\') {
            buf_addc(out, '\\');
        }
        buf_addc(out, text.p[i]);
    }
    buf_addc(out, '"');
}

static void write_element(struct json_reader *r, struct str one)
{
    bool is_json = r->element && r->element->kind == TYPE_JSON;
    if (str_is(one, "null") && !is_json) {
        buf_adds(r->out, "NULL");
        return;
    }
    struct buf text;
    buf_init(&text, BUF_MAX_DEFAULT);
    if (one.n > 1 && one.p[0] == '"' && !is_json) {
        add_unescaped(&text, one);
    } else {
        buf_add_str(&text, one);
    }
    if (r->element && r->element->kind == TYPE_INTERVAL) {
        buf_adds(&text, " microseconds");
    }
    add_quoted(r->out, buf_str(&text));
    buf_release(&text);
}

static void write_array(struct json_reader *r)
{
    bool is_json = r->element && r->element->kind == TYPE_JSON;
    r->rest = str_sub(r->rest, 1);
    buf_addc(r->out, '{');
    for (bool first = true;; first = false) {
        skip_blanks(&r->rest);
        if (r->rest.n == 0 || r->rest.p[0] == ']') {
            break;
        }
        if (r->rest.p[0] == ',') {
            r->rest = str_sub(r->rest, 1);
            skip_blanks(&r->rest);
        }
        buf_adds(r->out, first ? "" : ",");
        if (r->rest.n > 0 && r->rest.p[0] == '[' && !is_json && r->depth < DEPTH_MAX) {
            r->depth++;
            write_array(r);
            r->depth--;
            continue;
        }
        size_t n = value_length(r->rest);
        if (n == 0) {
            break;
        }
        write_element(r, str_trim((struct str){r->rest.p, n}));
        r->rest = str_sub(r->rest, n);
    }
    r->rest = str_sub(r->rest, 1);
    buf_addc(r->out, '}');
}

struct str postgres_array_from_json(struct arena *a, const struct type *element, struct str json)
{
    struct buf out;
    struct json_reader r = {.element = element, .rest = str_trim(json), .out = &out};
    if (r.rest.n == 0 || r.rest.p[0] != '[') {
        return json;
    }
    buf_init(&out, BUF_MAX_DEFAULT);
    write_array(&r);
    struct str text = {arena_str(a, buf_str(&out)), out.n};
    buf_release(&out);
    return text;
}

/* ---- to JSON --------------------------------------------------------------------------------- */

struct array_reader {
    const struct type *element;
    struct str rest;
    struct buf *out;
    struct buf text, room;
    int depth;
};

static void add_value(struct array_reader *r, struct value v)
{
    switch (v.kind) {
    case VALUE_BOOL:
        buf_adds(r->out, v.b ? "true" : "false");
        return;
    case VALUE_INT:
        buf_add_int64(r->out, v.i);
        return;
    case VALUE_FLOAT:
        if (isfinite(v.f)) {
            (void)buf_add_double(r->out, v.f);
        } else {
            buf_adds(r->out, "null");
        }
        return;
    case VALUE_TEXT:
    case VALUE_BYTES:
        break;
    case VALUE_NULL:
        buf_adds(r->out, "null");
        return;
    }
    double f = 0;
    bool is_number = r->element && r->element->kind == TYPE_DECIMAL && str_double(v.s, &f);
    bool is_json = r->element && r->element->kind == TYPE_JSON;
    if (is_number || is_json) {
        buf_add_str(r->out, v.s);
    } else {
        json_quote(r->out, v.s);
    }
}

static void end_element(struct array_reader *r, bool was_quoted)
{
    static const struct type plain = {.kind = TYPE_TEXT};
    struct str s = buf_str(&r->text);
    if (!was_quoted && str_eq_nocase(s, STR("NULL"))) {
        buf_adds(r->out, "null");
    } else {
        struct value v;
        postgres_decode(r->element ? r->element : &plain, s, &r->room, &v);
        add_value(r, v);
    }
    buf_clear(&r->text);
}

/* A quoted or bare element, to the delimiter behind it. */
static bool read_element(struct array_reader *r)
{
    bool is_quoted = r->rest.p[0] == '"';
    size_t i = is_quoted;
    for (; i < r->rest.n; i++) {
        char c = r->rest.p[i];
        if (is_quoted ? c == '"' : (c == ',' || c == '}')) {
            break;
        }
        if (c == '\\') {
            i++;
        }
        if (i < r->rest.n) {
            buf_addc(&r->text, r->rest.p[i]);
        }
    }
    bool ends = i < r->rest.n;
    r->rest = str_sub(r->rest, i + is_quoted);
    end_element(r, is_quoted);
    return ends;
}

static bool read_array(struct array_reader *r)
{
    r->rest = str_sub(r->rest, 1);
    buf_addc(r->out, '[');
    while (r->rest.n > 0 && r->rest.p[0] != '}') {
        char c = r->rest.p[0];
        bool good = true;
        if (c == ',') {
            buf_addc(r->out, ',');
            r->rest = str_sub(r->rest, 1);
            continue;
        }
        if (c == '{') {
            good = ++r->depth < DEPTH_MAX && read_array(r);
            r->depth--;
        } else {
            good = read_element(r);
        }
        if (!good) {
            return false;
        }
    }
    bool ends = r->rest.n > 0;
    r->rest = str_sub(r->rest, 1);
    buf_addc(r->out, ']');
    return ends;
}

bool postgres_array_to_json(const struct type *element, struct str text, struct buf *out)
{
    struct array_reader r = {.element = element, .rest = text, .out = out};
    if (text.n > 0 && text.p[0] == '[') {
        r.rest = str_sub(text, str_find(text, '=') + 1); /* [0:1]={…} */
    }
    if (r.rest.n == 0 || r.rest.p[0] != '{') {
        return false;
    }
    buf_init(&r.text, BUF_MAX_DEFAULT);
    buf_init(&r.room, BUF_MAX_DEFAULT);
    bool good = read_array(&r);
    buf_release(&r.text);
    buf_release(&r.room);
    return good && r.rest.n == 0;
}
