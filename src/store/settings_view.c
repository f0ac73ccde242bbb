#include "store/settings_view.h"

#include "base/attr.h"
#include "engine/view.h"

/* Views are the engine's own, they are no operation of a change list. */
static const struct view_column columns[] = {
    {"change_id", "id", false},
    {"tenant_id", "tenant_id", false},
    {"namespace", "ns", false},
    {"source", "source", false},
    {"kind", "kind", false},
    {"title", "title", false},
    {"tables", "tables", false},
    {"user_id", "actor_id", false},
    {"user_name", "actor_name", false},
    {"ip_address", "ip_address", true},
    {"user_agent", "user_agent", true},
    {"request_id", "request_id", true},
    {"created_at", "created_at", false},
    {"finished_at", "finished_at", false},
    {"outcome", "state", false},
    {"error", "error", false},
    {"operations", "operations", false},
};

static const struct engine_view settings_audit = {
    .name = "settings_audit",
    .table = "change",
    .key = "id",
    .joined = "audit_log",
    .joined_key = "change_id",
    .columns = columns,
    .n_columns = ARRAY_LEN(columns),
    .texts = {.name = "statement",
              .table = "step",
              .key = "change_id",
              .column = "text",
              .order = "n",
              .between = ";\n"},
};

static enum errcode run(struct session *s, const char *text, struct error *err)
{
    struct plan_group group = {.is_transaction = true};
    struct plan_step step = {.kind = STEP_RUN, .text = text, .lock = "none"};
    int64_t n_rows = 0;
    TRY(engine_group_begin(s, &group, err));
    enum errcode code = engine_run_step(s, &step, &n_rows, err);
    if (code != ERR_OK) {
        enum errcode back = engine_group_end(s, &group, false, NULL);
        (void)back; /* the first failure is the one to tell */
        return code;
    }
    return engine_group_end(s, &group, true, err);
}

enum errcode settings_view_make(struct store *s, struct error *err)
{
    struct str name = str_of(settings_audit.name);
    if (!s->engine->caps.views || catalog_find_table(s->catalog, name)) {
        return ERR_OK;
    }
    AUTO(engine_session_endp) struct session *session = NULL;
    TRY(engine_session_begin(s->engine, s->ns, ACCESS_SCHEMA, &session, err));
    AUTO(catalog_unrefp) struct catalog *now = NULL;
    TRY(engine_inspect(session, &now, err));
    if (catalog_find_table(now, name)) {
        return ERR_OK; /* another process was faster */
    }
    return run(session, engine_view_text(s->engine, session->arena, &settings_audit), err);
}
