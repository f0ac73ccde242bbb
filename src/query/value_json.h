#pragma once

#include <jansson.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "catalog/table.h"
#include "catalog/value.h"

/**
 * value_from_text() - @text as the canonical value of column @c, copied into @a
 *
 * Strict: "12" for integers, "true"/"false" for booleans, RFC 3339 for instants, base64 for bytes.
 * Errors: ERR_INVALID_VALUE (the message names the column and its type), without where.
 */
enum errcode value_from_text(struct arena *a, struct str text, const struct column *c,
                             struct value *out, struct error *err) MUST_CHECK;

/** value_from_json() - the same from a JSON value; null gives VALUE_NULL. */
enum errcode value_from_json(struct arena *a, const json_t *doc, const struct column *c,
                             struct value *out, struct error *err) MUST_CHECK;
