#pragma once

#include <mysql.h>

#include "base/error.h"
#include "engine/sqlcommon/sql_writer.h"

struct my_conn;

/*
 * Prepared statements of a connection, kept by their database and text until it is reset.
 */
struct my_stmt {
    struct my_stmt *next;
    MYSQL_STMT *handle;
    char *text; /* the name of the database, a zero, and the statement's own text */
    size_t n_text;
    uint64_t hash;
    bool is_used; /* by whoever got it: another one with the same text is prepared anew */
    MYSQL_BIND *binds;
    unsigned long *lengths;
    size_t n_params;
};

/**
 * my_stmt_run() - prepare (or find) the statement in @w and execute it with its parameters
 *
 * *out is the caller's until my_stmt_put(); rows, if any, have not been read. Errors: as errors.h,
 * ERR_TOO_LARGE, ERR_INTERNAL for a broken writer.
 */
enum errcode my_stmt_run(struct my_conn *c, const struct sql_writer *w, struct my_stmt **out,
                         struct error *err) MUST_CHECK;
/** my_stmt_put() - back to the connection's store; all its rows were read. */
void my_stmt_put(struct my_conn *c, struct my_stmt *s);
/** my_stmts_free() - all of them; the connection was reset or closed. */
void my_stmts_free(struct my_conn *c);
