#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "app/caller.h"
#include "authz/policy.h"
#include "catalog/catalog.h"
#include "data/row_json.h"
#include "store/registry.h"

/*
 * What a source of a tenant holds, ready for use: the live catalog with what the registry knows
 * put onto it, each table's policy, and which API name means which table. Read once per generation
 * of the structure and version of the registry, then shared by all threads and never changed: a
 * request that finds its table here asks the store nothing. Of an attached database the registry
 * knows nothing; its tables are those that the source's lists let be there.
 *
 * Writes of the registry by this process are seen by the next request, those of another process
 * within a quarter of a second; structure is always that of now.
 */
struct tenant_table {
    const struct table *table;             /* decorated */
    const struct registry_table *registry; /* NULL = not in the registry */
    struct table_policy policy;
    bool has_policy;               /* a table outside of the registry says nothing */
    const struct filter *scope;    /* data_tenant_scope() */
    struct row_shape shown;        /* every column; of the tenant's own tables not tenant_id */
    const size_t *shown_positions; /* where each of them is in table->columns */
};

struct tenant_view {
    const struct catalog *catalog;
    struct tenant_table *tables; /* the user's tables, by name */
    size_t n_tables;
    struct map by_name;     /* folded -> struct tenant_table */
    struct map by_resource; /* "contacts" -> struct tenant_table; switched-on APIs only */
};

/**
 * tenant_view() - the view of the source that @c works in; lives as long as c->arena
 *
 * Errors: ERR_NOT_FOUND when the caller works in no tenant, the engine's.
 */
enum errcode tenant_view(const struct caller *c, const struct tenant_view **out,
                         struct error *err) MUST_CHECK;

/**
 * tenant_view_renew() - *@is_new: the view that a request which began at @since (monotonic) may
 * have had is not that of now; the next tenant_view() is. For a request that failed: another
 * process may have made a moment ago what it did not find. Errors: the engine's.
 */
enum errcode tenant_view_renew(const struct caller *c, int64_t since, bool *is_new,
                               struct error *err) MUST_CHECK;

/** tenant_view_table() - the table @name. Errors: ERR_NOT_FOUND, also for internal ones. */
enum errcode tenant_view_table(const struct tenant_view *v, struct str name,
                               const struct tenant_table **out, struct error *err) MUST_CHECK;
/** tenant_view_resource() - the table whose API is /api/custom/@resource. Errors: ERR_NOT_FOUND,
 *  also for one whose API is switched off. */
enum errcode tenant_view_resource(const struct tenant_view *v, struct str resource,
                                  const struct tenant_table **out, struct error *err) MUST_CHECK;

/** tenant_table_check() - may @c do @action on @t? As caller_check_table(). */
enum errcode tenant_table_check(const struct caller *c, enum action action,
                                const struct tenant_table *t, struct error *err) MUST_CHECK;
bool tenant_table_may(const struct caller *c, enum action action, const struct tenant_table *t);

/** tenant_view_forget() - the next request of @tenant_id (0 = everybody) reads anew; needed only
 *  after writes of the registry that did not go through store/registry.h. */
void tenant_view_forget(struct app *app, int64_t tenant_id);
/** tenant_views_free() - what is kept of @app; called once by app_close(). */
void tenant_views_free(struct app *app);
