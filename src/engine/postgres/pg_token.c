#include "engine/postgres/pg_token.h"

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

static bool is_operator(char c)
{
    return c && strchr("+-*/<>=~!@#%^&|`?", c) != NULL;
}

static bool starts_comment(struct str s)
{
    return s.n >= 2 && ((s.p[0] == '-' && s.p[1] == '-') || (s.p[0] == '/' && s.p[1] == '*'));
}

/* Behind the quote that closes; 0 when none does. */
static size_t quoted_length(struct str s)
{
    for (size_t i = 1; i < s.n; i++) {
        if (s.p[i] != s.p[0]) {
            continue;
        }
        if (i + 1 < s.n && s.p[i + 1] == s.p[0]) {
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
    while (n < s.n && (is_word(s.p[n]) || s.p[n] == '.')) {
        bool exponent = s.p[n] == 'e' || s.p[n] == 'E';
        n++;
        if (exponent && n < s.n && (s.p[n] == '+' || s.p[n] == '-')) {
            n++;
        }
    }
    return n;
}

/* A quote right behind a bare word begins a text with escapes, bits, or a typed literal. */
static size_t word_length(struct str s)
{
    size_t n = 1;
    while (n < s.n && is_word(s.p[n])) {
        n++;
    }
    return n < s.n && s.p[n] == '\'' ? 0 : n;
}

static size_t operator_length(struct str s)
{
    size_t n = 0;
    while (n < s.n && is_operator(s.p[n]) && !starts_comment(str_sub(s, n))) {
        n++;
    }
    return n;
}

static size_t mark_length(struct str s)
{
    if (s.n >= 2 && s.p[0] == ':' && s.p[1] == ':') {
        return 2;
    }
    return s.p[0] && strchr("(),;.:[]", s.p[0]) ? 1 : 0;
}

static struct pg_token take(enum pg_token_kind kind, struct str s, size_t n)
{
    return n ? (struct pg_token){kind, {s.p, n}} : (struct pg_token){PG_BAD, s};
}

static struct pg_token read_one(struct str s)
{
    char c = s.p[0];
    if (c == '\'' || c == '"') {
        return take(c == '"' ? PG_QUOTED : PG_STRING, s, quoted_length(s));
    }
    if (is_digit(c) || (c == '.' && s.n > 1 && is_digit(s.p[1]))) {
        return take(PG_NUMBER, s, number_length(s));
    }
    if (is_word_start(c)) {
        return take(PG_WORD, s, word_length(s));
    }
    return take(PG_MARK, s, is_operator(c) ? operator_length(s) : mark_length(s));
}

struct pg_tokens pg_tokens_read(struct arena *a, struct str text)
{
    struct pg_tokens out = {0};
    struct str rest = text;
    while (rest.n) {
        if (is_space(rest.p[0])) {
            rest = str_sub(rest, 1);
            continue;
        }
        struct pg_token t = read_one(rest);
        ARENA_PUSH(a, out.items, out.n, t);
        if (t.kind == PG_BAD) {
            break;
        }
        rest = str_sub(rest, t.text.n);
    }
    struct pg_token end = {PG_END, {rest.p, 0}};
    ARENA_PUSH(a, out.items, out.n, end);
    out.n--;
    return out;
}

bool pg_token_is(const struct pg_token *t, const char *word)
{
    return (t->kind == PG_WORD || t->kind == PG_MARK) && str_eq_nocase(t->text, str_of(word));
}

bool pg_token_is_name(const struct pg_token *t)
{
    return t->kind == PG_WORD || t->kind == PG_QUOTED;
}

const char *pg_token_name(struct arena *a, const struct pg_token *t)
{
    char *name = arena_str(a, t->text);
    if (t->kind == PG_WORD) {
        for (char *p = name; *p; p++) {
            *p = *p >= 'A' && *p <= 'Z' ? (char)(*p - 'A' + 'a') : *p;
        }
        return name;
    }
    if (t->kind != PG_QUOTED && t->kind != PG_STRING) {
        return name;
    }
    size_t n = 0;
    for (size_t i = 1; i + 1 < t->text.n; i++) {
        name[n++] = t->text.p[i];
        i += t->text.p[i] == t->text.p[0]; /* the second of a doubled quote */
    }
    name[n] = 0;
    return name;
}

/* Functions that look at the server and not at rows; nobody's CHECK or default needs them. */
static bool reaches_out(const char *name)
{
    static const char *const heads[] = {
        "pg_",        "lo_",          "dblink",     "query_to_",       "cursor_to_", "table_to_",
        "schema_to_", "database_to_", "set_config", "current_setting", "inet_",      "txid_",
        "setval",     "xmltable",     "ts_stat",    "brin_",           "gin_",       "has_",
    };
    for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
        if (str_starts(str_of(name), str_of(heads[i]))) {
            return true;
        }
    }
    return false;
}

bool pg_is_closed(struct arena *a, struct str text)
{
    struct pg_tokens t = pg_tokens_read(a, text);
    int depth = 0;
    if (t.n == 0 || (text.n && memchr(text.p, 0, text.n))) {
        return false;
    }
    for (size_t i = 0; i < t.n; i++) {
        const struct pg_token *k = &t.items[i];
        depth += pg_token_is(k, "(") || pg_token_is(k, "[") ? 1 : 0;
        depth -= pg_token_is(k, ")") || pg_token_is(k, "]") ? 1 : 0;
        if (depth < 0 || k->kind == PG_BAD || pg_token_is(k, ";")) {
            return false;
        }
        if (pg_token_is_name(k) && pg_token_is(k + 1, "(") && reaches_out(pg_token_name(a, k))) {
            return false;
        }
    }
    return depth == 0;
}
