#pragma once

#include "app/source.h"

/**
 * source_ops() - what @e (NULL: nothing is known of it) can do: every operation of this program and
 * of the specification, in @a
 *
 * The engine's planner itself is asked, with a small change of each kind, so that the answer is
 * what a change would get.
 */
void source_ops(struct arena *a, struct engine *e, const struct source_op **out, size_t *n);
