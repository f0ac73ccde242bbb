/*
 * Authorization and cookies, as lines "Name: value": what is taken for a credential is a part of
 * the header that was sent, and a header that is not understood is refused, never passed over.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "api/inside.h"
#include "base/attr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LINES_MAX 32

/* The request of this program: lines, and nothing else of what a server's request can. */
struct request {
    struct arena *arena;
    struct str names[LINES_MAX], values[LINES_MAX];
    size_t n;
};

struct arena *request_arena(struct request *r)
{
    return r->arena;
}

const char *request_id(const struct request *r)
{
    (void)r;
    return "id";
}

const char *request_peer(const struct request *r)
{
    (void)r;
    return "127.0.0.1";
}

struct str request_header(const struct request *r, const char *name)
{
    for (size_t i = 0; i < r->n; i++) {
        if (str_eq_nocase(r->names[i], str_of(name))) {
            return r->values[i];
        }
    }
    return (struct str){0};
}

size_t request_headers(const struct request *r, const char *name)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++) {
        n += str_eq_nocase(r->names[i], str_of(name));
    }
    return n;
}

static void read_lines(struct request *r, struct str text)
{
    struct str line;
    while (r->n < LINES_MAX && str_split(&text, '\n', &line)) {
        size_t colon = str_find(line, ':');
        r->names[r->n] = (struct str){line.p, colon};
        r->values[r->n++] = str_trim(str_sub(line, colon < line.n ? colon + 1 : line.n));
    }
}

static bool is_inside(const struct request *r, const char *name, struct str part)
{
    for (size_t i = 0; i < r->n; i++) {
        struct str v = r->values[i];
        if (str_eq_nocase(r->names[i], str_of(name)) && part.p >= v.p &&
            part.p + part.n <= v.p + v.n) {
            return true;
        }
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct request r = {.arena = a};
    struct caller_credentials c;
    struct error err = ERROR_INIT;
    read_lines(&r, (struct str){arena_strndup(a, (const char *)data, size), size});
    enum errcode code = credentials_read(&r, &c, &err);
    BUG_ON(code != ERR_OK && code != ERR_UNAUTHENTICATED);
    BUG_ON(code == ERR_OK && request_headers(&r, "Authorization") > 0 && c.bearer.n == 0);
    BUG_ON(code == ERR_OK && request_headers(&r, "Authorization") > 1);
    BUG_ON(c.bearer.n > 0 && !is_inside(&r, "Authorization", c.bearer));
    BUG_ON(c.cookie.p && !is_inside(&r, "Cookie", c.cookie));
    BUG_ON(c.cookie.p && memchr(c.cookie.p, ';', c.cookie.n));
    error_release(&err);
    return 0;
}
