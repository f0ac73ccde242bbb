#pragma once

#include "engine/engine.h"
#include "engine/plan.h"

/*
 * Engines with the ability ddl_with_registry: a row in another namespace, written in the last
 * transaction of each change, tells which change of a namespace came last.
 */

/** witness_open() - makes the other namespace; nothing where the engine has not the ability. */
enum errcode witness_open(struct engine *e, struct error *err) MUST_CHECK;
enum errcode witness_close(struct engine *e, struct error *err) MUST_CHECK;

/** witness_is_part() - of the @group of @plan. */
bool witness_is_part(const struct engine *e, const struct plan *plan, size_t group);
/** witness_write() - in the open group: @tag is the last change of @ns. */
enum errcode witness_write(struct session *s, struct str ns, const char *tag,
                           struct error *err) MUST_CHECK;
/** witness_tag() - of the last change of @ns, "" for none. */
enum errcode witness_tag(struct engine *e, struct str ns, struct arena *a, const char **out,
                         struct error *err) MUST_CHECK;
