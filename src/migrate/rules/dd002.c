#include "migrate/lint.h"

#define SCAN_MAX 1000000

/* Plain columns of a whole-table unique index can be looked through in order; of expressions and
   parts of tables the statement itself must tell. */
static const struct column **plain_columns(const struct lint *l, const struct table *t,
                                           const struct index *ix)
{
    if (!ix->is_unique || ix->where || ix->n_keys == 0) {
        return NULL;
    }
    const struct column **columns = ARENA_ARRAY(l->plan->arena, ix->n_keys, const struct column *);
    for (size_t i = 0; i < ix->n_keys; i++) {
        columns[i] = ix->keys[i].column ? table_find_column(t, str_of(ix->keys[i].column)) : NULL;
        if (!columns[i]) {
            return NULL;
        }
    }
    return columns;
}

static bool has_null(const struct value *row, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (row[i].kind == VALUE_NULL) {
            return true;
        }
    }
    return false;
}

static bool row_same(const struct value *a, const struct value *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!value_equal(a[i], b[i])) {
            return false;
        }
    }
    return true;
}

static enum errcode count_repeats(struct lint *l, const struct query *q, int64_t *out,
                                  struct error *err)
{
    AUTO(engine_cursor_closep) struct cursor *c = NULL;
    AUTO(arena_freep) struct arena *a = arena_new();
    struct value *last = NULL;
    TRY(engine_select(l->session, q, &c, err));
    for (;;) {
        const struct value *row = NULL;
        TRY(engine_cursor_next(c, &row, err));
        if (!row) {
            return ERR_OK;
        }
        if (last && row_same(last, row, q->n_columns)) {
            (*out)++;
            continue;
        }
        arena_reset(a);
        last = NULL;
        if (!has_null(row, q->n_columns)) {
            last = ARENA_ARRAY(a, q->n_columns, struct value);
            for (size_t i = 0; i < q->n_columns; i++) {
                last[i] = value_copy(a, row[i]);
            }
        }
    }
}

static enum errcode check(struct lint *l, struct error *err)
{
    if (l->change->kind != CHANGE_CREATE_INDEX) {
        return ERR_OK;
    }
    const struct index *ix = &l->change->create_index.index;
    const struct table *t = lint_table(l, l->change->create_index.table);
    const struct column **columns = t ? plain_columns(l, t, ix) : NULL;
    if (!columns || lint_estimate(l, t) > SCAN_MAX) {
        return ERR_OK;
    }
    struct order *order = ARENA_ARRAY(l->plan->arena, ix->n_keys, struct order);
    for (size_t i = 0; i < ix->n_keys; i++) {
        order[i].column = columns[i];
    }
    struct query q = {.table = t, .columns = columns, .n_columns = ix->n_keys, .limit = -1};
    q.order = order;
    q.n_order = ix->n_keys;
    int64_t n = 0;
    TRY(count_repeats(l, &q, &n, err));
    if (n > 0) {
        lint_find(l, n, "change or remove the repeated rows first",
                  "%lld rows of \"%s\" repeat what another row has", (long long)n, t->name);
    }
    return ERR_OK;
}

const struct lint_rule lint_rule_DD002 = {
    .id = "DD002",
    .severity = SEVERITY_ERROR,
    .title = "a unique index meets rows that are alike",
    .check = check,
};
