#pragma once

#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

/*
 * multipart/form-data (RFC 7578), pushed in pieces of any size: the parts come out one after the
 * other, their content as it comes. Nothing is kept but the headers of one part.
 */
struct multipart_part {
    struct str name;
    struct str filename;     /* p NULL = a plain field */
    struct str content_type; /* p NULL = not given */
};

struct multipart_taker {
    /* a part begins; @part is borrowed for the call */
    enum errcode (*begin)(void *arg, const struct multipart_part *part, struct error *err);
    /* the next bytes of the part's content */
    enum errcode (*data)(void *arg, struct str bytes, struct error *err);
    void *arg;
};

#define MULTIPART_BOUNDARY_MAX 70
#define MULTIPART_HEADERS_MAX  8192
#define MULTIPART_PARTS_MAX    100

struct multipart_reader {
    const struct multipart_taker *taker;
    char delimiter[MULTIPART_BOUNDARY_MAX + 5]; /* CR LF, two dashes, boundary */
    size_t n_delimiter;
    struct buf held; /* what cannot be judged yet */
    int state;
    int n_parts;
};

/** multipart_boundary() - the boundary of a Content-Type; p NULL when it is not multipart/form-data
 *  or has none that is valid. */
struct str multipart_boundary(struct str content_type);

/** multipart_init() - @boundary: of multipart_boundary(). multipart_release() ends it. */
void multipart_init(struct multipart_reader *r, struct str boundary,
                    const struct multipart_taker *taker);
void multipart_release(struct multipart_reader *r);
/** multipart_push() - Errors: ERR_MALFORMED, ERR_TOO_LARGE (headers, parts), those of the taker. */
enum errcode multipart_push(struct multipart_reader *r, struct str piece,
                            struct error *err) MUST_CHECK;
/** multipart_end() - no more bytes. Errors: ERR_MALFORMED when the last boundary did not come. */
enum errcode multipart_end(struct multipart_reader *r, struct error *err) MUST_CHECK;
