#include "data/read.h"

#include "base/buf.h"
#include "base/percent.h"
#include "base/utf8.h"
#include "data/cell.h"
#include "data/managed.h"

#define FLUSH_AT    ((size_t)32 << 10)
#define USUAL_BYTES ((size_t)16 << 10) /* of a page: most are written without growing */

struct listing {
    struct arena *arena;
    const struct list_query *asked;
    const struct row_sink *sink;
    struct row_shape shape;
    struct buf text;
    struct value *cut_row;
    const struct value *last; /* of a full page */
    bool more;
    struct list_result *out;
};

const struct column *const *data_all_columns(struct arena *a, const struct table *t)
{
    const struct column **columns = ARENA_ARRAY(a, t->n_columns, const struct column *);
    for (size_t i = 0; i < t->n_columns; i++) {
        columns[i] = &t->columns[i];
    }
    return columns;
}

bool data_actor(const struct data_context *ctx, struct arena *a, struct value *out)
{
    const struct column *c = table_find_column(ctx->table, STR("created_by"));
    if (!c || ctx->actor == 0) {
        return false;
    }
    *out = type_is_integer(&c->type) ? value_int(ctx->actor)
                                     : value_text(arena_printf(a, "%lld", (long long)ctx->actor));
    return true;
}

const struct filter *data_tenant_scope(struct arena *a, const struct table *t, int64_t tenant_id)
{
    const struct column *tenant = table_find_column(t, STR("tenant_id"));
    bool is_kept = tenant && tenant_id > 0 && table_is_managed(t);
    return is_kept ? filter_compare(a, FILTER_EQ, tenant, value_int(tenant_id)) : NULL;
}

const struct filter *data_scope(const struct data_context *ctx, struct arena *a,
                                const struct filter *where)
{
    const struct filter *scope =
        ctx->has_scope ? ctx->scope : data_tenant_scope(a, ctx->table, ctx->tenant_id);
    return filter_and(a, where, filter_and(a, ctx->only, scope));
}

static enum errcode flush(struct listing *l, bool always, struct error *err)
{
    if (buf_failed(&l->text)) {
        return ERROR(err, ERR_TOO_LARGE, "a row is too large to be sent");
    }
    if (l->text.n == 0 || (!always && l->text.n < FLUSH_AT)) {
        return ERR_OK;
    }
    TRY(l->sink->fn(l->sink->arg, l->text.p, l->text.n, err));
    buf_clear(&l->text);
    return ERR_OK;
}

static void keep(struct listing *l, const struct value *row)
{
    size_t n = l->asked->query.n_columns;
    struct value *last = ARENA_ARRAY(l->arena, n, struct value);
    for (size_t i = 0; i < n; i++) {
        last[i] = value_copy(l->arena, row[i]);
    }
    l->last = last;
}

/* @row with what is too long cut; the same row when nothing is. */
static const struct value *cut(struct listing *l, const struct value *row)
{
    size_t limit = (size_t)l->sink->cell_limit;
    if (limit == 0) {
        return row;
    }
    for (size_t i = 0; i < l->shape.n; i++) {
        l->cut_row[i] = row[i];
        bool is_long =
            (row[i].kind == VALUE_TEXT || row[i].kind == VALUE_BYTES) && row[i].s.n > limit;
        if (is_long && row[i].kind == VALUE_TEXT) {
            l->cut_row[i].s = utf8_cut(row[i].s, limit);
        } else if (is_long) {
            l->cut_row[i].s.n = limit;
        }
        l->out->truncated = l->out->truncated || is_long;
    }
    return l->cut_row;
}

static enum errcode stream(struct listing *l, struct cursor *c, struct error *err)
{
    const struct value *row = NULL;
    bool is_limited = l->asked->query.limit >= 0;
    TRY(engine_cursor_next(c, &row, err));
    (void)buf_reserve(&l->text, USUAL_BYTES - 1);
    buf_addc(&l->text, '[');
    while (row) {
        if (is_limited && l->out->n_rows == l->asked->limit) {
            l->more = true;
            break;
        }
        buf_adds(&l->text, l->out->n_rows ? "," : "");
        (l->sink->as_arrays ? row_encode_array : row_encode)(&l->text, &l->shape, cut(l, row));
        if (is_limited && ++l->out->n_rows == l->asked->limit) {
            keep(l, row);
        } else if (!is_limited) {
            l->out->n_rows++;
        }
        TRY(flush(l, false, err));
        TRY(engine_cursor_next(c, &row, err));
    }
    buf_addc(&l->text, ']');
    return flush(l, true, err);
}

static enum errcode count(struct listing *l, struct session *s, const struct query *q,
                          struct error *err)
{
    struct list_result *r = l->out;
    enum count_mode mode = l->asked->count;
    if (mode == COUNT_NONE) {
        return ERR_OK;
    }
    /* the end of the list tells how long it is */
    if (!l->more && !l->asked->by_cursor && (r->n_rows > 0 || q->offset == 0)) {
        r->total = q->offset + r->n_rows;
        r->exact = true;
        return ERR_OK;
    }
    int64_t estimate = engine_row_estimate(s, q->table);
    bool is_big = estimate < 0 || estimate > LIST_EXACT_MAX;
    if (estimate >= 0 && (mode == COUNT_ESTIMATED || (mode == COUNT_UNSET && is_big))) {
        r->total = estimate;
        return ERR_OK;
    }
    const struct value *row = NULL;
    struct query all = {.table = q->table,
                        .columns = q->columns,
                        .n_columns = q->n_columns,
                        .where = q->where,
                        .limit = -1,
                        .count_only = true};
    TRY(engine_query_one(s, &all, l->arena, &row, err));
    r->total = row ? row[0].i : 0;
    r->exact = true;
    return ERR_OK;
}

static enum errcode list(struct listing *l, struct session *s, const struct query *q,
                         struct error *err)
{
    struct cursor *c = NULL;
    TRY(engine_select(s, q, &c, err));
    enum errcode code = stream(l, c, err);
    engine_cursor_close(c);
    TRY(code);
    if (l->more && l->last && q->n_order > 0 && q->table->n_primary_key > 0) {
        l->out->next_cursor = list_cursor(l->arena, l->asked, l->last);
    }
    return count(l, s, q, err);
}

enum errcode data_list(const struct data_context *ctx, struct arena *a, const struct list_query *q,
                       const struct row_sink *sink, struct list_result *out, struct error *err)
{
    struct session *s AUTO(engine_session_endp) = NULL;
    struct list_result result = {.total = -1};
    struct listing l = {.arena = a, .asked = q, .sink = sink, .out = &result};
    struct query query = q->query;
    query.where = data_scope(ctx, a, query.where);
    row_shape_init(&l.shape, a, query.columns, q->n_shown);
    l.cut_row = ARENA_ARRAY(a, q->n_shown, struct value);
    TRY(engine_session_begin(ctx->engine, ctx->ns, ACCESS_READ, &s, err));
    buf_init(&l.text, BUF_MAX_DEFAULT);
    enum errcode code = list(&l, s, &query, err);
    buf_release(&l.text);
    TRY(code);
    *out = result;
    return ERR_OK;
}

/* Equality is exact for these, on every engine; of others no row is told apart by. */
static bool is_comparable(const struct column *c)
{
    switch (c->type.kind) {
    case TYPE_FLOAT32:
    case TYPE_FLOAT64:
    case TYPE_BYTES:
    case TYPE_INTERVAL:
    case TYPE_JSON:
    case TYPE_ARRAY:
    case TYPE_NATIVE:
    case TYPE_NONE:
        return false;
    default:
        return true;
    }
}

const struct column *const *data_row_key(struct arena *a, const struct table *t, size_t *n)
{
    const struct column **key = ARENA_ARRAY(a, t->n_columns, const struct column *);
    *n = 0;
    for (size_t i = 0; i < t->n_primary_key; i++) {
        const struct column *c = table_find_column(t, str_of(t->primary_key[i]));
        if (c) {
            key[(*n)++] = c;
        }
    }
    for (size_t i = 0; t->n_primary_key == 0 && i < t->n_columns; i++) {
        if (is_comparable(&t->columns[i])) {
            key[(*n)++] = &t->columns[i];
        }
    }
    return key;
}

const struct filter *data_row_filter(struct arena *a, const struct table *t,
                                     const struct value *row)
{
    size_t n = 0;
    const struct column *const *key = data_row_key(a, t, &n);
    const struct filter *all = NULL;
    for (size_t i = 0; i < n; i++) {
        struct value v = row[key[i] - t->columns];
        enum filter_op op = v.kind == VALUE_NULL ? FILTER_IS_NULL : FILTER_EQ;
        all = filter_and(a, all, filter_compare(a, op, key[i], v));
    }
    return all;
}

/* One part of an address of several. */
static bool read_part(struct arena *a, struct str part, const struct column *c, struct value *out)
{
    struct str plain;
    if (str_is(part, DATA_KEY_NULL)) {
        *out = value_null();
        return true;
    }
    return percent_decode(a, part, false, &plain, NULL) == ERR_OK &&
           cell_from_text(a, plain, c, out, NULL) == ERR_OK;
}

/* The values that @id says, one for each column of the key. */
static bool read_key(struct arena *a, struct str id, const struct column *const *key, size_t n,
                     bool is_primary, struct value *out)
{
    struct str rest = id, part;
    if (n == 1 && is_primary) {
        return cell_from_text(a, id, key[0], &out[0], NULL) == ERR_OK;
    }
    for (size_t i = 0; i < n; i++) {
        if (!str_split(&rest, DATA_KEY_SEPARATOR, &part) || !read_part(a, part, key[i], &out[i])) {
            return false;
        }
    }
    return !rest.p;
}

enum errcode data_key_filter(struct arena *a, const struct table *t, struct str id,
                             const struct filter **out, struct error *err)
{
    size_t n = 0;
    const struct column *const *key = data_row_key(a, t, &n);
    struct value *row = ARENA_ARRAY(a, t->n_columns, struct value);
    struct value *values = ARENA_ARRAY(a, n, struct value);
    if (n == 0) {
        return ERROR(err, ERR_UNSUPPORTED, "nothing tells the rows of \"%s\" apart", t->name);
    }
    if (n < t->n_primary_key || !read_key(a, id, key, n, t->n_primary_key > 0, values)) {
        return ERROR(err, ERR_NOT_FOUND, "no such row in \"%s\"", t->name);
    }
    for (size_t i = 0; i < n; i++) {
        row[key[i] - t->columns] = values[i];
    }
    *out = data_row_filter(a, t, row);
    return ERR_OK;
}

enum errcode data_get(const struct data_context *ctx, struct arena *a, struct str id,
                      const struct value **row, struct error *err)
{
    struct session *s AUTO(engine_session_endp) = NULL;
    const struct value *found = NULL;
    struct query q = {.table = ctx->table, .n_columns = ctx->table->n_columns, .limit = 1};
    q.columns = data_all_columns(a, ctx->table);
    TRY(data_key_filter(a, ctx->table, id, &q.where, err));
    q.where = data_scope(ctx, a, q.where);
    TRY(engine_session_begin(ctx->engine, ctx->ns, ACCESS_READ, &s, err));
    TRY(engine_query_one(s, &q, a, &found, err));
    if (!found) {
        return ERROR(err, ERR_NOT_FOUND, "no such row in \"%s\"", ctx->table->name);
    }
    *row = found;
    return ERR_OK;
}
