#include "engine/catalog_cache.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/map.h"

/* Namespaces are few and never leave the table while the engine lives; their catalogs change. */
struct cached {
    pthread_mutex_t lock; /* held while @catalog is swapped or taken */
    struct catalog *catalog;
    uint64_t generation;
};

struct catalog_cache {
    pthread_mutex_t lock; /* held while @by_name is read or grows */
    struct arena *arena;
    struct map by_name;
};

static struct catalog_cache *make_cache(void)
{
    struct catalog_cache *cache = mem_alloc(sizeof *cache);
    cache->arena = arena_new();
    map_init(&cache->by_name, cache->arena, false);
    BUG_ON(pthread_mutex_init(&cache->lock, NULL) != 0);
    return cache;
}

static void free_cache(struct catalog_cache *cache)
{
    for (size_t i = 0; i < cache->by_name.n; i++) {
        struct cached *c = cache->by_name.entries[i].value;
        catalog_unref(c->catalog);
        pthread_mutex_destroy(&c->lock);
    }
    pthread_mutex_destroy(&cache->lock);
    arena_free(cache->arena);
    mem_free(cache);
}

static struct catalog_cache *cache_of(struct engine *e)
{
    struct catalog_cache *cache = atomic_load(&e->cache);
    if (cache) {
        return cache;
    }
    struct catalog_cache *made = make_cache();
    if (atomic_compare_exchange_strong(&e->cache, &cache, made)) {
        return made;
    }
    free_cache(made);
    return cache;
}

void catalog_cache_free(struct engine *e)
{
    struct catalog_cache *cache = atomic_exchange(&e->cache, NULL);
    if (cache) {
        free_cache(cache);
    }
}

static struct cached *find(struct catalog_cache *cache, struct str ns)
{
    pthread_mutex_lock(&cache->lock);
    struct cached *c = map_get(&cache->by_name, ns);
    if (!c) {
        c = ARENA_NEW(cache->arena, struct cached);
        BUG_ON(pthread_mutex_init(&c->lock, NULL) != 0);
        (void)map_put(&cache->by_name, ns, c);
    }
    pthread_mutex_unlock(&cache->lock);
    return c;
}

static struct catalog *take(struct cached *c, uint64_t generation)
{
    pthread_mutex_lock(&c->lock);
    bool is_current = c->catalog && c->generation == generation;
    struct catalog *taken = is_current ? catalog_ref(c->catalog) : NULL;
    pthread_mutex_unlock(&c->lock);
    return taken;
}

/* Two requests may inspect at once after a change; the later generation stays. */
static void put(struct cached *c, struct catalog *read)
{
    pthread_mutex_lock(&c->lock);
    struct catalog *old = c->catalog;
    c->catalog = catalog_ref(read);
    c->generation = read->generation;
    pthread_mutex_unlock(&c->lock);
    catalog_unref(old);
}

enum errcode engine_catalog(struct engine *e, struct str ns, struct catalog **out,
                            struct error *err)
{
    uint64_t generation = 0;
    TRY(engine_generation(e, ns, &generation, err));
    struct cached *c = find(cache_of(e), ns);
    struct catalog *taken = take(c, generation);
    if (taken) {
        *out = taken;
        return ERR_OK;
    }
    struct session *s AUTO(engine_session_endp) = NULL;
    TRY(engine_session_begin(e, ns, ACCESS_READ, &s, err));
    TRY(engine_inspect(s, &taken, err));
    put(c, taken);
    *out = taken;
    return ERR_OK;
}
