#include "catalog/expr.h"

#include "base/attr.h"
#include "base/buf.h"

const struct expr *expr_literal(struct arena *a, struct value v)
{
    struct expr *e = ARENA_NEW(a, struct expr);
    e->kind = EXPR_LITERAL;
    e->value = value_copy(a, v);
    return e;
}

const struct expr *expr_column(struct arena *a, const char *name)
{
    return expr_make(a, EXPR_COLUMN, name, NULL, 0);
}

const struct expr *expr_raw(struct arena *a, const char *text)
{
    return expr_make(a, EXPR_RAW, text, NULL, 0);
}

const struct expr *expr_make(struct arena *a, enum expr_kind kind, const char *name,
                             const struct expr *const *args, size_t n_args)
{
    struct expr *e = ARENA_NEW(a, struct expr);
    e->kind = kind;
    e->name = arena_strdup(a, name);
    e->args = n_args ? arena_memdup(a, args, n_args * sizeof *args) : NULL;
    e->n_args = n_args;
    return e;
}

bool expr_function_known(const char *name)
{
    static const char *const known[] = {
        "abs",        "coalesce",   "current_date", "date_valid", "instant_valid", "is_integer",
        "is_number",  "json_valid", "length",       "lower",      "now",           "round",
        "time_valid", "trim",       "upper",        "uuid",
    };
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (text_eq(known[i], name)) {
            return true;
        }
    }
    return false;
}

bool expr_mentions(const struct expr *e, const char *column)
{
    if (!e) {
        return false;
    }
    if (e->kind == EXPR_COLUMN) {
        return str_eq_nocase(str_of(e->name), str_of(column));
    }
    if (e->kind == EXPR_RAW) {
        return raw_mentions(e->name, column);
    }
    for (size_t i = 0; i < e->n_args; i++) {
        if (expr_mentions(e->args[i], column)) {
            return true;
        }
    }
    return false;
}

const struct expr *expr_rename_column(struct arena *a, const struct expr *e, const char *from,
                                      const char *to)
{
    if (!e) {
        return NULL;
    }
    if (e->kind == EXPR_COLUMN) {
        bool same = str_eq_nocase(str_of(e->name), str_of(from));
        return same ? expr_column(a, to) : e;
    }
    if (e->kind == EXPR_RAW) {
        const char *text = raw_rename_name(a, e->name, from, to);
        return text == e->name ? e : expr_raw(a, text);
    }
    const struct expr **args = NULL;
    for (size_t i = 0; i < e->n_args; i++) {
        const struct expr *arg = expr_rename_column(a, e->args[i], from, to);
        if (arg != e->args[i] && !args) {
            args = arena_memdup(a, e->args, e->n_args * sizeof *args);
        }
        if (args) {
            args[i] = arg;
        }
    }
    if (!args) {
        return e;
    }
    struct expr *copy = arena_memdup(a, e, sizeof *e);
    copy->args = args;
    return copy;
}

bool expr_equal(const struct expr *a, const struct expr *b)
{
    if (!a || !b) {
        return a == b;
    }
    if (a->kind != b->kind || a->n_args != b->n_args || !text_eq(a->name, b->name)) {
        return false;
    }
    if (a->kind == EXPR_LITERAL && !value_equal(a->value, b->value)) {
        return false;
    }
    for (size_t i = 0; i < a->n_args; i++) {
        if (!expr_equal(a->args[i], b->args[i])) {
            return false;
        }
    }
    return true;
}

const struct expr *expr_copy(struct arena *a, const struct expr *e)
{
    if (!e) {
        return NULL;
    }
    const struct expr **args = ARENA_ARRAY(a, e->n_args, const struct expr *);
    for (size_t i = 0; i < e->n_args; i++) {
        args[i] = expr_copy(a, e->args[i]);
    }
    struct expr *copy = ARENA_NEW(a, struct expr);
    copy->kind = e->kind;
    copy->name = arena_strdup(a, e->name);
    copy->value = value_copy(a, e->value);
    copy->args = e->n_args ? args : NULL;
    copy->n_args = e->n_args;
    return copy;
}

/*
 * Engine text is looked at word by word, never parsed: what stands in '…' is a literal, what
 * stands in "…", `…` or […] is a name, a bare word is a name or a keyword or a function.
 */
struct raw_token {
    size_t start, n;
    struct str name; /* of a bare word or a quoted name; p NULL for all else */
    bool is_quoted;
    bool is_open; /* a quote that nothing closes */
};

/* Behind the quote that closes what opens at @at; s.n + 1 when nothing does. */
static size_t quoted_end(struct str s, size_t at, char close)
{
    for (size_t i = at + 1; i < s.n; i++) {
        if (s.p[i] != close) {
            continue;
        }
        if (close != ']' && i + 1 < s.n && s.p[i + 1] == close) {
            i++;
            continue;
        }
        return i + 1;
    }
    return s.n + 1;
}

static size_t comment_end(struct str s, size_t at)
{
    if (s.p[at] == '-') {
        return at + str_find(str_sub(s, at), '\n');
    }
    for (size_t i = at + 2; i + 1 < s.n; i++) {
        if (s.p[i] == '*' && s.p[i + 1] == '/') {
            return i + 2;
        }
    }
    return s.n;
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$' || (unsigned char)c >= 0x80;
}

static bool starts_comment(struct str s, size_t at)
{
    if (at + 1 >= s.n) {
        return false;
    }
    return (s.p[at] == '-' && s.p[at + 1] == '-') || (s.p[at] == '/' && s.p[at + 1] == '*');
}

static char closing_quote(char open)
{
    return open == '[' ? ']' : open;
}

/* Words that no engine takes as a name without quotes. */
static bool is_reserved(struct str word)
{
    static const char *const words[] = {
        "all",        "and",    "as",         "between", "case",     "check",   "collate",
        "constraint", "create", "default",    "delete",  "distinct", "drop",    "else",
        "escape",     "exists", "foreign",    "from",    "group",    "having",  "in",
        "insert",     "into",   "is",         "isnull",  "join",     "limit",   "not",
        "notnull",    "null",   "on",         "or",      "order",    "primary", "select",
        "set",        "table",  "references", "then",    "to",       "union",   "unique",
        "update",     "using",  "values",     "when",    "where",
    };
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (str_eq_nocase(word, str_of(words[i]))) {
            return true;
        }
    }
    return false;
}

static bool next_token(struct str s, size_t *at, struct raw_token *t)
{
    if (*at >= s.n) {
        return false;
    }
    char c = s.p[*at];
    *t = (struct raw_token){.start = *at};
    size_t end = *at + 1;
    if (starts_comment(s, *at)) {
        end = comment_end(s, *at);
    } else if (c == '\'' || c == '"' || c == '`' || c == '[') {
        end = quoted_end(s, *at, closing_quote(c));
        t->is_open = end > s.n;
        end = t->is_open ? s.n : end;
        t->is_quoted = c != '\'';
        if (t->is_quoted && !t->is_open) {
            t->name = (struct str){s.p + *at + 1, end - *at - 2};
        }
    } else if (is_word(c)) {
        while (end < s.n && is_word(s.p[end])) {
            end++;
        }
        struct str word = {s.p + *at, end - *at};
        bool is_number = c >= '0' && c <= '9';
        if (!is_number && !is_reserved(word)) {
            t->name = word;
        }
    }
    t->n = end - *at;
    *at = end;
    return true;
}

static bool followed_by_paren(struct str s, size_t at)
{
    struct str rest = str_trim(str_sub(s, at));
    return rest.n > 0 && rest.p[0] == '(';
}

bool raw_mentions(const char *text, const char *name)
{
    struct str s = str_of(text);
    struct raw_token t;
    for (size_t at = 0; next_token(s, &at, &t);) {
        if (!t.name.p || !str_eq_nocase(t.name, str_of(name))) {
            continue;
        }
        if (t.is_quoted || !followed_by_paren(s, at)) {
            return true;
        }
    }
    return false;
}

static void add_quoted(struct buf *b, const char *name)
{
    buf_addc(b, '"');
    for (; *name; name++) {
        if (*name == '"') {
            buf_addc(b, '"');
        }
        buf_addc(b, *name);
    }
    buf_addc(b, '"');
}

const char *raw_rename_name(struct arena *a, const char *text, const char *from, const char *to)
{
    if (!raw_mentions(text, from)) {
        return text;
    }
    struct str s = str_of(text);
    struct raw_token t;
    struct buf b;
    buf_init(&b, BUF_MAX_DEFAULT);
    for (size_t at = 0; next_token(s, &at, &t);) {
        bool is_it = t.name.p && str_eq_nocase(t.name, str_of(from)) &&
                     (t.is_quoted || !followed_by_paren(s, at));
        if (is_it) {
            add_quoted(&b, to);
        } else {
            buf_add(&b, s.p + t.start, t.n);
        }
    }
    char *out = arena_str(a, buf_str(&b));
    buf_release(&b);
    return out;
}

bool raw_is_expression(const char *text)
{
    struct str s = str_of(text);
    struct raw_token t;
    int depth = 0;
    if (str_trim(s).n == 0) {
        return false;
    }
    for (size_t at = 0; next_token(s, &at, &t);) {
        char c = s.p[t.start];
        depth += (c == '(') - (c == ')');
        if (depth < 0 || c == ';' || starts_comment(s, t.start) || t.is_open) {
            return false;
        }
    }
    return depth == 0;
}

/* A name that means the same without its quotes. */
static bool is_plain_name(struct str name)
{
    for (size_t i = 0; i < name.n; i++) {
        if (!is_word(name.p[i])) {
            return false;
        }
    }
    return name.n > 0 && !(name.p[0] >= '0' && name.p[0] <= '9');
}

void raw_canonical(struct buf *b, const char *text)
{
    struct str s = str_trim(str_of(text));
    struct raw_token t;
    bool space = false;
    for (size_t at = 0; next_token(s, &at, &t);) {
        if (strchr(" \t\r\n\f", s.p[t.start])) {
            space = true;
            continue;
        }
        if (space) {
            buf_addc(b, ' ');
            space = false;
        }
        if (t.name.p && is_plain_name(t.name)) {
            buf_add_str(b, t.name);
        } else {
            buf_add(b, s.p + t.start, t.n);
        }
    }
}
