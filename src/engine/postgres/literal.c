#include "engine/postgres/literal.h"

#include <string.h>

static void say_text(struct sql_writer *w, struct str s)
{
    bool has_backslash = s.n > 0 && memchr(s.p, '\\', s.n);
    if (s.n > 0 && memchr(s.p, 0, s.n) && !w->broken) {
        w->broken = "a text with a NUL byte";
    }
    sql_text(w, has_backslash ? " E" : "");
    sql_quote_text(w->out, s, has_backslash);
}

static void say_bytes(struct sql_writer *w, struct str s)
{
    static const char digits[] = "0123456789abcdef";
    sql_text(w, " E'\\\\x");
    for (size_t i = 0; i < s.n; i++) {
        buf_addc(w->out, digits[(unsigned char)s.p[i] >> 4]);
        buf_addc(w->out, digits[(unsigned char)s.p[i] & 15]);
    }
    sql_text(w, "'");
}

void pg_say_literal(struct sql_writer *w, const struct value *v)
{
    switch (v->kind) {
    case VALUE_NULL:
        sql_text(w, "NULL");
        return;
    case VALUE_BOOL:
        sql_text(w, v->b ? "'t'" : "'f'");
        return;
    case VALUE_INT:
        sql_text(w, "'");
        buf_add_int64(w->out, v->i);
        sql_text(w, "'");
        return;
    case VALUE_FLOAT:
        sql_text(w, "'");
        (void)buf_add_double(w->out, v->f);
        sql_text(w, "'");
        return;
    case VALUE_TEXT:
        say_text(w, v->s);
        return;
    case VALUE_BYTES:
        say_bytes(w, v->s);
        return;
    }
}
