#pragma once

#include <bson/bson.h>

#include "base/arena.h"
#include "base/error.h"
#include "catalog/table.h"
#include "catalog/value.h"

/*
 * Values as documents hold them. One form a type:
 *
 *   boolean bool; int16, int32 int; int64, interval long; decimal decimal (scaled to the column's
 *   digits); float double; text, char, enum, time string; bytes binData 0; uuid binData 4;
 *   objectid objectId; date, datetime, instant date; json any value, array an array, with the
 *   order of members kept, in extended JSON where JSON has no such type.
 *
 * A date of MongoDB counts milliseconds. A value with microseconds is refused, never cut.
 * Decimals have at most 34 digits. NULL is not written: a field that is missing, or null, is NULL.
 * Reading takes what is there: a value of another type than the column's comes as it is.
 */

/** mongo_put() - append @v under @key as type @t stores it. Errors: ERR_INVALID_VALUE naming @who.
 */
enum errcode mongo_put(bson_t *doc, const char *key, const struct type *t, struct value v,
                       const char *who, struct error *err) MUST_CHECK;

/** mongo_get() - the value under @it in canonical form, its texts in @a. */
struct value mongo_get(struct arena *a, const struct type *t, const bson_iter_t *it);

/** mongo_alias() - the bsonType of values of type @t: "long"; NULL where there is no single one. */
const char *mongo_alias(const struct type *t);

/** mongo_type_of() - the logical type of what $type calls @alias ("int", "objectId", …). */
struct type mongo_type_of(const char *alias);
