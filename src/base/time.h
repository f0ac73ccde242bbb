#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/*
 * Time. Instants are microseconds since 1970-01-01 UTC in an int64; text is RFC 3339 UTC
 * ("2026-01-31T12:00:00Z", with up to six decimals when not whole seconds).
 */
int64_t time_now_us(void); /* wall clock */
int64_t time_monotonic_us(void);
/** time_coarse_us() - time_monotonic_us() as of the last tick, up to 10 ms ago: a tenth of the
 *  cost, good enough for what is kept for a moment. */
int64_t time_coarse_us(void);

#define INSTANT_TEXT_MAX 32
/** instant_format() - @us as RFC 3339 UTC at @out; returns the length. */
size_t instant_format(char out[INSTANT_TEXT_MAX], int64_t us);
/** instant_is_canonical() - @s has the form that instant_format() gives; that its day and hour
 *  exist is not looked at. */
bool instant_is_canonical(struct str s);
/** instant_parse() - RFC 3339 with offset, or "YYYY-MM-DD[ T]HH:MM[:SS[.f]]" read as UTC. */
bool instant_parse(struct str s, int64_t *us);
/** date_valid() - "YYYY-MM-DD", a day that exists. */
bool date_valid(struct str s);
/** clock_valid() - "HH:MM[:SS[.ffffff]]". */
bool clock_valid(struct str s);
