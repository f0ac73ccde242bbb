#pragma once

#include "base/arena.h"
#include "catalog/expr.h"
#include "engine/sqlcommon/token.h"

/**
 * sqlite_expr_parse() - SQLite text as a typed expression, in @a
 *
 * What is not understood whole (sub-selects, CASE, casts, unknown functions …) becomes one
 * EXPR_RAW with the text unchanged; brackets around the whole are dropped otherwise.
 */
const struct expr *sqlite_expr_parse(struct arena *a, struct str text);
