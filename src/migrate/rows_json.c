#include "migrate/rows_json.h"

#include <string.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/json.h"

#define UNIQUE_SAMPLES 5

/* One operation on rows while it runs. */
struct row_run {
    struct session *session;
    const struct catalog *catalog;
    const struct row_op *op;
    const struct table *table;
    struct arena *arena;
};

static enum errcode find_column(const struct table *t, const char *name, const struct column **out,
                                struct error *err)
{
    *out = table_find_column(t, str_of(name));
    return *out ? ERR_OK
                : ERROR(err, ERR_INVALID, "table \"%s\" has no column \"%s\"", t->name, name);
}

static enum errcode resolve(struct row_run *r, const struct table *t, const char *name,
                            const json_t *doc, const struct column **column, struct value *out,
                            struct error *err);

/* "column = value" for each pair, joined. */
struct equals {
    const struct filter **args;
    size_t n;
};

static void equals_add(struct arena *a, struct equals *e, const struct column *column,
                       struct value value)
{
    struct filter *f = ARENA_NEW(a, struct filter);
    struct value *v = ARENA_NEW(a, struct value);
    *v = value;
    *f = (struct filter){.op = FILTER_EQ, .column = column, .values = v, .n_values = 1};
    ARENA_PUSH(a, e->args, e->n, f);
}

static const struct filter *equals_filter(struct arena *a, const struct equals *e)
{
    if (e->n <= 1) {
        return e->n ? e->args[0] : NULL;
    }
    struct filter *f = ARENA_NEW(a, struct filter);
    *f = (struct filter){.op = FILTER_AND, .args = e->args, .n_args = e->n};
    return f;
}

/* {column: value, …} as a filter; every value by equality. */
static enum errcode where_filter(struct row_run *r, const struct table *t, const json_t *where,
                                 const struct filter **out, struct error *err)
{
    struct equals all = {0};
    const char *name = NULL;
    json_t *doc = NULL;
    json_object_foreach((json_t *)where, name, doc)
    {
        const struct column *column = NULL;
        struct value v = {0};
        TRY(resolve(r, t, name, doc, &column, &v, err));
        equals_add(r->arena, &all, column, v);
    }
    *out = equals_filter(r->arena, &all);
    return ERR_OK;
}

/* {"table", "where", "column"}: the one value that it names; NULL value when there is no row. */
static enum errcode look_up(struct row_run *r, const json_t *doc, struct value *out,
                            struct error *err)
{
    const char *table = NULL, *name = NULL;
    const json_t *where = NULL;
    TRY(doc_text(doc, "table", &table, err));
    TRY(doc_text(doc, "column", &name, err));
    TRY(doc_object(doc, "where", &where, err));
    const struct table *t = catalog_find_table(r->catalog, str_of(table));
    if (!t) {
        return ERROR(err, ERR_INVALID, "there is no table \"%s\" to look up in", table);
    }
    const struct column *column = NULL;
    TRY(find_column(t, name, &column, err));
    struct query q = {.table = t, .columns = &column, .n_columns = 1, .limit = 1};
    TRY(where_filter(r, t, where, &q.where, err));
    const struct value *row = NULL;
    TRY(engine_query_one(r->session, &q, r->arena, &row, err));
    *out = row ? row[0] : value_null();
    return ERR_OK;
}

static enum errcode resolve(struct row_run *r, const struct table *t, const char *name,
                            const json_t *doc, const struct column **column, struct value *out,
                            struct error *err)
{
    const json_t *lookup = NULL;
    TRY(find_column(t, name, column, err));
    TRY(row_value(r->arena, doc, *column, out, &lookup, err));
    return lookup ? look_up(r, lookup, out, err) : ERR_OK;
}

/* One row of INSERT_ROWS, with its values found. */
struct seed_row {
    const struct column **columns;
    struct value *values;
    size_t n;
    const struct filter *key; /* NULL: a part of the key refers to nothing */
};

static bool is_key(const struct row_op *op, const char *name)
{
    for (size_t i = 0; i < op->n_columns; i++) {
        if (strcmp(op->columns[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static enum errcode read_seed(struct row_run *r, const json_t *doc, struct seed_row *out,
                              struct error *err)
{
    size_t max = json_object_size(doc);
    struct equals key = {0};
    struct seed_row row = {
        .columns = ARENA_ARRAY(r->arena, max, const struct column *),
        .values = ARENA_ARRAY(r->arena, max, struct value),
    };
    const char *name = NULL;
    json_t *v = NULL;
    json_object_foreach((json_t *)doc, name, v)
    {
        TRY(resolve(r, r->table, name, v, &row.columns[row.n], &row.values[row.n], err));
        const struct value *value = &row.values[row.n];
        const struct column *column = row.columns[row.n++];
        if (is_key(r->op, name) && value->kind != VALUE_NULL) {
            equals_add(r->arena, &key, column, *value);
        }
    }
    row.key = key.n == r->op->n_columns ? equals_filter(r->arena, &key) : NULL;
    *out = row;
    return ERR_OK;
}

static enum errcode is_there(struct row_run *r, const struct seed_row *row, bool *out,
                             struct error *err)
{
    struct query q = {.table = r->table, .where = row->key, .limit = -1, .count_only = true};
    const struct value *found = NULL;
    TRY(engine_query_one(r->session, &q, r->arena, &found, err));
    *out = found && found[0].kind == VALUE_INT && found[0].i > 0;
    return ERR_OK;
}

static enum errcode insert_row(struct row_run *r, const json_t *doc, struct error *err)
{
    struct seed_row row = {0};
    bool there = false;
    TRY(read_seed(r, doc, &row, err));
    if (!row.key) {
        return ERROR(err, ERR_INVALID, "a row for \"%s\" has no key, or it refers to nothing",
                     r->table->name);
    }
    TRY(is_there(r, &row, &there, err));
    if (there) {
        return ERR_OK;
    }
    struct write w = {.kind = WRITE_INSERT, .table = r->table, .columns = row.columns};
    w.values = row.values;
    w.n_columns = row.n;
    struct write_result result = {0};
    return engine_write(r->session, &w, &result, err);
}

static enum errcode insert_rows(struct row_run *r, struct error *err)
{
    for (size_t i = 0; i < json_array_size(r->op->rows); i++) {
        TRY(insert_row(r, json_array_get(r->op->rows, i), err));
    }
    return ERR_OK;
}

static enum errcode delete_where(struct row_run *r, const struct filter *where, struct error *err)
{
    struct write w = {.kind = WRITE_DELETE, .table = r->table, .where = where};
    struct write_result result = {0};
    return engine_write(r->session, &w, &result, err);
}

static enum errcode delete_rows(struct row_run *r, struct error *err)
{
    const struct filter *where = NULL;
    TRY(where_filter(r, r->table, r->op->where, &where, err));
    return delete_where(r, where, err);
}

static bool row_same(const struct value *a, const struct value *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!value_equal(a[i], b[i])) {
            return false;
        }
    }
    return true;
}

static void describe_row(struct buf *b, const struct row_op *op, const struct value *row)
{
    buf_adds(b, b->n ? "; " : "");
    for (size_t i = 0; i < op->n_columns; i++) {
        buf_printf(b, "%s%s=", i ? ", " : "", op->columns[i]);
        if (row[i].kind == VALUE_INT) {
            buf_add_int64(b, row[i].i);
        } else if (row[i].kind == VALUE_TEXT) {
            buf_add_str(b, row[i].s);
        } else {
            buf_adds(b, "?");
        }
    }
}

static const struct value *keep_row(struct arena *a, const struct value *row, size_t n)
{
    struct value *copy = ARENA_ARRAY(a, n, struct value);
    for (size_t i = 0; i < n; i++) {
        copy[i] = value_copy(a, row[i]);
    }
    return copy;
}

/* Rows in order: what would collide stands side by side. */
static enum errcode scan_duplicates(struct row_run *r, const struct query *q, struct buf *samples,
                                    size_t *n_found, struct error *err)
{
    AUTO(engine_cursor_closep) struct cursor *c = NULL;
    TRY(engine_select(r->session, q, &c, err));
    AUTO(arena_freep) struct arena *row_arena = arena_new();
    const struct value *last = NULL;
    for (;;) {
        const struct value *row = NULL;
        TRY(engine_cursor_next(c, &row, err));
        if (!row) {
            return ERR_OK;
        }
        if (last && row_same(last, row, q->n_columns)) {
            if ((*n_found)++ < UNIQUE_SAMPLES) {
                describe_row(samples, r->op, row);
            }
            continue;
        }
        arena_reset(row_arena);
        last = keep_row(row_arena, row, q->n_columns);
    }
}

static enum errcode unique_check(struct row_run *r, struct error *err)
{
    size_t n = r->op->n_columns, n_found = 0;
    const struct column **columns = ARENA_ARRAY(r->arena, n, const struct column *);
    struct order *order = ARENA_ARRAY(r->arena, n, struct order);
    for (size_t i = 0; i < n; i++) {
        TRY(find_column(r->table, r->op->columns[i], &columns[i], err));
        order[i].column = columns[i];
    }
    struct query q = {.table = r->table, .columns = columns, .n_columns = n, .limit = -1};
    q.order = order;
    q.n_order = n;
    struct buf samples;
    buf_init(&samples, BUF_MAX_DEFAULT);
    enum errcode code = scan_duplicates(r, &q, &samples, &n_found, err);
    if (code == ERR_OK && n_found > 0) {
        code = ERROR(err, ERR_UNIQUE_VIOLATION, "%s: %s", r->op->message, buf_text(&samples));
        error_hint(err, "remove all but one row of each, then try again");
    }
    buf_release(&samples);
    return code;
}

static enum errcode run_one(struct session *s, const struct catalog *c, const struct row_op *op,
                            enum errcode (*fn)(struct row_run *r, struct error *err),
                            struct error *err)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    struct row_run r = {.session = s, .catalog = c, .op = op, .arena = a};
    r.table = catalog_find_table(c, str_of(op->table));
    if (!r.table) {
        return ERROR(err, ERR_INVALID, "there is no table \"%s\"", op->table);
    }
    return fn(&r, err);
}

enum errcode row_ops_run(struct session *s, const struct catalog *c, const struct file_half *half,
                         size_t at, struct error *err)
{
    static enum errcode (*const run[])(struct row_run * r, struct error * err) = {
        [ROW_OP_INSERT] = insert_rows,
        [ROW_OP_DELETE] = delete_rows,
        [ROW_OP_UNIQUE_CHECK] = unique_check,
    };
    for (size_t i = 0; i < half->n_rows; i++) {
        if (half->rows[i].at == at) {
            TRY(run_one(s, c, &half->rows[i], run[half->rows[i].kind], err));
        }
    }
    return ERR_OK;
}

static enum errcode take_back_rows(struct row_run *r, struct error *err)
{
    for (size_t i = json_array_size(r->op->rows); i-- > 0;) {
        struct seed_row row = {0};
        TRY(read_seed(r, json_array_get(r->op->rows, i), &row, err));
        if (row.key) {
            TRY(delete_where(r, row.key, err));
        }
    }
    return ERR_OK;
}

enum errcode row_ops_undo(struct session *s, const struct catalog *c, const struct file_half *half,
                          struct error *err)
{
    for (size_t i = half->n_rows; i-- > 0;) {
        if (half->rows[i].kind == ROW_OP_INSERT) {
            TRY(run_one(s, c, &half->rows[i], take_back_rows, err));
        }
    }
    return ERR_OK;
}
