#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "engine/engine.h"
#include "migrate/files.h"
#include "migrate/journal.h"
#include "migrate/record.h"
#include "store/news.h"

#define STORE_TOUCHED 64 /* tenants share these when there are more */

/*
 * The store: Telaio's own tables (users, tenants, sessions, registry, journal, …) in one namespace
 * of an engine, reached only through engine.h. All verbs may suspend the calling fiber; reads run
 * in a read session of their own, writes in a transaction of their own. Verbs with _in take a
 * session instead: several of them are one transaction.
 */
struct store {
    struct engine *engine;
    struct str ns;
    struct journal *journal;
    struct catalog *catalog;                /* of ns, read after the last migration */
    _Atomic int64_t touched[STORE_TOUCHED]; /* store_touch() */
    struct news news;
    struct arena *arena;
};

#define STORE_NS "store"

/**
 * store_open() - open the store of @e, making and migrating its tables as needed
 *
 * Namespace "store" is created when it is not there. The caller closes with store_close(); the
 * engine stays the caller's. Errors: ERR_CORRUPT when an applied migration is not the one that is
 * built in, the engine's.
 */
enum errcode store_open(struct engine *e, struct store **out, struct error *err) MUST_CHECK;
/** store_open_as_is() - the same without migrating (telaio migrate --system). */
enum errcode store_open_as_is(struct engine *e, struct store **out, struct error *err) MUST_CHECK;
/** store_close() - NULL is fine. */
void store_close(struct store *s);
/** store_refresh() - read the store's own catalog again (after migrations went up or down). */
enum errcode store_refresh(struct store *s, struct error *err) MUST_CHECK;
struct record_place store_place(const struct store *s);

/** store_migrations() - the files built into the program. */
const struct migration_set *store_migrations(void);
/** store_migrate_target() - for migrate_files_*(): the store's own schema. */
struct migrate_target store_migrate_target(const struct store *s);

/** store_now() - microseconds, the clock of created_at and updated_at. */
int64_t store_now(void);

/* One transaction on the store: @fn may run twice. */
enum errcode store_transact(struct store *s, transact_fn *fn, void *arg,
                            struct error *err) MUST_CHECK;
