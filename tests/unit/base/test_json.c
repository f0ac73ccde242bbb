#include "base/json.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/fs.h"
#include "base/utf8.h"

static enum errcode parse(struct arena *a, struct str text, json_t **doc)
{
    return doc_parse(a, text, JSON_DEPTH_MAX, doc, NULL);
}

static json_t *doc_of(struct arena *a, const char *text)
{
    json_t *doc = NULL;
    assert_int_equal(parse(a, str_of(text), &doc), ERR_OK);
    return doc;
}

/* ---- the public suite -------------------------------------------------------------------- */

/* What is parsed must come back as the same document from its own text. */
static void check_round_trip(struct arena *a, const json_t *doc, const char *name)
{
    json_t *again;
    for (int sorted = 0; sorted < 2; sorted++) {
        const char *text = doc_dump(a, doc, sorted);
        if (parse(a, str_of(text), &again) != ERR_OK || !json_equal(doc, again)) {
            fail_msg("%s does not come back from %s", name, text);
        }
        assert_true(utf8_valid(str_of(text)));
        assert_string_equal(doc_dump(a, again, sorted), text);
    }
}

/* Valid JSON, refused here on purpose: a key twice, and a NUL in a name. */
static bool is_refused_on_purpose(const char *name)
{
    static const char *const names[] = {"y_object_duplicated_key.json",
                                        "y_object_escaped_null_in_key.json",
                                        "y_object_duplicated_key_and_value.json"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (text_eq(name, names[i])) {
            return true;
        }
    }
    return false;
}

static void check_file(const char *folder, const char *name)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    struct str text;
    json_t *doc;
    const char *path = arena_printf(a, "%s/%s", folder, name);
    assert_int_equal(fs_read_file(a, path, (size_t)1 << 20, &text, NULL), ERR_OK);
    enum errcode code = parse(a, text, &doc);
    bool must_pass = name[0] == 'y' && !is_refused_on_purpose(name);
    bool must_fail = name[0] == 'n' || is_refused_on_purpose(name);
    if ((must_pass && code != ERR_OK) || (must_fail && code == ERR_OK)) {
        fail_msg("%s: %s", name, errcode_row(code)->wire);
    }
    assert_true(code == ERR_OK || code == ERR_MALFORMED || code == ERR_TOO_DEEP);
    if (code == ERR_OK) {
        check_round_trip(a, doc, name);
    }
}

static void the_public_suite_is_read_as_it_says(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    const char *data = getenv("TELAIO_TEST_DATA");
    const char *folder = arena_printf(a, "%s/json-test-suite", data ? data : "");
    DIR *files = opendir(folder);
    if (!files) {
        a = arena_free(a);
        skip(); /* the data is not beside this clone */
    }
    size_t n = 0;
    for (struct dirent *e = readdir(files); e; e = readdir(files)) {
        if (strstr(e->d_name, ".json")) {
            check_file(folder, e->d_name);
            n++;
        }
    }
    closedir(files);
    assert_true(n > 300);
}

static void naughty_strings_are_quoted_and_come_back(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    const char *data = getenv("TELAIO_TEST_DATA");
    struct str text;
    json_t *list;
    const char *path = arena_printf(a, "%s/strings/blns.json", data ? data : "");
    if (fs_read_file(a, path, (size_t)1 << 20, &text, NULL) != ERR_OK) {
        a = arena_free(a);
        skip(); /* the data is not beside this clone */
    }
    assert_int_equal(parse(a, text, &list), ERR_OK);
    assert_true(json_array_size(list) > 400);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        struct str s = {json_string_value(one), json_string_length(one)};
        struct buf b;
        json_t *back;
        buf_init(&b, BUF_MAX_DEFAULT);
        json_quote(&b, s);
        assert_int_equal(parse(a, buf_str(&b), &back), ERR_OK);
        assert_true(str_eq(s, (struct str){json_string_value(back), json_string_length(back)}));
        buf_release(&b);
    }
}

/* ---- reading ----------------------------------------------------------------------------- */

static void nesting_is_refused_before_it_is_parsed(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    json_t *doc;
    for (int depth = 60; depth < 70; depth++) {
        char text[200];
        memset(text, '[', (size_t)depth);
        memset(text + depth, ']', (size_t)depth);
        struct str s = {text, 2 * (size_t)depth};
        assert_int_equal(parse(a, s, &doc), depth <= JSON_DEPTH_MAX ? ERR_OK : ERR_TOO_DEEP);
    }
    size_t n = 5000000;
    char *deep = arena_alloc(a, n);
    memset(deep, '[', n);
    assert_int_equal(parse(a, (struct str){deep, n}, &doc), ERR_TOO_DEEP);
}

static void brackets_in_strings_are_no_nesting(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    json_t *doc;
    struct str brackets = STR("[\"[[[[[[[[[[\\\"[[[[[[[\\\\\"]");
    assert_int_equal(doc_parse(a, brackets, 1, &doc, NULL), ERR_OK);
    assert_int_equal(doc_parse(a, STR("\"[[\\"), 1, &doc, NULL), ERR_MALFORMED);
    assert_int_equal(doc_parse(a, STR("[]][["), 1, &doc, NULL), ERR_MALFORMED);
}

static void what_is_not_json_is_told_with_line_and_column(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    json_t *doc;
    struct error err = ERROR_INIT;
    assert_int_equal(doc_parse(a, STR("{\n  \"a\": x}"), 8, &doc, &err), ERR_MALFORMED);
    assert_non_null(strstr(err.message, "line 2"));
    error_release(&err);
    static const char *const bad[] = {
        "",       " ",       "{",         "{\"a\":1,}", "[1,]",           "01",
        "1 2",    "'a'",     "nan",       "{\"a\":1}x", "\x00",           "\"a",
        "{a:1}",  "[1 2]",   "\"\\x41\"", "+1",         "\xef\xbb\xbf{}", "// c\n1",
        "\"\n\"", "\"\xff\""};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_int_equal(parse(a, str_of(bad[i]), &doc), ERR_MALFORMED);
    }
    assert_int_equal(parse(a, (struct str){NULL, 0}, &doc), ERR_MALFORMED);
}

static void a_key_twice_is_refused(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    json_t *doc;
    assert_int_equal(parse(a, STR("{\"a\":1,\"a\":1}"), &doc), ERR_MALFORMED);
    assert_int_equal(parse(a, STR("{\"a\":1,\"\\u0061\":1}"), &doc), ERR_MALFORMED);
}

static void numbers_out_of_range_are_refused_and_never_bent(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    json_t *doc;
    assert_true(json_integer_value(doc_of(a, "9223372036854775807")) == INT64_MAX);
    assert_true(json_integer_value(doc_of(a, "-9223372036854775808")) == INT64_MIN);
    assert_int_equal(parse(a, STR("9223372036854775808"), &doc), ERR_MALFORMED);
    assert_int_equal(parse(a, STR("-9223372036854775809"), &doc), ERR_MALFORMED);
    assert_int_equal(parse(a, STR("1e400"), &doc), ERR_MALFORMED);
}

static void members_are_read_by_type_and_faults_point_at_them(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    const json_t *doc = doc_of(a, "{\"t\":\"x\",\"b\":false,\"i\":7,\"o\":{},\"l\":[],\"n\":null,"
                                  "\"r\":1.5,\"a/b~c\":1}");
    const char *text = "untouched";
    bool flag = true;
    int64_t number = 1;
    const json_t *part = NULL;
    struct error err = ERROR_INIT;
    assert_int_equal(doc_text(doc, "t", &text, NULL), ERR_OK);
    assert_string_equal(text, "x");
    assert_int_equal(doc_opt_bool(doc, "b", &flag, NULL), ERR_OK);
    assert_false(flag);
    assert_int_equal(doc_opt_int(doc, "i", &number, NULL), ERR_OK);
    assert_int_equal(number, 7);
    assert_int_equal(doc_object(doc, "o", &part, NULL), ERR_OK);
    assert_int_equal(doc_array(doc, "l", &part, NULL), ERR_OK);
    assert_int_equal(doc_opt_text(doc, "n", &text, NULL), ERR_OK);
    assert_int_equal(doc_opt_text(doc, "missing", &text, NULL), ERR_OK);
    assert_string_equal(text, "x");
    assert_int_equal(doc_text(doc, "n", &text, &err), ERR_INVALID);
    assert_string_equal(err.where, "/n");
    assert_int_equal(doc_object(doc, "missing", &part, &err), ERR_INVALID);
    assert_string_equal(err.where, "/missing");
    assert_int_equal(doc_opt_int(doc, "r", &number, &err), ERR_INVALID);
    assert_string_equal(err.where, "/r");
    assert_int_equal(doc_opt_text(doc, "a/b~c", &text, &err), ERR_INVALID);
    assert_string_equal(err.where, "/a~1b~0c");
    assert_int_equal(doc_opt_bool(doc, "i", &flag, &err), ERR_INVALID);
    assert_int_equal(doc_opt_array(doc, "o", &part, &err), ERR_INVALID);
    assert_int_equal(doc_opt_object(doc, "l", &part, &err), ERR_INVALID);
    assert_int_equal(doc_opt_int(doc_of(a, "[]"), "i", &number, &err), ERR_INVALID);
    error_release(&err);
    assert_int_equal(number, 7);
}

static void a_text_with_nul_is_refused_where_texts_are_read(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    const json_t *doc = doc_of(a, "{\"name\":\"a\\u0000b\"}");
    const char *text;
    struct error err = ERROR_INIT;
    assert_int_equal(doc_text(doc, "name", &text, &err), ERR_INVALID);
    assert_string_equal(err.where, "/name");
    error_release(&err);
    assert_string_equal(doc_dump(a, doc, false), "{\"name\":\"a\\u0000b\"}");
}

static void fields_that_are_not_known_are_named(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    static const char *const keys[] = {"a", "b", NULL};
    struct error err = ERROR_INIT;
    assert_int_equal(doc_only(doc_of(a, "{\"b\":1}"), keys, NULL), ERR_OK);
    assert_int_equal(doc_only(doc_of(a, "{}"), keys, NULL), ERR_OK);
    assert_int_equal(doc_only(doc_of(a, "{\"a\":1,\"c/d\":2}"), keys, &err), ERR_UNKNOWN_FIELD);
    assert_string_equal(err.where, "/c~1d");
    error_release(&err);
}

/* ---- writing ----------------------------------------------------------------------------- */

static void commas_are_the_writers_affair(void **state)
{
    (void)state;
    struct buf b;
    struct json_writer w;
    buf_init(&b, BUF_MAX_DEFAULT);
    jsonw_init(&w, &b);
    jsonw_begin_object(&w);
    jsonw_kv_int(&w, "i", -7);
    jsonw_kv_text(&w, "t", NULL);
    jsonw_kv_str(&w, "s", STR("a\"b"));
    jsonw_kv_bool(&w, "b", true);
    jsonw_kv_raw(&w, "r", STR("[1]"));
    jsonw_key(&w, "l");
    jsonw_begin_array(&w);
    jsonw_begin_array(&w);
    jsonw_end_array(&w);
    jsonw_begin_object(&w);
    jsonw_end_object(&w);
    jsonw_null(&w);
    jsonw_double(&w, 0.1);
    jsonw_end_array(&w);
    jsonw_kv_bool(&w, "z", false);
    jsonw_kv_instant(&w, "at", INT64_C(1769860800500000));
    jsonw_kv_instant(&w, "never", 0);
    jsonw_end_object(&w);
    assert_string_equal(buf_text(&b), "{\"i\":-7,\"t\":null,\"s\":\"a\\\"b\",\"b\":true,\"r\":[1],"
                                      "\"l\":[[],{},null,0.1],\"z\":false,"
                                      "\"at\":\"2026-01-31T12:00:00.500000Z\",\"never\":null}");
    buf_release(&b);
}

static void read_back(const char *text, size_t n, size_t at, bool has_room)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    struct buf b;
    json_t *doc;
    buf_init(&b, 400);
    if (has_room) {
        assert_non_null(buf_reserve(&b, 300));
    }
    json_quote(&b, (struct str){text, n});
    assert_int_equal(parse(a, buf_str(&b), &doc), ERR_OK);
    struct str back = {json_string_value(doc), json_string_length(doc)};
    if ((unsigned char)text[at] < 0x80) {
        assert_true(str_eq(back, (struct str){text, n}));
    } else {
        assert_int_equal(back.n, n + 2);
        assert_memory_equal(back.p, text, at);
        assert_memory_equal(back.p + at, "\xef\xbf\xbd", 3);
        assert_memory_equal(back.p + at + 3, text + at + 1, n - at - 1);
    }
    buf_release(&b);
}

/* Wherever it stands, whatever stands around it, however long the text is. */
static void every_byte_is_quoted_into_valid_json(void **state)
{
    (void)state;
    static const char around[] = {' ', '!', '\x7f', '#', '[', ']'};
    static const size_t lengths[] = {1, 2, 3, 7, 8, 9, 15, 16, 17, 20, 31, 32, 33, 36};
    unsigned turn = 0;
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        for (unsigned k = 0; k < 256 * lengths[i]; k++) {
            char text[40];
            size_t at = k / 256;
            memset(text, around[turn++ % sizeof around], sizeof text);
            text[at] = (char)(k % 256);
            read_back(text, lengths[i], at, turn % 2);
        }
    }
}

static void what_is_quoted_in_place_is_what_is_appended(void **state)
{
    (void)state;
    char text[70], at[72];
    for (size_t n = 0; n <= sizeof text; n++) {
        struct buf b;
        for (size_t i = 0; i < n; i++) {
            text[i] = (char)('#' + i);
        }
        text[n ? n - 1 : 0] = n % 2 ? '~' : ' ';
        text[n > 57 ? 57 : 0] = 'x'; /* the backslash */
        buf_init(&b, 200);
        json_quote(&b, (struct str){text, n});
        char *end = json_quote_plain(at, (struct str){text, n});
        assert_non_null(end);
        assert_true(str_eq(buf_str(&b), (struct str){at, (size_t)(end - at)}));
        buf_release(&b);
    }
}

static void doubles_are_written_short_and_read_back_equal(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    uint64_t seed = 7;
    for (int i = 0; i < 50000; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        double v;
        memcpy(&v, &seed, sizeof v);
        struct buf b;
        struct json_writer w;
        buf_init(&b, 100);
        jsonw_init(&w, &b);
        jsonw_double(&w, v);
        double back = 0;
        if (v - v != 0) {
            assert_string_equal(buf_text(&b), "null");
        } else {
            assert_true(str_double(buf_str(&b), &back));
            assert_memory_equal(&back, &v, sizeof v);
        }
        buf_release(&b);
    }
    assert_string_equal(doc_dump(a, doc_of(a, "[0.1,1.0,1e5,-0.0,1e300,2.5e-7,3]"), false),
                        "[0.1,1.0,100000.0,-0.0,1e+300,2.5e-07,3]");
}

static void sorted_text_is_the_same_whatever_the_order_of_keys(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    const char *one = "{\"b\":{\"y\":1,\"x\":[{\"q\":1,\"p\":2}]},\"a\":1,\"B\":2,\"\":3}";
    const char *two = "{\"\":3,\"B\":2,\"a\":1,\"b\":{\"x\":[{\"p\":2,\"q\":1}],\"y\":1}}";
    assert_string_equal(doc_dump(a, doc_of(a, one), true), doc_dump(a, doc_of(a, two), true));
    assert_string_equal(doc_dump(a, doc_of(a, one), true), two);
    assert_string_equal(doc_dump(a, doc_of(a, one), false), one);
}

static void a_buffer_that_is_full_fails_the_writer_too(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    struct buf b;
    struct json_writer w;
    buf_init(&b, 12);
    jsonw_init(&w, &b);
    jsonw_begin_array(&w);
    jsonw_doc(&w, doc_of(a, "{\"a\":[1,2,3,4,5,6,7,8,9]}"));
    jsonw_end_array(&w);
    assert_true(buf_failed(&b));
    assert_string_equal(buf_text(&b), "");
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_public_suite_is_read_as_it_says),
        cmocka_unit_test(naughty_strings_are_quoted_and_come_back),
        cmocka_unit_test(nesting_is_refused_before_it_is_parsed),
        cmocka_unit_test(brackets_in_strings_are_no_nesting),
        cmocka_unit_test(what_is_not_json_is_told_with_line_and_column),
        cmocka_unit_test(a_key_twice_is_refused),
        cmocka_unit_test(numbers_out_of_range_are_refused_and_never_bent),
        cmocka_unit_test(members_are_read_by_type_and_faults_point_at_them),
        cmocka_unit_test(a_text_with_nul_is_refused_where_texts_are_read),
        cmocka_unit_test(fields_that_are_not_known_are_named),
        cmocka_unit_test(commas_are_the_writers_affair),
        cmocka_unit_test(every_byte_is_quoted_into_valid_json),
        cmocka_unit_test(what_is_quoted_in_place_is_what_is_appended),
        cmocka_unit_test(doubles_are_written_short_and_read_back_equal),
        cmocka_unit_test(sorted_text_is_the_same_whatever_the_order_of_keys),
        cmocka_unit_test(a_buffer_that_is_full_fails_the_writer_too),
    };
    return cmocka_run_group_tests_name("base/json", tests, NULL, NULL);
}
