#include "catalog/catalog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/attr.h"

static struct table *add(struct catalog *c, const char *name)
{
    struct table *t = ARENA_NEW(c->arena, struct table);
    t->name = name;
    t->kind = TABLE_BASE;
    t->n_columns = 2;
    t->columns = ARENA_ARRAY(c->arena, 2, struct column);
    t->columns[0] = (struct column){.name = "id", .type = {.kind = TYPE_INT64}};
    t->columns[1] =
        (struct column){.name = "body", .type = {.kind = TYPE_TEXT}, .is_nullable = true};
    t->n_primary_key = 1;
    t->primary_key = ARENA_ARRAY(c->arena, 1, const char *);
    t->primary_key[0] = "id";
    catalog_add_table(c, t);
    return t;
}

/* names are compared as the engine compares them */
static void tables_are_found_whatever_the_case(void **state)
{
    (void)state;
    struct catalog *c AUTO(catalog_unrefp) = catalog_new();
    struct table *t = add(c, "Notes");
    assert_ptr_equal(catalog_find_table(c, STR("nOTES")), t);
    assert_null(catalog_find_table(c, STR("note")));
    catalog_rename_table(c, t, "Remarks");
    assert_null(catalog_find_table(c, STR("notes")));
    assert_ptr_equal(catalog_find_table(c, STR("remarks")), t);
    catalog_remove_table(c, t);
    assert_null(catalog_find_table(c, STR("remarks")));
    assert_int_equal(c->n_tables, 0);
}

/* Databases of others tell letters apart: both tables, and both columns, are there. */
static void names_that_differ_in_case_are_told_apart(void **state)
{
    (void)state;
    struct catalog *c AUTO(catalog_unrefp) = catalog_new();
    struct table *upper = add(c, "Notes");
    struct table *lower = add(c, "notes");
    assert_ptr_equal(catalog_find_table(c, STR("Notes")), upper);
    assert_ptr_equal(catalog_find_table(c, STR("notes")), lower);
    assert_non_null(catalog_find_table(c, STR("NOTES")));
    upper->columns[1].name = "ID";
    assert_ptr_equal(table_find_column(upper, STR("ID")), &upper->columns[1]);
    assert_ptr_equal(table_find_column(upper, STR("id")), &upper->columns[0]);
    assert_ptr_equal(table_find_column(upper, STR("Id")), &upper->columns[0]);
    catalog_remove_table(c, lower);
    assert_ptr_equal(catalog_find_table(c, STR("notes")), upper);
}

static void renaming_the_case_keeps_the_table(void **state)
{
    (void)state;
    struct catalog *c AUTO(catalog_unrefp) = catalog_new();
    struct table *t = add(c, "notes");
    catalog_rename_table(c, t, "NOTES");
    assert_ptr_equal(catalog_find_table(c, STR("notes")), t);
    assert_string_equal(t->name, "NOTES");
}

static void a_copy_has_the_same_fingerprint_and_lives_alone(void **state)
{
    (void)state;
    struct arena *a AUTO(arena_freep) = arena_new();
    struct catalog *c = catalog_new();
    add(c, "a");
    add(c, "b");
    const char *before = catalog_fingerprint(a, c);
    struct catalog *copy AUTO(catalog_unrefp) = catalog_copy(c);
    c = catalog_unref(c);
    assert_null(c);
    assert_string_equal(catalog_fingerprint(a, copy), before);
    assert_int_equal(strlen(before), FINGERPRINT_HEX);
}

static void fingerprints_see_structure_only(void **state)
{
    (void)state;
    struct arena *a AUTO(arena_freep) = arena_new();
    struct catalog *one AUTO(catalog_unrefp) = catalog_new();
    struct catalog *other AUTO(catalog_unrefp) = catalog_new();
    add(one, "a");
    add(one, "b");
    struct table *b = add(other, "b");
    add(other, "a");
    assert_string_equal(catalog_fingerprint(a, one), catalog_fingerprint(a, other));
    b->display_name = "B";
    b->row_estimate = 7;
    b->columns[1].display_name = "Body";
    assert_string_equal(catalog_fingerprint(a, one), catalog_fingerprint(a, other));
    struct table *trash = add(other, TELAIO_TRASH_PREFIX "x_1");
    trash->is_internal = true;
    assert_string_equal(catalog_fingerprint(a, one), catalog_fingerprint(a, other));
    b->columns[1].is_nullable = false;
    assert_string_not_equal(catalog_fingerprint(a, one), catalog_fingerprint(a, other));
}

static void fingerprints_tell_names_from_structure(void **state)
{
    (void)state;
    struct arena *a AUTO(arena_freep) = arena_new();
    struct catalog *c AUTO(catalog_unrefp) = catalog_new();
    struct table *t = add(c, "a");
    const char *before = table_fingerprint(a, t);
    t->columns[1].collation = "-;";
    assert_string_not_equal(table_fingerprint(a, t), before);
}

static int n_found;

static void count(struct table *from, struct foreign_key *fk, void *arg)
{
    (void)from;
    (void)fk;
    (void)arg;
    n_found++;
}

static void referrers_are_found_in_all_tables(void **state)
{
    (void)state;
    struct catalog *c AUTO(catalog_unrefp) = catalog_new();
    struct table *from = add(c, "a");
    add(c, "b");
    const char *columns[] = {"id"};
    struct foreign_key keys[] = {
        {.columns = columns, .referenced_table = "B", .n_columns = 1},
        {.columns = columns, .referenced_table = "a", .n_columns = 1},
    };
    from->foreign_keys = keys;
    from->n_foreign_keys = 2;
    n_found = 0;
    catalog_each_referrer(c, "b", count, NULL);
    assert_int_equal(n_found, 1);
}

/* */
static void actions_are_read_in_every_spelling(void **state)
{
    (void)state;
    assert_int_equal(fk_action_parse("set_null"), FK_SET_NULL);
    assert_int_equal(fk_action_parse("SET NULL"), FK_SET_NULL);
    assert_int_equal(fk_action_parse("setDefault"), FK_SET_DEFAULT);
    assert_int_equal(fk_action_parse("no-action"), FK_NO_ACTION);
    assert_int_equal(fk_action_parse("CASCADEX"), FK_ACTION_NONE);
    assert_int_equal(fk_action_parse(NULL), FK_ACTION_NONE);
    assert_string_equal(fk_action_text(FK_ACTION_NONE), "NO ACTION");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_found_whatever_the_case),
        cmocka_unit_test(names_that_differ_in_case_are_told_apart),
        cmocka_unit_test(renaming_the_case_keeps_the_table),
        cmocka_unit_test(a_copy_has_the_same_fingerprint_and_lives_alone),
        cmocka_unit_test(fingerprints_see_structure_only),
        cmocka_unit_test(fingerprints_tell_names_from_structure),
        cmocka_unit_test(referrers_are_found_in_all_tables),
        cmocka_unit_test(actions_are_read_in_every_spelling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
