#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "catalog/table.h"
#include "catalog/value.h"

struct regex;

/* The rules of one column made ready for many values. */
struct rules {
    const struct column *column;
    const struct regex *pattern; /* NULL = none */
};

/** rules_prepare() - @a owns the pattern. Errors: ERR_INVALID for a pattern that is none. */
enum errcode rules_prepare(struct arena *a, const struct column *c, struct rules *out,
                           struct error *err) MUST_CHECK;

/** rules_judge() - as rules_check() below. @a: for texts of the error. */
enum errcode rules_judge(struct arena *a, const struct rules *r, struct value v,
                         struct error *err) MUST_CHECK;

/**
 * rules_check() - @v obeys @c's rules: required, minLength, maxLength, min, max, pattern, enum
 * @a: for the compiled pattern
 *
 * Errors: ERR_NOT_NULL_VIOLATION, ERR_INVALID_VALUE; where = "/COLUMN", params has the column,
 * the rule and its limit.
 */
enum errcode rules_check(struct arena *a, const struct column *c, struct value v,
                         struct error *err) MUST_CHECK;
