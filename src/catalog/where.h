#pragma once

#include "base/attr.h"
#include "base/error.h"

/**
 * where_prefix() - put a JSON pointer (printf style) before the one of a raised error
 *
 * Returns @code; nothing happens when it is ERR_OK or @err is NULL. For one line per nested call:
 *     TRY(where_prefix(err, column_decode(a, doc, &c, err), "/columns/%zu", i));
 */
enum errcode where_prefix(struct error *err, enum errcode code, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/** where_member() - the same with the member @key of an object, escaped as a pointer wants it. */
enum errcode where_member(struct error *err, enum errcode code, const char *key);
