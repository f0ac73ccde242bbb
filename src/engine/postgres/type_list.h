#pragma once

#include "engine/kind.h"

/* What the types of a new column are declared as, for people. */
#define PG_TYPE_LIST_N 22
extern const struct engine_type pg_type_list[PG_TYPE_LIST_N];
