#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

/** percent_decode() - @s decoded into @a. Errors: ERR_MALFORMED for bad escapes, NUL, no UTF-8. */
enum errcode percent_decode(struct arena *a, struct str s, bool plus_is_space, struct str *out,
                            struct error *err) MUST_CHECK;
/** percent_encode() - append @s, everything but letters, digits and "-._~" and the characters of
 *  @plain as an escape. */
void percent_encode(struct buf *out, struct str s, const char *plain);
