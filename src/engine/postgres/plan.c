#include "base/attr.h"
#include "engine/postgres/planner.h"
#include "engine/postgres/session.h"
#include "engine/postgres/types.h"

bool pg_plan_is_large(struct sql_planner *p, const struct table *t)
{
    const struct pg_planning *d = pg_planning_of(p);
    if (map_has(&d->fresh, str_of(t->name))) {
        return false;
    }
    bool is_unknown = t->row_estimate < 0;
    bool is_foreign = d->engine && d->engine->options.is_attached;
    bool is_spread = d->engine && d->engine->options.is_distributed;
    if (is_unknown || (is_spread && t->row_estimate == 0)) {
        return is_foreign || is_spread; /* a coordinator has no statistics of its tables */
    }
    return t->row_estimate >= PG_LARGE_ROWS;
}

bool pg_plan_can_hold(struct sql_planner *p, const struct column *c)
{
    const struct pg_planning *d = pg_planning_of(p);
    bool can = !d->engine || d->engine->base.caps.virtual_columns;
    if (c->generated != GENERATED_VIRTUAL || can) {
        return true;
    }
    sql_planner_fail(p, ERROR(p->err, ERR_UNSUPPORTED,
                              "this version of the database computes \"%s\" when a row is written "
                              "only: say that it is stored",
                              c->name));
    return false;
}

void pg_plan_text(struct sql_planner *p, const struct sql_step_words *words, const char *format,
                  const char *const *names)
{
    struct sql_writer w = sql_planner_write(p);
    for (const char *at; (at = strstr(format, "%n")); format = at + 2) {
        buf_add(w.out, format, (size_t)(at - format));
        sql_ident(&w, *names++);
    }
    sql_text(&w, format);
    sql_planner_step(p, &w, words);
}

static sql_plan_fn *const planners[CHANGE_N] = {
    [CHANGE_CREATE_TABLE] = pg_plan_create_table,   [CHANGE_DROP_TABLE] = pg_plan_drop_table,
    [CHANGE_RENAME_TABLE] = pg_plan_rename_table,   [CHANGE_RESTORE_TABLE] = pg_plan_restore_table,
    [CHANGE_CREATE_COLUMN] = pg_plan_create_column, [CHANGE_DROP_COLUMN] = pg_plan_drop_column,
    [CHANGE_RENAME_COLUMN] = pg_plan_rename_column, [CHANGE_CREATE_INDEX] = pg_plan_create_index,
    [CHANGE_DROP_INDEX] = pg_plan_drop_an_index,    [CHANGE_MODIFY_COLUMN] = pg_plan_modify_column,
};

enum errcode postgres_plan(struct engine *e, const struct catalog *before, struct plan *plan,
                           struct error *err)
{
    struct pg_planning d = {.engine = e ? postgres_engine_of(e) : NULL};
    map_init(&d.fresh, plan->arena, false);
    map_init(&d.trashed, plan->arena, false);
    return sql_plan(&postgres_dialect, planners, true, &d, before, plan, err);
}
