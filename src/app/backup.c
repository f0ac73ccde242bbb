#include "app/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/backup_json.h"
#include "base/attr.h"
#include "base/folder.h"
#include "base/fs.h"
#include "base/time.h"
#include "base/uuid.h"
#include "crypt/seal.h"
#include "loop/loop.h"
#include "migrate/change_run.h"
#include "store/store.h"
#include "store/user.h"

#define ATTEMPTS      8
#define QUIET_TRIES   100 /* looks for a pause between schema changes … */
#define QUIET_WAIT_US 50000
#define CHANGES_MOST  1000

/* Files beside the namespaces that belong to an installation. */
static const char *const plain_files[] = {SEAL_KEY_FILE};

struct copy {
    const char *ns;
    bool is_done;
    struct backup_file file;
};

struct backup {
    struct engine *engine;
    struct store *store;
    const struct settings *settings;
    struct arena *arena;
    const char *folder; /* where the copies go: @into with an ending, until all is well */
    struct backup_watch watch;
    struct copy *copies; /* the tenants; what came later is added at the end */
    size_t n_copies;
    size_t n_reported;
};

/* ---- one file ---------------------------------------------------------------------------------
 */

struct sum_job {
    const char *path;
    struct file_sum sum;
    struct error *err;
    enum errcode code;
};

static enum errcode sync_file(const char *path, struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int rc = fd < 0 ? -1 : fsync(fd);
    if (rc != 0) {
        ERROR(err, ERR_IO, "cannot sync \"%s\": %s", path, strerror(errno));
    }
    if (fd >= 0) {
        (void)close(fd); /* opened for reading: nothing is lost */
    }
    return rc == 0 ? ERR_OK : ERR_IO;
}

static void run_sum(void *arg)
{
    struct sum_job *j = arg;
    j->code = file_sum(j->path, &j->sum, j->err);
    if (j->code == ERR_OK) {
        j->code = sync_file(j->path, j->err);
    }
}

static enum errcode sum_of(struct backup *b, const char *name, struct backup_file *out,
                           struct error *err)
{
    struct sum_job j = {.path = arena_printf(b->arena, "%s/%s", b->folder, name), .err = err};
    loop_run_blocking(run_sum, &j);
    TRY(j.code);
    out->path = name;
    out->n_bytes = j.sum.n_bytes;
    out->sha256 = arena_strdup(b->arena, j.sum.sha256);
    return ERR_OK;
}

static enum errcode copy_namespace(struct backup *b, const char *ns, struct backup_file *out,
                                   struct error *err)
{
    const char *name = arena_printf(b->arena, "%s.db", ns);
    const char *path = arena_printf(b->arena, "%s/%s", b->folder, name);
    const char *slash = strrchr(path, '/');
    TRY(fs_make_folder(arena_strndup(b->arena, path, (size_t)(slash - path)), err));
    if (unlink(path) != 0 && errno != ENOENT) { /* of an attempt before */
        return ERROR(err, ERR_IO, "cannot remove \"%s\": %s", path, strerror(errno));
    }
    TRY(engine_backup(b->engine, str_of(ns), path, err));
    out->namespace = ns;
    return sum_of(b, name, out, err);
}

static void report(struct backup *b, const char *path)
{
    if (b->watch.fn) {
        size_t total = b->n_copies + 1;
        b->n_reported += b->n_reported < total;
        b->watch.fn(b->watch.arg, path, b->n_reported, total);
    }
}

/* ---- which, and when ----------------------------------------------------------------------------
 */

/* Every tenant, also one that was deleted: its namespace stays. */
static enum errcode find_tenants(struct backup *b, struct error *err)
{
    struct record_place p = store_place(b->store);
    struct record_query q = {0};
    void *found = NULL;
    size_t n = 0;
    TRY(record_list(&p, b->arena, &store_tenant_type, &q, &found, &n, err));
    const struct tenant *tenants = found;
    for (size_t i = 0; i < n; i++) {
        bool is_known = false;
        for (size_t k = 0; k < b->n_copies; k++) {
            is_known = is_known || text_eq(b->copies[k].ns, tenants[i].namespace);
        }
        if (!is_known && tenants[i].namespace &&
            engine_namespace_exists(b->engine, str_of(tenants[i].namespace))) {
            struct copy c = {.ns = tenants[i].namespace};
            ARENA_PUSH(b->arena, b->copies, b->n_copies, c);
        }
    }
    return ERR_OK;
}

/* The newest change that began; "" when none did. */
static enum errcode newest_change(struct backup *b, const char **out, struct error *err)
{
    struct migrate_filter f = {.limit = 1};
    struct change_record *records = NULL;
    size_t n = 0;
    TRY(migrate_list(b->store->journal, &f, b->arena, &records, &n, err));
    *out = n ? records[0].id : "";
    return ERR_OK;
}

/* Waits until no change runs. What runs for longer is most likely what a crash left: the copy then
   holds it as the folder does, and the next start on either settles it. */
static enum errcode wait_for_quiet(struct backup *b, struct error *err)
{
    for (int i = 0; i < QUIET_TRIES; i++) {
        struct migrate_filter f = {.state = "running", .limit = 1};
        struct change_record *records = NULL;
        size_t n = 0;
        TRY(migrate_list(b->store->journal, &f, b->arena, &records, &n, err));
        if (n == 0) {
            return ERR_OK;
        }
        TRY(loop_sleep(QUIET_WAIT_US, err));
    }
    return ERR_OK;
}

/* Namespaces that were changed since @mark are to be copied again. */
static enum errcode forget_changed(struct backup *b, const char *mark, struct error *err)
{
    struct migrate_filter f = {.limit = CHANGES_MOST};
    struct change_record *records = NULL;
    size_t n = 0;
    TRY(migrate_list(b->store->journal, &f, b->arena, &records, &n, err));
    bool is_reached = false;
    for (size_t i = 0; i < n && !is_reached; i++) {
        is_reached = text_eq(records[i].id, mark);
        for (size_t k = 0; k < b->n_copies && !is_reached; k++) {
            if (text_eq(b->copies[k].ns, records[i].ns)) {
                b->copies[k].is_done = false;
            }
        }
    }
    for (size_t k = 0; k < b->n_copies && !is_reached && n == CHANGES_MOST; k++) {
        b->copies[k].is_done = false;
    }
    return ERR_OK;
}

static enum errcode copy_tenants(struct backup *b, struct error *err)
{
    for (size_t i = 0; i < b->n_copies; i++) {
        struct copy *c = &b->copies[i];
        if (!c->is_done) {
            TRY(copy_namespace(b, c->ns, &c->file, err));
            c->is_done = true;
            report(b, c->file.path);
        }
    }
    return ERR_OK;
}

/* Tenants, then the store; good when no schema change began and no tenant came meanwhile. */
static enum errcode copy_all(struct backup *b, struct backup_file *store, struct error *err)
{
    for (int i = 0; i < ATTEMPTS; i++) {
        const char *before = NULL, *after = NULL;
        TRY(wait_for_quiet(b, err));
        TRY(newest_change(b, &before, err));
        TRY(find_tenants(b, err));
        size_t n_before = b->n_copies;
        TRY(copy_tenants(b, err));
        TRY(copy_namespace(b, STORE_NS, store, err));
        TRY(newest_change(b, &after, err));
        TRY(find_tenants(b, err));
        if (text_eq(before, after) && b->n_copies == n_before) {
            report(b, store->path);
            return ERR_OK;
        }
        TRY(forget_changed(b, before, err));
    }
    ERROR(err, ERR_BUSY, "the schema changed during each of %d attempts", ATTEMPTS);
    return error_hint(err, "try again when nobody changes tables");
}

static enum errcode copy_plain(struct backup *b, struct backup_manifest *m, struct error *err)
{
    for (size_t i = 0; i < ARRAY_LEN(plain_files); i++) {
        const char *from =
            arena_printf(b->arena, "%s/%s", b->settings->text[SETTING_DATA], plain_files[i]);
        if (access(from, F_OK) != 0) {
            continue;
        }
        struct file_sum sum;
        struct backup_file f = {.path = plain_files[i]};
        TRY(file_copy(from, arena_printf(b->arena, "%s/%s", b->folder, f.path), &sum, err));
        f.n_bytes = sum.n_bytes;
        f.sha256 = arena_strdup(b->arena, sum.sha256);
        ARENA_PUSH(b->arena, m->files, m->n_files, f);
    }
    return ERR_OK;
}

/* ---- the manifest -------------------------------------------------------------------------------
 */

static enum errcode newest_migration(struct backup *b, const char **out, struct error *err)
{
    struct migrate_target t = store_migrate_target(b->store);
    struct migration_status *rows = NULL;
    size_t n = 0;
    TRY(migrate_files_status(&t, store_migrations(), b->arena, &rows, &n, err));
    for (size_t i = 0; i < n; i++) {
        if (rows[i].is_applied) {
            *out = rows[i].name;
        }
    }
    return ERR_OK;
}

static enum errcode write_manifest(struct backup *b, const struct backup_manifest *m,
                                   struct error *err)
{
    struct buf text;
    struct json_writer w;
    buf_init(&text, BUF_MAX_DEFAULT);
    jsonw_init(&w, &text);
    backup_manifest_write(&w, m);
    buf_addc(&text, '\n');
    enum errcode code = fs_replace_file(arena_printf(b->arena, "%s/" BACKUP_MANIFEST, b->folder),
                                        buf_str(&text), err);
    buf_release(&text);
    return code;
}

static enum errcode fill(struct backup *b, struct backup_manifest *out, struct error *err)
{
    struct backup_manifest m = {
        .format = BACKUP_FORMAT,
        .version = TELAIO_VERSION,
        .created_at = time_now_us(),
    };
    struct backup_file store = {0};
    TRY(copy_all(b, &store, err));
    ARENA_PUSH(b->arena, m.files, m.n_files, store);
    for (size_t i = 0; i < b->n_copies; i++) {
        ARENA_PUSH(b->arena, m.files, m.n_files, b->copies[i].file);
    }
    TRY(copy_plain(b, &m, err));
    TRY(newest_migration(b, &m.migration, err));
    TRY(write_manifest(b, &m, err));
    *out = m;
    return ERR_OK;
}

/* ---- making one
 * ----------------------------------------------------------------------------------- */

/* A path without the slashes at its end. */
static const char *plain_path(struct arena *a, const char *path)
{
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/') {
        n--;
    }
    return arena_strndup(a, path, n);
}

static const char *parent_of(struct arena *a, const char *path)
{
    const char *slash = strrchr(path, '/');
    return !slash ? "." : slash == path ? "/" : arena_strndup(a, path, (size_t)(slash - path));
}

static enum errcode check_target(struct backup *b, const char *into, struct error *err)
{
    if (!folder_is_free(into)) {
        ERROR(err, ERR_CONFLICT, "\"%s\" is there already", into);
        return error_hint(err, "a backup goes into a new folder");
    }
    TRY(fs_make_folder(parent_of(b->arena, into), err));
    if (folder_holds(b->settings->text[SETTING_DATA], parent_of(b->arena, into))) {
        return ERROR(err, ERR_INVALID, "\"%s\" lies inside the data folder", into);
    }
    return ERR_OK;
}

static void discard(const char *folder)
{
    struct error ignored = ERROR_INIT;
    enum errcode code = folder_remove(folder, &ignored);
    (void)code; /* the failure that led here is the one to tell */
    error_release(&ignored);
}

static const char *beside(struct arena *a, const char *path)
{
    char id[UUID_TEXT + 1];
    uuid_make(id);
    return arena_printf(a, "%s.partial-%s", path, id + UUID_TEXT - 12);
}

enum errcode backup_make(struct engine *engine, const struct settings *settings, struct arena *a,
                         const char *into, struct backup_watch watch, struct backup_manifest *out,
                         struct error *err)
{
    struct backup b = {.engine = engine, .settings = settings, .arena = a, .watch = watch};
    if (!engine_namespace_exists(engine, STR(STORE_NS))) {
        return ERROR(err, ERR_NOT_FOUND, "no installation in \"%s\"", settings->text[SETTING_DATA]);
    }
    into = plain_path(a, into);
    TRY(check_target(&b, into, err));
    b.folder = beside(a, into);
    TRY(store_open_as_is(engine, &b.store, err));
    enum errcode code = fs_make_folder(b.folder, err);
    if (code == ERR_OK) {
        code = fill(&b, out, err);
    }
    store_close(b.store);
    if (code == ERR_UNSUPPORTED) {
        code = error_hint(err, "use the tool of the database (pg_dump, mariadb-dump "
                               "--single-transaction), and keep a copy of " SEAL_KEY_FILE);
    }
    if (code == ERR_OK) {
        code = folder_rename(b.folder, into, err);
    }
    if (code != ERR_OK) {
        discard(b.folder);
    }
    return code;
}

/* ---- reading one
 * ---------------------------------------------------------------------------------- */

static enum errcode check_file(struct arena *a, const char *from, const struct backup_file *f,
                               struct error *err)
{
    struct file_sum sum;
    struct error why = ERROR_INIT;
    enum errcode code = file_sum(arena_printf(a, "%s/%s", from, f->path), &sum, &why);
    if (code == ERR_NOT_FOUND) {
        error_release(&why);
        return ERROR(err, ERR_CORRUPT, "file \"%s\" of the backup is missing", f->path);
    }
    if (code != ERR_OK) {
        return error_move(err, &why);
    }
    if (sum.n_bytes != f->n_bytes || !text_eq(sum.sha256, f->sha256)) {
        ERROR(err, ERR_CORRUPT, "file \"%s\" of the backup is not what was backed up", f->path);
        return error_detail(err, "%lld bytes with SHA-256 %s, the manifest says %lld and %s",
                            (long long)sum.n_bytes, sum.sha256, (long long)f->n_bytes, f->sha256);
    }
    return ERR_OK;
}

static enum errcode check_no_more(struct arena *a, const char *from,
                                  const struct backup_manifest *m, struct error *err)
{
    struct folder_entry *entries = NULL;
    size_t n = 0;
    TRY(folder_list(a, from, &entries, &n, err));
    for (size_t i = 0; i < n; i++) {
        bool is_known = entries[i].is_folder || text_eq(entries[i].path, BACKUP_MANIFEST);
        for (size_t k = 0; k < m->n_files && !is_known; k++) {
            is_known = text_eq(m->files[k].path, entries[i].path);
        }
        if (!is_known) {
            return ERROR(err, ERR_CORRUPT, "the backup holds \"%s\", which its manifest does not",
                         entries[i].path);
        }
    }
    return ERR_OK;
}

static enum errcode check_version(const struct backup_manifest *m, struct error *err)
{
    const struct migration_set *set = store_migrations();
    for (size_t i = 0; i < set->n; i++) {
        if (!m->migration || text_eq(set->files[i].name, m->migration)) {
            return ERR_OK;
        }
    }
    ERROR(err, ERR_UNSUPPORTED, "the backup was made by Telaio %s, which is newer", m->version);
    return error_hint(err, "restore it with that version");
}

static bool has_store(const struct backup_manifest *m)
{
    for (size_t i = 0; i < m->n_files; i++) {
        if (text_eq(m->files[i].namespace, STORE_NS)) {
            return true;
        }
    }
    return false;
}

enum errcode backup_read(struct arena *a, const char *from, struct backup_watch watch,
                         struct backup_manifest *out, struct error *err)
{
    struct str text;
    struct backup_manifest m = {0};
    from = plain_path(a, from);
    enum errcode code =
        fs_read_file(a, arena_printf(a, "%s/" BACKUP_MANIFEST, from), BUF_MAX_DEFAULT, &text, err);
    if (code == ERR_NOT_FOUND) {
        return ERROR(err, ERR_NOT_FOUND, "no backup in \"%s\"", from);
    }
    TRY(code);
    TRY(backup_manifest_parse(a, text, &m, err));
    TRY(check_version(&m, err));
    if (!has_store(&m)) {
        return ERROR(err, ERR_CORRUPT, "the backup holds no store");
    }
    TRY(check_no_more(a, from, &m, err));
    for (size_t i = 0; i < m.n_files; i++) {
        TRY(check_file(a, from, &m.files[i], err));
        if (watch.fn) {
            watch.fn(watch.arg, m.files[i].path, i + 1, m.n_files);
        }
    }
    *out = m;
    return ERR_OK;
}

/* ---- restoring
 * ------------------------------------------------------------------------------------ */

static enum errcode restore_file(struct arena *a, const char *from, const char *to,
                                 const struct backup_file *f, struct error *err)
{
    struct file_sum sum;
    const char *path = arena_printf(a, "%s/%s", to, f->path);
    TRY(fs_make_folder(parent_of(a, path), err));
    TRY(file_copy(arena_printf(a, "%s/%s", from, f->path), path, &sum, err));
    if (!text_eq(sum.sha256, f->sha256)) {
        return ERROR(err, ERR_CORRUPT, "file \"%s\" of the backup changed under way", f->path);
    }
    return ERR_OK;
}

/* What lies at the top of @m, each name once; the store last: with it the folder is one. */
static const char **top_names(struct arena *a, const struct backup_manifest *m, size_t *n)
{
    const char **names = NULL;
    const char *store = NULL;
    *n = 0;
    for (size_t i = 0; i < m->n_files; i++) {
        struct str path = str_of(m->files[i].path);
        const char *name = arena_strndup(a, path.p, str_find(path, '/'));
        bool is_there = false;
        for (size_t k = 0; k < *n; k++) {
            is_there = is_there || text_eq(names[k], name);
        }
        if (text_eq(m->files[i].namespace, STORE_NS)) {
            store = name;
        } else if (!is_there) {
            ARENA_PUSH(a, names, *n, name);
        }
    }
    ARENA_PUSH(a, names, *n, store);
    return names;
}

/* All is copied and compared in a folder inside of @into (which may be a mount point and then
   cannot be renamed over), and moved to its place at the end. */
static enum errcode restore_into(struct arena *a, const char *from, const char *into,
                                 const struct backup_manifest *m, struct error *err)
{
    const char *partial = arena_printf(a, "%s/restore.partial", into);
    TRY(fs_make_folder(partial, err));
    for (size_t i = 0; i < m->n_files; i++) {
        TRY(restore_file(a, from, partial, &m->files[i], err));
    }
    size_t n = 0;
    const char **names = top_names(a, m, &n);
    for (size_t i = 0; i < n; i++) {
        TRY(folder_rename(arena_printf(a, "%s/%s", partial, names[i]),
                          arena_printf(a, "%s/%s", into, names[i]), err));
    }
    return folder_remove(partial, err);
}

/* Empties @into, which was free, and removes it when we made it. */
static void take_back(const char *into, bool was_there)
{
    discard(into);
    struct error ignored = ERROR_INIT;
    enum errcode code = was_there ? fs_make_folder(into, &ignored) : ERR_OK;
    (void)code; /* the failure that led here is the one to tell */
    error_release(&ignored);
}

enum errcode backup_restore(struct arena *a, const char *from, const char *into,
                            struct backup_watch watch, struct backup_manifest *out,
                            struct error *err)
{
    struct backup_manifest m = {0};
    from = plain_path(a, from);
    into = plain_path(a, into);
    if (!folder_is_free(into)) {
        ERROR(err, ERR_CONFLICT, "the data folder \"%s\" is not empty", into);
        return error_hint(err, "restore into a new folder and move it");
    }
    TRY(backup_read(a, from, watch, &m, err));
    bool was_there = access(into, F_OK) == 0;
    TRY(fs_make_folder(into, err));
    if (chmod(into, 0700) != 0) {
        return ERROR(err, ERR_IO, "cannot close \"%s\" to others: %s", into, strerror(errno));
    }
    enum errcode code = restore_into(a, from, into, &m, err);
    if (code != ERR_OK) {
        take_back(into, was_there);
        return code;
    }
    *out = m;
    return ERR_OK;
}
