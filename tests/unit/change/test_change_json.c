#include "change/change_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/attr.h"

static enum errcode decode(struct arena *a, const char *json, bool stored, struct change_list *out,
                           struct error *err)
{
    json_t *doc = NULL;
    assert_int_equal(doc_parse(a, str_of(json), JSON_DEPTH_MAX, &doc, NULL), ERR_OK);
    return stored ? change_list_decode_stored(a, doc, out, err)
                  : change_list_decode(a, doc, out, err);
}

static const char *encode(struct arena *a, const struct change_list *list)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, BUF_MAX_DEFAULT);
    jsonw_init(&w, &b);
    change_list_encode(&w, list);
    const char *text = arena_str(a, buf_str(&b));
    buf_release(&b);
    return text;
}

/* Every operation with everything it can carry, as the journal writes it. */
static const char everything[] =
    "[{\"op\":\"CREATE_TABLE\",\"id\":\"o1\",\"table\":{\"tableName\":\"t\",\"columns\":["
    "{\"name\":\"id\",\"type\":\"number\",\"kind\":\"integer\",\"nullable\":false,\"unique\":false,"
    "\"defaultValue\":null,\"primaryKey\":true}],\"primaryKey\":[\"id\"]}},"
    "{\"op\":\"DROP_TABLE\",\"table\":\"t\",\"trash\":\"__telaio_trash_x_1\"},"
    "{\"op\":\"DROP_TABLE\",\"table\":\"t\",\"noTrash\":true},"
    "{\"op\":\"RENAME_TABLE\",\"table\":\"t\",\"newName\":\"u\"},"
    "{\"op\":\"RESTORE_TABLE\",\"table\":{\"tableName\":\"t\",\"native\":\"CREATE TABLE t(a)\","
    "\"columns\":[{\"name\":\"a\",\"type\":\"text\",\"nullable\":true,\"unique\":false,"
    "\"defaultValue\":null}],\"triggers\":[{\"name\":\"tr\",\"native\":\"CREATE TRIGGER tr\"}]},"
    "\"trash\":\"__telaio_trash_x_1\",\"referrers\":[{\"table\":\"r\",\"foreignKey\":{\"columns\":"
    "[\"t_id\"],\"referencedTable\":\"t\",\"referencedColumns\":[\"id\"],\"onDelete\":\"CASCADE\"}}]},"
    "{\"op\":\"CREATE_COLUMN\",\"table\":\"t\",\"column\":{\"name\":\"c\",\"type\":\"text\","
    "\"nullable\":true,\"unique\":true,\"defaultValue\":\"x\"},\"after\":\"\",\"checks\":[{\"name\":"
    "\"ck\",\"expr\":{\"op\":\"=\",\"args\":[{\"column\":\"c\"},\"x\"]},\"column\":\"c\"}],"
    "\"foreignKeys\":[{\"name\":\"fk\",\"columns\":[\"c\"],\"referencedTable\":\"u\","
    "\"referencedColumns\":[\"k\"]}],\"indexes\":[{\"name\":\"uq_t_c\",\"columns\":[\"c\"],"
    "\"unique\":true,\"native\":\"CREATE UNIQUE INDEX uq_t_c\"}],\"triggers\":[{\"name\":\"tr\","
    "\"native\":\"CREATE TRIGGER tr\"}],\"restore\":{\"object\":\"__telaio_trash_x_2\",\"keys\":"
    "[\"k1\"],\"onto\":[\"id\"]}},"
    "{\"op\":\"DROP_COLUMN\",\"table\":\"t\",\"column\":\"c\",\"trash\":\"__telaio_trash_x_2\"},"
    "{\"op\":\"RENAME_COLUMN\",\"table\":\"t\",\"column\":\"c\",\"newName\":\"d\"},"
    "{\"op\":\"CREATE_INDEX\",\"table\":\"t\",\"index\":{\"columns\":[\"c\"],\"unique\":false}},"
    "{\"op\":\"DROP_INDEX\",\"table\":\"t\",\"index\":\"i\"},"
    "{\"op\":\"MODIFY_COLUMN\",\"table\":\"t\",\"column\":\"c\",\"set\":{\"validation\":"
    "{\"minLength\":1,\"maxLength\":20,\"pattern\":\"^x\",\"enum\":[\"x\",\"xy\"]}}},"
    "{\"op\":\"MODIFY_COLUMN\",\"table\":\"t\",\"column\":\"c\",\"set\":{\"validation\":null},"
    "\"was\":{\"validation\":{\"max\":3}}}]";

static void the_journal_reads_what_it_wrote(void **state)
{
    (void)state;
    struct arena *a AUTO(arena_freep) = arena_new();
    struct change_list list = {0};
    struct error err = ERROR_INIT;
    if (decode(a, everything, true, &list, &err) != ERR_OK) {
        fail_msg("%s at %s", err.message, err.where);
    }
    assert_int_equal(list.n, 12);
    assert_string_equal(encode(a, &list), everything);
}

/* what runs is decoded by type and not altered behind validation */
static void requests_cannot_say_what_only_the_journal_may(void **state)
{
    (void)state;
    static const struct {
        const char *json, *where;
        enum errcode code;
    } rows[] = {
        {"[{\"op\":\"DROP_TABLE\",\"table\":\"t\",\"trash\":\"x\"}]", "/operations/0/trash",
         ERR_UNKNOWN_FIELD},
        {"[{\"op\":\"DROP_COLUMN\",\"table\":\"t\",\"column\":\"c\",\"trash\":\"x\"}]",
         "/operations/0/trash", ERR_UNKNOWN_FIELD},
        {"[{\"op\":\"DROP_TABLE\",\"table\":\"__telaio_trash_x_1\",\"noTrash\":true}]",
         "/operations/0/table", ERR_NOT_FOUND},
        {"[{\"op\":\"RESTORE_TABLE\",\"table\":{}}]", "/operations/0/op", ERR_INVALID},
        {"[{\"op\":\"CREATE_COLUMN\",\"table\":\"t\",\"column\":{\"name\":\"a\",\"type\":\"text\"},"
         "\"triggers\":[]}]",
         "/operations/0/triggers", ERR_UNKNOWN_FIELD},
        {"[{\"op\":\"CREATE_COLUMN\",\"table\":\"t\",\"column\":{\"name\":\"a\",\"type\":\"text\"},"
         "\"restore\":{}}]",
         "/operations/0/restore", ERR_UNKNOWN_FIELD},
        {"[{\"op\":\"CREATE_INDEX\",\"table\":\"t\",\"index\":{\"columns\":[\"a\"],\"native\":\"x\"}}]",
         "/operations/0/index/native", ERR_UNKNOWN_FIELD},
        {"[{\"op\":\"CREATE_INDEX\",\"table\":\"t\",\"index\":{\"columns\":[\"a\"],"
         "\"constraint\":true}}]",
         "/operations/0/index/constraint", ERR_UNKNOWN_FIELD},
        {"[{\"type\":\"DROP_COLUMN\",\"collection\":\"t\",\"details\":{\"columnName\":\"c\","
         "\"cascade\":true}}]",
         "/operations/0/details/cascade", ERR_UNKNOWN_FIELD},
        {"[{\"type\":\"DROP_TABLE\",\"collection\":\"t\",\"dryRun\":true}]", "/operations/0/dryRun",
         ERR_UNKNOWN_FIELD},
        {"[{\"op\":\"MODIFY_COLUMN\",\"table\":\"t\",\"column\":\"c\",\"set\":{\"type\":\"text\"}}]",
         "/operations/0/set/type", ERR_UNSUPPORTED},
        {"[{\"op\":\"MODIFY_COLUMN\",\"table\":\"t\",\"column\":\"c\",\"set\":{}}]",
         "/operations/0/set", ERR_INVALID},
        {"[{\"op\":\"MODIFY_COLUMN\",\"table\":\"t\",\"column\":\"c\",\"set\":{\"validation\":"
         "{\"pattern\":\"[\"}}}]",
         "/operations/0/set/validation/pattern", ERR_INVALID},
    };
    struct arena *a AUTO(arena_freep) = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error err = ERROR_INIT;
        struct change_list list = {0};
        assert_int_equal(decode(a, rows[i].json, false, &list, &err), rows[i].code);
        if (!text_eq(err.where, rows[i].where)) {
            fail_msg("%s: where is %s", rows[i].json, err.where);
        }
        error_release(&err);
        assert_int_equal(decode(a, rows[i].json, false, &list, NULL), rows[i].code);
    }
}

static void both_forms_mean_the_same(void **state)
{
    (void)state;
    static const struct {
        const char *manager, *own;
    } rows[] = {
        {"[{\"type\":\"CREATE_TABLE\",\"collection\":\"t\",\"details\":{\"columns\":"
         "[{\"name\":\"a\",\"type\":\"STRING\"}]}}]",
         "[{\"op\":\"CREATE_TABLE\",\"table\":{\"tableName\":\"t\",\"columns\":"
         "[{\"name\":\"a\",\"type\":\"text\"}]}}]"},
        {"[{\"type\":\"CREATE_COLUMN\",\"collection\":\"t\",\"details\":{\"column\":"
         "{\"name\":\"a\",\"type\":\"TEXT\"}}}]",
         "[{\"op\":\"CREATE_COLUMN\",\"table\":\"t\",\"column\":{\"name\":\"a\",\"type\":\"text\"}}]"},
        {"[{\"type\":\"RENAME_TABLE\",\"collection\":\"t\",\"details\":{\"newTableName\":\"u\"}}]",
         "[{\"op\":\"RENAME_TABLE\",\"table\":\"t\",\"newName\":\"u\"}]"},
        {"[{\"type\":\"RENAME_COLUMN\",\"collection\":\"t\",\"details\":{\"oldColumnName\":\"a\","
         "\"newColumnName\":\"b\"}}]",
         "[{\"op\":\"RENAME_COLUMN\",\"table\":\"t\",\"column\":\"a\",\"newName\":\"b\"}]"},
        {"[{\"type\":\"CREATE_INDEX\",\"collection\":\"t\",\"details\":{\"columns\":[\"a\"]}}]",
         "[{\"op\":\"CREATE_INDEX\",\"table\":\"t\",\"index\":{\"columns\":[\"a\"]}}]"},
        {"[{\"type\":\"DROP_INDEX\",\"collection\":\"t\",\"details\":{\"name\":\"i\"}}]",
         "[{\"op\":\"DROP_INDEX\",\"table\":\"t\",\"index\":\"i\"}]"},
        {"[{\"type\":\"DROP_TABLE\",\"datasource\":\"d\",\"collection\":\"t\"}]",
         "[{\"op\":\"DROP_TABLE\",\"table\":\"t\"}]"},
        {"[{\"type\":\"MODIFY_COLUMN\",\"collection\":\"t\",\"details\":{\"columnName\":\"c\","
         "\"set\":{\"validation\":{\"max\":3}}}}]",
         "[{\"op\":\"MODIFY_COLUMN\",\"table\":\"t\",\"column\":\"c\",\"set\":{\"validation\":"
         "{\"max\":3}}}]"},
    };
    struct arena *a AUTO(arena_freep) = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct change_list one = {0};
        struct change_list other = {0};
        assert_int_equal(decode(a, rows[i].manager, false, &one, NULL), ERR_OK);
        assert_int_equal(decode(a, rows[i].own, false, &other, NULL), ERR_OK);
        assert_string_equal(encode(a, &one), encode(a, &other));
    }
}

/* no operation without its way in */
static void every_kind_has_its_row(void **state)
{
    (void)state;
    for (int kind = CHANGE_NONE + 1; kind < CHANGE_N; kind++) {
        const struct change_ops *ops = change_ops(kind);
        assert_int_equal(ops->kind, kind);
        assert_non_null(ops->wire);
        assert_non_null(ops->validate);
        assert_non_null(ops->apply);
        assert_non_null(ops->inverse);
        assert_non_null(ops->undo);
        assert_non_null(ops->summary);
    }
}

static void prepare_names_a_place_once(void **state)
{
    (void)state;
    struct arena *a AUTO(arena_freep) = arena_new();
    struct change_list list = {0};
    assert_int_equal(decode(a, everything, true, &list, NULL), ERR_OK);
    list.items[6].drop_column.trash = NULL;
    change_list_prepare(a, &list, "p1");
    assert_string_equal(list.items[1].drop_table.trash, "__telaio_trash_x_1");
    assert_null(list.items[2].drop_table.trash);
    assert_string_equal(list.items[6].drop_column.trash, "__telaio_trash_p1_6");
    change_list_prepare(a, &list, "p2");
    assert_string_equal(list.items[6].drop_column.trash, "__telaio_trash_p1_6");
    assert_int_equal(change_list_undo_class(&list), UNDO_NONE);
    assert_string_equal(undo_class_name(UNDO_COPY), "copy");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_journal_reads_what_it_wrote),
        cmocka_unit_test(requests_cannot_say_what_only_the_journal_may),
        cmocka_unit_test(both_forms_mean_the_same),
        cmocka_unit_test(every_kind_has_its_row),
        cmocka_unit_test(prepare_names_a_place_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
