#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "catalog/table.h"
#include "catalog/value.h"

/*
 * A condition on rows, as a tree. AND and OR are flat (no AND directly under AND). Values are
 * typed by their column when the tree is made; NULL never compares (SQL's three-valued logic),
 * except through IS and IS_DISTINCT.
 */
enum filter_op {
    FILTER_NONE = 0,
    FILTER_AND,
    FILTER_OR,
    FILTER_NOT,
    FILTER_EQ,
    FILTER_NEQ,
    FILTER_LT,
    FILTER_LTE,
    FILTER_GT,
    FILTER_GTE,
    FILTER_LIKE,  /* % and _, backslash escapes, exact case */
    FILTER_ILIKE, /* the same, Unicode case folded */
    FILTER_IN,
    FILTER_BETWEEN,
    FILTER_IS_NULL,
    FILTER_IS_NOT_NULL,
    FILTER_IS_DISTINCT,
    FILTER_SEARCH, /* the text occurs in one of the columns, case folded: values[0], columns */
    FILTER_TRUE,
    FILTER_FALSE,
};

struct filter {
    enum filter_op op;
    const struct filter *const *args; /* AND, OR, NOT */
    size_t n_args;
    const struct column *column; /* borrowed from the catalog */
    const struct value *values;  /* EQ…: 1, BETWEEN: 2, IN: n (0 is legal and false) */
    size_t n_values;
    const struct column *const *columns; /* SEARCH */
    size_t n_columns;
};

#define FILTER_DEPTH_MAX 16
#define FILTER_TERMS_MAX 500

const struct filter *filter_and(struct arena *a, const struct filter *x, const struct filter *y);
const struct filter *filter_compare(struct arena *a, enum filter_op op, const struct column *c,
                                    struct value v);
