#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "catalog/expr.h"
#include "catalog/table.h"
#include "catalog/value.h"
#include "engine/view.h"
#include "query/filter.h"
#include "query/query.h"

/*
 * SQL text from typed nouns. Names reach the text only through sql_ident(), values of a request
 * only as bound parameters (sql_param(), see say_value), values of a schema (defaults, CHECKs) only
 * through sql_literal(). What differs between engines is asked of the dialect.
 */
struct sql_writer;

struct sql_dialect {
    char quote;                 /* around identifiers; doubled inside */
    bool numbered_params;       /* $1, $2 instead of ? */
    bool conflict_by_key;       /* ON CONFLICT (key) DO UPDATE; else ON DUPLICATE KEY UPDATE */
    bool backslash_escape;      /* string literals read backslashes */
    bool nulls_clause;          /* ORDER BY knows NULLS FIRST and NULLS LAST; where it does not,
                                   NULL is the least value and the other place is a key more */
    bool empty_lists;           /* a row of defaults only is () VALUES (), not DEFAULT VALUES */
    const char *is_distinct[2]; /* operator words for "differs" and "is the same", NULL-safe; where
                                   the first is NULL, the second is denied */
    const char *concat;         /* the function that joins texts; NULL: || does */
    const char *unlimited;      /* what LIMIT says when only an offset is wanted */

    /* bytes and booleans as literals */
    void (*bytes)(struct buf *out, struct str bytes);
    const char *literal_true, *literal_false;
    /* @column as an operand of comparisons and sorting (a collation may follow its name) */
    void (*operand)(struct sql_writer *w, const struct column *column);
    /* the same where only sameness is asked, so that any index serves; NULL = operand */
    void (*same_operand)(struct sql_writer *w, const struct column *column);
    /* text match: @column [i]like ?; the pattern is a parameter already in @pattern */
    void (*like)(struct sql_writer *w, const struct column *column, const struct value *pattern,
                 bool fold);
    /* text search: one of @f->columns contains f->values[0] */
    void (*search)(struct sql_writer *w, const struct filter *f);
    /* a portable function; false when the dialect does not know it */
    bool (*call)(struct sql_writer *w, const struct expr *e);
    /* the texts of a view's rows in one value, see sql_view.h; NULL: out of a sorted sub-select */
    void (*list_texts)(struct sql_writer *w, const struct engine_view *v);
    /* engine text that stands where an expression may: closed, one expression's place, no more */
    bool (*is_closed)(struct arena *a, struct str text);
    /* "text like pattern" inside a schema expression */
    void (*expr_like)(struct sql_writer *w, const struct expr *text, const struct expr *pattern);
    /* the value of a parameter as it is stored in @column; may be NULL */
    struct value (*encode)(struct arena *a, const struct column *column, struct value v);
};

struct sql_writer {
    struct buf *out;
    struct arena *arena;
    const struct sql_dialect *dialect;
    struct value *params; /* in the order of their placeholders */
    size_t n_params;
    const struct column **param_columns; /* of each of params: what it is for, or NULL */
    /* says a parameter where its placeholder would stand, for statements that take none; it is in
       params all the same. NULL = placeholders */
    void (*say_value)(struct sql_writer *w, const struct value *v);
    const char *schema; /* before the table of a question; NULL = the one of the session */
    const char *broken; /* the first thing that could not be said, NULL = all well */
};

void sql_begin(struct sql_writer *w, const struct sql_dialect *d, struct buf *out, struct arena *a);

/** sql_text() - fixed words; @text is a literal of the program, never data. */
static inline void sql_text(struct sql_writer *w, const char *text)
{
    buf_adds(w->out, text); /* here, so that its length is known */
}
/** sql_ident() - a quoted name: the only way a name gets into a statement. */
void sql_ident(struct sql_writer *w, const char *name);
void sql_ident_list(struct sql_writer *w, const char *const *names, size_t n);
/** sql_literal() - a value of a schema as text. */
void sql_literal(struct sql_writer *w, const struct value *v);
/** sql_param() - a placeholder; @v waits in w->params, encoded for @column (may be NULL). */
void sql_param(struct sql_writer *w, const struct column *column, struct value v);
/** sql_expr() - a schema expression with explicit brackets; EXPR_RAW goes in unchanged. */
void sql_expr(struct sql_writer *w, const struct expr *e);
/** sql_filter() - a condition; NULL filters are "true". */
void sql_filter(struct sql_writer *w, const struct filter *f);

/** sql_select() - the whole statement for @q. */
void sql_select(struct sql_writer *w, const struct query *q);
/** sql_write() - INSERT, UPDATE, DELETE or UPSERT of one row. */
void sql_write(struct sql_writer *w, const struct write *wr);
/** sql_insert_shape() - INSERT (or UPSERT) of @wr with one placeholder per column, no params. */
void sql_insert_shape(struct sql_writer *w, const struct write *wr);

/** sql_conflict() - what an upsert of @wr does when its key is there: " ON CONFLICT (…) DO …". */
void sql_conflict(struct sql_writer *w, const struct write *wr);

/** sql_quote_ident() - the same quoting without a writer, for tools that only build names. */
void sql_quote_ident(struct buf *out, char quote, struct str name);
/** sql_quote_text() - 'text' with quotes doubled (and backslashes when @backslash). */
void sql_quote_text(struct buf *out, struct str text, bool backslash);
