#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "catalog/table.h"
#include "catalog/value.h"

/** cell_from_json_text() - @text is JSON: the value of column @c that it means. Errors:
 *  ERR_MALFORMED when it is none, ERR_INVALID_VALUE; no texts are made. */
enum errcode cell_from_json_text(struct arena *a, struct str text, const struct column *c,
                                 struct value *out) MUST_CHECK;
