#include "data/row_etag.h"

#include "base/hash.h"

static void add(struct sha256 *h, const struct value *v)
{
    unsigned char kind = (unsigned char)v->kind;
    uint64_t n = v->kind == VALUE_TEXT || v->kind == VALUE_BYTES ? v->s.n : 0;
    int64_t whole = v->kind == VALUE_BOOL ? v->b : v->kind == VALUE_INT ? v->i : 0;
    double broken = v->kind == VALUE_FLOAT ? v->f : 0;
    sha256_add(h, &kind, 1);
    sha256_add(h, &n, sizeof n);
    sha256_add(h, &whole, sizeof whole);
    sha256_add(h, &broken, sizeof broken);
    if (n) {
        sha256_add(h, v->s.p, v->s.n);
    }
}

void row_etag(char out[ROW_ETAG_TEXT + 1], const struct value *row, size_t n)
{
    struct sha256 h;
    unsigned char digest[SHA256_BYTES];
    sha256_init(&h);
    for (size_t i = 0; i < n; i++) {
        add(&h, &row[i]);
    }
    sha256_end(&h, digest);
    out[0] = '"';
    hex_encode(out + 1, digest, SHA256_BYTES / 2);
    out[ROW_ETAG_TEXT - 1] = '"';
    out[ROW_ETAG_TEXT] = '\0';
}

bool row_etag_matches(struct str given, const char *etag)
{
    struct str part;
    while (str_split(&given, ',', &part)) {
        part = str_trim(part);
        if (str_starts(part, STR("W/"))) {
            part = str_sub(part, 2);
        }
        if (str_is(part, "*") || str_is(part, etag)) {
            return true;
        }
    }
    return false;
}
