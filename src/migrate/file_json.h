#pragma once

#include <jansson.h>

#include "change/change.h"
#include "migrate/files.h"

/*
 * A migration file, read. Operations on rows stand between changes: `at` is the index of the
 * change that they come before (n of the list: after all).
 */
enum row_op_kind {
    ROW_OP_NONE = 0,
    ROW_OP_INSERT,
    ROW_OP_DELETE,
    ROW_OP_UNIQUE_CHECK,
};

struct row_op {
    enum row_op_kind kind;
    size_t at;
    const char *table;
    const char **columns; /* INSERT: the key; UNIQUE_CHECK: the columns */
    size_t n_columns;
    const json_t *rows;  /* INSERT */
    const json_t *where; /* DELETE */
    const char *message; /* UNIQUE_CHECK */
};

struct file_half {
    struct change_list changes;
    struct row_op *rows;
    size_t n_rows;
};

struct file_doc {
    const char *title, *description;
    int number;
    const char *hash; /* SHA-256 of the canonical text */
    struct file_half up, down;
    bool is_down_auto;
};

/** migration_decode() - read @f. Errors: ERR_MALFORMED, ERR_INVALID; the message names the file. */
enum errcode migration_decode(struct arena *a, const struct migration_file *f, struct file_doc *out,
                              struct error *err) MUST_CHECK;
/** migration_number() - the last run of six digits in @name; 0 when there is none. */
int migration_number(const char *name);

/** change_list_text() - @list as JSON text in @a. */
const char *change_list_text(struct arena *a, const struct change_list *list);
/** change_list_parse() - the reverse. Errors: ERR_MALFORMED, ERR_INVALID. */
enum errcode change_list_parse(struct arena *a, const char *text, struct change_list *out,
                               struct error *err) MUST_CHECK;

/** row_value() - @doc as a value for @column; the texts are borrowed. A {"lookup": …} is not one:
 *  *@lookup is set to it then (else NULL). */
enum errcode row_value(struct arena *a, const json_t *doc, const struct column *column,
                       struct value *out, const json_t **lookup, struct error *err) MUST_CHECK;
