#pragma once

#include "engine/engine.h"

/*
 * Locks that every process of an installation knows, whatever its store is on. Whoever runs a
 * change of structure holds another one meanwhile, see migrate/journal.h.
 */
#define LOCK_PRESENCE                                                        \
    STR("installation") /* shared: somebody has the application open; alone: \
                           Telaio's own tables are taken away */
#define LOCK_OPENING                                                      \
    STR("opening") /* alone: the store is migrated, or is settled after a \
                      crash */

#define LOCK_WAIT_US INT64_C(60000000)

/** lock_job() - whoever works on job @id has this; *@out NULL while another process does. */
enum errcode lock_job(struct engine *e, const char *id, struct engine_lock **out,
                      struct error *err) MUST_CHECK;
