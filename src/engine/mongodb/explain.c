#include "engine/mongodb/explain.h"

#include "base/attr.h"
#include "base/utf8.h"
#include "engine/mongodb/errors.h"

/* What an expression is with the values of a write; UNKNOWN where something cannot be told. */
struct answer {
    bool is_known;
    struct value v;
};

static struct answer known(struct value v)
{
    return (struct answer){true, v};
}

static struct answer unknown(void)
{
    return (struct answer){false, value_null()};
}

static struct answer value_in(const struct write *w, const char *column)
{
    for (size_t i = 0; i < w->n_columns; i++) {
        if (str_eq_nocase(str_of(w->columns[i]->name), str_of(column))) {
            return known(w->values[i]);
        }
    }
    return unknown();
}

static bool as_number(struct value v, double *out)
{
    if (v.kind == VALUE_INT || v.kind == VALUE_FLOAT) {
        *out = v.kind == VALUE_INT ? (double)v.i : v.f;
        return true;
    }
    return v.kind == VALUE_TEXT && str_double(v.s, out);
}

/* -1, 0, 1; 2 when the two cannot be compared. */
static int order_of(struct value x, struct value y)
{
    double a = 0;
    double b = 0;
    bool has_number = x.kind == VALUE_INT || x.kind == VALUE_FLOAT || y.kind == VALUE_INT ||
                      y.kind == VALUE_FLOAT;
    if (has_number) {
        if (!as_number(x, &a) || !as_number(y, &b)) {
            return 2;
        }
        return a < b ? -1 : a > b;
    }
    if (x.kind == VALUE_BOOL && y.kind == VALUE_BOOL) {
        return (int)x.b - (int)y.b;
    }
    if (x.kind != VALUE_TEXT || y.kind != VALUE_TEXT) {
        return 2;
    }
    size_t n = x.s.n < y.s.n ? x.s.n : y.s.n;
    int r = n ? memcmp(x.s.p, y.s.p, n) : 0;
    return r ? (r < 0 ? -1 : 1) : x.s.n < y.s.n ? -1 : x.s.n > y.s.n;
}

static struct answer truth(bool v)
{
    return known(value_bool(v));
}

static struct answer ask(const struct write *w, const struct expr *e);

static struct answer ask_compare(const struct write *w, const struct expr *e)
{
    struct answer x = ask(w, e->args[0]);
    struct answer y = ask(w, e->args[1]);
    if (!x.is_known || !y.is_known) {
        return unknown();
    }
    if (x.v.kind == VALUE_NULL || y.v.kind == VALUE_NULL) {
        return known(value_null());
    }
    int r = order_of(x.v, y.v);
    char first = e->name[0];
    bool or_equal = e->name[1] == '=';
    if (r == 2) {
        return unknown();
    }
    if (first == '=' || first == '!') {
        return truth((r == 0) == (first == '='));
    }
    return truth((or_equal && r == 0) || (first == '<' ? r < 0 : r > 0));
}

static struct answer ask_in(const struct write *w, const struct expr *e)
{
    struct answer x = ask(w, e->args[0]);
    if (!x.is_known || x.v.kind == VALUE_NULL) {
        return x;
    }
    for (size_t i = 1; i < e->n_args; i++) {
        struct answer y = ask(w, e->args[i]);
        if (!y.is_known || y.v.kind == VALUE_NULL || order_of(x.v, y.v) == 2) {
            return unknown();
        }
        if (order_of(x.v, y.v) == 0) {
            return truth(true);
        }
    }
    return truth(false);
}

static struct answer ask_between(const struct write *w, const struct expr *e)
{
    struct answer x = ask(w, e->args[0]);
    struct answer low = ask(w, e->args[1]);
    struct answer high = ask(w, e->args[2]);
    if (!x.is_known || !low.is_known || !high.is_known || x.v.kind == VALUE_NULL ||
        low.v.kind == VALUE_NULL || high.v.kind == VALUE_NULL) {
        return unknown();
    }
    int a = order_of(x.v, low.v);
    int b = order_of(x.v, high.v);
    return a == 2 || b == 2 ? unknown() : truth(a >= 0 && b <= 0);
}

/* AND: false as soon as one is false; OR: true as soon as one is true. */
static struct answer ask_chain(const struct write *w, const struct expr *e)
{
    bool decides = e->kind == EXPR_OR;
    struct answer sum = truth(!decides);
    for (size_t i = 0; i < e->n_args; i++) {
        struct answer one = ask(w, e->args[i]);
        if (one.is_known && one.v.kind == VALUE_BOOL && one.v.b == decides) {
            return one;
        }
        if (!one.is_known || one.v.kind != VALUE_BOOL) {
            sum = sum.is_known ? one : sum;
        }
    }
    return sum;
}

static struct answer ask_call(const struct write *w, const struct expr *e)
{
    if (e->n_args != 1 || !text_eq(e->name, "length")) {
        return unknown();
    }
    struct answer x = ask(w, e->args[0]);
    if (!x.is_known || x.v.kind == VALUE_NULL) {
        return x;
    }
    return x.v.kind == VALUE_TEXT ? known(value_int((int64_t)utf8_length(x.v.s))) : unknown();
}

static struct answer ask(const struct write *w, const struct expr *e)
{
    struct answer x;
    switch (e->kind) {
    case EXPR_LITERAL:
        return known(e->value);
    case EXPR_COLUMN:
        return value_in(w, e->name);
    case EXPR_COMPARE:
        return ask_compare(w, e);
    case EXPR_IN:
        return ask_in(w, e);
    case EXPR_BETWEEN:
        return ask_between(w, e);
    case EXPR_AND:
    case EXPR_OR:
        return ask_chain(w, e);
    case EXPR_CALL:
        return ask_call(w, e);
    case EXPR_IS_NULL:
        x = ask(w, e->args[0]);
        return x.is_known ? truth(x.v.kind == VALUE_NULL) : x;
    case EXPR_NOT:
        x = ask(w, e->args[0]);
        return x.is_known && x.v.kind == VALUE_BOOL ? truth(!x.v.b) : x;
    default:
        return unknown();
    }
}

static const char *first_column(const struct expr *e)
{
    const char *found = e->kind == EXPR_COLUMN ? e->name : NULL;
    for (size_t i = 0; i < e->n_args && !found; i++) {
        found = first_column(e->args[i]);
    }
    return found;
}

void explain_refusal(const struct write *w, struct error *err)
{
    for (size_t i = 0; err && i < w->table->n_checks; i++) {
        const struct check *c = &w->table->checks[i];
        struct answer a = ask(w, c->expr);
        if (a.is_known && a.v.kind == VALUE_BOOL && !a.v.b) {
            const char *column = c->column ? c->column : first_column(c->expr);
            int number = err->engine_code;
            (void)mongo_broken(ERR_CHECK_VIOLATION, w->table, &column, column ? 1 : 0, c->name,
                               err);
            err->engine_code = number;
            return;
        }
    }
}
