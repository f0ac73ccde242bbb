#pragma once

#include "engine/postgres/inside.h"

/*
 * Generations: a counter in memory for each namespace that moves with every change of its
 * structure.
 *
 *   our own        counted when a group ends; other processes hear of them by NOTIFY, sent in the
 *                  transaction of the change and read by one listening connection per engine, which
 *                  makes itself anew. Nobody knows what happened while there was none: everything
 *                  counts as changed then.
 *   of others      (psql, another program) seen by looking (look.h). An attached database is looked
 *                  at only.
 */

/** pg_listener_start() - managed engines only. Errors: ERR_UNAVAILABLE. */
enum errcode pg_listener_start(struct postgres_engine *e, struct error *err) MUST_CHECK;
void pg_listener_stop(struct postgres_engine *e);

/** pg_announce() - on @c: other processes hear of a change of @place with the commit. */
enum errcode pg_announce(struct pg_conn *c, const struct pg_place *place,
                         struct error *err) MUST_CHECK;

enum errcode postgres_generation(struct engine *e, struct str ns, uint64_t *out, struct error *err);
/** postgres_refresh() - look now; who looks already is not waited for. */
enum errcode postgres_refresh(struct engine *e, struct str ns, struct error *err);

/** postgres_group_finish() - postgres_group_end() with what a change of structure brings with it:
 *  row security on new tables of tenants, the announcement. */
enum errcode postgres_group_finish(struct session *s, const struct plan_group *g, bool commits,
                                   struct error *err);
