#include <string.h>

#include "api/inside.h"
#include "observe/log.h"

#define MEDIA_JSON    "application/json"
#define MEDIA_PROBLEM "application/problem+json"

/* ---- answers ----------------------------------------------------------------------------- */

void headers_begin(struct request *r)
{
    response_header(r, "X-Content-Type-Options", "nosniff");
    response_header(r, "Cache-Control", "no-store");
}

static void release(void *buf)
{
    buf_release(buf);
}

static struct buf *request_buf(struct arena *a)
{
    struct buf *b = ARENA_NEW(a, struct buf);
    buf_init(b, BUF_MAX_DEFAULT);
    arena_defer(a, release, b);
    return b;
}

void answer_begin(struct call *c, struct answer *a, int status)
{
    a->buf = request_buf(c->arena);
    buf_adds(a->buf, "{\"success\":true,\"data\":");
    jsonw_init(&a->json, a->buf);
    response_status(c->request, status);
}

/* Handlers name addresses as they know them; the client's are below the base path. */
static void move_location(struct call *c)
{
    struct str location = response_header_now(c->request, "Location");
    if (location.n > 1 && location.p[0] == '/' && c->base[1]) {
        struct str rest = str_sub(location, 1);
        response_header(c->request, "Location",
                        arena_printf(c->arena, "%s%.*s", c->base, (int)rest.n, rest.p));
    }
}

enum errcode answer_end(struct call *c, struct answer *a, const char *meta, struct error *err)
{
    if (meta) {
        buf_adds(a->buf, ",\"meta\":");
        buf_adds(a->buf, meta);
    }
    buf_addc(a->buf, '}');
    if (buf_failed(a->buf)) {
        return ERROR(err, ERR_TOO_LARGE, "the answer is too large; ask for less at once");
    }
    response_header(c->request, "Content-Type", MEDIA_JSON);
    move_location(c);
    repeat_finish(c, buf_str(a->buf));
    return response_write(c->request, a->buf->p, a->buf->n, err);
}

/* ---- errors ------------------------------------------------------------------------------ */

struct failure {
    const struct errcode_row *row;
    const char *message, *detail, *hint, *where, *params;
};

/* What failed inside is for the log, not for whoever asked. */
static struct failure failure_of(const struct error *e, bool is_trusted)
{
    struct failure f = {.row = errcode_row(e->code)};
    bool is_inside = e->code == ERR_INTERNAL || e->code == ERR_IO || e->code == ERR_CORRUPT;
    f.message = is_inside || !e->message ? f.row->meaning : e->message;
    if (!is_inside) {
        f.detail = is_trusted ? e->detail : NULL;
        f.hint = e->hint;
        f.where = e->where;
        f.params = e->params;
    }
    return f;
}

static void write_optional(struct json_writer *w, const char *key, const char *text)
{
    if (text) {
        jsonw_kv_text(w, key, text);
    }
}

static void write_rest(struct json_writer *w, const struct failure *f, const char *id)
{
    write_optional(w, "hint", f->hint);
    write_optional(w, "where", f->where);
    if (f->params) {
        jsonw_kv_raw(w, "params", str_of(f->params));
    }
    jsonw_kv_text(w, "requestId", id);
}

static void write_envelope(struct json_writer *w, const struct failure *f, const char *id)
{
    jsonw_begin_object(w);
    jsonw_kv_bool(w, "success", false);
    jsonw_key(w, "error");
    jsonw_begin_object(w);
    jsonw_kv_text(w, "code", f->row->wire);
    jsonw_kv_text(w, "message", f->message);
    write_optional(w, "detail", f->detail);
    write_rest(w, f, id);
    jsonw_end_object(w);
    jsonw_end_object(w);
}

/* RFC 9457. */
static void write_problem(struct json_writer *w, const struct failure *f, const char *id)
{
    jsonw_begin_object(w);
    jsonw_key(w, "type");
    jsonw_text(w, "about:blank");
    jsonw_kv_text(w, "title", f->row->meaning);
    jsonw_kv_int(w, "status", f->row->http_status);
    jsonw_kv_text(w, "detail", f->message);
    jsonw_kv_text(w, "instance", id);
    jsonw_kv_text(w, "code", f->row->wire);
    write_rest(w, f, id);
    jsonw_end_object(w);
}

static bool wants_problem(const struct request *r)
{
    struct str accept = request_header((struct request *)r, "Accept");
    struct str part;
    while (accept.p && str_split(&accept, ',', &part)) {
        struct str type = {part.p, str_find(part, ';')};
        if (str_eq_nocase(str_trim(type), STR(MEDIA_PROBLEM))) {
            return true;
        }
    }
    return false;
}

static void write_headers(struct request *r, const struct error *e, const char *media)
{
    struct arena *a = request_arena(r);
    int status = errcode_row(e->code)->http_status;
    int64_t seconds = authn_retry_after(e);
    headers_begin(r);
    response_header(r, "Content-Type", media);
    if (status == 429 || status == 503) {
        response_header(r, "Retry-After",
                        arena_printf(a, "%lld", (long long)(seconds ? seconds : 1)));
    }
    if (status == 401) {
        response_header(r, "WWW-Authenticate", "Bearer realm=\"telaio\"");
    }
}

void error_answer(struct request *r, const struct error *err, bool is_trusted)
{
    struct arena *a = request_arena(r);
    const char *allow = err->code == ERR_METHOD_NOT_ALLOWED ? err->detail : NULL;
    if (!response_reset(r)) {
        response_abort(r);
        return;
    }
    struct failure f = failure_of(err, is_trusted && !allow);
    struct buf *b = request_buf(a);
    struct json_writer w;
    bool is_problem = wants_problem(r);
    jsonw_init(&w, b);
    (is_problem ? write_problem : write_envelope)(&w, &f, request_id(r));
    response_status(r, f.row->http_status);
    write_headers(r, err, is_problem ? MEDIA_PROBLEM : MEDIA_JSON);
    if (allow) {
        response_header(r, "Allow", allow);
    }
    if (response_write(r, b->p, b->n, NULL) != ERR_OK) {
        response_abort(r); /* the client is gone */
    }
}

void answer_error(struct request *r, const struct error *err)
{
    error_answer(r, err, false);
}
