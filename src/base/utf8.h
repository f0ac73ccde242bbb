#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* UTF-8: strict (no surrogates, no overlong forms, at most U+10FFFF). */
bool utf8_valid(struct str s);
/** utf8_next() - decode the character at s->p and step over it; returns its code point, or -1 for
 *  an invalid byte (steps one byte). @s must not be empty. */
int32_t utf8_next(struct str *s);
/** utf8_length() - characters in @s; invalid bytes count one each. */
size_t utf8_length(struct str s);
/** utf8_cut() - the longest prefix of @s with at most @max bytes that ends at a character. */
struct str utf8_cut(struct str s, size_t max);
