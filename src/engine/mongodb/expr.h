#pragma once

#include <bson/bson.h>

#include "base/arena.h"
#include "base/error.h"
#include "catalog/catalog.h"

/*
 * Expressions of the catalog as MongoDB can say them. What it cannot is ERR_UNSUPPORTED: engine
 * text, now() and uuid() in a condition, division, round(), LIKE with a pattern that is no literal.
 */

/** mongo_check() - the aggregation expression {"v": …} that is true unless @e is false, as a CHECK
 *  holds: what is NULL passes. */
enum errcode mongo_check(struct arena *a, const struct table *t, const struct expr *e,
                         const bson_t **out, struct error *err) MUST_CHECK;

/** mongo_partial() - append @e to @out as a partialFilterExpression: comparisons of a column with a
 *  literal, "is null", "is not null", and AND of such. */
enum errcode mongo_partial(struct arena *a, const struct table *t, const struct expr *e,
                           bson_t *out, struct error *err) MUST_CHECK;
/** mongo_present() - the condition of a field of type @t that has a value, for such an index. */
const bson_t *mongo_present(struct arena *a, const struct type *t);

/** mongo_default() - the value that @c's default has now. Errors: ERR_UNSUPPORTED. */
enum errcode mongo_default(struct arena *a, const struct column *c, struct value *out,
                           struct error *err) MUST_CHECK;
