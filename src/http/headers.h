#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/error.h"
#include "base/str.h"

/*
 * What can be said about a request's headers without a connection. Pure.
 */
struct header {
    struct str name, value;
};

/* Where a body ends, and what the client waits for. */
struct framing {
    int64_t length; /* 0 = no body, -1 = chunked */
    bool expects_continue;
};

/** headers_find() - the first of that name (any case), or NULL. */
const struct header *headers_find(const struct header *headers, size_t n, const char *name);
/** headers_count() - how many there are of that name. */
size_t headers_count(const struct header *headers, size_t n, const char *name);

/**
 * headers_check() - are these @n headers of a request that can be read in one way only?
 *
 * Refused are names that are no token ("X : 1"), control characters in values, another number of
 * Hosts than one, more than one length, a length beside a transfer coding, a coding in HTTP/1.0.
 * Errors: ERR_MALFORMED; ERR_NOT_IMPLEMENTED for a coding other than "chunked".
 */
enum errcode headers_check(const struct header *headers, size_t n, bool is_http10,
                           struct framing *out, struct error *err) MUST_CHECK;

/**
 * headers_are_whole() - was every line of the block ended by CR LF, and is nothing hidden in it?
 * @block:   where the first header begins
 * @headers: views into the block, in their order
 * @end:     behind the empty line that ends the block
 *
 * A parser that takes bare line feeds overwrites line ends with NULs: behind each value there must
 * be two of them and then the next name. A bare line feed leaves one, a folded line or a NUL inside
 * of a line leaves text between.
 */
bool headers_are_whole(const char *block, const struct header *headers, size_t n, const char *end);

/** coding_quality() - how much @accept (an Accept-Encoding header) wants @coding: 0 = not at all,
 *  1000 = most. */
int coding_quality(struct str accept, const char *coding);

/** etag_listed() - @etag (with its quotes) is in @list, an If-None-Match header, or it is "*".
 *  Weak marks are ignored, as that header wants it. */
bool etag_listed(struct str list, struct str etag);
