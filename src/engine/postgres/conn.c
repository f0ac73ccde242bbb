#include "engine/postgres/conn.h"

#include <arpa/inet.h>
#include <poll.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/time.h"
#include "engine/postgres/errors.h"
#include "engine/postgres/inside.h"
#include "engine/sqlcommon/sql_writer.h"
#include "loop/loop.h"

#define CANCEL_ERROR_BYTES 256
#define DRAIN_MS           2000
#define SLACK_MS           10000  /* a server that does not keep its own limit is taken for gone */
#define WRITE_LOCK_MS      30000  /* rows wait for a change of structure */
#define IDLE_MS            300000 /* a transaction that nobody goes on with */

/* Every session of ours speaks the same; DISCARD ALL goes back to exactly this. */
static const char session_options[] =
    "-c TimeZone=UTC -c DateStyle=ISO,YMD -c IntervalStyle=postgres -c bytea_output=hex "
    "-c extra_float_digits=1 -c standard_conforming_strings=on -c row_security=on "
    "-c client_min_messages=error -c default_transaction_isolation=read\\ committed "
    "-c default_transaction_deferrable=off -c jit=off";

/* ---- waiting -------------------------------------------------------------------------------- */

/* A wait that a cancel does not end: for statements whose outcome must be known. */
struct steady {
    struct loop_watch watch;
    struct loop_timer timer;
    struct gate gate;
    bool is_late, is_over;
};

static void end_steady(struct steady *s, bool late)
{
    if (!s->is_over) {
        s->is_over = true;
        s->is_late = late;
        gate_open(&s->gate);
    }
}

static void steady_ready(void *arg, uint32_t events)
{
    (void)events;
    end_steady(arg, false);
}

static void steady_late(void *arg)
{
    end_steady(arg, true);
}

static enum errcode wait_steadily(int fd, short events, int64_t timeout_us, struct error *err)
{
    struct loop *l = loop_self();
    struct steady s = {.is_over = false};
    gate_init(&s.gate);
    loop_watch_add(l, &s.watch, fd, (uint32_t)(unsigned short)events, steady_ready, &s);
    if (timeout_us >= 0) {
        loop_timer_start(l, &s.timer, timeout_us, 0, steady_late, &s);
    }
    gate_wait(&s.gate);
    loop_timer_stop(&s.timer);
    loop_watch_remove(&s.watch);
    return s.is_late ? ERROR(err, ERR_TIMEOUT, "nothing came in time") : ERR_OK;
}

enum errcode pg_wait(struct pg_conn *c, short events, int64_t timeout_us, struct error *err)
{
    int fd = PQsocket(c->pq);
    if (fd < 0) {
        return ERR_OK; /* the next read or write says what happened */
    }
    if (c->is_steady && fiber_self()) {
        return wait_steadily(fd, events, timeout_us, err);
    }
    return loop_wait_fd(fd, events, timeout_us, err);
}

/* ---- opening -------------------------------------------------------------------------------- */

struct step {
    struct pg_conn *conn;
    const char *const *names, *const *values;
    PostgresPollingStatusType status;
};

/* Looks names up and derives keys from passwords: both take too long for a loop. */
static void start_step(void *arg)
{
    struct step *s = arg;
    s->conn->pq = PQconnectStartParams(s->names, s->values, 0);
}

static void poll_step(void *arg)
{
    struct step *s = arg;
    s->status = PQconnectPoll(s->conn->pq);
}

static void ignore_notice(void *arg, const char *message)
{
    (void)arg;
    (void)message;
}

static enum errcode connect_fully(struct step *s, int64_t end_us, struct error *err)
{
    struct pg_conn *c = s->conn;
    loop_run_blocking(start_step, s);
    if (!c->pq) {
        return ERROR(err, ERR_UNAVAILABLE, "PostgreSQL cannot be reached: no memory");
    }
    (void)PQsetErrorVerbosity(c->pq, PQERRORS_VERBOSE);
    (void)PQsetNoticeProcessor(c->pq, ignore_notice, NULL);
    s->status = PQstatus(c->pq) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
    while (s->status != PGRES_POLLING_OK) {
        int64_t left = end_us - time_monotonic_us();
        if (s->status == PGRES_POLLING_FAILED) {
            return postgres_refusal(c->pq, err);
        }
        short events = s->status == PGRES_POLLING_READING ? POLLIN : POLLOUT;
        enum errcode code = pg_wait(c, events, left < 0 ? 0 : left, err);
        if (code == ERR_TIMEOUT) {
            return ERROR(err, ERR_UNAVAILABLE, "PostgreSQL does not answer");
        }
        TRY(code);
        loop_run_blocking(poll_step, s);
    }
    return ERR_OK;
}

static const char *tls_word(const struct engine_options *o)
{
    static const char *const words[] = {
        [TLS_UNSET] = "prefer",
        [TLS_OFF] = "disable",
        [TLS_REQUIRE] = "require",
        [TLS_VERIFY] = "verify-full",
    };
    return words[o->tls];
}

/* libpq would look for one in the environment and in the home folder, and tell it to whatever
 * server a person has named. */
#define NO_PASSWORD "-"

enum errcode pg_conn_open(struct postgres_engine *e, struct pg_conn **out, struct error *err)
{
    const struct engine_options *o = &e->options;
    struct arena *a AUTO(arena_freep) = arena_new();
    const char *ca = o->tls_ca ? o->tls_ca : "/etc/ssl/certs/ca-certificates.crt";
    const char *names[] = {"host",
                           "port",
                           "dbname",
                           "user",
                           "password",
                           "application_name",
                           "sslmode",
                           "sslrootcert",
                           "options",
                           "client_encoding",
                           "gssencmode",
                           "keepalives_idle",
                           "keepalives_interval",
                           "keepalives_count",
                           "tcp_user_timeout",
                           NULL};
    const char *values[] = {
        o->host,
        arena_printf(a, "%d", o->port),
        o->database,
        o->user,
        o->password || !o->is_attached ? o->password : NO_PASSWORD,
        o->application_name,
        tls_word(o),
        o->tls == TLS_VERIFY || o->tls_ca ? ca : NULL,
        arena_printf(a, "%s -c idle_in_transaction_session_timeout=%d -c statement_timeout=%d",
                     session_options, IDLE_MS, o->statement_ms),
        "UTF8",
        "disable",
        "30",
        "10",
        "3",
        "30000",
        NULL};
    struct pg_conn *c = mem_alloc(sizeof *c);
    c->engine = e;
    struct step s = {.conn = c, .names = names, .values = values};
    enum errcode code = connect_fully(&s, time_monotonic_us() + (int64_t)o->connect_ms * 1000, err);
    if (code == ERR_OK && PQsetnonblocking(c->pq, 1) != 0) {
        code = ERROR(err, ERR_INTERNAL, "libpq does not leave blocking mode");
    }
    if (code != ERR_OK) {
        pg_conn_close(c);
        return code;
    }
    (void)PQsetErrorVerbosity(c->pq, PQERRORS_DEFAULT);
    *out = c;
    return ERR_OK;
}

void pg_conn_close(struct pg_conn *c)
{
    if (c) {
        pg_statements_clear(&c->statements);
        PQfinish(c->pq);
        mem_free(c);
    }
}

/* ---- statements ----------------------------------------------------------------------------- */

enum errcode pg_lost(struct pg_conn *c, struct error *err)
{
    c->is_broken = true;
    return postgres_error(c->pq, NULL, "waiting for the database", false, err);
}

/* Rows of a COPY that nobody reads: are there more to wait for? */
static bool pass_rows(struct pg_conn *c)
{
    char *row = NULL;
    int n;
    while ((n = PQgetCopyData(c->pq, &row, 1)) > 0) {
        PQfreemem(row);
    }
    c->is_broken = c->is_broken || n == -2;
    return n == 0;
}

/* On a worker: end what runs and take its results, so that the connection is free again. */
static void cancel_step(void *arg)
{
    struct pg_conn *c = arg;
    char message[CANCEL_ERROR_BYTES];
    int64_t end_us = time_monotonic_us() + (int64_t)DRAIN_MS * 1000;
    PGcancel *cancel = PQgetCancel(c->pq);
    c->is_broken = !cancel || !PQcancel(cancel, message, sizeof message);
    PQfreeCancel(cancel);
    bool is_copy = false;
    while (!c->is_broken) {
        if (!PQconsumeInput(c->pq)) {
            c->is_broken = true;
            return;
        }
        is_copy = is_copy && pass_rows(c);
        if (!is_copy && !PQisBusy(c->pq)) {
            PGresult *r = PQgetResult(c->pq);
            if (!r) {
                return;
            }
            is_copy = PQresultStatus(r) == PGRES_COPY_OUT;
            c->is_broken = c->is_broken || PQresultStatus(r) == PGRES_COPY_IN;
            PQclear(r);
            continue;
        }
        int64_t left_ms = (end_us - time_monotonic_us()) / 1000;
        struct pollfd p = {.fd = PQsocket(c->pq), .events = POLLIN};
        c->is_broken = c->is_broken || left_ms <= 0 || poll(&p, 1, (int)left_ms) == 0;
    }
}

void pg_cancel(struct pg_conn *c)
{
    loop_run_blocking(cancel_step, c);
}

enum errcode pg_flush(struct pg_conn *c, struct error *err)
{
    int rc;
    while ((rc = PQflush(c->pq)) > 0) {
        TRY(pg_wait(c, POLLIN | POLLOUT, -1, err));
        if (!PQconsumeInput(c->pq)) {
            return pg_lost(c, err);
        }
    }
    return rc < 0 ? pg_lost(c, err) : ERR_OK;
}

static int64_t limit_us(const struct pg_conn *c)
{
    return c->duty != DUTY_SCHEMA && !c->is_patient
               ? ((int64_t)c->engine->options.statement_ms + SLACK_MS) * 1000
               : -1;
}

static enum errcode next_result(struct pg_conn *c, PGresult **out, struct error *err)
{
    TRY(pg_flush(c, err));
    while (PQisBusy(c->pq)) {
        TRY(pg_wait(c, POLLIN, limit_us(c), err));
        if (!PQconsumeInput(c->pq)) {
            return pg_lost(c, err);
        }
    }
    *out = PQgetResult(c->pq);
    return ERR_OK;
}

static bool is_failure(const PGresult *r)
{
    ExecStatusType status = PQresultStatus(r);
    return status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE;
}

static bool ends_reading(const PGresult *r)
{
    ExecStatusType status = PQresultStatus(r);
    return status == PGRES_COPY_IN || status == PGRES_COPY_OUT;
}

static enum errcode receive(struct pg_conn *c, PGresult **kept, struct error *err)
{
    for (;;) {
        PGresult *r = NULL;
        TRY(next_result(c, &r, err));
        if (!r) {
            return ERR_OK;
        }
        if (*kept && is_failure(*kept)) {
            PQclear(r);
        } else {
            PQclear(*kept);
            *kept = r;
            if (ends_reading(r)) {
                return ERR_OK;
            }
        }
    }
}

enum errcode pg_receive(struct pg_conn *c, PGresult **out, struct error *err)
{
    PGresult *r = NULL;
    enum errcode code = receive(c, &r, err);
    if (code == ERR_OK && (!r || PQstatus(c->pq) == CONNECTION_BAD)) {
        c->is_broken = true;
        code = postgres_error(c->pq, r, "waiting for the database",
                              c->engine->options.is_distributed, err);
    }
    if (code == ERR_CANCELLED) {
        pg_cancel(c);
    } else if (code == ERR_TIMEOUT) {
        c->is_broken = true;
        code = ERROR(err, ERR_UNAVAILABLE, "the database does not answer");
    }
    if (code != ERR_OK) {
        PQclear(r);
        return code;
    }
    *out = r;
    return ERR_OK;
}

enum errcode pg_check(const struct pg_conn *c, const PGresult *r, const char *doing,
                      struct error *err)
{
    if (!is_failure(r)) {
        return ERR_OK;
    }
    return postgres_error(c->pq, r, doing, c->engine->options.is_distributed, err);
}

enum errcode pg_ask(struct pg_conn *c, const char *text, const char *const *params, int n,
                    PGresult **out, struct error *err)
{
    PGresult *r = NULL;
    if (!PQsendQueryParams(c->pq, text, n, NULL, params, NULL, NULL, 0)) {
        return pg_lost(c, err);
    }
    TRY(pg_receive(c, &r, err));
    enum errcode code = pg_check(c, r, "running a statement", err);
    if (code != ERR_OK) {
        PQclear(r);
        return code;
    }
    *out = r;
    return ERR_OK;
}

static int64_t rows_touched(const PGresult *r)
{
    int64_t n = 0;
    return str_int64(str_of(PQcmdTuples((PGresult *)(uintptr_t)r)), &n) ? n : 0;
}

enum errcode pg_run(struct pg_conn *c, const char *text, int64_t *n_rows, struct error *err)
{
    PGresult *r = NULL;
    if (!PQsendQuery(c->pq, text)) {
        return pg_lost(c, err);
    }
    TRY(pg_receive(c, &r, err));
    enum errcode code = pg_check(c, r, "running a statement", err);
    if (code == ERR_OK && n_rows) {
        *n_rows = rows_touched(r);
    }
    PQclear(r);
    return code;
}

/* ---- whom it serves ------------------------------------------------------------------------- */

static void add_value(struct buf *b, const char *name, const char *value, bool is_local)
{
    buf_adds(b, b->n ? ", pg_catalog.set_config('" : "SELECT pg_catalog.set_config('");
    buf_adds(b, name);
    buf_adds(b, "', ");
    sql_quote_text(b, str_of(value), false);
    buf_adds(b, is_local ? ", true)" : ", false)");
}

static void add_setting(struct buf *b, const char *name, const char *value)
{
    add_value(b, name, value, false);
}

static void add_number(struct buf *b, const char *name, int value)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    add_setting(b, name, arena_printf(a, "%d", value));
}

/* Whose rights and whose names: for the session, or the open transaction only. The temporary schema
 * is named, so that it comes last: nothing in it stands before a table. */
static void add_place(struct buf *b, const struct pg_place *place, enum pg_duty duty, bool is_local)
{
    bool as_role = (duty == DUTY_READ || duty == DUTY_WRITE) && place->role;
    struct buf path;
    buf_init(&path, 4096);
    sql_quote_ident(&path, '"', str_of(place->schema));
    buf_adds(&path, ", pg_temp");
    add_value(b, "role", as_role ? place->role : "none", is_local);
    add_value(b, "search_path", buf_text(&path), is_local);
    buf_release(&path);
}

enum errcode pg_conn_lost_place(const struct pg_conn *c, struct pg_place *place, const PGresult *r,
                                struct error *err)
{
    if (postgres_state_is(r, "22023") || postgres_state_is(r, "42704")) {
        atomic_store(&place->is_known, false);
        return ERROR(err, ERR_NOT_FOUND, "the namespace \"%s\" is not there any more", place->ns);
    }
    return postgres_error(c->pq, r, "taking the role of a namespace",
                          c->engine->options.is_distributed, err);
}

static enum errcode apply(struct pg_conn *c, struct pg_place *place, const char *text,
                          struct error *err)
{
    PGresult *r = NULL;
    TRY(PQsendQuery(c->pq, text) ? ERR_OK : pg_lost(c, err));
    TRY(pg_receive(c, &r, err));
    enum errcode code = is_failure(r) ? pg_conn_lost_place(c, place, r, err) : ERR_OK;
    PQclear(r);
    return code;
}

enum errcode pg_conn_clean(struct pg_conn *c, struct error *err)
{
    if (c->is_used) {
        c->place = NULL;
        pg_statements_clear(&c->statements);
        TRY(pg_run(c, "DISCARD ALL", NULL, err));
        c->is_used = false;
        c->duty = DUTY_NONE;
    }
    return ERR_OK;
}

enum errcode pg_conn_set(struct pg_conn *c, struct pg_place *place, enum pg_duty duty,
                         struct error *err)
{
    const struct engine_options *o = &c->engine->options;
    c->is_steady = duty == DUTY_WRITE || duty == DUTY_SCHEMA;
    c->is_patient = false;
    if (c->place == place && c->duty == duty) {
        return ERR_OK;
    }
    if (c->place != place) {
        TRY(pg_conn_clean(c, err));
    }
    c->place = NULL;
    c->duty = duty;
    c->is_used = true;
    struct buf b;
    buf_init(&b, 1 << 16);
    add_place(&b, place, duty, false);
    add_number(&b, "statement_timeout", duty == DUTY_SCHEMA ? 0 : o->statement_ms);
    add_number(&b, "lock_timeout", duty == DUTY_SCHEMA ? o->lock_ms : WRITE_LOCK_MS);
    enum errcode code = apply(c, place, buf_text(&b), err);
    buf_release(&b);
    TRY(code);
    c->place = place;
    return ERR_OK;
}

enum errcode pg_conn_visit(struct pg_conn *c, struct pg_place *place, enum pg_duty duty,
                           struct error *err)
{
    struct buf b;
    buf_init(&b, 1 << 16);
    add_place(&b, place, duty, true);
    enum errcode code = apply(c, place, buf_text(&b), err);
    buf_release(&b);
    TRY(code);
    c->place = place;
    return ERR_OK;
}
