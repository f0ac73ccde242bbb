#include "engine/mongodb/expr.h"

#include <math.h>

#include "base/attr.h"
#include "base/time.h"
#include "base/uuid.h"
#include "engine/mongodb/core.h"
#include "engine/mongodb/filter.h"
#include "engine/mongodb/values.h"

struct saying {
    struct arena *arena;
    const struct table *table;
    struct error *err;
    enum errcode code; /* the first failure */
};

/* A piece is a document {"v": …}: it can be appended anywhere. */
typedef const bson_t *piece;

static piece fail(struct saying *s, const char *what)
{
    if (s->code == ERR_OK) {
        s->code =
            ERROR(s->err, ERR_UNSUPPORTED, "MongoDB cannot hold rows to a condition with %s", what);
    }
    return mongo_doc(s->arena);
}

static void put_piece(bson_t *doc, const char *key, piece p)
{
    bson_iter_t it;
    if (bson_iter_init_find(&it, p, "v")) {
        BSON_APPEND_VALUE(doc, key, bson_iter_value(&it));
    } else {
        BSON_APPEND_NULL(doc, key);
    }
}

static piece of_bool(struct saying *s, bool v)
{
    bson_t *doc = mongo_doc(s->arena);
    BSON_APPEND_BOOL(doc, "v", v);
    return doc;
}

/* {op: [parts…]} */
static piece call(struct saying *s, const char *op, const piece *parts, size_t n)
{
    bson_t *doc = mongo_doc(s->arena);
    bson_t body, list;
    BSON_APPEND_DOCUMENT_BEGIN(doc, "v", &body);
    BSON_APPEND_ARRAY_BEGIN(&body, op, &list);
    for (size_t i = 0; i < n; i++) {
        char room[16];
        const char *at = NULL;
        bson_uint32_to_string((uint32_t)i, &at, room, sizeof room);
        put_piece(&list, at, parts[i]);
    }
    bson_append_array_end(&body, &list);
    bson_append_document_end(doc, &body);
    return doc;
}

static piece call_2(struct saying *s, const char *op, piece x, piece y)
{
    const piece parts[] = {x, y};
    return call(s, op, parts, 2);
}

static piece null_piece(struct saying *s)
{
    bson_t *doc = mongo_doc(s->arena);
    BSON_APPEND_NULL(doc, "v");
    return doc;
}

static const struct column *column_of(const struct saying *s, const struct expr *e)
{
    return e->kind == EXPR_COLUMN ? table_find_column(s->table, str_of(e->name)) : NULL;
}

/* A field, or the function of one, whose type a literal beside it has. */
static const struct column *typed_by(const struct saying *s, const struct expr *e)
{
    return column_of(s, e);
}

static piece field(struct saying *s, const struct column *c)
{
    bson_t *doc = mongo_doc(s->arena);
    BSON_APPEND_UTF8(doc, "v", arena_printf(s->arena, "$%s", mongo_field(s->table, c)));
    return doc;
}

static piece literal(struct saying *s, struct value v, const struct column *like)
{
    static const struct type any = {.kind = TYPE_NATIVE};
    bson_t *doc = mongo_doc(s->arena);
    bson_t body;
    bool is_text = v.kind == VALUE_TEXT && v.s.n && v.s.p[0] == '$';
    bson_t *into = doc;
    const char *key = "v";
    if (is_text) { /* would be read as a path */
        BSON_APPEND_DOCUMENT_BEGIN(doc, "v", &body);
        into = &body;
        key = "$literal";
    }
    enum errcode code =
        mongo_put(into, key, like ? &like->type : &any, v, like ? like->name : "a literal", s->err);
    if (is_text) {
        bson_append_document_end(doc, &body);
    }
    s->code = s->code == ERR_OK ? code : s->code;
    return doc;
}

static piece operand(struct saying *s, const struct expr *e, const struct column *like);

static piece or_empty(struct saying *s, piece p)
{
    return call_2(s, "$ifNull", p, literal(s, value_text(""), NULL));
}

static piece say_length(struct saying *s, const struct expr *e)
{
    const struct column *c = column_of(s, e->args[0]);
    bool is_bytes = c && c->type.kind == TYPE_BYTES;
    piece text = operand(s, e->args[0], NULL);
    if (is_bytes) {
        return call(s, "$binarySize", &text, 1);
    }
    text = or_empty(s, text);
    return call(s, "$strLenCP", &text, 1);
}

static piece say_trim(struct saying *s, const struct expr *e)
{
    bson_t *doc = mongo_doc(s->arena);
    bson_t body, trim;
    BSON_APPEND_DOCUMENT_BEGIN(doc, "v", &body);
    BSON_APPEND_DOCUMENT_BEGIN(&body, "$trim", &trim);
    put_piece(&trim, "input", operand(s, e->args[0], NULL));
    BSON_APPEND_UTF8(&trim, "chars", " ");
    bson_append_document_end(&body, &trim);
    bson_append_document_end(doc, &body);
    return doc;
}

static piece say_coalesce(struct saying *s, const struct expr *e)
{
    piece p = null_piece(s);
    const struct column *like = e->n_args ? typed_by(s, e->args[0]) : NULL;
    for (size_t i = e->n_args; i > 0; i--) {
        piece one = operand(s, e->args[i - 1], like);
        p = i == e->n_args ? one : call_2(s, "$ifNull", one, p);
    }
    return p;
}

static piece say_call(struct saying *s, const struct expr *e)
{
    static const struct {
        const char *name, *op;
    } plain[] = {{"lower", "$toLower"}, {"upper", "$toUpper"}, {"abs", "$abs"}};
    bool has_arg = e->n_args == 1;
    for (size_t i = 0; has_arg && i < ARRAY_LEN(plain); i++) {
        if (text_eq(plain[i].name, e->name)) {
            piece arg = operand(s, e->args[0], NULL);
            return call(s, plain[i].op, &arg, 1);
        }
    }
    if (has_arg && text_eq(e->name, "length")) {
        return say_length(s, e);
    }
    if (has_arg && text_eq(e->name, "trim")) {
        return say_trim(s, e);
    }
    if (text_eq(e->name, "coalesce")) {
        return say_coalesce(s, e);
    }
    return fail(s, arena_printf(s->arena, "%s()", e->name));
}

static piece say_arith(struct saying *s, const struct expr *e)
{
    static const struct {
        const char *name, *op;
    } rows[] = {{"+", "$add"}, {"-", "$subtract"}, {"*", "$multiply"}, {"||", "$concat"}};
    for (size_t i = 0; e->n_args == 2 && i < ARRAY_LEN(rows); i++) {
        if (text_eq(rows[i].name, e->name)) {
            return call_2(s, rows[i].op, operand(s, e->args[0], typed_by(s, e->args[1])),
                          operand(s, e->args[1], typed_by(s, e->args[0])));
        }
    }
    return fail(s, arena_printf(s->arena, "the operator %s", e->name));
}

static piece operand(struct saying *s, const struct expr *e, const struct column *like)
{
    const struct column *c = column_of(s, e);
    switch (e->kind) {
    case EXPR_LITERAL:
        return literal(s, e->value, like);
    case EXPR_COLUMN:
        return c ? field(s, c) : fail(s, "an unknown column");
    case EXPR_CALL:
        return say_call(s, e);
    case EXPR_ARITH:
        return say_arith(s, e);
    case EXPR_RAW:
        return fail(s, "text of another engine");
    default:
        return fail(s, "a condition inside of a value");
    }
}

/* Adds to @parts "this column is NULL" for each that makes @e NULL. */
static void add_nulls(struct saying *s, const struct expr *e, piece **parts, size_t *n)
{
    const struct column *c = column_of(s, e);
    if (c) {
        piece one = call_2(s, "$lte", field(s, c), null_piece(s));
        ARENA_PUSH(s->arena, *parts, *n, one);
    }
    if (e->kind == EXPR_CALL && text_eq(e->name, "coalesce")) {
        piece one = call_2(s, "$lte", operand(s, e, NULL), null_piece(s));
        ARENA_PUSH(s->arena, *parts, *n, one);
        return;
    }
    for (size_t i = 0; i < e->n_args; i++) {
        add_nulls(s, e->args[i], parts, n);
    }
}

/* @test, or something in @e is NULL. */
static piece unless_null(struct saying *s, const struct expr *e, piece test)
{
    piece *parts = NULL;
    size_t n = 0;
    for (size_t i = 0; i < e->n_args; i++) {
        if (e->args[i]->kind == EXPR_LITERAL && e->args[i]->value.kind == VALUE_NULL) {
            return of_bool(s, true);
        }
        add_nulls(s, e->args[i], &parts, &n);
    }
    if (n == 0) {
        return test;
    }
    ARENA_PUSH(s->arena, parts, n, test);
    return call(s, "$or", parts, n);
}

static piece negated(struct saying *s, piece p, bool negate)
{
    return negate ? call(s, "$not", &p, 1) : p;
}

static piece say_compare(struct saying *s, const struct expr *e, bool not_true)
{
    static const struct {
        const char *name, *op, *opposite;
    } rows[] = {{"=", "$eq", "$ne"},   {"!=", "$ne", "$eq"}, {"<", "$lt", "$gte"},
                {"<=", "$lte", "$gt"}, {">", "$gt", "$lte"}, {">=", "$gte", "$lt"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (text_eq(rows[i].name, e->name)) {
            piece test = call_2(s, not_true ? rows[i].opposite : rows[i].op,
                                operand(s, e->args[0], typed_by(s, e->args[1])),
                                operand(s, e->args[1], typed_by(s, e->args[0])));
            return unless_null(s, e, test);
        }
    }
    return fail(s, "an unknown comparison");
}

static piece say_in(struct saying *s, const struct expr *e, bool not_true)
{
    const struct column *like = typed_by(s, e->args[0]);
    piece *values = ARENA_ARRAY(s->arena, e->n_args, piece);
    for (size_t i = 1; i < e->n_args; i++) {
        values[i - 1] = operand(s, e->args[i], like);
    }
    bson_t *list = mongo_doc(s->arena);
    bson_t items;
    BSON_APPEND_ARRAY_BEGIN(list, "v", &items);
    for (size_t i = 0; i + 1 < e->n_args; i++) {
        char room[16];
        const char *at = NULL;
        bson_uint32_to_string((uint32_t)i, &at, room, sizeof room);
        put_piece(&items, at, values[i]);
    }
    bson_append_array_end(list, &items);
    piece test = call_2(s, "$in", operand(s, e->args[0], NULL), list);
    return unless_null(s, e, negated(s, test, not_true));
}

static piece say_between(struct saying *s, const struct expr *e, bool not_true)
{
    const struct column *like = typed_by(s, e->args[0]);
    piece value = operand(s, e->args[0], NULL);
    piece test = call_2(s, "$and", call_2(s, "$gte", value, operand(s, e->args[1], like)),
                        call_2(s, "$lte", value, operand(s, e->args[2], like)));
    return unless_null(s, e, negated(s, test, not_true));
}

static piece say_like(struct saying *s, const struct expr *e, bool not_true)
{
    const struct expr *pattern = e->args[1];
    if (pattern->kind != EXPR_LITERAL || pattern->value.kind != VALUE_TEXT) {
        return fail(s, "LIKE a pattern that is no literal");
    }
    bson_t *doc = mongo_doc(s->arena);
    bson_t body, match;
    BSON_APPEND_DOCUMENT_BEGIN(doc, "v", &body);
    BSON_APPEND_DOCUMENT_BEGIN(&body, "$regexMatch", &match);
    put_piece(&match, "input", or_empty(s, operand(s, e->args[0], NULL)));
    BSON_APPEND_UTF8(&match, "regex", mongo_like_pattern(s->arena, pattern->value.s, false));
    BSON_APPEND_UTF8(&match, "options", "s");
    bson_append_document_end(&body, &match);
    bson_append_document_end(doc, &body);
    return unless_null(s, e, negated(s, doc, not_true));
}

static piece say_null(struct saying *s, const struct expr *e, bool not_true)
{
    piece value = operand(s, e->args[0], NULL);
    return call_2(s, not_true ? "$gt" : "$lte", value, null_piece(s));
}

/* Conditions that the types of our columns hold anyway. */
static bool is_given(const struct expr *e)
{
    static const char *const names[] = {"json_valid",    "date_valid", "time_valid",
                                        "instant_valid", "is_integer", "is_number"};
    for (size_t i = 0; e->kind == EXPR_CALL && i < ARRAY_LEN(names); i++) {
        if (text_eq(names[i], e->name)) {
            return true;
        }
    }
    return false;
}

/* With @not_true: the expression that is true unless @e is true. */
static piece condition(struct saying *s, const struct expr *e, bool not_true)
{
    piece *parts = NULL;
    switch (e->kind) {
    case EXPR_AND:
    case EXPR_OR:
        parts = ARENA_ARRAY(s->arena, e->n_args, piece);
        for (size_t i = 0; i < e->n_args; i++) {
            parts[i] = condition(s, e->args[i], not_true);
        }
        return call(s, (e->kind == EXPR_AND) != not_true ? "$and" : "$or", parts, e->n_args);
    case EXPR_NOT:
        return condition(s, e->args[0], !not_true);
    case EXPR_COMPARE:
        return say_compare(s, e, not_true);
    case EXPR_IN:
        return say_in(s, e, not_true);
    case EXPR_BETWEEN:
        return say_between(s, e, not_true);
    case EXPR_LIKE:
        return say_like(s, e, not_true);
    case EXPR_IS_NULL:
        return say_null(s, e, not_true);
    case EXPR_LITERAL:
        return of_bool(s, e->value.kind == VALUE_NULL ||
                              (e->value.kind == VALUE_BOOL && e->value.b != not_true));
    case EXPR_COLUMN:
        return call_2(s, "$ne", operand(s, e, NULL), of_bool(s, not_true));
    default:
        return is_given(e) ? of_bool(s, !not_true) : fail(s, "what is no condition");
    }
}

enum errcode mongo_check(struct arena *a, const struct table *t, const struct expr *e,
                         const bson_t **out, struct error *err)
{
    struct saying s = {.arena = a, .table = t, .err = err};
    if (e->kind == EXPR_RAW) {
        (void)fail(&s, "text of another engine");
        return s.code;
    }
    *out = condition(&s, e, false);
    return s.code;
}

static enum errcode not_partial(struct error *err)
{
    return ERROR(
        err, ERR_UNSUPPORTED,
        "MongoDB makes partial indexes of comparisons with literals, \"is null\", \"is not "
        "null\" and AND of such");
}

/* A condition on one field joins those that are there on it: a server with this protocol need not
 * know $and here. */
static void join(struct arena *a, bson_t *doc, const char *field, const bson_t *condition)
{
    bson_t *out = mongo_doc(a);
    bson_iter_t it;
    bool has = bson_iter_init(&it, doc);
    bool is_new = true;
    while (has && bson_iter_next(&it)) {
        if (!text_eq(bson_iter_key(&it), field)) {
            BSON_APPEND_VALUE(out, bson_iter_key(&it), bson_iter_value(&it));
            continue;
        }
        bson_t *both = mongo_doc_copy(a, &it);
        bson_concat(both, condition);
        BSON_APPEND_DOCUMENT(out, field, both);
        is_new = false;
    }
    if (is_new) {
        BSON_APPEND_DOCUMENT(out, field, condition);
    }
    bson_reinit(doc);
    bson_concat(doc, out);
}

static enum errcode partial_compare(struct arena *a, bson_t *out, const struct table *t,
                                    const struct expr *e, struct error *err)
{
    static const struct {
        const char *name, *op;
    } rows[] = {{"=", "$eq"}, {"<", "$lt"}, {"<=", "$lte"}, {">", "$gt"}, {">=", "$gte"}};
    const struct column *c =
        e->args[0]->kind == EXPR_COLUMN ? table_find_column(t, str_of(e->args[0]->name)) : NULL;
    if (!c || e->args[1]->kind != EXPR_LITERAL || e->args[1]->value.kind == VALUE_NULL) {
        return not_partial(err);
    }
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (text_eq(rows[i].name, e->name)) {
            bson_t *condition = mongo_doc(a);
            TRY(mongo_put(condition, rows[i].op, &c->type, e->args[1]->value, c->name, err));
            join(a, out, mongo_field(t, c), condition);
            return ERR_OK;
        }
    }
    return not_partial(err);
}

/* One operator, since some servers take no more of one field beside others: the type where libbson
 * reads its name in a text as we write it ("double" begins like the hexadecimal number of a binary
 * value's kind), else the least value of the type. */
const bson_t *mongo_present(struct arena *a, const struct type *t)
{
    bson_t *condition = mongo_doc(a);
    bson_decimal128_t least;
    const char *alias = mongo_alias(t);
    const char *word = alias ? alias : "";
    if (text_eq(word, "bool")) {
        BSON_APPEND_BOOL(condition, "$gte", false);
    } else if (text_eq(word, "double")) {
        BSON_APPEND_DOUBLE(condition, "$gte", -INFINITY);
    } else if (text_eq(word, "decimal") && bson_decimal128_from_string("-Infinity", &least)) {
        BSON_APPEND_DECIMAL128(condition, "$gte", &least);
    } else if (text_eq(word, "date")) {
        BSON_APPEND_DATE_TIME(condition, "$gte", INT64_MIN);
    } else if (text_eq(word, "binData")) {
        BSON_APPEND_BINARY(condition, "$gte", BSON_SUBTYPE_BINARY, (const uint8_t *)"", 0);
    } else if (alias && !text_eq(word, "array")) {
        BSON_APPEND_UTF8(condition, "$type", alias);
    } else {
        BSON_APPEND_BOOL(condition, "$exists", true);
    }
    return condition;
}

/* "is null" and "is not null". */
static enum errcode partial_null(struct arena *a, bson_t *out, const struct table *t,
                                 const struct expr *e, struct error *err)
{
    const struct expr *inner = e->kind == EXPR_NOT ? e->args[0] : e;
    const struct column *c = inner->kind == EXPR_IS_NULL && inner->args[0]->kind == EXPR_COLUMN
                                 ? table_find_column(t, str_of(inner->args[0]->name))
                                 : NULL;
    if (!c) {
        return not_partial(err);
    }
    bson_t *null = mongo_doc(a);
    BSON_APPEND_NULL(null, "$eq");
    join(a, out, mongo_field(t, c), e->kind == EXPR_NOT ? mongo_present(a, &c->type) : null);
    return ERR_OK;
}

static enum errcode partial(struct arena *a, bson_t *out, const struct table *t,
                            const struct expr *e, struct error *err)
{
    if (e->kind == EXPR_COMPARE) {
        return partial_compare(a, out, t, e, err);
    }
    if (e->kind == EXPR_NOT || e->kind == EXPR_IS_NULL) {
        return partial_null(a, out, t, e, err);
    }
    if (e->kind != EXPR_AND) {
        return not_partial(err);
    }
    for (size_t i = 0; i < e->n_args; i++) {
        TRY(partial(a, out, t, e->args[i], err));
    }
    return ERR_OK;
}

enum errcode mongo_partial(struct arena *a, const struct table *t, const struct expr *e,
                           bson_t *out, struct error *err)
{
    return partial(a, out, t, e, err);
}

enum errcode mongo_default(struct arena *a, const struct column *c, struct value *out,
                           struct error *err)
{
    const struct expr *e = c->default_value;
    char text[INSTANT_TEXT_MAX > UUID_TEXT + 1 ? INSTANT_TEXT_MAX : UUID_TEXT + 1];
    if (!e) {
        *out = value_null();
        return ERR_OK;
    }
    if (e->kind == EXPR_LITERAL) {
        *out = e->value;
        return ERR_OK;
    }
    bool is_call = e->kind == EXPR_CALL && e->n_args == 0;
    bool is_date = is_call && text_eq(e->name, "current_date");
    if (is_date || (is_call && text_eq(e->name, "now"))) {
        size_t n = instant_format(text, time_now_us() / 1000 * 1000);
        *out = value_copy(a, value_str((struct str){text, is_date ? 10 : n}));
        return ERR_OK;
    }
    if (is_call && text_eq(e->name, "uuid")) {
        uuid_make(text);
        *out = value_copy(a, value_text(text));
        return ERR_OK;
    }
    return ERROR(err, ERR_UNSUPPORTED,
                 "the default of \"%s\" is neither a value nor now(), current_date() or uuid()",
                 c->name);
}
