#pragma once

#include <stdbool.h>

#include "base/str.h"

/* UUIDs as 36 characters of lower-case text. */
#define UUID_TEXT 36
/** uuid_make() - a version 7 UUID (time ordered, random tail) at @out, NUL-terminated. */
void uuid_make(char out[UUID_TEXT + 1]);
/** uuid_valid() - the 8-4-4-4-12 form, any version, any case. */
bool uuid_valid(struct str s);
/** uuid_lower() - @s (valid) in lower case at @out, NUL-terminated. */
void uuid_lower(char out[UUID_TEXT + 1], struct str s);
/** random_bytes() - @n bytes from the kernel's generator; aborts when it fails. */
void random_bytes(void *p, size_t n);
