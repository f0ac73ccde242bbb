#include "app/app.h"

#include "app/jobs.h"
#include "app/locks.h"
#include "app/people_inside.h"
#include "app/source.h"
#include "app/tenant_cache.h"
#include "app/tenant_view.h"
#include "base/time.h"
#include "loop/loop.h"
#include "migrate/recover.h"
#include "migrate/trash.h"
#include "observe/log.h"
#include "store/misc.h"
#include "store/registry.h"

#define DAY_US ((int64_t)24 * 3600 * 1000000)

/* ---- what a crash left ------------------------------------------------------------------- */

static struct migrate_target target_of(struct app *app, struct arena *a, struct str ns,
                                       int64_t tenant_id)
{
    return (struct migrate_target){
        .engine = app->engine,
        .ns = ns,
        .journal = app->store->journal,
        .tenant_id = tenant_id,
        .keep_us = atomic_load(&app->trash_days) * DAY_US,
        .hooks =
            tenant_id ? store_registry_hooks(app->store, tenant_id, a) : (struct migrate_hooks){0},
    };
}

/* An attached database, open. One that cannot be reached now has its turn another time: a start
 * does not hang on it. */
static bool use_source(struct app *app, struct arena *a, const char *room, struct migrate_target *t)
{
    const struct source *s = NULL;
    struct error why = ERROR_INIT;
    enum errcode code = source_use_room(app, a, str_of(room), &s, &why);
    if (code != ERR_OK) {
        if (code != ERR_NOT_FOUND) { /* it is not attached any more */
            log_error("source", &why);
        }
        error_release(&why);
        return false;
    }
    t->engine = s->engine;
    t->ns = ATTACHED_NS;
    t->room = str_of(room);
    t->source = s->record.name;
    t->hooks = store_source_hooks(app->store, t->tenant_id, a);
    return true;
}

/* false: it cannot be worked in now. */
static bool target_in(struct app *app, struct arena *a, const char *room, int64_t tenant_id,
                      struct migrate_target *out)
{
    *out = target_of(app, a, str_of(room), tenant_id);
    return !source_is_room(room) || use_source(app, a, room, out);
}

static bool is_earlier(const struct change_record *records, size_t n, const char *ns)
{
    for (size_t i = 0; i < n; i++) {
        if (text_eq(records[i].ns, ns)) {
            return true;
        }
    }
    return false;
}

/* Opens only those namespaces whose journal says that something was running. */
static enum errcode recover(struct app *app, struct error *err)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    struct migrate_filter f = {.state = "running", .limit = 100000};
    struct change_record *records = NULL;
    size_t n = 0;
    TRY(migrate_list(app->store->journal, &f, a, &records, &n, err));
    for (size_t i = 0; i < n; i++) {
        if (is_earlier(records, i, records[i].ns)) {
            continue;
        }
        struct migrate_target t;
        if (target_in(app, a, records[i].ns, records[i].tenant_id, &t)) {
            TRY(migrate_recover(&t, NULL, err));
        }
    }
    return ERR_OK;
}

/* One process after the other: the second finds a store that is migrated and settled. */
static enum errcode open_store(struct app *app, struct error *err)
{
    AUTO(engine_unlockp) struct engine_lock *opening = NULL;
    TRY(engine_lock_wait(app->engine, LOCK_OPENING, LOCK_ALONE, LOCK_WAIT_US, &opening, err));
    TRY(store_open(app->engine, &app->store, err));
    return recover(app, err);
}

/* Another process may have crashed, and nobody started since. */
static enum errcode recover_again(struct app *app, struct error *err)
{
    AUTO(engine_unlockp) struct engine_lock *opening = NULL;
    TRY(engine_lock(app->engine, LOCK_OPENING, LOCK_ALONE, &opening, err));
    return opening ? recover(app, err) : ERR_OK;
}

/* A server of a database that was restarted knows nothing of the locks that it gave. */
static enum errcode stay_present(struct app *app, struct error *err)
{
    if (engine_lock_holds(app->presence)) {
        return ERR_OK;
    }
    struct engine_lock *fresh = NULL;
    TRY(engine_lock(app->engine, LOCK_PRESENCE, LOCK_SHARED, &fresh, err));
    if (fresh) {
        engine_unlock(app->presence);
        app->presence = fresh;
    }
    return ERR_OK;
}

/* ---- life -------------------------------------------------------------------------------- */

static enum errcode open_parts(struct app *app, struct error *err)
{
    const struct settings *s = app->settings;
    struct authn_config config = {
        .session_hours = s->integer[SETTING_SESSION_HOURS],
        .lockout_attempts = s->integer[SETTING_LOCKOUT_ATTEMPTS],
        .password_memory_kib = s->integer[SETTING_PASSWORD_MEMORY_KIB],
        .run_blocking = loop_run_blocking,
    };
    TRY(engine_lock_wait(app->engine, LOCK_PRESENCE, LOCK_SHARED, LOCK_WAIT_US, &app->presence,
                         err));
    TRY(open_store(app, err));
    return authn_new(app->store, &config, &app->authn, err);
}

enum errcode app_open(const struct settings *settings, const struct engine_kinds *kinds,
                      struct engine *engine, struct app **out, struct error *err)
{
    struct arena *a = arena_new();
    struct app *app = ARENA_NEW(a, struct app);
    app->arena = a;
    app->settings = settings;
    app->kinds = kinds;
    app->engine = engine;
    app->tenants = tenant_cache_new();
    app_reload(app, settings);
    enum errcode code = open_parts(app, err);
    if (code != ERR_OK) {
        app_close(app);
        return code;
    }
    *out = app;
    return ERR_OK;
}

struct app *app_close(struct app *app)
{
    if (app) {
        jobs_free(app);
        tenant_views_free(app);
        sources_free(app);
        authn_free(app->authn);
        store_close(app->store);
        tenant_cache_free(app->tenants);
        engine_unlock(app->presence);
        arena_free(app->arena);
    }
    return NULL;
}

enum errcode app_ready(struct app *app, struct error *err)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    struct tenant main = {0};
    TRY(engine_ping(app->engine, err));
    enum errcode code = store_tenant_by_slug(app->store, a, STR("main"), &main, err);
    if (code == ERR_NOT_FOUND) { /* before set-up there is none */
        forgive(err);
        return ERR_OK;
    }
    return code;
}

void app_reload(struct app *app, const struct settings *s)
{
    atomic_store(&app->trash_days, s->integer[SETTING_TRASH_DAYS]);
}

/* ---- sweeping ---------------------------------------------------------------------------- */

/* What is kept in somebody else's database stays there when it takes nothing any more. */
static enum errcode purge_room(struct app *app, struct arena *a, const struct trash_item *item,
                               int64_t now, struct error *err)
{
    struct migrate_target t;
    struct error why = ERROR_INIT;
    if (!target_in(app, a, item->ns, item->tenant_id, &t)) {
        return ERR_OK;
    }
    enum errcode code = migrate_purge(&t, now, NULL, &why);
    if (code == ERR_OK || !source_is_room(item->ns)) {
        return code == ERR_OK ? ERR_OK : error_move(err, &why);
    }
    if (code != ERR_FORBIDDEN) {
        log_error("source", &why);
    }
    error_release(&why);
    return ERR_OK;
}

/* Only tenants that have something in the trash are opened. */
static enum errcode purge_trash(struct app *app, int64_t now, struct error *err)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    struct trash_item *items = NULL;
    size_t n = 0;
    TRY(migrate_trash_list(app->store->journal, 0, a, &items, &n, err));
    const char *last = NULL;
    for (size_t i = 0; i < n; i++) {
        if (items[i].expires_at == 0 || items[i].expires_at > now || text_eq(items[i].ns, last)) {
            continue;
        }
        last = items[i].ns;
        TRY(purge_room(app, a, &items[i], now, err));
    }
    return ERR_OK;
}

enum errcode app_sweep(struct app *app, struct error *err)
{
    int64_t now = time_now_us();
    sources_sweep(app);
    TRY(stay_present(app, err));
    TRY(recover_again(app, err));
    TRY(authn_sweep(app->authn, err));
    TRY(store_idempotency_purge(app->store, now, err));
    TRY(store_job_purge(app->store, now, err));
    return purge_trash(app, now, err);
}
