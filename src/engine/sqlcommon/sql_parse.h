#pragma once

#include <stdatomic.h>

#include "base/arena.h"
#include "catalog/expr.h"
#include "engine/sqlcommon/token.h"

/*
 * Reading back what sql_expr() writes, and the plain conditions that people write. What differs
 * between engines is said by a grammar.
 */

/*
 * A portable function as text, both ways: `?` stands for the argument. Written from the template,
 * recognised by comparing tokens with it.
 */
struct sql_function {
    const char *name;
    int n_args; /* -1: any number, the template is only the function's name */
    const char *text;
};

struct sql_grammar;
struct sql_templates;

struct sql_reader {
    struct arena *arena;
    const struct sql_grammar *grammar;
    const struct token *at;
    int depth;
};

/* What may stand behind an operand: its word is taken, @read goes on behind it. */
struct sql_test {
    const char *word;
    const struct expr *(*read)(struct sql_reader *r, const struct expr *left);
};

struct sql_grammar {
    const struct sql_function *functions;
    size_t n_functions;
    const struct sql_test *tests; /* besides IN, BETWEEN, IS NULL and comparisons */
    size_t n_tests;
    /* tried before anything else where an operand begins; NULL = it is none of these, and
       r->at stays. May be NULL */
    const struct expr *(*own)(struct sql_reader *r);
    _Atomic(struct sql_templates *) *templates; /* room that is filled on first use */
};

/**
 * sql_parse() - engine text as a typed expression, in @a
 *
 * What is not understood whole (sub-selects, CASE, casts, unknown functions …) becomes one
 * EXPR_RAW with the text unchanged; brackets around the whole are dropped otherwise.
 */
const struct expr *sql_parse(struct arena *a, const struct sql_grammar *g, struct str text);

/* For the functions of a grammar. */

/** sql_take() - the next token is @word: step over it. */
bool sql_take(struct sql_reader *r, const char *word);
/** sql_read_whole() - a condition of any form; NULL: not understood. */
const struct expr *sql_read_whole(struct sql_reader *r);
/** sql_read_list() - "a, b)" behind the open bracket, appended to *@items; false: not understood.
 */
bool sql_read_list(struct sql_reader *r, const struct expr ***items, size_t *n);
/** sql_read_operand() - what stands on one side of a comparison; NULL: not understood. */
const struct expr *sql_read_operand(struct sql_reader *r);
/** sql_pair() - an expression of two parts; NULL when one is. */
const struct expr *sql_pair(struct sql_reader *r, enum expr_kind kind, const char *name,
                            const struct expr *left, const struct expr *right);
