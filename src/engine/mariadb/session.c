#include "engine/mariadb/session.h"

#include "base/attr.h"
#include "base/time.h"
#include "engine/mariadb/core.h"
#include "engine/mariadb/errors.h"
#include "engine/mariadb/stmt.h"
#include "loop/loop.h"

/*
 * Sessions. One that reads has a connection while it needs it; a write has one from START to
 * COMMIT; one of structure has one for its statements and one more that holds the lock of the
 * namespace, because every statement of structure commits.
 */
#define TRIES       20
#define RETRY_US    5000000
#define ALONE_TIMES 5 /* writers wait so many times the wait for a lock of structure */

enum errcode mariadb_own(struct mariadb_session *s, struct my_conn **out, struct error *err)
{
    if (!s->conn) {
        TRY(my_take(s->engine, s->database, &s->conn, err));
        s->conn->place = s->place;
        s->conn->is_patient = s->is_write || s->base.access == ACCESS_SCHEMA;
        if (s->base.access == ACCESS_SCHEMA) {
            const char *unlimited = s->engine->is_mysql ? "SET SESSION max_execution_time = 0"
                                                        : "SET SESSION max_statement_time = 0";
            s->conn->is_strange = true;
            TRY(my_run(s->conn, unlimited, NULL, err));
        }
    }
    if (!text_eq(s->conn->database, s->database)) { /* it was lent to a read */
        TRY(my_can_speak(s->conn, err));
        TRY(my_select_database(s->conn, s->database, err));
    }
    s->is_owner = true;
    *out = s->conn;
    return ERR_OK;
}

static enum errcode new_session(struct mariadb_engine *e, struct str ns,
                                struct mariadb_session **out, struct error *err)
{
    struct my_namespace *place = NULL;
    TRY(my_namespace(e, ns, &place, err));
    struct arena *a = arena_new();
    struct mariadb_session *s = ARENA_NEW(a, struct mariadb_session);
    s->base.arena = a;
    s->base.engine = &e->base;
    s->engine = e;
    s->place = place;
    s->database = place->database;
    *out = s;
    return ERR_OK;
}

/* Nobody else writes to the namespace until the lock goes with its connection. */
static enum errcode lock_alone(struct mariadb_session *s, struct error *err)
{
    if (s->engine->options.is_read_only) {
        return ERROR(err, ERR_FORBIDDEN, "the database is read-only");
    }
    TRY(my_connect(s->engine, NULL, &s->lock, err));
    s->lock->is_patient = true;
    TRY(my_select_database(s->lock, s->database, err));
    if (s->engine->options.is_attached) {
        MYSQL_RES *r = NULL;
        TRY(my_ask(s->lock, "SELECT get_lock(concat('telaio:', left(database(), 50)), 2)", NULL, 0,
                   &r, err));
        MYSQL_ROW row = mysql_fetch_row(r);
        bool is_mine = row && row[0] && row[0][0] == '1';
        mysql_free_result(r);
        return is_mine ? ERR_OK
                       : ERROR(err, ERR_BUSY, "somebody else changes the structure at this moment");
    }
    TRY(my_run(s->lock, "START TRANSACTION", NULL, err));
    return my_run(s->lock, "SELECT n FROM `" MY_STATE "` WHERE id = 1 FOR UPDATE", NULL, err);
}

enum errcode mariadb_session_begin(struct engine *engine, struct str ns, enum access access,
                                   struct session **out, struct error *err)
{
    struct mariadb_session *s = NULL;
    TRY(new_session((struct mariadb_engine *)engine, ns, &s, err));
    s->base.access = access;
    bool is_alone = access == ACCESS_SCHEMA;
    struct my_namespace *n = s->place;
    if (is_alone) { /* before: new writers wait, the running ones end */
        atomic_fetch_add(&n->n_alone, 1);
    }
    enum errcode code = is_alone ? lock_alone(s, err) : ERR_OK;
    if (code != ERR_OK) {
        atomic_fetch_sub(&n->n_alone, 1);
        my_close(s->lock);
        arena_free(s->base.arena);
        return code;
    }
    *out = &s->base;
    return ERR_OK;
}

void mariadb_structure_changed(struct mariadb_session *s)
{
    atomic_fetch_add(&s->place->epoch, 1);
}

/* Other processes are told before anybody may write again. */
static void unlock_alone(struct mariadb_session *s)
{
    bool tells = s->is_owner && !s->engine->options.is_attached && !s->lock->is_broken;
    if (tells) {
        enum errcode code =
            my_run(s->lock, "UPDATE `" MY_STATE "` SET n = n + 1 WHERE id = 1", NULL, NULL);
        if (code == ERR_OK) {
            code = my_run(s->lock, "COMMIT", NULL, NULL);
        }
        s->lock->is_broken = s->lock->is_broken || code != ERR_OK;
    }
    mariadb_structure_changed(s);
    my_close(s->lock);
    atomic_fetch_sub(&s->place->n_alone, 1);
}

void mariadb_session_end(struct session *base)
{
    struct mariadb_session *s = mariadb_session_of(base);
    my_cursors_close(s);
    mariadb_group_leave(s);
    if (s->conn) {
        my_give(s->conn);
        s->conn = NULL;
    }
    if (s->lock) {
        unlock_alone(s);
    }
}

/* The lock of the row that counts changes of structure keeps such a change away. */
static enum errcode lock_shared(struct mariadb_session *s, struct my_conn *c, struct error *err)
{
    struct sql_writer w;
    struct my_stmt *stmt = NULL;
    int rc = 0;
    my_bool failed = 0;
    buf_clear(&c->text);
    sql_begin(&w, my_dialect(s->engine), &c->text, c->scratch);
    sql_text(&w, "SELECT 1 FROM `" MY_STATE "` WHERE id = 1 LOCK IN SHARE MODE");
    TRY(my_stmt_run(c, &w, &stmt, err));
    MY_CALL(c, mysql_stmt_store_result, (&rc, stmt->handle), &rc, stmt->handle);
    enum errcode code = rc == 0 ? ERR_OK : my_error(c, stmt->handle, "locking", err);
    MY_CALL(c, mysql_stmt_free_result, (&failed, stmt->handle), &failed, stmt->handle);
    my_stmt_put(c, stmt);
    return code;
}

static enum errcode commit(struct my_conn *c, struct error *err)
{
    enum errcode code = my_run(c, "COMMIT", NULL, err);
    if (code == ERR_UNAVAILABLE && c->is_broken) {
        return ERROR(err, ERR_UNAVAILABLE,
                     "the connection was lost during the commit: the write may be there");
    }
    return code;
}

/* Everything is undone; a connection on which that fails is closed, which does it as well. */
static void roll_back(struct my_conn *c)
{
    c->is_doomed = false;
    if (!c->is_broken && my_run(c, "ROLLBACK", NULL, NULL) != ERR_OK) {
        c->is_broken = true;
    }
}

/* One write at a time finds out whether another process is still at it. */
static bool may_go(struct my_namespace *n, bool *is_probe)
{
    bool nobody = false;
    if (atomic_load(&n->n_alone)) {
        return false;
    }
    *is_probe =
        atomic_load(&n->is_held) && atomic_compare_exchange_strong(&n->is_probed, &nobody, true);
    return *is_probe || !atomic_load(&n->is_held);
}

/* A change of structure is waited for without a connection in hand: others need them. */
static enum errcode wait_for_structure(struct mariadb_session *s, bool *is_probe, struct error *err)
{
    struct my_namespace *n = s->place;
    int64_t end = time_monotonic_us() + (int64_t)s->engine->options.lock_ms * 1000 * ALONE_TIMES;
    for (int64_t us = 1000; !may_go(n, is_probe); us = us < 32000 ? us * 2 : us) {
        if (time_monotonic_us() > end) {
            return ERROR(err, ERR_BUSY, "the structure of the database is being changed");
        }
        TRY(loop_sleep(us, err));
    }
    return ERR_OK;
}

/* With a connection that came after it was waited for, that may be over again. */
static enum errcode take_free(struct mariadb_session *s, bool *is_probe, struct error *err)
{
    struct my_conn *c = NULL;
    for (;;) {
        TRY(wait_for_structure(s, is_probe, err));
        enum errcode code = mariadb_own(s, &c, err);
        bool nobody = !atomic_load(&s->place->n_alone);
        if (code != ERR_OK || *is_probe || (nobody && !atomic_load(&s->place->is_held))) {
            return code;
        }
        my_give(s->conn);
        s->conn = NULL;
    }
}

static enum errcode start(struct mariadb_session *s, struct error *err)
{
    struct my_conn *c = s->conn;
    TRY(my_run(c, "START TRANSACTION", NULL, err));
    c->in_transaction = true;
    if (s->engine->options.is_attached) {
        return ERR_OK;
    }
    enum errcode code = lock_shared(s, c, err);
    atomic_store(&s->place->is_held, code == ERR_BUSY);
    return code;
}

static enum errcode begin(struct mariadb_session *s, struct error *err)
{
    bool is_probe = false;
    enum errcode code = take_free(s, &is_probe, err);
    if (code == ERR_OK) {
        code = start(s, err);
    }
    if (is_probe) {
        atomic_store(&s->place->is_probed, false);
    }
    return code;
}

static enum errcode run_once(struct mariadb_session *s, transact_fn *fn, void *arg, bool *again,
                             struct error *err)
{
    enum errcode code = begin(s, err);
    struct my_conn *c = s->conn;
    if (code == ERR_OK) {
        code = fn(&s->base, arg, err);
    }
    my_cursors_close(s);
    if (!c) {
        return code; /* there was none to be had */
    }
    if (code == ERR_OK && c->is_doomed) { /* what refused was not told to us */
        code = ERROR(err, ERR_BUSY, "another write was in the way");
    }
    *again = c->is_doomed || (code == ERR_UNAVAILABLE && c->is_broken);
    if (code == ERR_OK) {
        code = commit(c, err);
    }
    if (code != ERR_OK) {
        roll_back(c);
    }
    c->in_transaction = false;
    return code;
}

static enum errcode try_once(struct mariadb_engine *e, struct str ns, transact_fn *fn, void *arg,
                             bool *again, struct error *err)
{
    struct mariadb_session *s = NULL;
    *again = false;
    TRY(new_session(e, ns, &s, err));
    s->is_write = true;
    enum errcode code = run_once(s, fn, arg, again, err);
    if (s->conn) {
        s->conn->is_worn = true;
        my_give(s->conn);
    }
    arena_free(s->base.arena);
    return code;
}

/* Longer each time, never the same twice in a row for two that met. */
static void pause(int n)
{
    int64_t us = (int64_t)1000 << (n < 6 ? n : 6);
    enum errcode code = loop_sleep(us + time_monotonic_us() % us, NULL);
    (void)code; /* whoever is cancelled tries again at once */
}

enum errcode mariadb_transact(struct engine *engine, struct str ns, transact_fn *fn, void *arg,
                              struct error *err)
{
    struct mariadb_engine *e = (struct mariadb_engine *)engine;
    if (e->options.is_read_only) {
        return ERROR(err, ERR_FORBIDDEN, "the database is read-only");
    }
    int64_t end = time_monotonic_us() + RETRY_US;
    bool again = false;
    enum errcode code = ERR_OK;
    for (int n = 0; n < TRIES; n++) {
        struct error wrong = ERROR_INIT;
        code = try_once(e, ns, fn, arg, &again, &wrong);
        bool is_last = !again || n + 1 == TRIES || time_monotonic_us() > end ||
                       (code == ERR_UNAVAILABLE && n > 0);
        if (code == ERR_OK || is_last) {
            return code == ERR_OK ? code : my_raise(err, &wrong);
        }
        error_release(&wrong);
        pause(n);
    }
    return code;
}
