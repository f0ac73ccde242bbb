#include "app/tables.h"

#include "base/time.h"
#include "data/managed.h"
#include "data/read.h"

/* Of many tables an engine may be asked one by one: a list does not wait longer for how many rows
 * there are. */
#define ESTIMATES_US INT64_C(200000)

bool app_table_sees(const struct caller *c, const char *name)
{
    return caller_may_table(c, ACTION_TABLES_READ, name, NULL);
}

static bool is_shown(const struct caller *c, const struct tenant_table *t)
{
    return !t->table->is_internal && app_table_sees(c, t->table->name);
}

/* The registry's order; what rows leave out (tenant_id) stands behind the key. */
static const struct column **shown_columns(struct arena *a, const struct tenant_table *t)
{
    const struct table *table = t->table;
    const struct column **out = ARENA_ARRAY(a, table->n_columns, const struct column *);
    bool *is_placed = ARENA_ARRAY(a, table->n_columns, bool);
    size_t n = 0;
    for (size_t i = 0; i < t->shown.n; i++) {
        is_placed[t->shown_positions[i]] = true;
    }
    for (size_t i = 0; i <= t->shown.n; i++) {
        bool is_here = i == (t->shown.n > 0 ? 1 : 0);
        for (size_t k = 0; k < table->n_columns && is_here; k++) {
            if (!is_placed[k]) {
                out[n++] = &table->columns[k];
            }
        }
        if (i < t->shown.n) {
            out[n++] = &table->columns[t->shown_positions[i]];
        }
    }
    return out;
}

/* @s NULL: only what the catalog knows. */
static struct app_table describe(const struct caller *c, const struct tenant_view *v,
                                 const struct tenant_table *t, struct session *s)
{
    const char *name = t->table->name;
    bool is_base = t->table->kind == TABLE_BASE;
    size_t n_key = 0;
    const struct column *const *key = data_row_key(c->arena, t->table, &n_key);
    return (struct app_table){
        .view = t,
        .catalog = v->catalog,
        .table = t->table,
        .columns = shown_columns(c->arena, t),
        .row_key = key,
        .n_row_key = n_key,
        .can =
            {
                .read = tenant_table_may(c, ACTION_DATA_READ, t),
                .create = is_base && tenant_table_may(c, ACTION_DATA_CREATE, t),
                .update = is_base && n_key > 0 && tenant_table_may(c, ACTION_DATA_UPDATE, t),
                .delete = is_base && n_key > 0 && tenant_table_may(c, ACTION_DATA_DELETE, t),
                .alter = caller_may_table(c, ACTION_TABLES_ALTER, name, NULL),
            },
        .row_estimate = s ? engine_row_estimate(s, t->table) : t->table->row_estimate,
        .is_managed = table_is_managed(t->table),
    };
}

enum errcode app_tables_list(const struct caller *c, struct app_table **out, size_t *n,
                             struct error *err)
{
    const struct tenant_view *v = NULL;
    TRY(tenant_view(c, &v, err));
    AUTO(engine_session_endp) struct session *s = NULL;
    TRY(engine_session_begin(caller_engine(c), caller_ns(c), ACCESS_READ, &s, err));
    struct app_table *list = ARENA_ARRAY(c->arena, v->n_tables, struct app_table);
    size_t n_list = 0;
    int64_t end = time_monotonic_us() + ESTIMATES_US;
    for (size_t i = 0; i < v->n_tables; i++) {
        if (is_shown(c, &v->tables[i])) {
            bool is_early = time_monotonic_us() < end;
            list[n_list++] = describe(c, v, &v->tables[i], is_early ? s : NULL);
        }
    }
    *out = list;
    *n = n_list;
    return ERR_OK;
}

enum errcode app_table_get(const struct caller *c, const char *name, struct app_table *out,
                           struct error *err)
{
    const struct tenant_view *v = NULL;
    const struct tenant_table *t = NULL;
    TRY(tenant_view(c, &v, err));
    TRY(tenant_view_table(v, str_of(name), &t, err));
    if (!is_shown(c, t)) {
        return ERROR(err, ERR_NOT_FOUND, "no table \"%s\"", name);
    }
    AUTO(engine_session_endp) struct session *s = NULL;
    TRY(engine_session_begin(caller_engine(c), caller_ns(c), ACCESS_READ, &s, err));
    *out = describe(c, v, t, s);
    return ERR_OK;
}

bool app_table_keeps(const struct app_table *t, const struct column *column)
{
    return column_is_kept(t->table, column);
}

struct app_can app_table_column_can(const struct app_table *t, const struct column *column)
{
    bool is_kept = column_is_kept(t->table, column);
    bool is_made = column->generated != GENERATED_NONE;
    bool is_own_id = is_kept && table_in_primary_key(t->table, column->name);
    return (struct app_can){
        .read = t->can.read,
        .create = t->can.create && !is_made && (!is_kept || is_own_id),
        .update = t->can.update && !is_made && !is_kept,
        .delete = t->can.alter && !is_kept,
        .alter = t->can.alter && !is_kept,
    };
}

static void drop_catalog(void *catalog)
{
    catalog_unref(catalog);
}

enum errcode app_schema(const struct caller *c, const struct catalog **out, struct error *err)
{
    const struct tenant_view *v = NULL;
    TRY(tenant_view(c, &v, err));
    struct catalog *seen = catalog_copy(v->catalog);
    arena_defer(c->arena, drop_catalog, seen);
    for (size_t i = seen->n_tables; i-- > 0;) {
        if (!app_table_sees(c, seen->tables[i]->name)) {
            catalog_remove_table(seen, seen->tables[i]);
        }
    }
    *out = seen;
    return ERR_OK;
}
