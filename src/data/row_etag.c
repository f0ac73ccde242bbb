#include "data/row_etag.h"

#include <string.h>

#include "base/hash.h"

/* Kind and length first, so that no two rows run into the same bytes. */
static void add(struct hash128 *h, const struct value *v)
{
    bool is_long = v->kind == VALUE_TEXT || v->kind == VALUE_BYTES;
    uint64_t word = 0;
    if (v->kind == VALUE_FLOAT) {
        memcpy(&word, &v->f, sizeof word);
    } else if (v->kind == VALUE_INT) {
        word = (uint64_t)v->i;
    } else if (v->kind == VALUE_BOOL) {
        word = v->b;
    }
    hash128_add_word(h, (uint64_t)v->kind << 56 | (is_long ? v->s.n : 0));
    if (is_long) {
        hash128_add(h, v->s.p, v->s.n);
    } else if (v->kind != VALUE_NULL) {
        hash128_add_word(h, word);
    }
}

void row_etag(char out[ROW_ETAG_TEXT + 1], const struct value *row, size_t n)
{
    struct hash128 h;
    unsigned char digest[HASH128_BYTES];
    hash128_init(&h);
    for (size_t i = 0; i < n; i++) {
        add(&h, &row[i]);
    }
    hash128_end(&h, digest);
    out[0] = '"';
    hex_encode(out + 1, digest, HASH128_BYTES);
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
