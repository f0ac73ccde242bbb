#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/sqlite/inspect.h"
#include "fixture.h"

/* What the texts say is compared with what SQLite's own pragmas say, on odd and real schemas. */
static const char *const odd[] = {
    "CREATE TABLE \"we\"\"ird\" (\"a b\" TEXT, `c``d` INT, [e f] REAL, 'g' BLOB, \"select\" NUMERIC)",
    "CREATE TABLE -- name\n t1 (a -- first, with comma )\n , b /* , c */ TEXT DEFAULT ')' NOT NULL)",
    "CREATE TABLE IF NOT EXISTS t2(a,b,c, PRIMARY KEY(a, b), UNIQUE(b,c) ON CONFLICT IGNORE)",
    "CREATE TABLE t3(a INT PRIMARY KEY, b INTEGER UNIQUE, c DEFAULT (1+(2*3)), d DEFAULT -5, e "
    "DEFAULT CURRENT_TIMESTAMP, f DEFAULT 'it''s', g DEFAULT x'00ff')",
    "CREATE TABLE t4(id INTEGER PRIMARY KEY DESC, x VARCHAR ( 20 ), y DECIMAL(10 , -2))",
    "CREATE TABLE t5(a TEXT COLLATE NOCASE CHECK (a <> ')' AND (a NOT LIKE '(%')), CONSTRAINT c1 "
    "CHECK (length(a) > 0) CONSTRAINT c2 UNIQUE (a))",
    "CREATE TABLE t6(a INT REFERENCES t3, b INT CONSTRAINT up REFERENCES t3(a) ON DELETE SET NULL ON "
    "UPDATE CASCADE MATCH FULL NOT DEFERRABLE INITIALLY IMMEDIATE, c INT, d INT, FOREIGN KEY (c, d) "
    "REFERENCES t2 (a, b) ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED)",
    "CREATE TABLE t7(a INT, b INT AS (a * 2), c INT GENERATED ALWAYS AS (a + b) STORED NOT NULL)",
    "CREATE TABLE t8(k TEXT PRIMARY KEY, v) WITHOUT ROWID",
    "CREATE TABLE t9(a INTEGER NOT NULL, b ANY) STRICT",
    "CREATE TABLE t10(id INTEGER PRIMARY KEY AUTOINCREMENT, constraint_x INT, primary_y INT)",
    "CREATE TABLE t11(a, b, PRIMARY KEY (a COLLATE NOCASE, b DESC)) WITHOUT ROWID",
    "CREATE TABLE t12(\"key\" INT, \"check\" INT, unique_1 INT, \"foreign\" INT UNIQUE ON CONFLICT "
    "REPLACE NOT NULL ON CONFLICT FAIL)",
    "CREATE TABLE t13 AS SELECT 1 AS one, 'x' AS \"two words\", 2.5 AS three",
    "CREATE TABLE \xc3\xa9t\xc3\xa9 (\xc3\xa0 TEXT, \"\xe6\x97\xa5\xe6\x9c\xac\" INT)",
    "CREATE INDEX i1 ON t2 (c DESC, a COLLATE NOCASE) WHERE b > 5 AND c IS NOT NULL",
    "CREATE UNIQUE INDEX i2 ON t5 (lower(a), a || ')')",
    "CREATE INDEX \"i 3\" ON \"we\"\"ird\" (\"a b\", \"select\")",
    "CREATE VIEW v1 AS SELECT a, b FROM t2",
    "CREATE VIEW v2 AS SELECT missing FROM t2",
    "CREATE TRIGGER tr AFTER UPDATE OF a ON t2 BEGIN SELECT ';'; END",
    "CREATE TABLE __telaio_trash_x_0 (v)",
};

static int set_up(void **state)
{
    *state = fixture_open(NULL);
    return 0;
}

static int tear_down(void **state)
{
    fixture_close(*state);
    return 0;
}

/* @sql with @table in the place of its only "%s", quotes doubled. */
static const char *pragma(struct fixture *f, const char *sql, const char *table)
{
    struct buf b;
    const char *place = strstr(sql, "%s");
    buf_init(&b, 1 << 16);
    assert_non_null(place);
    buf_add(&b, sql, (size_t)(place - sql));
    for (const char *p = table; *p; p++) {
        buf_addc(&b, *p);
        if (*p == '\'') {
            buf_addc(&b, '\'');
        }
    }
    buf_adds(&b, place + 2);
    const char *text = fixture_text(f, buf_text(&b));
    buf_release(&b);
    return text;
}

static const char *columns_of(struct fixture *f, const struct table *t)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    for (size_t i = 0; i < t->n_columns; i++) {
        const struct column *c = &t->columns[i];
        size_t key = 0;
        for (size_t k = 0; k < t->n_primary_key; k++) {
            key = strcmp(t->primary_key[k], c->name) == 0 ? k + 1 : key;
        }
        buf_printf(&b, "%s%s|%s|%zu|%d", i ? ";" : "", c->name, c->type.native, key,
                   c->generated == GENERATED_NONE      ? 0
                   : c->generated == GENERATED_VIRTUAL ? 2
                                                       : 3);
    }
    const char *text = arena_str(f->arena, buf_str(&b));
    buf_release(&b);
    return text;
}

static const char *keys_of(struct fixture *f, const struct table *t)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    for (size_t i = t->n_foreign_keys; i > 0; i--) { /* SQLite counts backwards */
        const struct foreign_key *k = &t->foreign_keys[i - 1];
        for (size_t c = 0; c < k->n_columns; c++) {
            buf_printf(&b, "%s%s|%s|%s|%s|%s", b.n ? ";" : "", k->referenced_table, k->columns[c],
                       k->referenced_columns ? k->referenced_columns[c] : "",
                       fk_action_text(k->on_delete), fk_action_text(k->on_update));
        }
    }
    const char *text = arena_str(f->arena, buf_str(&b));
    buf_release(&b);
    return text;
}

static void compare(struct fixture *f)
{
    struct catalog *c = fixture_catalog(f);
    size_t n = 0;
    for (size_t i = 0; i < c->n_tables; i++) {
        const struct table *t = c->tables[i];
        if (t->kind != TABLE_BASE) {
            continue;
        }
        n++;
        assert_string_equal(
            columns_of(f, t),
            pragma(f,
                   "SELECT group_concat(name || '|' || type || '|' || pk || '|' || hidden, ';') "
                   "FROM pragma_table_xinfo('%s')",
                   t->name));
        assert_string_equal(
            keys_of(f, t),
            pragma(
                f,
                "SELECT group_concat(\"table\" || '|' || \"from\" || '|' || coalesce(\"to\", '') "
                "|| '|' || on_delete || '|' || on_update, ';') FROM pragma_foreign_key_list('%s')",
                t->name));
        for (size_t k = 0; k < t->n_indexes; k++) {
            const struct index *index = &t->indexes[k];
            const char *listed =
                pragma(f,
                       "SELECT count(*) || group_concat(coalesce(name, '?') || \"desc\") FROM "
                       "pragma_index_xinfo('%s') WHERE key",
                       index->name);
            struct buf b;
            buf_init(&b, 4096);
            buf_printf(&b, "%zu", index->n_keys);
            for (size_t j = 0; j < index->n_keys; j++) {
                buf_printf(&b, "%s%s%d", j ? "," : "",
                           index->keys[j].column ? index->keys[j].column : "?",
                           index->keys[j].is_descending);
            }
            assert_string_equal(buf_text(&b), listed);
            buf_release(&b);
        }
        /* the key of a table without rowid is the table itself */
        const char *listed = t->is_without_rowid ? "SELECT count(*) FROM pragma_index_list('%s') "
                                                   "WHERE origin <> 'pk'"
                                                 : "SELECT count(*) FROM pragma_index_list('%s')";
        assert_string_equal(arena_printf(f->arena, "%s %zu", t->name, t->n_indexes),
                            arena_printf(f->arena, "%s %s", t->name, pragma(f, listed, t->name)));
    }
    assert_true(n > 0);
    catalog_unref(c);
}

/* everything that the engine knows is read, and kept as it was written */
static void odd_texts_say_what_the_pragmas_say(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        fixture_sql(f, odd[i]);
    }
    compare(f);
    struct catalog *c = fixture_catalog(f);
    const struct table *t = catalog_find_table(c, STR("t5"));
    assert_int_equal(t->n_checks, 2);
    assert_string_equal(t->checks[1].name, "c1");
    assert_string_equal(t->columns[0].collation, "NOCASE");
    t = catalog_find_table(c, STR("t6"));
    assert_true(t->foreign_keys[2].is_deferred);
    assert_false(t->foreign_keys[1].is_deferred);
    assert_string_equal(t->foreign_keys[1].name, "up");
    assert_true(catalog_find_table(c, STR("t8"))->is_without_rowid);
    assert_true(catalog_find_table(c, STR("t9"))->is_strict);
    t = catalog_find_table(c, STR("t3"));
    assert_int_equal(t->columns[3].default_value->value.i, -5);
    assert_string_equal(t->columns[4].default_value->name, "CURRENT_TIMESTAMP");
    assert_int_equal(t->columns[6].default_value->value.s.n, 2);
    assert_int_equal(catalog_find_table(c, STR("v1"))->n_columns, 2);
    assert_int_equal(catalog_find_table(c, STR("v2"))->n_columns, 0);
    assert_true(catalog_find_table(c, STR("__telaio_trash_x_0"))->is_internal);
    assert_int_equal(catalog_find_table(c, STR("t2"))->n_triggers, 1);
    catalog_unref(c);
}

static void chinook_says_what_the_pragmas_say(void **state)
{
    struct fixture *f = *state;
    const char *data = getenv("TELAIO_TEST_DATA");
    const char *path = arena_printf(f->arena, "%s/chinook/chinook_sqlite.sql", data ? data : "");
    FILE *in = fopen(path, "rb");
    if (!in) {
        skip();
    }
    static char text[4 << 20];
    size_t n = fread(text, 1, sizeof text - 1, in);
    fclose(in);
    text[n] = 0;
    char *first = strstr(text, "CREATE TABLE");
    char *end = first ? strstr(first, "INSERT INTO") : NULL;
    assert_non_null(end);
    *end = 0;
    fixture_sql(f, first);
    compare(f);
}

/* Every table of the odd schema survives a change that edits its text. */
static void odd_texts_survive_a_rebuild(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        if (!strstr(odd[i], " v2 ")) {
            fixture_sql(f, odd[i]);
        }
    }
    struct catalog *c = fixture_catalog(f);
    for (size_t i = 0; i < c->n_tables; i++) {
        const struct table *t = c->tables[i];
        if (t->kind != TABLE_BASE || t->is_internal) {
            continue;
        }
        for (int place = 0; place < 3; place++) {
            struct change_list undo = {0};
            struct change change = {.kind = CHANGE_CREATE_COLUMN};
            change.create_column.table = t->name;
            change.create_column.column.name = "added";
            change.create_column.column.type.kind = TYPE_TEXT;
            change.create_column.column.is_nullable = true;
            change.create_column.column.default_value =
                expr_make(f->arena, EXPR_CALL, "uuid", NULL, 0);
            change.create_column.after = place == 0 ? "" : place == 1 ? t->columns[0].name : NULL;
            struct change_list list = {&change, 1, f->arena};
            const char *before =
                pragma(f, "SELECT sql FROM sqlite_schema WHERE name = '%s'", t->name);
            char *tag = arena_printf(f->arena, "r%zux%d", i, place);
            assert_ok(f, fixture_change_undo(f, &list, tag, &undo));
            assert_ok(f, fixture_change(f, &undo, arena_printf(f->arena, "%su", tag)));
            const char *after =
                pragma(f, "SELECT sql FROM sqlite_schema WHERE name = '%s'", t->name);
            assert_int_equal(strlen(after) > 10, strlen(before) > 10);
        }
    }
    compare(f);
    catalog_unref(c);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(odd_texts_say_what_the_pragmas_say),
        CASE(chinook_says_what_the_pragmas_say),
        CASE(odd_texts_survive_a_rebuild),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
