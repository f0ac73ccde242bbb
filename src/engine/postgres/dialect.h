#pragma once

#include "base/arena.h"
#include "catalog/expr.h"
#include "catalog/table.h"
#include "engine/sqlcommon/sql_writer.h"

/* A step of json_valid() in what the server prints. */
#define POSTGRES_JSON_TYPE "json_typeof"

/** postgres_function_of_pattern() - the portable test that is "text ~ @pattern", or NULL. */
const char *postgres_function_of_pattern(struct str pattern);
/** postgres_function_of_default() - the portable function that @text gives a text column, or NULL.
 */
const char *postgres_function_of_default(struct str text);
/** postgres_default_call() - how the default @e (a call) of a text column is written, or NULL. */
const char *postgres_default_call(const struct expr *e);

/**
 * postgres_resolve() - @e as it can be written: columns by the exact names that @t has, what the
 * server does not convert by itself converted
 *
 * NULL gives NULL.
 */
const struct expr *postgres_resolve(struct arena *a, const struct expr *e, const struct table *t);
