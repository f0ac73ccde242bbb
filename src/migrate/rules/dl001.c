#include "migrate/lint.h"

static enum errcode check(struct lint *l, struct error *err)
{
    if (l->change->kind != CHANGE_DROP_TABLE) {
        return ERR_OK;
    }
    const struct table *t = lint_table(l, l->change->drop_table.table);
    int64_t n = 0;
    if (!t) {
        return ERR_OK;
    }
    TRY(lint_count(l, t, NULL, &n, err));
    if (n != 0) {
        lint_find(l, n, "undo brings them back until the trash is emptied",
                  "drops \"%s\" with its %lld rows", t->name, (long long)n);
    }
    return ERR_OK;
}

const struct lint_rule lint_rule_DL001 = {
    .id = "DL001",
    .severity = SEVERITY_DANGER,
    .title = "a table with rows is dropped",
    .check = check,
};
