#include "app/source.h"

#include <string.h>

#include "app/names_json.h"
#include "app/source_ops.h"
#include "app/source_options_json.h"
#include "app/source_place.h"
#include "app/source_policy_json.h"
#include "base/map.h"
#include "base/time.h"
#include "crypt/random.h"
#include "crypt/seal.h"
#include "engine/catalog_cache.h"
#include "loop/loop.h"
#include "observe/log.h"

#define LOOK_AGAIN_US INT64_C(250000)          /* for what other processes wrote */
#define TRY_AGAIN_US  INT64_C(2000000)         /* after a failure */
#define IDLE_US       (INT64_C(900) * 1000000) /* closed when nobody has asked for so long */
#define WAIT_US       INT64_C(5000)            /* somebody else is opening it */
#define CONNECTIONS   10
#define ROOM_PREFIX   "source:"

/* What is kept of one name; names are few and stay, what is open of them changes. */
struct entry {
    struct source *open;
    int64_t checked_at; /* when the row was last seen to be that of open */
    int64_t used_at;
    bool is_opening;
    enum errcode failure; /* of the last opening, ERR_OK = none */
    const char *message, *hint;
    struct arena *words;           /* of the failure */
    int64_t failed_at, failed_row; /* updated_at of the row that failed */
};

struct sources {
    pthread_mutex_t lock; /* held while an entry is looked at, never across a call that waits */
    struct arena *arena;
    struct map by_name; /* "7/shop" -> struct entry */
    uint64_t serial;
};

/* ---- life ------------------------------------------------------------------------------------ */

static void close_now(void *arg)
{
    struct source *s = arg;
    engine_close(s->engine);
}

static void destroy(void *arg)
{
    struct source *s = arg;
    if (s->view) {
        s->free_view(s->view);
    }
    loop_run_blocking(close_now, s); /* what is cached may be written, threads are waited for */
    pthread_mutex_destroy(&s->lock);
    arena_free(s->arena);
}

/* The last user may be a request that is being forgotten: its loop is not held up. */
static void unref(void *arg)
{
    struct source *s = arg;
    if (!s || atomic_fetch_sub(&s->refs, 1) != 1) {
        return;
    }
    if (loop_self()) {
        loop_spawn(loop_self(), destroy, s);
    } else {
        destroy(s);
    }
}

static void hold(struct arena *a, struct source *s)
{
    arena_defer(a, unref, s);
}

void source_hold(struct arena *a, const struct source *s)
{
    struct source *own = (struct source *)(uintptr_t)s; /* its count is no part of what it says */
    atomic_fetch_add(&own->refs, 1);
    hold(a, own);
}

static struct sources *make_sources(void)
{
    struct arena *a = arena_new();
    struct sources *made = ARENA_NEW(a, struct sources);
    made->arena = a;
    map_init(&made->by_name, a, false);
    BUG_ON(pthread_mutex_init(&made->lock, NULL) != 0);
    return made;
}

static void free_sources(struct sources *all)
{
    for (size_t i = 0; i < all->by_name.n; i++) {
        struct entry *e = all->by_name.entries[i].value;
        if (e->open && atomic_fetch_sub(&e->open->refs, 1) == 1) {
            destroy(e->open);
        }
        arena_free(e->words);
    }
    pthread_mutex_destroy(&all->lock);
    arena_free(all->arena);
}

static struct sources *sources_of(struct app *app)
{
    struct sources *all = atomic_load(&app->sources);
    if (all) {
        return all;
    }
    struct sources *made = make_sources();
    if (atomic_compare_exchange_strong(&app->sources, &all, made)) {
        return made;
    }
    free_sources(made);
    return all;
}

void sources_free(struct app *app)
{
    struct sources *all = atomic_exchange(&app->sources, NULL);
    if (all) {
        free_sources(all);
    }
}

/* With the lock held. */
static struct entry *find_entry(struct sources *all, int64_t tenant_id, struct str name)
{
    AUTO(arena_freep) struct arena *tmp = arena_new();
    struct str key =
        str_of(arena_printf(tmp, "%lld/%.*s", (long long)tenant_id, (int)name.n, name.p));
    struct entry *e = map_get(&all->by_name, key);
    if (!e) {
        e = ARENA_NEW(all->arena, struct entry);
        key = (struct str){arena_str(all->arena, key), key.n};
        (void)map_put(&all->by_name, key, e);
    }
    return e;
}

/* With the lock held: what was open is the caller's to give back. */
static struct source *empty(struct entry *e)
{
    struct source *was = e->open;
    e->open = NULL;
    e->checked_at = 0;
    e->failure = ERR_OK;
    return was;
}

void source_forget(struct app *app, int64_t tenant_id, const char *name)
{
    struct sources *all = sources_of(app);
    pthread_mutex_lock(&all->lock);
    struct source *was = empty(find_entry(all, tenant_id, str_of(name)));
    pthread_mutex_unlock(&all->lock);
    unref(was);
}

void sources_sweep(struct app *app)
{
    struct sources *all = sources_of(app);
    int64_t now = time_monotonic_us();
    for (size_t i = 0;; i++) {
        struct source *was = NULL;
        pthread_mutex_lock(&all->lock);
        bool is_end = i >= all->by_name.n;
        struct entry *e = is_end ? NULL : all->by_name.entries[i].value;
        if (e && e->open && now - e->used_at > IDLE_US) {
            was = empty(e);
        }
        pthread_mutex_unlock(&all->lock);
        unref(was);
        if (is_end) {
            return;
        }
    }
}

/* ---- what a row says --------------------------------------------------------------------------
 */

static struct source_record copy_record(struct arena *a, const struct source_record *r)
{
    struct source_record copy = *r;
    copy.id = arena_strdup(a, r->id);
    copy.name = arena_strdup(a, r->name);
    copy.display_name = arena_strdup(a, r->display_name);
    copy.kind = arena_strdup(a, r->kind);
    copy.options = arena_strdup(a, r->options);
    copy.secret = arena_strdup(a, r->secret);
    copy.allow_tables = arena_strdup(a, r->allow_tables);
    copy.forbid_tables = arena_strdup(a, r->forbid_tables);
    copy.policy = arena_strdup(a, r->policy);
    return copy;
}

static enum errcode read_names(struct arena *a, const char *json, struct source_names *out,
                               struct error *err)
{
    const char **names = NULL;
    if (!json) {
        return ERR_OK;
    }
    if (!names_parse(a, json, &names, &out->n)) {
        return ERROR(err, ERR_CORRUPT, "a list of tables of a source cannot be read");
    }
    out->items = names;
    return ERR_OK;
}

enum errcode source_read(struct app *app, struct arena *a, const struct source_record *r,
                         struct source *out, struct error *err)
{
    *out = (struct source){.arena = a};
    out->record = copy_record(a, r);
    out->kind = engine_kind_find(app->kinds, str_of(r->kind));
    out->has_allow = r->allow_tables != NULL;
    TRY(read_names(a, out->record.allow_tables, &out->allow, err));
    TRY(read_names(a, out->record.forbid_tables, &out->forbid, err));
    TRY(source_policy_read(a, out->record.policy, text_eq(r->name, SOURCE_MAIN), &out->policy,
                           err));
    return source_options_read(app->kinds, a, out->record.options, out->kind, &out->options,
                               &out->is_trusted, err);
}

/* ---- secrets ----------------------------------------------------------------------------------
 */

struct key_job {
    struct arena *arena;
    const char *folder;
    struct seal_key *key;
    struct error *err;
    enum errcode code;
};

static void load_key(void *arg)
{
    struct key_job *j = arg;
    j->code = seal_key_load(j->arena, j->folder, &j->key, j->err);
}

static enum errcode key_of(struct app *app, struct arena *a, struct seal_key **out,
                           struct error *err)
{
    struct key_job j = {.arena = a, .folder = app->settings->text[SETTING_DATA], .err = err};
    loop_run_blocking(load_key, &j);
    *out = j.key;
    return j.code;
}

enum errcode source_seal(struct app *app, struct arena *a, const char *id, struct str password,
                         const char **out, struct error *err)
{
    struct seal_key *key = NULL;
    TRY(key_of(app, a, &key, err));
    *out = seal_text(a, key, store_source_context(a, id), password);
    return ERR_OK;
}

static enum errcode unseal(struct app *app, struct arena *a, const struct source_record *r,
                           const char **out, struct error *err)
{
    struct seal_key *key = NULL;
    struct str plain;
    struct error why = ERROR_INIT;
    if (!r->secret) {
        *out = NULL;
        return ERR_OK;
    }
    enum errcode code = key_of(app, a, &key, &why);
    if (code == ERR_OK) {
        code = seal_open(a, key, store_source_context(a, r->id), str_of(r->secret), &plain, &why);
    }
    if (code != ERR_OK) {
        log_error("source", &why);
        error_release(&why);
        ERROR(err, ERR_SOURCE_REFUSED, "the password of the source \"%s\" cannot be read", r->name);
        return error_hint(err, "the server's key is another one than when it was set; set it anew");
    }
    *out = plain.p;
    return ERR_OK;
}

/* ---- opening ----------------------------------------------------------------------------------
 */

/* What a driver says, in the place of the source; a reason that is only ours stays in the log. */
static enum errcode tell_failure(const struct source *s, struct error *why, struct error *err)
{
    static const struct {
        enum errcode code;
        const char *hint;
    } hints[] = {
        {ERR_UNAVAILABLE,
         "does the database run there, and does a firewall let the server through?"},
        {ERR_TIMEOUT, "does the database run there, and does a firewall let the server through?"},
        {ERR_SOURCE_REFUSED, "check user, password, database and encryption"},
        {ERR_NOT_FOUND, "check the names of database and schema"},
        {ERR_UNSUPPORTED, "a newer version of the database is needed"},
    };
    for (size_t i = 0; i < ARRAY_LEN(hints); i++) {
        if (why->code == hints[i].code && !why->hint) {
            (void)error_hint(why, "%s", hints[i].hint);
        }
    }
    if (why->code == ERR_TIMEOUT) { /* not the client's, which 408 would say */
        why->code = ERR_UNAVAILABLE;
    }
    (void)error_detail(why, "source \"%s\": %s", s->record.name, why->detail ? why->detail : "");
    return error_move(err, why);
}

static enum errcode open_engine(struct app *app, struct source *s, struct str password,
                                struct error *err)
{
    AUTO(arena_freep) struct arena *tmp = arena_new();
    struct engine_options o = s->options;
    struct error why = ERROR_INIT;
    TRY(source_place_judge(app->settings, s->kind, tmp, &o, s->is_trusted, err));
    if (password.p) {
        o.password = arena_str(tmp, password);
    } else {
        TRY(unseal(app, tmp, &s->record, &o.password, err));
    }
    o.is_attached = true;
    o.is_read_only = !s->record.is_writable;
    o.connections = o.connections ? o.connections : CONNECTIONS;
    enum errcode code = s->kind->open(&o, &s->engine, &why);
    if (o.password) { /* in our own arena; nobody else borrowed it for longer than the call */
        secret_wipe((void *)(uintptr_t)o.password, strlen(o.password));
    }
    if (code != ERR_OK) {
        return tell_failure(s, &why, err);
    }
    source_ops(s->arena, s->engine, &s->ops, &s->n_ops);
    return ERR_OK;
}

/* A source with one reference, the caller's. */
static enum errcode make_source(struct app *app, const struct source_record *r, struct str password,
                                struct source **out, struct error *err)
{
    struct arena *a = arena_new();
    struct source *s = ARENA_NEW(a, struct source);
    enum errcode code = source_read(app, a, r, s, err);
    atomic_store(&s->refs, 1);
    BUG_ON(pthread_mutex_init(&s->lock, NULL) != 0);
    if (code == ERR_OK && !s->kind) {
        ERROR(err, ERR_UNSUPPORTED, "the source \"%s\" is of the kind \"%s\"", r->name, r->kind);
        code = error_hint(err, "this program knows no such kind of database");
    }
    if (code == ERR_OK) {
        code = open_engine(app, s, password, err);
    }
    if (code != ERR_OK) {
        pthread_mutex_destroy(&s->lock);
        arena_free(a);
        return code;
    }
    *out = s;
    return ERR_OK;
}

enum errcode source_open_new(struct app *app, struct arena *a, const struct source_record *r,
                             struct str password, const struct source **out, struct error *err)
{
    struct source *s = NULL;
    TRY(make_source(app, r, password, &s, err));
    hold(a, s);
    *out = s;
    return ERR_OK;
}

/* ---- using ------------------------------------------------------------------------------------
 */

/* What is open, when its row need not be looked at. */
static struct source *take_fresh(struct sources *all, int64_t tenant_id, struct str name)
{
    int64_t now = time_monotonic_us();
    struct source *s = NULL;
    pthread_mutex_lock(&all->lock);
    struct entry *e = find_entry(all, tenant_id, name);
    if (e->open && now - e->checked_at < LOOK_AGAIN_US) {
        s = e->open;
        e->used_at = now;
        atomic_fetch_add(&s->refs, 1);
    }
    pthread_mutex_unlock(&all->lock);
    return s;
}

enum claim { CLAIM_TAKEN, CLAIM_OPEN, CLAIM_WAIT, CLAIM_FAILED };

/* What is open of the row @r, or the right to open it. What is open of another row goes. */
static enum claim claim(struct sources *all, const struct source_record *r, struct source **out,
                        struct source **old, struct error *err)
{
    int64_t now = time_monotonic_us();
    enum claim what = CLAIM_OPEN;
    pthread_mutex_lock(&all->lock);
    struct entry *e = find_entry(all, r->tenant_id, str_of(r->name));
    if (e->open &&
        (e->open->record.updated_at != r->updated_at || !text_eq(e->open->record.id, r->id))) {
        *old = empty(e);
    }
    if (e->open) {
        *out = e->open;
        e->checked_at = e->used_at = now;
        atomic_fetch_add(&e->open->refs, 1);
        what = CLAIM_TAKEN;
    } else if (e->is_opening) {
        what = CLAIM_WAIT;
    } else if (e->failure != ERR_OK && now - e->failed_at < TRY_AGAIN_US &&
               e->failed_row == r->updated_at) {
        ERROR(err, e->failure, "%s", e->message);
        (void)error_hint(err, "%s", e->hint);
        what = CLAIM_FAILED;
    } else {
        e->is_opening = true;
    }
    pthread_mutex_unlock(&all->lock);
    return what;
}

static void keep_failure(struct entry *e, const struct source_record *r, const struct error *err)
{
    arena_free(e->words);
    e->words = arena_new();
    e->failure = err->code;
    e->message = arena_strdup(e->words, err->message ? err->message : "");
    e->hint = arena_strdup(e->words, err->hint ? err->hint : "");
    e->failed_at = time_monotonic_us();
    e->failed_row = r->updated_at;
}

static void settle_claim(struct sources *all, const struct source_record *r, struct source *made,
                         const struct error *err)
{
    pthread_mutex_lock(&all->lock);
    struct entry *e = find_entry(all, r->tenant_id, str_of(r->name));
    e->is_opening = false;
    if (made) {
        made->serial = ++all->serial;
        atomic_fetch_add(&made->refs, 1);
        e->open = made;
        e->failure = ERR_OK;
        e->checked_at = e->used_at = time_monotonic_us();
    } else if (err) {
        keep_failure(e, r, err);
    }
    pthread_mutex_unlock(&all->lock);
}

static enum errcode open_row(struct app *app, const struct source_record *r, struct source **out,
                             struct error *err)
{
    struct sources *all = sources_of(app);
    struct error why = ERROR_INIT;
    for (;;) {
        struct source *old = NULL;
        enum claim what = claim(all, r, out, &old, &why);
        unref(old);
        if (what == CLAIM_TAKEN) {
            return ERR_OK;
        }
        if (what == CLAIM_FAILED) {
            return error_move(err, &why);
        }
        if (what == CLAIM_OPEN) {
            break;
        }
        TRY(loop_sleep(WAIT_US, err));
    }
    struct source *made = NULL;
    enum errcode code = make_source(app, r, (struct str){0}, &made, &why);
    settle_claim(all, r, made, code == ERR_OK ? NULL : &why);
    *out = made;
    return code == ERR_OK ? ERR_OK : error_move(err, &why);
}

enum errcode source_use(struct app *app, struct arena *a, int64_t tenant_id, struct str name,
                        const struct source **out, struct error *err)
{
    struct source *s = take_fresh(sources_of(app), tenant_id, name);
    if (!s) {
        AUTO(arena_freep) struct arena *tmp = arena_new();
        struct source_record r = {0};
        enum errcode code = store_source_by_name(app->store, tmp, tenant_id, name, &r, err);
        if (code == ERR_NOT_FOUND) { /* another process removed it */
            source_forget(app, tenant_id, arena_str(tmp, name));
        }
        TRY(code);
        TRY(open_row(app, &r, &s, err));
    }
    hold(a, s);
    *out = s;
    return ERR_OK;
}

enum errcode source_use_room(struct app *app, struct arena *a, struct str room,
                             const struct source **out, struct error *err)
{
    struct source_record r = {0};
    struct source *s = NULL;
    struct str id = str_sub(room, sizeof(ROOM_PREFIX) - 1);
    TRY(store_source_by_id(app->store, a, id, &r, err));
    TRY(open_row(app, &r, &s, err));
    hold(a, s);
    *out = s;
    return ERR_OK;
}

const struct source *source_peek(struct app *app, struct arena *a, const struct source_record *r,
                                 const char **problem)
{
    struct sources *all = sources_of(app);
    struct source *s = NULL;
    pthread_mutex_lock(&all->lock);
    struct entry *e = find_entry(all, r->tenant_id, str_of(r->name));
    if (e->open && e->open->record.updated_at == r->updated_at) {
        s = e->open;
        atomic_fetch_add(&s->refs, 1);
    }
    if (problem) {
        *problem = e->failure != ERR_OK && e->failed_row == r->updated_at
                       ? arena_strdup(a, e->message)
                       : NULL;
    }
    pthread_mutex_unlock(&all->lock);
    if (s) {
        hold(a, s);
    }
    return s;
}

/* ---- names ------------------------------------------------------------------------------------
 */

/* "*" stands for any characters; letters are folded. */
static bool matches(struct str pattern, struct str name)
{
    while (pattern.n > 0 && pattern.p[0] != '*') {
        if (name.n == 0 || !str_eq_nocase((struct str){pattern.p, 1}, (struct str){name.p, 1})) {
            return false;
        }
        pattern = str_sub(pattern, 1);
        name = str_sub(name, 1);
    }
    if (pattern.n == 0) {
        return name.n == 0;
    }
    while (pattern.n > 0 && pattern.p[0] == '*') {
        pattern = str_sub(pattern, 1);
    }
    for (size_t i = 0; i <= name.n; i++) {
        if (matches(pattern, str_sub(name, i))) {
            return true;
        }
    }
    return false;
}

static bool is_in(const struct source_names *patterns, const char *name)
{
    for (size_t i = 0; i < patterns->n; i++) {
        if (matches(str_of(patterns->items[i]), str_of(name))) {
            return true;
        }
    }
    return false;
}

bool source_shows(const struct source *s, const char *name)
{
    return (!s->has_allow || is_in(&s->allow, name)) && !is_in(&s->forbid, name);
}

struct str source_room(struct arena *a, const struct source *s)
{
    return str_of(arena_printf(a, ROOM_PREFIX "%s", s->record.id));
}

bool source_is_room(const char *room)
{
    return str_starts(str_of(room), STR(ROOM_PREFIX));
}
