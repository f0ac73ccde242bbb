#pragma once

#include <sqlite3.h>

#include "base/error.h"

/**
 * sqlite_error() - raise what @rc of @db means in the product's words; returns the code
 *
 * Constraints: ERR_UNIQUE_VIOLATION, ERR_FOREIGN_KEY_VIOLATION, ERR_CHECK_VIOLATION and
 * ERR_NOT_NULL_VIOLATION with params {"table", "columns", "constraint"} as far as SQLite tells and
 * `where` = "/column" when it is one. Else ERR_BUSY, ERR_DISK_FULL, ERR_CORRUPT, ERR_CANCELLED,
 * ERR_TOO_LARGE, ERR_IO, ERR_UNAVAILABLE, ERR_INVALID_VALUE (a type that does not fit),
 * ERR_FORBIDDEN (read-only), ERR_SCHEMA_MOVED (the table or column is not there any more),
 * ERR_CONFLICT (a view or trigger is in the way), ERR_INVALID (engine text that SQLite does not
 * take), ERR_INTERNAL.
 * @doing: what was tried, for messages without better words
 */
enum errcode sqlite_error(sqlite3 *db, int rc, const char *doing, struct error *err);
