#include "query/filter.h"

static size_t conjuncts(const struct filter *f)
{
    return f->op == FILTER_AND ? f->n_args : 1;
}

static void append(const struct filter **to, size_t *n, const struct filter *f)
{
    for (size_t i = 0; f->op == FILTER_AND && i < f->n_args; i++) {
        to[(*n)++] = f->args[i];
    }
    if (f->op != FILTER_AND) {
        to[(*n)++] = f;
    }
}

const struct filter *filter_and(struct arena *a, const struct filter *x, const struct filter *y)
{
    if (!x || !y) {
        return x ? x : y;
    }
    struct filter *f = ARENA_NEW(a, struct filter);
    const struct filter **args = ARENA_ARRAY(a, conjuncts(x) + conjuncts(y), const struct filter *);
    f->op = FILTER_AND;
    f->args = args;
    append(args, &f->n_args, x);
    append(args, &f->n_args, y);
    return f;
}

const struct filter *filter_compare(struct arena *a, enum filter_op op, const struct column *c,
                                    struct value v)
{
    struct filter *f = ARENA_NEW(a, struct filter);
    struct value *values = ARENA_NEW(a, struct value);
    *values = v;
    *f = (struct filter){.op = op, .column = c, .values = values, .n_values = 1};
    return f;
}
