#pragma once

#include "app/tenant_view.h"
#include "change/change.h"

/**
 * shape_complete() - make @list what will run: names and columns of managed tables, rights, limits
 *
 * A CREATE_TABLE without a key of its own becomes a managed table: "custom_<slug>" for a name, id,
 * tenant_id, created_at, updated_at and created_by around its columns. RENAME_TABLE of a managed
 * table keeps the prefix. The columns that the server keeps are neither dropped nor renamed.
 * Completed twice, a list stays as it is.
 *
 * Errors: ERR_INVALID, ERR_READ_ONLY_FIELD, ERR_CONFLICT, where "/operations/<n>/…".
 */
enum errcode shape_complete(const struct caller *c, const struct tenant_view *v,
                            struct change_list *list, struct error *err) MUST_CHECK;

/** shape_where() - an error of the completed @list points into the one that was given: the columns
 *  that were added in front do not count; returns @code. */
enum errcode shape_where(const struct change_list *list, struct error *err, enum errcode code);
