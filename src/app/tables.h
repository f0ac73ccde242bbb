#pragma once

#include "app/caller.h"
#include "app/tenant_view.h"

/*
 * Tables as a caller sees them: the live structure with what the registry knows, and what the
 * caller may do. A table the caller may not see is absent: ERR_NOT_FOUND, as one that is not there.
 * Structure changes by app/changes.h; here is what only the registry keeps. Everything that is read
 * lives as long as the caller's arena.
 */
struct app_can {
    bool read, create, update, delete, alter;
};

struct app_table {
    const struct tenant_table *view; /* structure, registry row, policy */
    const struct catalog *catalog;   /* all tables of the tenant, decorated */
    const struct table *table;
    const struct column **columns;       /* table->n_columns of them, in the order they are shown */
    const struct column *const *row_key; /* what addresses a row, n_row_key of them; 0 = nothing */
    size_t n_row_key;
    struct app_can can;
    int64_t row_estimate; /* -1 = unknown */
    bool is_managed;      /* has the columns that the server keeps */
};

/** app_table_keeps() - @column is the server's to fill. */
bool app_table_keeps(const struct app_table *t, const struct column *column);

/** app_tables_list() - the tables the caller may see, by name; engine's and trash tables never.
 *  Estimates of rows that take long are left out (-1). */
enum errcode app_tables_list(const struct caller *c, struct app_table **out, size_t *n,
                             struct error *err) MUST_CHECK;
/** app_table_get() - one table, by its name in any case. Errors: ERR_NOT_FOUND. */
enum errcode app_table_get(const struct caller *c, const char *name, struct app_table *out,
                           struct error *err) MUST_CHECK;
/** app_table_sees() - the caller may see the table of this name, which need not be there. */
bool app_table_sees(const struct caller *c, const char *name);
/** app_table_column_can() - what the caller may do with @column of @t. */
struct app_can app_table_column_can(const struct app_table *t, const struct column *column);

/** app_schema() - the live catalog of the caller's tenant, decorated, without the tables it may not
 *  see (for catalog_encode()). */
enum errcode app_schema(const struct caller *c, const struct catalog **out,
                        struct error *err) MUST_CHECK;

/* What PUT …/tables/{t} sets. A text that is given as NULL empties what may be empty. */
enum app_table_field {
    APP_TABLE_DISPLAY_NAME = 1,
    APP_TABLE_DESCRIPTION = 2,
    APP_TABLE_ICON = 4,
    APP_TABLE_COLOR = 8,
    APP_TABLE_API_ENABLED = 16,
    APP_TABLE_API_PREFIX = 32,
    APP_TABLE_PERMISSIONS = 64,
};

struct app_table_set {
    unsigned fields; /* enum app_table_field, those that are given */
    const char *display_name, *description, *icon, *color;
    bool api_enabled;
    const char *api_prefix;  /* "/api/custom/<slug>", or the slug alone */
    const char *permissions; /* JSON object text */
};

/** app_api_prefix() - *@out = the whole prefix for @given, a prefix or its last word, in @a.
 *  Errors: ERR_INVALID, where "/apiPrefix". */
enum errcode app_api_prefix(struct arena *a, const char *given, const char **out,
                            struct error *err) MUST_CHECK;
/** app_table_set_check() - the values alone, before anything is written. Errors: ERR_INVALID,
 *  ERR_UNKNOWN_FIELD (in permissions), where points into the body. */
enum errcode app_table_set_check(const struct caller *c, const struct app_table_set *set,
                                 struct error *err) MUST_CHECK;
/** app_table_set() - write them. Errors: as app_table_set_check(), ERR_NOT_FOUND, ERR_FORBIDDEN,
 *  ERR_CONFLICT when another table has the prefix. */
enum errcode app_table_set(const struct caller *c, const char *table,
                           const struct app_table_set *set, struct error *err) MUST_CHECK;

struct app_column_set {
    const struct column *shown; /* display_name, rules, comment, options as they shall be; NULL = as
                                   they are */
    int64_t order; /* 1 = first of the columns that the server does not keep, 0 = where it is */
};

/** app_table_set_column() - how a column is shown, its rules, its place. Errors: ERR_NOT_FOUND,
 *  ERR_FORBIDDEN, ERR_INVALID, ERR_READ_ONLY_FIELD for rules of a column the server keeps,
 *  ERR_UNSUPPORTED for a rule that the table's own CHECK would not let through. */
enum errcode app_table_set_column(const struct caller *c, const char *table, const char *column,
                                  const struct app_column_set *set, struct error *err) MUST_CHECK;
