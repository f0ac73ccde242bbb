#pragma once

#include <bson/bson.h>

#include "base/arena.h"
#include "base/error.h"
#include "query/query.h"

/*
 * The query tree as MongoDB's query documents, with SQL's answers: NULL never compares. A tree is
 * written as the condition under which it is true; below a NOT as the one under which it is false,
 * so that what is neither (something was NULL) drops out of both.
 */

/** mongo_field() - the field that holds @column of @t: the single key column is "_id". */
const char *mongo_field(const struct table *t, const struct column *column);

/** mongo_filter() - @f (NULL = all rows) as a query document in @a. Errors: ERR_INVALID_VALUE. */
enum errcode mongo_filter(struct arena *a, const struct table *t, const struct filter *f,
                          const bson_t **out, struct error *err) MUST_CHECK;

/* A question ready to be asked: find when `pipeline` is NULL. */
struct mongo_question {
    const bson_t *filter, *sort, *projection;
    const bson_t *pipeline; /* {"pipeline": […]} */
};

/** mongo_question_of() - everything of @q but its limit and offset for find; a pipeline has them.
 */
enum errcode mongo_question_of(struct arena *a, const struct query *q, struct mongo_question *out,
                               struct error *err) MUST_CHECK;

/** mongo_like_pattern() - the regular expression of a LIKE pattern; with @fold each character
 *  stands for all that fold to the same. */
const char *mongo_like_pattern(struct arena *a, struct str like, bool fold);
/** mongo_word_pattern() - the one that finds @words anywhere, folded. */
const char *mongo_word_pattern(struct arena *a, struct str words);

/** mongo_nothing() - a query document that no row meets. */
const bson_t *mongo_nothing(struct arena *a);
