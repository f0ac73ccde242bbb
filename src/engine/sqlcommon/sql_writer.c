#include "engine/sqlcommon/sql_writer.h"

#include <math.h>

#include "base/json.h"

void sql_begin(struct sql_writer *w, const struct sql_dialect *d, struct buf *out, struct arena *a)
{
    *w = (struct sql_writer){.out = out, .arena = a, .dialect = d};
}

void sql_quote_ident(struct buf *out, char quote, struct str name)
{
    char *at = buf_room(out, name.n + 2);
    size_t plain = 0; /* nearly always all of it; names are short */
    for (; at && plain < name.n && name.p[plain] != quote; plain++) {
        at[1 + plain] = name.p[plain];
    }
    if (at && plain == name.n) {
        at[0] = at[1 + plain] = quote;
        buf_end(out, at + plain + 2);
        return;
    }
    buf_addc(out, quote);
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] == quote) {
            buf_addc(out, quote);
        }
        buf_addc(out, name.p[i]);
    }
    buf_addc(out, quote);
}

void sql_quote_text(struct buf *out, struct str text, bool backslash)
{
    buf_addc(out, '\'');
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '\'' || (c == '\\' && backslash)) {
            buf_addc(out, c);
        }
        buf_addc(out, c);
    }
    buf_addc(out, '\'');
}

void sql_ident(struct sql_writer *w, const char *name)
{
    struct str s = str_of(name);
    if (s.n == 0 && !w->broken) {
        w->broken = "an empty name";
    }
    sql_quote_ident(w->out, w->dialect->quote, s);
}

void sql_ident_list(struct sql_writer *w, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i) {
            sql_text(w, ", ");
        }
        sql_ident(w, names[i]);
    }
}

/* The shortest of 15..17 digits that reads back equal, always recognisable as a real number. */
static void write_float(struct sql_writer *w, double f)
{
    if (!isfinite(f)) {
        sql_text(w, isnan(f) ? "NULL" : f > 0 ? "9e999" : "-9e999");
        return;
    }
    char *text = NULL;
    for (int digits = 15; digits <= 17; digits++) {
        double back = 0;
        text = arena_printf(w->arena, "%.*g", digits, f);
        if (str_double(str_of(text), &back) && back == f) {
            break;
        }
    }
    buf_adds(w->out, text);
    if (!strpbrk(text, ".e")) {
        buf_adds(w->out, ".0");
    }
}

void sql_literal(struct sql_writer *w, const struct value *v)
{
    switch (v->kind) {
    case VALUE_NULL:
        sql_text(w, "NULL");
        return;
    case VALUE_BOOL:
        sql_text(w, v->b ? w->dialect->literal_true : w->dialect->literal_false);
        return;
    case VALUE_INT:
        if (v->i == INT64_MIN) { /* its digits alone would be a real number */
            sql_text(w, "(-9223372036854775807 - 1)");
            return;
        }
        buf_add_int64(w->out, v->i);
        return;
    case VALUE_FLOAT:
        write_float(w, v->f);
        return;
    case VALUE_TEXT:
        if (v->s.n && memchr(v->s.p, 0, v->s.n) && !w->broken) {
            w->broken = "a text with a NUL byte";
        }
        sql_quote_text(w->out, v->s, w->dialect->backslash_escape);
        return;
    case VALUE_BYTES:
        w->dialect->bytes(w->out, v->s);
        return;
    }
}

void sql_param(struct sql_writer *w, const struct column *column, struct value v)
{
    if (column && w->dialect->encode) {
        v = w->dialect->encode(w->arena, column, v);
    }
    size_t n = w->n_params;
    ARENA_PUSH(w->arena, w->param_columns, n, column);
    ARENA_PUSH(w->arena, w->params, w->n_params, v);
    if (w->say_value) {
        w->say_value(w, &v);
    } else if (w->dialect->numbered_params) {
        buf_addc(w->out, '$');
        buf_add_int64(w->out, (int64_t)w->n_params);
    } else {
        buf_addc(w->out, '?');
    }
}
