#pragma once

#include "catalog/catalog.h"
#include "engine/sqlcommon/sql_writer.h"
#include "engine/sqlcommon/token.h"

/*
 * What the files of structure share. MySQL is told from MariaDB by its dialect: statements for it
 * are made and compared as text, but were never run (docs/reference/engines.md).
 */
extern const struct sql_dialect mysql_dialect;

static inline bool my_is_mysql(const struct sql_writer *w)
{
    return w->dialect == &mysql_dialect;
}

/* The key of a table of ours that has none of its own: invisible, and no part of the catalog. A
 * table's native text says it where it is there. */
#define MY_ROW TELAIO_PREFIX "row"

/* types.c */
/** my_declare() - mariadb_declare() for either server; NULL: it has no such type. */
const char *my_declare(struct arena *a, const struct type *t, bool is_mysql);
/** my_type_check() - mariadb_type_check() for either server. */
const struct expr *my_type_check(struct arena *a, const struct column *c, bool is_mysql);
/** my_type_refine() - the type of @c, read from its declared text alone, with the CHECK that stands
 *  beside it; false: the CHECK is no part of a type, @c stays. */
bool my_type_refine(struct arena *a, struct column *c, const struct expr *check, bool is_mysql);
/** my_key_length() - characters of a text without a limit in a key that has @n_texts of them. */
int my_key_length(size_t n_texts);

/* expr_read.c */
/** my_unescape() - a text as the server prints it (backslashes in literals) as our sessions read
 *  it (NO_BACKSLASH_ESCAPES: quotes are doubled, nothing else). */
const char *my_unescape(struct arena *a, struct str text);
/** my_expr_read() - a CHECK, default or generated text of the server as a typed expression; what
 *  is not understood whole is EXPR_RAW, unescaped. */
const struct expr *my_expr_read(struct arena *a, struct str text);
/** my_is_closed() - @text can stand between brackets in a statement of ours. */
bool my_is_closed(struct arena *a, struct str text);
/** my_functions() - the portable functions as MariaDB prints them, *@n of them. */
struct sql_function;
const struct sql_function *my_functions(size_t *n);
