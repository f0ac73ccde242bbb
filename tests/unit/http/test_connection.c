#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../loop/fixture.h"
#include "base/attr.h"
#include "base/utf8.h"
#include "client.h"

/* Connections: what keeps them alive, what ends them, how many there may be. */

/* False when the client is gone. */
static bool say(struct request *r, const char *text)
{
    return response_write(r, text, strlen(text), NULL) == ERR_OK;
}

/* Answers with what it understood. */
static void echo(struct request *r, void *arg)
{
    struct str path = request_path(r);
    struct str query = request_query(r);
    struct str body;
    (void)arg;
    if (request_body(r, 1 << 20, &body, NULL) != ERR_OK) {
        response_status(r, 413);
        return;
    }
    if (str_is(path, "/empty")) {
        response_status(r, 204);
        return;
    }
    if (str_is(path, "/unchanged")) {
        response_status(r, 304);
        say(r, "not to be sent");
        return;
    }
    if (str_is(path, "/loop")) {
        say(r, arena_printf(request_arena(r), "%d", loop_index(loop_self())));
        return;
    }
    response_header(r, "Content-Type", "text/plain");
    response_header(r, "X-Replaced", "first");
    response_header(r, "x-replaced", "second");
    response_header(r, "X-Empty", "");
    say(r, arena_printf(request_arena(r), "%s %.*s", request_method(r), (int)path.n, path.p));
    if (query.p) {
        say(r, arena_printf(request_arena(r), " ?%.*s", (int)query.n, query.p));
    }
    struct str x = request_header(r, "x-test");
    if (x.p) {
        say(r, arena_printf(request_arena(r), " x=%.*s", (int)x.n, x.p));
    }
    if (body.n > 0) {
        say(r, arena_printf(request_arena(r), " body=%.*s", (int)body.n, body.p));
    }
}

/* A head of 1.5 KiB, which must fit beside the largest request. */
static void long_head(struct request *r, void *arg)
{
    char value[1400];
    (void)arg;
    memset(value, 'v', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    response_header(r, "X-Long", value);
}

static struct served served;

static int start(void **state)
{
    (void)state;
    serve(&served, 2, echo, NULL);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    unserve(&served, 5);
    return 0;
}

static void a_connection_lives_on_after_get_and_small_post(void **state)
{
    (void)state;
    struct client c;
    char body[256];
    client_open(&c, &served);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(exchange(&c,
                                  "GET /a%2Fb/%00?x=%26 HTTP/1.1\r\nHost: x\r\nX-Test: 1\r\n\r\n",
                                  body, sizeof body),
                         200);
        assert_string_equal(body, "GET /a%2Fb/%00 ?x=%26 x=1");
        assert_int_equal(exchange(&c,
                                  "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
                                  body, sizeof body),
                         200);
        assert_string_equal(body, "POST / body=hello");
        assert_int_equal(exchange(&c,
                                  "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
                                  "\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
                                  body, sizeof body),
                         200);
        assert_string_equal(body, "POST / body=hello");
        assert_int_equal(exchange(&c, "DELETE /x? HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
                                  body, sizeof body),
                         200);
        assert_string_equal(body, "DELETE /x ?");
    }
    struct http_counts n;
    http_count(served.http, &n);
    assert_int_equal(n.connections, 1);
    client_close(&c);
}

static void a_body_may_come_in_pieces(void **state)
{
    (void)state;
    struct client c;
    struct reply r;
    static const char text[] =
        "POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello";
    client_open(&c, &served);
    size_t head = sizeof text - 1 - 5;
    for (size_t i = 0; i < head; i++) {
        client_send_n(&c, text + i, 1);
    }
    client_reply(&c, &r, false);
    assert_int_equal(r.status, 100);
    reply_release(&r);
    for (size_t i = head; i < sizeof text - 1; i++) {
        client_send_n(&c, text + i, 1);
    }
    client_reply(&c, &r, true);
    assert_int_equal(r.status, 200);
    assert_string_equal(buf_text(&r.body), "POST /slow body=hello");
    reply_release(&r);
    client_close(&c);
}

#define PIPELINED 600

static void pipelined_requests_are_answered_in_order(void **state)
{
    (void)state;
    struct client c;
    struct buf all;
    buf_init(&all, 1 << 20);
    for (int i = 0; i < PIPELINED; i++) {
        if (i % 3 == 0) {
            buf_printf(&all, "POST /%d HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n%03d", i, i);
        } else {
            buf_printf(&all, "GET /%d HTTP/1.1\r\nHost: x\r\nX-Filler: %0200d\r\n\r\n", i, i);
        }
    }
    client_open(&c, &served);
    client_send_n(&c, all.p, all.n);
    for (int i = 0; i < PIPELINED; i++) {
        struct reply r;
        struct buf expected;
        buf_init(&expected, 100);
        buf_printf(&expected, i % 3 == 0 ? "POST /%d body=%03d" : "GET /%d", i, i);
        client_reply(&c, &r, true);
        assert_int_equal(r.status, 200);
        assert_string_equal(buf_text(&r.body), buf_text(&expected));
        reply_release(&r);
        buf_release(&expected);
    }
    buf_release(&all);
    client_close(&c);
}

static void an_answer_has_the_headers_that_it_needs(void **state)
{
    (void)state;
    struct client c;
    struct reply r;
    char text[256];
    client_open(&c, &served);
    client_send(&c, "GET / HTTP/1.1\r\nHost: x\r\nX-Request-Id: abc-123_4.5\r\n\r\n");
    client_reply(&c, &r, true);
    assert_string_equal(reply_header(&r, "X-Request-Id", text), "abc-123_4.5");
    assert_string_equal(reply_header(&r, "Content-Length", text), "5");
    assert_string_equal(reply_header(&r, "Content-Type", text), "text/plain");
    assert_string_equal(reply_header(&r, "X-Replaced", text), "second");
    assert_string_equal(reply_header(&r, "Connection", text), "");
    assert_int_equal(strlen(reply_header(&r, "Date", text)), 29);
    assert_null(strstr(r.head.p, "X-Empty"));
    reply_release(&r);
    static const char *const bad_ids[] = {"", "a b", "a;b", "\xc3\xa9",
                                          "0123456789012345678901234567890123456789"
                                          "0123456789012345678901234"};
    for (size_t i = 0; i < ARRAY_LEN(bad_ids); i++) {
        client_send(&c, "GET / HTTP/1.1\r\nHost: x\r\nX-Request-Id: ");
        client_send(&c, bad_ids[i]);
        client_send(&c, "\r\n\r\n");
        client_reply(&c, &r, true);
        assert_int_equal(strlen(reply_header(&r, "X-Request-Id", text)), 36);
        reply_release(&r);
    }
    client_close(&c);
}

static void answers_without_a_body_have_none(void **state)
{
    (void)state;
    struct client c;
    struct reply r;
    char text[256];
    client_open(&c, &served);
    for (int i = 0; i < 3; i++) {
        client_send(&c, "HEAD /picture HTTP/1.1\r\nHost: x\r\n\r\n");
        client_reply(&c, &r, false);
        assert_int_equal(r.status, 200);
        assert_string_equal(reply_header(&r, "Content-Length", text), "13");
        reply_release(&r);
        client_send(&c, "GET /empty HTTP/1.1\r\nHost: x\r\n\r\n");
        client_reply(&c, &r, true);
        assert_int_equal(r.status, 204);
        assert_string_equal(reply_header(&r, "Content-Length", text), "");
        reply_release(&r);
        client_send(&c, "GET /unchanged HTTP/1.1\r\nHost: x\r\n\r\n");
        client_reply(&c, &r, true);
        assert_int_equal(r.status, 304);
        assert_string_equal(reply_header(&r, "Content-Length", text), "14");
        reply_release(&r);
    }
    assert_int_equal(c.in.n, 0);
    assert_int_equal(exchange(&c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", text, sizeof text), 200);
    client_close(&c);
}

static void old_clients_and_close_are_understood(void **state)
{
    (void)state;
    struct client c;
    char body[256];
    client_open(&c, &served);
    assert_int_equal(
        exchange(&c, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", body, sizeof body),
        200);
    client_await_close(&c);
    client_close(&c);
    client_open(&c, &served);
    assert_int_equal(exchange(&c, "GET / HTTP/1.0\r\n\r\n", body, sizeof body), 200);
    client_await_close(&c);
    client_close(&c);
    client_open(&c, &served);
    static const char alive[] = "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n";
    assert_int_equal(exchange(&c, alive, body, sizeof body), 200);
    assert_int_equal(exchange(&c, alive, body, sizeof body), 200);
    client_close(&c);
}

static void an_absolute_address_is_the_same_request(void **state)
{
    (void)state;
    struct client c;
    char body[256];
    client_open(&c, &served);
    assert_int_equal(
        exchange(&c, "GET http://x:80/a/b?c HTTP/1.1\r\nHost: x\r\n\r\n", body, sizeof body), 200);
    assert_string_equal(body, "GET /a/b ?c");
    assert_int_equal(exchange(&c, "GET HTTPS://x HTTP/1.1\r\nHost: x\r\n\r\n", body, sizeof body),
                     200);
    assert_string_equal(body, "GET ");
    assert_int_equal(exchange(&c, "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", body, sizeof body), 200);
    assert_string_equal(body, "OPTIONS *");
    client_close(&c);
}

static void sockets_are_shared_out_evenly(void **state)
{
    (void)state;
    enum { CLIENTS = 50 };
    struct client c[CLIENTS];
    int per_loop[2] = {0};
    for (int i = 0; i < CLIENTS; i++) {
        char body[16];
        client_open(&c[i], &served);
        assert_int_equal(
            exchange(&c[i], "GET /loop HTTP/1.1\r\nHost: x\r\n\r\n", body, sizeof body), 200);
        assert_true(body[0] == '0' || body[0] == '1');
        per_loop[body[0] - '0']++;
    }
    assert_int_equal(per_loop[0], CLIENTS / 2);
    for (int i = 0; i < CLIENTS; i++) {
        client_close(&c[i]);
    }
}

/* ---- limits ------------------------------------------------------------------------------ */

/* A header block of @bytes that has @n headers. */
static int with_header_block(size_t bytes, int n)
{
    struct client c;
    struct buf b;
    buf_init(&b, 1 << 20);
    buf_adds(&b, "GET / HTTP/1.1\r\nHost: x\r\n");
    for (int i = 1; i < n - 1; i++) {
        buf_adds(&b, "A: \r\n");
    }
    buf_adds(&b, "X-Filler: ");
    while (b.n < bytes - 4) {
        buf_addc(&b, 'a');
    }
    buf_adds(&b, "\r\n\r\n");
    assert_int_equal(b.n, bytes);
    client_open(&c, &served);
    int status = exchange(&c, buf_text(&b), NULL, 0);
    buf_release(&b);
    client_close(&c);
    return status;
}

static int with_target(size_t bytes)
{
    struct client c;
    struct buf b;
    buf_init(&b, 1 << 20);
    buf_adds(&b, "GET /");
    while (b.n < bytes) {
        buf_addc(&b, 'a');
    }
    buf_adds(&b, " HTTP/1.1\r\nHost: x\r\n\r\n");
    client_open(&c, &served);
    int status = exchange(&c, buf_text(&b), NULL, 0);
    buf_release(&b);
    client_close(&c);
    return status;
}

static void the_header_block_has_a_limit(void **state)
{
    (void)state;
    unserve(&served, 5);
    serve(&served, 1, long_head, &(struct http_settings){.max_header_bytes = 4096});
    assert_int_equal(with_header_block(4096, 2), 200);
    assert_int_equal(with_header_block(4096, 36), 200);
    assert_int_equal(with_header_block(4096, 37), 431);
    assert_int_equal(with_header_block(4097, 2), 431);
    assert_int_equal(with_header_block(5000, 2), 431);
    assert_int_equal(with_header_block(100000, 2), 431);
    assert_int_equal(with_header_block(2048, 60), 200);
    assert_int_equal(with_header_block(2048, 90), 431);
    assert_int_equal(with_header_block(4000, 600), 431);
    assert_int_equal(with_target(4000), 200);
    assert_int_equal(with_target(10000), 414);
    unserve(&served, 5);
    serve(&served, 2, echo, NULL);
}

static int64_t connections(void)
{
    struct http_counts n;
    http_count(served.http, &n);
    return n.connections;
}

/* A closed connection is counted down when the server has seen it. */
static void await_connections(int64_t wanted)
{
    for (int i = 0; i < 3000 && connections() != wanted; i++) {
        usleep(10000);
    }
    assert_int_equal(connections(), wanted);
}

static void connections_over_the_limit_are_told_so(void **state)
{
    (void)state;
    enum { LIMIT = 8 };
    struct client c[LIMIT];
    struct client one_more;
    struct reply r;
    char text[256];
    unserve(&served, 5);
    serve(&served, 2, echo, &(struct http_settings){.max_connections = LIMIT});
    for (int i = 0; i < LIMIT; i++) {
        client_open(&c[i], &served);
        assert_int_equal(exchange(&c[i], "GET / HTTP/1.1\r\nHost: x\r\n\r\n", NULL, 0), 200);
    }
    for (int i = 0; i < 3; i++) {
        client_open(&one_more, &served);
        client_send(&one_more, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        client_reply(&one_more, &r, true);
        assert_int_equal(r.status, 503);
        assert_true(r.is_whole);
        assert_string_equal(reply_header(&r, "Retry-After", text), "1");
        assert_int_equal(strlen(reply_header(&r, "X-Request-Id", text)), 36);
        reply_release(&r);
        client_await_close(&one_more);
        client_close(&one_more);
    }
    struct http_counts n;
    http_count(served.http, &n);
    assert_int_equal(n.refused, 3);
    assert_int_equal(n.connections, LIMIT);
    client_close(&c[3]);
    await_connections(LIMIT - 1);
    client_open(&c[3], &served);
    assert_int_equal(exchange(&c[3], "GET / HTTP/1.1\r\nHost: x\r\n\r\n", NULL, 0), 200);
    for (int i = 0; i < LIMIT; i++) {
        client_close(&c[i]);
    }
    unserve(&served, 5);
    serve(&served, 2, echo, NULL);
}

static void an_idle_connection_is_closed(void **state)
{
    (void)state;
    struct client c;
    unserve(&served, 5);
    serve(&served, 1, echo, &(struct http_settings){.idle_seconds = 1});
    client_open(&c, &served);
    assert_int_equal(exchange(&c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", NULL, 0), 200);
    client_await_close(&c);
    client_close(&c);
    await_connections(0);
    unserve(&served, 5);
    serve(&served, 2, echo, NULL);
}

/* The end of the client comes with its last bytes: the connection must not wait to be idle. */
static void an_end_behind_the_last_bytes_is_seen(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        bool has_answer;
    } cases[] = {
        {"", false},
        {"GET / HT", false},
        {"GET / HTTP/1.1\r\nHost: x\r\n", false},
        {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc", false},
        {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nabc", false},
        {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc", false},
        {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", true},
        {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", true},
    };
    await_connections(0);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct client c;
        struct reply r;
        client_open(&c, &served);
        client_send(&c, cases[i].bytes);
        assert_int_equal(shutdown(c.fd, SHUT_WR), 0);
        client_reply(&c, &r, true);
        assert_int_equal(r.status, cases[i].has_answer ? 200 : 0);
        reply_release(&r);
        client_await_close(&c);
        client_close(&c);
    }
    await_connections(0);
}

static void a_thousand_connections_stay_open(void **state)
{
    (void)state;
    enum { CLIENTS = 1000 };
    static struct client c[CLIENTS];
    struct rlimit files;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
    files.rlim_cur = files.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
    assert_true(files.rlim_cur > 2 * CLIENTS + 100);
    for (int i = 0; i < CLIENTS; i++) {
        client_open(&c[i], &served);
    }
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < CLIENTS; i++) {
            client_send(&c[i], "GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
        }
        for (int i = 0; i < CLIENTS; i++) {
            struct reply r;
            client_reply(&c[i], &r, true);
            assert_int_equal(r.status, 200);
            assert_string_equal(buf_text(&r.body), "GET /x");
            reply_release(&r);
        }
    }
    assert_int_equal(connections(), CLIENTS);
    for (int i = 0; i < CLIENTS; i++) {
        client_close(&c[i]);
    }
    await_connections(0);
}

/* The process runs out of descriptors: the server waits, without a busy loop, and goes on. */
static void no_descriptor_left_is_survived(void **state)
{
    (void)state;
    struct client first;
    struct client second;
    struct rlimit before;
    client_open(&first, &served);
    assert_int_equal(exchange(&first, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", NULL, 0), 200);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    int next = dup(0);
    assert_true(next >= 0);
    close(next);
    struct rlimit none = {.rlim_cur = (rlim_t)next + 1, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    client_open(&second, &served); /* takes the last one */
    client_send(&second, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    int64_t turns = turns_in(&served, 300);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_true(turns < 50);
    struct reply r;
    client_reply(&second, &r, true);
    assert_int_equal(r.status, 200);
    reply_release(&r);
    client_close(&first);
    client_close(&second);
}

static void addresses_are_checked(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "127.0.0.1",
                                      ":80",
                                      "127.0.0.1:",
                                      "127.0.0.1:x",
                                      "127.0.0.1:65536",
                                      "127.0.0.1:-1",
                                      "::1:80",
                                      "not an address:80",
                                      "[]:80"};
    struct http_settings s = {
        .max_connections = 1, .max_header_bytes = 4096, .idle_seconds = 1, .handler = echo};
    struct http_server *h;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct error err = ERROR_INIT;
        s.listen = bad[i];
        assert_int_equal(http_start(served.runtime, &s, &h, &err), ERR_INVALID_PARAMETER);
        error_release(&err);
    }
    s.listen = http_address(served.http); /* is taken */
    struct error err = ERROR_INIT;
    assert_int_equal(http_start(served.runtime, &s, &h, &err), ERR_UNAVAILABLE);
    error_release(&err);
    s.listen = "[::1]:0";
    enum errcode code = http_start(served.runtime, &s, &h, &err);
    if (code == ERR_UNAVAILABLE) {
        error_release(&err);
        print_message("no IPv6 here\n");
        return;
    }
    assert_int_equal(code, ERR_OK);
    assert_memory_equal(http_address(h), "[::1]:", 6);
    http_stop(h, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_lives_on_after_get_and_small_post),
        cmocka_unit_test(a_body_may_come_in_pieces),
        cmocka_unit_test(pipelined_requests_are_answered_in_order),
        cmocka_unit_test(an_answer_has_the_headers_that_it_needs),
        cmocka_unit_test(answers_without_a_body_have_none),
        cmocka_unit_test(old_clients_and_close_are_understood),
        cmocka_unit_test(an_absolute_address_is_the_same_request),
        cmocka_unit_test(sockets_are_shared_out_evenly),
        cmocka_unit_test(the_header_block_has_a_limit),
        cmocka_unit_test(connections_over_the_limit_are_told_so),
        cmocka_unit_test(an_idle_connection_is_closed),
        cmocka_unit_test(an_end_behind_the_last_bytes_is_seen),
        cmocka_unit_test(a_thousand_connections_stay_open),
        cmocka_unit_test(no_descriptor_left_is_survived),
        cmocka_unit_test(addresses_are_checked),
    };
    return cmocka_run_group_tests_name("http/connection", tests, start, stop);
}
