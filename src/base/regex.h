#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

/*
 * Regular expressions that people write, on PCRE2. They match over UTF-8, anywhere in the text
 * unless they say ^ or $ themselves, and can neither run long nor use much memory: a pattern that
 * passes its limits is an error, not a wait. \C is refused, since it cuts characters.
 */
#define REGEX_PATTERN_MAX 1000

struct regex;

/**
 * regex_compile() - *@out = @pattern made ready, living as long as @a; any thread may use it
 *
 * Errors: ERR_INVALID for what is no pattern (the message says where) or is too long.
 */
enum errcode regex_compile(struct arena *a, const char *pattern, struct regex **out,
                           struct error *err) MUST_CHECK;

/**
 * regex_match() - *@matches = @re is found in @s, which must be valid UTF-8
 *
 * Errors: ERR_INVALID when the limits are passed, or @s is not UTF-8.
 */
enum errcode regex_match(const struct regex *re, struct str s, bool *matches,
                         struct error *err) MUST_CHECK;
