#pragma once

#include <jansson.h>

#include "app/rows.h"

/* At most so many rows in one body. */
#define ROWS_ITEMS_MAX 10000

/**
 * rows_decode_insert() - the body of a POST: one row, or an array of rows (*@is_list)
 *
 * Errors: those of row_decode(), in a list with where "/INDEX/COLUMN"; ERR_INVALID for an empty
 * list, ERR_TOO_LARGE for more than ROWS_ITEMS_MAX.
 */
enum errcode rows_decode_insert(const struct rows *r, const json_t *body, struct data_item **items,
                                size_t *n, bool *is_list, struct error *err) MUST_CHECK;

/** rows_decode_update() - the body of a PUT or PATCH. */
enum errcode rows_decode_update(const struct rows *r, const json_t *body, struct data_item *item,
                                struct error *err) MUST_CHECK;

/**
 * rows_decode_bulk() - {"operations": [{method, id?, data?, ifMatch?}…]}
 * @partial: a value that does not fit stays in its item (code, err) instead of being raised
 *
 * Errors: as above with where "/operations/INDEX/…".
 */
enum errcode rows_decode_bulk(const struct rows *r, const json_t *body, bool partial,
                              struct data_item **items, size_t *n, struct error *err) MUST_CHECK;
