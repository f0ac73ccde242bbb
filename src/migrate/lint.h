#pragma once

#include "base/attr.h"
#include "catalog/catalog.h"
#include "engine/engine.h"
#include "engine/plan.h"

/*
 * Lint: each rule looks at one operation of a plan with the schema before it, and says what may go
 * wrong. To add one: a file in rules/, a row in rules.def, a page in docs/reference/rules/.
 */
struct lint {
    struct session *session;      /* for counting */
    const struct catalog *before; /* the operation: operations before it are applied */
    const struct catalog *live;   /* the plan: what is there now */
    const struct catalog *after;  /* the whole plan applied */
    struct plan *plan;
    const struct change *change;
    size_t operation;
    const struct lint_rule *rule;
};

struct lint_rule {
    const char *id; /* "DL001" */
    enum severity severity;
    const char *title;
    enum errcode (*check)(struct lint *l, struct error *err);
};

/** lint_run() - run every rule over every operation of @plan; findings are appended to it. */
enum errcode lint_run(struct session *s, const struct catalog *before, const struct catalog *after,
                      struct plan *plan, struct error *err) MUST_CHECK;

/** lint_rules() - the rules there are. */
const struct lint_rule *const *lint_rules(size_t *n);

/** lint_find() - append a finding of the rule that runs; @hint may be NULL, @n_rows -1. */
void lint_find(struct lint *l, int64_t n_rows, const char *hint, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

/** lint_table() - the table of the operation that already holds rows: live, and not made by this
 *  plan; NULL otherwise. */
const struct table *lint_table(const struct lint *l, const char *name);

/** lint_estimate() - rows of live table @t, about; -1 = unknown; costs nothing. */
int64_t lint_estimate(const struct lint *l, const struct table *t);

/** lint_count() - rows of live table @t where @column (NULL = any row) has a value. */
enum errcode lint_count(struct lint *l, const struct table *t, const struct column *column,
                        int64_t *out, struct error *err) MUST_CHECK;
