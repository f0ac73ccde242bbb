#include "app/tenant_cache.h"

#include <pthread.h>

#include "base/hash.h"
#include "base/time.h"

#define SLOTS   2048 /* of each way to ask; who comes to a slot that is taken takes it */
#define KEEP_US 250000

struct slot {
    struct tenant tenant;
    struct arena *arena; /* owns the texts; NULL = empty */
    int64_t until;       /* monotonic */
};

/* A tenant is kept in the way in which it was asked for. */
struct key {
    struct str slug; /* or */
    int64_t id;
};

struct tenant_cache {
    pthread_mutex_t lock; /* never held across a call that suspends */
    uint64_t generation;
    struct slot by_slug[SLOTS], by_id[SLOTS];
};

struct tenant_cache *tenant_cache_new(void)
{
    struct tenant_cache *c = mem_alloc(sizeof *c);
    pthread_mutex_init(&c->lock, NULL);
    return c;
}

void tenant_cache_free(struct tenant_cache *c)
{
    if (c) {
        tenant_cache_forget(c);
        pthread_mutex_destroy(&c->lock);
        mem_free(c);
    }
}

void tenant_cache_forget(struct tenant_cache *c)
{
    pthread_mutex_lock(&c->lock);
    c->generation++;
    for (size_t i = 0; i < SLOTS; i++) {
        c->by_slug[i].arena = arena_free(c->by_slug[i].arena);
        c->by_id[i].arena = arena_free(c->by_id[i].arena);
    }
    pthread_mutex_unlock(&c->lock);
}

static struct slot *slot_of(struct tenant_cache *c, struct key key)
{
    return key.slug.p ? &c->by_slug[hash64(key.slug) % SLOTS] : &c->by_id[(uint64_t)key.id % SLOTS];
}

static bool fits(const struct slot *s, struct key key)
{
    return key.slug.p ? str_is(key.slug, s->tenant.slug) : s->tenant.id == key.id;
}

static struct tenant copy_of(struct arena *a, const struct tenant *t)
{
    struct tenant copy = *t;
    copy.name = arena_strdup(a, t->name);
    copy.slug = arena_strdup(a, t->slug);
    copy.namespace = arena_strdup(a, t->namespace);
    copy.settings = arena_strdup(a, t->settings);
    return copy;
}

static bool find(struct tenant_cache *c, struct arena *a, struct key key, struct tenant *out,
                 uint64_t *generation)
{
    pthread_mutex_lock(&c->lock);
    const struct slot *s = slot_of(c, key);
    bool found = s->arena && s->until >= time_monotonic_us() && fits(s, key);
    *generation = c->generation;
    if (found) {
        *out = copy_of(a, &s->tenant);
    }
    pthread_mutex_unlock(&c->lock);
    return found;
}

static void keep(struct tenant_cache *c, struct key key, const struct tenant *t,
                 uint64_t generation)
{
    struct arena *a = arena_new();
    struct slot fresh = {
        .tenant = copy_of(a, t), .arena = a, .until = time_monotonic_us() + KEEP_US};
    pthread_mutex_lock(&c->lock);
    if (generation != c->generation) { /* read before a change, kept after it: never */
        pthread_mutex_unlock(&c->lock);
        arena_free(a);
        return;
    }
    struct slot *s = slot_of(c, key);
    struct arena *old = s->arena;
    *s = fresh;
    pthread_mutex_unlock(&c->lock);
    arena_free(old);
}

enum errcode tenant_by_slug(struct app *app, struct arena *a, struct str slug, struct tenant *out,
                            struct error *err)
{
    uint64_t generation;
    struct key key = {.slug = slug.p ? slug : STR("")};
    if (find(app->tenants, a, key, out, &generation)) {
        return ERR_OK;
    }
    TRY(store_tenant_by_slug(app->store, a, slug, out, err));
    keep(app->tenants, key, out, generation);
    return ERR_OK;
}

enum errcode tenant_by_id(struct app *app, struct arena *a, int64_t id, struct tenant *out,
                          struct error *err)
{
    uint64_t generation;
    struct key key = {.id = id};
    if (find(app->tenants, a, key, out, &generation)) {
        return ERR_OK;
    }
    TRY(store_tenant_by_id(app->store, a, id, out, err));
    keep(app->tenants, key, out, generation);
    return ERR_OK;
}
