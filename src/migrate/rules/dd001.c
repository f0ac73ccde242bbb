#include "migrate/lint.h"

static enum errcode check(struct lint *l, struct error *err)
{
    if (l->change->kind != CHANGE_CREATE_COLUMN) {
        return ERR_OK;
    }
    const struct column *c = &l->change->create_column.column;
    const struct table *t = lint_table(l, l->change->create_column.table);
    bool has_value = c->is_nullable || c->default_value || c->generated != GENERATED_NONE ||
                     c->is_auto_increment || l->change->create_column.restore.object;
    int64_t n = 0;
    if (!t || has_value) {
        return ERR_OK;
    }
    TRY(lint_count(l, t, NULL, &n, err));
    if (n != 0) {
        lint_find(l, n, "give it a default value, or let it be empty",
                  "%lld rows of \"%s\" would have no value in the required column \"%s\"",
                  (long long)n, t->name, c->name);
    }
    return ERR_OK;
}

const struct lint_rule lint_rule_DD001 = {
    .id = "DD001",
    .severity = SEVERITY_ERROR,
    .title = "a required column without default is added to a table with rows",
    .check = check,
};
