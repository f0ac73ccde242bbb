#pragma once

#include "engine/engine.h"

/* Locks among the processes that have a folder open: a byte each of a file that is none of
 * SQLite's, so that opening and closing it takes no lock of theirs away. */
enum errcode sqlite_lock(struct engine *e, struct str name, enum lock_mode mode,
                         struct engine_lock **out, struct error *err);
bool sqlite_lock_holds(const struct engine_lock *l);
void sqlite_unlock(struct engine_lock *l);
