/* The stand-in as MongoDB's own client library sees it: what the driver's tests build on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <mongoc/mongoc.h>

static const char *uri;
static char database_name[64];

struct fixture {
    mongoc_client_t *client;
    mongoc_collection_t *collection;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->client = mongoc_client_new(uri);
    f->collection = mongoc_client_get_collection(f->client, database_name, "t");
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    mongoc_database_t *database = mongoc_client_get_database(f->client, database_name);
    bool dropped = mongoc_database_drop(database, NULL);
    mongoc_database_destroy(database);
    mongoc_collection_destroy(f->collection);
    mongoc_client_destroy(f->client);
    free(f);
    return dropped ? 0 : 1;
}

static void insert_numbers(struct fixture *f, int n)
{
    bson_error_t error = {0};
    mongoc_bulk_operation_t *bulk =
        mongoc_collection_create_bulk_operation_with_opts(f->collection, NULL);
    for (int i = 0; i < n; i++) {
        bson_t *d = BCON_NEW("_id", BCON_INT64(i));
        mongoc_bulk_operation_insert(bulk, d);
        bson_destroy(d);
    }
    bool done = mongoc_bulk_operation_execute(bulk, NULL, &error) != 0;
    mongoc_bulk_operation_destroy(bulk);
    if (!done) {
        fail_msg("%s", error.message);
    }
}

/* The number of documents, or minus the error's number. */
static int64_t count(struct fixture *f, mongoc_client_session_t *session)
{
    bson_t filter = BSON_INITIALIZER, opts = BSON_INITIALIZER;
    bson_error_t error = {0};
    if (session) {
        assert_true(mongoc_client_session_append(session, &opts, NULL));
    }
    int64_t n =
        mongoc_collection_count_documents(f->collection, &filter, &opts, NULL, NULL, &error);
    bson_destroy(&opts);
    return n >= 0 ? n : -(int64_t)error.code;
}

static void rows_come_in_batches(void **state)
{
    struct fixture *f = *state;
    insert_numbers(f, 1000);
    bson_t filter = BSON_INITIALIZER;
    bson_t *opts = BCON_NEW("batchSize", BCON_INT32(7), "sort", "{", "_id", BCON_INT32(1), "}");
    mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(f->collection, &filter, opts, NULL);
    const bson_t *d;
    int64_t n = 0;
    while (mongoc_cursor_next(cursor, &d)) {
        bson_iter_t it;
        assert_true(bson_iter_init_find(&it, d, "_id"));
        assert_int_equal(bson_iter_int64(&it), n++);
    }
    bson_error_t error;
    assert_false(mongoc_cursor_error(cursor, &error));
    assert_int_equal(n, 1000);
    mongoc_cursor_destroy(cursor);
    /* one that is left early is killed */
    cursor = mongoc_collection_find_with_opts(f->collection, &filter, opts, NULL);
    assert_true(mongoc_cursor_next(cursor, &d));
    mongoc_cursor_destroy(cursor);
    assert_int_equal(count(f, NULL), 1000);
    bson_destroy(opts);
}

static void errors_have_mongodbs_numbers(void **state)
{
    struct fixture *f = *state;
    bson_error_t error;
    insert_numbers(f, 1);
    bson_t *again = BCON_NEW("_id", BCON_INT64(0));
    assert_false(mongoc_collection_insert_one(f->collection, again, NULL, NULL, &error));
    assert_int_equal(error.code, 11000);
    bson_destroy(again);
    assert_true(mongoc_collection_drop(f->collection, &error));
    bson_t *drop = BCON_NEW("drop", BCON_UTF8("t"));
    assert_false(mongoc_client_command_simple(f->client, database_name, drop, NULL, NULL, &error));
    assert_int_equal(error.code, 26);
    bson_destroy(drop);
    bson_t *strange = BCON_NEW("makeCoffee", BCON_INT32(1));
    assert_false(
        mongoc_client_command_simple(f->client, database_name, strange, NULL, NULL, &error));
    assert_int_equal(error.code, 59);
    bson_destroy(strange);
    bson_t *bad =
        BCON_NEW("find", "t", "filter", "{", "a", "{", "$nothing", BCON_INT32(1), "}", "}");
    assert_false(mongoc_client_command_simple(f->client, database_name, bad, NULL, NULL, &error));
    assert_int_equal(error.code, 2);
    bson_destroy(bad);
}

static void a_transaction_is_alone_and_ends_either_way(void **state)
{
    struct fixture *f = *state;
    bson_error_t error;
    insert_numbers(f, 3);
    mongoc_client_session_t *session = mongoc_client_start_session(f->client, NULL, &error);
    assert_non_null(session);
    for (int commits = 0; commits < 2; commits++) {
        bson_t opts = BSON_INITIALIZER;
        bson_t *d = BCON_NEW("_id", BCON_INT64(10));
        assert_true(mongoc_client_session_start_transaction(session, NULL, &error));
        assert_true(mongoc_client_session_append(session, &opts, NULL));
        assert_true(mongoc_collection_insert_one(f->collection, d, &opts, NULL, &error));
        assert_int_equal(count(f, session), 4);
        assert_int_equal(count(f, NULL), 3); /* the same connection, outside of it */
        if (commits) {
            assert_true(mongoc_client_session_commit_transaction(session, NULL, &error));
        } else {
            assert_true(mongoc_client_session_abort_transaction(session, &error));
        }
        assert_int_equal(count(f, NULL), 3 + commits);
        bson_destroy(d);
        bson_destroy(&opts);
    }
    mongoc_client_session_destroy(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rows_come_in_batches, set_up, tear_down),
        cmocka_unit_test_setup_teardown(errors_have_mongodbs_numbers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_transaction_is_alone_and_ends_either_way, set_up,
                                        tear_down),
    };
    const char *skip = getenv("TELAIO_TEST_MONGODB_SKIP");
    uri = getenv("TELAIO_TEST_MONGODB_URI");
    if (skip) {
        printf("1..1\nok 1 - mongo_gateway # SKIP %s\n", skip);
        return 0;
    }
    if (!uri || !*uri) {
        fprintf(stderr, "TELAIO_TEST_MONGODB_URI is not set: see tests/support/servers\n");
        return 1;
    }
    snprintf(database_name, sizeof database_name, "gateway_%d", (int)getpid());
    mongoc_init();
    int failed = cmocka_run_group_tests_name("mongo_gateway", tests, NULL, NULL);
    mongoc_cleanup();
    return failed;
}
