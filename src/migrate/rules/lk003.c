#include "migrate/lint.h"

#define LARGE_ROWS 100000

static enum errcode check(struct lint *l, struct error *err)
{
    (void)err;
    if (l->change->kind != CHANGE_CREATE_INDEX) {
        return ERR_OK;
    }
    const struct table *t = lint_table(l, l->change->create_index.table);
    int64_t n = t ? lint_estimate(l, t) : 0;
    if (n >= LARGE_ROWS) {
        lint_find(l, n, "do it at a quiet hour",
                  "building the index reads about %lld rows of \"%s\"; writers wait that long",
                  (long long)n, t->name);
    }
    return ERR_OK;
}

const struct lint_rule lint_rule_LK003 = {
    .id = "LK003",
    .severity = SEVERITY_WARNING,
    .title = "an index is built on a large table",
    .check = check,
};
