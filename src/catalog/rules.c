#include "base/attr.h"
#include "catalog/table.h"

static const struct expr *compare(struct arena *a, const char *op, const struct expr *left,
                                  const struct expr *right)
{
    const struct expr *args[] = {left, right};
    return expr_make(a, EXPR_COMPARE, op, args, ARRAY_LEN(args));
}

/* Whole bounds are written without a fraction: "5", not "5.0". */
static const struct expr *bound(struct arena *a, double v)
{
    bool whole = v >= -9e15 && v <= 9e15 && v == (double)(int64_t)v;
    return expr_literal(a, whole ? value_int((int64_t)v) : value_float(v));
}

static const struct expr *one_of(struct arena *a, const struct column *c)
{
    const struct column_rules *r = &c->rules;
    const struct expr **args = ARENA_ARRAY(a, r->n_one_of + 1, const struct expr *);
    args[0] = expr_column(a, c->name);
    for (size_t i = 0; i < r->n_one_of; i++) {
        struct str text = str_of(r->one_of[i]);
        struct value v = value_str(text);
        int64_t whole = 0;
        double number = 0;
        if (type_is_number(&c->type) && str_int64(text, &whole)) {
            v = value_int(whole);
        } else if (type_is_number(&c->type) && str_double(text, &number)) {
            v = value_float(number);
        }
        args[i + 1] = expr_literal(a, v);
    }
    return expr_make(a, EXPR_IN, NULL, args, r->n_one_of + 1);
}

bool column_rules_any(const struct column_rules *r)
{
    return r->has_min || r->has_max || r->has_min_length || r->has_max_length || r->pattern ||
           r->n_one_of > 0;
}

const struct expr *column_rules_check(struct arena *a, const struct column *c)
{
    const struct column_rules *r = &c->rules;
    const struct expr *parts[5];
    size_t n = 0;
    const struct expr *column = expr_column(a, c->name);
    const struct expr *length = expr_make(a, EXPR_CALL, "length", &column, 1);
    if (r->has_min) {
        parts[n++] = compare(a, ">=", column, bound(a, r->min));
    }
    if (r->has_max) {
        parts[n++] = compare(a, "<=", column, bound(a, r->max));
    }
    if (r->has_min_length) {
        parts[n++] = compare(a, ">=", length, expr_literal(a, value_int(r->min_length)));
    }
    if (r->has_max_length) {
        parts[n++] = compare(a, "<=", length, expr_literal(a, value_int(r->max_length)));
    }
    if (r->n_one_of > 0) {
        parts[n++] = one_of(a, c);
    }
    if (n == 0) {
        return NULL;
    }
    return n == 1 ? parts[0] : expr_make(a, EXPR_AND, NULL, parts, n);
}
