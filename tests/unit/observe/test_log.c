#include "observe/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/json.h"

/* Standard error goes into a pipe while a test runs. */
struct capture {
    int saved;
    int read_end;
};

static void capture_begin(struct capture *c)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    c->saved = dup(STDERR_FILENO);
    assert_true(c->saved >= 0);
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    close(ends[1]);
    c->read_end = ends[0];
}

/* capture_end() - all that was written since, when nobody writes any more. */
static void capture_end(struct capture *c, struct buf *out)
{
    assert_true(dup2(c->saved, STDERR_FILENO) >= 0);
    close(c->saved);
    char piece[4096];
    ssize_t n;
    while ((n = read(c->read_end, piece, sizeof piece)) > 0) {
        buf_add(out, piece, (size_t)n);
    }
    close(c->read_end);
}

static json_t *parse_line(struct arena *a, struct str line)
{
    json_t *doc = NULL;
    assert_int_equal(doc_parse(a, line, JSON_DEPTH_MAX, &doc, NULL), ERR_OK);
    return doc;
}

static const char *text_of(json_t *doc, const char *key)
{
    const char *text = NULL;
    assert_int_equal(doc_text(doc, key, &text, NULL), ERR_OK);
    return text;
}

/* B-45 */
static void a_line_is_one_json_object(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    struct buf out;
    buf_init(&out, BUF_MAX_DEFAULT);
    struct capture c;
    capture_begin(&c);
    LOG(LOG_INFO, "request", LOG_TEXT("path", "/a\"\n\xff\x01"), LOG_INT("status", 404),
        LOG_TEXT("user", NULL));
    capture_end(&c, &out);
    struct str rest = buf_str(&out), line;
    assert_true(str_split(&rest, '\n', &line));
    json_t *doc = parse_line(a, line);
    assert_string_equal(text_of(doc, "level"), "info");
    assert_string_equal(text_of(doc, "event"), "request");
    assert_string_equal(text_of(doc, "path"), "/a\"\n\xef\xbf\xbd\x01");
    assert_string_equal(text_of(doc, "user"), "");
    int64_t status = 0;
    assert_int_equal(doc_opt_int(doc, "status", &status, NULL), ERR_OK);
    assert_int_equal(status, 404);
    assert_true(strlen(text_of(doc, "time")) >= strlen("2026-01-31T12:00:00Z"));
    assert_int_equal(rest.n, 0);
    buf_release(&out);
}

static void an_error_tells_where_it_was_raised(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    struct error err = ERROR_INIT;
    ERROR(&err, ERR_IO, "cannot read \"%s\"", "x");
    error_detail(&err, "disk is gone");
    struct buf out;
    buf_init(&out, BUF_MAX_DEFAULT);
    struct capture c;
    capture_begin(&c);
    log_error("sweep", &err);
    capture_end(&c, &out);
    json_t *doc = parse_line(a, buf_str(&out));
    assert_string_equal(text_of(doc, "event"), "sweep");
    assert_string_equal(text_of(doc, "code"), "io_error");
    assert_string_equal(text_of(doc, "message"), "cannot read \"x\"");
    assert_string_equal(text_of(doc, "detail"), "disk is gone");
    assert_non_null(strstr(text_of(doc, "file"), "test_log.c"));
    error_release(&err);
    buf_release(&out);
}

static void the_level_holds_back_what_is_lower(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, BUF_MAX_DEFAULT);
    assert_false(log_set_level("loud"));
    assert_true(log_set_level("warning"));
    struct capture c;
    capture_begin(&c);
    LOG(LOG_INFO, "quiet", LOG_INT("n", 1));
    LOG(LOG_WARNING, "loud", LOG_INT("n", 2));
    capture_end(&c, &out);
    assert_true(log_set_level("info"));
    assert_null(strstr(buf_text(&out), "quiet"));
    assert_non_null(strstr(buf_text(&out), "loud"));
    assert_false(log_enabled(LOG_DEBUG));
    assert_true(log_enabled(LOG_INFO));
    buf_release(&out);
}

static void a_line_too_long_says_at_least_its_event(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    size_t n = (size_t)2 << 20;
    char *long_text = arena_alloc(a, n + 1);
    memset(long_text, 'x', n);
    struct buf out;
    buf_init(&out, BUF_MAX_DEFAULT);
    struct capture c;
    capture_begin(&c);
    LOG(LOG_ERROR, "long", LOG_TEXT("text", long_text));
    capture_end(&c, &out);
    json_t *doc = parse_line(a, buf_str(&out));
    assert_string_equal(text_of(doc, "event"), "long");
    buf_release(&out);
}

#define THREADS 4
#define LINES   200
#define PAD     6000 /* more than a pipe takes at once without cutting */

static void *write_lines(void *arg)
{
    const char *pad = arg;
    for (int i = 0; i < LINES; i++) {
        LOG(LOG_INFO, "many", LOG_TEXT("pad", pad), LOG_INT("i", i));
    }
    return NULL;
}

static void *drain(void *arg)
{
    struct capture *c = ((void **)arg)[0];
    struct buf *out = ((void **)arg)[1];
    char piece[4096];
    ssize_t n;
    while ((n = read(c->read_end, piece, sizeof piece)) > 0) {
        buf_add(out, piece, (size_t)n);
    }
    return NULL;
}

static void lines_of_several_threads_stay_whole(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    char *pad = arena_alloc(a, PAD + 1);
    memset(pad, 'p', PAD);
    struct buf out;
    buf_init(&out, BUF_MAX_DEFAULT);
    struct capture c;
    capture_begin(&c);
    /* A pipe that does not block cuts what does not fit: the writer goes on with the rest. */
    assert_int_equal(fcntl(STDERR_FILENO, F_SETFL, O_NONBLOCK), 0);
    pthread_t reader, writers[THREADS];
    void *both[] = {&c, &out};
    assert_int_equal(pthread_create(&reader, NULL, drain, both), 0);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&writers[i], NULL, write_lines, pad), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(writers[i], NULL);
    }
    assert_true(dup2(c.saved, STDERR_FILENO) >= 0);
    close(c.saved);
    pthread_join(reader, NULL);
    close(c.read_end);
    int lines = 0;
    struct str rest = buf_str(&out), line;
    while (str_split(&rest, '\n', &line) && line.n > 0) {
        assert_string_equal(text_of(parse_line(a, line), "pad"), pad);
        lines++;
    }
    assert_int_equal(lines, THREADS * LINES);
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_one_json_object),
        cmocka_unit_test(an_error_tells_where_it_was_raised),
        cmocka_unit_test(the_level_holds_back_what_is_lower),
        cmocka_unit_test(a_line_too_long_says_at_least_its_event),
        cmocka_unit_test(lines_of_several_threads_stay_whole),
    };
    return cmocka_run_group_tests_name("observe/log", tests, NULL, NULL);
}
