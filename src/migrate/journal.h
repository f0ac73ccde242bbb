#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "engine/engine.h"
#include "migrate/record.h"

/*
 * The journal: what was and is being done to every schema, in four tables of one namespace
 * ("store"): change, step, undo_item, applied. A change is written there before its first
 * statement and after its last, so that a start after a crash can tell from the live schema's
 * fingerprint what happened.
 */
struct journal {
    struct engine *engine;
    struct str ns;
    struct catalog *catalog; /* of ns, as far as the journal's tables go */
};

/* States: planned -> running -> done | failed | needs_attention; done -> undone. */
struct change_record {
    const char *id; /* [a-z0-9]{16}, in order of time; also the plan's id and tag */
    const char *ns; /* the namespace that was changed */
    int64_t tenant_id;
    const char *source;
    const char *kind; /* "change", "undo", "purge", "migration" */
    const char *state;
    const char *title;      /* one line for people */
    const char *tables;     /* JSON array of the tables it touches */
    const char *operations; /* JSON change list */
    const char *inverse;    /* JSON change list that undoes it; NULL when nothing can */
    const char *undo_class; /* "free", "copy", "trash", "none" */
    const char *undo_of;    /* id of the change this one undid, or NULL */
    const char *undone_by;  /* id of the change that undid this one, or NULL */
    int64_t actor_id;
    const char *actor_name;
    const char *fp_before, *fp_after;
    const char *plan_hash; /* of the statements */
    const char *prev_hash; /* chain: hash of the change before this one in the journal */
    int64_t created_at, finished_at, undo_until;
    const char *error;
};

struct change_step {
    int64_t id;
    const char *change_id;
    int64_t n, operation;
    const char *text;
    const char *state; /* "pending", "running", "done", "failed" */
    int64_t started_at, finished_at;
    int64_t n_rows;
    const char *error;
    const char *undo; /* what takes it back, where the engine does not; see struct plan_step */
};

/* Something kept so that a change can be undone with its data. */
struct trash_item {
    int64_t id;
    const char *change_id;
    const char *ns;
    int64_t tenant_id;
    const char *kind;        /* "table" or "column" */
    const char *table_name;  /* what it was part of … */
    const char *column_name; /* … NULL for a whole table */
    const char *object;      /* the trash table that holds it */
    int64_t n_rows;          /* -1 = not counted */
    int64_t created_at, expires_at;
    int64_t restored_at, purged_at; /* 0 = still there */
};

extern const struct record_type change_record_type, change_step_type, trash_item_type;

/**
 * journal_open() - the journal in @ns of @engine, making its tables when they are not there
 *
 * The namespace must exist. The caller closes it with journal_close().
 */
enum errcode journal_open(struct engine *engine, struct str ns, struct journal **out,
                          struct error *err) MUST_CHECK;
/** journal_close() - NULL is fine. */
void journal_close(struct journal *j);
/** journal_place() - where its records are. */
struct record_place journal_place(const struct journal *j);
/**
 * journal_claim() - whoever runs change @id has this until it is finished in the journal
 *
 * *@out NULL: another process has it, the change runs there. Let go with engine_unlock(); a crash
 * lets go too, and what is "running" and nobody's is what migrate_recover() settles.
 */
enum errcode journal_claim(const struct journal *j, const char *id, struct engine_lock **out,
                           struct error *err) MUST_CHECK;

/** journal_id() - a new change id at @out. */
#define CHANGE_ID_TEXT 16
void journal_id(char out[CHANGE_ID_TEXT + 1]);
