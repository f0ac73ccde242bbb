#include <string.h>

#include "api/inside.h"
#include "base/hash.h"
#include "observe/log.h"

static void add(struct sha256 *h, struct str s)
{
    sha256_add(h, s.p ? s.p : "", s.n);
    sha256_add(h, "\n", 1);
}

static bool has_password(const struct call *c)
{
    const char *text = NULL;
    return c->body && (doc_opt_text(c->body, "password", &text, NULL) != ERR_OK || text);
}

/*
 * A body that is streamed is not read before its handler runs: its length and type stand for it.
 * The hash is kept for a day and is quick to make: guesses of a password that is part of it are
 * good for nothing without the salt, which is in this process only. So such a request is not known
 * again after a restart.
 */
static const char *hash_of(const struct api *api, const struct call *c, struct str body)
{
    struct request *r = c->request;
    unsigned char digest[SHA256_BYTES];
    char *hex = arena_alloc(c->arena, SHA256_HEX + 1);
    struct sha256 h;
    sha256_init(&h);
    if (has_password(c)) {
        sha256_add(&h, api->salt, sizeof api->salt);
    }
    add(&h, str_of(c->caller->tenant.slug));
    add(&h, str_of(request_method(r)));
    add(&h, request_path(r));
    add(&h, request_query(r));
    if (c->route->body == BODY_STREAM) {
        add(&h, request_header(r, "Content-Type"));
        add(&h, str_of(arena_printf(c->arena, "%lld", (long long)request_length(r))));
    }
    add(&h, body);
    sha256_end(&h, digest);
    hex_encode(hex, digest, SHA256_BYTES);
    return hex;
}

static enum errcode answer_again(const struct call *c, const struct kept_answer *k,
                                 struct error *err)
{
    struct request *r = c->request;
    response_status(r, k->status);
    response_header(r, "Idempotency-Replayed", "true");
    if (k->content_type) {
        response_header(r, "Content-Type", k->content_type);
    }
    if (k->location) {
        response_header(r, "Location", k->location);
    }
    if (k->etag) {
        response_header(r, "ETag", k->etag);
    }
    const char *body = k->body ? k->body : "";
    return response_write(r, body, strlen(body), err);
}

enum errcode repeat_begin(const struct api *api, struct call *c, struct str body, bool *is_answered,
                          struct error *err)
{
    struct str key = request_header(c->request, "Idempotency-Key");
    bool is_read = text_eq(c->route->method, "GET");
    *is_answered = false;
    if (!key.p || is_read || c->caller->principal.user_id == 0) {
        return ERR_OK;
    }
    struct repeat *repeat = ARENA_NEW(c->arena, struct repeat);
    enum errcode code = kept_answer_begin(c->caller, str_trim(key), hash_of(api, c, body),
                                          &repeat->kept, is_answered, err);
    if (code == ERR_INVALID_PARAMETER) {
        return error_where(err, "/headers/Idempotency-Key");
    }
    TRY(code);
    if (*is_answered) {
        return answer_again(c, &repeat->kept, err);
    }
    c->repeat = repeat;
    return ERR_OK;
}

static const char *header_now(const struct call *c, const char *name)
{
    struct str value = response_header_now(c->request, name);
    return value.p ? arena_str(c->arena, value) : NULL;
}

void repeat_keep_instead(struct call *c, struct str body)
{
    if (c->repeat) {
        c->repeat->instead = arena_str(c->arena, body);
    }
}

/* The write is done: an answer that cannot be kept is no reason to say that it failed. */
void repeat_finish(struct call *c, struct str body)
{
    struct repeat *repeat = c->repeat;
    struct error e = ERROR_INIT;
    if (!repeat || repeat->is_finished) {
        return;
    }
    repeat->kept.status = response_status_now(c->request);
    repeat->kept.content_type = header_now(c, "Content-Type");
    repeat->kept.location = header_now(c, "Location");
    repeat->kept.etag = header_now(c, "ETag");
    repeat->kept.body = repeat->instead ? repeat->instead : arena_str(c->arena, body);
    repeat->is_finished = true;
    if (kept_answer_finish(c->caller, &repeat->kept, &e) != ERR_OK) {
        log_error("idempotency", &e);
        error_release(&e);
    }
}

void repeat_end(struct call *c, bool is_error)
{
    struct error e = ERROR_INIT;
    if (!c->repeat || c->repeat->is_finished) {
        return;
    }
    if (!is_error && response_bytes(c->request) == 0) {
        repeat_finish(c, STR("")); /* an answer without a body */
        return;
    }
    /* Nothing was done, or what was streamed is not kept and can only be asked for again. */
    if (kept_answer_drop(c->caller, &c->repeat->kept, &e) != ERR_OK) {
        log_error("idempotency", &e);
        error_release(&e);
    }
}
