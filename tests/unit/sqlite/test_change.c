#include <string.h>

#include "fixture.h"

/* Everything that a rebuild must not lose, made by plain SQL as another program would. */
static const char schema[] =
    "CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT);"
    "CREATE TABLE t (/* all kinds */ id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  boss INTEGER REFERENCES t(id) ON DELETE SET NULL,"
    "  parent INTEGER CONSTRAINT \"up\" REFERENCES parent(id) ON DELETE CASCADE DEFERRABLE INITIALLY "
    "DEFERRED,"
    "  email TEXT COLLATE NOCASE NOT NULL, -- the address\n"
    "  note TEXT DEFAULT 'a, b) c' CHECK (length(note) < 100),"
    "  low TEXT GENERATED ALWAYS AS (lower(email)) VIRTUAL,"
    "  amount NUMERIC(8,2), extra TEXT, "
    "  CONSTRAINT both CHECK (amount IS NULL OR extra IS NOT NULL),"
    "  UNIQUE (email, extra));"
    "CREATE INDEX part ON t (note) WHERE note IS NOT NULL;"
    "CREATE UNIQUE INDEX expr ON t (lower(email), amount DESC);"
    "CREATE TABLE child (id INTEGER PRIMARY KEY, t INTEGER NOT NULL REFERENCES t(id) ON DELETE "
    "CASCADE);"
    "CREATE TABLE log (what TEXT);"
    "CREATE TRIGGER on_t AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.email); END;"
    "CREATE TRIGGER on_log AFTER DELETE ON log BEGIN UPDATE t SET note = 'x' WHERE id = 1; END;"
    "CREATE VIEW v AS SELECT id, email FROM t;"
    "CREATE VIEW vv AS SELECT email FROM v;"
    "INSERT INTO parent VALUES (1, 'p');"
    "INSERT INTO t (id, boss, parent, email, note, amount, extra) VALUES"
    "  (1, NULL, 1, 'A@x', 'n1', 1.5, 'e1'), (2, 1, 1, 'B@x', NULL, NULL, NULL),"
    "  (7, 2, NULL, 'c@x', 'n7', 7, 'e7');"
    "DELETE FROM t WHERE id = 7;"
    "INSERT INTO child VALUES (10, 1), (11, 2);";

static const char part_texts[] =
    "SELECT group_concat(sql) FROM (SELECT sql FROM sqlite_schema WHERE type IN ('index', 'trigger') "
    "AND sql IS NOT NULL ORDER BY name)";

static int set_up(void **state)
{
    struct fixture *f = fixture_open(NULL);
    fixture_sql(f, schema);
    *state = f;
    return 0;
}

/* So many tables that only those a change can reach are looked at. */
static int set_up_many(void **state)
{
    if (set_up(state) != 0) {
        return 1;
    }
    struct fixture *f = *state;
    struct buf b;
    buf_init(&b, 1 << 20);
    buf_adds(&b, "BEGIN;");
    for (int i = 0; i < 150; i++) {
        buf_printf(&b,
                   "CREATE TABLE other%d (id INTEGER PRIMARY KEY, next INTEGER REFERENCES "
                   "other%d(id), t INTEGER%s);",
                   i, i + 1, i == 70 ? " REFERENCES t(id)" : "");
    }
    buf_adds(&b, "COMMIT");
    fixture_sql(f, buf_text(&b));
    buf_release(&b);
    return 0;
}

static int set_up_empty(void **state)
{
    *state = fixture_open(NULL);
    return 0;
}

static int tear_down(void **state)
{
    fixture_close(*state);
    return 0;
}

static void run(struct fixture *f, struct change c, struct change_list *undo)
{
    static int n;
    struct change *item = ARENA_NEW(f->arena, struct change);
    *item = c;
    struct change_list list = {item, 1, f->arena};
    assert_ok(f, fixture_change_undo(f, &list, arena_printf(f->arena, "c%d", ++n), undo));
}

static const char *rows(struct fixture *f)
{
    return fixture_text(f, "SELECT group_concat(id || ',' || coalesce(boss, '-') || ',' || "
                           "coalesce(parent, '-') || ',' || email || ',' || coalesce(note, '-') || "
                           "',' || low || ',' || coalesce(amount, '-') || ',' || "
                           "coalesce(extra, '-'), ';') FROM t");
}

static const char *structure(struct fixture *f)
{
    return fixture_text(f,
                        "SELECT group_concat(type || ' ' || name || ' ' || coalesce(sql, ''), "
                        "char(10)) FROM (SELECT * FROM sqlite_schema WHERE name NOT LIKE "
                        "'\\_\\_telaio%' ESCAPE '\\' AND tbl_name NOT LIKE '\\_\\_telaio%' ESCAPE "
                        "'\\' ORDER BY type, name)");
}

static void assert_alive(struct fixture *f)
{
    assert_string_equal(fixture_text(f, "PRAGMA integrity_check"), "ok");
    assert_string_equal(fixture_text(f, "SELECT count(*) FROM pragma_foreign_key_check"), "0");
    assert_string_equal(fixture_text(f, "SELECT seq FROM sqlite_sequence WHERE name = 't'"), "7");
    assert_string_equal(fixture_text(f, "SELECT group_concat(email) FROM vv"), "A@x,B@x");
    assert_string_equal(fixture_text(f, "SELECT count(*) FROM sqlite_schema WHERE name LIKE "
                                        "'\\_\\_telaio\\_new%' ESCAPE '\\'"),
                        "0");
    fixture_sql(f, "PRAGMA foreign_keys = ON; BEGIN; INSERT INTO t (email) VALUES ('trigger'); "
                   "DELETE FROM t WHERE id = 1; ROLLBACK");
}

static struct change add_column(const char *name, enum type_kind kind)
{
    struct change c = {.kind = CHANGE_CREATE_COLUMN};
    c.create_column.table = "t";
    c.create_column.column.name = name;
    c.create_column.column.type.kind = kind;
    c.create_column.column.is_nullable = true;
    return c;
}

static void a_plain_column_is_added_natively(void **state)
{
    struct fixture *f = *state;
    struct change c = add_column("city", TYPE_TEXT);
    c.create_column.column.comment = "where they live";
    run(f, c, NULL);
    struct catalog *now = fixture_catalog(f);
    const struct table *t = catalog_find_table(now, STR("t"));
    const struct column *city = table_find_column(t, STR("city"));
    assert_non_null(city);
    assert_string_equal(city->comment, "where they live");
    assert_string_equal(t->comment, "all kinds");
    catalog_unref(now);
    assert_alive(f);
}

/* nothing that hangs on a table is lost */
static void a_column_in_the_middle_keeps_every_part(void **state)
{
    struct fixture *f = *state;
    const char *before = rows(f);
    const char *parts = fixture_text(f, part_texts);
    struct change c = add_column("made", TYPE_INSTANT);
    c.create_column.column.is_nullable = false;
    c.create_column.column.default_value = expr_make(f->arena, EXPR_CALL, "now", NULL, 0);
    c.create_column.after = "email";
    run(f, c, NULL);
    assert_string_equal(rows(f), before);
    assert_string_equal(fixture_text(f, part_texts), parts);
    assert_string_equal(fixture_text(f, "SELECT name FROM pragma_table_xinfo('t') WHERE cid = 4"),
                        "made");
    assert_string_equal(fixture_text(f, "SELECT count(*) FROM t WHERE made LIKE '____-__-__T%Z'"),
                        "2");
    const char *text = fixture_text(f, "SELECT sql FROM sqlite_schema WHERE name = 't'");
    assert_non_null(strstr(text, "-- the address"));
    assert_non_null(strstr(text, "CONSTRAINT \"up\" REFERENCES parent(id)"));
    assert_alive(f);
}

static void a_dropped_column_comes_back_with_its_values(void **state)
{
    static const char *const columns[] = {"note", "amount", "extra", "email", "parent", "boss"};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        struct fixture *f = *state;
        struct catalog *c0 = fixture_catalog(f);
        const char *before = rows(f);
        struct change_list undo = {0};
        struct change c = {.kind = CHANGE_DROP_COLUMN};
        c.drop_column.table = "t";
        c.drop_column.column = columns[i];
        if (strcmp(columns[i], "email") == 0) { /* a generated column and a view read it */
            struct change_list list = {&c, 1, f->arena};
            assert_int_equal(fixture_change(f, &list, "no"), ERR_CONFLICT);
            catalog_unref(c0);
            continue;
        }
        run(f, c, &undo);
        struct catalog *now = fixture_catalog(f);
        assert_null(table_find_column(catalog_find_table(now, STR("t")), str_of(columns[i])));
        catalog_unref(now);
        assert_alive(f);
        assert_ok(f, fixture_change(f, &undo, arena_printf(f->arena, "u%zu", i)));
        assert_string_equal(rows(f), before);
        now = fixture_catalog(f);
        assert_string_equal(catalog_fingerprint(f->arena, now), catalog_fingerprint(f->arena, c0));
        catalog_unref(now);
        catalog_unref(c0);
        assert_alive(f);
    }
}

static void a_dropped_table_comes_back_with_children_and_parts(void **state)
{
    struct fixture *f = *state;
    struct catalog *c0 = fixture_catalog(f);
    struct change_list undo = {0};
    const char *before = rows(f);
    fixture_sql(f, "DROP VIEW vv; DROP VIEW v; DROP TRIGGER on_log");
    struct catalog *c1 = fixture_catalog(f);
    struct change c = {.kind = CHANGE_DROP_TABLE};
    c.drop_table.table = "t";
    run(f, c, &undo);
    struct catalog *now = fixture_catalog(f);
    assert_null(catalog_find_table(now, STR("t")));
    assert_int_equal(catalog_find_table(now, STR("child"))->n_foreign_keys, 0);
    catalog_unref(now);
    /* the parent may go: rows in the trash hold nothing and lose nothing */
    fixture_sql(f, "PRAGMA foreign_keys = ON; BEGIN; DELETE FROM parent; ROLLBACK");
    fixture_sql(f, "INSERT INTO child VALUES (12, 2)");
    assert_ok(f, fixture_change(f, &undo, "back"));
    now = fixture_catalog(f);
    assert_string_equal(catalog_fingerprint(f->arena, now), catalog_fingerprint(f->arena, c1));
    assert_string_equal(rows(f), before);
    assert_string_equal(fixture_text(f, "SELECT seq FROM sqlite_sequence WHERE name = 't'"), "7");
    fixture_sql(f, "PRAGMA foreign_keys = ON; DELETE FROM t WHERE id = 1");
    assert_string_equal(fixture_text(f, "SELECT group_concat(id) FROM child"), "11,12");
    catalog_unref(now);
    catalog_unref(c0);
    catalog_unref(c1);
}

/* B-113 */
static void a_view_that_reads_the_table_blocks_its_drop(void **state)
{
    struct fixture *f = *state;
    const char *before = structure(f);
    struct change c = {.kind = CHANGE_DROP_TABLE};
    c.drop_table.table = "t";
    struct change_list list = {&c, 1, f->arena};
    assert_int_equal(fixture_change(f, &list, "no"), ERR_CONFLICT);
    assert_string_equal(structure(f), before);
    assert_alive(f);
}

static void renames_follow_into_every_text(void **state)
{
    struct fixture *f = *state;
    struct change_list undo = {0};
    struct change c = {.kind = CHANGE_RENAME_COLUMN};
    c.rename_column.table = "t";
    c.rename_column.column = "note";
    c.rename_column.new_name = "remark";
    run(f, c, &undo);
    assert_non_null(
        strstr(fixture_text(f, "SELECT sql FROM sqlite_schema WHERE name = 'part'"), "\"remark\""));
    assert_ok(f, fixture_change(f, &undo, "r1"));
    struct change r = {.kind = CHANGE_RENAME_TABLE};
    r.rename_table.table = "parent";
    r.rename_table.new_name = "mother";
    run(f, r, &undo);
    assert_non_null(strstr(fixture_text(f, "SELECT sql FROM sqlite_schema WHERE name = 't'"),
                           "REFERENCES \"mother\""));
    assert_ok(f, fixture_change(f, &undo, "r2"));
    assert_alive(f);
}

/* What another program named is renamed, dropped and brought back whatever its name.
 */
static void existing_names_of_any_kind_are_worked_with(void **state)
{
    static const char *const columns[] = {"Prénom", "unit price", "order", "a\"b", "1"};
    struct fixture *f = *state;
    fixture_sql(f, "CREATE TABLE \"Group by\" (id INTEGER PRIMARY KEY, \"Prénom\" TEXT,"
                   " \"unit price\" NUMERIC, \"order\" TEXT, \"a\"\"b\" TEXT, \"1\" TEXT);"
                   "CREATE INDEX \"by unit price\" ON \"Group by\" (\"unit price\");"
                   "INSERT INTO \"Group by\" VALUES (1, 'é', 2, 'o', 'q', 'd')");
    const char *all = "SELECT group_concat(id || \"Prénom\" || \"unit price\" || \"order\" ||"
                      " \"a\"\"b\" || \"1\") FROM \"Group by\"";
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        struct change_list undo = {0};
        struct change drop = {.kind = CHANGE_DROP_COLUMN};
        drop.drop_column.table = "Group by";
        drop.drop_column.column = columns[i];
        run(f, drop, &undo);
        assert_ok(f, fixture_change(f, &undo, arena_printf(f->arena, "n%zu", i)));
        struct change rename = {.kind = CHANGE_RENAME_COLUMN};
        rename.rename_column.table = "Group by";
        rename.rename_column.column = columns[i];
        rename.rename_column.new_name = "plain";
        run(f, rename, &undo);
        assert_ok(f, fixture_change(f, &undo, arena_printf(f->arena, "m%zu", i)));
        assert_string_equal(fixture_text(f, all), "1é2oqd");
    }
}

static const char *numbered(struct fixture *f)
{
    return fixture_text(f, "SELECT group_concat(rowid || oid || b, ';') FROM numbered");
}

static struct change drop_of(const char *column)
{
    struct change c = {.kind = CHANGE_DROP_COLUMN};
    c.drop_column.table = "numbered";
    c.drop_column.column = column;
    return c;
}

/* A rebuild copies the number of each row by a name that no column has, before and after. */
static void columns_called_as_the_row_number_keep_their_values(void **state)
{
    static const char *const tables[] = {
        "CREATE TABLE numbered (rowid TEXT, oid TEXT, b TEXT PRIMARY KEY NOT NULL)",
        "CREATE TABLE numbered (rowid TEXT, oid TEXT, b TEXT)", /* no key: by the number */
    };
    static const char *const columns[] = {"rowid", "oid"};
    struct fixture *f = *state;
    for (size_t i = 0; i < 2; i++) {
        fixture_sql(f, tables[i]);
        fixture_sql(f, "INSERT INTO numbered (_rowid_, rowid, oid, b) VALUES "
                       "(7, 'r7', 'o7', 'b7'), (9, 'r9', 'o9', 'b9')");
        const char *before = numbered(f);
        for (size_t k = 0; k < 2; k++) {
            struct change_list undo = {0};
            run(f, drop_of(columns[k]), &undo);
            assert_ok(f, fixture_change(f, &undo, arena_printf(f->arena, "r%zu%zu", i, k)));
            assert_string_equal(numbered(f), before);
        }
        struct change items[4] = {drop_of("rowid"), add_column("oid2", TYPE_TEXT), drop_of("oid"),
                                  add_column("_rowid_", TYPE_TEXT)};
        struct change_list list = {items, 4, f->arena};
        struct change_list undo = {0};
        items[1].create_column.table = items[3].create_column.table = "numbered";
        items[1].create_column.after = "b";
        items[3].create_column.after = ""; /* first */
        assert_ok(f, fixture_change_undo(f, &list, arena_printf(f->arena, "many%zu", i), &undo));
        assert_string_equal(fixture_text(f, "SELECT group_concat(rowid || b) FROM numbered"),
                            "7b7,9b9");
        assert_ok(f, fixture_change(f, &undo, arena_printf(f->arena, "none%zu", i)));
        assert_string_equal(numbered(f), before);
        assert_string_equal(fixture_text(f, "SELECT group_concat(_rowid_) FROM numbered"), "7,9");
        fixture_sql(f, "DROP TABLE numbered");
    }
}

static void a_list_sees_its_own_earlier_changes(void **state)
{
    struct fixture *f = *state;
    struct change items[4] = {0};
    items[0].kind = CHANGE_RENAME_COLUMN;
    items[0].rename_column.table = "t";
    items[0].rename_column.column = "note";
    items[0].rename_column.new_name = "remark";
    items[1] = add_column("first", TYPE_BOOLEAN);
    items[1].create_column.after = "";
    items[2].kind = CHANGE_RENAME_TABLE;
    items[2].rename_table.table = "t";
    items[2].rename_table.new_name = "people";
    items[3].kind = CHANGE_DROP_COLUMN;
    items[3].drop_column.table = "people";
    items[3].drop_column.column = "remark";
    struct change_list list = {items, 4, f->arena};
    struct change_list undo = {0};
    struct catalog *c0 = fixture_catalog(f);
    const char *before = rows(f);
    assert_ok(f, fixture_change_undo(f, &list, "many", &undo));
    assert_string_equal(fixture_text(f, "SELECT group_concat(email) FROM vv"), "A@x,B@x");
    assert_ok(f, fixture_change(f, &undo, "manyback"));
    assert_string_equal(rows(f), before);
    struct catalog *now = fixture_catalog(f);
    assert_int_equal(catalog_find_table(now, STR("t"))->n_columns,
                     catalog_find_table(c0, STR("t"))->n_columns);
    catalog_unref(now);
    catalog_unref(c0);
    assert_alive(f);
}

static size_t count_steps(struct fixture *f, const char *word)
{
    size_t n = 0;
    for (size_t i = 0; i < f->last_plan->n_steps; i++) {
        n += strstr(f->last_plan->steps[i].text, word) != NULL;
    }
    return n;
}

static void rebuilds_of_one_table_are_one(void **state)
{
    struct fixture *f = *state;
    struct change items[5];
    struct change_list undo = {0};
    struct catalog *c0 = fixture_catalog(f);
    const char *before = rows(f);
    items[0] = (struct change){.kind = CHANGE_DROP_COLUMN};
    items[0].drop_column.table = "t";
    items[0].drop_column.column = "note";
    items[1] = add_column("made", TYPE_UUID);
    items[1].create_column.column.default_value = expr_make(f->arena, EXPR_CALL, "uuid", NULL, 0);
    items[1].create_column.after = "id";
    items[2] = items[0];
    items[2].drop_column.column = "amount";
    items[3] = items[1];
    items[3].create_column.column.name = "more";
    items[4] = items[0];
    items[4].drop_column.column = "boss";
    struct change_list list = {items, 5, f->arena};
    assert_ok(f, fixture_change_undo(f, &list, "five", &undo));
    assert_int_equal(count_steps(f, "INSERT INTO \"__telaio_new_t\""), 1);
    assert_int_equal(count_steps(f, "CREATE TABLE \"__telaio_new_t\""), 1);
    assert_string_equal(
        fixture_text(f, "SELECT count(DISTINCT made) || ' ' || count(DISTINCT more) FROM t"),
        "2 2");
    assert_alive(f);
    assert_ok(f, fixture_change(f, &undo, "fiveback"));
    assert_true(count_steps(f, "INSERT INTO \"__telaio_new_t\"") < 5);
    assert_string_equal(rows(f), before);
    struct catalog *now = fixture_catalog(f);
    assert_string_equal(catalog_fingerprint(f->arena, now), catalog_fingerprint(f->arena, c0));
    catalog_unref(now);
    catalog_unref(c0);
    assert_alive(f);
}

/* What is dropped again in the list that brought it back is kept from where it is then. */
static void a_column_restored_and_dropped_in_one_list_keeps_its_values(void **state)
{
    struct fixture *f = *state;
    struct change_list undo = {0};
    const char *before = rows(f);
    struct change drop = {.kind = CHANGE_DROP_COLUMN};
    drop.drop_column.table = "t";
    drop.drop_column.column = "note";
    run(f, drop, &undo);
    struct change both[2] = {undo.items[0], drop};
    struct change_list list = {both, 2, f->arena};
    struct change_list back = {0};
    assert_ok(f, fixture_change_undo(f, &list, "both", &back));
    struct change_list last = {&back.items[0], 1, f->arena};
    assert_ok(f, fixture_change(f, &last, "last"));
    assert_string_equal(rows(f), before);
    assert_alive(f);
}

/* B-40, B-42 */
static void a_failing_change_leaves_everything(void **state)
{
    struct fixture *f = *state;
    const char *before = structure(f);
    const char *was = rows(f);
    struct change c = add_column("must", TYPE_TEXT);
    c.create_column.column.is_nullable = false; /* rows exist, no default */
    struct change_list list = {&c, 1, f->arena};
    assert_int_equal(fixture_change(f, &list, "no"), ERR_NOT_NULL_VIOLATION);
    assert_string_equal(structure(f), before);
    assert_string_equal(rows(f), was);
    assert_alive(f);
}

static void indexes_are_made_and_dropped(void **state)
{
    struct fixture *f = *state;
    struct change_list undo = {0};
    struct index_key keys[2] = {{.column = "note", .is_descending = true}, {0}};
    const struct expr *column = expr_column(f->arena, "extra");
    keys[1].expr = expr_make(f->arena, EXPR_CALL, "lower", &column, 1);
    struct change c = {.kind = CHANGE_CREATE_INDEX};
    c.create_index.table = "t";
    c.create_index.index = (struct index){
        .keys = keys, .n_keys = 2, .where = expr_make(f->arena, EXPR_IS_NULL, NULL, &column, 1)};
    run(f, c, &undo);
    assert_ok(f, fixture_change(f, &undo, "i1"));
    struct change d = {.kind = CHANGE_DROP_INDEX};
    d.drop_index.table = "t";
    d.drop_index.index = "expr";
    run(f, d, &undo);
    assert_ok(f, fixture_change(f, &undo, "i2"));
    assert_alive(f);
}

/* Texts that travel with a change must make what the change says and nothing else (A-22, B-20,
 * B-21). */
static void engine_text_cannot_reach_beyond_its_place(void **state)
{
    struct fixture *f = *state;
    const char *before = structure(f);
    static const char *const raws[] = {"1); DROP TABLE log; --",
                                       "1) , evil TEXT CHECK (1",
                                       "1 --",
                                       "1 /*",
                                       "'open",
                                       "1; SELECT 2",
                                       ""};
    for (size_t i = 0; i < sizeof raws / sizeof *raws; i++) {
        struct change c = add_column("evil", TYPE_TEXT);
        c.create_column.column.default_value = expr_raw(f->arena, raws[i]);
        struct change_list list = {&c, 1, f->arena};
        assert_int_not_equal(fixture_change(f, &list, "no"), ERR_OK);
    }
    struct index_key key = {.column = "note"};
    struct change c = {.kind = CHANGE_CREATE_INDEX};
    c.create_index.table = "t";
    c.create_index.index =
        (struct index){.name = "nice", .keys = &key, .n_keys = 1, .native = "DROP TABLE log"};
    struct change_list list = {&c, 1, f->arena};
    assert_ok(f, fixture_change(f, &list, "ix"));
    assert_string_equal(fixture_text(f, "SELECT sql FROM sqlite_schema WHERE name = 'nice'"),
                        "CREATE INDEX \"nice\" ON \"t\" (\"note\")");
    fixture_sql(f, "DROP INDEX nice");
    static const struct trigger triggers[] = {
        {"x", "DROP TABLE log"},
        {"x", "CREATE TRIGGER x AFTER INSERT ON log BEGIN SELECT 1; END"},
        {"x", "CREATE TRIGGER y AFTER INSERT ON t BEGIN SELECT 1; END"},
        {"x", "CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; END; DROP TABLE log;"},
    };
    for (size_t i = 0; i < sizeof triggers / sizeof *triggers; i++) {
        struct change with = add_column("evil", TYPE_TEXT);
        with.create_column.triggers = &triggers[i];
        with.create_column.n_triggers = 1;
        struct change_list one = {&with, 1, f->arena};
        assert_int_not_equal(fixture_change(f, &one, "no"), ERR_OK);
    }
    assert_string_equal(structure(f), before);
    assert_alive(f);
}

/* A-42, B-106 */
static void every_type_reads_back_as_itself(void **state)
{
    struct fixture *f = *state;
    struct arena *a = f->arena;
    struct table t = {.name = "types", .n_columns = 0};
    t.columns = ARENA_ARRAY(a, 2 * TYPE_N + 8, struct column);
    static const char *const labels[] = {"a", "it's", "b"};
    struct type element = {.kind = TYPE_DECIMAL, .precision = 9, .scale = 3};
    for (int kind = TYPE_BOOLEAN; kind < TYPE_NATIVE; kind++) {
        struct column *c = &t.columns[t.n_columns++];
        c->name = arena_printf(a, "c%d", kind);
        c->type.kind = (enum type_kind)kind;
        c->is_nullable = true;
        if (kind == TYPE_ENUM) {
            c->type.values = labels;
            c->type.n_values = 3;
        }
        if (kind == TYPE_TEXT || kind == TYPE_CHAR) {
            struct column *sized = &t.columns[t.n_columns++];
            *sized = *c;
            sized->name = arena_printf(a, "s%d", kind);
            sized->type.length = 12;
        }
        if (kind == TYPE_DECIMAL) {
            for (int precision = 10; precision <= 30; precision += 20) {
                struct column *sized = &t.columns[t.n_columns++];
                *sized = *c;
                sized->name = arena_printf(a, "d%d", precision);
                sized->type.precision = precision;
                sized->type.scale = 2;
            }
        }
        if (kind == TYPE_ARRAY) {
            struct column *of = &t.columns[t.n_columns++];
            *of = *c;
            of->name = "of";
            of->type.element = &element;
        }
    }
    struct change c = {.kind = CHANGE_CREATE_TABLE, .create_table.table = &t};
    run(f, c, NULL); /* compares the fingerprints of what was asked and what is there */
    struct catalog *now = fixture_catalog(f);
    const struct table *back = catalog_find_table(now, STR("types"));
    for (size_t i = 0; i < t.n_columns; i++) {
        if (!type_equal(&back->columns[i].type, &t.columns[i].type)) {
            fail_msg("%s: %s", t.columns[i].name, back->columns[i].type.native);
        }
    }
    assert_int_equal(back->columns[table_column_position(back, STR("c18"))].type.n_values, 3);
    assert_int_equal(back->n_checks, 0);
    catalog_unref(now);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define CASE_OF_MANY(name)                                             \
    {                                                                  \
#name "_among_many_tables", name, set_up_many, tear_down, NULL \
    }
    const struct CMUnitTest tests[] = {
        CASE(a_plain_column_is_added_natively),
        CASE(a_column_in_the_middle_keeps_every_part),
        CASE(a_dropped_column_comes_back_with_its_values),
        CASE(a_dropped_table_comes_back_with_children_and_parts),
        CASE(a_view_that_reads_the_table_blocks_its_drop),
        CASE(renames_follow_into_every_text),
        CASE(existing_names_of_any_kind_are_worked_with),
        CASE(columns_called_as_the_row_number_keep_their_values),
        CASE(a_list_sees_its_own_earlier_changes),
        CASE(rebuilds_of_one_table_are_one),
        CASE(a_column_restored_and_dropped_in_one_list_keeps_its_values),
        CASE(a_failing_change_leaves_everything),
        CASE(indexes_are_made_and_dropped),
        CASE(engine_text_cannot_reach_beyond_its_place),
        CASE_OF_MANY(a_column_in_the_middle_keeps_every_part),
        CASE_OF_MANY(a_dropped_column_comes_back_with_its_values),
        CASE_OF_MANY(a_dropped_table_comes_back_with_children_and_parts),
        CASE_OF_MANY(a_view_that_reads_the_table_blocks_its_drop),
        CASE_OF_MANY(renames_follow_into_every_text),
        CASE_OF_MANY(a_list_sees_its_own_earlier_changes),
        CASE_OF_MANY(rebuilds_of_one_table_are_one),
        cmocka_unit_test_setup_teardown(every_type_reads_back_as_itself, set_up_empty, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
