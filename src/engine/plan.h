#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "change/change.h"

/*
 * A plan: the ordered list of statements that one engine will run for a list of changes. Preview,
 * lint, execute, journal and undo all read this one list; what is shown is byte for byte what runs.
 */
enum step_kind {
    STEP_NONE = 0,
    STEP_RUN,   /* a statement */
    STEP_CHECK, /* a read-only statement that must give no row; a row aborts the change */
};

struct plan_step {
    enum step_kind kind;
    size_t operation;    /* index of the change it came from */
    size_t group;        /* index into groups; steps of a group follow each other */
    const char *text;    /* exactly what runs */
    const char *comment; /* one line for people, may be NULL */
    /* Where the engine takes nothing back by itself: the statement that does, run newest first when
       a later step fails or a crash ended the change. It does no harm where @text did not run.
       NULL = there is nothing to take back, or the engine does it. */
    const char *undo;
    const char *lock; /* "none", "write", "exclusive": what others wait for */
    bool is_rewrite;  /* touches every row */
};

struct plan_group {
    bool is_transaction; /* all or nothing */
    bool is_rebuild;     /* SQLite: foreign keys off, legacy ALTER on around the transaction */
};

enum severity {
    SEVERITY_NONE = 0,
    SEVERITY_INFO,
    SEVERITY_WARNING,
    SEVERITY_DANGER, /* loses something: its id must be confirmed where policy asks */
    SEVERITY_ERROR,  /* cannot run as written: it is refused */
};

struct finding {
    const char *id;   /* "<rule>:<operation>", the hazard id that confirms it */
    const char *rule; /* "DL002" */
    enum severity severity;
    size_t operation;
    const char *message;
    const char *hint;
    int64_t n_rows; /* rows at risk, -1 = not counted */
};

struct plan {
    struct arena *arena;
    const struct change_list *changes;
    struct plan_step *steps;
    size_t n_steps;
    struct plan_group *groups;
    size_t n_groups;
    struct finding *findings;
    size_t n_findings;
    const char *fingerprint_before;
    const char *fingerprint_after; /* by rehearsal, NULL where the engine cannot */
    enum undo_class undo;
    const char *tag; /* unique text of the plan, part of trash names */
};

/** plan_new() - an empty plan in @a for @changes (borrowed); its undo class is filled. */
struct plan *plan_new(struct arena *a, const struct change_list *changes, const char *tag);
/** plan_add_group() - open a new group; steps added from now on belong to it. Returns its index. */
size_t plan_add_group(struct plan *plan, bool is_transaction, bool is_rebuild);
/** plan_add_step() - append a step (@text is copied, lock is "none") to the newest group; the
 *  pointer is valid until the next step is added. */
struct plan_step *plan_add_step(struct plan *plan, enum step_kind kind, size_t operation,
                                const char *text);
/** plan_add_finding() - append a finding with id "<rule>:<operation>", texts copied, no row count;
 *  the pointer is valid until the next finding is added. */
struct finding *plan_add_finding(struct plan *plan, const char *rule, enum severity severity,
                                 size_t operation, const char *message);
