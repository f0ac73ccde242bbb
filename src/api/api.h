#pragma once

#include "app/caller.h"
#include "base/json.h"
#include "http/http.h"
#include "http/router.h"
#include "http/static.h"

/*
 * The door of HTTP. Every route is a row; no column may be empty, action 0 is refused at start. The
 * dispatcher routes, identifies, judges by the row, checks CSRF, reads a JSON body, refuses unknown
 * query parameters, keeps Idempotency-Keys, runs the handler, turns an error into the envelope,
 * logs and counts. A handler decodes, calls a use case of app/ and encodes.
 */
struct call {
    struct request *request;
    struct arena *arena;
    struct app *app;
    struct caller *caller;
    const struct route *route;
    const struct route_match *match;
    const struct query_pair *query;
    size_t n_query;
    const json_t *body;    /* BODY_JSON; NULL otherwise */
    const char *base;      /* base path with a slash at both ends */
    struct repeat *repeat; /* the dispatcher's: an Idempotency-Key was given; else NULL */
};

typedef enum errcode call_fn(struct call *c, struct error *err);

enum route_body {
    BODY_UNSET = 0, /* illegal */
    BODY_NONE,      /* a body is read and thrown away up to the drain limit */
    BODY_JSON,      /* read whole, at most max-body-bytes, media type application/json */
    BODY_OPTIONAL,  /* as JSON, but may be missing */
    BODY_STREAM,    /* the handler reads it with request_read() */
};

struct route {
    const char *method;
    const char *pattern; /* router.h */
    enum action action;
    enum route_body body;
    call_fn *fn;
    const char *query;   /* names of the parameters it takes, space separated; "" = none; a name
                            "*" takes any. None may be repeated */
    const char *summary; /* one line for /openapi.json */
};

/*
 * Tables of routes, one per file of handlers, ended by a row without a method. GET rows answer HEAD
 * too. Of a row whose action is ACTION_PUBLIC nobody is identified: the caller is nobody.
 */
extern const struct route routes_auth[], routes_people[], routes_server[];     /* api/ */
extern const struct route routes_tables[], routes_changes[], routes_sources[]; /* api/editor/ */
extern const struct route routes_rows[], routes_transfer[], routes_openapi[];  /* api/custom/ */

struct api;
/** api_new() - checks every row of every table; @studio may be NULL. Freed by api_free(). */
struct api *api_new(struct app *app, const struct static_files *studio) MUST_CHECK;
void api_free(struct api *api);
/** api_base() - the base path with a slash at both ends, "/" without one. */
const char *api_base(const struct api *api);
/** api_handle() - http_handler; arg = struct api. */
void api_handle(struct request *r, void *api);
/** api_routes() - every row, in order, for /openapi.json and tests. */
const struct route *const *api_routes(size_t *n);

/** call_param() - the path parameter @name; never NULL for one that the pattern has. */
const char *call_param(const struct call *c, const char *name);
/** call_query() - the query parameter @name, p NULL when it is not given. */
struct str call_query(const struct call *c, const char *name);
/** call_flag() - it is given as "true" or "1". Errors: ERR_INVALID_PARAMETER. */
enum errcode call_flag(const struct call *c, const char *name, bool *out,
                       struct error *err) MUST_CHECK;

/*
 * The envelope. Begin writes {"success":true,"data": and gives a writer for the value; end closes
 * it. @meta (may be NULL) is JSON object text.
 */
struct answer {
    struct buf *buf; /* released with the request's arena */
    struct json_writer json;
};
void answer_begin(struct call *c, struct answer *a, int status);
enum errcode answer_end(struct call *c, struct answer *a, const char *meta,
                        struct error *err) MUST_CHECK;
/** answer_error() - the envelope (or problem+json) of @err; used by the dispatcher. */
void answer_error(struct request *r, const struct error *err);
