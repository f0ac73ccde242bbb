#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/catalog_cache.h"
#include "fixture.h"

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

/* B-05: a tenant is a file, and no name leads out of the folder */
static void names_outside_the_folder_are_refused(void **state)
{
    struct fixture *f = *state;
    static const char *const names[] = {"",     ".",       "..",        "../x", "/etc/x", "a//b",
                                        "a/..", ".hidden", "a/b/c/d/e", "a\\b", "a b",    "a\n"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_int_equal(engine_namespace_create(f->engine, str_of(names[i]), NULL), ERR_INVALID);
        assert_false(engine_namespace_exists(f->engine, str_of(names[i])));
    }
}

static void a_namespace_is_made_private_and_dropped_whole(void **state)
{
    struct fixture *f = *state;
    struct stat st;
    assert_ok(f, engine_namespace_create(f->engine, STR("tenants/main"), &f->err));
    assert_ok(f, engine_namespace_create(f->engine, STR("tenants/main"), &f->err));
    assert_true(engine_namespace_exists(f->engine, STR("tenants/main")));
    const char *path = NULL;
    assert_ok(f, sqlite_file_path(f->engine, f->arena, STR("tenants/main"), &path, &f->err));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_ok(f, engine_namespace_drop(f->engine, STR("tenants/main"), &f->err));
    assert_false(engine_namespace_exists(f->engine, STR("tenants/main")));
    uint64_t generation = 0;
    assert_int_equal(engine_generation(f->engine, STR("tenants/main"), &generation, NULL),
                     ERR_NOT_FOUND);
}

static struct table *contacts(struct fixture *f)
{
    struct arena *a = f->arena;
    static const struct {
        const char *name;
        enum type_kind kind;
        bool nullable;
    } columns[] = {
        {"id", TYPE_INT64, false},     {"email", TYPE_TEXT, false},
        {"name", TYPE_TEXT, true},     {"is_active", TYPE_BOOLEAN, true},
        {"price", TYPE_DECIMAL, true}, {"big", TYPE_DECIMAL, true},
        {"born", TYPE_DATE, true},     {"seen", TYPE_INSTANT, true},
        {"extra", TYPE_JSON, true},    {"photo", TYPE_BYTES, true},
        {"ratio", TYPE_FLOAT64, true},
    };
    struct table *t = ARENA_NEW(a, struct table);
    t->name = "contacts";
    t->n_columns = sizeof columns / sizeof *columns;
    t->columns = ARENA_ARRAY(a, t->n_columns, struct column);
    for (size_t i = 0; i < t->n_columns; i++) {
        t->columns[i].name = columns[i].name;
        t->columns[i].type.kind = columns[i].kind;
        t->columns[i].is_nullable = columns[i].nullable;
    }
    t->columns[0].is_auto_increment = true;
    t->columns[4].type.precision = 10;
    t->columns[4].type.scale = 2;
    t->columns[5].type.precision = 30;
    t->columns[5].type.scale = 4;
    t->columns[3].default_value = expr_literal(a, value_bool(true));
    t->columns[2].comment = "how they want to be */ called";
    t->comment = "people";
    t->primary_key = ARENA_NEW(a, const char *);
    t->primary_key[0] = "id";
    t->n_primary_key = 1;
    t->indexes = ARENA_NEW(a, struct index);
    t->n_indexes = 1;
    t->indexes[0] = (struct index){.is_unique = true, .n_keys = 1};
    t->indexes[0].keys = ARENA_NEW(a, struct index_key);
    t->indexes[0].keys[0].column = "email";
    return t;
}

static void create_contacts(struct fixture *f)
{
    struct change c = {.kind = CHANGE_CREATE_TABLE, .create_table.table = contacts(f)};
    struct change_list list = {&c, 1, f->arena};
    assert_ok(f, fixture_change(f, &list, "t1"));
}

/* comments with anything in them too */
static void a_created_table_reads_back_equal(void **state)
{
    struct fixture *f = *state;
    create_contacts(f);
    struct catalog *now = fixture_catalog(f);
    const struct table *t = catalog_find_table(now, STR("contacts"));
    assert_non_null(t);
    assert_int_equal(t->n_columns, 11);
    assert_string_equal(t->comment, "people");
    assert_string_equal(t->columns[2].comment, "how they want to be * / called");
    assert_true(t->columns[0].is_auto_increment);
    assert_int_equal(t->columns[4].type.kind, TYPE_DECIMAL);
    assert_int_equal(t->columns[4].type.precision, 10);
    assert_string_equal(t->columns[5].type.native, "DECIMAL TEXT(30,4)");
    assert_int_equal(t->columns[7].type.kind, TYPE_INSTANT);
    assert_true(t->columns[1].is_unique);
    assert_int_equal(t->columns[3].default_value->value.kind, VALUE_BOOL);
    assert_int_equal(t->n_checks, 0);
    catalog_unref(now);
}

struct writing {
    const struct table *table;
    struct value values[11];
    struct write_result result;
};

static enum errcode write_contact(struct session *s, void *arg, struct error *err)
{
    struct writing *w = arg;
    const struct column *columns[11];
    for (size_t i = 0; i < w->table->n_columns; i++) {
        columns[i] = &w->table->columns[i];
    }
    struct write write = {.kind = WRITE_INSERT,
                          .table = w->table,
                          .columns = columns + 1,
                          .values = w->values + 1,
                          .n_columns = 10};
    return engine_write(s, &write, &w->result, err);
}

static void rows_come_back_as_they_were_given(void **state)
{
    struct fixture *f = *state;
    create_contacts(f);
    struct catalog *now = NULL;
    assert_ok(f, engine_catalog(f->engine, STR("store"), &now, &f->err));
    struct writing w = {.table = catalog_find_table(now, STR("contacts"))};
    w.values[1] = value_text("a@example.org");
    w.values[2] = value_text("Zoë \"O'Neil\"");
    w.values[3] = value_bool(false);
    w.values[4] = value_text("12.50");
    w.values[5] = value_text("12345678901234567890.1234");
    w.values[6] = value_text("2024-02-29");
    w.values[7] = value_text("2026-01-31T12:00:00.500000Z");
    w.values[8] = value_text("{\"a\":[1,2]}");
    w.values[9] = value_bytes((struct str){"\0\1\2", 3});
    w.values[10] = value_float(0.1);
    assert_ok(f, engine_transact(f->engine, STR("store"), write_contact, &w, &f->err));
    assert_int_equal(w.result.n_rows, 1);
    assert_int_equal(w.result.last_id, 1);

    struct session *s = NULL;
    const struct column *columns[11];
    for (size_t i = 0; i < 11; i++) {
        columns[i] = &w.table->columns[i];
    }
    struct query q = {.table = w.table, .columns = columns, .n_columns = 11, .limit = 10};
    const struct value *row = NULL;
    assert_ok(f, engine_session_begin(f->engine, STR("store"), ACCESS_READ, &s, &f->err));
    struct cursor *c = NULL;
    assert_ok(f, engine_select(s, &q, &c, &f->err));
    assert_ok(f, engine_cursor_next(c, &row, &f->err));
    assert_non_null(row);
    assert_int_equal(row[0].i, 1);
    assert_int_equal(row[3].kind, VALUE_BOOL);
    assert_false(row[3].b);
    for (size_t i = 1; i < 9; i++) {
        assert_int_equal(row[i].kind, w.values[i].kind);
        if (row[i].kind == VALUE_TEXT) {
            assert_int_equal(row[i].s.n, w.values[i].s.n);
            assert_memory_equal(row[i].s.p, w.values[i].s.p, row[i].s.n);
        }
    }
    assert_int_equal(row[9].kind, VALUE_BYTES);
    assert_int_equal(row[9].s.n, 3);
    assert_true(row[10].f == 0.1);
    assert_ok(f, engine_cursor_next(c, &row, &f->err));
    assert_null(row);
    engine_session_end(s);
    assert_string_equal(fixture_text(f, "SELECT seen FROM contacts"),
                        "2026-01-31T12:00:00.500000Z");
    catalog_unref(now);
}

/* B-43: an error names the columns, never the text of the database */
static void constraints_name_what_they_hold(void **state)
{
    struct fixture *f = *state;
    create_contacts(f);
    assert_ok(f, fixture_insert(f, "contacts", "email", "a", NULL));
    assert_int_equal(fixture_insert(f, "contacts", "email", "a", NULL), ERR_UNIQUE_VIOLATION);
    assert_string_equal(f->err.where, "/email");
    assert_string_equal(f->err.params, "{\"table\":\"contacts\",\"columns\":[\"email\"]}");
    assert_int_equal(fixture_insert(f, "contacts", "name", "x", NULL), ERR_NOT_NULL_VIOLATION);
    assert_string_equal(f->err.where, "/email");
    assert_int_equal(fixture_insert(f, "contacts", "email", "b", "born", "2024-02-30", NULL),
                     ERR_CHECK_VIOLATION);
    assert_string_equal(f->err.where, "/born");
    assert_int_equal(fixture_insert(f, "contacts", "email", "b", "extra", "{", NULL),
                     ERR_CHECK_VIOLATION);
    assert_string_equal(f->err.where, "/extra");
    fixture_sql(f, "CREATE UNIQUE INDEX lower_name ON contacts (lower(name))");
    assert_ok(f, fixture_insert(f, "contacts", "email", "x", "name", "Bob", NULL));
    assert_int_equal(fixture_insert(f, "contacts", "email", "y", "name", "BOB", NULL),
                     ERR_UNIQUE_VIOLATION);
    assert_string_equal(f->err.params, "{\"constraint\":\"lower_name\"}");
    assert_string_equal(fixture_text(f, "SELECT count(*) FROM contacts"), "2");
}

/* */
static void the_catalog_is_read_again_only_after_ddl(void **state)
{
    struct fixture *f = *state;
    struct catalog *first = NULL;
    struct catalog *second = NULL;
    create_contacts(f);
    assert_ok(f, engine_catalog(f->engine, STR("store"), &first, &f->err));
    assert_ok(f, fixture_insert(f, "contacts", "email", "a", NULL));
    assert_ok(f, engine_catalog(f->engine, STR("store"), &second, &f->err));
    assert_ptr_equal(first, second);
    catalog_unref(second);
    fixture_sql(f, "CREATE TABLE other (x)"); /* another program's connection */
    assert_ok(f, engine_catalog(f->engine, STR("store"), &second, &f->err));
    assert_ptr_not_equal(first, second);
    assert_non_null(catalog_find_table(second, STR("other")));
    catalog_unref(first);
    catalog_unref(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(names_outside_the_folder_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_namespace_is_made_private_and_dropped_whole, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_created_table_reads_back_equal, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rows_come_back_as_they_were_given, set_up, tear_down),
        cmocka_unit_test_setup_teardown(constraints_name_what_they_hold, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_catalog_is_read_again_only_after_ddl, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
