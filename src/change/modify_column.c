#include "base/attr.h"
#include "catalog/where.h"
#include "change/ops.h"
#include "change/parts.h"

static struct column with_rules(const struct column *c, const struct column_rules *rules)
{
    struct column now = *c;
    now.rules = *rules;
    return now;
}

/* The check that says @before's rules. What the registry knows of @c is the truth, and its check
 * may be text that only the engine can read; what a caller tells must be there as told. */
static const struct check *find_check(struct arena *a, const struct table *t,
                                      const struct column *c, const struct column *before)
{
    return (column_rules_any(&c->rules) ? rules_check_in : rules_check_exact)(a, before, t->checks,
                                                                              t->n_checks);
}

static void complete(struct arena *a, struct change *change, const struct catalog *now)
{
    const struct table *t = catalog_find_table(now, str_of(change->modify_column.table));
    const struct column *c = t ? table_find_column(t, str_of(change->modify_column.column)) : NULL;
    change->modify_column.old_check = NULL;
    change->modify_column.check = (struct check){0};
    if (!c) {
        return;
    }
    if (!change->modify_column.has_was || column_rules_any(&c->rules)) {
        change->modify_column.was = column_copy(a, c).rules;
        change->modify_column.has_was = true;
    }
    const struct column before = with_rules(c, &change->modify_column.was);
    const struct column after = with_rules(c, &change->modify_column.rules);
    const struct expr *said = column_rules_check(a, &before), *says = column_rules_check(a, &after);
    const struct check *old = find_check(a, t, c, &before);
    if ((said && says && expr_equal(said, says)) || (!said && !says)) {
        return;
    }
    change->modify_column.old_check = old ? arena_strdup(a, old->name) : NULL;
    if (says) {
        struct check check = {.expr = says, .column = arena_strdup(a, c->name)};
        check.name = change->modify_column.old_check;
        complete_check(a, &check, t->name, t->checks, t->n_checks);
        change->modify_column.check = check;
    }
}

static enum errcode check_rules(const struct column *c, const struct column_rules *r,
                                struct error *err)
{
    if ((r->has_min_length || r->has_max_length || r->pattern) && !type_is_text(&c->type)) {
        return ERROR(err, ERR_INVALID, "lengths and patterns are for texts");
    }
    if ((r->has_min || r->has_max) && !type_is_number(&c->type)) {
        return ERROR(err, ERR_INVALID, "min and max are for numbers");
    }
    if (r->n_one_of > 0 && c->type.kind == TYPE_ENUM) {
        return ERROR(err, ERR_INVALID, "the values of an enum are its type's");
    }
    return ERR_OK;
}

/* Rules that the table does not check were never those of the column: undo would add them. */
static enum errcode check_was(const struct change *change, const struct table *t,
                              const struct column *c, struct error *err)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    const struct column before = with_rules(c, &change->modify_column.was);
    if (!column_rules_check(a, &before) || find_check(a, t, c, &before)) {
        return ERR_OK;
    }
    return ERROR(err, ERR_CONFLICT, "no CHECK of \"%s\" says that these are the rules of \"%s\"",
                 t->name, c->name);
}

static enum errcode validate(const struct change *change, const struct catalog *now,
                             struct error *err)
{
    struct table *t = NULL;
    struct column *c = NULL;
    TRY(find_base_table(now, change->modify_column.table, &t, err));
    TRY(find_column(t, change->modify_column.column, &c, err));
    TRY(where_prefix(err, check_was(change, t, c, err), "/was"));
    return where_prefix(err, check_rules(c, &change->modify_column.rules, err), "/set/validation");
}

static void drop_check(struct table *t, const char *name)
{
    size_t kept = 0;
    for (size_t i = 0; i < t->n_checks; i++) {
        bool goes = t->checks[i].name && str_eq_nocase(str_of(t->checks[i].name), str_of(name));
        if (!goes) {
            t->checks[kept++] = t->checks[i];
        }
    }
    t->n_checks = kept;
}

static void apply(const struct change *change, struct catalog *now)
{
    struct table *t = catalog_find_table(now, str_of(change->modify_column.table));
    struct column *c = table_find_column(t, str_of(change->modify_column.column));
    struct column after = with_rules(c, &change->modify_column.rules);
    c->rules = column_copy(now->arena, &after).rules;
    if (change->modify_column.old_check) {
        drop_check(t, change->modify_column.old_check);
        table_edited(t);
    }
    if (change->modify_column.check.expr) {
        struct check check = check_copy(now->arena, &change->modify_column.check);
        TABLE_ADD(now->arena, t->checks, t->n_checks, check);
        table_edited(t);
    }
}

static void inverse(struct arena *a, const struct change *change, const struct catalog *before,
                    struct change_list *out)
{
    const struct table *t = catalog_find_table(before, str_of(change->modify_column.table));
    const struct column *c = table_find_column(t, str_of(change->modify_column.column));
    const struct column was = with_rules(c, &change->modify_column.was);
    const struct column now = with_rules(c, &change->modify_column.rules);
    struct change back = {
        .kind = CHANGE_MODIFY_COLUMN,
        .modify_column =
            {
                .table = arena_strdup(a, t->name),
                .column = arena_strdup(a, c->name),
                .rules = column_copy(a, &was).rules,
                .was = column_copy(a, &now).rules,
                .has_was = true,
            },
    };
    ARENA_PUSH(a, out->items, out->n, back);
}

static enum undo_class undo(const struct change *change)
{
    (void)change;
    return UNDO_FREE;
}

static const char *summary(struct arena *a, const struct change *change)
{
    return arena_printf(a, "change the rules of column \"%s\" of \"%s\"",
                        change->modify_column.column, change->modify_column.table);
}

const struct change_ops modify_column_ops = {
    .kind = CHANGE_MODIFY_COLUMN,
    .wire = "MODIFY_COLUMN",
    .complete = complete,
    .validate = validate,
    .apply = apply,
    .inverse = inverse,
    .undo = undo,
    .summary = summary,
};
