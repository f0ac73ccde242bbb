#pragma once

#include "engine/mariadb/core.h"
#include "engine/plan.h"

/** my_run_step() - one step on @c: a statement, again after a while where locks were in the way, or
 *  a check that must give no row (ERR_CONFLICT with what the row says). */
enum errcode my_run_step(struct my_conn *c, const struct plan_step *step, int64_t *n_rows,
                         struct error *err) MUST_CHECK;
