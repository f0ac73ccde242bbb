#include "app/rights.h"

#include "app/tables.h"
#include "catalog/where.h"

static const enum action actions[CHANGE_N] = {
    [CHANGE_CREATE_TABLE] = ACTION_TABLES_CREATE,  [CHANGE_DROP_TABLE] = ACTION_TABLES_DROP,
    [CHANGE_RENAME_TABLE] = ACTION_TABLES_ALTER,   [CHANGE_RESTORE_TABLE] = ACTION_TRASH_RESTORE,
    [CHANGE_CREATE_COLUMN] = ACTION_COLUMNS_ADD,   [CHANGE_DROP_COLUMN] = ACTION_COLUMNS_DROP,
    [CHANGE_RENAME_COLUMN] = ACTION_COLUMNS_ALTER, [CHANGE_CREATE_INDEX] = ACTION_INDEXES_CREATE,
    [CHANGE_DROP_INDEX] = ACTION_INDEXES_DROP,     [CHANGE_MODIFY_COLUMN] = ACTION_COLUMNS_ALTER,
};

const char *change_table(const struct change *change)
{
    switch (change->kind) {
    case CHANGE_CREATE_TABLE:
        return change->create_table.table->name;
    case CHANGE_DROP_TABLE:
        return change->drop_table.table;
    case CHANGE_RENAME_TABLE:
        return change->rename_table.table;
    case CHANGE_RESTORE_TABLE:
        return change->restore_table.table->name;
    case CHANGE_CREATE_COLUMN:
        return change->create_column.table;
    case CHANGE_DROP_COLUMN:
        return change->drop_column.table;
    case CHANGE_RENAME_COLUMN:
        return change->rename_column.table;
    case CHANGE_CREATE_INDEX:
        return change->create_index.table;
    case CHANGE_DROP_INDEX:
        return change->drop_index.table;
    case CHANGE_MODIFY_COLUMN:
        return change->modify_column.table;
    default:
        return NULL;
    }
}

/* The name by which rights are given: the live table's own spelling. */
static const char *own_name(const struct tenant_view *v, const char *name)
{
    const struct tenant_table *t = name ? map_get(&v->by_name, str_of(name)) : NULL;
    return t ? t->table->name : name;
}

static bool starts_nocase(const char *name, struct str prefix)
{
    struct str s = str_of(name);
    return s.n >= prefix.n && str_eq_nocase((struct str){s.p, prefix.n}, prefix);
}

/* The server's own tables and the engine's are nobody's, however they are spelt. */
static bool is_nobodys(const struct tenant_view *v, const char *name)
{
    const struct table *t = catalog_find_table(v->catalog, str_of(name));
    return starts_nocase(name, STR(TELAIO_PREFIX)) || starts_nocase(name, STR("sqlite_")) ||
           (t && t->is_internal);
}

static bool is_hidden(const struct caller *c, const char *name)
{
    return c->source && !source_shows(c->source, name);
}

static bool is_there_for(const struct caller *c, const struct tenant_view *v, const char *name)
{
    return !is_hidden(c, name) && !is_nobodys(v, name) && app_table_sees(c, own_name(v, name));
}

/* In the very words for a table that is not there at all. */
static enum errcode check_relation(const struct caller *c, const struct tenant_view *v,
                                   const struct column *column, struct error *err)
{
    const char *related = column->related_table;
    if (!related || is_there_for(c, v, related)) {
        return ERR_OK;
    }
    ERROR(err, ERR_INVALID, "related table \"%s\" is not there or has no single primary key",
          related);
    return error_where(err, "/relatedTable");
}

static enum errcode check_keys(const struct caller *c, const struct tenant_view *v,
                               const struct foreign_key *keys, size_t n, struct error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (!is_there_for(c, v, keys[i].referenced_table)) {
            ERROR(err, ERR_INVALID, "no table \"%s\"", keys[i].referenced_table);
            return error_where(err, "/foreignKeys/%zu/referencedTable", i);
        }
    }
    return ERR_OK;
}

static enum errcode check_references(const struct caller *c, const struct tenant_view *v,
                                     const struct change *change, struct error *err)
{
    if (change->kind == CHANGE_CREATE_COLUMN) {
        TRY(where_prefix(err, check_relation(c, v, &change->create_column.column, err), "/column"));
        return check_keys(c, v, change->create_column.foreign_keys,
                          change->create_column.n_foreign_keys, err);
    }
    if (change->kind != CHANGE_CREATE_TABLE) {
        return ERR_OK;
    }
    const struct table *t = change->create_table.table;
    for (size_t i = 0; i < t->n_columns; i++) {
        enum errcode code = check_relation(c, v, &t->columns[i], err);
        TRY(where_prefix(err, code, "/table/columns/%zu", i));
    }
    return where_prefix(err, check_keys(c, v, t->foreign_keys, t->n_foreign_keys, err), "/table");
}

/* What is kept nowhere is destroyed at once, and that is a right of its own. */
static bool keeps_nothing(const struct change *change)
{
    return (change->kind == CHANGE_DROP_TABLE && change->drop_table.no_trash) ||
           (change->kind == CHANGE_DROP_COLUMN && change->drop_column.no_trash);
}

static enum errcode check_one(const struct caller *c, const struct tenant_view *v,
                              const struct change *change, bool is_named, struct error *err)
{
    if (change->kind == CHANGE_CREATE_TABLE && !is_named) {
        return where_prefix(err, caller_check(c, ACTION_TABLES_CREATE, err), "/table");
    }
    const char *name = own_name(v, change_table(change));
    bool is_old = name && change->kind != CHANGE_CREATE_TABLE;
    if (is_old && !is_there_for(c, v, name)) {
        ERROR(err, ERR_NOT_FOUND, "no table \"%s\"", name);
        return error_where(err, "/table");
    }
    TRY(where_prefix(err, caller_check_table(c, actions[change->kind], name, NULL, err), "/table"));
    if (keeps_nothing(change)) {
        TRY(where_prefix(err, caller_check_table(c, ACTION_TRASH_PURGE, name, NULL, err),
                         "/noTrash"));
    }
    if (change->kind == CHANGE_RENAME_TABLE && is_named) {
        /* a right that was given for one name does not give a table away into another */
        const char *to = change->rename_table.new_name;
        TRY(where_prefix(err, caller_check_table(c, ACTION_TABLES_ALTER, to, NULL, err),
                         "/newName"));
    }
    return check_references(c, v, change, err);
}

/* A name that the lists of the source keep away is not made either. */
static enum errcode check_new_name(const struct caller *c, const struct change *change,
                                   struct error *err)
{
    bool is_rename = change->kind == CHANGE_RENAME_TABLE;
    const char *name = change->kind == CHANGE_CREATE_TABLE ? change->create_table.table->name
                       : is_rename                         ? change->rename_table.new_name
                                                           : NULL;
    if (!name || !is_hidden(c, name)) {
        return ERR_OK;
    }
    ERROR(err, ERR_FORBIDDEN, "the lists of the source keep tables of this name away");
    return error_where(err, "%s", is_rename ? "/newName" : "/table/tableName");
}

enum errcode rights_check(const struct caller *c, const struct tenant_view *v,
                          const struct change_list *list, bool is_named, struct error *err)
{
    for (size_t i = 0; i < list->n; i++) {
        TRY(where_prefix(err, check_one(c, v, &list->items[i], is_named, err), "/operations/%zu",
                         i));
        TRY(where_prefix(err, check_new_name(c, &list->items[i], err), "/operations/%zu", i));
    }
    return ERR_OK;
}

enum errcode rights_check_tables(const struct caller *c, enum action action,
                                 const struct change_list *list, struct error *err)
{
    for (size_t i = 0; i < list->n; i++) {
        const char *name = change_table(&list->items[i]);
        if (!app_table_sees(c, name)) {
            return ERROR(err, ERR_NOT_FOUND, "it is not there");
        }
        TRY(caller_check_table(c, action, name, NULL, err));
    }
    return ERR_OK;
}
