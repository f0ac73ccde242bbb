#include "engine/null.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/attr.h"

struct fixture {
    struct arena *arena;
    struct engine *engine;
    struct plan *plan;
};

static int set_up(void **state)
{
    struct arena *a = arena_new();
    struct fixture *f = ARENA_NEW(a, struct fixture);
    f->arena = a;
    f->engine = null_engine_open();
    *state = f;
    return engine_namespace_create(f->engine, STR("x"), NULL) == ERR_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    engine_close(f->engine);
    arena_free(f->arena);
    return 0;
}

static struct session *begin(struct fixture *f, enum access access)
{
    struct session *s = NULL;
    assert_int_equal(engine_session_begin(f->engine, STR("x"), access, &s, NULL), ERR_OK);
    return s;
}

static struct plan *plan_of_table(struct fixture *f, const char *name)
{
    struct arena *a = f->arena;
    struct catalog *before AUTO(catalog_unrefp) = NULL;
    struct session *s AUTO(engine_session_endp) = begin(f, ACCESS_READ);
    struct change *c = ARENA_NEW(a, struct change);
    struct table *t = ARENA_NEW(a, struct table);
    struct change_list *list = ARENA_NEW(a, struct change_list);
    t->name = name;
    t->kind = TABLE_BASE;
    t->n_columns = 1;
    t->columns = ARENA_ARRAY(a, 1, struct column);
    t->columns[0] = (struct column){.name = "a", .type = {.kind = TYPE_TEXT}, .is_nullable = true};
    t->row_estimate = -1;
    c->kind = CHANGE_CREATE_TABLE;
    c->create_table.table = t;
    *list = (struct change_list){.items = c, .n = 1};
    struct plan *plan = plan_new(a, list, "t");
    assert_int_equal(engine_inspect(s, &before, NULL), ERR_OK);
    assert_int_equal(engine_plan(f->engine, before, plan, NULL), ERR_OK);
    return plan;
}

static size_t count_tables(struct fixture *f)
{
    struct session *s AUTO(engine_session_endp) = begin(f, ACCESS_READ);
    struct catalog *c AUTO(catalog_unrefp) = NULL;
    assert_int_equal(engine_inspect(s, &c, NULL), ERR_OK);
    return c->n_tables;
}

static void a_step_is_the_operation_as_json(void **state)
{
    struct plan *plan = plan_of_table(*state, "notes");
    assert_int_equal(plan->n_steps, 1);
    assert_string_equal(plan->steps[0].text,
                        "{\"op\":\"CREATE_TABLE\",\"table\":{\"tableName\":\"notes\",\"columns\":"
                        "[{\"name\":\"a\",\"type\":\"text\",\"nullable\":true,\"unique\":false,"
                        "\"defaultValue\":null}]}}");
    assert_string_equal(plan->steps[0].comment, "create table \"notes\"");
}

static void a_group_that_commits_stays(void **state)
{
    struct fixture *f = *state;
    struct plan *plan = plan_of_table(f, "notes");
    struct session *s = begin(f, ACCESS_SCHEMA);
    uint64_t before = 0;
    uint64_t after = 0;
    int64_t n_rows = -1;
    assert_int_equal(engine_generation(f->engine, STR("x"), &before, NULL), ERR_OK);
    assert_int_equal(engine_group_begin(s, &plan->groups[0], NULL), ERR_OK);
    assert_int_equal(engine_run_step(s, &plan->steps[0], &n_rows, NULL), ERR_OK);
    assert_int_equal(engine_group_end(s, &plan->groups[0], true, NULL), ERR_OK);
    engine_session_end(s);
    assert_int_equal(engine_generation(f->engine, STR("x"), &after, NULL), ERR_OK);
    assert_int_not_equal(before, after);
    assert_int_equal(n_rows, 0);
    assert_int_equal(count_tables(f), 1);
}

static void a_group_that_rolls_back_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct plan *plan = plan_of_table(f, "notes");
    struct session *s = begin(f, ACCESS_SCHEMA);
    assert_int_equal(engine_group_begin(s, &plan->groups[0], NULL), ERR_OK);
    assert_int_equal(engine_group_begin(s, &plan->groups[0], NULL), ERR_INTERNAL);
    assert_int_equal(engine_run_step(s, &plan->steps[0], NULL, NULL), ERR_OK);
    assert_int_equal(engine_run_step(s, &plan->steps[0], NULL, NULL), ERR_CONFLICT);
    assert_int_equal(engine_group_end(s, &plan->groups[0], false, NULL), ERR_OK);
    assert_int_equal(engine_group_end(s, &plan->groups[0], false, NULL), ERR_INTERNAL);
    engine_session_end(s);
    assert_int_equal(count_tables(f), 0);
}

/* B-40, B-41 */
static void a_group_that_nobody_ends_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct plan *plan = plan_of_table(f, "notes");
    struct session *s = begin(f, ACCESS_SCHEMA);
    assert_int_equal(engine_group_begin(s, &plan->groups[0], NULL), ERR_OK);
    assert_int_equal(engine_run_step(s, &plan->steps[0], NULL, NULL), ERR_OK);
    engine_session_end(s);
    assert_int_equal(count_tables(f), 0);
}

static enum errcode do_nothing(struct session *s, void *arg, struct error *err)
{
    (void)s;
    (void)arg;
    (void)err;
    return ERR_OK;
}

/* The ability is false, so it says so, and the group is as it was. */
static void another_namespace_is_no_part_of_a_group(void **state)
{
    struct fixture *f = *state;
    struct plan *plan = plan_of_table(f, "notes");
    struct session *s AUTO(engine_session_endp) = begin(f, ACCESS_SCHEMA);
    assert_false(f->engine->caps.ddl_with_registry);
    assert_int_equal(engine_group_begin(s, &plan->groups[0], NULL), ERR_OK);
    assert_int_equal(engine_run_step(s, &plan->steps[0], NULL, NULL), ERR_OK);
    assert_int_equal(engine_group_transact(s, STR("y"), do_nothing, NULL, NULL), ERR_UNSUPPORTED);
    assert_int_equal(engine_group_end(s, &plan->groups[0], true, NULL), ERR_OK);
    assert_int_equal(count_tables(f), 1);
}

/* B-115, X-14 */
static void a_rehearsal_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct plan *plan = plan_of_table(f, "notes");
    struct session *s AUTO(engine_session_endp) = begin(f, ACCESS_READ);
    assert_int_equal(engine_rehearse(s, plan, NULL), ERR_OK);
    assert_string_not_equal(plan->fingerprint_after, plan->fingerprint_before);
    assert_int_equal(count_tables(f), 0);
}

static void namespaces_are_made_once_and_dropped(void **state)
{
    struct fixture *f = *state;
    struct session *s = NULL;
    assert_true(engine_namespace_exists(f->engine, STR("x")));
    assert_false(engine_namespace_exists(f->engine, STR("y")));
    assert_int_equal(engine_namespace_create(f->engine, STR("x"), NULL), ERR_OK);
    assert_int_equal(engine_namespace_drop(f->engine, STR("x"), NULL), ERR_OK);
    assert_int_equal(engine_namespace_drop(f->engine, STR("x"), NULL), ERR_NOT_FOUND);
    assert_int_equal(engine_session_begin(f->engine, STR("x"), ACCESS_READ, &s, NULL),
                     ERR_NOT_FOUND);
}

static void rows_are_refused(void **state)
{
    struct fixture *f = *state;
    struct session *s AUTO(engine_session_endp) = begin(f, ACCESS_READ);
    struct query q = {0};
    struct cursor *c = NULL;
    assert_int_equal(engine_select(s, &q, &c, NULL), ERR_UNSUPPORTED);
    assert_null(c);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_step_is_the_operation_as_json),
        CASE(a_group_that_commits_stays),
        CASE(a_group_that_rolls_back_leaves_nothing),
        CASE(a_group_that_nobody_ends_leaves_nothing),
        CASE(another_namespace_is_no_part_of_a_group),
        CASE(a_rehearsal_changes_nothing),
        CASE(namespaces_are_made_once_and_dropped),
        CASE(rows_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
