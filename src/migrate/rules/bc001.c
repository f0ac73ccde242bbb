#include "migrate/lint.h"

static enum errcode check(struct lint *l, struct error *err)
{
    (void)err;
    const struct change *c = l->change;
    if (c->kind == CHANGE_RENAME_TABLE && lint_table(l, c->rename_table.table)) {
        lint_find(l, -1, "tell those who use the API",
                  "clients that use the table by the name \"%s\" break", c->rename_table.table);
    } else if (c->kind == CHANGE_RENAME_COLUMN && lint_table(l, c->rename_column.table)) {
        lint_find(l, -1, "tell those who use the API; the display name can change without this",
                  "clients that use \"%s\" of \"%s\" break", c->rename_column.column,
                  c->rename_column.table);
    }
    return ERR_OK;
}

const struct lint_rule lint_rule_BC001 = {
    .id = "BC001",
    .severity = SEVERITY_WARNING,
    .title = "a name changes that clients may use",
    .check = check,
};
