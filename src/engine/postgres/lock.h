#pragma once

#include "engine/engine.h"

/* Locks among all processes that work on the same database: each is an advisory lock of a
 * connection of its own, which ends with its process. */
enum errcode postgres_lock(struct engine *e, struct str name, enum lock_mode mode,
                           struct engine_lock **out, struct error *err);
bool postgres_lock_holds(const struct engine_lock *l);
void postgres_unlock(struct engine_lock *l);
