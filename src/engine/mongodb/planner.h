#pragma once

#include <bson/bson.h>

#include "catalog/catalog.h"
#include "engine/plan.h"

/*
 * The making of a plan. The model of a table is ours (model.h), so the table as it is after each
 * change is known without asking the server: changes are applied to a private catalog one by one,
 * and the steps that lead there are written.
 *
 * A step is one command as extended JSON, in the namespace's own database: renameCollection, which
 * MongoDB wants with database names, is written without them; an update runs for a thousand
 * documents at a time (run.c). Each step may be run again, and says what takes it back. Steps that
 * destroy something for good are a group of their own behind all others.
 */
struct planner {
    struct arena *arena;
    struct plan *plan;
    struct catalog *now;
    size_t operation;
    const struct table *was, *is; /* the current change's table before and after it */
    struct late {
        const bson_t *command;
        size_t operation;
        const char *comment;
        bool is_rewrite;
    } * late;
    size_t n_late;
    struct error *err;
    enum errcode code; /* the first failure */
};

struct step_words {
    enum step_kind kind; /* STEP_RUN when unset */
    const char *comment;
    const char *lock;   /* "none" when NULL */
    const bson_t *undo; /* as in struct plan_step */
    bool is_rewrite;
};
void mongo_plan_step(struct planner *p, const bson_t *command, const struct step_words *words);
void mongo_plan_late(struct planner *p, const bson_t *command, const struct step_words *words);
void mongo_plan_fail(struct planner *p, enum errcode code);

/* steps.c: the commands that several changes need. */
void step_create(struct planner *p, const struct table *t);
/** step_validator() - the collection's validator becomes that of p->is. */
void step_validator(struct planner *p);
/** step_validation_off() - the same, but it holds nobody yet: documents are on their way from the
 *  old form to the new one, or back. step_validation_on() ends that. */
void step_validation_off(struct planner *p);
void step_validation_on(struct planner *p);
void step_rename(struct planner *p, const char *from, const char *to);
/** step_index() - make the index @i of p->is. */
void step_index(struct planner *p, const struct index *i);
/** step_indexes() - make all indexes of a new table, in one command. */
void step_indexes(struct planner *p);
void step_key_index(struct planner *p);
void step_drop_index(struct planner *p, const struct index *i);
void step_drop_key_index(struct planner *p);
/** update_of() - the command that changes every document of p->is that has @field, or with
 *  @lacks lacks it: {"$set": {field: …}} and the like. */
const bson_t *update_of(struct planner *p, const char *field, bool lacks, const bson_t *change);
/** change_of() - {op: {field: text}} */
const bson_t *change_of(struct planner *p, const char *op, const char *field, const char *text);
/** step_check() - there must be no document that meets @filter. */
void step_check(struct planner *p, const bson_t *filter, const char *comment);
/** merge_of() - the command by which @field of each document of @from becomes @to_field of the one
 *  with its "_id" in @into; with @makes documents that are not there are made. */
const bson_t *merge_of(struct planner *p, const char *from, const char *field, const char *into,
                       const char *to_field, bool makes);

/* What a check found, by the comment of its step: see run.c. */
#define CHECK_NO_VALUE "rows that are there have no value for a required column"
#define CHECK_BROKEN   "rows that are there break a check"
#define CHECK_NAME     "documents have a field of this name that is no column"
#define CHECK_UUID     "rows that are there cannot be given a uuid() or now() each"

/* columns.c */
void mongo_plan_create_column(struct planner *p, const struct change *c);
void mongo_plan_drop_column(struct planner *p, const struct change *c);
void mongo_plan_rename_column(struct planner *p, const struct change *c);
void mongo_plan_modify_column(struct planner *p, const struct change *c);

/* foreign.c: the options of a collection that is not ours, merged and never replaced. */
/** foreign_set() - the field @name has this schema now, NULL: none; with @from: as @from had. */
const char *foreign_set(struct arena *a, const char *options, const char *name,
                        const bson_t *schema, const char *from, bool is_required);
/** foreign_validator() - the validator of @options; an empty document when there is none. */
const bson_t *foreign_validator(struct arena *a, const char *options);
/** foreign_renamed() - the index @native with field @to in the place of @from. */
const char *foreign_renamed(struct arena *a, const char *native, const char *from, const char *to);
const char *foreign_word(struct arena *a, const char *options, const char *key,
                         const char *standard);
