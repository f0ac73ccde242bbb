#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

/*
 * Randomness from the system's generator, the comparison that takes no longer for a near miss, and
 * the text form of random bytes. Nothing here can fail: a system without randomness ends the
 * process. Safe from every thread; never blocks.
 */

/** random_bytes() - @n unpredictable bytes at @p. */
void random_bytes(void *p, size_t n);

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
