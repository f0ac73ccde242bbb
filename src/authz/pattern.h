#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "authz/action.h"
#include "base/attr.h"
#include "base/error.h"
#include "base/str.h"

/*
 * Patterns of permissions and the scopes behind them. A pattern is "*.*", "tables.*" (everything
 * below), "*.read" (that last segment), or a slug. An entry of an API token's list may end in
 * "@SCOPE": "tenant:SLUG", "source:NAME" or "table:NAME". Lower-case ASCII only; nothing is
 * normalised. Pure.
 */
#define SLUG_MAX 255

/** slug_valid() - two or more segments of a-z 0-9 _ - joined by dots, each at most 63 bytes. */
bool slug_valid(struct str slug);

/** pattern_valid() - one of the four shapes. */
bool pattern_valid(struct str pattern);

/** pattern_matches() - @pattern admits @action; false for a malformed pattern, and for a wildcard
 *  with a reserved action. */
bool pattern_matches(struct str pattern, enum action action);

/** allow_check() - @entry is "PATTERN" or "PATTERN@SCOPE" and can match something.
 *  Errors: ERR_INVALID. */
enum errcode allow_check(struct str entry, struct error *err) MUST_CHECK;

/** allow_split() - the two halves; @scope is empty when there is none. */
void allow_split(struct str entry, struct str *pattern, struct str *scope);
