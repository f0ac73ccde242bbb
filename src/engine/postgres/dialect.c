#include "engine/postgres/dialect.h"

#include <locale.h>
#include <stdatomic.h>
#include <wctype.h>

#include "base/attr.h"
#include "base/utf8.h"
#include "engine/postgres/pg_token.h"
#include "engine/postgres/types.h"
#include "engine/sqlcommon/sql_view.h"

#define TO_TEXT "postgres_text" /* a call that postgres_resolve() puts in: its argument as text */

/* Portable functions; "?" is the argument. */
static const struct {
    const char *name;
    int n_args;
    const char *text;
} functions[] = {
    {"now", 0, "now()"},
    {"uuid", 0, "gen_random_uuid()"},
    {"current_date", 0, "CURRENT_DATE"},
    {"lower", 1, "lower(?)"},
    {"upper", 1, "upper(?)"},
    {"length", 1, "length(?)"},
    {"abs", 1, "abs(?)"},
    {"round", 1, "round((?)::numeric)"}, /* halves away from zero, as everywhere else */
    {"trim", 1, "btrim(?)"},
    {"json_valid", 1, "(" POSTGRES_JSON_TYPE "((?)::json) <> '')"},
    {TO_TEXT, 1, "(?)::text"},
};

/* Portable tests of a text's form. */
static const struct {
    const char *name, *pattern;
} patterns[] = {
    {"is_integer", "^[-+]?[0-9]+$"},
    {"is_number", "^[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?$"},
    {"date_valid",
     "^([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|"
     "02-(0[1-9]|1[0-9]|2[0-8]))|([0-9]{2}(0[48]|[2468][048]|[13579][26])|"
     "([02468][048]|[13579][26])00)-02-29)$"},
    {"time_valid", "^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?$"},
    {"instant_valid", "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[T ]([01][0-9]|2[0-3]):"
                      "[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?(Z|[-+][0-9]{2}:?[0-9]{2})?$"},
};

/* Functions as the default of a text column: in the form that their values have in JSON. */
static const struct {
    const char *name, *text;
} formatted[] = {
    {"now", "to_char((now() AT TIME ZONE 'UTC'), 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"},
    {"current_date", "to_char((now() AT TIME ZONE 'UTC'), 'YYYY-MM-DD')"},
};

const char *postgres_function_of_pattern(struct str pattern)
{
    for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
        if (str_is(pattern, patterns[i].pattern)) {
            return patterns[i].name;
        }
    }
    return NULL;
}

const char *postgres_default_call(const struct expr *e)
{
    for (size_t i = 0; i < ARRAY_LEN(formatted); i++) {
        if (e->kind == EXPR_CALL && text_eq(formatted[i].name, e->name)) {
            return formatted[i].text;
        }
    }
    return NULL;
}

/* Equal but for "::text" behind literals, which the server adds. */
static bool same_words(struct pg_tokens x, struct pg_tokens y)
{
    size_t k = 0;
    for (size_t i = 0; i < x.n; i++, k++) {
        while (k + 1 < y.n && pg_token_is(&y.items[k], "::")) {
            k += 2;
        }
        if (k >= y.n || x.items[i].kind != y.items[k].kind ||
            !str_eq_nocase(x.items[i].text, y.items[k].text)) {
            return false;
        }
    }
    while (k + 1 < y.n && pg_token_is(&y.items[k], "::")) {
        k += 2;
    }
    return k == y.n;
}

const char *postgres_function_of_default(struct str text)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct pg_tokens is = pg_tokens_read(a, text);
    for (size_t i = 0; i < ARRAY_LEN(formatted); i++) {
        if (same_words(pg_tokens_read(a, str_of(formatted[i].text)), is)) {
            return formatted[i].name;
        }
    }
    return NULL;
}

static void write_bytes(struct buf *out, struct str bytes)
{
    buf_adds(out, "'\\x");
    for (size_t i = 0; i < bytes.n; i++) {
        buf_printf(out, "%02x", (unsigned char)bytes.p[i]);
    }
    buf_adds(out, "'::bytea");
}

static void write_same(struct sql_writer *w, const struct column *column)
{
    sql_ident(w, column->name);
}

static void write_operand(struct sql_writer *w, const struct column *column)
{
    sql_ident(w, column->name);
    if (!postgres_sorts_by_bytes(column)) {
        sql_text(w, " COLLATE \"C\"");
    }
}

/* Texts whose own LIKE looks at characters and nothing else (citext folds, character(n) pads). */
static bool is_plain_text(const struct column *c)
{
    const char *native = c->type.native;
    bool is_text = c->type.kind == TYPE_TEXT || c->type.kind == TYPE_ENUM;
    return is_text && !c->collation &&
           (!native || str_starts(str_of(native), STR("text")) ||
            str_starts(str_of(native), STR("character varying")));
}

static void write_as_text(struct sql_writer *w, const struct column *c)
{
    if (is_plain_text(c)) {
        sql_ident(w, c->name);
        return;
    }
    sql_text(w, "CAST(");
    sql_ident(w, c->name);
    sql_text(w, c->collation ? " AS text) COLLATE \"C\"" : " AS text)");
}

/* One character to one character, as other engines fold: the two letters that have another lower
 * case in company are made small beforehand. */
static void write_folded(struct sql_writer *w, const struct column *c)
{
    sql_text(w, "lower(translate(");
    write_as_text(w, c);
    sql_text(w, ", '\u0130\u03a3', 'i\u03c3') COLLATE \"und-x-icu\")");
}

/* One locale for the process, whatever the environment says; never freed. */
static locale_t unicode_locale(void)
{
    static _Atomic(locale_t) shared;
    locale_t found = atomic_load(&shared);
    if (found) {
        return found;
    }
    locale_t made = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    locale_t none = (locale_t)0;
    if (made && !atomic_compare_exchange_strong(&shared, &none, made)) {
        freelocale(made);
        made = none;
    }
    return made;
}

static void add_char(struct buf *b, uint32_t c)
{
    if (c < 0x80) {
        buf_addc(b, (char)c);
        return;
    }
    if (c < 0x800) {
        buf_addc(b, (char)(0xc0 | c >> 6));
    } else {
        if (c < 0x10000) {
            buf_addc(b, (char)(0xe0 | c >> 12));
        } else {
            buf_addc(b, (char)(0xf0 | c >> 18));
            buf_addc(b, (char)(0x80 | (c >> 12 & 0x3f)));
        }
        buf_addc(b, (char)(0x80 | (c >> 6 & 0x3f)));
    }
    buf_addc(b, (char)(0x80 | (c & 0x3f)));
}

static struct value fold(struct arena *a, struct value v)
{
    locale_t l = unicode_locale();
    if (v.kind != VALUE_TEXT || !l) {
        return v;
    }
    struct buf b;
    buf_init(&b, BUF_MAX_DEFAULT);
    struct str rest = v.s;
    while (rest.n) {
        int32_t c = utf8_next(&rest);
        add_char(&b, c < 0 ? '?' : (uint32_t)towlower_l((wint_t)c, l));
    }
    struct value folded = value_copy(a, value_str(buf_str(&b)));
    buf_release(&b);
    return folded;
}

/* A backslash at the end is itself; the server would refuse it. */
static struct value end_pattern(struct arena *a, struct value v)
{
    size_t n = 0;
    if (v.kind != VALUE_TEXT) {
        return v;
    }
    while (n < v.s.n && v.s.p[v.s.n - 1 - n] == '\\') {
        n++;
    }
    return n % 2 ? value_text(arena_printf(a, "%.*s\\", (int)v.s.n, v.s.p)) : v;
}

static void write_like(struct sql_writer *w, const struct column *column,
                       const struct value *pattern, bool folds)
{
    struct value v = end_pattern(w->arena, *pattern);
    if (folds) {
        write_folded(w, column);
        v = fold(w->arena, v);
    } else {
        write_as_text(w, column);
    }
    sql_text(w, " LIKE ");
    sql_param(w, NULL, v);
}

static void write_search(struct sql_writer *w, const struct filter *f)
{
    struct value words = fold(w->arena, f->values[0]);
    for (size_t i = 0; i < f->n_columns; i++) {
        sql_text(w, i ? " OR COALESCE(strpos(" : "(COALESCE(strpos(");
        write_folded(w, f->columns[i]);
        sql_text(w, ", ");
        sql_param(w, NULL, words);
        sql_text(w, "), 0) > 0");
    }
    sql_text(w, ")");
}

static bool write_test(struct sql_writer *w, const struct expr *e)
{
    for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
        struct value pattern = value_text(patterns[i].pattern);
        if (text_eq(patterns[i].name, e->name) && e->n_args == 1) {
            sql_text(w, "((");
            sql_expr(w, e->args[0]);
            sql_text(w, ")::text ~ ");
            sql_literal(w, &pattern);
            sql_text(w, ")");
            return true;
        }
    }
    return false;
}

static void write_list_call(struct sql_writer *w, const char *name, const struct expr *e)
{
    sql_text(w, name);
    sql_text(w, "(");
    for (size_t i = 0; i < e->n_args; i++) {
        sql_text(w, i ? ", " : "");
        sql_expr(w, e->args[i]);
    }
    sql_text(w, ")");
}

static bool write_call(struct sql_writer *w, const struct expr *e)
{
    if (text_eq(e->name, "coalesce") && e->n_args) {
        write_list_call(w, "COALESCE", e);
        return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(functions); i++) {
        const char *text = functions[i].text;
        if (!text_eq(functions[i].name, e->name) || (size_t)functions[i].n_args != e->n_args) {
            continue;
        }
        for (const char *arg; (arg = strchr(text, '?')); text = arg + 1) {
            buf_add(w->out, text, (size_t)(arg - text));
            sql_expr(w, e->args[0]);
        }
        sql_text(w, text);
        return true;
    }
    return write_test(w, e);
}

static void write_expr_like(struct sql_writer *w, const struct expr *text,
                            const struct expr *pattern)
{
    sql_text(w, "(");
    sql_expr(w, text);
    sql_text(w, " LIKE ");
    sql_expr(w, pattern);
    sql_text(w, ")");
}

const struct sql_dialect postgres_dialect = {
    .quote = '"',
    .numbered_params = true,
    .conflict_by_key = true,
    .nulls_clause = true,
    .is_distinct = {" IS DISTINCT FROM ", " IS NOT DISTINCT FROM "},
    .unlimited = "ALL",
    .bytes = write_bytes,
    .literal_true = "TRUE",
    .literal_false = "FALSE",
    .operand = write_operand,
    .same_operand = write_same,
    .like = write_like,
    .search = write_search,
    .call = write_call,
    .list_texts = sql_list_string_agg,
    .is_closed = pg_is_closed,
    .expr_like = write_expr_like,
    .encode = postgres_encode,
};

/* What the server does not do by itself. */
struct resolving {
    struct arena *arena;
    const struct table *table;
};

static const struct expr *resolve(const struct resolving *r, const struct expr *e);

static const struct column *column_of(const struct resolving *r, const struct expr *e)
{
    return e->kind == EXPR_COLUMN && r->table ? table_find_column(r->table, str_of(e->name)) : NULL;
}

static bool is_text_column(const struct column *c)
{
    return c && (type_is_text(&c->type) || c->type.kind == TYPE_OBJECT_ID);
}

/* Functions of texts take any value elsewhere. */
static const struct expr *resolve_call(const struct resolving *r, const struct expr *e,
                                       const struct expr **args)
{
    static const char *const of_texts[] = {"lower", "upper", "length", "trim"};
    for (size_t i = 0; i < ARRAY_LEN(of_texts); i++) {
        const struct column *c = e->n_args == 1 ? column_of(r, args[0]) : NULL;
        bool is_literal = e->n_args == 1 && args[0]->kind == EXPR_LITERAL &&
                          args[0]->value.kind != VALUE_TEXT && args[0]->value.kind != VALUE_NULL;
        if (text_eq(e->name, of_texts[i]) && ((c && !is_text_column(c)) || is_literal)) {
            args[0] = expr_make(r->arena, EXPR_CALL, TO_TEXT, &args[0], 1);
        }
    }
    return expr_make(r->arena, e->kind, e->name, args, e->n_args);
}

/* A literal beside a column: 1 of a boolean is true, a number of a text is its digits. */
static const struct expr *beside(const struct resolving *r, const struct column *c,
                                 const struct expr *e)
{
    if (!c || e->kind != EXPR_LITERAL) {
        return e;
    }
    if (c->type.kind == TYPE_BOOLEAN && e->value.kind == VALUE_INT &&
        (e->value.i == 0 || e->value.i == 1)) {
        return expr_literal(r->arena, value_bool(e->value.i));
    }
    if (is_text_column(c) && e->value.kind == VALUE_INT) {
        const char *digits = arena_printf(r->arena, "%lld", (long long)e->value.i);
        return expr_literal(r->arena, value_text(digits));
    }
    return e;
}

static const struct expr *resolve_beside(const struct resolving *r, const struct expr *e,
                                         const struct expr **args)
{
    for (size_t i = 0; i < e->n_args; i++) {
        const struct column *c = column_of(r, args[i]);
        for (size_t k = 0; c && k < e->n_args; k++) {
            args[k] = beside(r, c, args[k]);
        }
    }
    return expr_make(r->arena, e->kind, e->name, args, e->n_args);
}

static const struct expr *resolve(const struct resolving *r, const struct expr *e)
{
    if (e->kind == EXPR_COLUMN) {
        const struct column *c = column_of(r, e);
        return c ? expr_column(r->arena, c->name) : e;
    }
    if (e->n_args == 0) {
        return e;
    }
    const struct expr **args = ARENA_ARRAY(r->arena, e->n_args, const struct expr *);
    for (size_t i = 0; i < e->n_args; i++) {
        args[i] = resolve(r, e->args[i]);
    }
    switch (e->kind) {
    case EXPR_CALL:
        return resolve_call(r, e, args);
    case EXPR_COMPARE:
    case EXPR_IN:
    case EXPR_BETWEEN:
        return resolve_beside(r, e, args);
    default:
        return expr_make(r->arena, e->kind, e->name, args, e->n_args);
    }
}

const struct expr *postgres_resolve(struct arena *a, const struct expr *e, const struct table *t)
{
    const struct resolving r = {.arena = a, .table = t};
    return e ? resolve(&r, e) : NULL;
}
