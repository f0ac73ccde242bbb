#pragma once

#include <stdbool.h>

#include "catalog/table.h"

/** table_is_managed() - not of an attached database, the key is a uuid called id, and created_at
 * and updated_at are there. */
bool table_is_managed(const struct table *t);
/** column_is_kept() - @c of @t is the server's to fill: id, tenant_id, created_at, updated_at or
 *  created_by of a managed table. */
bool column_is_kept(const struct table *t, const struct column *c);
