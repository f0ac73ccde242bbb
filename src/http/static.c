#include "http/static.h"

#include <string.h>

#include "http/headers.h"

const struct static_file *static_find(const struct static_files *files, struct str path)
{
    size_t low = 0;
    size_t high = files->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct static_file *f = &files->items[middle];
        struct str there = str_of(f->path);
        size_t shorter = there.n < path.n ? there.n : path.n;
        int order = shorter ? memcmp(path.p, there.p, shorter) : 0;
        if (order == 0 && path.n == there.n) {
            return f;
        }
        if (order < 0 || (order == 0 && path.n < there.n)) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

/* The variants of a file, the preferred one first among equally welcome ones. */
struct variant {
    const char *coding;
    const char *mark; /* of its ETag: variants differ in their bytes */
    struct static_bytes bytes;
};

static struct variant choose(const struct static_file *f, struct str accept)
{
    const struct variant packed[] = {
        {"br", "-br", f->brotli},
        {"gzip", "-gz", f->gzip},
    };
    struct variant best = {NULL, "", f->raw};
    int best_quality = 0;
    for (size_t i = 0; i < ARRAY_LEN(packed); i++) {
        int quality = packed[i].bytes.p ? coding_quality(accept, packed[i].coding) : 0;
        if (quality > best_quality) {
            best = packed[i];
            best_quality = quality;
        }
    }
    return best;
}

void static_answer(struct request *r, const struct static_file *f)
{
    struct variant v = choose(f, request_header(r, "Accept-Encoding"));
    const char *etag = arena_printf(request_arena(r), "\"%s%s\"", f->digest, v.mark);
    response_header(r, "ETag", etag);
    response_header(r, "Cache-Control",
                    f->is_immutable ? "public, max-age=31536000, immutable" : "no-cache");
    if (f->brotli.p || f->gzip.p) {
        response_header(r, "Vary", "Accept-Encoding");
    }
    response_header(r, "Content-Type", f->media_type);
    if (v.coding) {
        response_header(r, "Content-Encoding", v.coding);
    }
    bool is_known = etag_listed(request_header(r, "If-None-Match"), str_of(etag));
    response_status(r, is_known ? 304 : 200);
    response_static(r, v.bytes.p, v.bytes.n);
}
