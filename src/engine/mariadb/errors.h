#pragma once

#include <mysql.h>

#include "base/error.h"
#include "catalog/table.h"

struct my_conn;

/**
 * my_error() - raise what the last call on @c (or on @stmt, may be NULL) failed with; returns the
 * code
 *
 * Constraints: ERR_UNIQUE_VIOLATION, ERR_FOREIGN_KEY_VIOLATION, ERR_CHECK_VIOLATION and
 * ERR_NOT_NULL_VIOLATION with params {"table", "columns", "constraint"} as far as the server tells
 * and `where` = "/column" when it is one. Else ERR_UNAVAILABLE (the server is gone; the connection
 * is broken then), ERR_BUSY (lock or deadlock), ERR_TIMEOUT (the statement took too long),
 * ERR_SCHEMA_MOVED (no such table or column any more), ERR_INVALID_VALUE, ERR_FORBIDDEN,
 * ERR_DISK_FULL, ERR_TOO_LARGE, ERR_CANCELLED, ERR_CONFLICT, ERR_INVALID, ERR_NOT_FOUND,
 * ERR_INTERNAL.
 * @doing: what was tried, for messages without better words
 */
enum errcode my_error(struct my_conn *c, MYSQL_STMT *stmt, const char *doing, struct error *err);
/** my_connect_error() - why no connection was made: ERR_SOURCE_REFUSED or ERR_UNAVAILABLE. */
enum errcode my_connect_error(struct my_conn *c, struct error *err);

/** my_explain() - put into @err (may be NULL) what only the catalog knows: the columns of the
 *  unique key or check of @t that the server named. */
void my_explain(const struct table *t, struct error *err);
/** my_raise() - @wrong goes to @err, or away where that is NULL; returns its code. */
enum errcode my_raise(struct error *err, struct error *wrong);
