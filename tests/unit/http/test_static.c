#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/attr.h"
#include "client.h"
#include "http/static.h"

static const unsigned char raw[] = "<p>a page</p>";
static const unsigned char packed_gzip[] = "gzip!";
static const unsigned char packed_brotli[] = "br!";

static const struct static_file items[] = {
    {"/assets/app-0123456789.js", "text/javascript", "d1", true, {raw, 5}, {NULL, 0}, {NULL, 0}},
    {"/empty.txt", "text/plain", "d2", false, {raw, 0}, {NULL, 0}, {NULL, 0}},
    {"/index.html",
     "text/html; charset=utf-8",
     "d3",
     false,
     {raw, sizeof raw - 1},
     {packed_gzip, sizeof packed_gzip - 1},
     {packed_brotli, sizeof packed_brotli - 1}},
    {"/index.html.txt", "text/plain", "d4", false, {raw, 3}, {packed_gzip, 5}, {NULL, 0}},
};
static const struct static_files files = {items, ARRAY_LEN(items)};

static void handle(struct request *r, void *arg)
{
    (void)arg;
    const struct static_file *f = static_find(&files, request_path(r));
    if (!f) {
        response_status(r, 404);
        return;
    }
    static_answer(r, f);
}

static struct served served;
static struct client client;

static int start(void **state)
{
    (void)state;
    serve(&served, 1, handle, NULL);
    client_open(&client, &served);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    client_close(&client);
    unserve(&served, 5);
    return 0;
}

static void finds_by_the_whole_path(void **state)
{
    (void)state;
    for (size_t i = 0; i < files.n; i++) {
        assert_ptr_equal(static_find(&files, str_of(items[i].path)), &items[i]);
    }
    static const char *const missing[] = {
        "",     "/",          "/a",       "/index.htm",      "/index.html.",
        "/zzz", "index.html", "/assets/", "/index.html.txt2"};
    for (size_t i = 0; i < ARRAY_LEN(missing); i++) {
        assert_null(static_find(&files, str_of(missing[i])));
    }
    assert_null(static_find(&(struct static_files){NULL, 0}, STR("/")));
    assert_null(static_find(&files, (struct str){NULL, 0}));
}

static void ask(const char *method, const char *path, const char *more, struct reply *r)
{
    client_send(&client, method);
    client_send(&client, " ");
    client_send(&client, path);
    client_send(&client, " HTTP/1.1\r\nHost: x\r\n");
    client_send(&client, more);
    client_send(&client, "\r\n");
    client_reply(&client, r, strcmp(method, "HEAD") != 0);
}

struct variant_case {
    const char *path, *accept, *coding, *etag, *body;
};

static const struct variant_case variant_cases[] = {
    {"/index.html", "", "", "\"d3\"", "<p>a page</p>"},
    {"/index.html", "Accept-Encoding: gzip, deflate, br\r\n", "br", "\"d3-br\"", "br!"},
    {"/index.html", "Accept-Encoding: gzip\r\n", "gzip", "\"d3-gz\"", "gzip!"},
    {"/index.html", "Accept-Encoding: br;q=0.5, gzip;q=0.9\r\n", "gzip", "\"d3-gz\"", "gzip!"},
    {"/index.html", "Accept-Encoding: *;q=0\r\n", "", "\"d3\"", "<p>a page</p>"},
    {"/index.html.txt", "Accept-Encoding: br\r\n", "", "\"d4\"", "<p>"},
    {"/index.html.txt", "Accept-Encoding: br, gzip\r\n", "gzip", "\"d4-gz\"", "gzip!"},
    {"/empty.txt", "Accept-Encoding: br, gzip\r\n", "", "\"d2\"", ""},
};

static void chooses_the_variant(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(variant_cases); i++) {
        const struct variant_case *v = &variant_cases[i];
        struct reply r;
        char text[256];
        ask("GET", v->path, v->accept, &r);
        assert_int_equal(r.status, 200);
        assert_string_equal(buf_text(&r.body), v->body);
        assert_string_equal(reply_header(&r, "Content-Encoding", text), v->coding);
        assert_string_equal(reply_header(&r, "ETag", text), v->etag);
        bool varies = str_starts(str_of(v->path), STR("/index"));
        assert_string_equal(reply_header(&r, "Vary", text), varies ? "Accept-Encoding" : "");
        assert_string_equal(reply_header(&r, "Cache-Control", text), "no-cache");
        reply_release(&r);
    }
}

static void answers_what_is_known_with_304(void **state)
{
    (void)state;
    struct reply r;
    char text[256];
    ask("GET", "/index.html", "Accept-Encoding: br\r\nIf-None-Match: \"x\", W/\"d3-br\"\r\n", &r);
    assert_int_equal(r.status, 304);
    assert_string_equal(reply_header(&r, "ETag", text), "\"d3-br\"");
    assert_string_equal(reply_header(&r, "Cache-Control", text), "no-cache");
    reply_release(&r);
    ask("GET", "/index.html", "If-None-Match: \"d3-br\"\r\n", &r); /* another variant */
    assert_int_equal(r.status, 200);
    reply_release(&r);
}

static void says_how_long_to_keep(void **state)
{
    (void)state;
    struct reply r;
    char text[256];
    ask("GET", "/assets/app-0123456789.js", "", &r);
    assert_string_equal(reply_header(&r, "Cache-Control", text),
                        "public, max-age=31536000, immutable");
    assert_string_equal(reply_header(&r, "Content-Type", text), "text/javascript");
    reply_release(&r);
    ask("HEAD", "/index.html", "", &r);
    assert_int_equal(r.status, 200);
    assert_string_equal(reply_header(&r, "Content-Length", text), "13");
    reply_release(&r);
    ask("GET", "/nowhere", "", &r);
    assert_int_equal(r.status, 404);
    reply_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_by_the_whole_path),
        cmocka_unit_test(chooses_the_variant),
        cmocka_unit_test(answers_what_is_known_with_304),
        cmocka_unit_test(says_how_long_to_keep),
    };
    return cmocka_run_group_tests_name("http/static", tests, start, stop);
}
