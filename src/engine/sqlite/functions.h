#pragma once

#include <sqlite3.h>

#include "base/error.h"

/**
 * sqlite_functions_add() - give @db the functions and the collation that questions use
 *
 * telaio_like(pattern, text), telaio_ilike(pattern, text), telaio_search(words, text…), and the
 * collation telaio_decimal, by which decimal texts compare as numbers of any length. None of them
 * ever stands in a schema, so a file stays readable for every other program.
 */
enum errcode sqlite_functions_add(sqlite3 *db, struct error *err) MUST_CHECK;
