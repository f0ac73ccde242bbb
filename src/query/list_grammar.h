#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "query/query.h"

/* The list parameters as they came, percent-decoded; p NULL = not given. */
struct list_params {
    struct str page, limit, sort, order, filters, search, cursor, count, fields;
};

struct list_policy {
    const struct column *const *readable; /* NULL = every column */
    size_t n_readable;
    int64_t limit_max;     /* 0 = 1000 */
    int64_t limit_default; /* 0 = 50 */
};

struct list_query {
    struct query query;    /* limit is one more than asked: tells whether there is a next page */
    size_t n_shown;        /* the first columns of the query are the answer; the rest are there for
                              the cursor */
    enum count_mode count; /* COUNT_UNSET: exact up to LIST_EXACT_MAX estimated rows */
    int64_t page, limit;   /* page is 0 when by_cursor */
    bool by_cursor;
    uint64_t seal; /* of table, order and conditions: binds a cursor to them */
};

#define LIST_EXACT_MAX 100000
#define LIST_LIMIT_MAX 1000

/**
 * list_parse() - the list parameters of one request as a question to @table
 *
 * sort is a list of columns ("name,-age"); order (asc, desc) is for those without a sign. Without
 * sort: created_at descending where the table has it. The key is always appended. tenant_id is in
 * the answer only when fields names it. All lives in @a; columns are borrowed from @table.
 * Errors: ERR_INVALID_PARAMETER with where "/query/NAME", ERR_TOO_DEEP.
 */
enum errcode list_parse(struct arena *a, const struct list_params *p, const struct table *table,
                        const struct list_policy *policy, struct list_query *out,
                        struct error *err) MUST_CHECK;

/** list_cursor() - the opaque text that continues @q behind @row (all query columns), in @a; NULL
 *  when the list has no order to go on in (a table without a key, listed without sort). */
char *list_cursor(struct arena *a, const struct list_query *q, const struct value *row);

/** list_place() - where @row (all query columns) stands in the order of @q: query.after that
 *  continues behind it, in @a. */
const struct value *list_place(struct arena *a, const struct list_query *q,
                               const struct value *row);
