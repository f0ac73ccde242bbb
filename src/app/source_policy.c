#include "app/source_policy.h"

#include "app/rights.h"
#include "base/attr.h"
#include "base/str.h"
#include "catalog/where.h"

struct source_policy source_policy_default(bool is_main)
{
    return (struct source_policy){
        .enabled = true,
        .environment = ENVIRONMENT_DEVELOPMENT,
        .restrict_to = {AUTHZ_LEVEL_ADMIN, AUTHZ_LEVEL_DEVELOPER},
        .n_restrict_to = 2,
        .require_confirmation = !is_main,
        .enable_table_creation = true,
        .enable_table_deletion = is_main,
        .enable_column_modification = true,
        .enable_column_deletion = true,
        .enable_index_management = true,
        .enable_foreign_key_management = true,
    };
}

#define OPTION(member) offsetof(struct source_policy, member)

/* Which option lets an operation run. Every kind has its row. */
static const struct {
    size_t option;
    const char *name;
} options[CHANGE_N] = {
    [CHANGE_CREATE_TABLE] = {OPTION(enable_table_creation), "enableTableCreation"},
    [CHANGE_RENAME_TABLE] = {OPTION(enable_table_creation), "enableTableCreation"},
    [CHANGE_RESTORE_TABLE] = {OPTION(enable_table_creation), "enableTableCreation"},
    [CHANGE_DROP_TABLE] = {OPTION(enable_table_deletion), "enableTableDeletion"},
    [CHANGE_CREATE_COLUMN] = {OPTION(enable_column_modification), "enableColumnModification"},
    [CHANGE_RENAME_COLUMN] = {OPTION(enable_column_modification), "enableColumnModification"},
    [CHANGE_MODIFY_COLUMN] = {OPTION(enable_column_modification), "enableColumnModification"},
    [CHANGE_DROP_COLUMN] = {OPTION(enable_column_deletion), "enableColumnDeletion"},
    [CHANGE_CREATE_INDEX] = {OPTION(enable_index_management), "enableIndexManagement"},
    [CHANGE_DROP_INDEX] = {OPTION(enable_index_management), "enableIndexManagement"},
};

const char *source_policy_why_not(const struct source_policy *p, enum change_kind kind)
{
    if (!p->enabled) {
        return "enabled";
    }
    bool is_on = *(const bool *)((const char *)p + options[kind].option);
    return is_on || !options[kind].name ? NULL : options[kind].name;
}

bool source_policy_confirms(const struct source_policy *p)
{
    return p->require_confirmation || p->environment == ENVIRONMENT_PRODUCTION;
}

static bool is_listed(const struct source_names *names, const char *name)
{
    for (size_t i = 0; name && i < names->n; i++) {
        if (str_eq_nocase(str_of(names->items[i]), str_of(name))) {
            return true;
        }
    }
    return false;
}

static enum errcode refuse(struct error *err, const char *option, const char *where)
{
    ERROR(err, ERR_FORBIDDEN, "the policy of the source does not allow this: \"%s\"", option);
    (void)error_hint(err, "who administers the source may change its policy");
    return error_where(err, "%s", where);
}

static enum errcode check_table(const struct source_policy *p, const char *table, const char *where,
                                struct error *err)
{
    return is_listed(&p->forbidden_tables, table) ? refuse(err, "forbiddenTables", where) : ERR_OK;
}

static enum errcode check_column(const struct source_policy *p, const char *table,
                                 const char *column, const char *where, struct error *err)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    const char *whole = arena_printf(a, "%s.%s", table ? table : "", column ? column : "");
    bool is_hit =
        is_listed(&p->forbidden_columns, column) || is_listed(&p->forbidden_columns, whole);
    return is_hit ? refuse(err, "forbiddenColumns", where) : ERR_OK;
}

/* The keys that come with a table or a column, and the tables that they reach. */
static enum errcode check_keys(const struct source_policy *p, const struct foreign_key *keys,
                               size_t n, struct error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (!p->enable_foreign_key_management) {
            return refuse(err, "enableForeignKeyManagement", "/foreignKeys");
        }
        TRY(check_table(p, keys[i].referenced_table, "/foreignKeys", err));
    }
    return ERR_OK;
}

static enum errcode check_relation(const struct source_policy *p, const struct column *c,
                                   struct error *err)
{
    if (!c->related_table) {
        return ERR_OK;
    }
    return p->enable_foreign_key_management
               ? check_table(p, c->related_table, "/relatedTable", err)
               : refuse(err, "enableForeignKeyManagement", "/relatedTable");
}

static enum errcode check_new_table(const struct source_policy *p, const struct table *t,
                                    struct error *err)
{
    for (size_t i = 0; i < t->n_columns; i++) {
        TRY(check_column(p, t->name, t->columns[i].name, "/table/columns", err));
        TRY(where_prefix(err, check_relation(p, &t->columns[i], err), "/table/columns/%zu", i));
    }
    return where_prefix(err, check_keys(p, t->foreign_keys, t->n_foreign_keys, err), "/table");
}

static enum errcode check_new_column(const struct source_policy *p, const struct change *c,
                                     struct error *err)
{
    const char *name = c->create_column.column.name;
    TRY(check_column(p, c->create_column.table, name, "/column", err));
    TRY(where_prefix(err, check_relation(p, &c->create_column.column, err), "/column"));
    return check_keys(p, c->create_column.foreign_keys, c->create_column.n_foreign_keys, err);
}

/* The columns of an index are as untouchable as the column itself. */
static enum errcode check_index(const struct source_policy *p, const struct change *c,
                                struct error *err)
{
    const struct index *ix = &c->create_index.index;
    for (size_t i = 0; i < ix->n_keys; i++) {
        TRY(check_column(p, c->create_index.table, ix->keys[i].column, "/index", err));
    }
    return ERR_OK;
}

static enum errcode check_parts(const struct source_policy *p, const struct change *c,
                                struct error *err)
{
    switch (c->kind) {
    case CHANGE_CREATE_TABLE:
        return check_new_table(p, c->create_table.table, err);
    case CHANGE_RENAME_TABLE:
        return check_table(p, c->rename_table.new_name, "/newName", err);
    case CHANGE_CREATE_COLUMN:
        return check_new_column(p, c, err);
    case CHANGE_DROP_COLUMN:
        return check_column(p, c->drop_column.table, c->drop_column.column, "/column", err);
    case CHANGE_MODIFY_COLUMN:
        return check_column(p, c->modify_column.table, c->modify_column.column, "/column", err);
    case CHANGE_RENAME_COLUMN:
        TRY(check_column(p, c->rename_column.table, c->rename_column.column, "/column", err));
        return check_column(p, c->rename_column.table, c->rename_column.new_name, "/newName", err);
    case CHANGE_CREATE_INDEX:
        return check_index(p, c, err);
    default:
        return ERR_OK;
    }
}

static enum errcode check_one(const struct source_policy *p, const struct change *c, bool is_undo,
                              struct error *err)
{
    const char *option = source_policy_why_not(p, c->kind);
    if (option && !(is_undo && p->enabled)) {
        return refuse(err, option, "");
    }
    TRY(check_table(p, change_table(c), "/table", err));
    return check_parts(p, c, err);
}

enum errcode source_policy_check(const struct source_policy *p, const char *database,
                                 const struct change_list *list, bool is_undo, struct error *err)
{
    if (p->allowed_databases.n > 0 && !is_listed(&p->allowed_databases, database)) {
        return refuse(err, "allowedDatabases", "");
    }
    for (size_t i = 0; i < list->n; i++) {
        TRY(where_prefix(err, check_one(p, &list->items[i], is_undo, err), "/operations/%zu", i));
    }
    return ERR_OK;
}
