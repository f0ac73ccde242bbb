#include "engine/sqlite/storage.h"

#include <math.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/time.h"
#include "engine/sqlcommon/token.h"

/* Declared words, without parameters. The first of a kind is what new columns get. */
static const struct declared {
    const char *text;
    enum type_kind kind;
} declared_types[] = {
    {"BOOLEAN", TYPE_BOOLEAN},
    {"SMALLINT", TYPE_INT16},
    {"INT32", TYPE_INT32},
    {"INTEGER", TYPE_INT64},
    {"DECIMAL", TYPE_DECIMAL},
    {"DECIMAL TEXT", TYPE_DECIMAL},
    {"REAL", TYPE_FLOAT32},
    {"DOUBLE PRECISION", TYPE_FLOAT64},
    {"TEXT", TYPE_TEXT},
    {"VARCHAR", TYPE_TEXT},
    {"CHAR", TYPE_CHAR},
    {"BLOB", TYPE_BYTES},
    {"DATE TEXT", TYPE_DATE},
    {"TIME TEXT", TYPE_TIME},
    {"LOCAL DATETIME TEXT", TYPE_DATETIME},
    {"DATETIME TEXT", TYPE_INSTANT},
    {"INTERVAL BIGINT", TYPE_INTERVAL},
    {"UUID TEXT", TYPE_UUID},
    {"JSON TEXT", TYPE_JSON},
    {"ENUM TEXT", TYPE_ENUM},
    {"ARRAY TEXT", TYPE_ARRAY},
    {"OBJECTID TEXT", TYPE_OBJECT_ID},
    /* of other programs */
    {"BOOL", TYPE_BOOLEAN},
    {"NUMERIC", TYPE_DECIMAL},
    {"DATE", TYPE_DATE},
    {"TIME", TYPE_TIME},
    {"DATETIME", TYPE_DATETIME},
    {"TIMESTAMP", TYPE_DATETIME},
    {"UUID", TYPE_UUID},
    {"JSON", TYPE_JSON},
};

/* What SQLite's affinity rules make of any other text; the first that occurs decides. */
static const struct declared affinities[] = {
    {"INT", TYPE_INT64},  {"CHAR", TYPE_TEXT},    {"CLOB", TYPE_TEXT},    {"TEXT", TYPE_TEXT},
    {"BLOB", TYPE_BYTES}, {"REAL", TYPE_FLOAT64}, {"FLOA", TYPE_FLOAT64}, {"DOUB", TYPE_FLOAT64},
};

/* Elements of an array, in words without "INT", which would make the column an integer. */
static const struct declared elements[] = {
    {"BOOLEAN", TYPE_BOOLEAN},    {"I16", TYPE_INT16},       {"I32", TYPE_INT32},
    {"I64", TYPE_INT64},          {"DECIMAL", TYPE_DECIMAL}, {"F32", TYPE_FLOAT32},
    {"F64", TYPE_FLOAT64},        {"STRING", TYPE_TEXT},     {"CHAR", TYPE_CHAR},
    {"BYTES", TYPE_BYTES},        {"DATE", TYPE_DATE},       {"TIME", TYPE_TIME},
    {"LOCALTIME", TYPE_DATETIME}, {"INSTANT", TYPE_INSTANT}, {"SPAN", TYPE_INTERVAL},
    {"UUID", TYPE_UUID},          {"JSON", TYPE_JSON},       {"OBJECTID", TYPE_OBJECT_ID},
};

#define EXACT_DIGITS 15 /* decimal digits that a double always holds */

bool sqlite_decimal_is_text(const struct type *t)
{
    if (t->kind != TYPE_DECIMAL) {
        return false;
    }
    if (t->native) {
        return strcasestr(t->native, "text") != NULL;
    }
    return t->precision == 0 || t->precision > EXACT_DIGITS;
}

bool sqlite_datetime_is_foreign(const struct type *t)
{
    return t->kind == TYPE_DATETIME && t->native && !strcasestr(t->native, "text");
}

static const char *first_word(const struct declared *rows, size_t n, enum type_kind kind)
{
    for (size_t i = 0; i < n; i++) {
        if (rows[i].kind == kind) {
            return rows[i].text;
        }
    }
    return NULL;
}

/* "(10,2)", "(120)" or nothing. */
static const char *parameters(struct arena *a, const struct type *t)
{
    if (t->kind == TYPE_DECIMAL && t->precision > 0) {
        return arena_printf(a, "(%d,%d)", t->precision, t->scale);
    }
    if ((t->kind == TYPE_TEXT || t->kind == TYPE_CHAR) && t->length > 0) {
        return arena_printf(a, "(%d)", t->length);
    }
    return "";
}

static const char *declare_new(struct arena *a, const struct type *t)
{
    const char *word = first_word(declared_types, ARRAY_LEN(declared_types), t->kind);
    if (t->kind == TYPE_ARRAY && t->element) {
        const char *e = first_word(elements, ARRAY_LEN(elements), t->element->kind);
        return arena_printf(a, "%s ARRAY TEXT%s", e ? e : "JSON", parameters(a, t->element));
    }
    if (t->kind == TYPE_DECIMAL && sqlite_decimal_is_text(t)) {
        word = "DECIMAL TEXT";
    }
    if (t->kind == TYPE_TEXT && t->length > 0) {
        word = "VARCHAR";
    }
    if (t->is_unsigned && type_is_number(t) && t->kind != TYPE_DECIMAL) {
        return arena_printf(a, "UNSIGNED %s", word ? word : "INTEGER");
    }
    return arena_printf(a, "%s%s", word ? word : "", parameters(a, t));
}

/* Words only: what stands in a native text that we would print into a statement. */
static bool is_declarable(struct arena *a, const char *native)
{
    struct tokens k = tokens_read(a, str_of(native));
    int depth = 0;
    for (size_t i = 0; i < k.n; i++) {
        const struct token *t = &k.items[i];
        bool fits = t->kind == TOKEN_WORD || t->kind == TOKEN_QUOTED ||
                    (t->kind == TOKEN_NUMBER && depth == 1) ||
                    (depth == 1 && (token_is(t, ",") || token_is(t, "+") || token_is(t, "-")));
        if (token_is(t, "(") && depth == 0 && i > 0) {
            depth = 1;
        } else if (token_is(t, ")") && depth == 1 && i + 1 == k.n) {
            depth = 2;
        } else if (!fits) {
            return false;
        }
    }
    return depth != 1;
}

const char *sqlite_declare(struct arena *a, const struct type *t)
{
    if (t->native && is_declarable(a, t->native)) {
        struct type back = sqlite_type_of(a, t->native);
        bool same_labels = t->kind == TYPE_ENUM && back.kind == TYPE_ENUM;
        if (t->kind == TYPE_NATIVE || same_labels || type_equal(&back, t)) {
            return t->native;
        }
    }
    struct type fresh = *t;
    fresh.native = NULL;
    return declare_new(a, &fresh);
}

/* The words of a declared type with single blanks, in upper case, and its parameters. */
static const char *split_declared(struct arena *a, const char *declared, int params[2], size_t *n)
{
    struct tokens k = tokens_read(a, str_of(declared));
    struct buf b;
    buf_init(&b, 4096);
    size_t i = 0;
    for (; i < k.n && token_is_name(&k.items[i]); i++) {
        if (b.n) {
            buf_addc(&b, ' ');
        }
        buf_adds(&b, token_name(a, &k.items[i]));
    }
    for (*n = 0; i < k.n; i++) {
        int64_t number = 0;
        if (k.items[i].kind == TOKEN_NUMBER && *n < 2 && str_int64(k.items[i].text, &number) &&
            number <= INT32_MAX) {
            params[(*n)++] = (int)number;
        }
    }
    for (size_t c = 0; c < b.n; c++) {
        if (b.p[c] >= 'a' && b.p[c] <= 'z') {
            b.p[c] = (char)(b.p[c] - 'a' + 'A');
        }
    }
    const char *words = arena_str(a, buf_str(&b));
    buf_release(&b);
    return words;
}

static void set_parameters(struct type *t, const int params[2], size_t n)
{
    if (t->kind == TYPE_DECIMAL && n > 0) {
        t->precision = params[0];
        t->scale = n > 1 ? params[1] : 0;
    }
    if ((t->kind == TYPE_TEXT || t->kind == TYPE_CHAR) && n == 1) {
        t->length = params[0];
    }
}

static const struct type *element_of(struct arena *a, struct str word, const int params[2],
                                     size_t n)
{
    for (size_t i = 0; i < ARRAY_LEN(elements); i++) {
        if (str_is(word, elements[i].text)) {
            struct type *e = ARENA_NEW(a, struct type);
            e->kind = elements[i].kind;
            set_parameters(e, params, n);
            return e;
        }
    }
    return NULL;
}

static enum type_kind kind_of_words(const char *words)
{
    for (size_t i = 0; i < ARRAY_LEN(declared_types); i++) {
        if (text_eq(words, declared_types[i].text)) {
            return declared_types[i].kind;
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(affinities); i++) {
        if (strstr(words, affinities[i].text)) {
            return affinities[i].kind;
        }
    }
    return TYPE_NATIVE;
}

struct type sqlite_type_of(struct arena *a, const char *declared)
{
    int params[2] = {0};
    size_t n = 0;
    const char *words = split_declared(a, declared, params, &n);
    struct type t = {.native = declared};
    if (strncmp(words, "UNSIGNED ", 9) == 0) {
        t.is_unsigned = true;
        words += 9;
    }
    const char *array = strstr(words, " ARRAY TEXT");
    if (array && text_eq(array, " ARRAY TEXT")) {
        t.kind = TYPE_ARRAY;
        t.element = element_of(a, (struct str){words, (size_t)(array - words)}, params, n);
        return t;
    }
    t.kind = kind_of_words(words);
    set_parameters(&t, params, n);
    return t;
}

static const struct expr *call(struct arena *a, const char *name, const struct expr *arg)
{
    return expr_make(a, EXPR_CALL, name, &arg, 1);
}

static const struct expr *within(struct arena *a, const struct expr *column, int64_t low,
                                 int64_t high)
{
    const struct expr *range[] = {column, expr_literal(a, value_int(low)),
                                  expr_literal(a, value_int(high))};
    const struct expr *parts[] = {call(a, "is_integer", column),
                                  expr_make(a, EXPR_BETWEEN, NULL, range, 3)};
    return expr_make(a, EXPR_AND, NULL, parts, 2);
}

static const struct expr *one_of(struct arena *a, const struct expr *column,
                                 const struct value *values, size_t n)
{
    const struct expr **args = ARENA_ARRAY(a, n + 1, const struct expr *);
    args[0] = column;
    for (size_t i = 0; i < n; i++) {
        args[i + 1] = expr_literal(a, values[i]);
    }
    return expr_make(a, EXPR_IN, NULL, args, n + 1);
}

static const struct expr *check_enum(struct arena *a, const struct expr *column,
                                     const struct type *t)
{
    struct value *labels = ARENA_ARRAY(a, t->n_values, struct value);
    for (size_t i = 0; i < t->n_values; i++) {
        labels[i] = value_text(t->values[i]);
    }
    return t->n_values ? one_of(a, column, labels, t->n_values) : NULL;
}

static const struct expr *check_length(struct arena *a, const struct expr *column, int length)
{
    const struct expr *args[] = {call(a, "length", column), expr_literal(a, value_int(length))};
    return expr_make(a, EXPR_COMPARE, "<=", args, 2);
}

const struct expr *sqlite_type_check(struct arena *a, const struct column *c)
{
    const struct value bits[] = {value_int(0), value_int(1)};
    const struct expr *column = expr_column(a, c->name);
    switch (c->type.kind) {
    case TYPE_BOOLEAN:
        return one_of(a, column, bits, ARRAY_LEN(bits));
    case TYPE_INT16:
        return within(a, column, INT16_MIN, INT16_MAX);
    case TYPE_INT32:
        return within(a, column, INT32_MIN, INT32_MAX);
    case TYPE_INT64:
    case TYPE_INTERVAL:
        return call(a, "is_integer", column);
    case TYPE_FLOAT32:
    case TYPE_FLOAT64:
        return call(a, "is_number", column);
    case TYPE_DECIMAL:
        return sqlite_decimal_is_text(&c->type) ? NULL : call(a, "is_number", column);
    case TYPE_TEXT:
    case TYPE_CHAR:
        return c->type.length ? check_length(a, column, c->type.length) : NULL;
    case TYPE_DATE:
        return call(a, "date_valid", column);
    case TYPE_JSON:
    case TYPE_ARRAY:
        return call(a, "json_valid", column);
    case TYPE_ENUM:
        return check_enum(a, column, &c->type);
    default:
        return NULL;
    }
}

/* An instant of our own columns: "2026-01-31T12:00:00Z" to six decimals. */
static struct value encode_instant(struct arena *a, struct value v)
{
    int64_t us = 0;
    if (v.kind != VALUE_TEXT || !instant_parse(v.s, &us)) {
        return v;
    }
    char text[INSTANT_TEXT_MAX];
    size_t n = instant_format(text, us);
    struct str whole = {text, n ? n - 1 : 0}; /* without the Z */
    size_t dot = str_find(whole, '.');
    int digits = dot < whole.n ? (int)(whole.n - dot - 1) : 0;
    static const char zeros[] = "000000";
    if (digits > 6) {
        return v;
    }
    return value_text(
        arena_printf(a, "%.*s%s%sZ", (int)whole.n, whole.p, digits ? "" : ".", zeros + digits));
}

static struct value encode_decimal(struct arena *a, struct value v)
{
    if (v.kind == VALUE_INT) {
        return value_text(arena_printf(a, "%lld", (long long)v.i));
    }
    if (v.kind == VALUE_FLOAT) {
        return value_text(arena_printf(a, "%.15g", v.f));
    }
    return v;
}

struct value sqlite_encode(struct arena *a, const struct column *c, struct value v)
{
    if (v.kind == VALUE_BOOL) {
        return value_int(v.b);
    }
    if (c->type.kind == TYPE_INSTANT) {
        return encode_instant(a, v);
    }
    if (sqlite_decimal_is_text(&c->type)) {
        return encode_decimal(a, v);
    }
    return v;
}

/* "…:00.000000Z" to "…:00Z"; other fractions keep their six digits (instant_format()). */
static struct value decode_instant(struct value v, struct buf *room)
{
    if (v.kind != VALUE_TEXT || v.s.n != 27 || memcmp(v.s.p + 19, ".000000Z", 8) != 0) {
        return v;
    }
    buf_add(room, v.s.p, 19);
    buf_addc(room, 'Z');
    return value_str(buf_str(room));
}

/* As SQLite's own functions write it, "2026-01-31 12:00:00": with the T that others have. */
static struct value decode_datetime(struct value v, struct buf *room)
{
    if (v.kind != VALUE_TEXT || v.s.n < 11 || v.s.p[10] != ' ') {
        return v;
    }
    buf_add(room, v.s.p, v.s.n);
    room->p[10] = 'T';
    return value_str(buf_str(room));
}

/* @f with @scale digits, when those say exactly what is stored; false when printf() must round. By
 * hand: it is written into every row of every list. */
static bool add_fixed(struct buf *room, double f, int scale)
{
    static const double powers[EXACT_DIGITS + 1] = {1,   1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                    1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    double units = f * powers[scale];
    if (!(units > -1e15 && units < 1e15)) {
        return false;
    }
    int64_t n = (int64_t)(units < 0 ? units - 0.5 : units + 0.5);
    if ((double)n / powers[scale] != f || (n == 0 && signbit(f))) {
        return false;
    }
    char text[24];
    char *at = text + sizeof text;
    int64_t rest = n < 0 ? -n : n;
    for (int i = 0; i <= scale || rest > 0; i++, rest /= 10) {
        if (i == scale && scale > 0) {
            *--at = '.';
        }
        *--at = (char)('0' + rest % 10);
    }
    if (n < 0) {
        *--at = '-';
    }
    buf_add(room, at, (size_t)(text + sizeof text - at));
    return true;
}

/* A stored number with the digits of its column: 12.5 in DECIMAL(10,2) is "12.50". */
static struct value decode_decimal(const struct type *t, struct value v, struct buf *room)
{
    int scale = t->scale > 0 && t->scale <= EXACT_DIGITS ? t->scale : 0;
    if (v.kind == VALUE_INT) {
        buf_add_int64(room, v.i);
        buf_adds(room, scale ? "." : "");
        for (int i = 0; i < scale; i++) {
            buf_addc(room, '0');
        }
        return value_str(buf_str(room));
    }
    if (v.kind == VALUE_FLOAT) {
        bool is_fixed = t->precision > 0 && t->precision <= EXACT_DIGITS;
        if (is_fixed && !add_fixed(room, v.f, scale)) {
            buf_printf(room, "%.*f", scale, v.f);
        } else if (!is_fixed) {
            buf_printf(room, "%.15g", v.f);
        }
        return value_str(buf_str(room));
    }
    return v;
}

struct value sqlite_decode(const struct type *t, struct value v, struct buf *room)
{
    buf_clear(room);
    switch (t->kind) {
    case TYPE_BOOLEAN:
        return v.kind == VALUE_INT && (v.i == 0 || v.i == 1) ? value_bool(v.i) : v;
    case TYPE_INSTANT:
        return decode_instant(v, room);
    case TYPE_DATETIME:
        return decode_datetime(v, room);
    case TYPE_DECIMAL:
        return decode_decimal(t, v, room);
    default:
        return v;
    }
}
