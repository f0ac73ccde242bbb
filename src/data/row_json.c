#include "data/row_json.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/time.h"
#include "catalog/where.h"
#include "data/rules.h"
#include "query/value_json.h"

#define SAFE_INTEGER  (INT64_C(1) << 53)
#define NUMBER_DIGITS 15

#define KEY_QUICK 16 /* bytes behind every key that may be read: short ones are copied so */

/* What a text of a column is in JSON. */
enum text_form { FORM_STRING = 0, FORM_NUMBER, FORM_INSTANT, FORM_JSON };

static enum text_form form_of(const struct column *c)
{
    static const unsigned char forms[TYPE_N] = {
        [TYPE_INT16] = FORM_NUMBER,    [TYPE_INT32] = FORM_NUMBER,   [TYPE_INT64] = FORM_NUMBER,
        [TYPE_DECIMAL] = FORM_NUMBER,  [TYPE_FLOAT32] = FORM_NUMBER, [TYPE_FLOAT64] = FORM_NUMBER,
        [TYPE_INSTANT] = FORM_INSTANT, [TYPE_JSON] = FORM_JSON,      [TYPE_ARRAY] = FORM_JSON,
    };
    return (enum text_form)forms[c->type.kind];
}

void row_shape_init(struct row_shape *s, struct arena *a, const struct column *const *columns,
                    size_t n)
{
    struct buf b;
    struct str *keys = ARENA_ARRAY(a, n, struct str);
    unsigned char *forms = arena_alloc(a, n);
    buf_init(&b, BUF_MAX_DEFAULT);
    for (size_t i = 0; i < n; i++) {
        buf_clear(&b);
        buf_adds(&b, i ? "," : "");
        json_quote(&b, str_of(columns[i]->name));
        buf_addc(&b, ':');
        char *key = arena_alloc(a, b.n < KEY_QUICK ? KEY_QUICK : b.n);
        memcpy(key, b.p, b.n);
        keys[i] = (struct str){key, b.n};
        forms[i] = (unsigned char)form_of(columns[i]);
    }
    buf_release(&b);
    *s = (struct row_shape){columns, keys, forms, n};
}

/* Digits from the first that is not 0 on, without the zeros at the end of a whole number. */
static int significant_digits(struct str s)
{
    int n = 0;
    int zeros = 0;
    bool is_broken = false;
    for (size_t i = 0; i < s.n && s.p[i] != 'e' && s.p[i] != 'E'; i++) {
        bool digit = s.p[i] >= '0' && s.p[i] <= '9';
        is_broken = is_broken || s.p[i] == '.';
        n += digit && (n > 0 || s.p[i] != '0');
        zeros = s.p[i] == '0' ? zeros + 1 : digit ? 0 : zeros;
    }
    return is_broken || n < zeros ? n : n - zeros;
}

/* Whole numbers and decimals of so few digits that there is nothing to ask strtod() about. */
static bool is_plain_number(struct str s)
{
    size_t i = s.n > 0 && s.p[0] == '-';
    size_t from = i;
    size_t digits = 0;
    bool is_broken = false;
    for (; i < s.n; i++) {
        bool is_digit = s.p[i] >= '0' && s.p[i] <= '9';
        if (!is_digit && (s.p[i] != '.' || is_broken || i == from)) {
            return false;
        }
        is_broken = is_broken || !is_digit;
        digits += is_digit;
    }
    bool has_zero_first = digits > 1 && s.p[from] == '0' && s.p[from + 1] != '.';
    return digits > 0 && digits <= NUMBER_DIGITS && !has_zero_first && s.p[s.n - 1] != '.';
}

static void add_number(struct buf *b, struct str text)
{
    double f = 0;
    if (is_plain_number(text)) {
        buf_add_str(b, text);
        return;
    }
    if (str_double(text, &f) && significant_digits(text) <= NUMBER_DIGITS) {
        buf_add_str(b, text);
    } else {
        json_quote(b, text);
    }
}

static void add_float(struct buf *b, double f)
{
    size_t from = b->n;
    if (!isfinite(f)) {
        buf_adds(b, "null");
    } else if (buf_add_double(b, f) > NUMBER_DIGITS && !buf_failed(b)) {
        char text[40];
        size_t n = b->n - from;
        memcpy(text, b->p + from, n);
        b->n = from;
        json_quote(b, (struct str){text, n});
    }
}

static void add_int(struct buf *b, const struct column *c, int64_t i)
{
    if (c->type.kind == TYPE_BOOLEAN && (i == 0 || i == 1)) {
        buf_adds(b, i ? "true" : "false");
        return;
    }
    bool is_safe = i >= -SAFE_INTEGER && i <= SAFE_INTEGER;
    buf_add_str(b, is_safe ? STR("") : STR("\""));
    buf_add_int64(b, i);
    buf_add_str(b, is_safe ? STR("") : STR("\""));
}

static void add_base64(struct buf *b, struct str s)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    buf_addc(b, '"');
    for (size_t i = 0; i < s.n; i += 3) {
        size_t have = s.n - i < 3 ? s.n - i : 3;
        uint32_t group = 0;
        for (size_t k = 0; k < 3; k++) {
            group = group << 8 | (k < have ? (unsigned char)s.p[i + k] : 0U);
        }
        for (size_t k = 0; k < 4; k++) {
            buf_addc(b, k <= have ? digits[group >> (18 - 6 * k) & 63] : '=');
        }
    }
    buf_addc(b, '"');
}

/* An engine may keep anything in a json column; only JSON may stand in JSON. */
static void add_json(struct buf *b, struct str s)
{
    json_t *doc = NULL;
    struct arena *scratch AUTO(arena_freep) = arena_new();
    if (doc_parse(scratch, s, JSON_DEPTH_MAX, &doc, NULL) == ERR_OK) {
        buf_add_str(b, s);
    } else {
        json_quote(b, s);
    }
}

static void add_text(struct buf *b, enum text_form form, struct str s)
{
    int64_t us = 0;
    if (form == FORM_NUMBER) {
        add_number(b, s);
    } else if (form == FORM_JSON) {
        add_json(b, s);
    } else if (form == FORM_INSTANT && !instant_is_canonical(s) && instant_parse(s, &us)) {
        char text[INSTANT_TEXT_MAX];
        json_quote(b, (struct str){text, instant_format(text, us)});
    } else {
        json_quote(b, s);
    }
}

void cell_encode(struct buf *b, const struct column *c, struct value v)
{
    switch (v.kind) {
    case VALUE_NULL:
        buf_adds(b, "null");
        break;
    case VALUE_BOOL:
        buf_adds(b, v.b ? "true" : "false");
        break;
    case VALUE_INT:
        add_int(b, c, v.i);
        break;
    case VALUE_FLOAT:
        add_float(b, v.f);
        break;
    case VALUE_TEXT:
        add_text(b, form_of(c), v.s);
        break;
    case VALUE_BYTES:
        add_base64(b, v.s);
        break;
    }
}

/* ---- rows ---------------------------------------------------------------------------------- */

/* More than anything but a text takes, with the quotes of one, and more than a quick key. */
#define CELL_ROOM 32

static char *put(char *at, struct str s)
{
    memcpy(at, s.p, s.n);
    return at + s.n;
}

/* Nearly every cell is one of these. NULL: it is none, whatever stands at @at. */
static char *put_usual(char *at, const struct row_shape *s, size_t i, const struct value *v)
{
    switch (v->kind) {
    case VALUE_NULL:
        return put(at, STR("null"));
    case VALUE_INT: {
        bool is_number = v->i >= -SAFE_INTEGER && v->i <= SAFE_INTEGER &&
                         s->columns[i]->type.kind != TYPE_BOOLEAN;
        return is_number ? int64_put(at, v->i) : NULL;
    }
    case VALUE_TEXT:
        if (s->forms[i] == FORM_NUMBER) {
            return is_plain_number(v->s) ? put(at, v->s) : NULL;
        }
        if (s->forms[i] == FORM_JSON ||
            (s->forms[i] == FORM_INSTANT && !instant_is_canonical(v->s))) {
            return NULL;
        }
        return json_quote_plain(at, v->s);
    default:
        return NULL;
    }
}

static inline char *put_key(char *at, struct str key)
{
    memcpy(at, key.p, KEY_QUICK);
    if (key.n > KEY_QUICK) {
        memcpy(at + KEY_QUICK, key.p + KEY_QUICK, key.n - KEY_QUICK);
    }
    return at + key.n;
}

/* In one go when there is room for it in @b. Of @key KEY_QUICK bytes are read, whatever its
 * length. */
static inline void add_cell(struct buf *b, struct str key, const struct row_shape *s, size_t i,
                            const struct value *v)
{
    char *at = buf_room(b, key.n + CELL_ROOM + (v->kind == VALUE_TEXT ? v->s.n : 0));
    char *end = at ? put_usual(put_key(at, key), s, i, v) : NULL;
    if (end) {
        buf_end(b, end);
        return;
    }
    buf_add_str(b, key);
    cell_encode(b, s->columns[i], *v);
}

void row_encode(struct buf *b, const struct row_shape *s, const struct value *row)
{
    buf_addc(b, '{');
    for (size_t i = 0; i < s->n; i++) {
        add_cell(b, s->keys[i], s, i, &row[i]);
    }
    buf_addc(b, '}');
}

void row_encode_array(struct buf *b, const struct row_shape *s, const struct value *row)
{
    static const char comma[KEY_QUICK] = ",";
    buf_addc(b, '[');
    for (size_t i = 0; i < s->n; i++) {
        add_cell(b, (struct str){comma, i > 0}, s, i, &row[i]);
    }
    buf_addc(b, ']');
}

enum errcode row_decode(struct arena *a, const json_t *doc, const struct table *table,
                        enum write_kind kind, struct write *out, struct error *err)
{
    if (!json_is_object(doc)) {
        return ERROR(err, ERR_INVALID, "a row is an object");
    }
    size_t n = 0;
    const struct column **columns = ARENA_ARRAY(a, json_object_size(doc), const struct column *);
    struct value *values = ARENA_ARRAY(a, json_object_size(doc), struct value);
    const char *name;
    json_t *member;
    json_object_foreach((json_t *)(uintptr_t)doc, name, member)
    {
        const struct column *c = table_find_column(table, str_of(name));
        if (!c || strcmp(c->name, name) != 0) {
            (void)ERROR(err, ERR_UNKNOWN_FIELD, "no column \"%s\"", name);
            return where_member(err, ERR_UNKNOWN_FIELD, name);
        }
        TRY(where_member(err, value_from_json(a, member, c, &values[n], err), name));
        /* the server or the engine may fill a key that is null in an insert */
        bool may_fill = kind == WRITE_INSERT && table_in_primary_key(table, c->name);
        if (!may_fill || values[n].kind != VALUE_NULL) {
            TRY(rules_check(a, c, values[n], err));
        }
        columns[n++] = c;
    }
    *out = (struct write){
        .kind = kind, .table = table, .columns = columns, .values = values, .n_columns = n};
    return ERR_OK;
}
