/*
 * The yardsticks on PostgreSQL: bare HTTP servers that ask the same SQL and write the same JSON,
 * with nothing else: no authentication, no permissions, no routing, no limits.
 *     pg_server CONNINFO SCHEMA PORT pipelined|blocking
 *     GET /one/<id>   GET /list   GET /healthz
 * pipelined: one thread, epoll, what came in one turn goes to libpq's pipeline with one sync.
 * blocking:  THREADS threads, each with a connection of its own that it waits for.
 */
#include <arpa/inet.h>
#include <libpq-fe.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define IN_MAX  16384
#define OUT_MAX (1 << 17)
#define THREADS 8
#define WAITERS 4096

struct client {
    int fd;
    size_t n_in;
    char in[IN_MAX];
};

struct waiter { /* whose answer comes next from the database */
    struct client *client;
    bool is_list;
};

struct worker {
    const char *conninfo, *schema;
    int port;
    bool is_pipelined;
    PGconn *pq;
    int epoll;
    struct waiter waiters[WAITERS]; /* a ring */
    size_t first, n_waiters;
    bool must_sync;
    char out[OUT_MAX];
};

#define COLUMNS \
    "\"id\",\"email\",\"name\",\"age\",\"balance\",\"stage\",\"created_at\",\"updated_at\",\"created_by\""

static const char *const names[] = {"id",    "email",      "name",       "age",       "balance",
                                    "stage", "created_at", "updated_at", "created_by"};
static const bool is_bare[] = {false, false, false, true, true, false, false, false, true};
static const bool is_instant[] = {false, false, false, false, false, false, true, true, false};

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void run(struct worker *w, const char *sql)
{
    PGresult *r = PQexec(w->pq, sql);
    if (PQresultStatus(r) != PGRES_COMMAND_OK) {
        fprintf(stderr, "%s: %s", sql, PQerrorMessage(w->pq));
        exit(1);
    }
    PQclear(r);
}

static void prepare(struct worker *w, const char *name, const char *sql)
{
    PGresult *r = PQprepare(w->pq, name, sql, 0, NULL);
    if (PQresultStatus(r) != PGRES_COMMAND_OK) {
        fprintf(stderr, "%s: %s", sql, PQerrorMessage(w->pq));
        exit(1);
    }
    PQclear(r);
}

static void connect_database(struct worker *w)
{
    char path[256];
    w->pq = PQconnectdb(w->conninfo);
    if (PQstatus(w->pq) != CONNECTION_OK) {
        fprintf(stderr, "%s", PQerrorMessage(w->pq));
        exit(1);
    }
    snprintf(path, sizeof path, "SET search_path = \"%s\"", w->schema);
    run(w, path);
    run(w, "SET TimeZone = 'UTC'");
    run(w, "SET jit = off");
    prepare(w, "one", "SELECT " COLUMNS " FROM custom_contacts WHERE id = $1 LIMIT 1");
    prepare(w, "list",
            "SELECT " COLUMNS " FROM custom_contacts WHERE stage = $1 "
            "ORDER BY name, id LIMIT 50");
    if (w->is_pipelined) {
        PQsetnonblocking(w->pq, 1);
        PQenterPipelineMode(w->pq);
    }
}

static size_t put(char *out, size_t at, const char *s, size_t n)
{
    memcpy(out + at, s, n);
    return at + n;
}

/* "2026-01-31 12:30:00.5+00" */
static size_t put_instant(char *out, size_t at, const char *s, size_t n)
{
    size_t from = at;
    at = put(out, at, s, n - 3);
    out[from + 10] = 'T';
    out[at++] = 'Z';
    return at;
}

static size_t put_row(struct worker *w, const PGresult *r, int row, size_t at)
{
    for (int i = 0; i < 9; i++) {
        at = put(w->out, at, i ? ",\"" : "{\"", 2);
        at = put(w->out, at, names[i], strlen(names[i]));
        at = put(w->out, at, "\":", 2);
        const char *text = PQgetvalue(r, row, i);
        size_t n = (size_t)PQgetlength(r, row, i);
        if (PQgetisnull(r, row, i)) {
            at = put(w->out, at, "null", 4);
        } else if (is_bare[i]) {
            at = put(w->out, at, text, n);
        } else {
            w->out[at++] = '"';
            at = is_instant[i] ? put_instant(w->out, at, text, n) : put(w->out, at, text, n);
            w->out[at++] = '"';
        }
    }
    w->out[at++] = '}';
    return at;
}

static void respond(struct worker *w, struct client *c, const PGresult *r, bool is_list)
{
    size_t head = 128, at = head; /* the header is put before the body once its length is known */
    if (!r) {
        at = put(w->out, at, "{\"status\":\"ok\"}", 15);
    } else if (PQresultStatus(r) != PGRES_TUPLES_OK) {
        fprintf(stderr, "%s", PQresultErrorMessage(r));
        exit(1);
    }
    if (is_list) {
        w->out[at++] = '[';
    }
    for (int i = 0; r && i < PQntuples(r); i++) {
        if (i) {
            w->out[at++] = ',';
        }
        at = put_row(w, r, i, at);
    }
    if (is_list) {
        w->out[at++] = ']';
    }
    char header[128];
    int n =
        snprintf(header, sizeof header,
                 "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                 at - head);
    memcpy(w->out + head - n, header, (size_t)n);
    for (size_t from = head - (size_t)n; from < at;) {
        ssize_t sent = send(c->fd, w->out + from, at - from, MSG_NOSIGNAL);
        if (sent <= 0) {
            return;
        }
        from += (size_t)sent;
    }
}

static void ask(struct worker *w, struct client *c, const char *statement, const char *value)
{
    bool is_list = strcmp(statement, "list") == 0;
    if (!w->is_pipelined) {
        PGresult *r = PQexecPrepared(w->pq, statement, 1, &value, NULL, NULL, 0);
        respond(w, c, r, is_list);
        PQclear(r);
        return;
    }
    if (w->n_waiters == WAITERS ||
        !PQsendQueryPrepared(w->pq, statement, 1, &value, NULL, NULL, 0)) {
        fprintf(stderr, "%s", PQerrorMessage(w->pq));
        exit(1);
    }
    w->waiters[(w->first + w->n_waiters++) % WAITERS] = (struct waiter){c, is_list};
    w->must_sync = true;
}

/* One whole request at @p. */
static void answer(struct worker *w, struct client *c, const char *p)
{
    char id[37] = "";
    if (strncmp(p, "GET /one/", 9) == 0) {
        memcpy(id, p + 9, 36);
        ask(w, c, "one", id);
    } else if (strncmp(p, "GET /list", 9) == 0) {
        ask(w, c, "list", "lead");
    } else {
        respond(w, c, NULL, false);
    }
}

static bool serve(struct worker *w, struct client *c)
{
    ssize_t got = recv(c->fd, c->in + c->n_in, IN_MAX - 1 - c->n_in, 0);
    if (got <= 0) {
        return false;
    }
    c->n_in += (size_t)got;
    for (;;) {
        c->in[c->n_in] = '\0';
        char *end = strstr(c->in, "\r\n\r\n");
        if (!end) {
            return c->n_in < IN_MAX - 1;
        }
        size_t total = (size_t)(end + 4 - c->in);
        answer(w, c, c->in);
        memmove(c->in, c->in + total, c->n_in - total);
        c->n_in -= total;
    }
}

static void read_answers(struct worker *w)
{
    if (!PQconsumeInput(w->pq)) {
        fprintf(stderr, "%s", PQerrorMessage(w->pq));
        exit(1);
    }
    while (w->n_waiters && !PQisBusy(w->pq)) {
        PGresult *r = PQgetResult(w->pq);
        if (r && PQresultStatus(r) != PGRES_PIPELINE_SYNC) {
            struct waiter *one = &w->waiters[w->first];
            respond(w, one->client, r, one->is_list);
            w->first = (w->first + 1) % WAITERS;
            w->n_waiters--;
        }
        PQclear(r);
    }
}

static void watch(struct worker *w, int fd, void *what)
{
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = what};
    epoll_ctl(w->epoll, EPOLL_CTL_ADD, fd, &e);
}

static int listen_on(int port)
{
    int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(listener, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1024)) {
        die("bind");
    }
    return listener;
}

static void *run_worker(void *arg)
{
    struct worker *w = arg;
    connect_database(w);
    int listener = listen_on(w->port), one = 1;
    struct epoll_event events[256];
    w->epoll = epoll_create1(0);
    watch(w, listener, NULL);
    if (w->is_pipelined) {
        watch(w, PQsocket(w->pq), w);
    }
    for (;;) {
        int n = epoll_wait(w->epoll, events, 256, -1);
        for (int i = 0; i < n; i++) {
            struct client *c = events[i].data.ptr;
            if ((void *)c == (void *)w) {
                read_answers(w);
            } else if (!c) {
                c = calloc(1, sizeof *c);
                c->fd = accept(listener, NULL, NULL);
                setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                watch(w, c->fd, c);
            } else if (!serve(w, c)) {
                close(c->fd); /* its place is kept: an answer may be on its way */
            }
        }
        if (w->must_sync) {
            w->must_sync = false;
            PQpipelineSync(w->pq);
        }
    }
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: pg_server CONNINFO SCHEMA PORT pipelined|blocking\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    bool is_pipelined = strcmp(argv[4], "pipelined") == 0;
    int n = is_pipelined ? 1 : THREADS;
    pthread_t threads[THREADS];
    struct worker *workers = calloc((size_t)n, sizeof *workers);
    for (int i = 0; i < n; i++) {
        workers[i] = (struct worker){.conninfo = argv[1],
                                     .schema = argv[2],
                                     .port = atoi(argv[3]),
                                     .is_pipelined = is_pipelined};
        pthread_create(&threads[i], NULL, run_worker, &workers[i]);
    }
    pause();
    return 0;
}
