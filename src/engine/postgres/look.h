#pragma once

#include "engine/postgres/inside.h"

/*
 * Looking for changes of structure that nobody announces (psql, another program): the rows of the
 * system catalogues that describe a schema are summed up, and another sum is a change.
 *
 * One statement looks at all places that were asked for lately, at most every second and a half;
 * when nothing at all was written to the server's log since the last one, not even that. A place
 * that nobody asked for for long is looked at alone when somebody does.
 */
#define LOOK_EVERY_US 1500000

/** pg_look_if_due() - before the generation of @place is told. Errors: those of a statement. */
enum errcode pg_look_if_due(struct pg_place *place, struct error *err) MUST_CHECK;
/** pg_look_now() - at @place, due or not; who looks already is not waited for. */
enum errcode pg_look_now(struct pg_place *place, struct error *err) MUST_CHECK;
