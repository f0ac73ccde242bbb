#include "data/export.h"

#include "base/csv.h"
#include "base/json.h"
#include "base/time.h"
#include "data/cell.h"
#include "data/managed.h"

#define FLUSH_AT ((size_t)32 << 10)

struct exporting {
    const struct export_request *in;
    const struct row_sink *sink;
    const struct list_query *asked;
    struct row_shape shape;
    struct buf text;
    struct buf cell;
    int64_t n_rows;
    int64_t limit;             /* -1 = all */
    struct arena *place_arena; /* owns where the next read begins */
    char separator;
};

static enum errcode flush(struct exporting *x, bool always, struct error *err)
{
    if (buf_failed(&x->text) || buf_failed(&x->cell)) {
        return ERROR(err, ERR_TOO_LARGE, "a row is too large to be sent");
    }
    if (x->text.n == 0 || (!always && x->text.n < FLUSH_AT)) {
        return ERR_OK;
    }
    TRY(x->sink->fn(x->sink->arg, x->text.p, x->text.n, err));
    buf_clear(&x->text);
    return ERR_OK;
}

/* A spreadsheet runs what begins so. */
static bool is_formula(struct str s)
{
    return s.n > 0 && s.p[0] != '\0' && strchr("=+-@\t\r", s.p[0]) != NULL;
}

/* What a spreadsheet might run gets a mark in front where that is asked for. */
static bool is_marked(const struct exporting *x, const struct column *c, struct value v)
{
    return x->in->safe_formulas && type_is_text(&c->type) && v.kind == VALUE_TEXT &&
           is_formula(v.s);
}

/* A text that is in its form already. */
static bool is_verbatim(const struct column *c, struct value v)
{
    return v.kind == VALUE_TEXT && (c->type.kind != TYPE_INSTANT || instant_is_canonical(v.s));
}

static void add_csv_cell(struct exporting *x, const struct column *c, struct value v)
{
    bool has_mark = is_marked(x, c, v);
    if (v.kind == VALUE_INT || v.kind == VALUE_BOOL) { /* nothing in them needs quotes */
        cell_add_text(&x->text, c, v);
    } else if (is_verbatim(c, v) && !has_mark) {
        csv_add_field(&x->text, x->separator, v.s);
    } else {
        buf_clear(&x->cell);
        buf_adds(&x->cell, has_mark ? "'" : "");
        cell_add_text(&x->cell, c, v);
        csv_add_field(&x->text, x->separator, buf_str(&x->cell));
    }
}

static void add_csv_row(struct exporting *x, const struct value *row)
{
    for (size_t i = 0; i < x->shape.n; i++) {
        if (i) {
            buf_addc(&x->text, x->separator);
        }
        if (row[i].kind != VALUE_NULL) {
            add_csv_cell(x, x->shape.columns[i], row[i]);
        }
    }
    buf_adds(&x->text, x->separator == '\t' ? "\n" : "\r\n");
}

static void add_head(struct exporting *x)
{
    if (x->separator) {
        for (size_t i = 0; i < x->shape.n; i++) {
            buf_adds(&x->text, i ? (char[]){x->separator, '\0'} : "");
            csv_add_field(&x->text, x->separator, str_of(x->shape.columns[i]->name));
        }
        buf_adds(&x->text, x->separator == '\t' ? "\n" : "\r\n");
    } else if (x->in->format == FORMAT_JSON) {
        buf_addc(&x->text, '[');
    }
}

static void add_row(struct exporting *x, const struct value *row)
{
    if (x->separator) {
        add_csv_row(x, row);
        return;
    }
    if (x->in->format == FORMAT_JSON) {
        buf_adds(&x->text, x->n_rows ? ",\n" : "\n");
    }
    row_encode(&x->text, &x->shape, row);
    if (x->in->format == FORMAT_NDJSON) {
        buf_addc(&x->text, '\n');
    }
}

static bool can_be_continued(const struct query *q)
{
    return q->n_order > 0 && q->table->n_primary_key > 0;
}

/* Rows of @c until its end, the limit, or until the time is over; *@row is the last one given when
 * there is more to read, NULL at the end. */
static enum errcode stream(struct exporting *x, struct cursor *c, int64_t until,
                           const struct value **row, struct error *err)
{
    TRY(engine_cursor_next(c, row, err));
    while (*row && x->n_rows != x->limit) {
        add_row(x, *row);
        x->n_rows++;
        TRY(flush(x, false, err));
        if (time_monotonic_us() >= until && x->n_rows != x->limit) {
            return ERR_OK;
        }
        TRY(engine_cursor_next(c, row, err));
    }
    *row = NULL;
    return ERR_OK;
}

/* One read; q->after is where the next one begins, NULL when there is none. */
static enum errcode run_stretch(struct exporting *x, const struct data_context *ctx,
                                struct query *q, struct error *err)
{
    struct session *s AUTO(engine_session_endp) = NULL;
    struct cursor *c AUTO(engine_cursor_closep) = NULL;
    const struct value *last = NULL;
    int64_t stretch = x->in->stretch_us ? x->in->stretch_us : EXPORT_STRETCH_US;
    int64_t until = can_be_continued(q) ? time_monotonic_us() + stretch : INT64_MAX;
    TRY(engine_session_begin(ctx->engine, ctx->ns, ACCESS_READ, &s, err));
    TRY(engine_select(s, q, &c, err));
    TRY(stream(x, c, until, &last, err));
    struct arena *a = arena_new();
    q->after = last ? list_place(a, x->asked, last) : NULL;
    q->offset = 0;
    arena_free(x->place_arena);
    x->place_arena = a;
    return ERR_OK;
}

static enum errcode run(struct exporting *x, const struct data_context *ctx, struct query *q,
                        struct error *err)
{
    add_head(x);
    do {
        TRY(run_stretch(x, ctx, q, err));
    } while (q->after);
    buf_adds(&x->text, x->in->format == FORMAT_JSON ? "\n]\n" : "");
    return flush(x, true, err);
}

enum errcode data_export(const struct data_context *ctx, struct arena *a,
                         const struct export_request *in, const struct row_sink *sink,
                         struct error *err)
{
    struct list_query asked;
    struct exporting x = {.in = in, .sink = sink, .asked = &asked};
    struct list_policy policy = {.limit_max = INT64_MAX / 2};
    TRY(list_parse(a, &in->params, ctx->table, &policy, &asked, err));
    struct query q = asked.query;
    x.limit = in->params.limit.p ? asked.limit : -1;
    if (x.limit < 0) {
        q.limit = -1;
        q.offset = 0;
    }
    q.where = data_scope(ctx, a, q.where);
    x.separator = in->format == FORMAT_CSV ? ',' : in->format == FORMAT_TSV ? '\t' : '\0';
    row_shape_init(&x.shape, a, q.columns, asked.n_shown);
    buf_init(&x.text, BUF_MAX_DEFAULT);
    buf_init(&x.cell, BUF_MAX_DEFAULT);
    enum errcode code = run(&x, ctx, &q, err);
    buf_release(&x.text);
    buf_release(&x.cell);
    arena_free(x.place_arena);
    return code;
}
