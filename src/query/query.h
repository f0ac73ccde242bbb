#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "query/filter.h"

/*
 * A question to one table, as data; engines render from it, grammars parse into it. Everything is
 * borrowed from the request's arena or from the catalog snapshot the question was made against.
 */
struct order {
    const struct column *column;
    bool is_descending;
    bool nulls_first; /* always rendered: engines differ in their defaults */
};

enum count_mode {
    COUNT_UNSET = 0,
    COUNT_EXACT,
    COUNT_ESTIMATED,
    COUNT_NONE,
};

struct query {
    const struct table *table;
    const struct column *const *columns; /* what each row holds, in order */
    size_t n_columns;
    const struct filter *where; /* NULL = all rows */
    const struct order *order;
    size_t n_order;
    int64_t limit;             /* -1 = no limit */
    int64_t offset;            /* 0 = from the start */
    const struct value *after; /* keyset: the order columns' values of the last row seen, n_order
                                  of them, or NULL */
    bool count_only;           /* one row, one integer: how many rows match */
    bool holds;                /* in a write transaction, of a table: what it decides by these rows
                                  is true until its end; they are read as the last writer left them */
};

enum write_kind {
    WRITE_NONE = 0,
    WRITE_INSERT,
    WRITE_UPDATE,
    WRITE_DELETE,
    WRITE_UPSERT, /* insert; when `conflict` collides, update the other columns */
};

/* One row's write. A bulk insert is many of them in one transaction with one prepared statement. */
struct write {
    enum write_kind kind;
    const struct table *table;
    const struct column *const *columns; /* set or inserted */
    const struct value *values;
    size_t n_columns;
    const struct filter *where; /* UPDATE, DELETE; NULL is refused (ERR_INVALID) unless all_rows */
    bool all_rows;
    const struct column *const *conflict; /* UPSERT: the key columns */
    size_t n_conflict;
    const struct column *const *keep; /* UPSERT: columns that an update leaves as they are */
    size_t n_keep;
    const struct column *key; /* INSERT: its generated value is returned, may be NULL */
};

struct write_result {
    int64_t n_rows;     /* inserted, changed or deleted */
    int64_t n_inserted; /* UPSERT: 1 when the row is new */
    int64_t last_id;    /* INSERT into a table with an identity column */
};
