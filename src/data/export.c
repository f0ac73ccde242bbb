#include "data/export.h"

#include "base/csv.h"
#include "base/json.h"
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
    int64_t limit; /* -1 = all */
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

static void add_csv_row(struct exporting *x, const struct value *row)
{
    for (size_t i = 0; i < x->shape.n; i++) {
        const struct column *c = x->shape.columns[i];
        if (i) {
            buf_addc(&x->text, x->separator);
        }
        if (row[i].kind == VALUE_NULL) {
            continue;
        }
        buf_clear(&x->cell);
        if (x->in->safe_formulas && type_is_text(&c->type) && row[i].kind == VALUE_TEXT &&
            is_formula(row[i].s)) {
            buf_addc(&x->cell, '\'');
        }
        cell_add_text(&x->cell, c, row[i]);
        csv_add_field(&x->text, x->separator, buf_str(&x->cell));
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

static enum errcode stream(struct exporting *x, struct cursor *c, struct error *err)
{
    const struct value *row = NULL;
    TRY(engine_cursor_next(c, &row, err));
    add_head(x);
    while (row && x->n_rows != x->limit) {
        add_row(x, row);
        x->n_rows++;
        TRY(flush(x, false, err));
        TRY(engine_cursor_next(c, &row, err));
    }
    buf_adds(&x->text, x->in->format == FORMAT_JSON ? "\n]\n" : "");
    return flush(x, true, err);
}

static enum errcode run(struct exporting *x, const struct data_context *ctx, struct query *q,
                        struct error *err)
{
    struct session *s AUTO(engine_session_endp) = NULL;
    struct cursor *c AUTO(engine_cursor_closep) = NULL;
    TRY(engine_session_begin(ctx->engine, ctx->ns, ACCESS_READ, &s, err));
    TRY(engine_select(s, q, &c, err));
    return stream(x, c, err);
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
    q.n_columns = asked.n_shown;
    q.where = data_scope(ctx, a, q.where);
    x.separator = in->format == FORMAT_CSV ? ',' : in->format == FORMAT_TSV ? '\t' : '\0';
    row_shape_init(&x.shape, a, q.columns, asked.n_shown);
    buf_init(&x.text, BUF_MAX_DEFAULT);
    buf_init(&x.cell, BUF_MAX_DEFAULT);
    enum errcode code = run(&x, ctx, &q, err);
    buf_release(&x.text);
    buf_release(&x.cell);
    return code;
}
