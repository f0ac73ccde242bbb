#include "migrate/lint.h"

static bool is_prefix(const struct index *a, const struct index *b)
{
    if (a->n_keys > b->n_keys || a->where || b->where || (a->is_unique && !b->is_unique)) {
        return false;
    }
    for (size_t i = 0; i < a->n_keys; i++) {
        const struct index_key *x = &a->keys[i], *y = &b->keys[i];
        if (!x->column || !text_eq(x->column, y->column) || x->is_descending != y->is_descending ||
            !text_eq(x->collation, y->collation)) {
            return false;
        }
    }
    return !a->is_unique || a->n_keys == b->n_keys;
}

static enum errcode check(struct lint *l, struct error *err)
{
    (void)err;
    if (l->change->kind != CHANGE_CREATE_INDEX) {
        return ERR_OK;
    }
    const struct index *ix = &l->change->create_index.index;
    const struct table *t = catalog_find_table(l->before, str_of(l->change->create_index.table));
    for (size_t i = 0; t && i < t->n_indexes; i++) {
        if (is_prefix(ix, &t->indexes[i])) {
            lint_find(l, -1, "leave it out", "the index \"%s\" already does what this one would do",
                      t->indexes[i].name);
            return ERR_OK;
        }
    }
    return ERR_OK;
}

const struct lint_rule lint_rule_CS007 = {
    .id = "CS007",
    .severity = SEVERITY_INFO,
    .title = "an index repeats another",
    .check = check,
};
