#include "base/attr.h"
#include "engine/sqlite/session.h"

/*
 * Group commit. Writes wait in the queue of their file; a writer thread takes all that are there,
 * runs each inside its own savepoint and commits them together: one sync for all of them. While
 * it syncs, the next group gathers.
 *
 * A request that leaves a deferred foreign key open fails alone, before its savepoint is released:
 * at COMMIT it would take the whole group with it. What ends the transaction itself (ON CONFLICT
 * ROLLBACK, RAISE(ROLLBACK), a full disk) or fails at COMMIT makes the group run again one by one,
 * so that everybody gets an own answer.
 */
static _Thread_local const struct file *writing; /* the file whose request runs on this thread */

static bool has_open_keys(struct conn *c)
{
    int now = 0;
    int peak = 0;
    (void)sqlite3_db_status(c->db, SQLITE_DBSTATUS_DEFERRED_FKS, &now, &peak, 0);
    return now != 0;
}

static enum errcode run_function(struct file *f, struct request *r)
{
    struct sqlite_session *s = f->write_session;
    struct arena *a = s->base.arena;
    arena_reset(a);
    *s = (struct sqlite_session){.kind = SESSION_WRITES, .file = f, .conn = f->writer};
    s->base = (struct session){.engine = &f->engine->base, .arena = a};
    if (r->err) {
        error_release(r->err);
    }
    writing = f;
    enum errcode code = r->fn(&s->base, r->arg, r->err);
    writing = NULL;
    sqlite_cursors_close(s);
    if (code == ERR_OK && has_open_keys(f->writer)) {
        return ERROR(r->err, ERR_FOREIGN_KEY_VIOLATION,
                     "a referenced row is missing, or rows still refer to this one");
    }
    return code;
}

static void roll_back(struct conn *c)
{
    if (!sqlite3_get_autocommit(c->db)) {
        conn_try(c, "ROLLBACK");
    }
}

/* One request in a transaction of its own. */
static void run_alone(struct file *f, struct request *r)
{
    struct conn *c = f->writer;
    r->code = conn_run(c, "BEGIN IMMEDIATE", r->err);
    if (r->code != ERR_OK) {
        return;
    }
    r->code = run_function(f, r);
    if (r->code == ERR_OK && sqlite3_get_autocommit(c->db)) {
        r->code = ERROR(r->err, ERR_CONFLICT, "a rule of the database undid the write");
    }
    if (r->code == ERR_OK) {
        r->code = conn_run(c, "COMMIT", r->err);
    }
    roll_back(c);
}

/* Inside the group's transaction; false when the transaction is gone. */
static bool run_share(struct file *f, struct request *r)
{
    struct conn *c = f->writer;
    r->code = conn_run(c, "SAVEPOINT share", r->err);
    if (r->code != ERR_OK) {
        return false;
    }
    r->code = run_function(f, r);
    if (sqlite3_get_autocommit(c->db)) {
        return false;
    }
    if (r->code != ERR_OK && conn_run(c, "ROLLBACK TO share", NULL) != ERR_OK) {
        return false;
    }
    return conn_run(c, "RELEASE share", NULL) == ERR_OK;
}

static bool run_together(struct file *f, struct request *first)
{
    if (conn_run(f->writer, "BEGIN IMMEDIATE", first->err) != ERR_OK) {
        /* locked by another process: nobody waits that long again for the same answer */
        for (struct request *r = first; r; r = r->next) {
            r->code = conn_error(f->writer, sqlite3_errcode(f->writer->db), "beginning", r->err);
        }
        return true;
    }
    for (struct request *r = first; r; r = r->next) {
        if (!run_share(f, r)) {
            return false;
        }
    }
    return conn_run(f->writer, "COMMIT", NULL) == ERR_OK;
}

static bool is_dropped(struct file *f)
{
    pthread_mutex_lock(&f->engine->lock);
    bool dropped = f->is_dropped;
    pthread_mutex_unlock(&f->engine->lock);
    return dropped;
}

static enum errcode open_writer(struct file *f, struct error *err)
{
    if (is_dropped(f)) {
        return ERROR(err, ERR_NOT_FOUND, "the namespace \"%s\" was dropped", f->ns.p);
    }
    if (!f->writer) {
        TRY(file_open_conn(f, true, &f->writer, err));
    }
    if (!f->write_session) {
        struct arena *a = arena_new();
        f->write_session = ARENA_NEW(f->arena, struct sqlite_session);
        f->write_session->base.arena = a;
    }
    return ERR_OK;
}

static void run_group(struct file *f, struct request *first)
{
    bool is_one = !first->next;
    for (struct request *r = first; r; r = r->next) {
        r->code = open_writer(f, r->err);
    }
    if (first->code == ERR_OK && (is_one || !run_together(f, first))) {
        roll_back(f->writer);
        for (struct request *r = first; r; r = r->next) {
            run_alone(f, r);
        }
    }
    while (first) {
        struct request *r = first;
        first = r->next; /* the request is gone once its waiter goes on */
        wait_end(&r->wait);
    }
}

/* The next requests that may share a commit; a request to be alone comes by itself. */
static struct request *take_group(struct file *f)
{
    int max = f->engine->settings.no_group_commit ? 1 : GROUP_MAX;
    pthread_mutex_lock(&f->lock);
    struct request *first = f->first;
    struct request *last = first;
    for (int n = 1; last && last->fn && n < max && last->next && last->next->fn; n++) {
        last = last->next;
    }
    if (last) {
        f->first = last->next;
        last->next = NULL;
    } else {
        f->is_scheduled = false;
    }
    pthread_mutex_unlock(&f->lock);
    return first;
}

/* Hand the writing connection over; the file stays scheduled until it comes back. */
static void hand_over(struct file *f, struct request *r)
{
    r->code = open_writer(f, r->err);
    bool failed = r->code != ERR_OK;
    wait_end(&r->wait);
    if (failed) {
        sqlite_unhold(f);
    }
}

static bool others_wait(struct sqlite_engine *e)
{
    pthread_mutex_lock(&e->lock);
    bool wait = e->ready_first != NULL;
    pthread_mutex_unlock(&e->lock);
    return wait;
}

/* One group after the other, but behind each group other files have their turn. */
static void serve_file(struct file *f)
{
    struct request *r;
    while ((r = take_group(f))) {
        if (!r->fn) {
            hand_over(f, r);
            return;
        }
        run_group(f, r);
        if (others_wait(f->engine)) {
            sqlite_unhold(f);
            return;
        }
    }
}

static void *serve(void *arg)
{
    struct sqlite_engine *e = arg;
    pthread_mutex_lock(&e->lock);
    for (;;) {
        while (!e->ready_first && !e->is_closing) {
            pthread_cond_wait(&e->is_ready, &e->lock);
        }
        struct file *f = e->ready_first;
        if (!f) {
            break;
        }
        e->ready_first = f->ready_next;
        f->users++;
        e->n_busy_writers++;
        pthread_mutex_unlock(&e->lock);
        serve_file(f);
        file_release(f);
        pthread_mutex_lock(&e->lock);
        e->n_busy_writers--;
    }
    pthread_mutex_unlock(&e->lock);
    return NULL;
}

/* Under engine.lock: one more writer thread while all are busy. */
static void start_writer(struct sqlite_engine *e)
{
    if (e->n_writers < WRITER_THREADS && e->n_busy_writers == e->n_writers) {
        BUG_ON(pthread_create(&e->writers[e->n_writers], NULL, serve, e) != 0);
        e->n_writers++;
    }
}

static void schedule(struct file *f)
{
    struct sqlite_engine *e = f->engine;
    pthread_mutex_lock(&e->lock);
    f->ready_next = NULL;
    if (e->ready_first) {
        e->ready_last->ready_next = f;
    } else {
        e->ready_first = f;
    }
    e->ready_last = f;
    start_writer(e);
    pthread_cond_signal(&e->is_ready);
    pthread_mutex_unlock(&e->lock);
}

/* Queue @r and wait until it is answered. */
static void await(struct file *f, struct request *r)
{
    wait_begin(&r->wait);
    pthread_mutex_lock(&f->lock);
    if (f->first) {
        f->last->next = r;
    } else {
        f->first = r;
    }
    f->last = r;
    bool must_schedule = !f->is_scheduled;
    f->is_scheduled = true;
    pthread_mutex_unlock(&f->lock);
    if (must_schedule) {
        schedule(f);
    }
    wait_for(&r->wait);
}

enum errcode sqlite_transact(struct engine *engine, struct str ns, transact_fn *fn, void *arg,
                             struct error *err)
{
    struct sqlite_engine *e = (struct sqlite_engine *)engine;
    struct file *f = NULL;
    if (e->settings.read_only) {
        return ERROR(err, ERR_FORBIDDEN, "the database is read-only");
    }
    TRY(file_acquire(e, ns, &f, err));
    if (writing == f) {
        file_release(f);
        return ERROR(err, ERR_INTERNAL, "a write may not wait for another write of its file");
    }
    struct request r = {.fn = fn, .arg = arg, .err = err};
    await(f, &r);
    file_release(f);
    return r.code;
}

enum errcode sqlite_hold(struct file *f, struct error *err)
{
    if (f->engine->settings.read_only) {
        return ERROR(err, ERR_FORBIDDEN, "the database is read-only");
    }
    struct request r = {.err = err};
    await(f, &r);
    return r.code;
}

void sqlite_unhold(struct file *f)
{
    pthread_mutex_lock(&f->lock);
    bool has_more = f->first != NULL;
    f->is_scheduled = has_more;
    pthread_mutex_unlock(&f->lock);
    if (has_more) {
        schedule(f);
    }
}

void sqlite_refuse_waiting(struct file *f)
{
    pthread_mutex_lock(&f->lock);
    struct request *first = f->first;
    f->first = NULL;
    pthread_mutex_unlock(&f->lock);
    while (first) {
        struct request *r = first;
        first = r->next;
        r->code = ERROR(r->err, ERR_NOT_FOUND, "the namespace \"%s\" was dropped", f->ns.p);
        wait_end(&r->wait);
    }
}

void sqlite_writers_stop(struct sqlite_engine *e)
{
    pthread_mutex_lock(&e->lock);
    e->is_closing = true;
    pthread_cond_broadcast(&e->is_ready);
    pthread_mutex_unlock(&e->lock);
    for (int i = 0; i < e->n_writers; i++) {
        (void)pthread_join(e->writers[i], NULL);
    }
}
