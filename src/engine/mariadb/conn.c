#include "engine/mariadb/conn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/attr.h"
#include "base/time.h"
#include "engine/mariadb/core.h"
#include "engine/mariadb/errors.h"
#include "engine/mariadb/stmt.h"
#include "engine/sqlcommon/sql_writer.h"
#include "loop/loop.h"

/*
 * Waiting for the server. libmariadb runs each operation on a small stack of its own and comes back
 * when it would block; the fiber waits for the descriptor and lets it go on. A wait that is given
 * up (the client left, nothing came) ends the connection: the descriptor is shut down, so that the
 * operation runs to its end at once and frees what it has.
 */
#define STACK_BYTES ((size_t)128 << 10)
#define AUTH_PLUGINS                                                              \
    "mysql_native_password,client_ed25519,caching_sha2_password,sha256_password," \
    "auth_gssapi_client"
#define TEXT_MAX ((size_t)1 << 30)

struct patient_wait {
    int fd;
    short events;
    int64_t timeout_us;
    enum errcode code;
};

static void wait_on_worker(void *arg)
{
    struct patient_wait *w = arg;
    w->code = loop_wait_fd(w->fd, w->events, w->timeout_us, NULL);
}

static enum errcode wait_fd(struct my_conn *c, int fd, short events, int64_t timeout_us)
{
    enum errcode code = loop_wait_fd(fd, events, timeout_us, NULL);
    if (code != ERR_CANCELLED || !c->is_patient) {
        return code;
    }
    struct patient_wait w = {.fd = fd, .events = events, .timeout_us = timeout_us};
    loop_run_blocking(wait_on_worker, &w);
    return w.code;
}

static int64_t time_left(const struct my_conn *c, int status)
{
    int64_t left = -1;
    if (c->deadline_us) {
        int64_t now = time_monotonic_us();
        left = c->deadline_us > now ? c->deadline_us - now : 0;
    }
    if (status & MYSQL_WAIT_TIMEOUT) {
        int64_t own = (int64_t)mysql_get_timeout_value_ms(c->mysql) * 1000;
        left = left < 0 || own < left ? own : left;
    }
    return left;
}

int my_wait(struct my_conn *c, int status)
{
    static const int all = MYSQL_WAIT_READ | MYSQL_WAIT_WRITE | MYSQL_WAIT_EXCEPT;
    int fd = mysql_get_socket(c->mysql);
    short events = 0;
    events |= status & MYSQL_WAIT_READ ? POLLIN : 0;
    events |= status & MYSQL_WAIT_WRITE ? POLLOUT : 0;
    events |= status & MYSQL_WAIT_EXCEPT ? POLLPRI : 0;
    if (c->ended == ERR_OK) {
        enum errcode code = wait_fd(c, fd, events, time_left(c, status));
        if (code == ERR_OK) {
            return status & all;
        }
        c->ended = code;
        c->is_broken = true;
        (void)shutdown(fd, SHUT_RDWR);
    }
    return MYSQL_WAIT_TIMEOUT;
}

bool my_is_alive(struct my_conn *c)
{
    char byte = 0;
    int fd = mysql_get_socket(c->mysql);
    ssize_t n = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

static void set_tls(MYSQL *m, const struct engine_options *o)
{
    my_bool on = 1;
    if (o->tls == TLS_OFF) {
        return;
    }
    mysql_ssl_set(m, NULL, NULL, o->tls_ca, NULL, NULL);
    if (o->tls != TLS_UNSET) {
        (void)mysql_optionsv(m, MYSQL_OPT_SSL_ENFORCE, &on);
    }
    my_bool verify = o->tls == TLS_VERIFY; /* this alone insists on encryption */
    (void)mysql_optionsv(m, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
}

static bool is_local(const struct engine_options *o)
{
    return o->host && o->host[0] == '/';
}

static void set_options(MYSQL *m, const struct engine_options *o)
{
    size_t stack = STACK_BYTES;
    unsigned int off = 0;
    unsigned int seconds = (unsigned int)(o->connect_ms + 999) / 1000;
    unsigned int protocol = is_local(o) ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;
    size_t packet = TEXT_MAX;
    (void)mysql_optionsv(m, MYSQL_OPT_NONBLOCK, &stack);
    (void)mysql_optionsv(m, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
    (void)mysql_optionsv(m, MYSQL_OPT_LOCAL_INFILE, &off);
    (void)mysql_optionsv(m, MYSQL_OPT_PROTOCOL, &protocol);
    (void)mysql_optionsv(m, MYSQL_OPT_MAX_ALLOWED_PACKET, &packet);
    (void)mysql_optionsv(m, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    if (o->tls != TLS_VERIFY) { /* whoever answers must not be told the password itself */
        (void)mysql_optionsv(m, MARIADB_OPT_RESTRICTED_AUTH, AUTH_PLUGINS);
    }
    (void)mysql_optionsv(m, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", o->application_name);
    if (!is_local(o) || o->tls > TLS_OFF) {
        set_tls(m, o);
    }
}

struct connecting {
    struct my_conn *conn;
    const char *database;
    bool is_done;
};

#define CONNECT_FLAGS (CLIENT_FOUND_ROWS)

/* Names of hosts are looked up by a call that blocks, so such a connection is made on a worker. */
static void connect_on_worker(void *arg)
{
    struct connecting *k = arg;
    const struct engine_options *o = &k->conn->engine->options;
    k->is_done = mysql_real_connect(k->conn->mysql, o->host, o->user, o->password, k->database,
                                    (unsigned)o->port, NULL, CONNECT_FLAGS) != NULL;
}

static void connect_here(struct connecting *k)
{
    const struct engine_options *o = &k->conn->engine->options;
    MYSQL *m = k->conn->mysql;
    MYSQL *done = NULL;
    const char *socket = is_local(o) ? o->host : NULL;
    const char *host = socket ? NULL : o->host;
    MY_CALL(k->conn, mysql_real_connect,
            (&done, m, host, o->user, o->password, k->database, (unsigned)o->port, socket,
             CONNECT_FLAGS),
            &done, m);
    k->is_done = done != NULL;
}

static bool is_number(const char *host)
{
    unsigned char address[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

static enum errcode begin(struct my_conn *c, const char *database, struct error *err)
{
    struct connecting k = {.conn = c, .database = database};
    const struct engine_options *o = &c->engine->options;
    if (is_local(o) || is_number(o->host)) {
        connect_here(&k);
    } else {
        loop_run_blocking(connect_on_worker, &k);
    }
    if (!k.is_done) {
        return my_connect_error(c, err);
    }
    if (o->tls > TLS_OFF && !mysql_get_ssl_cipher(c->mysql)) {
        return ERROR(err, ERR_SOURCE_REFUSED,
                     "the database refused the connection: it is not encrypted");
    }
    c->id = mysql_thread_id(c->mysql);
    TRY(my_run(c, c->engine->settings, NULL, err));
    size_t n = database ? strlen(database) : 0;
    BUG_ON(n >= sizeof c->database);
    memcpy(c->database, database ? database : "", n + 1);
    return ERR_OK;
}

enum errcode my_connect(struct mariadb_engine *e, const char *database, struct my_conn **out,
                        struct error *err)
{
    struct my_conn *c = mem_alloc(sizeof *c);
    c->engine = e;
    c->mysql = mysql_init(NULL);
    BUG_ON(!c->mysql);
    c->scratch = arena_new();
    buf_init(&c->text, TEXT_MAX);
    set_options(c->mysql, &e->options);
    c->deadline_us = time_monotonic_us() + (int64_t)e->options.connect_ms * 1000;
    enum errcode code = begin(c, database, err);
    c->deadline_us = 0;
    if (code != ERR_OK) {
        my_close(c);
        return code;
    }
    *out = c;
    return ERR_OK;
}

void my_close(struct my_conn *c)
{
    if (!c) {
        return;
    }
    /* said goodbye to only where that cannot block */
    if (c->is_broken && mysql_get_socket(c->mysql) != MARIADB_INVALID_SOCKET) {
        (void)shutdown(mysql_get_socket(c->mysql), SHUT_RDWR);
    }
    mysql_close(c->mysql); /* before: the statements need not be given back one by one */
    my_stmts_free(c);
    buf_release(&c->text);
    arena_free(c->scratch);
    mem_free(c);
}

enum errcode my_reset(struct my_conn *c, struct error *err)
{
    int rc = 0;
    MY_CALL(c, mysql_reset_connection, (&rc, c->mysql), &rc, c->mysql);
    my_stmts_free(c);
    if (rc != 0) {
        return my_error(c, NULL, "resetting the connection", err);
    }
    TRY(my_run(c, c->engine->settings, NULL, err));
    c->is_worn = false;
    c->is_strange = false;
    return ERR_OK;
}

enum errcode my_select_database(struct my_conn *c, const char *database, struct error *err)
{
    int rc = 0;
    size_t n = strlen(database);
    c->database[0] = '\0';
    MY_CALL(c, mysql_select_db, (&rc, c->mysql, database), &rc, c->mysql);
    if (rc != 0) {
        return my_error(c, NULL, "selecting the database", err);
    }
    BUG_ON(n >= sizeof c->database);
    memcpy(c->database, database, n + 1);
    return ERR_OK;
}

enum errcode my_can_speak(struct my_conn *c, struct error *err)
{
    if (c->is_broken) {
        return ERROR(err, ERR_UNAVAILABLE, "the connection to the database is gone");
    }
    if (c->is_doomed) {
        return ERROR(err, ERR_BUSY, "another write was in the way");
    }
    return my_stream_aside(c, err);
}

static enum errcode say(struct my_conn *c, const char *text, struct error *err)
{
    int rc = 0;
    TRY(my_can_speak(c, err));
    MY_CALL(c, mysql_real_query, (&rc, c->mysql, text, strlen(text)), &rc, c->mysql);
    return rc == 0 ? ERR_OK : my_error(c, NULL, "a statement", err);
}

static void free_result(struct my_conn *c, MYSQL_RES *r)
{
    for (int s = mysql_free_result_start(r); s != 0; s = mysql_free_result_cont(r, my_wait(c, s))) {
    }
}

static MYSQL_RES *store(struct my_conn *c)
{
    MYSQL_RES *r = NULL;
    MY_CALL(c, mysql_store_result, (&r, c->mysql), &r, c->mysql);
    return r;
}

/* What else a compound statement answers; the rows of nobody. */
static enum errcode finish(struct my_conn *c, struct error *err)
{
    while (mysql_more_results(c->mysql)) {
        int rc = 0;
        MY_CALL(c, mysql_next_result, (&rc, c->mysql), &rc, c->mysql);
        if (rc > 0) {
            return my_error(c, NULL, "a statement", err);
        }
        MYSQL_RES *r = rc == 0 ? store(c) : NULL;
        if (r) {
            free_result(c, r);
        }
    }
    return ERR_OK;
}

enum errcode my_run(struct my_conn *c, const char *text, int64_t *n_rows, struct error *err)
{
    TRY(say(c, text, err));
    MYSQL_RES *r = mysql_field_count(c->mysql) ? store(c) : NULL;
    if (mysql_errno(c->mysql)) {
        return my_error(c, NULL, "a statement", err);
    }
    if (n_rows) {
        *n_rows = (int64_t)mysql_affected_rows(c->mysql);
    }
    if (r) {
        free_result(c, r);
    }
    return finish(c, err);
}

/* NO_BACKSLASH_ESCAPES holds on every connection, so a quote is the only thing to double; a text
 * that another sql_mode would read in another way is written as bytes. */
static void add_param(struct buf *b, const char *param)
{
    if (!param) {
        buf_adds(b, "NULL");
        return;
    }
    if (!strchr(param, '\\')) {
        sql_quote_text(b, str_of(param), false);
        return;
    }
    buf_adds(b, "_utf8mb4 x'");
    for (const char *p = param; *p; p++) {
        buf_printf(b, "%02x", (unsigned char)*p);
    }
    buf_adds(b, "'");
}

static enum errcode put_in(struct my_conn *c, const char *text, const char *const *params, int n,
                           struct error *err)
{
    int at = 0;
    buf_clear(&c->text);
    for (const char *mark = strchr(text, '?'); mark; mark = strchr(text, '?')) {
        BUG_ON(at >= n);
        buf_add(&c->text, text, (size_t)(mark - text));
        add_param(&c->text, params[at++]);
        text = mark + 1;
    }
    BUG_ON(at != n);
    buf_adds(&c->text, text);
    return buf_failed(&c->text) ? ERROR(err, ERR_TOO_LARGE, "the statement is too long") : ERR_OK;
}

enum errcode my_ask(struct my_conn *c, const char *text, const char *const *params, int n,
                    MYSQL_RES **out, struct error *err)
{
    TRY(put_in(c, text, params, n, err));
    TRY(say(c, buf_text(&c->text), err));
    MYSQL_RES *r = mysql_field_count(c->mysql) ? store(c) : NULL;
    if (!r) {
        return mysql_errno(c->mysql) ? my_error(c, NULL, "a question", err)
                                     : ERROR(err, ERR_INTERNAL, "a question without an answer");
    }
    enum errcode code = finish(c, err);
    if (code != ERR_OK) {
        mysql_free_result(r);
        return code;
    }
    *out = r;
    return ERR_OK;
}
