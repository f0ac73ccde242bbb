#pragma once

#include "engine/sqlcommon/sql_parse.h"
#include "engine/sqlcommon/sql_writer.h"

/* How SQLite says it. */
extern const struct sql_dialect sqlite_dialect;

/** sqlite_functions() - the portable functions as SQLite text, *@n of them. */
const struct sql_function *sqlite_functions(size_t *n);
