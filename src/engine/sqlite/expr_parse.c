#include "engine/sqlite/expr_parse.h"

#include "base/attr.h"
#include "base/buf.h"
#include "engine/sqlite/dialect.h"

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

static const struct expr *read_glob(struct sql_reader *r, const struct expr *left)
{
    if (r->at->kind != TOKEN_STRING) {
        return NULL;
    }
    const char *like = like_pattern(r->arena, str_of(token_name(r->arena, r->at++)));
    return like ? sql_pair(r, EXPR_LIKE, NULL, left, expr_literal(r->arena, value_text(like)))
                : NULL;
}

static const struct expr *read_like(struct sql_reader *r, const struct expr *left)
{
    const struct expr *pattern = sql_read_operand(r);
    if (!pattern || pattern->kind == EXPR_LITERAL || !sql_take(r, "escape") ||
        !str_is(r->at->text, "'\\'")) {
        return NULL;
    }
    r->at++;
    return sql_pair(r, EXPR_LIKE, NULL, left, pattern);
}

const struct expr *sqlite_expr_parse(struct arena *a, struct str text)
{
    static const struct sql_test tests[] = {{"glob", read_glob}, {"like", read_like}};
    static _Atomic(struct sql_templates *) templates;
    struct sql_grammar g = {.tests = tests, .n_tests = ARRAY_LEN(tests), .templates = &templates};
    g.functions = sqlite_functions(&g.n_functions);
    return sql_parse(a, &g, text);
}
