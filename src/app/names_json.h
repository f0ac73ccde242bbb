#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/** names_parse() - the texts of the JSON array @json, in @a; false when it is none. */
bool names_parse(struct arena *a, const char *json, const char ***out, size_t *n);
