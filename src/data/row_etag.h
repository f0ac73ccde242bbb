#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "catalog/value.h"

#define ROW_ETAG_TEXT 34 /* 32 hex digits in double quotes */

/** row_etag() - the entity tag of a row's @n stored values at @out, NUL-terminated. */
void row_etag(char out[ROW_ETAG_TEXT + 1], const struct value *row, size_t n);

/** row_etag_matches() - If-Match text @given (a list, "*" or with W/) names @etag. */
bool row_etag_matches(struct str given, const char *etag);
