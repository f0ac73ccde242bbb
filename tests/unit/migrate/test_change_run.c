#include "fixture.h"

static void preview_changes_nothing(void **state)
{
    struct place *p = *state;
    const char *before = fingerprint(p);
    struct plan *plan = preview(p, PEOPLE);
    assert_true(plan->n_steps > 0);
    assert_string_equal(plan->fingerprint_before, before);
    assert_string_equal(fingerprint(p), before);
    struct change_record *list = NULL;
    size_t n = 0;
    struct migrate_filter all = {0};
    OK(migrate_list(p->journal, &all, p->arena, &list, &n, err));
    assert_int_equal(n, 0);
}

/* B-116: the bytes that were shown are the bytes that run */
static void execute_runs_what_preview_showed(void **state)
{
    struct place *p = *state;
    struct plan *plan = preview(p, PEOPLE);
    struct change_record r = {0};
    OK(migrate_execute(&p->target, plan, NULL, p->arena, &r, err));
    assert_string_equal(r.state, "done");
    assert_string_equal(r.id, plan->tag);
    assert_string_equal(r.fp_after, fingerprint(p));
    assert_non_null(catalog_find_table(live(p), STR("people")));
    struct change_step *steps = NULL;
    size_t n = 0;
    OK(migrate_steps(p->journal, r.id, p->arena, &steps, &n, err));
    assert_int_equal(n, plan->n_steps);
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(steps[i].text, plan->steps[i].text);
        assert_string_equal(steps[i].state, "done");
        assert_true(steps[i].started_at > 0 && steps[i].finished_at >= steps[i].started_at);
    }
}

static void rehearsal_foresees_the_fingerprint(void **state)
{
    struct place *p = *state;
    struct plan *plan = preview(p, PEOPLE);
    struct change_record r = {0};
    OK(migrate_execute(&p->target, plan, NULL, p->arena, &r, err));
    if (plan->fingerprint_after) {
        assert_string_equal(plan->fingerprint_after, r.fp_after);
    }
}

/* who, what, when it began and ended */
static void record_says_who_what_and_how_to_undo(void **state)
{
    struct place *p = *state;
    struct change_record r = run(p, PEOPLE), found = {0};
    OK(migrate_get(p->journal, 1, r.id, p->arena, &found, err));
    assert_string_equal(found.actor_name, "Ann");
    assert_int_equal(found.actor_id, 7);
    assert_string_equal(found.tables, "[\"people\"]");
    assert_string_equal(found.undo_class, "free");
    assert_non_null(found.inverse);
    assert_string_equal(found.source, "main");
    assert_true(found.finished_at >= found.created_at);
    FAILS(ERR_NOT_FOUND, migrate_get(p->journal, 2, r.id, p->arena, &found, err));
}

/* A-52, B-13 */
static void stale_plan_is_refused_and_does_nothing(void **state)
{
    struct place *p = *state;
    run(p, PEOPLE);
    struct plan *plan = preview(p, "[{'op': 'RENAME_COLUMN', 'table': 'people', 'column': 'mail',"
                                   " 'newName': 'email'}]");
    run(p,
        "[{'op': 'CREATE_COLUMN', 'table': 'people', 'column': {'name': 'age', 'type': 'int64'}}]");
    const char *before = fingerprint(p);
    struct change_record r = {0};
    FAILS(ERR_STALE_PLAN, migrate_execute(&p->target, plan, NULL, p->arena, &r, err));
    assert_string_equal(fingerprint(p), before);
}

static void drop_of_a_filled_column_needs_its_hazard_confirmed_where_policy_asks(void **state)
{
    struct place *p = *state;
    run(p, PEOPLE);
    INSERT(p, "people", COLUMNS("name", "mail"), value_text("Bo"), value_text("bo@x"));
    const char *drop = "[{'op': 'DROP_COLUMN', 'table': 'people', 'column': 'mail'}]";
    struct change_record r = {0};
    p->target.require_confirmation = true;
    struct plan *plan = preview(p, drop);
    FAILS(ERR_CONFIRMATION_REQUIRED, migrate_execute(&p->target, plan, NULL, p->arena, &r, err));
    assert_non_null(table_find_column(catalog_find_table(live(p), STR("people")), STR("mail")));
    struct migrate_confirm wrong = {(const char *const[]){"DL001:0"}, 1};
    FAILS(ERR_CONFIRMATION_REQUIRED, migrate_execute(&p->target, plan, &wrong, p->arena, &r, err));
    struct migrate_confirm right = {(const char *const[]){"DL002:0"}, 1};
    OK(migrate_execute(&p->target, plan, &right, p->arena, &r, err));
    assert_null(table_find_column(catalog_find_table(live(p), STR("people")), STR("mail")));
}

/* */
static void confirmation_error_names_the_hazards(void **state)
{
    struct place *p = *state;
    run(p, PEOPLE);
    INSERT(p, "people", COLUMNS("name"), value_text("Bo"));
    p->target.require_confirmation = true;
    struct plan *plan = preview(p, "[{'op': 'DROP_TABLE', 'table': 'people'}]");
    struct change_record r = {0};
    struct error err = ERROR_INIT;
    assert_int_equal(migrate_execute(&p->target, plan, NULL, p->arena, &r, &err),
                     ERR_CONFIRMATION_REQUIRED);
    assert_string_equal(err.params, "{\"hazards\":[\"DL001:0\"]}");
    error_release(&err);
}

static void undo_of_a_dropped_column_brings_its_values_back(void **state)
{
    struct place *p = *state;
    run(p, PEOPLE);
    INSERT(p, "people", COLUMNS("name", "mail"), value_text("Bo"), value_text("bo@x"));
    INSERT(p, "people", COLUMNS("name"), value_text("Cy"));
    INSERT(p, "people", COLUMNS("name", "mail"), value_text("Di"), value_text("di@x"));
    const char *before = fingerprint(p);
    struct change_record dropped =
        run(p, "[{'op': 'DROP_COLUMN', 'table': 'people', 'column': 'mail'}]");
    assert_string_equal(dropped.undo_class, "copy");
    INSERT(p, "people", COLUMNS("name"), value_text("Ed"));
    struct change_record undone = {0}, found = {0};
    OK(migrate_undo(&p->target, dropped.id, p->arena, &undone, err));
    assert_string_equal(undone.undo_of, dropped.id);
    assert_string_equal(fingerprint(p), before);
    assert_string_equal(values(p, "people", "mail", "id"), "bo@x|NULL|di@x|NULL");
    OK(migrate_get(p->journal, 1, dropped.id, p->arena, &found, err));
    assert_string_equal(found.state, "undone");
    assert_string_equal(found.undone_by, undone.id);
}

static void undo_of_a_dropped_table_brings_its_rows_back(void **state)
{
    struct place *p = *state;
    run(p, PEOPLE);
    run(p, "[{'op': 'CREATE_INDEX', 'table': 'people', 'index': {'name': 'people_mail',"
           " 'columns': ['mail'], 'unique': true}}]");
    INSERT(p, "people", COLUMNS("name", "mail"), value_text("Bo"), value_text("bo@x"));
    const char *before = fingerprint(p);
    struct change_record dropped = run(p, "[{'op': 'DROP_TABLE', 'table': 'people'}]"),
                         undone = {0};
    assert_null(catalog_find_table(live(p), STR("people")));
    OK(migrate_undo(&p->target, dropped.id, p->arena, &undone, err));
    assert_string_equal(fingerprint(p), before);
    assert_string_equal(values(p, "people", "mail", "id"), "bo@x");
}

static void undo_of_an_undo_does_the_change_again(void **state)
{
    struct place *p = *state;
    struct change_record made = run(p, PEOPLE), undone = {0}, again = {0};
    const char *with = fingerprint(p);
    INSERT(p, "people", COLUMNS("name"), value_text("Bo"));
    OK(migrate_undo(&p->target, made.id, p->arena, &undone, err));
    assert_null(catalog_find_table(live(p), STR("people")));
    OK(migrate_undo(&p->target, undone.id, p->arena, &again, err));
    assert_string_equal(fingerprint(p), with);
    assert_string_equal(values(p, "people", "name", "id"), "Bo");
}

static void second_undo_of_the_same_change_is_refused(void **state)
{
    struct place *p = *state;
    struct change_record made = run(p, PEOPLE), undone = {0};
    OK(migrate_undo(&p->target, made.id, p->arena, &undone, err));
    FAILS(ERR_CONFLICT, migrate_undo(&p->target, made.id, p->arena, &undone, err));
    FAILS(ERR_NOT_FOUND, migrate_undo(&p->target, "0000000000000000", p->arena, &undone, err));
}

static void undo_under_a_later_change_is_refused_with_the_reason(void **state)
{
    struct place *p = *state;
    run(p, PEOPLE);
    struct change_record added = run(p, "[{'op': 'CREATE_COLUMN', 'table': 'people', 'column':"
                                        " {'name': 'age', 'type': 'int64'}}]");
    struct change_record undone = {0};
    run(p, "[{'op': 'RENAME_COLUMN', 'table': 'people', 'column': 'age', 'newName': 'years'}]");
    FAILS(ERR_CONFLICT, migrate_undo(&p->target, added.id, p->arena, &undone, err));
}

static void several_operations_are_one_change_and_one_undo(void **state)
{
    struct place *p = *state;
    const char *before = fingerprint(p);
    struct change_record r = run(
        p, "[{'op': 'CREATE_TABLE', 'table': {'name': 'a', 'columns': ["
           "{'name': 'id', 'type': 'int64', 'primaryKey': true}]}},"
           "{'op': 'CREATE_TABLE', 'table': {'name': 'b', 'columns': ["
           "{'name': 'id', 'type': 'int64', 'primaryKey': true},"
           "{'name': 'a_id', 'type': 'int64', 'references': {'table': 'a', 'column': 'id',"
           " 'on_delete': 'CASCADE'}}]}},"
           "{'op': 'CREATE_INDEX', 'table': 'b', 'index': {'name': 'b_a', 'columns': ['a_id']}},"
           "{'op': 'RENAME_TABLE', 'table': 'a', 'newName': 'c'}]");
    struct change_record undone = {0};
    assert_string_equal(r.tables, "[\"a\",\"b\",\"c\"]");
    assert_string_equal(catalog_find_table(live(p), STR("b"))->foreign_keys[0].referenced_table,
                        "c");
    OK(migrate_undo(&p->target, r.id, p->arena, &undone, err));
    assert_string_equal(fingerprint(p), before);
}

/* B-40, B-42, B-103 */
static void failing_statement_leaves_the_schema_and_tells_the_journal(void **state)
{
    struct place *p = *state;
    run(p, PEOPLE);
    INSERT(p, "people", COLUMNS("name", "mail"), value_text("Bo"), value_text("x"));
    INSERT(p, "people", COLUMNS("name", "mail"), value_text("Cy"), value_text("X"));
    const char *before = fingerprint(p);
    struct plan *plan = preview(
        p,
        "[{'op': 'CREATE_COLUMN', 'table': 'people', 'column': {'name': 'age', 'type': 'int64'}},"
        "{'op': 'CREATE_INDEX', 'table': 'people', 'index': {'name': 'u', 'unique': true,"
        " 'columns': [{'expr': {'call': 'lower', 'args': [{'column': 'mail'}]}}]}}]");
    struct change_record r = {0}, found = {0};
    FAILS(ERR_UNIQUE_VIOLATION, migrate_execute(&p->target, plan, NULL, p->arena, &r, err));
    assert_string_equal(fingerprint(p), before);
    OK(migrate_get(p->journal, 1, plan->tag, p->arena, &found, err));
    assert_string_equal(found.state, "failed");
    assert_non_null(found.error);
}

/* */
static void kept_plan_runs_until_the_schema_moves(void **state)
{
    struct place *p = *state;
    struct plan *plan = preview(p, PEOPLE), *loaded = NULL;
    OK(migrate_plan_keep(&p->target, plan, err));
    OK(migrate_plan_load(&p->target, plan->tag, p->arena, &loaded, err));
    assert_int_equal(loaded->n_steps, plan->n_steps);
    assert_string_equal(loaded->steps[0].text, plan->steps[0].text);
    struct plan *other = preview(p, "[{'op': 'CREATE_TABLE', 'table': {'name': 'b', 'columns': ["
                                    "{'name': 'id', 'type': 'int64', 'primaryKey': true}]}}]");
    OK(migrate_plan_keep(&p->target, other, err));
    struct change_record r = {0};
    OK(migrate_execute(&p->target, loaded, NULL, p->arena, &r, err));
    assert_string_equal(r.id, plan->tag);
    FAILS(ERR_STALE_PLAN, migrate_plan_load(&p->target, other->tag, p->arena, &loaded, err));
    FAILS(ERR_NOT_FOUND, migrate_plan_load(&p->target, plan->tag, p->arena, &loaded, err));
}

static void history_is_listed_newest_first_by_table_and_page(void **state)
{
    struct place *p = *state;
    struct change_record first = run(p, PEOPLE);
    run(p, "[{'op': 'CREATE_TABLE', 'table': {'name': 'peop_e', 'columns': ["
           "{'name': 'id', 'type': 'int64', 'primaryKey': true}]}}]");
    struct change_record third =
        run(p, "[{'op': 'RENAME_COLUMN', 'table': 'people', 'column': 'mail', 'newName': 'm'}]");
    struct change_record *list = NULL;
    size_t n = 0;
    struct migrate_filter f = {.tenant_id = 1};
    OK(migrate_list(p->journal, &f, p->arena, &list, &n, err));
    assert_int_equal(n, 3);
    assert_string_equal(list[0].id, third.id);
    assert_string_equal(list[2].id, first.id);
    f.before_id = third.id;
    f.limit = 1;
    OK(migrate_list(p->journal, &f, p->arena, &list, &n, err));
    assert_int_equal(n, 1);
    f = (struct migrate_filter){.table = "peop_e"};
    OK(migrate_list(p->journal, &f, p->arena, &list, &n, err));
    assert_int_equal(n, 1);
    f = (struct migrate_filter){.tenant_id = 2};
    OK(migrate_list(p->journal, &f, p->arena, &list, &n, err));
    assert_int_equal(n, 0);
}

static void changes_are_chained_by_hash(void **state)
{
    struct place *p = *state;
    struct change_record a = run(p, PEOPLE);
    struct change_record b = run(p, "[{'op': 'DROP_TABLE', 'table': 'people'}]");
    assert_null(a.prev_hash);
    assert_int_equal(strlen(b.prev_hash), 64);
}

static void empty_list_is_refused(void **state)
{
    struct place *p = *state;
    struct plan *plan = NULL;
    FAILS(ERR_INVALID, migrate_preview(&p->target, changes(p, "[]"), p->arena, &plan, err));
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, place_setup, place_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(preview_changes_nothing),
        T(execute_runs_what_preview_showed),
        T(rehearsal_foresees_the_fingerprint),
        T(record_says_who_what_and_how_to_undo),
        T(stale_plan_is_refused_and_does_nothing),
        T(drop_of_a_filled_column_needs_its_hazard_confirmed_where_policy_asks),
        T(confirmation_error_names_the_hazards),
        T(undo_of_a_dropped_column_brings_its_values_back),
        T(undo_of_a_dropped_table_brings_its_rows_back),
        T(undo_of_an_undo_does_the_change_again),
        T(second_undo_of_the_same_change_is_refused),
        T(undo_under_a_later_change_is_refused_with_the_reason),
        T(several_operations_are_one_change_and_one_undo),
        T(failing_statement_leaves_the_schema_and_tells_the_journal),
        T(kept_plan_runs_until_the_schema_moves),
        T(history_is_listed_newest_first_by_table_and_page),
        T(changes_are_chained_by_hash),
        T(empty_list_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
