#pragma once

#include "catalog/catalog.h"
#include "engine/plan.h"
#include "engine/sqlcommon/sql_writer.h"

/*
 * The making of a plan for engines that have ALTER statements for everything (SQLite has its own
 * planner). The changes are walked in order; each is planned against the catalog as the ones
 * before it leave it, which is found in memory by their apply phase.
 */
struct sql_planner {
    struct arena *arena; /* of the plan */
    struct plan *plan;
    const struct sql_dialect *dialect;
    struct catalog *now; /* as it is before the current change: ours alone */
    size_t operation;    /* index of the current change */
    void *driver;        /* of the planning driver */
    struct error *err;
    enum errcode code; /* the first failure; later calls do nothing */
};

/* Plans one change; the newest group is the one that steps go to (a driver may add groups). */
typedef void sql_plan_fn(struct sql_planner *p, const struct change *c);

/**
 * sql_plan() - fill steps and groups of @plan from plan->changes
 * @planners: one per change kind, NULL = ERR_UNSUPPORTED
 *
 * The first group is opened before the first change: a transaction where @is_transaction. Groups
 * without steps are taken out at the end.
 */
enum errcode sql_plan(const struct sql_dialect *d, sql_plan_fn *const planners[CHANGE_N],
                      bool is_transaction, void *driver, const struct catalog *before,
                      struct plan *plan, struct error *err) MUST_CHECK;

/** sql_planner_table() - the table @name as it is now; NULL: the plan has failed. */
const struct table *sql_planner_table(struct sql_planner *p, const char *name);
/** sql_planner_write() - an empty writer for the next step. */
struct sql_writer sql_planner_write(struct sql_planner *p);

struct sql_step_words {
    enum step_kind kind; /* STEP_RUN when unset */
    const char *comment;
    const char *undo; /* as in struct plan_step */
    const char *lock; /* "write" when NULL */
    bool is_rewrite;
};
/** sql_planner_step() - the text in @w becomes a step; ends @w. @words may be NULL. */
void sql_planner_step(struct sql_planner *p, struct sql_writer *w,
                      const struct sql_step_words *words);
void sql_planner_fail(struct sql_planner *p, enum errcode code);
