#include "migrate/recover.h"

#include "base/attr.h"
#include "base/time.h"
#include "migrate/file_json.h"
#include "migrate/run.h"

/* What one interrupted change did, put together again from the journal and the live schema. */
struct wreck {
    const struct migrate_target *target;
    struct change_record *record;
    struct arena *arena;
    struct session *session;
    struct catalog *live, *before, *wanted;
    struct change_list changes;
};

/* The catalog before: the inverse applied to what is there now. Without an inverse, or where it
   does not fit, what is there now stands for it: then nothing but names is lost to the registry. */
static enum errcode rebuild_before(struct wreck *w, struct error *err)
{
    struct change_list inverse = {0};
    struct error ignored = ERROR_INIT;
    if (!w->record->inverse ||
        change_list_parse(w->arena, w->record->inverse, &inverse, &ignored) != ERR_OK ||
        change_list_apply(&inverse, w->live, &w->before, &ignored) != ERR_OK) {
        w->before = catalog_copy(w->live);
    }
    error_release(&ignored);
    TRY(run_decorate(w->target, w->before, err));
    if (change_list_apply(&w->changes, w->before, &w->wanted, &ignored) != ERR_OK) {
        w->wanted = catalog_copy(w->live);
    }
    error_release(&ignored);
    return ERR_OK;
}

static enum errcode settle_applied(struct wreck *w, struct error *err)
{
    TRY(change_list_parse(w->arena, w->record->operations, &w->changes, err));
    change_list_prepare(w->arena, &w->changes, w->record->id);
    TRY(rebuild_before(w, err));
    struct migrate_outcome outcome = {
        .record = w->record,
        .changes = &w->changes,
        .before = w->before,
        .after = w->live,
        .wanted = w->wanted,
    };
    struct run_end end = {.record = w->record, .outcome = &outcome};
    return run_finish(w->target, w->session, w->arena, &end, err);
}

struct verdict {
    struct record_place place;
    struct change_record *record; /* as it was read */
    struct arena *arena;
    const char *state, *why;
};

/* Unless somebody else has settled it, or it was done after all, since it was read. */
static enum errcode write_verdict(struct session *s, void *arg, struct error *err)
{
    static const char *const fields[] = {"state", "finished_at", "error", NULL};
    const struct verdict *v = arg;
    struct change_record settled = *v->record;
    const char *now = NULL;
    TRY(run_hold(s, &v->place, v->record, v->arena, &now, err));
    if (!text_eq(now, v->record->state)) {
        return ERROR(err, ERR_CONFLICT, "change \"%s\" is %s by now", v->record->id, now);
    }
    settled.state = v->state;
    settled.finished_at = time_now_us();
    settled.error = v->why;
    return record_update_in(s, &v->place, &change_record_type, &settled, fields, err);
}

/* @n counts it. */
static enum errcode settle_otherwise(struct wreck *w, const char *state, const char *why, size_t *n,
                                     struct error *err)
{
    struct record_place p = journal_place(w->target->journal);
    struct verdict v = {p, w->record, w->arena, state, why};
    struct error refused = ERROR_INIT;
    enum errcode code = engine_transact(p.engine, p.ns, write_verdict, &v, &refused);
    if (code == ERR_CONFLICT) {
        error_release(&refused);
        return migrate_get(w->target->journal, 0, w->record->id, w->arena, w->record, err);
    }
    if (code != ERR_OK) {
        return error_move(err, &refused);
    }
    w->record->state = state;
    w->record->error = why;
    *n += 1;
    return ERR_OK;
}

/* Where the fingerprint cannot tell (a purge changes nothing of the user's), the last step can. */
static enum errcode last_step_done(struct wreck *w, bool *out, struct error *err)
{
    struct change_step *steps = NULL;
    size_t n = 0;
    TRY(migrate_steps(w->target->journal, w->record->id, w->arena, &steps, &n, err));
    *out = n == 0 || text_eq(steps[n - 1].state, "done");
    return ERR_OK;
}

/*
 * An engine without transactional statements of structure may have stopped in between: then each
 * step says what takes it back, which does no harm where the step had no effect.
 */
static enum errcode run_undos(struct wreck *w, struct error *err)
{
    struct change_step *steps = NULL;
    size_t n = 0;
    TRY(migrate_steps(w->target->journal, w->record->id, w->arena, &steps, &n, err));
    engine_session_endp(&w->session);
    TRY(engine_session_begin(w->target->engine, w->target->ns, ACCESS_SCHEMA, &w->session, err));
    while (n-- > 0) {
        bool may_have_run = text_eq(steps[n].state, "done") || text_eq(steps[n].state, "running");
        struct plan_step back = {.kind = STEP_RUN, .text = steps[n].undo};
        int64_t n_rows = 0;
        if (may_have_run && back.text) {
            TRY(engine_run_step(w->session, &back, &n_rows, err));
        }
    }
    w->live = catalog_unref(w->live);
    return engine_inspect(w->session, &w->live, err);
}

static enum errcode take_back(struct wreck *w, struct migrate_recovery *out, struct error *err)
{
    struct error why = ERROR_INIT;
    enum errcode code = run_undos(w, &why);
    if (code == ERR_UNAVAILABLE || code == ERR_BUSY || !w->live) {
        return error_move(err, &why); /* another time */
    }
    const char *said = why.message ? arena_strdup(w->arena, why.message) : NULL;
    error_release(&why);
    if (code == ERR_OK && text_eq(catalog_fingerprint(w->arena, w->live), w->record->fp_before)) {
        return settle_otherwise(w, "failed", "interrupted; what was done was taken back",
                                &out->n_failed, err);
    }
    return settle_otherwise(
        w, "needs_attention",
        said ? arena_printf(w->arena, "interrupted, and not taken back: %s", said)
             : "interrupted; taken back, and yet not as before",
        &out->n_unclear, err);
}

static enum errcode settle(struct wreck *w, struct migrate_recovery *out, struct error *err)
{
    const char *live = catalog_fingerprint(w->arena, w->live);
    bool is_before = text_eq(live, w->record->fp_before);
    bool is_after = text_eq(live, w->record->fp_after);
    bool goes_on = !w->target->engine->caps.transactional_ddl;
    if ((is_before && is_after) || (goes_on && !is_after)) {
        TRY(last_step_done(w, &is_after, err));
    }
    if (is_after) {
        out->n_applied++;
        return settle_applied(w, err);
    }
    if (goes_on) {
        return take_back(w, out, err);
    }
    if (is_before) {
        return settle_otherwise(w, "failed", "interrupted before it took effect", &out->n_failed,
                                err);
    }
    return settle_otherwise(w, "needs_attention",
                            "interrupted, and the schema is neither as before nor as after",
                            &out->n_unclear, err);
}

/* Of a change that needs attention: whoever looked after it wants it gone. */
static enum errcode settle_attended(struct wreck *w, struct migrate_recovery *out,
                                    struct error *err)
{
    if (text_eq(catalog_fingerprint(w->arena, w->live), w->record->fp_before)) {
        return settle_otherwise(w, "failed", "the schema is as it was before", &out->n_failed, err);
    }
    TRY(take_back(w, out, err));
    if (text_eq(w->record->state, "needs_attention")) {
        ERROR(err, ERR_CONFLICT, "change \"%s\" still needs attention: %s", w->record->id,
              w->record->error);
        return error_hint(err, "bring the schema to what it was before by hand, then undo again");
    }
    return ERR_OK;
}

typedef enum errcode settle_fn(struct wreck *w, struct migrate_recovery *out, struct error *err);

static enum errcode settle_one(const struct migrate_target *t, struct change_record *record,
                               settle_fn *fn, struct arena *a, struct migrate_recovery *out,
                               struct error *err)
{
    struct migrate_target own = *t;
    own.tenant_id = record->tenant_id;
    own.source = record->source;
    own.actor_id = record->actor_id;
    own.actor_name = record->actor_name;
    struct wreck w = {.target = &own, .record = record, .arena = a};
    TRY(engine_session_begin(t->engine, t->ns, ACCESS_READ, &w.session, err));
    enum errcode code = engine_inspect(w.session, &w.live, err);
    if (code == ERR_OK) {
        code = fn(&w, out, err);
    }
    if (w.session) {
        engine_session_end(w.session);
    }
    catalog_unref(w.live);
    catalog_unref(w.before);
    catalog_unref(w.wanted);
    return code;
}

/* Only when nobody is at it; what was read before that is read again. */
static enum errcode settle_ours(const struct migrate_target *t, struct change_record *record,
                                struct arena *a, struct migrate_recovery *out, struct error *err)
{
    AUTO(engine_unlockp) struct engine_lock *claim = NULL;
    TRY(journal_claim(t->journal, record->id, &claim, err));
    if (!claim) {
        return ERR_OK;
    }
    TRY(migrate_get(t->journal, 0, record->id, a, record, err));
    return text_eq(record->state, "running") ? settle_one(t, record, settle, a, out, err) : ERR_OK;
}

enum errcode run_take_back(const struct migrate_target *t, struct change_record *record,
                           struct arena *a, struct error *err)
{
    AUTO(engine_unlockp) struct engine_lock *claim = NULL;
    struct migrate_recovery ignored = {0};
    TRY(journal_claim(t->journal, record->id, &claim, err));
    if (!claim) {
        return ERROR(err, ERR_BUSY, "somebody else takes care of change \"%s\"", record->id);
    }
    return settle_one(t, record, settle_attended, a, &ignored, err);
}

enum errcode migrate_recover(const struct migrate_target *t, struct migrate_recovery *out,
                             struct error *err)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    struct record_place p = journal_place(t->journal);
    struct record_term terms[] = {{"state", FILTER_EQ, value_text("running")},
                                  {"ns", FILTER_EQ, value_str(migrate_room(t))}};
    struct record_query q = {.terms = terms, .n_terms = ARRAY_LEN(terms), .order = "created_at"};
    void *found = NULL;
    size_t n = 0;
    TRY(record_list(&p, a, &change_record_type, &q, &found, &n, err));
    struct change_record *records = found;
    struct migrate_recovery sum = {0};
    for (size_t i = 0; i < n; i++) {
        TRY(settle_ours(t, &records[i], a, &sum, err));
    }
    if (out) {
        *out = sum;
    }
    return ERR_OK;
}
