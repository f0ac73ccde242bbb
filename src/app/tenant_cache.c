#include "app/tenant_cache.h"

#include <pthread.h>
#include <string.h>

#include "base/buf.h"
#include "base/hash.h"

#define SETS 512 /* of each way to ask; */
#define WAYS 8   /* of a full one the tenant that nobody asked for for longest goes */

struct kept {
    struct tenant tenant; /* its texts stand behind the struct */
    uint64_t epoch;       /* of the store's news when it was read */
    uint64_t used;        /* when, in uses */
};

struct set {
    struct kept *ways[WAYS];
};

/* A tenant is kept in the way in which it was asked for. */
struct key {
    struct str slug; /* or */
    int64_t id;
};

struct tenant_cache {
    pthread_mutex_t lock; /* never held across a call that suspends */
    uint64_t generation;  /* counts changes by this process */
    uint64_t uses;
    struct set by_slug[SETS], by_id[SETS];
};

/* What was so before a request reads. */
struct moment {
    uint64_t generation, epoch;
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

static void empty(struct set *s)
{
    for (size_t i = 0; i < WAYS; i++) {
        mem_free(s->ways[i]);
        s->ways[i] = NULL;
    }
}

void tenant_cache_forget(struct tenant_cache *c)
{
    pthread_mutex_lock(&c->lock);
    c->generation++;
    for (size_t i = 0; i < SETS; i++) {
        empty(&c->by_slug[i]);
        empty(&c->by_id[i]);
    }
    pthread_mutex_unlock(&c->lock);
}

static struct set *set_of(struct tenant_cache *c, struct key key)
{
    return key.slug.p ? &c->by_slug[hash64(key.slug) % SETS] : &c->by_id[(uint64_t)key.id % SETS];
}

static bool fits(const struct kept *k, struct key key)
{
    return key.slug.p ? str_is(key.slug, k->tenant.slug) : k->tenant.id == key.id;
}

/* The place of @key: its own, else an empty one, else the one that was idle for longest. */
static struct kept **place_of(struct set *s, struct key key)
{
    struct kept **best = &s->ways[0];
    for (size_t i = 0; i < WAYS; i++) {
        struct kept **at = &s->ways[i];
        if (*at && fits(*at, key)) {
            return at;
        }
        best = *best && (!*at || (*at)->used < (*best)->used) ? at : best;
    }
    return best;
}

static bool find(struct tenant_cache *c, struct arena *a, struct key key, struct tenant *out,
                 struct moment *m)
{
    pthread_mutex_lock(&c->lock);
    struct kept *k = *place_of(set_of(c, key), key);
    bool found = k && k->epoch == m->epoch && fits(k, key);
    m->generation = c->generation;
    if (found) {
        k->used = ++c->uses;
        *out = k->tenant;
        out->name = arena_strdup(a, k->tenant.name);
        out->slug = arena_strdup(a, k->tenant.slug);
        out->namespace = arena_strdup(a, k->tenant.namespace);
        out->settings = arena_strdup(a, k->tenant.settings);
    }
    pthread_mutex_unlock(&c->lock);
    return found;
}

static size_t bytes_of(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

static const char *pack(char **at, const char *text)
{
    size_t n = bytes_of(text);
    char *packed = *at;
    if (n == 0) {
        return NULL;
    }
    memcpy(packed, text, n);
    *at += n;
    return packed;
}

static struct kept *pack_tenant(const struct tenant *t, uint64_t epoch)
{
    struct kept *k = mem_alloc(sizeof *k + bytes_of(t->name) + bytes_of(t->slug) +
                               bytes_of(t->namespace) + bytes_of(t->settings));
    char *at = (char *)(k + 1);
    k->epoch = epoch;
    k->tenant = *t;
    k->tenant.name = pack(&at, t->name);
    k->tenant.slug = pack(&at, t->slug);
    k->tenant.namespace = pack(&at, t->namespace);
    k->tenant.settings = pack(&at, t->settings);
    return k;
}

static void keep(struct tenant_cache *c, struct key key, const struct tenant *t, struct moment m)
{
    struct kept *fresh = pack_tenant(t, m.epoch);
    pthread_mutex_lock(&c->lock);
    if (m.generation == c->generation) { /* read before a change, kept after it: never */
        struct kept **at = place_of(set_of(c, key), key);
        struct kept *old = *at;
        fresh->used = ++c->uses;
        *at = fresh;
        fresh = old;
    }
    pthread_mutex_unlock(&c->lock);
    mem_free(fresh);
}

enum errcode tenant_by_slug(struct app *app, struct arena *a, struct str slug, struct tenant *out,
                            struct error *err)
{
    struct moment m = {0};
    struct key key = {.slug = slug.p ? slug : STR("")};
    TRY(store_news(app->store, &m.epoch, err));
    if (find(app->tenants, a, key, out, &m)) {
        return ERR_OK;
    }
    TRY(store_tenant_by_slug(app->store, a, slug, out, err));
    keep(app->tenants, key, out, m);
    return ERR_OK;
}

enum errcode tenant_by_id(struct app *app, struct arena *a, int64_t id, struct tenant *out,
                          struct error *err)
{
    struct moment m = {0};
    struct key key = {.id = id};
    TRY(store_news(app->store, &m.epoch, err));
    if (find(app->tenants, a, key, out, &m)) {
        return ERR_OK;
    }
    TRY(store_tenant_by_id(app->store, a, id, out, err));
    keep(app->tenants, key, out, m);
    return ERR_OK;
}
