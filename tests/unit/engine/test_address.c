#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/attr.h"
#include "engine/kind.h"

static const char *const postgres_schemes[] = {"postgres", "postgresql", NULL};
static const char *const file_schemes[] = {"sqlite", NULL};
static const char *const list_schemes[] = {"mongodb", "mongodb+srv", NULL};

static const struct engine_kind postgres = {
    .name = "postgresql", .schemes = postgres_schemes, .port = 5432};
static const struct engine_kind file = {.name = "sqlite", .schemes = file_schemes};
static const struct engine_kind list = {
    .name = "mongodb", .schemes = list_schemes, .port = 27017, .takes_uri = true};
static const struct engine_kind *const items[] = {&file, &postgres, &list};
static const struct engine_kinds kinds = {items, ARRAY_LEN(items)};

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena = arena_free(arena);
    return 0;
}

static struct engine_options parse(const char *text)
{
    const struct engine_kind *kind = NULL;
    struct engine_options o;
    struct error err = ERROR_INIT;
    if (engine_address_parse(&kinds, arena, text, &kind, &o, &err) != ERR_OK) {
        fail_msg("%s: %s", text, err.message);
    }
    return o;
}

static const char *again(const char *text)
{
    const struct engine_kind *kind = NULL;
    struct engine_options o;
    assert_int_equal(engine_address_parse(&kinds, arena, text, &kind, &o, NULL), ERR_OK);
    return engine_address_text(arena, kind, &o);
}

static void finds_a_kind(void **state)
{
    (void)state;
    assert_ptr_equal(engine_kind_find(&kinds, STR("postgresql")), &postgres);
    assert_ptr_equal(engine_kind_find(&kinds, STR("postgres")), &postgres);
    assert_ptr_equal(engine_kind_find(&kinds, STR("MongoDB+srv")), &list);
    assert_null(engine_kind_find(&kinds, STR("oracle")));
    assert_null(engine_kind_find(&kinds, STR("")));
}

static void reads_every_part(void **state)
{
    (void)state;
    struct engine_options o =
        parse("postgres://us%40er:p%3Aw%2f%25@db.example.com:6432/main%20db"
              "?schema=s%26t&tls=verify&tls-ca=/ca.pem&connections=7"
              "&connect-ms=100&statement-ms=200&lock-ms=300&lease-ms=400&prefix=a_1"
              "&distributed=on");
    assert_string_equal(o.user, "us@er");
    assert_string_equal(o.password, "p:w/%");
    assert_string_equal(o.host, "db.example.com");
    assert_int_equal(o.port, 6432);
    assert_string_equal(o.database, "main db");
    assert_string_equal(o.schema, "s&t");
    assert_int_equal(o.tls, TLS_VERIFY);
    assert_string_equal(o.tls_ca, "/ca.pem");
    assert_int_equal(o.connections, 7);
    assert_int_equal(o.connect_ms, 100);
    assert_int_equal(o.statement_ms, 200);
    assert_int_equal(o.lock_ms, 300);
    assert_int_equal(o.lease_ms, 400);
    assert_string_equal(o.prefix, "a_1");
    assert_true(o.is_distributed);
    assert_null(o.uri);
    assert_null(o.path);
}

static void leaves_out_what_is_not_there(void **state)
{
    (void)state;
    struct engine_options o = parse("POSTGRES://h");
    assert_string_equal(o.host, "h");
    assert_null(o.user);
    assert_null(o.password);
    assert_null(o.database);
    assert_int_equal(o.port, 0);
    assert_int_equal(o.tls, TLS_UNSET);
    assert_false(o.is_distributed);
    o = parse("postgres://u:@h/?tls=off&&distributed=0");
    assert_null(o.password);
    assert_int_equal(o.tls, TLS_OFF);
}

static void reads_sockets_and_addresses(void **state)
{
    (void)state;
    struct engine_options o = parse("postgres://app@/db?socket=/run/postgres");
    assert_string_equal(o.host, "/run/postgres");
    o = parse("postgres://app@:6000/db?socket=/run/postgres");
    assert_int_equal(o.port, 6000);
    o = parse("postgres://[::1]:5433/db");
    assert_string_equal(o.host, "::1");
    assert_int_equal(o.port, 5433);
    o = parse("postgres://a@b:c@[fe80::1]/db");
    assert_string_equal(o.host, "fe80::1");
    assert_string_equal(o.user, "a@b");
}

static void reads_paths(void **state)
{
    (void)state;
    assert_null(parse("sqlite:").path);
    assert_string_equal(parse("sqlite:/a%20b/c.db").path, "/a b/c.db");
    assert_string_equal(parse("sqlite:c.db").path, "c.db");
}

static void keeps_what_is_the_drivers(void **state)
{
    (void)state;
    struct engine_options o = parse("mongodb+srv://u%40:secret@a.example:1,b.example:2/d"
                                    "?replicaSet=rs&connections=3&tls=true&w=majority");
    assert_string_equal(o.uri, "mongodb+srv://u%40@a.example:1,b.example:2/d"
                               "?replicaSet=rs&tls=true&w=majority");
    assert_string_equal(o.user, "u@");
    assert_string_equal(o.password, "secret");
    assert_string_equal(o.host, "a.example");
    assert_int_equal(o.port, 1);
    assert_string_equal(o.database, "d");
    assert_int_equal(o.connections, 3);
    assert_int_equal(o.tls, TLS_UNSET);
    assert_string_equal(parse("mongodb://h").uri, "mongodb://h/");
}

static void refuses_what_is_no_address(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } bad[] = {
        {"", "the address begins with no scheme that is known"},
        {"hunter2", "the address begins with no scheme that is known"},
        {"oracle://u:hunter2@h", "the address begins with no scheme that is known"},
        {"postgres:hunter2", "the address has no \"://\""},
        {"postgres://u:hunter2#x@h/d", "the address has a \"#\", which means nothing in it"},
        {"postgres://u:hunter2/x@h/d", "the address has a port that is not from 1 to 65535"},
        {"postgres://u:hunter2?x@h/d", "the address has a port that is not from 1 to 65535"},
        {"postgres://u:1?hunter2@h/d", "option 1 of the address is unknown"},
        {"postgres://u:%hunter2@h/d", "the address has a password that does not decode"},
        {"postgres://%hunter2@h/d", "the address has a user that does not decode"},
        {"postgres://%hunter2/d", "the address has a host that does not decode"},
        {"postgres://h/%hunter2", "the address has a database that does not decode"},
        {"postgres://h:0", "the address has a port that is not from 1 to 65535"},
        {"postgres://h:65536", "the address has a port that is not from 1 to 65535"},
        {"postgres://h:", "the address has a port that is not from 1 to 65535"},
        {"postgres://[::1", "the address has a host whose bracket does not end"},
        {"postgres://[::1]5", "the address has a host whose bracket does not end"},
        {"postgres://a,b/d", "the address has more than one host"},
        {"postgres:///d", "the address has no host and no socket"},
        {"postgres://:hunter2@h", "the address has a password and no user"},
        {"postgres://h?socket=/s", "the address has a host and a socket"},
        {"postgres://h?schema=", "option \"schema\" of the address is not a name"},
        {"postgres://h?schema=%hunter2", "option \"schema\" of the address is not a name"},
        {"postgres://?socket=s", "option \"socket\" of the address is not an absolute path"},
        {"postgres://h?connections=0",
         "option \"connections\" of the address is not from 1 to 10000"},
        {"postgres://h?lock-ms=x", "option \"lock-ms\" of the address is not from 1 to 86400000"},
        {"postgres://h?tls=maybe", "option \"tls\" of the address is not off, require or verify"},
        {"postgres://h?distributed=", "option \"distributed\" of the address is not on or off"},
        {"postgres://h?prefix=A",
         "option \"prefix\" of the address is not at most 32 of a-z, 0-9 and \"_\""},
        {"postgres://h?schema=x&hunter2=1", "option 2 of the address is unknown"},
        {"mongodb://h/?tlsCertificateKeyFilePassword=hunter2",
         "option 1 of the address holds a secret"},
        {"sqlite:%hunter2", "the address has a path that does not decode"},
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        const struct engine_kind *kind = NULL;
        struct engine_options o;
        struct error err = ERROR_INIT;
        assert_int_equal(engine_address_parse(&kinds, arena, bad[i].text, &kind, &o, &err),
                         ERR_INVALID);
        assert_string_equal(err.message, bad[i].message);
        assert_null(kind);
        error_release(&err);
    }
}

static void writes_it_without_the_password(void **state)
{
    (void)state;
    static const struct {
        const char *text, *shown;
    } rows[] = {
        {"postgresql://u%40:p@h:5/d", "postgres://u%40@h:5/d"},
        {"postgres://h", "postgres://h/"},
        {"postgres://[::1]:1/d?lock-ms=5", "postgres://[::1]:1/d?lock-ms=5"},
        {"postgres://u:p@/d?socket=/run/x", "postgres://u@/d?socket=/run/x"},
        {"postgres://h/d?distributed=true&tls=verify&connections=9&schema=a%26b&prefix=q_"
         "&tls-ca=/c&connect-ms=1&statement-ms=2",
         "postgres://h/d?schema=a%26b&tls=verify&tls-ca=/c&connections=9&connect-ms=1"
         "&statement-ms=2&prefix=q_&distributed=on"},
        {"mongodb://u:p@a,b/d?w=1&tls=require", "mongodb://u@a,b/d?w=1&tls=require"},
        {"mongodb://a?connections=2", "mongodb://a/?connections=2"},
        {"sqlite:", "sqlite:"},
        {"sqlite:/a%20b.db", "sqlite:/a%20b.db"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *shown = again(rows[i].text);
        assert_string_equal(shown, rows[i].shown);
        assert_string_equal(again(shown), shown);
    }
}

static void hides_passwords_in_any_text(void **state)
{
    (void)state;
    static const struct {
        const char *text, *masked, *blotted;
    } rows[] = {
        {"sqlite:", "sqlite:", "sqlite:"},
        {"", "", ""},
        {"postgres://u:pw@h/d", "postgres://u:***@h/d", "postgres://u:**@h/d"},
        {"postgres://u:p@/?w@h/d", "postgres://u:***@h/d", "postgres://u:*****@h/d"},
        {"postgres://u@h:5/d", "postgres://u@h:5/d", "postgres://u@h:5/d"},
        {"postgres://h:5/d", "postgres://h:5/d", "postgres://h:5/d"},
        {"nothing://u:pw@h?sslpassword=x&a=1&apiToken=yy",
         "nothing://u:***@h?sslpassword=***&a=1&apiToken=***",
         "nothing://u:**@h?sslpassword=*&a=1&apiToken=**"},
        {"x://u:@h?password=&b=1", "x://u:***@h?password=***&b=1", "x://u:@h?password=&b=1"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_string_equal(engine_address_masked(arena, rows[i].text), rows[i].masked);
        char *text = arena_strdup(arena, rows[i].text);
        engine_address_blot(text);
        assert_string_equal(text, rows[i].blotted);
    }
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(finds_a_kind),
        TEST(reads_every_part),
        TEST(leaves_out_what_is_not_there),
        TEST(reads_sockets_and_addresses),
        TEST(reads_paths),
        TEST(keeps_what_is_the_drivers),
        TEST(refuses_what_is_no_address),
        TEST(writes_it_without_the_password),
        TEST(hides_passwords_in_any_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
