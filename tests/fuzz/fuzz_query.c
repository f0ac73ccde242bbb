/* The query string: what was read must read back equal when it is written with every byte escaped.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/utf8.h"
#include "http/router.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add_escaped(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        buf_printf(b, "%%%02x", (unsigned char)s.p[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    struct str text = {(const char *)data, size};
    struct query_pair *pairs;
    struct query_pair *again;
    size_t n;
    size_t n_again;
    struct buf b;
    struct error err = ERROR_INIT;
    if (query_parse(a, text, &pairs, &n, &err) != ERR_OK) {
        BUG_ON(err.code != ERR_MALFORMED);
        error_release(&err);
        return 0;
    }
    buf_init(&b, BUF_MAX_DEFAULT);
    for (size_t i = 0; i < n; i++) {
        BUG_ON(!utf8_valid(pairs[i].name) || !utf8_valid(pairs[i].value));
        add_escaped(&b, pairs[i].name);
        buf_addc(&b, '=');
        add_escaped(&b, pairs[i].value);
        buf_addc(&b, '&');
    }
    BUG_ON(query_parse(a, buf_str(&b), &again, &n_again, NULL) != ERR_OK || n_again != n);
    for (size_t i = 0; i < n; i++) {
        BUG_ON(!str_eq(pairs[i].name, again[i].name) || !str_eq(pairs[i].value, again[i].value));
    }
    buf_release(&b);
    return 0;
}
