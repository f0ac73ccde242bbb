#pragma once

#include "app/caller.h"
#include "app/jobs.h"
#include "change/change.h"
#include "engine/plan.h"
#include "migrate/change_run.h"

/*
 * Changes of structure: preview, run, history, undo. Each operation asks for an action of its own
 * on its own table (tables.create, columns.add, …) besides the one of the use case. A table without
 * a key of its own becomes a managed one: named "custom_<slug>", with id, tenant_id, created_at,
 * updated_at and created_by around its columns; those columns can be neither made, renamed nor
 * dropped by anybody. Tables of the engine and the trash are never touched.
 *
 * A list that ran is the completed one afterwards. Plans and records live as long as the caller's
 * arena. Every change leaves an entry in the audit.
 *
 * The policy of the source is held to besides: what it does not allow is ERR_FORBIDDEN. In an
 * attached database tables are made as they are described, without columns of ours.
 */
#define APP_OPERATIONS_MAX 500

/** app_change_target() - the caller's source; its audit entries say where they come from. */
struct migrate_target app_change_target(const struct caller *c);

/** app_change_preview() - what would happen; @list stays as it is given. @keep: remember it, for
 * app_change_run_plan(). Errors: ERR_FORBIDDEN, ERR_NOT_FOUND, ERR_INVALID … with where
 * "/operations/<n>/…", those of migrate_preview(). */
enum errcode app_change_preview(const struct caller *c, const struct change_list *list, bool keep,
                                struct plan **out, struct error *err) MUST_CHECK;
/**
 * app_change_run() - preview and execute
 * @confirm: hazard ids that are accepted; NULL = none
 *
 * Errors: as app_change_preview(), ERR_CONFIRMATION_REQUIRED (params {"hazards": [ids], "plan":
 * {…}}), ERR_STALE_PLAN.
 */
enum errcode app_change_run(const struct caller *c, struct change_list *list,
                            const struct migrate_confirm *confirm, struct change_record *out,
                            struct error *err) MUST_CHECK;
/** app_change_load_plan() - the plan kept under @id, planned again on the live schema. Errors:
 *  ERR_NOT_FOUND, ERR_STALE_PLAN, those of app_change_preview(). */
enum errcode app_change_load_plan(const struct caller *c, const char *id, struct plan **out,
                                  struct error *err) MUST_CHECK;
/** app_change_run_plan() - execute the plan kept under @id; it runs once, and only while the schema
 *  is as it was. Errors: ERR_NOT_FOUND, ERR_CONFLICT when it ran, those of app_change_run(). */
enum errcode app_change_run_plan(const struct caller *c, const char *id,
                                 const struct migrate_confirm *confirm, struct change_record *out,
                                 struct error *err) MUST_CHECK;

/**
 * app_changes_list() - the history of the caller's source, newest first; @f's tenant and source are
 * set
 * @next: the id to give as before_id for the next page, NULL when there is no more
 *
 * Changes of tables that the caller may not see are left out, and purges unless @f asks for that
 * kind: they are in the audit.
 */
enum errcode app_changes_list(const struct caller *c, struct migrate_filter *f,
                              struct change_record **out, size_t *n, const char **next,
                              struct error *err) MUST_CHECK;
/** app_change_get() - one with its statements. @steps may be NULL. Errors: ERR_NOT_FOUND. */
enum errcode app_change_get(const struct caller *c, const char *id, struct change_record *out,
                            struct change_step **steps, size_t *n_steps,
                            struct error *err) MUST_CHECK;

/** app_change_policy() - does the policy of the source let @inverse undo something; @is_run: not
 *  only be shown? Errors: ERR_FORBIDDEN. */
enum errcode app_change_policy(const struct caller *c, const struct change_list *inverse,
                               bool is_run, struct error *err) MUST_CHECK;
/** app_change_undo_preview(), app_change_undo() - Errors: of migrate_undo_preview(),
 *  ERR_FORBIDDEN. The change that undid it is *@out. */
enum errcode app_change_undo_preview(const struct caller *c, const char *id, struct plan **out,
                                     struct error *err) MUST_CHECK;
enum errcode app_change_undo(const struct caller *c, const char *id, struct change_record *out,
                             struct error *err) MUST_CHECK;

/* What became of a change that may take long. */
struct app_begun {
    bool is_job; /* it runs in the background; what wanted a confirmation was asked for before */
    struct job job;
    struct change_record record; /* else: it is done */
};

/** app_change_begin(), app_change_begin_plan(), app_change_begin_undo() - as app_change_run(),
 *  app_change_run_plan() and app_change_undo(); a change that rewrites more rows than the setting
 *  "job-rows" becomes a job, whose result is {"changeId": id}. */
enum errcode app_change_begin(const struct caller *c, struct change_list *list,
                              const struct migrate_confirm *confirm, struct app_begun *out,
                              struct error *err) MUST_CHECK;
enum errcode app_change_begin_plan(const struct caller *c, const char *id,
                                   const struct migrate_confirm *confirm, struct app_begun *out,
                                   struct error *err) MUST_CHECK;
enum errcode app_change_begin_undo(const struct caller *c, const char *id, struct app_begun *out,
                                   struct error *err) MUST_CHECK;
