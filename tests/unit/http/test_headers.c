#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/attr.h"
#include "http/headers.h"

#define HEADERS_MAX 8

/* Headers as "Name=value" texts. */
static size_t read_headers(const char *const *texts, struct header *out)
{
    size_t n = 0;
    for (; texts[n]; n++) {
        struct str s = str_of(texts[n]);
        size_t name_n = str_find(s, '=');
        out[n] = (struct header){{s.p, name_n}, str_sub(s, name_n + 1)};
    }
    return n;
}

struct framing_case {
    const char *headers[HEADERS_MAX];
    bool is_http10;
    enum errcode code;
    int64_t length;
    bool expects_continue;
};

static const struct framing_case framing_cases[] = {
    {{"Host=x", NULL}, false, ERR_OK, 0, false},
    {{NULL}, true, ERR_OK, 0, false},
    {{"Content-Length=0", NULL}, false, ERR_OK, 0, false},
    {{"content-length=12", NULL}, false, ERR_OK, 12, false},
    {{"Content-Length=9223372036854775807", NULL}, false, ERR_OK, INT64_MAX, false},
    {{"Content-Length=9223372036854775808", NULL}, false, ERR_MALFORMED, 0, false},
    {{"Content-Length=+5", NULL}, false, ERR_MALFORMED, 0, false},
    {{"Content-Length=-5", NULL}, false, ERR_MALFORMED, 0, false},
    {{"Content-Length=5 ", NULL}, false, ERR_MALFORMED, 0, false},
    {{"Content-Length=5, 5", NULL}, false, ERR_MALFORMED, 0, false},
    {{"Content-Length=0x5", NULL}, false, ERR_MALFORMED, 0, false},
    {{"Content-Length=", NULL}, false, ERR_MALFORMED, 0, false},
    {{"Content-Length=5", "Content-Length=5", NULL}, false, ERR_MALFORMED, 0, false},
    {{"Content-Length=5", "CONTENT-LENGTH=6", NULL}, false, ERR_MALFORMED, 0, false},
    {{"Transfer-Encoding=chunked", NULL}, false, ERR_OK, -1, false},
    {{"transfer-encoding=Chunked", NULL}, false, ERR_OK, -1, false},
    {{"Transfer-Encoding=chunked", NULL}, true, ERR_MALFORMED, 0, false},
    {{"Transfer-Encoding=gzip", NULL}, false, ERR_NOT_IMPLEMENTED, 0, false},
    {{"Transfer-Encoding=gzip, chunked", NULL}, false, ERR_NOT_IMPLEMENTED, 0, false},
    {{"Transfer-Encoding=identity", NULL}, false, ERR_NOT_IMPLEMENTED, 0, false},
    {{"Transfer-Encoding=chunked ", NULL}, false, ERR_NOT_IMPLEMENTED, 0, false},
    {{"Transfer-Encoding=", NULL}, false, ERR_NOT_IMPLEMENTED, 0, false},
    {{"Transfer-Encoding=chunked", "Transfer-Encoding=chunked", NULL},
     false,
     ERR_MALFORMED,
     0,
     false},
    {{"Content-Length=2", "Transfer-Encoding=chunked", NULL}, false, ERR_MALFORMED, 0, false},
    {{"Transfer-Encoding=chunked", "Content-Length=2", NULL}, false, ERR_MALFORMED, 0, false},
    {{"Expect=100-continue", "Content-Length=2", NULL}, false, ERR_OK, 2, true},
    {{"Expect=100-continue", "Content-Length=2", NULL}, true, ERR_OK, 2, false},
    {{"Expect=something", "Content-Length=2", NULL}, false, ERR_OK, 2, false},
    {{"X =1", NULL}, false, ERR_MALFORMED, 0, false},
    {{"X\t=1", NULL}, false, ERR_MALFORMED, 0, false},
    {{" X=1", NULL}, false, ERR_MALFORMED, 0, false},
    {{"=1", NULL}, false, ERR_MALFORMED, 0, false},
    {{"X\xc3\xa9=1", NULL}, false, ERR_MALFORMED, 0, false},
    {{"X(=1", NULL}, false, ERR_MALFORMED, 0, false},
    {{"!#$%&'*+-.^_`|~09azAZ=1", NULL}, false, ERR_OK, 0, false},
    {{"X=a\rb", NULL}, false, ERR_MALFORMED, 0, false},
    {{"X=a\nb", NULL}, false, ERR_MALFORMED, 0, false},
    {{"X=a\x7f", NULL}, false, ERR_MALFORMED, 0, false},
    {{"X=a\tb \xc3\xa9", NULL}, false, ERR_OK, 0, false},
    {{"Host=a", "host=b", NULL}, false, ERR_MALFORMED, 0, false},
};

static void reads_where_a_body_ends(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(framing_cases); i++) {
        const struct framing_case *c = &framing_cases[i];
        struct header headers[HEADERS_MAX];
        size_t n = read_headers(c->headers, headers);
        if (headers_count(headers, n, "Host") == 0 && !c->is_http10) {
            headers[n++] = (struct header){STR("Host"), STR("x")};
        }
        struct framing f = {-7, true};
        struct error err = ERROR_INIT;
        enum errcode code = headers_check(headers, n, c->is_http10, &f, &err);
        if (code != c->code) {
            fail_msg("case %zu (\"%s\"): code %d", i, c->headers[0] ? c->headers[0] : "", code);
        }
        if (code == ERR_OK) {
            assert_int_equal(f.length, c->length);
            assert_int_equal(f.expects_continue, c->expects_continue);
        } else {
            assert_int_equal(f.length, -7); /* untouched */
        }
        error_release(&err);
    }
}

static void http_1_1_needs_a_host(void **state)
{
    (void)state;
    struct framing f;
    struct error err = ERROR_INIT;
    assert_int_equal(headers_check(NULL, 0, true, &f, &err), ERR_OK);
    assert_int_equal(headers_check(NULL, 0, false, &f, &err), ERR_MALFORMED);
    error_release(&err);
}

static void finds_in_any_case(void **state)
{
    (void)state;
    static const char *const texts[] = {"Accept=a", "ACCEPT=b", "Accept-Language=c", NULL};
    struct header headers[HEADERS_MAX];
    size_t n = read_headers(texts, headers);
    assert_true(str_is(headers_find(headers, n, "accept")->value, "a"));
    assert_int_equal(headers_count(headers, n, "Accept"), 2);
    assert_int_equal(headers_count(headers, n, "Accep"), 0);
    assert_null(headers_find(headers, n, "Acceptx"));
}

/*
 * A header block as the library leaves it: line ends and colons overwritten with NULs. Headers are
 * read from it the way the library does: a name, a NUL, white space, a value.
 */
static bool whole(struct str block, size_t n)
{
    struct header headers[HEADERS_MAX];
    const char *p = block.p;
    for (size_t i = 0; i < n; i++) {
        headers[i].name = str_of(p);
        p += headers[i].name.n + 1;
        p += strspn(p, " \t");
        headers[i].value = str_of(p);
        p += headers[i].value.n + 1;
        p += *p == '\0' && p < block.p + block.n;
    }
    return headers_are_whole(block.p, headers, n, block.p + block.n);
}

static void sees_how_lines_ended(void **state)
{
    (void)state;
    assert_true(whole(STR("\0\0"), 0));
    assert_true(whole(STR("Host\0 x\0\0\0\0"), 1));
    assert_true(whole(STR("Host\0 x\0\0A\0\0\0B\0\t 2\0\0\0\0"), 3));
    assert_false(whole(STR("Host\0 x\0A\0 1\0\0\0\0"), 2));     /* bare LF behind the first */
    assert_false(whole(STR("Host\0 x\0\0A\0 1\0\0\0"), 2));     /* bare LF behind the last */
    assert_false(whole(STR("Host\0 x\0\0\0"), 1));              /* the empty line is a bare LF */
    assert_false(whole(STR("Host\0 x\0\0\0hidden\0\0"), 1));    /* a line that begins with NUL */
    assert_false(whole(STR("Host\0 x\0\0 folded\0\0\0\0"), 1)); /* text between two headers */
    assert_false(whole(STR("Host\0 x\0hidden\0\0\0\0"), 1));    /* NUL inside of a value */
}

static void weighs_codings(void **state)
{
    (void)state;
    static const struct {
        const char *accept, *coding;
        int quality;
    } cases[] = {
        {"", "gzip", 0},
        {"gzip", "gzip", 1000},
        {"GZIP", "gzip", 1000},
        {"gzip, br", "br", 1000},
        {"br;q=0.5,gzip;q=0.25", "gzip", 250},
        {"br;q=0.5, gzip ; q=0", "gzip", 0},
        {"*", "br", 1000},
        {"*;q=0.1, br;q=0", "br", 0},
        {"*;q=0.1, br;q=0", "gzip", 100},
        {"gzip;q=0.1239", "gzip", 123},
        {"gzip;q=1.000", "gzip", 1000},
        {"gzip;q=1.5", "gzip", 1000},
        {"gzip;x=y;q=0.3", "gzip", 300},
        {"xgzip", "gzip", 0},
        {",,;,gzip", "gzip", 1000},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int quality = coding_quality(str_of(cases[i].accept), cases[i].coding);
        if (quality != cases[i].quality) {
            fail_msg("\"%s\" for %s: %d", cases[i].accept, cases[i].coding, quality);
        }
    }
    assert_int_equal(coding_quality((struct str){NULL, 0}, "gzip"), 0);
}

static void matches_etags(void **state)
{
    (void)state;
    struct str etag = STR("\"abc\"");
    assert_true(etag_listed(STR("\"abc\""), etag));
    assert_true(etag_listed(STR("W/\"abc\""), etag));
    assert_true(etag_listed(STR("\"x\", \"abc\" ,\"y\""), etag));
    assert_true(etag_listed(STR("*"), etag));
    assert_false(etag_listed(STR("\"abcd\""), etag));
    assert_false(etag_listed(STR("abc"), etag));
    assert_false(etag_listed(STR(""), etag));
    assert_false(etag_listed((struct str){NULL, 0}, etag));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_where_a_body_ends), cmocka_unit_test(http_1_1_needs_a_host),
        cmocka_unit_test(finds_in_any_case),       cmocka_unit_test(sees_how_lines_ended),
        cmocka_unit_test(weighs_codings),          cmocka_unit_test(matches_etags),
    };
    return cmocka_run_group_tests_name("http/headers", tests, NULL, NULL);
}
