#pragma once

#include "migrate/change_run.h"

struct migrate_recovery {
    size_t n_applied; /* had happened; journal and registry now say so */
    size_t n_failed;  /* had not happened, or was taken back */
    size_t n_unclear; /* the live schema is neither before nor after: needs_attention */
};

/**
 * migrate_recover() - settle the changes of @t's namespace that a crash left running
 *
 * Call at start for each namespace, and now and then. What another process runs (see
 * journal_claim()) is left alone. The live fingerprint tells before from after. Groups are
 * transactions on engines with transactional DDL, so there is nothing in between; on others what
 * was done is taken back, step by step (struct plan_step's undo). Where journal and schema are on
 * one engine with the ability ddl_with_registry, a change whose last group is a transaction has
 * either not taken effect or is not found running. @out may be NULL.
 */
enum errcode migrate_recover(const struct migrate_target *t, struct migrate_recovery *out,
                             struct error *err) MUST_CHECK;

/** migrate_open_count() - changes of any namespace that are running or need attention (doctor). */
enum errcode migrate_open_count(const struct journal *j, int64_t *out,
                                struct error *err) MUST_CHECK;
