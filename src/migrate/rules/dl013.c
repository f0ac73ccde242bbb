#include "migrate/lint.h"

/* Another index begins with the columns of the key. */
static bool is_covered(const struct table *t, const struct foreign_key *fk, const char *but)
{
    for (size_t i = 0; i < t->n_indexes; i++) {
        const struct index *ix = &t->indexes[i];
        if (text_eq(ix->name, but) || ix->where || ix->n_keys < fk->n_columns) {
            continue;
        }
        size_t same = 0;
        while (same < fk->n_columns && text_eq(ix->keys[same].column, fk->columns[same])) {
            same++;
        }
        if (same == fk->n_columns) {
            return true;
        }
    }
    return false;
}

static enum errcode check(struct lint *l, struct error *err)
{
    (void)err;
    if (l->change->kind != CHANGE_DROP_INDEX) {
        return ERR_OK;
    }
    const struct table *t = catalog_find_table(l->before, str_of(l->change->drop_index.table));
    const struct index *ix = t ? table_find_index(t, str_of(l->change->drop_index.index)) : NULL;
    if (!ix) {
        return ERR_OK;
    }
    if (ix->is_unique) {
        lint_find(l, -1, "make another unique index first",
                  "without \"%s\" rows of \"%s\" may repeat", ix->name, t->name);
    }
    for (size_t i = 0; i < t->n_foreign_keys; i++) {
        const struct foreign_key *fk = &t->foreign_keys[i];
        if (text_eq(ix->keys[0].column, fk->columns[0]) && !is_covered(t, fk, ix->name)) {
            lint_find(l, -1, "keep an index on the columns of the foreign key",
                      "without \"%s\" every delete in \"%s\" reads all of \"%s\"", ix->name,
                      fk->referenced_table, t->name);
        }
    }
    return ERR_OK;
}

const struct lint_rule lint_rule_DL013 = {
    .id = "DL013",
    .severity = SEVERITY_WARNING,
    .title = "an index is dropped that holds something up",
    .check = check,
};
