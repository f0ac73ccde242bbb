#include "engine/sqlcommon/sql_writer.h"

/*
 * Conditions as text. AND and OR chains are written flat. A list of values is padded with its last
 * one to the next power of two: the statement's shape, by which it is cached, then comes in few
 * sizes, and the meaning is the same.
 */
static void write_operand(struct sql_writer *w, const struct filter *f)
{
    const struct sql_dialect *d = w->dialect;
    bool asks_order = f->op == FILTER_LT || f->op == FILTER_LTE || f->op == FILTER_GT ||
                      f->op == FILTER_GTE || f->op == FILTER_BETWEEN;
    (asks_order || !d->same_operand ? d->operand : d->same_operand)(w, f->column);
}

static void write_compare(struct sql_writer *w, const struct filter *f)
{
    static const char *const words[] = {
        [FILTER_EQ] = " = ",   [FILTER_NEQ] = " <> ", [FILTER_LT] = " < ",
        [FILTER_LTE] = " <= ", [FILTER_GT] = " > ",   [FILTER_GTE] = " >= ",
    };
    write_operand(w, f);
    sql_text(w, words[f->op]);
    sql_param(w, f->column, f->values[0]);
}

static void write_in(struct sql_writer *w, const struct filter *f)
{
    if (f->n_values == 0) {
        sql_text(w, "0 = 1");
        return;
    }
    size_t n = 1;
    while (n < f->n_values) {
        n *= 2;
    }
    write_operand(w, f);
    sql_text(w, " IN (");
    for (size_t i = 0; i < n; i++) {
        if (i) {
            sql_text(w, ", ");
        }
        sql_param(w, f->column, f->values[i < f->n_values ? i : f->n_values - 1]);
    }
    sql_text(w, ")");
}

static void write_between(struct sql_writer *w, const struct filter *f)
{
    write_operand(w, f);
    sql_text(w, " BETWEEN ");
    sql_param(w, f->column, f->values[0]);
    sql_text(w, " AND ");
    sql_param(w, f->column, f->values[1]);
}

static void write_chain(struct sql_writer *w, const struct filter *f)
{
    bool is_and = f->op == FILTER_AND;
    if (f->n_args == 0) {
        sql_text(w, is_and ? "1 = 1" : "0 = 1");
        return;
    }
    sql_text(w, "(");
    for (size_t i = 0; i < f->n_args; i++) {
        if (i) {
            sql_text(w, is_and ? " AND " : " OR ");
        }
        sql_filter(w, f->args[i]);
    }
    sql_text(w, ")");
}

static void write_not(struct sql_writer *w, const struct filter *f)
{
    sql_text(w, "NOT (");
    sql_filter(w, f->args[0]);
    sql_text(w, ")");
}

static void write_null(struct sql_writer *w, const struct filter *f)
{
    sql_ident(w, f->column->name);
    sql_text(w, f->op == FILTER_IS_NULL ? " IS NULL" : " IS NOT NULL");
}

static void write_distinct(struct sql_writer *w, const struct filter *f)
{
    const char *const *words = w->dialect->is_distinct;
    sql_text(w, words[0] ? "" : "NOT (");
    write_operand(w, f);
    sql_text(w, words[0] ? words[0] : words[1]);
    sql_param(w, f->column, f->values[0]);
    sql_text(w, words[0] ? "" : ")");
}

static void write_like(struct sql_writer *w, const struct filter *f)
{
    w->dialect->like(w, f->column, &f->values[0], f->op == FILTER_ILIKE);
}

static void write_search(struct sql_writer *w, const struct filter *f)
{
    if (f->n_columns == 0) {
        sql_text(w, "0 = 1");
        return;
    }
    w->dialect->search(w, f);
}

static void write_constant(struct sql_writer *w, const struct filter *f)
{
    sql_text(w, f->op == FILTER_TRUE ? "1 = 1" : "0 = 1");
}

struct form {
    void (*write)(struct sql_writer *w, const struct filter *f);
    size_t n_args, n_values;
    bool needs_column;
};

static const struct form forms[] = {
    [FILTER_AND] = {write_chain, 0, 0, false},
    [FILTER_OR] = {write_chain, 0, 0, false},
    [FILTER_NOT] = {write_not, 1, 0, false},
    [FILTER_EQ] = {write_compare, 0, 1, true},
    [FILTER_NEQ] = {write_compare, 0, 1, true},
    [FILTER_LT] = {write_compare, 0, 1, true},
    [FILTER_LTE] = {write_compare, 0, 1, true},
    [FILTER_GT] = {write_compare, 0, 1, true},
    [FILTER_GTE] = {write_compare, 0, 1, true},
    [FILTER_LIKE] = {write_like, 0, 1, true},
    [FILTER_ILIKE] = {write_like, 0, 1, true},
    [FILTER_IN] = {write_in, 0, 0, true},
    [FILTER_BETWEEN] = {write_between, 0, 2, true},
    [FILTER_IS_NULL] = {write_null, 0, 0, true},
    [FILTER_IS_NOT_NULL] = {write_null, 0, 0, true},
    [FILTER_IS_DISTINCT] = {write_distinct, 0, 1, true},
    [FILTER_SEARCH] = {write_search, 0, 1, false},
    [FILTER_TRUE] = {write_constant, 0, 0, false},
    [FILTER_FALSE] = {write_constant, 0, 0, false},
};

void sql_filter(struct sql_writer *w, const struct filter *f)
{
    if (!f) {
        sql_text(w, "1 = 1");
        return;
    }
    const struct form *form = (size_t)f->op < ARRAY_LEN(forms) ? &forms[f->op] : NULL;
    if (!form || !form->write || f->n_args < form->n_args || f->n_values < form->n_values ||
        (form->needs_column && !f->column)) {
        w->broken = "a condition without its parts";
        sql_text(w, "0 = 1");
        return;
    }
    form->write(w, f);
}
