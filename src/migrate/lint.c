#include "migrate/lint.h"

#include <stdarg.h>

#include "base/attr.h"
#include "migrate/run.h"

#define RULE(id) extern const struct lint_rule lint_rule_##id;
#include "migrate/rules/rules.def"
#undef RULE

static const struct lint_rule *const rules[] = {
#define RULE(id) &lint_rule_##id,
#include "migrate/rules/rules.def"
#undef RULE
};

const struct lint_rule *const *lint_rules(size_t *n)
{
    *n = ARRAY_LEN(rules);
    return rules;
}

void lint_find(struct lint *l, int64_t n_rows, const char *hint, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    const char *message = arena_vprintf(l->plan->arena, fmt, ap);
    va_end(ap);
    struct finding *f =
        plan_add_finding(l->plan, l->rule->id, l->rule->severity, l->operation, message);
    f->hint = hint ? arena_strdup(l->plan->arena, hint) : NULL;
    f->n_rows = n_rows;
}

/* An earlier operation of the plan made a table of this name, or gave it to another one. */
static bool is_new_name(const struct lint *l, const char *name)
{
    for (size_t i = 0; i < l->operation; i++) {
        const struct change *c = &l->plan->changes->items[i];
        const char *made = NULL;
        if (c->kind == CHANGE_CREATE_TABLE || c->kind == CHANGE_RESTORE_TABLE) {
            made = change_subject(c);
        } else if (c->kind == CHANGE_RENAME_TABLE) {
            made = c->rename_table.new_name;
        }
        if (made && str_eq_nocase(str_of(made), str_of(name))) {
            return true;
        }
    }
    return false;
}

const struct table *lint_table(const struct lint *l, const char *name)
{
    const struct table *t = catalog_find_table(l->live, str_of(name));
    return t && !t->is_internal && !is_new_name(l, name) ? t : NULL;
}

enum errcode lint_count(struct lint *l, const struct table *t, const struct column *column,
                        int64_t *out, struct error *err)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    struct query q = {.table = t, .limit = -1, .count_only = true};
    if (column) {
        struct filter *f = ARENA_NEW(a, struct filter);
        f->op = FILTER_IS_NOT_NULL;
        f->column = column;
        q.where = f;
    }
    const struct value *row = NULL;
    TRY(engine_query_one(l->session, &q, a, &row, err));
    *out = row && row[0].kind == VALUE_INT ? row[0].i : -1;
    return ERR_OK;
}

int64_t lint_estimate(const struct lint *l, const struct table *t)
{
    return engine_row_estimate(l->session, t);
}

enum errcode lint_run(struct session *s, const struct catalog *before, const struct catalog *after,
                      struct plan *plan, struct error *err)
{
    AUTO(catalog_unrefp) struct catalog *now = catalog_copy(before);
    struct lint l = {.session = s, .live = before, .after = after, .plan = plan};
    for (size_t i = 0; i < plan->changes->n; i++) {
        const struct change *c = &plan->changes->items[i];
        l.before = now;
        l.change = c;
        l.operation = i;
        for (size_t k = 0; k < ARRAY_LEN(rules); k++) {
            l.rule = rules[k];
            TRY(rules[k]->check(&l, err));
        }
        change_ops(c->kind)->apply(c, now);
    }
    return ERR_OK;
}
