#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "data/read.h"

/*
 * Writes of rows. A managed table has the columns id (uuid or text), tenant_id, created_at,
 * updated_at, created_by or some of them: the server fills them. A row of a table without a primary
 * key is changed when it is the only one of its values (ERR_CONFLICT otherwise); inserts always
 * work.
 */
enum data_op {
    DATA_OP_NONE = 0,
    DATA_INSERT,
    DATA_UPDATE,
    DATA_DELETE,
};

struct data_item {
    enum data_op op;
    struct str id;                       /* UPDATE, DELETE */
    struct str if_match;                 /* p NULL = not given */
    const struct column *const *columns; /* INSERT, UPDATE: row_decode() */
    const struct value *values;
    size_t n;
    /* results, in the request's arena */
    enum errcode code;
    struct error err;
    const struct value *row; /* all columns of the table as stored; NULL after DELETE */
    const char *etag;
};

/**
 * data_write() - run @items in one transaction
 * @partial: an item that fails leaves its error in the item and the others go on (each in its own
 *           transaction); otherwise the first failure undoes all, is raised with where
 *           "/INDEX/…" when there are several items, and stands in its item
 *
 * Errors: as the items': ERR_STALE, ERR_NOT_FOUND, ERR_READ_ONLY_FIELD, ERR_INVALID (nothing to
 * change), ERR_UNSUPPORTED (no key), and the engine's violations. error_release() the items'
 * errors.
 */
enum errcode data_write(const struct data_context *ctx, struct arena *a, struct data_item *items,
                        size_t n, bool partial, struct error *err) MUST_CHECK;
