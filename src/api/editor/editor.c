#include "api/editor/editor.h"

#include <string.h>

#include "app/changes.h"
#include "migrate/plan_json.h"

#define CONFIRM_MAX 200

enum errcode editor_source(const struct call *c, struct error *err)
{
    TRY(caller_use_source(c->caller, call_query(c, "source"), err));
    bool is_schema = action_row(c->route->action)->flags & ACTION_IS_SCHEMA;
    return is_schema ? caller_policy(c->caller, err) : ERR_OK;
}

enum errcode editor_is_dry(const struct call *c, bool *out, struct error *err)
{
    TRY(call_flag(c, "dryRun", out, err));
    *out = *out || (c->caller->policy && c->caller->policy->dry_run_mode);
    return ERR_OK;
}

struct migrate_confirm editor_confirm(const struct call *c)
{
    struct migrate_confirm confirm = {0};
    struct str rest = call_query(c, "confirm"), part;
    const char **ids = NULL;
    while (str_split(&rest, ',', &part) && confirm.n < CONFIRM_MAX) {
        ARENA_PUSH(c->arena, ids, confirm.n, arena_str(c->arena, str_trim(part)));
    }
    confirm.ids = ids;
    return confirm;
}

enum errcode editor_integer(const struct call *c, const char *name, int64_t fallback, int64_t least,
                            int64_t most, int64_t *out, struct error *err)
{
    struct str text = call_query(c, name);
    *out = fallback;
    if (!text.p) {
        return ERR_OK;
    }
    if (!str_int64(text, out) || *out < least || *out > most) {
        ERROR(err, ERR_INVALID_PARAMETER, "\"%s\" is a number from %lld to %lld", name,
              (long long)least, (long long)most);
        return error_where(err, "/query/%s", name);
    }
    return ERR_OK;
}

const char *editor_text(const struct call *c, const char *name)
{
    struct str text = call_query(c, name);
    return text.n > 0 ? arena_str(c->arena, text) : NULL;
}

enum errcode editor_answer_plan(struct call *c, const struct plan *plan, struct error *err)
{
    const struct str nothing = STR("{\"planId\":null,\"operations\":[],\"steps\":[],\"lint\":[],"
                                   "\"undo\":{\"class\":\"free\"},\"checks\":[]}");
    struct answer a;
    answer_begin(c, &a, 200);
    if (plan) {
        struct migrate_target t = app_change_target(c->caller);
        plan_encode(&a.json, &t, plan);
    } else {
        jsonw_raw(&a.json, nothing);
    }
    return answer_end(c, &a, NULL, err);
}

enum errcode editor_answer_job(struct call *c, const struct job *job, struct error *err)
{
    struct answer a;
    struct buf b;
    buf_init(&b, BUF_MAX_DEFAULT);
    job_encode(job, &b);
    response_header(c->request, "Location", arena_printf(c->arena, "/api/jobs/%s", job->id));
    answer_begin(c, &a, 202);
    jsonw_begin_object(&a.json);
    jsonw_kv_raw(&a.json, "job", buf_str(&b));
    jsonw_end_object(&a.json);
    buf_release(&b);
    return answer_end(c, &a, NULL, err);
}

void editor_begin_change(struct call *c, struct answer *a, int status,
                         const struct change_record *r)
{
    answer_begin(c, a, status);
    jsonw_begin_object(&a->json);
    if (r) {
        jsonw_kv_text(&a->json, "changeId", r->id);
        jsonw_kv_instant(&a->json, "undoUntil", r->undo_until);
    }
}

enum errcode editor_where(struct error *err, enum errcode code, const char *part)
{
    const struct str head = STR("/operations/");
    struct str where = code != ERR_OK && err ? str_of(err->where) : (struct str){0};
    if (!str_starts(where, head)) {
        return code;
    }
    struct str rest = str_sub(where, head.n);
    rest = str_sub(rest, str_find(rest, '/'));
    rest = str_starts(rest, str_of(part)) ? str_sub(rest, strlen(part)) : rest;
    AUTO(arena_freep) struct arena *tmp = arena_new();
    const char *kept = arena_str(tmp, rest);
    return error_where(err, "%s", *kept ? kept : "/");
}

const char *editor_meta(struct call *c, const char *cursor)
{
    if (!cursor) {
        return NULL;
    }
    struct buf b;
    buf_init(&b, BUF_MAX_DEFAULT);
    buf_adds(&b, "{\"nextCursor\":");
    json_quote(&b, str_of(cursor));
    buf_addc(&b, '}');
    const char *meta = arena_str(c->arena, buf_str(&b));
    buf_release(&b);
    struct str path = request_path(c->request);
    response_header(
        c->request, "Link",
        arena_printf(c->arena, "<%.*s?cursor=%s>; rel=\"next\"", (int)path.n, path.p, cursor));
    return meta;
}
