#pragma once

#include "catalog/catalog.h"
#include "migrate/change_run.h"
#include "store/store.h"

/*
 * The registry: the specification's custom_tables_registry, one row per managed table. The live
 * catalogue is the truth for structure; schema_config and relationships are a projection of it,
 * rewritten with each change. The registry alone keeps display names, icons, order, rules, and
 * permissions.
 */
struct registry_table {
    const char *id; /* uuid */
    int64_t tenant_id;
    const char *table_name; /* "custom_contacts" */
    const char *display_name;
    const char *description;
    const char *icon;
    const char *color;
    const char *schema_config; /* JSON {"columns": [...]} */
    const char *relationships; /* JSON array */
    const char *permissions; /* JSON {"read": [...], "create": …, "update": …, "delete": …} */
    bool api_enabled;
    const char *api_prefix; /* "/api/custom/contacts" */
    int64_t created_at, updated_at;
    int64_t created_by, updated_by;
};

extern const struct record_type store_registry_type;

enum errcode store_registry_list(struct store *s, struct arena *a, int64_t tenant_id,
                                 struct registry_table **out, size_t *n,
                                 struct error *err) MUST_CHECK;
/** store_registry_by_name() - Errors: ERR_NOT_FOUND. */
enum errcode store_registry_by_name(struct store *s, struct arena *a, int64_t tenant_id,
                                    struct str table_name, struct registry_table *out,
                                    struct error *err) MUST_CHECK;
/** store_registry_by_prefix() - the table whose api_prefix is @prefix. Errors: ERR_NOT_FOUND. */
enum errcode store_registry_by_prefix(struct store *s, struct arena *a, int64_t tenant_id,
                                      struct str prefix, struct registry_table *out,
                                      struct error *err) MUST_CHECK;
/** store_registry_mark() - *@newest changes with every write of the tenant's rows that is
 * committed, but for a deletion, which changes *@count. */
enum errcode store_registry_mark(struct store *s, int64_t tenant_id, int64_t *newest,
                                 int64_t *count, struct error *err) MUST_CHECK;
/** store_touch() - told before this process writes rows of the tenant's: whoever keeps what it read
 *  of them looks again for as long as a commit takes. */
void store_touch(struct store *s, int64_t tenant_id);
/** store_touched() - when that was last told, monotonic microseconds, 0 = never; of this tenant or
 *  of one that shares its place. */
int64_t store_touched(struct store *s, int64_t tenant_id);
/** store_registry_insert() - sets id (when NULL, in @a) and times. */
enum errcode store_registry_insert(struct store *s, struct arena *a, struct registry_table *r,
                                   struct error *err) MUST_CHECK;
/** store_registry_update() - display attributes, api_*, permissions; sets updated_at. */
enum errcode store_registry_update(struct store *s, struct registry_table *r,
                                   const char *const *fields, struct error *err) MUST_CHECK;
enum errcode store_registry_delete(struct store *s, int64_t tenant_id, struct str table_name,
                                   struct error *err) MUST_CHECK;

/** store_registry_decorate() - put what the registry knows onto a private catalog of the tenant's:
 *  display names, descriptions, icons, permissions, rules, options, comments. */
enum errcode store_registry_decorate(struct store *s, int64_t tenant_id, struct catalog *c,
                                     struct error *err) MUST_CHECK;
/**
 * store_registry_column() - change what only the registry keeps of one column
 * @presentation: the column with display_name, rules, options as they shall be
 */
enum errcode store_registry_column(struct store *s, const struct catalog *live, int64_t tenant_id,
                                   const char *table, const struct column *presentation,
                                   struct error *err) MUST_CHECK;
/** store_registry_shown() - the names of the columns of @row in the order in which they are shown,
 *  in @a; the live table may have others and lack some. */
enum errcode store_registry_shown(struct arena *a, const struct registry_table *row,
                                  const char ***out, size_t *n, struct error *err) MUST_CHECK;
/** store_registry_order() - set the order in which columns are shown. */
enum errcode store_registry_order(struct store *s, int64_t tenant_id, struct str table,
                                  const char *const *columns, size_t n,
                                  struct error *err) MUST_CHECK;

/**
 * store_registry_hooks() - for struct migrate_target: keeps registry and audit in step with every
 * schema change of @tenant_id. @a owns what the hooks need.
 */
struct migrate_hooks store_registry_hooks(struct store *s, int64_t tenant_id, struct arena *a);

/** store_source_hooks() - the same for an attached database, of which the registry knows nothing:
 *  its tables are marked as foreign, the audit is kept. */
struct migrate_hooks store_source_hooks(struct store *s, int64_t tenant_id, struct arena *a);
/** store_mark_foreign() - the tables of @c, a private catalog, are an attached database's. */
void store_mark_foreign(struct catalog *c);

/* Where a change comes from; texts are borrowed, NULL = unknown. */
struct registry_origin {
    const char *address, *agent, *request_id;
};
/** store_registry_origin() - the audit entries of @hooks (store_registry_hooks()) say @origin. */
void store_registry_origin(const struct migrate_hooks *hooks, const struct registry_origin *origin);

/**
 * store_registry_check() - registry against a live catalogue (doctor)
 * @report: a line per difference
 */
enum errcode store_registry_check(struct store *s, int64_t tenant_id, const struct catalog *live,
                                  struct buf *report, bool *sound, struct error *err) MUST_CHECK;

/** store_api_prefix() - "/api/custom/contacts" of "custom_contacts". */
char *store_api_prefix(struct arena *a, const char *table_name);
