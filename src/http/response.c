#include <string.h>

#include "http/request.h"

/* The verbs of a handler; what becomes of the answer is in answer.c. */

void response_status(struct request *r, int status)
{
    BUG_ON(status < 200 || status > 999);
    r->status = status;
}

int response_status_now(const struct request *r)
{
    return r->status;
}

static bool is_one_line(const char *s)
{
    return strpbrk(s, "\r\n") == NULL;
}

void response_header(struct request *r, const char *name, const char *value)
{
    BUG_ON(!is_one_line(name) || !is_one_line(value));
    struct response_line line = {arena_strdup(r->arena, name), arena_strdup(r->arena, value)};
    for (size_t i = 0; i < r->n_lines; i++) {
        if (str_eq_nocase(str_of(r->lines[i].name), str_of(name))) {
            r->lines[i] = line;
            return;
        }
    }
    ARENA_PUSH(r->arena, r->lines, r->n_lines, line);
}

struct str response_header_now(const struct request *r, const char *name)
{
    for (size_t i = 0; i < r->n_lines; i++) {
        if (str_eq_nocase(str_of(r->lines[i].name), str_of(name))) {
            return str_of(r->lines[i].value);
        }
    }
    return (struct str){0};
}

/* Move bytes into the library's buffer, and wait for the next one when it is full. */
static enum errcode stream(struct request *r, const char *p, size_t n, struct error *err)
{
    while (n > 0) {
        if (r->is_gone) {
            return ERROR(err, ERR_CANCELLED, "the client is gone");
        }
        if (r->room_n == r->room_cap) {
            request_park(r, WANT_OUTPUT);
            continue;
        }
        size_t room = r->room_cap - r->room_n;
        size_t part = n < room ? n : room;
        memcpy(r->room + r->room_n, p, part);
        r->room_n += part;
        p += part;
        n -= part;
    }
    return ERR_OK;
}

enum errcode response_write(struct request *r, const void *p, size_t n, struct error *err)
{
    if (r->is_gone) {
        return ERROR(err, ERR_CANCELLED, "the client is gone");
    }
    r->written += (int64_t)n;
    if (r->is_head) {
        return ERR_OK; /* only its length is told */
    }
    if (!r->is_streaming && n <= RESPONSE_HOLD - r->held.n) {
        buf_add(&r->held, p, n);
        return ERR_OK;
    }
    r->is_streaming = true;
    return stream(r, p, n, err);
}

void response_static(struct request *r, const void *p, size_t n)
{
    BUG_ON(r->is_streaming);
    buf_clear(&r->held);
    r->fixed = (struct str){p, n};
    r->written = (int64_t)n;
}

bool response_reset(struct request *r)
{
    if (r->is_streaming) {
        return false;
    }
    r->status = 200;
    r->lines = NULL;
    r->n_lines = 0;
    r->fixed = (struct str){NULL, 0};
    r->written = 0;
    buf_clear(&r->held);
    return true;
}

void response_abort(struct request *r)
{
    r->is_aborted = true;
}

int64_t response_bytes(const struct request *r)
{
    return r->written;
}
