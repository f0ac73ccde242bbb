#include "catalog/type_json.h"

#include "base/attr.h"
#include "catalog/doc_json.h"
#include "catalog/where.h"

/* What `kind` may say beside which types. */
static const struct {
    const char *kind;
    enum type_kind from, to;
    enum type_kind becomes;
} kinds[] = {
    {"integer", TYPE_FLOAT64, TYPE_FLOAT64, TYPE_INT64},
    {"integer", TYPE_INT16, TYPE_INT64, TYPE_NONE},
    {"bigint", TYPE_FLOAT64, TYPE_FLOAT64, TYPE_INT64},
    {"bigint", TYPE_INT64, TYPE_INT64, TYPE_NONE},
    {"decimal", TYPE_FLOAT64, TYPE_FLOAT64, TYPE_DECIMAL},
    {"decimal", TYPE_DECIMAL, TYPE_DECIMAL, TYPE_NONE},
    {"float", TYPE_FLOAT32, TYPE_FLOAT64, TYPE_NONE},
    {"char", TYPE_TEXT, TYPE_CHAR, TYPE_CHAR},
    {"local", TYPE_DATETIME, TYPE_INSTANT, TYPE_DATETIME},
    {"interval", TYPE_NATIVE, TYPE_NATIVE, TYPE_INTERVAL},
    {"objectid", TYPE_NATIVE, TYPE_NATIVE, TYPE_OBJECT_ID},
};

static enum errcode apply_kind(const json_t *doc, struct type *t, struct error *err)
{
    const char *kind = NULL;
    TRY(doc_opt_text(doc, "kind", &kind, err));
    if (!kind) {
        return ERR_OK;
    }
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        bool fits = t->kind >= kinds[i].from && t->kind <= kinds[i].to;
        if (fits && text_eq(kinds[i].kind, kind)) {
            t->kind = kinds[i].becomes != TYPE_NONE ? kinds[i].becomes : t->kind;
            return ERR_OK;
        }
    }
    return where_prefix(err, ERROR(err, ERR_INVALID, "kind \"%s\" does not fit the type", kind),
                        "/kind");
}

static enum errcode apply_bits(const json_t *doc, struct type *t, struct error *err)
{
    int64_t bits = 0;
    TRY(doc_opt_int(doc, "bits", &bits, err));
    if (bits == 0) {
        return ERR_OK;
    }
    if (type_is_integer(t) && (bits == 16 || bits == 32 || bits == 64)) {
        t->kind = bits == 16 ? TYPE_INT16 : bits == 32 ? TYPE_INT32 : TYPE_INT64;
        return ERR_OK;
    }
    bool is_float = t->kind == TYPE_FLOAT32 || t->kind == TYPE_FLOAT64;
    if (is_float && (bits == 32 || bits == 64)) {
        t->kind = bits == 32 ? TYPE_FLOAT32 : TYPE_FLOAT64;
        return ERR_OK;
    }
    return doc_wrong(err, "bits", "the type does not come in this many bits");
}

static enum errcode apply_precision(const json_t *doc, struct type *t, struct error *err)
{
    int64_t precision = t->precision;
    int64_t scale = t->scale;
    TRY(doc_opt_size(doc, "precision", 1, 1000, &precision, err));
    TRY(doc_opt_size(doc, "scale", 0, 1000, &scale, err));
    bool given = !doc_absent(doc, "precision") || !doc_absent(doc, "scale");
    if (!given && t->kind != TYPE_DECIMAL) {
        return ERR_OK;
    }
    if (t->kind == TYPE_FLOAT64 && doc_absent(doc, "kind")) {
        t->kind = TYPE_DECIMAL;
    }
    if (t->kind != TYPE_DECIMAL) {
        return doc_wrong(err, doc_absent(doc, "precision") ? "scale" : "precision",
                         "only a decimal number has precision and scale");
    }
    if (scale > precision) {
        return doc_wrong(err, "scale", "the scale is at most the precision");
    }
    t->precision = (int)precision;
    t->scale = (int)scale;
    return ERR_OK;
}

static enum errcode apply_length(const json_t *doc, struct type *t, struct error *err)
{
    int64_t length = t->length;
    TRY(doc_opt_size(doc, "maxLength", 1, 1000000000, &length, err));
    bool has_length = t->kind == TYPE_TEXT || t->kind == TYPE_CHAR;
    if (!doc_absent(doc, "maxLength") && !has_length) {
        return doc_wrong(err, "maxLength", "only a text has a length");
    }
    t->length = (int)length;
    return ERR_OK;
}

static enum errcode apply_values(struct arena *a, const json_t *doc, struct type *t,
                                 struct error *err)
{
    const json_t *list = json_object_get(doc, "values");
    const char *at = "/values";
    if (doc_absent(doc, "values")) {
        list = json_object_get(json_object_get(doc, "validation"), "enum");
        at = t->kind == TYPE_ENUM && list ? "/validation/enum" : "/values";
    }
    if (t->kind != TYPE_ENUM) {
        return doc_absent(doc, "values") ? ERR_OK
                                         : doc_wrong(err, "values", "only an enum has values");
    }
    const char **values = NULL;
    if (list) {
        TRY(where_prefix(err, text_list_decode(a, list, &values, &t->n_values, err), "%s", at));
    }
    t->values = values;
    if (t->n_values == 0) {
        return where_prefix(err, ERROR(err, ERR_INVALID, "an enum names its values"), "%s", at);
    }
    for (size_t i = 0; i < t->n_values; i++) {
        for (size_t k = 0; k < i; k++) {
            if (text_eq(values[i], values[k])) {
                enum errcode code = ERROR(err, ERR_INVALID, "the value is there twice");
                return where_prefix(err, code, "%s/%zu", at, i);
            }
        }
    }
    return ERR_OK;
}

static enum errcode apply_element(struct arena *a, const json_t *doc, struct type *t,
                                  struct error *err)
{
    const char *name = NULL;
    TRY(doc_opt_text(doc, "element", &name, err));
    if (!name) {
        return ERR_OK;
    }
    if (t->kind != TYPE_ARRAY) {
        return doc_wrong(err, "element", "only an array has elements");
    }
    struct type *element = ARENA_NEW(a, struct type);
    const char *whole = arena_printf(a, "array(%s)", name);
    struct type array = {0};
    TRY(where_prefix(err, type_parse(a, name, element, err), "/element"));
    TRY(where_prefix(err, type_parse(a, whole, &array, err), "/element"));
    t->element = element;
    return ERR_OK;
}

/* Behind the quote that closes what opens at @text, doubled ones are part of it; NULL when nothing
 * does, or a backslash could mean something to one engine and nothing to another. */
static const char *behind_quoted(const char *text)
{
    char quote = *text++;
    for (; *text && *text != '\\'; text++) {
        if (*text == quote && *++text != quote) {
            return text;
        }
    }
    return NULL;
}

static bool is_type_char(char c, int depth)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == ' ' || c == '.' || c == '(' || c == ')' || (c == ',' && depth == 1) || c == '[' ||
           c == ']';
}

#define TYPE_TEXT_MAX 4000

/* Engine text goes into a statement as it is: words, numbers, quoted names, commas, one level of
 * parentheses with texts in them (labels), square brackets of arrays. */
static bool is_type_text(const char *text)
{
    int depth = 0;
    int square = 0;
    const char *end = text + strlen(text);
    bool fits = end - text <= TYPE_TEXT_MAX;
    while (fits && *text) {
        if (*text == '"' || (*text == '\'' && depth == 1)) {
            text = behind_quoted(text);
            fits = text != NULL;
            continue;
        }
        depth += (*text == '(') - (*text == ')');
        square += (*text == '[') - (*text == ']');
        fits = depth >= 0 && depth <= 1 && square >= 0 && square <= 1 && is_type_char(*text, depth);
        text++;
    }
    return fits && depth == 0 && square == 0;
}

enum errcode type_decode_native(struct arena *a, const json_t *doc, struct type *t,
                                struct error *err)
{
    TRY(doc_opt_copy(a, doc, "nativeType", &t->native, err));
    if (!t->native && t->kind == TYPE_NATIVE) {
        return doc_wrong(err, "nativeType", "a native type names the engine's type");
    }
    if (t->native && !is_type_text(t->native)) {
        return doc_wrong(err, "nativeType", "this is not the name of a type");
    }
    return ERR_OK;
}

enum errcode type_decode(struct arena *a, const json_t *doc, struct type *t, struct error *err)
{
    const char *name = NULL;
    TRY(doc_text(doc, "type", &name, err));
    TRY(where_prefix(err, type_parse(a, name, t, err), "/type"));
    TRY(apply_kind(doc, t, err));
    TRY(apply_bits(doc, t, err));
    TRY(apply_precision(doc, t, err));
    TRY(apply_length(doc, t, err));
    TRY(apply_values(a, doc, t, err));
    TRY(apply_element(a, doc, t, err));
    TRY(doc_opt_bool(doc, "unsigned", &t->is_unsigned, err));
    return type_decode_native(a, doc, t, err);
}

/* What `kind` says beside a number; other types have a finer kind where the wire name is wide. */
static const char *kind_text(const struct type *t)
{
    static const char *const finer[TYPE_N] = {
        [TYPE_CHAR] = "char",
        [TYPE_DATETIME] = "local",
        [TYPE_INTERVAL] = "interval",
        [TYPE_OBJECT_ID] = "objectid",
    };
    const char *number = type_number_kind(t);
    return number ? number : finer[t->kind];
}

static int type_bits(const struct type *t)
{
    if (t->kind == TYPE_INT16) {
        return 16;
    }
    return t->kind == TYPE_INT32 || t->kind == TYPE_FLOAT32 ? 32 : 0;
}

void type_encode(struct json_writer *w, const struct type *t)
{
    jsonw_kv_text(w, "type", type_wire_name(t));
    jsonw_opt_text(w, "kind", kind_text(t));
    if (type_bits(t)) {
        jsonw_kv_int(w, "bits", type_bits(t));
    }
    if (t->kind == TYPE_DECIMAL && t->precision > 0) {
        jsonw_kv_int(w, "precision", t->precision);
        jsonw_kv_int(w, "scale", t->scale);
    }
    if (t->length > 0) {
        jsonw_kv_int(w, "maxLength", t->length);
    }
    if (t->kind == TYPE_ENUM) {
        jsonw_texts(w, "values", t->values, t->n_values);
    }
    if (t->element) {
        struct arena *scratch AUTO(arena_freep) = arena_new();
        jsonw_kv_text(w, "element", type_logical_text(scratch, t->element));
    }
    if (t->is_unsigned) {
        jsonw_kv_bool(w, "unsigned", true);
    }
    jsonw_opt_text(w, "nativeType", t->native);
}
