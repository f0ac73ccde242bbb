#include "base/multipart.h"

#include <string.h>

#include "base/attr.h"

enum state {
    BEFORE_PARTS = 0,
    BEHIND_DELIMITER, /* "--" ends it all, a line end begins a part */
    IN_HEADERS,
    IN_CONTENT,
    BEHIND_PARTS,
};

#define MEDIA "multipart/form-data"

/* The value of @name in "…; name=value; name="value""; p NULL when it is not there. */
static struct str parameter(struct str text, const char *name)
{
    struct str rest = str_sub(text, str_find(text, ';'));
    while (rest.n) {
        rest = str_trim(str_sub(rest, 1)); /* the semicolon */
        size_t equals = str_find(rest, '=');
        struct str key = str_trim((struct str){rest.p, equals});
        struct str value = str_trim(str_sub(rest, equals + 1));
        bool is_quoted = value.n && value.p[0] == '"';
        if (is_quoted) {
            value = str_sub(value, 1);
        }
        size_t n = str_find(value, is_quoted ? '"' : ';');
        struct str found = {value.p ? value.p : "", n};
        if (str_eq_nocase(key, str_of(name)) && equals < rest.n) {
            return is_quoted ? found : str_trim(found);
        }
        value = str_sub(value, n);
        rest = str_sub(value, str_find(value, ';'));
    }
    return (struct str){0};
}

struct str multipart_boundary(struct str content_type)
{
    struct str media = {content_type.p, str_find(content_type, ';')};
    struct str boundary = parameter(content_type, "boundary");
    bool is_valid = str_eq_nocase(str_trim(media), STR(MEDIA)) && boundary.n > 0 &&
                    boundary.n <= MULTIPART_BOUNDARY_MAX;
    for (size_t i = 0; i < boundary.n && is_valid; i++) {
        is_valid = boundary.p[i] >= ' ' && boundary.p[i] < 0x7f;
    }
    return is_valid ? boundary : (struct str){0};
}

void multipart_init(struct multipart_reader *r, struct str boundary,
                    const struct multipart_taker *taker)
{
    BUG_ON(boundary.n == 0 || boundary.n > MULTIPART_BOUNDARY_MAX);
    *r = (struct multipart_reader){.taker = taker, .n_delimiter = boundary.n + 4};
    memcpy(r->delimiter, "\r\n--", 4);
    memcpy(r->delimiter + 4, boundary.p, boundary.n);
    buf_init(&r->held, BUF_MAX_DEFAULT);
    buf_adds(&r->held, "\r\n"); /* the first delimiter may stand at the very start */
}

void multipart_release(struct multipart_reader *r)
{
    buf_release(&r->held);
}

static struct str line_value(struct str headers, const char *name)
{
    struct str line;
    while (str_split(&headers, '\n', &line)) {
        size_t colon = str_find(line, ':');
        struct str key = {line.p, colon};
        if (colon < line.n && str_eq_nocase(str_trim(key), str_of(name))) {
            return str_trim(str_sub(line, colon + 1));
        }
    }
    return (struct str){0};
}

static enum errcode begin_part(struct multipart_reader *r, struct str headers, struct error *err)
{
    struct str disposition = line_value(headers, "Content-Disposition");
    struct str kind = {disposition.p, str_find(disposition, ';')};
    struct multipart_part part = {
        .name = parameter(disposition, "name"),
        .filename = parameter(disposition, "filename"),
        .content_type = line_value(headers, "Content-Type"),
    };
    if (!str_eq_nocase(str_trim(kind), STR("form-data")) || !part.name.p) {
        return ERROR(err, ERR_MALFORMED, "a part of the form has no name");
    }
    if (++r->n_parts > MULTIPART_PARTS_MAX) {
        return ERROR(err, ERR_TOO_LARGE, "the form has more than %d parts", MULTIPART_PARTS_MAX);
    }
    return r->taker->begin(r->taker->arg, &part, err);
}

/* Each step takes from what is held; *again tells that another may go on. */

static enum errcode find_delimiter(struct multipart_reader *r, bool *again, struct error *err)
{
    const char *at = r->held.n >= r->n_delimiter
                         ? memmem(r->held.p, r->held.n, r->delimiter, r->n_delimiter)
                         : NULL;
    size_t ready = at                            ? (size_t)(at - r->held.p)
                   : r->held.n >= r->n_delimiter ? r->held.n - (r->n_delimiter - 1)
                                                 : 0;
    if (r->state == IN_CONTENT && ready > 0) {
        TRY(r->taker->data(r->taker->arg, (struct str){r->held.p, ready}, err));
    }
    buf_consume(&r->held, at ? ready + r->n_delimiter : ready);
    if (at) {
        r->state = BEHIND_DELIMITER;
    }
    *again = at != NULL;
    return ERR_OK;
}

static enum errcode behind_delimiter(struct multipart_reader *r, bool *again, struct error *err)
{
    struct str s = buf_str(&r->held);
    if (s.n >= 2 && s.p[0] == '-' && s.p[1] == '-') {
        r->state = BEHIND_PARTS;
        *again = true;
        return ERR_OK;
    }
    size_t spaces = 0;
    while (spaces < s.n && (s.p[spaces] == ' ' || s.p[spaces] == '\t')) {
        spaces++;
    }
    if (spaces > MULTIPART_BOUNDARY_MAX ||
        (s.n > spaces && s.p[spaces] != '\r' && !(spaces == 0 && s.n == 1 && s.p[0] == '-')) ||
        (s.n > spaces + 1 && s.p[spaces + 1] != '\n')) {
        return ERROR(err, ERR_MALFORMED, "text behind a boundary of the form");
    }
    if (s.n < spaces + 2) {
        return ERR_OK;
    }
    buf_consume(&r->held, spaces); /* the line end stays: headers end with an empty line */
    r->state = IN_HEADERS;
    *again = true;
    return ERR_OK;
}

static enum errcode read_headers(struct multipart_reader *r, bool *again, struct error *err)
{
    const char *end = memmem(r->held.p, r->held.n, "\r\n\r\n", 4);
    size_t n = end ? (size_t)(end - r->held.p) : r->held.n;
    if (n > MULTIPART_HEADERS_MAX) {
        return ERROR(err, ERR_TOO_LARGE, "the headers of a part are longer than %d bytes",
                     MULTIPART_HEADERS_MAX);
    }
    if (!end) {
        return ERR_OK;
    }
    TRY(begin_part(r, (struct str){r->held.p, n}, err));
    buf_consume(&r->held, n + 4);
    r->state = IN_CONTENT;
    *again = true;
    return ERR_OK;
}

enum errcode multipart_push(struct multipart_reader *r, struct str piece, struct error *err)
{
    bool again = true;
    if (r->state == BEHIND_PARTS) {
        return ERR_OK;
    }
    buf_add_str(&r->held, piece);
    if (buf_failed(&r->held)) {
        return ERROR(err, ERR_TOO_LARGE, "a piece of the form is too large");
    }
    while (again) {
        again = false;
        switch ((enum state)r->state) {
        case BEFORE_PARTS:
        case IN_CONTENT:
            TRY(find_delimiter(r, &again, err));
            break;
        case BEHIND_DELIMITER:
            TRY(behind_delimiter(r, &again, err));
            break;
        case IN_HEADERS:
            TRY(read_headers(r, &again, err));
            break;
        case BEHIND_PARTS:
            buf_clear(&r->held);
            break;
        }
    }
    return ERR_OK;
}

enum errcode multipart_end(struct multipart_reader *r, struct error *err)
{
    return r->state == BEHIND_PARTS
               ? ERR_OK
               : ERROR(err, ERR_MALFORMED, "the last boundary of the form is missing");
}
