#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "catalog/catalog.h"

/*
 * A change to a schema is a value. Each kind has a file with its five phases, and a phase is
 * defined by what it may not do:
 *   decode    JSON to value; may fail, knows no catalog        (change/change_json.h)
 *   validate  against a catalog; may fail, changes nothing
 *   apply     to a private catalog copy; must not fail after validate
 *   inverse   the change that takes it back, from the catalog before; must not fail
 *   encode    value to JSON; must not fail
 * No phase does I/O or knows an engine. Everything lives in the arena given.
 */
enum change_kind {
    CHANGE_NONE = 0,
#define CHANGE(symbol, wire, member) CHANGE_##symbol,
#include "change/kinds.def"
#undef CHANGE
    CHANGE_N
};

/* What a destructive change keeps, so that its inverse can bring the data back. */
struct trash_ref {
    const char *object; /* name of the trash table, NULL = nothing kept */
    const char **keys;  /* column names in the trash table that identify the row: k1 … kn, … */
    const char **onto; /* … and the columns of the table they match ("rowid" where it has no key) */
    size_t n_keys;
};

struct change {
    enum change_kind kind;
    const char *id; /* the operation's own id in its list, may be NULL */
    bool is_stored; /* from the journal or an inverse: names that another program gave may stay */
    union {
        struct {
            struct table *table;
        } create_table;
        struct {
            const char *table;
            const char *trash; /* set by change_list_prepare(): name it is kept under */
            bool no_trash;     /* destroy at once (store migrations, purge) */
        } drop_table;
        struct {
            const char *table;
            const char *new_name;
        } rename_table;
        struct {
            struct table *table; /* as it was when it was dropped, with its indexes, triggers … */
            const char *trash;   /* where its rows are */
            const struct restored_key *referrers; /* foreign keys of others that pointed here */
            size_t n_referrers;
        } restore_table;
        struct {
            const char *table;
            struct column column;
            const char *after; /* place behind this column; NULL = at the end; "" = first */
            struct check *checks;
            size_t n_checks;
            struct foreign_key *foreign_keys; /* of the column, or lost with it */
            size_t n_foreign_keys;
            struct index *indexes; /* of the column, or lost with it */
            size_t n_indexes;
            const struct trigger *triggers; /* lost with it */
            size_t n_triggers;
            struct trash_ref restore; /* values to bring back */
        } create_column;
        struct {
            const char *table;
            const char *column;
            const char *trash; /* set by change_list_prepare() */
            bool no_trash;
        } drop_column;
        struct {
            const char *table;
            const char *column;
            const char *new_name;
        } rename_column;
        struct {
            const char *table;
            struct index index;
        } create_index;
        struct {
            const char *table;
            const char *index;
        } drop_index;
        struct {
            const char *table;
            const char *column;
            struct column_rules rules; /* as they shall be; the type does not change */
            struct column_rules was;   /* as they are; by completion when has_was is not set */
            bool has_was;
            /* by completion: the CHECKs that say them */
            const char *old_check; /* goes, NULL = none */
            struct check check;    /* comes, expr NULL = none */
        } modify_column;
    };
};

struct restored_key {
    const char *table; /* the table that had the key */
    struct foreign_key key;
    bool is_relation; /* its column is shown as a relation, and said this of it */
    const char *relation_type, *on_delete_text, *on_update_text;
};

struct change_list {
    struct change *items;
    size_t n;
    struct arena *arena; /* owns what completion adds; set by decode and prepare */
};

/* What an undo needs: how the data comes back (schema-change's five classes). */
enum undo_class {
    UNDO_FREE = 1, /* nothing is lost, the inverse is metadata */
    UNDO_COPY,     /* values are kept in a trash table */
    UNDO_TRASH,    /* the table itself is kept */
    UNDO_NONE,     /* nothing is kept: needs confirmation */
};

struct change_ops {
    enum change_kind kind;
    const char *wire;
    /** Fills what a request leaves to us, in @a: generated names, the type and the referenced
     *  columns of relations, the CHECKs of column rules. NULL = nothing to fill. Fills once: what
     *  is there stays. */
    void (*complete)(struct arena *a, struct change *c, const struct catalog *now);
    /** May fail; @now is borrowed and unchanged. Errors carry where relative to the operation. */
    enum errcode (*validate)(const struct change *c, const struct catalog *now, struct error *err);
    /** Only after validate on an equal catalog; must not fail. */
    void (*apply)(const struct change *c, struct catalog *now);
    /** Appends to @out, in the order to run; @before is the catalog before apply. */
    void (*inverse)(struct arena *a, const struct change *c, const struct catalog *before,
                    struct change_list *out);
    /** Which class the undo has. */
    enum undo_class (*undo)(const struct change *c);
    /** "add column \"email\" to \"contacts\"": one line for people, in @a. */
    const char *(*summary)(struct arena *a, const struct change *c);
};

/** change_ops() - the row of @kind. */
const struct change_ops *change_ops(enum change_kind kind);

/**
 * change_list_prepare() - give every destructive change of @list its place in the trash
 * @tag: unique text of the plan, [a-z0-9]{1,16}; names become "__telaio_trash_<tag>_<n>"
 *
 * A place that is named already stays. The list gets @a as its arena when it has none.
 */
void change_list_prepare(struct arena *a, struct change_list *list, const char *tag);

/**
 * change_list_apply() - complete, validate and apply one after the other
 * @now:   catalog before; borrowed, unchanged
 * @after: a new catalog (one reference) with all changes applied
 *
 * The items of @list are completed in place (see change_ops.complete) when the list has an arena:
 * call it before engine_plan(), which wants complete changes.
 *
 * A table in the trash stays in the catalog under its trash name, is_internal; so does the trash of
 * a column: columns "k1" … "kn" for the key and "v" for the value. Trigger texts
 * follow renames word by word where that is safe; the native text of a table that changed is gone.
 *
 * Errors: those of validate, with where prefixed "/operations/<n>".
 */
enum errcode change_list_apply(const struct change_list *list, const struct catalog *now,
                               struct catalog **after, struct error *err) MUST_CHECK;

/**
 * change_list_inverse() - what undoes @list, newest first
 * @before: the catalog @list was applied to
 */
void change_list_inverse(struct arena *a, const struct change_list *list,
                         const struct catalog *before, struct change_list *out);

/** change_list_undo_class() - the worst class in @list. */
enum undo_class change_list_undo_class(const struct change_list *list);
const char *undo_class_name(enum undo_class c); /* "free", "copy", "trash", "none" */

/**
 * name_check() - may @name be a new name of ours?
 *
 * 1..58 characters of [A-Za-z_][A-Za-z0-9_]*, no "__telaio_" prefix, no "sqlite_" prefix.
 * Errors: ERR_INVALID; the caller adds where.
 */
enum errcode name_check(const char *what, const char *name, struct error *err) MUST_CHECK;

/** name_generate() - "<kind>_<table>_<cols…>"; longer than 63 bytes: its first 54 bytes (or fewer,
 *  to a character's end), "_" and 8 hex digits of SHA-256 of the whole. */
char *name_generate(struct arena *a, const char *kind, const char *table,
                    const char *const *columns, size_t n_columns);
