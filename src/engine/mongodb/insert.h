#pragma once

#include "engine/mongodb/core.h"
#include "query/query.h"

/*
 * New rows: what MongoDB does not do by itself is done here. Defaults are filled in, columns that
 * must have a value are asked for it, a counting key gets its number, and a row of a collection
 * whose "_id" nobody sees, or is an ObjectId, gets one.
 */
struct new_row {
    struct arena *arena;
    bson_t *doc;
    bool counts;     /* its key is to be counted; "_id" is not in yet */
    bool is_counted; /* … and has been */
    int64_t number;  /* the integer key, 0 when it has none */
};

/** insert_row() - the document of one row, in @a. Errors: ERR_NOT_NULL_VIOLATION,
 * ERR_INVALID_VALUE, ERR_CHECK_VIOLATION. */
enum errcode insert_row(struct arena *a, const struct write *w, const struct value *values,
                        struct new_row *out, struct error *err) MUST_CHECK;

/** insert_check() - what the column itself demands of @v: a value, a length, a label. */
enum errcode insert_check(const struct table *t, const struct column *c, struct value v,
                          struct error *err) MUST_CHECK;

/** insert_count() - give the row its number, on a worker: behind the largest there is and every one
 *  this process gave. A row that has its key already is only noted. */
enum errcode insert_count(struct mongo_session *s, const struct table *t, struct new_row *row,
                          struct error *err) MUST_CHECK;
/** insert_forget_count() - somebody else took the number: look again. */
void insert_forget_count(struct mongo_session *s, const struct table *t);
