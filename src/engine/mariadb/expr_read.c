#include "base/attr.h"
#include "base/buf.h"
#include "engine/mariadb/structure.h"
#include "engine/sqlcommon/sql_parse.h"

/* Where @at stands behind an escape of the server, *@c is what it means. */
static bool escaped(char at, char *c)
{
    static const char from[] = "\\'\"nrtZb", to[] = "\\'\"\n\r\t\x1a\b";
    const char *found = at ? strchr(from, at) : NULL;
    if (found) {
        *c = to[found - from];
    }
    return found != NULL;
}

/* One literal from its quote on; returns where it ends. */
static size_t copy_literal(struct buf *b, struct str s, size_t i)
{
    buf_addc(b, '\'');
    for (i++; i < s.n; i++) {
        char c = s.p[i];
        if (c == '\\' && i + 1 < s.n && escaped(s.p[i + 1], &c)) {
            i++;
        } else if (c == '\'' && (i + 1 >= s.n || s.p[i + 1] != '\'')) {
            break;
        } else if (c == '\'') {
            i++;
        }
        buf_addc(b, c);
        if (c == '\'') {
            buf_addc(b, c);
        }
    }
    buf_addc(b, '\'');
    return i + 1;
}

static size_t copy_name(struct buf *b, struct str s, size_t i)
{
    buf_addc(b, s.p[i++]);
    while (i < s.n && s.p[i] != '`') {
        buf_addc(b, s.p[i++]);
    }
    if (i < s.n) {
        buf_addc(b, s.p[i++]);
    }
    return i;
}

const char *my_unescape(struct arena *a, struct str text)
{
    struct buf b;
    buf_init(&b, BUF_MAX_DEFAULT);
    for (size_t i = 0; i < text.n;) {
        if (text.p[i] == '\'') {
            i = copy_literal(&b, text, i);
        } else if (text.p[i] == '`') {
            i = copy_name(&b, text, i);
        } else {
            buf_addc(&b, text.p[i++]);
        }
    }
    const char *out = arena_str(a, buf_str(&b));
    buf_release(&b);
    return out;
}

static const struct sql_function functions[] = {
    {"now", 0, "current_timestamp(6)"},
    {"uuid", 0, "uuid()"},
    {"current_date", 0, "curdate()"},
    {"json_valid", 1, "json_valid(?)"},
    {"lower", 1, "lcase(?)"},
    {"upper", 1, "ucase(?)"},
    {"length", 1, "char_length(?)"},
    {"abs", 1, "abs(?)"},
    {"round", 1, "round(?,0)"},
    {"trim", 1, "trim(?)"},
    {"coalesce", -1, "coalesce"},
    /* their brackets go when they are printed, so they come back as engine text */
    {"date_valid", 1, "(? IS NULL OR to_days(?) IS NOT NULL)"},
    {"time_valid", 1, "(? IS NULL OR time_to_sec(?) IS NOT NULL)"},
    {"instant_valid", 1, "(? IS NULL OR to_seconds(?) IS NOT NULL)"},
    {"is_integer", 1, "(? REGEXP '^[-+]?[0-9]+$')"},
    {"is_number", 1, "(? REGEXP '^[-+]?[0-9]+([.][0-9]+)?([eE][-+]?[0-9]+)?$')"},
    /* of other programs: read only */
    {"now", 0, "current_timestamp()"},
    {"now", 0, "utc_timestamp(6)"},
    {"now", 0, "utc_timestamp()"},
    {"current_date", 0, "current_date()"},
};

const struct sql_function *my_functions(size_t *n)
{
    *n = ARRAY_LEN(functions);
    return functions;
}

/* is_integer(x) and is_number(x) by their patterns. */
static const struct expr *read_regexp(struct sql_reader *r, const struct expr *left)
{
    if (r->at->kind != TOKEN_STRING) {
        return NULL;
    }
    for (size_t i = 0; i < ARRAY_LEN(functions); i++) {
        const char *pattern = strstr(functions[i].text, "REGEXP ");
        size_t n = r->at->text.n;
        if (pattern && strncmp(pattern + 7, r->at->text.p, n) == 0 && pattern[7 + n] == ')') {
            r->at++;
            return expr_make(r->arena, EXPR_CALL, functions[i].name, &left, 1);
        }
    }
    return NULL;
}

/* A pattern without a backslash means the same with and without one as its escape. */
static bool is_plain_pattern(const struct expr *e)
{
    return e->kind == EXPR_LITERAL && e->value.kind == VALUE_TEXT &&
           str_find(e->value.s, '\\') == e->value.s.n;
}

static const struct expr *read_like(struct sql_reader *r, const struct expr *left)
{
    const struct expr *pattern = sql_read_operand(r);
    if (!pattern) {
        return NULL;
    }
    if (!sql_take(r, "escape")) {
        return is_plain_pattern(pattern) ? sql_pair(r, EXPR_LIKE, NULL, left, pattern) : NULL;
    }
    if (!str_is(r->at->text, "'\\'")) {
        return NULL;
    }
    r->at++;
    return sql_pair(r, EXPR_LIKE, NULL, left, pattern);
}

static const struct expr *read_concat(struct sql_reader *r)
{
    const struct expr **args = NULL;
    size_t n = 0;
    r->at += 2;
    if (!sql_read_list(r, &args, &n) || n == 0) {
        return NULL;
    }
    const struct expr *e = args[0];
    for (size_t i = 1; i < n; i++) {
        e = sql_pair(r, EXPR_ARITH, "||", e, args[i]);
    }
    return e;
}

static const struct expr *read_not(struct sql_reader *r)
{
    r->at += 2;
    const struct expr *e = sql_read_whole(r);
    return e && sql_take(r, ")") ? expr_make(r->arena, EXPR_NOT, NULL, &e, 1) : NULL;
}

static const struct expr *read_own(struct sql_reader *r)
{
    bool is_bracket = r->at->kind != TOKEN_END && token_is(r->at + 1, "(");
    const struct token *from = r->at;
    const struct expr *e = NULL;
    if (is_bracket && token_is(r->at, "concat")) {
        e = read_concat(r);
    } else if (is_bracket && token_is(r->at, "!")) {
        e = read_not(r);
    } else if (r->at->kind == TOKEN_WORD && r->at->text.p[0] == '_' &&
               r->at[1].kind == TOKEN_STRING) {
        e = expr_literal(r->arena, value_text(token_name(r->arena, r->at + 1)));
        r->at += 2; /* the character set of a literal */
    }
    r->at = e ? r->at : from;
    return e;
}

const struct expr *my_expr_read(struct arena *a, struct str text)
{
    static const struct sql_test tests[] = {{"like", read_like}, {"regexp", read_regexp}};
    static _Atomic(struct sql_templates *) templates;
    struct sql_grammar g = {
        .functions = functions,
        .n_functions = ARRAY_LEN(functions),
        .tests = tests,
        .n_tests = ARRAY_LEN(tests),
        .own = read_own,
        .templates = &templates,
    };
    return sql_parse(a, &g, str_of(my_unescape(a, text)));
}

/* Comments of MariaDB can hold code, and "#" begins one: none may stand in a text. */
bool my_is_closed(struct arena *a, struct str text)
{
    if (!tokens_closed(a, text)) {
        return false;
    }
    struct tokens k = tokens_read(a, text);
    const char *from = text.p;
    for (size_t i = 0; i <= k.n; i++) {
        const struct token *t = &k.items[i];
        const char *to = i < k.n ? t->text.p : text.p + text.n;
        for (; from < to; from++) {
            if (!strchr(" \t\r\n", *from)) {
                return false;
            }
        }
        bool is_list = t->kind == TOKEN_QUOTED && t->text.p[0] == '[';
        if (token_is(t, "#") || is_list) {
            return false;
        }
        from = t->text.p + t->text.n;
    }
    return true;
}
