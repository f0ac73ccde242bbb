#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "catalog/value.h"

/*
 * Rows that are set aside on their way into a table: packed into a buffer that spills to a nameless
 * file. They come first, all of them, and are read back as often as wanted. Files are written and
 * read on a worker of the loop.
 */
struct row_spill {
    const char *folder; /* where the file is made */
    size_t n_columns;
    struct buf rows; /* packed, not spilt yet */
    int fd;          /* -1 = nothing spilt */
    int64_t n_spilt; /* bytes in the file */
    int64_t n_rows;

    /* reading back: the file in pieces, then what never left the buffer */
    struct buf piece;
    size_t at;
    int64_t offset; /* of the file, behind the piece */
    bool is_last;   /* the piece is the rest that was not spilt */
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
