#pragma once

#include "engine/sqlcommon/sql_writer.h"

/**
 * pg_say_literal() - the value of a parameter inside of the statement, for what takes no parameters
 *
 * A quoted text of no type yet, the same that pg_params_make() sends: the server finds its type as
 * it finds that of "$1", and a number loses nothing on its way through another type. What is inside
 * of the quotes stays there under either setting of standard_conforming_strings: a backslash is
 * only ever written doubled, in E''. (client_encoding must be UTF8: no byte of a character is a
 * quote or a backslash then.) For sql_writer.say_value.
 */
void pg_say_literal(struct sql_writer *w, const struct value *v);
