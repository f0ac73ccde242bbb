#include "query/list_grammar.h"

#include "base/buf.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "query/filter_json.h"

#define SEARCH_MAX 1000
#define CURSOR_MAX 16384
#define PAGE_MAX   1000000000

static const char digits64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

struct parsing {
    struct arena *arena;
    const struct list_params *params;
    const struct table *table;
    const struct list_policy *policy;
    struct column_set columns;
    struct list_query *out;
    struct error *err;
};

static enum errcode refuse(struct parsing *p, const char *name, const char *message)
{
    (void)ERROR(p->err, ERR_INVALID_PARAMETER, "%s", message);
    return error_where(p->err, "/query/%s", name);
}

static enum errcode parse_number(struct parsing *p, const char *name, struct str text, int64_t max,
                                 int64_t *out)
{
    if (!text.p) {
        return ERR_OK;
    }
    int64_t i = 0;
    if (!str_int64(text, &i) || i < 1 || i > max) {
        return refuse(
            p, name,
            arena_printf(p->arena, "\"%s\" is a number from 1 to %lld", name, (long long)max));
    }
    *out = i;
    return ERR_OK;
}

static enum errcode parse_count(struct parsing *p)
{
    static const struct {
        const char *name;
        enum count_mode mode;
    } modes[] = {{"exact", COUNT_EXACT}, {"estimated", COUNT_ESTIMATED}, {"none", COUNT_NONE}};
    for (size_t i = 0; p->params->count.p && i < ARRAY_LEN(modes); i++) {
        if (str_is(p->params->count, modes[i].name)) {
            p->out->count = modes[i].mode;
            return ERR_OK;
        }
    }
    return p->params->count.p ? refuse(p, "count", "\"count\" is exact, estimated or none")
                              : ERR_OK;
}

static bool has_column(const struct column *const *items, size_t n, const struct column *c)
{
    for (size_t i = 0; i < n; i++) {
        if (items[i] == c) {
            return true;
        }
    }
    return false;
}

static enum errcode parse_fields(struct parsing *p, const struct column **columns, size_t *n)
{
    struct str rest = p->params->fields;
    struct str name;
    for (size_t i = 0; !rest.p && i < p->table->n_columns; i++) {
        const struct column *c = &p->table->columns[i];
        if (!text_eq(c->name, "tenant_id") && column_set_find(&p->columns, str_of(c->name))) {
            columns[(*n)++] = c;
        }
    }
    while (str_split(&rest, ',', &name)) {
        const struct column *c = column_set_find(&p->columns, str_trim(name));
        if (!c) {
            return refuse(p, "fields", "\"fields\" names a column that is not there");
        }
        if (!has_column(columns, *n, c)) {
            columns[(*n)++] = c;
        }
    }
    return ERR_OK;
}

/* A column that decides nothing any more is left out. */
static void add_order(struct parsing *p, struct order *orders, const struct column *c, bool down)
{
    struct query *q = &p->out->query;
    for (size_t i = 0; i < q->n_order; i++) {
        if (orders[i].column == c) {
            return;
        }
    }
    orders[q->n_order++] = (struct order){c, down, down};
}

static enum errcode parse_sort(struct parsing *p)
{
    struct order *orders = ARENA_ARRAY(p->arena, p->table->n_columns, struct order);
    bool down = str_eq_nocase(p->params->order, STR("desc"));
    if (p->params->order.p && !down && !str_eq_nocase(p->params->order, STR("asc"))) {
        return refuse(p, "order", "\"order\" is asc or desc");
    }
    p->out->query.order = orders;
    struct str rest = p->params->sort;
    struct str part;
    while (str_split(&rest, ',', &part)) {
        part = str_trim(part);
        bool minus = part.n > 0 && part.p[0] == '-';
        const struct column *c = column_set_find(&p->columns, minus ? str_sub(part, 1) : part);
        if (!c) {
            return refuse(p, "sort", "\"sort\" names a column that is not there");
        }
        add_order(p, orders, c, minus || down);
    }
    const struct column *made = column_set_find(&p->columns, STR("created_at"));
    bool is_default = !p->params->sort.p && made;
    if (is_default) {
        add_order(p, orders, made, p->params->order.p ? down : true);
    }
    bool key_down = p->out->query.n_order ? orders[p->out->query.n_order - 1].is_descending : down;
    for (size_t i = 0; i < p->table->n_primary_key; i++) {
        const struct column *c = table_find_column(p->table, str_of(p->table->primary_key[i]));
        if (c) {
            add_order(p, orders, c, key_down);
        }
    }
    return ERR_OK;
}

static enum errcode parse_search(struct parsing *p)
{
    if (p->params->search.n == 0) {
        return ERR_OK;
    }
    if (p->params->search.n > SEARCH_MAX || !utf8_valid(p->params->search)) {
        return refuse(p, "search", "\"search\" is a UTF-8 text of at most 1000 bytes");
    }
    const struct column **columns =
        ARENA_ARRAY(p->arena, p->table->n_columns, const struct column *);
    struct filter *f = ARENA_NEW(p->arena, struct filter);
    struct value *v = ARENA_NEW(p->arena, struct value);
    *v = value_str(p->params->search);
    *f = (struct filter){.op = FILTER_SEARCH, .values = v, .n_values = 1, .columns = columns};
    for (size_t i = 0; i < p->table->n_columns; i++) {
        const struct column *c = &p->table->columns[i];
        if (type_is_text(&c->type) && column_set_find(&p->columns, str_of(c->name))) {
            columns[f->n_columns++] = c;
        }
    }
    if (f->n_columns == 0) {
        f->op = FILTER_FALSE;
    }
    p->out->query.where = filter_and(p->arena, p->out->query.where, f);
    return ERR_OK;
}

static enum errcode parse_filters(struct parsing *p)
{
    if (p->params->filters.n == 0) {
        return ERR_OK;
    }
    enum errcode code =
        filter_from_text(p->arena, p->params->filters, &p->columns, &p->out->query.where, p->err);
    return code == ERR_OK || !p->err ? code : error_prefix_where(p->err, "/query/filters");
}

static void add_size(struct buf *b, size_t n)
{
    buf_addc(b, '|');
    buf_add_int64(b, (int64_t)n);
    buf_addc(b, ':');
}

static void add_sized(struct buf *b, struct str s)
{
    add_size(b, s.n);
    buf_add_str(b, s);
}

static uint64_t seal_of(struct parsing *p)
{
    struct buf b;
    buf_init(&b, BUF_MAX_DEFAULT);
    buf_adds(&b, p->table->name);
    for (size_t i = 0; i < p->out->query.n_order; i++) {
        const struct order *o = &p->out->query.order[i];
        add_sized(&b, str_of(o->column->name));
        buf_addc(&b, o->is_descending ? '1' : '0');
    }
    add_size(&b, p->params->filters.n);
    buf_add_str(&b, p->params->filters);
    buf_add_str(&b, p->params->search);
    uint64_t seal = hash64(buf_str(&b));
    buf_release(&b);
    return seal;
}

static char *base64url(struct arena *a, struct str s)
{
    char *out = arena_alloc(a, s.n / 3 * 4 + 5);
    size_t n = 0;
    uint32_t bits = 0;
    int held = 0;
    for (size_t i = 0; i < s.n; i++) {
        bits = (bits << 8 | (unsigned char)s.p[i]) & 0xffff;
        for (held += 8; held >= 6; held -= 6) {
            out[n++] = digits64[bits >> (held - 6) & 63];
        }
    }
    if (held) {
        out[n++] = digits64[bits << (6 - held) & 63];
    }
    return out;
}

/* Only what base64url writes: bits that are left over would be another text of the same bytes. */
static bool unbase64url(struct arena *a, struct str s, struct str *out)
{
    char *bytes = arena_alloc(a, s.n + 1);
    size_t n = 0;
    uint32_t bits = 0;
    int held = 0;
    for (size_t i = 0; i < s.n; i++) {
        const char *at = s.p[i] ? strchr(digits64, s.p[i]) : NULL;
        if (!at) {
            return false;
        }
        bits = (bits << 6 | (uint32_t)(at - digits64)) & 0xffff;
        held += 6;
        if (held >= 8) {
            held -= 8;
            bytes[n++] = (char)(bits >> held & 0xff);
        }
    }
    *out = (struct str){bytes, n};
    return held < 6 && (bits & ((1u << held) - 1)) == 0;
}

/* kind, length, bytes of each value; in front of all a hash of them and the seal */
static void add_value(struct buf *b, struct value v)
{
    struct str s = v.s;
    if (v.kind != VALUE_TEXT && v.kind != VALUE_BYTES) {
        s = v.kind == VALUE_BOOL    ? (struct str){(const char *)&v.b, sizeof v.b}
            : v.kind == VALUE_INT   ? (struct str){(const char *)&v.i, sizeof v.i}
            : v.kind == VALUE_FLOAT ? (struct str){(const char *)&v.f, sizeof v.f}
                                    : (struct str){NULL, 0};
    }
    uint32_t n = (uint32_t)s.n;
    buf_addc(b, (char)v.kind);
    buf_add(b, &n, sizeof n);
    buf_add_str(b, s);
}

static bool take_value(struct str *rest, struct value *v)
{
    uint32_t n = 0;
    if (rest->n < 1 + sizeof n) {
        return false;
    }
    v->kind = (enum value_kind)(unsigned char)rest->p[0];
    memcpy(&n, rest->p + 1, sizeof n);
    *rest = str_sub(*rest, 1 + sizeof n);
    if (n > rest->n) {
        return false;
    }
    struct str s = {rest->p, n};
    *rest = str_sub(*rest, n);
    switch (v->kind) {
    case VALUE_NULL:
        return n == 0;
    case VALUE_BOOL:
        v->b = n == 1 && s.p[0] == 1;
        return n == 1;
    case VALUE_INT:
        memcpy(&v->i, s.p, n == sizeof v->i ? n : 0);
        return n == sizeof v->i;
    case VALUE_FLOAT:
        memcpy(&v->f, s.p, n == sizeof v->f ? n : 0);
        return n == sizeof v->f;
    case VALUE_TEXT:
        v->s = s;
        return utf8_valid(s);
    case VALUE_BYTES:
        v->s = s;
        return true;
    }
    return false;
}

static uint64_t cursor_check(struct arena *a, uint64_t seal, struct str values)
{
    char *all = arena_alloc(a, values.n + sizeof seal);
    memcpy(all, &seal, sizeof seal);
    memcpy(all + sizeof seal, values.p, values.n);
    return hash64((struct str){all, values.n + sizeof seal});
}

static enum errcode parse_cursor(struct parsing *p)
{
    static const char message[] = "\"cursor\" does not belong to this list";
    struct str bytes = {0};
    uint64_t check = 0;
    if (p->params->cursor.n > CURSOR_MAX || p->out->query.n_order == 0 ||
        !unbase64url(p->arena, p->params->cursor, &bytes) || bytes.n < sizeof check) {
        return refuse(p, "cursor", message);
    }
    memcpy(&check, bytes.p, sizeof check);
    struct str rest = str_sub(bytes, sizeof check);
    if (check != cursor_check(p->arena, p->out->seal, rest)) {
        return refuse(p, "cursor", message);
    }
    struct value *after = ARENA_ARRAY(p->arena, p->out->query.n_order, struct value);
    for (size_t i = 0; i < p->out->query.n_order; i++) {
        if (!take_value(&rest, &after[i])) {
            return refuse(p, "cursor", message);
        }
    }
    p->out->query.after = after;
    p->out->by_cursor = true;
    p->out->page = 0;
    return rest.n == 0 ? ERR_OK : refuse(p, "cursor", message);
}

static enum errcode parse_place(struct parsing *p)
{
    int64_t max = p->policy && p->policy->limit_max ? p->policy->limit_max : LIST_LIMIT_MAX;
    p->out->limit = p->policy && p->policy->limit_default ? p->policy->limit_default : 50;
    p->out->page = 1;
    TRY(parse_number(p, "limit", p->params->limit, max, &p->out->limit));
    TRY(parse_number(p, "page", p->params->page, PAGE_MAX, &p->out->page));
    p->out->query.limit = p->out->limit + 1;
    p->out->query.offset = (p->out->page - 1) * p->out->limit;
    if (!p->params->cursor.p) {
        return ERR_OK;
    }
    return p->params->page.p ? refuse(p, "cursor", "\"cursor\" and \"page\" exclude each other")
                             : parse_cursor(p);
}

enum errcode list_parse(struct arena *a, const struct list_params *params,
                        const struct table *table, const struct list_policy *policy,
                        struct list_query *out, struct error *err)
{
    struct list_query q = {.query = {.table = table}};
    struct parsing p = {.arena = a,
                        .params = params,
                        .table = table,
                        .policy = policy,
                        .columns = {.table = table},
                        .out = &q,
                        .err = err};
    if (policy && policy->readable) {
        p.columns.items = policy->readable;
        p.columns.n = policy->n_readable;
    }
    const struct column **columns = ARENA_ARRAY(a, table->n_columns, const struct column *);
    TRY(parse_fields(&p, columns, &q.n_shown));
    TRY(parse_count(&p));
    TRY(parse_filters(&p));
    TRY(parse_search(&p));
    TRY(parse_sort(&p));
    q.seal = seal_of(&p);
    TRY(parse_place(&p));
    q.query.columns = columns;
    q.query.n_columns = q.n_shown;
    for (size_t i = 0; i < q.query.n_order; i++) {
        if (!has_column(columns, q.query.n_columns, q.query.order[i].column)) {
            columns[q.query.n_columns++] = q.query.order[i].column;
        }
    }
    *out = q;
    return ERR_OK;
}

/* The value that @row, all columns of @q, has for the @i-th column of the order. */
static struct value order_value(const struct list_query *q, size_t i, const struct value *row)
{
    size_t k = 0;
    while (q->query.columns[k] != q->query.order[i].column) {
        k++;
    }
    return row[k];
}

const struct value *list_place(struct arena *a, const struct list_query *q, const struct value *row)
{
    struct value *place = ARENA_ARRAY(a, q->query.n_order, struct value);
    for (size_t i = 0; i < q->query.n_order; i++) {
        place[i] = value_copy(a, order_value(q, i, row));
    }
    return place;
}

char *list_cursor(struct arena *a, const struct list_query *q, const struct value *row)
{
    struct buf b;
    if (q->query.n_order == 0) {
        return NULL;
    }
    buf_init(&b, BUF_MAX_DEFAULT);
    for (size_t i = 0; i < q->query.n_order; i++) {
        add_value(&b, order_value(q, i, row));
    }
    uint64_t check = cursor_check(a, q->seal, buf_str(&b));
    char *all = arena_alloc(a, b.n + sizeof check);
    memcpy(all, &check, sizeof check);
    memcpy(all + sizeof check, b.p, b.n);
    char *text = base64url(a, (struct str){all, b.n + sizeof check});
    buf_release(&b);
    return text;
}
