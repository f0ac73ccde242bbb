#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "catalog/table.h"
#include "catalog/value.h"

/**
 * rules_check() - @v obeys @c's rules: required, minLength, maxLength, min, max, pattern, enum
 * @a: for the compiled pattern
 *
 * Errors: ERR_NOT_NULL_VIOLATION, ERR_INVALID_VALUE; where = "/COLUMN", params has the column,
 * the rule and its limit.
 */
enum errcode rules_check(struct arena *a, const struct column *c, struct value v,
                         struct error *err) MUST_CHECK;
