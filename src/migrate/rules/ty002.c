#include "migrate/lint.h"

static enum errcode check(struct lint *l, struct error *err)
{
    (void)err;
    if (l->change->kind != CHANGE_CREATE_TABLE) {
        return ERR_OK;
    }
    const struct table *t = l->change->create_table.table;
    const struct column *key = table_single_key(t);
    if (key && (key->type.kind == TYPE_INT32 || key->type.kind == TYPE_INT16)) {
        lint_find(l, -1, "use bigint or uuid", "the key \"%s\" of \"%s\" runs out at %s rows",
                  key->name, t->name, key->type.kind == TYPE_INT32 ? "2.1 billion" : "32,767");
    }
    return ERR_OK;
}

const struct lint_rule lint_rule_TY002 = {
    .id = "TY002",
    .severity = SEVERITY_WARNING,
    .title = "a primary key of 32 bits or less",
    .check = check,
};
