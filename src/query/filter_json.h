#pragma once

#include <jansson.h>

#include "base/arena.h"
#include "base/error.h"
#include "query/filter.h"

/* The columns that a caller may name; n 0 with NULL = every column of the table. */
struct column_set {
    const struct table *table;
    const struct column *const *items;
    size_t n;
};

/** column_set_find() - the column called @name that may be named, or NULL. */
const struct column *column_set_find(const struct column_set *set, struct str name);

/**
 * filter_decode() - a condition from JSON
 *
 * Either an object of columns, {"status": "active", "id": [1, 2], "gone": null,
 * "age": {"gte": 18}}, or a tree: {"and": [t…]}, {"or": [t…]}, {"not": t} and
 * {"field", "operator", "value"}; an array is an AND and not empty. Operators: = != <> > < >= <=
 * LIKE IN eq neq gt lt gte lte like ilike in between is contains startsWith, any case. "= null" is
 * IS NULL and
 * "!= null" its opposite; nothing else takes null. *@out is NULL when there is no condition.
 * Errors: ERR_INVALID_PARAMETER with where inside the document, ERR_TOO_DEEP for more than
 * FILTER_DEPTH_MAX levels or FILTER_TERMS_MAX terms.
 */
enum errcode filter_decode(struct arena *a, const json_t *doc, const struct column_set *columns,
                           const struct filter **out, struct error *err) MUST_CHECK;

/** filter_from_text() - the same from JSON text; text that is no JSON is ERR_INVALID_PARAMETER. */
enum errcode filter_from_text(struct arena *a, struct str text, const struct column_set *columns,
                              const struct filter **out, struct error *err) MUST_CHECK;
