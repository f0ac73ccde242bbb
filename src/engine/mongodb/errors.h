#pragma once

#include <bson/bson.h>

#include "base/error.h"
#include "catalog/table.h"

/**
 * mongo_error() - raise what a failed call means in the product's words; returns the code
 * @reply: what the server said, NULL when it said nothing
 * @why:   libmongoc's account of it, NULL when there is none
 * @table: the table that was written, NULL when none was
 *
 * ERR_UNIQUE_VIOLATION and ERR_CHECK_VIOLATION with params {"table", "columns", "constraint"} as
 * far as the server tells and where = "/column" when it is one; ERR_BUSY (lock, write conflict),
 * ERR_TIMEOUT, ERR_UNAVAILABLE (not reachable, no primary), ERR_SOURCE_REFUSED (credentials),
 * ERR_FORBIDDEN, ERR_SCHEMA_MOVED (the collection is gone), ERR_CONFLICT (the name is taken),
 * ERR_TOO_LARGE, ERR_UNSUPPORTED, ERR_INVALID, ERR_INTERNAL. engine_code is the server's number.
 */
enum errcode mongo_error(const bson_t *reply, const bson_error_t *why, const struct table *table,
                         const char *doing, struct error *err);

/** mongo_reply_error() - the same of a reply that may tell of an error; ERR_OK when it does not. */
enum errcode mongo_reply_error(const bson_t *reply, const struct table *table, const char *doing,
                               struct error *err);

/** mongo_broken() - raise @code for @columns of @t with params and where. @constraint may be NULL.
 */
enum errcode mongo_broken(enum errcode code, const struct table *t, const char *const *columns,
                          size_t n, const char *constraint, struct error *err);

/** mongo_is_transient() - the whole transaction may be tried again. */
bool mongo_is_transient(const bson_t *reply);
/** mongo_is_unknown_commit() - the commit may be tried again. */
bool mongo_is_unknown_commit(const bson_t *reply);
