#include <string.h>

#include "api/api.h"
#include "app/openapi.h"

/*
 * What the API is, told by the table of routes itself and by the caller's tables: routes that the
 * caller may not use are left out, and there is nothing in it that is not there.
 */

static const char components[] =
    "\"securitySchemes\":{"
    "\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\"},"
    "\"cookie\":{\"type\":\"apiKey\",\"in\":\"cookie\",\"name\":\"telaio_session\"}},"
    "\"parameters\":{"
    "\"page\":{\"name\":\"page\",\"in\":\"query\",\"schema\":{\"type\":\"integer\",\"minimum\":1,"
    "\"default\":1}},"
    "\"limit\":{\"name\":\"limit\",\"in\":\"query\",\"schema\":{\"type\":\"integer\","
    "\"minimum\":1,\"maximum\":1000,\"default\":50}},"
    "\"sort\":{\"name\":\"sort\",\"in\":\"query\",\"description\":\"columns, separated by commas; "
    "a minus turns one around\",\"schema\":{\"type\":\"string\"}},"
    "\"order\":{\"name\":\"order\",\"in\":\"query\",\"schema\":{\"enum\":[\"asc\",\"desc\"]}},"
    "\"filters\":{\"name\":\"filters\",\"in\":\"query\",\"description\":\"JSON: an object of "
    "columns, or a tree of and, or, not and {field, operator, value}\","
    "\"schema\":{\"type\":\"string\"}},"
    "\"search\":{\"name\":\"search\",\"in\":\"query\",\"description\":\"found in any text column, "
    "whatever the case\",\"schema\":{\"type\":\"string\"}},"
    "\"cursor\":{\"name\":\"cursor\",\"in\":\"query\",\"description\":\"meta.nextCursor of the "
    "list before\",\"schema\":{\"type\":\"string\"}},"
    "\"count\":{\"name\":\"count\",\"in\":\"query\",\"schema\":{\"enum\":[\"exact\","
    "\"estimated\",\"none\"]}},"
    "\"fields\":{\"name\":\"fields\",\"in\":\"query\",\"description\":\"columns, separated by "
    "commas\",\"schema\":{\"type\":\"string\"}}},"
    "\"responses\":{\"Error\":{\"description\":\"refused or failed\",\"content\":{"
    "\"application/json\":{\"schema\":{\"$ref\":\"#/components/schemas/Error\"}}}}},";

static const char error_schema[] =
    "{\"type\":\"object\",\"properties\":{\"success\":{\"const\":false},\"error\":{"
    "\"type\":\"object\",\"required\":[\"code\",\"message\",\"requestId\"],\"properties\":{"
    "\"code\":{\"type\":\"string\"},\"message\":{\"type\":\"string\"},\"detail\":{\"type\":"
    "\"string\"},\"hint\":{\"type\":\"string\"},\"where\":{\"type\":\"string\",\"description\":"
    "\"JSON pointer into the request\"},\"params\":{\"type\":\"object\"},\"requestId\":{\"type\":"
    "\"string\"}}}}}";

static const char pagination_schema[] =
    "{\"type\":\"object\",\"properties\":{\"total\":{\"type\":[\"integer\",\"null\"]},"
    "\"page\":{\"type\":[\"integer\",\"null\"]},\"limit\":{\"type\":\"integer\"},"
    "\"pages\":{\"type\":[\"integer\",\"null\"]},\"exact\":{\"type\":\"boolean\"}}}";

/* "/a/{b*}" is written "/a/{b}" in the document. */
static const char *path_of(struct arena *a, const char *pattern)
{
    struct buf b;
    buf_init(&b, 4096);
    for (const char *p = pattern; *p; p++) {
        if (*p != '*') {
            buf_addc(&b, *p);
        }
    }
    const char *path = arena_str(a, buf_str(&b));
    buf_release(&b);
    return path;
}

static void add_path_parameters(struct json_writer *w, const char *pattern)
{
    struct str rest = str_of(pattern);
    jsonw_key(w, "parameters");
    jsonw_begin_array(w);
    while (str_find(rest, '{') < rest.n) {
        rest = str_sub(rest, str_find(rest, '{') + 1);
        struct str name = {rest.p, str_find(rest, '}')};
        name.n = str_find(name, '*');
        jsonw_begin_object(w);
        jsonw_kv_str(w, "name", name);
        jsonw_kv_text(w, "in", "path");
        jsonw_kv_bool(w, "required", true);
        jsonw_kv_raw(w, "schema", STR("{\"type\":\"string\"}"));
        jsonw_end_object(w);
    }
    jsonw_end_array(w);
}

static void add_query_parameters(struct json_writer *w, const char *names)
{
    struct str rest = str_of(names), name;
    jsonw_key(w, "parameters");
    jsonw_begin_array(w);
    while (str_split(&rest, ' ', &name)) {
        if (name.n == 0 || str_is(name, "*")) {
            continue;
        }
        jsonw_begin_object(w);
        jsonw_kv_str(w, "name", name);
        jsonw_kv_text(w, "in", "query");
        jsonw_kv_raw(w, "schema", STR("{\"type\":\"string\"}"));
        jsonw_end_object(w);
    }
    jsonw_end_array(w);
}

static const char *lower(struct arena *a, const char *method)
{
    char *text = arena_strdup(a, method);
    for (char *p = text; *p; p++) {
        *p = (char)(*p >= 'A' && *p <= 'Z' ? *p - 'A' + 'a' : *p);
    }
    return text;
}

static void add_route(struct arena *a, struct json_writer *w, const struct route *r)
{
    jsonw_key(w, lower(a, r->method));
    jsonw_begin_object(w);
    jsonw_kv_text(w, "summary", r->summary);
    add_query_parameters(w, r->query);
    if (r->body == BODY_JSON || r->body == BODY_OPTIONAL) {
        jsonw_key(w, "requestBody");
        jsonw_raw(w, r->body == BODY_JSON
                         ? STR("{\"required\":true,\"content\":{\"application/json\":{}}}")
                         : STR("{\"content\":{\"application/json\":{}}}"));
    } else if (r->body == BODY_STREAM) {
        jsonw_key(w, "requestBody");
        jsonw_raw(w, STR("{\"required\":true,\"content\":{\"text/csv\":{},"
                         "\"text/tab-separated-values\":{},\"application/json\":{},"
                         "\"application/x-ndjson\":{},\"multipart/form-data\":{}}}"));
    }
    if (r->action == ACTION_PUBLIC) {
        jsonw_key(w, "security");
        jsonw_raw(w, STR("[]"));
    }
    jsonw_key(w, "responses");
    jsonw_raw(w, STR("{\"2XX\":{\"description\":\"done\"},"
                     "\"default\":{\"$ref\":\"#/components/responses/Error\"}}"));
    jsonw_end_object(w);
}

static bool is_shown(const struct call *c, const struct route *r)
{
    bool is_generic = strstr(r->pattern, "{resource}") != NULL; /* told by the tables themselves */
    return !is_generic &&
           (r->action == ACTION_PUBLIC || caller_check(c->caller, r->action, NULL) == ERR_OK);
}

/* The first route of its pattern writes all methods of it. */
static void add_routes(const struct call *c, struct json_writer *w)
{
    size_t n = 0;
    const struct route *const *routes = api_routes(&n);
    bool *is_done = ARENA_ARRAY(c->arena, n, bool);
    for (size_t i = 0; i < n; i++) {
        if (is_done[i] || !is_shown(c, routes[i])) {
            continue;
        }
        jsonw_key(w, path_of(c->arena, routes[i]->pattern));
        jsonw_begin_object(w);
        if (strchr(routes[i]->pattern, '{')) {
            add_path_parameters(w, routes[i]->pattern);
        }
        for (size_t k = i; k < n; k++) {
            if (text_eq(routes[k]->pattern, routes[i]->pattern) && is_shown(c, routes[k])) {
                is_done[k] = true;
                add_route(c->arena, w, routes[k]);
            }
        }
        jsonw_end_object(w);
    }
}

static void add_document(const struct call *c, const struct tenant_view *v, struct json_writer *w)
{
    jsonw_begin_object(w);
    jsonw_kv_text(w, "openapi", "3.1.0");
    jsonw_kv_raw(w, "info",
                 STR("{\"title\":\"Telaio\",\"version\":\"" TELAIO_VERSION "\",\"description\":"
                     "\"The tables of one tenant and what manages them.\"}"));
    jsonw_key(w, "servers");
    jsonw_begin_array(w);
    jsonw_begin_object(w);
    jsonw_kv_text(w, "url", c->app->settings->text[SETTING_BASE_PATH]);
    jsonw_end_object(w);
    jsonw_end_array(w);
    jsonw_kv_raw(w, "security", STR("[{\"bearer\":[]},{\"cookie\":[]}]"));
    jsonw_key(w, "paths");
    jsonw_begin_object(w);
    if (v) {
        openapi_paths(c->caller, v, w);
    }
    add_routes(c, w);
    jsonw_end_object(w);
    jsonw_key(w, "components");
    jsonw_begin_object(w);
    buf_add(w->out, components, sizeof components - 1);
    jsonw_key(w, "schemas");
    jsonw_begin_object(w);
    jsonw_kv_raw(w, "Error", str_of(error_schema));
    jsonw_kv_raw(w, "Pagination", str_of(pagination_schema));
    if (v) {
        openapi_schemas(c->caller, v, w);
    }
    jsonw_end_object(w);
    jsonw_end_object(w);
    jsonw_end_object(w);
}

static enum errcode openapi(struct call *c, struct error *err)
{
    const struct tenant_view *v = NULL;
    struct buf b;
    struct json_writer w;
    if (c->caller->tenant.id != 0) {
        TRY(tenant_view(c->caller, &v, err));
    }
    buf_init(&b, BUF_MAX_DEFAULT);
    jsonw_init(&w, &b);
    add_document(c, v, &w);
    enum errcode code = ERR_OK;
    if (buf_failed(&b)) {
        code = ERROR(err, ERR_TOO_LARGE, "there are too many tables for one document");
    } else {
        response_header(c->request, "Content-Type", "application/json");
        code = response_write(c->request, b.p, b.n, err);
    }
    buf_release(&b);
    return code;
}

/* ---- the page for people ------------------------------------------------------------------- */

static void add_html(struct buf *b, const char *text)
{
    for (const char *p = text; *p; p++) {
        switch (*p) {
        case '<':
            buf_adds(b, "&lt;");
            break;
        case '>':
            buf_adds(b, "&gt;");
            break;
        case '&':
            buf_adds(b, "&amp;");
            break;
        default:
            buf_addc(b, *p);
        }
    }
}

static void add_page(struct buf *b)
{
    size_t n = 0;
    const struct route *const *routes = api_routes(&n);
    buf_adds(b,
             "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
             "<meta name=\"viewport\" content=\"width=device-width\">"
             "<title>Telaio API</title></head><body><main><h1>Telaio API</h1>"
             "<p>Every route of this server. <a href=\"openapi.json\">openapi.json</a> describes "
             "them with the tables you may see; the page \"API\" of a table in the studio tries "
             "them.</p><table><thead><tr><th scope=\"col\">Method</th>"
             "<th scope=\"col\">Path</th><th scope=\"col\">What it does</th>"
             "<th scope=\"col\">Parameters</th></tr></thead><tbody>");
    for (size_t i = 0; i < n; i++) {
        const char *query = text_eq(routes[i]->query, "*") ? "" : routes[i]->query;
        buf_printf(b, "<tr><td>%s</td><td><code>", routes[i]->method);
        add_html(b, routes[i]->pattern);
        buf_adds(b, "</code></td><td>");
        add_html(b, routes[i]->summary);
        buf_adds(b, "</td><td>");
        add_html(b, query);
        buf_adds(b, "</td></tr>");
    }
    buf_adds(b, "</tbody></table></main></body></html>");
}

static enum errcode docs(struct call *c, struct error *err)
{
    struct buf b;
    buf_init(&b, BUF_MAX_DEFAULT);
    add_page(&b);
    response_header(c->request, "Content-Type", "text/html; charset=utf-8");
    response_header(c->request, "Content-Security-Policy",
                    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'");
    enum errcode code = response_write(c->request, b.p, b.n, err);
    buf_release(&b);
    return code;
}

const struct route routes_openapi[] = {
    {"GET", "/openapi.json", ACTION_SIGNED_IN, BODY_NONE, openapi, "",
     "this API as OpenAPI 3.1, with the caller's tables"},
    {"GET", "/docs", ACTION_PUBLIC, BODY_NONE, docs, "*", "this API as a page"},
    {0},
};
