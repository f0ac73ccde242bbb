#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "catalog/expr.h"
#include "catalog/table.h"
#include "catalog/type.h"
#include "catalog/value.h"

/*
 * What a column type means in a SQLite file: its declared text, the CHECK that holds values to it,
 * and the stored form of a value. Instants are stored with six decimals always, so that their text
 * sorts as time; decimals that a double cannot hold exactly are stored as text.
 */

/** sqlite_declare() - the declared type of @t: its native text where that still means @t. */
const char *sqlite_declare(struct arena *a, const struct type *t);

/** sqlite_type_of() - the type that @declared says; @out->native is @declared. */
struct type sqlite_type_of(struct arena *a, const char *declared);

/** sqlite_type_check() - the condition that comes with column @c of type @c->type, or NULL. */
const struct expr *sqlite_type_check(struct arena *a, const struct column *c);

/** sqlite_datetime_is_foreign() - another program's: "2026-01-31 12:00:00", or with the T that ours
 * have; both are read and compared with a T. */
bool sqlite_datetime_is_foreign(const struct type *t);
/** sqlite_decimal_is_text() - a decimal column that holds text and sorts by its own collation. */
bool sqlite_decimal_is_text(const struct type *t);

/** sqlite_encode() - @v as it is stored in @c (borrows from @v or lives in @a). */
struct value sqlite_encode(struct arena *a, const struct column *c, struct value v);

/**
 * sqlite_decode() - a stored @v of a column of type @t in its canonical form
 * @room: cleared first; text made anew is there until it is cleared again
 */
struct value sqlite_decode(const struct type *t, struct value v, struct buf *room);
