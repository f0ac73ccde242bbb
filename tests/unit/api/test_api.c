#include "../app/people_fixture.h"

#include "api/api.h"
#include "fake_request.h"

/* The dispatcher on a real application, with a client that is made up. */

static const char page[] = "<html><meta name=\"telaio-base\" content=\"/\" />"
                           "<script src=\"/boot.js\"></script><a href=\"#/x\">x</a></html>";

static const struct static_file files[] = {
    {.path = "/boot.js",
     .media_type = "text/javascript",
     .digest = "b",
     .raw = {(const unsigned char *)"run()", 5}},
    {.path = "/index.html",
     .media_type = "text/html; charset=utf-8",
     .digest = "i",
     .raw = {(const unsigned char *)page, sizeof page - 1}},
};
static const struct static_files studio = {files, ARRAY_LEN(files)};

static struct request ask(struct world *w, const char *method, const char *path)
{
    struct request r;
    fake_init(&r, w->arena, method, path);
    return r;
}

/* Answers @r and compares its status. */
static void expect(struct api *api, struct request *r, int status)
{
    api_handle(r, api);
    if (r->status != status) {
        print_error("%s %s: %d %s\n", r->method, r->path, r->status, buf_text(&r->out));
    }
    assert_int_equal(r->status, status);
}

static void expect_once(struct api *api, struct request r, int status)
{
    expect(api, &r, status);
    fake_free(&r);
}

static struct request with_body(struct request r, const char *type, const char *body)
{
    if (type) {
        fake_send(&r, "content-type", type);
    }
    r.body = str_of(body);
    return r;
}

static struct request as(struct world *w, struct request r, const char *secret)
{
    fake_send(&r, "authorization", arena_printf(w->arena, "bearer %s", secret));
    return r;
}

static void every_row_is_whole(void **state)
{
    (void)state;
    size_t n;
    const struct route *const *rows = api_routes(&n);
    assert_true(n > 15);
    for (size_t i = 0; i < n; i++) {
        assert_non_null(rows[i]->fn);
        assert_int_not_equal(rows[i]->action, ACTION_NONE);
        assert_int_not_equal(rows[i]->body, BODY_UNSET);
    }
}

static void who_is_refused_is_not_read(void **state)
{
    struct world *w = *state;
    struct api *api = api_new(w->app, NULL);
    add_user(w, "o@x.org", "OWNER", NULL);
    const char *user = add_user(w, "u@x.org", "USER", NULL);
    struct request r = with_body(ask(w, "POST", "/api/tenants"), "text/plain", "not json");
    expect(api, &r, 401);
    assert_int_equal(r.n_reads, 0);
    assert_string_equal(fake_got(&r, "WWW-Authenticate"), "Bearer realm=\"telaio\"");
    fake_free(&r);
    r = as(w, with_body(ask(w, "POST", "/api/tenants"), "text/plain", "not json"), user);
    r.query = "unknown=1";
    expect(api, &r, 403);
    assert_int_equal(r.n_reads, 0);
    assert_null(strstr(buf_text(&r.out), "detail"));
    fake_free(&r);
    api_free(api);
}

static void a_public_route_asks_nobody(void **state)
{
    struct world *w = *state;
    struct api *api = api_new(w->app, NULL);
    struct request r = ask(w, "GET", "/healthz");
    fake_send(&r, "authorization", "Nonsense");
    fake_send(&r, "cookie", "telaio_session=tls_old");
    fake_send(&r, "x-telaio-tenant", "nowhere");
    expect(api, &r, 200);
    fake_free(&r);
    api_free(api);
}

static void bodies_have_their_media_type_and_limits(void **state)
{
    static const struct {
        const char *type, *body;
        int status;
    } cases[] = {
        {"application/json", "{\"slug\":\"a1\"}", 201},
        {"Application/JSON; charset=utf-8", "{\"slug\":\"a2\"}", 201},
        {"application/vnd.x+json", "{\"slug\":\"a3\"}", 201},
        {"text/json", "{\"slug\":\"b\"}", 415},
        {"application/+json", "{\"slug\":\"a4\"}", 201},
        {"application/jsonx", "{\"slug\":\"b\"}", 415},
        {NULL, "{\"slug\":\"b\"}", 415},
        {"application/json", "", 400},
        {"application/json", "{", 400},
        {"application/json", "[]", 422},
        {"application/json", "{\"slug\":{}}", 422},
        {"application/json", "{\"slug\":\"b\",\"x\":1}", 400},
        {"application/json", "{\"slug\":\"1234567890123456789012345678901234567890\"}", 413},
    };
    struct world *w = *state;
    OK(settings_set(&w->settings, "max-body-bytes", "50", ORIGIN_FLAG, err));
    struct api *api = api_new(w->app, NULL);
    const char *owner = add_user(w, "o@x.org", "OWNER", NULL);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct request r = with_body(ask(w, "POST", "/api/tenants"), cases[i].type, cases[i].body);
        expect_once(api, as(w, r, owner), cases[i].status);
    }
    struct request chunked = with_body(ask(w, "POST", "/api/tenants"), "application/json", "");
    chunked.is_chunked = true;
    expect_once(api, as(w, chunked, owner), 400);
    api_free(api);
}

static void credentials_come_one_way(void **state)
{
    struct world *w = *state;
    struct api *api = api_new(w->app, NULL);
    const char *owner = add_user(w, "o@x.org", "OWNER", NULL);
    const char *cookie = arena_printf(w->arena, "a=b;telaio_session=%s ; c", owner);
    expect_once(api, as(w, ask(w, "GET", "/api/auth/me"), owner), 200);
    struct request r = as(w, as(w, ask(w, "GET", "/api/auth/me"), owner), owner);
    expect_once(api, r, 401); /* two headers */
    r = ask(w, "GET", "/api/auth/me");
    fake_send(&r, "authorization", "Bearer ");
    fake_send(&r, "cookie", cookie);
    expect_once(api, r, 401); /* a broken header is not made good by a cookie */
    r = ask(w, "GET", "/api/auth/me");
    fake_send(&r, "cookie", cookie);
    expect_once(api, r, 200);
    r = ask(w, "POST", "/api/auth/logout");
    fake_send(&r, "cookie", cookie);
    expect_once(api, r, 403);
    struct caller c = signed_in(w, owner);
    r = ask(w, "POST", "/api/auth/logout");
    fake_send(&r, "cookie", cookie);
    fake_send(&r, "x-telaio-csrf", c.principal.csrf);
    expect_once(api, r, 200);
    api_free(api);
}

static void parameters_are_known_and_single(void **state)
{
    static const struct {
        const char *query;
        int status;
        const char *where;
    } cases[] = {
        {"all=true", 200, NULL},
        {"all=0", 200, NULL},
        {"", 200, NULL},
        {"all=maybe", 400, "/query/all"},
        {"all=1&all=1", 400, "/query/all"},
        {"ALL=1", 400, "/query/ALL"},
        {"a%2Fb=1", 400, "/query/a~1b"},
        {"=1", 400, "/query/"},
        {"%zz=1", 400, NULL},
    };
    struct world *w = *state;
    struct api *api = api_new(w->app, NULL);
    const char *owner = add_user(w, "o@x.org", "OWNER", NULL);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct request r = as(w, ask(w, "GET", "/api/users"), owner);
        r.query = cases[i].query;
        expect(api, &r, cases[i].status);
        if (cases[i].where) {
            const char *where = arena_printf(w->arena, "\"where\":\"%s\"", cases[i].where);
            assert_non_null(strstr(buf_text(&r.out), where));
        }
        fake_free(&r);
    }
    api_free(api);
}

static void a_path_tells_its_methods(void **state)
{
    struct world *w = *state;
    struct api *api = api_new(w->app, &studio);
    struct request r = ask(w, "DELETE", "/api/users");
    expect(api, &r, 405);
    assert_non_null(strstr(fake_got(&r, "Allow"), "GET"));
    assert_non_null(strstr(fake_got(&r, "Allow"), "POST"));
    assert_null(strstr(buf_text(&r.out), "detail"));
    fake_free(&r);
    expect_once(api, ask(w, "GET", "/api/none"), 404);
    expect_once(api, ask(w, "GET", "/rest/v1/none"), 404);
    expect_once(api, ask(w, "POST", "/tables"), 404);
    expect_once(api, ask(w, "GET", "/tables"), 200);
    expect_once(api, ask(w, "GET", "/assets/gone.js"), 404);
    expect_once(api, ask(w, "HEAD", "/healthz"), 200);
    api_free(api);
}

static void an_error_says_no_more_than_it_may(void **state)
{
    struct world *w = *state;
    struct error e = ERROR_INIT;
    struct request r = ask(w, "GET", "/x");
    (void)ERROR(&e, ERR_IO, "\"/secret/path\": gone");
    (void)error_detail(&e, "more of it");
    answer_error(&r, &e);
    assert_int_equal(r.status, 500);
    assert_null(strstr(buf_text(&r.out), "secret"));
    assert_null(strstr(buf_text(&r.out), "more of it"));
    assert_non_null(strstr(buf_text(&r.out), "\"requestId\":\"id-1\""));
    fake_free(&r);
    error_release(&e);

    r = ask(w, "GET", "/x");
    (void)ERROR(&e, ERR_BUSY, "later");
    answer_error(&r, &e);
    assert_int_equal(r.status, 503);
    assert_string_equal(fake_got(&r, "Retry-After"), "1");
    fake_free(&r);

    r = ask(w, "GET", "/x");
    r.is_streaming = true;
    answer_error(&r, &e);
    assert_true(r.is_aborted);
    assert_int_equal(r.out.n, 0);
    fake_free(&r);
    error_release(&e);
}

static void a_problem_is_one_when_asked_for(void **state)
{
    static const struct {
        const char *accept;
        bool is_problem;
    } cases[] = {
        {"application/problem+json", true},
        {"text/html,  Application/Problem+JSON ;q=0.5", true},
        {"application/json", false},
        {"application/problem+jsonx", false},
        {"*/*", false},
    };
    struct world *w = *state;
    struct api *api = api_new(w->app, NULL);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct request r = ask(w, "GET", "/api/none");
        fake_send(&r, "accept", cases[i].accept);
        expect(api, &r, 404);
        bool is_problem =
            str_eq(str_of(fake_got(&r, "Content-Type")), STR("application/problem+json"));
        assert_int_equal(is_problem, cases[i].is_problem);
        fake_free(&r);
    }
    api_free(api);
}

static void the_base_path_goes_before_addresses(void **state)
{
    static const struct {
        const char *setting, *base;
    } cases[] = {{"", "/"}, {"/", "/"}, {"db", "/db/"}, {"/db", "/db/"}, {"//a/b//", "/a/b/"}};
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        OK(settings_set(&w->settings, "base-path", cases[i].setting, ORIGIN_FLAG, err));
        struct api *api = api_new(w->app, &studio);
        assert_string_equal(api_base(api), cases[i].base);
        struct request r = ask(w, "GET", arena_printf(w->arena, "%stables", cases[i].base));
        expect(api, &r, 200);
        const char *html =
            arena_printf(w->arena,
                         "<html><meta name=\"telaio-base\" content=\"%s\" />"
                         "<script src=\"%sboot.js\"></script><a href=\"#/x\">x</a></html>",
                         cases[i].base, cases[i].base);
        assert_string_equal(buf_text(&r.out), html);
        assert_non_null(fake_got(&r, "Content-Security-Policy"));
        fake_free(&r);
        expect_once(api, ask(w, "GET", arena_printf(w->arena, "%shealthz", cases[i].base)), 200);
        expect_once(api, ask(w, "GET", "/boot.js"), 200);
        api_free(api);
    }
}

static void a_write_is_answered_twice_but_done_once(void **state)
{
    struct world *w = *state;
    struct api *api = api_new(w->app, NULL);
    const char *owner = add_user(w, "o@x.org", "OWNER", NULL);
    const char *first = NULL;
    for (int i = 0; i < 2; i++) {
        struct request r =
            as(w, with_body(ask(w, "POST", "/api/tenants"), "application/json", "{\"slug\":\"a\"}"),
               owner);
        fake_send(&r, "idempotency-key", "key");
        expect(api, &r, 201);
        assert_string_equal(fake_got(&r, "Location"), "/api/tenants/a");
        assert_int_equal(fake_got(&r, "Idempotency-Replayed") != NULL, i);
        if (first) {
            assert_string_equal(buf_text(&r.out), first);
        }
        first = arena_strdup(w->arena, buf_text(&r.out));
        fake_free(&r);
    }
    struct request r =
        as(w, with_body(ask(w, "POST", "/api/tenants"), "application/json", "{\"slug\":\"b\"}"),
           owner);
    fake_send(&r, "idempotency-key", "key");
    expect_once(api, r, 422);
    r = as(w, ask(w, "GET", "/api/tenants"), owner);
    fake_send(&r, "idempotency-key", "key"); /* reads need none and keep none */
    expect_once(api, r, 200);
    api_free(api);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_whole),
        T(who_is_refused_is_not_read),
        T(a_public_route_asks_nobody),
        T(bodies_have_their_media_type_and_limits),
        T(credentials_come_one_way),
        T(parameters_are_known_and_single),
        T(a_path_tells_its_methods),
        T(an_error_says_no_more_than_it_may),
        T(a_problem_is_one_when_asked_for),
        T(the_base_path_goes_before_addresses),
        T(a_write_is_answered_twice_but_done_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
