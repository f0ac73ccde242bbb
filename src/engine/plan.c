#include "engine/plan.h"

struct plan *plan_new(struct arena *a, const struct change_list *changes, const char *tag)
{
    struct plan *plan = ARENA_NEW(a, struct plan);
    plan->arena = a;
    plan->changes = changes;
    plan->tag = arena_strdup(a, tag);
    plan->undo = change_list_undo_class(changes);
    return plan;
}

size_t plan_add_group(struct plan *plan, bool is_transaction, bool is_rebuild)
{
    struct plan_group group = {is_transaction, is_rebuild};
    ARENA_PUSH(plan->arena, plan->groups, plan->n_groups, group);
    return plan->n_groups - 1;
}

struct plan_step *plan_add_step(struct plan *plan, enum step_kind kind, size_t operation,
                                const char *text)
{
    BUG_ON(plan->n_groups == 0);
    struct plan_step step = {
        .kind = kind,
        .operation = operation,
        .group = plan->n_groups - 1,
        .text = arena_strdup(plan->arena, text),
        .lock = "none",
    };
    ARENA_PUSH(plan->arena, plan->steps, plan->n_steps, step);
    return &plan->steps[plan->n_steps - 1];
}

struct finding *plan_add_finding(struct plan *plan, const char *rule, enum severity severity,
                                 size_t operation, const char *message)
{
    struct finding f = {
        .id = arena_printf(plan->arena, "%s:%zu", rule, operation),
        .rule = arena_strdup(plan->arena, rule),
        .severity = severity,
        .operation = operation,
        .message = arena_strdup(plan->arena, message),
        .n_rows = -1,
    };
    ARENA_PUSH(plan->arena, plan->findings, plan->n_findings, f);
    return &plan->findings[plan->n_findings - 1];
}
