/*
 * The router beside the plainest one that there is: every row is tried on its own. The first byte
 * chooses the method, the rest is the path. Values must read back as what the path says.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/attr.h"
#include "base/percent.h"
#include "base/utf8.h"
#include "http/router.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct row {
    const char *method, *pattern;
};

static const struct row rows[] = {
    {"GET", "/"},          {"GET", "/a"},
    {"POST", "/a"},        {"GET", "/a/{id}"},
    {"DELETE", "/a/{id}"}, {"POST", "/a/{id}:undo"},
    {"POST", "/a:bulk"},   {"GET", "/a/b"},
    {"PUT", "/a/b/c"},     {"GET", "/{x}/{y}/c/{z}"},
    {"GET", "/r/{rest*}"}, {"GET", "/a/{id}/{rest*}"},
    {"HEAD", "/a/{id}/h"}, {"GET", "/a/{id}/h"},
};

static const char *const methods[] = {"GET", "POST", "PUT", "DELETE", "HEAD", "PATCH"};

static void give_row(const void *table, size_t i, const char **method, const char **pattern)
{
    const struct row *all = table;
    *method = all[i].method;
    *pattern = all[i].pattern;
}

static bool segment_fits(struct str want, struct str segment)
{
    if (want.n == 0 || want.p[0] != '{') {
        return str_eq(want, segment);
    }
    struct str verb = str_sub(want, str_find(want, '}') + 1);
    return segment.n > verb.n && str_eq(str_sub(segment, segment.n - verb.n), verb);
}

static bool row_fits(const char *pattern, struct str path)
{
    struct str patterns = str_of(pattern);
    struct str want;
    struct str segment;
    while (str_split(&patterns, '/', &want)) {
        if (want.n > 2 && memcmp(want.p + want.n - 2, "*}", 2) == 0) {
            return path.p != NULL;
        }
        if (!str_split(&path, '/', &segment) || !segment_fits(want, segment)) {
            return false;
        }
    }
    return path.p == NULL;
}

static bool method_fits(const char *method, size_t row)
{
    return text_eq(method, rows[row].method) ||
           (text_eq(method, "HEAD") && text_eq(rows[row].method, "GET"));
}

/* The values of a match, in order, stand in the decoded path. */
static void check_values(const struct route_match *m, struct str decoded)
{
    const char *at = decoded.p;
    for (size_t i = 0; i < m->n; i++) {
        struct str value = str_of(m->values[i]);
        BUG_ON(!utf8_valid(value));
        at = memmem(at, (size_t)(decoded.p + decoded.n - at), value.p, value.n);
        BUG_ON(!at);
        at += value.n;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    const struct router *router = router_new(a, ARRAY_LEN(rows), give_row, rows);
    const char *method = methods[size ? data[0] % ARRAY_LEN(methods) : 0];
    struct str path = {(const char *)data + (size > 0), size - (size > 0)};
    struct str decoded;
    struct route_match m;
    struct error err = ERROR_INIT;
    enum errcode code = router_match(router, a, method, path, &m, &err);
    BUG_ON(code != err.code);
    error_release(&err);
    if (percent_decode(a, path, false, &decoded, NULL) != ERR_OK) {
        BUG_ON(code != ERR_MALFORMED);
        return 0;
    }
    bool fits = false;
    bool is_there = false;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        bool path_fits = row_fits(rows[i].pattern, path);
        is_there |= path_fits;
        fits |= path_fits && method_fits(method, i);
    }
    BUG_ON(code != (fits ? ERR_OK : is_there ? ERR_METHOD_NOT_ALLOWED : ERR_NOT_FOUND));
    if (code == ERR_OK) {
        BUG_ON(!row_fits(rows[m.row].pattern, path) || !method_fits(method, m.row));
        check_values(&m, decoded);
    }
    BUG_ON((m.methods != 0) != is_there || !router_methods(router, a, m.methods));
    return 0;
}
