#pragma once

#include <jansson.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "catalog/type.h"
#include "catalog/value.h"

/**
 * literal_decode() - a JSON value as the canonical value of a column of type @t
 *
 * Numbers may come as texts ("12.50"), booleans as 0, 1 or "true", binary as base64, json and
 * array as any JSON (a text that is itself an object or array is taken as that). Null gives
 * VALUE_NULL. Texts are copied into @a. A type without a logical twin takes any scalar.
 * Errors: ERR_INVALID_VALUE, without where.
 */
enum errcode literal_decode(struct arena *a, const json_t *doc, const struct type *t,
                            struct value *out, struct error *err) MUST_CHECK;

/** literal_encode() - @v as literal_decode() reads it back; false (nothing written) when JSON has
 *  no such form, e.g. a json column's value that is not JSON. */
bool literal_encode(struct json_writer *w, const struct type *t, struct value v);

/** literal_can_encode() - what literal_encode() would say. */
bool literal_can_encode(const struct type *t, struct value v);
