#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/uuid.h" /* random_bytes() */

/*
 * The text form of random bytes (random_bytes() itself is base's), and the comparison that takes no
 * longer for a near miss. Nothing here can fail. Safe from every thread; never blocks.
 */

/** random_text() - @n_bytes of randomness as base64url without padding, in @a. */
char *random_text(struct arena *a, size_t n_bytes);

/** base64url_encode() - @p as base64url without padding, in @a. */
char *base64url_encode(struct arena *a, const void *p, size_t n);

/** base64url_decode() - *@out = the bytes of @text, in @a; false unless it is canonical base64url
 *  without padding. */
bool base64url_decode(struct arena *a, struct str text, struct str *out);

/** secret_eq() - equal; the time depends on the lengths only. Empty secrets are never equal. */
bool secret_eq(struct str a, struct str b);

/** secret_wipe() - overwrite; the compiler cannot leave it out. */
void secret_wipe(void *p, size_t n);
