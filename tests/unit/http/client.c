#include "client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../loop/fixture.h"

/* ---- the server -------------------------------------------------------------------------- */

static int64_t no_timeout(void *arg)
{
    (void)arg;
    return -1;
}

static void count_turn(void *arg)
{
    struct served *s = arg;
    s->turns++;
}

static void add_counter(void *arg)
{
    struct served *s = arg;
    loop_source_add(loop_self(), &s->turn_counter);
}

static void remove_counter(void *arg)
{
    struct served *s = arg;
    loop_source_remove(loop_self(), &s->turn_counter);
}

void serve(struct served *s, int loops, http_handler *handler, const struct http_settings *change)
{
    serve_with(s, &(struct runtime_settings){.loops = loops, .workers = 2}, handler, change);
}

void serve_with(struct served *s, const struct runtime_settings *runtime, http_handler *handler,
                const struct http_settings *change)
{
    struct http_settings settings = {
        .listen = "127.0.0.1:0",
        .max_connections = 2000,
        .max_header_bytes = 16104,
        .idle_seconds = 60,
        .handler = handler,
    };
    if (change) {
        settings.arg = change->arg;
        settings.drain_bytes = change->drain_bytes;
        settings.drain_ms = change->drain_ms;
#define TAKE(member) settings.member = change->member ? change->member : settings.member
        TAKE(listen);
        TAKE(max_connections);
        TAKE(max_header_bytes);
        TAKE(idle_seconds);
#undef TAKE
    }
    struct error err = ERROR_INIT;
    s->turns = 0;
    s->runtime = loops_start_with(runtime);
    if (http_start(s->runtime, &settings, &s->http, &err) != ERR_OK) {
        fail_msg("%s", err.message);
    }
    s->turn_counter =
        (struct loop_source){.fd = -1, .timeout_us = no_timeout, .run = count_turn, .arg = s};
    on_loop(runtime_loop(s->runtime, 0), add_counter, s);
}

void unserve(struct served *s, int64_t seconds)
{
    http_stop(s->http, seconds);
    on_loop(runtime_loop(s->runtime, 0), remove_counter, s);
    runtime_stop(s->runtime);
}

int64_t turns_in(struct served *s, int ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000L};
    int64_t before = s->turns;
    nanosleep(&t, NULL);
    return s->turns - before;
}

/* ---- the client -------------------------------------------------------------------------- */

static struct sockaddr_in place_of(const char *address)
{
    struct sockaddr_in to = {.sin_family = AF_INET};
    int64_t port;
    struct str text = str_of(address);
    assert_true(str_int64(str_sub(text, str_find(text, ':') + 1), &port));
    to.sin_port = htons((uint16_t)port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return to;
}

bool client_can_connect(const char *address)
{
    struct sockaddr_in to = place_of(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    bool can = connect(fd, (struct sockaddr *)&to, sizeof to) == 0;
    close(fd);
    return can;
}

void client_open(struct client *c, const struct served *s)
{
    struct sockaddr_in to = place_of(http_address(s->http));
    struct timeval patience = {.tv_sec = 30};
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(c->fd >= 0);
    assert_int_equal(setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    assert_int_equal(setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience), 0);
    assert_int_equal(connect(c->fd, (struct sockaddr *)&to, sizeof to), 0);
    buf_init(&c->in, (size_t)256 << 20);
    c->was_reset = false;
}

void client_close(struct client *c)
{
    close(c->fd);
    c->fd = -1;
    buf_release(&c->in);
}

size_t client_try_send(struct client *c, const void *p, size_t n)
{
    size_t sent = 0;
    while (sent < n) {
        ssize_t part = send(c->fd, (const char *)p + sent, n - sent, MSG_NOSIGNAL);
        if (part < 0) {
            assert_true(errno == EPIPE || errno == ECONNRESET);
            return sent;
        }
        sent += (size_t)part;
    }
    return sent;
}

void client_send_n(struct client *c, const void *p, size_t n)
{
    assert_int_equal(client_try_send(c, p, n), n);
}

void client_send(struct client *c, const char *text)
{
    client_send_n(c, text, strlen(text));
}

/* More bytes into c->in; false when the other side closed or reset. */
static bool fill(struct client *c)
{
    char *to = buf_reserve(&c->in, 65536);
    assert_non_null(to);
    ssize_t n = recv(c->fd, to, 65536, 0);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        fail_msg("no answer came in time");
    }
    assert_true(n >= 0 || errno == ECONNRESET);
    c->was_reset = n < 0;
    if (n <= 0) {
        return false;
    }
    buf_commit(&c->in, (size_t)n);
    return true;
}

void client_await_close(struct client *c)
{
    while (fill(c)) {
    }
}

/* Bytes up to and with the first "\r\n" (@empty: the empty line), 0 when the connection ended. */
static size_t await_line(struct client *c, const char *end)
{
    for (;;) {
        const char *at = c->in.n ? memmem(c->in.p, c->in.n, end, strlen(end)) : NULL;
        if (at) {
            return (size_t)(at - c->in.p) + strlen(end);
        }
        if (!fill(c)) {
            return 0;
        }
    }
}

/* Move @n bytes of what was received to @to; false when the connection ended before. */
static bool take(struct client *c, size_t n, struct buf *to)
{
    while (c->in.n < n) {
        if (!fill(c)) {
            buf_add(to, c->in.p, c->in.n);
            return false;
        }
    }
    buf_add(to, c->in.p, n);
    buf_consume(&c->in, n);
    return true;
}

const char *reply_header(const struct reply *r, const char *name, char out[256])
{
    struct str rest = buf_str(&r->head);
    struct str line;
    size_t n = strlen(name);
    out[0] = '\0';
    while (str_split(&rest, '\n', &line)) {
        if (line.n > n && line.p[n] == ':' && strncasecmp(line.p, name, n) == 0) {
            struct str value = str_trim(str_sub(line, n + 1));
            assert_true(value.n < 256);
            memcpy(out, value.p, value.n);
            out[value.n] = '\0';
            return out;
        }
    }
    return out;
}

bool client_chunk(struct client *c, struct reply *r)
{
    size_t line = await_line(c, "\r\n");
    if (line == 0) {
        return false;
    }
    char *end;
    unsigned long size = strtoul(c->in.p, &end, 16);
    assert_memory_equal(end, "\r\n", 2);
    buf_consume(&c->in, line);
    if (!take(c, size + 2, &r->body)) {
        return false;
    }
    r->body.n -= 2;
    assert_memory_equal(r->body.p + r->body.n, "\r\n", 2);
    r->body.p[r->body.n] = '\0';
    r->is_whole = size == 0;
    return size > 0;
}

void client_head(struct client *c, struct reply *r)
{
    char text[256];
    *r = (struct reply){0};
    buf_init(&r->head, 1 << 20);
    buf_init(&r->body, (size_t)256 << 20);
    size_t head = await_line(c, "\r\n\r\n");
    if (head == 0) {
        return;
    }
    assert_true(take(c, head, &r->head));
    assert_true(r->head.n > 12 && memcmp(r->head.p, "HTTP/1.1 ", 9) == 0);
    r->status = (int)strtol(r->head.p + 9, NULL, 10);
    r->is_chunked = strcmp(reply_header(r, "Transfer-Encoding", text), "chunked") == 0;
}

void client_reply(struct client *c, struct reply *r, bool has_body)
{
    char text[256];
    int64_t length = 0;
    client_head(c, r);
    if (r->status == 0) {
        return;
    }
    bool has_length = str_int64(str_of(reply_header(r, "Content-Length", text)), &length);
    if (!has_body || r->status == 204 || r->status == 304 || r->status < 200) {
        r->is_whole = true;
    } else if (r->is_chunked) {
        while (client_chunk(c, r)) {
        }
    } else if (has_length) {
        r->is_whole = take(c, (size_t)length, &r->body);
    } else {
        client_await_close(c);
        r->is_whole = take(c, c->in.n, &r->body);
    }
}

void reply_release(struct reply *r)
{
    buf_release(&r->head);
    buf_release(&r->body);
}

int exchange(struct client *c, const char *text, char *body, size_t size)
{
    struct reply r;
    client_send(c, text);
    client_reply(c, &r, strncmp(text, "HEAD ", 5) != 0);
    assert_true(r.status == 0 || r.is_whole);
    if (body) {
        size_t n = r.body.n < size - 1 ? r.body.n : size - 1;
        if (n > 0) {
            memcpy(body, r.body.p, n);
        }
        body[n] = '\0';
    }
    int status = r.status;
    reply_release(&r);
    return status;
}

/* ---- measuring --------------------------------------------------------------------------- */

#define PATTERN_PERIOD 8191
#define PATTERN_BYTES  (2 * PATTERN_PERIOD)

static char pattern[PATTERN_BYTES];
static pthread_once_t pattern_once = PTHREAD_ONCE_INIT;

static void make_pattern(void)
{
    uint32_t x = 1;
    for (size_t i = 0; i < PATTERN_PERIOD; i++) {
        x = x * 1664525 + 1013904223;
        pattern[i] = pattern[i + PATTERN_PERIOD] = (char)('a' + (x >> 24) % 26);
    }
}

void pattern_fill(char *to, size_t n, int64_t offset)
{
    pthread_once(&pattern_once, make_pattern);
    while (n > 0) {
        size_t part = n < PATTERN_PERIOD ? n : PATTERN_PERIOD;
        memcpy(to, pattern + offset % PATTERN_PERIOD, part);
        to += part;
        n -= part;
        offset += (int64_t)part;
    }
}

bool pattern_is(const char *p, size_t n, int64_t offset)
{
    pthread_once(&pattern_once, make_pattern);
    while (n > 0) {
        size_t part = n < PATTERN_PERIOD ? n : PATTERN_PERIOD;
        if (memcmp(p, pattern + offset % PATTERN_PERIOD, part) != 0) {
            return false;
        }
        p += part;
        n -= part;
        offset += (int64_t)part;
    }
    return true;
}

static int64_t memory_line(const char *name)
{
    char line[256];
    int64_t found = -1;
    FILE *f = fopen("/proc/self/status", "re");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        if (strncmp(line, name, strlen(name)) == 0) {
            found = strtoll(line + strlen(name), NULL, 10);
        }
    }
    fclose(f);
    assert_true(found > 0);
    return found;
}

void memory_peak_reset(void)
{
    int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "5", 1), 1);
    close(fd);
}

int64_t memory_peak(void)
{
    return memory_line("VmHWM:");
}

int64_t memory_now(void)
{
    return memory_line("VmRSS:");
}
