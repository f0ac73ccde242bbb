#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/json.h"
#include "catalog/literal_json.h"
#include "change/change_json.h"
#include "query/filter_json.h"

static void open_engine(struct fixture *f, const struct engine_options *more, struct engine **out)
{
    struct engine_options o = *more;
    o.uri = f->uri;
    o.prefix = f->prefix;
    assert_ok(f, mongodb_kind.open(&o, out, &f->err));
}

struct fixture *fixture_open(void)
{
    struct arena *a = arena_new();
    struct fixture *f = ARENA_NEW(a, struct fixture);
    struct timespec now;
    const char *uri = getenv("TELAIO_TEST_MONGODB_URI");
    if (!uri || !*uri) {
        fail_msg("TELAIO_TEST_MONGODB_URI is not set: see tests/support/servers");
    }
    clock_gettime(CLOCK_REALTIME, &now);
    f->arena = a;
    f->uri = arena_strdup(a, uri);
    f->prefix = arena_printf(a, "u%x_%x_", (unsigned)getpid(), (unsigned)now.tv_nsec >> 10);
    f->database = arena_printf(a, "%sstore", f->prefix);
    open_engine(f, &(struct engine_options){0}, &f->engine);
    assert_ok(f, engine_namespace_create(f->engine, STR("store"), &f->err));
    f->other = mongoc_client_new(f->uri);
    assert_non_null(f->other);
    return f;
}

void fixture_close(struct fixture *f)
{
    bson_t reply;
    bson_t *drop = BCON_NEW("dropDatabase", BCON_INT32(1));
    (void)mongoc_client_command_simple(f->other, f->database, drop, NULL, &reply, NULL);
    bson_destroy(&reply);
    bson_destroy(drop);
    mongoc_client_destroy(f->other);
    engine_close(f->engine);
    error_release(&f->err);
    arena_free(f->arena);
}

struct engine *fixture_attach(struct fixture *f, bool is_read_only)
{
    struct engine *e = NULL;
    struct engine_options o = {
        .is_attached = true, .is_read_only = is_read_only, .database = f->database};
    open_engine(f, &o, &e);
    return e;
}

struct engine *fixture_again(struct fixture *f)
{
    struct engine *e = NULL;
    open_engine(f, &(struct engine_options){0}, &e);
    return e;
}

const char *fixture_command(struct fixture *f, const char *json)
{
    bson_error_t why;
    bson_t reply;
    bson_t *command = bson_new_from_json((const uint8_t *)json, -1, &why);
    if (!command) {
        fail_msg("%s: %s", json, why.message);
    }
    if (!mongoc_client_command_simple(f->other, f->database, command, NULL, &reply, &why)) {
        fail_msg("%s: %s", json, why.message);
    }
    char *text = bson_as_relaxed_extended_json(&reply, NULL);
    const char *copy = arena_strdup(f->arena, text);
    bson_free(text);
    bson_destroy(&reply);
    bson_destroy(command);
    return copy;
}

const char *fixture_document(struct fixture *f, const char *collection, const char *filter)
{
    const char *reply = fixture_command(
        f, arena_printf(f->arena, "{\"find\": \"%s\", \"filter\": %s}", collection, filter));
    const char *start = strstr(reply, "\"firstBatch\" : [ ");
    const char *end = strstr(reply, " ] }");
    for (const char *next = end; next; next = strstr(next + 1, " ] }")) {
        end = next;
    }
    assert_non_null(start);
    assert_non_null(end);
    start += strlen("\"firstBatch\" : [ ");
    return end > start ? arena_strndup(f->arena, start, (size_t)(end - start)) : "";
}

struct catalog *fixture_catalog(struct fixture *f, struct engine *e, struct str ns)
{
    struct session *s = NULL;
    struct catalog *c = NULL;
    assert_ok(f, engine_session_begin(e, ns, ACCESS_READ, &s, &f->err));
    assert_ok(f, engine_inspect(s, &c, &f->err));
    engine_session_end(s);
    return c;
}

static enum errcode run_group(struct session *s, const struct plan *plan, size_t g,
                              struct error *err)
{
    TRY(engine_group_begin(s, &plan->groups[g], err));
    enum errcode code = ERR_OK;
    for (size_t i = 0; i < plan->n_steps && code == ERR_OK; i++) {
        int64_t n = 0;
        if (plan->steps[i].group == g) {
            code = engine_run_step(s, &plan->steps[i], &n, err);
        }
    }
    struct error ignored = ERROR_INIT;
    enum errcode end = engine_group_end(s, &plan->groups[g], code == ERR_OK, &ignored);
    error_release(&ignored);
    return code == ERR_OK ? end : code;
}

enum errcode fixture_run(struct fixture *f, struct engine *e, struct str ns, struct plan *plan,
                         struct error *err)
{
    struct session *s = NULL;
    (void)f;
    TRY(engine_session_begin(e, ns, ACCESS_SCHEMA, &s, err));
    enum errcode code = ERR_OK;
    for (size_t g = 0; g < plan->n_groups && code == ERR_OK; g++) {
        code = run_group(s, plan, g, err);
    }
    engine_session_end(s);
    return code;
}

enum errcode fixture_change(struct fixture *f, struct engine *e, struct str ns, const char *json,
                            struct plan **out)
{
    json_t *doc = NULL;
    struct change_list *list = ARENA_NEW(f->arena, struct change_list);
    struct catalog *before AUTO(catalog_unrefp) = fixture_catalog(f, e, ns);
    struct catalog *after AUTO(catalog_unrefp) = NULL;
    TRY(doc_parse(f->arena, str_of(json), JSON_DEPTH_MAX, &doc, &f->err));
    TRY(change_list_decode(f->arena, doc, list, &f->err));
    change_list_prepare(f->arena, list, "t");
    TRY(change_list_apply(list, before, &after, &f->err));
    struct plan *plan = plan_new(f->arena, list, "t");
    TRY(engine_plan(e, before, plan, &f->err));
    if (out) {
        *out = plan;
    }
    TRY(fixture_run(f, e, ns, plan, &f->err));
    struct catalog *is AUTO(catalog_unrefp) = fixture_catalog(f, e, ns);
    if (str_eq(ns, ATTACHED_NS)) { /* what is inferred has an order of its own */
        return ERR_OK;
    }
    assert_string_equal(catalog_fingerprint(f->arena, is), catalog_fingerprint(f->arena, after));
    return ERR_OK;
}

static const struct column **columns_of(struct fixture *f, const struct table *t, const char *names,
                                        size_t *n)
{
    const struct column **columns = NULL;
    struct str rest = str_of(names);
    struct str name;
    *n = 0;
    while (rest.n && str_split(&rest, ',', &name)) {
        const struct column *c = table_find_column(t, name);
        if (!c) {
            fail_msg("no column %.*s in %s", (int)name.n, name.p, t->name);
        }
        ARENA_PUSH(f->arena, columns, *n, c);
    }
    return columns;
}

struct writing {
    struct write write;
    struct write_result *result;
};

static enum errcode write_one(struct session *s, void *arg, struct error *err)
{
    struct writing *w = arg;
    return engine_write(s, &w->write, w->result, err);
}

static const struct value *values_of(struct fixture *f, const struct column *const *columns,
                                     size_t n, const json_t *row)
{
    struct value *values = ARENA_ARRAY(f->arena, n, struct value);
    assert_int_equal(json_array_size(row), n);
    for (size_t i = 0; i < n; i++) {
        assert_ok(f, literal_decode(f->arena, json_array_get(row, i), &columns[i]->type, &values[i],
                                    &f->err));
    }
    return values;
}

static const struct filter *filter_of(struct fixture *f, const struct table *t, const char *json)
{
    const struct filter *filter = NULL;
    const struct column **all = ARENA_ARRAY(f->arena, t->n_columns, const struct column *);
    for (size_t i = 0; i < t->n_columns; i++) {
        all[i] = &t->columns[i];
    }
    struct column_set set = {.table = t, .items = all, .n = t->n_columns};
    if (json) {
        assert_ok(f, filter_from_text(f->arena, str_of(json), &set, &filter, &f->err));
    }
    return filter;
}

enum errcode fixture_insert(struct fixture *f, struct engine *e, struct str ns, const char *table,
                            const char *columns, const char *rows)
{
    json_t *doc = NULL;
    struct catalog *c AUTO(catalog_unrefp) = fixture_catalog(f, e, ns);
    const struct table *t = catalog_find_table(c, str_of(table));
    assert_non_null(t);
    assert_ok(f, doc_parse(f->arena, str_of(rows), JSON_DEPTH_MAX, &doc, &f->err));
    struct write_result result = {0};
    struct writing w = {.write = {.kind = WRITE_INSERT, .table = t}, .result = &result};
    w.write.columns = columns_of(f, t, columns, &w.write.n_columns);
    for (size_t i = 0; i < json_array_size(doc); i++) {
        w.write.values = values_of(f, w.write.columns, w.write.n_columns, json_array_get(doc, i));
        TRY(engine_transact(e, ns, write_one, &w, &f->err));
    }
    return ERR_OK;
}

enum errcode fixture_write(struct fixture *f, struct engine *e, struct str ns, enum write_kind kind,
                           const char *table, const char *columns, const char *row,
                           const char *filter, struct write_result *out)
{
    json_t *doc = NULL;
    struct catalog *c AUTO(catalog_unrefp) = fixture_catalog(f, e, ns);
    const struct table *t = catalog_find_table(c, str_of(table));
    assert_non_null(t);
    assert_ok(f, doc_parse(f->arena, str_of(row), JSON_DEPTH_MAX, &doc, &f->err));
    struct writing w = {.write = {.kind = kind, .table = t, .all_rows = !filter}, .result = out};
    w.write.columns = columns_of(f, t, columns, &w.write.n_columns);
    w.write.values = values_of(f, w.write.columns, w.write.n_columns, doc);
    w.write.where = filter_of(f, t, filter);
    return engine_transact(e, ns, write_one, &w, &f->err);
}

static void add_value(struct buf *b, struct value v)
{
    switch (v.kind) {
    case VALUE_NULL:
        buf_adds(b, "-");
        return;
    case VALUE_BOOL:
        buf_adds(b, v.b ? "true" : "false");
        return;
    case VALUE_INT:
        buf_add_int64(b, v.i);
        return;
    case VALUE_FLOAT:
        (void)buf_add_double(b, v.f);
        return;
    case VALUE_TEXT:
        buf_add_str(b, v.s);
        return;
    case VALUE_BYTES:
        for (size_t i = 0; i < v.s.n; i++) {
            buf_printf(b, "%02x", (unsigned char)v.s.p[i]);
        }
        return;
    }
}

static const struct order *order_of(struct fixture *f, const struct table *t, const char *text,
                                    size_t *n)
{
    struct order *items = NULL;
    struct str rest = str_of(text);
    struct str name;
    *n = 0;
    while (rest.n && str_split(&rest, ',', &name)) {
        bool descending = name.p[0] == '-';
        struct order o = {.column = table_find_column(t, str_sub(name, descending)),
                          .is_descending = descending};
        assert_non_null(o.column);
        ARENA_PUSH(f->arena, items, *n, o);
    }
    return items;
}

const char *fixture_rows(struct fixture *f, struct engine *e, struct str ns, const char *table,
                         const char *columns, const char *filter, const char *order)
{
    struct buf b;
    struct session *s = NULL;
    struct cursor *cursor = NULL;
    const struct value *row = NULL;
    struct catalog *c AUTO(catalog_unrefp) = fixture_catalog(f, e, ns);
    const struct table *t = catalog_find_table(c, str_of(table));
    assert_non_null(t);
    struct query q = {.table = t, .limit = -1};
    q.columns = columns_of(f, t, columns, &q.n_columns);
    q.where = filter_of(f, t, filter);
    q.order = order_of(f, t, order, &q.n_order);
    assert_ok(f, engine_session_begin(e, ns, ACCESS_READ, &s, &f->err));
    assert_ok(f, engine_select(s, &q, &cursor, &f->err));
    buf_init(&b, BUF_MAX_DEFAULT);
    for (;;) {
        assert_ok(f, engine_cursor_next(cursor, &row, &f->err));
        if (!row) {
            break;
        }
        for (size_t i = 0; i < q.n_columns; i++) {
            buf_adds(&b, i ? "|" : "");
            add_value(&b, row[i]);
        }
        buf_adds(&b, "; ");
    }
    engine_cursor_close(cursor);
    engine_session_end(s);
    const char *text = arena_strdup(f->arena, buf_text(&b));
    buf_release(&b);
    return text;
}
