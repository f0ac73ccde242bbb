#pragma once

#include "catalog/catalog.h"
#include "engine/sqlite/conn.h"

/** inspect_read() - the whole schema of @c as a new catalog; one snapshot. Blocks. */
enum errcode inspect_read(struct conn *c, struct catalog **out, struct error *err) MUST_CHECK;

/** inspect_table() - the parts of a CREATE TABLE text put into @t (name, kind and native are
 *  there). What cannot be read leaves a table without columns. */
void inspect_table(struct arena *a, struct table *t);
/** inspect_index() - a CREATE INDEX text added to @t. */
void inspect_index(struct arena *a, struct table *t, const char *native);
/** inspect_constraint_indexes() - the indexes that SQLite made itself, in the order of @names. */
void inspect_constraint_indexes(struct arena *a, struct table *t, const char *const *names,
                                size_t n);
