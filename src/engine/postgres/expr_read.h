#pragma once

#include "base/arena.h"
#include "catalog/expr.h"
#include "catalog/table.h"

/**
 * postgres_expr_read() - what pg_get_expr() and pg_get_constraintdef() print, as a typed expression
 * @t: the table whose columns it may name, with their types; NULL: none
 *
 * The server prints what it stored: IN as = ANY (ARRAY[…]), LIKE as ~~, BETWEEN as two comparisons,
 * casts that nobody wrote. Only a reading that would be stored the same way again is taken;
 * anything else becomes one EXPR_RAW with the text unchanged.
 */
const struct expr *postgres_expr_read(struct arena *a, struct str text, const struct table *t);

/** postgres_default_read() - the same for the default of @c; literals are in their canonical form.
 *  NULL for a default that says nothing (NULL). */
const struct expr *postgres_default_read(struct arena *a, struct str text, const struct column *c);
