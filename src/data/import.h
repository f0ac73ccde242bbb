#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "data/format.h"
#include "data/read.h"

/*
 * Rows from a file. The file comes piece by piece and is never held whole; a row is decoded, judged
 * by its column's rules and handed to the engine.
 *
 * Texts: an empty field without quotes is "nothing": NULL, or the default of a column that takes no
 * NULL; "" in quotes is the empty text. In JSON a member that is missing gets the default, null is
 * NULL. Columns that the server keeps (created_at …) are passed over, so that a file that was
 * exported goes back in; only id is taken.
 */
struct import_request {
    enum format format;
    /* the next piece at *@piece, n = 0 at the end; valid until the next call; may suspend */
    enum errcode (*read)(void *arg, struct str *piece, struct error *err);
    void *arg;
    const char
        *map; /* {"name in the file": "column" or null} or "name=column,…"; NULL = as named */
    const char
        *upsert;  /* columns of a unique key, comma separated: rows that are there are changed */
    bool partial; /* rows with errors are left out; else the first error leaves out all */
    bool dry_run; /* judge and undo; duplicates far apart in one file are not seen */
    /* called now and then; false ends the import with ERR_CANCELLED. NULL = none */
    bool (*progress)(void *arg, int64_t rows, int64_t bytes);
    void *progress_arg;
};

#define IMPORT_ERRORS_KEPT 100

struct import_error {
    int64_t row;        /* from 1, without the line of names */
    const char *column; /* NULL = the whole row */
    enum errcode code;
    const char *message;
};

struct import_result {
    int64_t rows; /* read */
    int64_t inserted, updated;
    int64_t skipped;             /* rows left out, for an error or because nothing changed */
    int64_t n_errors;            /* rows with an error */
    struct import_error *errors; /* the first IMPORT_ERRORS_KEPT of them, in the request's arena */
    size_t n_kept;
};

/**
 * data_import() - the rows of @in->read into ctx->table
 *
 * All or nothing: rows are staged and go in as one transaction; when a row has an error *@out tells
 * the errors and the first of them is raised, with where "/ROW/COLUMN". Partial: a transaction
 * every IMPORT_BATCH_ROWS rows or IMPORT_BATCH_US; *@out tells the errors, ERR_OK.
 *
 * Errors: ERR_MALFORMED for a file that cannot be read (message: line and column, also in partial
 * mode: what was written stays), ERR_UNKNOWN_FIELD for a name that is no column,
 * ERR_INVALID_PARAMETER (where "/query/map", "/query/upsert"), ERR_TOO_LARGE for a row over
 * IMPORT_ROW_BYTES, ERR_CANCELLED, the engine's.
 */
enum errcode data_import(const struct data_context *ctx, struct arena *a,
                         const struct import_request *in, struct import_result *out,
                         struct error *err) MUST_CHECK;

#define IMPORT_BATCH_ROWS 1000
#define IMPORT_BATCH_US   20000
#define IMPORT_ROW_BYTES  ((size_t)16 << 20)
