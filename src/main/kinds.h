#pragma once

#include "engine/kind.h"
#include "engine/mariadb/mariadb_engine.h"
#include "engine/mongodb/mongodb_engine.h"
#include "engine/postgres/postgres_engine.h"
#include "engine/sqlite/sqlite_engine.h"

/* The engines that are linked in. To add one: its folder, and a line in kinds.c. */
extern const struct engine_kinds main_kinds;
