#include "engine/sqlite/expr_parse.h"

#include <pthread.h>

#include "base/attr.h"
#include "base/buf.h"
#include "engine/sqlite/dialect.h"

/*
 * Reads back what sql_expr() writes, and the plain conditions that people write. Each read_*
 * function returns NULL when it meets something else; the caller then keeps the text as it is.
 */
#define DEPTH_MAX 60

struct reader {
    struct arena *arena;
    const struct token *at;
    int depth;
};

static const struct expr *read_or(struct reader *r);
static const struct expr *read_word(struct reader *r);

static bool take(struct reader *r, const char *word)
{
    if (!token_is(r->at, word)) {
        return false;
    }
    r->at++;
    return true;
}

static const struct expr *make2(struct reader *r, enum expr_kind kind, const char *name,
                                const struct expr *left, const struct expr *right)
{
    if (!left || !right) {
        return NULL;
    }
    const struct expr *args[] = {left, right};
    return expr_make(r->arena, kind, name, args, ARRAY_LEN(args));
}

static const struct expr *make1(struct reader *r, enum expr_kind kind, const struct expr *arg)
{
    return arg ? expr_make(r->arena, kind, NULL, &arg, 1) : NULL;
}

/* "a, b, c)" behind the open bracket, appended to *@items. */
static bool read_list(struct reader *r, const struct expr ***items, size_t *n)
{
    if (take(r, ")")) {
        return true;
    }
    do {
        const struct expr *e = read_or(r);
        if (!e) {
            return false;
        }
        ARENA_PUSH(r->arena, *items, *n, e);
    } while (take(r, ","));
    return take(r, ")");
}

/*
 * The argument of a template. Behind an open bracket of the template's own only a name is taken:
 * trying several templates on nested brackets would take time without bound.
 */
static const struct expr *read_argument(struct reader *r, bool names_only)
{
    if (!names_only) {
        return read_or(r);
    }
    return r->at->kind == TOKEN_WORD || r->at->kind == TOKEN_QUOTED ? read_word(r) : NULL;
}

/* The tokens of every template, read once for the process. */
#define TEMPLATES_MAX 32

static struct tokens templates[TEMPLATES_MAX];
static struct arena *templates_arena; /* lives as long as the process */

static void read_templates(void)
{
    size_t n = 0;
    const struct sqlite_function *f = sqlite_functions(&n);
    templates_arena = arena_new();
    BUG_ON(n > TEMPLATES_MAX);
    for (size_t i = 0; i < n; i++) {
        templates[i] = tokens_read(templates_arena, str_of(f[i].text));
    }
}

/* The template's tokens one by one; each `?` is the same argument. */
static const struct expr *read_template(struct reader *r, const struct sqlite_function *f,
                                        struct tokens want)
{
    struct reader try = *r;
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

static const struct expr *read_function(struct reader *r)
{
    size_t n = 0;
    const struct sqlite_function *f = sqlite_functions(&n);
    for (size_t i = 0; i < n; i++) {
        if (f[i].n_args >= 0) {
            /* the first token tells, so that few templates are tried */
            bool may_be = token_same(&templates[i].items[0], r->at);
            const struct expr *e = may_be ? read_template(r, &f[i], templates[i]) : NULL;
            if (e) {
                return e;
            }
        } else if (token_is(r->at, f[i].text) && token_is(r->at + 1, "(")) {
            const struct expr **args = NULL;
            size_t n_args = 0;
            r->at += 2;
            return read_list(r, &args, &n_args)
                       ? expr_make(r->arena, EXPR_CALL, f[i].name, args, n_args)
                       : NULL;
        }
    }
    return NULL;
}

static const struct expr *read_number(struct reader *r, bool negative)
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

static const struct expr *read_blob(struct reader *r)
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

static const struct expr *read_word(struct reader *r)
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
        if (take(r, constants[i].word)) {
            return expr_literal(r->arena, constants[i].value);
        }
    }
    bool is_call = token_is(r->at + 1, "(") || token_is(r->at + 1, ".");
    if (is_call || (r->at->kind == TOKEN_WORD && is_reserved(r->at))) {
        return NULL;
    }
    return expr_column(r->arena, token_name(r->arena, r->at++));
}

static const struct expr *read_brackets(struct reader *r)
{
    r->at++;
    const struct expr *e = read_or(r);
    return e && take(r, ")") ? e : NULL;
}

static const struct expr *read_simple(struct reader *r)
{
    const struct expr *e = read_function(r);
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

static const struct expr *read_primary(struct reader *r)
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

static const struct expr *read_level(struct reader *r, int level)
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
        left = make2(r, levels[level].kind, word, left, read_level(r, level - 1));
    }
    return NULL;
}

static const struct expr *read_operand(struct reader *r)
{
    return read_level(r, (int)ARRAY_LEN(levels) - 1);
}

/* GLOB back to LIKE; NULL for character classes that LIKE cannot say. */
static const char *like_pattern(struct arena *a, struct str glob)
{
    struct buf b;
    buf_init(&b, BUF_MAX_DEFAULT);
    bool fits = true;
    for (size_t i = 0; i < glob.n && fits; i++) {
        char c = glob.p[i];
        if (c == '*' || c == '?') {
            buf_addc(&b, c == '*' ? '%' : '_');
            continue;
        }
        if (c == '[') {
            fits = i + 2 < glob.n && glob.p[i + 2] == ']' && glob.p[i + 1] != '^';
            c = fits ? glob.p[i + 1] : c;
            i += 2;
        }
        if (c == '%' || c == '_' || c == '\\') {
            buf_addc(&b, '\\');
        }
        buf_addc(&b, c);
    }
    const char *like = fits ? arena_str(a, buf_str(&b)) : NULL;
    buf_release(&b);
    return like;
}

static const struct expr *read_glob(struct reader *r, const struct expr *left)
{
    if (r->at->kind != TOKEN_STRING) {
        return NULL;
    }
    const char *like = like_pattern(r->arena, str_of(token_name(r->arena, r->at++)));
    return like ? make2(r, EXPR_LIKE, NULL, left, expr_literal(r->arena, value_text(like))) : NULL;
}

static const struct expr *read_like(struct reader *r, const struct expr *left)
{
    const struct expr *pattern = read_operand(r);
    if (!pattern || pattern->kind == EXPR_LITERAL || !take(r, "escape") ||
        !str_is(r->at->text, "'\\'")) {
        return NULL;
    }
    r->at++;
    return make2(r, EXPR_LIKE, NULL, left, pattern);
}

static const struct expr *read_in(struct reader *r, const struct expr *left)
{
    const struct expr **args = NULL;
    size_t n = 0;
    ARENA_PUSH(r->arena, args, n, left);
    if (!take(r, "(") || !read_list(r, &args, &n)) {
        return NULL;
    }
    return expr_make(r->arena, EXPR_IN, NULL, args, n);
}

static const struct expr *read_between(struct reader *r, const struct expr *left)
{
    const struct expr *args[3] = {left, read_operand(r), NULL};
    if (!args[1] || !take(r, "and") || !(args[2] = read_operand(r))) {
        return NULL;
    }
    return expr_make(r->arena, EXPR_BETWEEN, NULL, args, ARRAY_LEN(args));
}

static const struct expr *read_is(struct reader *r, const struct expr *left)
{
    bool negated = take(r, "not");
    if (!take(r, "null")) {
        return NULL;
    }
    const struct expr *e = make1(r, EXPR_IS_NULL, left);
    return negated ? make1(r, EXPR_NOT, e) : e;
}

static const struct expr *read_test(struct reader *r, const struct expr *left)
{
    static const struct {
        const char *word, *op;
    } equalities[] = {{"=", "="}, {"==", "="}, {"<>", "!="}, {"!=", "!="}};
    for (size_t i = 0; i < ARRAY_LEN(equalities); i++) {
        if (take(r, equalities[i].word)) {
            return make2(r, EXPR_COMPARE, equalities[i].op, left, read_operand(r));
        }
    }
    static const struct {
        const char *word;
        const struct expr *(*read)(struct reader *r, const struct expr *left);
    } tests[] = {
        {"in", read_in},
        {"between", read_between},
        {"glob", read_glob},
        {"like", read_like},
    };
    bool negated = take(r, "not");
    for (size_t i = 0; i < ARRAY_LEN(tests); i++) {
        if (take(r, tests[i].word)) {
            const struct expr *e = tests[i].read(r, left);
            return negated ? make1(r, EXPR_NOT, e) : e;
        }
    }
    if (!negated && take(r, "is")) {
        return read_is(r, left);
    }
    return negated ? NULL : left;
}

static const struct expr *read_condition(struct reader *r)
{
    if (r->depth < DEPTH_MAX && take(r, "not")) {
        r->depth++;
        const struct expr *e = make1(r, EXPR_NOT, read_condition(r));
        r->depth--;
        return e;
    }
    const struct expr *left = read_operand(r);
    return left ? read_test(r, left) : NULL;
}

/* A flat chain: "a AND b AND c" is one expression of three parts. */
static const struct expr *read_chain(struct reader *r, const char *word, enum expr_kind kind,
                                     const struct expr *(*part)(struct reader *r))
{
    const struct expr **args = NULL;
    size_t n = 0;
    do {
        const struct expr *e = part(r);
        if (!e) {
            return NULL;
        }
        ARENA_PUSH(r->arena, args, n, e);
    } while (take(r, word));
    return n == 1 ? args[0] : expr_make(r->arena, kind, NULL, args, n);
}

static const struct expr *read_and(struct reader *r)
{
    return read_chain(r, "and", EXPR_AND, read_condition);
}

static const struct expr *read_or(struct reader *r)
{
    return read_chain(r, "or", EXPR_OR, read_and);
}

const struct expr *sqlite_expr_parse(struct arena *a, struct str text)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    BUG_ON(pthread_once(&once, read_templates) != 0 || !templates_arena);
    text = str_trim(text);
    struct tokens tokens = tokens_read(a, text);
    struct reader r = {.arena = a, .at = tokens.items};
    const struct expr *e = tokens.n ? read_or(&r) : NULL;
    return e && r.at->kind == TOKEN_END ? e : expr_raw(a, arena_str(a, text));
}
