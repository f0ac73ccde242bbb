#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../loop/fixture.h"
#include "base/attr.h"
#include "base/time.h"
#include "client.h"

/* Answers: held back, streamed, cut, waited for. */

#define BIG ((int64_t)120 << 20)

static struct counter arrived; /* a handler came to the point that a test waits for */
static struct counter left;    /* a handler is about to return */
static struct gate hold;
static _Atomic int last_code;
static _Atomic int64_t written;
static _Atomic bool was_reset;

static void nothing(void *arg)
{
    (void)arg;
}

static void wait_for_hold(void *arg)
{
    (void)arg;
    gate_wait(&hold);
}

static bool say(struct request *r, const char *text)
{
    return response_write(r, text, strlen(text), NULL) == ERR_OK;
}

/* The number behind the last slash of the path. */
static int64_t number_of(const struct request *r)
{
    struct str path = request_path(r);
    size_t at = path.n;
    while (at > 0 && path.p[at - 1] != '/') {
        at--;
    }
    int64_t n = 0;
    return str_int64(str_sub(path, at), &n) ? n : -1;
}

/* As many bytes of the pattern as were asked for, in pieces of odd sizes. */
static bool write_pattern(struct request *r, int64_t n)
{
    static const size_t sizes[] = {7, 1000, 1, 20000, 64, 33333};
    char block[33333];
    int64_t done = 0;
    for (size_t i = 0; done < n; i++) {
        size_t part = sizes[i % ARRAY_LEN(sizes)];
        part = (int64_t)part > n - done ? (size_t)(n - done) : part;
        pattern_fill(block, part, done);
        last_code = response_write(r, block, part, NULL);
        if (last_code != ERR_OK) {
            return false;
        }
        done += (int64_t)part;
        written = done;
    }
    return true;
}

static void stream(struct request *r)
{
    write_pattern(r, number_of(r));
}

/* The same with waits of another kind in between. */
static void stream_with_waits(struct request *r)
{
    int64_t n = number_of(r);
    char block[5000];
    for (int64_t done = 0; done < n; done += (int64_t)sizeof block) {
        pattern_fill(block, sizeof block, done);
        loop_run_blocking(nothing, NULL);
        last_code = loop_sleep(100, NULL);
        if (last_code != ERR_OK || response_write(r, block, sizeof block, NULL) != ERR_OK) {
            return;
        }
    }
}

static void fail_after(struct request *r)
{
    response_header(r, "X-Early", "yes");
    response_status(r, 206);
    if (!write_pattern(r, number_of(r))) {
        return;
    }
    was_reset = response_reset(r);
    if (was_reset) {
        response_status(r, 409);
        say(r, "conflict");
        return;
    }
    response_abort(r);
}

static void abort_at_once(struct request *r)
{
    say(r, "never seen");
    response_abort(r);
}

static void stall(struct request *r)
{
    write_pattern(r, 200000);
    counter_add(&arrived, 1);
    last_code = loop_sleep(600000000, NULL);
    counter_add(&left, 1);
}

static void sleep_long(struct request *r)
{
    counter_add(&arrived, 1);
    last_code = loop_sleep(600000000, NULL);
    response_status(r, 499);
    say(r, loop_cancelled() ? "cancelled" : "slept");
    counter_add(&left, 1);
}

static void work_long(struct request *r)
{
    counter_add(&arrived, 1);
    loop_run_blocking(wait_for_hold, NULL);
    last_code = response_write(r, "worked", 6, NULL);
    counter_add(&left, 1);
}

static char constant[5 << 20];

static void give_constant(struct request *r)
{
    say(r, "forgotten");
    response_static(r, constant, sizeof constant);
}

static const struct {
    const char *prefix;
    void (*fn)(struct request *r);
} handlers[] = {
    {"/stream/", stream},   {"/waits/", stream_with_waits},
    {"/fail/", fail_after}, {"/abort", abort_at_once},
    {"/stall", stall},      {"/sleep", sleep_long},
    {"/work", work_long},   {"/constant", give_constant},
};

static void handle(struct request *r, void *arg)
{
    (void)arg;
    for (size_t i = 0; i < ARRAY_LEN(handlers); i++) {
        if (str_starts(request_path(r), str_of(handlers[i].prefix))) {
            handlers[i].fn(r);
        }
    }
}

static struct served served;

static int start(void **state)
{
    (void)state;
    counter_init(&arrived);
    counter_init(&left);
    pattern_fill(constant, sizeof constant, 0);
    serve(&served, 1, handle, NULL);
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

/* ---- requesting -------------------------------------------------------------------------- */

static void ask(struct client *c, const char *method, const char *path, const char *version)
{
    struct buf b;
    buf_init(&b, 4096);
    buf_printf(&b, "%s %s HTTP/%s\r\nHost: x\r\n\r\n", method, path, version);
    client_send_n(c, b.p, b.n);
    buf_release(&b);
}

static void get(struct client *c, const char *path)
{
    ask(c, "GET", path, "1.1");
}

/* Reads a chunked answer of any length, looking at every byte; returns how many there were. */
static int64_t read_chunked_pattern(struct client *c)
{
    struct reply r;
    int64_t n = 0;
    bool more = true;
    client_head(c, &r);
    assert_int_equal(r.status, 200);
    assert_true(r.is_chunked);
    while (more) {
        buf_clear(&r.body);
        more = client_chunk(c, &r);
        assert_true(pattern_is(buf_text(&r.body), r.body.n, n));
        n += (int64_t)r.body.n;
    }
    assert_true(r.is_whole);
    reply_release(&r);
    return n;
}

static void still_alive(struct client *c)
{
    struct reply r;
    get(c, "/stream/5");
    client_reply(c, &r, true);
    assert_int_equal(r.status, 200);
    assert_int_equal(r.body.n, 5);
    reply_release(&r);
}

/* ---- length or chunks -------------------------------------------------------------------- */

static void what_fits_has_a_length(void **state)
{
    (void)state;
    static const int64_t sizes[] = {
        0, 1, RESPONSE_HOLD - 1, RESPONSE_HOLD, RESPONSE_HOLD + 1, 3 * RESPONSE_HOLD};
    struct client c;
    client_open(&c, &served);
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct reply r;
        struct buf path;
        char text[256];
        buf_init(&path, 100);
        buf_printf(&path, "/stream/%lld", (long long)sizes[i]);
        get(&c, buf_text(&path));
        client_reply(&c, &r, true);
        assert_int_equal(r.status, 200);
        assert_true(r.is_whole);
        assert_int_equal(r.is_chunked, sizes[i] > RESPONSE_HOLD);
        assert_int_equal(r.body.n, sizes[i]);
        assert_true(pattern_is(buf_text(&r.body), r.body.n, 0));
        reply_release(&r);
        ask(&c, "HEAD", buf_text(&path), "1.1");
        client_reply(&c, &r, false);
        assert_int_equal(r.status, 200);
        assert_int_equal(strtoll(reply_header(&r, "Content-Length", text), NULL, 10), sizes[i]);
        reply_release(&r);
        buf_release(&path);
    }
    assert_int_equal(c.in.n, 0);
    client_close(&c);
}

static void a_long_answer_needs_no_memory(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, &served);
    still_alive(&c);
    int64_t before = memory_now();
    memory_peak_reset();
    get(&c, "/stream/125829120");
    assert_int_equal(read_chunked_pattern(&c), BIG);
    int64_t more = memory_peak() - before;
    print_message("memory rose by %lld KiB\n", (long long)more);
    assert_true(more < 32 * 1024);
    still_alive(&c);
    client_close(&c);
}

static void an_answer_may_wait_for_other_things(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, &served);
    get(&c, "/waits/1000000");
    assert_int_equal(read_chunked_pattern(&c), 1000000);
    still_alive(&c);
    client_close(&c);
}

static void constant_bytes_are_sent_as_they_are(void **state)
{
    (void)state;
    struct client c;
    struct reply r;
    client_open(&c, &served);
    get(&c, "/constant");
    client_reply(&c, &r, true);
    assert_true(r.is_whole && !r.is_chunked);
    assert_int_equal(r.body.n, sizeof constant);
    assert_memory_equal(r.body.p, constant, sizeof constant);
    reply_release(&r);
    still_alive(&c);
    client_close(&c);
}

static void old_clients_get_a_stream_until_the_end(void **state)
{
    (void)state;
    struct client c;
    struct reply r;
    client_open(&c, &served);
    ask(&c, "GET", "/stream/1000000", "1.0");
    client_reply(&c, &r, true);
    assert_int_equal(r.status, 200);
    assert_false(r.is_chunked);
    assert_int_equal(r.body.n, 1000000);
    assert_true(pattern_is(r.body.p, r.body.n, 0));
    reply_release(&r);
    client_close(&c);
}

/* ---- errors ------------------------------------------------------------------------------ */

static void an_early_error_is_a_clean_answer(void **state)
{
    (void)state;
    struct client c;
    struct reply r;
    char text[256];
    client_open(&c, &served);
    get(&c, "/fail/65536");
    client_reply(&c, &r, true);
    assert_true(was_reset);
    assert_int_equal(r.status, 409);
    assert_string_equal(buf_text(&r.body), "conflict");
    assert_string_equal(reply_header(&r, "X-Early", text), "");
    reply_release(&r);
    still_alive(&c);
    client_close(&c);
}

static void a_late_error_cuts_the_answer(void **state)
{
    (void)state;
    struct client c;
    struct reply r;
    client_open(&c, &served);
    get(&c, "/fail/200000");
    client_reply(&c, &r, true);
    assert_false(was_reset);
    assert_int_equal(r.status, 206);
    assert_true(r.is_chunked);
    assert_false(r.is_whole);
    reply_release(&r);
    client_close(&c);
    /* without chunks only a reset tells that something is missing */
    client_open(&c, &served);
    ask(&c, "GET", "/fail/200000", "1.0");
    client_reply(&c, &r, true);
    assert_true(c.was_reset);
    reply_release(&r);
    client_close(&c);
    client_open(&c, &served);
    get(&c, "/abort");
    client_reply(&c, &r, true);
    assert_int_equal(r.status, 0);
    reply_release(&r);
    client_close(&c);
}

static void too_many_requests_are_told_so(void **state)
{
    (void)state;
    struct client c[4];
    struct reply r;
    char text[256];
    unserve(&served, 5);
    serve_with(&served, &(struct runtime_settings){.loops = 1, .workers = 1, .fibers = 3}, handle,
               NULL);
    for (int i = 0; i < 4; i++) {
        client_open(&c[i], &served);
    }
    for (int i = 0; i < 3; i++) {
        int there = counter_get(&arrived);
        get(&c[i], "/sleep");
        counter_await(&arrived, there + 1);
    }
    get(&c[3], "/stream/5");
    client_reply(&c[3], &r, true);
    assert_int_equal(r.status, 503);
    assert_string_equal(reply_header(&r, "Retry-After", text), "1");
    reply_release(&r);
    int gone = counter_get(&left);
    client_close(&c[0]);
    counter_await(&left, gone + 1);
    still_alive(&c[3]);
    for (int i = 1; i < 4; i++) {
        client_close(&c[i]);
    }
    counter_await(&left, gone + 3);
    unserve(&served, 5);
    serve(&served, 1, handle, NULL);
}

/* ---- clients that stall or leave --------------------------------------------------------- */

/* The handler writes on until nothing more goes out. */
static void await_stall(void)
{
    int64_t before;
    do {
        before = written;
        turns_in(&served, 100);
    } while (before == 0 || written != before);
}

static void a_stalled_download_costs_nothing(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, &served);
    written = 0;
    get(&c, "/stream/125829120");
    await_stall();
    assert_true(turns_in(&served, 300) < 30);
    assert_int_equal(read_chunked_pattern(&c), BIG);
    client_close(&c);
}

static void a_stalled_handler_costs_nothing(void **state)
{
    (void)state;
    struct client c;
    int there = counter_get(&arrived);
    int gone = counter_get(&left);
    client_open(&c, &served);
    get(&c, "/stall");
    struct reply r;
    client_head(&c, &r);
    int64_t n = 0;
    while (n < 200000) { /* all that was written reached the client */
        buf_clear(&r.body);
        assert_true(client_chunk(&c, &r));
        n += (int64_t)r.body.n;
    }
    reply_release(&r);
    counter_await(&arrived, there + 1);
    assert_true(turns_in(&served, 300) < 30);
    client_close(&c);
    counter_await(&left, gone + 1);
    assert_int_equal(last_code, ERR_CANCELLED);
}

static void a_client_that_leaves_a_sleeper_is_noticed(void **state)
{
    (void)state;
    struct client c;
    int there = counter_get(&arrived);
    int gone = counter_get(&left);
    client_open(&c, &served);
    get(&c, "/sleep");
    counter_await(&arrived, there + 1);
    assert_true(turns_in(&served, 300) < 30);
    int64_t before = time_monotonic_us();
    client_close(&c);
    counter_await(&left, gone + 1);
    assert_int_equal(last_code, ERR_CANCELLED);
    assert_true(time_monotonic_us() - before < 10000000);
}

static void a_client_that_leaves_a_stream_is_noticed(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, &served);
    written = 0;
    get(&c, "/stream/125829120");
    await_stall();
    client_close(&c); /* with unread bytes: a reset */
    for (int i = 0; i < 300 && last_code != ERR_CANCELLED; i++) {
        turns_in(&served, 100);
    }
    assert_int_equal(last_code, ERR_CANCELLED);
}

static void half_an_end_ends_sleeps_but_not_work(void **state)
{
    (void)state;
    struct client c;
    struct reply r;
    int there = counter_get(&arrived);
    client_open(&c, &served);
    get(&c, "/sleep");
    counter_await(&arrived, there + 1);
    assert_int_equal(shutdown(c.fd, SHUT_WR), 0);
    client_reply(&c, &r, true);
    assert_int_equal(r.status, 499);
    assert_string_equal(buf_text(&r.body), "cancelled");
    reply_release(&r);
    client_await_close(&c);
    client_close(&c);

    gate_init(&hold);
    client_open(&c, &served);
    get(&c, "/work");
    counter_await(&arrived, there + 2);
    assert_int_equal(shutdown(c.fd, SHUT_WR), 0);
    assert_true(turns_in(&served, 300) < 30);
    gate_open(&hold);
    client_reply(&c, &r, true);
    assert_int_equal(r.status, 200);
    assert_string_equal(buf_text(&r.body), "worked");
    reply_release(&r);
    client_await_close(&c);
    client_close(&c);
}

/* The work ends after its client: its write goes nowhere, and nothing is touched that is gone. */
static void work_outlives_its_client(void **state)
{
    (void)state;
    struct client c;
    int there = counter_get(&arrived);
    int gone = counter_get(&left);
    gate_init(&hold);
    client_open(&c, &served);
    get(&c, "/work");
    counter_await(&arrived, there + 1);
    client_close(&c);
    turns_in(&served, 50);
    gate_open(&hold);
    counter_await(&left, gone + 1);
    client_open(&c, &served);
    still_alive(&c);
    client_close(&c);
}

static void many_requests_run_at_once(void **state)
{
    (void)state;
    enum { CLIENTS = 100 };
    struct client c[CLIENTS];
    for (int i = 0; i < CLIENTS; i++) {
        client_open(&c[i], &served);
        get(&c[i], "/waits/200000");
    }
    for (int i = 0; i < CLIENTS; i++) {
        assert_int_equal(read_chunked_pattern(&c[i]), 200000);
        client_close(&c[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fits_has_a_length),
        cmocka_unit_test(a_long_answer_needs_no_memory),
        cmocka_unit_test(an_answer_may_wait_for_other_things),
        cmocka_unit_test(constant_bytes_are_sent_as_they_are),
        cmocka_unit_test(old_clients_get_a_stream_until_the_end),
        cmocka_unit_test(an_early_error_is_a_clean_answer),
        cmocka_unit_test(a_late_error_cuts_the_answer),
        cmocka_unit_test(too_many_requests_are_told_so),
        cmocka_unit_test(a_stalled_download_costs_nothing),
        cmocka_unit_test(a_stalled_handler_costs_nothing),
        cmocka_unit_test(a_client_that_leaves_a_sleeper_is_noticed),
        cmocka_unit_test(a_client_that_leaves_a_stream_is_noticed),
        cmocka_unit_test(half_an_end_ends_sleeps_but_not_work),
        cmocka_unit_test(work_outlives_its_client),
        cmocka_unit_test(many_requests_run_at_once),
    };
    return cmocka_run_group_tests_name("http/response", tests, start, stop);
}
