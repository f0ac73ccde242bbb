#pragma once

#include "base/error.h"
#include "catalog/catalog.h"
#include "engine/engine.h"

/*
 * The catalog of every namespace, read once per generation and shared by all threads. Requests
 * take their snapshot here; it stays the same for as long as they hold it.
 */
struct catalog_cache;

/**
 * engine_catalog() - *@out = the catalog of @ns as of now, one more reference for the caller
 *
 * Asks the engine's generation (microseconds) and inspects only when it moved. The caller ends
 * with catalog_unref(). Errors: those of engine_generation() and engine_inspect(); ERR_NOT_FOUND
 * for a namespace that is not there.
 */
enum errcode engine_catalog(struct engine *e, struct str ns, struct catalog **out,
                            struct error *err) MUST_CHECK;

/** catalog_cache_free() - give back what @e has cached; called once by engine_close(). */
void catalog_cache_free(struct engine *e);
