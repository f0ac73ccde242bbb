#include "app/tenant_cache.h"

#include <pthread.h>

#include "base/time.h"

#define SLOTS   64
#define KEEP_US 250000

struct slot {
    struct tenant tenant;
    struct arena *arena; /* owns the texts; NULL = empty */
    int64_t until;       /* monotonic */
};

struct tenant_cache {
    pthread_mutex_t lock; /* never held across a call that suspends */
    uint64_t generation;
    size_t next; /* the slot that is taken next */
    struct slot slots[SLOTS];
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
        c->slots[i].arena = arena_free(c->slots[i].arena);
    }
    pthread_mutex_unlock(&c->lock);
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

/* By slug where it is given, else by id. */
static bool find(struct tenant_cache *c, struct arena *a, struct str slug, int64_t id,
                 struct tenant *out, uint64_t *generation)
{
    int64_t now = time_monotonic_us();
    bool found = false;
    pthread_mutex_lock(&c->lock);
    *generation = c->generation;
    for (size_t i = 0; i < SLOTS && !found; i++) {
        struct slot *s = &c->slots[i];
        if (!s->arena || s->until < now) {
            continue;
        }
        found = slug.p ? str_is(slug, s->tenant.slug) : s->tenant.id == id;
        if (found) {
            *out = copy_of(a, &s->tenant);
        }
    }
    pthread_mutex_unlock(&c->lock);
    return found;
}

static void keep(struct tenant_cache *c, const struct tenant *t, uint64_t generation)
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
    struct slot *s = &c->slots[c->next++ % SLOTS];
    for (size_t i = 0; i < SLOTS; i++) {
        if (c->slots[i].arena && c->slots[i].tenant.id == t->id) {
            s = &c->slots[i];
        }
    }
    struct arena *old = s->arena;
    *s = fresh;
    pthread_mutex_unlock(&c->lock);
    arena_free(old);
}

enum errcode tenant_by_slug(struct app *app, struct arena *a, struct str slug, struct tenant *out,
                            struct error *err)
{
    uint64_t generation;
    if (find(app->tenants, a, slug, 0, out, &generation)) {
        return ERR_OK;
    }
    TRY(store_tenant_by_slug(app->store, a, slug, out, err));
    keep(app->tenants, out, generation);
    return ERR_OK;
}

enum errcode tenant_by_id(struct app *app, struct arena *a, int64_t id, struct tenant *out,
                          struct error *err)
{
    uint64_t generation;
    if (find(app->tenants, a, (struct str){0}, id, out, &generation)) {
        return ERR_OK;
    }
    TRY(store_tenant_by_id(app->store, a, id, out, err));
    keep(app->tenants, out, generation);
    return ERR_OK;
}
