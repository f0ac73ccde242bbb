#pragma once

#include <jansson.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "catalog/type.h"

/**
 * type_decode() - the type of a column document: type, kind, bits, precision, scale, maxLength,
 * values, element, unsigned, nativeType
 *
 * Not for relations, whose type is that of another column. Errors: ERR_INVALID with where.
 */
enum errcode type_decode(struct arena *a, const json_t *doc, struct type *t,
                         struct error *err) MUST_CHECK;
/** type_decode_native() - its member nativeType alone; the text must be the name of a type, since
 *  it goes into statements as it is. */
enum errcode type_decode_native(struct arena *a, const json_t *doc, struct type *t,
                                struct error *err) MUST_CHECK;
/** type_encode() - the members that type_decode() reads. */
void type_encode(struct json_writer *w, const struct type *t);
