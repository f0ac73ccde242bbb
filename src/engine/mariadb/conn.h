#pragma once

#include <mysql.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "catalog/value.h"

/*
 * One connection in the hands of one fiber: every call that would wait suspends the fiber instead.
 */
struct mariadb_engine;
struct my_conn;

/** my_run() - one statement without rows; @n_rows (may be NULL) = rows touched.
 *  Errors: as errors.h maps them. */
enum errcode my_run(struct my_conn *c, const char *text, int64_t *n_rows,
                    struct error *err) MUST_CHECK;

/**
 * my_ask() - one statement, its whole result stored; every cell is a text or NULL
 * @params: texts put in for the ? of @text as quoted literals, n of them; NULL pointers are NULL
 *
 * *out is the caller's: mysql_free_result().
 */
enum errcode my_ask(struct my_conn *c, const char *text, const char *const *params, int n,
                    MYSQL_RES **out, struct error *err) MUST_CHECK;
