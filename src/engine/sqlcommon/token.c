#include "engine/sqlcommon/token.h"

#include "base/attr.h"

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 128;
}

static bool is_word(char c)
{
    return is_word_start(c) || is_digit(c) || c == '$';
}

/* The length of the comment at the start of @s: 0 when there is none, s.n + 1 when it is open. */
static size_t comment_length(struct str s)
{
    if (s.n >= 2 && s.p[0] == '-' && s.p[1] == '-') {
        size_t end = str_find(s, '\n');
        return end < s.n ? end + 1 : s.n;
    }
    if (s.n < 2 || s.p[0] != '/' || s.p[1] != '*') {
        return 0;
    }
    for (size_t i = 2; i + 1 < s.n; i++) {
        if (s.p[i] == '*' && s.p[i + 1] == '/') {
            return i + 2;
        }
    }
    return s.n + 1;
}

/* A quoted token of length n ends behind its closing quote; 0 when it never closes. */
static size_t quoted_length(struct str s, char close)
{
    for (size_t i = 1; i < s.n; i++) {
        if (s.p[i] != close) {
            continue;
        }
        if (close != ']' && i + 1 < s.n && s.p[i + 1] == close) {
            i++;
            continue;
        }
        return i + 1;
    }
    return 0;
}

static size_t number_length(struct str s)
{
    size_t n = 0;
    if (s.n > 2 && s.p[0] == '0' && (s.p[1] == 'x' || s.p[1] == 'X')) {
        n = 2;
    }
    while (n < s.n && (is_word(s.p[n]) || s.p[n] == '.')) {
        bool exponent = s.p[n] == 'e' || s.p[n] == 'E';
        n++;
        if (exponent && n < s.n && (s.p[n] == '+' || s.p[n] == '-')) {
            n++;
        }
    }
    return n;
}

static size_t mark_length(struct str s)
{
    static const char *const pairs[] = {"||", "<=", ">=", "<>", "!=", "==", "<<", ">>", "->"};
    for (size_t i = 0; s.n >= 2 && i < ARRAY_LEN(pairs); i++) {
        if (s.p[0] == pairs[i][0] && s.p[1] == pairs[i][1]) {
            return 2;
        }
    }
    return s.p[0] && strchr("(),;.+-*/%<>=&|~?:@#$!", s.p[0]) ? 1 : 0;
}

static struct token take(enum token_kind kind, struct str s, size_t n)
{
    if (n == 0) {
        return (struct token){TOKEN_BAD, s};
    }
    return (struct token){kind, {s.p, n}};
}

static struct token read_quoted(struct str s)
{
    switch (s.p[0]) {
    case '\'':
        return take(TOKEN_STRING, s, quoted_length(s, '\''));
    case '[':
        return take(TOKEN_QUOTED, s, quoted_length(s, ']'));
    default:
        return take(TOKEN_QUOTED, s, quoted_length(s, s.p[0]));
    }
}

static struct token read_one(struct str s)
{
    char c = s.p[0];
    if (c == '\'' || c == '"' || c == '`' || c == '[') {
        return read_quoted(s);
    }
    if ((c == 'x' || c == 'X') && s.n > 1 && s.p[1] == '\'') {
        size_t n = quoted_length(str_sub(s, 1), '\'');
        return take(TOKEN_BLOB, s, n ? n + 1 : 0);
    }
    if (is_digit(c) || (c == '.' && s.n > 1 && is_digit(s.p[1]))) {
        return take(TOKEN_NUMBER, s, number_length(s));
    }
    if (is_word_start(c)) {
        size_t n = 1;
        while (n < s.n && is_word(s.p[n])) {
            n++;
        }
        return take(TOKEN_WORD, s, n);
    }
    return take(TOKEN_MARK, s, mark_length(s));
}

struct tokens tokens_read(struct arena *a, struct str text)
{
    struct tokens out = {.text = text.p};
    struct str rest = text;
    while (rest.n) {
        if (is_space(rest.p[0])) {
            rest = str_sub(rest, 1);
            continue;
        }
        size_t skip = comment_length(rest);
        struct token t = skip > rest.n ? (struct token){TOKEN_BAD, rest} : (struct token){0};
        if (skip && skip <= rest.n) {
            rest = str_sub(rest, skip);
            continue;
        }
        if (t.kind == TOKEN_END) {
            t = read_one(rest);
        }
        ARENA_PUSH(a, out.items, out.n, t);
        if (t.kind == TOKEN_BAD) {
            break;
        }
        rest = str_sub(rest, t.text.n);
    }
    struct token end = {TOKEN_END, {rest.p, 0}};
    ARENA_PUSH(a, out.items, out.n, end);
    out.n--;
    return out;
}

bool tokens_closed(struct arena *a, struct str text)
{
    /* a bracket behind it must be seen: a line comment at the end would hide it */
    const char *closed = arena_printf(a, "%.*s)", (int)text.n, text.n ? text.p : "");
    struct tokens t = tokens_read(a, str_of(closed));
    int depth = 0;
    if (t.n < 2 || strlen(closed) != text.n + 1) {
        return false;
    }
    for (size_t i = 0; i + 1 < t.n; i++) {
        depth += token_is(&t.items[i], "(") ? 1 : token_is(&t.items[i], ")") ? -1 : 0;
        if (depth < 0 || t.items[i].kind == TOKEN_BAD || token_is(&t.items[i], ";")) {
            return false;
        }
    }
    return depth == 0 && t.items[t.n - 1].text.p == closed + text.n;
}

bool token_is(const struct token *t, const char *word)
{
    return (t->kind == TOKEN_WORD || t->kind == TOKEN_MARK) && str_eq_nocase(t->text, str_of(word));
}

bool token_same(const struct token *x, const struct token *y)
{
    if (x->kind != y->kind) {
        return false;
    }
    return x->kind == TOKEN_WORD ? str_eq_nocase(x->text, y->text) : str_eq(x->text, y->text);
}

bool token_is_name(const struct token *t)
{
    return t->kind == TOKEN_WORD || t->kind == TOKEN_QUOTED || t->kind == TOKEN_STRING;
}

const char *token_name(struct arena *a, const struct token *t)
{
    if (t->kind != TOKEN_QUOTED && t->kind != TOKEN_STRING) {
        return arena_str(a, t->text);
    }
    char close = t->text.p[0] == '[' ? ']' : t->text.p[0];
    char *name = arena_alloc(a, t->text.n);
    size_t n = 0;
    for (size_t i = 1; i + 1 < t->text.n; i++) {
        name[n++] = t->text.p[i];
        if (t->text.p[i] == close) {
            i++; /* the second of a doubled quote */
        }
    }
    name[n] = 0;
    return name;
}
