#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/error.h"
#include "base/str.h"

/*
 * Which row of a table of patterns a path belongs to. A pattern is made of segments: words,
 * "{name}" for a segment that is not empty, either with a ":verb" behind it; "{name*}" at the end
 * takes the rest, which may be empty. Words win over parameters. Paths are matched as sent and
 * their segments decoded afterwards, so "%2F" is part of a segment and never a separator. A HEAD is
 * answered by the row of GET where there is none of its own.
 */
#define ROUTE_PARAMETERS_MAX 4

struct route_match {
    size_t row; /* into the table given */
    const char *names[ROUTE_PARAMETERS_MAX];
    const char *values[ROUTE_PARAMETERS_MAX]; /* decoded, NUL-terminated, valid UTF-8 */
    size_t n;
    unsigned methods; /* bits of all methods the path has; see router_methods() */
};

struct router;
/** router_new() - rows are (method, pattern) pairs; two equal ones are a BUG. */
struct router *router_new(struct arena *a, size_t n,
                          void (*row)(const void *table, size_t i, const char **method,
                                      const char **pattern),
                          const void *table) MUST_CHECK;
/**
 * router_match() - Errors: ERR_NOT_FOUND, ERR_METHOD_NOT_ALLOWED (out->methods is set),
 * ERR_MALFORMED for a path that does not decode (bad escapes, NUL, no UTF-8).
 */
enum errcode router_match(const struct router *router, struct arena *a, const char *method,
                          struct str path, struct route_match *out, struct error *err) MUST_CHECK;
/** router_methods() - "GET, POST" of @methods, in @a; for Allow. */
const char *router_methods(const struct router *router, struct arena *a, unsigned methods);

/* A query string as decoded pairs in their order; a parameter without "=" has an empty value. */
struct query_pair {
    struct str name, value;
};
#define QUERY_PAIRS_MAX 1000
/** query_parse() - Errors: ERR_MALFORMED as percent_decode(), and for too many pairs. */
enum errcode query_parse(struct arena *a, struct str query, struct query_pair **out, size_t *n,
                         struct error *err) MUST_CHECK;
