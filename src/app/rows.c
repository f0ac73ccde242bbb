#include "app/rows.h"

#include "base/percent.h"
#include "data/cell.h"

enum errcode rows_open(const struct caller *c, enum rows_name by, struct str name,
                       enum action action, struct rows *out, struct error *err)
{
    const struct tenant_view *view = NULL;
    const struct tenant_table *t = NULL;
    TRY(tenant_view(c, &view, err));
    TRY(by == ROWS_BY_RESOURCE ? tenant_view_resource(view, name, &t, err)
                               : tenant_view_table(view, name, &t, err));
    TRY(tenant_table_check(c, action, t, err));
    *out = (struct rows){
        .caller = c,
        .table = t,
        .data =
            {
                .engine = caller_engine(c),
                .ns = caller_ns(c),
                .catalog = view->catalog,
                .table = t->table,
                .tenant_id = c->source ? 0 : c->tenant.id,
                .has_scope = true,
                .scope = t->scope,
                .actor = c->principal.user_id,
            },
    };
    return ERR_OK;
}

enum errcode rows_list(const struct rows *r, const struct rows_question *q,
                       const struct row_sink *sink, struct rows_listed *out, struct error *err)
{
    struct arena *a = r->caller->arena;
    struct row_sink own = *sink;
    own.as_arrays = q->as_arrays;
    own.cell_limit = q->cell_limit;
    TRY(list_parse(a, &q->params, r->table->table, NULL, &out->query, err));
    TRY(data_list(&r->data, a, &out->query, &own, &out->result, err));
    out->truncated = out->result.truncated;
    return ERR_OK;
}

void rows_encode(const struct rows *r, const struct value *row, struct buf *out)
{
    const struct tenant_table *t = r->table;
    struct value *shown = ARENA_ARRAY(r->caller->arena, t->shown.n, struct value);
    for (size_t i = 0; i < t->shown.n; i++) {
        shown[i] = row[t->shown_positions[i]];
    }
    row_encode(out, &t->shown, shown);
}

static enum errcode encode_fields(const struct rows *r, const struct value *row, struct str fields,
                                  struct buf *out, struct error *err)
{
    const struct table *t = r->table->table;
    struct arena *a = r->caller->arena;
    const struct column **columns = ARENA_ARRAY(a, t->n_columns, const struct column *);
    struct value *values = ARENA_ARRAY(a, t->n_columns, struct value);
    struct row_shape shape;
    struct str name;
    size_t n = 0;
    while (str_split(&fields, ',', &name)) {
        const struct column *c = table_find_column(t, str_trim(name));
        if (!c) {
            (void)ERROR(err, ERR_INVALID_PARAMETER, "\"fields\" names a column that is not there");
            return error_where(err, "/query/fields");
        }
        bool is_new = n < t->n_columns;
        for (size_t i = 0; i < n && is_new; i++) {
            is_new = columns[i] != c;
        }
        if (is_new) {
            values[n] = row[c - t->columns];
            columns[n++] = c;
        }
    }
    row_shape_init(&shape, a, columns, n);
    row_encode(out, &shape, values);
    return ERR_OK;
}

enum errcode rows_get(const struct rows *r, struct str id, struct str fields, struct buf *out,
                      char etag[ROW_ETAG_TEXT + 1], struct error *err)
{
    const struct value *row = NULL;
    TRY(data_get(&r->data, r->caller->arena, id, &row, err));
    row_etag(etag, row, r->table->table->n_columns);
    if (fields.p) {
        return encode_fields(r, row, fields, out, err);
    }
    rows_encode(r, row, out);
    return ERR_OK;
}

static enum errcode check_item(const struct rows *r, const struct data_item *item,
                               struct error *err)
{
    static const enum action actions[] = {
        [DATA_OP_NONE] = ACTION_NONE,
        [DATA_INSERT] = ACTION_DATA_CREATE,
        [DATA_UPDATE] = ACTION_DATA_UPDATE,
        [DATA_DELETE] = ACTION_DATA_DELETE,
    };
    return tenant_table_check(r->caller, actions[item->op], r->table, err);
}

/* Each item for itself; what was wrong with one before it got here stays. */
static enum errcode write_partly(const struct rows *r, struct data_item *items, size_t n,
                                 struct error *err)
{
    for (size_t i = 0; i < n; i++) {
        struct data_item *item = &items[i];
        if (item->code == ERR_OK) {
            item->code = check_item(r, item, &item->err);
        }
        if (item->code == ERR_OK) {
            TRY(data_write(&r->data, r->caller->arena, item, 1, true, err));
        }
    }
    return ERR_OK;
}

enum errcode rows_write(const struct rows *r, struct data_item *items, size_t n, bool partial,
                        struct error *err)
{
    if (r->table->table->kind != TABLE_BASE) {
        return ERROR(err, ERR_UNSUPPORTED, "\"%s\" is not a table that takes rows",
                     r->table->table->name);
    }
    if (partial) {
        return write_partly(r, items, n, err);
    }
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || items[i].op != items[i - 1].op) {
            TRY(check_item(r, &items[i], err));
        }
    }
    return data_write(&r->data, r->caller->arena, items, n, false, err);
}

/* One part of an address: what would end it or mean something else is escaped. */
static void add_part(struct buf *b, struct arena *a, const struct column *c, struct value v)
{
    struct buf text;
    if (v.kind == VALUE_NULL) {
        buf_adds(b, DATA_KEY_NULL);
        return;
    }
    buf_init(&text, BUF_MAX_DEFAULT);
    cell_add_text(&text, c, v);
    percent_encode(b, str_of(arena_str(a, buf_str(&text))), " !$&'()*+/:;=?@[]");
    buf_release(&text);
}

const char *rows_key(const struct rows *r, const struct value *row)
{
    const struct table *t = r->table->table;
    struct arena *a = r->caller->arena;
    struct buf b;
    size_t n = 0;
    const struct column *const *key = data_row_key(a, t, &n);
    buf_init(&b, BUF_MAX_DEFAULT);
    if (n == 1 && t->n_primary_key == 1) {
        cell_add_text(&b, key[0], row[key[0] - t->columns]);
    }
    for (size_t i = 0; i < n && t->n_primary_key != 1; i++) {
        if (i) {
            buf_addc(&b, DATA_KEY_SEPARATOR);
        }
        add_part(&b, a, key[i], row[key[i] - t->columns]);
    }
    const char *text = n ? arena_str(a, buf_str(&b)) : NULL;
    buf_release(&b);
    return text;
}
