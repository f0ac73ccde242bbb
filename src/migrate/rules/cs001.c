#include "migrate/lint.h"

static bool is_required(const struct table *t, const struct column *extra, const char *name)
{
    const struct column *c = t ? table_find_column(t, str_of(name)) : NULL;
    if (!c && extra && text_eq(extra->name, name)) {
        c = extra;
    }
    return c && !c->is_nullable;
}

static void look(struct lint *l, const struct foreign_key *fk, const struct table *t,
                 const struct column *extra)
{
    if (fk->on_delete != FK_SET_NULL && fk->on_update != FK_SET_NULL) {
        return;
    }
    for (size_t i = 0; i < fk->n_columns; i++) {
        if (is_required(t, extra, fk->columns[i])) {
            lint_find(l, -1, "let the column be empty, or choose another action",
                      "deletes in \"%s\" would fail: \"%s\" is required and cannot be set to NULL",
                      fk->referenced_table, fk->columns[i]);
        }
    }
}

static enum errcode check(struct lint *l, struct error *err)
{
    (void)err;
    const struct change *c = l->change;
    if (c->kind == CHANGE_CREATE_TABLE) {
        const struct table *t = c->create_table.table;
        for (size_t i = 0; i < t->n_foreign_keys; i++) {
            look(l, &t->foreign_keys[i], t, NULL);
        }
    } else if (c->kind == CHANGE_CREATE_COLUMN) {
        const struct table *t = catalog_find_table(l->before, str_of(c->create_column.table));
        for (size_t i = 0; i < c->create_column.n_foreign_keys; i++) {
            look(l, &c->create_column.foreign_keys[i], t, &c->create_column.column);
        }
    }
    return ERR_OK;
}

const struct lint_rule lint_rule_CS001 = {
    .id = "CS001",
    .severity = SEVERITY_ERROR,
    .title = "SET NULL on a required column",
    .check = check,
};
