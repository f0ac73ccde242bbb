#pragma once

#include "base/json.h"
#include "engine/plan.h"
#include "migrate/change_run.h"

/*
 * JSON of plans and of the journal, as the outside contract has it.
 *
 * plan_encode(): {planId, fingerprint, fingerprintAfter, operations, steps: [{text, transaction,
 *   lock, rewrite, comment, kind, operation}], lint: [{id, rule, severity, message, hint, rows,
 *   operation, confirm}], undo: {class}, checks: [{text, operation}]}
 */
void plan_encode(struct json_writer *w, const struct migrate_target *t, const struct plan *plan);

/** change_record_encode() - {id, changeId, kind, state, title, tables, operations, undo: {class,
 *  until}, undoUntil, undoable, undoOf, undoneBy, createdBy: {id, email} | null, source,
 *  fingerprintBefore, fingerprintAfter, createdAt, finishedAt, error}; @steps (may be NULL) as
 *  "steps". */
void change_record_encode(struct json_writer *w, const struct change_record *r,
                          const struct change_step *steps, size_t n_steps);
/** change_record_members() - the same without the braces. */
void change_record_members(struct json_writer *w, const struct change_record *r,
                           const struct change_step *steps, size_t n_steps);
