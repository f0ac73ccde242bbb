#pragma once

#include "engine/kind.h"

/*
 * MariaDB 10.5 and later (and MySQL 8, untested: see docs/reference/engines.md), by the
 * non-blocking calls of libmariadb on the loop.
 *
 * Managed: the namespace "store" is the database PREFIXstore, "tenants/x" is PREFIXtenant_x.
 * Attached: options.database.
 */
extern const struct engine_kind mariadb_kind;
