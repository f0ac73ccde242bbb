#pragma once

#include <stdbool.h>

#include "base/str.h"

/** json_check() - @s is one JSON value (RFC 8259), nested at most 1,000 deep. Allocates nothing. */
bool json_check(struct str s);
