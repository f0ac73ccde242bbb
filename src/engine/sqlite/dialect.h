#pragma once

#include "engine/sqlcommon/sql_writer.h"

/* How SQLite says it. */
extern const struct sql_dialect sqlite_dialect;

/*
 * Portable functions as SQLite text, both ways: `?` stands for the argument. Written from the
 * template, recognised by comparing tokens with it.
 */
struct sqlite_function {
    const char *name;
    int n_args; /* -1: any number, the template is only the function's name */
    const char *text;
};

const struct sqlite_function *sqlite_functions(size_t *n);
