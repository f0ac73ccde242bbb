#include "app/tenant_view.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/buf.h"
#include "base/time.h"
#include "data/read.h"
#include "engine/catalog_cache.h"

#define COMMIT_US INT64_C(1000000) /* what was written is committed within this */
#define API_ROOT  "/api/custom/"
#define TENANT_ID "tenant_id"

struct view {
    struct tenant_view shown;
    struct arena *arena;
    struct catalog *catalog; /* private, decorated */
    uint64_t generation;
    int64_t newest, count; /* of the registry when it was read */
    atomic_int refs;
};

/* Until when the registry was seen to be that of a view. */
struct seen {
    int64_t at;     /* monotonic */
    uint64_t epoch; /* the news of the store by then */
};

struct entry {
    struct view *view;
    struct seen seen;
    int64_t swapped_at;
};

/* Tenants are few and stay; what is kept of them changes. */
struct tenant_views {
    pthread_mutex_t lock; /* held while an entry is looked up or swapped, never across a read */
    struct arena *arena;
    struct map by_id;
};

static void unref(void *p)
{
    struct view *v = p;
    if (v && atomic_fetch_sub(&v->refs, 1) == 1) {
        catalog_unref(v->catalog);
        arena_free(v->arena);
    }
}

static struct tenant_views *make_views(void)
{
    struct arena *a = arena_new();
    struct tenant_views *views = ARENA_NEW(a, struct tenant_views);
    views->arena = a;
    map_init(&views->by_id, a, false);
    BUG_ON(pthread_mutex_init(&views->lock, NULL) != 0);
    return views;
}

static void free_views(struct tenant_views *views)
{
    for (size_t i = 0; i < views->by_id.n; i++) {
        struct entry *e = views->by_id.entries[i].value;
        unref(e->view);
    }
    pthread_mutex_destroy(&views->lock);
    arena_free(views->arena);
}

static struct tenant_views *views_of(struct app *app)
{
    struct tenant_views *views = atomic_load(&app->views);
    if (views) {
        return views;
    }
    struct tenant_views *made = make_views();
    if (atomic_compare_exchange_strong(&app->views, &views, made)) {
        return made;
    }
    free_views(made);
    return views;
}

void tenant_views_free(struct app *app)
{
    struct tenant_views *views = atomic_exchange(&app->views, NULL);
    if (views) {
        free_views(views);
    }
}

static struct str key_of(const int64_t *tenant_id)
{
    return (struct str){(const char *)tenant_id, sizeof *tenant_id};
}

/* With the lock held. */
static struct entry *find_entry(struct tenant_views *views, int64_t tenant_id)
{
    struct entry *e = map_get(&views->by_id, key_of(&tenant_id));
    if (!e) {
        e = ARENA_NEW(views->arena, struct entry);
        (void)map_put(&views->by_id, key_of(&tenant_id), e);
    }
    return e;
}

void tenant_view_forget(struct app *app, int64_t tenant_id)
{
    struct tenant_views *views = views_of(app);
    pthread_mutex_lock(&views->lock);
    for (size_t i = 0; i < views->by_id.n; i++) {
        struct entry *e = views->by_id.entries[i].value;
        if (tenant_id == 0 || str_eq(views->by_id.entries[i].key, key_of(&tenant_id))) {
            unref(e->view);
            e->view = NULL;
        }
    }
    pthread_mutex_unlock(&views->lock);
}

/* ---- reading ------------------------------------------------------------------------------- */

/* Positions of the columns as they are shown: what the registry names, then the others. */
static size_t *shown_order(struct arena *a, const struct table *t, const char *const *names,
                           size_t n_names)
{
    size_t *order = ARENA_ARRAY(a, t->n_columns, size_t);
    bool *is_placed = ARENA_ARRAY(a, t->n_columns, bool);
    size_t n = 0;
    for (size_t i = 0; i < n_names; i++) {
        size_t at = table_column_position(t, str_of(names[i]));
        if (at < t->n_columns && !is_placed[at]) {
            is_placed[at] = true;
            order[n++] = at;
        }
    }
    for (size_t i = 0; i < t->n_columns; i++) {
        if (!is_placed[i]) {
            order[n++] = i;
        }
    }
    return order;
}

static enum errcode shape_table(struct arena *a, struct tenant_table *t, struct error *err)
{
    const struct column **columns = ARENA_ARRAY(a, t->table->n_columns, const struct column *);
    size_t *positions = ARENA_ARRAY(a, t->table->n_columns, size_t);
    const char **names = NULL;
    size_t n = 0, n_names = 0;
    if (t->registry) {
        TRY(store_registry_shown(a, t->registry, &names, &n_names, err));
    }
    const size_t *order = shown_order(a, t->table, names, n_names);
    for (size_t i = 0; i < t->table->n_columns; i++) {
        const struct column *column = &t->table->columns[order[i]];
        if (t->table->is_foreign || !text_eq(column->name, TENANT_ID)) {
            positions[n] = order[i];
            columns[n++] = column;
        }
    }
    row_shape_init(&t->shown, a, columns, n);
    t->shown_positions = positions;
    return ERR_OK;
}

static void add_resource(struct view *v, struct tenant_table *t)
{
    struct str prefix = str_of(t->registry->api_prefix);
    if (t->registry->api_enabled && str_starts(prefix, STR(API_ROOT))) {
        (void)map_put(&v->shown.by_resource, str_sub(prefix, sizeof(API_ROOT) - 1), t);
    }
}

static enum errcode add_tables(struct view *v, const struct registry_table *rows, size_t n_rows,
                               struct error *err)
{
    size_t n = 0;
    struct table **tables = catalog_sorted_tables(v->arena, v->catalog, &n);
    struct map registered;
    map_init(&registered, v->arena, true);
    for (size_t i = 0; i < n_rows; i++) {
        (void)map_put(&registered, str_of(rows[i].table_name), (void *)(uintptr_t)&rows[i]);
    }
    v->shown.tables = ARENA_ARRAY(v->arena, n, struct tenant_table);
    v->shown.n_tables = n;
    for (size_t i = 0; i < n; i++) {
        struct tenant_table *t = &v->shown.tables[i];
        t->table = tables[i];
        t->registry = map_get(&registered, str_of(tables[i]->name));
        TRY(shape_table(v->arena, t, err));
        (void)map_put(&v->shown.by_name, str_of(tables[i]->name), t);
        if (t->registry) {
            /* permissions that cannot be read admit nobody */
            t->has_policy = true;
            if (table_policy_parse(t->registry->permissions, &t->policy, NULL) != ERR_OK) {
                t->policy = (struct table_policy){0};
            }
            add_resource(v, t);
        }
    }
    return ERR_OK;
}

/* What the lists of an attached source keep away is not there at all. */
static void leave_hidden(const struct source *s, struct catalog *c)
{
    for (size_t i = c->n_tables; i-- > 0;) {
        if (!c->tables[i]->is_internal && !source_shows(s, c->tables[i]->name)) {
            catalog_remove_table(c, c->tables[i]);
        }
    }
}

static enum errcode read_source(const struct caller *c, struct view *v, struct error *err)
{
    struct catalog *live AUTO(catalog_unrefp) = NULL;
    TRY(engine_catalog(caller_engine(c), caller_ns(c), &live, err));
    v->generation = live->generation;
    v->catalog = catalog_copy(live);
    v->shown.catalog = v->catalog;
    leave_hidden(c->source, v->catalog);
    store_mark_foreign(v->catalog);
    return add_tables(v, NULL, 0, err);
}

static enum errcode read_view(const struct caller *c, struct view *v, struct error *err)
{
    if (c->source) {
        return read_source(c, v, err);
    }
    struct store *store = c->app->store;
    struct catalog *live AUTO(catalog_unrefp) = NULL;
    struct registry_table *rows = NULL;
    size_t n = 0;
    /* the mark first: what is written meanwhile is seen as newer */
    TRY(store_registry_mark(store, c->tenant.id, &v->newest, &v->count, err));
    TRY(engine_catalog(c->app->engine, caller_ns(c), &live, err));
    TRY(store_registry_list(store, v->arena, c->tenant.id, &rows, &n, err));
    v->generation = live->generation;
    v->catalog = catalog_copy(live);
    v->shown.catalog = v->catalog;
    TRY(store_registry_decorate(store, c->tenant.id, v->catalog, err));
    return add_tables(v, rows, n, err);
}

static enum errcode make_view(const struct caller *c, struct view **out, struct error *err)
{
    struct arena *a = arena_new();
    struct view *v = ARENA_NEW(a, struct view);
    v->arena = a;
    atomic_store(&v->refs, 1);
    map_init(&v->shown.by_name, a, true);
    map_init(&v->shown.by_resource, a, false);
    enum errcode code = read_view(c, v, err);
    if (code != ERR_OK) {
        unref(v);
        return code;
    }
    *out = v;
    return ERR_OK;
}

/* ---- keeping ------------------------------------------------------------------------------- */

/* A reference to what is kept, when the structure is still that; NULL otherwise. */
static struct view *take(struct tenant_views *views, int64_t tenant_id, uint64_t generation,
                         struct seen *seen)
{
    pthread_mutex_lock(&views->lock);
    struct entry *e = find_entry(views, tenant_id);
    struct view *v = e->view && e->view->generation == generation ? e->view : NULL;
    *seen = e->seen;
    if (v) {
        atomic_fetch_add(&v->refs, 1);
    }
    pthread_mutex_unlock(&views->lock);
    return v;
}

static void put(struct tenant_views *views, int64_t tenant_id, struct view *v, struct seen seen)
{
    pthread_mutex_lock(&views->lock);
    struct entry *e = find_entry(views, tenant_id);
    if (e->view != v) {
        unref(e->view);
        e->view = v;
        e->swapped_at = time_monotonic_us();
        atomic_fetch_add(&v->refs, 1);
    }
    e->seen = seen;
    pthread_mutex_unlock(&views->lock);
}

/* Nobody has written it since: others do not, by the news, and what this process has begun to write
 * is committed. */
static bool is_checked(const struct caller *c, struct seen seen, uint64_t epoch)
{
    int64_t touched = store_touched(c->app->store, c->tenant.id);
    return seen.epoch == epoch && (!touched || seen.at > touched + COMMIT_US);
}

/* The registry is still what @v was made of. */
static enum errcode check(const struct caller *c, const struct view *v, bool *is_same,
                          struct error *err)
{
    int64_t newest = 0, count = 0;
    TRY(store_registry_mark(c->app->store, c->tenant.id, &newest, &count, err));
    *is_same = newest == v->newest && count == v->count;
    return ERR_OK;
}

static enum errcode find_view(const struct caller *c, struct view **out, struct error *err)
{
    struct tenant_views *views = views_of(c->app);
    uint64_t generation = 0;
    struct seen seen, now = {.at = time_monotonic_us()};
    bool is_same = true;
    TRY(store_news(c->app->store, &now.epoch, err));
    TRY(engine_generation(c->app->engine, caller_ns(c), &generation, err));
    struct view *v = take(views, c->tenant.id, generation, &seen);
    if (v && !is_checked(c, seen, now.epoch)) {
        enum errcode code = check(c, v, &is_same, err);
        if (code != ERR_OK || !is_same) {
            unref(v);
            v = NULL;
        }
        TRY(code);
    } else if (v) {
        *out = v;
        return ERR_OK;
    }
    if (!v) {
        TRY(make_view(c, &v, err));
    }
    put(views, c->tenant.id, v, now);
    *out = v;
    return ERR_OK;
}

/* An attached source keeps its view itself: it is gone when the source is closed. */
static struct view *take_kept(struct source *s, uint64_t generation)
{
    pthread_mutex_lock(&s->lock);
    struct view *v = s->view;
    v = v && v->generation == generation ? v : NULL;
    if (v) {
        atomic_fetch_add(&v->refs, 1);
    }
    pthread_mutex_unlock(&s->lock);
    return v;
}

static void put_kept(struct source *s, struct view *v)
{
    pthread_mutex_lock(&s->lock);
    struct view *old = s->view;
    s->view = v;
    s->free_view = unref;
    atomic_fetch_add(&v->refs, 1);
    pthread_mutex_unlock(&s->lock);
    unref(old);
}

static enum errcode find_source_view(const struct caller *c, struct view **out, struct error *err)
{
    struct source *s = (struct source *)(uintptr_t)c->source; /* only what it keeps changes */
    uint64_t generation = 0;
    TRY(engine_generation(caller_engine(c), caller_ns(c), &generation, err));
    struct view *v = take_kept(s, generation);
    if (!v) {
        TRY(make_view(c, &v, err));
        put_kept(s, v);
    }
    *out = v;
    return ERR_OK;
}

/* What is kept, and whether it came after @since; NULL when nothing is. */
static struct view *take_any(const struct caller *c, int64_t since, bool *is_later)
{
    struct tenant_views *views = views_of(c->app);
    pthread_mutex_lock(&views->lock);
    struct entry *e = find_entry(views, c->tenant.id);
    struct view *v = e->view;
    *is_later = e->swapped_at >= since;
    if (v) {
        atomic_fetch_add(&v->refs, 1);
    }
    pthread_mutex_unlock(&views->lock);
    return v;
}

static enum errcode renew(const struct caller *c, const struct view *v, bool *is_new,
                          struct error *err)
{
    uint64_t generation = 0;
    bool is_same = true;
    TRY(engine_refresh(c->app->engine, caller_ns(c), err));
    TRY(engine_generation(c->app->engine, caller_ns(c), &generation, err));
    TRY(check(c, v, &is_same, err));
    if (!is_same) {
        tenant_view_forget(c->app, c->tenant.id);
    }
    *is_new = *is_new || !is_same || generation != v->generation;
    return ERR_OK;
}

enum errcode tenant_view_renew(const struct caller *c, int64_t since, bool *is_new,
                               struct error *err)
{
    *is_new = false;
    if (c->tenant.id == 0 || c->source) {
        return ERR_OK; /* nobody works there, or nobody but its owner knows when it changes */
    }
    struct view *v = take_any(c, since, is_new);
    enum errcode code = v ? renew(c, v, is_new, err) : ERR_OK;
    unref(v);
    return code;
}

enum errcode tenant_view(const struct caller *c, const struct tenant_view **out, struct error *err)
{
    struct view *v = NULL;
    if (c->tenant.id == 0) {
        return ERROR(err, ERR_NOT_FOUND, "there is no tenant to work in yet");
    }
    TRY(c->source ? find_source_view(c, &v, err) : find_view(c, &v, err));
    arena_defer(c->arena, unref, v);
    *out = &v->shown;
    return ERR_OK;
}

static enum errcode no_table(struct str name, struct error *err)
{
    return ERROR(err, ERR_NOT_FOUND, "no table \"%.*s\"", (int)(name.n < 200 ? name.n : 200),
                 name.p ? name.p : "");
}

enum errcode tenant_view_table(const struct tenant_view *v, struct str name,
                               const struct tenant_table **out, struct error *err)
{
    *out = map_get(&v->by_name, name);
    return *out ? ERR_OK : no_table(name, err);
}

enum errcode tenant_view_resource(const struct tenant_view *v, struct str resource,
                                  const struct tenant_table **out, struct error *err)
{
    *out = map_get(&v->by_resource, resource);
    return *out ? ERR_OK : no_table(resource, err);
}

enum errcode tenant_table_check(const struct caller *c, enum action action,
                                const struct tenant_table *t, struct error *err)
{
    return caller_check_table(c, action, t->table->name, t->has_policy ? &t->policy : NULL, err);
}

bool tenant_table_may(const struct caller *c, enum action action, const struct tenant_table *t)
{
    return caller_may_table(c, action, t->table->name, t->has_policy ? &t->policy : NULL);
}
