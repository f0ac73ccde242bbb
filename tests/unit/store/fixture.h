#pragma once

#include "../migrate/fixture.h"

#include "store/audit.h"
#include "store/misc.h"
#include "store/permission.h"
#include "store/registry.h"
#include "store/session.h"
#include "store/store.h"
#include "store/user.h"

/* A data folder with a store, and a tenant's namespace "tenants/main" whose registry it keeps. */
struct home {
    struct place place; /* first: its helpers take the home too */
    struct store *store;
};

static inline void home_open(struct home *h)
{
    struct place *p = &h->place;
    struct sqlite_settings settings = {.folder = p->folder};
    OK(sqlite_engine_open(&settings, &p->engine, err));
    OK(store_open(p->engine, &h->store, err));
    if (!engine_namespace_exists(p->engine, STR("tenants/main"))) {
        OK(engine_namespace_create(p->engine, STR("tenants/main"), err));
    }
    p->journal = h->store->journal;
    p->target = (struct migrate_target){
        .engine = p->engine,
        .ns = STR("tenants/main"),
        .journal = p->journal,
        .tenant_id = 1,
        .actor_id = 7,
        .actor_name = "Ann",
        .hooks = store_registry_hooks(h->store, 1, p->arena),
    };
}

static inline void home_close(struct home *h)
{
    store_close(h->store);
    engine_close(h->place.engine);
}

static inline int home_setup(void **state)
{
    struct home *h = calloc(1, sizeof(*h));
    snprintf(h->place.folder, sizeof(h->place.folder), "/tmp/telaio-store-XXXXXX");
    if (!mkdtemp(h->place.folder)) {
        return -1;
    }
    h->place.arena = arena_new();
    home_open(h);
    *state = h;
    return 0;
}

static inline int home_teardown(void **state)
{
    struct home *h = *state;
    char command[128];
    home_close(h);
    arena_free(h->place.arena);
    snprintf(command, sizeof(command), "rm -rf '%s'", h->place.folder);
    int rc = system(command);
    free(h);
    return rc;
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, home_setup, home_teardown)
