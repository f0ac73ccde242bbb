#include "engine/sqlcommon/sql_parse.h"

#include "base/attr.h"

/* Each read_* function returns NULL when it meets something else; the caller then keeps the text
 * as it is. */
#define DEPTH_MAX 60

static const struct expr *read_word(struct sql_reader *r);

bool sql_take(struct sql_reader *r, const char *word)
{
    if (!token_is(r->at, word)) {
        return false;
    }
    r->at++;
    return true;
}

const struct expr *sql_pair(struct sql_reader *r, enum expr_kind kind, const char *name,
                            const struct expr *left, const struct expr *right)
{
    if (!left || !right) {
        return NULL;
    }
    const struct expr *args[] = {left, right};
    return expr_make(r->arena, kind, name, args, ARRAY_LEN(args));
}

static const struct expr *make1(struct sql_reader *r, enum expr_kind kind, const struct expr *arg)
{
    return arg ? expr_make(r->arena, kind, NULL, &arg, 1) : NULL;
}

bool sql_read_list(struct sql_reader *r, const struct expr ***items, size_t *n)
{
    if (sql_take(r, ")")) {
        return true;
    }
    do {
        const struct expr *e = sql_read_whole(r);
        if (!e) {
            return false;
        }
        ARENA_PUSH(r->arena, *items, *n, e);
    } while (sql_take(r, ","));
    return sql_take(r, ")");
}

/*
 * The argument of a template. Behind an open bracket of the template's own only a name is taken:
 * trying several templates on nested brackets would take time without bound.
 */
static const struct expr *read_argument(struct sql_reader *r, bool names_only)
{
    if (!names_only) {
        return sql_read_whole(r);
    }
    return r->at->kind == TOKEN_WORD || r->at->kind == TOKEN_QUOTED ? read_word(r) : NULL;
}

/* The tokens of every template, read once for the process. */
struct sql_templates {
    struct arena *arena; /* lives as long as the process */
    struct tokens items[];
};

static const struct tokens *templates_of(const struct sql_grammar *g)
{
    struct sql_templates *t = atomic_load(g->templates);
    if (t) {
        return t->items;
    }
    struct arena *a = arena_new();
    t = arena_alloc(a, sizeof *t + g->n_functions * sizeof *t->items);
    t->arena = a;
    for (size_t i = 0; i < g->n_functions; i++) {
        t->items[i] = tokens_read(a, str_of(g->functions[i].text));
    }
    struct sql_templates *first = NULL;
    if (!atomic_compare_exchange_strong(g->templates, &first, t)) {
        arena_free(a);
        t = first;
    }
    return t->items;
}

/* The template's tokens one by one; each `?` is the same argument. */
static const struct expr *read_template(struct sql_reader *r, const struct sql_function *f,
                                        struct tokens want)
{
    struct sql_reader try = *r;
    const struct expr *arg = NULL;
    for (size_t i = 0; i < want.n; i++) {
        if (!token_is(&want.items[i], "?")) {
            if (!token_same(&want.items[i], try.at)) {
                return NULL;
            }
            try.at++;
            continue;
        }
        const struct expr *e = read_argument(&try, token_is(&want.items[0], "("));
        if (!e || (arg && !expr_equal(arg, e))) {
            return NULL;
        }
        arg = e;
    }
    *r = try;
    return expr_make(r->arena, EXPR_CALL, f->name, &arg, (size_t)f->n_args);
}

static const struct expr *read_list_call(struct sql_reader *r, const char *name)
{
    const struct expr **args = NULL;
    size_t n = 0;
    r->at += 2;
    return sql_read_list(r, &args, &n) ? expr_make(r->arena, EXPR_CALL, name, args, n) : NULL;
}

static const struct expr *read_function(struct sql_reader *r)
{
    const struct sql_grammar *g = r->grammar;
    const struct tokens *templates = templates_of(g);
    for (size_t i = 0; i < g->n_functions; i++) {
        const struct sql_function *f = &g->functions[i];
        if (f->n_args >= 0) {
            /* the first token tells, so that few templates are tried */
            bool may_be = token_same(&templates[i].items[0], r->at);
            const struct expr *e = may_be ? read_template(r, f, templates[i]) : NULL;
            if (e) {
                return e;
            }
        } else if (token_is(r->at, f->text) && token_is(r->at + 1, "(")) {
            return read_list_call(r, f->name);
        }
    }
    return NULL;
}

static const struct expr *read_number(struct sql_reader *r, bool negative)
{
    struct str s = r->at->text;
    if (negative) {
        s = str_of(arena_printf(r->arena, "-%.*s", (int)s.n, s.p));
    }
    r->at++;
    int64_t whole = 0;
    double real = 0;
    if (str_int64(s, &whole)) {
        return expr_literal(r->arena, value_int(whole));
    }
    if (str_find(s, '.') < s.n || str_find(s, 'e') < s.n) {
        return str_double(s, &real) ? expr_literal(r->arena, value_float(real)) : NULL;
    }
    return NULL;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static const struct expr *read_blob(struct sql_reader *r)
{
    struct str s = r->at->text; /* x'…' */
    size_t n = (s.n - 3) / 2;
    char *bytes = arena_alloc(r->arena, n);
    for (size_t i = 0; i < n; i++) {
        int high = hex_digit(s.p[2 + 2 * i]);
        int low = hex_digit(s.p[3 + 2 * i]);
        if (high < 0 || low < 0) {
            return NULL;
        }
        bytes[i] = (char)(high << 4 | low);
    }
    r->at++;
    return expr_literal(r->arena, value_bytes((struct str){bytes, n}));
}

/* Words that cannot be a column where an operand is expected. */
static bool is_reserved(const struct token *t)
{
    static const char *const words[] = {
        "case",  "cast",    "exists", "select",       "not",          "and",
        "or",    "when",    "then",   "else",         "end",          "collate",
        "raise", "in",      "is",     "current_time", "current_date", "current_timestamp",
        "like",  "between", "glob",   "values",       "isnull",       "notnull",
    };
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (token_is(t, words[i])) {
            return true;
        }
    }
    return false;
}

static const struct expr *read_word(struct sql_reader *r)
{
    static const struct {
        const char *word;
        struct value value;
    } constants[] = {
        {"null", {.kind = VALUE_NULL}},
        {"true", {.kind = VALUE_BOOL, .b = true}},
        {"false", {.kind = VALUE_BOOL, .b = false}},
    };
    for (size_t i = 0; i < ARRAY_LEN(constants); i++) {
        if (sql_take(r, constants[i].word)) {
            return expr_literal(r->arena, constants[i].value);
        }
    }
    bool is_call = token_is(r->at + 1, "(") || token_is(r->at + 1, ".");
    if (is_call || (r->at->kind == TOKEN_WORD && is_reserved(r->at))) {
        return NULL;
    }
    return expr_column(r->arena, token_name(r->arena, r->at++));
}

static const struct expr *read_brackets(struct sql_reader *r)
{
    r->at++;
    const struct expr *e = sql_read_whole(r);
    return e && sql_take(r, ")") ? e : NULL;
}

static const struct expr *read_simple(struct sql_reader *r)
{
    const struct expr *e = r->grammar->own ? r->grammar->own(r) : NULL;
    e = e ? e : read_function(r);
    if (e) {
        return e;
    }
    switch (r->at->kind) {
    case TOKEN_NUMBER:
        return read_number(r, false);
    case TOKEN_STRING:
        e = expr_literal(r->arena, value_text(token_name(r->arena, r->at)));
        r->at++;
        return e;
    case TOKEN_BLOB:
        return read_blob(r);
    case TOKEN_WORD:
    case TOKEN_QUOTED:
        return read_word(r);
    default:
        break;
    }
    if (token_is(r->at, "(")) {
        return read_brackets(r);
    }
    if (token_is(r->at, "-") && r->at[1].kind == TOKEN_NUMBER) {
        r->at++;
        return read_number(r, true);
    }
    return NULL;
}

static const struct expr *read_primary(struct sql_reader *r)
{
    if (r->depth >= DEPTH_MAX) {
        return NULL;
    }
    r->depth++;
    const struct expr *e = read_simple(r);
    r->depth--;
    return e;
}

/* Binary operators that group from the left, tightest first. */
static const struct level {
    enum expr_kind kind;
    const char *words[6];
} levels[] = {
    {EXPR_ARITH, {"||"}},
    {EXPR_ARITH, {"*", "/"}},
    {EXPR_ARITH, {"+", "-"}},
    {EXPR_COMPARE, {"<", "<=", ">", ">="}},
};

static const struct expr *read_level(struct sql_reader *r, int level)
{
    if (level < 0) {
        return read_primary(r);
    }
    const struct expr *left = read_level(r, level - 1);
    while (left) {
        const char *word = NULL;
        for (size_t i = 0; i < ARRAY_LEN(levels[level].words) && levels[level].words[i]; i++) {
            word = token_is(r->at, levels[level].words[i]) ? levels[level].words[i] : word;
        }
        if (!word) {
            return left;
        }
        r->at++;
        left = sql_pair(r, levels[level].kind, word, left, read_level(r, level - 1));
    }
    return NULL;
}

const struct expr *sql_read_operand(struct sql_reader *r)
{
    return read_level(r, (int)ARRAY_LEN(levels) - 1);
}

static const struct expr *read_in(struct sql_reader *r, const struct expr *left)
{
    const struct expr **args = NULL;
    size_t n = 0;
    ARENA_PUSH(r->arena, args, n, left);
    if (!sql_take(r, "(") || !sql_read_list(r, &args, &n)) {
        return NULL;
    }
    return expr_make(r->arena, EXPR_IN, NULL, args, n);
}

static const struct expr *read_between(struct sql_reader *r, const struct expr *left)
{
    const struct expr *args[3] = {left, sql_read_operand(r), NULL};
    if (!args[1] || !sql_take(r, "and") || !(args[2] = sql_read_operand(r))) {
        return NULL;
    }
    return expr_make(r->arena, EXPR_BETWEEN, NULL, args, ARRAY_LEN(args));
}

static const struct expr *read_is(struct sql_reader *r, const struct expr *left)
{
    bool negated = sql_take(r, "not");
    if (!sql_take(r, "null")) {
        return NULL;
    }
    const struct expr *e = make1(r, EXPR_IS_NULL, left);
    return negated ? make1(r, EXPR_NOT, e) : e;
}

static const struct sql_test *find_test(struct sql_reader *r, const struct sql_test *tests,
                                        size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (sql_take(r, tests[i].word)) {
            return &tests[i];
        }
    }
    return NULL;
}

static const struct expr *read_test(struct sql_reader *r, const struct expr *left)
{
    static const struct {
        const char *word, *op;
    } equalities[] = {{"=", "="}, {"==", "="}, {"<>", "!="}, {"!=", "!="}};
    for (size_t i = 0; i < ARRAY_LEN(equalities); i++) {
        if (sql_take(r, equalities[i].word)) {
            return sql_pair(r, EXPR_COMPARE, equalities[i].op, left, sql_read_operand(r));
        }
    }
    static const struct sql_test tests[] = {{"in", read_in}, {"between", read_between}};
    bool negated = sql_take(r, "not");
    const struct sql_test *t = find_test(r, tests, ARRAY_LEN(tests));
    t = t ? t : find_test(r, r->grammar->tests, r->grammar->n_tests);
    if (t) {
        const struct expr *e = t->read(r, left);
        return negated ? make1(r, EXPR_NOT, e) : e;
    }
    if (!negated && sql_take(r, "is")) {
        return read_is(r, left);
    }
    return negated ? NULL : left;
}

static const struct expr *read_condition(struct sql_reader *r)
{
    if (r->depth < DEPTH_MAX && sql_take(r, "not")) {
        r->depth++;
        const struct expr *e = make1(r, EXPR_NOT, read_condition(r));
        r->depth--;
        return e;
    }
    const struct expr *left = sql_read_operand(r);
    return left ? read_test(r, left) : NULL;
}

/* A flat chain: "a AND b AND c" is one expression of three parts. */
static const struct expr *read_chain(struct sql_reader *r, const char *word, enum expr_kind kind,
                                     const struct expr *(*part)(struct sql_reader *r))
{
    const struct expr **args = NULL;
    size_t n = 0;
    do {
        const struct expr *e = part(r);
        if (!e) {
            return NULL;
        }
        ARENA_PUSH(r->arena, args, n, e);
    } while (sql_take(r, word));
    return n == 1 ? args[0] : expr_make(r->arena, kind, NULL, args, n);
}

static const struct expr *read_and(struct sql_reader *r)
{
    return read_chain(r, "and", EXPR_AND, read_condition);
}

const struct expr *sql_read_whole(struct sql_reader *r)
{
    return read_chain(r, "or", EXPR_OR, read_and);
}

const struct expr *sql_parse(struct arena *a, const struct sql_grammar *g, struct str text)
{
    text = str_trim(text);
    struct tokens tokens = tokens_read(a, text);
    struct sql_reader r = {.arena = a, .grammar = g, .at = tokens.items};
    const struct expr *e = tokens.n ? sql_read_whole(&r) : NULL;
    return e && r.at->kind == TOKEN_END ? e : expr_raw(a, arena_str(a, text));
}
