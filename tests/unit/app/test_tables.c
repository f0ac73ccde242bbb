#include "fixture.h"

#include <string.h>

#include "app/audit.h"
#include "app/changes.h"
#include "app/sample.h"
#include "app/tables.h"
#include "app/trash.h"
#include "base/time.h"
#include "engine/catalog_cache.h"

#define CONTACTS                                                                                 \
    "[{'op': 'CREATE_TABLE', 'table': {'displayName': 'Contacts', 'columns': ["                  \
    "{'name': 'email', 'displayName': 'E-mail', 'type': 'text', 'unique': true},"                \
    "{'name': 'age', 'type': 'number', 'kind': 'integer', 'validation': {'min': 0, 'max': 150}}" \
    "]}}]"

static struct change_record change_as(struct home *h, const struct caller *c, const char *json)
{
    struct change_record r = {0};
    struct change_list list = changes_of(h, json);
    OK(app_change_run(c, &list, NULL, &r, err));
    return r;
}

static struct change_record change(struct home *h, const char *json)
{
    return change_as(h, &h->system, json);
}

static struct app_table table(struct home *h, const char *name)
{
    struct app_table t = {0};
    OK(app_table_get(&h->system, name, &t, err));
    return t;
}

/* The error of a list that does not run: its code, its pointer. */
static void refuses(struct home *h, const struct caller *c, const char *json, enum errcode code,
                    const char *where)
{
    struct error err = ERROR_INIT;
    struct change_record r = {0};
    struct change_list list = changes_of(h, json);
    enum errcode got = app_change_run(c, &list, NULL, &r, &err);
    assert_string_equal(errcode_row(got)->wire, errcode_row(code)->wire);
    if (where) {
        assert_non_null(err.where);
        assert_string_equal(err.where, where);
    }
    error_release(&err);
}

static const char *column_names(struct home *h, const struct app_table *t)
{
    const char *names = "";
    for (size_t i = 0; i < t->table->n_columns; i++) {
        names = arena_printf(h->arena, "%s%s%s", names, i ? "," : "", t->columns[i]->name);
    }
    return names;
}

static void assert_sound(struct home *h)
{
    struct buf report;
    bool is_sound = false;
    AUTO(catalog_unrefp) struct catalog *live = NULL;
    buf_init(&report, BUF_MAX_DEFAULT);
    OK(engine_catalog(h->engine, caller_ns(&h->system), &live, err));
    OK(store_registry_check(h->app->store, h->system.tenant.id, live, &report, &is_sound, err));
    assert_string_equal(buf_text(&report), "");
    assert_true(is_sound);
    buf_release(&report);
}

/* B-02, B-07 */
static void a_managed_table_has_the_specified_shape(void **state)
{
    struct home *h = *state;
    change(h, CONTACTS);
    struct app_table t = table(h, "custom_contacts");
    assert_true(t.is_managed);
    assert_string_equal(column_names(h, &t),
                        "id,tenant_id,email,age,created_at,updated_at,created_by");
    const struct column *id = t.columns[0], *tenant = t.columns[1], *by = t.columns[6];
    assert_int_equal(id->type.kind, TYPE_UUID);
    assert_string_equal(t.table->primary_key[0], "id");
    assert_int_equal(tenant->type.kind, TYPE_INT64);
    assert_false(tenant->is_nullable);
    assert_int_equal(tenant->default_value->value.i, h->system.tenant.id);
    assert_int_equal(t.columns[4]->type.kind, TYPE_INSTANT);
    assert_int_equal(by->type.kind, TYPE_INT64);
    assert_false(by->is_nullable);
    bool has_check = false;
    for (size_t i = 0; i < t.table->n_checks; i++) {
        has_check = has_check || text_eq(t.table->checks[i].column, "tenant_id");
    }
    assert_true(has_check);
    assert_string_equal(t.view->registry->display_name, "Contacts");
    assert_string_equal(t.view->registry->api_prefix, "/api/custom/contacts");
    assert_sound(h);
}

static enum errcode insert_foreign(struct session *s, void *arg, struct error *err)
{
    const struct app_table *t = arg;
    const struct column *columns[] = {table_find_column(t->table, STR("id")),
                                      table_find_column(t->table, STR("tenant_id"))};
    struct value values[] = {value_text("00000000-0000-4000-8000-000000000000"), value_int(999)};
    struct write w = {.kind = WRITE_INSERT,
                      .table = t->table,
                      .columns = columns,
                      .values = values,
                      .n_columns = 2};
    struct write_result result;
    return engine_write(s, &w, &result, err);
}

/* B-02, B-25 */
static void a_row_of_another_tenant_is_refused_by_the_table_itself(void **state)
{
    struct home *h = *state;
    change(h, CONTACTS);
    struct app_table t = table(h, "custom_contacts");
    FAILS(ERR_CHECK_VIOLATION,
          engine_transact(h->engine, caller_ns(&h->system), insert_foreign, &t, err));
}

/* A-18, B-08, B-09, B-10, B-82 */
static void names_are_made_once_and_never_collide(void **state)
{
    struct home *h = *state;
    static const char *const names[] = {"Café", "Cafe", "A B", "a-b", "!!!", "联系人", "Order"};
    static const char *const tables[] = {"custom_cafe",  "custom_cafe_2", "custom_a_b",
                                         "custom_a_b_2", "custom_table",  "custom_table_2",
                                         "custom_order"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        change(h, arena_printf(h->arena,
                               "[{'op': 'CREATE_TABLE', 'table': {'displayName': '%s', 'columns':"
                               " [{'name': 'a', 'type': 'text'}]}}]",
                               names[i]));
        assert_string_equal(table(h, tables[i]).view->registry->display_name, names[i]);
    }
    /* the same name again is the same request again */
    refuses(h, &h->system,
            "[{'op': 'CREATE_TABLE', 'table': {'displayName': 'Order', 'columns':"
            " [{'name': 'a', 'type': 'text'}]}}]",
            ERR_CONFLICT, "/operations/0/table/displayName");
    change(h,
           "[{'op': 'CREATE_TABLE', 'table': {'displayName': 'Order', 'tableName': 'More_orders',"
           " 'columns': [{'name': 'a', 'type': 'text'}]}}]");
    assert_string_equal(table(h, "CUSTOM_MORE_ORDERS").table->name, "custom_more_orders");
    assert_sound(h);
}

/* B-20, B-104: pointers go into the list that was given, not into the one that was completed */
static void a_wrong_column_is_pointed_at_where_it_was_given(void **state)
{
    struct home *h = *state;
#define BAD(columns) \
    "[{'op': 'CREATE_TABLE', 'table': {'displayName': 'Bad', 'columns': [" columns "]}}]"
    refuses(h, &h->system, BAD("{'name': 'a', 'type': 'text'}, {'name': 'b c', 'type': 'text'}"),
            ERR_INVALID, "/operations/0/table/columns/1/name");
    refuses(h, &h->system, BAD("{'name': 'Tenant_ID', 'type': 'text'}"), ERR_INVALID,
            "/operations/0/table/columns/0/name");
    refuses(h, &h->system, BAD("{'name': 'a', 'type': 'relation', 'relatedTable': 'nowhere'}"),
            ERR_INVALID, "/operations/0/table/columns/0/relatedTable");
    refuses(h, &h->system, BAD("{'name': 'a', 'type': 'text'}, {'name': 'A', 'type': 'text'}"),
            ERR_INVALID, "/operations/0/table/columns/1/name");
    refuses(h, &h->system, BAD(""), ERR_INVALID, "/operations/0/table/columns");
    refuses(h, &h->system, "[]", ERR_INVALID, "/operations");
#undef BAD
    struct app_table *tables = NULL;
    size_t n = 0;
    OK(app_tables_list(&h->system, &tables, &n, err));
    assert_int_equal(n, 0);
}

/* A-16, B-11: tables that bring a key of their own are as they were written */
static void a_table_with_its_own_key_stays_as_it_is(void **state)
{
    struct home *h = *state;
    change(h, "[{'op': 'CREATE_TABLE', 'table': {'tableName': 'Order', 'primaryKey': ['Id'],"
              " 'columns': [{'name': 'Id', 'type': 'number', 'kind': 'integer'},"
              " {'name': 'created_by', 'type': 'text'}]}}]");
    struct app_table t = table(h, "Order");
    assert_false(t.is_managed);
    assert_string_equal(column_names(h, &t), "Id,created_by");
    change(h, "[{'op': 'DROP_COLUMN', 'table': 'order', 'column': 'CREATED_BY'}]");
    change(h, "[{'op': 'RENAME_TABLE', 'table': 'ORDER', 'newName': 'Orders'}]");
    assert_string_equal(table(h, "Orders").view->registry->api_prefix, "/api/custom/Orders");
    assert_sound(h);
}

/* B-104, B-121 */
static void kept_columns_are_neither_dropped_nor_renamed(void **state)
{
    struct home *h = *state;
    static const char *const kept[] = {"id", "Tenant_Id", "created_at", "UPDATED_AT", "created_by"};
    change(h, CONTACTS);
    for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
        refuses(h, &h->system,
                arena_printf(h->arena,
                             "[{'op': 'DROP_COLUMN', 'table': 'Custom_Contacts', 'column': '%s'}]",
                             kept[i]),
                ERR_READ_ONLY_FIELD, "/operations/0/column");
        refuses(h, &h->system,
                arena_printf(h->arena,
                             "[{'op': 'RENAME_TABLE', 'table': 'custom_contacts', 'newName': 'p'},"
                             "{'op': 'RENAME_COLUMN', 'table': 'custom_p', 'column': '%s',"
                             " 'newName': 'mine'}]",
                             kept[i]),
                ERR_READ_ONLY_FIELD, "/operations/1/column");
        refuses(h, &h->system,
                arena_printf(h->arena,
                             "[{'op': 'CREATE_COLUMN', 'table': 'custom_contacts', 'column':"
                             " {'name': '%s', 'type': 'text'}}]",
                             kept[i]),
                ERR_CONFLICT, "/operations/0/column/name");
    }
    assert_string_equal(table(h, "custom_contacts").table->name, "custom_contacts");
}

/* the server's own tables are nobody's, in any spelling */
static void tables_in_the_trash_are_never_touched(void **state)
{
    struct home *h = *state;
    change(h, CONTACTS);
    change(h, "[{'op': 'DROP_TABLE', 'table': 'custom_contacts'}]");
    struct app_trash_item *items = NULL;
    size_t n = 0;
    OK(app_trash_list(&h->system, &items, &n, err));
    assert_int_equal(n, 1);
    assert_string_equal(items[0].display_name, "Contacts");
    char *name = arena_strdup(h->arena, items[0].item.object);
    for (int turn = 0; turn < 2; turn++) {
        refuses(h, &h->system,
                arena_printf(h->arena,
                             "[{'op': 'CREATE_COLUMN', 'table': '%s', 'column':"
                             " {'name': 'a', 'type': 'text'}}]",
                             name),
                ERR_NOT_FOUND, "/operations/0/table");
        refuses(
            h, &h->system,
            arena_printf(h->arena, "[{'op': 'RENAME_TABLE', 'table': '%s', 'newName': 'a'}]", name),
            ERR_NOT_FOUND, "/operations/0/table");
        struct app_table t;
        FAILS(ERR_NOT_FOUND, app_table_get(&h->system, name, &t, err));
        for (char *p = name; *p; p++) {
            *p = *p >= 'a' && *p <= 'z' ? (char)(*p - 'a' + 'A') : *p;
        }
    }
    /* decoding refuses the exact name; another spelling is refused by the rights */
    struct change drop = {.kind = CHANGE_DROP_TABLE,
                          .drop_table = {.table = name, .no_trash = true}};
    struct change_list list = {.items = &drop, .n = 1, .arena = h->arena};
    struct change_record r;
    FAILS(ERR_NOT_FOUND, app_change_run(&h->system, &list, NULL, &r, err));
}

static void a_rename_keeps_the_prefix_and_the_api_follows(void **state)
{
    struct home *h = *state;
    change(h, CONTACTS);
    change(h, "[{'op': 'RENAME_TABLE', 'table': 'custom_contacts', 'newName': 'People'}]");
    struct app_table t = table(h, "custom_people");
    assert_string_equal(t.view->registry->api_prefix, "/api/custom/people");
    assert_string_equal(t.view->registry->display_name, "Contacts");
    assert_sound(h);
}

/* ---- rights --------------------------------------------------------------------------------- */

/* B-72, B-76 */
static void every_operation_asks_for_its_own_right_on_its_own_table(void **state)
{
    struct home *h = *state;
    static const char *const adds[] = {"tables.read", "columns.add@table:custom_contacts"};
    static const char *const one[] = {"*.*@table:custom_contacts"};
    static const char *const tables[] = {"tables.*", "columns.*", "indexes.*"};
    struct caller adder = somebody(h, ROLE_TENANT_ADMIN, adds, ARRAY_LEN(adds));
    struct caller scoped = somebody(h, ROLE_TENANT_ADMIN, one, ARRAY_LEN(one));
    struct caller maker = somebody(h, ROLE_TENANT_ADMIN, tables, ARRAY_LEN(tables));
    struct caller user = somebody(h, ROLE_USER, NULL, 0);
    change(h, CONTACTS);
    change(h, "[{'op': 'CREATE_TABLE', 'table': {'displayName': 'Secrets', 'columns':"
              " [{'name': 'a', 'type': 'text'}]}}]");
    change_as(h, &adder,
              "[{'op': 'CREATE_COLUMN', 'table': 'custom_contacts', 'column':"
              " {'name': 'phone', 'type': 'text'}}]");
    refuses(h, &adder,
            "[{'op': 'CREATE_COLUMN', 'table': 'custom_secrets', 'column':"
            " {'name': 'phone', 'type': 'text'}}]",
            ERR_FORBIDDEN, "/operations/0/table");
    refuses(h, &adder,
            "[{'op': 'CREATE_COLUMN', 'table': 'custom_contacts', 'column':"
            " {'name': 'fax', 'type': 'text'}},"
            "{'op': 'DROP_COLUMN', 'table': 'custom_contacts', 'column': 'phone'}]",
            ERR_FORBIDDEN, "/operations/1/table");
    refuses(h, &scoped, "[{'op': 'DROP_TABLE', 'table': 'custom_secrets'}]", ERR_NOT_FOUND,
            "/operations/0/table");
    refuses(h, &scoped, "[{'op': 'RENAME_TABLE', 'table': 'custom_contacts', 'newName': 'free'}]",
            ERR_FORBIDDEN, "/operations/0/newName");
    refuses(h, &user, "[{'op': 'DROP_TABLE', 'table': 'custom_contacts'}]", ERR_FORBIDDEN,
            "/operations/0/table");
    refuses(h, &user, CONTACTS, ERR_FORBIDDEN, "/operations/0/table");
    change_as(h, &maker,
              "[{'op': 'CREATE_INDEX', 'table': 'custom_contacts', 'index':"
              " {'columns': ['age']}}]");
    refuses(h, &maker, "[{'op': 'DROP_TABLE', 'table': 'custom_secrets', 'noTrash': true}]",
            ERR_FORBIDDEN, "/operations/0/noTrash");
}

/* B-148; a table one may not see is in no list, no history, no trash, and no relation reaches it */
static void a_table_one_may_not_see_is_not_there(void **state)
{
    struct home *h = *state;
    static const char *const one[] = {"*.*@table:custom_contacts", "tables.create"};
    struct caller c = somebody(h, ROLE_TENANT_ADMIN, one, ARRAY_LEN(one));
    struct app_table *tables = NULL, t;
    struct change_record *changes = NULL, r = {0};
    struct app_trash_item *items = NULL;
    struct migrate_filter f = {0};
    const struct catalog *seen = NULL;
    const char *next = NULL;
    size_t n = 0;
    change(h, CONTACTS);
    struct change_record secret =
        change(h, "[{'op': 'CREATE_TABLE', 'table': {'displayName': 'Secrets', 'columns':"
                  " [{'name': 'a', 'type': 'text'}]}}]");
    change(h, "[{'op': 'DROP_COLUMN', 'table': 'custom_secrets', 'column': 'a'}]");
    OK(app_tables_list(&c, &tables, &n, err));
    assert_int_equal(n, 1);
    OK(app_schema(&c, &seen, err));
    assert_null(catalog_find_table(seen, STR("custom_secrets")));
    assert_non_null(catalog_find_table(seen, STR("custom_contacts")));
    FAILS(ERR_NOT_FOUND, app_table_get(&c, "custom_secrets", &t, err));
    OK(app_changes_list(&c, &f, &changes, &n, &next, err));
    assert_int_equal(n, 1);
    FAILS(ERR_NOT_FOUND, app_change_get(&c, secret.id, &r, NULL, NULL, err));
    FAILS(ERR_NOT_FOUND, app_change_undo(&c, secret.id, &r, err));
    OK(app_trash_list(&c, &items, &n, err));
    assert_int_equal(n, 0);
    FAILS(ERR_NOT_FOUND, app_trash_purge(&c, 1, err));
    refuses(h, &c,
            "[{'op': 'CREATE_TABLE', 'table': {'tableName': 'contacts2', 'columns':"
            " [{'name': 'x', 'type': 'relation', 'relatedTable': 'custom_secrets'}]}}]",
            ERR_INVALID, "/operations/0/table/columns/0/relatedTable");
}

/* B-01, B-03, B-06, B-74: another tenant has tables, changes and trash of its own */
static void tenants_do_not_meet(void **state)
{
    struct home *h = *state;
    struct tenant made;
    struct caller other;
    struct app_table *tables = NULL, t;
    struct app_trash_item *items = NULL;
    struct change_record r = {0};
    size_t n = 0;
    OK(people_tenant_add(&h->system, "north", "North", &made, err));
    OK(caller_system(h->app, h->arena, "north", &other, err));
    struct change_record here = change(h, CONTACTS);
    OK(app_tables_list(&other, &tables, &n, err));
    assert_int_equal(n, 0);
    FAILS(ERR_NOT_FOUND, app_table_get(&other, "custom_contacts", &t, err));
    FAILS(ERR_NOT_FOUND, app_change_get(&other, here.id, &r, NULL, NULL, err));
    FAILS(ERR_NOT_FOUND, app_change_undo(&other, here.id, &r, err));
    change_as(h, &other, CONTACTS);
    OK(app_table_get(&other, "custom_contacts", &t, err));
    change(h, "[{'op': 'DROP_TABLE', 'table': 'custom_contacts'}]");
    OK(app_trash_list(&other, &items, &n, err));
    assert_int_equal(n, 0);
    FAILS(ERR_NOT_FOUND, app_trash_restore(&other, 1, &r, err));
    FAILS(ERR_NOT_FOUND, app_trash_purge(&other, 1, err));
    OK(app_table_get(&other, "custom_contacts", &t, err));
}

/* ---- plans, undo, trash --------------------------------------------------------------------- */

/* */
static void a_plan_runs_once_and_only_on_the_schema_it_was_made_for(void **state)
{
    struct home *h = *state;
    struct plan *plan = NULL, *other = NULL;
    struct change_record r = {0};
    struct change_step *steps = NULL;
    size_t n = 0;
    change(h, CONTACTS);
    struct change_list add = changes_of(h, "[{'op': 'CREATE_COLUMN', 'table': 'custom_contacts',"
                                           " 'column': {'name': 'phone', 'type': 'text'}}]");
    struct change_list drop = changes_of(h, "[{'op': 'DROP_COLUMN', 'table': 'custom_contacts',"
                                            " 'column': 'age'}]");
    OK(app_change_preview(&h->system, &add, true, &plan, err));
    OK(app_change_preview(&h->system, &drop, true, &other, err));
    assert_null(table_find_column(table(h, "custom_contacts").table, STR("phone")));
    OK(app_change_run_plan(&h->system, plan->tag, NULL, &r, err));
    assert_string_equal(r.id, plan->tag);
    OK(app_change_get(&h->system, r.id, &r, &steps, &n, err));
    assert_int_equal(n, plan->n_steps);
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(steps[i].text, plan->steps[i].text);
    }
    FAILS(ERR_NOT_FOUND, app_change_run_plan(&h->system, plan->tag, NULL, &r, err));
    FAILS(ERR_STALE_PLAN, app_change_run_plan(&h->system, other->tag, NULL, &r, err));
    FAILS(ERR_NOT_FOUND, app_change_run_plan(&h->system, "nothing", NULL, &r, err));
}

/* A plan of somebody with more rights is not a right. */
static void a_plan_is_judged_for_whoever_runs_it(void **state)
{
    struct home *h = *state;
    static const char *const reads[] = {"tables.read", "changes.*"};
    struct caller c = somebody(h, ROLE_TENANT_ADMIN, reads, ARRAY_LEN(reads));
    struct plan *plan = NULL;
    struct change_record r = {0};
    change(h, CONTACTS);
    struct change_list drop = changes_of(h, "[{'op': 'DROP_TABLE', 'table': 'custom_contacts'}]");
    OK(app_change_preview(&h->system, &drop, true, &plan, err));
    FAILS(ERR_FORBIDDEN, app_change_run_plan(&c, plan->tag, NULL, &r, err));
    OK(app_change_run_plan(&h->system, plan->tag, NULL, &r, err));
}

static void what_loses_data_wants_a_confirmation_and_shows_its_plan(void **state)
{
    struct home *h = *state;
    struct error why = ERROR_INIT;
    struct change_record r = {0};
    static const char *const all[] = {"all"};
    struct migrate_confirm confirm = {all, 1};
    change(h, CONTACTS);
    struct change_list drop =
        changes_of(h, "[{'op': 'DROP_TABLE', 'table': 'custom_contacts', 'noTrash': true}]");
    assert_int_equal(app_change_run(&h->system, &drop, NULL, &r, &why), ERR_CONFIRMATION_REQUIRED);
    assert_non_null(strstr(why.params, "\"hazards\":[\"DL0"));
    assert_non_null(strstr(why.params, "\"plan\":{\"planId\""));
    error_release(&why);
    OK(app_change_run(&h->system, &drop, &confirm, &r, err));
    FAILS(ERR_UNDO_EXPIRED, app_change_undo(&h->system, r.id, &r, err));
}

static void a_dropped_table_comes_back_as_it_was(void **state)
{
    struct home *h = *state;
    struct app_trash_item *items = NULL;
    struct change_record r = {0};
    size_t n = 0;
    change(h, CONTACTS);
    struct app_table_set set = {.fields = APP_TABLE_ICON | APP_TABLE_PERMISSIONS,
                                .icon = "users",
                                .permissions = "{\"read\": [\"OWNER\"]}"};
    OK(app_table_set(&h->system, "custom_contacts", &set, err));
    struct table_policy policy = table(h, "custom_contacts").view->policy;
    change(h, "[{'op': 'DROP_TABLE', 'table': 'custom_contacts'}]");
    OK(app_trash_list(&h->system, &items, &n, err));
    OK(app_trash_restore(&h->system, items[0].item.id, &r, err));
    struct app_table t = table(h, "custom_contacts");
    assert_string_equal(t.view->registry->icon, "users");
    assert_memory_equal(&t.view->policy, &policy, sizeof policy);
    assert_string_equal(t.view->registry->display_name, "Contacts");
    FAILS(ERR_NOT_FOUND, app_trash_restore(&h->system, items[0].item.id, &r, err));
    assert_sound(h);
}

/* ---- how things are shown ------------------------------------------------------------------- */

/* B-15, B-73, B-82, B-101 */
static void display_attributes_are_checked_and_audited(void **state)
{
    struct home *h = *state;
    static const struct {
        unsigned field;
        const char *value;
    } bad[] = {
        {APP_TABLE_DISPLAY_NAME, ""},
        {APP_TABLE_DISPLAY_NAME, "   "},
        {APP_TABLE_DISPLAY_NAME, "a\x01"
                                 "b"},
        {APP_TABLE_ICON, "<img src=x>"},
        {APP_TABLE_COLOR, "red;background:url(x)"},
        {APP_TABLE_COLOR, "#12345"},
        {APP_TABLE_API_PREFIX, "/api/users"},
        {APP_TABLE_API_PREFIX, "../x"},
        {APP_TABLE_API_PREFIX, ""},
        {APP_TABLE_PERMISSIONS, "{\"read\": [\"EVERYBODY\"]}"},
    };
    change(h, CONTACTS);
    change(h, "[{'op': 'CREATE_TABLE', 'table': {'displayName': 'Firms', 'columns':"
              " [{'name': 'a', 'type': 'text'}]}}]");
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        const char *v = bad[i].value;
        struct app_table_set set = {.fields = bad[i].field,
                                    .display_name = v,
                                    .icon = v,
                                    .color = v,
                                    .api_prefix = v,
                                    .permissions = v};
        FAILS(ERR_INVALID, app_table_set(&h->system, "custom_contacts", &set, err));
    }
    struct app_table_set taken = {.fields = APP_TABLE_API_PREFIX, .api_prefix = "firms"};
    FAILS(ERR_CONFLICT, app_table_set(&h->system, "custom_contacts", &taken, err));
    struct app_table_set set = {
        .fields = APP_TABLE_DISPLAY_NAME | APP_TABLE_API_PREFIX | APP_TABLE_API_ENABLED,
        .display_name = "Людй",
        .api_prefix = "people",
        .api_enabled = false,
    };
    OK(app_table_set(&h->system, "custom_contacts", &set, err));
    const struct registry_table *row = table(h, "custom_contacts").view->registry;
    assert_string_equal(row->display_name, "Людй");
    assert_string_equal(row->api_prefix, "/api/custom/people");
    assert_false(row->api_enabled);
    /* a prefix that somebody took is not given to a new table */
    change(h, "[{'op': 'CREATE_TABLE', 'table': {'displayName': 'People', 'columns':"
              " [{'name': 'a', 'type': 'text'}]}}]");
    assert_string_equal(table(h, "custom_people_2").view->registry->display_name, "People");
    struct app_audit_filter f = {.action = "table.update"};
    struct app_audit_entry *entries = NULL;
    size_t n = 0;
    OK(app_audit_list(&h->system, &f, &entries, &n, err));
    assert_int_equal(n, 1);
    assert_string_equal(entries[0].entry.object, "custom_contacts");
}

/* B-120 */
static void columns_are_shown_where_they_were_dragged(void **state)
{
    struct home *h = *state;
    change(h, CONTACTS);
    change(h, "[{'op': 'CREATE_COLUMN', 'table': 'custom_contacts', 'column':"
              " {'name': 'phone', 'type': 'text'}}]");
    struct app_table t = table(h, "custom_contacts");
    assert_string_equal(column_names(h, &t),
                        "id,tenant_id,email,age,phone,created_at,updated_at,created_by");
    struct app_column_set move = {.order = 1};
    OK(app_table_set_column(&h->system, "custom_contacts", "PHONE", &move, err));
    t = table(h, "custom_contacts");
    assert_string_equal(column_names(h, &t),
                        "id,tenant_id,phone,email,age,created_at,updated_at,created_by");
    move.order = 99;
    OK(app_table_set_column(&h->system, "custom_contacts", "phone", &move, err));
    t = table(h, "custom_contacts");
    assert_string_equal(column_names(h, &t),
                        "id,tenant_id,email,age,phone,created_at,updated_at,created_by");
    move.order = 1;
    FAILS(ERR_READ_ONLY_FIELD,
          app_table_set_column(&h->system, "custom_contacts", "id", &move, err));
    FAILS(ERR_NOT_FOUND,
          app_table_set_column(&h->system, "custom_contacts", "nothing", &move, err));
}

/* B-118 */
static void every_change_is_in_the_audit_with_its_statement(void **state)
{
    struct home *h = *state;
    struct app_audit_filter f = {.action = "schema.*"};
    struct app_audit_entry *entries = NULL;
    size_t n = 0;
    struct caller c = somebody(h, ROLE_TENANT_ADMIN, NULL, 0);
    c.request_id = "r-1";
    c.address = "192.0.2.1";
    struct change_record made = change_as(h, &c, CONTACTS);
    change_as(h, &c, "[{'op': 'DROP_COLUMN', 'table': 'custom_contacts', 'column': 'age'}]");
    OK(app_audit_list(&c, &f, &entries, &n, err));
    assert_int_equal(n, 2);
    assert_string_equal(entries[1].entry.change_id, made.id);
    assert_string_equal(entries[1].entry.request_id, "r-1");
    assert_string_equal(entries[1].entry.ip_address, "192.0.2.1");
    assert_string_equal(entries[1].entry.user_name, "ann@example.com");
    assert_string_equal(entries[1].outcome, "done");
    assert_non_null(strstr(entries[1].statement, "CREATE TABLE \"custom_contacts\""));
    struct caller user = somebody(h, ROLE_USER, NULL, 0);
    FAILS(ERR_FORBIDDEN, app_audit_list(&user, &f, &entries, &n, err));
}

/* ---- the sample ----------------------------------------------------------------------------- */

static enum errcode count(struct home *h, const char *name, int64_t *out, struct error *err)
{
    AUTO(engine_session_endp) struct session *s = NULL;
    const struct value *row = NULL;
    struct query q = {.table = table(h, name).table, .limit = -1, .count_only = true};
    TRY(engine_session_begin(h->engine, caller_ns(&h->system), ACCESS_READ, &s, err));
    TRY(engine_query_one(s, &q, h->arena, &row, err));
    *out = row[0].i;
    return ERR_OK;
}

static void the_sample_is_a_shop_of_5000_rows(void **state)
{
    struct home *h = *state;
    static const char *const names[] = {"custom_categories", "custom_suppliers",
                                        "custom_products",   "custom_customers",
                                        "custom_orders",     "custom_order_lines"};
    int64_t total = 0;
    OK(app_sample_create(&h->system, err));
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        int64_t n = 0;
        OK(count(h, names[i], &n, err));
        assert_true(n > 0);
        total += n;
    }
    assert_int_equal(total, 5000);
    assert_sound(h);
    FAILS(ERR_CONFLICT, app_sample_create(&h->system, err));
    struct buf report;
    bool is_sound = false;
    buf_init(&report, BUF_MAX_DEFAULT);
    OK(engine_verify(h->engine, caller_ns(&h->system), &report, &is_sound, err));
    assert_true(is_sound); /* foreign keys too */
    buf_release(&report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_managed_table_has_the_specified_shape),
        T(a_row_of_another_tenant_is_refused_by_the_table_itself),
        T(names_are_made_once_and_never_collide),
        T(a_wrong_column_is_pointed_at_where_it_was_given),
        T(a_table_with_its_own_key_stays_as_it_is),
        T(kept_columns_are_neither_dropped_nor_renamed),
        T(tables_in_the_trash_are_never_touched),
        T(a_rename_keeps_the_prefix_and_the_api_follows),
        T(every_operation_asks_for_its_own_right_on_its_own_table),
        T(a_table_one_may_not_see_is_not_there),
        T(tenants_do_not_meet),
        T(a_plan_runs_once_and_only_on_the_schema_it_was_made_for),
        T(a_plan_is_judged_for_whoever_runs_it),
        T(what_loses_data_wants_a_confirmation_and_shows_its_plan),
        T(a_dropped_table_comes_back_as_it_was),
        T(display_attributes_are_checked_and_audited),
        T(columns_are_shown_where_they_were_dragged),
        T(every_change_is_in_the_audit_with_its_statement),
        T(the_sample_is_a_shop_of_5000_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
