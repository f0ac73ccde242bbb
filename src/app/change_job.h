#pragma once

#include "app/jobs.h"
#include "engine/plan.h"
#include "migrate/change_run.h"

/* Changes that take so long that nobody should wait for their answer. */

/** change_is_long() - @plan rewrites more rows than the setting "job-rows". */
enum errcode change_is_long(const struct caller *c, const struct plan *plan, bool *out,
                            struct error *err) MUST_CHECK;

struct change_work {
    const char *id; /* of a plan that is kept, or with is_undo of the change to undo */
    bool is_undo;
    const struct migrate_confirm *confirm; /* NULL = none */
};
/** change_job_start() - do @w as a job called @title; its result is {"changeId": id}. Everything is
 *  copied. Errors: of jobs_start(). */
enum errcode change_job_start(const struct caller *c, const struct change_work *w,
                              const char *title, struct job *out, struct error *err) MUST_CHECK;
