#include "engine/sqlite/dialect.h"

#include "engine/sqlcommon/token.h"
#include "engine/sqlite/storage.h"

static const struct sql_function functions[] = {
    {"now", 0, "strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')"},
    {"uuid", 0,
     "lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || "
     "substr(hex(randomblob(2)), 2) || '-' || substr('89ab', 1 + (random() & 3), 1) || "
     "substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))"},
    {"current_date", 0, "date('now')"},
    {"is_integer", 1, "(typeof(?) IN ('integer', 'null'))"},
    {"is_number", 1, "(typeof(?) IN ('integer', 'real', 'null'))"},
    {"date_valid", 1, "(? IS date(?, '+0 days'))"},
    {"time_valid", 1, "(? IS NULL OR time(?) IS NOT NULL)"},
    {"instant_valid", 1, "(? IS NULL OR julianday(?) IS NOT NULL)"},
    {"json_valid", 1, "(? IS NULL OR json_valid(?))"}, /* 0 for NULL before SQLite 3.41 */
    {"json_valid", 1, "json_valid(?)"},                /* as others write it: read only */
    {"lower", 1, "lower(?)"},
    {"upper", 1, "upper(?)"},
    {"length", 1, "length(?)"},
    {"abs", 1, "abs(?)"},
    {"round", 1, "round(?)"},
    {"trim", 1, "trim(?)"},
    {"coalesce", -1, "coalesce"},
};

const struct sql_function *sqlite_functions(size_t *n)
{
    *n = ARRAY_LEN(functions);
    return functions;
}

static void write_bytes(struct buf *out, struct str bytes)
{
    buf_adds(out, "x'");
    for (size_t i = 0; i < bytes.n; i++) {
        buf_printf(out, "%02x", (unsigned char)bytes.p[i]);
    }
    buf_addc(out, '\'');
}

static void write_operand(struct sql_writer *w, const struct column *column)
{
    if (sqlite_datetime_is_foreign(&column->type)) {
        sql_text(w, "replace(");
        sql_ident(w, column->name);
        sql_text(w, ", ' ', 'T')");
        return;
    }
    sql_ident(w, column->name);
    if (sqlite_decimal_is_text(&column->type)) {
        sql_text(w, " COLLATE telaio_decimal");
    }
}

/* What every match of @pattern begins with: the text before the first wild card. */
static struct str like_prefix(struct arena *a, struct str pattern)
{
    char *prefix = arena_alloc(a, pattern.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < pattern.n && pattern.p[i] != '%' && pattern.p[i] != '_'; i++) {
        i += pattern.p[i] == '\\' && i + 1 < pattern.n;
        prefix[n++] = pattern.p[i];
    }
    return (struct str){prefix, n};
}

/* A range around the prefix lets an index be used; the last byte of UTF-8 has room for one more. */
static void write_range(struct sql_writer *w, const struct column *column, struct str prefix)
{
    char *end = arena_memdup(w->arena, prefix.p, prefix.n);
    end[prefix.n - 1]++;
    sql_ident(w, column->name);
    sql_text(w, " >= ");
    sql_param(w, NULL, value_str(prefix));
    sql_text(w, " AND ");
    sql_ident(w, column->name);
    sql_text(w, " < ");
    sql_param(w, NULL, value_str((struct str){end, prefix.n}));
    sql_text(w, " AND ");
}

static void write_like(struct sql_writer *w, const struct column *column,
                       const struct value *pattern, bool fold)
{
    bool ranges =
        !fold && pattern->kind == VALUE_TEXT && type_is_text(&column->type) && !column->collation;
    struct str prefix = ranges ? like_prefix(w->arena, pattern->s) : (struct str){NULL, 0};
    sql_text(w, prefix.n ? "(" : "");
    if (prefix.n) {
        write_range(w, column, prefix);
    }
    sql_text(w, fold ? "telaio_ilike(" : "telaio_like(");
    sql_param(w, NULL, *pattern);
    sql_text(w, ", ");
    sql_ident(w, column->name);
    sql_text(w, prefix.n ? "))" : ")");
}

static void write_search(struct sql_writer *w, const struct filter *f)
{
    sql_text(w, "telaio_search(");
    sql_param(w, NULL, f->values[0]);
    for (size_t i = 0; i < f->n_columns; i++) {
        sql_text(w, ", ");
        sql_ident(w, f->columns[i]->name);
    }
    sql_text(w, ")");
}

static void write_template(struct sql_writer *w, const char *text, const struct expr *e)
{
    const char *arg;
    while ((arg = strchr(text, '?'))) {
        buf_add(w->out, text, (size_t)(arg - text));
        sql_expr(w, e->args[0]);
        text = arg + 1;
    }
    sql_text(w, text);
}

static bool write_call(struct sql_writer *w, const struct expr *e)
{
    for (size_t i = 0; i < ARRAY_LEN(functions); i++) {
        const struct sql_function *f = &functions[i];
        if (!text_eq(f->name, e->name) || (f->n_args >= 0 && (size_t)f->n_args != e->n_args)) {
            continue;
        }
        if (f->n_args >= 0) {
            write_template(w, f->text, e);
            return true;
        }
        sql_text(w, f->text);
        sql_text(w, "(");
        for (size_t k = 0; k < e->n_args; k++) {
            if (k) {
                sql_text(w, ", ");
            }
            sql_expr(w, e->args[k]);
        }
        sql_text(w, ")");
        return true;
    }
    return false;
}

/* LIKE of SQLite folds ASCII case, GLOB does not: a known pattern is written as one. */
static const char *glob_pattern(struct arena *a, struct str like)
{
    struct buf b;
    buf_init(&b, BUF_MAX_DEFAULT);
    for (size_t i = 0; i < like.n; i++) {
        char c = like.p[i];
        if (c == '%' || c == '_') {
            buf_addc(&b, c == '%' ? '*' : '?');
            continue;
        }
        if (c == '\\' && i + 1 < like.n) {
            c = like.p[++i];
        }
        if (c == '*' || c == '?' || c == '[') {
            buf_printf(&b, "[%c]", c);
        } else {
            buf_addc(&b, c);
        }
    }
    const char *glob = arena_str(a, buf_str(&b));
    buf_release(&b);
    return glob;
}

static void write_expr_like(struct sql_writer *w, const struct expr *text,
                            const struct expr *pattern)
{
    sql_text(w, "(");
    sql_expr(w, text);
    if (pattern->kind == EXPR_LITERAL && pattern->value.kind == VALUE_TEXT) {
        struct value glob = value_text(glob_pattern(w->arena, pattern->value.s));
        sql_text(w, " GLOB ");
        sql_literal(w, &glob);
    } else {
        sql_text(w, " LIKE ");
        sql_expr(w, pattern);
        sql_text(w, " ESCAPE '\\'");
    }
    sql_text(w, ")");
}

const struct sql_dialect sqlite_dialect = {
    .quote = '"',
    .conflict_by_key = true,
    .nulls_clause = true,
    .is_distinct = {" IS NOT ", " IS "},
    .unlimited = "-1",
    .bytes = write_bytes,
    .literal_true = "TRUE",
    .literal_false = "FALSE",
    .operand = write_operand,
    .like = write_like,
    .search = write_search,
    .call = write_call,
    .is_closed = tokens_closed,
    .expr_like = write_expr_like,
    .encode = sqlite_encode,
};
