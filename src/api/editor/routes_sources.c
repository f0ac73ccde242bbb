#include "api/editor/editor.h"
#include "app/source_policy_json.h"
#include "app/sources_json.h"

#define ROOT   "/api/db-editor/sources"
#define SOURCE ROOT "/{source}"

static enum errcode answer_source(struct call *c, int status, const struct source_info *s,
                                  struct error *err)
{
    struct answer a;
    answer_begin(c, &a, status);
    source_info_encode(&a.json, c->arena, s);
    return answer_end(c, &a, NULL, err);
}

static enum errcode list(struct call *c, struct error *err)
{
    struct source_info *sources = NULL;
    size_t n = 0;
    struct answer a;
    TRY(sources_list(c->caller, &sources, &n, err));
    answer_begin(c, &a, 200);
    jsonw_begin_object(&a.json);
    jsonw_key(&a.json, "sources");
    jsonw_begin_array(&a.json);
    for (size_t i = 0; i < n; i++) {
        source_info_encode(&a.json, c->arena, &sources[i]);
    }
    jsonw_end_array(&a.json);
    jsonw_key(&a.json, "kinds");
    jsonw_begin_array(&a.json);
    for (size_t i = 0; i < c->app->kinds->n; i++) {
        const struct engine_kind *kind = c->app->kinds->items[i];
        jsonw_begin_object(&a.json);
        jsonw_kv_text(&a.json, "kind", kind->name);
        jsonw_kv_text(&a.json, "label", kind->label);
        jsonw_kv_text(&a.json, "scheme", kind->schemes[0]);
        jsonw_kv_int(&a.json, "port", kind->port);
        jsonw_end_object(&a.json);
    }
    jsonw_end_array(&a.json);
    jsonw_end_object(&a.json);
    return answer_end(c, &a, NULL, err);
}

static enum errcode get(struct call *c, struct error *err)
{
    struct source_info s;
    TRY(sources_get(c->caller, call_param(c, "source"), &s, err));
    return answer_source(c, 200, &s, err);
}

static enum errcode add(struct call *c, struct error *err)
{
    struct source_edit e;
    struct source_info made;
    TRY(source_edit_decode(c->caller, NULL, c->body, &e, err));
    TRY(sources_add(c->caller, &e, &made, err));
    response_header(c->request, "Location", arena_printf(c->arena, ROOT "/%s", e.name));
    return answer_source(c, 201, &made, err);
}

static enum errcode change(struct call *c, struct error *err)
{
    const struct source *was = NULL;
    struct source_edit e;
    struct source_info now;
    TRY(sources_find(c->caller, ACTION_DATASOURCES_UPDATE, call_param(c, "source"), &was, err));
    TRY(source_edit_decode(c->caller, was, c->body, &e, err));
    TRY(sources_change(c->caller, was, &e, &now, err));
    return answer_source(c, 200, &now, err);
}

static enum errcode drop(struct call *c, struct error *err)
{
    const char *name = call_param(c, "source");
    struct answer a;
    TRY(sources_remove(c->caller, name, err));
    answer_begin(c, &a, 200);
    jsonw_begin_object(&a.json);
    jsonw_kv_text(&a.json, "name", name);
    jsonw_end_object(&a.json);
    return answer_end(c, &a, NULL, err);
}

static enum errcode answer_test(struct call *c, const struct source_test *t, struct error *err)
{
    struct answer a;
    answer_begin(c, &a, 200);
    jsonw_begin_object(&a.json);
    jsonw_kv_bool(&a.json, "ok", t->is_ok);
    jsonw_kv_int(&a.json, "ms", t->us / 1000);
    if (t->is_ok) {
        jsonw_kv_text(&a.json, "version", t->version);
        jsonw_kv_int(&a.json, "tables", t->n_tables);
    } else {
        jsonw_key(&a.json, "error");
        jsonw_begin_object(&a.json);
        jsonw_kv_text(&a.json, "code", errcode_row(t->why.code)->wire);
        jsonw_kv_text(&a.json, "message", t->why.message);
        jsonw_kv_text(&a.json, "hint", t->why.hint);
        jsonw_end_object(&a.json);
    }
    jsonw_end_object(&a.json);
    return answer_end(c, &a, NULL, err);
}

/* What the body says is tried instead of what is kept. */
static enum errcode test(struct call *c, struct error *err)
{
    const struct source *was = NULL;
    struct source_edit e, *given = NULL;
    struct source_test t;
    TRY(sources_find(c->caller, ACTION_DATASOURCES_CONNECT, call_param(c, "source"), &was, err));
    if (c->body) {
        TRY(source_edit_decode(c->caller, was, c->body, &e, err));
        given = &e;
    }
    TRY(sources_test(c->caller, was, given, &t, err));
    return answer_test(c, &t, err);
}

static enum errcode test_new(struct call *c, struct error *err)
{
    struct source_edit e;
    struct source_test t;
    TRY(source_edit_decode(c->caller, NULL, c->body, &e, err));
    TRY(sources_test(c->caller, NULL, &e, &t, err));
    return answer_test(c, &t, err);
}

static enum errcode answer_policy(struct call *c, const struct source_policy *p, struct error *err)
{
    struct answer a;
    answer_begin(c, &a, 200);
    source_policy_encode(&a.json, p);
    return answer_end(c, &a, NULL, err);
}

static enum errcode get_policy(struct call *c, struct error *err)
{
    struct source_policy p;
    TRY(sources_policy(c->caller, ACTION_DATASOURCES_READ, call_param(c, "source"), &p, err));
    return answer_policy(c, &p, err);
}

static enum errcode put_policy(struct call *c, struct error *err)
{
    const char *name = call_param(c, "source");
    struct source_policy p;
    TRY(sources_policy(c->caller, ACTION_DATASOURCES_UPDATE, name, &p, err));
    TRY(source_policy_decode(c->arena, c->body, &p, err));
    TRY(sources_set_policy(c->caller, name, &p, err));
    return answer_policy(c, &p, err);
}

const struct route routes_sources[] = {
    {"GET", ROOT, ACTION_DATASOURCES_READ, BODY_NONE, list, "",
     "List the databases of the tenant and what each can do"},
    {"POST", ROOT, ACTION_DATASOURCES_CREATE, BODY_JSON, add, "", "Attach a database"},
    {"POST", ROOT ":test", ACTION_DATASOURCES_CREATE, BODY_JSON, test_new, "",
     "Try to connect to a database that is not attached"},
    {"GET", SOURCE, ACTION_DATASOURCES_READ, BODY_NONE, get, "",
     "Show a database: version, abilities, types, operations"},
    {"PATCH", SOURCE, ACTION_DATASOURCES_UPDATE, BODY_JSON, change, "",
     "Change how a database is reached, what may be done and which tables are there"},
    {"DELETE", SOURCE, ACTION_DATASOURCES_DELETE, BODY_NONE, drop, "",
     "Detach a database, which stays as it is"},
    {"POST", SOURCE ":test", ACTION_DATASOURCES_CONNECT, BODY_OPTIONAL, test, "",
     "Connect to an attached database anew"},
    {"GET", SOURCE "/policy", ACTION_DATASOURCES_READ, BODY_NONE, get_policy, "",
     "Show what may be done to the structure of a database"},
    {"PUT", SOURCE "/policy", ACTION_DATASOURCES_UPDATE, BODY_JSON, put_policy, "",
     "Change what may be done to the structure of a database"},
    {0},
};
