#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "catalog/value.h"

/*
 * A typed expression, the same on every engine: defaults, CHECKs, index keys, index predicates.
 * Expressions are values in an arena, never changed after they are made. Text written by an engine
 * or by a user in its own dialect is EXPR_RAW and is carried unchanged.
 */
enum expr_kind {
    EXPR_NONE = 0,
    EXPR_LITERAL, /* value */
    EXPR_COLUMN,  /* name */
    EXPR_CALL,    /* name(args): a function of the portable list (expr_function_known) */
    EXPR_COMPARE, /* args[0] op args[1]; name is = != < <= > >= */
    EXPR_ARITH,   /* name is + - * / || */
    EXPR_AND,     /* args */
    EXPR_OR,      /* args */
    EXPR_NOT,     /* args[0] */
    EXPR_IN,      /* args[0] in args[1..] */
    EXPR_BETWEEN, /* args[0] between args[1] and args[2] */
    EXPR_IS_NULL, /* args[0] */
    EXPR_LIKE,    /* args[0] like args[1], backslash escapes */
    EXPR_RAW,     /* name is engine text */
};

struct expr {
    enum expr_kind kind;
    const char *name;
    struct value value;
    const struct expr *const *args;
    size_t n_args;
};

const struct expr *expr_literal(struct arena *a, struct value v);
const struct expr *expr_column(struct arena *a, const char *name);
const struct expr *expr_raw(struct arena *a, const char *text);
const struct expr *expr_make(struct arena *a, enum expr_kind kind, const char *name,
                             const struct expr *const *args, size_t n_args);

/*
 * Portable functions: now(), uuid(), lower(x), upper(x), length(x), coalesce(x, …), abs(x),
 * round(x), trim(x), json_valid(x), date_valid(x), time_valid(x), instant_valid(x),
 * current_date(), is_integer(x), is_number(x).
 */
bool expr_function_known(const char *name);

/** expr_mentions() - @e reads column @column; in engine text: a word that could be its name. */
bool expr_mentions(const struct expr *e, const char *column);

/** expr_rename_column() - @e with column @from named @to; @e itself where nothing changes. Engine
 *  text is renamed word by word, see raw_rename_name(). */
const struct expr *expr_rename_column(struct arena *a, const struct expr *e, const char *from,
                                      const char *to);

bool expr_equal(const struct expr *a, const struct expr *b);
/** expr_copy() - a deep copy in @a. NULL gives NULL. */
const struct expr *expr_copy(struct arena *a, const struct expr *e);

/*
 * Engine text (EXPR_RAW, triggers, views) is read as words only: 'literals' and comments are
 * passed over, "x", `x`, [x] and bare words are names, but for those that are reserved (AND,
 * SELECT); a bare word before "(" is a function.
 */

/** raw_mentions() - a name in @text equals @name (ASCII case folded). */
bool raw_mentions(const char *text, const char *name);
/** raw_rename_name() - @text with every such name written as "@to"; @text itself where none is. */
const char *raw_rename_name(struct arena *a, const char *text, const char *from, const char *to);
/** raw_is_expression() - @text is one complete expression by its outside: parentheses balance,
 *  quotes end, no semicolon, no comment, not empty; so it cannot leave the place it is put in. */
bool raw_is_expression(const char *text);
/** raw_canonical() - append @text as it is compared: white space as one space, no quotes around
 *  names that need none. */
void raw_canonical(struct buf *b, const char *text);
