#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <string.h>

#include "../loop/fixture.h"
#include "base/attr.h"
#include "base/time.h"
#include "client.h"

/* Stopping, in every state that a connection can be in. */

static struct counter arrived;
static struct gate finish; /* what a handler waits for, on a worker */
static _Atomic int last_code;

static void wait_for_finish(void *arg)
{
    (void)arg;
    gate_wait(&finish);
}

static void work(struct request *r)
{
    counter_add(&arrived, 1);
    loop_run_blocking(wait_for_finish, NULL);
    last_code = response_write(r, "done", 4, NULL);
}

static void sleep_long(struct request *r)
{
    (void)r;
    counter_add(&arrived, 1);
    last_code = loop_sleep(600000000, NULL);
}

static void stream_for_ever(struct request *r)
{
    char block[10000];
    memset(block, 'x', sizeof block);
    counter_add(&arrived, 1);
    do {
        last_code = response_write(r, block, sizeof block, NULL);
    } while (last_code == ERR_OK);
}

static void read_for_ever(struct request *r)
{
    struct str piece;
    counter_add(&arrived, 1);
    do {
        last_code = request_read(r, &piece, NULL);
    } while (last_code == ERR_OK && piece.n > 0);
}

static void handle(struct request *r, void *arg)
{
    (void)arg;
    if (str_is(request_path(r), "/work")) {
        work(r);
    } else if (str_is(request_path(r), "/sleep")) {
        sleep_long(r);
    } else if (str_is(request_path(r), "/stream")) {
        stream_for_ever(r);
    } else if (str_is(request_path(r), "/read")) {
        read_for_ever(r);
    }
}

static struct served served;

static int start(void **state)
{
    (void)state;
    counter_init(&arrived);
    serve(&served, 2, handle, NULL);
    last_code = ERR_OK;
    return 0;
}

static int release(void **state)
{
    (void)state;
    counter_release(&arrived);
    return 0;
}

/* Milliseconds that it took to stop. */
static int64_t stop_within(int64_t seconds)
{
    int64_t before = time_monotonic_us();
    unserve(&served, seconds);
    return (time_monotonic_us() - before) / 1000;
}

static void open_and_send(struct client *c, const char *text)
{
    client_open(c, &served);
    client_send(c, text);
}

static void nothing_to_do(void **state)
{
    (void)state;
    assert_true(stop_within(60) < 5000);
}

static void idle_and_half_sent_do_not_matter(void **state)
{
    (void)state;
    struct client idle;
    struct client fresh;
    struct client half;
    client_open(&idle, &served);
    assert_int_equal(exchange(&idle, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", NULL, 0), 200);
    client_open(&fresh, &served);
    assert_int_equal(exchange(&fresh, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", NULL, 0), 200);
    client_send(&fresh, "GET / HTTP/1.1\r\nHo");
    open_and_send(&half, "GET / HTTP/1.1\r\nHost: x\r\n");
    assert_true(stop_within(60) < 5000);
    client_await_close(&idle);
    client_await_close(&fresh);
    client_await_close(&half);
    assert_int_equal(idle.in.n + fresh.in.n + half.in.n, 0);
    client_close(&idle);
    client_close(&fresh);
    client_close(&half);
}

struct stopping {
    pthread_t thread;
    int64_t seconds, ms;
};

static void *stop_in_thread(void *arg)
{
    struct stopping *s = arg;
    s->ms = stop_within(s->seconds);
    return NULL;
}

static void what_runs_is_finished_and_then_closed(void **state)
{
    (void)state;
    struct client c;
    struct reply r;
    char text[256];
    char address[64];
    struct stopping s = {.seconds = 60};
    memcpy(address, http_address(served.http), strlen(http_address(served.http)) + 1);
    gate_init(&finish);
    open_and_send(&c, "GET /work HTTP/1.1\r\nHost: x\r\n\r\n");
    counter_await(&arrived, 1);
    assert_int_equal(pthread_create(&s.thread, NULL, stop_in_thread, &s), 0);
    while (client_can_connect(address)) {
        /* until the stop has begun */
    }
    gate_open(&finish);
    client_reply(&c, &r, true);
    assert_int_equal(r.status, 200);
    assert_string_equal(buf_text(&r.body), "done");
    assert_string_equal(reply_header(&r, "Connection", text), "close");
    reply_release(&r);
    client_await_close(&c);
    pthread_join(s.thread, NULL);
    assert_true(s.ms < 30000);
    assert_int_equal(last_code, ERR_OK);
    client_close(&c);
}

/* Each of these would never end by itself. */
static void stuck(const char *request)
{
    struct client c;
    open_and_send(&c, request);
    counter_await(&arrived, 1);
    int64_t ms = stop_within(1);
    assert_true(ms >= 900 && ms < 20000);
    assert_int_equal(last_code, ERR_CANCELLED);
    client_await_close(&c);
    client_close(&c);
}

static void a_sleeper_is_woken(void **state)
{
    (void)state;
    stuck("GET /sleep HTTP/1.1\r\nHost: x\r\n\r\n");
}

static void a_stream_that_nobody_reads_is_cut(void **state)
{
    (void)state;
    stuck("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
}

static void a_body_that_does_not_come_is_given_up(void **state)
{
    (void)state;
    stuck("POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nabc");
}

static void a_small_body_that_does_not_come_is_given_up(void **state)
{
    (void)state;
    struct client c;
    open_and_send(&c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
    for (int i = 0; i < 300; i++) {
        struct http_counts n;
        http_count(served.http, &n);
        if (n.active == 1) {
            break;
        }
        turns_in(&served, 10);
    }
    int64_t ms = stop_within(1);
    assert_true(ms >= 900 && ms < 20000);
    client_close(&c);
}

static void *open_later(void *arg)
{
    (void)arg;
    BUG_ON(loop_sleep(1500000, NULL) != ERR_OK);
    gate_open(&finish);
    return NULL;
}

/* A job of a worker cannot be ended: it is waited for, beyond the limit, and nothing breaks. */
static void a_job_is_waited_for(void **state)
{
    (void)state;
    struct client c;
    pthread_t opener;
    gate_init(&finish);
    open_and_send(&c, "GET /work HTTP/1.1\r\nHost: x\r\n\r\n");
    counter_await(&arrived, 1);
    assert_int_equal(pthread_create(&opener, NULL, open_later, NULL), 0);
    int64_t ms = stop_within(0);
    pthread_join(opener, NULL);
    assert_true(ms >= 1000);
    assert_int_equal(last_code, ERR_CANCELLED);
    client_await_close(&c);
    client_close(&c);
}

static void many_at_once(void **state)
{
    (void)state;
    enum { CLIENTS = 40 };
    struct client c[CLIENTS];
    static const char *const requests[] = {
        "GET /sleep HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST /read HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        "GET /sleep HTTP/1.1\r\nHost: x\r\n\r\nGET /stream HTTP/1.1\r\nHost: x\r\n\r\n",
    };
    for (int i = 0; i < CLIENTS; i++) {
        open_and_send(&c[i], requests[i % 4]);
    }
    counter_await(&arrived, CLIENTS);
    assert_true(stop_within(0) < 20000);
    for (int i = 0; i < CLIENTS; i++) {
        client_close(&c[i]);
    }
}

#define STOP_TEST(f) cmocka_unit_test_setup_teardown(f, start, release)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STOP_TEST(nothing_to_do),
        STOP_TEST(idle_and_half_sent_do_not_matter),
        STOP_TEST(what_runs_is_finished_and_then_closed),
        STOP_TEST(a_sleeper_is_woken),
        STOP_TEST(a_stream_that_nobody_reads_is_cut),
        STOP_TEST(a_body_that_does_not_come_is_given_up),
        STOP_TEST(a_small_body_that_does_not_come_is_given_up),
        STOP_TEST(a_job_is_waited_for),
        STOP_TEST(many_at_once),
    };
    return cmocka_run_group_tests_name("http/stop", tests, NULL, NULL);
}
