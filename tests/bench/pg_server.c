/*
 * The yardsticks on PostgreSQL: bare HTTP servers that ask the same SQL and write the same JSON,
 * with nothing else: no authentication, no permissions, no routing, no limits.
 *     pg_server CONNINFO SCHEMA PORT pipelined|blocking
 *     GET /one/<id>   GET /list   GET /healthz
 * pipelined: one thread, epoll, what came in one turn goes to libpq's pipeline with one sync.
 * blocking:  THREADS threads, each with a connection of its own that it waits for.
 *
 * What Telaio asks beyond that: tenant_id of a row that is read alone; one row more than a list has
 * (51: are there others?); NULLS LAST, which is the order of the index; the limit as a parameter.
 * It asks as the tenant's role, whose policy is a condition more; here it is the owner, who has
 * none. Both use the same indexes.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pg_rows.h"

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

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void connect_worker(struct worker *w)
{
    w->pq = connect_database(w->conninfo, w->schema);
    if (w->is_pipelined) {
        PQsetnonblocking(w->pq, 1);
        PQenterPipelineMode(w->pq);
    }
}

static void respond(struct worker *w, struct client *c, const PGresult *r, bool is_list)
{
    size_t head = 128; /* the header is put before the body once its length is known */
    size_t at = put_body(w->out, r, is_list, head);
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
    connect_worker(w);
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
