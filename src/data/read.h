#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "data/row_json.h"
#include "engine/engine.h"
#include "query/list_grammar.h"

/* Where a request works and for whom. */
struct data_context {
    struct engine *engine;
    struct str ns;
    const struct catalog *catalog;
    const struct table *table;
    int64_t tenant_id;         /* managed tables: kept in tenant_id, and the rows seen are its */
    int64_t actor;             /* created_by; 0 = nobody */
    const struct filter *only; /* a condition of the caller's permissions, NULL = none */
    bool has_scope;            /* scope is data_tenant_scope(), made once for many requests */
    const struct filter *scope;
};

struct row_sink {
    /* takes @n bytes; may wait; an error ends the list and is passed on */
    enum errcode (*fn)(void *arg, const void *p, size_t n, struct error *err);
    void *arg;
    bool as_arrays;     /* rows are arrays */
    int64_t cell_limit; /* longer texts and bytes are cut to so many bytes; 0 = never */
};

struct list_result {
    int64_t n_rows;
    int64_t total; /* -1 = not counted */
    bool exact;
    bool truncated;          /* a cell was cut */
    const char *next_cursor; /* in the request's arena; NULL at the end, or without a key */
};

/**
 * data_list() - stream the rows of @q as a JSON array ("[{…},{…}]") into @sink, then count
 *
 * Memory does not grow with the number of rows. Errors before the first byte leave the sink
 * untouched.
 */
enum errcode data_list(const struct data_context *ctx, struct arena *a, const struct list_query *q,
                       const struct row_sink *sink, struct list_result *out,
                       struct error *err) MUST_CHECK;

/*
 * The address of a row is its primary key, as text. Of several columns the values stand in their
 * order with commas between, each percent-encoded. A row of a table without a key is addressed by
 * all of its values that can be compared exactly, NULL being DATA_KEY_NULL: such an address may
 * mean several rows, so whoever writes makes sure that it means one (data/write.h does).
 */
#define DATA_KEY_SEPARATOR ','
#define DATA_KEY_NULL      "%"

/** data_row_key() - the columns that address a row of @t, *@n of them; 0 = nothing does. */
const struct column *const *data_row_key(struct arena *a, const struct table *t, size_t *n);
/** data_row_filter() - the condition that finds @row, all columns of @t. */
const struct filter *data_row_filter(struct arena *a, const struct table *t,
                                     const struct value *row);
/** data_key_filter() - the condition that finds the row whose address is @id. Errors: ERR_NOT_FOUND
 *  when @id cannot be an address, ERR_UNSUPPORTED for a table whose rows have none. */
enum errcode data_key_filter(struct arena *a, const struct table *t, struct str id,
                             const struct filter **out, struct error *err) MUST_CHECK;

/** data_tenant_scope() - the condition that keeps a tenant to its own rows; NULL = none is needed.
 */
const struct filter *data_tenant_scope(struct arena *a, const struct table *t, int64_t tenant_id);

/** data_scope() - @where and what @ctx limits everything to (its tenant, its permissions). */
const struct filter *data_scope(const struct data_context *ctx, struct arena *a,
                                const struct filter *where);

/** data_actor() - what created_by gets, *@out; false when it keeps its default. */
bool data_actor(const struct data_context *ctx, struct arena *a, struct value *out);

/** data_all_columns() - every column of @t in order, t->n_columns of them. */
const struct column *const *data_all_columns(struct arena *a, const struct table *t);

/** data_get() - all columns of the row @id, copied into @a. Errors: ERR_NOT_FOUND, ERR_UNSUPPORTED.
 */
enum errcode data_get(const struct data_context *ctx, struct arena *a, struct str id,
                      const struct value **row, struct error *err) MUST_CHECK;
