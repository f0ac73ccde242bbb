#pragma once

#include "catalog/table.h"
#include "engine/mongodb/core.h"

/*
 * Columns of collections that are not ours: from the validator where it speaks, else from a sample.
 *
 * A sample is the first documents and, where there are more, as many random ones. A field whose
 * values have one type gets it; whole numbers of two sizes the larger; numbers of several kinds the
 * one that holds them; anything else is "any". A sample never makes a column required. What was
 * counted stands in the column's options: {"inferred": {"documents": n, "types": {"string": n, …},
 * "confidence": share of the documents that agree}}. A sample is kept for some minutes, so that
 * two readings of one structure are equal.
 */
#define SAMPLE_SIZE 1000

/** infer_columns() - the columns of the collection or view @t->name, on a worker.
 *  @options: of the collection, as listCollections tells them */
enum errcode infer_columns(mongoc_client_t *client, struct room *r, struct arena *a,
                           const bson_t *options, struct table *t, struct error *err) MUST_CHECK;
