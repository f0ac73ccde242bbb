#include "fixture.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "engine/sqlite/sqlite_engine.h"

/*
 * The same questions to the same texts, here and on SQLite: equality, order, patterns and search
 * answer alike, whatever MariaDB's collations make of case, accents, width and blanks at the end.
 */
static const char *const texts[] = {
    "",
    " ",
    "a",
    "A",
    "a ",
    "a  ",
    "ab",
    "aB",
    "AB",
    "\xc3\xa9t\xc3\xa9", /* été */
    "\xc3\x89T\xc3\x89", /* ÉTÉ */
    "ete",
    "e\xcc\x81te\xcc\x81", /* the same in pieces */
    "stra\xc3\x9f"
    "e", /* straße */
    "STRASSE",
    "\xc3\x9f",
    "ss",
    "\xce\x9f\xce\x94\xce\x9f\xce\xa3", /* ΟΔΟΣ */
    "\xce\xbf\xce\xb4\xce\xbf\xcf\x82", /* οδος */
    "\xd0\x96",                         /* Ж */
    "\xd0\xb6",
    "\xf0\x9f\x98\x80", /* an emoji */
    "\xf0\x9f\x98\x81",
    "x\xf0\x9f\x98\x80y",
    "100%",
    "100",
    "a_b",
    "a\\b",
    "it's",
    "\"q\"",
    "\xef\xbc\xa1", /* a wide A */
    "\xef\xbc\x81",
    "\t",
    "a\tb",
    "a\nb",
    "zz",
    "\xef\xbf\xbd",
    "\xc4\xb0", /* İ */
    "i",
    "I",
    "\xc4\xb1", /* ı */
    "10",
    "9",
    "-1",
};
#define TEXTS (sizeof texts / sizeof *texts)

static const char *const patterns[] = {
    "%",
    "_",
    "__",
    "a%",
    "A%",
    "%b",
    "%B%",
    "a_b",
    "a\\_b",
    "100\\%",
    "%\\%",
    "a\\\\b",
    "a\\",
    "\xc3\xa9%",
    "\xc3\x89%",
    "_t_",
    "%\xf0\x9f\x98\x80%",
    "_\xf0\x9f\x98\x80_",
    "stra\xc3\x9f"
    "e",
    "STRASSE",
    "%s",
    "%\xcf\x83",
    "%\xcf\x82",
    "\xd0\xb6",
    "%'%",
    "a ",
    "a%b",
    "",
    "%\t%",
    "i",
    "\xc4\xb0",
    "%e%",
    "ss",
};

struct pair {
    struct fixture *f;
    struct engine *sqlite;
    const char *folder;
    const struct table *table;
};

static void fill_sqlite(struct pair *p)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    const char *path = arena_printf(p->f->arena, "%s/store.db", p->folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db, "CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT)", NULL, NULL, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "INSERT INTO t VALUES (?, ?)", -1, &stmt, NULL),
                     SQLITE_OK);
    for (size_t i = 0; i <= TEXTS; i++) {
        (void)sqlite3_bind_int(stmt, 1, (int)i + 1);
        (void)(i < TEXTS ? sqlite3_bind_text(stmt, 2, texts[i], -1, SQLITE_STATIC)
                         : sqlite3_bind_null(stmt, 2));
        assert_int_equal(sqlite3_step(stmt), SQLITE_DONE);
        (void)sqlite3_reset(stmt);
    }
    sqlite3_finalize(stmt);
    sqlite3_close(db);
}

static enum errcode insert_texts(struct session *s, void *arg, struct error *err)
{
    struct pair *p = arg;
    const struct column *columns[] = {&p->table->columns[0], &p->table->columns[1]};
    for (size_t i = 0; i <= TEXTS; i++) {
        struct value values[] = {value_int((int64_t)i + 1),
                                 i < TEXTS ? value_text(texts[i]) : value_null()};
        struct write w = {.kind = WRITE_INSERT,
                          .table = p->table,
                          .columns = columns,
                          .values = values,
                          .n_columns = 2};
        TRY(engine_write(s, &w, NULL, err));
    }
    return ERR_OK;
}

static int set_up(void **state)
{
    char folder[] = "/tmp/mariadb-answers-XXXXXX";
    struct fixture *f = fixture_open(NULL);
    struct pair *p = ARENA_NEW(f->arena, struct pair);
    assert_non_null(mkdtemp(folder));
    p->f = f;
    p->folder = arena_strdup(f->arena, folder);
    struct sqlite_settings settings = {.folder = p->folder};
    assert_ok(f, sqlite_engine_open(&settings, &p->sqlite, &f->err));
    assert_ok(f, engine_namespace_create(p->sqlite, STR("store"), &f->err));
    fixture_sql(f,
                "CREATE TABLE t (id INT PRIMARY KEY, s LONGTEXT) CHARACTER SET utf8mb4 COLLATE "
                "utf8mb4_nopad_bin",
                NULL);
    p->table = fixture_table(f, "t", "id int64", "s text?", NULL);
    fill_sqlite(p);
    assert_ok(f, engine_transact(f->engine, STR("store"), insert_texts, p, &f->err));
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    struct pair *p = *state;
    engine_close(p->sqlite);
    char *command = arena_printf(p->f->arena, "rm -rf '%s'", p->folder);
    assert_int_equal(system(command), 0);
    fixture_close(p->f);
    return 0;
}

/* The ids of the rows, in order. */
static const char *ids(struct pair *p, struct engine *e, const struct query *q)
{
    struct session *s = NULL;
    struct cursor *c = NULL;
    const struct value *row = NULL;
    struct buf b;
    buf_init(&b, 1 << 16);
    assert_ok(p->f, engine_session_begin(e, STR("store"), ACCESS_READ, &s, &p->f->err));
    assert_ok(p->f, engine_select(s, q, &c, &p->f->err));
    for (;;) {
        assert_ok(p->f, engine_cursor_next(c, &row, &p->f->err));
        if (!row) {
            break;
        }
        buf_printf(&b, "%lld ", (long long)row[0].i);
    }
    engine_session_end(s);
    const char *text = arena_str(p->f->arena, buf_str(&b));
    buf_release(&b);
    return text;
}

static void compare(struct pair *p, const struct filter *where, bool by_text, bool down,
                    const char *what)
{
    const struct column *columns[] = {&p->table->columns[0]};
    struct order order[] = {
        {.column = &p->table->columns[1], .is_descending = down, .nulls_first = down},
        {.column = &p->table->columns[0]},
    };
    struct query q = {.table = p->table,
                      .columns = columns,
                      .n_columns = 1,
                      .where = where,
                      .order = by_text ? order : order + 1,
                      .n_order = by_text ? 2 : 1,
                      .limit = -1};
    const char *theirs = ids(p, p->sqlite, &q);
    const char *ours = ids(p, p->f->engine, &q);
    if (strcmp(theirs, ours) != 0) {
        print_message("%s: SQLite %s MariaDB %s\n", what, theirs, ours);
    }
    assert_string_equal(ours, theirs);
}

static void order_is_the_same(void **state)
{
    compare(*state, NULL, true, false, "up");
    compare(*state, NULL, true, true, "down");
}

static void comparisons_are_the_same(void **state)
{
    struct pair *p = *state;
    static const enum filter_op ops[] = {FILTER_EQ,  FILTER_NEQ, FILTER_LT,
                                         FILTER_LTE, FILTER_GT,  FILTER_GTE};
    for (size_t i = 0; i < TEXTS; i++) {
        struct value v = value_text(texts[i]);
        for (size_t k = 0; k < sizeof ops / sizeof *ops; k++) {
            compare(p, filter_compare(p->f->arena, ops[k], &p->table->columns[1], v), false, false,
                    texts[i]);
        }
        struct filter in = {
            .op = FILTER_IN, .column = &p->table->columns[1], .values = &v, .n_values = 1};
        compare(p, &in, false, false, texts[i]);
        in.op = FILTER_IS_DISTINCT;
        compare(p, &in, false, false, texts[i]);
    }
    struct value none = value_null();
    struct filter in = {
        .op = FILTER_IS_DISTINCT, .column = &p->table->columns[1], .values = &none, .n_values = 1};
    compare(p, &in, false, false, "null");
}

static void patterns_are_the_same(void **state)
{
    struct pair *p = *state;
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        struct value v = value_text(patterns[i]);
        struct filter f = {
            .op = FILTER_LIKE, .column = &p->table->columns[1], .values = &v, .n_values = 1};
        compare(p, &f, false, false, patterns[i]);
        f.op = FILTER_ILIKE;
        compare(p, &f, false, false, patterns[i]);
    }
}

static void search_is_the_same(void **state)
{
    struct pair *p = *state;
    const struct column *columns[] = {&p->table->columns[1]};
    for (size_t i = 0; i < TEXTS; i++) {
        struct value v = value_text(texts[i]);
        struct filter f = {
            .op = FILTER_SEARCH, .values = &v, .n_values = 1, .columns = columns, .n_columns = 1};
        compare(p, &f, false, false, texts[i]);
    }
}

/* Page by page, each behind the last row of the one before. */
static void pages_are_the_same(void **state)
{
    struct pair *p = *state;
    const struct column *columns[] = {&p->table->columns[0], &p->table->columns[1]};
    for (int way = 0; way < 4; way++) {
        struct order order[] = {
            {.column = &p->table->columns[1], .is_descending = way & 1, .nulls_first = way & 2},
            {.column = &p->table->columns[0]}};
        struct query q = {.table = p->table,
                          .columns = columns,
                          .n_columns = 2,
                          .order = order,
                          .n_order = 2,
                          .limit = 1};
        size_t n = 0;
        for (struct value after[2];; n++) {
            const struct value *row = NULL;
            struct session *s = NULL;
            const char *theirs = ids(p, p->sqlite, &q);
            assert_string_equal(ids(p, p->f->engine, &q), theirs);
            assert_ok(p->f, engine_session_begin(p->f->engine, STR("store"), ACCESS_READ, &s,
                                                 &p->f->err));
            assert_ok(p->f, engine_query_one(s, &q, p->f->arena, &row, &p->f->err));
            engine_session_end(s);
            if (!row) {
                break;
            }
            after[0] = row[1];
            after[1] = row[0];
            q.after = after;
        }
        assert_int_equal(n, TEXTS + 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_is_the_same),     cmocka_unit_test(comparisons_are_the_same),
        cmocka_unit_test(patterns_are_the_same), cmocka_unit_test(search_is_the_same),
        cmocka_unit_test(pages_are_the_same),
    };
    return cmocka_run_group_tests_name("mariadb/answers", tests, set_up, tear_down);
}
