#pragma once

#include "engine/kind.h"

/* What the types of a new column are declared as, for people. */
#define MY_TYPE_LIST_N 21
extern const struct engine_type my_type_list[MY_TYPE_LIST_N];
