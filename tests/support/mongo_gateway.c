/*
 * mongo-gateway PORT_FILE CONNINFO: speaks MongoDB's protocol on 127.0.0.1 in front of a PostgreSQL
 * with the DocumentDB extension. A free port is taken and written to PORT_FILE. It has no opinion:
 * a command becomes a call of the function of the same name. No login, no encryption: for tests.
 * SIGTERM ends it once its clients' connections are closed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "mongo_commands.h"
#include "mongo_wire.h"

enum { CONNECTIONS_MAX = 150 };

struct connection {
    int fd; /* -1 = free; closed by its thread */
    bool is_done;
    pthread_t thread;
};

static const char *conninfo;
static struct connection connections[CONNECTIONS_MAX];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* fd and is_done of each */

static bool read_all(int fd, uint8_t *to, size_t n)
{
    while (n > 0) {
        ssize_t got = recv(fd, to, n, 0);
        if (got <= 0) {
            return false;
        }
        to += got;
        n -= (size_t)got;
    }
    return true;
}

static bool write_all(int fd, const uint8_t *from, size_t n, int flags)
{
    while (n > 0) {
        ssize_t sent = send(fd, from, n, MSG_NOSIGNAL | flags);
        if (sent <= 0) {
            return false;
        }
        from += sent;
        n -= (size_t)sent;
    }
    return true;
}

static bool answer(int fd, const struct wire_header *to, const bson_t *document)
{
    static _Atomic int32_t last_id;
    uint8_t head[36];
    size_t n = wire_answer_head(to, ++last_id, document->len, head);
    return write_all(fd, head, n, MSG_MORE) &&
           write_all(fd, bson_get_data(document), document->len, 0);
}

/* False: the connection is to be closed. */
static bool serve_one(int fd, struct mongo_client *client)
{
    uint8_t bytes[WIRE_HEADER];
    struct wire_header header;
    if (!read_all(fd, bytes, sizeof bytes) || !wire_header_read(bytes, &header)) {
        return false;
    }
    size_t n = (size_t)header.length - WIRE_HEADER;
    uint8_t *body = malloc(n + 1);
    bson_t command = BSON_INITIALIZER, document = BSON_INITIALIZER;
    bool wants_answer = true;
    bool goes_on = body && read_all(fd, body, n) &&
                   wire_command_read(&header, body, n, &command, &wants_answer);
    free(body);
    if (goes_on) {
        mongo_client_run(client, &command, &document);
        goes_on = !wants_answer || answer(fd, &header, &document);
    }
    bson_destroy(&command);
    bson_destroy(&document);
    return goes_on;
}

static void *serve(void *arg)
{
    struct connection *c = arg;
    struct mongo_client *client = mongo_client_new(conninfo);
    while (client && serve_one(c->fd, client)) {
    }
    if (client) {
        mongo_client_free(client);
    }
    pthread_mutex_lock(&lock);
    close(c->fd);
    c->fd = -1;
    c->is_done = true;
    pthread_mutex_unlock(&lock);
    return NULL;
}

static void join_done(void)
{
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        pthread_mutex_lock(&lock);
        bool is_done = connections[i].is_done;
        connections[i].is_done = false;
        pthread_mutex_unlock(&lock);
        if (is_done) {
            pthread_join(connections[i].thread, NULL);
        }
    }
}

static struct connection *free_slot(void)
{
    struct connection *found = NULL;
    join_done();
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < CONNECTIONS_MAX && !found; i++) {
        if (connections[i].fd < 0 && !connections[i].is_done) {
            found = &connections[i];
        }
    }
    pthread_mutex_unlock(&lock);
    return found;
}

static void take_connection(int listener)
{
    int one = 1;
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    struct connection *slot = fd >= 0 ? free_slot() : NULL;
    if (fd >= 0 && !slot) {
        fprintf(stderr, "more than %d connections\n", CONNECTIONS_MAX);
        close(fd);
    }
    if (!slot) {
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    slot->fd = fd; /* no thread has it yet */
    if (pthread_create(&slot->thread, NULL, serve, slot) != 0) {
        slot->fd = -1;
        close(fd);
    }
}

/* Every thread sees its connection end and goes; a statement that runs is waited for. */
static void close_all(void)
{
    bool is_open[CONNECTIONS_MAX];
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        pthread_mutex_lock(&lock);
        is_open[i] = connections[i].fd >= 0;
        if (is_open[i]) {
            shutdown(connections[i].fd, SHUT_RDWR);
        }
        pthread_mutex_unlock(&lock);
    }
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        if (is_open[i]) {
            pthread_join(connections[i].thread, NULL);
            connections[i].is_done = false;
        }
    }
    join_done();
}

/* The file appears with its content. */
static bool write_port(const char *path, int port)
{
    char new_path[4096];
    if (snprintf(new_path, sizeof new_path, "%s.new", path) >= (int)sizeof new_path) {
        return false;
    }
    FILE *f = fopen(new_path, "w");
    bool is_written = f && fprintf(f, "%d\n", port) > 0;
    return f && fclose(f) == 0 && is_written && rename(new_path, path) == 0;
}

static int open_listener(const char *port_file)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(fd, 64) != 0 || getsockname(fd, (struct sockaddr *)&address, &n) != 0 ||
        !write_port(port_file, ntohs(address.sin_port))) {
        perror("mongo-gateway");
        return -1;
    }
    return fd;
}

int main(int argc, char **argv)
{
    sigset_t signals;
    if (argc != 3) {
        fprintf(stderr, "usage: mongo-gateway PORT_FILE CONNINFO\n");
        return 2;
    }
    conninfo = argv[2];
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        connections[i].fd = -1;
    }
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL); /* before any thread */
    int stop = signalfd(-1, &signals, SFD_CLOEXEC);
    int listener = open_listener(argv[1]);
    if (listener < 0 || stop < 0) {
        return 1;
    }
    struct pollfd waiting[] = {{listener, POLLIN, 0}, {stop, POLLIN, 0}};
    while (!(waiting[1].revents & POLLIN)) {
        if (poll(waiting, 2, -1) < 0 && errno != EINTR) {
            break;
        }
        if (waiting[0].revents & POLLIN) {
            take_connection(listener);
        }
    }
    close(listener);
    close_all();
    close(stop);
    return 0;
}
