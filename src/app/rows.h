#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/tenant_view.h"
#include "base/buf.h"
#include "data/read.h"
#include "data/row_etag.h"
#include "data/write.h"
#include "query/list_grammar.h"

/*
 * Rows of one table, as one caller may see and change them. The same functions stand behind
 * /api/db-editor/data/{table} and /api/custom/{resource}.
 */
struct rows {
    const struct caller *caller;
    const struct tenant_table *table;
    struct data_context data;
};

enum rows_name {
    ROWS_BY_TABLE = 1, /* "custom_contacts" */
    ROWS_BY_RESOURCE,  /* "contacts": only while its API is switched on */
};

/**
 * rows_open() - the table called @name, after judging that @c may do @action there
 *
 * Borrows from @c and lives as long as its arena. Errors: ERR_NOT_FOUND, ERR_FORBIDDEN.
 */
enum errcode rows_open(const struct caller *c, enum rows_name by, struct str name,
                       enum action action, struct rows *out, struct error *err) MUST_CHECK;

struct rows_question {
    struct list_params params;
    bool as_arrays;     /* each row an array of its values */
    int64_t cell_limit; /* longer texts are cut to so many bytes, 0 = never */
};

struct rows_listed {
    struct list_query query; /* page, limit and what else was understood */
    struct list_result result;
    bool truncated; /* a cell was cut */
};

/** rows_list() - the rows as a JSON array into @sink. Errors: those of list_parse(), the engine's.
 */
enum errcode rows_list(const struct rows *r, const struct rows_question *q,
                       const struct row_sink *sink, struct rows_listed *out,
                       struct error *err) MUST_CHECK;

/**
 * rows_get() - append the row @id as a JSON object to @out
 * @fields: names of columns, p NULL = all but tenant_id
 * @etag: the row's entity tag at its start
 *
 * Errors: ERR_NOT_FOUND, ERR_UNSUPPORTED, ERR_INVALID_PARAMETER for @fields.
 */
enum errcode rows_get(const struct rows *r, struct str id, struct str fields, struct buf *out,
                      char etag[ROW_ETAG_TEXT + 1], struct error *err) MUST_CHECK;

/**
 * rows_write() - data_write() with the rights of each item judged first (insert, update, delete)
 *
 * Items come from app/rows_json.h. Errors: ERR_FORBIDDEN, those of data_write().
 */
enum errcode rows_write(const struct rows *r, struct data_item *items, size_t n, bool partial,
                        struct error *err) MUST_CHECK;

/** rows_encode() - append a written row (item->row, not NULL) as a JSON object, no tenant_id. */
void rows_encode(const struct rows *r, const struct value *row, struct buf *out);
/** rows_key() - the text that addresses @row (item->row), in the arena; NULL without a key. */
const char *rows_key(const struct rows *r, const struct value *row);
