#include "app/jobs.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "app/locks.h"
#include "base/json.h"
#include "base/time.h"
#include "base/uuid.h"
#include "loop/loop.h"

#define TELL_US      INT64_C(500000)
#define KEEP_US      (INT64_C(7) * 24 * 3600 * 1000000)
#define LIST_MAX     INT64_C(200)
#define STOP_LOOK_US INT64_C(10000)

struct job_run {
    struct app *app;
    struct arena *arena; /* the job's own; owns this struct */
    struct caller caller;
    struct job job;
    job_fn *fn;
    void (*release)(void *arg);
    void *arg;
    int64_t told_at;
    atomic_bool is_cancelled;
    struct engine_lock *lock; /* tells other processes that we are at it */
    struct job_run *next;     /* with the list's lock held */
};

struct running_jobs {
    pthread_mutex_t lock; /* held while the list is looked at, never across a wait */
    struct job_run *first;
};

enum errcode lock_job(struct engine *e, const char *id, struct engine_lock **out, struct error *err)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    return engine_lock(e, str_of(arena_printf(a, "job/%s", id)), LOCK_ALONE, out, err);
}

static struct running_jobs *jobs_of(struct app *app)
{
    struct running_jobs *jobs = atomic_load(&app->jobs);
    if (jobs) {
        return jobs;
    }
    struct running_jobs *made = mem_alloc(sizeof *made);
    BUG_ON(pthread_mutex_init(&made->lock, NULL) != 0);
    if (atomic_compare_exchange_strong(&app->jobs, &jobs, made)) {
        return made;
    }
    pthread_mutex_destroy(&made->lock);
    mem_free(made);
    return jobs;
}

void jobs_free(struct app *app)
{
    struct running_jobs *jobs = atomic_exchange(&app->jobs, NULL);
    if (jobs) {
        BUG_ON(jobs->first);
        pthread_mutex_destroy(&jobs->lock);
        mem_free(jobs);
    }
}

static void add_run(struct job_run *run)
{
    struct running_jobs *jobs = jobs_of(run->app);
    pthread_mutex_lock(&jobs->lock);
    run->next = jobs->first;
    jobs->first = run;
    pthread_mutex_unlock(&jobs->lock);
}

static void remove_run(struct job_run *run)
{
    struct running_jobs *jobs = jobs_of(run->app);
    pthread_mutex_lock(&jobs->lock);
    struct job_run **at = &jobs->first;
    while (*at != run) {
        at = &(*at)->next;
    }
    *at = run->next;
    pthread_mutex_unlock(&jobs->lock);
}

/* ---- a run ------------------------------------------------------------------------------- */

static const void *copy_list(struct arena *a, const void *items, size_t n, size_t size)
{
    return n ? arena_memdup(a, items, n * size) : NULL;
}

/* The job outlives the request: what its caller is made of is copied. */
static void copy_caller(struct job_run *run, const struct caller *c)
{
    struct arena *a = run->arena;
    struct caller *to = &run->caller;
    *to = *c;
    to->arena = a;
    to->principal.email = arena_strdup(a, c->principal.email);
    to->principal.name = arena_strdup(a, c->principal.name);
    to->principal.csrf = NULL;
    to->principal.memberships = copy_list(a, c->principal.memberships, c->principal.n_memberships,
                                          sizeof *c->principal.memberships);
    to->subject.tenants =
        copy_list(a, c->subject.tenants, c->subject.n_tenants, sizeof *c->subject.tenants);
    const char **allow = ARENA_ARRAY(a, c->subject.n_allow, const char *);
    for (size_t i = 0; i < c->subject.n_allow; i++) {
        allow[i] = arena_strdup(a, c->subject.allow[i]);
    }
    to->subject.allow = to->principal.allow = allow;
    to->tenant.name = arena_strdup(a, c->tenant.name);
    to->tenant.slug = arena_strdup(a, c->tenant.slug);
    to->tenant.namespace = arena_strdup(a, c->tenant.namespace);
    to->tenant.settings = arena_strdup(a, c->tenant.settings);
    to->policy = c->source ? c->policy : NULL; /* that of the tenant's own lives in the request */
    if (c->source) {
        source_hold(a, c->source);
    }
    to->request_id = arena_strdup(a, c->request_id);
    to->address = arena_strdup(a, c->address);
    to->agent = arena_strdup(a, c->agent);
}

bool job_is_cancelled(const struct job_run *run)
{
    return atomic_load(&run->is_cancelled);
}

/* Whoever cancels it in another process says so in the store. */
static void look_for_cancel(struct job_run *run)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    struct job now = {0};
    if (store_job_by_id(run->app->store, a, str_of(run->job.id), &now, NULL) == ERR_OK &&
        text_eq(now.state, "cancelled")) {
        atomic_store(&run->is_cancelled, true);
    }
}

void job_progress(struct job_run *run, int64_t done)
{
    static const char *const fields[] = {"done", NULL};
    int64_t now = time_monotonic_us();
    run->job.done = done;
    if (now - run->told_at < TELL_US) {
        return;
    }
    run->told_at = now;
    look_for_cancel(run);
    /* how far it is, is told again: one that is lost loses nothing */
    if (store_job_update(run->app->store, &run->job, fields, NULL) != ERR_OK) {
        run->told_at = now;
    }
}

void job_result(struct job_run *run, const char *json)
{
    run->job.result = arena_strdup(run->arena, json);
}

static const char *error_json(struct arena *a, const struct error *e)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, BUF_MAX_DEFAULT);
    jsonw_init(&w, &b);
    jsonw_begin_object(&w);
    jsonw_kv_text(&w, "code", errcode_row(e->code)->wire);
    jsonw_kv_text(&w, "message", e->message ? e->message : errcode_row(e->code)->meaning);
    if (e->where) {
        jsonw_kv_text(&w, "where", e->where);
    }
    if (e->params) {
        jsonw_kv_raw(&w, "params", str_of(e->params));
    }
    jsonw_end_object(&w);
    const char *text = buf_failed(&b) ? NULL : arena_str(a, buf_str(&b));
    buf_release(&b);
    return text;
}

static void finish(struct job_run *run, enum errcode code, const struct error *err)
{
    static const char *const fields[] = {"state", "done",        "total",      "result",
                                         "error", "finished_at", "expires_at", NULL};
    struct job *j = &run->job;
    j->state = code == ERR_OK ? "done" : code == ERR_CANCELLED ? "cancelled" : "failed";
    j->error = code == ERR_OK ? NULL : error_json(run->arena, err);
    j->finished_at = store_now();
    j->expires_at = j->finished_at + KEEP_US;
    if (code == ERR_OK && j->total > 0) {
        j->done = j->total;
    }
    struct error failed = ERROR_INIT;
    for (int turn = 0; turn < 3; turn++) { /* a full disk, a busy file: the end is worth a retry */
        error_release(&failed);
        if (store_job_update(run->app->store, j, fields, &failed) == ERR_OK) {
            break;
        }
    }
    error_release(&failed);
}

static void run_job(void *arg)
{
    static const char *const fields[] = {"state", "started_at", NULL};
    struct job_run *run = arg;
    struct error err = ERROR_INIT;
    run->job.state = "running";
    run->job.started_at = store_now();
    enum errcode code = store_job_update(run->app->store, &run->job, fields, &err);
    if (code == ERR_OK) {
        code = run->fn(run, &run->caller, run->arg, &err);
    }
    finish(run, code, &err);
    error_release(&err);
    engine_unlock(run->lock);
    if (run->release) {
        run->release(run->arg);
    }
    remove_run(run);
    arena_free(run->arena);
}

enum errcode jobs_start(const struct caller *c, const char *kind, const char *title, int64_t total,
                        job_fn *fn, void (*release)(void *arg), void *arg, struct job *out,
                        struct error *err)
{
    struct loop *loop = loop_self();
    if (!loop) {
        return ERROR(err, ERR_UNAVAILABLE, "there is no server that could do this");
    }
    struct arena *a = arena_new();
    struct job_run *run = ARENA_NEW(a, struct job_run);
    *run = (struct job_run){.app = c->app, .arena = a, .fn = fn, .release = release, .arg = arg};
    char *id = arena_alloc(a, UUID_TEXT + 1);
    uuid_make(id);
    run->job = (struct job){
        .id = id,
        .tenant_id = c->tenant.id,
        .user_id = c->principal.user_id,
        .kind = arena_strdup(a, kind),
        .state = "queued",
        .title = arena_strdup(a, title),
        .total = total,
        .payload = "{}",
        .created_at = store_now(),
    };
    copy_caller(run, c);
    enum errcode code = lock_job(c->app->engine, id, &run->lock, err);
    if (code == ERR_OK) {
        code = store_job_insert(c->app->store, a, &run->job, err);
    }
    if (code != ERR_OK) {
        engine_unlock(run->lock);
        arena_free(a);
        return code;
    }
    *out = run->job;
    out->id = arena_strdup(c->arena, id);
    out->kind = kind;
    out->title = title;
    add_run(run);
    loop_spawn(loop, run_job, run);
    return ERR_OK;
}

void jobs_stop(struct app *app)
{
    struct running_jobs *jobs = jobs_of(app);
    for (;;) {
        pthread_mutex_lock(&jobs->lock);
        bool is_idle = !jobs->first;
        for (struct job_run *r = jobs->first; r; r = r->next) {
            atomic_store(&r->is_cancelled, true);
        }
        pthread_mutex_unlock(&jobs->lock);
        if (is_idle) {
            return;
        }
        if (loop_sleep(STOP_LOOK_US, NULL) != ERR_OK) {
            return;
        }
    }
}

/* ---- asking ------------------------------------------------------------------------------ */

/* Whoever administers the tenant sees all of it, others their own. */
static int64_t only_of(const struct caller *c)
{
    bool is_admin = c->subject.is_system || caller_check(c, ACTION_AUDIT_READ, NULL) == ERR_OK;
    return is_admin ? 0 : c->principal.user_id;
}

enum errcode jobs_list(const struct caller *c, int64_t limit, struct job **out, size_t *n,
                       struct error *err)
{
    TRY(caller_check(c, ACTION_JOBS_READ, err));
    int64_t most = limit > 0 && limit < LIST_MAX ? limit : LIST_MAX;
    return store_job_list(c->app->store, c->arena, c->tenant.id, only_of(c), most, out, n, err);
}

enum errcode jobs_get(const struct caller *c, struct str id, struct job *out, struct error *err)
{
    TRY(caller_check(c, ACTION_JOBS_READ, err));
    if (!uuid_valid(id)) {
        return ERROR(err, ERR_NOT_FOUND, "no such job");
    }
    char text[UUID_TEXT + 1];
    uuid_lower(text, id);
    TRY(store_job_by_id(c->app->store, c->arena, str_of(text), out, err));
    int64_t user = only_of(c);
    if (out->tenant_id != c->tenant.id || (user && out->user_id != user)) {
        return ERROR(err, ERR_NOT_FOUND, "no such job");
    }
    return ERR_OK;
}

static bool cancel_here(struct app *app, const char *id)
{
    struct running_jobs *jobs = jobs_of(app);
    bool is_found = false;
    pthread_mutex_lock(&jobs->lock);
    for (struct job_run *r = jobs->first; r; r = r->next) {
        if (text_eq(r->job.id, id)) {
            atomic_store(&r->is_cancelled, true);
            is_found = true;
        }
    }
    pthread_mutex_unlock(&jobs->lock);
    return is_found;
}

enum errcode jobs_cancel(const struct caller *c, struct str id, struct job *out, struct error *err)
{
    static const char *const fields[] = {"state", "finished_at", NULL};
    TRY(caller_check(c, ACTION_JOBS_CANCEL, err));
    TRY(jobs_get(c, id, out, err));
    bool has_ended = out->finished_at != 0;
    if (has_ended) {
        return ERROR(err, ERR_CONFLICT, "the job has ended already");
    }
    if (cancel_here(c->app, out->id)) {
        return ERR_OK;
    }
    /* another process does it and will see this, or nobody does any more */
    out->state = "cancelled";
    out->finished_at = store_now();
    return store_job_update(c->app->store, out, fields, err);
}

static void add_json(struct json_writer *w, const char *key, const char *json)
{
    jsonw_key(w, key);
    if (json) {
        jsonw_raw(w, str_of(json));
    } else {
        jsonw_null(w);
    }
}

void job_encode(const struct job *j, struct buf *out)
{
    struct json_writer w;
    jsonw_init(&w, out);
    jsonw_begin_object(&w);
    jsonw_kv_text(&w, "id", j->id);
    jsonw_kv_text(&w, "kind", j->kind);
    jsonw_kv_text(&w, "state", j->state);
    jsonw_kv_text(&w, "title", j->title);
    jsonw_kv_int(&w, "done", j->done);
    jsonw_key(&w, "total");
    if (j->total > 0) {
        jsonw_int(&w, j->total);
    } else {
        jsonw_null(&w);
    }
    add_json(&w, "result", j->result);
    add_json(&w, "error", j->error);
    jsonw_kv_instant(&w, "createdAt", j->created_at);
    jsonw_kv_instant(&w, "startedAt", j->started_at);
    jsonw_kv_instant(&w, "finishedAt", j->finished_at);
    jsonw_end_object(&w);
}

/* What was read before the lock was had is read again: it may have ended meanwhile. */
static enum errcode recover_one(struct app *app, struct arena *a, const char *id, struct error *err)
{
    static const char *const fields[] = {"state", "error", "finished_at", NULL};
    AUTO(engine_unlockp) struct engine_lock *lock = NULL;
    struct job job = {0};
    TRY(lock_job(app->engine, id, &lock, err));
    if (!lock) {
        return ERR_OK; /* another process is at it */
    }
    TRY(store_job_by_id(app->store, a, str_of(id), &job, err));
    if (job.finished_at) {
        return ERR_OK;
    }
    job.state = "failed";
    job.error = "{\"code\":\"cancelled\",\"message\":\"the server ended meanwhile\"}";
    job.finished_at = store_now();
    return store_job_update(app->store, &job, fields, err);
}

enum errcode jobs_recover(struct app *app, struct error *err)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    struct job *jobs = NULL;
    size_t n = 0;
    TRY(store_job_list(app->store, a, 0, 0, 0, &jobs, &n, err));
    for (size_t i = 0; i < n; i++) {
        if (!jobs[i].finished_at) {
            TRY(recover_one(app, a, jobs[i].id, err));
        }
    }
    return ERR_OK;
}
