#pragma once

#include "api/editor/editor.h"

/*
 * Bodies of the schema routes as changes. What a body leaves out comes from the path. Errors point
 * into the body.
 */

/** body_create_table() - a body of POST tables: one CREATE_TABLE. */
enum errcode body_create_table(struct call *c, struct change_list *out,
                               struct error *err) MUST_CHECK;
/** body_create_column() - a body of POST …/columns: one CREATE_COLUMN; `after` places it. */
enum errcode body_create_column(struct call *c, const char *table, struct change_list *out,
                                struct error *err) MUST_CHECK;
/** body_create_index() - a body of POST …/indexes: one CREATE_INDEX. */
enum errcode body_create_index(struct call *c, const char *table, struct change_list *out,
                               struct error *err) MUST_CHECK;

/** body_table() - a body of PUT tables/{t}; *@new_name NULL = not given. */
enum errcode body_table(struct call *c, struct app_table_set *out, const char **new_name,
                        struct error *err) MUST_CHECK;

struct column_body {
    const char *new_name; /* NULL = as it is */
    int is_unique;        /* 1, 0; -1 = as it is */
    struct app_column_set set;
};
/** body_column() - a body of PUT …/columns/{c} against the column as it is. What needs another
 *  type, default or nullability is ERR_UNSUPPORTED. */
enum errcode body_column(struct call *c, const struct app_table *t, const struct column *column,
                         struct column_body *out, struct error *err) MUST_CHECK;

struct changes_body {
    const char *plan_id; /* or … */
    struct change_list list;
    struct migrate_confirm confirm;
};
/** body_changes() - a body of POST changes and changes:preview. */
enum errcode body_changes(struct call *c, bool is_preview, struct changes_body *out,
                          struct error *err) MUST_CHECK;
