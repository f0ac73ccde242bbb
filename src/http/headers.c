#include "http/headers.h"

/* Nearly every header differs in its length, and most of the others in their first letter. */
static inline bool has_name(const struct header *h, struct str name)
{
    return h->name.n == name.n && name.n > 0 && ((h->name.p[0] ^ name.p[0]) & 0x1f) == 0 &&
           str_eq_nocase(h->name, name);
}

const struct header *headers_find(const struct header *headers, size_t n, const char *name)
{
    struct str wanted = str_of(name);
    for (size_t i = 0; i < n; i++) {
        if (has_name(&headers[i], wanted)) {
            return &headers[i];
        }
    }
    return NULL;
}

size_t headers_count(const struct header *headers, size_t n, const char *name)
{
    struct str wanted = str_of(name);
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        count += has_name(&headers[i], wanted);
    }
    return count;
}

/* ---- framing ----------------------------------------------------------------------------- */

/* RFC 9110, 5.6.2: what a name is made of. */
static bool is_token(struct str s)
{
    static const bool other[256] = {
        ['!'] = true,  ['#'] = true, ['$'] = true, ['%'] = true, ['&'] = true,
        ['\''] = true, ['*'] = true, ['+'] = true, ['-'] = true, ['.'] = true,
        ['^'] = true,  ['_'] = true, ['`'] = true, ['|'] = true, ['~'] = true,
    };
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        unsigned letter = (c | 0x20u) - 'a'; /* nearly all are letters */
        if (letter >= 26 && !other[c] && !(c >= '0' && c <= '9')) {
            return false;
        }
    }
    return s.n > 0;
}

static bool has_control(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f) {
            return true;
        }
    }
    return false;
}

/* Digits only: str_int64() would take a sign. */
static bool read_length(struct str s, int64_t *out)
{
    return s.n > 0 && s.p[0] >= '0' && s.p[0] <= '9' && str_int64(s, out);
}

static enum errcode check_coding(const struct header *coding, size_t n_codings, bool is_http10,
                                 struct error *err)
{
    if (is_http10) {
        return ERROR(err, ERR_MALFORMED, "HTTP/1.0 knows no \"Transfer-Encoding\"");
    }
    if (n_codings > 1) {
        return ERROR(err, ERR_MALFORMED, "more than one \"Transfer-Encoding\" header");
    }
    if (!str_eq_nocase(coding->value, STR("chunked"))) {
        return ERROR(err, ERR_NOT_IMPLEMENTED, "the only transfer coding known is \"chunked\"");
    }
    return ERR_OK;
}

/* What one pass over the headers found. */
struct found {
    const struct header *length, *coding, *expect;
    size_t n_lengths, n_codings, n_hosts;
};

static void note(const struct header *h, struct found *f)
{
    /* nearly every header differs from all four in its length */
    switch (h->name.n) {
    case 4:
        f->n_hosts += str_eq_nocase(h->name, STR("Host"));
        break;
    case 6:
        f->expect = str_eq_nocase(h->name, STR("Expect")) ? h : f->expect;
        break;
    case 14:
        if (str_eq_nocase(h->name, STR("Content-Length"))) {
            f->length = h;
            f->n_lengths++;
        }
        break;
    case 17:
        if (str_eq_nocase(h->name, STR("Transfer-Encoding"))) {
            f->coding = h;
            f->n_codings++;
        }
        break;
    }
}

enum errcode headers_check(const struct header *headers, size_t n, bool is_http10,
                           struct framing *out, struct error *err)
{
    struct found f = {0};
    for (size_t i = 0; i < n; i++) {
        if (!is_token(headers[i].name)) {
            return ERROR(err, ERR_MALFORMED, "the name of a header is no token");
        }
        if (has_control(headers[i].value)) {
            return ERROR(err, ERR_MALFORMED, "a control character in a header");
        }
        note(&headers[i], &f);
    }
    if (f.n_hosts > 1 || (f.n_hosts == 0 && !is_http10)) {
        return ERROR(err, ERR_MALFORMED, "a request has one \"Host\" header");
    }
    if (f.n_lengths > 1) {
        return ERROR(err, ERR_MALFORMED, "more than one \"Content-Length\" header");
    }
    if (f.n_lengths > 0 && f.n_codings > 0) {
        return ERROR(err, ERR_MALFORMED, "\"Content-Length\" beside \"Transfer-Encoding\"");
    }
    int64_t length = 0;
    if (f.length && !read_length(f.length->value, &length)) {
        return ERROR(err, ERR_MALFORMED, "\"Content-Length\" is no number of bytes");
    }
    if (f.coding) {
        TRY(check_coding(f.coding, f.n_codings, is_http10, err));
        length = -1;
    }
    out->length = length;
    out->expects_continue =
        f.expect && !is_http10 && str_eq_nocase(f.expect->value, STR("100-continue"));
    return ERR_OK;
}

bool headers_are_whole(const char *block, const struct header *headers, size_t n, const char *end)
{
    const char *at = block;
    for (size_t i = 0; i < n; i++) {
        const struct header *h = &headers[i];
        const char *behind_name = h->name.p + h->name.n + 1;
        if (h->name.p != at || h->value.p < behind_name) {
            return false;
        }
        for (const char *p = behind_name; p < h->value.p; p++) {
            if (*p != ' ' && *p != '\t') {
                return false;
            }
        }
        at = h->value.p + h->value.n + 2;
        if (at > end || at[-2] != '\0' || at[-1] != '\0') {
            return false;
        }
    }
    return end - at == 2 && at[0] == '\0' && at[1] == '\0';
}

/* ---- choice ------------------------------------------------------------------------------ */

/* "q=0.5" in thousandths, -1 when @s is no such parameter. */
static int read_quality(struct str s)
{
    s = str_trim(s);
    if (s.n < 3 || (s.p[0] | 0x20) != 'q' || s.p[1] != '=') {
        return -1;
    }
    int value = s.p[2] == '1' ? 1000 : 0;
    int unit = 100;
    for (size_t i = 4; i < s.n && unit > 0; i++, unit /= 10) {
        bool is_digit = s.p[i] >= '0' && s.p[i] <= '9';
        value += is_digit ? (s.p[i] - '0') * unit : 0;
    }
    return value > 1000 ? 1000 : value;
}

int coding_quality(struct str accept, const char *coding)
{
    int any = 0;
    struct str item;
    while (str_split(&accept, ',', &item)) {
        struct str name;
        struct str parameter;
        int quality = 1000;
        (void)str_split(&item, ';', &name); /* an item has at least the part before the first ";" */
        while (str_split(&item, ';', &parameter)) {
            int q = read_quality(parameter);
            quality = q >= 0 ? q : quality;
        }
        name = str_trim(name);
        if (str_eq_nocase(name, str_of(coding))) {
            return quality;
        }
        any = str_is(name, "*") ? quality : any;
    }
    return any;
}

bool etag_listed(struct str list, struct str etag)
{
    struct str item;
    while (str_split(&list, ',', &item)) {
        item = str_trim(item);
        if (str_is(item, "*")) {
            return true;
        }
        item = str_sub(item, str_starts(item, STR("W/")) ? 2 : 0);
        if (str_eq(item, etag)) {
            return true;
        }
    }
    return false;
}
