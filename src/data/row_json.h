#pragma once

#include <jansson.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "catalog/table.h"
#include "catalog/value.h"
#include "query/query.h"

/* What every row of one answer has in common; made once. */
struct row_shape {
    const struct column *const *columns;
    const struct str *keys;     /* quoted, with the colon and the comma before it */
    const unsigned char *forms; /* of the texts of each column */
    size_t n;
};

void row_shape_init(struct row_shape *s, struct arena *a, const struct column *const *columns,
                    size_t n);

/**
 * row_encode() - append @row (s->n values) as a JSON object; allocates only in @b
 *
 * Numbers of more than 15 significant digits (integers over 2^53) are JSON strings, json columns
 * are JSON, bytes are base64, booleans are booleans also where the engine keeps integers.
 */
void row_encode(struct buf *b, const struct row_shape *s, const struct value *row);
/** row_encode_array() - the same as an array of the values. */
void row_encode_array(struct buf *b, const struct row_shape *s, const struct value *row);
/** cell_encode() - one value alone. */
void cell_encode(struct buf *b, const struct column *c, struct value v);

/**
 * row_decode() - a JSON object as columns and values of @out (kind and table are set too)
 *
 * Unknown members are ERR_UNKNOWN_FIELD; values are typed, then checked by the column's rules
 * (data/rules.h). Read-only columns are taken as they are: data/write.h judges them.
 * Errors have where = "/COLUMN".
 */
enum errcode row_decode(struct arena *a, const json_t *doc, const struct table *table,
                        enum write_kind kind, struct write *out, struct error *err) MUST_CHECK;
