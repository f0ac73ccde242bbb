#pragma once

#include "app/tenant_view.h"
#include "change/change.h"

/*
 * What a list of changes asks of its caller: each operation its own action on its own table. A
 * table that the caller may not see is not there, also as the target of a relation.
 */

/**
 * rights_check() - the list as it stands
 * @is_named: shape_complete() has named what is new; before that new names are not judged
 *
 * Errors: ERR_FORBIDDEN, ERR_NOT_FOUND, ERR_INVALID (a relation), where
 *  "/operations/<n>/…".
 */
enum errcode rights_check(const struct caller *c, const struct tenant_view *v,
                          const struct change_list *list, bool is_named,
                          struct error *err) MUST_CHECK;
/** rights_check_tables() - @action on every table that @list is about (undo, restore). */
enum errcode rights_check_tables(const struct caller *c, enum action action,
                                 const struct change_list *list, struct error *err) MUST_CHECK;
/** change_table() - the table that @change is about, as it is called before; NULL for a table that
 *  has no name yet. */
const char *change_table(const struct change *change);
