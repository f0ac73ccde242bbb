#include "app/changes.h"

#include <string.h>

#include "app/change_job.h"
#include "app/names_json.h"
#include "app/rights.h"
#include "app/shape.h"
#include "app/tables.h"
#include "base/json.h"
#include "migrate/file_json.h"
#include "migrate/plan_json.h"
#include "store/audit.h"

/* Somebody else's change came between: what was asked for is planned again, so often. */
#define ATTEMPTS 24

#define HISTORY_DEFAULT 100

struct migrate_target app_change_target(const struct caller *c)
{
    struct migrate_target t = caller_target(c);
    struct registry_origin origin = {
        .address = c->address, .agent = c->agent, .request_id = c->request_id};
    store_registry_origin(&t.hooks, &origin);
    return t;
}

static enum errcode check_size(const struct change_list *list, struct error *err)
{
    if (list->n == 0 || list->n > APP_OPERATIONS_MAX) {
        ERROR(err, ERR_INVALID, "a change has 1 to %d operations", APP_OPERATIONS_MAX);
        return error_where(err, "/operations");
    }
    return ERR_OK;
}

/* The same caller with the policy of its source, which every change is held to. */
static enum errcode with_policy(const struct caller *c, struct caller *out, struct error *err)
{
    *out = *c;
    return caller_policy(out, err);
}

static const char *database_of(const struct caller *c)
{
    if (!c->source) {
        return SOURCE_MAIN;
    }
    const struct engine_options *o = &c->source->options;
    const char *slash = o->path ? strrchr(o->path, '/') : NULL;
    return o->database ? o->database : slash ? slash + 1 : o->path;
}

static enum errcode check_policy(const struct caller *c, const struct change_list *list,
                                 bool is_undo, struct error *err)
{
    return c->policy ? source_policy_check(c->policy, database_of(c), list, is_undo, err) : ERR_OK;
}

/* What is shown only is never run, by whichever door. */
static enum errcode check_runs(const struct caller *c, struct error *err)
{
    if (!c->policy || !c->policy->dry_run_mode) {
        return ERR_OK;
    }
    ERROR(err, ERR_FORBIDDEN,
          "the policy of the source shows changes and runs none: "
          "\"dryRunMode\"");
    return error_hint(err, "who administers the source may change its policy");
}

/* One attempt, on the schema that @generation tells. */
static enum errcode preview(const struct caller *c, const struct migrate_target *t,
                            struct change_list *list, uint64_t *generation, struct plan **out,
                            struct error *err)
{
    const struct tenant_view *v = NULL;
    TRY(tenant_view(c, &v, err));
    *generation = v->catalog->generation;
    TRY(rights_check(c, v, list, false, err));
    TRY(shape_complete(c, v, list, err));
    TRY(shape_where(list, err, rights_check(c, v, list, true, err)));
    TRY(shape_where(list, err, check_policy(c, list, false, err)));
    return shape_where(list, err, migrate_preview(t, list, c->arena, out, err));
}

/* Somebody else's change came in between, so what failed may not fail again. */
static bool has_moved(const struct caller *c, uint64_t generation)
{
    uint64_t now = generation;
    return engine_generation(caller_engine(c), caller_ns(c), &now, NULL) == ERR_OK &&
           now != generation;
}

/* The operations as they were given: completing a list changes it. */
static struct change_list copy_list(const struct caller *c, const struct change_list *list)
{
    return (struct change_list){
        .items = arena_memdup(c->arena, list->items, list->n * sizeof *list->items),
        .n = list->n,
        .arena = list->arena,
    };
}

enum errcode app_change_preview(const struct caller *caller, const struct change_list *list,
                                bool keep, struct plan **out, struct error *err)
{
    struct caller own, *c = &own;
    struct plan *plan = NULL;
    TRY(check_size(list, err));
    TRY(with_policy(caller, &own, err));
    struct migrate_target t = app_change_target(c);
    for (int left = ATTEMPTS; !plan; left--) {
        struct change_list attempt = copy_list(c, list);
        struct error why = ERROR_INIT;
        uint64_t generation = 0;
        enum errcode code = preview(c, &t, &attempt, &generation, &plan, &why);
        if (code != ERR_OK && (left == 1 || generation == 0 || !has_moved(c, generation))) {
            return error_move(err, &why);
        }
        error_release(&why);
    }
    if (keep) {
        TRY(migrate_plan_keep(&t, plan, err));
    }
    *out = plan;
    return ERR_OK;
}

/* {"hazards": [ids], "plan": {…}}: what a person needs to say yes. */
static void add_plan(const struct caller *c, const struct migrate_target *t,
                     const struct plan *plan, struct error *err)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, BUF_MAX_DEFAULT);
    jsonw_init(&w, &b);
    jsonw_begin_object(&w);
    jsonw_key(&w, "hazards");
    jsonw_begin_array(&w);
    for (size_t i = 0; i < plan->n_findings; i++) {
        if (migrate_must_confirm(t, plan, &plan->findings[i])) {
            jsonw_text(&w, plan->findings[i].id);
        }
    }
    jsonw_end_array(&w);
    jsonw_key(&w, "plan");
    plan_encode(&w, t, plan);
    jsonw_end_object(&w);
    if (!buf_failed(&b)) {
        error_params(err, arena_str(c->arena, buf_str(&b)));
    }
    buf_release(&b);
}

/* A change that began and failed is in the audit too; the failure is what the caller is told. */
static void audit_failure(const struct caller *c, const struct migrate_target *t,
                          const struct plan *plan)
{
    struct error ignored = ERROR_INIT;
    struct change_record r = {0};
    enum errcode code = migrate_get(t->journal, t->tenant_id, plan->tag, c->arena, &r, &ignored);
    if (code == ERR_OK && !text_eq(r.state, "planned")) {
        struct audit_entry e = {
            .tenant_id = c->tenant.id,
            .user_id = c->principal.user_id,
            .user_name = c->principal.email,
            .action = "schema.change",
            .object_type = "table",
            .object = r.title,
            .change_id = r.id,
            .detail = arena_printf(c->arena, "{\"tables\":%s}", r.tables),
            .ip_address = c->address,
            .user_agent = c->agent,
            .request_id = c->request_id,
        };
        code = store_audit_append(c->app->store, &e, &ignored);
    }
    (void)code; /* the journal has the failure; this only repeats it */
    error_release(&ignored);
}

static enum errcode execute(const struct caller *c, const struct migrate_target *t,
                            const struct plan *plan, const struct migrate_confirm *confirm,
                            struct change_record *out, struct error *err)
{
    TRY(check_runs(c, err));
    enum errcode code = migrate_execute(t, plan, confirm, c->arena, out, err);
    if (code == ERR_CONFIRMATION_REQUIRED && err) {
        add_plan(c, t, plan, err);
    } else if (code != ERR_OK && code != ERR_STALE_PLAN && code != ERR_INVALID) {
        audit_failure(c, t, plan);
    }
    return code;
}

/* A job does it; ERR_UNAVAILABLE, and nothing has begun, where there is no loop to run one. */
static enum errcode start(const struct caller *c, const struct change_work *w,
                          const struct plan *plan, struct app_begun *out, struct error *err)
{
    const struct change *first = &plan->changes->items[0];
    const char *title = change_ops(first->kind)->summary(c->arena, first);
    TRY(change_job_start(c, w, title, &out->job, err));
    out->is_job = true;
    return ERR_OK;
}

/* What would be refused in the job is refused before there is one. */
static enum errcode check_confirmed(const struct caller *c, const struct migrate_target *t,
                                    const struct plan *plan, const struct migrate_confirm *confirm,
                                    struct error *err)
{
    enum errcode code = migrate_check(t, plan, confirm, err);
    if (code == ERR_CONFIRMATION_REQUIRED && err) {
        add_plan(c, t, plan, err);
    }
    return code;
}

/* One attempt at @plan, which is kept under its tag when a job is to run it. */
static enum errcode begin(const struct caller *c, const struct migrate_target *t,
                          const struct plan *plan, bool is_kept,
                          const struct migrate_confirm *confirm, struct app_begun *out,
                          struct error *err)
{
    bool is_long = false;
    TRY(check_runs(c, err));
    TRY(change_is_long(c, plan, &is_long, err));
    if (!is_long) {
        return execute(c, t, plan, confirm, &out->record, err);
    }
    TRY(check_confirmed(c, t, plan, confirm, err));
    if (!is_kept) {
        TRY(migrate_plan_keep(t, plan, err));
    }
    struct change_work work = {.id = plan->tag, .confirm = confirm};
    return start(c, &work, plan, out, err);
}

/* Plans and runs @list until nobody else's change comes between. */
static enum errcode run_list(const struct caller *caller, struct change_list *list, bool may_job,
                             const struct migrate_confirm *confirm, struct app_begun *out,
                             struct error *err)
{
    struct caller own, *c = &own;
    enum errcode code = ERR_STALE_PLAN;
    *out = (struct app_begun){0};
    TRY(with_policy(caller, &own, err));
    struct migrate_target t = app_change_target(c);
    for (int i = 0; i < ATTEMPTS && code == ERR_STALE_PLAN; i++) {
        struct plan *plan = NULL;
        TRY(app_change_preview(c, list, false, &plan, err));
        code = may_job ? begin(c, &t, plan, false, confirm, out, err)
                       : execute(c, &t, plan, confirm, &out->record, err);
        if (code == ERR_OK) {
            *list = *plan->changes;
        }
    }
    return code;
}

enum errcode app_change_run(const struct caller *c, struct change_list *list,
                            const struct migrate_confirm *confirm, struct change_record *out,
                            struct error *err)
{
    struct app_begun begun;
    TRY(run_list(c, list, false, confirm, &begun, err));
    *out = begun.record;
    return ERR_OK;
}

enum errcode app_change_begin(const struct caller *c, struct change_list *list,
                              const struct migrate_confirm *confirm, struct app_begun *out,
                              struct error *err)
{
    return run_list(c, list, true, confirm, out, err);
}

enum errcode app_change_load_plan(const struct caller *c, const char *id, struct plan **out,
                                  struct error *err)
{
    const struct tenant_view *v = NULL;
    struct migrate_target t = app_change_target(c);
    struct plan *plan = NULL;
    struct caller own;
    TRY(with_policy(c, &own, err));
    TRY(tenant_view(c, &v, err));
    TRY(migrate_plan_load(&t, id, c->arena, &plan, err));
    TRY(rights_check(&own, v, plan->changes, true, err));
    TRY(check_policy(&own, plan->changes, false, err));
    *out = plan;
    return ERR_OK;
}

enum errcode app_change_run_plan(const struct caller *caller, const char *id,
                                 const struct migrate_confirm *confirm, struct change_record *out,
                                 struct error *err)
{
    struct caller own, *c = &own;
    struct plan *plan = NULL;
    TRY(with_policy(caller, &own, err));
    struct migrate_target t = app_change_target(c);
    TRY(app_change_load_plan(c, id, &plan, err));
    return execute(c, &t, plan, confirm, out, err);
}

enum errcode app_change_begin_plan(const struct caller *caller, const char *id,
                                   const struct migrate_confirm *confirm, struct app_begun *out,
                                   struct error *err)
{
    struct caller own, *c = &own;
    struct plan *plan = NULL;
    *out = (struct app_begun){0};
    TRY(with_policy(caller, &own, err));
    struct migrate_target t = app_change_target(c);
    TRY(app_change_load_plan(c, id, &plan, err));
    return begin(c, &t, plan, true, confirm, out, err);
}

/* ---- history -------------------------------------------------------------------------------- */

static bool sees_change(const struct caller *c, const struct change_record *r)
{
    const char **names = NULL;
    size_t n = 0;
    if (!names_parse(c->arena, r->tables, &names, &n)) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (!app_table_sees(c, names[i])) {
            return false;
        }
    }
    return true;
}

enum errcode app_changes_list(const struct caller *c, struct migrate_filter *f,
                              struct change_record **out, size_t *n, const char **next,
                              struct error *err)
{
    struct change_record *found = NULL;
    size_t n_found = 0, n_seen = 0;
    f->tenant_id = c->tenant.id;
    f->source = caller_source_name(c);
    f->limit = f->limit > 0 ? f->limit : HISTORY_DEFAULT;
    TRY(migrate_list(c->app->store->journal, f, c->arena, &found, &n_found, err));
    *next = (int64_t)n_found == f->limit ? found[n_found - 1].id : NULL;
    for (size_t i = 0; i < n_found; i++) {
        bool is_wanted = f->kind || !text_eq(found[i].kind, "purge");
        if (is_wanted && sees_change(c, &found[i])) {
            found[n_seen++] = found[i];
        }
    }
    *out = found;
    *n = n_seen;
    return ERR_OK;
}

/* A source that was removed and made anew under its name has a history of its own. */
static bool is_of_source(const struct caller *c, const char *room)
{
    struct migrate_target t = caller_target(c);
    return str_is(migrate_room(&t), room);
}

static enum errcode load_change(const struct caller *c, const char *id, struct change_record *out,
                                struct error *err)
{
    TRY(migrate_get(c->app->store->journal, c->tenant.id, id, c->arena, out, err));
    return is_of_source(c, out->ns) && sees_change(c, out)
               ? ERR_OK
               : ERROR(err, ERR_NOT_FOUND, "no change \"%s\"", id);
}

enum errcode app_change_get(const struct caller *c, const char *id, struct change_record *out,
                            struct change_step **steps, size_t *n_steps, struct error *err)
{
    TRY(load_change(c, id, out, err));
    if (!steps) {
        return ERR_OK;
    }
    return migrate_steps(c->app->store->journal, id, c->arena, steps, n_steps, err);
}

enum errcode app_change_policy(const struct caller *c, const struct change_list *inverse,
                               bool is_run, struct error *err)
{
    struct caller own;
    TRY(with_policy(c, &own, err));
    TRY(check_policy(&own, inverse, true, err));
    return is_run ? check_runs(&own, err) : ERR_OK;
}

/* ---- undo ----------------------------------------------------------------------------------- */

/* What undoes a change asks for the right to undo on every table that it brings back or changes. */
static enum errcode check_undo(const struct caller *c, const char *id, bool is_run,
                               struct error *err)
{
    struct change_record r = {0};
    struct change_list inverse = {0};
    TRY(load_change(c, id, &r, err));
    if (!r.inverse) {
        return ERR_OK; /* there is nothing to undo, and migrate says so */
    }
    TRY(change_list_parse(c->arena, r.inverse, &inverse, err));
    TRY(rights_check_tables(c, ACTION_CHANGES_UNDO, &inverse, err));
    return app_change_policy(c, &inverse, is_run, err);
}

enum errcode app_change_undo_preview(const struct caller *c, const char *id, struct plan **out,
                                     struct error *err)
{
    struct migrate_target t = app_change_target(c);
    TRY(check_undo(c, id, false, err));
    return migrate_undo_preview(&t, id, c->arena, out, err);
}

enum errcode app_change_undo(const struct caller *c, const char *id, struct change_record *out,
                             struct error *err)
{
    struct migrate_target t = app_change_target(c);
    TRY(check_undo(c, id, true, err));
    return migrate_undo(&t, id, c->arena, out, err);
}

enum errcode app_change_begin_undo(const struct caller *c, const char *id, struct app_begun *out,
                                   struct error *err)
{
    struct plan *plan = NULL;
    bool is_long = false;
    *out = (struct app_begun){0};
    TRY(check_undo(c, id, true, err));
    TRY(app_change_undo_preview(c, id, &plan, err));
    TRY(change_is_long(c, plan, &is_long, err));
    if (!is_long) {
        return app_change_undo(c, id, &out->record, err);
    }
    struct change_work work = {.id = id, .is_undo = true};
    return start(c, &work, plan, out, err);
}
