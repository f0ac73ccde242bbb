#include "engine/mongodb/values.h"

#include <math.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/time.h"
#include "base/uuid.h"
#include "engine/mongodb/core.h"

static const struct form {
    enum type_kind kind;
    const char *alias;
} forms[] = {
    {TYPE_BOOLEAN, "bool"},    {TYPE_INT16, "int"},
    {TYPE_INT32, "int"},       {TYPE_INT64, "long"},
    {TYPE_DECIMAL, "decimal"}, {TYPE_FLOAT32, "double"},
    {TYPE_FLOAT64, "double"},  {TYPE_TEXT, "string"},
    {TYPE_CHAR, "string"},     {TYPE_BYTES, "binData"},
    {TYPE_DATE, "date"},       {TYPE_TIME, "string"},
    {TYPE_DATETIME, "date"},   {TYPE_INSTANT, "date"},
    {TYPE_INTERVAL, "long"},   {TYPE_UUID, "binData"},
    {TYPE_JSON, NULL},         {TYPE_ENUM, "string"},
    {TYPE_ARRAY, "array"},     {TYPE_OBJECT_ID, "objectId"},
};

const char *mongo_alias(const struct type *t)
{
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        if (forms[i].kind == t->kind) {
            return forms[i].alias;
        }
    }
    return NULL;
}

struct type mongo_type_of(const char *alias)
{
    static const struct {
        const char *alias;
        enum type_kind kind;
    } rows[] = {
        {"bool", TYPE_BOOLEAN},   {"int", TYPE_INT32},          {"long", TYPE_INT64},
        {"double", TYPE_FLOAT64}, {"decimal", TYPE_DECIMAL},    {"string", TYPE_TEXT},
        {"date", TYPE_INSTANT},   {"binData", TYPE_BYTES},      {"uuid", TYPE_UUID},
        {"array", TYPE_ARRAY},    {"objectId", TYPE_OBJECT_ID}, {"object", TYPE_JSON},
        {"number", TYPE_FLOAT64},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (text_eq(rows[i].alias, alias)) {
            return (struct type){.kind = rows[i].kind, .native = rows[i].alias};
        }
    }
    return (struct type){.kind = TYPE_NATIVE, .native = "any"};
}

struct putting {
    bson_t *doc;
    const char *key;
    const struct type *type;
    struct value v;
    const char *who;
    struct error *err;
};

static enum errcode misfit(const struct putting *p, const char *why)
{
    return ERROR(p->err, ERR_INVALID_VALUE, "the value of \"%s\" %s", p->who, why);
}

/* As the carrier says: filters of mixed fields, values that the column's type cannot be asked of.
 */
static enum errcode put_plain(const struct putting *p)
{
    switch (p->v.kind) {
    case VALUE_NULL:
        BSON_APPEND_NULL(p->doc, p->key);
        return ERR_OK;
    case VALUE_BOOL:
        BSON_APPEND_BOOL(p->doc, p->key, p->v.b);
        return ERR_OK;
    case VALUE_INT:
        BSON_APPEND_INT64(p->doc, p->key, p->v.i);
        return ERR_OK;
    case VALUE_FLOAT:
        BSON_APPEND_DOUBLE(p->doc, p->key, p->v.f);
        return ERR_OK;
    case VALUE_TEXT:
        bson_append_utf8(p->doc, p->key, -1, p->v.s.p ? p->v.s.p : "", (int)p->v.s.n);
        return ERR_OK;
    case VALUE_BYTES:
        BSON_APPEND_BINARY(p->doc, p->key, BSON_SUBTYPE_BINARY,
                           (const uint8_t *)(p->v.s.p ? p->v.s.p : ""), (uint32_t)p->v.s.n);
        return ERR_OK;
    }
    return misfit(p, "has no form");
}

static enum errcode put_int32(const struct putting *p)
{
    if (p->v.kind != VALUE_INT || p->v.i < INT32_MIN || p->v.i > INT32_MAX) {
        return put_plain(p);
    }
    BSON_APPEND_INT32(p->doc, p->key, (int32_t)p->v.i);
    return ERR_OK;
}

static enum errcode put_float(const struct putting *p)
{
    if (p->v.kind != VALUE_INT) {
        return put_plain(p);
    }
    BSON_APPEND_DOUBLE(p->doc, p->key, (double)p->v.i);
    return ERR_OK;
}

/* Digits behind the point, and none that the scale has no room for. */
static bool scale_decimal(struct buf *b, struct str text, const struct type *t)
{
    size_t point = str_find(text, '.');
    size_t digits = point < text.n ? text.n - point - 1 : 0;
    if (t->precision <= 0 || t->scale < 0 || memchr(text.p, 'e', text.n) ||
        memchr(text.p, 'E', text.n)) {
        buf_add_str(b, text);
        return true;
    }
    size_t scale = (size_t)t->scale;
    while (digits > scale && text.p[text.n - 1] == '0') {
        text.n--;
        digits--;
    }
    if (digits > scale) {
        return false;
    }
    text.n -= digits == 0 && point < text.n ? text.n - point : 0;
    buf_add_str(b, text);
    buf_adds(b, digits == 0 && scale > 0 ? "." : "");
    for (; digits < scale; digits++) {
        buf_addc(b, '0');
    }
    return true;
}

static enum errcode put_decimal_text(const struct putting *p, struct buf *b)
{
    bson_decimal128_t d;
    if (p->v.kind == VALUE_INT) {
        struct buf plain;
        buf_init(&plain, 64);
        buf_add_int64(&plain, p->v.i);
        (void)scale_decimal(b, buf_str(&plain), p->type);
        buf_release(&plain);
    } else if (p->v.kind == VALUE_FLOAT) {
        (void)buf_add_double(b, p->v.f);
    } else if (p->v.s.n == 0 || !scale_decimal(b, p->v.s, p->type)) {
        return misfit(p, "has more digits behind the point than its column");
    }
    const char *text = buf_text(b);
    bool is_number = *text && strspn(text, "+-0123456789.eE") == strlen(text);
    if (!is_number || !bson_decimal128_from_string(text, &d)) {
        return misfit(p, "is no decimal of at most 34 digits");
    }
    BSON_APPEND_DECIMAL128(p->doc, p->key, &d);
    return ERR_OK;
}

static enum errcode put_decimal(const struct putting *p)
{
    if (p->v.kind != VALUE_TEXT && p->v.kind != VALUE_INT && p->v.kind != VALUE_FLOAT) {
        return put_plain(p);
    }
    if (p->v.kind == VALUE_FLOAT && !isfinite(p->v.f)) {
        return misfit(p, "is no decimal of at most 34 digits");
    }
    struct buf b;
    buf_init(&b, 4096);
    enum errcode code = put_decimal_text(p, &b);
    buf_release(&b);
    return code;
}

static enum errcode put_moment(const struct putting *p)
{
    int64_t us = 0;
    if (p->v.kind != VALUE_TEXT) {
        return put_plain(p);
    }
    if (p->type->kind == TYPE_DATE) {
        char text[32] = {0};
        if (!date_valid(p->v.s)) {
            return misfit(p, "is no date");
        }
        memcpy(text, p->v.s.p, 10);
        memcpy(text + 10, "T00:00:00Z", 10);
        (void)instant_parse((struct str){text, 20}, &us);
    } else if (!instant_parse(p->v.s, &us)) {
        return misfit(p, "is no date with a time");
    }
    if (us % 1000 != 0) {
        return misfit(p, "has microseconds, and MongoDB keeps milliseconds");
    }
    BSON_APPEND_DATE_TIME(p->doc, p->key, us / 1000);
    return ERR_OK;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static enum errcode put_uuid(const struct putting *p)
{
    uint8_t bytes[16];
    size_t n = 0;
    if (p->v.kind != VALUE_TEXT) {
        return put_plain(p);
    }
    if (!uuid_valid(p->v.s)) {
        return misfit(p, "is no UUID");
    }
    for (size_t i = 0; i < p->v.s.n; i++) {
        if (p->v.s.p[i] != '-') {
            bytes[n++] = (uint8_t)(hex_digit(p->v.s.p[i]) << 4 | hex_digit(p->v.s.p[i + 1]));
            i++;
        }
    }
    BSON_APPEND_BINARY(p->doc, p->key, BSON_SUBTYPE_UUID, bytes, sizeof bytes);
    return ERR_OK;
}

static enum errcode put_object_id(const struct putting *p)
{
    bson_oid_t oid;
    if (p->v.kind != VALUE_TEXT) {
        return put_plain(p);
    }
    if (!bson_oid_is_valid(p->v.s.p ? p->v.s.p : "", p->v.s.n)) {
        return misfit(p, "is no ObjectId");
    }
    char text[25] = {0};
    memcpy(text, p->v.s.p, 24);
    bson_oid_init_from_string(&oid, text);
    BSON_APPEND_OID(p->doc, p->key, &oid);
    return ERR_OK;
}

static enum errcode put_json(const struct putting *p)
{
    if (p->v.kind != VALUE_TEXT) {
        return put_plain(p);
    }
    struct buf b;
    bson_error_t why = {0};
    bson_iter_t it;
    buf_init(&b, BUF_MAX_DEFAULT);
    buf_adds(&b, "{\"v\":");
    buf_add_str(&b, p->v.s);
    buf_addc(&b, '}');
    bson_t *doc =
        buf_failed(&b) ? NULL : bson_new_from_json((const uint8_t *)b.p, (ssize_t)b.n, &why);
    buf_release(&b);
    if (!doc) {
        return misfit(p, "is no JSON that MongoDB takes");
    }
    bool is_there = bson_iter_init_find(&it, doc, "v");
    if (is_there) {
        BSON_APPEND_VALUE(p->doc, p->key, bson_iter_value(&it));
    }
    bson_destroy(doc);
    return is_there ? ERR_OK : misfit(p, "is no JSON that MongoDB takes");
}

typedef enum errcode put_fn(const struct putting *p);

static put_fn *const putters[TYPE_N] = {
    [TYPE_INT16] = put_int32,         [TYPE_INT32] = put_int32,    [TYPE_DECIMAL] = put_decimal,
    [TYPE_FLOAT32] = put_float,       [TYPE_FLOAT64] = put_float,  [TYPE_DATE] = put_moment,
    [TYPE_DATETIME] = put_moment,     [TYPE_INSTANT] = put_moment, [TYPE_UUID] = put_uuid,
    [TYPE_OBJECT_ID] = put_object_id, [TYPE_JSON] = put_json,      [TYPE_ARRAY] = put_json,
};

enum errcode mongo_put(bson_t *doc, const char *key, const struct type *t, struct value v,
                       const char *who, struct error *err)
{
    struct putting p = {doc, key, t, v, who, err};
    put_fn *put = v.kind == VALUE_NULL ? NULL : putters[t->kind];
    return put ? put(&p) : put_plain(&p);
}

static struct value copy_text(struct arena *a, const char *p, size_t n)
{
    return value_str((struct str){arena_strndup(a, p ? p : "", n), n});
}

static struct value get_moment(struct arena *a, const struct type *t, int64_t ms)
{
    char text[INSTANT_TEXT_MAX];
    int64_t limit = INT64_MAX / 1000;
    if (ms > limit || ms < -limit) {
        return value_int(ms);
    }
    size_t n = instant_format(text, ms * 1000);
    if (t->kind == TYPE_DATE && n >= 10 && ms % 86400000 == 0) {
        n = 10;
    } else if (t->kind == TYPE_DATETIME && n > 0) {
        n--; /* without the Z */
    }
    return copy_text(a, text, n);
}

/* "1.25E-7" and "1E+3" as people write them. */
static struct value get_decimal(struct arena *a, const bson_iter_t *it)
{
    bson_decimal128_t d;
    char text[BSON_DECIMAL128_STRING];
    if (!bson_iter_decimal128(it, &d)) {
        return value_null();
    }
    bson_decimal128_to_string(&d, text);
    char *e = strchr(text, 'E');
    if (!e) {
        return copy_text(a, text, strlen(text));
    }
    int64_t exponent = 0;
    (void)str_int64(str_of(e[1] == '+' ? e + 2 : e + 1), &exponent);
    char digits[BSON_DECIMAL128_STRING];
    int64_t n = 0;
    for (const char *p = text; p < e; p++) {
        if (*p >= '0' && *p <= '9') {
            digits[n++] = *p;
        }
    }
    const char *point = memchr(text, '.', (size_t)(e - text));
    int64_t whole = n + exponent - (point ? e - point - 1 : 0); /* digits before the point */
    struct buf b;
    buf_init(&b, 1 << 14);
    buf_adds(&b, text[0] == '-' ? "-" : "");
    buf_adds(&b, whole <= 0 ? "0" : "");
    for (int64_t i = whole < 0 ? whole : 0; i < n || i < whole; i++) {
        buf_adds(&b, i == whole && i < n ? "." : "");
        buf_addc(&b, i >= 0 && i < n ? digits[i] : '0');
    }
    struct value v = copy_text(a, buf_text(&b), b.n);
    buf_release(&b);
    return v;
}

static struct value get_binary(struct arena *a, const struct type *t, const bson_iter_t *it)
{
    bson_subtype_t kind;
    uint32_t n = 0;
    const uint8_t *p = NULL;
    bson_iter_binary(it, &kind, &n, &p);
    bool is_uuid = n == 16 && (kind == BSON_SUBTYPE_UUID) && t->kind != TYPE_BYTES;
    if (!is_uuid) {
        return value_bytes((struct str){arena_memdup(a, p, n), n});
    }
    static const char hex[] = "0123456789abcdef";
    char text[UUID_TEXT + 1];
    size_t at = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            text[at++] = '-';
        }
        text[at++] = hex[p[i] >> 4];
        text[at++] = hex[p[i] & 15];
    }
    return copy_text(a, text, at);
}

static struct value get_json(struct arena *a, const bson_iter_t *it)
{
    struct buf b;
    buf_init(&b, BUF_MAX_DEFAULT);
    mongo_text_add(&b, it, true);
    struct value v = copy_text(a, buf_text(&b), b.n);
    buf_release(&b);
    return v;
}

static struct value get_int(const struct type *t, int64_t i)
{
    bool is_float = t->kind == TYPE_FLOAT32 || t->kind == TYPE_FLOAT64;
    return is_float ? value_float((double)i) : value_int(i);
}

static struct value get_double(const struct type *t, double f)
{
    bool is_whole = type_is_integer(t) && f == trunc(f) && fabs(f) < 9.2e18;
    return is_whole ? value_int((int64_t)f) : value_float(f);
}

static struct value get_text(struct arena *a, const bson_iter_t *it)
{
    uint32_t n = 0;
    const char *p = BSON_ITER_HOLDS_UTF8(it) ? bson_iter_utf8(it, &n) : bson_iter_symbol(it, &n);
    return copy_text(a, p, n);
}

static bool is_any_json(const struct type *t)
{
    return t->kind == TYPE_JSON || t->kind == TYPE_ARRAY;
}

struct value mongo_get(struct arena *a, const struct type *t, const bson_iter_t *it)
{
    char oid[25];
    bson_type_t type = bson_iter_type(it);
    if (type == BSON_TYPE_NULL || type == BSON_TYPE_UNDEFINED) {
        return value_null();
    }
    if (is_any_json(t)) {
        return get_json(a, it);
    }
    switch (type) {
    case BSON_TYPE_BOOL:
        return value_bool(bson_iter_bool(it));
    case BSON_TYPE_INT32:
        return get_int(t, bson_iter_int32(it));
    case BSON_TYPE_INT64:
        return get_int(t, bson_iter_int64(it));
    case BSON_TYPE_DOUBLE:
        return get_double(t, bson_iter_double(it));
    case BSON_TYPE_DECIMAL128:
        return get_decimal(a, it);
    case BSON_TYPE_UTF8:
    case BSON_TYPE_SYMBOL:
        return get_text(a, it);
    case BSON_TYPE_DATE_TIME:
        return get_moment(a, t, bson_iter_date_time(it));
    case BSON_TYPE_BINARY:
        return get_binary(a, t, it);
    case BSON_TYPE_OID:
        bson_oid_to_string(bson_iter_oid(it), oid);
        return copy_text(a, oid, 24);
    default:
        return get_json(a, it);
    }
}
