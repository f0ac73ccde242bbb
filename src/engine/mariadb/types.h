#pragma once

#include "base/arena.h"
#include "catalog/expr.h"
#include "catalog/table.h"
#include "engine/sqlcommon/sql_writer.h"

/* What a column type means in MariaDB: declared text, CHECK, and values both ways. */

/** mariadb_declare() - the declared type of @t: its native text where that still means @t. */
const char *mariadb_declare(struct arena *a, const struct type *t);
/** mariadb_type_of() - the type that COLUMN_TYPE @declared says; native is @declared. */
struct type mariadb_type_of(struct arena *a, const char *declared);
/** mariadb_type_check() - the condition that comes with column @c's type, or NULL. */
const struct expr *mariadb_type_check(struct arena *a, const struct column *c);
/** mariadb_encode() - @v as it is sent for @c (borrows from @v or lives in @a). */
struct value mariadb_encode(struct arena *a, const struct column *c, struct value v);
/** mariadb_decode() - a text of the server for a column of type @t in its canonical form.
 *  @room: cleared first; text made anew is there until it is cleared again */
struct value mariadb_decode(const struct type *t, struct str text, struct buf *room);

extern const struct sql_dialect mariadb_dialect;
