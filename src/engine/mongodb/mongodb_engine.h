#pragma once

#include "engine/kind.h"

/*
 * MongoDB 4.4 and later (and servers that speak its protocol), by libmongoc on the workers.
 *
 * Managed: the namespace "store" is the database PREFIXstore, "tenants/x" is PREFIXtenant_x.
 * Attached: options.database.
 */
extern const struct engine_kind mongodb_kind;
