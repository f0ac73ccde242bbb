#pragma once

#include "base/str.h"
#include "engine/postgres/inside.h"
#include "engine/postgres/statement.h"

/*
 * Pipelines: single reading statements of many fibers share the few connections of their loop. What
 * is asked within one turn goes out with one write; answers are handed out as they come.
 *
 * A connection serves one namespace at a time and passes to another only when it is empty. Who
 * waits for one has his turn, namespace by namespace. A statement that takes long keeps its
 * connection for itself: no new ones go there, and what stands behind it is sent again elsewhere
 * (they are reads; the late answer is thrown away).
 */

/**
 * pipeline_ask() - the whole result of one reading statement, in text format; in a fiber only
 * @is_plain: it reads tables and nothing else, so it cannot leave anything behind in its session
 *
 * *out is the caller's: PQclear(). Errors: ERR_CANCELLED, ERR_BUSY (no connection in time), those
 * of opening a connection and of errors.h.
 */
enum errcode pipeline_ask(struct pg_place *place, struct str text, const struct pg_params *params,
                          bool is_plain, PGresult **out, struct error *err) MUST_CHECK;

/** pipelines_yield() - idle connections of all loops go back to the pool soon. */
void pipelines_yield(struct postgres_engine *e);
/** pipelines_close() - give all back; no statement is under way. The loops still run. */
void pipelines_close(struct postgres_engine *e);
