#pragma once

#include "engine/kind.h"

/*
 * PostgreSQL 13 and later, by libpq in pipeline mode on the loop.
 *
 * Managed: the namespace "store" is the schema PREFIXstore, "tenants/x" is PREFIXtenant_x; a
 * tenant's schema has a role of the same name, and its rows are read and written as that role.
 * Attached: options.schema (default "public") of options.database.
 */
extern const struct engine_kind postgres_kind;
