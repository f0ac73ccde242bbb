#pragma once

#include <jansson.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "catalog/table.h"

/*
 * The codec of one column, with what the column says about its table. Used by table_json.c and by
 * the change codec; column_decode() of table_json.h is the short form.
 */
struct column_doc {
    struct column column;
    bool is_primary_key;
    bool is_relation; /* type "relation": type.kind is TYPE_NONE until the related key is known */
    bool knows_key;   /* the stored form of a relation: its index is said elsewhere */
    bool has_reference;
    struct foreign_key reference; /* of `references` or of a relation */
    const struct expr *check;
};

enum errcode column_doc_decode(struct arena *a, const json_t *doc, struct column_doc *out,
                               struct error *err) MUST_CHECK;

/** canonical_keys() - *@out = a copy of object @doc (tied to @a) with the other spellings of
 *  members (snake_case, the schema manager's) under the contract's names.
 *  Errors: ERR_INVALID when @doc is no object or says something twice. */
enum errcode canonical_keys(struct arena *a, const json_t *doc, const json_t **out,
                            struct error *err) MUST_CHECK;

/** text_list_decode() - an array of texts; copied. Errors: ERR_INVALID. */
enum errcode text_list_decode(struct arena *a, const json_t *doc, const char ***out, size_t *n,
                              struct error *err) MUST_CHECK;
