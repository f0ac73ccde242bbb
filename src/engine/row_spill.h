#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "catalog/value.h"
#include "engine/spill.h"

/*
 * Rows that are set aside on their way into a table, packed. They come first, all of them, and are
 * read back as often as wanted.
 */
struct row_spill {
    size_t n_columns;
    struct spill bytes;
    struct buf piece; /* reading back: bytes of the rows to come */
    size_t at;
    int64_t n_rows;
};

/** row_spill_init() - empty; @folder is borrowed. */
void row_spill_init(struct row_spill *s, const char *folder, size_t n_columns);
void row_spill_free(struct row_spill *s);
/** row_spill_add() - one row, copied. Errors: ERR_TOO_LARGE, ERR_IO, ERR_DISK_FULL. */
enum errcode row_spill_add(struct row_spill *s, const struct value *row,
                           struct error *err) MUST_CHECK;
/** row_spill_rewind() - read from the first row on. */
void row_spill_rewind(struct row_spill *s);
/** row_spill_next() - the next row into @row; *found false at the end. Texts are borrowed until the
 *  next call. Errors: ERR_IO. */
enum errcode row_spill_next(struct row_spill *s, struct value *row, bool *found,
                            struct error *err) MUST_CHECK;
