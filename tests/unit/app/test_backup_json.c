#include "app/backup_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HASH "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static void a_manifest_reads_back_as_it_was(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    struct backup_file files[] = {
        {"store.db", "store", HASH, 4096},
        {"tenants/main.db", "tenants/main", HASH, 0},
        {"secret.key", NULL, HASH, 32},
    };
    struct backup_manifest m = {.format = 1,
                                .version = "0.1.0",
                                .migration = "2025_12_26_000020_x",
                                .created_at = 1700000000123456,
                                .files = files,
                                .n_files = ARRAY_LEN(files)};
    struct backup_manifest back;
    struct buf text;
    struct json_writer w;
    buf_init(&text, BUF_MAX_DEFAULT);
    jsonw_init(&w, &text);
    backup_manifest_write(&w, &m);
    assert_int_equal(backup_manifest_parse(a, buf_str(&text), &back, NULL), ERR_OK);
    assert_int_equal(back.format, 1);
    assert_true(back.created_at == m.created_at);
    assert_string_equal(back.version, m.version);
    assert_string_equal(back.migration, m.migration);
    assert_int_equal(back.n_files, 3);
    for (size_t i = 0; i < back.n_files; i++) {
        assert_string_equal(back.files[i].path, files[i].path);
        assert_string_equal(back.files[i].sha256, files[i].sha256);
        assert_int_equal(back.files[i].n_bytes, files[i].n_bytes);
        assert_true(text_eq(back.files[i].namespace, files[i].namespace));
    }
    buf_release(&text);
}

#define HEAD            "{\"format\":1,\"version\":\"0.1.0\",\"createdAt\":\"2026-01-31T12:00:00Z\","
#define FILE_AT(p)      "{\"path\":\"" p "\",\"bytes\":1,\"sha256\":\"" HASH "\"}"
#define WITH_FILES(...) HEAD "\"files\":[" __VA_ARGS__ "]}"

static void nothing_leaves_the_folder_and_nothing_is_guessed(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "[]",
        "{}",
        "{\"format\":0,\"version\":\"1\",\"createdAt\":\"2026-01-31T12:00:00Z\",\"files\":[]}",
        "{\"format\":1,\"version\":\"1\",\"createdAt\":\"yesterday\",\"files\":[]}",
        HEAD "\"files\":{}}",
        HEAD "\"files\":[],\"more\":1}",
        WITH_FILES("1"),
        WITH_FILES("{}"),
        WITH_FILES(FILE_AT("../store.db")),
        WITH_FILES(FILE_AT("/etc/passwd")),
        WITH_FILES(FILE_AT("a/../../b")),
        WITH_FILES(FILE_AT("a//b")),
        WITH_FILES(FILE_AT(".hidden")),
        WITH_FILES(FILE_AT("a/")),
        WITH_FILES(FILE_AT("")),
        WITH_FILES(FILE_AT("manifest.json")),
        WITH_FILES(FILE_AT("a") "," FILE_AT("a")),
        WITH_FILES("{\"path\":\"a\",\"bytes\":-1,\"sha256\":\"" HASH "\"}"),
        WITH_FILES("{\"path\":\"a\",\"sha256\":\"" HASH "\"}"),
        WITH_FILES("{\"path\":\"a\",\"bytes\":1,\"sha256\":\"abc\"}"),
        WITH_FILES("{\"path\":\"a\",\"bytes\":1,\"sha256\":\"" HASH "\",\"mode\":7}"),
    };
    AUTO(arena_freep) struct arena *a = arena_new();
    struct backup_manifest m;
    assert_int_equal(backup_manifest_parse(a, str_of(WITH_FILES(FILE_AT("a/b"))), &m, NULL),
                     ERR_OK);
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct error err = ERROR_INIT;
        enum errcode code = backup_manifest_parse(a, str_of(wrong[i]), &m, &err);
        if (code != ERR_CORRUPT || !err.message) {
            print_error("case %zu: %s\n", i, wrong[i]);
        }
        error_release(&err);
        assert_int_equal(code, ERR_CORRUPT);
    }
}

static void a_newer_format_is_told_apart_from_damage(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    struct backup_manifest m;
    assert_int_equal(backup_manifest_parse(a, STR("{\"format\":2,\"what\":[]}"), &m, NULL),
                     ERR_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_manifest_reads_back_as_it_was),
        cmocka_unit_test(nothing_leaves_the_folder_and_nothing_is_guessed),
        cmocka_unit_test(a_newer_format_is_told_apart_from_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
