#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mongo_codes.h"
#include "mongo_wire.h"

enum { QUERY = 2004, MSG = 2013 };

/* A message's bytes, put together piece by piece. */
struct bytes {
    uint8_t p[512];
    size_t n;
};

static void add(struct bytes *b, const void *p, size_t n)
{
    assert_true(b->n + n <= sizeof b->p);
    memcpy(b->p + b->n, p, n);
    b->n += n;
}

static void add_int32(struct bytes *b, int32_t v)
{
    uint8_t p[4] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24)};
    add(b, p, sizeof p);
}

static void add_document(struct bytes *b, const char *json)
{
    bson_t *d = bson_new_from_json((const uint8_t *)json, -1, NULL);
    assert_non_null(d);
    add(b, bson_get_data(d), d->len);
    bson_destroy(d);
}

static void add_sequence(struct bytes *b, const char *name, const char *json1, const char *json2)
{
    struct bytes documents = {.n = 0};
    add_document(&documents, json1);
    add_document(&documents, json2);
    add(b, "\1", 1);
    add_int32(b, (int32_t)(4 + strlen(name) + 1 + documents.n));
    add(b, name, strlen(name) + 1);
    add(b, documents.p, documents.n);
}

static bool read_message(int32_t operation, const struct bytes *b, bson_t *command, bool *wants)
{
    struct wire_header h = {.length = (int32_t)(WIRE_HEADER + b->n), .id = 7, operation};
    return wire_command_read(&h, b->p, b->n, command, wants);
}

static void check_command(int32_t operation, const struct bytes *b, const char *json, bool answered)
{
    bson_t command = BSON_INITIALIZER;
    bool wants = !answered;
    assert_true(read_message(operation, b, &command, &wants));
    char *is = bson_as_relaxed_extended_json(&command, NULL);
    assert_string_equal(is, json);
    assert_int_equal(wants, answered);
    bson_free(is);
    bson_destroy(&command);
}

static void a_command_is_the_body_and_its_sequences(void **state)
{
    (void)state;
    struct bytes b = {.n = 0};
    add_int32(&b, 0);
    add_sequence(&b, "documents", "{\"_id\": 1}", "{\"_id\": 2}");
    add(&b, "", 1);
    add_document(&b, "{\"insert\": \"t\"}");
    check_command(MSG, &b,
                  "{ \"insert\" : \"t\", \"documents\" : [ { \"_id\" : 1 }, { \"_id\" : 2 } ] }",
                  true);
}

static void flags_say_who_waits_and_what_is_behind(void **state)
{
    (void)state;
    struct bytes b = {.n = 0};
    add_int32(&b, 1 | 2); /* a checksum, and nobody waits */
    add(&b, "", 1);
    add_document(&b, "{\"ping\": 1}");
    add_int32(&b, 12345);
    check_command(MSG, &b, "{ \"ping\" : 1 }", false);
    b.p[0] = 4; /* a flag that must be understood and is not */
    bson_t command = BSON_INITIALIZER;
    bool wants = false;
    assert_false(read_message(MSG, &b, &command, &wants));
    bson_destroy(&command);
}

static void the_first_hello_may_be_a_query(void **state)
{
    (void)state;
    struct bytes b = {.n = 0};
    add_int32(&b, 4);
    add(&b, "admin.$cmd", sizeof "admin.$cmd");
    add_int32(&b, 0);
    add_int32(&b, -1);
    add_document(&b, "{\"isMaster\": 1}");
    check_command(QUERY, &b, "{ \"isMaster\" : 1 }", true);
}

/* Every beginning of a good message is refused, and read no further than it goes (ASan). */
static void what_is_cut_off_is_refused(void **state)
{
    (void)state;
    struct bytes b = {.n = 0};
    add_int32(&b, 0);
    add(&b, "", 1);
    add_document(&b, "{\"insert\": \"t\"}");
    size_t body_end = b.n;
    add_sequence(&b, "documents", "{\"_id\": 1}", "{\"_id\": 2}");
    for (size_t n = 0; n < b.n; n++) {
        uint8_t *part = bson_malloc(n + 1);
        memcpy(part, b.p, n);
        struct wire_header h = {.length = 100, .operation = MSG};
        bson_t command = BSON_INITIALIZER;
        bool wants = false;
        assert_int_equal(wire_command_read(&h, part, n, &command, &wants), n == body_end);
        bson_destroy(&command);
        bson_free(part);
    }
}

static void a_message_has_one_body(void **state)
{
    (void)state;
    struct bytes b = {.n = 0};
    bson_t command = BSON_INITIALIZER;
    bool wants = false;
    add_int32(&b, 0);
    add_sequence(&b, "documents", "{}", "{}");
    assert_false(read_message(MSG, &b, &command, &wants));
    bson_destroy(&command);
    bson_init(&command);
    add(&b, "", 1);
    add_document(&b, "{\"ping\": 1}");
    add(&b, "", 1);
    add_document(&b, "{\"ping\": 1}");
    assert_false(read_message(MSG, &b, &command, &wants));
    assert_false(read_message(2012, &b, &command, &wants)); /* compressed: never agreed on */
    bson_destroy(&command);
}

static void headers_have_limits(void **state)
{
    (void)state;
    struct wire_header h;
    uint8_t bytes[WIRE_HEADER] = {16, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0xdd, 7, 0, 0};
    assert_true(wire_header_read(bytes, &h));
    assert_int_equal(h.id, 9);
    assert_int_equal(h.operation, MSG);
    bytes[0] = 15;
    assert_false(wire_header_read(bytes, &h));
    bytes[3] = 0x80;
    assert_false(wire_header_read(bytes, &h));
    bytes[3] = 0x10;
    assert_false(wire_header_read(bytes, &h));
}

static void an_answer_is_of_the_questions_kind(void **state)
{
    (void)state;
    uint8_t head[36];
    struct wire_header msg = {.id = 7, .operation = MSG};
    struct wire_header query = {.id = 7, .operation = QUERY};
    assert_int_equal(wire_answer_head(&msg, 3, 5, head), 21);
    assert_memory_equal(head, "\x1a\0\0\0\3\0\0\0\7\0\0\0\xdd\7\0\0\0\0\0\0\0", 21);
    assert_int_equal(wire_answer_head(&query, 3, 5, head), 36);
    assert_memory_equal(head, "\x29\0\0\0\3\0\0\0\7\0\0\0\1\0\0\0", 16);
    assert_int_equal(head[32], 1);
}

static void states_have_mongodbs_numbers(void **state)
{
    (void)state;
    char text[6];
    /* MAKE_SQLSTATE('2','3','5','0','5') of PostgreSQL */
    mongo_code_unpack(2 | 3 << 6 | 5 << 12 | 0 << 18 | 5 << 24, text);
    assert_string_equal(text, "23505");
    assert_int_equal(mongo_code_of(text)->code, 11000);
    assert_int_equal(mongo_code_of("M00CO")->code, 121);
    assert_string_equal(mongo_code_of("99999")->name, "InternalError");
    assert_int_equal(mongo_code_of(NULL)->code, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_is_the_body_and_its_sequences),
        cmocka_unit_test(flags_say_who_waits_and_what_is_behind),
        cmocka_unit_test(the_first_hello_may_be_a_query),
        cmocka_unit_test(what_is_cut_off_is_refused),
        cmocka_unit_test(a_message_has_one_body),
        cmocka_unit_test(headers_have_limits),
        cmocka_unit_test(an_answer_is_of_the_questions_kind),
        cmocka_unit_test(states_have_mongodbs_numbers),
    };
    return cmocka_run_group_tests_name("mongo_wire", tests, NULL, NULL);
}
