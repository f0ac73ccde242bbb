#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

/*
 * The items of a JSON array, or the lines of NDJSON, one text each, pushed in pieces of any size.
 * An item is cut out by its brackets and quotes; whether it is JSON is for whoever parses it.
 */
typedef enum errcode object_fn(void *arg, struct str text, struct error *err);

struct object_reader {
    bool by_lines;
    object_fn *fn;
    void *arg;
    struct buf text; /* of the item so far */
    int state;
    int64_t depth;
    bool in_string, is_escaped;
    int bom;      /* bytes of a byte order mark seen; -1 = past the start */
    int64_t n;    /* items given */
    int64_t line; /* of the next byte, from 1 */
};

/** object_reader_init() - @by_lines: NDJSON; @item_bytes: of one item, 0 = 16 MiB.
 *  object_reader_release() ends it. */
void object_reader_init(struct object_reader *r, bool by_lines, size_t item_bytes, object_fn *fn,
                        void *arg);
void object_reader_release(struct object_reader *r);
/** object_push() - Errors: ERR_MALFORMED (message: the line), ERR_TOO_LARGE, those of fn. */
enum errcode object_push(struct object_reader *r, struct str piece, struct error *err) MUST_CHECK;
/** object_end() - no more bytes. Errors: as object_push(). */
enum errcode object_end(struct object_reader *r, struct error *err) MUST_CHECK;
