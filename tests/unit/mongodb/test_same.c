/* The same questions to MongoDB and to SQLite: they must give the same rows in the same order. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/buf.h"
#include "engine/sqlite/sqlite_engine.h"

#define NS STR("store")

struct both {
    struct fixture *f;
    struct engine *sqlite;
    char folder[32];
    uint32_t seed;
};

static const char table_json[] =
    "[{\"op\":\"CREATE_TABLE\",\"table\":{\"tableName\":\"t\",\"columns\":["
    "{\"name\":\"id\",\"type\":\"int64\",\"primaryKey\":true},"
    "{\"name\":\"s\",\"type\":\"text\"},{\"name\":\"r\",\"type\":\"text\",\"nullable\":false},"
    "{\"name\":\"n\",\"type\":\"int64\"},{\"name\":\"f\",\"type\":\"number\"},"
    "{\"name\":\"d\",\"type\":\"decimal(10,2)\"},{\"name\":\"b\",\"type\":\"boolean\"},"
    "{\"name\":\"day\",\"type\":\"date\"},{\"name\":\"at\",\"type\":\"datetime\"},"
    "{\"name\":\"g\",\"type\":\"uuid\"}]}}]";

static const char rows_json[] =
    "[[1,\"abc\",\"x\",1,0.5,\"1.50\",true,\"2026-01-31\",\"2026-01-31T12:00:00Z\","
    "\"018f3e6c-0000-7000-8000-000000000001\"],"
    "[2,null,\"x\",null,null,null,null,null,null,null],"
    "[3,\"\",\"y\",-1,-0.5,\"0.00\",false,\"2024-02-29\",\"2026-01-31T12:00:00.25Z\","
    "\"018f3e6c-0000-7000-8000-000000000002\"],"
    "[4,\"ABC\",\"x\",9007199254740993,1e300,\"12345678.90\",true,\"1999-12-31\","
    "\"1970-01-01T00:00:00Z\",\"ffffffff-0000-7000-8000-000000000002\"],"
    "[5,\"\u00c9t\u00e9 100%\",\"z\",1,1,\"1.50\",null,null,\"2026-01-31T12:00:00Z\",null],"
    "[6,\"a_c\",\"y\",null,-0.5,\"-1.50\",false,\"2026-01-31\",null,"
    "\"018f3e6c-0000-7000-8000-000000000001\"],"
    "[7,\"\u00e9t\u00e9\",\"\",9007199254740992,0,null,true,\"2024-02-29\","
    "\"2026-01-31T12:00:00.25Z\",null],"
    "[8,\"a.c\\nb\",\"Z\",0,2.5,\"10.00\",null,\"0001-01-01\",\"9999-12-31T23:59:59Z\","
    "\"018f3e6c-0000-7000-8000-00000000000a\"]]";

static void set_up(struct both *b, uint32_t seed)
{
    struct error err = ERROR_INIT;
    *b = (struct both){.f = fixture_open(), .seed = seed};
    strcpy(b->folder, "/tmp/mongo-same-XXXXXX");
    assert_non_null(mkdtemp(b->folder));
    struct sqlite_settings s = {.folder = b->folder};
    assert_int_equal(sqlite_engine_open(&s, &b->sqlite, &err), ERR_OK);
    assert_int_equal(engine_namespace_create(b->sqlite, NS, &err), ERR_OK);
    struct engine *engines[] = {b->f->engine, b->sqlite};
    for (size_t i = 0; i < ARRAY_LEN(engines); i++) {
        assert_ok(b->f, fixture_change(b->f, engines[i], NS, table_json, NULL));
        assert_ok(b->f,
                  fixture_insert(b->f, engines[i], NS, "t", "id,s,r,n,f,d,b,day,at,g", rows_json));
    }
}

static void tear_down(struct both *b)
{
    char command[64];
    engine_close(b->sqlite);
    snprintf(command, sizeof command, "rm -r %s", b->folder);
    assert_int_equal(system(command), 0);
    fixture_close(b->f);
}

static uint32_t next(struct both *b, uint32_t n)
{
    b->seed = b->seed * 1664525u + 1013904223u;
    return (b->seed >> 8) % n;
}

struct pool {
    const char *column;
    const char *values[9]; /* as the rows have them; "" and NULL too */
};

static const struct pool pools[] = {
    {"id", {"1", "2", "5", "99"}},
    {"s", {"abc", "", "ABC", "\u00e9t\u00e9", "a_c", "zzz"}},
    {"r", {"x", "y", "Z", ""}},
    {"n", {"1", "-1", "0", "9007199254740993", "9007199254740992"}},
    {"f", {"0.5", "-0.5", "1", "1e300", "0"}},
    {"d", {"1.50", "0.00", "-1.50", "10.00", "12345678.90"}},
    {"b", {"t", "f"}},
    {"day", {"2026-01-31", "2024-02-29", "0001-01-01", "2025-01-01"}},
    {"at", {"2026-01-31T12:00:00Z", "2026-01-31T12:00:00.25Z", "1970-01-01T00:00:00Z"}},
    {"g", {"018f3e6c-0000-7000-8000-000000000001", "ffffffff-0000-7000-8000-000000000002"}},
};

static struct value pick_value(struct both *b, const struct column *c, const struct pool *p)
{
    size_t n = 0;
    while (n < ARRAY_LEN(p->values) && p->values[n]) {
        n++;
    }
    uint32_t i = next(b, (uint32_t)n + 1);
    if (i == n) {
        return value_null();
    }
    const char *text = p->values[i];
    int64_t whole = 0;
    switch (c->type.kind) {
    case TYPE_INT64:
        assert_true(str_int64(str_of(text), &whole));
        return value_int(whole);
    case TYPE_FLOAT64:
        return value_float(strtod(text, NULL));
    case TYPE_BOOLEAN:
        return value_bool(text[0] == 't');
    default:
        return value_text(text);
    }
}

static const struct column *pick_column(struct both *b, const struct table *t,
                                        const struct pool **p, bool is_text)
{
    uint32_t i = is_text ? 1 + next(b, 2) : next(b, ARRAY_LEN(pools));
    *p = &pools[i];
    return table_find_column(t, str_of(pools[i].column));
}

static const struct filter *make_leaf(struct both *b, const struct table *t)
{
    static const char *const patterns[] = {"a%", "%c", "%\u00c9%", "a\\_c", "_b_",
                                           "%",  "",   "%100\\%",  "a.c%",  "A%"};
    static const enum filter_op ops[] = {
        FILTER_EQ,          FILTER_NEQ,     FILTER_LT,      FILTER_LTE,
        FILTER_GT,          FILTER_GTE,     FILTER_LIKE,    FILTER_ILIKE,
        FILTER_IN,          FILTER_BETWEEN, FILTER_IS_NULL, FILTER_IS_NOT_NULL,
        FILTER_IS_DISTINCT, FILTER_SEARCH,  FILTER_TRUE,    FILTER_FALSE};
    struct arena *a = b->f->arena;
    struct filter *f = ARENA_NEW(a, struct filter);
    const struct pool *p = NULL;
    f->op = ops[next(b, ARRAY_LEN(ops))];
    bool is_text = f->op == FILTER_LIKE || f->op == FILTER_ILIKE || f->op == FILTER_SEARCH;
    f->column = pick_column(b, t, &p, is_text);
    struct value *values = ARENA_ARRAY(a, 3, struct value);
    f->n_values = f->op == FILTER_IN ? next(b, 4) : f->op == FILTER_BETWEEN ? 2 : 1;
    for (size_t i = 0; i < f->n_values; i++) {
        values[i] = pick_value(b, f->column, p);
    }
    if (is_text) {
        values[0] = value_text(patterns[next(b, ARRAY_LEN(patterns))]);
    }
    if (f->op == FILTER_SEARCH) {
        const struct column **columns = ARENA_ARRAY(a, 2, const struct column *);
        columns[0] = table_find_column(t, STR("s"));
        columns[1] = table_find_column(t, STR("r"));
        values[0] = value_text(next(b, 2) ? "BC" : "\u00c9T");
        f->columns = columns;
        f->n_columns = next(b, 3);
    }
    f->values = values;
    return f;
}

static const struct filter *make_filter(struct both *b, const struct table *t, int depth)
{
    uint32_t kind = depth > 0 ? next(b, 5) : 0;
    if (kind < 2) {
        return make_leaf(b, t);
    }
    struct filter *f = ARENA_NEW(b->f->arena, struct filter);
    f->op = kind == 2 ? FILTER_NOT : kind == 3 ? FILTER_AND : FILTER_OR;
    f->n_args = kind == 2 ? 1 : next(b, 4);
    const struct filter **args = ARENA_ARRAY(b->f->arena, 3, const struct filter *);
    for (size_t i = 0; i < f->n_args; i++) {
        args[i] = make_filter(b, t, depth - 1);
    }
    f->args = args;
    return f;
}

static void add_value(struct buf *out, struct value v)
{
    switch (v.kind) {
    case VALUE_INT:
        buf_add_int64(out, v.i);
        break;
    case VALUE_FLOAT:
        buf_printf(out, "%.17g", v.f);
        break;
    case VALUE_BOOL:
        buf_adds(out, v.b ? "true" : "false");
        break;
    case VALUE_NULL:
        buf_adds(out, "-");
        break;
    default:
        buf_add_str(out, v.s);
    }
    buf_addc(out, '|');
}

/* All columns of what @q gives, and the last row as a place to go on from. */
static const char *ask(struct both *b, struct engine *e, struct query q, const struct value **last)
{
    struct fixture *f = b->f;
    struct session *s = NULL;
    struct cursor *cursor = NULL;
    const struct value *row = NULL;
    struct buf out;
    buf_init(&out, BUF_MAX_DEFAULT);
    assert_ok(f, engine_session_begin(e, NS, ACCESS_READ, &s, &f->err));
    assert_ok(f, engine_select(s, &q, &cursor, &f->err));
    for (;;) {
        assert_ok(f, engine_cursor_next(cursor, &row, &f->err));
        if (!row) {
            break;
        }
        for (size_t i = 0; i < (q.count_only ? 1 : q.n_columns); i++) {
            add_value(&out, row[i]);
        }
        buf_addc(&out, '\n');
        if (last) {
            struct value *place = ARENA_ARRAY(f->arena, q.n_order, struct value);
            for (size_t i = 0; i < q.n_order; i++) {
                place[i] = value_copy(
                    f->arena, row[table_column_position(q.table, str_of(q.order[i].column->name))]);
            }
            *last = place;
        }
    }
    engine_cursor_close(cursor);
    engine_session_end(s);
    const char *text = arena_strdup(f->arena, buf_text(&out));
    buf_release(&out);
    return text;
}

static struct query all_of(struct both *b, const struct table *t)
{
    const struct column **columns = ARENA_ARRAY(b->f->arena, t->n_columns, const struct column *);
    for (size_t i = 0; i < t->n_columns; i++) {
        columns[i] = &t->columns[i];
    }
    return (struct query){.table = t, .columns = columns, .n_columns = t->n_columns, .limit = -1};
}

static const struct order *make_order(struct both *b, const struct table *t, size_t *n)
{
    struct order *o = ARENA_ARRAY(b->f->arena, 3, struct order);
    const struct pool *p = NULL;
    *n = 1 + next(b, 3);
    for (size_t i = 0; i < *n; i++) {
        o[i] = (struct order){pick_column(b, t, &p, false), next(b, 2), next(b, 2)};
    }
    o[*n - 1].column = table_find_column(t, STR("id")); /* an order without ties */
    return o;
}

static void differ(uint32_t seed, const char *mongo, const char *sqlite)
{
    fail_msg("seed %u: MongoDB gives\n%snot\n%s", seed, mongo, sqlite);
}

static void test_filters(void **state)
{
    (void)state;
    struct both b;
    set_up(&b, 1);
    struct catalog *c AUTO(catalog_unrefp) = fixture_catalog(b.f, b.f->engine, NS);
    const struct table *t = catalog_find_table(c, STR("t"));
    struct order by_id = {table_find_column(t, STR("id")), false, false};
    for (int i = 0; i < 400; i++) {
        uint32_t seed = b.seed;
        struct query q = all_of(&b, t);
        q.where = make_filter(&b, t, 3);
        q.order = &by_id;
        q.n_order = 1;
        const char *mongo = ask(&b, b.f->engine, q, NULL);
        const char *sqlite = ask(&b, b.sqlite, q, NULL);
        if (strcmp(mongo, sqlite) != 0) {
            differ(seed, mongo, sqlite);
        }
        q.count_only = true;
        q.n_order = 0;
        assert_string_equal(ask(&b, b.f->engine, q, NULL), ask(&b, b.sqlite, q, NULL));
    }
    tear_down(&b);
}

/* Pages of three rows to the end, by the place of the last row and by number. */
static void test_orders(void **state)
{
    (void)state;
    struct both b;
    set_up(&b, 7);
    struct catalog *c AUTO(catalog_unrefp) = fixture_catalog(b.f, b.f->engine, NS);
    const struct table *t = catalog_find_table(c, STR("t"));
    for (int i = 0; i < 60; i++) {
        uint32_t seed = b.seed;
        struct query q = all_of(&b, t);
        q.order = make_order(&b, t, &q.n_order);
        const char *mongo = ask(&b, b.f->engine, q, NULL);
        const char *sqlite = ask(&b, b.sqlite, q, NULL);
        if (strcmp(mongo, sqlite) != 0) {
            differ(seed, mongo, sqlite);
        }
        const char *pages = "";
        const char *numbered = "";
        const struct value *after = NULL;
        q.limit = 3;
        for (int page = 0; page < 3; page++) {
            q.after = after;
            q.offset = 0;
            pages = arena_printf(b.f->arena, "%s%s", pages, ask(&b, b.f->engine, q, &after));
            q.after = NULL;
            q.offset = (int64_t)page * 3;
            numbered = arena_printf(b.f->arena, "%s%s", numbered, ask(&b, b.f->engine, q, NULL));
        }
        assert_string_equal(pages, sqlite);
        assert_string_equal(numbered, sqlite);
    }
    tear_down(&b);
}

static void test_limits(void **state)
{
    (void)state;
    struct both b;
    set_up(&b, 3);
    struct catalog *c AUTO(catalog_unrefp) = fixture_catalog(b.f, b.f->engine, NS);
    const struct table *t = catalog_find_table(c, STR("t"));
    struct order by_id = {table_find_column(t, STR("id")), true, false};
    struct query q = all_of(&b, t);
    q.order = &by_id;
    q.n_order = 1;
    for (q.limit = 0; q.limit < 10; q.limit++) {
        assert_string_equal(ask(&b, b.f->engine, q, NULL), ask(&b, b.sqlite, q, NULL));
    }
    q.n_columns = 0; /* rows without columns are counted all the same */
    assert_string_equal(ask(&b, b.f->engine, q, NULL), "\n\n\n\n\n\n\n\n");
    tear_down(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_filters),
        cmocka_unit_test(test_orders),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
