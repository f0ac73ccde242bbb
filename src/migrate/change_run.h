#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "change/change.h"
#include "engine/engine.h"
#include "engine/plan.h"
#include "migrate/journal.h"

/*
 * One schema change, from preview to undo. Every function may suspend the calling fiber. A plan is
 * a value of the arena it was made in; nothing else remembers it unless migrate_plan_keep() did.
 */

/* What a change did, for the registry. */
struct migrate_outcome {
    const struct change_record *record;
    const struct change_list *changes;
    const struct catalog *before; /* decorated */
    const struct catalog *after;  /* read from the engine, not decorated */
    const struct catalog *wanted; /* before with the changes applied, decorated */
};

/* Given by the room that keeps the registry; all may be NULL. */
struct migrate_hooks {
    /* adds to a private catalog what the registry knows (display names, rules, …) */
    enum errcode (*decorate)(void *arg, struct catalog *c, struct error *err);
    /* writes the registry in the transaction that marks the change done, on the journal's
       namespace; where the engine can (ddl_with_registry) that is the change's own; may run twice;
       must leave the same rows for the same outcome */
    enum errcode (*project)(struct session *s, void *arg, const struct migrate_outcome *o,
                            struct error *err);
    void *arg;
};

struct migrate_target {
    struct engine *engine; /* the schema's */
    struct str ns;
    struct str room; /* how the journal calls the namespace; p NULL = by its own text. Attached
                        databases all have the same one */
    struct journal *journal;
    int64_t tenant_id;
    const char *source; /* NULL = "main" */
    int64_t actor_id;   /* 0 = the system */
    const char *actor_name;
    bool require_confirmation; /* the source's policy */
    int64_t keep_us;           /* how long the trash keeps; 0 = MIGRATE_KEEP_DEFAULT */
    struct migrate_hooks hooks;
};

#define MIGRATE_KEEP_DEFAULT ((int64_t)30 * 24 * 3600 * 1000000)

/** migrate_room() - what the journal calls the namespace of @t. */
struct str migrate_room(const struct migrate_target *t);

/**
 * migrate_catalog() - the live catalog of @t's namespace, decorated; one reference, private
 */
enum errcode migrate_catalog(const struct migrate_target *t, struct catalog **out,
                             struct error *err) MUST_CHECK;

/**
 * migrate_preview() - what would happen, without any effect
 * @list: decoded changes; borrowed, must live as long as the plan
 * @out:  plan in @a: steps exactly as they will run, fingerprints, undo class, findings
 *
 * plan->tag is the plan's id and becomes the change's. Errors: those of validate (where is
 * "/operations/<n>/…"), of the engine.
 */
enum errcode migrate_preview(const struct migrate_target *t, const struct change_list *list,
                             struct arena *a, struct plan **out, struct error *err) MUST_CHECK;

/** migrate_plan_keep() - remember @plan in the journal as planned, for migrate_plan_load(). */
enum errcode migrate_plan_keep(const struct migrate_target *t, const struct plan *plan,
                               struct error *err) MUST_CHECK;
/**
 * migrate_plan_load() - the plan kept under @id, planned again on the live schema
 * Errors: ERR_NOT_FOUND, ERR_STALE_PLAN when the schema moved since, those of migrate_preview.
 */
enum errcode migrate_plan_load(const struct migrate_target *t, const char *id, struct arena *a,
                               struct plan **out, struct error *err) MUST_CHECK;

/** migrate_must_confirm() - @f of @plan has to be confirmed by its id before it runs on @t. */
bool migrate_must_confirm(const struct migrate_target *t, const struct plan *plan,
                          const struct finding *f);

/* Hazard ids that the caller accepts; "all" accepts each. */
struct migrate_confirm {
    const char *const *ids;
    size_t n;
};

/**
 * migrate_execute() - run @plan
 * @out: the journal's record, texts in @a
 *
 * Errors: ERR_STALE_PLAN (the fingerprint moved since the preview; nothing was done),
 * ERR_CONFIRMATION_REQUIRED (params: {"hazards": [ids]}; nothing was done), ERR_INVALID (a finding
 * of severity error, nothing was done), the engine's (a transactional group is rolled back, the
 * change is journaled as failed).
 */
enum errcode migrate_execute(const struct migrate_target *t, const struct plan *plan,
                             const struct migrate_confirm *confirm, struct arena *a,
                             struct change_record *out, struct error *err) MUST_CHECK;

/** migrate_check() - what migrate_execute() refuses before it does anything: a finding of severity
 *  error (ERR_INVALID), a hazard that @confirm does not accept (ERR_CONFIRMATION_REQUIRED). */
enum errcode migrate_check(const struct migrate_target *t, const struct plan *plan,
                           const struct migrate_confirm *confirm, struct error *err) MUST_CHECK;

/** migrate_run() - preview and execute in one call. */
enum errcode migrate_run(const struct migrate_target *t, const struct change_list *list,
                         const struct migrate_confirm *confirm, struct arena *a,
                         struct change_record *out, struct error *err) MUST_CHECK;

/**
 * migrate_undo_preview() - the plan that undoes change @id, data included
 * Errors: ERR_NOT_FOUND, ERR_CONFLICT (not done, undone already, or a later change is in the way:
 * the message says what), ERR_UNDO_EXPIRED (what was kept is purged, or nothing was kept).
 */
enum errcode migrate_undo_preview(const struct migrate_target *t, const char *id, struct arena *a,
                                  struct plan **out, struct error *err) MUST_CHECK;
/** migrate_undo() - undo change @id; *@out is the change that undid it (undo_of = @id). One that
 *  needs attention is taken back instead, as far as its steps go; *@out is itself, failed then. */
enum errcode migrate_undo(const struct migrate_target *t, const char *id, struct arena *a,
                          struct change_record *out, struct error *err) MUST_CHECK;

struct migrate_filter {
    int64_t tenant_id;     /* 0 = of every tenant */
    const char *source;    /* NULL = every */
    const char *table;     /* NULL = every */
    const char *state;     /* NULL = every but "planned" */
    const char *kind;      /* NULL = every */
    const char *before_id; /* older than this change, NULL = from the newest */
    int64_t limit;         /* 0 = 50 */
};

/** migrate_list() - changes, newest first. */
enum errcode migrate_list(const struct journal *j, const struct migrate_filter *f, struct arena *a,
                          struct change_record **out, size_t *n, struct error *err) MUST_CHECK;
/** migrate_get() - one change. Errors: ERR_NOT_FOUND (also when of another tenant than @tenant_id,
 *  unless that is 0). */
enum errcode migrate_get(const struct journal *j, int64_t tenant_id, const char *id,
                         struct arena *a, struct change_record *out, struct error *err) MUST_CHECK;
/** migrate_steps() - the statements of a change in their order. */
enum errcode migrate_steps(const struct journal *j, const char *id, struct arena *a,
                           struct change_step **out, size_t *n, struct error *err) MUST_CHECK;
