/* What the server's replies mean, from fixed ones: of MongoDB and of servers that say less. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <mongoc/mongoc.h>

#include "base/attr.h"
#include "engine/mongodb/errors.h"

static const char *const key[] = {"id"};
static struct column columns[] = {{.name = "id"}, {.name = "email"}, {.name = "age"}};
static struct index_key email_keys[] = {{.column = "email"}, {.column = "age"}};
static struct index indexes[] = {
    {.name = "uq_people_email", .is_unique = true, .keys = email_keys, .n_keys = 1},
    {.name = "uq_both", .is_unique = true, .keys = email_keys, .n_keys = 2}};
static const struct table people = {.name = "people",
                                    .columns = columns,
                                    .n_columns = 3,
                                    .primary_key = (const char **)key,
                                    .n_primary_key = 1,
                                    .indexes = indexes,
                                    .n_indexes = 2};

static struct error raised(const char *reply)
{
    struct error err = ERROR_INIT;
    bson_error_t why;
    bson_t *doc = bson_new_from_json((const uint8_t *)reply, -1, &why);
    if (!doc) {
        fail_msg("%s: %s", reply, why.message);
    }
    (void)!mongo_reply_error(doc, &people, "writing a row", &err);
    bson_destroy(doc);
    return err;
}

static void check(const char *reply, enum errcode code, int number, const char *params,
                  const char *where)
{
    struct error err = raised(reply);
    assert_string_equal(errcode_row(err.code)->wire, errcode_row(code)->wire);
    assert_int_equal(err.engine_code, number);
    if (params) {
        assert_string_equal(err.params, params);
    } else {
        assert_null(err.params);
    }
    if (where) {
        assert_string_equal(err.where, where);
    } else {
        assert_null(err.where);
    }
    error_release(&err);
}

static void test_unique(void **state)
{
    (void)state;
    check("{\"ok\":1,\"n\":0,\"writeErrors\":[{\"index\":0,\"code\":11000,\"keyPattern\":"
          "{\"email\":1},\"keyValue\":{\"email\":\"x\"},\"errmsg\":\"E11000 duplicate key error "
          "collection: db.people index: uq_people_email dup key: { email: \\\"x\\\" }\"}]}",
          ERR_UNIQUE_VIOLATION, 11000,
          "{\"table\":\"people\",\"columns\":[\"email\"],\"constraint\":\"uq_people_email\"}",
          "/email");
    check("{\"ok\":1,\"writeErrors\":[{\"index\":0,\"code\":11000,\"errmsg\":\"Duplicate key "
          "violation on the requested collection: Index 'uq_both'\"}]}",
          ERR_UNIQUE_VIOLATION, 11000,
          "{\"table\":\"people\",\"columns\":[\"email\",\"age\"],\"constraint\":\"uq_both\"}",
          NULL);
    check("{\"ok\":1,\"writeErrors\":[{\"index\":0,\"code\":11000,\"errmsg\":\"Duplicate key "
          "violation on the requested collection: Index '_id_'\"}]}",
          ERR_UNIQUE_VIOLATION, 11000, "{\"table\":\"people\",\"columns\":[\"id\"]}", "/id");
    check("{\"ok\":0,\"code\":11000,\"keyPattern\":{\"other\":1},\"errmsg\":\"E11000 duplicate "
          "key error collection: db.people index: made_elsewhere dup key: { other: 1 }\"}",
          ERR_UNIQUE_VIOLATION, 11000, "{\"table\":\"people\",\"columns\":[\"other\"]}", "/other");
}

static void test_numbers(void **state)
{
    static const struct {
        int number;
        enum errcode code;
    } rows[] = {
        {13, ERR_FORBIDDEN},      {18, ERR_SOURCE_REFUSED}, {26, ERR_SCHEMA_MOVED},
        {48, ERR_CONFLICT},       {50, ERR_TIMEOUT},        {59, ERR_UNSUPPORTED},
        {86, ERR_CONFLICT},       {91, ERR_UNAVAILABLE},    {112, ERR_BUSY},
        {10107, ERR_UNAVAILABLE}, {189, ERR_UNAVAILABLE},   {262, ERR_TIMEOUT},
        {10334, ERR_TOO_LARGE},   {2, ERR_INVALID},         {4711, ERR_INTERNAL},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char reply[128];
        snprintf(reply, sizeof reply, "{\"ok\":0,\"code\":%d,\"errmsg\":\"said\"}", rows[i].number);
        check(reply, rows[i].code, rows[i].number, NULL, NULL);
    }
}

static void test_validator(void **state)
{
    (void)state;
    check("{\"ok\":1,\"writeErrors\":[{\"index\":0,\"code\":121,\"errmsg\":\"Document failed "
          "validation\"}]}",
          ERR_CHECK_VIOLATION, 121, "{\"table\":\"people\"}", NULL);
}

static void test_good_replies(void **state)
{
    (void)state;
    struct error err = raised("{\"ok\":1,\"n\":1}");
    assert_int_equal(err.code, ERR_OK);
    err = raised("{\"ok\":{\"$numberInt\":\"1\"},\"n\":0,\"nModified\":0}");
    assert_int_equal(err.code, ERR_OK);
}

static void test_write_concern(void **state)
{
    (void)state;
    check("{\"ok\":1,\"n\":1,\"writeConcernErrors\":[{\"code\":91,\"errmsg\":\"stopping\"}]}",
          ERR_UNAVAILABLE, 91, NULL, NULL);
}

/* What libmongoc says itself, before a server could. */
static void test_client(void **state)
{
    static const struct {
        uint32_t domain, code;
        enum errcode meaning;
    } rows[] = {
        {MONGOC_ERROR_SERVER_SELECTION, MONGOC_ERROR_SERVER_SELECTION_FAILURE, ERR_UNAVAILABLE},
        {MONGOC_ERROR_STREAM, MONGOC_ERROR_STREAM_SOCKET, ERR_UNAVAILABLE},
        {MONGOC_ERROR_CLIENT, MONGOC_ERROR_CLIENT_AUTHENTICATE, ERR_SOURCE_REFUSED},
        {MONGOC_ERROR_SERVER, 112, ERR_BUSY},
        {MONGOC_ERROR_BSON, MONGOC_ERROR_BSON_INVALID, ERR_TOO_LARGE},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error err = ERROR_INIT;
        bson_error_t why = {.domain = rows[i].domain, .code = rows[i].code, .message = "said"};
        bson_t reply = BSON_INITIALIZER;
        assert_int_equal(mongo_error(&reply, &why, NULL, "reading", &err), rows[i].meaning);
        assert_non_null(strstr(err.detail, "said"));
        error_release(&err);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unique),        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_validator),     cmocka_unit_test(test_good_replies),
        cmocka_unit_test(test_write_concern), cmocka_unit_test(test_client),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
