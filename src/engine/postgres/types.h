#pragma once

#include "base/arena.h"
#include "catalog/expr.h"
#include "catalog/table.h"
#include "engine/sqlcommon/sql_writer.h"

/* What a column type means in PostgreSQL: declared text, CHECK, and values both ways. */

/** postgres_declare() - the declared type of @t: its native text where that still means @t. It may
 *  end in a collation: for columns, not for casts. */
const char *postgres_declare(struct arena *a, const struct type *t);
/** postgres_declare_bare() - the same without its collation. */
const char *postgres_declare_bare(struct arena *a, const struct type *t);
/**
 * postgres_sorts_by_bytes() - is @c ordered as it must be without a word?
 *
 * Lists of every engine sort texts by their bytes. Columns that we declare do; those of others get
 * COLLATE "C" in ORDER BY and comparisons of order, unless their catalog names a collation (then
 * that is what somebody wants) or their type is an enum type (then its labels are in its order).
 */
bool postgres_sorts_by_bytes(const struct column *c);
/** postgres_type_of() - the type that format_type()'s @declared says; native is @declared. */
struct type postgres_type_of(struct arena *a, const char *declared);
/** postgres_type_check() - the condition that comes with column @c's type, or NULL. */
const struct expr *postgres_type_check(struct arena *a, const struct column *c);
/** postgres_type_check_name() - the name of that constraint for a column called @column. */
const char *postgres_type_check_name(struct arena *a, const char *column);
/** postgres_is_type_check() - the constraint @name is one. */
bool postgres_is_type_check(const char *name);
/** postgres_read_type_check() - c->type becomes what the condition @e of such a constraint says of
 *  it (an enum's labels, …); false when it says nothing that a type could. */
bool postgres_read_type_check(struct arena *a, struct column *c, const struct expr *e);
/** postgres_encode() - @v as it is sent for @c (borrows from @v or lives in @a). */
struct value postgres_encode(struct arena *a, const struct column *c, struct value v);
/** postgres_decode() - *@out becomes a text of the server for a column of type @t in its canonical
 *  form. It borrows @text, or @room: text made anew is there until it is cleared or decoded into
 *  again */
void postgres_decode(const struct type *t, struct str text, struct buf *room, struct value *out);

extern const struct sql_dialect postgres_dialect;
