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
