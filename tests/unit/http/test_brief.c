#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/socket.h>

#include "../loop/fixture.h"
#include "base/attr.h"
#include "client.h"

/* Waits of requests whose everything has come: the short ones leave the connection where it is, the
 * others take it away from the library. */

static struct served served;
static _Atomic bool is_open; /* the gate of /held */
static struct counter arrived, left;

/* Who asks for /both at once, and how many of them had something to read while others were still to
 * be answered. */
enum { BOTH = 30 };
static struct client both[BOTH];
static _Atomic int n_early;

static void answer(struct request *r, void *arg)
{
    (void)arg;
    struct str path = request_path(r);
    struct str body;
    enum errcode code = request_body(r, 1 << 20, &body, NULL);
    counter_add(&arrived, 1);
    if (str_is(path, "/short")) {
        code = loop_sleep(1, NULL); /* over as soon as the loop has another turn */
    }
    while (str_is(path, "/held") && !is_open && code == ERR_OK) {
        code = loop_sleep(1000, NULL);
    }
    for (int i = 0; i < BOTH && str_is(path, "/both"); i++) {
        char byte;
        n_early += recv(both[i].fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
    }
    counter_add(&left, 1);
    response_status(r, code == ERR_OK ? 200 : 500);
    if (response_write(r, path.p, path.n, NULL) != ERR_OK) {
        response_abort(r);
    }
}

static int start(void **state)
{
    (void)state;
    is_open = false;
    counter_init(&arrived);
    counter_init(&left);
    serve(&served, 1, answer, NULL);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    unserve(&served, 5);
    counter_release(&arrived);
    counter_release(&left);
    return 0;
}

static int64_t suspensions(void)
{
    struct http_counts n;
    http_count(served.http, &n);
    return n.suspensions;
}

static void await_suspensions(int64_t n)
{
    for (int i = 0; i < 3000 && suspensions() < n; i++) {
        turns_in(&served, 10);
    }
    assert_true(suspensions() >= n);
}

static void get(struct client *c, const char *path)
{
    struct buf text;
    buf_init(&text, BUF_MAX_DEFAULT);
    buf_printf(&text, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path);
    client_send_n(c, text.p, text.n); /* in one piece, or the second waits for an acknowledgement */
    buf_release(&text);
}

static void expect(struct client *c, const char *path)
{
    struct reply r;
    client_reply(c, &r, true);
    assert_int_equal(r.status, 200);
    assert_string_equal(buf_text(&r.body), path);
    reply_release(&r);
}

static void a_short_wait_suspends_nothing(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, &served);
    for (int i = 0; i < 200; i++) {
        get(&c, "/short");
        expect(&c, "/short");
    }
    for (int i = 0; i < 50; i++) { /* all at once, answered one after the other */
        get(&c, "/short");
    }
    for (int i = 0; i < 50; i++) {
        expect(&c, "/short");
    }
    assert_int_equal(suspensions(), 0);
    client_close(&c);
}

static void a_long_wait_suspends_once(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, &served);
    get(&c, "/held");
    await_suspensions(1);
    is_open = true;
    expect(&c, "/held");
    for (int i = 0; i < 20; i++) {
        get(&c, "/short");
        expect(&c, "/short");
    }
    assert_int_equal(suspensions(), 1);
    client_close(&c);
}

static void any_number_may_wait(void **state)
{
    (void)state;
    enum { CLIENTS = 150 };
    struct client c[CLIENTS];
    for (int i = 0; i < CLIENTS; i++) {
        client_open(&c[i], &served);
        get(&c[i], "/held");
    }
    await_suspensions(CLIENTS);
    is_open = true;
    for (int i = 0; i < CLIENTS; i++) {
        expect(&c[i], "/held");
        get(&c[i], "/short");
    }
    for (int i = 0; i < CLIENTS; i++) {
        expect(&c[i], "/short");
        client_close(&c[i]);
    }
}

/* The library says that the loop may not wait while a request waits briefly, and is not believed:
 * what else it has to do must be done all the same. */
static void others_are_served_meanwhile(void **state)
{
    (void)state;
    struct client waiting;
    struct client other;
    static const char text[] = "POST /other HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n";
    static char body[1000];
    client_open(&waiting, &served);
    client_open(&other, &served);
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < sizeof text - 1; i++) {
            get(&waiting, "/short");
            client_send_n(&other, text + i, 1);
            expect(&waiting, "/short");
        }
        for (int i = 0; i < 200; i++) {
            get(&waiting, "/short");
            client_send_n(&other, body, sizeof body);
            expect(&waiting, "/short");
        }
        expect(&other, "/other");
    }
    client_close(&waiting);
    client_close(&other);
}

static void hold_loop(void *arg)
{
    (void)arg;
    counter_add(&arrived, 1);
    while (!is_open) {
    }
}

/* Requests that came at once are all handled before the first answer leaves. */
static void answers_leave_together(void **state)
{
    (void)state;
    n_early = 0;
    for (int i = 0; i < BOTH; i++) {
        client_open(&both[i], &served);
        get(&both[i], "/now");
        expect(&both[i], "/now");
    }
    int there = counter_get(&arrived);
    loop_post(runtime_loop(served.runtime, 0), hold_loop, NULL);
    counter_await(&arrived, there + 1);
    for (int i = 0; i < BOTH; i++) {
        get(&both[i], "/both");
    }
    is_open = true;
    for (int i = 0; i < BOTH; i++) {
        expect(&both[i], "/both");
        client_close(&both[i]);
    }
    assert_int_equal(n_early, 0);
    assert_int_equal(suspensions(), 0);
}

static void reset(struct client *c)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    assert_int_equal(setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    client_close(c);
}

static void a_client_may_leave_meanwhile(void **state)
{
    (void)state;
    struct http_counts n;
    for (int i = 0; i < 40; i++) {
        struct client c;
        int there = counter_get(&arrived);
        int gone = counter_get(&left);
        int64_t before = suspensions();
        client_open(&c, &served);
        get(&c, "/held");
        counter_await(&arrived, there + 1);
        if (i % 4 == 0) {
            await_suspensions(before + 1);
        }
        if (i % 2 == 0) {
            reset(&c);
        } else {
            client_close(&c);
        }
        counter_await(&left, gone + 1);
    }
    for (int i = 0; i < 3000; i++) {
        http_count(served.http, &n);
        if (n.active == 0 && n.connections == 0) {
            break;
        }
        turns_in(&served, 10);
    }
    assert_int_equal(n.active, 0);
    assert_int_equal(n.connections, 0);
}

#define BRIEF_TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BRIEF_TEST(a_short_wait_suspends_nothing), BRIEF_TEST(a_long_wait_suspends_once),
        BRIEF_TEST(any_number_may_wait),           BRIEF_TEST(others_are_served_meanwhile),
        BRIEF_TEST(answers_leave_together),        BRIEF_TEST(a_client_may_leave_meanwhile),
    };
    return cmocka_run_group_tests_name("http/brief", tests, NULL, NULL);
}
