#pragma once

#include "base/csv.h"
#include "data/import.h"
#include "data/objects.h"
#include "data/rules.h"

/* Inside of the room: an import on its way. */

/* Rows of one batch that wait may take this much. */
#define IMPORT_BATCH_BYTES ((size_t)8 << 20)

/* One row as decoded; columns and values run in parallel. */
struct import_row {
    const struct column *const *columns;
    const struct value *values;
    size_t n;
    int64_t number; /* in the file, from 1 */
};

/* A name of the file and what it means. */
struct import_name {
    struct str name;
    const struct column *column; /* NULL = left out */
};

struct importer {
    const struct data_context *ctx;
    const struct import_request *in;
    struct import_result *out;
    struct arena *arena;       /* of the request */
    struct arena *scratch;     /* of one row, or of one batch of them */
    const struct rules *rules; /* by the column's position in the table */

    const struct import_name *map; /* what the caller said */
    size_t n_map;
    const struct column *const *conflict; /* UPSERT: the key */
    size_t n_conflict;
    const struct column *const *keep; /* UPSERT: left as they are when the row is there */
    size_t n_keep;

    /* what the server fills; the id is made for each row */
    const struct column *id;
    const struct column *fill[4];
    struct value fill_values[4];
    size_t n_fill;

    /* CSV: from the line of names */
    bool has_header;
    size_t n_header;
    const struct column **field_columns; /* by field; NULL = left out */
    const struct column **columns;       /* those that are not, then what the server fills */
    struct value *values;
    size_t n_given, n_columns;

    /* all or nothing */
    struct bulk *bulk;
    struct write shape;
    struct value *shape_values;

    /* partial, and dry runs: the rows of one transaction */
    struct import_row *batch;
    struct write_result *results;
    struct error *errors;
    size_t batch_n, batch_from, batch_done;
    int64_t bytes;
};

/* ---- import_names_json.c */

/** import_names() - in->map and in->upsert, made sense of. Errors: ERR_INVALID_PARAMETER. */
enum errcode import_names(struct importer *im, struct error *err) MUST_CHECK;
/** import_column() - *@out = the column that @name of the file fills, NULL = none. Errors:
 *  ERR_UNKNOWN_FIELD, ERR_READ_ONLY_FIELD. */
enum errcode import_column(const struct importer *im, struct str name, const struct column **out,
                           struct error *err) MUST_CHECK;

/* ---- import_fill.c */

/** import_fill_init() - what the server fills in this table. */
void import_fill_init(struct importer *im);
/** import_default() - *@out = what @c gets when nothing is given; false when only the engine can
 *  tell. */
bool import_default(struct arena *a, const struct column *c, struct value *out);
/** import_is_required() - an insert must name @c. */
bool import_is_required(const struct importer *im, const struct column *c);
/** import_is_key() - a value may lack: the server or the engine makes it. */
bool import_is_key(const struct importer *im, const struct column *c);
struct value import_new_id(struct arena *a);

/* ---- import_row_json.c */

/** import_object() - object_fn: one item of a JSON file. @arg: struct importer. */
enum errcode import_object(void *im, struct str text, struct error *err);

/* ---- import_csv.c */

/** import_fields() - csv_row_fn: one line of a CSV file. @arg: struct importer. */
enum errcode import_fields(void *im, const struct csv_field *fields, size_t n, struct error *err);

/* ---- import_write.c */

/** import_take() - a row that obeys its rules goes to where rows go; borrowed for the call. */
enum errcode import_take(struct importer *im, const struct import_row *row,
                         struct error *err) MUST_CHECK;
/** import_flush() - the batch that waits, if any. */
enum errcode import_flush(struct importer *im, struct error *err) MUST_CHECK;
/** import_commit() - all or nothing: all of it, or with an error none. */
enum errcode import_commit(struct importer *im, struct error *err) MUST_CHECK;

/* ---- import.c */

/** import_note() - the row @number has the error @e, which is released. Errors: ERR_CANCELLED when
 *  there are so many that no more need to be found (all or nothing). */
enum errcode import_note(struct importer *im, int64_t number, struct error *e,
                         struct error *err) MUST_CHECK;
/** import_reject() - the same for a row that never got to where rows go. */
enum errcode import_reject(struct importer *im, int64_t number, struct error *e,
                           struct error *err) MUST_CHECK;
/** import_at() - set the error's where to "/@column"; returns its code. */
enum errcode import_at(struct error *err, const char *column);
/** import_is_of_row() - @code is the fault of a row, not of the place it goes to. */
bool import_is_of_row(enum errcode code);
