#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/caller.h"
#include "store/misc.h"

/*
 * Work that outlives its request: a row in the store that says how far it is, and a fiber of its
 * own that does it. People see their own jobs, those who administer the tenant see all of it.
 */
struct job_run;

/* The work, on a fiber of its own; @c and c->arena are the job's. Its error becomes the job's. */
typedef enum errcode job_fn(struct job_run *run, const struct caller *c, void *arg,
                            struct error *err);

/**
 * jobs_start() - write the job and let @fn(@arg) begin
 * @kind: "import", "change", …; @title: for people
 * @total: what "done" is measured by, 0 = unknown
 * @release: gets @arg when the work has ended, whatever came of it; NULL = nothing to do
 *
 * Errors: ERR_UNAVAILABLE outside of a server (no loop); then neither @fn nor @release is called.
 */
enum errcode jobs_start(const struct caller *c, const char *kind, const char *title, int64_t total,
                        job_fn *fn, void (*release)(void *arg), void *arg, struct job *out,
                        struct error *err) MUST_CHECK;

/** job_is_cancelled() - somebody wants it to end: return ERR_CANCELLED soon. Does not suspend. */
bool job_is_cancelled(const struct job_run *run);
/** job_progress() - how far it is; written to the store at most twice a second. */
void job_progress(struct job_run *run, int64_t done);
/** job_result() - JSON object text that stays as the job's result. */
void job_result(struct job_run *run, const char *json);

/** jobs_list() - newest first. Errors: ERR_FORBIDDEN. */
enum errcode jobs_list(const struct caller *c, int64_t limit, struct job **out, size_t *n,
                       struct error *err) MUST_CHECK;
/** jobs_get() - Errors: ERR_NOT_FOUND, also for somebody else's. */
enum errcode jobs_get(const struct caller *c, struct str id, struct job *out,
                      struct error *err) MUST_CHECK;
/** jobs_cancel() - ask it to end; one of another process ends when it next says how far it
 *  is. Errors:
 *  ERR_NOT_FOUND, ERR_CONFLICT when it has ended. */
enum errcode jobs_cancel(const struct caller *c, struct str id, struct job *out,
                         struct error *err) MUST_CHECK;
/** job_encode() - append {id, kind, state, title, done, total, …} to @out. */
void job_encode(const struct job *j, struct buf *out);

/** jobs_recover() - at the start of a server: jobs that a crash cut are "failed"; those that
 *  another process works on are left alone. */
enum errcode jobs_recover(struct app *app, struct error *err) MUST_CHECK;
/** jobs_free() - what is kept of @app; no job runs any more. Called once by app_close(). */
void jobs_free(struct app *app);
/** jobs_stop() - ask every running job to end and wait for them; before the runtime stops, in a
 *  fiber or outside of one. */
void jobs_stop(struct app *app);
