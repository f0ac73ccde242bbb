#pragma once

#include <stdbool.h>

#include "migrate/change_run.h"

/* Inside of the room: the pieces that preview, execute, undo, recover and purge share. */

/** run_preview() - migrate_preview() with a plan id that is given. */
enum errcode run_preview(const struct migrate_target *t, const struct change_list *list,
                         const char *tag, struct arena *a, struct plan **out,
                         struct error *err) MUST_CHECK;

struct run_options {
    const char *kind;    /* of the journal's record */
    const char *undo_of; /* id of the change this one undoes, or NULL */
    bool confirm_all;
    const struct migrate_confirm *confirm;
};

/** run_execute() - migrate_execute() with what undo and purge say besides. */
enum errcode run_execute(const struct migrate_target *t, const struct plan *plan,
                         const struct run_options *options, struct arena *a,
                         struct change_record *out, struct error *err) MUST_CHECK;

/** run_decorate() - t's hook, if there is one. */
enum errcode run_decorate(const struct migrate_target *t, struct catalog *c,
                          struct error *err) MUST_CHECK;
/** run_plan_hash() - SHA-256 of the statements. */
const char *run_plan_hash(struct arena *a, const struct plan *plan);
/** run_title() - one line for people about @list. */
const char *run_title(struct arena *a, const struct change_list *list);
/** run_tables() - the names that @list touches, as a JSON array. */
const char *run_tables(struct arena *a, const struct change_list *list);
/** run_record() - a record of @plan for @t, state "planned", without inverse and chain. */
struct change_record run_record(struct arena *a, const struct migrate_target *t,
                                const struct plan *plan, const char *kind);

/** run_joins() - what the journal and the registry say can be written in the transaction of @t's
 *  own changes: both are on one engine that can. */
bool run_joins(const struct migrate_target *t);

/* The end of a change. */
struct run_end {
    struct change_record *record;
    const struct migrate_outcome *outcome;
    const struct change_step *last; /* is marked as well; NULL = it is marked */
    bool is_inside; /* in the transaction of the group that is open: see run_joins() */
};

/** run_finish() - mark done: record, trash, what it undid, registry; one transaction. */
enum errcode run_finish(const struct migrate_target *t, struct session *s, struct arena *a,
                        const struct run_end *end, struct error *err) MUST_CHECK;

/**
 * run_hold() - in a transaction of the journal: the state of @record as it is now, in @a; nobody
 * else ends the change before this transaction does
 *
 * A server may still be finishing what was asked of it when the answer was lost.
 */
enum errcode run_hold(struct session *s, const struct record_place *p,
                      const struct change_record *record, struct arena *a, const char **state,
                      struct error *err) MUST_CHECK;

/**
 * run_take_back() - @record, which needs attention, is brought back to what was before: its steps
 * are taken back once more, or somebody did it by hand; then it has failed
 *
 * Errors: ERR_CONFLICT when the schema is still another (the record says why), ERR_BUSY.
 */
enum errcode run_take_back(const struct migrate_target *t, struct change_record *record,
                           struct arena *a, struct error *err) MUST_CHECK;

/** change_subject() - the table a change is about, as it is called before it. */
const char *change_subject(const struct change *c);
