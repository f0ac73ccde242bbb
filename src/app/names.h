#pragma once

#include <stdbool.h>

#include "base/arena.h"

/*
 * Technical names of managed tables: "custom_" and a slug of [a-z0-9_] that is made once, from the
 * name for people, and never again when that changes. Any Unicode gives one; what is taken gets a
 * number.
 */
#define MANAGED_PREFIX "custom_"

/** name_slug() - @text as [a-z0-9_]+ in @a, at most 44 characters, "table" when nothing is left. */
char *name_slug(struct arena *a, const char *text);

typedef bool name_taken_fn(const char *name, void *arg);
/** name_for_table() - a free name for a table called @display_name. */
char *name_for_table(struct arena *a, const char *display_name, name_taken_fn *taken, void *arg);
/** name_managed() - @name as somebody chose it, in lower case and with the prefix once. */
char *name_managed(struct arena *a, const char *name);
