#pragma once

#include "base/json.h"
#include "engine/engine.h"

/** rows_insert() - the rows of @doc, {table: [[value of each column that is not generated], …]}. */
enum errcode rows_insert(struct engine *e, struct str ns, const json_t *doc,
                         struct error *err) MUST_CHECK;

/** rows_text() - every row of @table as text in @a, sorted, one line each; its columns in the
 *  table's order or @by_name. */
enum errcode rows_text(struct engine *e, struct str ns, const char *table, bool by_name,
                       struct arena *a, const char **out, struct error *err) MUST_CHECK;

/** rows_wanted() - the lines that the rows of @list (all columns) would give. */
const char *rows_wanted(struct arena *a, const json_t *list);

/** rows_fill() - up to @n rows of made-up values in each table; rows that break a rule are left
 *  out. */
enum errcode rows_fill(struct engine *e, struct str ns, int n, struct error *err) MUST_CHECK;

/** rows_all_text() - rows_text() by name of each table of the user, with its name. */
enum errcode rows_all_text(struct engine *e, struct str ns, struct arena *a, const char **out,
                           struct error *err) MUST_CHECK;
