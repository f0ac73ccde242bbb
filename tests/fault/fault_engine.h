#pragma once

#include "engine/engine.h"

/*
 * An engine that passes every verb on to another one, until the n-th call after it was armed: that
 * one fails with ERR_IO and does not reach the other engine. A group whose end fails is rolled
 * back, as an engine does whose commit fails.
 */
struct engine *fault_engine_open(struct engine *inner);
/** fault_engine_arm() - the @n-th call from now on fails; 0 = none. */
void fault_engine_arm(struct engine *e, int n);
/** fault_engine_fired() - the armed call came. */
bool fault_engine_fired(const struct engine *e);
