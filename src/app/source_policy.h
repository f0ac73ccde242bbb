#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "authz/authz.h"
#include "base/arena.h"
#include "base/error.h"
#include "change/change.h"

/*
 * What a source lets be done to its structure: every option of the specification's schema manager
 * by its own name, and two of ours. It only takes away: who may do what is authz's affair.
 */
enum source_environment {
    ENVIRONMENT_NONE = 0,
    ENVIRONMENT_DEVELOPMENT,
    ENVIRONMENT_TEST,
    ENVIRONMENT_PRODUCTION,
    ENVIRONMENT_N
};

struct source_names {
    const char *const *items;
    size_t n;
};

struct source_policy {
    bool enabled;                        /* false: no change of structure at all */
    enum source_environment environment; /* production: as if requireConfirmation were set */
    enum authz_level restrict_to[AUTHZ_LEVEL_N];
    size_t n_restrict_to;
    bool require_confirmation;
    bool dry_run_mode; /* changes are shown and never run */
    bool enable_table_creation;
    bool enable_table_deletion;
    bool enable_column_modification;
    bool enable_column_deletion;
    bool enable_index_management;
    bool enable_foreign_key_management;
    struct source_names allowed_databases; /* empty: every one */
    struct source_names forbidden_tables;
    struct source_names forbidden_columns; /* "column" or "table.column" */
};

/** source_policy_default() - the specification's defaults; for the tenant's own tables (@is_main)
 *  without confirmation and with table deletion, since both can be undone there. */
struct source_policy source_policy_default(bool is_main);

/**
 * source_policy_check() - does @p let @list run on @database?
 * @is_undo: takes back what was let through once; only what is forbidden by name counts
 *
 * Errors: ERR_FORBIDDEN naming the option, where "/operations/<n>…".
 */
enum errcode source_policy_check(const struct source_policy *p, const char *database,
                                 const struct change_list *list, bool is_undo,
                                 struct error *err) MUST_CHECK;
/** source_policy_why_not() - the option that keeps operations of @kind from running, NULL = none.
 */
const char *source_policy_why_not(const struct source_policy *p, enum change_kind kind);
/** source_policy_confirms() - hazards of every kind must be confirmed. */
bool source_policy_confirms(const struct source_policy *p);
