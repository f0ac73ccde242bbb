#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "catalog/table.h"
#include "catalog/value.h"

/* One value as the text of a CSV field. */

/**
 * cell_from_text() - @text as the canonical value of column @c
 *
 * As value_from_text(), and as files have it: 0 and 1 are booleans, the text of a json column is
 * JSON where it can be. Texts are borrowed from @text where they are canonical already.
 * Errors: ERR_INVALID_VALUE, without where.
 */
enum errcode cell_from_text(struct arena *a, struct str text, const struct column *c,
                            struct value *out, struct error *err) MUST_CHECK;

/** cell_add_text() - append @v so that cell_from_text() gives it back; NULL appends nothing. */
void cell_add_text(struct buf *b, const struct column *c, struct value v);
