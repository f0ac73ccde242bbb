#include "engine/sqlcommon/sql_planner.h"

#include "base/attr.h"

void sql_planner_fail(struct sql_planner *p, enum errcode code)
{
    if (p->code == ERR_OK) {
        p->code = code;
    }
}

const struct table *sql_planner_table(struct sql_planner *p, const char *name)
{
    if (p->code != ERR_OK) {
        return NULL;
    }
    const struct table *t = catalog_find_table(p->now, str_of(name));
    if (!t) {
        sql_planner_fail(p, ERROR(p->err, ERR_NOT_FOUND, "no table \"%s\"", name));
    }
    return t;
}

struct sql_writer sql_planner_write(struct sql_planner *p)
{
    struct sql_writer w;
    struct buf *b = ARENA_NEW(p->arena, struct buf);
    buf_init(b, BUF_MAX_DEFAULT);
    sql_begin(&w, p->dialect, b, p->arena);
    return w;
}

void sql_planner_step(struct sql_planner *p, struct sql_writer *w,
                      const struct sql_step_words *words)
{
    static const struct sql_step_words plain = {0};
    words = words ? words : &plain;
    enum step_kind kind = words->kind ? words->kind : STEP_RUN;
    if (w->broken) {
        sql_planner_fail(p,
                         ERROR(p->err, ERR_UNSUPPORTED, "the engine cannot say it: %s", w->broken));
    } else if (buf_failed(w->out)) {
        sql_planner_fail(p, ERROR(p->err, ERR_TOO_LARGE, "the statement is too long"));
    } else {
        const char *text = arena_str(p->arena, buf_str(w->out));
        struct plan_step *step = plan_add_step(p->plan, kind, p->operation, text);
        const char *standard = kind == STEP_CHECK ? "none" : "write";
        step->comment = words->comment;
        step->undo = words->undo;
        step->lock = words->lock ? words->lock : standard;
        step->is_rewrite = words->is_rewrite;
    }
    buf_release(w->out);
}

static bool has_steps(const struct plan *plan, size_t group)
{
    for (size_t i = 0; i < plan->n_steps; i++) {
        if (plan->steps[i].group == group) {
            return true;
        }
    }
    return false;
}

/* Steps of a later group move up with it. */
static void drop_empty_groups(struct plan *plan)
{
    size_t n = 0;
    for (size_t g = 0; g < plan->n_groups; g++) {
        if (!has_steps(plan, g)) {
            continue;
        }
        plan->groups[n] = plan->groups[g];
        for (size_t i = 0; i < plan->n_steps; i++) {
            if (plan->steps[i].group == g) {
                plan->steps[i].group = n;
            }
        }
        n++;
    }
    plan->n_groups = n;
}

static void plan_change(struct sql_planner *p, sql_plan_fn *fn, const struct change *c)
{
    if (!fn) {
        sql_planner_fail(p, ERROR(p->err, ERR_UNSUPPORTED, "the engine cannot do this change"));
        return;
    }
    fn(p, c);
    if (p->code == ERR_OK) {
        change_ops(c->kind)->apply(c, p->now);
    }
}

enum errcode sql_plan(const struct sql_dialect *d, sql_plan_fn *const planners[CHANGE_N],
                      bool is_transaction, void *driver, const struct catalog *before,
                      struct plan *plan, struct error *err)
{
    AUTO(catalog_unrefp) struct catalog *now = catalog_copy(before);
    struct sql_planner p = {
        .arena = plan->arena, .plan = plan, .dialect = d, .now = now, .driver = driver, .err = err};
    const struct change_list *list = plan->changes;
    plan->n_groups = 0;
    plan->n_steps = 0;
    plan_add_group(plan, is_transaction, false);
    for (size_t i = 0; i < list->n && p.code == ERR_OK; i++) {
        p.operation = i;
        plan_change(&p, planners[list->items[i].kind], &list->items[i]);
        if (p.code != ERR_OK && err) {
            (void)error_prefix_where(err, arena_printf(p.arena, "/operations/%zu", i));
        }
    }
    drop_empty_groups(plan);
    return p.code;
}
