/*
 * The yardstick: a bare epoll HTTP server that runs the same SQL on the same file and writes the
 * same JSON, with nothing else: no authentication, no permissions, no routing, no limits.
 *     bare_server FILE PORT THREADS
 *     GET /one/<id>   GET /list   POST /insert (a body is ignored)   GET /healthz
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define IN_MAX  16384
#define OUT_MAX (1 << 17)

struct connection {
    int fd;
    size_t n_in;
    char in[IN_MAX];
};

struct worker {
    const char *file;
    int port;
    sqlite3 *db;
    sqlite3_stmt *one, *list, *insert;
    char out[OUT_MAX];
};

#define COLUMNS \
    "\"id\",\"email\",\"name\",\"age\",\"balance\",\"stage\",\"created_at\",\"updated_at\",\"created_by\""

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *s;
    if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &s, NULL) != SQLITE_OK) {
        fprintf(stderr, "%s: %s\n", sql, sqlite3_errmsg(db));
        exit(1);
    }
    return s;
}

static void open_file(struct worker *w)
{
    if (sqlite3_open_v2(w->file, &w->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL)) {
        die(w->file);
    }
    sqlite3_exec(w->db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON",
                 NULL, NULL, NULL);
    sqlite3_busy_timeout(w->db, 10000);
    w->one = prepare(w->db, "SELECT " COLUMNS " FROM custom_contacts WHERE id = ?1");
    w->list = prepare(w->db, "SELECT " COLUMNS " FROM custom_contacts WHERE stage = ?1 "
                             "ORDER BY name, id LIMIT 50");
    w->insert = prepare(w->db, "INSERT INTO custom_contacts (id, tenant_id, email, name, age, "
                               "balance, stage, created_at, updated_at, created_by) VALUES "
                               "(?1, 1, ?2, 'Bench', 40, '12.50', 'lead', ?3, ?3, 1)");
}

static size_t put(char *out, size_t at, const char *s, size_t n)
{
    memcpy(out + at, s, n);
    return at + n;
}

static size_t put_row(struct worker *w, sqlite3_stmt *s, size_t at)
{
    static const char *const names[] = {"id",    "email",      "name",       "age",       "balance",
                                        "stage", "created_at", "updated_at", "created_by"};
    for (int i = 0; i < 9; i++) {
        at = put(w->out, at, i ? ",\"" : "{\"", 2);
        at = put(w->out, at, names[i], strlen(names[i]));
        at = put(w->out, at, "\":", 2);
        int type = sqlite3_column_type(s, i);
        const char *text = (const char *)sqlite3_column_text(s, i);
        if (type == SQLITE_NULL) {
            at = put(w->out, at, "null", 4);
        } else if (type == SQLITE_TEXT) {
            w->out[at++] = '"';
            at = put(w->out, at, text, (size_t)sqlite3_column_bytes(s, i));
            w->out[at++] = '"';
        } else {
            at = put(w->out, at, text, (size_t)sqlite3_column_bytes(s, i));
        }
    }
    w->out[at++] = '}';
    return at;
}

static size_t run_query(struct worker *w, sqlite3_stmt *s, size_t at)
{
    int n = 0;
    while (sqlite3_step(s) == SQLITE_ROW) {
        if (n++) {
            w->out[at++] = ',';
        }
        at = put_row(w, s, at);
    }
    sqlite3_reset(s);
    return at;
}

static void insert(struct worker *w)
{
    unsigned char r[16];
    char id[37], email[48];
    if (getrandom(r, sizeof r, 0) != sizeof r) {
        die("getrandom");
    }
    snprintf(id, sizeof id,
             "%02x%02x%02x%02x-%02x%02x-7%01x%02x-8%01x%02x-%02x%02x%02x%02x%02x%02x", r[0], r[1],
             r[2], r[3], r[4], r[5], r[6] & 15, r[7], r[8] & 15, r[9], r[10], r[11], r[12], r[13],
             r[14], r[15]);
    snprintf(email, sizeof email, "%.36s@x.org", id);
    sqlite3_bind_text(w->insert, 1, id, 36, SQLITE_STATIC);
    sqlite3_bind_text(w->insert, 2, email, -1, SQLITE_STATIC);
    sqlite3_bind_text(w->insert, 3, "2026-01-01T00:00:00.000000Z", -1, SQLITE_STATIC);
    if (sqlite3_step(w->insert) != SQLITE_DONE) {
        fprintf(stderr, "insert: %s\n", sqlite3_errmsg(w->db));
    }
    sqlite3_reset(w->insert);
}

/* One whole request at @p; writes the answer to the socket. */
static void answer(struct worker *w, int fd, const char *p)
{
    size_t head = 128, at = head; /* the header is put before the body once its length is known */
    if (strncmp(p, "GET /one/", 9) == 0) {
        sqlite3_bind_text(w->one, 1, p + 9, 36, SQLITE_STATIC);
        at = run_query(w, w->one, at);
    } else if (strncmp(p, "GET /list", 9) == 0) {
        at = put(w->out, at, "[", 1);
        sqlite3_bind_text(w->list, 1, "lead", -1, SQLITE_STATIC);
        at = run_query(w, w->list, at);
        at = put(w->out, at, "]", 1);
    } else if (strncmp(p, "POST /insert", 12) == 0) {
        insert(w);
        at = put(w->out, at, "{}", 2);
    } else {
        at = put(w->out, at, "{\"status\":\"ok\"}", 15);
    }
    char header[128];
    int n =
        snprintf(header, sizeof header,
                 "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                 at - head);
    memcpy(w->out + head - n, header, (size_t)n);
    for (size_t from = head - (size_t)n; from < at;) {
        ssize_t sent = send(fd, w->out + from, at - from, MSG_NOSIGNAL);
        if (sent <= 0) {
            return;
        }
        from += (size_t)sent;
    }
}

static bool serve(struct worker *w, struct connection *c)
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
        char *length = strcasestr(c->in, "content-length:");
        if (length && length < end) {
            total += strtoul(length + 15, NULL, 10);
        }
        if (total > c->n_in) {
            return total < IN_MAX - 1;
        }
        answer(w, c->fd, c->in);
        memmove(c->in, c->in + total, c->n_in - total);
        c->n_in -= total;
    }
}

static void *run_worker(void *arg)
{
    struct worker *w = arg;
    open_file(w);
    int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1, poll = epoll_create1(0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(listener, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)w->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1024)) {
        die("bind");
    }
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = NULL}, events[256];
    epoll_ctl(poll, EPOLL_CTL_ADD, listener, &e);
    for (;;) {
        int n = epoll_wait(poll, events, 256, -1);
        for (int i = 0; i < n; i++) {
            struct connection *c = events[i].data.ptr;
            if (!c) {
                c = calloc(1, sizeof *c);
                c->fd = accept(listener, NULL, NULL);
                setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                e = (struct epoll_event){.events = EPOLLIN, .data.ptr = c};
                epoll_ctl(poll, EPOLL_CTL_ADD, c->fd, &e);
            } else if (!serve(w, c)) {
                close(c->fd);
                free(c);
            }
        }
    }
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: bare_server FILE PORT THREADS\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    int n = atoi(argv[3]);
    pthread_t threads[64];
    struct worker *workers = calloc((size_t)n, sizeof *workers);
    for (int i = 0; i < n; i++) {
        workers[i] = (struct worker){.file = argv[1], .port = atoi(argv[2])};
        pthread_create(&threads[i], NULL, run_worker, &workers[i]);
    }
    pause();
    return 0;
}
