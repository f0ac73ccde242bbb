#pragma once

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "catalog/value.h"

/*
 * One connection in the hands of one fiber: statements run one after the other and the fiber waits
 * for each. (Shared connections in pipeline mode are pipeline.h.)
 */
struct postgres_engine;
struct pg_conn;

/** pg_run() - statements without rows; @n_rows (may be NULL) = rows touched by the last one.
 *  Errors: as errors.h maps SQLSTATE. */
enum errcode pg_run(struct pg_conn *c, const char *text, int64_t *n_rows,
                    struct error *err) MUST_CHECK;

/**
 * pg_ask() - one statement with text parameters ($1 …), its whole result in text format
 * @params: n of them, NULL pointers are NULL
 *
 * *out is the caller's: PQclear().
 */
enum errcode pg_ask(struct pg_conn *c, const char *text, const char *const *params, int n,
                    PGresult **out, struct error *err) MUST_CHECK;
