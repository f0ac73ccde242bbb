#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/json.h"
#include "change/change_json.h"

/*
 * A schema that no program of ours made: what is read of it, that a dump and its restore read the
 * same, and that a column that was dropped comes back as it was, to the letter.
 */
static const char *const schema[] = {
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_BACKSLASH_ESCAPES'",
    "SET NAMES utf8mb4",
    "ALTER DATABASE CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
    "CREATE TABLE parent (a int unsigned NOT NULL, b varchar(20) NOT NULL, PRIMARY KEY (a, b))",
    "CREATE TABLE odd ("
    " id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY COMMENT 'it''s \\ a key',"
    " u tinyint unsigned zerofill NOT NULL DEFAULT 7,"
    " flag tinyint(1) NOT NULL DEFAULT 1,"
    " `select` varchar(30) COLLATE utf8mb4_unicode_ci DEFAULT 'it''s \\ back',"
    " state enum('new','it''s','a,b') NOT NULL DEFAULT 'it''s',"
    " s set('x','y') DEFAULT 'x,y',"
    " bits bit(3), y year, ip inet6, price decimal(10,2) unsigned DEFAULT 1.50,"
    " ratio float(7,3), big double DEFAULT 1e300,"
    " made timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(),"
    " seen timestamp(6) NULL DEFAULT NULL, local_at datetime DEFAULT '2026-01-31 12:00:00',"
    " day date DEFAULT (curdate()), code char(2) CHARACTER SET ascii,"
    " doc json DEFAULT '{\"a\": 1}', plain longtext CHECK (json_valid(plain)),"
    " rated int CHECK (rated BETWEEN 1 AND 5), hidden int INVISIBLE DEFAULT 3,"
    " body mediumtext, raw varbinary(16), a int unsigned, b varchar(20),"
    " twice bigint AS (rated * 2) VIRTUAL, label varchar(60) AS (concat(`select`, '!')) STORED,"
    " boss bigint unsigned,"
    " KEY by_body (body(20), rated DESC), UNIQUE KEY part (body(30)), UNIQUE KEY one (code),"
    " FULLTEXT KEY words (body), KEY two (rated, code),"
    " CONSTRAINT sane CHECK (price > 0 OR rated IS NULL AND `select` NOT LIKE 'a\\%' ESCAPE '\\'),"
    " CONSTRAINT odd_text CHECK (`select` REGEXP '^[a-z]' OR `select` <> 'q''\\'),"
    " FOREIGN KEY (a, b) REFERENCES parent (a, b) ON DELETE CASCADE ON UPDATE SET NULL,"
    " CONSTRAINT to_boss FOREIGN KEY (boss) REFERENCES odd (id) ON DELETE RESTRICT"
    ") COMMENT 'tab''s \\ table'",
    "CREATE TABLE old (id int PRIMARY KEY, t text) ENGINE=MyISAM",
    "CREATE TABLE parts (id int PRIMARY KEY, n int) PARTITION BY HASH (id) PARTITIONS 3",
    "CREATE TABLE past (id int PRIMARY KEY, n int) WITH SYSTEM VERSIONING",
    "CREATE TABLE nokey (a int, b text)",
    "CREATE SEQUENCE counter",
    "CREATE VIEW seen_ones AS SELECT id, `select` AS word FROM odd WHERE seen IS NOT NULL",
    "CREATE TRIGGER before_odd BEFORE INSERT ON odd FOR EACH ROW SET NEW.rated = abs(NEW.rated)",
    "SET SESSION sql_mode = 'ANSI_QUOTES'",
    "CREATE TRIGGER after_odd BEFORE UPDATE ON odd FOR EACH ROW SET NEW.\"label\" = NULL, "
    "NEW.\"body\" = 'x'",
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_BACKSLASH_ESCAPES'",
    NULL,
};

struct place {
    struct fixture *f;
    struct arena *arena;
    struct engine *attached;
    const char *database;
    struct error err;
};

static const char *database_name(struct fixture *f, const char *what)
{
    return arena_printf(f->arena, "unit%d_%s", (int)getpid(), what);
}

static struct engine *attach(struct place *p, const char *database)
{
    struct engine_options o = fixture_options(p->arena);
    struct engine *e = NULL;
    o.is_attached = true;
    o.database = database;
    o.prefix = arena_printf(p->arena, "unit%d_", (int)getpid());
    assert_ok(p, mariadb_kind.open(&o, &e, &p->err));
    return e;
}

static int set_up(void **state)
{
    struct fixture *f = fixture_open(NULL);
    struct place *p = ARENA_NEW(f->arena, struct place);
    p->f = f;
    p->arena = f->arena;
    p->database = database_name(f, "odd");
    fixture_sql(f, arena_printf(f->arena, "CREATE DATABASE %s", p->database),
                arena_printf(f->arena, "USE %s", p->database), NULL);
    for (size_t i = 0; schema[i]; i++) {
        fixture_sql(f, schema[i], NULL);
    }
    p->attached = attach(p, p->database);
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    struct place *p = *state;
    engine_close(p->attached);
    error_release(&p->err);
    fixture_sql(p->f, arena_printf(p->arena, "DROP DATABASE %s", p->database), NULL);
    fixture_close(p->f);
    return 0;
}

static struct catalog *inspect(struct place *p, struct engine *e)
{
    struct session *s = NULL;
    struct catalog *c = NULL;
    assert_ok(p, engine_session_begin(e, ATTACHED_NS, ACCESS_READ, &s, &p->err));
    assert_ok(p, engine_inspect(s, &c, &p->err));
    engine_session_end(s);
    return c;
}

static const struct table *table_of(const struct catalog *c, const char *name)
{
    const struct table *t = catalog_find_table(c, str_of(name));
    assert_non_null(t);
    return t;
}

static const struct column *column_of(const struct table *t, const char *name)
{
    const struct column *c = table_find_column(t, str_of(name));
    assert_non_null(c);
    return c;
}

/* types, indexes with their parts, order and method, keys, comments
 */
static void everything_is_read(void **state)
{
    struct place *p = *state;
    struct catalog *c = inspect(p, p->attached);
    static const char *const tables[] = {"nokey", "odd",  "old",      "parent",
                                         "parts", "past", "seen_ones"};
    size_t n = 0;
    struct table **sorted = catalog_sorted_tables(p->arena, c, &n);
    assert_int_equal(n, ARRAY_LEN(tables)); /* no sequence */
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(sorted[i]->name, tables[i]);
    }
    const struct table *odd = table_of(c, "odd");
    static const struct {
        const char *name, *logical;
    } columns[] = {
        {"id", "int64"},
        {"u", "int16"},
        {"flag", "boolean"},
        {"select", "text(30)"},
        {"state", "enum"},
        {"s", "native(set('x','y'))"},
        {"bits", "native(bit(3))"},
        {"y", "native(year(4))"},
        {"ip", "native(inet6)"},
        {"price", "decimal(10,2)"},
        {"ratio", "float32"},
        {"big", "float64"},
        {"made", "instant"},
        {"seen", "instant"},
        {"local_at", "localdatetime"},
        {"day", "date"},
        {"code", "char(2)"},
        {"doc", "json"},
        {"plain", "json"},
        {"rated", "int32"},
        {"hidden", "int32"},
        {"body", "text"},
        {"raw", "bytes"},
        {"a", "int32"},
        {"b", "text(20)"},
        {"twice", "int64"},
        {"label", "text(60)"},
        {"boss", "int64"},
    };
    assert_int_equal(odd->n_columns, ARRAY_LEN(columns));
    for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
        assert_string_equal(odd->columns[i].name, columns[i].name);
        assert_string_equal(type_logical_text(p->arena, &odd->columns[i].type), columns[i].logical);
    }
    assert_true(column_of(odd, "id")->is_auto_increment && column_of(odd, "id")->type.is_unsigned);
    assert_string_equal(column_of(odd, "id")->comment, "it's \\ a key");
    assert_string_equal(column_of(odd, "select")->collation, "utf8mb4_unicode_ci");
    assert_string_equal(column_of(odd, "select")->default_value->value.s.p, "it's \\ back");
    assert_string_equal(column_of(odd, "b")->collation, "utf8mb4_general_ci");
    assert_string_equal(column_of(odd, "state")->type.values[1], "it's");
    assert_int_equal(column_of(odd, "flag")->default_value->value.kind, VALUE_BOOL);
    assert_string_equal(column_of(odd, "price")->default_value->value.s.p, "1.50");
    assert_string_equal(column_of(odd, "made")->default_value->name, "now");
    assert_null(column_of(odd, "seen")->default_value);
    assert_int_equal(column_of(odd, "twice")->generated, GENERATED_VIRTUAL);
    assert_int_equal(column_of(odd, "label")->generated, GENERATED_STORED);
    assert_string_equal(odd->comment, "tab's \\ table");
    assert_int_equal(odd->n_primary_key, 1);
    assert_int_equal(odd->n_foreign_keys, 2);
    assert_int_equal(odd->n_triggers, 2);
    /* that of to_boss is MariaDB's own; that of the key without a name is called after a column */
    assert_int_equal(odd->n_indexes, 6);
    assert_null(table_find_index(odd, STR("to_boss")));
    const struct index *by_body = table_find_index(odd, STR("by_body"));
    assert_string_equal(by_body->native, "(`body`(20),`rated` DESC)");
    assert_true(by_body->keys[1].is_descending);
    assert_string_equal(table_find_index(odd, STR("part"))->keys[0].expr->name, "`body`(30)");
    assert_string_equal(table_find_index(odd, STR("words"))->method, "fulltext");
    const struct table *past = table_of(c, "past");
    assert_int_equal(past->kind, TABLE_BASE);
    const struct table *view = table_of(c, "seen_ones");
    assert_int_equal(view->kind, TABLE_VIEW);
    assert_null(view->comment);
    assert_null(strstr(view->native, p->database));
    catalog_unref(c);
}

static void checks_and_keys_say_what_they_mean(void **state)
{
    struct place *p = *state;
    struct catalog *c = inspect(p, p->attached);
    const struct table *odd = table_of(c, "odd");
    for (size_t i = 0; i < odd->n_checks; i++) {
        const struct check *check = &odd->checks[i];
        bool is_raw = check->expr->kind == EXPR_RAW;
        assert_true(is_raw == (strcmp(check->name, "odd_text") == 0));
    }
    assert_int_equal(odd->n_checks, 3); /* sane, odd_text, rated; not those of JSON */
    for (size_t i = 0; i < odd->n_foreign_keys; i++) {
        const struct foreign_key *f = &odd->foreign_keys[i];
        bool is_pair = f->n_columns == 2;
        assert_string_equal(f->referenced_table, is_pair ? "parent" : "odd");
        assert_int_equal(f->on_delete, is_pair ? FK_CASCADE : FK_RESTRICT);
        assert_int_equal(f->on_update, is_pair ? FK_SET_NULL : FK_RESTRICT);
    }
    catalog_unref(c);
}

static int shell(const char *command)
{
    return system(command); /* NOLINT(cert-env33-c): fixed words and our own names */
}

static const char *client_words(struct place *p, const char *program)
{
    struct engine_options o = fixture_options(p->arena);
    bool is_local = o.host && o.host[0] == '/';
    return arena_printf(
        p->arena, "%s --no-defaults --default-character-set=utf8mb4 -u'%s' %s%s'%s'", program,
        o.user ? o.user : "root",
        o.password && o.password[0] ? arena_printf(p->arena, "-p'%s' ", o.password) : "",
        is_local ? "-S" : "-h", o.host ? o.host : "localhost");
}

static void a_dump_and_its_restore_read_the_same(void **state)
{
    struct place *p = *state;
    const char *copy = database_name(p->f, "copy");
    fixture_sql(p->f, arena_printf(p->arena, "CREATE DATABASE %s", copy), NULL);
    const char *command =
        arena_printf(p->arena, "%s --triggers %s | %s %s", client_words(p, "mariadb-dump"),
                     p->database, client_words(p, "mariadb"), copy);
    assert_int_equal(shell(command), 0);
    struct engine *restored = attach(p, copy);
    struct catalog *is = inspect(p, p->attached);
    struct catalog *back = inspect(p, restored);
    size_t n = 0;
    struct table **tables = catalog_sorted_tables(p->arena, is, &n);
    for (size_t i = 0; i < n; i++) {
        const struct table *t = table_of(back, tables[i]->name);
        if (strcmp(table_fingerprint(p->arena, t), table_fingerprint(p->arena, tables[i])) != 0) {
            fail_msg("%s differs", t->name);
        }
    }
    assert_string_equal(catalog_fingerprint(p->arena, is), catalog_fingerprint(p->arena, back));
    catalog_unref(is);
    catalog_unref(back);
    engine_close(restored);
    fixture_sql(p->f, arena_printf(p->arena, "DROP DATABASE %s", copy), NULL);
}

/* information_schema has a "?" for characters of four bytes. */
static void long_characters_are_read_whole(void **state)
{
    struct place *p = *state;
    fixture_sql(p->f,
                "CREATE TABLE smile (id int PRIMARY KEY, `a``b` varchar(20) DEFAULT (concat('x "
                "😀 it''s')) COMMENT 'plain?', m varchar(4) CHECK (m IN ('😀', "
                "'it''s')), g varchar(50) AS (concat(m, '🚀 (')) VIRTUAL, CONSTRAINT far CHECK "
                "(m <> '🌍)' OR id > 1))",
                "CREATE TRIGGER grin BEFORE INSERT ON smile FOR EACH ROW SET NEW.m = '😀'", NULL);
    struct catalog *c = inspect(p, p->attached);
    const struct table *t = table_of(c, "smile");
    assert_string_equal(column_of(t, "a`b")->default_value->value.s.p, "x 😀 it's");
    assert_string_equal(column_of(t, "a`b")->comment, "plain?");
    assert_string_equal(column_of(t, "m")->type.values[0], "😀");
    assert_string_equal(column_of(t, "g")->generated_as->args[1]->value.s.p, "🚀 (");
    assert_string_equal(t->checks[0].expr->args[0]->args[1]->value.s.p, "🌍)");
    assert_non_null(strstr(t->triggers[0].native, "'😀'"));
    catalog_unref(c);
}

static enum errcode run_list(struct place *p, struct change_list *list, const char *tag)
{
    struct session *s = NULL;
    struct catalog *before = NULL, *after = NULL;
    struct plan *plan = plan_new(p->arena, list, tag);
    TRY(engine_session_begin(p->attached, ATTACHED_NS, ACCESS_SCHEMA, &s, &p->err));
    enum errcode code = engine_inspect(s, &before, &p->err);
    change_list_prepare(p->arena, list, tag);
    if (code == ERR_OK) {
        code = change_list_apply(list, before, &after, &p->err);
    }
    if (code == ERR_OK) {
        code = engine_plan(p->attached, before, plan, &p->err);
    }
    for (size_t g = 0; g < plan->n_groups && code == ERR_OK; g++) {
        code = engine_group_begin(s, &plan->groups[g], &p->err);
        for (size_t i = 0; i < plan->n_steps && code == ERR_OK; i++) {
            int64_t n = 0;
            code = engine_run_step(s, &plan->steps[i], &n, &p->err);
            if (code != ERR_OK) {
                print_message("in %s\n", plan->steps[i].text);
            }
        }
        enum errcode ended = engine_group_end(s, &plan->groups[g], code == ERR_OK, &p->err);
        code = code == ERR_OK ? ended : code;
    }
    catalog_unref(before);
    catalog_unref(after);
    engine_session_end(s);
    return code;
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* SHOW CREATE TABLE, its lines in an order of their own. */
static const char *shown(struct place *p, const char *table)
{
    MYSQL *m = p->f->beside;
    assert_int_equal(mysql_query(m, arena_printf(p->arena, "SHOW CREATE TABLE %s", table)), 0);
    MYSQL_RES *r = mysql_store_result(m);
    char *text = arena_strdup(p->arena, mysql_fetch_row(r)[1]);
    mysql_free_result(r);
    char **lines = NULL;
    size_t n = 0;
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        size_t end = strlen(line);
        line[end - 1] = line[end - 1] == ',' ? '\0' : line[end - 1];
        ARENA_PUSH(p->arena, lines, n, line);
    }
    qsort(lines, n, sizeof *lines, compare_lines);
    const char *all = "";
    for (size_t i = 0; i < n; i++) {
        all = arena_printf(p->arena, "%s\n%s", all, lines[i]);
    }
    return all;
}

static void a_dropped_column_comes_back_to_the_letter(void **state)
{
    struct place *p = *state;
    static const char *const columns[] = {
        "u",     "flag",  "state",  "s",    "bits",     "y",   "ip",
        "price", "ratio", "big",    "made", "local_at", "day", "code",
        "doc",   "plain", "hidden", "raw",  "twice",    "a",   "boss",
    };
    fixture_sql(p->f, "INSERT INTO parent VALUES (1, 'x')",
                "INSERT INTO odd (id, u, flag, body, raw, a, b, code, doc, made, hidden) VALUES "
                "(1, 5, 2, 'some', x'00ff', 1, 'x', 'it', '[1]', '2020-01-01', 9), "
                "(2, 6, 0, 'other', NULL, NULL, NULL, NULL, NULL, '2021-01-01', NULL)",
                NULL);
    const char *rows =
        "SELECT md5(group_concat(concat_ws('|', id, u, flag, `select`, state, s, "
        "hex(bits), price, made, local_at, code, doc, hidden, hex(raw), a, b, label) "
        "ORDER BY id SEPARATOR '#')) FROM odd";
    const char *was = shown(p, "odd");
    const char *held = fixture_text(p->f, rows);
    for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
        struct change change = {.kind = CHANGE_DROP_COLUMN,
                                .drop_column = {.table = "odd", .column = columns[i]}};
        struct change_list list = {.items = &change, .n = 1, .arena = p->arena};
        struct change_list back = {0};
        struct catalog *before = inspect(p, p->attached);
        change_list_prepare(p->arena, &list, arena_printf(p->arena, "d%zu", i));
        change_list_inverse(p->arena, &list, before, &back);
        catalog_unref(before);
        assert_ok(p, run_list(p, &list, arena_printf(p->arena, "d%zu", i)));
        assert_ok(p, run_list(p, &back, "b"));
        assert_string_equal(shown(p, "odd"), was);
        assert_string_equal(fixture_text(p->f, rows), held);
    }
}

static void a_table_in_the_way_of_views_and_triggers_is_not_renamed(void **state)
{
    struct place *p = *state;
    struct change rename = {.kind = CHANGE_RENAME_TABLE,
                            .rename_table = {.table = "odd", .new_name = "odder"}};
    struct change_list list = {.items = &rename, .n = 1, .arena = p->arena};
    assert_int_equal(run_list(p, &list, "r"), ERR_CONFLICT);
    struct change column = {
        .kind = CHANGE_RENAME_COLUMN,
        .rename_column = {.table = "odd", .column = "seen", .new_name = "seen_at"}};
    list = (struct change_list){.items = &column, .n = 1, .arena = p->arena};
    assert_int_equal(run_list(p, &list, "r"), ERR_CONFLICT);
    /* a trigger that says it is made anew */
    column.rename_column.column = "rated";
    column.rename_column.new_name = "stars";
    assert_ok(p, run_list(p, &list, "r"));
    assert_string_equal(fixture_text(p->f,
                                     "SELECT ACTION_STATEMENT FROM information_schema.TRIGGERS "
                                     "WHERE TRIGGER_SCHEMA = DATABASE() AND TRIGGER_NAME = "
                                     "'before_odd'"),
                        "SET NEW.`stars` = abs(NEW.`stars`)");
    fixture_sql(p->f, "INSERT INTO odd (stars, body) VALUES (-4, 'x')", NULL);
    assert_string_equal(fixture_text(p->f, "SELECT stars FROM odd"), "4");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(everything_is_read),
        TEST(checks_and_keys_say_what_they_mean),
        TEST(a_dump_and_its_restore_read_the_same),
        TEST(long_characters_are_read_whole),
        TEST(a_dropped_column_comes_back_to_the_letter),
        TEST(a_table_in_the_way_of_views_and_triggers_is_not_renamed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
