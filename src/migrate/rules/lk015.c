#include "migrate/lint.h"

#include "migrate/run.h"

#define LARGE_ROWS 100000

static enum errcode check(struct lint *l, struct error *err)
{
    (void)err;
    const struct table *t = lint_table(l, change_subject(l->change));
    int64_t n = t ? lint_estimate(l, t) : 0;
    if (n < LARGE_ROWS) {
        return ERR_OK;
    }
    for (size_t i = 0; i < l->plan->n_steps; i++) {
        const struct plan_step *s = &l->plan->steps[i];
        if (s->operation == l->operation && s->is_rewrite) {
            lint_find(l, n,
                      "put several changes of one table into one change; do it at a quiet hour",
                      "all of about %lld rows of \"%s\" are written anew; writers wait that long, "
                      "and the table needs its size again on the disk",
                      (long long)n, t->name);
            return ERR_OK;
        }
    }
    return ERR_OK;
}

const struct lint_rule lint_rule_LK015 = {
    .id = "LK015",
    .severity = SEVERITY_WARNING,
    .title = "a large table is written anew",
    .check = check,
};
