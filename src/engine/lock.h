#pragma once

#include "engine/engine.h"

/* Inside of the room: locks of an engine whose data no other process can reach. */
enum errcode engine_default_lock(struct engine *e, struct str name, enum lock_mode mode,
                                 struct engine_lock **out, struct error *err);
bool engine_default_lock_holds(const struct engine_lock *l);
void engine_default_unlock(struct engine_lock *l);
