#include "migrate/lint.h"

static enum errcode check(struct lint *l, struct error *err)
{
    (void)err;
    if (l->change->kind != CHANGE_CREATE_COLUMN) {
        return ERR_OK;
    }
    const struct column *c = &l->change->create_column.column;
    const struct table *t = lint_table(l, l->change->create_column.table);
    bool has_value = c->is_nullable || c->default_value || c->generated != GENERATED_NONE ||
                     c->is_auto_increment;
    if (t && !has_value) {
        lint_find(l, -1, "give it a default value",
                  "clients that insert into \"%s\" without \"%s\" get an error from now on",
                  t->name, c->name);
    }
    return ERR_OK;
}

const struct lint_rule lint_rule_BC004 = {
    .id = "BC004",
    .severity = SEVERITY_WARNING,
    .title = "inserts without the new required column fail",
    .check = check,
};
