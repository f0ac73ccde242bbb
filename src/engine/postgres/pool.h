#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/postgres/inside.h"

/*
 * The connections of an engine, for all loops: at most options.connections. Idle ones are kept and
 * lent; who finds none waits, and the namespaces that wait have their turns one after the other.
 */

#define POOL_TRIES 3 /* a connection may turn out to be dead */

/** pool_acquire() - some connection, set up for nobody in particular; one that was @place's where
 *  there is one. Errors: ERR_BUSY when none was free in time, those of pg_conn_open(). */
enum errcode pool_acquire(struct pg_place *place, struct pg_conn **out,
                          struct error *err) MUST_CHECK;
/** pool_is_wanted() - somebody waits for a connection. */
bool pool_is_wanted(struct postgres_engine *e);
