#include "app/change_job.h"

#include "app/changes.h"
#include "app/rights.h"
#include "app/tenant_view.h"

/* What the job does; lives in an arena of its own. */
struct work {
    struct arena *arena;
    const char *id;
    bool is_undo;
    struct migrate_confirm confirm;
};

static bool is_rewritten(const struct plan *plan, size_t operation)
{
    for (size_t i = 0; i < plan->n_steps; i++) {
        if (plan->steps[i].is_rewrite && plan->steps[i].operation == operation) {
            return true;
        }
    }
    return false;
}

/* The rows of the table that an operation goes over; of a table that is being brought back, those
 * that are kept of it. */
static int64_t rows_of(struct session *s, const struct tenant_view *v, const struct change *change)
{
    const char *name = change_table(change);
    const struct table *t = name ? catalog_find_table(v->catalog, str_of(name)) : NULL;
    int64_t rows = t ? engine_row_estimate(s, t) : 0;
    return rows > 0 ? rows : 0;
}

enum errcode change_is_long(const struct caller *c, const struct plan *plan, bool *out,
                            struct error *err)
{
    const struct tenant_view *v = NULL;
    AUTO(engine_session_endp) struct session *s = NULL;
    int64_t rows = 0;
    TRY(tenant_view(c, &v, err));
    TRY(engine_session_begin(caller_engine(c), caller_ns(c), ACCESS_READ, &s, err));
    for (size_t i = 0; i < plan->changes->n; i++) {
        if (is_rewritten(plan, i)) {
            rows += rows_of(s, v, &plan->changes->items[i]);
        }
    }
    *out = rows > c->app->settings->integer[SETTING_JOB_ROWS];
    return ERR_OK;
}

static enum errcode run(struct job_run *run, const struct caller *c, void *arg, struct error *err)
{
    const struct work *w = arg;
    struct change_record r;
    if (w->is_undo) {
        TRY(app_change_undo(c, w->id, &r, err));
    } else {
        TRY(app_change_run_plan(c, w->id, &w->confirm, &r, err));
    }
    job_result(run, arena_printf(c->arena, "{\"changeId\":\"%s\"}", r.id));
    return ERR_OK;
}

static void release(void *arg)
{
    struct work *w = arg;
    arena_free(w->arena);
}

enum errcode change_job_start(const struct caller *c, const struct change_work *given,
                              const char *title, struct job *out, struct error *err)
{
    struct arena *a = arena_new();
    struct work *w = ARENA_NEW(a, struct work);
    size_t n = given->confirm ? given->confirm->n : 0;
    const char **ids = ARENA_ARRAY(a, n, const char *);
    for (size_t i = 0; i < n; i++) {
        ids[i] = arena_strdup(a, given->confirm->ids[i]);
    }
    *w = (struct work){
        .arena = a,
        .id = arena_strdup(a, given->id),
        .is_undo = given->is_undo,
        .confirm = {ids, n},
    };
    enum errcode code = jobs_start(c, "change", title, 0, run, release, w, out, err);
    if (code != ERR_OK) {
        arena_free(a);
    }
    return code;
}
