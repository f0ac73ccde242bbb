#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

/*
 * Bytes set aside until they are all there: a buffer that spills to a nameless file. Read back from
 * the start, as often as needed. Files are written and read by workers.
 */
struct spill {
    const char *folder; /* where the file is made */
    struct buf tail;    /* not in the file yet */
    int fd;             /* -1 = nothing spilt */
    int64_t n_spilt;    /* bytes in the file */
    struct buf piece;   /* of reading */
    int64_t offset;     /* of the file, behind the piece */
    bool is_tail;       /* the piece was the last one of the file */
};

/** spill_init() - empty; @folder is borrowed; at most @bytes_max at once in memory. */
void spill_init(struct spill *s, const char *folder, size_t bytes_max);
/** spill_temporary() - the folder for what has none of its own: TMPDIR, or /var/tmp. */
const char *spill_temporary(void);
void spill_release(struct spill *s);
/** spill_settle() - after bytes were added to s->tail: they go to the file when there are many.
 *  Errors: ERR_DISK_FULL, ERR_IO, ERR_TOO_LARGE. */
enum errcode spill_settle(struct spill *s, struct error *err) MUST_CHECK;
/** spill_rewind() - the next piece is the first. */
void spill_rewind(struct spill *s);
/** spill_next() - the next bytes in order, valid until the next call; empty at the end. Errors:
 *  ERR_IO. */
enum errcode spill_next(struct spill *s, struct str *out, struct error *err) MUST_CHECK;
/** spill_fill() - read on until @piece has @n bytes from *@at on, or all that are left; what is
 *  before *@at is dropped. Errors: ERR_IO, ERR_TOO_LARGE. */
enum errcode spill_fill(struct spill *s, struct buf *piece, size_t *at, size_t n,
                        struct error *err) MUST_CHECK;
