#include "store/store.h"

#include "base/attr.h"
#include "base/time.h"
#include "migrate/packed.h"
#include "store/settings_view.h"

const struct migration_set *store_migrations(void)
{
    static struct migration_set set;
    set = (struct migration_set){.files = store_files, .n = store_files_n};
    return &set;
}

int64_t store_now(void)
{
    return time_now_us();
}

struct record_place store_place(const struct store *s)
{
    return (struct record_place){.engine = s->engine, .ns = s->ns, .catalog = s->catalog};
}

struct migrate_target store_migrate_target(const struct store *s)
{
    return (struct migrate_target){.engine = s->engine, .ns = s->ns, .journal = s->journal};
}

enum errcode store_transact(struct store *s, transact_fn *fn, void *arg, struct error *err)
{
    return engine_transact(s->engine, s->ns, fn, arg, err);
}

enum errcode store_refresh(struct store *s, struct error *err)
{
    AUTO(engine_session_endp) struct session *session = NULL;
    TRY(engine_session_begin(s->engine, s->ns, ACCESS_READ, &session, err));
    struct catalog *c = NULL;
    TRY(engine_inspect(session, &c, err));
    catalog_unref(s->catalog);
    s->catalog = c;
    return ERR_OK;
}

static enum errcode open_tables(struct store *s, bool is_migrating, struct error *err)
{
    if (!engine_namespace_exists(s->engine, s->ns)) {
        TRY(engine_namespace_create(s->engine, s->ns, err));
    }
    TRY(journal_open(s->engine, s->ns, &s->journal, err));
    struct migrate_target t = store_migrate_target(s);
    size_t n_pending = 0;
    TRY(migrate_files_pending(&t, store_migrations(), &n_pending, err));
    if (!is_migrating || n_pending == 0) {
        s->catalog = catalog_ref(s->journal->catalog); /* what it has just read */
    } else {
        TRY(migrate_files_up(&t, store_migrations(), -1, NULL, err));
        TRY(store_refresh(s, err));
    }
    return is_migrating ? settings_view_make(s, err) : ERR_OK;
}

static enum errcode open_store(struct engine *e, bool is_migrating, struct store **out,
                               struct error *err)
{
    struct arena *a = arena_new();
    struct store *s = ARENA_NEW(a, struct store);
    s->arena = a;
    s->engine = e;
    s->ns = STR(STORE_NS);
    news_init(&s->news);
    enum errcode code = open_tables(s, is_migrating, err);
    if (code != ERR_OK) {
        store_close(s);
        return code;
    }
    *out = s;
    return ERR_OK;
}

enum errcode store_open(struct engine *e, struct store **out, struct error *err)
{
    return open_store(e, true, out, err);
}

enum errcode store_open_as_is(struct engine *e, struct store **out, struct error *err)
{
    return open_store(e, false, out, err);
}

void store_close(struct store *s)
{
    if (s) {
        journal_close(s->journal);
        catalog_unref(s->catalog);
        news_destroy(&s->news);
        arena_free(s->arena);
    }
}
