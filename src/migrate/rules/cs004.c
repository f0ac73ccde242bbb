#include "migrate/lint.h"

static bool is_covered(const struct table *t, const struct foreign_key *fk)
{
    if (t->n_primary_key > 0 && fk->n_columns == 1 && text_eq(t->primary_key[0], fk->columns[0])) {
        return true;
    }
    for (size_t i = 0; i < t->n_indexes; i++) {
        const struct index *ix = &t->indexes[i];
        size_t same = 0;
        while (same < fk->n_columns && same < ix->n_keys &&
               text_eq(ix->keys[same].column, fk->columns[same])) {
            same++;
        }
        if (same == fk->n_columns && !ix->where) {
            return true;
        }
    }
    return false;
}

/* Judged on what is there when the whole plan has run: the index may come later in it. */
static void look(struct lint *l, const struct foreign_key *fk, const char *table)
{
    const struct table *t = catalog_find_table(l->after, str_of(table));
    if (t && !is_covered(t, fk)) {
        lint_find(l, -1, "add an index on its columns",
                  "every delete in \"%s\" reads all of \"%s\": \"%s\" has no index",
                  fk->referenced_table, table, fk->columns[0]);
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

const struct lint_rule lint_rule_CS004 = {
    .id = "CS004",
    .severity = SEVERITY_WARNING,
    .title = "a foreign key has no index",
    .check = check,
};
