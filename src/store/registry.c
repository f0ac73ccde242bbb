#include "store/registry.h"

#include <stdatomic.h>
#include <string.h>

#include "base/time.h"
#include "base/uuid.h"
#include "store/config_json.h"
#include "store/present.h"
#include "store/record.h"

#define CUSTOM_PREFIX "custom_"
#define API_ROOT      "/api/custom/"

static const struct record_field registry_fields[] = {
    RECORD_FIELD(struct registry_table, id, TEXT),
    RECORD_FIELD(struct registry_table, tenant_id, INT),
    RECORD_FIELD(struct registry_table, table_name, TEXT),
    RECORD_FIELD(struct registry_table, display_name, TEXT),
    RECORD_FIELD(struct registry_table, description, TEXT),
    RECORD_FIELD(struct registry_table, icon, TEXT),
    RECORD_FIELD(struct registry_table, color, TEXT),
    RECORD_FIELD(struct registry_table, schema_config, TEXT),
    RECORD_FIELD(struct registry_table, relationships, TEXT),
    RECORD_FIELD(struct registry_table, permissions, TEXT),
    RECORD_FIELD(struct registry_table, api_enabled, BOOL),
    RECORD_FIELD(struct registry_table, api_prefix, TEXT),
    RECORD_FIELD(struct registry_table, created_at, TIME),
    RECORD_FIELD(struct registry_table, updated_at, TIME),
    RECORD_FIELD(struct registry_table, created_by, INT),
    RECORD_FIELD(struct registry_table, updated_by, REF),
};
RECORD_TYPE(store_registry_type, "custom_tables_registry", struct registry_table, registry_fields,
            "id");

char *store_api_prefix(struct arena *a, const char *table_name)
{
    struct str name = str_of(table_name);
    if (str_starts(name, STR(CUSTOM_PREFIX))) {
        name = str_sub(name, sizeof(CUSTOM_PREFIX) - 1);
    }
    return arena_printf(a, API_ROOT "%.*s", (int)name.n, name.p);
}

enum errcode store_registry_list(struct store *s, struct arena *a, int64_t tenant_id,
                                 struct registry_table **out, size_t *n, struct error *err)
{
    struct record_term term = TERM("tenant_id", EQ, value_int(tenant_id));
    struct record_query q = {.terms = &term, .n_terms = 1, .order = "table_name"};
    void *found = NULL;
    TRY(store_all(s, a, &store_registry_type, &q, &found, n, err));
    *out = found;
    return ERR_OK;
}

enum errcode store_registry_by_name(struct store *s, struct arena *a, int64_t tenant_id,
                                    struct str table_name, struct registry_table *out,
                                    struct error *err)
{
    struct record_term terms[] = {TERM("tenant_id", EQ, value_int(tenant_id)),
                                  TERM("table_name", EQ, value_str(table_name))};
    return store_one(s, a, &store_registry_type, terms, ARRAY_LEN(terms), "table", out, err);
}

enum errcode store_registry_by_prefix(struct store *s, struct arena *a, int64_t tenant_id,
                                      struct str prefix, struct registry_table *out,
                                      struct error *err)
{
    struct record_term terms[] = {TERM("tenant_id", EQ, value_int(tenant_id)),
                                  TERM("api_prefix", EQ, value_str(prefix))};
    return store_one(s, a, &store_registry_type, terms, ARRAY_LEN(terms), "table", out, err);
}

enum errcode store_registry_mark(struct store *s, int64_t tenant_id, int64_t *newest,
                                 int64_t *count, struct error *err)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    struct record_term term = TERM("tenant_id", EQ, value_int(tenant_id));
    struct record_query q = {
        .terms = &term, .n_terms = 1, .order = "updated_at", .is_descending = true, .limit = 1};
    struct record_place place = store_place(s);
    void *found = NULL;
    size_t n = 0;
    TRY(store_all(s, a, &store_registry_type, &q, &found, &n, err));
    *newest = n ? ((struct registry_table *)found)->updated_at : 0;
    return record_count(&place, &store_registry_type, &q, count, err);
}

void store_touch(struct store *s, int64_t tenant_id)
{
    atomic_store(&s->touched[(uint64_t)tenant_id % STORE_TOUCHED], time_monotonic_us());
}

int64_t store_touched(struct store *s, int64_t tenant_id)
{
    return atomic_load(&s->touched[(uint64_t)tenant_id % STORE_TOUCHED]);
}

enum errcode store_registry_insert(struct store *s, struct arena *a, struct registry_table *r,
                                   struct error *err)
{
    store_touch(s, r->tenant_id);
    if (!r->id) {
        char *id = arena_alloc(a, UUID_TEXT + 1);
        uuid_make(id);
        r->id = id;
    }
    r->created_at = r->updated_at = store_now();
    return store_insert(s, &store_registry_type, r, err);
}

enum errcode store_registry_update(struct store *s, struct registry_table *r,
                                   const char *const *fields, struct error *err)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    store_touch(s, r->tenant_id);
    r->updated_at = store_now();
    return store_update(s, &store_registry_type, r, store_fields_with(a, fields, "updated_at"),
                        err);
}

enum errcode store_registry_delete(struct store *s, int64_t tenant_id, struct str table_name,
                                   struct error *err)
{
    struct record_term terms[] = {TERM("tenant_id", EQ, value_int(tenant_id)),
                                  TERM("table_name", EQ, value_str(table_name))};
    store_touch(s, tenant_id);
    return store_delete(s, &store_registry_type, terms, ARRAY_LEN(terms), NULL, err);
}

enum errcode store_registry_decorate(struct store *s, int64_t tenant_id, struct catalog *c,
                                     struct error *err)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    struct registry_table *rows = NULL;
    size_t n = 0;
    TRY(store_registry_list(s, a, tenant_id, &rows, &n, err));
    for (size_t i = 0; i < n; i++) {
        struct table *t = catalog_find_table(c, str_of(rows[i].table_name));
        if (t) {
            TRY(present_table(c->arena, &rows[i], t, err));
        }
    }
    return ERR_OK;
}

static enum errcode write_config(struct store *s, struct registry_table *row, const char *config,
                                 struct error *err)
{
    static const char *const fields[] = {"schema_config", NULL};
    row->schema_config = config;
    return store_registry_update(s, row, fields, err);
}

enum errcode store_registry_column(struct store *s, const struct catalog *live, int64_t tenant_id,
                                   const char *table, const struct column *presentation,
                                   struct error *err)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    struct registry_table row = {0};
    TRY(store_registry_by_name(s, a, tenant_id, str_of(table), &row, err));
    const struct table *t = catalog_find_table(live, str_of(table));
    struct table *own = t ? table_copy(a, t) : NULL;
    struct column *column = own ? table_find_column(own, str_of(presentation->name)) : NULL;
    if (!column) {
        return ERROR(err, ERR_NOT_FOUND, "table \"%s\" has no column \"%s\"", table,
                     presentation->name);
    }
    const char **names = NULL;
    size_t n_names = 0;
    TRY(present_table(a, &row, own, err));
    TRY(present_order(a, &row, &names, &n_names, err));
    present_column(a, presentation, column);
    return write_config(s, &row, config_encode(a, own, names, n_names), err);
}

enum errcode store_registry_shown(struct arena *a, const struct registry_table *row,
                                  const char ***out, size_t *n, struct error *err)
{
    return present_order(a, row, out, n, err);
}

enum errcode store_registry_order(struct store *s, int64_t tenant_id, struct str table,
                                  const char *const *columns, size_t n, struct error *err)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    struct registry_table row = {0};
    TRY(store_registry_by_name(s, a, tenant_id, table, &row, err));
    const char *text = NULL;
    TRY(config_reorder(a, row.schema_config, columns, n, &text, err));
    return write_config(s, &row, text, err);
}

static void report_missing_rows(const struct catalog *live, const struct registry_table *rows,
                                size_t n, struct buf *report)
{
    for (size_t i = 0; i < live->n_tables; i++) {
        const struct table *t = live->tables[i];
        bool is_known = t->is_internal || t->kind != TABLE_BASE ||
                        !str_starts(str_of(t->name), STR(CUSTOM_PREFIX));
        for (size_t k = 0; k < n && !is_known; k++) {
            is_known = str_eq_nocase(str_of(t->name), str_of(rows[k].table_name));
        }
        if (!is_known) {
            buf_printf(report, "table \"%s\" is not in the registry\n", t->name);
        }
    }
}

static enum errcode report_row(struct arena *a, const struct catalog *live,
                               const struct registry_table *row, struct buf *report,
                               struct error *err)
{
    const struct table *t = catalog_find_table(live, str_of(row->table_name));
    struct column *columns = NULL;
    size_t n = 0;
    if (!t) {
        buf_printf(report, "table \"%s\" of the registry is not there\n", row->table_name);
        return ERR_OK;
    }
    TRY(config_decode(a, row->schema_config, &columns, &n, err));
    for (size_t i = 0; i < n; i++) {
        if (!table_find_column(t, str_of(columns[i].name))) {
            buf_printf(report, "column \"%s\" of table \"%s\" is in the registry only\n",
                       columns[i].name, t->name);
        }
    }
    struct table known = {.columns = columns, .n_columns = n};
    for (size_t i = 0; i < t->n_columns; i++) {
        if (!table_find_column(&known, str_of(t->columns[i].name))) {
            buf_printf(report, "column \"%s\" of table \"%s\" is not in the registry\n",
                       t->columns[i].name, t->name);
        }
    }
    return ERR_OK;
}

enum errcode store_registry_check(struct store *s, int64_t tenant_id, const struct catalog *live,
                                  struct buf *report, bool *sound, struct error *err)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    struct registry_table *rows = NULL;
    size_t n = 0, before = report->n;
    TRY(store_registry_list(s, a, tenant_id, &rows, &n, err));
    for (size_t i = 0; i < n; i++) {
        TRY(report_row(a, live, &rows[i], report, err));
    }
    report_missing_rows(live, rows, n, report);
    *sound = report->n == before;
    return ERR_OK;
}
