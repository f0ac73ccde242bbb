#pragma once

#include "engine/engine.h"
#include "migrate/file_json.h"

/*
 * One file of migrations, every engine: what a file wants and the engine lacks is said otherwise
 * where that comes to the same. The places of the row operations among the changes follow.
 */

/**
 * fit_half() - @half for an engine that can do @caps, on the schema @live
 *
 * A column's place among others is a wish: without column_position it stands behind all. An index
 * over an expression is one over a virtual column of it without expression_indexes, and both go
 * together.
 */
void fit_half(struct arena *a, const struct engine_caps *caps, const struct catalog *live,
              struct file_half *half);

/** fit_undone() - @half without the changes that @live has already: those that an attempt before
 *  made, on an engine that does not take back the steps of one that failed. */
void fit_undone(struct arena *a, const struct catalog *live, struct file_half *half);
