#pragma once

#include "catalog/catalog.h"
#include "engine/plan.h"
#include "engine/sqlcommon/sql_writer.h"
#include "engine/sqlite/conn.h"

/*
 * The making of a plan. Steps are put into one group: SQLite changes structure inside a
 * transaction. A later change of a list may need a table as an earlier one leaves it: then the
 * steps so far are run on an empty copy of the schema in memory, and the table is read from there,
 * exactly as SQLite will have it.
 */
struct last_rebuild {
    const char *table;           /* NULL: nothing to go on from */
    size_t from, to;             /* its steps */
    const char *select;          /* where its rows came from, as a sub-select */
    const char *added;           /* a new column, NULL = none */
    bool is_defaulted;           /* it took its default */
    struct last_rebuild *before; /* the one that is part of it */
};

struct planner {
    struct arena *arena; /* of the plan */
    struct plan *plan;
    const struct catalog *before;
    const struct catalog *now; /* before, or what the copy says */
    struct catalog **copied;   /* what was read; all live until the plan is made */
    size_t n_reads;
    struct simulation *copy;
    size_t n_copied;         /* steps that ran on the copy */
    struct plan_step *steps; /* all steps, none merged: what the copy runs */
    size_t n_steps;
    struct last_rebuild *last;
    struct map touched; /* names that earlier changes changed */
    size_t operation;
    bool starts_rebuild; /* known from a first round: the group is a rebuild from its begin */
    struct error *err;
    enum errcode code; /* the first failure; later calls do nothing */
};

/** planner_table() - the table @name as it is before the current change; NULL when the plan has
 *  failed or it is not there (then the plan fails). */
const struct table *planner_table(struct planner *p, const char *name);
/** planner_refresh() - p->now is the whole schema as it is before the current change. */
void planner_refresh(struct planner *p);
void planner_touch(struct planner *p, const char *name);

/** planner_step() - the text in @w becomes a step. */
struct step_words {
    enum step_kind kind;
    const char *comment;
    bool is_rewrite;
};
void planner_step(struct planner *p, struct sql_writer *w, const struct step_words *words);
/** planner_text() - @text becomes a step that runs. */
void planner_text(struct planner *p, const char *text, const char *comment);
/** planner_write() - an empty writer for the next step. */
struct sql_writer planner_write(struct planner *p);
void planner_fail(struct planner *p, enum errcode code);
/** planner_needs_rebuild() - the plan runs with foreign keys off and legacy ALTER on. */
void planner_needs_rebuild(struct planner *p);

/* rebuild.c */
struct rebuild {
    const struct table *table;
    const char *new_text; /* CREATE TABLE under @new_name */
    const char *new_name; /* NULL: under a scratch name, put in the old one's place */
    const char *dropped;  /* a column that is not copied */
    const char *added;    /* a column whose values come from @restore */
    const struct trash_ref *restore;
    const struct expr *fallback; /* for rows that the trash does not have; NULL = NULL */
    bool may_merge;              /* with the rebuild of the same table just before it */
    bool is_kept;                /* values of @dropped go to the trash */
};
void plan_rebuild(struct planner *p, const struct rebuild *r);
/** rebuild_edits() - the text of @t taken apart, with an edit that gives it the name @name (NULL: a
 *  scratch name); false when the plan failed. */
struct edits;
bool rebuild_edits(struct planner *p, const struct table *t, const char *name, struct edits *edits);
/** rebuild_parts() - indexes and triggers of r->table made again. */
void rebuild_parts(struct planner *p, const struct rebuild *r);
void rebuild_drop(struct planner *p, const char *table);
void rebuild_move(struct planner *p, const char *from, const char *to);

void plan_create_column(struct planner *p, const struct change *c);
void plan_drop_column(struct planner *p, const struct change *c);

/* modify_column.c */
void plan_modify_column(struct planner *p, const struct change *c);

/* plan_table.c */
void plan_drop_table(struct planner *p, const struct change *c);
void plan_restore_table(struct planner *p, const struct change *c);
void plan_drop_index(struct planner *p, const struct change *c);

/* simulate.c: an empty copy of the schema in memory, foreign keys off. Of a large schema only the
 * tables that the changes can reach are copied; the others stay as they are in @before. */
struct simulation;
enum errcode simulate_open(const struct catalog *before, const struct change_list *changes,
                           struct simulation **out, struct error *err) MUST_CHECK;
void simulate_close(struct simulation *s);
/** simulate_run() - one step there. */
enum errcode simulate_run(struct simulation *s, const struct plan_step *step,
                          struct error *err) MUST_CHECK;
/** simulate_read() - the whole schema as it is there; borrows from @before. */
enum errcode simulate_read(struct simulation *s, struct catalog **out,
                           struct error *err) MUST_CHECK;
