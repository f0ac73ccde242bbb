#include "base/csv.h"

#include <limits.h>
#include <string.h>

#define ROW_BYTES ((size_t)16 << 20)
#define FIELDS    ((size_t)10000)

enum state {
    AT_ROW = 0,      /* nothing of a row was seen */
    AT_ROW_AFTER_CR, /* the same; a line feed belongs to what was before */
    AT_FIELD,        /* behind a separator */
    IN_PLAIN,
    IN_QUOTED,
    BEHIND_QUOTE, /* a quote inside of quotes: the end of the field, or half of a doubled one */
};

static const unsigned char byte_order_mark[] = {0xef, 0xbb, 0xbf};

void csv_reader_init(struct csv_reader *r, char separator, struct csv_limits limits, csv_row_fn *fn,
                     void *arg)
{
    *r = (struct csv_reader){
        .separator = separator, .limits = limits, .fn = fn, .arg = arg, .line = 1, .column = 1};
    r->limits.row_bytes = limits.row_bytes ? limits.row_bytes : ROW_BYTES;
    r->limits.fields = limits.fields ? limits.fields : FIELDS;
    buf_init(&r->text, r->limits.row_bytes);
}

void csv_reader_release(struct csv_reader *r)
{
    buf_release(&r->text);
    mem_free(r->marks);
    mem_free(r->fields);
    r->marks = NULL;
    r->fields = NULL;
}

static enum errcode refuse(const struct csv_reader *r, const char *what, struct error *err)
{
    return ERROR(err, ERR_MALFORMED, "%s (line %lld, column %lld)", what, (long long)r->line,
                 (long long)r->column);
}

static void grow(struct csv_reader *r)
{
    size_t room = r->n_room ? r->n_room * 2 : 16;
    struct csv_mark *marks = mem_alloc(room * sizeof *marks);
    if (r->n_marks) {
        memcpy(marks, r->marks, r->n_marks * sizeof *marks);
    }
    mem_free(r->marks);
    mem_free(r->fields);
    r->marks = marks;
    r->fields = mem_alloc(room * sizeof *r->fields);
    r->n_room = room;
}

static enum errcode end_field(struct csv_reader *r, struct error *err)
{
    if (buf_failed(&r->text)) {
        return ERROR(err, ERR_TOO_LARGE, "the row at line %lld is longer than %zu bytes",
                     (long long)r->line, r->limits.row_bytes);
    }
    if (r->n_marks == r->limits.fields) {
        return ERROR(err, ERR_TOO_LARGE, "the row at line %lld has more than %zu fields",
                     (long long)r->line, r->limits.fields);
    }
    if (r->n_marks == r->n_room) {
        grow(r);
    }
    r->marks[r->n_marks++] = (struct csv_mark){r->text.n, r->field_quoted};
    r->field_quoted = false;
    return ERR_OK;
}

static enum errcode end_row(struct csv_reader *r, struct error *err)
{
    TRY(end_field(r, err));
    size_t from = 0;
    for (size_t i = 0; i < r->n_marks; i++) {
        struct csv_mark *m = &r->marks[i];
        r->fields[i].text = (struct str){r->text.p ? r->text.p + from : "", m->end - from};
        r->fields[i].was_quoted = m->was_quoted;
        from = m->end;
    }
    size_t n = r->n_marks;
    r->n_marks = 0;
    enum errcode code = r->fn(r->arg, r->fields, n, err);
    buf_clear(&r->text);
    return code;
}

/* How many bytes from @at on mean nothing in @state. */
static size_t run_of(const struct csv_reader *r, struct str s, size_t at)
{
    size_t i = at;
    if (r->state == IN_QUOTED) {
        while (i < s.n && s.p[i] != '"' && s.p[i] != '\n' && s.p[i] != '\0') {
            i++;
        }
        return i - at;
    }
    while (i < s.n && s.p[i] != r->separator && s.p[i] != '\n' && s.p[i] != '\r' &&
           s.p[i] != '\0') {
        i++;
    }
    return i - at;
}

static void end_line(struct csv_reader *r)
{
    r->line++;
    r->column = 0; /* the byte itself counts one more */
}

/* A byte that ends a field or a row, anywhere outside of quotes. */
static enum errcode take_end(struct csv_reader *r, char c, struct error *err)
{
    bool is_empty_line = r->state == AT_ROW || r->state == AT_ROW_AFTER_CR;
    if (c == r->separator) {
        r->state = AT_FIELD;
        return end_field(r, err);
    }
    enum errcode code = is_empty_line ? ERR_OK : end_row(r, err);
    r->state = c == '\r' ? AT_ROW_AFTER_CR : AT_ROW;
    end_line(r);
    return code;
}

static bool is_end(const struct csv_reader *r, char c)
{
    return c == r->separator || c == '\n' || c == '\r';
}

static enum errcode take_quoted(struct csv_reader *r, char c, struct error *err)
{
    if (r->state == BEHIND_QUOTE && c != '"') {
        return is_end(r, c) ? take_end(r, c, err) : refuse(r, "text behind a closing quote", err);
    }
    if (r->state == IN_QUOTED && c == '"') {
        r->state = BEHIND_QUOTE;
        return ERR_OK;
    }
    buf_addc(&r->text, c);
    r->state = IN_QUOTED;
    if (c == '\n') {
        end_line(r);
    }
    return ERR_OK;
}

/* One byte that the state looks at. */
static enum errcode take(struct csv_reader *r, char c, struct error *err)
{
    if (c == '\0') {
        return refuse(r, "a NUL byte", err);
    }
    if (r->state == IN_QUOTED || r->state == BEHIND_QUOTE) {
        return take_quoted(r, c, err);
    }
    if (r->state == AT_ROW_AFTER_CR && c == '\n') {
        r->state = AT_ROW;
        r->column = 0;
        return ERR_OK;
    }
    if (is_end(r, c)) {
        return take_end(r, c, err);
    }
    if (c == '"' && r->state != IN_PLAIN) {
        r->field_quoted = true;
        r->state = IN_QUOTED;
        return ERR_OK;
    }
    buf_addc(&r->text, c);
    r->state = IN_PLAIN;
    return ERR_OK;
}

static enum errcode push(struct csv_reader *r, struct str s, struct error *err)
{
    for (size_t i = 0; i < s.n;) {
        if (r->state == IN_PLAIN || r->state == IN_QUOTED) {
            size_t n = run_of(r, s, i);
            buf_add(&r->text, s.p + i, n);
            r->column += (int64_t)n;
            i += n;
            if (buf_failed(&r->text)) {
                return end_field(r, err);
            }
            if (i == s.n) {
                break;
            }
        }
        TRY(take(r, s.p[i++], err));
        r->column++;
    }
    return ERR_OK;
}

/* The mark may come in pieces, and what looked like one may be text. */
static enum errcode pass_mark(struct csv_reader *r, struct str *piece, struct error *err)
{
    while (r->bom >= 0 && r->bom < (int)sizeof byte_order_mark && piece->n) {
        if ((unsigned char)piece->p[0] != byte_order_mark[r->bom]) {
            struct str seen = {(const char *)byte_order_mark, (size_t)r->bom};
            r->bom = -1;
            return push(r, seen, err);
        }
        r->bom++;
        *piece = str_sub(*piece, 1);
    }
    return ERR_OK;
}

enum errcode csv_push(struct csv_reader *r, struct str piece, struct error *err)
{
    TRY(pass_mark(r, &piece, err));
    return push(r, piece, err);
}

enum errcode csv_end(struct csv_reader *r, struct error *err)
{
    if (r->bom > 0 && r->bom < (int)sizeof byte_order_mark) {
        struct str seen = {(const char *)byte_order_mark, (size_t)r->bom};
        r->bom = -1;
        TRY(push(r, seen, err));
    }
    if (r->state == IN_QUOTED) {
        return refuse(r, "a quote that does not close", err);
    }
    bool is_between = r->state == AT_ROW || r->state == AT_ROW_AFTER_CR;
    r->state = AT_ROW;
    return is_between ? ERR_OK : end_row(r, err);
}

/* Quotes and line ends, beside the separator. */
static const bool is_special[UCHAR_MAX + 1] = {['"'] = true, ['\n'] = true, ['\r'] = true};

static bool needs_quotes(char separator, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == separator || is_special[(unsigned char)s.p[i]]) {
            return true;
        }
    }
    /* what readers might take for a byte order mark, or trim */
    return s.n == 0 || s.p[0] == ' ' || s.p[s.n - 1] == ' ' ||
           (unsigned char)s.p[0] == byte_order_mark[0];
}

void csv_add_field(struct buf *b, char separator, struct str text)
{
    if (!needs_quotes(separator, text)) {
        buf_add_str(b, text);
        return;
    }
    buf_addc(b, '"');
    struct str rest = text;
    while (rest.n) {
        size_t n = str_find(rest, '"');
        buf_add(b, rest.p, n);
        if (n < rest.n) {
            buf_adds(b, "\"\"");
        }
        rest = str_sub(rest, n + 1);
    }
    buf_addc(b, '"');
}
