#pragma once

#include "catalog/catalog.h"
#include "store/store.h"

/* Inside of the room: the JSON of schema_config and relationships. */

/** config_encode() - {"columns": [...]}, the columns of @t in the order of @names first, those that
 *  are not named behind them; text in @a. */
const char *config_encode(struct arena *a, const struct table *t, const char *const *names,
                          size_t n_names);
/** config_decode() - the columns in @text, in order. A column that does not decode is skipped: it
 *  tells nothing, and the live catalogue is the truth. */
enum errcode config_decode(struct arena *a, const char *text, struct column **out, size_t *n,
                           struct error *err) MUST_CHECK;
/** config_reorder() - @text with the columns named in @names first, in that order; *@out in @a.
 *  Errors: ERR_INVALID (where "/columns/<n>") for a name that is not there or comes twice. */
enum errcode config_reorder(struct arena *a, const char *text, const char *const *names, size_t n,
                            const char **out, struct error *err) MUST_CHECK;
/** relationships_encode() - the foreign keys of @t (belongsTo) and those that point to it
 *  (hasMany); text in @a. */
const char *relationships_encode(struct arena *a, const struct catalog *c, const struct table *t);
