#include "engine/sqlite/sqlite_engine.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/fs.h"
#include "base/time.h"
#include "engine/catalog_cache.h"
#include "engine/sqlcommon/sql_view.h"
#include "engine/sqlite/dialect.h"
#include "engine/sqlite/kind.h"
#include "engine/sqlite/lock.h"
#include "engine/sqlite/maintain.h"
#include "engine/sqlite/session.h"

static struct sqlite_engine *of(struct engine *e)
{
    return (struct sqlite_engine *)e;
}

static void close_engine(struct engine *engine)
{
    struct sqlite_engine *e = of(engine);
    sqlite_writers_stop(e);
    watchdog_stop(&e->watchdog);
    files_close(e);
    if (e->settings.file && e->settings.read_only && !e->had_wal) {
        sqlite_tidy(e->settings.file, e->settings.vfs);
    }
    pthread_cond_destroy(&e->is_ready);
    pthread_mutex_destroy(&e->lock);
    arena_free(e->arena);
}

static enum errcode ping(struct engine *engine, struct error *err)
{
    struct sqlite_engine *e = of(engine);
    if (e->settings.file) {
        return access(e->settings.file, R_OK) == 0
                   ? ERR_OK
                   : ERROR(err, ERR_UNAVAILABLE, "the database file cannot be read");
    }
    int need = e->settings.read_only ? R_OK | X_OK : R_OK | W_OK | X_OK;
    if (access(e->settings.folder, need) != 0) {
        return ERROR(err, ERR_UNAVAILABLE, "the folder \"%s\" cannot be used", e->settings.folder);
    }
    return ERR_OK;
}

struct creation {
    struct sqlite_engine *engine;
    struct str ns;
    struct error *err;
    enum errcode code;
};

/* The file is made here, so that it is its owner's only; SQLite gives -wal and -shm its mode. */
static enum errcode make_file(const char *path, struct error *err)
{
    int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST) {
        return ERR_OK; /* somebody makes it at this moment */
    }
    if (fd < 0) {
        bool full = errno == ENOSPC || errno == EDQUOT;
        return ERROR(err, full ? ERR_DISK_FULL : ERR_IO, "\"%s\" cannot be made: %s", path,
                     strerror(errno));
    }
    (void)close(fd); /* empty: no other connection can have a lock on it yet */
    return ERR_OK;
}

static enum errcode create(struct sqlite_engine *e, struct str ns, struct error *err)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct conn *c = NULL;
    const char *path = file_path(e, a, ns);
    if (access(path, F_OK) == 0) {
        return ERR_OK;
    }
    const char *slash = strrchr(path, '/');
    TRY(fs_make_folder(arena_strndup(a, path, (size_t)(slash - path)), err));
    TRY(make_file(path, err));
    struct conn_settings settings = {.path = path,
                                     .vfs = e->settings.vfs,
                                     .is_writer = true,
                                     .busy_ms = e->settings.busy_ms,
                                     .cache_kib = e->settings.cache_kib};
    enum errcode code = conn_open(&settings, &c, err);
    if (code == ERR_OK) {
        code = conn_exec(c, "PRAGMA user_version = 1", err); /* a file with its first page */
        conn_close(c);
    }
    if (code != ERR_OK) {
        (void)unlink(path);
    }
    return code;
}

static void run_create(void *arg)
{
    struct creation *c = arg;
    c->code = create(c->engine, c->ns, c->err);
}

static enum errcode namespace_create(struct engine *engine, struct str ns, struct error *err)
{
    struct creation c = {.engine = of(engine), .ns = ns, .err = err};
    if (c.engine->settings.file) {
        return ERROR(err, ERR_UNSUPPORTED, "an attached file gets no further namespace");
    }
    TRY(file_check_name(c.engine, ns, err));
    if (c.engine->settings.read_only) {
        return ERROR(err, ERR_FORBIDDEN, "the database is read-only");
    }
    pthread_mutex_lock(&c.engine->lock);
    struct arena *a AUTO(arena_freep) = arena_new();
    bool is_there = access(file_path(c.engine, a, ns), F_OK) == 0;
    pthread_mutex_unlock(&c.engine->lock);
    if (!is_there) {
        wait_run(run_create, &c);
    }
    return c.code;
}

struct dropping {
    struct file *file;
    struct error *err;
    enum errcode code;
};

/* Only when nobody has it open: the last connection to close would delete a -wal file by its name,
 * which could be a new namespace's by then. */
static void run_drop(void *arg)
{
    static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
    struct dropping *d = arg;
    struct arena *a AUTO(arena_freep) = arena_new();
    if (!file_close_alone(d->file)) {
        d->code = ERROR(d->err, ERR_BUSY, "the namespace \"%s\" is in use", d->file->ns.p);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
        const char *path = arena_printf(a, "%s%s", d->file->path, endings[i]);
        if (unlink(path) != 0 && errno != ENOENT && d->code == ERR_OK) {
            d->code = ERROR(d->err, ERR_IO, "\"%s\" cannot be removed: %s", path, strerror(errno));
        }
    }
}

static enum errcode namespace_drop(struct engine *engine, struct str ns, struct error *err)
{
    struct file *f = NULL;
    if (of(engine)->settings.file) {
        return ERROR(err, ERR_UNSUPPORTED, "an attached file is not dropped");
    }
    TRY(file_acquire(of(engine), ns, &f, err));
    enum errcode code = sqlite_hold(f, err);
    if (code == ERR_OK) {
        struct dropping d = {.file = f, .err = err};
        file_set_dropped(f, true);
        wait_run(run_drop, &d);
        code = d.code;
        if (code == ERR_OK) {
            file_forget(f);
        } else {
            file_set_dropped(f, false);
        }
        sqlite_unhold(f);
    }
    file_release(f);
    return code;
}

static bool namespace_exists(struct engine *engine, struct str ns)
{
    if (file_check_name(of(engine), ns, NULL) != ERR_OK) {
        return false;
    }
    struct arena *a AUTO(arena_freep) = arena_new();
    return access(file_path(of(engine), a, ns), F_OK) == 0;
}

/* What was read a moment ago, on a loop: every request asks, and only another process can have
 * changed it meanwhile. Changes of our own count in the file's epoch. */
static bool version_is_known(struct file *f, int64_t *version)
{
    pthread_mutex_lock(&f->lock);
    bool is_known = wait_loop() >= 0 && f->version_epoch == atomic_load(&f->epoch) &&
                    f->version_us != 0 && time_monotonic_us() - f->version_us < VERSION_KEPT_US;
    *version = f->version;
    pthread_mutex_unlock(&f->lock);
    return is_known;
}

/* What was read is still so when nobody has committed anything. */
static bool version_is_marked(struct file *f, const struct wal_mark *mark, uint64_t epoch,
                              int64_t *version)
{
    pthread_mutex_lock(&f->lock);
    bool is_known = f->version_epoch == epoch && wal_mark_equal(mark, &f->version_mark);
    *version = f->version;
    pthread_mutex_unlock(&f->lock);
    return is_known;
}

static enum errcode ask_version(struct file *f, struct conn *c, const struct wal_mark *mark,
                                uint64_t epoch, int64_t *version, struct error *err)
{
    int64_t now = time_monotonic_us();
    TRY(conn_int(c, "PRAGMA schema_version", version, err));
    struct wal_mark behind = wal_mark_read(c->wal_index);
    pthread_mutex_lock(&f->lock);
    f->version = *version;
    f->version_us = now;
    f->version_epoch = epoch;
    f->version_mark = wal_mark_equal(mark, &behind) ? behind : (struct wal_mark){0};
    pthread_mutex_unlock(&f->lock);
    return ERR_OK;
}

static enum errcode read_version(struct file *f, int64_t *version, struct error *err)
{
    struct conn *c = NULL;
    uint64_t epoch = atomic_load(&f->epoch); /* before: what changes now is read again */
    TRY(file_lend(f, &c, err));
    struct wal_mark mark = wal_mark_read(c->wal_index);
    enum errcode code = version_is_marked(f, &mark, epoch, version)
                            ? ERR_OK
                            : ask_version(f, c, &mark, epoch, version, err);
    file_return(f, c);
    return code;
}

/* SQLite counts schema changes in the file, whoever makes them; the opening is part of it because
 * a file put in another's place has its own count. */
static enum errcode generation(struct engine *engine, struct str ns, uint64_t *out,
                               struct error *err)
{
    struct file *f = NULL;
    int64_t version = 0;
    TRY(file_acquire(of(engine), ns, &f, err));
    enum errcode code = version_is_known(f, &version) ? ERR_OK : read_version(f, &version, err);
    if (code == ERR_OK) {
        *out = (uint64_t)version | f->serial << 32;
    }
    file_release(f);
    return code;
}

enum errcode sqlite_file_path(struct engine *e, struct arena *a, struct str ns, const char **out,
                              struct error *err)
{
    TRY(file_check_name(of(e), ns, err));
    *out = file_path(of(e), a, ns);
    return ERR_OK;
}

static const char *view_text(struct engine *engine, struct arena *a, const struct engine_view *v)
{
    (void)engine;
    return sql_view_text(a, &sqlite_dialect, v);
}

static const struct engine_ops sqlite_ops = {
    .name = "sqlite",
    .close = close_engine,
    .ping = ping,
    .namespace_create = namespace_create,
    .namespace_drop = namespace_drop,
    .namespace_exists = namespace_exists,
    .session_begin = sqlite_session_begin,
    .session_end = sqlite_session_end,
    .transact = sqlite_transact,
    .generation = generation,
    .inspect = sqlite_inspect,
    .plan = sqlite_plan,
    .view_text = view_text,
    .rehearse = sqlite_rehearse,
    .group_begin = sqlite_group_begin,
    .run_step = sqlite_run_step,
    .group_end = sqlite_group_end,
    .select = sqlite_select,
    .cursor_next = sqlite_cursor_next,
    .cursor_close = sqlite_cursor_close,
    .write = sqlite_write,
    .row_estimate = sqlite_row_estimate,
    .bulk_begin = sqlite_bulk_begin,
    .bulk_row = sqlite_bulk_row,
    .bulk_end = sqlite_bulk_end,
    .lock = sqlite_lock,
    .lock_holds = sqlite_lock_holds,
    .unlock = sqlite_unlock,
    .backup = sqlite_backup,
    .verify = sqlite_verify,
};

static int or_default(int given, int standard)
{
    return given > 0 ? given : standard;
}

static void copy_settings(struct sqlite_engine *e, const struct sqlite_settings *s)
{
    e->settings = *s;
    e->settings.folder = arena_strdup(e->arena, s->folder);
    e->settings.file = arena_strdup(e->arena, s->file);
    e->settings.vfs = arena_strdup(e->arena, s->vfs);
    e->settings.busy_ms = or_default(s->busy_ms, 5000);
    e->settings.cache_kib = or_default(s->cache_kib, 512);
    e->settings.open_files = or_default(s->open_files, 64);
    e->settings.budget_us = or_default(s->budget_us, 2000);
    e->settings.step_limit_us = or_default(s->step_limit_us, 5000);
    e->settings.read_limit_ms = or_default(s->read_limit_ms, 60000);
}

enum errcode sqlite_engine_open(const struct sqlite_settings *settings, struct engine **out,
                                struct error *err)
{
    if (!settings->folder || !*settings->folder) {
        return ERROR(err, ERR_INVALID, "the engine needs a folder");
    }
    if (!sqlite3_threadsafe()) {
        return ERROR(err, ERR_INTERNAL, "this SQLite was built without threads");
    }
    if (!settings->read_only && !settings->file) {
        TRY(fs_make_folder(settings->folder, err));
    }
    /* Nobody asks how much memory SQLite has, and to count it takes one lock for all loops at every
     * allocation. Refused when this process uses SQLite already: then it counts. */
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    struct arena *a = arena_new();
    struct sqlite_engine *e = ARENA_NEW(a, struct sqlite_engine);
    e->arena = a;
    copy_settings(e, settings);
    BUG_ON(pthread_mutex_init(&e->lock, NULL) != 0);
    BUG_ON(pthread_cond_init(&e->is_ready, NULL) != 0);
    watchdog_init(&e->watchdog, e->settings.step_limit_us);
    e->base.version = sqlite3_libversion();
    e->had_wal = e->settings.file && sqlite_has_wal(e->settings.file);
    e->base.caps = (struct engine_caps){.transactional_ddl = true,
                                        .rehearse = true,
                                        .partial_indexes = true,
                                        .expression_indexes = true,
                                        .foreign_keys = true,
                                        .checks = true,
                                        .comments = true,
                                        .generated_columns = true,
                                        .descending_indexes = true,
                                        .deferred_keys = true,
                                        .defaults = true,
                                        .virtual_columns = true,
                                        .column_position = true,
                                        .identity_columns = true,
                                        .composite_keys = true,
                                        .text_lengths = true,
                                        .views = true,
                                        .triggers = true,
                                        .transactions = true,
                                        .bulk_load = true,
                                        .group_commit = true};
    e->ops = sqlite_ops;
    engine_register(&e->base, &e->ops);
    *out = &e->base;
    return ERR_OK;
}
