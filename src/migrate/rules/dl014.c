#include "migrate/lint.h"

static enum errcode check(struct lint *l, struct error *err)
{
    (void)err;
    if (change_ops(l->change->kind)->undo(l->change) == UNDO_NONE) {
        lint_find(l, -1, "nothing is kept of what goes away", "this cannot be undone: %s",
                  change_ops(l->change->kind)->summary(l->plan->arena, l->change));
    }
    return ERR_OK;
}

const struct lint_rule lint_rule_DL014 = {
    .id = "DL014",
    .severity = SEVERITY_DANGER,
    .title = "the operation cannot be undone",
    .check = check,
};
