#pragma once

#include "../migrate/fixture.h"

#include <string.h>

#include "app/app.h"
#include "app/caller.h"
#include "app/people.h"

/* An application on a data folder of its own that nobody has set up, with cheap password hashes. */
struct world {
    char folder[64];
    struct arena *arena;
    struct engine_kinds kinds; /* none: nothing is attached */
    struct settings settings;
    struct engine *engine;
    struct app *app;
};

static inline void world_open(struct world *w)
{
    struct sqlite_settings settings = {.folder = w->folder};
    OK(sqlite_engine_open(&settings, &w->engine, err));
    OK(app_open(&w->settings, &w->kinds, w->engine, &w->app, err));
}

static inline void world_close(struct world *w)
{
    app_close(w->app);
    engine_close(w->engine);
}

static inline int world_setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    snprintf(w->folder, sizeof(w->folder), "/tmp/telaio-app-XXXXXX");
    if (!mkdtemp(w->folder)) {
        return -1;
    }
    w->arena = arena_new();
    settings_init(&w->settings, w->arena);
    OK(settings_set(&w->settings, "data", w->folder, ORIGIN_FLAG, err));
    OK(settings_set(&w->settings, "password-memory-kib", "64", ORIGIN_FLAG, err));
    world_open(w);
    *state = w;
    return 0;
}

static inline int world_teardown(void **state)
{
    struct world *w = *state;
    char command[128];
    world_close(w);
    arena_free(w->arena);
    snprintf(command, sizeof(command), "rm -rf '%s'", w->folder);
    int rc = system(command);
    free(w);
    return rc;
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, world_setup, world_teardown)

#define PASSWORD "correct horse battery"

static inline struct caller system_caller(struct world *w)
{
    struct caller c;
    OK(caller_system(w->app, w->arena, NULL, &c, err));
    return c;
}

static inline void add_tenant(struct world *w, const char *slug)
{
    struct caller c = system_caller(w);
    struct tenant t;
    OK(people_tenant_add(&c, slug, NULL, &t, err));
}

/* A user of @tenant (NULL = main) with that role, and the secret of its session. */
static inline const char *add_user(struct world *w, const char *email, const char *role,
                                   const char *tenant)
{
    struct caller c = system_caller(w), nobody = {.app = w->app, .arena = w->arena};
    struct people_user made;
    struct people_session session;
    struct people_user_fields in = {
        .email = email, .role = role, .tenant = tenant, .password = STR(PASSWORD)};
    OK(people_user_add(&c, &in, &made, err));
    OK(people_login(&nobody, str_of(email), STR(PASSWORD), &session, err));
    return session.session.token;
}

static inline enum errcode identify(struct world *w, const char *secret, const char *tenant,
                                    struct caller *out, struct error *err)
{
    struct caller_credentials in = {.bearer = str_of(secret), .tenant = str_of(tenant)};
    return caller_identify(w->app, w->arena, &in, out, err);
}

static inline struct caller signed_in(struct world *w, const char *secret)
{
    struct caller c;
    OK(identify(w, secret, NULL, &c, err));
    return c;
}
