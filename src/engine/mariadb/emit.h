#pragma once

#include "engine/mariadb/structure.h"

/* Definitions as MariaDB text, into a writer with mariadb_dialect or mysql_dialect. */

/* What a column's place asks of it. */
struct my_place {
    int key_length;        /* characters of a text without a limit that is a key; 0 = it is none */
    const char *collation; /* of a text column that says none; NULL = the table's */
    bool is_bare;          /* without NOT NULL, default and the type's CHECK */
};

/** my_place_of() - how column @c of @t, with the table's keys, must be declared in a table that is
 *  made or that gets the column. @parents tells the columns that it refers to; may be NULL. */
struct my_place my_place_of(const struct table *t, const struct column *c,
                            const struct catalog *parents);
/** my_emit_column() - `name` type … with the CHECK of its type, which follows the column. */
void my_emit_column(struct sql_writer *w, const struct column *c, const struct my_place *place);
/** my_emit_check() - [CONSTRAINT name] CHECK (…): of the table always, since MariaDB does not look
 * at the rows for one that stands beside a new or a modified column. */
void my_emit_check(struct sql_writer *w, const struct check *c);
/** my_emit_foreign_key() - CONSTRAINT name FOREIGN KEY [@guard](…) REFERENCES … */
void my_emit_foreign_key(struct sql_writer *w, const struct foreign_key *f, const char *guard);
/** my_emit_index() - [UNIQUE] KEY [@guard]name (…) of @t. */
void my_emit_index(struct sql_writer *w, const struct index *i, const struct table *t,
                   const char *guard);
/** my_emit_table() - CREATE TABLE @name as @t is, its indexes and foreign keys too. */
void my_emit_table(struct sql_writer *w, const struct table *t, const char *name,
                   const struct catalog *parents);
/** my_emit_is_trigger() - the text of @trigger makes this very trigger on @table. */
bool my_emit_is_trigger(struct arena *a, const struct trigger *trigger, const char *table);
/**
 * my_emit_trigger() - the statement that makes the trigger of text @native
 *
 * That is read under the sql_mode that it was written for, so it goes in as a text of its own.
 * @replaces: one that is there already is made anew
 */
const char *my_emit_trigger(struct arena *a, const struct sql_dialect *d, const char *native,
                            bool replaces);
/** my_is_hashed() - @i is a unique index that MariaDB keeps by a hidden hash column. */
bool my_is_hashed(const struct index *i, const struct table *t);
