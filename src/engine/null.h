#pragma once

#include "engine/engine.h"

/**
 * null_engine_open() - an engine that keeps structure in memory and no rows
 *
 * It can do every change of structure: its plan has one step per operation, whose text is the
 * operation as JSON, and running a step applies it. Reads and writes of rows are ERR_UNSUPPORTED.
 * For tests and for trying changes without a database. Threads may share it; nothing blocks.
 * Close with engine_close().
 */
struct engine *null_engine_open(void) MUST_CHECK;
