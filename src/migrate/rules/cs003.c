#include "migrate/lint.h"

static void look(struct lint *l, const struct foreign_key *fk, const char *table)
{
    if (fk->on_delete == FK_CASCADE) {
        lint_find(l, -1, "RESTRICT refuses the delete instead",
                  "deleting a row of \"%s\" deletes its rows of \"%s\"", fk->referenced_table,
                  table);
    }
}

static enum errcode check(struct lint *l, struct error *err)
{
    (void)err;
    const struct change *c = l->change;
    if (c->kind == CHANGE_CREATE_TABLE) {
        const struct table *t = c->create_table.table;
        for (size_t i = 0; i < t->n_foreign_keys; i++) {
            look(l, &t->foreign_keys[i], t->name);
        }
    } else if (c->kind == CHANGE_CREATE_COLUMN) {
        for (size_t i = 0; i < c->create_column.n_foreign_keys; i++) {
            look(l, &c->create_column.foreign_keys[i], c->create_column.table);
        }
    }
    return ERR_OK;
}

const struct lint_rule lint_rule_CS003 = {
    .id = "CS003",
    .severity = SEVERITY_WARNING,
    .title = "a foreign key deletes along",
    .check = check,
};
