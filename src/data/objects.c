#include "data/objects.h"

#define ITEM_BYTES ((size_t)16 << 20)

enum state {
    BEFORE_ARRAY = 0,
    BEFORE_FIRST, /* behind "[": an item or "]" */
    BEFORE_ITEM,  /* behind a comma */
    IN_ITEM,
    IN_SCALAR, /* an item without brackets or quotes: ends before a comma, "]" or white space */
    BEHIND_ITEM,
    BEHIND_ARRAY,
};

static const unsigned char byte_order_mark[] = {0xef, 0xbb, 0xbf};

void object_reader_init(struct object_reader *r, bool by_lines, size_t item_bytes, object_fn *fn,
                        void *arg)
{
    *r = (struct object_reader){.by_lines = by_lines, .fn = fn, .arg = arg, .line = 1};
    buf_init(&r->text, item_bytes ? item_bytes : ITEM_BYTES);
}

void object_reader_release(struct object_reader *r)
{
    buf_release(&r->text);
}

static enum errcode refuse(const struct object_reader *r, const char *what, struct error *err)
{
    return ERROR(err, ERR_MALFORMED, "%s (line %lld)", what, (long long)r->line);
}

static enum errcode give(struct object_reader *r, struct error *err)
{
    if (buf_failed(&r->text)) {
        return ERROR(err, ERR_TOO_LARGE, "item %lld is longer than %zu bytes",
                     (long long)(r->n + 1), r->text.max);
    }
    r->n++;
    enum errcode code = r->fn(r->arg, buf_str(&r->text), err);
    buf_clear(&r->text);
    return code;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static enum errcode begin_item(struct object_reader *r, char c, struct error *err)
{
    if (c == ',' || c == ']' || c == '}' || c == ':') {
        return refuse(r, "an item is missing", err);
    }
    bool is_nested = c == '{' || c == '[';
    buf_addc(&r->text, c);
    r->depth = is_nested;
    r->in_string = c == '"';
    r->is_escaped = false;
    r->state = is_nested || r->in_string ? IN_ITEM : IN_SCALAR;
    return ERR_OK;
}

/* One byte of an item in brackets or quotes; it may be the last. */
static enum errcode go_on(struct object_reader *r, char c, struct error *err)
{
    buf_addc(&r->text, c);
    if (r->in_string) {
        r->in_string = r->is_escaped || c != '"';
        r->is_escaped = !r->is_escaped && c == '\\';
    } else {
        r->in_string = c == '"';
        r->depth += (c == '{' || c == '[') - (c == '}' || c == ']');
    }
    if (r->in_string || r->depth > 0) {
        return ERR_OK;
    }
    r->state = BEHIND_ITEM;
    return give(r, err);
}

static enum errcode behind_item(struct object_reader *r, char c, struct error *err)
{
    if (is_space(c)) {
        r->state = BEHIND_ITEM;
        return ERR_OK;
    }
    if (c != ',' && c != ']') {
        return refuse(r, "a comma or the end of the array is missing", err);
    }
    r->state = c == ',' ? BEFORE_ITEM : BEHIND_ARRAY;
    return ERR_OK;
}

static enum errcode take(struct object_reader *r, char c, struct error *err)
{
    switch ((enum state)r->state) {
    case IN_ITEM:
        return go_on(r, c, err);
    case IN_SCALAR:
        if (is_space(c) || c == ',' || c == ']') {
            TRY(give(r, err));
            return behind_item(r, c, err);
        }
        buf_addc(&r->text, c);
        return ERR_OK;
    case BEHIND_ITEM:
        return behind_item(r, c, err);
    case BEFORE_ARRAY:
        if (c == '[' || is_space(c)) {
            r->state = c == '[' ? BEFORE_FIRST : BEFORE_ARRAY;
            return ERR_OK;
        }
        return refuse(r, "an array of objects is wanted", err);
    case BEFORE_FIRST:
        if (c == ']') {
            r->state = BEHIND_ARRAY;
            return ERR_OK;
        }
        return is_space(c) ? ERR_OK : begin_item(r, c, err);
    case BEFORE_ITEM:
        return is_space(c) ? ERR_OK : begin_item(r, c, err);
    case BEHIND_ARRAY:
        break;
    }
    return is_space(c) ? ERR_OK : refuse(r, "text behind the end of the array", err);
}

static enum errcode push_array(struct object_reader *r, struct str s, struct error *err)
{
    for (size_t i = 0; i < s.n; i++) {
        TRY(take(r, s.p[i], err));
        r->line += s.p[i] == '\n';
        if (buf_failed(&r->text)) {
            return give(r, err);
        }
    }
    return ERR_OK;
}

static enum errcode end_of_line(struct object_reader *r, struct error *err)
{
    if (!buf_failed(&r->text) && str_trim(buf_str(&r->text)).n == 0) {
        buf_clear(&r->text);
        return ERR_OK;
    }
    return give(r, err);
}

static enum errcode push_lines(struct object_reader *r, struct str s, struct error *err)
{
    while (s.n) {
        size_t n = str_find(s, '\n');
        buf_add(&r->text, s.p, n);
        if (n < s.n) {
            TRY(end_of_line(r, err));
            r->line++;
        } else if (buf_failed(&r->text)) {
            return give(r, err);
        }
        s = str_sub(s, n + 1);
    }
    return ERR_OK;
}

static enum errcode push(struct object_reader *r, struct str piece, struct error *err)
{
    return r->by_lines ? push_lines(r, piece, err) : push_array(r, piece, err);
}

enum errcode object_push(struct object_reader *r, struct str piece, struct error *err)
{
    while (r->bom >= 0 && r->bom < (int)sizeof byte_order_mark && piece.n) {
        if ((unsigned char)piece.p[0] == byte_order_mark[r->bom]) {
            r->bom++;
            piece = str_sub(piece, 1);
            continue;
        }
        if (r->bom > 0) {
            return refuse(r, "a broken byte order mark", err);
        }
        r->bom = -1;
    }
    return push(r, piece, err);
}

enum errcode object_end(struct object_reader *r, struct error *err)
{
    if (r->by_lines) {
        return end_of_line(r, err);
    }
    return r->state == BEHIND_ARRAY ? ERR_OK : refuse(r, "the array does not end", err);
}
