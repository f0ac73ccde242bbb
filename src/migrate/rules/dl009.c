#include "migrate/lint.h"

/* The column that goes, and who points to it. */
struct pointers {
    struct lint *lint;
    const char *column;
};

static void look(struct table *from, struct foreign_key *fk, void *arg)
{
    struct pointers *p = arg;
    for (size_t i = 0; i < fk->n_columns; i++) {
        if (str_eq_nocase(str_of(fk->referenced_columns[i]), str_of(p->column))) {
            lint_find(p->lint, -1, "drop the foreign key first",
                      "\"%s\" points to \"%s\" with a foreign key: its rows could not be written "
                      "any more",
                      from->name, p->column);
        }
    }
}

static enum errcode check(struct lint *l, struct error *err)
{
    (void)err;
    if (l->change->kind != CHANGE_DROP_COLUMN) {
        return ERR_OK;
    }
    struct pointers p = {l, l->change->drop_column.column};
    catalog_each_referrer(l->before, l->change->drop_column.table, look, &p);
    return ERR_OK;
}

const struct lint_rule lint_rule_DL009 = {
    .id = "DL009",
    .severity = SEVERITY_DANGER,
    .title = "a column is dropped that foreign keys point to",
    .check = check,
};
