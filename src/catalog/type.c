#include "catalog/type.h"

#include "base/attr.h"
#include "base/str.h"

#define PRECISION_MAX 1000

/* Every accepted name of a type. What stands in parentheses behind it is read apart. */
static const struct {
    const char *name;
    enum type_kind kind;
} names[] = {
    /* the wire */
    {"text", TYPE_TEXT},
    {"number", TYPE_FLOAT64},
    {"boolean", TYPE_BOOLEAN},
    {"date", TYPE_DATE},
    {"datetime", TYPE_INSTANT},
    {"time", TYPE_TIME},
    {"uuid", TYPE_UUID},
    {"json", TYPE_JSON},
    {"enum", TYPE_ENUM},
    {"binary", TYPE_BYTES},
    {"array", TYPE_ARRAY},
    {"native", TYPE_NATIVE},
    /* the schema manager's */
    {"string", TYPE_TEXT},
    {"varchar", TYPE_TEXT},
    {"char", TYPE_CHAR},
    {"integer", TYPE_INT64},
    {"int", TYPE_INT64},
    {"smallint", TYPE_INT16},
    {"bigint", TYPE_INT64},
    {"decimal", TYPE_DECIMAL},
    {"numeric", TYPE_DECIMAL},
    {"float", TYPE_FLOAT64},
    {"double", TYPE_FLOAT64},
    {"real", TYPE_FLOAT32},
    {"dateonly", TYPE_DATE},
    {"timestamp", TYPE_INSTANT},
    {"jsonb", TYPE_JSON},
    {"blob", TYPE_BYTES},
    {"bool", TYPE_BOOLEAN},
    /* migration files and type_logical_text() */
    {"int16", TYPE_INT16},
    {"int32", TYPE_INT32},
    {"int64", TYPE_INT64},
    {"float32", TYPE_FLOAT32},
    {"float64", TYPE_FLOAT64},
    {"bytes", TYPE_BYTES},
    {"instant", TYPE_INSTANT},
    {"localdatetime", TYPE_DATETIME},
    {"interval", TYPE_INTERVAL},
    {"objectid", TYPE_OBJECT_ID},
};

static const char *const logical[TYPE_N] = {
    [TYPE_NONE] = "none",          [TYPE_BOOLEAN] = "boolean",
    [TYPE_INT16] = "int16",        [TYPE_INT32] = "int32",
    [TYPE_INT64] = "int64",        [TYPE_DECIMAL] = "decimal",
    [TYPE_FLOAT32] = "float32",    [TYPE_FLOAT64] = "float64",
    [TYPE_TEXT] = "text",          [TYPE_CHAR] = "char",
    [TYPE_BYTES] = "bytes",        [TYPE_DATE] = "date",
    [TYPE_TIME] = "time",          [TYPE_DATETIME] = "localdatetime",
    [TYPE_INSTANT] = "instant",    [TYPE_INTERVAL] = "interval",
    [TYPE_UUID] = "uuid",          [TYPE_JSON] = "json",
    [TYPE_ENUM] = "enum",          [TYPE_ARRAY] = "array",
    [TYPE_OBJECT_ID] = "objectid", [TYPE_NATIVE] = "native",
};

static const char *const wire[TYPE_N] = {
    [TYPE_NONE] = "native",     [TYPE_BOOLEAN] = "boolean",   [TYPE_INT16] = "number",
    [TYPE_INT32] = "number",    [TYPE_INT64] = "number",      [TYPE_DECIMAL] = "number",
    [TYPE_FLOAT32] = "number",  [TYPE_FLOAT64] = "number",    [TYPE_TEXT] = "text",
    [TYPE_CHAR] = "text",       [TYPE_BYTES] = "binary",      [TYPE_DATE] = "date",
    [TYPE_TIME] = "time",       [TYPE_DATETIME] = "datetime", [TYPE_INSTANT] = "datetime",
    [TYPE_INTERVAL] = "native", [TYPE_UUID] = "uuid",         [TYPE_JSON] = "json",
    [TYPE_ENUM] = "enum",       [TYPE_ARRAY] = "array",       [TYPE_OBJECT_ID] = "native",
    [TYPE_NATIVE] = "native",
};

static enum type_kind find_name(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (str_eq_nocase(str_of(names[i].name), name)) {
            return names[i].kind;
        }
    }
    return TYPE_NONE;
}

/* "10" or "10,2" between the parentheses; false when it is anything else. */
static bool parse_numbers(struct str s, int64_t *first, int64_t *second, size_t *n)
{
    struct str part;
    int64_t got[2] = {0};
    *n = 0;
    while (str_split(&s, ',', &part)) {
        if (*n == 2 || !str_int64(str_trim(part), &got[*n]) || got[*n] < 0 || got[*n] > INT32_MAX) {
            return false;
        }
        (*n)++;
    }
    *first = got[0];
    *second = got[1];
    return *n > 0;
}

static bool set_parameters(struct type *t, struct str inside)
{
    int64_t first = 0;
    int64_t second = 0;
    size_t n = 0;
    if (!parse_numbers(inside, &first, &second, &n)) {
        return false;
    }
    if (t->kind == TYPE_DECIMAL) {
        t->precision = (int)first;
        t->scale = (int)second;
        return first >= 1 && first <= PRECISION_MAX && second <= first;
    }
    if (t->kind == TYPE_TEXT || t->kind == TYPE_CHAR) {
        t->length = (int)first;
        return n == 1 && first > 0;
    }
    return false;
}

/* "array(int64)": an element whose type its name says alone. */
static enum errcode set_element(struct arena *a, struct type *t, struct str inside,
                                struct error *err)
{
    struct type *element = ARENA_NEW(a, struct type);
    TRY(type_parse(a, arena_str(a, str_trim(inside)), element, err));
    bool is_plain =
        element->kind != TYPE_ARRAY && element->kind != TYPE_ENUM && element->kind != TYPE_NATIVE;
    if (!is_plain) {
        return ERROR(err, ERR_INVALID, "an array has plain elements");
    }
    t->element = element;
    return ERR_OK;
}

enum errcode type_parse(struct arena *a, const char *name, struct type *out, struct error *err)
{
    struct str s = str_trim(str_of(name));
    size_t open = str_find(s, '(');
    struct type t = {.kind = find_name(str_trim((struct str){s.p, open}))};
    if (t.kind == TYPE_NONE) {
        return ERROR(err, ERR_INVALID, "unknown type \"%s\"", name);
    }
    if (open == s.n) {
        *out = t;
        return ERR_OK;
    }
    struct str inside = {s.p + open + 1, s.n - open - 1};
    if (inside.n == 0 || inside.p[inside.n - 1] != ')') {
        return ERROR(err, ERR_INVALID, "type \"%s\" lacks its closing parenthesis", name);
    }
    inside.n--;
    if (t.kind == TYPE_ARRAY) {
        TRY(set_element(a, &t, inside, err));
    } else if (!set_parameters(&t, inside)) {
        return ERROR(err, ERR_INVALID, "type \"%s\" has parameters that do not fit", name);
    }
    *out = t;
    return ERR_OK;
}

const char *type_wire_name(const struct type *t)
{
    return wire[t->kind];
}

const char *type_number_kind(const struct type *t)
{
    static const char *const kinds[TYPE_N] = {
        [TYPE_INT16] = "integer",   [TYPE_INT32] = "integer", [TYPE_INT64] = "integer",
        [TYPE_DECIMAL] = "decimal", [TYPE_FLOAT32] = "float", [TYPE_FLOAT64] = "float",
    };
    return kinds[t->kind];
}

char *type_logical_text(struct arena *a, const struct type *t)
{
    const char *name = logical[t->kind];
    if (t->kind == TYPE_NATIVE) {
        return arena_printf(a, "native(%s)", t->native ? t->native : "");
    }
    if (t->kind == TYPE_DECIMAL && t->precision > 0) {
        return arena_printf(a, "decimal(%d,%d)", t->precision, t->scale);
    }
    if (t->kind == TYPE_ARRAY && t->element) {
        return arena_printf(a, "array(%s)", type_logical_text(a, t->element));
    }
    if ((t->kind == TYPE_TEXT || t->kind == TYPE_CHAR) && t->length > 0) {
        return arena_printf(a, "%s(%d)", name, t->length);
    }
    return arena_strdup(a, name);
}

bool type_is_integer(const struct type *t)
{
    return t->kind == TYPE_INT16 || t->kind == TYPE_INT32 || t->kind == TYPE_INT64;
}

bool type_is_number(const struct type *t)
{
    return type_number_kind(t) != NULL;
}

bool type_is_text(const struct type *t)
{
    return t->kind == TYPE_TEXT || t->kind == TYPE_CHAR || t->kind == TYPE_ENUM;
}

static bool same_values(const struct type *a, const struct type *b)
{
    if (a->n_values != b->n_values) {
        return false;
    }
    for (size_t i = 0; i < a->n_values; i++) {
        if (!text_eq(a->values[i], b->values[i])) {
            return false;
        }
    }
    return true;
}

bool type_equal(const struct type *a, const struct type *b)
{
    if (a->kind != b->kind || a->length != b->length || a->precision != b->precision ||
        a->scale != b->scale || a->is_unsigned != b->is_unsigned || !same_values(a, b)) {
        return false;
    }
    if (a->kind == TYPE_NATIVE) {
        return text_eq(a->native, b->native);
    }
    if (!a->element || !b->element) {
        return a->element == b->element;
    }
    return type_equal(a->element, b->element);
}

struct type type_copy(struct arena *a, const struct type *t)
{
    struct type copy = *t;
    const char **values = ARENA_ARRAY(a, t->n_values, const char *);
    for (size_t i = 0; i < t->n_values; i++) {
        values[i] = arena_strdup(a, t->values[i]);
    }
    copy.values = t->n_values ? values : NULL;
    copy.native = arena_strdup(a, t->native);
    if (t->element) {
        struct type element = type_copy(a, t->element);
        copy.element = arena_memdup(a, &element, sizeof element);
    }
    return copy;
}
