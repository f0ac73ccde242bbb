#include "catalog/table_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/attr.h"

static enum errcode decode(struct arena *a, const char *json, struct table *out, struct error *err)
{
    json_t *doc = NULL;
    assert_int_equal(doc_parse(a, str_of(json), JSON_DEPTH_MAX, &doc, NULL), ERR_OK);
    return table_decode(a, doc, out, err);
}

static const char *encode(struct arena *a, const struct table *t)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, BUF_MAX_DEFAULT);
    jsonw_init(&w, &b);
    table_encode(&w, t);
    const char *text = arena_str(a, buf_str(&b));
    buf_release(&b);
    return text;
}

/* Everything a table can say at once. */
static const char rich[] =
    "{\"tableName\":\"t\",\"displayName\":\"T\",\"description\":\"d\",\"icon\":\"i\","
    "\"color\":\"#123456\",\"comment\":\"c\",\"native\":\"CREATE TABLE t(x)\",\"strict\":true,"
    "\"withoutRowid\":true,\"rowEstimate\":7,\"permissions\":{\"read\":[\"USER\"]},"
    "\"columns\":["
    "{\"name\":\"id\",\"type\":\"number\",\"kind\":\"integer\",\"primaryKey\":true,"
    "\"autoIncrement\":true},"
    "{\"name\":\"a\",\"type\":\"text\",\"maxLength\":9,\"nullable\":false,\"unique\":true,"
    "\"defaultValue\":\"x\",\"validation\":{\"minLength\":1,\"maxLength\":9,\"pattern\":\"^x\","
    "\"enum\":[\"x\",\"y\"]},\"comment\":\"why\",\"collation\":\"NOCASE\",\"options\":{\"w\":1}},"
    "{\"name\":\"b\",\"type\":\"number\",\"kind\":\"decimal\",\"precision\":9,\"scale\":2,"
    "\"defaultValue\":\"1.50\",\"validation\":{\"min\":0.5,\"max\":9}},"
    "{\"name\":\"c\",\"type\":\"enum\",\"values\":[\"p\",\"q\"],\"nativeType\":\"ENUM TEXT\"},"
    "{\"name\":\"d\",\"type\":\"array\",\"element\":\"text(3)\",\"defaultValue\":[]},"
    "{\"name\":\"e\",\"type\":\"json\",\"defaultExpression\":{\"raw\":\"json('{}')\"}},"
    "{\"name\":\"f\",\"type\":\"datetime\",\"defaultValue\":{\"call\":\"now\"}},"
    "{\"name\":\"g\",\"type\":\"number\",\"generated\":{\"as\":{\"op\":\"+\",\"args\":"
    "[{\"column\":\"b\"},1.0]},\"stored\":true}},"
    "{\"name\":\"h\",\"type\":\"number\",\"kind\":\"integer\",\"bits\":16,\"unsigned\":true},"
    "{\"name\":\"i\",\"type\":\"native\",\"nativeType\":\"GEOMETRY(4,2)\"},"
    "{\"name\":\"j\",\"type\":\"relation\",\"keyType\":\"int64\",\"relatedTable\":\"u\","
    "\"relationType\":\"belongsTo\",\"onDelete\":\"CASCADE\"},"
    "{\"name\":\"k\",\"type\":\"binary\",\"defaultValue\":\"AAE=\"},"
    "{\"name\":\"l\",\"type\":\"datetime\",\"kind\":\"local\"},"
    "{\"name\":\"m\",\"type\":\"boolean\",\"defaultExpression\":1},"
    "{\"name\":\"n\",\"type\":\"text\",\"kind\":\"char\",\"maxLength\":2}],"
    "\"primaryKey\":[\"id\"],"
    "\"indexes\":[{\"name\":\"uq\",\"columns\":[\"a\"],\"unique\":true},"
    "{\"name\":\"i2\",\"columns\":[{\"column\":\"b\",\"descending\":true},"
    "{\"expr\":{\"call\":\"lower\",\"args\":[{\"column\":\"a\"}]},\"collation\":\"NOCASE\"}],"
    "\"unique\":false,\"type\":\"hash\",\"where\":{\"and\":[{\"not\":{\"isNull\":{\"column\":"
    "\"a\"}}},{\"in\":[{\"column\":\"b\"},1,2.5,null,true,\"x\"]},{\"between\":[{\"column\":\"b\"},"
    "1,2]},{\"or\":[{\"like\":[{\"column\":\"a\"},\"x%\"]},{\"raw\":\"a GLOB 'x*'\"}]}]},"
    "\"native\":\"CREATE INDEX i2\",\"constraint\":true}],"
    "\"foreignKeys\":[{\"name\":\"fk\",\"columns\":[\"j\"],\"referencedTable\":\"u\","
    "\"referencedColumns\":[\"id\"],\"onDelete\":\"CASCADE\",\"onUpdate\":\"SET NULL\","
    "\"deferred\":true}],"
    "\"checks\":[{\"name\":\"ck\",\"expr\":{\"op\":\"!=\",\"args\":[{\"column\":\"b\"},0]},"
    "\"column\":\"b\"}],"
    "\"triggers\":[{\"name\":\"tr\",\"native\":\"CREATE TRIGGER tr\"}]}";

static void everything_reads_back_as_it_was_written(void **state)
{
    (void)state;
    struct arena *a AUTO(arena_freep) = arena_new();
    struct table t = {0};
    struct table back = {0};
    struct error err = ERROR_INIT;
    if (decode(a, rich, &t, &err) != ERR_OK) {
        fail_msg("%s at %s", err.message, err.where);
    }
    const char *text = encode(a, &t);
    assert_int_equal(decode(a, text, &back, NULL), ERR_OK);
    assert_string_equal(encode(a, &back), text);
    assert_string_equal(table_fingerprint(a, &t), table_fingerprint(a, &back));
    assert_int_equal(back.n_columns, 15);
    assert_int_equal(back.columns[8].type.kind, TYPE_INT16);
    assert_int_equal(back.columns[10].type.kind, TYPE_INT64);
    assert_int_equal(back.columns[12].type.kind, TYPE_DATETIME);
    assert_int_equal(back.columns[13].default_value->value.kind, VALUE_INT);
}

static void a_copy_encodes_the_same(void **state)
{
    (void)state;
    struct arena *a AUTO(arena_freep) = arena_new();
    struct table t = {0};
    assert_int_equal(decode(a, rich, &t, NULL), ERR_OK);
    assert_string_equal(encode(a, table_copy(a, &t)), encode(a, &t));
}

static void what_columns_say_becomes_the_tables_own(void **state)
{
    (void)state;
    struct arena *a AUTO(arena_freep) = arena_new();
    struct table t = {0};
    const char *json = "{\"name\":\"t\",\"columns\":["
                       "{\"name\":\"id\",\"type\":\"uuid\",\"primary_key\":true},"
                       "{\"name\":\"mail\",\"dataType\":\"STRING\",\"unique\":true},"
                       "{\"name\":\"u\",\"type\":\"relation\",\"related_table\":\"users\"},"
                       "{\"name\":\"n\",\"type\":\"number\",\"check\":{\"op\":\">\",\"args\":"
                       "[{\"column\":\"n\"},0]}}]}";
    assert_int_equal(decode(a, json, &t, NULL), ERR_OK);
    assert_int_equal(t.n_primary_key, 1);
    assert_string_equal(t.primary_key[0], "id");
    assert_false(t.columns[0].is_nullable);
    assert_int_equal(t.n_indexes, 2);
    assert_true(t.indexes[0].is_unique);
    assert_string_equal(t.indexes[1].keys[0].column, "u");
    assert_int_equal(t.n_foreign_keys, 1);
    assert_int_equal(t.foreign_keys[0].on_delete, FK_SET_NULL);
    assert_int_equal(t.n_checks, 1);
    assert_string_equal(t.checks[0].column, "n");
}

static void errors_point_at_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *json, *where;
        enum errcode code;
    } rows[] = {
        {"[]", NULL, ERR_INVALID},
        {"{\"columns\":7}", "/columns", ERR_INVALID},
        {"{\"columns\":[7]}", "/columns/0", ERR_INVALID},
        {"{\"columns\":[{\"name\":7,\"type\":\"text\"}]}", "/columns/0/name", ERR_INVALID},
        {"{\"columns\":[{\"name\":\"a\"}]}", "/columns/0/type", ERR_INVALID},
        {"{\"columns\":[{\"name\":\"a\",\"type\":\"text\",\"x\":1}]}", "/columns/0/x",
         ERR_UNKNOWN_FIELD},
        {"{\"columns\":[{\"name\":\"a\",\"type\":\"text\",\"unique\":1}]}", "/columns/0/unique",
         ERR_INVALID},
        {"{\"columns\":[{\"name\":\"a\",\"type\":\"text\",\"defaultValue\":1,\"default_value\":2}]}",
         "/columns/0/default_value", ERR_INVALID},
        {"{\"columns\":[{\"name\":\"a\",\"type\":\"text\",\"validation\":{\"min\":1}}]}",
         "/columns/0/validation", ERR_INVALID},
        {"{\"columns\":[{\"name\":\"a\",\"type\":\"number\",\"validation\":{\"min\":\"1\"}}]}",
         "/columns/0/validation/min", ERR_INVALID},
        {"{\"columns\":[{\"name\":\"a\",\"type\":\"text\",\"validation\":{\"enum\":[{}]}}]}",
         "/columns/0/validation/enum/0", ERR_INVALID},
        {"{\"columns\":[{\"name\":\"a\",\"type\":\"text\",\"check\":{\"op\":\"~\",\"args\":[]}}]}",
         "/columns/0/check/op", ERR_INVALID},
        {"{\"columns\":[{\"name\":\"a\",\"type\":\"text\",\"check\":{\"and\":[{\"x\":1}]}}]}",
         "/columns/0/check/and/0/x", ERR_UNKNOWN_FIELD},
        {"{\"columns\":[],\"indexes\":[{\"columns\":[\"a\",7]}]}", "/indexes/0/columns/1",
         ERR_INVALID},
        {"{\"columns\":[],\"foreignKeys\":[{\"columns\":[\"a\"],\"referencedTable\":\"b\","
         "\"referencedColumns\":[\"x\",\"y\"]}]}",
         "/foreignKeys/0/referencedColumns", ERR_INVALID},
        {"{\"columns\":[],\"checks\":[{}]}", "/checks/0/expr", ERR_INVALID},
        {"{\"name\":\"a\",\"tableName\":\"b\",\"columns\":[]}", "/name", ERR_INVALID},
    };
    struct arena *a AUTO(arena_freep) = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error err = ERROR_INIT;
        struct table t = {0};
        assert_int_equal(decode(a, rows[i].json, &t, &err), rows[i].code);
        if (!text_eq(err.where, rows[i].where)) {
            fail_msg("%s: where is %s", rows[i].json, err.where);
        }
        error_release(&err);
        assert_int_equal(decode(a, rows[i].json, &t, NULL), rows[i].code);
    }
}

/* What an engine says of a type goes into statements again: it may quote, and stays in its place.
 */
static void native_types_are_names_and_nothing_else(void **state)
{
    static const struct {
        const char *native; /* as it stands in JSON */
        bool is_taken;
    } rows[] = {
        {"text COLLATE \\\"C\\\"", true},
        {"\\\"odd \\\"\\\" name\\\"", true},
        {"integer[]", true},
        {"timestamp(3) without time zone", true},
        {"enum('a','it''s')", true},
        {"int'x'", false},
        {"\\\"open", false},
        {"enum('a\\\\'')", false},
        {"int); DROP TABLE t; --", false},
        {"int[", false},
        {"int -- ", false},
    };
    (void)state;
    struct arena *a AUTO(arena_freep) = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct table t = {0};
        const char *json = arena_printf(a,
                                        "{\"name\":\"t\",\"columns\":[{\"name\":\"a\",\"type\":"
                                        "\"native\",\"nativeType\":\"%s\"}]}",
                                        rows[i].native);
        if ((decode(a, json, &t, NULL) == ERR_OK) != rows[i].is_taken) {
            fail_msg("%s", json);
        }
    }
}

static void a_catalog_is_written_by_name_without_trash(void **state)
{
    (void)state;
    struct catalog *c AUTO(catalog_unrefp) = catalog_new();
    static const char *const names[] = {"b", "__telaio_trash_x_1", "a"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct table *t = ARENA_NEW(c->arena, struct table);
        const char *json = arena_printf(c->arena, "{\"name\":\"%s\",\"columns\":[]}", names[i]);
        assert_int_equal(decode(c->arena, json, t, NULL), ERR_OK);
        catalog_add_table(c, t);
    }
    struct buf b;
    struct json_writer w;
    buf_init(&b, 4096);
    jsonw_init(&w, &b);
    catalog_encode(&w, c);
    assert_string_equal(buf_text(&b), "{\"tables\":[{\"tableName\":\"a\",\"columns\":[]},"
                                      "{\"tableName\":\"b\",\"columns\":[]}]}");
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_reads_back_as_it_was_written),
        cmocka_unit_test(a_copy_encodes_the_same),
        cmocka_unit_test(what_columns_say_becomes_the_tables_own),
        cmocka_unit_test(errors_point_at_their_place),
        cmocka_unit_test(native_types_are_names_and_nothing_else),
        cmocka_unit_test(a_catalog_is_written_by_name_without_trash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
