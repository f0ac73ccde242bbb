#pragma once

#include <bson/bson.h>

#include "base/arena.h"
#include "base/error.h"
#include "catalog/catalog.h"

/*
 * How a table of ours stands in a collection. The validator holds rows to what MongoDB can say:
 *
 *   {"$jsonSchema": {"bsonType": "object", "description": "telaio:{…}", "required": [NOT NULL],
 *    "properties": {field: {"bsonType": …, "enum": …, "maxLength": …}}}, "$expr": {CHECKs}}
 *
 * The description carries the whole model as JSON (catalog/table_json.h), so that what MongoDB has
 * no word for (order of columns, logical types, defaults, comments, index conditions) comes back
 * exactly as it was made. It travels with the collection: a rename moves it, a dump keeps it, and
 * one command changes both together. Only keywords that every server with this protocol knows are
 * written.
 *
 * The single column of a primary key is the field "_id". A key of several columns is a unique
 * index MODEL_KEY_INDEX, and "_id" is an ObjectId that nobody sees. A unique index over columns
 * that may be NULL has a condition that lets many NULLs in, as SQL does.
 */
#define MODEL_KEY_INDEX TELAIO_PREFIX "key"

/** model_check() - may @t be a table here? Errors: ERR_UNSUPPORTED with words, where in the table.
 */
enum errcode model_check(const struct table *t, struct error *err) MUST_CHECK;

/** model_validator() - the validator of @t, in @a. */
enum errcode model_validator(struct arena *a, const struct table *t, const bson_t **out,
                             struct error *err) MUST_CHECK;

/** model_index() - the specification of @i for createIndexes. */
enum errcode model_index(struct arena *a, const struct table *t, const struct index *i,
                         const bson_t **out, struct error *err) MUST_CHECK;
/** model_is_key() - @i says what the index that "_id" always has says: it is in the model only. */
bool model_is_key(const struct table *t, const struct index *i);
/** model_key_index() - that of a primary key of several columns. */
const bson_t *model_key_index(struct arena *a, const struct table *t);

/** model_property() - the schema of one field. */
const bson_t *model_property(struct arena *a, const struct column *c, bool is_nullable);

/* model_json.c */
/** model_text() - @t as it stands in the description. */
const char *model_text(struct arena *a, const struct table *t);
/** model_parse() - the table in @description; false when it is none of ours. */
bool model_parse(struct arena *a, const char *description, struct table *out);
