#include "engine/sqlite/file.h"

#include <unistd.h>

#include "base/attr.h"
#include "base/hash.h"
#include "engine/sqlite/session.h"

#define NAME_PARTS_MAX 4
#define NAME_PART_MAX  64

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

static bool is_name_part(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!is_name_char(s.p[i])) {
            return false;
        }
    }
    return s.n > 0 && s.n <= NAME_PART_MAX && s.p[0] != '.';
}

enum errcode file_check_name(const struct sqlite_engine *e, struct str ns, struct error *err)
{
    if (e->settings.file && !str_eq(ns, ATTACHED_NS)) {
        return ERROR(err, ERR_NOT_FOUND, "an attached file has one namespace");
    }
    struct str rest = ns;
    struct str part;
    int n = 0;
    bool ok = true;
    while (ok && str_split(&rest, '/', &part)) {
        ok = is_name_part(part) && ++n <= NAME_PARTS_MAX;
    }
    if (!ok || n == 0) {
        return ERROR(err, ERR_INVALID, "\"%.*s\" is not the name of a namespace", (int)ns.n,
                     ns.n ? ns.p : "");
    }
    return ERR_OK;
}

const char *file_path(const struct sqlite_engine *e, struct arena *a, struct str ns)
{
    if (e->settings.file) {
        return arena_strdup(a, e->settings.file);
    }
    return arena_printf(a, "%s/%.*s.db", e->settings.folder, (int)ns.n, ns.p);
}

static void close_idle(struct file *f)
{
    for (size_t i = 0; i < ARRAY_LEN(f->idle); i++) {
        while (f->idle[i]) {
            struct conn *c = f->idle[i];
            f->idle[i] = c->next;
            conn_close(c);
        }
        f->n_idle[i] = 0;
    }
}

static void free_file(void *arg)
{
    struct file *f = arg;
    if (f->write_session) {
        arena_free(f->write_session->base.arena);
    }
    close_idle(f);
    conn_close(f->writer); /* last: a closing writer empties the WAL */
    pthread_mutex_destroy(&f->lock);
    arena_free(f->arena);
}

static struct file *find_file(struct sqlite_engine *e, struct str ns, uint64_t hash)
{
    for (struct file *f = e->files[hash % FILE_BUCKETS]; f; f = f->next) {
        if (f->hash == hash && str_eq(ns, f->ns)) {
            return f;
        }
    }
    return NULL;
}

static void unlink_file(struct file *f)
{
    struct file **at = &f->engine->files[f->hash % FILE_BUCKETS];
    while (*at != f) {
        at = &(*at)->next;
    }
    *at = f->next;
    f->engine->n_files--;
}

/* Under engine.lock: the least recently used file that nobody uses leaves the table. */
static struct file *take_oldest(struct sqlite_engine *e)
{
    struct file *oldest = NULL;
    if (e->n_files <= e->settings.open_files) {
        return NULL;
    }
    for (size_t i = 0; i < FILE_BUCKETS; i++) {
        for (struct file *f = e->files[i]; f; f = f->next) {
            if (f->users == 0 && (!oldest || f->used < oldest->used)) {
                oldest = f;
            }
        }
    }
    if (oldest) {
        unlink_file(oldest);
    }
    return oldest;
}

static struct file *make_file(struct sqlite_engine *e, struct str ns, uint64_t hash)
{
    struct arena *a = arena_new();
    struct file *f = ARENA_NEW(a, struct file);
    f->arena = a;
    f->engine = e;
    f->ns = (struct str){arena_str(a, ns), ns.n};
    f->path = file_path(e, a, ns);
    f->hash = hash;
    f->serial = ++e->clock;
    f->next = e->files[hash % FILE_BUCKETS];
    BUG_ON(pthread_mutex_init(&f->lock, NULL) != 0);
    e->files[hash % FILE_BUCKETS] = f;
    e->n_files++;
    return f;
}

enum errcode file_acquire(struct sqlite_engine *e, struct str ns, struct file **out,
                          struct error *err)
{
    uint64_t hash = hash64(ns);
    struct file *old = NULL;
    pthread_mutex_lock(&e->lock);
    struct file *f = find_file(e, ns, hash);
    if (!f) {
        pthread_mutex_unlock(&e->lock);
        TRY(file_check_name(e, ns, err));
        struct arena *a AUTO(arena_freep) = arena_new();
        if (access(file_path(e, a, ns), F_OK) != 0) {
            return ERROR(err, ERR_NOT_FOUND, "there is no namespace \"%.*s\"", (int)ns.n, ns.p);
        }
        pthread_mutex_lock(&e->lock);
        f = find_file(e, ns, hash);
    }
    if (f && f->is_dropped) {
        pthread_mutex_unlock(&e->lock);
        return ERROR(err, ERR_NOT_FOUND, "the namespace \"%.*s\" is being dropped", (int)ns.n,
                     ns.p); /* @f may be gone */
    }
    if (!f) {
        f = make_file(e, ns, hash);
    }
    f->users++;
    f->used = ++e->clock;
    old = take_oldest(e);
    pthread_mutex_unlock(&e->lock);
    if (old) {
        wait_run(free_file, old);
    }
    *out = f;
    return ERR_OK;
}

void file_release(struct file *f)
{
    pthread_mutex_lock(&f->engine->lock);
    bool is_last = --f->users == 0 && f->is_gone;
    pthread_mutex_unlock(&f->engine->lock);
    if (is_last) {
        free_file(f);
    }
}

void file_set_dropped(struct file *f, bool dropped)
{
    pthread_mutex_lock(&f->engine->lock);
    f->is_dropped = dropped;
    pthread_mutex_unlock(&f->engine->lock);
}

static int count_users(struct file *f)
{
    pthread_mutex_lock(&f->engine->lock);
    int n = f->users;
    pthread_mutex_unlock(&f->engine->lock);
    return n;
}

bool file_close_alone(struct file *f)
{
    for (int ms = 0; count_users(f) > 1; ms++) {
        sqlite_refuse_waiting(f);
        if (ms >= f->engine->settings.busy_ms) {
            return false;
        }
        (void)usleep(1000);
    }
    close_idle(f);
    conn_close(f->writer);
    f->writer = NULL;
    return true;
}

void file_forget(struct file *f)
{
    pthread_mutex_lock(&f->engine->lock);
    unlink_file(f);
    f->is_gone = true;
    pthread_mutex_unlock(&f->engine->lock);
}

void files_close(struct sqlite_engine *e)
{
    for (size_t i = 0; i < FILE_BUCKETS; i++) {
        while (e->files[i]) {
            struct file *f = e->files[i];
            BUG_ON(f->users != 0);
            e->files[i] = f->next;
            free_file(f);
        }
    }
}

enum errcode file_open_conn(struct file *f, bool is_writer, struct conn **out, struct error *err)
{
    const struct sqlite_settings *s = &f->engine->settings;
    struct conn_settings settings = {.path = f->path,
                                     .vfs = s->vfs,
                                     .is_writer = is_writer,
                                     .is_foreign = s->file != NULL,
                                     .busy_ms = s->busy_ms,
                                     .cache_kib = s->cache_kib};
    return conn_open(&settings, out, err);
}

/* Opening and reading the schema take long where there are many tables: done on a worker. */
struct warming {
    struct file *file;
    struct conn *conn;
    struct error *err;
    enum errcode code;
};

static void warm(void *arg)
{
    struct warming *w = arg;
    int64_t version = 0;
    if (!w->conn) {
        w->code = file_open_conn(w->file, false, &w->conn, w->err);
    }
    if (w->code == ERR_OK) {
        w->code = conn_int(w->conn, "SELECT 1 FROM sqlite_schema LIMIT 1", &version, w->err);
    }
    if (w->code == ERR_OK && !w->conn->wal_index && !w->file->engine->settings.file) {
        w->conn->wal_index = wal_index_of(w->conn->db);
    }
}

enum errcode file_lend(struct file *f, struct conn **out, struct error *err)
{
    int loop = wait_loop() + 1;
    BUG_ON(loop < 0 || loop > LOOPS_MAX);
    pthread_mutex_lock(&f->lock);
    struct conn *c = f->idle[loop];
    if (c) {
        f->idle[loop] = c->next;
        f->n_idle[loop]--;
    }
    pthread_mutex_unlock(&f->lock);
    uint64_t epoch = atomic_load(&f->epoch);
    if (!c || c->epoch != epoch) {
        struct warming w = {.file = f, .conn = c, .err = err};
        wait_run(warm, &w);
        c = w.conn;
        if (w.code != ERR_OK) {
            conn_close(c);
            return w.code;
        }
        c->epoch = epoch;
        c->loop = loop;
    }
    c->next = NULL;
    *out = c;
    return ERR_OK;
}

void file_return(struct file *f, struct conn *c)
{
    c->budget_end_us = 0;
    c->limit_end_us = 0;
    atomic_store(&c->ending, ENDING_NONE);
    pthread_mutex_lock(&f->lock);
    bool keep = f->n_idle[c->loop] < IDLE_MAX;
    if (keep) {
        c->next = f->idle[c->loop];
        f->idle[c->loop] = c;
        f->n_idle[c->loop]++;
    }
    pthread_mutex_unlock(&f->lock);
    if (!keep) {
        conn_close(c);
    }
}
