#include "engine/postgres/expr_read.h"

#include "base/attr.h"
#include "base/buf.h"
#include "engine/postgres/dialect.h"
#include "engine/postgres/pg_token.h"
#include "engine/postgres/types.h"

/*
 * A reading keeps two things of each part: the type that it has by itself, and the type that a cast
 * gives it. A cast is left out where the server would put it there again: around a literal that is
 * compared with something of that type, or around the narrower side of an operator. Whoever cannot
 * be sure returns false, and the whole text stays as it is.
 */
#define DEPTH_MAX 60

/* Type names as format_type() says them, without parameters; NULL = not known. */
struct node {
    const struct expr *e;
    const char *type; /* by itself */
    const char *cast; /* what a cast around it says, NULL = none */
    bool is_number;   /* a literal in digits */
};

struct reader {
    struct arena *arena;
    const struct pg_token *at;
    const struct table *table;
    int depth;
};

static bool read_or(struct reader *r, struct node *out);

static bool take(struct reader *r, const char *word)
{
    if (!pg_token_is(r->at, word)) {
        return false;
    }
    r->at++;
    return true;
}

static bool is_one_of(const char *type, const char *const *names, size_t n)
{
    for (size_t i = 0; type && i < n; i++) {
        if (text_eq(type, names[i])) {
            return true;
        }
    }
    return false;
}

static bool is_text_type(const char *type)
{
    static const char *const names[] = {"text", "character varying", "character", "bpchar", "name"};
    return is_one_of(type, names, ARRAY_LEN(names));
}

/* Numbers from narrow to wide: the server widens by itself. */
static const char *const numbers[] = {"smallint", "integer", "bigint",
                                      "numeric",  "real",    "double precision"};

static int width(const char *type)
{
    for (size_t i = 0; type && i < ARRAY_LEN(numbers); i++) {
        if (text_eq(type, numbers[i])) {
            return (int)i;
        }
    }
    return -1;
}

static bool is_integer_type(const char *type)
{
    return width(type) >= 0 && width(type) <= 2;
}

static bool is_literal(const struct node *n)
{
    return n->e->kind == EXPR_LITERAL;
}

/* format_type()'s words of a type that is written out, e.g. behind "::". */
static const char *read_type(struct reader *r)
{
    static const char *const longer[] = {"precision", "varying", "with", "without", "time", "zone"};
    struct buf b;
    buf_init(&b, 4096);
    bool is_type = pg_token_is_name(r->at);
    if (is_type) {
        buf_adds(&b, pg_token_name(r->arena, r->at++));
    }
    while (is_type && take(r, ".")) {
        is_type = pg_token_is_name(r->at);
        buf_printf(&b, ".%s", is_type ? pg_token_name(r->arena, r->at++) : "");
    }
    while (is_type && !pg_token_is(r->at, ")")) {
        if (take(r, "(")) {
            while (r->at->kind != PG_END && !take(r, ")")) {
                r->at++;
            }
        } else if (r->at->kind == PG_WORD &&
                   is_one_of(pg_token_name(r->arena, r->at), longer, ARRAY_LEN(longer))) {
            buf_printf(&b, " %s", pg_token_name(r->arena, r->at++));
        } else if (take(r, "[")) {
            is_type = take(r, "]");
            buf_adds(&b, "[]");
        } else {
            break;
        }
    }
    const char *type = is_type ? arena_str(r->arena, buf_str(&b)) : NULL;
    buf_release(&b);
    return type;
}

/* The type of a column, as the server says it in casts. */
static const char *type_of_column(struct arena *a, const struct column *c)
{
    const char *declared = postgres_declare_bare(a, &c->type);
    struct pg_tokens k = pg_tokens_read(a, str_of(declared));
    struct reader r = {.arena = a, .at = k.items};
    return read_type(&r);
}

static const struct column *find_exact(const struct table *t, const char *name)
{
    for (size_t i = 0; t && i < t->n_columns; i++) {
        if (text_eq(t->columns[i].name, name)) {
            return &t->columns[i];
        }
    }
    return NULL;
}

static bool make(struct reader *r, struct node *out, enum expr_kind kind, const char *name,
                 const struct expr *const *args, size_t n)
{
    out->e = expr_make(r->arena, kind, name, args, n);
    return true;
}

static bool read_number(struct reader *r, struct str digits, struct node *out)
{
    int64_t whole = 0;
    double real = 0;
    out->is_number = true;
    if (str_int64(digits, &whole)) {
        out->e = expr_literal(r->arena, value_int(whole));
        out->type = whole >= INT32_MIN && whole <= INT32_MAX ? "integer" : "bigint";
        return true;
    }
    out->type = "numeric";
    if (!str_double(digits, &real)) {
        return false;
    }
    out->e = expr_literal(r->arena, value_float(real));
    return true;
}

/* Numbers below zero, very large ones and special ones are quoted: '-5'::integer. */
static bool read_quoted_number(struct reader *r, struct node *n)
{
    struct node number = {0};
    if (!read_number(r, n->e->value.s, &number)) {
        return false;
    }
    const char *cast = n->cast;
    *n = number;
    if (is_integer_type(cast) || text_eq(cast, "numeric")) {
        n->type = cast; /* it is how the number is spelt, not a change of type */
    } else {
        n->cast = cast;
    }
    return true;
}

/* A literal of another type as the canonical value: instants, booleans, bytes, json. */
static bool read_typed_literal(struct reader *r, struct node *n)
{
    struct type t = postgres_type_of(r->arena, n->cast);
    struct buf room;
    if (t.kind == TYPE_NATIVE || is_text_type(n->cast)) {
        return true; /* an enum's label, or a text */
    }
    buf_init(&room, BUF_MAX_DEFAULT);
    struct value v;
    postgres_decode(&t, n->e->value.s, &room, &v);
    n->e = expr_literal(r->arena, v);
    buf_release(&room);
    return true;
}

static bool cast_to(struct reader *r, struct node *n, const char *type)
{
    bool is_text = is_literal(n) && n->cast && is_text_type(n->cast) && is_text_type(type);
    if (is_text) {
        n->cast = type; /* 'x'::character varying, then ::text: a restored dump prints so */
    }
    if (!type || n->cast) {
        return is_text;
    }
    bool is_null = is_literal(n) && n->e->value.kind == VALUE_NULL;
    if (is_null) {
        return true;
    }
    if (n->e->kind == EXPR_COLUMN && is_text_type(n->type) && text_eq(type, "text")) {
        n->type = "text"; /* the same bytes */
        return true;
    }
    n->cast = type;
    if (is_literal(n) && !n->is_number && n->e->value.kind == VALUE_TEXT) {
        return width(type) >= 0 ? read_quoted_number(r, n) : read_typed_literal(r, n);
    }
    return true;
}

/* "ARRAY[…]" behind "ANY (" or "ALL (", perhaps cast as a whole; the values go to *@items. */
static bool read_array(struct reader *r, struct node **items, size_t *n)
{
    int open = 0;
    while (take(r, "(")) {
        open++;
    }
    if (!take(r, "array") || !take(r, "[")) {
        return false;
    }
    do {
        struct node item = {0};
        if (!read_or(r, &item) || !is_literal(&item)) {
            return false;
        }
        ARENA_PUSH(r->arena, *items, *n, item);
    } while (take(r, ","));
    if (!take(r, "]")) {
        return false;
    }
    while (open > 0) {
        if (take(r, "::")) {
            const char *whole = read_type(r);
            if (!whole || !text_eq(whole, "text[]")) {
                return false; /* only texts are compared as another type than they are */
            }
        }
        if (!take(r, ")")) {
            return false;
        }
        open--;
    }
    return true;
}

/* May the literal @n stand beside something of type @type without its cast? */
static bool literal_fits(const struct node *n, const char *type)
{
    if (!is_literal(n)) {
        return false;
    }
    if (!n->cast) {
        bool is_null = n->e->value.kind == VALUE_NULL;
        return is_null || !n->is_number || width(type) >= 0;
    }
    if (is_text_type(n->cast)) {
        return is_text_type(type);
    }
    return text_eq(n->cast, type) || (width(n->cast) >= 4 && width(type) >= 4);
}

/* Two sides of an operator: would the server cast them as they are cast? */
static bool sides_fit(const struct node *x, const struct node *y)
{
    if (x->cast && y->cast) {
        return is_literal(x) && is_literal(y) && is_text_type(x->cast) && is_text_type(y->cast);
    }
    if (!x->cast && !y->cast) {
        return true;
    }
    const struct node *cast = x->cast ? x : y;
    const struct node *plain = x->cast ? y : x;
    if (is_literal(cast)) {
        return literal_fits(cast, plain->type);
    }
    int from = width(cast->type);
    return from >= 0 && from < width(cast->cast) && text_eq(cast->cast, plain->type);
}

static const char *wider(const struct node *x, const struct node *y)
{
    const char *tx = x->cast ? x->cast : x->type;
    const char *ty = y->cast ? y->cast : y->type;
    return width(tx) > width(ty) ? tx : ty;
}

static bool compare(struct reader *r, struct node *left, const char *op, const struct node *right)
{
    const struct expr *args[] = {left->e, right->e};
    /* json_valid() on this engine: a cast that fails, or NULL for NULL */
    if (left->e->kind == EXPR_CALL && text_eq(left->e->name, POSTGRES_JSON_TYPE)) {
        bool is_it = text_eq(op, "!=") && is_literal(right) && right->e->value.kind == VALUE_TEXT &&
                     right->e->value.s.n == 0;
        *left = (struct node){.type = "boolean"};
        return is_it && make(r, left, EXPR_CALL, "json_valid", args[0]->args, 1);
    }
    if (!sides_fit(left, right)) {
        return false;
    }
    *left = (struct node){.type = "boolean"};
    return make(r, left, EXPR_COMPARE, op, args, ARRAY_LEN(args));
}

static bool read_in(struct reader *r, struct node *left, bool negated)
{
    struct node *items = NULL;
    size_t n = 0;
    if (left->cast || !read_array(r, &items, &n)) {
        return false;
    }
    const struct expr **args = ARENA_ARRAY(r->arena, n + 1, const struct expr *);
    args[0] = left->e;
    for (size_t i = 0; i < n; i++) {
        if (!literal_fits(&items[i], left->type)) {
            return false;
        }
        args[i + 1] = items[i].e;
    }
    const struct expr *in = expr_make(r->arena, EXPR_IN, NULL, args, n + 1);
    *left = (struct node){.e = in, .type = "boolean"};
    return !negated || make(r, left, EXPR_NOT, NULL, &in, 1);
}

/* "~" with a pattern of ours is one of the portable tests. */
static bool match(struct reader *r, struct node *left, const struct node *right)
{
    if (!is_literal(right) || right->e->value.kind != VALUE_TEXT) {
        return false;
    }
    const char *name = postgres_function_of_pattern(right->e->value.s);
    const struct expr *arg = left->e;
    bool is_plain = !left->cast || (text_eq(left->cast, "text") && arg->kind == EXPR_COLUMN);
    *left = (struct node){.type = "boolean"};
    return name && is_plain && make(r, left, EXPR_CALL, name, &arg, 1);
}

static bool like(struct reader *r, struct node *left, const struct node *right, bool negated)
{
    const struct expr *args[] = {left->e, right->e};
    if (!sides_fit(left, right) || !is_text_type(left->type)) {
        return false;
    }
    const struct expr *e = expr_make(r->arena, EXPR_LIKE, NULL, args, ARRAY_LEN(args));
    *left = (struct node){.e = e, .type = "boolean"};
    return !negated || make(r, left, EXPR_NOT, NULL, &e, 1);
}

/* Names of our functions and how the server spells them. */
static bool call_fits(struct reader *r, const char *name, struct node *arg)
{
    if (text_eq(name, "round")) {
        bool widened = arg->cast && text_eq(arg->cast, "numeric") && width(arg->type) >= 0;
        bool fits = widened || (!arg->cast && text_eq(arg->type, "numeric"));
        *arg = (struct node){.e = arg->e, .type = "numeric"};
        return fits;
    }
    if (text_eq(name, "abs")) {
        return !arg->cast && width(arg->type) >= 0;
    }
    /* texts: anything else was made one, as it will be again */
    bool is_column = arg->e->kind == EXPR_COLUMN && !is_text_type(arg->type);
    bool made = arg->cast && text_eq(arg->cast, "text") && (is_column || is_literal(arg));
    bool fits = made || (!arg->cast && is_text_type(arg->type)) ||
                (is_literal(arg) && is_text_type(arg->cast));
    *arg = (struct node){.e = arg->e, .type = text_eq(name, "length") ? "integer" : "text"};
    (void)r;
    return fits;
}

static bool read_coalesce(struct reader *r, struct node *out)
{
    const struct expr **args = NULL;
    size_t n = 0;
    struct node first = {0};
    do {
        struct node arg = {0};
        if (!read_or(r, &arg)) {
            return false;
        }
        if (n == 0) {
            first = arg;
        }
        bool fits =
            n == 0 ? !arg.cast
                   : (!arg.cast && text_eq(arg.type, first.type)) || literal_fits(&arg, first.type);
        if (!fits) {
            return false;
        }
        ARENA_PUSH(r->arena, args, n, arg.e);
    } while (take(r, ","));
    out->type = first.type;
    return take(r, ")") && make(r, out, EXPR_CALL, "coalesce", args, n);
}

static bool read_call(struct reader *r, const char *name, struct node *out)
{
    static const struct {
        const char *server, *ours;
    } names[] = {
        {"lower", "lower"}, {"upper", "upper"}, {"length", "length"},
        {"abs", "abs"},     {"round", "round"}, {"btrim", "trim"},
    };
    static const struct {
        const char *server, *ours, *type;
    } constants[] = {
        {"now", "now", "timestamp with time zone"},
        {"gen_random_uuid", "uuid", "uuid"},
    };
    for (size_t i = 0; i < ARRAY_LEN(constants); i++) {
        if (text_eq(name, constants[i].server) && take(r, ")")) {
            out->type = constants[i].type;
            return make(r, out, EXPR_CALL, constants[i].ours, NULL, 0);
        }
    }
    struct node arg = {0};
    if (text_eq(name, "coalesce")) {
        return read_coalesce(r, out);
    }
    if (!read_or(r, &arg) || !take(r, ")")) {
        return false;
    }
    if (text_eq(name, "json_typeof") && arg.cast && text_eq(arg.cast, "json")) {
        out->type = "text";
        return make(r, out, EXPR_CALL, POSTGRES_JSON_TYPE, &arg.e, 1);
    }
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (text_eq(name, names[i].server) && call_fits(r, names[i].ours, &arg)) {
            out->type = arg.type;
            return make(r, out, EXPR_CALL, names[i].ours, &arg.e, 1);
        }
    }
    return false;
}

/* Words of the language that may stand where a value is expected. */
static bool read_constant(struct reader *r, struct node *out)
{
    static const struct {
        const char *word;
        struct value value;
        const char *type;
    } constants[] = {
        {"null", {.kind = VALUE_NULL}, NULL},
        {"true", {.kind = VALUE_BOOL, .b = true}, "boolean"},
        {"false", {.kind = VALUE_BOOL, .b = false}, "boolean"},
    };
    for (size_t i = 0; i < ARRAY_LEN(constants); i++) {
        if (take(r, constants[i].word)) {
            out->e = expr_literal(r->arena, constants[i].value);
            out->type = constants[i].type;
            return true;
        }
    }
    if (take(r, "current_timestamp")) {
        out->type = "timestamp with time zone";
        return !pg_token_is(r->at, "(") && make(r, out, EXPR_CALL, "now", NULL, 0);
    }
    if (take(r, "current_date")) {
        out->type = "date";
        return make(r, out, EXPR_CALL, "current_date", NULL, 0);
    }
    return false;
}

static bool read_name(struct reader *r, struct node *out)
{
    bool is_bare = r->at->kind == PG_WORD;
    if (is_bare && read_constant(r, out)) {
        return true;
    }
    const char *name = pg_token_name(r->arena, r->at++);
    if (is_bare && take(r, "(")) {
        return read_call(r, name, out);
    }
    const struct column *c = find_exact(r->table, name);
    if (!c || pg_token_is(r->at, ".") || pg_token_is(r->at, "(")) {
        return false;
    }
    out->e = expr_column(r->arena, name);
    out->type = type_of_column(r->arena, c);
    return true;
}

static bool read_simple(struct reader *r, struct node *out)
{
    switch (r->at->kind) {
    case PG_NUMBER:
        return read_number(r, (r->at++)->text, out);
    case PG_STRING:
        out->e = expr_literal(r->arena, value_text(pg_token_name(r->arena, r->at)));
        r->at++;
        return true;
    case PG_WORD:
    case PG_QUOTED:
        return read_name(r, out);
    default:
        return take(r, "(") && read_or(r, out) && take(r, ")");
    }
}

static bool read_primary(struct reader *r, struct node *out)
{
    if (r->depth >= DEPTH_MAX) {
        return false;
    }
    r->depth++;
    bool read = read_simple(r, out);
    while (read && take(r, "::")) {
        read = cast_to(r, out, read_type(r));
    }
    r->depth--;
    return read;
}

static bool calculate(struct reader *r, struct node *left, const char *op, const struct node *right)
{
    const struct expr *args[] = {left->e, right->e};
    bool joins = text_eq(op, "||");
    const char *tx = left->cast ? left->cast : left->type;
    const char *ty = right->cast ? right->cast : right->type;
    bool fits = joins ? (is_text_type(tx) || is_text_type(ty)) && sides_fit(left, right)
                      : width(tx) >= 0 && width(ty) >= 0 && sides_fit(left, right);
    if (!fits) {
        return false;
    }
    *left = (struct node){.type = joins ? "text" : wider(left, right)};
    return make(r, left, EXPR_ARITH, op, args, ARRAY_LEN(args));
}

/* Operators that group from the left, tightest first; the server brackets all of them. */
static bool read_level(struct reader *r, int level, struct node *out)
{
    static const char *const words[][3] = {{"*", "/"}, {"+", "-"}, {"||"}};
    if (level < 0) {
        return read_primary(r, out);
    }
    if (!read_level(r, level - 1, out)) {
        return false;
    }
    for (;;) {
        const char *word = NULL;
        for (size_t i = 0; i < ARRAY_LEN(words[level]) && words[level][i]; i++) {
            word = pg_token_is(r->at, words[level][i]) ? words[level][i] : word;
        }
        struct node right = {0};
        if (!word) {
            return true;
        }
        r->at++;
        if (!read_level(r, level - 1, &right) || !calculate(r, out, word, &right)) {
            return false;
        }
    }
}

static bool read_operand(struct reader *r, struct node *out)
{
    return read_level(r, 2, out);
}

static bool read_comparison(struct reader *r, struct node *left, const char *op)
{
    struct node right = {0};
    bool is_equal = text_eq(op, "=");
    if ((is_equal && take(r, "any")) || (text_eq(op, "!=") && take(r, "all"))) {
        return read_in(r, left, !is_equal);
    }
    return read_operand(r, &right) && compare(r, left, op, &right);
}

static bool read_is(struct reader *r, struct node *left)
{
    bool negated = take(r, "not");
    if (left->cast || !take(r, "null")) {
        return false;
    }
    const struct expr *arg = left->e;
    const struct expr *e = expr_make(r->arena, EXPR_IS_NULL, NULL, &arg, 1);
    *left = (struct node){.e = e, .type = "boolean"};
    return !negated || make(r, left, EXPR_NOT, NULL, &e, 1);
}

static bool read_test(struct reader *r, struct node *out)
{
    static const struct {
        const char *word, *op;
    } comparisons[] = {{"=", "="},   {"<>", "!="}, {"!=", "!="}, {"<", "<"},
                       {"<=", "<="}, {">", ">"},   {">=", ">="}};
    for (size_t i = 0; i < ARRAY_LEN(comparisons); i++) {
        if (take(r, comparisons[i].word)) {
            return read_comparison(r, out, comparisons[i].op);
        }
    }
    struct node right = {0};
    if (take(r, "~")) {
        return read_operand(r, &right) && match(r, out, &right);
    }
    bool negated = pg_token_is(r->at, "!~~");
    if (take(r, "~~") || take(r, "!~~")) {
        return read_operand(r, &right) && like(r, out, &right, negated);
    }
    return !take(r, "is") || read_is(r, out);
}

static bool read_condition(struct reader *r, struct node *out)
{
    if (r->depth < DEPTH_MAX && take(r, "not")) {
        struct node arg = {0};
        r->depth++;
        bool read = read_condition(r, &arg) && !arg.cast;
        r->depth--;
        out->type = "boolean";
        return read && make(r, out, EXPR_NOT, NULL, &arg.e, 1);
    }
    return read_operand(r, out) && read_test(r, out);
}

/* A flat chain: "a AND b AND c" is one expression of three parts. */
static bool read_chain(struct reader *r, const char *word, enum expr_kind kind,
                       bool (*part)(struct reader *r, struct node *out), struct node *out)
{
    const struct expr **args = NULL;
    size_t n = 0;
    do {
        struct node node = {0};
        if (!part(r, &node)) {
            return false;
        }
        *out = node;
        ARENA_PUSH(r->arena, args, n, node.e);
    } while (take(r, word));
    if (n == 1) {
        return true;
    }
    *out = (struct node){.type = "boolean"};
    return make(r, out, kind, NULL, args, n);
}

static bool read_and(struct reader *r, struct node *out)
{
    return read_chain(r, "and", EXPR_AND, read_condition, out);
}

static bool read_or(struct reader *r, struct node *out)
{
    return read_chain(r, "or", EXPR_OR, read_and, out);
}

/* Every function in it has a meaning beyond this file. */
static bool is_portable(const struct expr *e)
{
    if (e->kind == EXPR_CALL && !expr_function_known(e->name)) {
        return false;
    }
    for (size_t i = 0; i < e->n_args; i++) {
        if (!is_portable(e->args[i])) {
            return false;
        }
    }
    return true;
}

static bool read_whole(struct reader *r, struct str text, struct node *out)
{
    struct pg_tokens k = pg_tokens_read(r->arena, text);
    r->at = k.items;
    return k.n && read_or(r, out) && r->at->kind == PG_END && is_portable(out->e);
}

const struct expr *postgres_expr_read(struct arena *a, struct str text, const struct table *t)
{
    struct reader r = {.arena = a, .table = t};
    struct node n = {0};
    text = str_trim(text);
    bool whole = read_whole(&r, text, &n) && (!n.cast || is_literal(&n));
    return whole ? n.e : expr_raw(a, arena_str(a, text));
}

/* A number as columns of @c's type hold it. */
static struct value number_for(struct arena *a, const struct type *t, struct value v,
                               struct str digits)
{
    if (t->kind == TYPE_DECIMAL) {
        return value_copy(a, value_str(digits));
    }
    if (v.kind == VALUE_INT && (t->kind == TYPE_FLOAT32 || t->kind == TYPE_FLOAT64)) {
        return value_float((double)v.i);
    }
    return v;
}

/* now() and the like of a text column, as write_default() spells them. */
static const struct expr *read_formatted(struct arena *a, struct str text, const struct column *c)
{
    const char *name = type_is_text(&c->type) ? postgres_function_of_default(text) : NULL;
    return name ? expr_make(a, EXPR_CALL, name, NULL, 0) : NULL;
}

const struct expr *postgres_default_read(struct arena *a, struct str text, const struct column *c)
{
    struct reader r = {.arena = a};
    struct node n = {0};
    text = str_trim(text);
    const struct expr *formatted = read_formatted(a, text, c);
    if (formatted) {
        return formatted;
    }
    struct pg_tokens k = pg_tokens_read(a, text);
    if (!read_whole(&r, text, &n) || (n.cast && !is_literal(&n))) {
        return expr_raw(a, arena_str(a, text));
    }
    if (!is_literal(&n)) {
        return n.e;
    }
    if (n.e->value.kind == VALUE_NULL) {
        return NULL;
    }
    if (n.is_number) {
        struct str digits =
            k.items[0].kind == PG_STRING ? str_of(pg_token_name(a, &k.items[0])) : k.items[0].text;
        return expr_literal(a, number_for(a, &c->type, n.e->value, digits));
    }
    if (n.e->value.kind == VALUE_TEXT && k.n && k.items[0].kind == PG_STRING) {
        struct buf room;
        struct value v;
        buf_init(&room, BUF_MAX_DEFAULT);
        postgres_decode(&c->type, str_of(pg_token_name(a, &k.items[0])), &room, &v);
        const struct expr *e = expr_literal(a, v);
        buf_release(&room);
        return e;
    }
    return n.e;
}
