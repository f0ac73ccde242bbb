#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/settings.h"
#include "authn/authn.h"
#include "base/arena.h"
#include "base/attr.h"
#include "base/error.h"
#include "engine/kind.h"
#include "store/store.h"

/*
 * The application: everything a use case needs, made once by main/ and shared by all threads. The
 * other headers of this room are its use cases, one noun each; HTTP and the command line are thin
 * doors to the same functions. All of them may suspend the calling fiber.
 */
struct app {
    const struct settings *settings;
    const struct engine_kinds *kinds;
    struct engine *engine; /* the server's own: the store and every tenant's main source */
    struct store *store;
    struct authn *authn;
    struct tenant_cache *tenants;       /* see tenant_cache.h */
    _Atomic int64_t trash_days;         /* of the setting, which may change while we run */
    struct tenant_views *_Atomic views; /* see tenant_view.h; made on first use */
    struct running_jobs *_Atomic jobs;  /* see jobs.h; made on first use */
    struct sources *_Atomic sources;    /* see source.h; made on first use */
    struct engine_lock *presence;       /* see locks.h; held by app_sweep() alone once open */
    struct arena *arena;
};

/**
 * app_open() - the store is open and migrated, the tenant "main" is there once it was asked for,
 * and what a crash left is settled in those namespaces whose journal says so
 * @kinds: of which sources may be attached; they stay as they are
 * @engine: borrowed; closed by the caller after app_close()
 *
 * What another process runs is not settled, however it looks. Errors: ERR_BUSY while somebody takes
 * Telaio's own tables away, those of store_open().
 */
enum errcode app_open(const struct settings *settings, const struct engine_kinds *kinds,
                      struct engine *engine, struct app **out, struct error *err) MUST_CHECK;
/** app_close() - NULL is fine; returns NULL. */
struct app *app_close(struct app *app);
/** app_sweep() - expired sessions, idempotency keys, trash past its time, what another process left
 *  when it crashed; call every few minutes. */
enum errcode app_sweep(struct app *app, struct error *err) MUST_CHECK;
/** app_ready() - the store answers. Errors: the engine's. */
enum errcode app_ready(struct app *app, struct error *err) MUST_CHECK;
/** app_reload() - take the reloadable settings of @s. Any thread. */
void app_reload(struct app *app, const struct settings *s);
