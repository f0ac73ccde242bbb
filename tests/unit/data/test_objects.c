#include "data/objects.h"

#include "fixture.h"

static enum errcode note(void *arg, struct str text, struct error *err)
{
    (void)err;
    buf_addc(arg, '<');
    buf_add_str(arg, text);
    buf_addc(arg, '>');
    return ERR_OK;
}

static enum errcode read_in_pieces(struct str text, bool by_lines, size_t piece, struct buf *out,
                                   struct error *err)
{
    struct object_reader r;
    enum errcode code = ERR_OK;
    object_reader_init(&r, by_lines, 64, note, out);
    for (size_t i = 0; i < text.n && code == ERR_OK; i += piece) {
        size_t n = text.n - i < piece ? text.n - i : piece;
        code = object_push(&r, (struct str){text.p + i, n}, err);
    }
    if (code == ERR_OK) {
        code = object_end(&r, err);
    }
    object_reader_release(&r);
    return code;
}

static void check(struct str text, bool by_lines, enum errcode code, const char *expected)
{
    for (size_t piece = 1; piece <= text.n + 1; piece++) {
        struct buf out;
        struct error err = ERROR_INIT;
        buf_init(&out, BUF_MAX_DEFAULT);
        assert_int_equal(read_in_pieces(text, by_lines, piece, &out, &err), code);
        assert_string_equal(code == ERR_OK ? buf_text(&out) : err.message, expected);
        error_release(&err);
        buf_release(&out);
    }
}

static void items_of_an_array_are_cut_out(void **state)
{
    (void)state;
    check(STR("[]"), false, ERR_OK, "");
    check(STR(" [ \n] \n"), false, ERR_OK, "");
    check(STR("[{\"a\":[1,{}]} , {\"b\":\"]},\\\"{\\\\\"}]"), false, ERR_OK,
          "<{\"a\":[1,{}]}><{\"b\":\"]},\\\"{\\\\\"}>");
    check(STR("[1,\"a,b\",[2],null ]"), false, ERR_OK, "<1><\"a,b\"><[2]><null>");
    check(STR("\xef\xbb\xbf[{}]"), false, ERR_OK, "<{}>");
}

static void arrays_that_are_none_name_the_line(void **state)
{
    (void)state;
    check(STR(""), false, ERR_MALFORMED, "the array does not end (line 1)");
    check(STR("[{}\n"), false, ERR_MALFORMED, "the array does not end (line 2)");
    check(STR("\n{}"), false, ERR_MALFORMED, "an array of objects is wanted (line 2)");
    check(STR("[,{}]"), false, ERR_MALFORMED, "an item is missing (line 1)");
    check(STR("[{},\n]"), false, ERR_MALFORMED, "an item is missing (line 2)");
    check(STR("[{}{}]"), false, ERR_MALFORMED,
          "a comma or the end of the array is missing (line 1)");
    check(STR("[{}] []"), false, ERR_MALFORMED, "text behind the end of the array (line 1)");
    check(STR("\xef\xbb[]"), false, ERR_MALFORMED, "a broken byte order mark (line 1)");
}

static void lines_are_items_and_empty_ones_are_none(void **state)
{
    (void)state;
    check(STR("{\"a\":1}\n\n \r\n{\"b\":2}\r\n"), true, ERR_OK, "<{\"a\":1}><{\"b\":2}\r>");
    check(STR("x"), true, ERR_OK, "<x>");
    check(STR(""), true, ERR_OK, "");
    check(STR("\xef\xbb\xbf{}\n"), true, ERR_OK, "<{}>");
}

static void an_item_has_a_limit(void **state)
{
    (void)state;
    struct buf text;
    for (int by_lines = 0; by_lines < 2; by_lines++) {
        for (int n = 62; n < 66; n++) {
            buf_init(&text, BUF_MAX_DEFAULT);
            buf_adds(&text, by_lines ? "\"" : "[\"");
            for (int i = 2; i < n; i++) {
                buf_addc(&text, 'x');
            }
            buf_adds(&text, by_lines ? "\"\n" : "\"]");
            struct buf out;
            buf_init(&out, BUF_MAX_DEFAULT);
            assert_int_equal(read_in_pieces(buf_str(&text), by_lines, 7, &out, NULL),
                             n > 64 ? ERR_TOO_LARGE : ERR_OK);
            buf_release(&out);
            buf_release(&text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_of_an_array_are_cut_out),
        cmocka_unit_test(arrays_that_are_none_name_the_line),
        cmocka_unit_test(lines_are_items_and_empty_ones_are_none),
        cmocka_unit_test(an_item_has_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
