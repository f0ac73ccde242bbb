#include "migrate/fit.h"

#include "fixture.h"

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena = arena_free(arena);
    return 0;
}

static const char text[] =
    "[{\"op\":\"CREATE_TABLE\",\"table\":{\"name\":\"t\",\"columns\":["
    "{\"name\":\"id\",\"type\":\"int64\",\"nullable\":false,\"primaryKey\":true},"
    "{\"name\":\"place\",\"type\":\"int32\"}],"
    "\"indexes\":[{\"name\":\"u\",\"unique\":true,\"columns\":[\"id\","
    "{\"expr\":{\"call\":\"coalesce\",\"args\":[{\"column\":\"place\"},0]}}]}]}},"
    "{\"op\":\"CREATE_COLUMN\",\"table\":\"t\",\"column\":{\"name\":\"word\",\"type\":\"text\"},"
    "\"after\":\"id\"},"
    "{\"op\":\"CREATE_INDEX\",\"table\":\"t\",\"index\":{\"name\":\"w\",\"columns\":["
    "{\"expr\":{\"call\":\"lower\",\"args\":[{\"column\":\"word\"}]}}]}}]";

static struct file_half half_of(struct row_op *rows, size_t n)
{
    struct file_half half = {.rows = rows, .n_rows = n};
    OK(change_list_parse(arena, text, &half.changes, err));
    return half;
}

static void what_the_engine_can_stays(void **state)
{
    (void)state;
    struct engine_caps caps = {.column_position = true, .expression_indexes = true};
    struct catalog *live = catalog_new();
    struct file_half half = half_of(NULL, 0);
    const char *before = change_list_text(arena, &half.changes);
    fit_half(arena, &caps, live, &half);
    assert_string_equal(change_list_text(arena, &half.changes), before);
    catalog_unref(live);
}

static void keys_of_expressions_become_columns(void **state)
{
    (void)state;
    struct engine_caps caps = {.virtual_columns = true};
    struct catalog *live = catalog_new();
    struct row_op rows[] = {{.at = 0}, {.at = 1}, {.at = 2}, {.at = 3}};
    struct file_half half = half_of(rows, ARRAY_LEN(rows));
    fit_half(arena, &caps, live, &half);
    assert_int_equal(half.changes.n, 4);
    const struct table *t = half.changes.items[0].create_table.table;
    assert_int_equal(t->n_columns, 3);
    assert_string_equal(t->columns[2].name, "u_2");
    assert_int_equal(t->columns[2].generated, GENERATED_VIRTUAL);
    assert_int_equal(t->columns[2].type.kind, TYPE_INT32);
    assert_string_equal(t->indexes[0].keys[0].column, "id");
    assert_string_equal(t->indexes[0].keys[1].column, "u_2");
    assert_null(t->indexes[0].keys[1].expr);
    assert_null(half.changes.items[1].create_column.after);
    assert_string_equal(half.changes.items[2].create_column.column.name, "w_1");
    assert_int_equal(half.changes.items[2].create_column.column.type.kind, TYPE_TEXT);
    assert_string_equal(half.changes.items[3].create_index.index.keys[0].column, "w_1");
    size_t at[] = {half.rows[0].at, half.rows[1].at, half.rows[2].at, half.rows[3].at};
    const size_t wanted[] = {0, 1, 2, 4};
    assert_memory_equal(at, wanted, sizeof at);
    struct catalog *after = NULL;
    OK(change_list_apply(&half.changes, live, &after, err));
    catalog_unref(after);
    catalog_unref(live);
}

/* A crash came between the second change and the third. */
static void what_is_there_is_left_out(void **state)
{
    (void)state;
    struct engine_caps caps = {.virtual_columns = true};
    struct catalog *empty = catalog_new(), *live = NULL, *after = NULL;
    struct row_op rows[] = {{.at = 0}, {.at = 2}, {.at = 3}};
    struct file_half first = half_of(NULL, 0), again = half_of(rows, ARRAY_LEN(rows));
    fit_half(arena, &caps, empty, &first);
    struct change_list begun = {.items = first.changes.items, .n = 2, .arena = arena};
    OK(change_list_apply(&begun, empty, &live, err));
    fit_half(arena, &caps, live, &again);
    fit_undone(arena, live, &again);
    assert_int_equal(again.changes.n, 2);
    assert_int_equal(again.changes.items[0].kind, CHANGE_CREATE_COLUMN);
    assert_int_equal(again.changes.items[1].kind, CHANGE_CREATE_INDEX);
    assert_int_equal(again.rows[0].at, 0);
    assert_int_equal(again.rows[1].at, 0);
    assert_int_equal(again.rows[2].at, 2);
    OK(change_list_apply(&again.changes, live, &after, err));
    fit_undone(arena, after, &again);
    assert_int_equal(again.changes.n, 0);
    catalog_unref(after);
    catalog_unref(live);
    catalog_unref(empty);
}

static void what_stands_for_an_expression_goes_with_its_index(void **state)
{
    (void)state;
    struct engine_caps caps = {.virtual_columns = true};
    struct catalog *empty = catalog_new(), *live = NULL, *after = NULL;
    struct file_half up = half_of(NULL, 0), down = {0};
    fit_half(arena, &caps, empty, &up);
    OK(change_list_apply(&up.changes, empty, &live, err));
    OK(change_list_parse(arena,
                         "[{\"op\":\"DROP_INDEX\",\"table\":\"t\",\"index\":\"w\"},"
                         "{\"op\":\"DROP_COLUMN\",\"table\":\"t\",\"column\":\"word\"}]",
                         &down.changes, err));
    fit_half(arena, &caps, live, &down);
    assert_int_equal(down.changes.n, 3);
    assert_int_equal(down.changes.items[1].kind, CHANGE_DROP_COLUMN);
    assert_string_equal(down.changes.items[1].drop_column.column, "w_1");
    assert_true(down.changes.items[1].drop_column.no_trash);
    OK(change_list_apply(&down.changes, live, &after, err));
    catalog_unref(after);
    catalog_unref(live);
    catalog_unref(empty);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_the_engine_can_stays),
        TEST(keys_of_expressions_become_columns),
        TEST(what_is_there_is_left_out),
        TEST(what_stands_for_an_expression_goes_with_its_index),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
