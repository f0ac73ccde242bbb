#pragma once

#include "change/change.h"

/* The rows of the table of operations, one per file. */
#define CHANGE(symbol, wire, member) extern const struct change_ops member##_ops;
#include "change/kinds.def"
#undef CHANGE
