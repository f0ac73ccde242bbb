#include "store/settings_view.h"

#include "base/attr.h"

#define VIEW_NAME "settings_audit"

/* One text an engine: views are the engine's own, they are no operation of a change list. */
static const struct {
    const char *engine, *text;
} views[] = {
    {"sqlite",
     "CREATE VIEW \"" VIEW_NAME "\" AS SELECT c.\"id\" AS \"change_id\", c.\"tenant_id\", "
     "c.\"ns\" AS \"namespace\", c.\"source\", c.\"kind\", c.\"title\", c.\"tables\", "
     "c.\"actor_id\" AS \"user_id\", c.\"actor_name\" AS \"user_name\", a.\"ip_address\", "
     "a.\"user_agent\", a.\"request_id\", c.\"created_at\", c.\"finished_at\", "
     "c.\"state\" AS \"outcome\", c.\"error\", c.\"operations\", "
     "(SELECT group_concat(s.\"text\", ';' || char(10)) FROM (SELECT \"text\" FROM \"step\" "
     "WHERE \"change_id\" = c.\"id\" ORDER BY \"n\") AS s) AS \"statement\" "
     "FROM \"change\" AS c LEFT JOIN \"audit_log\" AS a ON a.\"change_id\" = c.\"id\""},
};

static const char *view_text(const struct store *s)
{
    for (size_t i = 0; i < ARRAY_LEN(views); i++) {
        if (text_eq(views[i].engine, s->engine->ops->name)) {
            return views[i].text;
        }
    }
    return NULL;
}

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
    const char *text = view_text(s);
    if (!text || catalog_find_table(s->catalog, STR(VIEW_NAME))) {
        return ERR_OK;
    }
    AUTO(engine_session_endp) struct session *session = NULL;
    TRY(engine_session_begin(s->engine, s->ns, ACCESS_SCHEMA, &session, err));
    AUTO(catalog_unrefp) struct catalog *now = NULL;
    TRY(engine_inspect(session, &now, err));
    if (catalog_find_table(now, STR(VIEW_NAME))) {
        return ERR_OK; /* another process was faster */
    }
    return run(session, text, err);
}
