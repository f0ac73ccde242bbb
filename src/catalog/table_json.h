#pragma once

#include <jansson.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "catalog/catalog.h"

/*
 * JSON of the nouns, in the vocabulary of the outside contract. Reading accepts both
 * specifications' spellings (allowNull = !nullable, STRING = text, primary_key, …), refuses unknown
 * fields (ERR_UNKNOWN_FIELD) and raises ERR_INVALID with `where`. Writing uses the contract's.
 *
 * Column: {name, displayName?, type, kind?, precision?, scale?, maxLength?, values?, element?,
 *   nativeType?, bits?, unsigned?, nullable=true, unique=false, defaultValue?, defaultExpression?,
 *   validation? {minLength, maxLength, min, max, pattern, enum}, comment?, primaryKey?,
 *   autoIncrement?, generated? {as, stored}, collation?, check?, options?, relatedTable?,
 *   relationType?, onDelete?, onUpdate?, keyType?,
 *   references? {table, column, onDelete, onUpdate, deferred}}
 *
 *   kind is of a number; also "char" of a text, "local" of a datetime without zone, "interval" and
 *   "objectid" of native. bits (16, 32) tells narrow numbers. keyType is the type of a relation
 *   that was resolved; a relation whose foreign key is gone is written as a plain column.
 *   In a defaultValue the texts "now()", "CURRENT_TIMESTAMP", "NOW", "uuid()" and
 *   "gen_random_uuid()" mean the function for columns of a fitting type.
 *
 * Index: {name?, columns: ["a", {"column": "b", "descending": true}, {"expr": …}], unique?, type?,
 *   where?}
 * Foreign key: {name?, columns, referencedTable, referencedColumns?, onDelete?, onUpdate?,
 *   deferred?}
 * Check: {name?, expr, column?}
 * Table: {tableName?|name, displayName?, description?, icon?, color?, columns, primaryKey?,
 *   indexes?, foreignKeys?, checks?, comment?, permissions?, apiEnabled=true, apiPrefix?, strict?,
 *   withoutRowid?}; the stored form has kind, triggers, native and rowEstimate too
 * Expression: scalar = literal; {"column": n}, {"call": f, "args": […]}, {"op": "=", "args": […]},
 *   {"and": […]}, {"or": […]}, {"not": e}, {"in": [e, v…]}, {"between": [e, lo, hi]},
 *   {"isNull": e}, {"like": [e, p]}, {"raw": "engine text"}
 */
enum errcode column_decode(struct arena *a, const json_t *doc, struct column *out,
                           struct error *err) MUST_CHECK;
enum errcode index_decode(struct arena *a, const json_t *doc, struct index *out,
                          struct error *err) MUST_CHECK;
enum errcode foreign_key_decode(struct arena *a, const json_t *doc, struct foreign_key *out,
                                struct error *err) MUST_CHECK;
/** table_decode() - also moves columns' primaryKey, unique, references, relation and check into
 *  the table's own primary_key, indexes, foreign_keys and checks. */
enum errcode table_decode(struct arena *a, const json_t *doc, struct table *out,
                          struct error *err) MUST_CHECK;
enum errcode check_decode(struct arena *a, const json_t *doc, struct check *out,
                          struct error *err) MUST_CHECK;
/** rules_decode() - an object as under `validation`; it does not know the column's type. */
enum errcode rules_decode(struct arena *a, const json_t *doc, struct column_rules *out,
                          struct error *err) MUST_CHECK;
enum errcode trigger_decode(struct arena *a, const json_t *doc, struct trigger *out,
                            struct error *err) MUST_CHECK;
enum errcode expr_decode(struct arena *a, const json_t *doc, const struct expr **out,
                         struct error *err) MUST_CHECK;
/** expr_text_decode() - where only an expression has a meaning (a CHECK, a predicate, what a column
 *  is made of): a text is the engine's, no literal. */
enum errcode expr_text_decode(struct arena *a, const json_t *doc, const struct expr **out,
                              struct error *err) MUST_CHECK;

void column_encode(struct json_writer *w, const struct table *t, const struct column *c);
/** rules_encode() - key `validation` and what @r says; nothing when it says nothing. */
void rules_encode(struct json_writer *w, const struct column_rules *r);
void index_encode(struct json_writer *w, const struct index *i);
void foreign_key_encode(struct json_writer *w, const struct foreign_key *f);
void check_encode(struct json_writer *w, const struct check *c);
void trigger_encode(struct json_writer *w, const struct trigger *t);
void expr_encode(struct json_writer *w, const struct expr *e);
/** table_encode() - everything; table_decode() of it gives an equal table. */
void table_encode(struct json_writer *w, const struct table *t);
/** catalog_encode() - {"tables": [...]} sorted by name, without internal tables. */
void catalog_encode(struct json_writer *w, const struct catalog *c);
