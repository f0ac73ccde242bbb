/* Structure: what a validator carries, steps that are taken back, changes of other programs. */
#include "fixture.h"

#include <string.h>

#include "base/attr.h"
#include "base/json.h"
#include "change/change_json.h"
#include "loop/loop.h"

#define NS STR("store")

static void change(struct fixture *f, const char *json)
{
    assert_ok(f, fixture_change(f, f->engine, NS, json, NULL));
}

static const char make_notes[] =
    "[{\"op\":\"CREATE_TABLE\",\"table\":{\"tableName\":\"notes\",\"comment\":\"mine\",\"columns\":["
    "{\"name\":\"id\",\"type\":\"uuid\",\"primaryKey\":true,\"defaultValue\":\"uuid()\"},"
    "{\"name\":\"a\",\"type\":\"text\",\"maxLength\":3,\"comment\":\"first\"},"
    "{\"name\":\"n\",\"type\":\"int64\",\"nullable\":false,\"defaultValue\":7,"
    "\"validation\":{\"min\":0}}],"
    "\"indexes\":[{\"name\":\"by_n\",\"columns\":[{\"column\":\"n\",\"descending\":true}]}]}}]";

static void test_validator(void **state)
{
    (void)state;
    struct fixture *f = fixture_open();
    change(f, make_notes);
    /* other programs are held to it too */
    const char *reply = fixture_command(
        f, "{\"insert\":\"notes\",\"documents\":[{\"_id\":1,\"n\":{\"$numberLong\":\"1\"}}]}");
    assert_non_null(strstr(reply, "121"));
    reply = fixture_command(f, "{\"insert\":\"notes\",\"documents\":[{\"_id\":{\"$uuid\":"
                               "\"018f3e6c-0000-7000-8000-000000000001\"},\"n\":{\"$numberLong\":"
                               "\"-1\"}}]}");
    assert_non_null(strstr(reply, "121"));
    reply = fixture_command(f, "{\"insert\":\"notes\",\"documents\":[{\"_id\":{\"$uuid\":"
                               "\"018f3e6c-0000-7000-8000-000000000001\"},\"n\":{\"$numberLong\":"
                               "\"1\"},\"more\":true}]}");
    assert_null(strstr(reply, "121"));
    assert_string_equal(fixture_rows(f, f->engine, NS, "notes", "id,a,n", NULL, "id"),
                        "018f3e6c-0000-7000-8000-000000000001|-|1; ");
    struct catalog *c AUTO(catalog_unrefp) = fixture_catalog(f, f->engine, NS);
    const struct table *t = catalog_find_table(c, STR("notes"));
    assert_string_equal(t->comment, "mine");
    assert_string_equal(table_find_column(t, STR("a"))->comment, "first");
    assert_int_equal(table_find_column(t, STR("a"))->type.length, 3);
    fixture_close(f);
}

/* Only words that every server with this protocol knows. */
static void test_keywords(void **state)
{
    static const char *const words[] = {"additionalProperties", "title",   "patternProperties",
                                        "minProperties",        "allOf",   "anyOf",
                                        "maxProperties",        "\"not\"", "dependencies"};
    (void)state;
    struct fixture *f = fixture_open();
    struct plan *plan = NULL;
    assert_ok(f, fixture_change(f, f->engine, NS, make_notes, &plan));
    for (size_t i = 0; i < plan->n_steps; i++) {
        for (size_t w = 0; w < ARRAY_LEN(words); w++) {
            assert_null(strstr(plan->steps[i].text, words[w]));
        }
    }
    fixture_close(f);
}

/* Running each plan up to each of its steps and taking it back leaves what was there. */
static const char *const changes[] = {
    "[{\"op\":\"CREATE_COLUMN\",\"table\":\"notes\",\"column\":{\"name\":\"b\",\"type\":\"int64\","
    "\"nullable\":false,\"defaultValue\":3,\"unique\":false,\"validation\":{\"min\":1}}},"
    "{\"op\":\"CREATE_INDEX\",\"table\":\"notes\",\"index\":{\"columns\":[\"b\"]}}]",
    "[{\"op\":\"DROP_COLUMN\",\"table\":\"notes\",\"column\":\"n\"}]",
    "[{\"op\":\"DROP_COLUMN\",\"table\":\"notes\",\"column\":\"a\",\"noTrash\":true}]",
    "[{\"op\":\"RENAME_COLUMN\",\"table\":\"notes\",\"column\":\"n\",\"newName\":\"m\"}]",
    "[{\"op\":\"RENAME_COLUMN\",\"table\":\"notes\",\"column\":\"id\",\"newName\":\"key\"}]",
    "[{\"op\":\"RENAME_TABLE\",\"table\":\"notes\",\"newName\":\"remarks\"}]",
    "[{\"op\":\"DROP_TABLE\",\"table\":\"notes\"},"
    "{\"op\":\"CREATE_TABLE\",\"table\":{\"tableName\":\"notes\",\"columns\":[{\"name\":\"x\","
    "\"type\":\"text\"}]}}]",
    "[{\"op\":\"DROP_INDEX\",\"table\":\"notes\",\"index\":\"by_n\"}]",
    "[{\"op\":\"MODIFY_COLUMN\",\"table\":\"notes\",\"column\":\"n\",\"set\":{\"validation\":"
    "{\"min\":-5}},\"was\":{\"validation\":{\"min\":0}}}]",
};

static void fill(struct fixture *f)
{
    assert_ok(f, fixture_insert(f, f->engine, NS, "notes", "id,a,n",
                                "[[\"018f3e6c-0000-7000-8000-000000000001\",\"x\",1],"
                                "[\"018f3e6c-0000-7000-8000-000000000002\",null,2]]"));
}

/* What a later start does with the steps of a process that died. */
static void take_back(struct fixture *f, const struct plan *plan, size_t last)
{
    struct session *s = NULL;
    assert_ok(f, engine_session_begin(f->engine, NS, ACCESS_SCHEMA, &s, &f->err));
    for (size_t i = last + 1; i > 0; i--) {
        struct plan_step back = {.kind = STEP_RUN, .text = plan->steps[i - 1].undo};
        if (back.text) {
            assert_ok(f, engine_run_step(s, &back, NULL, &f->err));
        }
    }
    engine_session_end(s);
}

/* The steps of the first group up to @last, then away with them. */
static void run_part(struct fixture *f, const struct plan *plan, size_t last, bool dies)
{
    struct session *s = NULL;
    assert_ok(f, engine_session_begin(f->engine, NS, ACCESS_SCHEMA, &s, &f->err));
    assert_ok(f, engine_group_begin(s, &plan->groups[0], &f->err));
    for (size_t i = 0; i <= last; i++) {
        assert_ok(f, engine_run_step(s, &plan->steps[i], NULL, &f->err));
    }
    assert_ok(f, engine_group_end(s, &plan->groups[0], dies, &f->err));
    engine_session_end(s);
    if (dies) {
        take_back(f, plan, last);
    }
}

/* Decode, prepare, complete and plan, without running. */
static const struct plan *plan_of(struct fixture *f, const char *json, const struct catalog *now)
{
    json_t *doc = NULL;
    struct catalog *after AUTO(catalog_unrefp) = NULL;
    struct change_list *list = ARENA_NEW(f->arena, struct change_list);
    assert_ok(f, doc_parse(f->arena, str_of(json), JSON_DEPTH_MAX, &doc, &f->err));
    assert_ok(f, change_list_decode(f->arena, doc, list, &f->err));
    change_list_prepare(f->arena, list, "p");
    assert_ok(f, change_list_apply(list, now, &after, &f->err));
    struct plan *plan = plan_new(f->arena, list, "p");
    assert_ok(f, engine_plan(f->engine, now, plan, &f->err));
    return plan;
}

static void test_taken_back(void **state)
{
    (void)state;
    struct fixture *f = fixture_open();
    change(f, make_notes);
    fill(f);
    struct catalog *before AUTO(catalog_unrefp) = fixture_catalog(f, f->engine, NS);
    const char *print = catalog_fingerprint(f->arena, before);
    const char *rows = fixture_rows(f, f->engine, NS, "notes", "id,a,n", NULL, "id");
    const char *indexes = fixture_command(f, "{\"listIndexes\":\"notes\"}");
    for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
        const struct plan *plan = plan_of(f, changes[i], before);
        size_t n = 0;
        while (n < plan->n_steps && plan->steps[n].group == 0) {
            n++;
        }
        for (size_t last = 0; last < 2 * n; last++) {
            run_part(f, plan, last % n, last >= n);
            struct catalog *is AUTO(catalog_unrefp) = fixture_catalog(f, f->engine, NS);
            assert_string_equal(catalog_fingerprint(f->arena, is), print);
            assert_string_equal(fixture_rows(f, f->engine, NS, "notes", "id,a,n", NULL, "id"),
                                rows);
            assert_int_equal(is->n_tables, 1);
        }
    }
    assert_int_equal(strlen(fixture_command(f, "{\"listIndexes\":\"notes\"}")), strlen(indexes));
    fixture_close(f);
}

/* Every step may run again, as after a crash that nobody saw. */
static void test_run_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
        struct fixture *f = fixture_open();
        change(f, make_notes);
        fill(f);
        struct catalog *before AUTO(catalog_unrefp) = fixture_catalog(f, f->engine, NS);
        const struct plan *plan = plan_of(f, changes[i], before);
        struct session *s = NULL;
        assert_ok(f, engine_session_begin(f->engine, NS, ACCESS_SCHEMA, &s, &f->err));
        for (size_t g = 0; g < plan->n_groups; g++) {
            assert_ok(f, engine_group_begin(s, &plan->groups[g], &f->err));
            for (size_t k = 0; k < plan->n_steps; k++) {
                if (plan->steps[k].group != g) {
                    continue;
                }
                assert_ok(f, engine_run_step(s, &plan->steps[k], NULL, &f->err));
                if (plan->steps[k].kind == STEP_RUN) {
                    assert_ok(f, engine_run_step(s, &plan->steps[k], NULL, &f->err));
                }
            }
            assert_ok(f, engine_group_end(s, &plan->groups[g], true, &f->err));
        }
        engine_session_end(s);
        fixture_close(f);
    }
}

/* more documents than one update changes at a time. */
static void test_many_rows(void **state)
{
    (void)state;
    struct fixture *f = fixture_open();
    change(f, make_notes);
    struct buf b;
    buf_init(&b, BUF_MAX_DEFAULT);
    buf_adds(&b, "{\"insert\":\"notes\",\"documents\":[");
    for (int i = 0; i < 2300; i++) {
        buf_printf(&b,
                   "%s{\"_id\":{\"$uuid\":\"018f3e6c-0000-7000-8000-%012d\"},\"a\":\"x\",\"n\":{"
                   "\"$numberLong\":\"%d\"}}",
                   i ? "," : "", i, i);
    }
    buf_adds(&b, "]}");
    (void)fixture_command(f, buf_text(&b));
    buf_release(&b);
    change(f, "[{\"op\":\"RENAME_COLUMN\",\"table\":\"notes\",\"column\":\"n\",\"newName\":\"m\"},"
              "{\"op\":\"CREATE_COLUMN\",\"table\":\"notes\",\"column\":{\"name\":\"k\",\"type\":"
              "\"int64\",\"nullable\":false,\"defaultValue\":4}}]");
    const char *reply = fixture_command(
        f,
        "{\"aggregate\":\"notes\",\"pipeline\":[{\"$group\":{\"_id\":\"$k\",\"rows\":{\"$sum\":1},"
        "\"sum\":{\"$sum\":\"$m\"}}}],\"cursor\":{}}");
    assert_non_null(strstr(reply, "\"_id\" : 4, \"rows\" : 2300, \"sum\" : 2643850"));
    fixture_close(f);
}

static void test_generation(void **state)
{
    (void)state;
    struct fixture *f = fixture_open();
    uint64_t first = 0;
    uint64_t second = 0;
    assert_ok(f, engine_generation(f->engine, NS, &first, &f->err));
    change(f, make_notes);
    assert_ok(f, engine_generation(f->engine, NS, &second, &f->err));
    assert_true(first != second); /* ours is known at once */
    assert_ok(f, engine_generation(f->engine, NS, &first, &f->err));
    assert_true(first == second);
    (void)fixture_command(f, "{\"create\":\"elsewhere\"}");
    for (int i = 0; i < 40 && first == second; i++) { /* looked for each second */
        assert_int_equal(loop_sleep(100000, NULL), ERR_OK);
        assert_ok(f, engine_generation(f->engine, NS, &second, &f->err));
    }
    assert_true(first != second);
    fixture_close(f);
}

/* direction, kind and condition of keys are kept, and "_id" stays. An index that another
 * program dropped or made is what the server says. */
static void test_indexes_of_others(void **state)
{
    (void)state;
    struct fixture *f = fixture_open();
    change(f, make_notes);
    (void)fixture_command(f, "{\"dropIndexes\":\"notes\",\"index\":\"by_n\"}");
    (void)fixture_command(f,
                          "{\"createIndexes\":\"notes\",\"indexes\":[{\"key\":{\"a\":1,\"n\":-1},"
                          "\"name\":\"theirs\",\"sparse\":true},{\"key\":{\"a\":\"hashed\"},"
                          "\"name\":\"a_hashed\"}]}");
    struct catalog *c AUTO(catalog_unrefp) = fixture_catalog(f, f->engine, NS);
    const struct table *t = catalog_find_table(c, STR("notes"));
    assert_null(table_find_index(t, STR("by_n")));
    const struct index *i = table_find_index(t, STR("theirs"));
    assert_non_null(i);
    assert_int_equal(i->n_keys, 2);
    assert_string_equal(i->keys[0].column, "a");
    assert_true(i->keys[1].is_descending);
    assert_non_null(i->where);
    assert_non_null(strstr(i->native, "\"sparse\":true"));
    assert_string_equal(table_find_index(t, STR("a_hashed"))->method, "hashed");
    fixture_close(f);
}

static void refuse(struct fixture *f, const char *json, const char *where)
{
    enum errcode code = fixture_change(f, f->engine, NS, json, NULL);
    if (code != ERR_UNSUPPORTED) {
        fail_msg("%s: %s", json, errcode_row(code)->wire);
    }
    assert_non_null(f->err.message);
    assert_string_equal(f->err.where, where);
    error_release(&f->err);
}

static void test_unsupported(void **state)
{
    (void)state;
    struct fixture *f = fixture_open();
    change(f, make_notes);
    refuse(f,
           "[{\"op\":\"CREATE_TABLE\",\"table\":{\"tableName\":\"t\",\"columns\":[{\"name\":\"x\","
           "\"type\":\"decimal(40,2)\"}]}}]",
           "/operations/0/table/columns/0");
    refuse(f,
           "[{\"op\":\"CREATE_TABLE\",\"table\":{\"tableName\":\"t\",\"columns\":[{\"name\":\"x\","
           "\"type\":\"text\",\"defaultExpression\":{\"call\":\"lower\",\"args\":[\"X\"]}}]}}]",
           "/operations/0/table/columns/0");
    refuse(
        f,
        "[{\"op\":\"CREATE_TABLE\",\"table\":{\"tableName\":\"t\",\"columns\":[{\"name\":\"_id\","
        "\"type\":\"text\"}]}}]",
        "/operations/0/table/columns/0");
    refuse(f,
           "[{\"op\":\"CREATE_TABLE\",\"table\":{\"tableName\":\"t\",\"columns\":[{\"name\":\"x\","
           "\"type\":\"text\"}],\"checks\":[{\"expr\":{\"raw\":\"x > 1\"}}]}}]",
           "/operations/0/table/checks/0/expr");
    refuse(f,
           "[{\"op\":\"CREATE_COLUMN\",\"table\":\"notes\",\"column\":{\"name\":\"low\",\"type\":"
           "\"text\",\"generated\":{\"as\":{\"call\":\"lower\",\"args\":[{\"column\":\"a\"}]}}}}]",
           "/operations/0");
    struct catalog *c AUTO(catalog_unrefp) = fixture_catalog(f, f->engine, NS);
    assert_int_equal(c->n_tables, 1);
    fixture_close(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_validator),   cmocka_unit_test(test_keywords),
        cmocka_unit_test(test_taken_back),  cmocka_unit_test(test_run_again),
        cmocka_unit_test(test_generation),  cmocka_unit_test(test_indexes_of_others),
        cmocka_unit_test(test_unsupported), cmocka_unit_test(test_many_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
