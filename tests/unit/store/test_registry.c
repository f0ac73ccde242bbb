#include "fixture.h"

#define COMPANIES                                                                           \
    "{'op': 'CREATE_TABLE', 'table': {'tableName': 'custom_companies', 'displayName': "     \
    "'Companies', 'icon': 'B', 'color': '#abc', 'description': 'Who we know', 'columns': [" \
    "{'name': 'id', 'type': 'uuid', 'primaryKey': true},"                                   \
    "{'name': 'name', 'displayName': 'Company name', 'type': 'text', 'nullable': false,"    \
    " 'validation': {'minLength': 2, 'pattern': '^[A-Z]'}}],"                               \
    " 'permissions': {'read': ['USER'], 'create': [], 'update': [], 'delete': []}}}"
#define CONTACTS                                                                       \
    "{'op': 'CREATE_TABLE', 'table': {'tableName': 'custom_contacts', 'displayName': " \
    "'Contacts', 'columns': ["                                                         \
    "{'name': 'id', 'type': 'uuid', 'primaryKey': true},"                              \
    "{'name': 'mail', 'displayName': 'E-mail', 'type': 'text', 'unique': true},"       \
    "{'name': 'company_id', 'displayName': 'Company', 'type': 'relation',"             \
    " 'relatedTable': 'custom_companies', 'onDelete': 'SET NULL'}]}}"

static struct registry_table row_of(struct home *h, const char *table)
{
    struct registry_table r = {0};
    OK(store_registry_by_name(h->store, h->place.arena, 1, str_of(table), &r, err));
    return r;
}

static struct table *shown(struct home *h, const char *table)
{
    struct table *t = catalog_find_table(live(&h->place), str_of(table));
    assert_non_null(t);
    return t;
}

static bool is_known(struct home *h, const char *table)
{
    struct registry_table r = {0};
    return store_registry_by_name(h->store, h->place.arena, 1, str_of(table), &r, NULL) == ERR_OK;
}

/* "a,b,c": the columns of a table as the registry shows them. */
static const char *shown_order(struct home *h, const char *table)
{
    json_t *doc = NULL, *column = NULL;
    size_t i = 0;
    struct buf b;
    struct registry_table r = row_of(h, table);
    OK(doc_parse(h->place.arena, str_of(r.schema_config), JSON_DEPTH_MAX, &doc, err));
    buf_init(&b, BUF_MAX_DEFAULT);
    json_array_foreach(json_object_get(doc, "columns"), i, column)
    {
        buf_adds(&b, i ? "," : "");
        buf_adds(&b, json_string_value(json_object_get(column, "name")));
    }
    const char *text = arena_str(h->place.arena, buf_str(&b));
    buf_release(&b);
    return text;
}

static void assert_sound(struct home *h)
{
    struct buf report;
    bool sound = false;
    buf_init(&report, BUF_MAX_DEFAULT);
    OK(store_registry_check(h->store, 1, live(&h->place), &report, &sound, err));
    if (!sound) {
        print_error("%s", buf_text(&report));
    }
    buf_release(&report);
    assert_true(sound);
}

/* B-12 */
static void new_table_is_registered_with_what_was_said(void **state)
{
    struct home *h = *state;
    run(&h->place, "[" COMPANIES "]");
    struct registry_table r = row_of(h, "custom_companies");
    assert_string_equal(r.display_name, "Companies");
    assert_string_equal(r.icon, "B");
    assert_string_equal(r.color, "#abc");
    assert_string_equal(r.description, "Who we know");
    assert_string_equal(r.api_prefix, "/api/custom/companies");
    assert_true(r.api_enabled);
    assert_int_equal(r.created_by, 7);
    assert_non_null(strstr(r.permissions, "USER"));
    assert_int_equal(strlen(r.id), 36);
    assert_non_null(strstr(r.schema_config, "\"pattern\":\"^[A-Z]\""));
    assert_sound(h);
}

static void catalogue_is_decorated_from_the_registry(void **state)
{
    struct home *h = *state;
    run(&h->place, "[" COMPANIES "]");
    const struct table *t = shown(h, "custom_companies");
    const struct column *c = table_find_column(t, STR("name"));
    assert_string_equal(t->display_name, "Companies");
    assert_string_equal(c->display_name, "Company name");
    assert_string_equal(c->rules.pattern, "^[A-Z]");
    assert_true(c->rules.has_min_length && c->rules.min_length == 2);
}

static void relation_stands_on_both_sides(void **state)
{
    struct home *h = *state;
    run(&h->place, "[" COMPANIES "," CONTACTS "]");
    struct registry_table contacts = row_of(h, "custom_contacts");
    struct registry_table companies = row_of(h, "custom_companies");
    assert_non_null(strstr(contacts.relationships, "\"type\":\"belongsTo\""));
    assert_non_null(strstr(contacts.relationships, "\"targetTable\":\"custom_companies\""));
    assert_non_null(strstr(contacts.relationships, "\"foreignKey\":\"company_id\""));
    assert_non_null(strstr(contacts.relationships, "\"displayName\":\"Companies\""));
    assert_non_null(strstr(companies.relationships, "\"type\":\"hasMany\""));
    assert_sound(h);
}

/* B-12, B-83, B-120 */
static void registry_follows_renames_and_keeps_names_and_order(void **state)
{
    struct home *h = *state;
    run(&h->place, "[" COMPANIES "," CONTACTS "]");
    run(&h->place, "[{'op': 'RENAME_COLUMN', 'table': 'custom_contacts', 'column': 'mail',"
                   " 'newName': 'email'},"
                   "{'op': 'RENAME_TABLE', 'table': 'custom_companies',"
                   " 'newName': 'custom_firms'}]");
    assert_false(is_known(h, "custom_companies"));
    struct registry_table firms = row_of(h, "custom_firms");
    assert_string_equal(firms.display_name, "Companies");
    assert_string_equal(firms.api_prefix, "/api/custom/firms");
    assert_string_equal(shown_order(h, "custom_contacts"), "id,email,company_id");
    const struct column *c = table_find_column(shown(h, "custom_contacts"), STR("email"));
    assert_string_equal(c->display_name, "E-mail");
    assert_non_null(strstr(row_of(h, "custom_contacts").relationships, "custom_firms"));
    assert_sound(h);
}

static void new_column_is_shown_where_it_was_put(void **state)
{
    struct home *h = *state;
    run(&h->place, "[" COMPANIES "]");
    run(&h->place, "[{'op': 'CREATE_COLUMN', 'table': 'custom_companies', 'after': 'id',"
                   " 'column': {'name': 'code', 'displayName': 'Code', 'type': 'text'}},"
                   "{'op': 'CREATE_COLUMN', 'table': 'custom_companies',"
                   " 'column': {'name': 'city', 'type': 'text'}}]");
    assert_string_equal(shown_order(h, "custom_companies"), "id,code,name,city");
    run(&h->place, "[{'op': 'DROP_COLUMN', 'table': 'custom_companies', 'column': 'code'}]");
    assert_string_equal(shown_order(h, "custom_companies"), "id,name,city");
    assert_sound(h);
}

/* B-120 */
static void columns_are_shown_in_the_order_that_was_dragged(void **state)
{
    static const char *const order[] = {"name", "id"};
    static const char *const wrong[] = {"name", "nothing"};
    struct home *h = *state;
    run(&h->place, "[" COMPANIES "]");
    OK(store_registry_order(h->store, 1, STR("custom_companies"), order, 2, err));
    assert_string_equal(shown_order(h, "custom_companies"), "name,id");
    FAILS(ERR_INVALID, store_registry_order(h->store, 1, STR("custom_companies"), wrong, 2, err));
    run(&h->place, "[{'op': 'CREATE_COLUMN', 'table': 'custom_companies',"
                   " 'column': {'name': 'city', 'type': 'text'}}]");
    assert_string_equal(shown_order(h, "custom_companies"), "name,id,city");
}

static void presentation_of_a_column_changes_without_a_schema_change(void **state)
{
    struct home *h = *state;
    run(&h->place, "[" COMPANIES "]");
    const char *before = fingerprint(&h->place);
    struct catalog *c = live(&h->place);
    struct column column = *table_find_column(shown(h, "custom_companies"), STR("name"));
    column.display_name = "Legal name";
    column.options = "{\"width\":200}";
    OK(store_registry_column(h->store, c, 1, "custom_companies", &column, err));
    const struct column *now = table_find_column(shown(h, "custom_companies"), STR("name"));
    assert_string_equal(now->display_name, "Legal name");
    assert_string_equal(now->options, "{\"width\":200}");
    assert_string_equal(now->rules.pattern, "^[A-Z]");
    assert_string_equal(fingerprint(&h->place), before);
    column.name = "nothing";
    FAILS(ERR_NOT_FOUND, store_registry_column(h->store, c, 1, "custom_companies", &column, err));
}

static void dropped_table_leaves_the_registry_and_comes_back_with_its_names(void **state)
{
    struct home *h = *state;
    struct change_record undone = {0};
    run(&h->place, "[" COMPANIES "," CONTACTS "]");
    struct change_record dropped =
        run(&h->place, "[{'op': 'DROP_TABLE', 'table': 'custom_companies'}]");
    assert_false(is_known(h, "custom_companies"));
    assert_string_equal(row_of(h, "custom_contacts").relationships, "[]");
    assert_sound(h);
    OK(migrate_undo(&h->place.target, dropped.id, h->place.arena, &undone, err));
    struct registry_table r = row_of(h, "custom_companies");
    assert_string_equal(r.display_name, "Companies");
    assert_string_equal(r.icon, "B");
    const struct column *c = table_find_column(shown(h, "custom_companies"), STR("name"));
    assert_string_equal(c->display_name, "Company name");
    assert_non_null(strstr(row_of(h, "custom_contacts").relationships, "custom_companies"));
    assert_sound(h);
}

static void dropped_column_comes_back_with_its_display_name(void **state)
{
    struct home *h = *state;
    struct change_record undone = {0};
    run(&h->place, "[" COMPANIES "]");
    struct change_record dropped =
        run(&h->place, "[{'op': 'DROP_COLUMN', 'table': 'custom_companies', 'column': 'name'}]");
    OK(migrate_undo(&h->place.target, dropped.id, h->place.arena, &undone, err));
    const struct column *c = table_find_column(shown(h, "custom_companies"), STR("name"));
    assert_string_equal(c->display_name, "Company name");
    assert_string_equal(c->rules.pattern, "^[A-Z]");
    assert_sound(h);
}

static void name_is_free_again_in_the_change_that_dropped_it(void **state)
{
    struct home *h = *state;
    run(&h->place, "[" COMPANIES "]");
    run(&h->place, "[{'op': 'DROP_TABLE', 'table': 'custom_companies'}," COMPANIES "]");
    assert_string_equal(row_of(h, "custom_companies").display_name, "Companies");
    assert_sound(h);
}

/* A-68, B-13, B-118, X-04 */
static void every_schema_change_is_in_settings_audit(void **state)
{
    struct home *h = *state;
    struct change_record made = run(&h->place, "[" COMPANIES "]"), undone = {0};
    OK(migrate_undo(&h->place.target, made.id, h->place.arena, &undone, err));
    struct settings_audit *rows = NULL;
    struct audit_entry *entries = NULL;
    size_t n = 0;
    OK(store_settings_audit(h->store, h->place.arena, 1, 0, NULL, &rows, &n, err));
    assert_int_equal(n, 2);
    assert_string_equal(rows[0].change_id, undone.id);
    assert_string_equal(rows[0].kind, "undo");
    assert_string_equal(rows[1].change_id, made.id);
    assert_string_equal(rows[1].user_name, "Ann");
    assert_string_equal(rows[1].state, "undone");
    assert_non_null(strstr(rows[1].operations, "CREATE_TABLE"));
    struct audit_filter f = {.action = "schema.*"};
    OK(store_audit_list(h->store, h->place.arena, &f, &entries, &n, err));
    assert_int_equal(n, 2);
    assert_string_equal(entries[1].change_id, made.id);
}

/* B-12, B-42, X-15 */
static void check_reports_what_registry_and_catalogue_disagree_about(void **state)
{
    struct home *h = *state;
    run(&h->place, "[" COMPANIES "]");
    h->place.target.hooks = (struct migrate_hooks){0};
    run(&h->place, "[{'op': 'CREATE_COLUMN', 'table': 'custom_companies',"
                   " 'column': {'name': 'x', 'type': 'text'}},"
                   "{'op': 'CREATE_TABLE', 'table': {'name': 'custom_new', 'columns': ["
                   "{'name': 'id', 'type': 'uuid', 'primaryKey': true}]}}]");
    struct registry_table ghost = {.tenant_id = 1,
                                   .table_name = "custom_ghost",
                                   .display_name = "G",
                                   .schema_config = "{\"columns\":[]}"};
    OK(store_registry_insert(h->store, h->place.arena, &ghost, err));
    struct buf report;
    bool sound = true;
    buf_init(&report, BUF_MAX_DEFAULT);
    OK(store_registry_check(h->store, 1, live(&h->place), &report, &sound, err));
    assert_false(sound);
    assert_non_null(strstr(buf_text(&report), "\"x\" of table \"custom_companies\" is not in"));
    assert_non_null(strstr(buf_text(&report), "\"custom_new\" is not in the registry"));
    assert_non_null(strstr(buf_text(&report), "\"custom_ghost\" of the registry is not there"));
    buf_release(&report);
}

/* B-01, B-04, B-82 */
static void two_tenants_may_have_a_table_of_the_same_name(void **state)
{
    struct home *h = *state;
    run(&h->place, "[" COMPANIES "]");
    OK(engine_namespace_create(h->place.engine, STR("tenants/other"), err));
    h->place.target.ns = STR("tenants/other");
    h->place.target.tenant_id = 2;
    h->place.target.hooks = store_registry_hooks(h->store, 2, h->place.arena);
    run(&h->place, "[" COMPANIES "]");
    struct registry_table *rows = NULL, found = {0};
    size_t n = 0;
    OK(store_registry_list(h->store, h->place.arena, 2, &rows, &n, err));
    assert_int_equal(n, 1);
    OK(store_registry_by_prefix(h->store, h->place.arena, 2, STR("/api/custom/companies"), &found,
                                err));
    assert_string_equal(found.id, rows[0].id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(new_table_is_registered_with_what_was_said),
        T(catalogue_is_decorated_from_the_registry),
        T(relation_stands_on_both_sides),
        T(registry_follows_renames_and_keeps_names_and_order),
        T(new_column_is_shown_where_it_was_put),
        T(columns_are_shown_in_the_order_that_was_dragged),
        T(presentation_of_a_column_changes_without_a_schema_change),
        T(dropped_table_leaves_the_registry_and_comes_back_with_its_names),
        T(dropped_column_comes_back_with_its_display_name),
        T(name_is_free_again_in_the_change_that_dropped_it),
        T(every_schema_change_is_in_settings_audit),
        T(check_reports_what_registry_and_catalogue_disagree_about),
        T(two_tenants_may_have_a_table_of_the_same_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
