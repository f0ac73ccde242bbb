/* cmocka needs these before its own header */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "base/fs.h"
#include "base/json.h"
#include "catalog/table_json.h"
#include "change/change_json.h"
#include "engine/mariadb/planner.h"

/*
 * The statements of both servers, with what takes them back, against expected/mariadb.txt and
 * expected/mysql.txt. MySQL's are compared as text only: no MySQL was ever asked. Write the files
 * anew with TELAIO_TEST_REWRITE=1, and read what changed.
 */
static const char tables[] =
    "[{\"tableName\": \"firms\", \"columns\": ["
    "  {\"name\": \"id\", \"type\": \"int64\", \"primaryKey\": true, \"autoIncrement\": true},"
    "  {\"name\": \"code\", \"type\": \"text\", \"unique\": true}]},"
    " {\"tableName\": \"people\", \"comment\": \"who it is\", \"columns\": ["
    "  {\"name\": \"id\", \"type\": \"int64\", \"primaryKey\": true},"
    "  {\"name\": \"name\", \"type\": \"string(40)\", \"nullable\": false},"
    "  {\"name\": \"age\", \"type\": \"int32\", \"validation\": {\"min\": 0}},"
    "  {\"name\": \"data\", \"type\": \"json\"},"
    "  {\"name\": \"firm\", \"type\": \"relation\", \"relatedTable\": \"firms\"}],"
    "  \"indexes\": [{\"name\": \"by_age\", \"columns\": [\"age\", \"name\"]}]},"
    " {\"tableName\": \"logs\", \"columns\": [{\"name\": \"text\", \"type\": \"text\"}]}]";

static const struct {
    const char *name, *operations;
} cases[] = {
    {"every type",
     "[{\"op\": \"CREATE_TABLE\", \"table\": {\"tableName\": \"kinds\", \"columns\": ["
     "{\"name\": \"a\", \"type\": \"text\", \"primaryKey\": true}, {\"name\": \"b\", \"type\": \"boolean\"},"
     "{\"name\": \"c\", \"type\": \"date\"}, {\"name\": \"d\", \"type\": \"datetime\"},"
     "{\"name\": \"e\", \"type\": \"time\"}, {\"name\": \"f\", \"type\": \"uuid\", \"defaultValue\": \"uuid()\"},"
     "{\"name\": \"g\", \"type\": \"json\", \"defaultValue\": {\"a\": \"it's\"}},"
     "{\"name\": \"h\", \"type\": \"enum\", \"values\": [\"new\", \"it's\"]},"
     "{\"name\": \"i\", \"type\": \"binary\"}, {\"name\": \"j\", \"type\": \"array(int64)\"},"
     "{\"name\": \"k\", \"type\": \"decimal(10,2)\"}, {\"name\": \"l\", \"type\": \"localdatetime\"},"
     "{\"name\": \"m\", \"type\": \"datetime\", \"defaultValue\": \"now()\"},"
     "{\"name\": \"n\", \"type\": \"text\", \"comment\": \"back\\\\slash\"}]}}]"},
    {"a table without a key, with a long unique text",
     "[{\"op\": \"CREATE_TABLE\", \"table\": {\"tableName\": \"notes\", \"columns\": ["
     "{\"name\": \"a\", \"type\": \"text\", \"unique\": true}, {\"name\": \"b\", \"type\": \"text\"}],"
     "\"indexes\": [{\"columns\": [\"b\"]}, {\"columns\": [{\"column\": \"a\", \"descending\": true}]}]}}]"},
    {"a foreign key",
     "[{\"op\": \"CREATE_TABLE\", \"table\": {\"tableName\": \"notes\", \"columns\": ["
     "{\"name\": \"id\", \"type\": \"int64\", \"primaryKey\": true},"
     "{\"name\": \"person\", \"type\": \"relation\", \"relatedTable\": \"people\"}]}}]"},
    {"drop a table that others refer to", "[{\"op\": \"DROP_TABLE\", \"table\": \"firms\"}]"},
    {"drop a table that refers to others", "[{\"op\": \"DROP_TABLE\", \"table\": \"people\"}]"},
    {"rename a table",
     "[{\"op\": \"RENAME_TABLE\", \"table\": \"people\", \"newName\": \"persons\"}]"},
    {"add a column",
     "[{\"op\": \"CREATE_COLUMN\", \"table\": \"people\", \"after\": \"id\", \"column\":"
     " {\"name\": \"active\", \"type\": \"boolean\", \"defaultValue\": true, \"nullable\": false}}]"},
    {"add a column with all that belongs to it",
     "[{\"op\": \"CREATE_COLUMN\", \"table\": \"people\", \"column\":"
     " {\"name\": \"email\", \"type\": \"text\", \"unique\": true, \"validation\": {\"minLength\": 3}}}]"},
    {"add a required column without a default",
     "[{\"op\": \"CREATE_COLUMN\", \"table\": \"people\", \"column\":"
     " {\"name\": \"email\", \"type\": \"text\", \"nullable\": false}}]"},
    {"drop a column with an index and a rule",
     "[{\"op\": \"DROP_COLUMN\", \"table\": \"people\", \"column\": \"age\"}]"},
    {"drop a column with a foreign key",
     "[{\"op\": \"DROP_COLUMN\", \"table\": \"people\", \"column\": \"firm\"}]"},
    {"drop a column of a table without a key",
     "[{\"op\": \"CREATE_COLUMN\", \"table\": \"logs\", \"column\": {\"name\": \"x\", \"type\": \"text\"}},"
     "{\"op\": \"DROP_COLUMN\", \"table\": \"logs\", \"column\": \"text\"}]"},
    {"rename a column",
     "[{\"op\": \"RENAME_COLUMN\", \"table\": \"people\", \"column\": \"name\", \"newName\": \"called\"}]"},
    {"make indexes",
     "[{\"op\": \"CREATE_INDEX\", \"table\": \"people\", \"index\": {\"columns\": [\"name\"]}},"
     "{\"op\": \"CREATE_INDEX\", \"table\": \"people\", \"index\": {\"columns\": [\"data\"]}},"
     "{\"op\": \"CREATE_INDEX\", \"table\": \"logs\", \"index\":"
     " {\"columns\": [\"text\"], \"unique\": true}}]"},
    {"drop an index that a foreign key needs",
     "[{\"op\": \"DROP_INDEX\", \"table\": \"people\", \"index\": \"idx_people_firm\"}]"},
    {"change rules", "[{\"op\": \"MODIFY_COLUMN\", \"table\": \"people\", \"column\": \"age\","
                     " \"set\": {\"validation\": {\"min\": 18, \"max\": 150}}}]"},
    {"drop rules", "[{\"op\": \"MODIFY_COLUMN\", \"table\": \"people\", \"column\": \"age\","
                   " \"set\": {\"validation\": null}}]"},
};

static struct change_list read_list(struct arena *a, const char *text)
{
    struct error err = ERROR_INIT;
    json_t *doc = NULL;
    struct change_list list = {0};
    if (doc_parse(a, str_of(text), JSON_DEPTH_MAX, &doc, &err) != ERR_OK ||
        change_list_decode(a, doc, &list, &err) != ERR_OK) {
        fail_msg("%s: %s", text, err.message);
    }
    change_list_prepare(a, &list, "tag");
    return list;
}

static struct catalog *apply(const struct catalog *now, struct change_list *list)
{
    struct error err = ERROR_INIT;
    struct catalog *after = NULL;
    if (change_list_apply(list, now, &after, &err) != ERR_OK) {
        fail_msg("%s (at %s)", err.message, err.where);
    }
    return after;
}

static struct catalog *make_catalog(struct arena *a)
{
    struct error err = ERROR_INIT;
    struct catalog *now = catalog_new();
    json_t *doc = NULL;
    assert_int_equal(doc_parse(a, str_of(tables), JSON_DEPTH_MAX, &doc, &err), ERR_OK);
    for (size_t i = 0; i < json_array_size(doc); i++) {
        struct change *c = ARENA_NEW(a, struct change);
        struct table *t = ARENA_NEW(a, struct table);
        assert_int_equal(table_decode(a, json_array_get(doc, i), t, &err), ERR_OK);
        *c = (struct change){.kind = CHANGE_CREATE_TABLE, .create_table.table = t};
        struct change_list list = {.items = c, .n = 1, .arena = a};
        struct catalog *after = apply(now, &list);
        catalog_unref(now);
        now = after;
    }
    return now;
}

static void add_plan(struct buf *out, struct arena *a, const struct my_server *server,
                     const struct catalog *now, struct change_list *list)
{
    struct error err = ERROR_INIT;
    struct plan *plan = plan_new(a, list, "tag");
    if (my_plan(server, now, plan, &err) != ERR_OK) {
        buf_printf(out, "! %s: %s\n", errcode_row(err.code)->wire, err.message);
        error_release(&err);
        return;
    }
    for (size_t i = 0; i < plan->n_steps; i++) {
        const struct plan_step *s = &plan->steps[i];
        buf_printf(out, "%s  -- %s, lock %s%s\n", s->text, s->kind == STEP_CHECK ? "check" : "run",
                   s->lock, s->is_rewrite ? ", every row" : "");
        buf_printf(out, "    undo: %s\n", s->undo ? s->undo : "-");
    }
}

static void compare(struct arena *a, const char *name, const struct buf *is)
{
    const char *path = arena_printf(a, "%s/%s.txt", getenv("TELAIO_TEST_EXPECTED"), name);
    struct error err = ERROR_INIT;
    if (getenv("TELAIO_TEST_REWRITE")) {
        assert_int_equal(fs_replace_file(path, buf_str(is), &err), ERR_OK);
    }
    struct str wanted;
    if (fs_read_file(a, path, 1 << 20, &wanted, &err) != ERR_OK) {
        fail_msg("%s", err.message);
    }
    assert_string_equal(buf_text(is), wanted.p);
}

static void write_plans(struct arena *a, const struct my_server *server, const char *name)
{
    struct buf out;
    buf_init(&out, BUF_MAX_DEFAULT);
    struct catalog *now = make_catalog(a);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct change_list list = read_list(a, cases[i].operations);
        struct change_list inverse = {0};
        struct catalog *after = apply(now, &list);
        buf_printf(&out, "=== %s\n", cases[i].name);
        add_plan(&out, a, server, now, &list);
        change_list_inverse(a, &list, now, &inverse);
        buf_adds(&out, "--- and back\n");
        change_list_prepare(a, &inverse, "back");
        struct catalog *again = apply(after, &inverse);
        add_plan(&out, a, server, after, &inverse);
        catalog_unref(again);
        catalog_unref(after);
    }
    catalog_unref(now);
    compare(a, name, &out);
    buf_release(&out);
}

static void statements_for_mariadb(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    write_plans(a, &(struct my_server){0}, "mariadb");
    arena_free(a);
}

static void statements_for_mysql(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    write_plans(a, &(struct my_server){.is_mysql = true}, "mysql");
    arena_free(a);
}

static void what_cannot_be_said_is_refused(void **state)
{
    (void)state;
    static const char *const lists[] = {
        "[{\"op\": \"CREATE_INDEX\", \"table\": \"people\", \"index\": {\"columns\": [\"name\"],"
        " \"where\": {\"op\": \">\", \"args\": [{\"column\": \"age\"}, 17]}}}]",
        "[{\"op\": \"CREATE_INDEX\", \"table\": \"people\", \"index\": {\"columns\": [{\"expr\":"
        " {\"call\": \"lower\", \"args\": [{\"column\": \"name\"}]}}]}}]",
        "[{\"op\": \"CREATE_TABLE\", \"table\": {\"tableName\": \"notes\", \"columns\": ["
        "{\"name\": \"a\", \"type\": \"int64\", \"references\": {\"table\": \"people\","
        " \"column\": \"id\", \"onDelete\": \"SET DEFAULT\"}}]}}]",
        "[{\"op\": \"CREATE_TABLE\", \"table\": {\"tableName\": \"notes\", \"columns\": ["
        "{\"name\": \"a\", \"type\": \"decimal(70,2)\"}]}}]",
    };
    struct arena *a = arena_new();
    struct catalog *now = make_catalog(a);
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        struct error err = ERROR_INIT;
        struct change_list list = read_list(a, lists[i]);
        struct catalog *after = apply(now, &list);
        struct plan *plan = plan_new(a, &list, "tag");
        assert_int_equal(my_plan(&(struct my_server){0}, now, plan, &err), ERR_UNSUPPORTED);
        assert_string_equal(err.where, "/operations/0");
        error_release(&err);
        catalog_unref(after);
    }
    catalog_unref(now);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statements_for_mariadb),
        cmocka_unit_test(statements_for_mysql),
        cmocka_unit_test(what_cannot_be_said_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
