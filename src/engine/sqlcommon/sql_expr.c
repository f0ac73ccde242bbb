#include "engine/sqlcommon/sql_writer.h"

/*
 * Schema expressions as text. Every operator is bracketed, so precedence never matters; lists of
 * AND and OR stay flat, because engines count brackets.
 */
static void write_list(struct sql_writer *w, const struct expr *e, const char *between, size_t from)
{
    for (size_t i = from; i < e->n_args; i++) {
        if (i > from) {
            sql_text(w, between);
        }
        sql_expr(w, e->args[i]);
    }
}

static void write_joined(struct sql_writer *w, const struct expr *e, const char *between)
{
    sql_text(w, "(");
    write_list(w, e, between, 0);
    sql_text(w, ")");
}

static bool is_operator(const char *name)
{
    static const char *const operators[] = {
        "=", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "||"};
    for (size_t i = 0; i < ARRAY_LEN(operators); i++) {
        if (text_eq(name, operators[i])) {
            return true;
        }
    }
    return false;
}

static void write_operator(struct sql_writer *w, const struct expr *e)
{
    if (!is_operator(e->name) || e->n_args != 2) {
        w->broken = "an operator that is none";
        return;
    }
    if (w->dialect->concat && text_eq(e->name, "||")) {
        sql_text(w, w->dialect->concat);
        sql_text(w, "(");
        write_list(w, e, ", ", 0);
        sql_text(w, ")");
        return;
    }
    const char *word = text_eq(e->name, "!=") ? "<>" : e->name;
    sql_text(w, "(");
    sql_expr(w, e->args[0]);
    sql_text(w, " ");
    sql_text(w, word);
    sql_text(w, " ");
    sql_expr(w, e->args[1]);
    sql_text(w, ")");
}

static void write_call(struct sql_writer *w, const struct expr *e)
{
    if (!w->dialect->call(w, e) && !w->broken) {
        w->broken = "a function that the engine does not know";
    }
}

static void write_in(struct sql_writer *w, const struct expr *e)
{
    sql_text(w, "(");
    sql_expr(w, e->args[0]);
    sql_text(w, " IN (");
    write_list(w, e, ", ", 1);
    sql_text(w, "))");
}

static void write_between(struct sql_writer *w, const struct expr *e)
{
    sql_text(w, "(");
    sql_expr(w, e->args[0]);
    sql_text(w, " BETWEEN ");
    sql_expr(w, e->args[1]);
    sql_text(w, " AND ");
    sql_expr(w, e->args[2]);
    sql_text(w, ")");
}

static size_t fewest_args(enum expr_kind kind)
{
    static const size_t fewest[] = {
        [EXPR_COMPARE] = 2, [EXPR_ARITH] = 2,   [EXPR_AND] = 1,  [EXPR_OR] = 1,      [EXPR_NOT] = 1,
        [EXPR_IN] = 1,      [EXPR_BETWEEN] = 3, [EXPR_LIKE] = 2, [EXPR_IS_NULL] = 1,
    };
    return kind < ARRAY_LEN(fewest) ? fewest[kind] : 0;
}

/* Text of an engine's or a user's own: it must not reach beyond its place. */
static void write_raw(struct sql_writer *w, const char *text)
{
    if (!text || !w->dialect->is_closed(w->arena, str_of(text))) {
        w->broken = "engine text that is not one expression";
        return;
    }
    buf_adds(w->out, text);
}

void sql_expr(struct sql_writer *w, const struct expr *e)
{
    if (!e || e->n_args < fewest_args(e->kind)) {
        w->broken = "an expression without its parts";
        return;
    }
    switch (e->kind) {
    case EXPR_LITERAL:
        sql_literal(w, &e->value);
        return;
    case EXPR_COLUMN:
        sql_ident(w, e->name);
        return;
    case EXPR_CALL:
        write_call(w, e);
        return;
    case EXPR_COMPARE:
    case EXPR_ARITH:
        write_operator(w, e);
        return;
    case EXPR_AND:
        write_joined(w, e, " AND ");
        return;
    case EXPR_OR:
        write_joined(w, e, " OR ");
        return;
    case EXPR_NOT:
        sql_text(w, "(NOT ");
        sql_expr(w, e->args[0]);
        sql_text(w, ")");
        return;
    case EXPR_IN:
        write_in(w, e);
        return;
    case EXPR_BETWEEN:
        write_between(w, e);
        return;
    case EXPR_IS_NULL:
        sql_text(w, "(");
        sql_expr(w, e->args[0]);
        sql_text(w, " IS NULL)");
        return;
    case EXPR_LIKE:
        w->dialect->expr_like(w, e->args[0], e->args[1]);
        return;
    case EXPR_RAW:
        write_raw(w, e->name);
        return;
    case EXPR_NONE:
        break;
    }
    w->broken = "an expression of no kind";
}
