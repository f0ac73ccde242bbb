#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

/*
 * Results, twice: a table for people, JSON for programs, from the same cells. A grid is rows of
 * cells under columns; one record is printed line by line.
 */
enum cell_kind {
    CELL_NONE = 0, /* nothing: null */
    CELL_TEXT,
    CELL_INT,
    CELL_BOOL,
    CELL_TIME,  /* microseconds since 1970 UTC; 0 is nothing */
    CELL_BYTES, /* a size */
    CELL_JSON,  /* JSON text; shown as it is */
};

struct cell {
    enum cell_kind kind;
    const char *text; /* NULL is nothing */
    int64_t number;
};

static inline struct cell cell_text(const char *text)
{
    return (struct cell){CELL_TEXT, text, 0};
}

static inline struct cell cell_int(int64_t v)
{
    return (struct cell){CELL_INT, NULL, v};
}

static inline struct cell cell_bool(bool v)
{
    return (struct cell){CELL_BOOL, NULL, v};
}

static inline struct cell cell_time(int64_t us)
{
    return (struct cell){CELL_TIME, NULL, us};
}

static inline struct cell cell_bytes(int64_t n)
{
    return (struct cell){CELL_BYTES, NULL, n};
}

static inline struct cell cell_json(const char *text)
{
    return (struct cell){CELL_JSON, text, 0};
}

struct grid {
    struct arena *arena;
    const char *const *keys; /* JSON names of the columns; their headings are made from them */
    size_t n_columns;
    struct cell *cells;
    size_t n_cells;
};

/** grid_init() - @keys: NULL-terminated. */
void grid_init(struct grid *g, struct arena *a, const char *const *keys);
/** grid_row() - the cells of one more row, as many as there are columns. */
void grid_row(struct grid *g, const struct cell *cells);
/** grid_print() - all rows: a table with headings, or with @json an array of objects. */
void grid_print(const struct grid *g, bool json, struct buf *out);
/** grid_print_one() - the one row: "key  value" a line, or with @json an object. */
void grid_print_one(const struct grid *g, bool json, struct buf *out);

/** output_write() - all of @p to descriptor @fd. Errors: ERR_IO. */
enum errcode output_write(int fd, const void *p, size_t n, struct error *err) MUST_CHECK;
/** output_error() - @err on stderr, for people or as one JSON line; what cannot be written there is
 *  lost. */
void output_error(const struct error *err, bool json);
/** output_note() - a line on stderr. */
void output_note(const char *fmt, ...) PRINTF_LIKE(1, 2);
