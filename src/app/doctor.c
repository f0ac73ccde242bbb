#include "app/doctor.h"

#include "app/app.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/folder.h"
#include "crypt/seal.h"
#include "migrate/change_run.h"
#include "migrate/trash.h"
#include "store/registry.h"
#include "store/user.h"

#define REPORT_MAX   ((size_t)1 << 20)
#define CHANGES_MOST 1000

struct doctor {
    struct engine *engine;
    const struct settings *settings;
    const char *settings_problem;
    struct arena *arena;
    struct store *store; /* NULL: it cannot be opened, the integrity check says why */
    struct tenant *tenants;
    size_t n_tenants;
    struct folder_entry *entries;
    size_t n_entries;
    struct doctor_check *check; /* the one that is made */
    struct doctor_report *report;
};

static void find(struct doctor *d, const char *object, const char *message)
{
    struct doctor_finding f = {d->check->name, object, message};
    ARENA_PUSH(d->arena, d->report->findings, d->report->n_findings, f);
    d->check->n_findings++;
}

/* A check that failed itself found something. */
static void find_error(struct doctor *d, const char *object, struct error *why)
{
    find(d, object,
         arena_printf(d->arena, "%s%s%s", why->message, why->detail ? ": " : "",
                      why->detail ? why->detail : ""));
    error_release(why);
}

/* One finding for each line of @text. */
static void find_lines(struct doctor *d, const char *object, const struct buf *text)
{
    struct str rest = buf_str(text), line;
    while (str_split(&rest, '\n', &line)) {
        if (line.n) {
            find(d, object, arena_str(d->arena, line));
        }
    }
}

/* ---- settings -----------------------------------------------------------------------------------
 */

static void check_settings(struct doctor *d)
{
    static const char *const levels[] = {"error", "warning", "info", "debug"};
    d->check->n_looked_at = SETTING_N;
    if (d->settings_problem) {
        find(d, "settings", d->settings_problem);
    }
    bool is_level = false;
    for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
        is_level = is_level || text_eq(d->settings->text[SETTING_LOG_LEVEL], levels[i]);
    }
    if (!is_level) {
        find(d, "log-level", "is none of error, warning, info, debug");
    }
    if (d->settings->text[SETTING_BASE_PATH][0] != '/') {
        find(d, "base-path", "does not begin with \"/\"");
    }
}

/* ---- the folder ---------------------------------------------------------------------------------
 */

static void check_mode(struct doctor *d, const struct folder_entry *e, const char *name,
                       unsigned owner)
{
    unsigned allowed = e->is_folder ? 0700 : 0600;
    if (e->mode & ~allowed) {
        find(d, name,
             arena_printf(d->arena, "has permissions %04o, more than %04o; chmod %o mends it",
                          e->mode, allowed, allowed));
    }
    if (e->owner != owner) {
        find(d, name, "belongs to another user than the data folder");
    }
}

static void check_permissions(struct doctor *d)
{
    struct folder_entry top;
    struct error why = ERROR_INIT;
    const char *folder = d->settings->text[SETTING_DATA];
    if (folder_look(folder, &top, &why) != ERR_OK) {
        find_error(d, folder, &why);
        return;
    }
    check_mode(d, &top, folder, top.owner);
    for (size_t i = 0; i < d->n_entries; i++) {
        if (d->entries[i].is_folder || d->entries[i].is_file) {
            check_mode(d, &d->entries[i], d->entries[i].path, top.owner);
        }
    }
    d->check->n_looked_at = (int64_t)d->n_entries + 1;
}

/* "store.db" and what SQLite keeps beside it. */
static bool is_file_of(struct arena *a, const char *path, const char *ns)
{
    static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
        if (text_eq(path, arena_printf(a, "%s.db%s", ns, endings[i]))) {
            return true;
        }
    }
    return false;
}

static bool is_folder_of(const char *path, const char *ns)
{
    size_t n = strlen(path);
    return strncmp(ns, path, n) == 0 && ns[n] == '/';
}

static bool is_expected(struct doctor *d, struct arena *a, const struct folder_entry *e)
{
    static const char *const plain[] = {SEAL_KEY_FILE, ENGINE_LOCK_FILE};
    for (size_t i = 0; i < ARRAY_LEN(plain) && e->is_file; i++) {
        if (text_eq(e->path, plain[i])) {
            return true;
        }
    }
    if (e->is_file && is_file_of(a, e->path, STORE_NS)) {
        return true;
    }
    for (size_t i = 0; i < d->n_tenants; i++) {
        const char *ns = d->tenants[i].namespace;
        if (e->is_folder ? is_folder_of(e->path, ns) : e->is_file && is_file_of(a, e->path, ns)) {
            return true;
        }
    }
    return false;
}

static void check_files(struct doctor *d)
{
    if (!d->store) {
        return; /* nobody knows which files belong here */
    }
    AUTO(arena_freep) struct arena *a = arena_new();
    for (size_t i = 0; i < d->n_entries; i++) {
        const struct folder_entry *e = &d->entries[i];
        if (!is_expected(d, a, e)) {
            find(d, e->path,
                 e->is_folder ? "is a folder that does not belong here"
                              : "is a file that does not belong here");
        }
    }
    d->check->n_looked_at = (int64_t)d->n_entries;
}

/* ---- the databases
 * -------------------------------------------------------------------------------- */

static void verify(struct doctor *d, const char *ns)
{
    bool sound = true;
    struct buf text;
    struct error why = ERROR_INIT;
    buf_init(&text, REPORT_MAX);
    enum errcode code = engine_verify(d->engine, str_of(ns), &text, &sound, &why);
    if (code == ERR_UNSUPPORTED) { /* a server of a database looks after its files by itself */
        error_release(&why);
        d->check->n_looked_at--;
    } else if (code != ERR_OK) {
        find_error(d, ns, &why);
    } else if (!sound) {
        find_lines(d, ns, &text);
    }
    buf_release(&text);
    d->check->n_looked_at++;
}

static void check_integrity(struct doctor *d)
{
    struct error why = ERROR_INIT;
    d->check->n_looked_at = 0;
    if (!engine_namespace_exists(d->engine, STR(STORE_NS))) {
        find(d, STORE_NS, "is not there: nobody set this installation up, or the file is lost");
        return;
    }
    verify(d, STORE_NS);
    if (!d->store && d->check->n_findings == 0 &&
        store_open_as_is(d->engine, &d->store, &why) != ERR_OK) {
        find_error(d, STORE_NS, &why);
    }
    for (size_t i = 0; i < d->n_tenants; i++) {
        if (engine_namespace_exists(d->engine, str_of(d->tenants[i].namespace))) {
            verify(d, d->tenants[i].namespace);
        }
    }
}

static void check_migrations(struct doctor *d)
{
    if (!d->store) {
        return;
    }
    struct migrate_target t = store_migrate_target(d->store);
    struct migration_status *rows = NULL;
    size_t n = 0;
    struct error why = ERROR_INIT;
    if (migrate_files_status(&t, store_migrations(), d->arena, &rows, &n, &why) != ERR_OK) {
        find_error(d, STORE_NS, &why);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (rows[i].is_changed) {
            find(d, rows[i].name, "was applied from other content than this program has");
        } else if (!rows[i].is_applied) {
            find(d, rows[i].name, "is not applied; telaio migrate up --system mends it");
        }
    }
    d->check->n_looked_at = (int64_t)n;
}

/* ---- structure
 * -------------------------------------------------------------------------------------- */

/* Somebody is at it right now. */
static bool is_run(struct doctor *d, const struct change_record *r)
{
    AUTO(engine_unlockp) struct engine_lock *claim = NULL;
    struct error why = ERROR_INIT;
    if (journal_claim(d->store->journal, r->id, &claim, &why) != ERR_OK) {
        find_error(d, r->id, &why);
        return true;
    }
    return claim == NULL;
}

static void find_changes(struct doctor *d, const char *state, const char *message)
{
    struct migrate_filter f = {.state = state, .limit = CHANGES_MOST};
    struct change_record *records = NULL;
    size_t n = 0;
    struct error why = ERROR_INIT;
    if (migrate_list(d->store->journal, &f, d->arena, &records, &n, &why) != ERR_OK) {
        find_error(d, "journal", &why);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (!is_run(d, &records[i])) {
            find(d, records[i].id,
                 arena_printf(d->arena, "%s (%s, in \"%s\")", message, records[i].title,
                              records[i].ns));
        }
    }
    d->check->n_looked_at += (int64_t)n;
}

static void check_journal(struct doctor *d)
{
    if (!d->store) {
        return;
    }
    d->check->n_looked_at = 0;
    find_changes(d, "running", "was interrupted; a server settles it when it starts");
    find_changes(d, "needs_attention",
                 "was interrupted, and the schema is neither as before nor as after: undo it to "
                 "take back what it did");
}

static enum errcode live_catalog(struct doctor *d, const char *ns, struct catalog **out,
                                 struct error *err)
{
    AUTO(engine_session_endp) struct session *s = NULL;
    TRY(engine_session_begin(d->engine, str_of(ns), ACCESS_READ, &s, err));
    return engine_inspect(s, out, err);
}

static enum errcode compare_registry(struct doctor *d, const struct tenant *t, struct error *err)
{
    AUTO(catalog_unrefp) struct catalog *live = NULL;
    if (engine_namespace_exists(d->engine, str_of(t->namespace))) {
        TRY(live_catalog(d, t->namespace, &live, err));
    } else {
        live = catalog_new(); /* it has no tables yet */
    }
    bool sound = true;
    struct buf text;
    buf_init(&text, REPORT_MAX);
    enum errcode code = store_registry_check(d->store, t->id, live, &text, &sound, err);
    if (code == ERR_OK && !sound) {
        find_lines(d, t->slug, &text);
    }
    buf_release(&text);
    return code;
}

static void check_registry(struct doctor *d)
{
    if (!d->store) {
        return;
    }
    d->check->n_looked_at = 0;
    for (size_t i = 0; i < d->n_tenants; i++) {
        struct error why = ERROR_INIT;
        if (d->tenants[i].deleted_at) {
            continue;
        }
        if (compare_registry(d, &d->tenants[i], &why) != ERR_OK) {
            find_error(d, d->tenants[i].slug, &why);
        }
        d->check->n_looked_at++;
    }
}

/* What is kept in namespace @ns, all at once: its catalog is read one time. */
static enum errcode look_for(struct doctor *d, const char *ns, const struct trash_item *items,
                             size_t n, struct error *err)
{
    AUTO(catalog_unrefp) struct catalog *live = NULL;
    if (engine_namespace_exists(d->engine, str_of(ns))) {
        TRY(live_catalog(d, ns, &live, err));
    }
    for (size_t i = 0; i < n; i++) {
        bool is_there = live && catalog_find_table(live, str_of(items[i].object));
        if (text_eq(items[i].ns, ns) && !is_there) {
            find(d, items[i].object,
                 arena_printf(d->arena, "should keep what was dropped of \"%s\" and is not there",
                              items[i].table_name));
        }
    }
    return ERR_OK;
}

static bool is_earlier(const struct trash_item *items, size_t n, const char *ns)
{
    for (size_t i = 0; i < n; i++) {
        if (text_eq(items[i].ns, ns)) {
            return true;
        }
    }
    return false;
}

static void check_trash(struct doctor *d)
{
    struct trash_item *items = NULL;
    size_t n = 0;
    struct error why = ERROR_INIT;
    if (!d->store) {
        return;
    }
    if (migrate_trash_list(d->store->journal, 0, d->arena, &items, &n, &why) != ERR_OK) {
        find_error(d, "trash", &why);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (!is_earlier(items, i, items[i].ns) &&
            look_for(d, items[i].ns, items, n, &why) != ERR_OK) {
            find_error(d, items[i].ns, &why);
        }
    }
    d->check->n_looked_at = (int64_t)n;
}

/* ---- all of it
 * ---------------------------------------------------------------------------------------- */

/* In this order: what stands first explains what comes after it. */
static const struct check_row {
    const char *name, *about;
    void (*fn)(struct doctor *d);
} checks[] = {
    {"settings", "the settings parse and make sense", check_settings},
    {"permissions", "nobody else can read the data folder and its files", check_permissions},
    {"integrity", "every database file is sound, every reference has its row", check_integrity},
    {"files", "nothing lies in the data folder that does not belong there", check_files},
    {"migrations", "the store has every table this program expects", check_migrations},
    {"journal", "no schema change was left in its middle", check_journal},
    {"registry", "the registry equals the tables that are there", check_registry},
    {"trash", "what was dropped and can come back is still there", check_trash},
};

/* The store and the tenants, deleted ones too: their files stay. What hinders it is found by
   check_integrity(). */
static void open_store(struct doctor *d)
{
    struct error ignored = ERROR_INIT;
    if (!engine_namespace_exists(d->engine, STR(STORE_NS)) ||
        store_open_as_is(d->engine, &d->store, &ignored) != ERR_OK) {
        error_release(&ignored);
        return;
    }
    struct record_place p = store_place(d->store);
    struct record_query q = {0};
    void *found = NULL;
    if (record_list(&p, d->arena, &store_tenant_type, &q, &found, &d->n_tenants, &ignored) !=
        ERR_OK) {
        store_close(d->store);
        d->store = NULL;
        error_release(&ignored);
        return;
    }
    d->tenants = found;
}

enum errcode doctor_run(struct engine *engine, const struct settings *settings,
                        const char *settings_problem, struct arena *a, struct doctor_report *out,
                        struct error *err)
{
    struct doctor_report report = {.n_checks = ARRAY_LEN(checks)};
    struct doctor d = {
        .engine = engine,
        .settings = settings,
        .settings_problem = settings_problem,
        .arena = a,
        .report = &report,
    };
    report.checks = ARENA_ARRAY(a, report.n_checks, struct doctor_check);
    open_store(&d);
    enum errcode code = folder_list(a, settings->text[SETTING_DATA], &d.entries, &d.n_entries, err);
    for (size_t i = 0; i < ARRAY_LEN(checks) && code == ERR_OK; i++) {
        d.check = &report.checks[i];
        *d.check = (struct doctor_check){checks[i].name, checks[i].about, -1, 0};
        checks[i].fn(&d);
    }
    store_close(d.store);
    TRY(code);
    *out = report;
    return ERR_OK;
}
