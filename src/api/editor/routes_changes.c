#include "api/editor/bodies_json.h"
#include "app/audit.h"
#include "app/changes.h"
#include "app/trash.h"
#include "base/time.h"
#include "migrate/plan_json.h"

#define LIST_MAX     1000
#define LIST_DEFAULT 100

/* ---- changes ----------------------------------------------------------------------------- */

static enum errcode preview_change(struct call *c, struct error *err)
{
    struct changes_body body;
    struct plan *plan = NULL;
    TRY(editor_source(c, err));
    TRY(body_changes(c, true, &body, err));
    TRY(app_change_preview(c->caller, &body.list, true, &plan, err));
    return editor_answer_plan(c, plan, err);
}

/* A change that ran, with its statements. */
static enum errcode answer_change(struct call *c, int status, const char *id, struct error *err)
{
    struct change_record r;
    struct change_step *steps = NULL;
    size_t n = 0;
    struct answer a;
    TRY(app_change_get(c->caller, id, &r, &steps, &n, err));
    answer_begin(c, &a, status);
    change_record_encode(&a.json, &r, steps, n);
    return answer_end(c, &a, NULL, err);
}

static enum errcode answer_begun(struct call *c, const struct app_begun *begun, struct error *err)
{
    if (begun->is_job) {
        return editor_answer_job(c, &begun->job, err);
    }
    const char *id = begun->record.id;
    response_header(c->request, "Location",
                    arena_printf(c->arena, "/api/db-editor/changes/%s", id));
    return answer_change(c, 201, id, err);
}

static enum errcode run_change(struct call *c, struct error *err)
{
    struct changes_body body;
    struct app_begun begun;
    struct plan *plan = NULL;
    bool is_dry = false;
    TRY(editor_source(c, err));
    TRY(body_changes(c, false, &body, err));
    TRY(editor_is_dry(c, &is_dry, err));
    if (is_dry) {
        if (body.plan_id) {
            TRY(app_change_load_plan(c->caller, body.plan_id, &plan, err));
        } else {
            TRY(app_change_preview(c->caller, &body.list, false, &plan, err));
        }
        return editor_answer_plan(c, plan, err);
    }
    if (body.plan_id) {
        TRY(app_change_begin_plan(c->caller, body.plan_id, &body.confirm, &begun, err));
    } else {
        TRY(app_change_begin(c->caller, &body.list, &body.confirm, &begun, err));
    }
    return answer_begun(c, &begun, err);
}

static enum errcode list_changes(struct call *c, struct error *err)
{
    struct migrate_filter f = {
        .table = editor_text(c, "table"),
        .state = editor_text(c, "state"),
        .kind = editor_text(c, "kind"),
        .before_id = editor_text(c, "cursor"),
    };
    struct change_record *records = NULL;
    const char *next = NULL;
    size_t n = 0;
    struct answer a;
    TRY(editor_source(c, err));
    TRY(editor_integer(c, "limit", LIST_DEFAULT, 1, LIST_MAX, &f.limit, err));
    TRY(app_changes_list(c->caller, &f, &records, &n, &next, err));
    answer_begin(c, &a, 200);
    jsonw_begin_object(&a.json);
    jsonw_key(&a.json, "changes");
    jsonw_begin_array(&a.json);
    for (size_t i = 0; i < n; i++) {
        change_record_encode(&a.json, &records[i], NULL, 0);
    }
    jsonw_end_array(&a.json);
    jsonw_end_object(&a.json);
    return answer_end(c, &a, editor_meta(c, next), err);
}

static enum errcode get_change(struct call *c, struct error *err)
{
    TRY(editor_source(c, err));
    return answer_change(c, 200, call_param(c, "id"), err);
}

static enum errcode undo_change(struct call *c, struct error *err)
{
    const char *id = call_param(c, "id");
    struct app_begun begun;
    struct plan *plan = NULL;
    bool is_dry = false;
    TRY(editor_source(c, err));
    TRY(editor_is_dry(c, &is_dry, err));
    if (is_dry) {
        TRY(app_change_undo_preview(c->caller, id, &plan, err));
        return editor_answer_plan(c, plan, err);
    }
    TRY(app_change_begin_undo(c->caller, id, &begun, err));
    return answer_begun(c, &begun, err);
}

/* ---- trash ------------------------------------------------------------------------------- */

static void trash_encode(struct json_writer *w, const struct app_trash_item *t)
{
    const struct trash_item *item = &t->item;
    jsonw_begin_object(w);
    jsonw_kv_int(w, "id", item->id);
    jsonw_kv_text(w, "kind", item->kind);
    jsonw_kv_text(w, "tableName", item->table_name);
    jsonw_kv_text(w, "columnName", item->column_name);
    jsonw_kv_text(w, "displayName", t->display_name);
    jsonw_kv_text(w, "changeId", item->change_id);
    jsonw_key(w, "rows");
    if (item->n_rows < 0) {
        jsonw_null(w);
    } else {
        jsonw_int(w, item->n_rows);
    }
    jsonw_kv_instant(w, "droppedAt", item->created_at);
    jsonw_kv_instant(w, "expiresAt", item->expires_at);
    jsonw_key(w, "droppedBy");
    if (t->dropped_by == 0) {
        jsonw_null(w);
    } else {
        jsonw_begin_object(w);
        jsonw_kv_int(w, "id", t->dropped_by);
        jsonw_kv_text(w, "email", t->dropped_by_name);
        jsonw_end_object(w);
    }
    jsonw_end_object(w);
}

static enum errcode list_trash(struct call *c, struct error *err)
{
    struct app_trash_item *items = NULL;
    size_t n = 0;
    struct answer a;
    TRY(editor_source(c, err));
    TRY(app_trash_list(c->caller, &items, &n, err));
    answer_begin(c, &a, 200);
    jsonw_begin_object(&a.json);
    jsonw_key(&a.json, "items");
    jsonw_begin_array(&a.json);
    for (size_t i = 0; i < n; i++) {
        trash_encode(&a.json, &items[i]);
    }
    jsonw_end_array(&a.json);
    jsonw_end_object(&a.json);
    return answer_end(c, &a, NULL, err);
}

static enum errcode read_id(const struct call *c, int64_t *out, struct error *err)
{
    const char *text = call_param(c, "id");
    if (!str_int64(str_of(text), out) || *out < 1) {
        return ERROR(err, ERR_NOT_FOUND, "nothing in the trash has the id %s", text);
    }
    return ERR_OK;
}

static enum errcode get_trash(struct call *c, struct error *err)
{
    struct app_trash_item item;
    struct answer a;
    int64_t id = 0;
    TRY(editor_source(c, err));
    TRY(read_id(c, &id, err));
    TRY(app_trash_get(c->caller, id, &item, err));
    answer_begin(c, &a, 200);
    trash_encode(&a.json, &item);
    return answer_end(c, &a, NULL, err);
}

static enum errcode restore_trash(struct call *c, struct error *err)
{
    struct change_record r;
    struct plan *plan = NULL;
    bool is_dry = false;
    int64_t id = 0;
    TRY(editor_source(c, err));
    TRY(editor_is_dry(c, &is_dry, err));
    TRY(read_id(c, &id, err));
    if (is_dry) {
        TRY(app_trash_restore_preview(c->caller, id, &plan, err));
        return editor_answer_plan(c, plan, err);
    }
    TRY(app_trash_restore(c->caller, id, &r, err));
    return answer_change(c, 201, r.id, err);
}

static enum errcode purge_trash(struct call *c, struct error *err)
{
    struct app_trash_item item;
    struct answer a;
    bool is_dry = false;
    int64_t id = 0;
    TRY(editor_source(c, err));
    TRY(editor_is_dry(c, &is_dry, err));
    TRY(read_id(c, &id, err));
    TRY(app_trash_get(c->caller, id, &item, err));
    if (is_dry) {
        return editor_answer_plan(c, NULL, err);
    }
    TRY(app_trash_purge(c->caller, id, err));
    answer_begin(c, &a, 200);
    trash_encode(&a.json, &item);
    return answer_end(c, &a, NULL, err);
}

/* ---- audit ------------------------------------------------------------------------------- */

static void audit_encode(struct json_writer *w, const struct app_audit_entry *a)
{
    const struct audit_entry *e = &a->entry;
    jsonw_begin_object(w);
    jsonw_kv_int(w, "id", e->id);
    jsonw_kv_instant(w, "createdAt", e->created_at);
    jsonw_key(w, "user");
    if (e->user_id == 0) {
        jsonw_null(w);
    } else {
        jsonw_begin_object(w);
        jsonw_kv_int(w, "id", e->user_id);
        jsonw_kv_text(w, "email", e->user_name);
        jsonw_end_object(w);
    }
    jsonw_kv_text(w, "action", e->action);
    jsonw_kv_text(w, "objectType", e->object_type);
    jsonw_kv_text(w, "object", e->object);
    jsonw_kv_text(w, "changeId", e->change_id);
    jsonw_kv_text(w, "statement", a->statement);
    jsonw_kv_text(w, "outcome", a->outcome);
    if (e->detail) {
        jsonw_kv_raw(w, "detail", str_of(e->detail));
    }
    jsonw_kv_text(w, "ipAddress", e->ip_address);
    jsonw_kv_text(w, "userAgent", e->user_agent);
    jsonw_kv_text(w, "requestId", e->request_id);
    jsonw_end_object(w);
}

static enum errcode read_instant(const struct call *c, const char *name, int64_t *out,
                                 struct error *err)
{
    struct str text = call_query(c, name);
    if (text.p && !instant_parse(text, out)) {
        ERROR(err, ERR_INVALID_PARAMETER, "\"%s\" is a moment like 2026-01-31T12:00:00Z", name);
        return error_where(err, "/query/%s", name);
    }
    return ERR_OK;
}

static enum errcode list_audit(struct call *c, struct error *err)
{
    struct app_audit_filter f = {
        .action = editor_text(c, "action"),
        .object = editor_text(c, "object"),
    };
    struct app_audit_entry *entries = NULL;
    size_t n = 0;
    struct answer a;
    TRY(editor_source(c, err));
    TRY(editor_integer(c, "limit", LIST_DEFAULT, 1, LIST_MAX, &f.limit, err));
    TRY(editor_integer(c, "cursor", 0, 1, INT64_MAX, &f.before_id, err));
    TRY(editor_integer(c, "user", 0, 1, INT64_MAX, &f.user_id, err));
    TRY(read_instant(c, "since", &f.since, err));
    TRY(read_instant(c, "until", &f.until, err));
    TRY(app_audit_list(c->caller, &f, &entries, &n, err));
    answer_begin(c, &a, 200);
    jsonw_begin_object(&a.json);
    jsonw_key(&a.json, "entries");
    jsonw_begin_array(&a.json);
    for (size_t i = 0; i < n; i++) {
        audit_encode(&a.json, &entries[i]);
    }
    jsonw_end_array(&a.json);
    jsonw_end_object(&a.json);
    bool is_more = n > 0 && (int64_t)n == f.limit;
    const char *next =
        is_more ? arena_printf(c->arena, "%lld", (long long)entries[n - 1].entry.id) : NULL;
    return answer_end(c, &a, editor_meta(c, next), err);
}

#define CHANGES "/api/db-editor/changes"
#define TRASH   "/api/db-editor/trash"

const struct route routes_changes[] = {
    {"POST", CHANGES ":preview", ACTION_CHANGES_PREVIEW, BODY_JSON, preview_change, "source",
     "Show the statements that a list of changes would run"},
    {"POST", CHANGES, ACTION_CHANGES_APPLY, BODY_JSON, run_change, "dryRun confirm source",
     "Run a list of changes, or a plan that was previewed"},
    {"GET", CHANGES, ACTION_CHANGES_READ, BODY_NONE, list_changes,
     "table state kind limit cursor source", "List the changes of structure, newest first"},
    {"GET", CHANGES "/{id}", ACTION_CHANGES_READ, BODY_NONE, get_change, "source",
     "Show a change with its statements"},
    {"POST", CHANGES "/{id}:undo", ACTION_CHANGES_UNDO, BODY_OPTIONAL, undo_change,
     "dryRun confirm source", "Undo a change, its data included"},
    {"GET", TRASH, ACTION_TRASH_READ, BODY_NONE, list_trash, "source", "List what was dropped"},
    {"GET", TRASH "/{id}", ACTION_TRASH_READ, BODY_NONE, get_trash, "source",
     "Show one thing that was dropped"},
    {"POST", TRASH "/{id}:restore", ACTION_TRASH_RESTORE, BODY_OPTIONAL, restore_trash,
     "dryRun confirm source", "Bring back what was dropped"},
    {"DELETE", TRASH "/{id}", ACTION_TRASH_PURGE, BODY_NONE, purge_trash, "dryRun confirm source",
     "Destroy what was dropped for good"},
    {"GET", "/api/db-editor/audit", ACTION_AUDIT_READ, BODY_NONE, list_audit,
     "action object user since until limit cursor source", "List who did what, newest first"},
    {0},
};
