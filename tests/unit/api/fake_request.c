#include "fake_request.h"

#include <string.h>

void fake_init(struct request *r, struct arena *a, const char *method, const char *path)
{
    *r = (struct request){.arena = a, .method = method, .path = path, .status = 200};
    buf_init(&r->out, BUF_MAX_DEFAULT);
}

void fake_free(struct request *r)
{
    buf_release(&r->out);
}

void fake_send(struct request *r, const char *name, const char *value)
{
    BUG_ON(r->n_sent == FAKE_HEADERS_MAX);
    r->sent[r->n_sent++] = (struct fake_header){name, value};
}

const char *fake_got(const struct request *r, const char *name)
{
    for (size_t i = 0; i < r->n_got; i++) {
        if (str_eq_nocase(str_of(r->got[i].name), str_of(name))) {
            return r->got[i].value;
        }
    }
    return NULL;
}

struct arena *request_arena(struct request *r)
{
    return r->arena;
}

const char *request_id(const struct request *r)
{
    (void)r;
    return "id-1";
}

const char *request_method(const struct request *r)
{
    return r->method;
}

struct str request_path(const struct request *r)
{
    return str_of(r->path);
}

struct str request_query(const struct request *r)
{
    return str_of(r->query);
}

struct str request_header(const struct request *r, const char *name)
{
    for (size_t i = 0; i < r->n_sent; i++) {
        if (str_eq_nocase(str_of(r->sent[i].name), str_of(name))) {
            return str_of(r->sent[i].value);
        }
    }
    return (struct str){0};
}

size_t request_headers(const struct request *r, const char *name)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n_sent; i++) {
        n += str_eq_nocase(str_of(r->sent[i].name), str_of(name));
    }
    return n;
}

const char *request_peer(const struct request *r)
{
    (void)r;
    return "192.0.2.1";
}

int64_t request_length(const struct request *r)
{
    return r->is_chunked ? -1 : (int64_t)r->body.n;
}

enum errcode request_body(struct request *r, size_t max, struct str *out, struct error *err)
{
    r->n_reads++;
    if (r->body.n > max) {
        return ERROR(err, ERR_TOO_LARGE, "the body is too large");
    }
    *out = r->body;
    return ERR_OK;
}

enum errcode request_read(struct request *r, struct str *piece, struct error *err)
{
    (void)err;
    *piece = r->n_reads++ ? (struct str){0} : r->body;
    return ERR_OK;
}

void response_status(struct request *r, int status)
{
    r->status = status;
}

int response_status_now(const struct request *r)
{
    return r->status;
}

void response_header(struct request *r, const char *name, const char *value)
{
    for (size_t i = 0; i < r->n_got; i++) {
        if (str_eq_nocase(str_of(r->got[i].name), str_of(name))) {
            r->got[i].value = arena_strdup(r->arena, value);
            return;
        }
    }
    BUG_ON(r->n_got == FAKE_HEADERS_MAX);
    r->got[r->n_got++] = (struct fake_header){name, arena_strdup(r->arena, value)};
}

struct str response_header_now(const struct request *r, const char *name)
{
    return str_of(fake_got(r, name));
}

enum errcode response_write(struct request *r, const void *p, size_t n, struct error *err)
{
    (void)err;
    buf_add(&r->out, p, n);
    return ERR_OK;
}

void response_static(struct request *r, const void *p, size_t n)
{
    buf_clear(&r->out);
    buf_add(&r->out, p, n);
}

bool response_reset(struct request *r)
{
    if (r->is_streaming) {
        return false;
    }
    r->status = 200;
    r->n_got = 0;
    buf_clear(&r->out);
    return true;
}

void response_abort(struct request *r)
{
    r->is_aborted = true;
}

int64_t response_bytes(const struct request *r)
{
    return (int64_t)r->out.n;
}
