#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "query/query.h"

/*
 * The rows of a question, however many, by COPY (SELECT …) TO STDOUT: the server sends them one
 * behind the other without being asked for each batch, and is held back by the socket when nobody
 * reads. The connection does nothing else meanwhile, so this is for one that was taken for it
 * alone; where a transaction has other statements too, a cursor of the server serves.
 *
 * A row is one piece of memory that libpq has made; its cells are read where they lie.
 */
struct pg_conn;

struct pg_copy {
    struct pg_conn *conn;
    char *line;      /* the row, libpq's */
    char *at, *end;  /* the cells of it that nobody has read yet; at NULL = none */
    bool is_over;    /* nothing of the statement comes any more */
    bool has_looked; /* for more than the last row, and there was nothing */
    int n_looks;     /* since the last wait */
};

/** pg_copy_serves() - may @c's session be told values as literals? Functions of a database can
 *  change what a session reads texts by; then it may not. */
bool pg_copy_serves(const struct pg_conn *c);

/**
 * pg_copy_begin() - begin a transaction that only reads on @c, and the COPY of @q's rows
 * @text: room for the statement; @a: of what must live until this returns
 *
 * Whatever is returned, pg_copy_end() is called and then the transaction is rolled back. Errors:
 * ERR_UNSUPPORTED when the server has no such COPY, those of pg_copy_next().
 */
enum errcode pg_copy_begin(struct pg_copy *x, struct pg_conn *c, const struct query *q,
                           struct arena *a, struct buf *text, struct error *err) MUST_CHECK;

/**
 * pg_copy_next() - the next row; *@has false at the end
 *
 * Waits as long as one statement may take, like the fetch of a batch: time that the reader itself
 * takes does not count. Errors: ERR_TIMEOUT, ERR_CANCELLED, those of postgres_error(); also behind
 * rows that were good.
 */
enum errcode pg_copy_next(struct pg_copy *x, bool *has, struct error *err) MUST_CHECK;

/** pg_copy_cell() - the next cell of the row, NUL-terminated, good until pg_copy_next(); false when
 *  it is NULL. */
bool pg_copy_cell(struct pg_copy *x, struct str *out);

/** pg_copy_end() - break it off, unless it is over; the connection takes statements again. */
void pg_copy_end(struct pg_copy *x);
