#pragma once

#include "../migrate/fixture.h"

#include "app/app.h"
#include "app/caller.h"
#include "app/people.h"

/*
 * A data folder with the whole application on the embedded engine, the tenant "main", and two
 * callers: the server itself, and whoever a test needs.
 */
struct home {
    char folder[64];
    struct arena *arena;
    struct engine_kinds kinds; /* none: nothing is attached */
    struct settings settings;
    struct engine *engine;
    struct app *app;
    struct caller system; /* may everything, works in "main" */
};

static inline void home_open(struct home *h)
{
    struct sqlite_settings settings = {.folder = h->folder};
    OK(sqlite_engine_open(&settings, &h->engine, err));
    OK(app_open(&h->settings, &h->kinds, h->engine, &h->app, err));
    OK(caller_system(h->app, h->arena, NULL, &h->system, err));
}

static inline void home_close(struct home *h)
{
    app_close(h->app);
    engine_close(h->engine);
}

static inline int home_setup(void **state)
{
    struct home *h = calloc(1, sizeof *h);
    struct tenant made;
    snprintf(h->folder, sizeof h->folder, "/tmp/telaio-app-XXXXXX");
    if (!mkdtemp(h->folder)) {
        return -1;
    }
    h->arena = arena_new();
    settings_init(&h->settings, h->arena);
    OK(settings_set(&h->settings, "data", h->folder, ORIGIN_FLAG, err));
    OK(settings_set(&h->settings, "password-memory-kib", "64", ORIGIN_FLAG, err));
    home_open(h);
    if (h->system.tenant.id == 0) {
        OK(people_tenant_add(&h->system, "main", "Main", &made, err));
        OK(caller_system(h->app, h->arena, NULL, &h->system, err));
    }
    *state = h;
    return 0;
}

static inline int home_teardown(void **state)
{
    struct home *h = *state;
    char command[128];
    home_close(h);
    arena_free(h->arena);
    snprintf(command, sizeof command, "rm -rf '%s'", h->folder);
    int rc = system(command);
    free(h);
    return rc;
}

/** somebody() - a caller of @role in "main" that is limited to @allow (n 0 = no limits). */
static inline struct caller somebody(struct home *h, enum role role, const char *const *allow,
                                     size_t n)
{
    struct caller c = h->system;
    c.principal = (struct principal){
        .kind = n ? PRINCIPAL_TOKEN : PRINCIPAL_USER,
        .user_id = 7,
        .email = "ann@example.com",
        .name = "Ann",
        .role = role,
        .level = level_of_role(role),
        .tenant_id = c.tenant.id,
        .has_allow = n > 0,
        .allow = allow,
        .n_allow = n,
    };
    c.subject = (struct subject){
        .is_known = true,
        .user_id = 7,
        .role = (enum authz_role)role,
        .level = (enum authz_level)level_of_role(role),
        .tenant_id = c.tenant.id,
        .has_allow = n > 0,
        .allow = allow,
        .n_allow = n,
    };
    return c;
}

/** changes_of() - the change list in JSON text @json, with ' for ". */
static inline struct change_list changes_of(struct home *h, const char *json)
{
    struct change_list list = {0};
    json_t *doc = NULL;
    char *text = arena_strdup(h->arena, json);
    for (char *p = text; *p; p++) {
        *p = *p == '\'' ? '"' : *p;
    }
    OK(doc_parse(h->arena, str_of(text), JSON_DEPTH_MAX, &doc, err));
    OK(change_list_decode(h->arena, doc, &list, err));
    return list;
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, home_setup, home_teardown)
