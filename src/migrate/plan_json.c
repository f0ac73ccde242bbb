#include "migrate/plan_json.h"

#include "base/attr.h"
#include "change/change_json.h"

static const char *severity_name(enum severity s)
{
    static const char *const names[] = {
        [SEVERITY_NONE] = "none",     [SEVERITY_INFO] = "info",   [SEVERITY_WARNING] = "warning",
        [SEVERITY_DANGER] = "danger", [SEVERITY_ERROR] = "error",
    };
    return names[s];
}

static void encode_step(struct json_writer *w, const struct plan *plan, const struct plan_step *s)
{
    jsonw_begin_object(w);
    jsonw_kv_text(w, "kind", s->kind == STEP_CHECK ? "check" : "run");
    jsonw_kv_text(w, "text", s->text);
    jsonw_kv_bool(w, "transaction", plan->groups[s->group].is_transaction);
    jsonw_kv_text(w, "lock", s->lock);
    jsonw_kv_bool(w, "rewrite", s->is_rewrite);
    jsonw_kv_text(w, "comment", s->comment);
    jsonw_kv_int(w, "operation", (int64_t)s->operation);
    jsonw_end_object(w);
}

static void encode_finding(struct json_writer *w, const struct migrate_target *t,
                           const struct plan *plan, const struct finding *f)
{
    jsonw_begin_object(w);
    jsonw_kv_text(w, "id", f->id);
    jsonw_kv_text(w, "rule", f->rule);
    jsonw_kv_text(w, "severity", severity_name(f->severity));
    jsonw_kv_text(w, "message", f->message);
    jsonw_kv_text(w, "hint", f->hint);
    jsonw_key(w, "rows");
    if (f->n_rows < 0) {
        jsonw_null(w);
    } else {
        jsonw_int(w, f->n_rows);
    }
    jsonw_kv_int(w, "operation", (int64_t)f->operation);
    jsonw_kv_bool(w, "confirm", migrate_must_confirm(t, plan, f));
    jsonw_end_object(w);
}

void plan_encode(struct json_writer *w, const struct migrate_target *t, const struct plan *plan)
{
    jsonw_begin_object(w);
    jsonw_kv_text(w, "planId", plan->tag);
    jsonw_kv_text(w, "fingerprint", plan->fingerprint_before);
    jsonw_kv_text(w, "fingerprintAfter", plan->fingerprint_after);
    jsonw_key(w, "operations");
    change_list_encode(w, plan->changes);
    jsonw_key(w, "steps");
    jsonw_begin_array(w);
    for (size_t i = 0; i < plan->n_steps; i++) {
        encode_step(w, plan, &plan->steps[i]);
    }
    jsonw_end_array(w);
    jsonw_key(w, "lint");
    jsonw_begin_array(w);
    for (size_t i = 0; i < plan->n_findings; i++) {
        encode_finding(w, t, plan, &plan->findings[i]);
    }
    jsonw_end_array(w);
    jsonw_key(w, "undo");
    jsonw_begin_object(w);
    jsonw_kv_text(w, "class", undo_class_name(plan->undo));
    jsonw_end_object(w);
    jsonw_key(w, "checks");
    jsonw_begin_array(w);
    for (size_t i = 0; i < plan->n_steps; i++) {
        if (plan->steps[i].kind == STEP_CHECK) {
            jsonw_begin_object(w);
            jsonw_kv_text(w, "text", plan->steps[i].text);
            jsonw_kv_text(w, "comment", plan->steps[i].comment);
            jsonw_kv_int(w, "operation", (int64_t)plan->steps[i].operation);
            jsonw_end_object(w);
        }
    }
    jsonw_end_array(w);
    jsonw_end_object(w);
}

static void kv_json(struct json_writer *w, const char *key, const char *json)
{
    if (json) {
        jsonw_kv_raw(w, key, str_of(json));
    }
}

static void encode_steps(struct json_writer *w, const struct change_step *steps, size_t n)
{
    jsonw_key(w, "steps");
    jsonw_begin_array(w);
    for (size_t i = 0; i < n; i++) {
        jsonw_begin_object(w);
        jsonw_kv_text(w, "text", steps[i].text);
        jsonw_kv_int(w, "operation", steps[i].operation);
        jsonw_kv_text(w, "state", steps[i].state);
        jsonw_kv_instant(w, "startedAt", steps[i].started_at);
        jsonw_kv_instant(w, "finishedAt", steps[i].finished_at);
        jsonw_kv_int(w, "rows", steps[i].n_rows);
        jsonw_kv_text(w, "error", steps[i].error);
        jsonw_end_object(w);
    }
    jsonw_end_array(w);
}

/* null for the system */
static void encode_actor(struct json_writer *w, const char *key, const struct change_record *r)
{
    jsonw_key(w, key);
    if (r->actor_id == 0) {
        jsonw_null(w);
        return;
    }
    jsonw_begin_object(w);
    jsonw_kv_int(w, "id", r->actor_id);
    jsonw_kv_text(w, "email", r->actor_name);
    jsonw_end_object(w);
}

void change_record_encode(struct json_writer *w, const struct change_record *r,
                          const struct change_step *steps, size_t n_steps)
{
    jsonw_begin_object(w);
    change_record_members(w, r, steps, n_steps);
    jsonw_end_object(w);
}

void change_record_members(struct json_writer *w, const struct change_record *r,
                           const struct change_step *steps, size_t n_steps)
{
    jsonw_kv_text(w, "id", r->id);
    jsonw_kv_text(w, "changeId", r->id);
    jsonw_kv_text(w, "kind", r->kind);
    jsonw_kv_text(w, "state", r->state);
    jsonw_kv_text(w, "title", r->title);
    jsonw_kv_text(w, "source", r->source);
    kv_json(w, "tables", r->tables);
    kv_json(w, "operations", r->operations);
    jsonw_key(w, "undo");
    jsonw_begin_object(w);
    jsonw_kv_text(w, "class", r->undo_class);
    jsonw_kv_instant(w, "until", r->undo_until);
    jsonw_end_object(w);
    jsonw_kv_instant(w, "undoUntil", r->undo_until);
    jsonw_kv_bool(w, "undoable", text_eq(r->state, "done") && r->inverse);
    jsonw_kv_text(w, "undoOf", r->undo_of);
    jsonw_kv_text(w, "undoneBy", r->undone_by);
    encode_actor(w, "createdBy", r);
    jsonw_kv_text(w, "fingerprintBefore", r->fp_before);
    jsonw_kv_text(w, "fingerprintAfter", r->fp_after);
    jsonw_kv_instant(w, "createdAt", r->created_at);
    jsonw_kv_instant(w, "finishedAt", r->finished_at);
    jsonw_kv_text(w, "error", r->error);
    if (steps) {
        encode_steps(w, steps, n_steps);
    }
}
