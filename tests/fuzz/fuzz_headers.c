/*
 * Headers, one a line, "Name: value". A block made of them that ends every line with CR LF is
 * whole, as the library leaves it; the same with one bare line feed is not. Framing is only taken
 * from headers that say it once.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "http/headers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEADERS_MAX 64

static size_t read_lines(struct str text, struct header *out)
{
    size_t n = 0;
    struct str line;
    while (n < HEADERS_MAX && str_split(&text, '\n', &line)) {
        size_t name_n = str_find(line, ':');
        out[n++] = (struct header){{line.p, name_n}, str_trim(str_sub(line, name_n + 1))};
    }
    return n;
}

/* Line ends and colons become NULs; the line numbered @bare had only a line feed. */
static bool is_whole(const struct header *headers, size_t n, size_t bare)
{
    struct header seen[HEADERS_MAX];
    size_t at[HEADERS_MAX];
    struct buf b;
    buf_init(&b, BUF_MAX_DEFAULT);
    for (size_t i = 0; i < n; i++) {
        at[i] = b.n;
        buf_add_str(&b, headers[i].name);
        buf_add(&b, "\0 ", 2);
        buf_add_str(&b, headers[i].value);
        buf_add(&b, "\0\0", i == bare ? 1 : 2);
    }
    buf_add(&b, "\0\0", bare == n ? 1 : 2);
    for (size_t i = 0; i < n; i++) {
        const char *p = b.p + at[i];
        seen[i].name = (struct str){p, headers[i].name.n};
        seen[i].value = (struct str){p + headers[i].name.n + 2, headers[i].value.n};
    }
    bool whole = headers_are_whole(b.p, seen, n, b.p + b.n);
    buf_release(&b);
    return whole;
}

static void check_framing(const struct header *headers, size_t n, bool is_http10)
{
    struct framing f;
    struct error err = ERROR_INIT;
    enum errcode code = headers_check(headers, n, is_http10, &f, &err);
    BUG_ON(code != err.code);
    error_release(&err);
    if (code != ERR_OK) {
        BUG_ON(code != ERR_MALFORMED && code != ERR_NOT_IMPLEMENTED);
        return;
    }
    size_t lengths = headers_count(headers, n, "Content-Length");
    size_t codings = headers_count(headers, n, "Transfer-Encoding");
    BUG_ON(lengths + codings > 1 || (lengths + codings == 0 && f.length != 0));
    BUG_ON((f.length == -1) != (codings == 1) || f.length < -1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct header headers[HEADERS_MAX];
    struct str text = {(const char *)data, size};
    size_t n = read_lines(text, headers);
    check_framing(headers, n, false);
    check_framing(headers, n, true);
    BUG_ON(!is_whole(headers, n, HEADERS_MAX + 1));
    BUG_ON(is_whole(headers, n, n ? size % (n + 1) : 0));
    for (size_t i = 0; i < n; i++) {
        int quality = coding_quality(headers[i].value, "gzip");
        BUG_ON(quality < 0 || quality > 1000);
        BUG_ON(headers[i].value.n > 0 && str_find(headers[i].value, ',') == headers[i].value.n &&
               !str_starts(headers[i].value, STR("W/")) &&
               !etag_listed(headers[i].value, headers[i].value));
        BUG_ON(!headers_find(headers, n, "Host") != !headers_count(headers, n, "Host"));
    }
    return 0;
}
