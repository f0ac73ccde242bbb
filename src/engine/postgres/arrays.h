#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "catalog/type.h"

/** postgres_is_array() - a column of @t holds PostgreSQL's own arrays (else JSON). */
bool postgres_is_array(const struct type *t);

/** postgres_array_from_json() - the array literal that says what the JSON array @json says, in @a.
 *  @element may be NULL: elements are then texts. */
struct str postgres_array_from_json(struct arena *a, const struct type *element, struct str json);

/** postgres_array_to_json() - append the JSON array that says what the literal @text says; false
 *  when it is none. */
bool postgres_array_to_json(const struct type *element, struct str text, struct buf *out);
