#pragma once

#include "engine/mongodb/core.h"
#include "query/query.h"

/*
 * Servers without transactions (one mongod that is no replica set) change a document at a time.
 * There one row may be written in a transact, and it is put back when what follows fails; a second
 * write is ERR_UNSUPPORTED.
 */

/** single_write() - may @w go ahead? Keeps what it takes to put the row back. On a worker. */
enum errcode single_write(struct mongo_session *s, const struct write *w, const bson_t *filter,
                          struct error *err) MUST_CHECK;
/** single_inserted() - a row with this "_id" is new. */
void single_inserted(struct mongo_session *s, const char *collection, const bson_t *doc);
/** single_take_back() - the row is as it was before. */
void single_take_back(struct mongo_session *s);
