#pragma once

#include "migrate/change_run.h"

/*
 * Migrations: change lists in JSON files, applied in the order of their names and taken back in
 * the reverse. A file is
 *   {"name": …, "description": …, "up": [operations], "down": "auto" | [operations]}
 * An operation is one of change/ or a step on rows:
 *   {"op": "INSERT_ROWS", "table": t, "key": ["slug"], "rows": [{column: value, …}]}
 *     a row whose key is there already is left alone; a value {"lookup": {"table": …, "where":
 *     {column: value}, "column": "id"}} is read from another table
 *   {"op": "DELETE_ROWS", "table": t, "where": {column: value | [values]}}
 *   {"op": "UNIQUE_CHECK", "table": t, "columns": […], "message": …}
 *     refuses (ERR_UNIQUE_VIOLATION, listing them) when rows would collide; rows with the same
 *     values, NULL counting as equal
 * "auto" is the inverse of the change operations and DELETE_ROWS of the inserted rows.
 * The number of a file is the last run of six digits in its name
 * (2025_12_26_000007_create_… is 7); files with number 0 are the base and never go down.
 */
struct migration_file {
    const char *name; /* without ".json" */
    const char *text;
    size_t n_text;
};

struct migration_set {
    const struct migration_file *files; /* in order of name */
    size_t n;
};

struct migration_status {
    const char *name;  /* of the file */
    const char *title; /* "name" in it */
    const char *description;
    int number;
    bool is_applied;
    bool is_changed; /* applied from other content than the file has now */
    int64_t applied_at;
};

/* @t->ns may be the journal's own namespace. */
enum errcode migrate_files_status(const struct migrate_target *t, const struct migration_set *set,
                                  struct arena *a, struct migration_status **out, size_t *n,
                                  struct error *err) MUST_CHECK;
/** migrate_files_pending() - how many files of @set are not applied; reads names only. */
enum errcode migrate_files_pending(const struct migrate_target *t, const struct migration_set *set,
                                   size_t *out, struct error *err) MUST_CHECK;
/** migrate_files_up() - apply what is missing up to number @to (-1 = all); *@n how many.
 *  Errors: ERR_CORRUPT when an applied file has changed, the engine's. Each file is all or
 *  nothing. */
enum errcode migrate_files_up(const struct migrate_target *t, const struct migration_set *set,
                              int to, size_t *n, struct error *err) MUST_CHECK;
/** migrate_files_down() - take back, newest first, every applied file with a number above @to
 *  (>= 0). Tables are dropped, not trashed. */
enum errcode migrate_files_down(const struct migrate_target *t, const struct migration_set *set,
                                int to, size_t *n, struct error *err) MUST_CHECK;
