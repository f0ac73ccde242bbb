#include "app/system.h"

#include "app/locks.h"
#include "store/store.h"

static enum errcode open_as_is(struct engine *engine, const struct settings *settings,
                               struct store **out, struct error *err)
{
    if (!engine_namespace_exists(engine, STR(STORE_NS))) {
        return ERROR(err, ERR_NOT_FOUND, "no installation in \"%s\"", settings->text[SETTING_DATA]);
    }
    return store_open_as_is(engine, out, err);
}

enum errcode system_status(struct engine *engine, const struct settings *settings, struct arena *a,
                           struct migration_status **out, size_t *n, struct error *err)
{
    struct store *store = NULL;
    TRY(open_as_is(engine, settings, &store, err));
    struct migrate_target t = store_migrate_target(store);
    enum errcode code = migrate_files_status(&t, store_migrations(), a, out, n, err);
    store_close(store);
    return code;
}

static enum errcode go_up(struct store *store, int to, size_t *n, struct error *err)
{
    struct migrate_target t = store_migrate_target(store);
    return migrate_files_up(&t, store_migrations(), to, n, err);
}

static enum errcode go_down(struct store *store, int to, size_t *n, struct error *err)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    struct migrate_target t = store_migrate_target(store);
    struct migration_status *rows = NULL;
    size_t n_rows = 0;
    TRY(migrate_files_status(&t, store_migrations(), a, &rows, &n_rows, err));
    for (size_t i = 0; i < n_rows && to < 0; i++) { /* the newest applied is the last of them */
        const struct migration_status *row = &rows[n_rows - 1 - i];
        to = row->is_applied ? (row->number > 0 ? row->number - 1 : 0) : -1;
    }
    return migrate_files_down(&t, store_migrations(), to < 0 ? 0 : to, n, err);
}

/* Alone: a server would lose tables that it reads. */
static enum errcode move(struct engine *engine, const struct settings *settings, int to,
                         enum errcode (*fn)(struct store *store, int to, size_t *n,
                                            struct error *err),
                         size_t *n, struct error *err)
{
    struct store *store = NULL;
    AUTO(engine_unlockp) struct engine_lock *lock = NULL;
    TRY(engine_lock(engine, LOCK_PRESENCE, LOCK_ALONE, &lock, err));
    if (!lock) {
        ERROR(err, ERR_BUSY, "a server or another command works on this installation");
        return error_hint(err, "stop it first");
    }
    TRY(open_as_is(engine, settings, &store, err));
    enum errcode code = fn(store, to, n, err);
    store_close(store);
    return code;
}

enum errcode system_up(struct engine *engine, const struct settings *settings, int to, size_t *n,
                       struct error *err)
{
    return move(engine, settings, to, go_up, n, err);
}

enum errcode system_down(struct engine *engine, const struct settings *settings, int to, size_t *n,
                         struct error *err)
{
    return move(engine, settings, to, go_down, n, err);
}
