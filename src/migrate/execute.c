#include "base/attr.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/time.h"
#include "migrate/file_json.h"
#include "migrate/recover.h"
#include "migrate/run.h"

/* One execution, from the intent in the journal to the end. */
struct run {
    const struct migrate_target *target;
    const struct plan *plan;
    const struct run_options *options;
    struct arena *arena;
    struct session *session;
    struct record_place place; /* the journal */
    struct engine_lock *claim; /* says that we are at it */
    struct change_record record;
    struct change_step *steps;
    struct catalog *before, *wanted;
    bool is_open;     /* the journal may say "running" */
    bool is_finished; /* with the transaction of the last group */
};

bool migrate_must_confirm(const struct migrate_target *t, const struct plan *plan,
                          const struct finding *f)
{
    return f->severity == SEVERITY_DANGER && (plan->undo == UNDO_NONE || t->require_confirmation);
}

static bool is_confirmed(const struct run_options *o, const struct finding *f)
{
    if (o->confirm_all) {
        return true;
    }
    for (size_t i = 0; o->confirm && i < o->confirm->n; i++) {
        if (text_eq(o->confirm->ids[i], f->id) || text_eq(o->confirm->ids[i], "all")) {
            return true;
        }
    }
    return false;
}

static enum errcode refuse_unconfirmed(const struct json_writer *w, size_t n, struct error *err)
{
    ERROR(err, ERR_CONFIRMATION_REQUIRED, "the change loses something; confirm %zu hazard%s", n,
          n == 1 ? "" : "s");
    error_params(err, buf_text(w->out));
    return error_hint(err, "send the same request with confirm set to the hazards' ids");
}

static enum errcode check_findings(const struct migrate_target *t, const struct plan *plan,
                                   const struct run_options *o, struct error *err)
{
    struct buf b;
    buf_init(&b, BUF_MAX_DEFAULT);
    struct json_writer w;
    jsonw_init(&w, &b);
    jsonw_begin_object(&w);
    jsonw_key(&w, "hazards");
    jsonw_begin_array(&w);
    size_t n = 0;
    enum errcode code = ERR_OK;
    for (size_t i = 0; i < plan->n_findings && code == ERR_OK; i++) {
        const struct finding *f = &plan->findings[i];
        if (f->severity == SEVERITY_ERROR) {
            code = ERROR(err, ERR_INVALID, "%s", f->message);
            error_where(err, "/operations/%zu", f->operation);
            error_hint(err, "%s", f->hint ? f->hint : "change the operation");
        } else if (migrate_must_confirm(t, plan, f) && !is_confirmed(o, f)) {
            jsonw_text(&w, f->id);
            n++;
        }
    }
    jsonw_end_array(&w);
    jsonw_end_object(&w);
    if (code == ERR_OK && n > 0) {
        code = refuse_unconfirmed(&w, n, err);
    }
    buf_release(&b);
    return code;
}

/* The chain: what the newest change in the journal hashes to. */
static enum errcode chain(struct session *s, struct run *r, struct error *err)
{
    AUTO(arena_freep) struct arena *tmp = arena_new();
    struct record_term term = {"state", FILTER_NEQ, value_text("planned")};
    struct record_query q = {
        .terms = &term, .n_terms = 1, .order = "created_at", .is_descending = true, .limit = 1};
    void *found = NULL;
    size_t n = 0;
    TRY(record_list_in(s, &r->place, tmp, &change_record_type, &q, &found, &n, err));
    if (n == 0) {
        return ERR_OK;
    }
    const struct change_record *last = found;
    const char *text = arena_printf(tmp, "%s %s %s", last->prev_hash ? last->prev_hash : "",
                                    last->id, last->plan_hash);
    r->record.prev_hash = sha256_hex(r->arena, str_of(text));
    return ERR_OK;
}

/* The plan may have been kept; then its row becomes the change's. */
static enum errcode write_intent(struct session *s, void *arg, struct error *err)
{
    struct run *r = arg;
    TRY(chain(s, r, err));
    struct record_term id = {"id", FILTER_EQ, value_text(r->record.id)};
    struct record_term terms[] = {id, {"state", FILTER_EQ, value_text("planned")}};
    struct record_query q = {.terms = terms, .n_terms = ARRAY_LEN(terms)};
    TRY(record_delete_in(s, &r->place, &change_record_type, &q, NULL, err));
    TRY(record_insert_in(s, &r->place, &change_record_type, &r->record, err));
    for (size_t i = 0; i < r->plan->n_steps; i++) {
        r->steps[i].id = 0;
        TRY(record_insert_in(s, &r->place, &change_step_type, &r->steps[i], err));
    }
    return ERR_OK;
}

/* Two marks in one commit: the step behind us and the step before us. */
struct mark {
    const struct record_place *place;
    const struct change_step *done, *next;
};

static enum errcode write_mark(struct session *s, void *arg, struct error *err)
{
    static const char *const fields[] = {"state",  "started_at", "finished_at",
                                         "n_rows", "error",      NULL};
    const struct mark *m = arg;
    if (m->done) {
        TRY(record_update_in(s, m->place, &change_step_type, m->done, fields, err));
    }
    if (m->next) {
        TRY(record_update_in(s, m->place, &change_step_type, m->next, fields, err));
    }
    return ERR_OK;
}

static enum errcode mark_steps(struct run *r, struct change_step *done, struct change_step *next,
                               struct error *err)
{
    int64_t now = time_now_us();
    if (done) {
        done->finished_at = now;
    }
    if (next) {
        next->state = "running";
        next->started_at = now;
    }
    struct mark m = {&r->place, done, next};
    return engine_transact(r->place.engine, r->place.ns, write_mark, &m, err);
}

static enum errcode run_steps(struct run *r, size_t group, struct error *err)
{
    struct change_step *last = NULL;
    for (size_t i = 0; i < r->plan->n_steps; i++) {
        if (r->plan->steps[i].group != group) {
            continue;
        }
        TRY(mark_steps(r, last, &r->steps[i], err));
        last = &r->steps[i];
        enum errcode code =
            engine_run_step(r->session, &r->plan->steps[i], &r->steps[i].n_rows, err);
        if (code != ERR_OK) {
            last->state = "failed";
            last->error = arena_strdup(r->arena, err ? err->message : errcode_row(code)->meaning);
            return err ? error_where(err, "/operations/%zu", r->plan->steps[i].operation) : code;
        }
        last->state = "done";
    }
    return ERR_OK;
}

static struct change_step *last_step(const struct run *r, size_t group)
{
    size_t i = r->plan->n_steps;
    while (i > 0 && r->plan->steps[i - 1].group != group) {
        i--;
    }
    return i > 0 ? &r->steps[i - 1] : NULL;
}

/* The last step of a group is marked done once the group is durable. */
static enum errcode mark_group(struct run *r, size_t group, struct error *err)
{
    struct change_step *last = last_step(r, group);
    return last ? mark_steps(r, last, NULL, err) : ERR_OK;
}

/* The schema as it is now, and the end of the change in the journal and the registry. */
static enum errcode finish(struct run *r, const struct change_step *last, bool is_inside,
                           struct error *err)
{
    AUTO(catalog_unrefp) struct catalog *after = NULL;
    TRY(engine_inspect(r->session, &after, err));
    r->record.fp_after = catalog_fingerprint(r->arena, after);
    struct migrate_outcome outcome = {
        .record = &r->record,
        .changes = r->plan->changes,
        .before = r->before,
        .after = after,
        .wanted = r->wanted,
    };
    struct run_end end = {&r->record, &outcome, last, is_inside};
    return run_finish(r->target, r->session, r->arena, &end, err);
}

/* The structure and all that is said of it are there at once, or not at all. */
static bool ends_inside(const struct run *r, size_t group)
{
    return group + 1 == r->plan->n_groups && r->plan->groups[group].is_transaction &&
           run_joins(r->target);
}

static enum errcode finish_inside(struct run *r, size_t group, struct error *err)
{
    struct change_step *last = last_step(r, group);
    if (last) {
        last->finished_at = time_now_us();
    }
    return finish(r, last, true, err);
}

static enum errcode run_group(struct run *r, size_t group, struct error *err)
{
    const struct plan_group *g = &r->plan->groups[group];
    TRY(engine_group_begin(r->session, g, err));
    enum errcode code = run_steps(r, group, err);
    if (code == ERR_OK && ends_inside(r, group)) {
        code = finish_inside(r, group, err);
    }
    if (code != ERR_OK) {
        struct error ignored = ERROR_INIT;
        enum errcode back = engine_group_end(r->session, g, false, &ignored);
        (void)back; /* the step's failure is the one to tell */
        error_release(&ignored);
        return code;
    }
    TRY(engine_group_end(r->session, g, true, err));
    r->is_finished = ends_inside(r, group);
    return r->is_finished ? ERR_OK : mark_group(r, group, err);
}

static enum errcode write_failure(struct session *s, void *arg, struct error *err)
{
    static const char *const fields[] = {"state", "finished_at", "error", "fp_after", NULL};
    static const char *const step_fields[] = {"state", "finished_at", "error", NULL};
    struct run *r = arg;
    const char *state = NULL;
    TRY(run_hold(s, &r->place, &r->record, r->arena, &state, err));
    if (!text_eq(state, "running")) {
        return ERROR(err, ERR_CONFLICT, "the change is %s", state);
    }
    for (size_t i = 0; i < r->plan->n_steps; i++) {
        if (text_eq(r->steps[i].state, "failed")) {
            TRY(record_update_in(s, &r->place, &change_step_type, &r->steps[i], step_fields, err));
        }
    }
    return record_update_in(s, &r->place, &change_record_type, &r->record, fields, err);
}

/* Tells the journal that nothing has changed; @err is the failure that is told to the caller, and
 * stays. Where something has, or nobody can say, the change stays as it is until it is settled. */
static void journal_failure(struct run *r, const struct error *err)
{
    struct error ignored = ERROR_INIT;
    AUTO(catalog_unrefp) struct catalog *live = NULL;
    if (engine_inspect(r->session, &live, &ignored) != ERR_OK ||
        !text_eq(catalog_fingerprint(r->arena, live), r->record.fp_before)) {
        error_release(&ignored);
        return;
    }
    r->record.fp_after = r->record.fp_before;
    r->record.state = "failed";
    r->record.finished_at = time_now_us();
    r->record.error = err ? arena_strdup(r->arena, err->message) : NULL;
    r->is_open =
        engine_transact(r->place.engine, r->place.ns, write_failure, r, &ignored) != ERR_OK;
    error_release(&ignored);
}

static enum errcode run_groups(struct run *r, struct error *err)
{
    for (size_t g = 0; g < r->plan->n_groups; g++) {
        struct error why = ERROR_INIT;
        if (run_group(r, g, &why) != ERR_OK) {
            journal_failure(r, &why);
            return error_move(err, &why);
        }
    }
    return ERR_OK;
}

/* The schema as it is under the lock must be the one that was previewed. */
static enum errcode take_schema(struct run *r, struct error *err)
{
    TRY(engine_inspect(r->session, &r->before, err));
    TRY(run_decorate(r->target, r->before, err));
    if (!text_eq(catalog_fingerprint(r->arena, r->before), r->plan->fingerprint_before)) {
        ERROR(err, ERR_STALE_PLAN, "the schema changed since the preview");
        return error_hint(err, "preview again");
    }
    return change_list_apply(r->plan->changes, r->before, &r->wanted, err);
}

static void prepare_records(struct run *r)
{
    const struct migrate_target *t = r->target;
    struct arena *a = r->arena;
    struct change_list inverse = {0};
    r->record = run_record(a, t, r->plan, r->options->kind);
    r->record.state = "running";
    r->record.undo_of = r->options->undo_of;
    if (!r->record.fp_after) {
        r->record.fp_after = catalog_fingerprint(a, r->wanted);
    }
    if (r->plan->undo != UNDO_NONE) {
        change_list_inverse(a, r->plan->changes, r->before, &inverse);
        r->record.inverse = change_list_text(a, &inverse);
        r->record.undo_until =
            r->record.created_at + (t->keep_us ? t->keep_us : MIGRATE_KEEP_DEFAULT);
    }
    r->steps = ARENA_ARRAY(a, r->plan->n_steps, struct change_step);
    for (size_t i = 0; i < r->plan->n_steps; i++) {
        r->steps[i] = (struct change_step){
            .change_id = r->record.id,
            .n = (int64_t)i,
            .operation = (int64_t)r->plan->steps[i].operation,
            .text = r->plan->steps[i].text,
            .undo = r->plan->steps[i].undo,
            .state = "pending",
        };
    }
}

static enum errcode execute(struct run *r, struct error *err)
{
    TRY(take_schema(r, err));
    prepare_records(r);
    TRY(journal_claim(r->target->journal, r->record.id, &r->claim, err));
    if (!r->claim) {
        return ERROR(err, ERR_CONFLICT, "this plan is being run already");
    }
    r->is_open = true; /* also when the answer to this is lost */
    TRY(engine_transact(r->place.engine, r->place.ns, write_intent, r, err));
    TRY(run_groups(r, err));
    return r->is_finished ? ERR_OK : finish(r, NULL, false, err);
}

/*
 * What a failure left running is settled at once, as after a crash: it turns out to be done (only
 * the answer was lost), or is taken back. When even that fails, the next recovery does it.
 */
static bool is_done_after_all(struct run *r, struct error *err)
{
    struct error ignored = ERROR_INIT;
    struct change_record found = {0};
    bool is_done =
        migrate_recover(r->target, NULL, &ignored) == ERR_OK &&
        migrate_get(r->target->journal, 0, r->record.id, r->arena, &found, &ignored) == ERR_OK &&
        text_eq(found.state, "done");
    error_release(&ignored);
    if (is_done && err) {
        error_release(err);
    }
    if (is_done) {
        r->record = found;
    }
    return is_done;
}

enum errcode run_execute(const struct migrate_target *t, const struct plan *plan,
                         const struct run_options *options, struct arena *a,
                         struct change_record *out, struct error *err)
{
    /* the journal's own schema is changed by migrations only: it would wait for itself here */
    BUG_ON(t->engine == t->journal->engine && str_eq(t->ns, t->journal->ns));
    TRY(check_findings(t, plan, options, err));
    struct run r = {.target = t,
                    .plan = plan,
                    .options = options,
                    .arena = a,
                    .place = journal_place(t->journal)};
    TRY(engine_session_begin(t->engine, t->ns, ACCESS_SCHEMA, &r.session, err));
    enum errcode code = execute(&r, err);
    engine_session_end(r.session);
    engine_unlock(r.claim);
    catalog_unref(r.before);
    catalog_unref(r.wanted);
    if (code != ERR_OK && r.is_open && is_done_after_all(&r, err)) {
        code = ERR_OK;
    }
    if (code == ERR_OK) {
        *out = r.record;
    }
    return code;
}

enum errcode migrate_check(const struct migrate_target *t, const struct plan *plan,
                           const struct migrate_confirm *confirm, struct error *err)
{
    struct run_options options = {.kind = "change", .confirm = confirm};
    return check_findings(t, plan, &options, err);
}

enum errcode migrate_execute(const struct migrate_target *t, const struct plan *plan,
                             const struct migrate_confirm *confirm, struct arena *a,
                             struct change_record *out, struct error *err)
{
    struct run_options options = {.kind = "change", .confirm = confirm};
    return run_execute(t, plan, &options, a, out, err);
}

enum errcode migrate_run(const struct migrate_target *t, const struct change_list *list,
                         const struct migrate_confirm *confirm, struct arena *a,
                         struct change_record *out, struct error *err)
{
    struct plan *plan = NULL;
    TRY(migrate_preview(t, list, a, &plan, err));
    return migrate_execute(t, plan, confirm, a, out, err);
}
