#include "base/multipart.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/attr.h"

/* Parts as text: name, file name and type, then the content in brackets. */
static enum errcode begin(void *arg, const struct multipart_part *part, struct error *err)
{
    struct buf *b = arg;
    (void)err;
    buf_adds(b, "|");
    buf_add_str(b, part->name);
    buf_adds(b, part->filename.p ? " file " : "");
    buf_add_str(b, part->filename);
    buf_adds(b, part->content_type.p ? " of " : "");
    buf_add_str(b, part->content_type);
    buf_addc(b, '=');
    return ERR_OK;
}

static enum errcode data(void *arg, struct str bytes, struct error *err)
{
    (void)err;
    buf_add_str(arg, bytes);
    return ERR_OK;
}

static enum errcode read_in_pieces(struct str text, size_t piece, struct buf *out)
{
    struct multipart_taker taker = {.begin = begin, .data = data, .arg = out};
    struct multipart_reader r;
    enum errcode code = ERR_OK;
    multipart_init(&r, STR("b0"), &taker);
    for (size_t i = 0; i < text.n && code == ERR_OK; i += piece) {
        size_t n = text.n - i < piece ? text.n - i : piece;
        code = multipart_push(&r, (struct str){text.p + i, n}, NULL);
    }
    if (code == ERR_OK) {
        code = multipart_end(&r, NULL);
    }
    multipart_release(&r);
    return code;
}

static void check(struct str text, enum errcode code, const char *expected)
{
    for (size_t piece = 1; piece <= text.n + 1; piece++) {
        struct buf out;
        buf_init(&out, BUF_MAX_DEFAULT);
        assert_int_equal(read_in_pieces(text, piece, &out), code);
        if (code == ERR_OK) {
            assert_string_equal(buf_text(&out), expected);
        }
        buf_release(&out);
    }
}

#define PART(headers, content) "--b0\r\n" headers "\r\n\r\n" content "\r\n"
#define NAMED(name)            "Content-Disposition: form-data; name=\"" name "\""

static void parts_come_out_whatever_the_pieces(void **state)
{
    (void)state;
    check(STR(PART(NAMED("a"), "x") "--b0--"), ERR_OK, "|a=x");
    check(STR("before\r\n" PART(NAMED("a"), "x") "--b0--\r\nbehind"), ERR_OK, "|a=x");
    check(STR(PART(NAMED("a"), "") PART(NAMED("b"), "\r\n-\r\n--b\r\n--") "--b0--"), ERR_OK,
          "|a=|b=\r\n-\r\n--b\r\n--");
    check(STR(PART(NAMED("f") "; filename=\"a b.csv\"\r\nContent-Type: text/csv",
                   "1,2\n") "--b0 \t\r\n" NAMED("g") "\r\n\r\ny\r\n--b0--"),
          ERR_OK, "|f file a b.csv of text/csv=1,2\n|g=y");
    check(STR(PART("X: y\r\ncontent-disposition:form-data;filename=x;name=n", "z") "--b0--"),
          ERR_OK, "|n file x=z");
}

static void what_is_no_form_is_refused(void **state)
{
    (void)state;
    check(STR(""), ERR_MALFORMED, NULL);
    check(STR("--b0"), ERR_MALFORMED, NULL);
    check(STR("--b0\r\n"), ERR_MALFORMED, NULL);
    check(STR("--b0x\r\n\r\n"), ERR_MALFORMED, NULL);
    check(STR("--b0-x"), ERR_MALFORMED, NULL);
    check(STR(PART(NAMED("a"), "x") "--b0"), ERR_MALFORMED, NULL);
    check(STR(PART("Content-Disposition: attachment; name=a", "x") "--b0--"), ERR_MALFORMED, NULL);
    check(STR(PART("Content-Disposition: form-data", "x") "--b0--"), ERR_MALFORMED, NULL);
}

static void limits_hold(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, BUF_MAX_DEFAULT);
    for (int i = 0; i <= MULTIPART_PARTS_MAX; i++) {
        buf_adds(&text, PART(NAMED("a"), ""));
    }
    struct buf out;
    buf_init(&out, BUF_MAX_DEFAULT);
    assert_int_equal(read_in_pieces(buf_str(&text), 1000, &out), ERR_TOO_LARGE);
    buf_clear(&text);
    buf_adds(&text, "--b0\r\n" NAMED("a"));
    for (int i = 0; i <= MULTIPART_HEADERS_MAX; i++) {
        buf_addc(&text, 'x');
    }
    assert_int_equal(read_in_pieces(buf_str(&text), 1000, &out), ERR_TOO_LARGE);
    buf_release(&text);
    buf_release(&out);
}

static void boundary_is_taken_from_the_media_type(void **state)
{
    (void)state;
    const struct {
        struct str type;
        const char *boundary;
    } cases[] = {
        {STR("multipart/form-data; boundary=abc"), "abc"},
        {STR("Multipart/Form-Data;charset=x; Boundary=\"a b;c\""), "a b;c"},
        {STR("multipart/form-data"), NULL},
        {STR("multipart/form-data; boundary="), NULL},
        {STR("multipart/mixed; boundary=abc"), NULL},
        {STR("text/csv; boundary=abc"), NULL},
        {STR("multipart/form-data; boundary=a\tb"), NULL},
        {STR("multipart/form-data; boundary=0123456789012345678901234567890123456789"
             "0123456789012345678901234567890"),
         NULL},
        {STR(""), NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str found = multipart_boundary(cases[i].type);
        assert_true(cases[i].boundary ? str_is(found, cases[i].boundary) : found.p == NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_come_out_whatever_the_pieces),
        cmocka_unit_test(what_is_no_form_is_refused),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(boundary_is_taken_from_the_media_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
