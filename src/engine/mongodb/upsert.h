#pragma once

#include <bson/bson.h>

#include "base/arena.h"
#include "query/query.h"

/*
 * An upsert as one update: the row is looked for by its key; a new one gets all of its document, a
 * row that is there what the request names and may change.
 */
struct upsert {
    const bson_t *filter; /* NULL: part of the key is NULL, which collides with nothing */
    const bson_t *update;
};

/** upsert_of() - of @w, whose new row would be @doc; in @a. */
struct upsert upsert_of(struct arena *a, const struct write *w, const bson_t *doc);
