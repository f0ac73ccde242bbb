#include "migrate/lint.h"

static enum errcode check(struct lint *l, struct error *err)
{
    if (l->change->kind != CHANGE_DROP_COLUMN) {
        return ERR_OK;
    }
    const struct table *t = lint_table(l, l->change->drop_column.table);
    const struct column *c = t ? table_find_column(t, str_of(l->change->drop_column.column)) : NULL;
    int64_t n = 0;
    if (!c || c->generated != GENERATED_NONE) {
        return ERR_OK;
    }
    TRY(lint_count(l, t, c, &n, err));
    if (n != 0) {
        lint_find(l, n, "undo brings them back until the trash is emptied",
                  "%lld rows of \"%s\" have a value in \"%s\"", (long long)n, t->name, c->name);
    }
    return ERR_OK;
}

const struct lint_rule lint_rule_DL002 = {
    .id = "DL002",
    .severity = SEVERITY_DANGER,
    .title = "a column with values is dropped",
    .check = check,
};
