#pragma once

#include <libpq-fe.h>
#include <stdbool.h>

#include "base/error.h"
#include "base/str.h"

/**
 * postgres_error() - raise what the failed result @r of @pq means in the product's words
 * @r: may be NULL: the connection itself failed
 * @doing: what was tried, for messages without better words
 * @strip_shards: names may end in "_<digits>" of a shard; the digits are taken off
 *
 * Constraints: ERR_UNIQUE_VIOLATION, ERR_FOREIGN_KEY_VIOLATION, ERR_CHECK_VIOLATION and
 * ERR_NOT_NULL_VIOLATION with params {"table", "columns", "constraint"} as far as the server tells
 * and `where` = "/column" when it is one. Else ERR_INVALID_VALUE (a value that does not fit),
 * ERR_SCHEMA_MOVED (no such table or column, or a plan that does not fit any more, or that met what
 * was just dropped), ERR_BUSY (lock,
 * deadlock, serialization), ERR_TIMEOUT (a statement that took too long), ERR_UNAVAILABLE (the
 * server is going, gone or full), ERR_FORBIDDEN, ERR_CONFLICT, ERR_DISK_FULL, ERR_TOO_LARGE,
 * ERR_UNSUPPORTED, ERR_SOURCE_REFUSED, ERR_INVALID (text that PostgreSQL does not take),
 * ERR_INTERNAL. The SQLSTATE is in the detail; engine_code is it read as a number of base 36.
 */
enum errcode postgres_error(const PGconn *pq, const PGresult *r, const char *doing,
                            bool strip_shards, struct error *err);

/** postgres_refusal() - the same for a connection that could not be made: ERR_SOURCE_REFUSED or
 *  ERR_UNAVAILABLE. */
enum errcode postgres_refusal(const PGconn *pq, struct error *err);

/** postgres_state_is() - the SQLSTATE of the failed result @r is @state. */
bool postgres_state_is(const PGresult *r, const char *state);

/** postgres_has_vanished() - the failed result @r met a table, an index, … that was dropped while
 * the statement began: PostgreSQL tells it as a fault of its own, in words that it never
 * translates. */
bool postgres_has_vanished(const PGresult *r);

/** postgres_is_collision() - @err is of a transaction that met another one: it may go well when it
 *  is tried again. */
bool postgres_is_collision(const struct error *err);

/** postgres_plain_name() - @name without the digits of a shard, when @strip_shards. */
struct str postgres_plain_name(const char *name, bool strip_shards);
