#include "rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "catalog/literal_json.h"

static enum errcode read_catalog(struct engine *e, struct str ns, struct catalog **out,
                                 struct error *err)
{
    struct session *s AUTO(engine_session_endp) = NULL;
    TRY(engine_session_begin(e, ns, ACCESS_READ, &s, err));
    return engine_inspect(s, out, err);
}

static size_t all_columns(struct arena *a, const struct table *t, bool with_generated,
                          const struct column *const **out)
{
    const struct column **columns = ARENA_ARRAY(a, t->n_columns, const struct column *);
    size_t n = 0;
    for (size_t i = 0; i < t->n_columns; i++) {
        if (with_generated || t->columns[i].generated == GENERATED_NONE) {
            columns[n++] = &t->columns[i];
        }
    }
    *out = columns;
    return n;
}

struct insertion {
    const json_t *doc;
    const struct catalog *catalog;
};

static enum errcode insert_row(struct session *s, const struct table *t, const json_t *row,
                               struct error *err)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct write w = {.kind = WRITE_INSERT, .table = t};
    struct write_result result = {0};
    w.n_columns = all_columns(a, t, false, &w.columns);
    struct value *values = ARENA_ARRAY(a, w.n_columns, struct value);
    if (json_array_size(row) != w.n_columns) {
        return ERROR(err, ERR_INVALID, "a row of \"%s\" has %zu values", t->name, w.n_columns);
    }
    for (size_t i = 0; i < w.n_columns; i++) {
        TRY(literal_decode(a, json_array_get(row, i), &w.columns[i]->type, &values[i], err));
    }
    w.values = values;
    return engine_write(s, &w, &result, err);
}

static enum errcode insert_all(struct session *s, void *arg, struct error *err)
{
    const struct insertion *in = arg;
    const char *name = NULL;
    json_t *rows = NULL;
    json_object_foreach((json_t *)in->doc, name, rows)
    {
        const struct table *t = catalog_find_table(in->catalog, str_of(name));
        if (!t) {
            return ERROR(err, ERR_INVALID, "rows of no table \"%s\"", name);
        }
        for (size_t i = 0; i < json_array_size(rows); i++) {
            TRY(insert_row(s, t, json_array_get(rows, i), err));
        }
    }
    return ERR_OK;
}

enum errcode rows_insert(struct engine *e, struct str ns, const json_t *doc, struct error *err)
{
    struct catalog *c AUTO(catalog_unrefp) = NULL;
    TRY(read_catalog(e, ns, &c, err));
    struct insertion in = {doc, c};
    return engine_transact(e, ns, insert_all, &in, err);
}

static void add_value(struct buf *b, struct value v)
{
    switch (v.kind) {
    case VALUE_NULL:
        buf_adds(b, "null");
        break;
    case VALUE_BOOL:
        buf_adds(b, v.b ? "true" : "false");
        break;
    case VALUE_INT:
        buf_add_int64(b, v.i);
        break;
    case VALUE_FLOAT:
        buf_printf(b, "%.17g", v.f);
        break;
    case VALUE_TEXT:
    case VALUE_BYTES:
        json_quote(b, v.s);
        break;
    }
    buf_addc(b, ' ');
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

struct lines {
    struct arena *arena;
    const char **items;
    size_t n;
};

static void add_line(struct lines *l, struct buf *b)
{
    const char *line = arena_str(l->arena, buf_str(b));
    ARENA_PUSH(l->arena, l->items, l->n, line);
    buf_clear(b);
}

static const char *join(struct lines *l, struct buf *b)
{
    if (l->n > 0) {
        qsort(l->items, l->n, sizeof *l->items, compare_lines);
    }
    buf_clear(b);
    for (size_t i = 0; i < l->n; i++) {
        buf_adds(b, l->items[i]);
        buf_adds(b, "| ");
    }
    const char *text = arena_strdup(l->arena, buf_text(b));
    buf_release(b);
    return text;
}

static int compare_columns(const void *a, const void *b)
{
    const struct column *const *x = a;
    const struct column *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

/* An engine that cannot put a column between others brings one back at the end. */
static void sort_columns(struct arena *a, struct query *q)
{
    const struct column **sorted =
        arena_memdup(a, (const void *)q->columns, q->n_columns * sizeof(struct column *));
    qsort((void *)sorted, q->n_columns, sizeof *sorted, compare_columns);
    q->columns = sorted;
}

enum errcode rows_text(struct engine *e, struct str ns, const char *table, bool by_name,
                       struct arena *a, const char **out, struct error *err)
{
    struct catalog *c AUTO(catalog_unrefp) = NULL;
    TRY(read_catalog(e, ns, &c, err));
    const struct table *t = catalog_find_table(c, str_of(table));
    if (!t) {
        return ERROR(err, ERR_NOT_FOUND, "no table \"%s\"", table);
    }
    struct session *s AUTO(engine_session_endp) = NULL;
    struct cursor *cursor AUTO(engine_cursor_closep) = NULL;
    struct query q = {.table = t, .limit = -1};
    q.n_columns = all_columns(a, t, true, &q.columns);
    if (by_name) {
        sort_columns(a, &q);
    }
    TRY(engine_session_begin(e, ns, ACCESS_READ, &s, err));
    TRY(engine_select(s, &q, &cursor, err));
    struct lines lines = {.arena = a};
    struct buf b;
    buf_init(&b, BUF_MAX_DEFAULT);
    for (;;) {
        const struct value *row = NULL;
        enum errcode code = engine_cursor_next(cursor, &row, err);
        if (code != ERR_OK) {
            buf_release(&b);
            return code;
        }
        if (!row) {
            break;
        }
        for (size_t i = 0; i < q.n_columns; i++) {
            add_value(&b, row[i]);
        }
        add_line(&lines, &b);
    }
    *out = join(&lines, &b);
    return ERR_OK;
}

static struct value plain_value(const json_t *doc)
{
    switch (json_typeof(doc)) {
    case JSON_STRING:
        return value_text(json_string_value(doc));
    case JSON_INTEGER:
        return value_int(json_integer_value(doc));
    case JSON_REAL:
        return value_float(json_real_value(doc));
    case JSON_TRUE:
    case JSON_FALSE:
        return value_bool(json_is_true(doc));
    default:
        return value_null();
    }
}

const char *rows_wanted(struct arena *a, const json_t *list)
{
    struct lines lines = {.arena = a};
    struct buf b;
    buf_init(&b, BUF_MAX_DEFAULT);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i);
        for (size_t k = 0; k < json_array_size(row); k++) {
            add_value(&b, plain_value(json_array_get(row, k)));
        }
        add_line(&lines, &b);
    }
    return join(&lines, &b);
}

static struct value made_up(struct arena *a, const struct column *c, int i)
{
    switch (c->type.kind) {
    case TYPE_INT64:
        return value_int(i);
    case TYPE_FLOAT64:
        return value_float(i + 0.5);
    case TYPE_BOOLEAN:
        return value_bool(i % 2);
    case TYPE_UUID:
        return value_text(arena_printf(a, "018f3e6c-0000-7000-8000-%012d", i));
    case TYPE_JSON:
        return value_text(arena_printf(a, "{\"i\":%d}", i));
    case TYPE_DATE:
        return value_text(arena_printf(a, "2026-01-%02d", i % 28 + 1));
    case TYPE_INSTANT:
        return value_text(arena_printf(a, "2026-01-%02dT12:00:00Z", i % 28 + 1));
    default:
        return value_text(arena_printf(a, "it's \"%d\"", i));
    }
}

struct filling {
    const struct table *table;
    int i;
};

static enum errcode fill_one(struct session *s, void *arg, struct error *err)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    const struct filling *f = arg;
    struct write w = {.kind = WRITE_INSERT, .table = f->table};
    struct write_result result = {0};
    w.n_columns = all_columns(a, f->table, false, &w.columns);
    struct value *values = ARENA_ARRAY(a, w.n_columns, struct value);
    for (size_t k = 0; k < w.n_columns; k++) {
        bool is_null = w.columns[k]->is_nullable && (f->i + (int)k) % 3 == 0;
        values[k] = is_null ? value_null() : made_up(a, w.columns[k], f->i);
    }
    w.values = values;
    return engine_write(s, &w, &result, err);
}

enum errcode rows_fill(struct engine *e, struct str ns, int n, struct error *err)
{
    struct catalog *c AUTO(catalog_unrefp) = NULL;
    TRY(read_catalog(e, ns, &c, err));
    for (size_t t = 0; t < c->n_tables; t++) {
        for (int i = 0; i < n; i++) {
            struct filling f = {c->tables[t], i};
            (void)!engine_transact(e, ns, fill_one, &f, NULL);
        }
    }
    return ERR_OK;
}

enum errcode rows_all_text(struct engine *e, struct str ns, struct arena *a, const char **out,
                           struct error *err)
{
    struct catalog *c AUTO(catalog_unrefp) = NULL;
    TRY(read_catalog(e, ns, &c, err));
    size_t n = 0;
    struct table **tables = catalog_sorted_tables(a, c, &n);
    const char *all = "";
    for (size_t i = 0; i < n; i++) {
        const char *text = NULL;
        TRY(rows_text(e, ns, tables[i]->name, true, a, &text, err));
        all = arena_printf(a, "%s%s: %s\n#   ", all, tables[i]->name, text);
    }
    *out = all;
    return ERR_OK;
}
