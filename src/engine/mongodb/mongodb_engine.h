#pragma once

#include "engine/kind.h"

/*
 * MongoDB 4.4 and later (and servers that speak its protocol), by libmongoc on the workers.
 *
 * Managed: the namespace "store" is the database PREFIXstore, "tenants/x" is PREFIXtenant_x; a
 * collection of our own in it says that it is one. Attached: options.database.
 *
 * What differs from a SQL engine, beside the abilities that are false:
 *   instants have milliseconds (values.h); a counting key gives the next number behind the largest;
 *   transactions need a replica set or a mongos; structure is changed step by step, and steps that
 *   were done are taken back when a later one fails (run.c); other processes are not kept out while
 *   structure changes (room.h).
 */
extern const struct engine_kind mongodb_kind;
