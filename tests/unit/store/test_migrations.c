#include "fixture.h"

static const char *const files[] = {
    "2025_12_26_000001_create_scopes_table",
    "2025_12_26_000002_create_permission_templates_table",
    "2025_12_26_000003_create_permission_wildcards_table",
    "2025_12_26_000004_create_wildcard_pivots_tables",
    "2025_12_26_000005_create_template_permissions_table",
    "2025_12_26_000006_create_user_templates_table",
    "2025_12_26_000007_create_permission_template_hierarchy_table",
    "2025_12_26_000008_create_user_group_hierarchy_table",
    "2025_12_26_000009_create_permission_group_hierarchy_table",
    "2025_12_26_000010_create_permission_audit_log_table",
    "2025_12_26_000011_create_permission_rate_limits_table",
    "2025_12_26_000012_create_permission_delegations_table",
    "2025_12_26_000013_create_delegation_chain_table",
    "2025_12_26_000014_create_permission_template_versions_table",
    "2025_12_26_000015_create_permission_requests_table",
    "2025_12_26_000016_add_hierarchy_to_user_groups_table",
    "2025_12_26_000017_add_hierarchy_to_permission_groups_table",
    "2025_12_26_000018_add_scope_and_conditions_to_user_permissions_table",
    "2025_12_26_000019_add_scope_to_user_group_members_table",
    "2025_12_26_000020_add_primary_template_to_users_table",
};

static const char *store_fingerprint(struct home *h)
{
    OK(store_refresh(h->store, err));
    return catalog_fingerprint(h->place.arena, h->store->catalog);
}

static const struct table *table_of(struct home *h, const char *name)
{
    return catalog_find_table(h->store->catalog, str_of(name));
}

/* C-01, C-02: twenty steps, each a file of its own */
static void twenty_migrations_have_the_names_of_the_specification(void **state)
{
    struct home *h = *state;
    struct migrate_target t = store_migrate_target(h->store);
    struct migration_status *list = NULL;
    size_t n = 0;
    OK(migrate_files_status(&t, store_migrations(), h->place.arena, &list, &n, err));
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        size_t k = 0;
        while (k < n && list[k].number != (int)i + 1) {
            k++;
        }
        assert_true(k < n);
        assert_string_equal(list[k].name, files[i]);
        assert_true(list[k].is_applied && !list[k].is_changed && list[k].applied_at > 0);
        assert_true(strlen(list[k].title) > 0 && strlen(list[k].description) > 0);
    }
}

static void every_file_is_under_200_lines(void **state)
{
    (void)state;
    const struct migration_set *set = store_migrations();
    for (size_t i = 0; i < set->n; i++) {
        size_t lines = 0;
        for (size_t k = 0; k < set->files[i].n_text; k++) {
            lines += set->files[i].text[k] == '\n';
        }
        assert_true(lines < 200);
    }
}

static bool begins_with(const struct index *ix, const struct foreign_key *fk)
{
    for (size_t i = 0; i < fk->n_columns; i++) {
        if (i >= ix->n_keys || !text_eq(ix->keys[i].column, fk->columns[i])) {
            return false;
        }
    }
    return true;
}

/* C-09 */
static void every_foreign_key_has_an_index(void **state)
{
    struct home *h = *state;
    size_t n_keys = 0;
    for (size_t i = 0; i < h->store->catalog->n_tables; i++) {
        const struct table *t = h->store->catalog->tables[i];
        for (size_t k = 0; k < t->n_foreign_keys; k++) {
            size_t x = 0;
            while (x < t->n_indexes && !begins_with(&t->indexes[x], &t->foreign_keys[k])) {
                x++;
            }
            if (x == t->n_indexes) {
                print_error("%s.%s has no index\n", t->name, t->foreign_keys[k].columns[0]);
            }
            assert_true(x < t->n_indexes);
            n_keys++;
        }
    }
    assert_true(n_keys > 50);
}

/* C-05: the tables that are only assumed are there too */
static void table_names_and_key_actions_are_those_of_the_specification(void **state)
{
    static const struct {
        const char *table, *column, *to;
        enum fk_action on_delete;
    } keys[] = {
        {"permission_templates", "parent_id", "permission_templates", FK_SET_NULL},
        {"permission_templates", "scope_id", "scopes", FK_SET_NULL},
        {"wildcard_permissions", "wildcard_id", "permission_wildcards", FK_CASCADE},
        {"template_wildcards", "template_id", "permission_templates", FK_CASCADE},
        {"template_permissions", "wildcard_id", "permission_wildcards", FK_CASCADE},
        {"user_templates", "scope_id", "scopes", FK_CASCADE},
        {"user_templates", "granted_by", "users", FK_SET_NULL},
        {"permission_template_hierarchy", "ancestor_id", "permission_templates", FK_CASCADE},
        {"user_group_hierarchy", "descendant_id", "user_groups", FK_CASCADE},
        {"permission_group_hierarchy", "ancestor_id", "permission_groups", FK_CASCADE},
        {"permission_audit_log", "user_id", "users", FK_SET_NULL},
        {"permission_rate_limits", "user_id", "users", FK_CASCADE},
        {"permission_delegations", "delegator_id", "users", FK_CASCADE},
        {"permission_delegations", "revoked_by", "users", FK_SET_NULL},
        {"delegation_chain", "parent_delegation_id", "permission_delegations", FK_CASCADE},
        {"permission_template_versions", "created_by", "users", FK_SET_NULL},
        {"permission_requests", "permission_id", "permissions", FK_CASCADE},
        {"user_groups", "parent_id", "user_groups", FK_SET_NULL},
        {"user_groups", "template_id", "permission_templates", FK_SET_NULL},
        {"permission_groups", "parent_id", "permission_groups", FK_SET_NULL},
        {"user_permissions", "scope_id", "scopes", FK_CASCADE},
        {"user_group_members", "scope_id", "scopes", FK_CASCADE},
        {"users", "primary_template_id", "permission_templates", FK_SET_NULL},
    };
    struct home *h = *state;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        const struct table *t = table_of(h, keys[i].table);
        assert_non_null(t);
        size_t k = 0;
        while (k < t->n_foreign_keys && !text_eq(t->foreign_keys[k].columns[0], keys[i].column)) {
            k++;
        }
        assert_true(k < t->n_foreign_keys);
        assert_string_equal(t->foreign_keys[k].referenced_table, keys[i].to);
        assert_int_equal(t->foreign_keys[k].on_delete, keys[i].on_delete);
    }
}

/* C-03, C-08, C-10, B-15: names that repeat carry their table, what is said twice is there once */
static void indexes_and_unique_keys_are_there_by_name(void **state)
{
    static const struct {
        const char *table, *index;
        bool is_unique;
        size_t n_keys;
    } indexes[] = {
        {"scopes", "unique_scopable", true, 2},
        {"scopes", "idx_scopes_active_type", false, 2},
        {"permission_templates", "idx_templates_active_system", false, 2},
        {"permission_templates", "idx_templates_hierarchy", false, 2},
        {"permission_wildcards", "idx_wildcards_active_expand", false, 2},
        {"wildcard_permissions", "unique_wildcard_permission", true, 2},
        {"template_wildcards", "unique_template_wildcard", true, 2},
        {"template_permissions", "unique_template_permission", true, 2},
        {"template_permissions", "idx_source_wildcard", false, 2},
        {"user_templates", "unique_user_template_scope", true, 3},
        {"user_templates", "idx_versioning", false, 2},
        {"user_templates", "idx_user_templates_validity", false, 2},
        {"permission_template_hierarchy", "unique_template_hierarchy", true, 2},
        {"user_group_hierarchy", "idx_ug_ancestor_depth", false, 2},
        {"permission_group_hierarchy", "idx_pg_descendant_depth", false, 2},
        {"permission_audit_log", "idx_audit_source", false, 2},
        {"permission_audit_log", "idx_action_date", false, 2},
        {"permission_rate_limits", "idx_user_permission_date", false, 3},
        {"permission_delegations", "idx_active_delegations", false, 3},
        {"permission_delegations", "idx_delegations_validity", false, 2},
        {"delegation_chain", "unique_chain_delegation", true, 1},
        {"permission_template_versions", "unique_template_version", true, 2},
        {"permission_requests", "idx_user_status", false, 2},
        {"user_groups", "idx_user_groups_hierarchy", false, 2},
        {"permission_groups", "idx_permission_groups_hierarchy", false, 2},
        {"user_permissions", "unique_user_permission_scope", true, 5},
        {"user_permissions", "idx_user_permissions_source", false, 2},
        {"user_group_members", "unique_user_group_member_scope", true, 3},
        {"custom_tables_registry", "unique_custom_tables_name", true, 2},
        {"custom_tables_registry", "idx_custom_tables_tenant", false, 1},
        {"custom_tables_registry", "idx_custom_tables_api_enabled", false, 1},
        {"custom_views", "unique_custom_views_name", true, 2},
        {"custom_api_endpoints", "unique_custom_api_endpoints_key", true, 2},
    };
    struct home *h = *state;
    for (size_t i = 0; i < ARRAY_LEN(indexes); i++) {
        const struct table *t = table_of(h, indexes[i].table);
        assert_non_null(t);
        const struct index *ix = table_find_index(t, str_of(indexes[i].index));
        if (!ix) {
            print_error("%s lacks %s\n", indexes[i].table, indexes[i].index);
        }
        assert_non_null(ix);
        assert_int_equal(ix->is_unique, indexes[i].is_unique);
        assert_int_equal(ix->n_keys, indexes[i].n_keys);
    }
}

/* C-11 */
static void columns_that_matter_have_comments(void **state)
{
    struct home *h = *state;
    const struct column *c =
        table_find_column(table_of(h, "user_templates"), STR("template_version"));
    assert_string_equal(c->comment, "null = latest");
    c = table_find_column(table_of(h, "delegation_chain"), STR("depth"));
    assert_string_equal(c->comment, "0=original, 1=re-delegation");
    c = table_find_column(table_of(h, "scopes"), STR("scope_key"));
    assert_string_equal(c->comment, "Format: type:id");
}

/* B-07, B-12, C-07, X-02: 64-bit ids, portable types */
static void registry_has_every_column_and_default_of_the_specification(void **state)
{
    static const struct {
        const char *name;
        enum type_kind kind;
        bool is_nullable, has_default;
        int length;
    } columns[] = {
        {"id", TYPE_UUID, false, true, 0},
        {"tenant_id", TYPE_INT64, false, false, 0},
        {"table_name", TYPE_TEXT, false, false, 100},
        {"display_name", TYPE_TEXT, false, false, 500},
        {"description", TYPE_TEXT, true, false, 0},
        {"icon", TYPE_TEXT, true, false, 50},
        {"color", TYPE_TEXT, true, false, 20},
        {"schema_config", TYPE_JSON, false, false, 0},
        {"relationships", TYPE_JSON, true, true, 0},
        {"permissions", TYPE_JSON, true, true, 0},
        {"api_enabled", TYPE_BOOLEAN, true, true, 0},
        {"api_prefix", TYPE_TEXT, true, false, 100},
        {"created_at", TYPE_INSTANT, true, true, 0},
        {"updated_at", TYPE_INSTANT, true, true, 0},
        {"created_by", TYPE_INT64, false, false, 0},
        {"updated_by", TYPE_INT64, true, false, 0},
    };
    struct home *h = *state;
    const struct table *t = table_of(h, "custom_tables_registry");
    assert_int_equal(t->n_columns, ARRAY_LEN(columns));
    for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
        const struct column *c = &t->columns[i];
        assert_string_equal(c->name, columns[i].name);
        assert_int_equal(c->type.kind, columns[i].kind);
        assert_int_equal(c->is_nullable, columns[i].is_nullable);
        assert_int_equal(c->default_value != NULL, columns[i].has_default);
        assert_int_equal(c->type.length, columns[i].length);
    }
}

/* C-02, C-04, C-06 */
static void down_to_each_number_and_up_again_gives_the_same_schema(void **state)
{
    struct home *h = *state;
    struct migrate_target t = store_migrate_target(h->store);
    const char *steps[21], *full = store_fingerprint(h);
    size_t n = 0;
    for (int to = 20; to >= 0; to--) {
        OK(migrate_files_down(&t, store_migrations(), to, &n, err));
        assert_int_equal(n, 1); /* the seed first, then one file each */
        steps[to] = store_fingerprint(h);
        assert_true(to == 20 || strcmp(steps[to], steps[to + 1]) != 0);
    }
    for (int to = 1; to <= 20; to++) {
        OK(migrate_files_up(&t, store_migrations(), to, &n, err));
        assert_int_equal(n, 1);
        assert_string_equal(store_fingerprint(h), steps[to]);
    }
    OK(migrate_files_up(&t, store_migrations(), -1, &n, err));
    assert_int_equal(n, 1);
    assert_string_equal(store_fingerprint(h), full);
}

static void down_to_zero_leaves_base_and_journal_and_nothing_in_the_trash(void **state)
{
    static const char *const base[] = {"users",       "tenants",  "permissions",
                                       "user_groups", "sessions", "custom_tables_registry",
                                       "change",      "applied"};
    struct home *h = *state;
    struct migrate_target t = store_migrate_target(h->store);
    size_t n = 0;
    OK(migrate_files_down(&t, store_migrations(), 0, &n, err));
    assert_int_equal(n, 21);
    OK(store_refresh(h->store, err));
    for (size_t i = 0; i < ARRAY_LEN(base); i++) {
        assert_non_null(table_of(h, base[i]));
    }
    assert_null(table_of(h, "scopes"));
    assert_null(table_find_column(table_of(h, "users"), STR("primary_template_id")));
    assert_null(table_find_column(table_of(h, "user_permissions"), STR("scope_id")));
    for (size_t i = 0; i < h->store->catalog->n_tables; i++) {
        assert_false(h->store->catalog->tables[i]->is_internal);
    }
}

static void second_start_applies_nothing(void **state)
{
    struct home *h = *state;
    struct migrate_target t = store_migrate_target(h->store);
    size_t n = 7;
    const char *before = store_fingerprint(h);
    home_close(h);
    home_open(h);
    t = store_migrate_target(h->store);
    OK(migrate_files_up(&t, store_migrations(), -1, &n, err));
    assert_int_equal(n, 0);
    assert_string_equal(store_fingerprint(h), before);
}

static void seed_is_there_once(void **state)
{
    struct home *h = *state;
    struct migrate_target t = store_migrate_target(h->store);
    struct permission *before = NULL, *after = NULL;
    size_t n_before = 0, n_after = 0, n = 0;
    OK(store_permission_list(h->store, h->place.arena, &before, &n_before, err));
    assert_true(n_before >= 50);
    OK(migrate_files_down(&t, store_migrations(), 20, &n, err));
    OK(store_permission_list(h->store, h->place.arena, &after, &n_after, err));
    assert_int_equal(n_after, 0);
    OK(migrate_files_up(&t, store_migrations(), -1, &n, err));
    OK(store_permission_list(h->store, h->place.arena, &after, &n_after, err));
    assert_int_equal(n_after, n_before);
}

static bool holds(const char **patterns, size_t n, const char *pattern)
{
    for (size_t i = 0; i < n; i++) {
        if (text_eq(patterns[i], pattern)) {
            return true;
        }
    }
    return false;
}

static void system_templates_hold_what_their_roles_may(void **state)
{
    struct home *h = *state;
    const char **patterns = NULL;
    size_t n = 0;
    OK(store_template_patterns(h->store, h->place.arena, "owner", &patterns, &n, err));
    assert_true(holds(patterns, n, "*.*") && holds(patterns, n, "authz.escalate"));
    OK(store_template_patterns(h->store, h->place.arena, "platform-admin", &patterns, &n, err));
    assert_true(holds(patterns, n, "*.*") && !holds(patterns, n, "authz.escalate"));
    OK(store_template_patterns(h->store, h->place.arena, "user", &patterns, &n, err));
    assert_true(holds(patterns, n, "tables.read"));
    assert_false(holds(patterns, n, "data.*"));
    OK(store_template_patterns(h->store, h->place.arena, "nobody", &patterns, &n, err));
    assert_int_equal(n, 0);
}

struct grant {
    const struct table *table;
    int64_t user_id, permission_id;
};

/* The same permission twice, from two sources: legal only while migration 18 is applied. */
static enum errcode grant_twice(struct session *s, void *arg, struct error *err)
{
    static const char *const sources[] = {"direct", "request"};
    const struct grant *g = arg;
    const struct column *columns[] = {table_find_column(g->table, STR("user_id")),
                                      table_find_column(g->table, STR("permission_id")),
                                      table_find_column(g->table, STR("source"))};
    for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
        struct value values[] = {value_int(g->user_id), value_int(g->permission_id),
                                 value_text(sources[i])};
        struct write w = {.kind = WRITE_INSERT, .table = g->table, .columns = columns};
        w.values = values;
        w.n_columns = ARRAY_LEN(values);
        struct write_result result = {0};
        TRY(engine_write(s, &w, &result, err));
    }
    return ERR_OK;
}

/* C-06 */
static void down_of_18_lists_the_grants_that_would_collide(void **state)
{
    struct home *h = *state;
    struct migrate_target t = store_migrate_target(h->store);
    struct user u = {.name = "Ann", .email = "ann@example.com", .is_active = true};
    struct permission p = {.slug = "x.y", .name = "X", .is_active = true};
    size_t n = 0;
    OK(migrate_files_down(&t, store_migrations(), 18, &n, err));
    OK(store_refresh(h->store, err));
    struct record_place place = store_place(h->store);
    OK(store_user_insert(h->store, h->place.arena, &u, err));
    OK(record_insert(&place, &store_permission_type, &p, err));
    struct grant g = {table_of(h, "user_permissions"), u.id, p.id};
    OK(store_transact(h->store, grant_twice, &g, err));
    const char *before = store_fingerprint(h);
    const char *both = arena_printf(h->place.arena, "user_id=%lld, permission_id=%lld",
                                    (long long)u.id, (long long)p.id);
    struct error err = ERROR_INIT;
    assert_int_equal(migrate_files_down(&t, store_migrations(), 17, &n, &err),
                     ERR_UNIQUE_VIOLATION);
    assert_non_null(strstr(err.message, both));
    error_release(&err);
    assert_string_equal(store_fingerprint(h), before);
}

static void changed_file_is_seen(void **state)
{
    struct home *h = *state;
    struct migrate_target t = store_migrate_target(h->store);
    const struct migration_set *set = store_migrations();
    struct migration_file *copy =
        arena_memdup(h->place.arena, set->files, set->n * sizeof(*set->files));
    struct migration_file *changed = copy;
    while (!strstr(changed->text, "255")) {
        changed++;
    }
    char *text = arena_strndup(h->place.arena, changed->text, changed->n_text);
    *strstr(text, "255") = '1';
    changed->text = text;
    struct migration_set other = {copy, set->n};
    size_t n = 0;
    FAILS(ERR_CORRUPT, migrate_files_up(&t, &other, -1, &n, err));
    struct migration_status *list = NULL;
    OK(migrate_files_status(&t, &other, h->place.arena, &list, &n, err));
    assert_true(list[changed - copy].is_changed);
    assert_false(list[changed - copy + 1].is_changed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(twenty_migrations_have_the_names_of_the_specification),
        T(every_file_is_under_200_lines),
        T(every_foreign_key_has_an_index),
        T(table_names_and_key_actions_are_those_of_the_specification),
        T(indexes_and_unique_keys_are_there_by_name),
        T(columns_that_matter_have_comments),
        T(registry_has_every_column_and_default_of_the_specification),
        T(down_to_each_number_and_up_again_gives_the_same_schema),
        T(down_to_zero_leaves_base_and_journal_and_nothing_in_the_trash),
        T(second_start_applies_nothing),
        T(seed_is_there_once),
        T(system_templates_hold_what_their_roles_may),
        T(down_of_18_lists_the_grants_that_would_collide),
        T(changed_file_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
