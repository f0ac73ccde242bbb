#include "base/attr.h"
#include "catalog/table_json.h"
#include "catalog/where.h"

#define EXPR_DEPTH_MAX 16

static const char *const compare_ops[] = {"=", "!=", "<", "<=", ">", ">="};
static const char *const arith_ops[] = {"+", "-", "*", "/", "||"};

static bool among(const char *const *list, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (text_eq(list[i], name)) {
            return true;
        }
    }
    return false;
}

static enum errcode decode_at(struct arena *a, const json_t *doc, int depth,
                              const struct expr **out, struct error *err);

struct arguments {
    const struct expr **items;
    size_t n;
};

static enum errcode decode_arguments(struct arena *a, const json_t *list, int depth,
                                     struct arguments *out, struct error *err)
{
    if (!json_is_array(list)) {
        return ERROR(err, ERR_INVALID, "arguments stand in an array");
    }
    out->n = json_array_size(list);
    out->items = ARENA_ARRAY(a, out->n, const struct expr *);
    for (size_t i = 0; i < out->n; i++) {
        const json_t *item = json_array_get(list, i);
        enum errcode code = decode_at(a, item, depth + 1, &out->items[i], err);
        TRY(where_prefix(err, code, "/%zu", i));
    }
    return ERR_OK;
}

/* The shapes {"key": [arguments]}: how many there may be. */
static const struct {
    const char *key;
    enum expr_kind kind;
    size_t min, max;
} lists[] = {
    {"and", EXPR_AND, 1, SIZE_MAX},  {"or", EXPR_OR, 1, SIZE_MAX}, {"in", EXPR_IN, 2, SIZE_MAX},
    {"between", EXPR_BETWEEN, 3, 3}, {"like", EXPR_LIKE, 2, 2},
};

static enum errcode decode_list(struct arena *a, const json_t *doc, size_t row, int depth,
                                const struct expr **out, struct error *err)
{
    const char *key = lists[row].key;
    struct arguments args = {0};
    enum errcode code = decode_arguments(a, json_object_get(doc, key), depth, &args, err);
    if (code == ERR_OK && (args.n < lists[row].min || args.n > lists[row].max)) {
        code = ERROR(err, ERR_INVALID, "\"%s\" has another number of arguments", key);
    }
    TRY(where_prefix(err, code, "/%s", key));
    *out = expr_make(a, lists[row].kind, NULL, args.items, args.n);
    return ERR_OK;
}

static enum errcode decode_one(struct arena *a, const json_t *doc, const char *key, int depth,
                               const struct expr **out, struct error *err)
{
    const struct expr *arg = NULL;
    enum errcode code = decode_at(a, json_object_get(doc, key), depth + 1, &arg, err);
    TRY(where_prefix(err, code, "/%s", key));
    enum expr_kind kind = text_eq(key, "not") ? EXPR_NOT : EXPR_IS_NULL;
    *out = expr_make(a, kind, NULL, &arg, 1);
    return ERR_OK;
}

static enum errcode decode_args_member(struct arena *a, const json_t *doc, int depth,
                                       struct arguments *args, struct error *err)
{
    const json_t *list = json_object_get(doc, "args");
    if (!list) {
        return ERR_OK;
    }
    return where_prefix(err, decode_arguments(a, list, depth, args, err), "/args");
}

static enum errcode decode_call(struct arena *a, const json_t *doc, int depth,
                                const struct expr **out, struct error *err)
{
    static const char *const keys[] = {"call", "args", NULL};
    TRY(doc_only(doc, keys, err));
    const char *name = NULL;
    TRY(doc_text(doc, "call", &name, err));
    if (!expr_function_known(name)) {
        return where_prefix(err, ERROR(err, ERR_INVALID, "unknown function \"%s\"", name), "/call");
    }
    struct arguments args = {0};
    TRY(decode_args_member(a, doc, depth, &args, err));
    *out = expr_make(a, EXPR_CALL, name, args.items, args.n);
    return ERR_OK;
}

static enum errcode decode_op(struct arena *a, const json_t *doc, int depth,
                              const struct expr **out, struct error *err)
{
    static const char *const keys[] = {"op", "args", NULL};
    TRY(doc_only(doc, keys, err));
    const char *name = NULL;
    TRY(doc_text(doc, "op", &name, err));
    bool is_compare = among(compare_ops, ARRAY_LEN(compare_ops), name);
    if (!is_compare && !among(arith_ops, ARRAY_LEN(arith_ops), name)) {
        return where_prefix(err, ERROR(err, ERR_INVALID, "unknown operator \"%s\"", name), "/op");
    }
    struct arguments args = {0};
    TRY(decode_args_member(a, doc, depth, &args, err));
    if (args.n != 2) {
        return ERROR(err, ERR_INVALID, "operator \"%s\" takes two arguments", name);
    }
    *out = expr_make(a, is_compare ? EXPR_COMPARE : EXPR_ARITH, name, args.items, args.n);
    return ERR_OK;
}

static enum errcode decode_name(struct arena *a, const json_t *doc, const char *key,
                                const struct expr **out, struct error *err)
{
    const char *text = NULL;
    TRY(doc_text(doc, key, &text, err));
    if (text_eq(key, "column")) {
        *out = expr_column(a, text);
        return ERR_OK;
    }
    if (!raw_is_expression(text)) {
        return where_prefix(
            err, ERROR(err, ERR_INVALID, "the engine text is not one complete expression"), "/raw");
    }
    *out = expr_raw(a, text);
    return ERR_OK;
}

static enum errcode decode_object(struct arena *a, const json_t *doc, int depth,
                                  const struct expr **out, struct error *err)
{
    if (json_object_get(doc, "call")) {
        return decode_call(a, doc, depth, out, err);
    }
    if (json_object_get(doc, "op")) {
        return decode_op(a, doc, depth, out, err);
    }
    if (json_object_size(doc) != 1) {
        return ERROR(err, ERR_INVALID, "an expression object has one key");
    }
    const char *key = json_object_iter_key(json_object_iter((json_t *)doc));
    if (text_eq(key, "column") || text_eq(key, "raw")) {
        return decode_name(a, doc, key, out, err);
    }
    if (text_eq(key, "not") || text_eq(key, "isNull")) {
        return decode_one(a, doc, key, depth, out, err);
    }
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        if (text_eq(lists[i].key, key)) {
            return decode_list(a, doc, i, depth, out, err);
        }
    }
    enum errcode code = ERROR(err, ERR_UNKNOWN_FIELD, "unknown expression \"%s\"", key);
    return where_prefix(err, code, "/%s", key);
}

static bool decode_scalar(const json_t *doc, struct value *out)
{
    switch (json_typeof(doc)) {
    case JSON_STRING:
        *out = value_str((struct str){json_string_value(doc), json_string_length(doc)});
        return true;
    case JSON_INTEGER:
        *out = value_int(json_integer_value(doc));
        return true;
    case JSON_REAL:
        *out = value_float(json_real_value(doc));
        return true;
    case JSON_TRUE:
    case JSON_FALSE:
        *out = value_bool(json_is_true(doc));
        return true;
    case JSON_NULL:
        *out = value_null();
        return true;
    default:
        return false;
    }
}

static enum errcode decode_at(struct arena *a, const json_t *doc, int depth,
                              const struct expr **out, struct error *err)
{
    if (depth > EXPR_DEPTH_MAX) {
        return ERROR(err, ERR_TOO_DEEP, "the expression nests deeper than %d", EXPR_DEPTH_MAX);
    }
    struct value v = value_null();
    if (doc && decode_scalar(doc, &v)) {
        *out = expr_literal(a, v);
        return ERR_OK;
    }
    if (!json_is_object(doc)) {
        return ERROR(err, ERR_INVALID, "an expression is a scalar or an object");
    }
    return decode_object(a, doc, depth, out, err);
}

enum errcode expr_decode(struct arena *a, const json_t *doc, const struct expr **out,
                         struct error *err)
{
    return decode_at(a, doc, 0, out, err);
}

enum errcode expr_text_decode(struct arena *a, const json_t *doc, const struct expr **out,
                              struct error *err)
{
    if (!json_is_string(doc)) {
        return decode_at(a, doc, 0, out, err);
    }
    const char *text = json_string_value(doc);
    if (strlen(text) != json_string_length(doc) || !raw_is_expression(text)) {
        return ERROR(err, ERR_INVALID, "the engine text is not one complete expression");
    }
    *out = expr_raw(a, text);
    return ERR_OK;
}

/* A float stays a float when it is read back: 5 is written 5.0. */
static void encode_float(struct json_writer *w, double v)
{
    struct buf b;
    buf_init(&b, 64);
    struct json_writer inner;
    jsonw_init(&inner, &b);
    jsonw_double(&inner, v);
    if (str_find(buf_str(&b), '.') == b.n && str_find(buf_str(&b), 'e') == b.n) {
        buf_adds(&b, ".0");
    }
    jsonw_raw(w, buf_str(&b));
    buf_release(&b);
}

static void encode_value(struct json_writer *w, struct value v)
{
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
        encode_float(w, v.f);
        break;
    case VALUE_TEXT:
    case VALUE_BYTES:
        jsonw_str(w, v.s);
        break;
    }
}

static void encode_args(struct json_writer *w, const char *key, const struct expr *e)
{
    jsonw_key(w, key);
    jsonw_begin_array(w);
    for (size_t i = 0; i < e->n_args; i++) {
        expr_encode(w, e->args[i]);
    }
    jsonw_end_array(w);
}

static void encode_list(struct json_writer *w, const struct expr *e)
{
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        if (lists[i].kind == e->kind) {
            encode_args(w, lists[i].key, e);
        }
    }
}

static void encode_named(struct json_writer *w, const char *key, const struct expr *e)
{
    jsonw_kv_text(w, key, e->name);
    if (e->n_args > 0) {
        encode_args(w, "args", e);
    }
}

static void encode_one(struct json_writer *w, const char *key, const struct expr *e)
{
    jsonw_key(w, key);
    expr_encode(w, e->args[0]);
}

void expr_encode(struct json_writer *w, const struct expr *e)
{
    if (!e) {
        jsonw_null(w);
        return;
    }
    if (e->kind == EXPR_LITERAL) {
        encode_value(w, e->value);
        return;
    }
    jsonw_begin_object(w);
    switch (e->kind) {
    case EXPR_COLUMN:
        jsonw_kv_text(w, "column", e->name);
        break;
    case EXPR_RAW:
        jsonw_kv_text(w, "raw", e->name);
        break;
    case EXPR_CALL:
        encode_named(w, "call", e);
        break;
    case EXPR_COMPARE:
    case EXPR_ARITH:
        encode_named(w, "op", e);
        break;
    case EXPR_NOT:
        encode_one(w, "not", e);
        break;
    case EXPR_IS_NULL:
        encode_one(w, "isNull", e);
        break;
    default:
        encode_list(w, e);
        break;
    }
    jsonw_end_object(w);
}
