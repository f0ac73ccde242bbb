#include "query/filter_json.h"

#include "base/json.h"
#include "catalog/where.h"
#include "query/value_json.h"

struct reading {
    struct arena *arena;
    const struct column_set *columns;
    size_t n_terms;
};

/* How the text of a LIKE pattern comes about. */
enum pattern_form {
    PATTERN_NONE = 0,
    PATTERN_GIVEN,
    PATTERN_INSIDE,
    PATTERN_START,
};

static const struct operator_row {
    const char *name;
    enum filter_op op;
    enum pattern_form pattern;
} operators[] = {
    {"=", FILTER_EQ, PATTERN_NONE},
    {"eq", FILTER_EQ, PATTERN_NONE},
    {"!=", FILTER_NEQ, PATTERN_NONE},
    {"<>", FILTER_NEQ, PATTERN_NONE},
    {"neq", FILTER_NEQ, PATTERN_NONE},
    {">", FILTER_GT, PATTERN_NONE},
    {"gt", FILTER_GT, PATTERN_NONE},
    {">=", FILTER_GTE, PATTERN_NONE},
    {"gte", FILTER_GTE, PATTERN_NONE},
    {"<", FILTER_LT, PATTERN_NONE},
    {"lt", FILTER_LT, PATTERN_NONE},
    {"<=", FILTER_LTE, PATTERN_NONE},
    {"lte", FILTER_LTE, PATTERN_NONE},
    {"like", FILTER_LIKE, PATTERN_GIVEN},
    {"ilike", FILTER_ILIKE, PATTERN_GIVEN},
    {"contains", FILTER_ILIKE, PATTERN_INSIDE},
    {"startsWith", FILTER_ILIKE, PATTERN_START},
    {"in", FILTER_IN, PATTERN_NONE},
    {"between", FILTER_BETWEEN, PATTERN_NONE},
    {"is", FILTER_IS_NULL, PATTERN_NONE},
};

const struct column *column_set_find(const struct column_set *set, struct str name)
{
    const struct column *c = table_find_column(set->table, name);
    for (size_t i = 0; set->items && i < set->n; i++) {
        if (set->items[i] == c) {
            return c;
        }
    }
    return set->items ? NULL : c;
}

static const struct operator_row *find_operator(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(operators); i++) {
        if (str_eq_nocase(str_of(name), str_of(operators[i].name))) {
            return &operators[i];
        }
    }
    return NULL;
}

static enum errcode wrong(struct error *err, const char *message)
{
    return ERROR(err, ERR_INVALID_PARAMETER, "%s", message);
}

static const struct filter *leaf(struct reading *r, enum filter_op op, const struct column *c,
                                 const struct value *values, size_t n)
{
    struct filter *f = ARENA_NEW(r->arena, struct filter);
    *f = (struct filter){.op = op, .column = c, .values = values, .n_values = n};
    return f;
}

static enum errcode read_value(struct reading *r, const struct column *c, const json_t *doc,
                               struct value *out, struct error *err)
{
    if (value_from_json(r->arena, doc, c, out, NULL) != ERR_OK) {
        return ERROR(err, ERR_INVALID_PARAMETER, "the value for \"%s\" does not fit type %s",
                     c->name, type_logical_text(r->arena, &c->type));
    }
    return ERR_OK;
}

static enum errcode read_values(struct reading *r, enum filter_op op, const struct column *c,
                                const json_t *doc, const struct filter **out, struct error *err)
{
    if (!json_is_array(doc)) {
        return wrong(err, "\"in\" and \"between\" take an array of values");
    }
    size_t n = json_array_size(doc);
    if (op == FILTER_BETWEEN && n != 2) {
        return wrong(err, "\"between\" takes two values");
    }
    if (n > FILTER_TERMS_MAX - r->n_terms) {
        return ERROR(err, ERR_TOO_DEEP, "more than %d terms", FILTER_TERMS_MAX);
    }
    r->n_terms += n;
    struct value *values = ARENA_ARRAY(r->arena, n, struct value);
    for (size_t i = 0; i < n; i++) {
        const json_t *item = json_array_get(doc, i);
        if (json_is_null(item)) {
            return wrong(err, "null cannot be compared; use \"is\"");
        }
        TRY(where_prefix(err, read_value(r, c, item, &values[i], err), "/%zu", i));
    }
    *out = leaf(r, op, c, values, n);
    return ERR_OK;
}

static enum errcode read_is(struct reading *r, const struct column *c, const json_t *doc,
                            const struct filter **out, struct error *err)
{
    const char *word = json_string_value(doc);
    struct str s = str_of(word);
    if (json_is_null(doc) || str_eq_nocase(s, STR("null"))) {
        *out = leaf(r, FILTER_IS_NULL, c, NULL, 0);
        return ERR_OK;
    }
    if (str_eq_nocase(s, STR("not null")) || str_eq_nocase(s, STR("not_null"))) {
        *out = leaf(r, FILTER_IS_NOT_NULL, c, NULL, 0);
        return ERR_OK;
    }
    if (c->type.kind != TYPE_BOOLEAN) {
        return wrong(err, "\"is\" takes null, \"not null\" or, for a boolean, true and false");
    }
    struct value v = value_null();
    TRY(read_value(r, c, doc, &v, err));
    *out = filter_compare(r->arena, FILTER_EQ, c, v);
    return ERR_OK;
}

static enum errcode read_pattern(struct reading *r, const struct operator_row *o,
                                 const struct column *c, const json_t *doc,
                                 const struct filter **out, struct error *err)
{
    if (!json_is_string(doc)) {
        return wrong(err, "a pattern is a text");
    }
    struct str given = {json_string_value(doc), json_string_length(doc)};
    char *text = arena_alloc(r->arena, given.n * 2 + 3);
    size_t n = 0;
    if (o->pattern == PATTERN_INSIDE) {
        text[n++] = '%';
    }
    for (size_t i = 0; i < given.n; i++) {
        if (o->pattern != PATTERN_GIVEN && given.p[i] && strchr("%_\\", given.p[i])) {
            text[n++] = '\\';
        }
        text[n++] = given.p[i];
    }
    if (o->pattern != PATTERN_GIVEN) {
        text[n++] = '%';
    }
    *out = filter_compare(r->arena, o->op, c, value_str((struct str){text, n}));
    return ERR_OK;
}

static enum errcode read_term(struct reading *r, const struct column *c,
                              const struct operator_row *o, const json_t *doc,
                              const struct filter **out, struct error *err)
{
    if (++r->n_terms > FILTER_TERMS_MAX) {
        return ERROR(err, ERR_TOO_DEEP, "more than %d terms", FILTER_TERMS_MAX);
    }
    if (o->op == FILTER_IN || o->op == FILTER_BETWEEN) {
        return read_values(r, o->op, c, doc, out, err);
    }
    if (o->op == FILTER_IS_NULL) {
        return read_is(r, c, doc, out, err);
    }
    if (o->pattern != PATTERN_NONE) {
        return read_pattern(r, o, c, doc, out, err);
    }
    if (json_is_null(doc)) {
        if (o->op != FILTER_EQ && o->op != FILTER_NEQ) {
            return wrong(err, "null cannot be compared; use \"is\"");
        }
        *out = leaf(r, o->op == FILTER_EQ ? FILTER_IS_NULL : FILTER_IS_NOT_NULL, c, NULL, 0);
        return ERR_OK;
    }
    struct value v = value_null();
    TRY(read_value(r, c, doc, &v, err));
    *out = filter_compare(r->arena, o->op, c, v);
    return ERR_OK;
}

static enum errcode find_column(const struct reading *r, const char *name,
                                const struct column **out, struct error *err)
{
    *out = column_set_find(r->columns, str_of(name));
    return *out ? ERR_OK : ERROR(err, ERR_INVALID_PARAMETER, "no column \"%s\"", name);
}

static enum errcode read_tree(struct reading *r, const json_t *doc, int depth,
                              const struct filter **out, struct error *err);

static enum errcode read_list(struct reading *r, enum filter_op op, const json_t *doc, int depth,
                              const struct filter **out, struct error *err)
{
    if (!json_is_array(doc)) {
        return wrong(err, "\"and\" and \"or\" take an array of conditions");
    }
    size_t n = 0;
    size_t size = json_array_size(doc);
    const struct filter *all = NULL;
    const struct filter **args = ARENA_ARRAY(r->arena, size, const struct filter *);
    for (size_t i = 0; i < size; i++) {
        const struct filter *f = NULL;
        TRY(where_prefix(err, read_tree(r, json_array_get(doc, i), depth + 1, &f, err), "/%zu", i));
        if (f) {
            args[n++] = f;
            all = op == FILTER_AND ? filter_and(r->arena, all, f) : NULL;
        }
    }
    if (op == FILTER_OR && n < size) {
        *out = NULL; /* one of them asks for nothing: every row has it */
        return ERR_OK;
    }
    struct filter *f = ARENA_NEW(r->arena, struct filter);
    *f = (struct filter){.op = n ? FILTER_OR : FILTER_FALSE, .args = args, .n_args = n};
    *out = op == FILTER_AND ? all : n == 1 ? args[0] : f;
    return ERR_OK;
}

static enum errcode read_not(struct reading *r, const json_t *doc, int depth,
                             const struct filter **out, struct error *err)
{
    const struct filter **arg = ARENA_NEW(r->arena, const struct filter *);
    struct filter *f = ARENA_NEW(r->arena, struct filter);
    TRY(read_tree(r, doc, depth + 1, arg, err));
    *f = *arg ? (struct filter){.op = FILTER_NOT, .args = arg, .n_args = 1}
              : (struct filter){.op = FILTER_FALSE};
    *out = f;
    return ERR_OK;
}

static enum errcode read_field(struct reading *r, const json_t *doc, const struct filter **out,
                               struct error *err)
{
    const char *name = json_string_value(json_object_get(doc, "field"));
    const json_t *word = json_object_get(doc, "operator");
    const json_t *value = json_object_get(doc, "value");
    const struct column *c = NULL;
    size_t known = 1 + (word != NULL) + (value != NULL);
    if (!name || json_object_size(doc) != known || (word && !json_is_string(word))) {
        return wrong(err, "a condition is {\"field\", \"operator\", \"value\"}");
    }
    TRY(where_prefix(err, find_column(r, name, &c, err), "/field"));
    const struct operator_row *o = find_operator(word ? json_string_value(word) : "=");
    if (!o) {
        (void)ERROR(err, ERR_INVALID_PARAMETER, "no operator \"%s\"", json_string_value(word));
        return error_where(err, "/operator");
    }
    if (!value && o->op != FILTER_IS_NULL) {
        return wrong(err, "the condition has no value");
    }
    return where_prefix(err, read_term(r, c, o, value, out, err), "/value");
}

/* {"gte": 1, "lt": 9}: all of them. */
static enum errcode read_operators(struct reading *r, const struct column *c, const json_t *doc,
                                   const struct filter **out, struct error *err)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)doc, name, value)
    {
        const struct filter *f = NULL;
        const struct operator_row *o = find_operator(name);
        if (!o) {
            return ERROR(err, ERR_INVALID_PARAMETER, "no operator \"%s\"", name);
        }
        TRY(where_member(err, read_term(r, c, o, value, &f, err), name));
        *out = filter_and(r->arena, *out, f);
    }
    return ERR_OK;
}

static enum errcode read_columns(struct reading *r, const json_t *doc, const struct filter **out,
                                 struct error *err)
{
    const char *name;
    json_t *value;
    const struct filter *all = NULL;
    json_object_foreach((json_t *)(uintptr_t)doc, name, value)
    {
        const struct filter *f = NULL;
        const struct column *c = NULL;
        TRY(where_member(err, find_column(r, name, &c, err), name));
        enum errcode code =
            json_is_object(value)
                ? read_operators(r, c, value, &f, err)
                : read_term(r, c, find_operator(json_is_array(value) ? "in" : "="), value, &f, err);
        TRY(where_member(err, code, name));
        all = filter_and(r->arena, all, f);
    }
    *out = all;
    return ERR_OK;
}

static enum errcode read_tree(struct reading *r, const json_t *doc, int depth,
                              const struct filter **out, struct error *err)
{
    if (depth > FILTER_DEPTH_MAX) {
        return ERROR(err, ERR_TOO_DEEP, "more than %d levels", FILTER_DEPTH_MAX);
    }
    if (json_is_array(doc)) {
        return read_list(r, FILTER_AND, doc, depth, out, err);
    }
    if (!json_is_object(doc)) {
        return wrong(err, "a condition is an object or an array");
    }
    bool alone = json_object_size(doc) == 1;
    const json_t *and = json_object_get(doc, "and");
    const json_t * or = json_object_get(doc, "or");
    const json_t *not = json_object_get(doc, "not");
    if (alone && json_is_array(and)) {
        return where_prefix(err, read_list(r, FILTER_AND, and, depth, out, err), "/and");
    }
    if (alone && json_is_array(or)) {
        return where_prefix(err, read_list(r, FILTER_OR, or, depth, out, err), "/or");
    }
    if (alone && (json_is_object(not ) || json_is_array(not ))) {
        return where_prefix(err, read_not(r, not, depth, out, err), "/not");
    }
    if (json_object_get(doc, "field") && (json_object_get(doc, "operator") || !alone)) {
        return read_field(r, doc, out, err);
    }
    return read_columns(r, doc, out, err);
}

enum errcode filter_decode(struct arena *a, const json_t *doc, const struct column_set *columns,
                           const struct filter **out, struct error *err)
{
    struct reading r = {.arena = a, .columns = columns};
    if (json_is_array(doc) && json_array_size(doc) == 0) {
        return wrong(err, "an empty list is no condition");
    }
    return read_tree(&r, doc, 1, out, err);
}

enum errcode filter_from_text(struct arena *a, struct str text, const struct column_set *columns,
                              const struct filter **out, struct error *err)
{
    json_t *doc = NULL;
    enum errcode code = doc_parse(a, text, JSON_DEPTH_MAX, &doc, err);
    if (code == ERR_MALFORMED) {
        return wrong(err, "the filters are not valid JSON");
    }
    TRY(code);
    return filter_decode(a, doc, columns, out, err);
}
