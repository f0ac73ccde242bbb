#pragma once

#include "engine/engine.h"

/*
 * Locks among all processes that work on the same server: named locks of a connection of its own,
 * which ends with its process. The server knows none that are shared, so each is a row of them: a
 * gate, and a place for each who shares. Who wants it alone keeps the gate and finds the places
 * free; who shares passes the gate and keeps a place.
 */
enum errcode mariadb_lock(struct engine *e, struct str name, enum lock_mode mode,
                          struct engine_lock **out, struct error *err);
bool mariadb_lock_holds(const struct engine_lock *l);
void mariadb_unlock(struct engine_lock *l);
