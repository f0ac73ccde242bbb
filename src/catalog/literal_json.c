#include "catalog/literal_json.h"

#include <math.h>

#include "base/attr.h"
#include "base/time.h"
#include "base/utf8.h"
#include "base/uuid.h"

struct reading {
    struct arena *arena;
    const json_t *doc;
    const struct type *type;
    struct str text; /* when doc is a JSON text */
    bool is_text;
};

static bool read_boolean(const struct reading *r, struct value *out)
{
    if (json_is_boolean(r->doc)) {
        *out = value_bool(json_is_true(r->doc));
        return true;
    }
    if (json_is_integer(r->doc)) {
        json_int_t i = json_integer_value(r->doc);
        *out = value_bool(i == 1);
        return i == 0 || i == 1;
    }
    bool yes = str_eq_nocase(r->text, STR("true"));
    *out = value_bool(yes);
    return yes || (r->is_text && str_eq_nocase(r->text, STR("false")));
}

static bool fits_integer(const struct type *t, int64_t i)
{
    if (t->is_unsigned && i < 0) {
        return false;
    }
    if (t->kind == TYPE_INT16) {
        return i >= INT16_MIN && i <= INT16_MAX;
    }
    if (t->kind == TYPE_INT32) {
        return i >= INT32_MIN && i <= INT32_MAX;
    }
    return true;
}

static bool read_integer(const struct reading *r, struct value *out)
{
    int64_t i = 0;
    if (json_is_integer(r->doc)) {
        i = json_integer_value(r->doc);
    } else if (json_is_real(r->doc)) {
        double f = json_real_value(r->doc);
        if (f != trunc(f) || fabs(f) > 9007199254740992.0) {
            return false;
        }
        i = (int64_t)f;
    } else if (!r->is_text || !str_int64(r->text, &i)) {
        return false;
    }
    *out = value_int(i);
    return fits_integer(r->type, i);
}

static bool read_float(const struct reading *r, struct value *out)
{
    double f = 0;
    if (json_is_number(r->doc)) {
        f = json_number_value(r->doc);
    } else if (!r->is_text || !str_double(r->text, &f)) {
        return false;
    }
    *out = value_float(f);
    return true;
}

/* "-12.50": a sign, digits, a point, digits; counts what stands before and behind the point. */
static bool scan_decimal(struct str s, int *before, int *behind)
{
    size_t i = s.n > 0 && s.p[0] == '-' ? 1 : 0;
    size_t start = i;
    while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9') {
        i++;
    }
    *before = (int)(i - start);
    *behind = 0;
    if (i < s.n && s.p[i] == '.') {
        size_t point = ++i;
        while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9') {
            i++;
        }
        *behind = (int)(i - point);
        if (*behind == 0) {
            return false;
        }
    }
    return i == s.n && *before > 0 && s.n <= 1000;
}

static bool read_decimal(const struct reading *r, struct value *out)
{
    struct str text = r->text;
    if (json_is_number(r->doc)) {
        text = str_of(doc_dump(r->arena, r->doc, false));
    }
    int before = 0;
    int behind = 0;
    if (!scan_decimal(text, &before, &behind)) {
        return false;
    }
    const struct type *t = r->type;
    if (t->precision > 0 && (before > t->precision - t->scale || behind > t->scale) &&
        !(before == 1 && t->precision == t->scale && behind <= t->scale)) {
        return false;
    }
    *out = value_copy(r->arena, value_str(text));
    return true;
}

static bool read_text(const struct reading *r, struct value *out)
{
    struct str text = r->text;
    if (json_is_number(r->doc)) {
        text = str_of(doc_dump(r->arena, r->doc, false));
    } else if (!r->is_text) {
        return false;
    }
    *out = value_copy(r->arena, value_str(text));
    return r->type->length == 0 || utf8_length(text) <= (size_t)r->type->length;
}

static bool read_checked(const struct reading *r, bool valid, struct value *out)
{
    if (!r->is_text || !valid) {
        return false;
    }
    *out = value_copy(r->arena, value_str(r->text));
    return true;
}

static bool read_date(const struct reading *r, struct value *out)
{
    return read_checked(r, r->is_text && date_valid(r->text), out);
}

static bool read_time(const struct reading *r, struct value *out)
{
    return read_checked(r, r->is_text && clock_valid(r->text), out);
}

static bool read_datetime(const struct reading *r, struct value *out)
{
    int64_t us = 0;
    return read_checked(r, r->is_text && instant_parse(r->text, &us), out);
}

static bool read_instant(const struct reading *r, struct value *out)
{
    int64_t us = 0;
    if (!r->is_text || !instant_parse(r->text, &us)) {
        return false;
    }
    char text[INSTANT_TEXT_MAX];
    size_t n = instant_format(text, us);
    *out = value_copy(r->arena, value_str((struct str){text, n}));
    return true;
}

static bool read_uuid(const struct reading *r, struct value *out)
{
    if (!r->is_text || !uuid_valid(r->text)) {
        return false;
    }
    char text[UUID_TEXT + 1];
    uuid_lower(text, r->text);
    *out = value_copy(r->arena, value_text(text));
    return true;
}

static bool read_enum(const struct reading *r, struct value *out)
{
    for (size_t i = 0; r->is_text && i < r->type->n_values; i++) {
        if (str_is(r->text, r->type->values[i])) {
            *out = value_copy(r->arena, value_str(r->text));
            return true;
        }
    }
    return false;
}

/* A text that is an object or an array in itself. */
static bool is_json_container(struct str text)
{
    struct str s = str_trim(text);
    if (s.n == 0 || (s.p[0] != '{' && s.p[0] != '[')) {
        return false;
    }
    struct arena *scratch AUTO(arena_freep) = arena_new();
    json_t *doc = NULL;
    return doc_parse(scratch, s, JSON_DEPTH_MAX, &doc, NULL) == ERR_OK;
}

static bool read_json(const struct reading *r, struct value *out)
{
    if (r->is_text && is_json_container(r->text)) {
        *out = value_copy(r->arena, value_str(str_trim(r->text)));
    } else {
        *out = value_text(doc_dump(r->arena, r->doc, false));
    }
    return r->type->kind != TYPE_ARRAY || out->s.p[0] == '[';
}

static int base64_digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

static bool read_bytes(const struct reading *r, struct value *out)
{
    if (!r->is_text || r->text.n % 4 != 0) {
        return false;
    }
    size_t padding = 0;
    while (padding < 2 && padding < r->text.n && r->text.p[r->text.n - 1 - padding] == '=') {
        padding++;
    }
    unsigned char *bytes = arena_alloc(r->arena, r->text.n / 4 * 3 + 1);
    size_t n = 0;
    for (size_t i = 0; i < r->text.n; i += 4) {
        uint32_t group = 0;
        for (size_t k = 0; k < 4; k++) {
            bool is_padding = i + k >= r->text.n - padding;
            int digit = is_padding ? 0 : base64_digit(r->text.p[i + k]);
            if (digit < 0) {
                return false;
            }
            group = group << 6 | (uint32_t)digit;
        }
        bytes[n++] = (unsigned char)(group >> 16);
        bytes[n++] = (unsigned char)(group >> 8);
        bytes[n++] = (unsigned char)group;
    }
    *out = value_bytes((struct str){(const char *)bytes, n - padding});
    return true;
}

static bool read_any(const struct reading *r, struct value *out)
{
    if (json_is_boolean(r->doc)) {
        return read_boolean(r, out);
    }
    if (json_is_integer(r->doc)) {
        *out = value_int(json_integer_value(r->doc));
        return true;
    }
    return json_is_real(r->doc) ? read_float(r, out) : read_checked(r, true, out);
}

typedef bool read_fn(const struct reading *r, struct value *out);

static read_fn *const readers[TYPE_N] = {
    [TYPE_NONE] = read_any,         [TYPE_BOOLEAN] = read_boolean,   [TYPE_INT16] = read_integer,
    [TYPE_INT32] = read_integer,    [TYPE_INT64] = read_integer,     [TYPE_DECIMAL] = read_decimal,
    [TYPE_FLOAT32] = read_float,    [TYPE_FLOAT64] = read_float,     [TYPE_TEXT] = read_text,
    [TYPE_CHAR] = read_text,        [TYPE_BYTES] = read_bytes,       [TYPE_DATE] = read_date,
    [TYPE_TIME] = read_time,        [TYPE_DATETIME] = read_datetime, [TYPE_INSTANT] = read_instant,
    [TYPE_INTERVAL] = read_integer, [TYPE_UUID] = read_uuid,         [TYPE_JSON] = read_json,
    [TYPE_ENUM] = read_enum,        [TYPE_ARRAY] = read_json,        [TYPE_OBJECT_ID] = read_text,
    [TYPE_NATIVE] = read_any,
};

enum errcode literal_decode(struct arena *a, const json_t *doc, const struct type *t,
                            struct value *out, struct error *err)
{
    if (json_is_null(doc)) {
        *out = value_null();
        return ERR_OK;
    }
    struct reading r = {.arena = a, .doc = doc, .type = t, .is_text = json_is_string(doc)};
    if (r.is_text) {
        r.text = (struct str){json_string_value(doc), json_string_length(doc)};
    }
    struct value v = value_null();
    if (!readers[t->kind](&r, &v)) {
        return ERROR(err, ERR_INVALID_VALUE, "the value does not fit type %s",
                     type_logical_text(a, t));
    }
    *out = v;
    return ERR_OK;
}

static bool is_json(struct str text)
{
    struct arena *scratch AUTO(arena_freep) = arena_new();
    json_t *doc = NULL;
    if (doc_parse(scratch, text, JSON_DEPTH_MAX, &doc, NULL) != ERR_OK) {
        return false;
    }
    /* a JSON text with a container in it would come back as the container */
    return !json_is_string(doc) || !is_json_container(str_of(json_string_value(doc)));
}

static bool is_json_type(const struct type *t)
{
    return t->kind == TYPE_JSON || t->kind == TYPE_ARRAY;
}

/* Each type's own carrier; another one (an engine that keeps anything) is written as it is. */
bool literal_can_encode(const struct type *t, struct value v)
{
    if (v.kind == VALUE_BYTES) {
        return t->kind == TYPE_BYTES;
    }
    if (t->kind == TYPE_BYTES || v.kind == VALUE_NULL) {
        return false;
    }
    if (is_json_type(t)) {
        return v.kind == VALUE_TEXT && is_json(v.s);
    }
    struct arena *scratch AUTO(arena_freep) = arena_new();
    json_t *doc = v.kind == VALUE_TEXT    ? json_stringn(v.s.p ? v.s.p : "", v.s.n)
                  : v.kind == VALUE_INT   ? json_integer(v.i)
                  : v.kind == VALUE_FLOAT ? json_real(v.f)
                                          : json_boolean(v.b);
    if (!doc) {
        return false;
    }
    struct value back = value_null();
    doc_tie(scratch, doc);
    return literal_decode(scratch, doc, t, &back, NULL) == ERR_OK && value_equal(v, back);
}

static void encode_bytes(struct json_writer *w, struct str s)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    struct buf b;
    buf_init(&b, BUF_MAX_DEFAULT);
    for (size_t i = 0; i < s.n; i += 3) {
        size_t have = s.n - i < 3 ? s.n - i : 3;
        uint32_t group = 0;
        for (size_t k = 0; k < 3; k++) {
            group = group << 8 | (k < have ? (unsigned char)s.p[i + k] : 0U);
        }
        for (size_t k = 0; k < 4; k++) {
            buf_addc(&b, k <= have ? digits[group >> (18 - 6 * k) & 63] : '=');
        }
    }
    jsonw_str(w, buf_str(&b));
    buf_release(&b);
}

bool literal_encode(struct json_writer *w, const struct type *t, struct value v)
{
    if (!literal_can_encode(t, v)) {
        return false;
    }
    switch (v.kind) {
    case VALUE_NULL:
        jsonw_null(w);
        break;
    case VALUE_BOOL:
        jsonw_bool(w, v.b);
        break;
    case VALUE_INT:
        jsonw_int(w, v.i);
        break;
    case VALUE_FLOAT:
        jsonw_double(w, v.f);
        break;
    case VALUE_TEXT:
        if (is_json_type(t)) {
            jsonw_raw(w, v.s);
        } else {
            jsonw_str(w, v.s);
        }
        break;
    case VALUE_BYTES:
        encode_bytes(w, v.s);
        break;
    }
    return true;
}
