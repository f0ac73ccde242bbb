#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "fixture.h"

static int set_up(void **state)
{
    struct fixture *f = fixture_open(NULL);
    fixture_sql(f,
                "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, n INTEGER, price DECIMAL(10,2),"
                "  big DECIMAL TEXT, active BOOLEAN, seen DATETIME TEXT);"
                "INSERT INTO t VALUES"
                "  (1, 'Zoë', 10, 1.5, '9.5', 1, '2026-01-01T00:00:00.000000Z'),"
                "  (2, 'ZOË 100%', 20, 2, '10', 0, '2026-01-01T00:00:00.500000Z'),"
                "  (3, 'bob', NULL, NULL, '-3.25', NULL, NULL),"
                "  (4, 'a_b', 20, 0.1, '123456789012345678901234567890.1', 1, NULL),"
                "  (5, NULL, NULL, 99999999.99, '0010.00', 0, '2025-12-31T23:59:59.999999Z'),"
                "  (6, 'aXb', -5, 7, NULL, 1, '2026-06-01T00:00:00.000000Z');");
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture_close(*state);
    return 0;
}

static const struct column *col(const struct table *t, const char *name)
{
    const struct column *c = table_find_column(t, str_of(name));
    assert_non_null(c);
    return c;
}

static void unref(void *catalog)
{
    catalog_unref(catalog);
}

static const struct table *table_t(struct fixture *f)
{
    struct catalog *c = fixture_catalog(f);
    arena_defer(f->arena, unref, c);
    return catalog_find_table(c, STR("t"));
}

/* The ids that @q gives, in order, as "1,2,3". */
static const char *ids(struct fixture *f, struct query q)
{
    const struct column *columns[] = {col(q.table, "id")};
    struct session *s = NULL;
    struct cursor *c = NULL;
    const struct value *row = NULL;
    struct buf b;
    buf_init(&b, 1 << 20);
    q.columns = columns;
    q.n_columns = 1;
    if (q.limit == 0) {
        q.limit = -1;
    }
    assert_ok(f, engine_session_begin(f->engine, STR("store"), ACCESS_READ, &s, &f->err));
    assert_ok(f, engine_select(s, &q, &c, &f->err));
    for (;;) {
        assert_ok(f, engine_cursor_next(c, &row, &f->err));
        if (!row) {
            break;
        }
        buf_printf(&b, "%s%d", b.n ? "," : "", (int)row[0].i);
    }
    engine_session_end(s);
    const char *text = arena_str(f->arena, buf_str(&b));
    buf_release(&b);
    return text;
}

static const char *where(struct fixture *f, const struct table *t, const struct filter *filter)
{
    struct order by = {.column = col(t, "id")};
    return ids(f, (struct query){.table = t, .where = filter, .order = &by, .n_order = 1});
}

static const struct filter *one(struct fixture *f, enum filter_op op, const struct column *c,
                                const struct value *values, size_t n)
{
    struct filter *x = ARENA_NEW(f->arena, struct filter);
    *x = (struct filter){.op = op, .column = c, .n_values = n};
    x->values = arena_memdup(f->arena, values, n * sizeof *values);
    return x;
}

#define ONE(op, c, ...)                                    \
    one(f, (op), (c), (const struct value[]){__VA_ARGS__}, \
        sizeof((const struct value[]){__VA_ARGS__}) / sizeof(struct value))

static void operators_mean_what_they_say(void **state)
{
    struct fixture *f = *state;
    const struct table *t = table_t(f);
    const struct column *n = col(t, "n");
    const struct column *name = col(t, "name");
    const struct {
        const struct filter *filter;
        const char *ids;
    } cases[] = {
        {NULL, "1,2,3,4,5,6"},
        {ONE(FILTER_EQ, n, value_int(20)), "2,4"},
        {ONE(FILTER_NEQ, n, value_int(20)), "1,6"},
        {ONE(FILTER_LT, n, value_int(10)), "6"},
        {ONE(FILTER_LTE, n, value_int(10)), "1,6"},
        {ONE(FILTER_GT, n, value_int(10)), "2,4"},
        {ONE(FILTER_GTE, n, value_int(10)), "1,2,4"},
        {ONE(FILTER_EQ, n, value_null()), ""},
        {ONE(FILTER_IS_DISTINCT, n, value_int(20)), "1,3,5,6"},
        {ONE(FILTER_IS_DISTINCT, n, value_null()), "1,2,4,6"},
        {one(f, FILTER_IS_NULL, n, NULL, 0), "3,5"},
        {one(f, FILTER_IS_NOT_NULL, n, NULL, 0), "1,2,4,6"},
        {one(f, FILTER_IN, n, NULL, 0), ""},
        {ONE(FILTER_IN, n, value_int(10), value_int(-5), value_int(3)), "1,6"},
        {ONE(FILTER_BETWEEN, n, value_int(-5), value_int(10)), "1,6"},
        {ONE(FILTER_LIKE, name, value_text("Z%")), "1,2"},
        {ONE(FILTER_LIKE, name, value_text("z%")), ""},
        {ONE(FILTER_LIKE, name, value_text("Zoë")), "1"},
        {ONE(FILTER_LIKE, name, value_text("Zoë%")), "1"},
        {ONE(FILTER_LIKE, name, value_text("a\\_b%")), "4"},
        {ONE(FILTER_LIKE, name, value_text("\\")), ""},
        {ONE(FILTER_ILIKE, name, value_text("zoë%")), "1,2"},
        {ONE(FILTER_LIKE, name, value_text("a_b")), "4,6"},
        {ONE(FILTER_LIKE, name, value_text("a\\_b")), "4"},
        {ONE(FILTER_LIKE, name, value_text("%\\%")), "2"},
        {ONE(FILTER_LIKE, name, value_text("%%%b%")), "3,4,6"},
        {ONE(FILTER_EQ, col(t, "active"), value_bool(true)), "1,4,6"},
        {ONE(FILTER_EQ, col(t, "price"), value_text("1.50")), "1"},
        {ONE(FILTER_GT, col(t, "price"), value_text("2.00")), "5,6"},
        {ONE(FILTER_EQ, col(t, "big"), value_text("10.0")), "2,5"},
        {ONE(FILTER_GT, col(t, "big"), value_text("9.6")), "2,4,5"},
        {ONE(FILTER_LT, col(t, "big"), value_int(0)), "3"},
        {ONE(FILTER_GT, col(t, "seen"), value_text("2026-01-01T00:00:00Z")), "2,6"},
        {ONE(FILTER_EQ, col(t, "seen"), value_text("2026-01-01T00:00:00.5Z")), "2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *got = where(f, t, cases[i].filter);
        if (strcmp(got, cases[i].ids) != 0) {
            fail_msg("case %zu: \"%s\" instead of \"%s\"", i, got, cases[i].ids);
        }
    }
}

static void search_folds_case_in_every_column(void **state)
{
    struct fixture *f = *state;
    const struct table *t = table_t(f);
    const struct column *columns[] = {col(t, "name"), col(t, "big")};
    struct value words = value_text("zOË");
    struct filter x = {
        .op = FILTER_SEARCH, .values = &words, .n_values = 1, .columns = columns, .n_columns = 2};
    assert_string_equal(where(f, t, &x), "1,2");
    words = value_text("0.");
    assert_string_equal(where(f, t, &x), "4,5");
    words = value_text("%");
    assert_string_equal(where(f, t, &x), "2");
    words = value_text("");
    assert_string_equal(where(f, t, &x), "1,2,3,4,5,6");
    x.n_columns = 0;
    assert_string_equal(where(f, t, &x), "");
}

/* B-22, B-26 */
static void values_never_become_statement_text(void **state)
{
    struct fixture *f = *state;
    const struct table *t = table_t(f);
    static const char *const texts[] = {
        "'; DROP TABLE t; --", "\" OR 1=1", "%' OR '1'='1", "\\", "'", "?", "?1", ":a",
        "\xef\xbb\xbf"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_string_equal(where(f, t, ONE(FILTER_EQ, col(t, "name"), value_text(texts[i]))), "");
        (void)where(f, t, ONE(FILTER_ILIKE, col(t, "name"), value_text(texts[i])));
    }
    assert_string_equal(where(f, t, NULL), "1,2,3,4,5,6");
}

static const struct filter *combine(struct fixture *f, enum filter_op op, const struct filter *x,
                                    const struct filter *y)
{
    struct filter *both = ARENA_NEW(f->arena, struct filter);
    const struct filter **args = ARENA_ARRAY(f->arena, 2, const struct filter *);
    args[0] = x;
    args[1] = y;
    *both = (struct filter){.op = op, .args = args, .n_args = y ? 2 : 1};
    return both;
}

static void filters_as_deep_and_wide_as_allowed_run(void **state)
{
    struct fixture *f = *state;
    const struct table *t = table_t(f);
    const struct filter *leaf = ONE(FILTER_GTE, col(t, "n"), value_int(10));
    const struct filter *x = leaf;
    const struct filter *other = ONE(FILTER_EQ, col(t, "n"), value_int(-7));
    for (int depth = 0; depth < FILTER_DEPTH_MAX; depth++) {
        static const enum filter_op ops[] = {FILTER_NOT, FILTER_OR, FILTER_NOT, FILTER_AND};
        enum filter_op op = ops[depth % 4];
        const struct filter *y = op == FILTER_OR ? other : op == FILTER_AND ? leaf : NULL;
        x = combine(f, op, x, y);
    }
    assert_string_equal(where(f, t, x), "1,2,4");
    struct filter wide = {.op = FILTER_OR, .n_args = FILTER_TERMS_MAX};
    const struct filter **args = ARENA_ARRAY(f->arena, FILTER_TERMS_MAX, const struct filter *);
    for (int i = 0; i < FILTER_TERMS_MAX; i++) {
        args[i] = ONE(FILTER_EQ, col(t, "n"), value_int(20 + i));
    }
    wide.args = args;
    assert_string_equal(where(f, t, &wide), "2,4");
}

/* Walk through all rows by keyset, two at a time, for every mixture of directions and null
 * places; the walk must be the whole order (B-53, B-55). */
static void keyset_pages_walk_every_order_with_nulls(void **state)
{
    struct fixture *f = *state;
    const struct table *t = table_t(f);
    static const char *const columns[] = {"n", "name", "price", "big", "seen", "active"};
    for (size_t k = 0; k < sizeof columns / sizeof *columns * 8; k++) {
        struct order by[2] = {
            {.column = col(t, columns[k / 8]), .is_descending = k & 1, .nulls_first = k & 2},
            {.column = col(t, "id"), .is_descending = k & 4}};
        struct query q = {.table = t, .order = by, .n_order = 2, .limit = -1};
        const char *whole = ids(f, q);
        assert_int_equal(strlen(whole), 11);
        struct buf walked;
        struct value after[2];
        buf_init(&walked, 4096);
        q.limit = 2;
        for (int page = 0; page < 5; page++) {
            const char *got = ids(f, q);
            if (!*got) {
                break;
            }
            buf_printf(&walked, "%s%s", walked.n ? "," : "", got);
            const struct column *last[] = {by[0].column};
            struct value id = value_int(atoi(strrchr(got, ',') ? strrchr(got, ',') + 1 : got));
            struct query of = {.table = t,
                               .columns = last,
                               .n_columns = 1,
                               .limit = 1,
                               .where = ONE(FILTER_EQ, col(t, "id"), id)};
            struct session *s = NULL;
            const struct value *row = NULL;
            assert_ok(f, engine_session_begin(f->engine, STR("store"), ACCESS_READ, &s, &f->err));
            assert_ok(f, engine_query_one(s, &of, f->arena, &row, &f->err));
            engine_session_end(s);
            after[0] = row[0];
            after[1] = id;
            q.after = after;
        }
        if (strcmp(buf_text(&walked), whole) != 0) {
            fail_msg("case %zu: %s instead of %s", k, buf_text(&walked), whole);
        }
        buf_release(&walked);
    }
}

static void counts_and_estimates_agree(void **state)
{
    struct fixture *f = *state;
    const struct table *t = table_t(f);
    struct session *s = NULL;
    const struct value *row = NULL;
    struct query q = {.table = t,
                      .count_only = true,
                      .limit = 1,
                      .where = ONE(FILTER_GTE, col(t, "n"), value_int(10))};
    assert_ok(f, engine_session_begin(f->engine, STR("store"), ACCESS_READ, &s, &f->err));
    assert_ok(f, engine_query_one(s, &q, f->arena, &row, &f->err));
    assert_int_equal(row[0].i, 3);
    assert_int_equal(engine_row_estimate(s, t), 6);
    engine_session_end(s);
}

static void two_cursors_of_a_session_share_a_snapshot(void **state)
{
    struct fixture *f = *state;
    const struct table *t = table_t(f);
    const struct column *columns[] = {col(t, "id")};
    struct query q = {.table = t, .columns = columns, .n_columns = 1, .limit = -1};
    struct session *s = NULL;
    struct cursor *first = NULL;
    struct cursor *second = NULL;
    const struct value *row = NULL;
    int n = 0;
    assert_ok(f, engine_session_begin(f->engine, STR("store"), ACCESS_READ, &s, &f->err));
    assert_ok(f, engine_select(s, &q, &first, &f->err));
    assert_ok(f, engine_cursor_next(first, &row, &f->err));
    assert_ok(f, fixture_insert(f, "t", "name", "new", NULL));
    assert_ok(f, engine_select(s, &q, &second, &f->err));
    while (engine_cursor_next(second, &row, &f->err) == ERR_OK && row) {
        n++;
    }
    assert_int_equal(n, 6);
    engine_cursor_close(second);
    engine_cursor_close(first);
    assert_ok(f, engine_select(s, &q, &second, &f->err));
    for (n = 0; engine_cursor_next(second, &row, &f->err) == ERR_OK && row;) {
        n++;
    }
    assert_int_equal(n, 7);
    engine_session_end(s);
}

static void a_reading_session_cannot_write(void **state)
{
    struct fixture *f = *state;
    const struct table *t = table_t(f);
    struct session *s = NULL;
    struct write w = {.kind = WRITE_DELETE, .table = t, .all_rows = true};
    struct write_result r;
    assert_ok(f, engine_session_begin(f->engine, STR("store"), ACCESS_READ, &s, &f->err));
    assert_int_equal(engine_write(s, &w, &r, NULL), ERR_INTERNAL);
    engine_session_end(s);
    assert_string_equal(where(f, t, NULL), "1,2,3,4,5,6");
}

static void a_read_over_its_limit_is_ended(void **state)
{
    struct fixture *f = *state;
    struct sqlite_settings quick = {.read_limit_ms = 1};
    fixture_sql(f, "WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < "
                   "300000) INSERT INTO t (id, name) SELECT i, 'name ' || i FROM n");
    fixture_reopen(f, &quick);
    const struct table *t = table_t(f);
    struct session *s = NULL;
    const struct value *row = NULL;
    struct query q = {.table = t,
                      .count_only = true,
                      .limit = 1,
                      .where = ONE(FILTER_ILIKE, col(t, "name"), value_text("%nobody%"))};
    assert_ok(f, engine_session_begin(f->engine, STR("store"), ACCESS_READ, &s, &f->err));
    assert_int_equal(engine_query_one(s, &q, f->arena, &row, &f->err), ERR_TIMEOUT);
    engine_session_end(s);
}

struct strings {
    struct fixture *f;
    const json_t *doc;
    const struct table *table;
};

static enum errcode insert_strings(struct session *s, void *arg, struct error *err)
{
    struct strings *all = arg;
    const struct column *columns[] = {col(all->table, "id"), col(all->table, "name")};
    for (size_t i = 0; i < json_array_size(all->doc); i++) {
        const json_t *item = json_array_get(all->doc, i);
        struct str text = {json_string_value(item), json_string_length(item)};
        struct value values[] = {value_int(1000 + (int64_t)i), value_str(text)};
        struct write w = {.kind = WRITE_INSERT,
                          .table = all->table,
                          .columns = columns,
                          .values = values,
                          .n_columns = 2};
        struct write_result r;
        TRY(engine_write(s, &w, &r, err));
    }
    return ERR_OK;
}

static void naughty_strings_come_back_and_are_found(void **state)
{
    struct fixture *f = *state;
    const char *data = getenv("TELAIO_TEST_DATA");
    json_t *doc = NULL;
    struct str text;
    if (!data || fs_read_file(f->arena, arena_printf(f->arena, "%s/strings/blns.json", data),
                              1 << 20, &text, NULL) != ERR_OK) {
        skip();
    }
    assert_ok(f, doc_parse(f->arena, text, JSON_DEPTH_MAX, &doc, &f->err));
    struct strings all = {f, doc, table_t(f)};
    assert_true(json_array_size(doc) > 400);
    assert_ok(f, engine_transact(f->engine, STR("store"), insert_strings, &all, &f->err));
    const struct column *name[] = {col(all.table, "name")};
    for (size_t i = 0; i < json_array_size(doc); i++) {
        const json_t *item = json_array_get(doc, i);
        struct str want = {json_string_value(item), json_string_length(item)};
        const struct filter *id =
            ONE(FILTER_EQ, col(all.table, "id"), value_int(1000 + (int64_t)i));
        const struct filter *same = ONE(FILTER_EQ, name[0], value_str(want));
        const struct filter *both = combine(f, FILTER_AND, id, same);
        struct query q = {
            .table = all.table, .columns = name, .n_columns = 1, .where = both, .limit = 1};
        struct session *s = NULL;
        const struct value *row = NULL;
        assert_ok(f, engine_session_begin(f->engine, STR("store"), ACCESS_READ, &s, &f->err));
        assert_ok(f, engine_query_one(s, &q, f->arena, &row, &f->err));
        engine_session_end(s);
        assert_non_null(row);
        assert_true(str_eq(row[0].s, want));
        (void)where(f, all.table, ONE(FILTER_ILIKE, name[0], value_str(want)));
    }
}

static enum errcode run_writes(struct session *s, void *arg, struct error *err)
{
    struct fixture *f = arg;
    const struct table *t = table_t(f);
    const struct column *columns[] = {col(t, "name"), col(t, "n")};
    struct value values[] = {value_text("changed"), value_int(1)};
    struct write_result r;
    struct write update = {.kind = WRITE_UPDATE,
                           .table = t,
                           .columns = columns,
                           .values = values,
                           .n_columns = 2,
                           .where = ONE(FILTER_EQ, col(t, "n"), value_int(20))};
    TRY(engine_write(s, &update, &r, err));
    assert_int_equal(r.n_rows, 2);
    struct write delete = {
        .kind = WRITE_DELETE, .table = t, .where = one(f, FILTER_IS_NULL, col(t, "n"), NULL, 0)};
    TRY(engine_write(s, &delete, &r, err));
    assert_int_equal(r.n_rows, 2);
    const struct column *with_id[] = {col(t, "id"), columns[0], columns[1]};
    struct value upserted[] = {value_int(1), value_text("up"), value_int(2)};
    struct write upsert = {.kind = WRITE_UPSERT,
                           .table = t,
                           .columns = with_id,
                           .values = upserted,
                           .n_columns = 3,
                           .conflict = with_id,
                           .n_conflict = 1};
    TRY(engine_write(s, &upsert, &r, err));
    assert_int_equal(r.n_rows, 1);
    assert_int_equal(r.n_inserted, 0);
    upserted[0] = value_int(77);
    TRY(engine_write(s, &upsert, &r, err));
    assert_int_equal(r.n_inserted, 1);
    assert_int_equal(r.last_id, 77);
    struct write forgotten = {.kind = WRITE_DELETE, .table = t};
    assert_int_equal(engine_write(s, &forgotten, &r, NULL), ERR_INVALID);
    return ERR_OK;
}

static enum errcode delete_parent(struct session *s, void *arg, struct error *err)
{
    const struct table *t = arg;
    struct value id = value_int(1);
    struct filter f = {.op = FILTER_EQ, .column = &t->columns[0], .values = &id, .n_values = 1};
    struct write w = {.kind = WRITE_DELETE, .table = t, .where = &f};
    struct write_result r;
    return engine_write(s, &w, &r, err);
}

static void broken_references_are_named(void **state)
{
    struct fixture *f = *state;
    fixture_sql(f,
                "CREATE TABLE p (id INTEGER PRIMARY KEY, code TEXT UNIQUE);"
                "CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p(id), \"a/b\" TEXT "
                "REFERENCES p(code)); INSERT INTO p VALUES (1, 'x'); INSERT INTO c VALUES (1, 1, "
                "'x')");
    assert_int_equal(fixture_insert(f, "c", "p", "#1", "a/b", "y", NULL),
                     ERR_FOREIGN_KEY_VIOLATION);
    assert_string_equal(f->err.where, "/a~1b");
    assert_string_equal(f->err.message, "no row of \"p\" has this \"code\"");
    assert_int_equal(fixture_insert(f, "c", "p", "#7", NULL), ERR_FOREIGN_KEY_VIOLATION);
    assert_string_equal(f->err.where, "/p");
    struct catalog *c = fixture_catalog(f);
    struct table *p = catalog_find_table(c, STR("p"));
    assert_int_equal(engine_transact(f->engine, STR("store"), delete_parent, p, &f->err),
                     ERR_FOREIGN_KEY_VIOLATION);
    assert_string_equal(f->err.message, "rows of other tables still refer to this one");
    catalog_unref(c);
}

static void writes_of_every_kind_tell_what_they_did(void **state)
{
    struct fixture *f = *state;
    assert_ok(f, engine_transact(f->engine, STR("store"), run_writes, f, &f->err));
    assert_string_equal(fixture_text(f, "SELECT group_concat(id || name || n) FROM t"),
                        "1up2,2changed1,4changed1,6aXb-5,77up2");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(operators_mean_what_they_say),
        CASE(search_folds_case_in_every_column),
        CASE(values_never_become_statement_text),
        CASE(filters_as_deep_and_wide_as_allowed_run),
        CASE(keyset_pages_walk_every_order_with_nulls),
        CASE(counts_and_estimates_agree),
        CASE(two_cursors_of_a_session_share_a_snapshot),
        CASE(a_reading_session_cannot_write),
        CASE(a_read_over_its_limit_is_ended),
        CASE(naughty_strings_come_back_and_are_found),
        CASE(broken_references_are_named),
        CASE(writes_of_every_kind_tell_what_they_did),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
