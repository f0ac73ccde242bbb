/* Databases of somebody else: what is inferred, what is kept, what is merged. */
#include "fixture.h"

#include <string.h>

#include "base/attr.h"

#define NS ATTACHED_NS

static const char *type_of(struct fixture *f, const struct table *t, const char *name)
{
    const struct column *c = table_find_column(t, str_of(name));
    if (!c) {
        fail_msg("no column %s", name);
    }
    const char *type = type_logical_text(f->arena, &c->type);
    return arena_printf(f->arena, "%s%s", type, c->is_nullable ? "?" : "");
}

static void expect_type(struct fixture *f, const struct table *t, const char *name,
                        const char *wanted)
{
    assert_string_equal(type_of(f, t, name), wanted);
}

static const char documents[] =
    "{\"insert\":\"people\",\"documents\":["
    "{\"_id\":{\"$oid\":\"65f0c0ffee65f0c0ffee0001\"},\"name\":\"A\",\"age\":1,\"sum\":1.5,"
    "\"mixed\":1,\"tags\":[\"x\"],\"home\":{\"city\":\"Rome\"},\"at\":{\"$date\":"
    "\"2026-01-31T12:00:00Z\"},\"price\":{\"$numberDecimal\":\"1.10\"},\"key\":{\"$uuid\":"
    "\"018f3e6c-0000-7000-8000-000000000001\"},\"odd.name\":1},"
    "{\"_id\":{\"$oid\":\"65f0c0ffee65f0c0ffee0002\"},\"name\":null,\"age\":{\"$numberLong\":"
    "\"9007199254740993\"},\"sum\":2,\"mixed\":\"two\",\"extra\":true,\"any\":{}},"
    "{\"_id\":{\"$oid\":\"65f0c0ffee65f0c0ffee0003\"},\"name\":\"C\",\"any\":[]}]}";

/* an ObjectId is one. A-61: a sample, its types counted, mixed ones told. */
static void test_inference(void **state)
{
    (void)state;
    struct fixture *f = fixture_open();
    (void)fixture_command(f, documents);
    struct engine *e = fixture_attach(f, true);
    struct catalog *c AUTO(catalog_unrefp) = fixture_catalog(f, e, NS);
    const struct table *t = catalog_find_table(c, STR("people"));
    assert_non_null(t);
    assert_int_equal(t->n_primary_key, 1);
    assert_string_equal(t->columns[0].name, "_id");
    expect_type(f, t, "_id", "objectid");
    expect_type(f, t, "name", "text?");
    expect_type(f, t, "age", "int64?");
    expect_type(f, t, "sum", "float64?");
    expect_type(f, t, "tags", "array?");
    expect_type(f, t, "home", "json?");
    expect_type(f, t, "any", "json?");
    expect_type(f, t, "at", "instant?");
    expect_type(f, t, "price", "decimal?");
    expect_type(f, t, "key", "uuid?");
    expect_type(f, t, "extra", "boolean?");
    assert_int_equal(table_find_column(t, STR("mixed"))->type.kind, TYPE_NATIVE);
    assert_null(table_find_column(t, STR("odd.name")));
    assert_string_equal(table_find_column(t, STR("mixed"))->options,
                        "{\"inferred\":{\"documents\":3,\"types\":{\"int\":1,\"string\":1},"
                        "\"confidence\":0.5}}");
    assert_string_equal(
        fixture_rows(f, e, NS, "people", "_id,name,age,mixed,home,price", NULL, "_id"),
        "65f0c0ffee65f0c0ffee0001|A|1|1|{\"city\":\"Rome\"}|1.10; "
        "65f0c0ffee65f0c0ffee0002|-|9007199254740993|two|-|-; "
        "65f0c0ffee65f0c0ffee0003|C|-|-|-|-; ");
    assert_string_equal(
        fixture_rows(f, e, NS, "people", "name", "{\"_id\":\"65f0c0ffee65f0c0ffee0003\"}", "_id"),
        "C; ");
    engine_close(e);
    fixture_close(f);
}

/* Two readings of one structure are equal although a sample is random. */
static void test_large(void **state)
{
    (void)state;
    struct fixture *f = fixture_open();
    struct buf b;
    buf_init(&b, BUF_MAX_DEFAULT);
    buf_adds(&b, "{\"insert\":\"many\",\"documents\":[");
    for (int i = 0; i < 3000; i++) {
        buf_printf(&b, "%s{\"n\":%d%s}", i ? "," : "", i, i > 1500 ? ",\"late\":\"x\"" : "");
    }
    buf_adds(&b, "]}");
    (void)fixture_command(f, buf_text(&b));
    buf_release(&b);
    struct engine *e = fixture_attach(f, true);
    struct catalog *one AUTO(catalog_unrefp) = fixture_catalog(f, e, NS);
    struct catalog *two AUTO(catalog_unrefp) = fixture_catalog(f, e, NS);
    const struct table *t = catalog_find_table(one, STR("many"));
    expect_type(f, t, "n", "int32?");
    expect_type(f, t, "late", "text?"); /* not among the first thousand */
    assert_string_equal(catalog_fingerprint(f->arena, one), catalog_fingerprint(f->arena, two));
    engine_close(e);
    fixture_close(f);
}

/* columns are made, renamed and dropped. A-58: the validator is merged. A-59: validator and
 * indexes follow. */
static const char theirs[] =
    "{\"create\":\"orders\",\"validator\":{\"$jsonSchema\":{\"bsonType\":\"object\","
    "\"description\":\"orders of the shop\",\"required\":[\"no\",\"state\"],\"properties\":{"
    "\"no\":{\"bsonType\":\"int\",\"minimum\":1},\"state\":{\"enum\":[\"new\",\"paid\"]},"
    "\"note\":{\"bsonType\":[\"string\",\"null\"],\"maxLength\":20,\"description\":\"free\"}}},"
    "\"no\":{\"$lt\":1000}},\"validationLevel\":\"strict\",\"validationAction\":\"error\"}";

static const char *validator(struct fixture *f)
{
    const char *all =
        fixture_command(f, "{\"listCollections\":1,\"filter\":{\"name\":\"orders\"}}");
    return strstr(all, "\"validator\"");
}

static void test_validators(void **state)
{
    (void)state;
    struct fixture *f = fixture_open();
    (void)fixture_command(f, theirs);
    (void)fixture_command(f, "{\"insert\":\"orders\",\"documents\":[{\"_id\":1,\"no\":1,\"state\":"
                             "\"new\",\"more\":true}]}");
    struct engine *e = fixture_attach(f, false);
    struct catalog *c AUTO(catalog_unrefp) = fixture_catalog(f, e, NS);
    const struct table *t = catalog_find_table(c, STR("orders"));
    expect_type(f, t, "_id", "int32");
    expect_type(f, t, "no", "int32");
    expect_type(f, t, "state", "enum");
    expect_type(f, t, "note", "text(20)?");
    expect_type(f, t, "more", "boolean?");
    assert_string_equal(table_find_column(t, STR("note"))->comment, "free");

    /* one property is merged in; the rest of the validator, the level and the action stay */
    assert_ok(f, fixture_change(f, e, NS,
                                "[{\"op\":\"CREATE_COLUMN\",\"table\":\"orders\",\"column\":{"
                                "\"name\":\"due\",\"type\":\"datetime\"}}]",
                                NULL));
    const char *now = validator(f);
    assert_non_null(strstr(now, "\"due\" : { \"bsonType\" : [ \"date\", \"null\" ] }"));
    assert_non_null(strstr(now, "\"description\" : \"orders of the shop\""));
    assert_non_null(strstr(now, "\"minimum\" : 1"));
    assert_non_null(strstr(now, "\"$lt\" : 1000"));

    (void)fixture_command(f, "{\"createIndexes\":\"orders\",\"indexes\":[{\"key\":{\"state\":-1,"
                             "\"no\":1},\"name\":\"by_state\",\"partialFilterExpression\":{"
                             "\"state\":{\"$eq\":\"new\"}}}]}");
    assert_ok(f, fixture_change(f, e, NS,
                                "[{\"op\":\"RENAME_COLUMN\",\"table\":\"orders\",\"column\":"
                                "\"state\",\"newName\":\"status\"}]",
                                NULL));
    assert_non_null(strstr(fixture_command(f, "{\"listIndexes\":\"orders\"}"),
                           "\"key\" : { \"status\" : -1, \"no\" : 1 }"));
    now = validator(f);
    assert_non_null(strstr(now, "\"status\" : { \"enum\" : [ \"new\", \"paid\" ] }"));
    assert_non_null(strstr(now, "\"required\" : [ \"no\", \"status\" ]"));
    assert_null(strstr(now, "\"state\""));
    assert_non_null(strstr(now, "\"validationLevel\" : \"strict\""));
    assert_non_null(strstr(fixture_document(f, "orders", "{}"), "\"status\" : \"new\""));

    assert_ok(f, fixture_change(f, e, NS,
                                "[{\"op\":\"DROP_COLUMN\",\"table\":\"orders\",\"column\":"
                                "\"status\"}]",
                                NULL));
    now = validator(f);
    assert_null(strstr(now, "\"status\""));
    assert_non_null(strstr(now, "\"required\" : [ \"no\" ]"));
    assert_non_null(strstr(now, "\"orders of the shop\""));
    assert_null(strstr(fixture_document(f, "orders", "{}"), "status"));
    engine_close(e);
    fixture_close(f);
}

static void test_foreign_writes(void **state)
{
    (void)state;
    struct fixture *f = fixture_open();
    (void)fixture_command(f, documents);
    struct engine *e = fixture_attach(f, false);
    assert_ok(f, fixture_insert(f, e, NS, "people", "name,age,home",
                                "[[\"D\",4,{\"city\":\"Pisa\",\"zip\":[1,2]}]]"));
    const char *doc = fixture_document(f, "people", "{\"name\":\"D\"}");
    assert_non_null(strstr(doc, "\"_id\" : { \"$oid\" :"));
    assert_non_null(strstr(doc, "\"home\" : { \"city\" : \"Pisa\", \"zip\" : [ 1, 2 ] }"));
    struct write_result r = {0};
    assert_ok(f, fixture_write(f, e, NS, WRITE_UPDATE, "people", "name", "[\"E\"]",
                               "{\"_id\":\"65f0c0ffee65f0c0ffee0001\"}", &r));
    assert_int_equal(r.n_rows, 1);
    /* what Telaio does not know stays in the document */
    doc = fixture_document(f, "people", "{\"name\":\"E\"}");
    assert_non_null(strstr(doc, "\"odd.name\" : 1"));
    engine_close(e);
    fixture_close(f);
}

static void test_views(void **state)
{
    (void)state;
    struct fixture *f = fixture_open();
    (void)fixture_command(f, documents);
    (void)fixture_command(f,
                          "{\"create\":\"grown\",\"viewOn\":\"people\",\"pipeline\":[{\"$match\":"
                          "{\"age\":{\"$gt\":1}}},{\"$project\":{\"name\":1,\"age\":1}}]}");
    struct engine *e = fixture_attach(f, true);
    struct catalog *c AUTO(catalog_unrefp) = fixture_catalog(f, e, NS);
    const struct table *t = catalog_find_table(c, STR("grown"));
    assert_int_equal(t->kind, TABLE_VIEW);
    assert_int_equal(t->n_primary_key, 0);
    assert_non_null(strstr(t->native, "\"viewOn\":\"people\""));
    assert_string_equal(fixture_rows(f, e, NS, "grown", "_id,age", NULL, "_id"),
                        "65f0c0ffee65f0c0ffee0002|9007199254740993; ");
    engine_close(e);
    fixture_close(f);
}

static void test_read_only(void **state)
{
    (void)state;
    struct fixture *f = fixture_open();
    (void)fixture_command(f, documents);
    struct engine *e = fixture_attach(f, true);
    struct session *s = NULL;
    struct bulk *b = NULL;
    struct write shape = {.kind = WRITE_INSERT};
    assert_int_equal(fixture_insert(f, e, NS, "people", "name", "[[\"x\"]]"), ERR_FORBIDDEN);
    error_release(&f->err);
    assert_int_equal(engine_session_begin(e, NS, ACCESS_SCHEMA, &s, &f->err), ERR_FORBIDDEN);
    error_release(&f->err);
    assert_int_equal(engine_bulk_begin(e, NS, &shape, &b, &f->err), ERR_FORBIDDEN);
    error_release(&f->err);
    assert_int_equal(engine_namespace_create(e, STR("x"), &f->err), ERR_UNSUPPORTED);
    error_release(&f->err);
    assert_int_equal(engine_namespace_drop(e, NS, &f->err), ERR_UNSUPPORTED);
    error_release(&f->err);
    engine_close(e);
    fixture_close(f);
}

/* Opening and reading leave nothing behind. */
static void test_untouched(void **state)
{
    (void)state;
    struct fixture *f = fixture_open();
    (void)fixture_command(f, documents);
    const char *before = fixture_command(f, "{\"listCollections\":1}");
    struct engine *e = fixture_attach(f, false);
    struct catalog *c AUTO(catalog_unrefp) = fixture_catalog(f, e, NS);
    (void)fixture_rows(f, e, NS, "people", "name", NULL, "name");
    engine_close(e);
    assert_string_equal(fixture_command(f, "{\"listCollections\":1}"), before);
    fixture_close(f);
}

/* what is shown of a step is JSON, whatever the collection is called. */
static void test_names(void **state)
{
    (void)state;
    struct fixture *f = fixture_open();
    struct plan *plan = NULL;
    (void)fixture_command(f, "{\"insert\":\"we\\\"ird \\u00e9\",\"documents\":[{\"n\":1}]}");
    struct engine *e = fixture_attach(f, false);
    assert_ok(f, fixture_change(f, e, NS,
                                "[{\"op\":\"RENAME_TABLE\",\"table\":\"we\\\"ird \\u00e9\","
                                "\"newName\":\"plain\"}]",
                                &plan));
    assert_string_equal(
        plan->steps[0].text,
        "{\"renameCollection\":\"we\\\"ird \u00e9\",\"to\":\"plain\",\"dropTarget\":"
        "false}");
    assert_string_equal(fixture_rows(f, e, NS, "plain", "n", NULL, "n"), "1; ");
    engine_close(e);
    fixture_close(f);
}

/* Many collections are read by several threads. */
static void test_many(void **state)
{
    (void)state;
    struct fixture *f = fixture_open();
    for (int i = 0; i < 60; i++) {
        (void)fixture_command(
            f, arena_printf(f->arena, "{\"insert\":\"c%02d\",\"documents\":[{\"n\":%d}]}", i, i));
    }
    struct engine *e = fixture_attach(f, true);
    struct catalog *c AUTO(catalog_unrefp) = fixture_catalog(f, e, NS);
    size_t n = 0;
    struct table **tables = catalog_sorted_tables(f->arena, c, &n);
    assert_int_equal(n, 60);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(tables[i]->n_columns, 2);
    }
    engine_close(e);
    fixture_close(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inference),  cmocka_unit_test(test_large),
        cmocka_unit_test(test_validators), cmocka_unit_test(test_foreign_writes),
        cmocka_unit_test(test_views),      cmocka_unit_test(test_read_only),
        cmocka_unit_test(test_untouched),  cmocka_unit_test(test_many),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
