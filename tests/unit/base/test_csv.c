#include "base/csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/fs.h"
#include "base/json.h"

/* Rows as text: fields in brackets, quoted ones in braces, a row a line. */
static enum errcode note(void *arg, const struct csv_field *fields, size_t n, struct error *err)
{
    (void)err;
    for (size_t i = 0; i < n; i++) {
        buf_addc(arg, fields[i].was_quoted ? '{' : '[');
        buf_add_str(arg, fields[i].text);
        buf_addc(arg, fields[i].was_quoted ? '}' : ']');
    }
    buf_addc(arg, '\n');
    return ERR_OK;
}

static enum errcode read_in_pieces(struct str text, char separator, size_t piece, struct buf *out,
                                   struct error *err)
{
    struct csv_reader r;
    enum errcode code = ERR_OK;
    csv_reader_init(&r, separator, (struct csv_limits){0}, note, out);
    for (size_t i = 0; i < text.n && code == ERR_OK; i += piece) {
        struct str part = {text.p + i, text.n - i < piece ? text.n - i : piece};
        code = csv_push(&r, part, err);
    }
    if (code == ERR_OK) {
        code = csv_end(&r, err);
    }
    csv_reader_release(&r);
    return code;
}

/* Whatever the pieces, the rows are these. */
static void check(struct str text, const char *expected)
{
    for (size_t piece = 1; piece <= text.n + 1; piece++) {
        struct buf out;
        struct error err = ERROR_INIT;
        buf_init(&out, BUF_MAX_DEFAULT);
        assert_int_equal(read_in_pieces(text, ',', piece, &out, &err), ERR_OK);
        assert_string_equal(buf_text(&out), expected);
        buf_release(&out);
    }
}

static void fields_and_rows_come_out_as_the_rfc_says(void **state)
{
    (void)state;
    check(STR(""), "");
    check(STR("a"), "[a]\n");
    check(STR("a,b\nc,d\n"), "[a][b]\n[c][d]\n");
    check(STR("a,b\r\nc,d"), "[a][b]\n[c][d]\n");
    check(STR("a,b\rc,d\r"), "[a][b]\n[c][d]\n");
    check(STR("\n\r\n\r\na\n\n\nb\n"), "[a]\n[b]\n");
    check(STR(",\n,,\n"), "[][]\n[][][]\n");
    check(STR("a,"), "[a][]\n");
    check(STR("\"\"\n"), "{}\n");
    check(STR("\"\",\"\""), "{}{}\n");
    check(STR("\"a,b\",\"c\nd\",\"e\r\nf\"\n"), "{a,b}{c\nd}{e\r\nf}\n");
    check(STR("\"say \"\"hi\"\"\",x\n"), "{say \"hi\"}[x]\n");
    check(STR("5\" disk,a\"b\"\n"), "[5\" disk][a\"b\"]\n");
    check(STR(" a , b \n"), "[ a ][ b ]\n");
    check(STR("\"a\"\r\"b\"\r"), "{a}\n{b}\n");
}

static void byte_order_mark_is_passed_over_only_at_the_start(void **state)
{
    (void)state;
    check(STR("\xef\xbb\xbfid,\xef\xbb\xbfx\n"), "[id][\xef\xbb\xbfx]\n");
    check(STR("\xef\xbb\xbf\"id\"\n"), "{id}\n");
    check(STR("\xef\xbb"), "[\xef\xbb]\n");
    check(STR("\xef\xbb,a"), "[\xef\xbb][a]\n");
    check(STR("\xef\xbb\xbf"), "");
}

static void what_cannot_be_read_names_line_and_column(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t n;
        const char *message;
    } cases[] = {
        {"a,b\nc\0d", 7, "a NUL byte (line 2, column 2)"},
        {"\"a\0\"", 4, "a NUL byte (line 1, column 3)"},
        {"a,\"b\"c\n", 7, "text behind a closing quote (line 1, column 6)"},
        {"a\n\"b\nc", 6, "a quote that does not close (line 3, column 2)"},
        {"a\r\nb\r\n\"x\" y", 11, "text behind a closing quote (line 3, column 4)"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        for (size_t piece = 1; piece <= cases[i].n; piece++) {
            struct buf out;
            struct error err = ERROR_INIT;
            buf_init(&out, BUF_MAX_DEFAULT);
            struct str text = {cases[i].text, cases[i].n};
            assert_int_equal(read_in_pieces(text, ',', piece, &out, &err), ERR_MALFORMED);
            assert_string_equal(err.message, cases[i].message);
            error_release(&err);
            buf_release(&out);
        }
    }
}

static enum errcode push_limited(struct csv_limits limits, struct str text)
{
    struct csv_reader r;
    struct buf out;
    buf_init(&out, BUF_MAX_DEFAULT);
    csv_reader_init(&r, ',', limits, note, &out);
    enum errcode code = csv_push(&r, text, NULL);
    if (code == ERR_OK) {
        code = csv_end(&r, NULL);
    }
    csv_reader_release(&r);
    buf_release(&out);
    return code;
}

static void limits_hold_at_their_edge(void **state)
{
    (void)state;
    struct csv_limits bytes = {.row_bytes = 8};
    assert_int_equal(push_limited(bytes, STR("1234,5678\n1234,5678\n")), ERR_OK);
    assert_int_equal(push_limited(bytes, STR("1234,56789\n")), ERR_TOO_LARGE);
    assert_int_equal(push_limited(bytes, STR("\"123456789\"\n")), ERR_TOO_LARGE);
    struct csv_limits fields = {.fields = 3};
    assert_int_equal(push_limited(fields, STR("a,b,c\na,b,c")), ERR_OK);
    assert_int_equal(push_limited(fields, STR("a,b,c,d")), ERR_TOO_LARGE);
}

static enum errcode stop(void *arg, const struct csv_field *fields, size_t n, struct error *err)
{
    (void)fields;
    (void)n;
    return ++*(int *)arg == 2 ? ERROR(err, ERR_CANCELLED, "enough") : ERR_OK;
}

static void error_of_the_taker_ends_the_reading(void **state)
{
    (void)state;
    struct csv_reader r;
    int n = 0;
    csv_reader_init(&r, ',', (struct csv_limits){0}, stop, &n);
    assert_int_equal(csv_push(&r, STR("a\nb\nc\n"), NULL), ERR_CANCELLED);
    assert_int_equal(n, 2);
    csv_reader_release(&r);
}

static void what_is_written_reads_back_equal(void **state)
{
    (void)state;
    static const char *const texts[] = {"",         "plain",         "a,b",    "say \"hi\"",
                                        "\"",       "a\nb",          "a\r\nb", "\r",
                                        " padded ", "\xef\xbb\xbfx", "tab\t",  "caf\xc3\xa9"};
    for (const char *separator = ",\t;|"; *separator; separator++) {
        for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
            struct buf line, out;
            buf_init(&line, BUF_MAX_DEFAULT);
            buf_init(&out, BUF_MAX_DEFAULT);
            csv_add_field(&line, *separator, str_of(texts[i]));
            buf_addc(&line, *separator);
            buf_addc(&line, '\n');
            assert_int_equal(read_in_pieces(buf_str(&line), *separator, 3, &out, NULL), ERR_OK);
            assert_int_equal(out.n, strlen(texts[i]) + 5);
            assert_memory_equal(out.p + 1, texts[i], strlen(texts[i]));
            buf_release(&line);
            buf_release(&out);
        }
    }
}

/* csv-spectrum: a table in CSV, and the same as an array of objects of texts. (The JSON of
 * location_coordinates tells another phone number than its CSV: it is left out.) */
struct spectrum {
    struct arena *arena;
    json_t *expected;
    const char **names;
    size_t n_names, n_rows;
    bool differs;
};

static enum errcode compare(void *arg, const struct csv_field *fields, size_t n, struct error *err)
{
    struct spectrum *s = arg;
    (void)err;
    if (!s->names) {
        s->names = ARENA_ARRAY(s->arena, n, const char *);
        s->n_names = n;
        for (size_t i = 0; i < n; i++) {
            s->names[i] = arena_str(s->arena, fields[i].text);
        }
        return ERR_OK;
    }
    json_t *row = json_array_get(s->expected, s->n_rows++);
    s->differs = s->differs || n != s->n_names || json_object_size(row) != n;
    for (size_t i = 0; i < n && !s->differs; i++) {
        const char *text = json_string_value(json_object_get(row, s->names[i]));
        s->differs = !text || !str_is(fields[i].text, text);
    }
    return ERR_OK;
}

static void csv_spectrum_reads_as_its_json(void **state)
{
    (void)state;
    static const char *const names[] = {"comma_in_quotes",
                                        "empty",
                                        "empty_crlf",
                                        "escaped_quotes",
                                        "json",
                                        "newlines",
                                        "newlines_crlf",
                                        "quotes_and_newlines",
                                        "simple",
                                        "simple_crlf",
                                        "utf8"};
    const char *folder = getenv("TELAIO_TEST_DATA");
    struct arena *a = arena_new();
    struct str csv, json;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *path =
            arena_printf(a, "%s/csv-spectrum/csvs/%s.csv", folder ? folder : "", names[i]);
        if (fs_read_file(a, path, 1 << 20, &csv, NULL) != ERR_OK) {
            arena_free(a);
            skip(); /* the public test data is not beside this clone */
        }
        path = arena_printf(a, "%s/csv-spectrum/json/%s.json", folder, names[i]);
        assert_int_equal(fs_read_file(a, path, 1 << 20, &json, NULL), ERR_OK);
        struct spectrum s = {.arena = a};
        struct csv_reader r;
        assert_int_equal(doc_parse(a, json, 8, &s.expected, NULL), ERR_OK);
        csv_reader_init(&r, ',', (struct csv_limits){0}, compare, &s);
        assert_int_equal(csv_push(&r, csv, NULL), ERR_OK);
        assert_int_equal(csv_end(&r, NULL), ERR_OK);
        csv_reader_release(&r);
        assert_false(s.differs);
        assert_int_equal(s.n_rows, json_array_size(s.expected));
    }
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_and_rows_come_out_as_the_rfc_says),
        cmocka_unit_test(byte_order_mark_is_passed_over_only_at_the_start),
        cmocka_unit_test(what_cannot_be_read_names_line_and_column),
        cmocka_unit_test(limits_hold_at_their_edge),
        cmocka_unit_test(error_of_the_taker_ends_the_reading),
        cmocka_unit_test(what_is_written_reads_back_equal),
        cmocka_unit_test(csv_spectrum_reads_as_its_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
