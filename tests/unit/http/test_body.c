#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../loop/fixture.h"
#include "base/attr.h"
#include "base/time.h"
#include "client.h"

/* Bodies: read as they come, gathered, refused, broken off. */

#define BIG ((int64_t)120 << 20)

static struct counter arrived; /* a handler came to the point that a test waits for */
static struct gate hold;       /* what a handler waits for, on a worker */
static _Atomic int last_code;  /* what a handler's last read answered */

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

/* Reads all, looks at every byte, and often has something else to wait for. */
static void count_bytes(struct request *r)
{
    int64_t n = 0;
    int64_t waited_at = 0;
    struct str piece;
    do {
        last_code = request_read(r, &piece, NULL);
        if (last_code != ERR_OK || !pattern_is(piece.p, piece.n, n)) {
            response_status(r, 500);
            counter_add(&arrived, 1);
            return;
        }
        n += (int64_t)piece.n;
        if (n - waited_at > 1 << 20) {
            waited_at = n;
            loop_run_blocking(nothing, NULL);
            if (!pattern_is(piece.p, piece.n, n - (int64_t)piece.n)) {
                response_status(r, 500); /* the piece changed while it was held */
            }
        }
    } while (piece.n > 0);
    say(r, arena_printf(request_arena(r), "%lld", (long long)n));
}

static void refuse(struct request *r)
{
    loop_run_blocking(nothing, NULL); /* who is it? */
    response_status(r, 401);
    say(r, "who are you?");
}

static void read_some_then_refuse(struct request *r)
{
    int64_t n = 0;
    struct str piece;
    while (n < 70000) {
        last_code = request_read(r, &piece, NULL);
        if (last_code != ERR_OK || piece.n == 0) {
            return;
        }
        n += (int64_t)piece.n;
    }
    response_status(r, 422);
    response_header(r, "X-Why", "no");
    say(r, "not that");
    counter_add(&arrived, 1);
}

static void read_whole(struct request *r, size_t max)
{
    struct str body;
    last_code = request_body(r, max, &body, NULL);
    if (last_code != ERR_OK) {
        response_status(r, last_code == ERR_TOO_LARGE ? 413 : 400);
        return;
    }
    say(r, arena_printf(request_arena(r), "%zu %s", body.n,
                        pattern_is(body.p, body.n, 0) ? "good" : "bad"));
}

/* Takes one piece and waits on a worker with it in its hands. */
static void hold_a_piece(struct request *r)
{
    struct str piece;
    last_code = request_read(r, &piece, NULL);
    counter_add(&arrived, 1);
    loop_run_blocking(wait_for_hold, NULL);
    bool good = last_code == ERR_OK && pattern_is(piece.p, piece.n, 0);
    int64_t n = (int64_t)piece.n;
    while (good && piece.n > 0) {
        good = request_read(r, &piece, NULL) == ERR_OK && pattern_is(piece.p, piece.n, n);
        n += (int64_t)piece.n;
    }
    say(r, arena_printf(request_arena(r), "%lld %s", (long long)n, good ? "good" : "bad"));
}

static void answer_before_reading(struct request *r)
{
    char block[1000];
    struct str piece;
    memset(block, 'x', sizeof block);
    for (int i = 0; i < 100; i++) {
        if (response_write(r, block, sizeof block, NULL) != ERR_OK) {
            return;
        }
    }
    last_code = request_read(r, &piece, NULL);
}

static void handle(struct request *r, void *arg)
{
    struct str path = request_path(r);
    (void)arg;
    if (str_is(path, "/count")) {
        count_bytes(r);
    } else if (str_is(path, "/refuse")) {
        refuse(r);
    } else if (str_is(path, "/some")) {
        read_some_then_refuse(r);
    } else if (str_is(path, "/whole")) {
        read_whole(r, 100000);
    } else if (str_is(path, "/hold")) {
        hold_a_piece(r);
    } else if (str_is(path, "/early")) {
        answer_before_reading(r);
    }
}

static struct served served;

static int start(void **state)
{
    (void)state;
    counter_init(&arrived);
    serve(&served, 1, handle, NULL);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    unserve(&served, 5);
    counter_release(&arrived);
    return 0;
}

/* A fresh server with other drain limits. */
static void restart(int64_t drain_bytes, int64_t drain_ms)
{
    unserve(&served, 5);
    serve(&served, 1, handle,
          &(struct http_settings){.drain_bytes = drain_bytes, .drain_ms = drain_ms});
}

/* ---- sending ----------------------------------------------------------------------------- */

static void send_head(struct client *c, const char *path, int64_t length, const char *more)
{
    struct buf b;
    buf_init(&b, 4096);
    buf_printf(&b, "POST %s HTTP/1.1\r\nHost: x\r\n%s", path, more);
    if (length >= 0) {
        buf_printf(&b, "Content-Length: %lld\r\n\r\n", (long long)length);
    } else {
        buf_adds(&b, "Transfer-Encoding: chunked\r\n\r\n");
    }
    client_send_n(c, b.p, b.n);
    buf_release(&b);
}

/* @n bytes of the pattern from @offset, plain. Stops when the other side has reset. */
static int64_t send_pattern(struct client *c, int64_t n, int64_t offset)
{
    static char block[65536];
    int64_t sent = 0;
    while (sent < n) {
        size_t part = n - sent < (int64_t)sizeof block ? (size_t)(n - sent) : sizeof block;
        pattern_fill(block, part, offset + sent);
        size_t out = client_try_send(c, block, part);
        sent += (int64_t)out;
        if (out < part) {
            break;
        }
    }
    return sent;
}

/* The same in chunks of many sizes. */
static void send_chunks(struct client *c, int64_t n)
{
    static const int64_t sizes[] = {1, 13, 4096, 70000, 300, 16384, 2, 40000};
    static char bytes[70000 + 2];
    int64_t sent = 0;
    for (size_t i = 0; sent < n; i++) {
        char size[32];
        int64_t part = sizes[i % ARRAY_LEN(sizes)];
        part = part > n - sent ? n - sent : part;
        client_send_n(c, size, (size_t)snprintf(size, sizeof size, "%llx\r\n", (long long)part));
        pattern_fill(bytes, (size_t)part, sent);
        memcpy(bytes + part, "\r\n", 2);
        client_send_n(c, bytes, (size_t)part + 2);
        sent += part;
    }
    client_send(c, "0\r\n\r\n");
}

/* The answer that comes, as "status body". */
static void reply_is(struct client *c, int status, const char *body)
{
    struct reply r;
    char text[256];
    client_reply(c, &r, true);
    assert_int_equal(r.status, status);
    assert_true(r.is_whole);
    assert_string_equal(buf_text(&r.body), body);
    assert_true(*reply_header(&r, "X-Request-Id", text));
    reply_release(&r);
}

static void still_alive(struct client *c)
{
    send_head(c, "/whole", 5, "");
    assert_int_equal(send_pattern(c, 5, 0), 5);
    reply_is(c, 200, "5 good");
}

/* ---- reading ----------------------------------------------------------------------------- */

static void every_byte_of_an_upload_arrives(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, &served);
    struct buf expected;
    buf_init(&expected, 100);
    buf_printf(&expected, "%lld", (long long)BIG);
    int64_t before = memory_now();
    memory_peak_reset();
    send_head(&c, "/count", BIG, "");
    assert_int_equal(send_pattern(&c, BIG, 0), BIG);
    reply_is(&c, 200, buf_text(&expected));
    send_head(&c, "/count", -1, "");
    send_chunks(&c, BIG);
    reply_is(&c, 200, buf_text(&expected));
    int64_t more = memory_peak() - before;
    print_message("memory rose by %lld KiB\n", (long long)more);
    assert_true(more < 32 * 1024);
    still_alive(&c);
    buf_release(&expected);
    client_close(&c);
}

static void a_whole_body_has_a_limit(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, &served);
    send_head(&c, "/whole", 0, "");
    reply_is(&c, 200, "0 good");
    send_head(&c, "/whole", 65536, ""); /* the largest that is gathered */
    assert_int_equal(send_pattern(&c, 65536, 0), 65536);
    reply_is(&c, 200, "65536 good");
    send_head(&c, "/whole", 100000, "");
    assert_int_equal(send_pattern(&c, 100000, 0), 100000);
    reply_is(&c, 200, "100000 good");
    send_head(&c, "/whole", -1, "");
    send_chunks(&c, 100000);
    reply_is(&c, 200, "100000 good");
    send_head(&c, "/whole", 100001, "");
    assert_int_equal(send_pattern(&c, 100001, 0), 100001);
    reply_is(&c, 413, "");
    send_head(&c, "/whole", -1, "");
    send_chunks(&c, 100001);
    reply_is(&c, 413, "");
    still_alive(&c);
    client_close(&c);
}

static void a_piece_stays_while_it_is_held(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, &served);
    for (int chunked = 0; chunked < 2; chunked++) {
        int there = counter_get(&arrived);
        gate_init(&hold);
        send_head(&c, "/hold", chunked ? -1 : 200000, "");
        if (chunked) {
            send_chunks(&c, 200000);
        } else {
            assert_int_equal(send_pattern(&c, 200000, 0), 200000);
        }
        counter_await(&arrived, there + 1);
        assert_true(turns_in(&served, 200) < 30);
        gate_open(&hold);
        reply_is(&c, 200, "200000 good");
    }
    still_alive(&c);
    client_close(&c);
}

static void a_stalled_upload_costs_nothing(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, &served);
    send_head(&c, "/count", 1000000, "");
    assert_int_equal(send_pattern(&c, 500000, 0), 500000);
    assert_true(turns_in(&served, 100) < 1000); /* what was sent is read */
    assert_true(turns_in(&served, 300) < 30);
    assert_int_equal(send_pattern(&c, 500000, 500000), 500000);
    reply_is(&c, 200, "1000000");
    client_close(&c);
}

/* ---- refusing ---------------------------------------------------------------------------- */

static void a_refused_body_is_thrown_away(void **state)
{
    (void)state;
    static const int64_t sizes[] = {1, 65536, 65537, 1 << 20};
    struct client c;
    client_open(&c, &served);
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        send_head(&c, "/refuse", sizes[i], "");
        assert_int_equal(send_pattern(&c, sizes[i], 0), sizes[i]);
        reply_is(&c, 401, "who are you?");
        still_alive(&c);
    }
    send_head(&c, "/refuse", -1, "");
    send_chunks(&c, 500000);
    reply_is(&c, 401, "who are you?");
    still_alive(&c);
    client_close(&c);
}

/* It is told at once, also to one who goes on sending for a while before looking. */
static void a_body_over_the_drain_limit_is_refused_at_once(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, &served);
    send_head(&c, "/refuse", (1 << 20) + 1, "");
    reply_is(&c, 401, "who are you?");
    client_await_close(&c);
    client_close(&c);
    client_open(&c, &served);
    send_head(&c, "/refuse", (int64_t)1 << 40, "");
    assert_int_equal(send_pattern(&c, 700000, 0), 700000);
    reply_is(&c, 401, "who are you?");
    client_await_close(&c);
    client_close(&c);
}

static void a_client_that_asks_first_sends_no_body(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, &served);
    send_head(&c, "/refuse", 200000, "Expect: 100-continue\r\n");
    reply_is(&c, 401, "who are you?");
    client_await_close(&c);
    client_close(&c);
    client_open(&c, &served);
    send_head(&c, "/count", 200000, "Expect: 100-continue\r\n");
    struct reply r;
    client_reply(&c, &r, false);
    assert_int_equal(r.status, 100);
    reply_release(&r);
    assert_int_equal(send_pattern(&c, 200000, 0), 200000);
    reply_is(&c, 200, "200000");
    still_alive(&c);
    client_close(&c);
}

static void a_body_may_be_refused_in_its_middle(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, &served);
    send_head(&c, "/some", 500000, "");
    assert_int_equal(send_pattern(&c, 500000, 0), 500000);
    reply_is(&c, 422, "not that");
    send_head(&c, "/some", -1, "");
    send_chunks(&c, 500000);
    reply_is(&c, 422, "not that");
    still_alive(&c);
    client_close(&c);
}

static void a_refusal_in_the_middle_of_an_endless_body_is_told(void **state)
{
    (void)state;
    restart(200000, 2000);
    struct client c;
    struct reply r;
    char text[256];
    client_open(&c, &served);
    send_head(&c, "/some", (int64_t)1 << 40, "");
    /* read by the handler, thrown away, and one more that is over the limit */
    send_pattern(&c, 70000 + 200000 + 70000, 0);
    client_reply(&c, &r, true);
    assert_int_equal(r.status, 422);
    assert_true(r.is_whole);
    assert_string_equal(buf_text(&r.body), "not that");
    assert_string_equal(reply_header(&r, "Connection", text), "close");
    assert_string_equal(reply_header(&r, "X-Why", text), "no");
    assert_int_equal(strlen(reply_header(&r, "X-Request-Id", text)), 36);
    reply_release(&r);
    client_await_close(&c);
    client_close(&c);
    restart(0, 0);
}

static void a_refusal_does_not_wait_long_for_the_rest(void **state)
{
    (void)state;
    restart(0, 200);
    struct client c;
    int64_t before = time_monotonic_us();
    client_open(&c, &served);
    send_head(&c, "/some", 500000, "");
    assert_int_equal(send_pattern(&c, 100000, 0), 100000);
    reply_is(&c, 422, "not that");
    client_await_close(&c);
    int64_t ms = (time_monotonic_us() - before) / 1000;
    assert_true(ms >= 150 && ms < 20000);
    client_close(&c);
    restart(0, 0);
}

static void an_answer_that_began_ends_the_reading(void **state)
{
    (void)state;
    struct client c;
    struct reply r;
    last_code = ERR_OK;
    client_open(&c, &served);
    send_head(&c, "/early", 200000, "");
    assert_int_equal(send_pattern(&c, 200000, 0), 200000);
    client_reply(&c, &r, true);
    assert_int_equal(r.status, 200);
    assert_true(r.is_whole && r.is_chunked);
    assert_int_equal(r.body.n, 100000);
    reply_release(&r);
    assert_int_equal(last_code, ERR_CANCELLED);
    still_alive(&c);
    client_close(&c);
}

/* ---- breaking off ------------------------------------------------------------------------ */

static void a_client_that_leaves_is_noticed(void **state)
{
    (void)state;
    for (int chunked = 0; chunked < 2; chunked++) {
        struct client c;
        int there = counter_get(&arrived);
        client_open(&c, &served);
        send_head(&c, "/count", chunked ? -1 : 500000, "");
        client_send(&c, chunked ? "ffff\r\n" : "");
        send_pattern(&c, 60000, 0);
        client_close(&c);
        counter_await(&arrived, there + 1);
        assert_int_equal(last_code, ERR_CANCELLED);
    }
}

static void a_broken_chunk_is_an_error_of_the_body(void **state)
{
    (void)state;
    struct client c;
    struct reply r;
    int there = counter_get(&arrived);
    client_open(&c, &served);
    send_head(&c, "/count", -1, "");
    char first[8];
    pattern_fill(first, 5, 0);
    client_send(&c, "5\r\n");
    client_send_n(&c, first, 5);
    client_send(&c, "\r\nnonsense\r\n");
    client_reply(&c, &r, true);
    assert_int_equal(r.status, 400);
    reply_release(&r);
    client_await_close(&c);
    client_close(&c);
    counter_await(&arrived, there + 1);
    assert_int_equal(last_code, ERR_MALFORMED);
}

static void a_client_that_only_ends_its_half_gets_an_answer(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, &served);
    send_head(&c, "/count", -1, "");
    send_chunks(&c, 3 << 20);
    assert_int_equal(shutdown(c.fd, SHUT_WR), 0);
    reply_is(&c, 200, "3145728");
    client_await_close(&c);
    client_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_of_an_upload_arrives),
        cmocka_unit_test(a_whole_body_has_a_limit),
        cmocka_unit_test(a_piece_stays_while_it_is_held),
        cmocka_unit_test(a_stalled_upload_costs_nothing),
        cmocka_unit_test(a_refused_body_is_thrown_away),
        cmocka_unit_test(a_body_over_the_drain_limit_is_refused_at_once),
        cmocka_unit_test(a_client_that_asks_first_sends_no_body),
        cmocka_unit_test(a_body_may_be_refused_in_its_middle),
        cmocka_unit_test(a_refusal_in_the_middle_of_an_endless_body_is_told),
        cmocka_unit_test(a_refusal_does_not_wait_long_for_the_rest),
        cmocka_unit_test(an_answer_that_began_ends_the_reading),
        cmocka_unit_test(a_client_that_leaves_is_noticed),
        cmocka_unit_test(a_broken_chunk_is_an_error_of_the_body),
        cmocka_unit_test(a_client_that_only_ends_its_half_gets_an_answer),
    };
    return cmocka_run_group_tests_name("http/body", tests, start, stop);
}
