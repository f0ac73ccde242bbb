#pragma once

#include "engine/engine.h"

/*
 * An engine that passes every verb on to another one, until the n-th call after it was armed: that
 * one fails or is late. Any thread.
 */
enum fault_kind {
    FAULT_NONE = 0,
    FAULT_BEFORE, /* it fails and does not reach the other engine. A group whose end fails is rolled
                     back, as an engine does whose commit fails */
    FAULT_AFTER,  /* it is done, and the answer is lost: a server that goes after it committed */
    FAULT_DELAY,  /* it is done, late */
};

struct fault {
    enum fault_kind kind;
    int n;             /* from 1 */
    enum errcode code; /* what a failing call answers; ERR_OK = ERR_IO */
    int64_t delay_us;
};

/** fault_engine_open() - owns @inner. */
struct engine *fault_engine_open(struct engine *inner);
/** fault_engine_arm() - the @f->n-th call from now on; NULL = none. */
void fault_engine_arm(struct engine *e, const struct fault *f);
/** fault_engine_fired() - the armed call came. */
bool fault_engine_fired(const struct engine *e);
