#pragma once

#include "engine/sqlcommon/sql_writer.h"

/*
 * Statements of structure from nouns. Names are unqualified: the session's search_path is the one
 * schema they mean. Expressions are written for the table they belong to (@t, with all columns).
 */

/* Every table has a primary key; one that nobody gave a key has this column for it. It is not part
 * of the catalog. */
#define POSTGRES_ROW_KEY TELAIO_PREFIX "row"

/** emit_pg_table() - CREATE TABLE with columns, primary key and CHECKs; indexes, foreign keys and
 *  comments are statements of their own. */
void emit_pg_table(struct sql_writer *w, const struct table *t);
/** emit_pg_column() - the definition of @c behind ADD COLUMN, without CHECKs. */
void emit_pg_column(struct sql_writer *w, const struct table *t, const struct column *c);
/** emit_pg_check() - [CONSTRAINT …] CHECK (…). */
void emit_pg_check(struct sql_writer *w, const struct table *t, const struct check *c);
/** emit_pg_type_check() - the constraint that comes with c's type; false when there is none. */
bool emit_pg_type_check(struct sql_writer *w, const struct table *t, const struct column *c);
/** emit_pg_default() - what stands behind DEFAULT. */
void emit_pg_default(struct sql_writer *w, const struct column *c);
/** emit_pg_key() - [CONSTRAINT …] FOREIGN KEY (…) REFERENCES …; @target may be NULL. */
void emit_pg_key(struct sql_writer *w, const struct table *t, const struct foreign_key *f,
                 const struct table *target);
/** emit_pg_index() - CREATE [UNIQUE] INDEX, or for a constraint's own index ALTER TABLE … ADD. */
void emit_pg_index(struct sql_writer *w, const struct table *t, const struct index *i,
                   bool is_concurrent);
/** emit_pg_trigger() - its own text, when that makes this very trigger on @t; else w->broken. */
void emit_pg_trigger(struct sql_writer *w, const struct table *t, const struct trigger *trigger);
/** emit_pg_comment() - COMMENT ON the table, or its column @column; NULL takes it away. */
void emit_pg_comment(struct sql_writer *w, const struct table *t, const char *column,
                     const char *comment);
