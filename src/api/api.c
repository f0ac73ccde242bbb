#include "api/api.h"

#include <pthread.h>
#include <string.h>

#include "api/inside.h"
#include "app/tenant_view.h"
#include "base/attr.h"
#include "base/time.h"
#include "base/uuid.h"
#include "observe/log.h"
#include "observe/metrics.h"

#define ROUTES_MAX 400
#define MOVES_MAX  4 /* changes of structure that one request lets pass */

/* ---- the table of all routes --------------------------------------------------------------- */

static const struct route *const tables[] = {
    routes_auth, routes_people,   routes_server,  routes_tables,  routes_changes,
    routes_rows, routes_transfer, routes_openapi, routes_sources,
};

static struct {
    pthread_once_t once;
    const struct route *rows[ROUTES_MAX];
    size_t n;
} all = {.once = PTHREAD_ONCE_INIT};

static void check_row(const struct route *r)
{
    BUG_ON(!r->method || !r->pattern || r->pattern[0] != '/');
    BUG_ON(r->action == ACTION_NONE || r->action >= ACTION_N);
    BUG_ON(r->body == BODY_UNSET || !r->fn || !r->query || !r->summary);
}

static void gather(void)
{
    for (size_t t = 0; t < ARRAY_LEN(tables); t++) {
        for (const struct route *r = tables[t]; r->method; r++) {
            BUG_ON(all.n == ROUTES_MAX);
            check_row(r);
            all.rows[all.n++] = r;
        }
    }
}

const struct route *const *api_routes(size_t *n)
{
    pthread_once(&all.once, gather);
    *n = all.n;
    return all.rows;
}

static void router_row(const void *table, size_t i, const char **method, const char **pattern)
{
    const struct route *const *rows = table;
    *method = rows[i]->method;
    *pattern = rows[i]->pattern;
}

/* "/", or the setting with a slash at both ends. */
static const char *base_of(struct arena *a, const char *text)
{
    struct str s = str_of(text);
    while (s.n && s.p[0] == '/') {
        s = str_sub(s, 1);
    }
    while (s.n && s.p[s.n - 1] == '/') {
        s.n--;
    }
    return s.n ? arena_printf(a, "/%.*s/", (int)s.n, s.p) : "/";
}

struct api *api_new(struct app *app, const struct static_files *studio)
{
    struct arena *a = arena_new();
    struct api *api = ARENA_NEW(a, struct api);
    size_t n;
    const struct route *const *rows = api_routes(&n);
    api->arena = a;
    api->app = app;
    random_bytes(api->salt, sizeof api->salt);
    api->studio = studio;
    api->base = base_of(a, app->settings->text[SETTING_BASE_PATH]);
    api->max_body = (size_t)app->settings->integer[SETTING_MAX_BODY_BYTES];
    api->max_depth = (int)app->settings->integer[SETTING_MAX_JSON_DEPTH];
    api->router = router_new(a, n, router_row, rows);
    page_prepare(api);
    return api;
}

void api_free(struct api *api)
{
    if (api) {
        arena_free(api->arena);
    }
}

const char *api_base(const struct api *api)
{
    return api->base;
}

/* ---- one request --------------------------------------------------------------------------- */

static bool is_reading(const char *method)
{
    return text_eq(method, "GET") || text_eq(method, "HEAD");
}

/* Behind a proxy that keeps its prefix, and directly. */
static struct str without_base(const struct api *api, struct str path)
{
    struct str base = {api->base, strlen(api->base) - 1};
    if (base.n && str_starts(path, base) && (path.n == base.n || path.p[base.n] == '/')) {
        path = str_sub(path, base.n);
    }
    return path.n ? path : STR("/");
}

static enum errcode identify(const struct api *api, struct call *c, struct error *err)
{
    struct caller_credentials in;
    enum errcode code = credentials_read(c->request, &in, err);
    if (c->route->action == ACTION_PUBLIC) { /* whoever it is, and whatever they send */
        in.bearer = in.cookie = in.tenant = (struct str){0};
        error_release(err);
        code = ERR_OK;
    }
    TRY(code);
    TRY(caller_identify(api->app, c->arena, &in, c->caller, err));
    TRY(caller_check(c->caller, c->route->action, err));
    if (c->caller->principal.by_cookie && !is_reading(request_method(c->request)) &&
        !authn_csrf_matches(&c->caller->principal, request_header(c->request, "X-Telaio-CSRF"))) {
        ERROR(err, ERR_CSRF, "the X-Telaio-CSRF header is missing or of another session");
        return error_hint(err, "GET /api/auth/me tells it");
    }
    return ERR_OK;
}

static enum errcode read_query(struct call *c, struct error *err)
{
    struct str query = request_query(c->request);
    if (!query.p || query.n == 0) {
        return ERR_OK;
    }
    struct query_pair *pairs = NULL;
    TRY(query_parse(c->arena, query, &pairs, &c->n_query, err));
    c->query = pairs;
    return query_check(c, err);
}

/* Somebody changed the structure under a request that did nothing yet: the new one is as good. */
static bool may_run_again(const struct call *c)
{
    return c->route->body != BODY_STREAM && response_bytes(c->request) == 0;
}

/* Nothing is half done when such a request fails: rows are written all or none. */
static bool is_about_rows(const struct call *c)
{
    static const enum action actions[] = {ACTION_DATA_READ, ACTION_DATA_CREATE, ACTION_DATA_UPDATE,
                                          ACTION_DATA_DELETE};
    for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
        if (c->route->action == actions[i]) {
            return true;
        }
    }
    return false;
}

/* What another process made a moment ago may not be known here yet: then it is found in the second
   attempt. What fails for another reason fails as before. */
static bool is_stale(const struct call *c, enum errcode code, int64_t since)
{
    int status = errcode_row(code)->http_status;
    bool may = status == 404 || ((status == 400 || status == 422) && is_about_rows(c));
    struct error why = ERROR_INIT;
    bool is_new = false;
    if (code == ERR_OK || !may || !may_run_again(c)) {
        return false;
    }
    enum errcode asked = tenant_view_renew(c->caller, since, &is_new, &why);
    error_release(&why);
    return asked == ERR_OK && is_new;
}

static enum errcode run(const struct api *api, struct call *c, int64_t began, struct error *err)
{
    struct str body = {0};
    bool is_answered = false;
    TRY(identify(api, c, err));
    TRY(read_query(c, err));
    TRY(body_read(api, c, &body, err));
    headers_begin(c->request);
    TRY(repeat_begin(api, c, body, &is_answered, err));
    if (is_answered) {
        return ERR_OK;
    }
    enum errcode code = c->route->fn(c, err);
    if (is_stale(c, code, began)) {
        error_release(err);
        code = c->route->fn(c, err);
    }
    for (int i = 0; code == ERR_SCHEMA_MOVED && i < MOVES_MAX && may_run_again(c); i++) {
        error_release(err);
        code = c->route->fn(c, err);
    }
    repeat_end(c, code != ERR_OK);
    return code;
}

/* The page of a path that has no route; else what the router said, with the methods there are. */
static enum errcode no_route(const struct api *api, struct call *c, struct str path,
                             enum errcode code, struct error *err)
{
    if (code == ERR_NOT_FOUND && page_answer(api, c->request, path)) {
        error_release(err);
        return ERR_OK;
    }
    if (code != ERR_METHOD_NOT_ALLOWED) {
        return code;
    }
    const char *methods = router_methods(api->router, c->arena, c->match->methods);
    if (text_eq(request_method(c->request), "OPTIONS")) {
        error_release(err);
        response_status(c->request, 204);
        response_header(c->request, "Allow", methods);
        return ERR_OK;
    }
    return error_detail(err, "%s", methods);
}

static enum errcode dispatch(const struct api *api, struct call *c, struct route_match *match,
                             int64_t began, struct error *err)
{
    struct str path = without_base(api, request_path(c->request));
    enum errcode code =
        router_match(api->router, c->arena, request_method(c->request), path, match, err);
    if (code != ERR_OK) {
        return no_route(api, c, path, code, err);
    }
    size_t n;
    c->route = api_routes(&n)[match->row];
    return run(api, c, began, err);
}

/* What the server did wrong is told whole; what a client did wrong or changed, shortly; reads are
 * for whoever looks closely. */
static enum log_level level_of(const struct call *c, int status)
{
    if (status >= 500 && status != 503) {
        return LOG_WARNING;
    }
    return status >= 400 || !is_reading(request_method(c->request)) ? LOG_INFO : LOG_DEBUG;
}

static void account(const struct call *c, enum errcode code, int64_t began)
{
    struct request *r = c->request;
    int status = code == ERR_CANCELLED ? errcode_row(code)->http_status : response_status_now(r);
    int64_t us = time_monotonic_us() - began;
    enum log_level level = level_of(c, status);
    metric_request(status, us);
    if (!log_enabled(level)) {
        return;
    }
    LOG(level, "request", LOG_TEXT("id", request_id(r)), LOG_TEXT("method", request_method(r)),
        LOG_TEXT("path", arena_str(c->arena, request_path(r))), LOG_INT("status", status),
        LOG_INT("us", us), LOG_INT("bytes", response_bytes(r)),
        LOG_INT("user", c->caller->principal.user_id), LOG_TEXT("tenant", c->caller->tenant.slug),
        LOG_TEXT("peer", request_peer(r)));
}

static void tell(const struct call *c, struct error *err)
{
    if (errcode_row(err->code)->http_status == 500) {
        log_error("request", err);
    }
    error_answer(c->request, err,
                 c->caller->subject.role == AUTHZ_OWNER ||
                     c->caller->subject.role == AUTHZ_PLATFORM_ADMIN);
}

void api_handle(struct request *r, void *arg)
{
    const struct api *api = arg;
    struct caller caller = {.app = api->app, .arena = request_arena(r)};
    struct route_match match = {0};
    struct call c = {
        .request = r,
        .arena = request_arena(r),
        .app = api->app,
        .caller = &caller,
        .match = &match,
        .base = api->base,
    };
    struct error err = ERROR_INIT;
    int64_t began = time_monotonic_us();
    enum errcode code = dispatch(api, &c, &match, began, &err);
    if (code != ERR_OK) {
        tell(&c, &err);
    }
    account(&c, code, began);
    error_release(&err);
}
