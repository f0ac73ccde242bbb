#pragma once

#include "engine/engine.h"
#include "migrate/file_json.h"

/**
 * row_ops_run() - run those of @half's row operations that stand before change @at
 * @c: the tables as they are at the end of the file; columns are found there
 *
 * On a session that may write. Errors: ERR_INVALID for a table or column that is not there, or a
 * lookup that finds nothing; ERR_UNIQUE_VIOLATION of UNIQUE_CHECK; the engine's.
 */
enum errcode row_ops_run(struct session *s, const struct catalog *c, const struct file_half *half,
                         size_t at, struct error *err) MUST_CHECK;

/** row_ops_undo() - delete the rows that @half's INSERT_ROWS put there, newest first. */
enum errcode row_ops_undo(struct session *s, const struct catalog *c, const struct file_half *half,
                          struct error *err) MUST_CHECK;
