#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "http/http.h"

/* Files embedded in the program, in order of path; made by tools/pack-studio.mjs. */
struct static_bytes {
    const unsigned char *p; /* NULL = this variant is not there */
    size_t n;
};

struct static_file {
    const char *path; /* "/index.html" */
    const char *media_type;
    const char *digest; /* for the ETag */
    bool is_immutable;  /* its name changes with its content */
    struct static_bytes raw, gzip, brotli;
};

struct static_files {
    const struct static_file *items;
    size_t n;
};

/** static_find() - the file at @path, or NULL. */
const struct static_file *static_find(const struct static_files *files, struct str path);
/** static_answer() - @f as the answer: variant by Accept-Encoding, ETag, 304, Cache-Control. */
void static_answer(struct request *r, const struct static_file *f);
