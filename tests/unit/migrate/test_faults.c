/*
 * test_migrate_faults ENGINE STRIDE: a change, or its undo, in which one call of the engine fails;
 * again for the next call, until there is none. Journal and schema are on the same engine, so the
 * calls of both fail; on one that cannot hold a journal, that is on SQLite. After each fault a
 * recovery as at the start of a server; then the journal must tell the truth, a registry must know
 * the structure as it is, and the same change must succeed. Where the engine keeps both in one
 * transaction the registry knows before the recovery, too. STRIDE: every STRIDE-th call only, from
 * another one on for each test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"
#include "change/change_json.h"
#include "fault_engine.h"
#include "loop/loop.h"
#include "migrate/bootstrap.h"
#include "migrate/change_run.h"
#include "migrate/recover.h"
#include "rows.h"
#include "test_engine.h"

#define TENANT STR("tenants/main")

static const char tables[] =
    "[{'op': 'CREATE_TABLE', 'table': {'name': 'countries', 'columns': ["
    "  {'name': 'code', 'type': 'string(2)', 'primaryKey': true}, {'name': 'name', 'type': 'text'}]}},"
    " {'op': 'CREATE_TABLE', 'table': {'name': 'people', 'columns': ["
    "  {'name': 'id', 'type': 'int64', 'primaryKey': true},"
    "  {'name': 'name', 'type': 'string(100)', 'nullable': false},"
    "  {'name': 'mail', 'type': 'string(100)', 'unique': true},"
    "  {'name': 'country', 'type': 'string(2)', 'references': {'table': 'countries',"
    "   'column': 'code'}}]}}]";
static const char rows[] = "{'countries': [['it', 'Italia'], ['fr', 'France']],"
                           " 'people': [[1, 'Bo', 'bo@x', 'it'], [2, 'Cy', null, 'fr'],"
                           "            [3, 'Di', 'di@x', null]]}";

/* What an engine without foreign keys has instead. */
static const char plain_tables[] =
    "[{'op': 'CREATE_TABLE', 'table': {'name': 'countries', 'columns': ["
    "  {'name': 'code', 'type': 'text', 'primaryKey': true}, {'name': 'name', 'type': 'text'}]}},"
    " {'op': 'CREATE_TABLE', 'table': {'name': 'people', 'columns': ["
    "  {'name': 'id', 'type': 'int64', 'primaryKey': true},"
    "  {'name': 'name', 'type': 'text', 'nullable': false},"
    "  {'name': 'mail', 'type': 'text'}, {'name': 'country', 'type': 'text'}]}}]";

struct scenario {
    const char *name;
    const char *changes;
    bool needs_keys; /* foreign keys, checks, defaults */
};

static const struct scenario scenarios[] = {
    {"create a table",
     "[{'op': 'CREATE_TABLE', 'table': {'name': 'notes', 'columns': ["
     "  {'name': 'id', 'type': 'int64', 'primaryKey': true, 'autoIncrement': true},"
     "  {'name': 'stars', 'type': 'int64', 'validation': {'min': 1}},"
     "  {'name': 'writer', 'type': 'relation', 'relatedTable': 'people'}],"
     "  'indexes': [{'name': 'by_stars', 'columns': ['stars']}]}}]",
     true},
    {"add a required column and a unique index",
     "[{'op': 'CREATE_COLUMN', 'table': 'people', 'column': {'name': 'age', 'type': 'int64',"
     "  'nullable': false, 'defaultValue': 7}},"
     " {'op': 'CREATE_INDEX', 'table': 'people', 'index': {'name': 'u', 'columns': ['name'],"
     "  'unique': true}}]",
     true},
    {"drop a column that has values",
     "[{'op': 'DROP_COLUMN', 'table': 'people', 'column': 'mail'}]", false},
    {"drop a table that another refers to", "[{'op': 'DROP_TABLE', 'table': 'countries'}]", false},
    {"rename a table and a column",
     "[{'op': 'RENAME_TABLE', 'table': 'people', 'newName': 'persons'},"
     " {'op': 'RENAME_COLUMN', 'table': 'persons', 'column': 'mail', 'newName': 'email'}]",
     false},
    {"change many things at once",
     "[{'op': 'DROP_COLUMN', 'table': 'people', 'column': 'country'},"
     " {'op': 'RENAME_COLUMN', 'table': 'people', 'column': 'name', 'newName': 'called'},"
     " {'op': 'CREATE_COLUMN', 'table': 'people', 'column': {'name': 'at', 'type': 'datetime'}},"
     " {'op': 'CREATE_INDEX', 'table': 'people', 'index': {'columns': ['called', 'at']}}]",
     false},
};

struct place {
    struct test_engine real, store;
    bool has_store; /* of its own */
    struct engine *faulty;
    struct journal *journal, *faulty_journal;
    struct migrate_target target, faulty_target;
    struct runtime *runtime; /* of the one test that needs it */
    struct arena *arena;     /* of one round */
};

static struct place place;
static const char *engine_name;
static int stride = 1;

struct trial {
    char name[160];
    const struct scenario *scenario;
    enum fault_kind kind;
    bool is_undo; /* the undo is what fails */
    int first;
};

#define OK(call)                                                                      \
    do {                                                                              \
        struct error ok_err_ = ERROR_INIT;                                            \
        struct error *err UNUSED = &ok_err_;                                          \
        if ((call) != ERR_OK) {                                                       \
            print_error("%s: %s %s\n", #call, ok_err_.message ? ok_err_.message : "", \
                        ok_err_.detail ? ok_err_.detail : "");                        \
            error_release(&ok_err_);                                                  \
            fail();                                                                   \
        }                                                                             \
    } while (0)

static json_t *parse(const char *json)
{
    json_t *doc = NULL;
    char *text = arena_strdup(place.arena, json);
    for (char *c = text; *c; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    OK(doc_parse(place.arena, str_of(text), JSON_DEPTH_MAX, &doc, err));
    return doc;
}

static enum errcode run_changes(const struct migrate_target *t, const char *json,
                                struct change_record *out, struct error *err)
{
    struct migrate_confirm all = {(const char *const[]){"all"}, 1};
    struct change_list *list = ARENA_NEW(place.arena, struct change_list);
    TRY(change_list_decode(place.arena, parse(json), list, err));
    return migrate_run(t, list, &all, place.arena, out, err);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct column *)a)->name, ((const struct column *)b)->name);
}

/* Structure and rows as one text; columns by name, as an undo may bring one back at the end. */
static const char *state_of_tenant(void)
{
    struct catalog *c AUTO(catalog_unrefp) = NULL;
    const char *text = NULL;
    size_t n = 0;
    OK(migrate_catalog(&place.target, &c, err));
    OK(rows_all_text(place.real.engine, TENANT, place.arena, &text, err));
    struct table **all = catalog_sorted_tables(place.arena, c, &n);
    for (size_t i = 0; i < n; i++) {
        struct table t = *all[i];
        t.columns = arena_memdup(place.arena, t.columns, t.n_columns * sizeof *t.columns);
        qsort(t.columns, t.n_columns, sizeof *t.columns, compare_names);
        text = arena_printf(place.arena, "%s\n%s %s", text, t.name,
                            table_fingerprint(place.arena, &t));
    }
    return text;
}

static const char *live_fingerprint(void)
{
    struct catalog *c AUTO(catalog_unrefp) = NULL;
    OK(migrate_catalog(&place.target, &c, err));
    return catalog_fingerprint(place.arena, c);
}

/* ---- a registry of one row, in a table of the journal: the structure's fingerprint --------------
 */

#define REGISTRY "registry"

static const struct record_term its_name = {.field = "name", .op = FILTER_EQ};

static enum errcode project(struct session *s, void *arg, const struct migrate_outcome *o,
                            struct error *err)
{
    const struct journal *const *journal = arg;
    struct arena *a AUTO(arena_freep) = arena_new();
    struct record_place p = journal_place(*journal);
    struct record_term term = its_name;
    term.value = value_text(REGISTRY);
    struct record_query q = {.terms = &term, .n_terms = 1};
    struct applied_file row = {.name = REGISTRY,
                               .ns = "registry",
                               .number = 1,
                               .file_hash = catalog_fingerprint(a, o->after),
                               .change_id = o->record->id,
                               .inverse = "[]",
                               .applied_at = 1};
    TRY(record_delete_in(s, &p, &applied_file_type, &q, NULL, err));
    return record_insert_in(s, &p, &applied_file_type, &row, err);
}

static const char *registered_fingerprint(void)
{
    struct record_place p = journal_place(place.journal);
    struct record_term term = its_name;
    term.value = value_text(REGISTRY);
    struct record_query q = {.terms = &term, .n_terms = 1};
    struct applied_file row = {0};
    OK(record_one(&p, place.arena, &applied_file_type, &q, &row, err));
    return row.file_hash;
}

/* The newest entry of the journal, whatever its state. */
static struct change_record newest(void)
{
    struct change_record *list = NULL;
    size_t n = 0;
    struct migrate_filter one = {.tenant_id = 1, .limit = 1};
    OK(migrate_list(place.journal, &one, place.arena, &list, &n, err));
    assert_int_equal(n, 1);
    return list[0];
}

static void undo(const char *id)
{
    struct change_record undone = {0};
    OK(migrate_undo(&place.target, id, place.arena, &undone, err));
}

/* What is to fail, as often as needed: the change, or the undo of a change that went well. */
static enum errcode attempt(const struct trial *t, const struct migrate_target *target,
                            const char *done_id, struct error *err)
{
    struct change_record r = {0};
    return t->is_undo ? migrate_undo(target, done_id, place.arena, &r, err)
                      : run_changes(target, t->scenario->changes, &r, err);
}

static void settle(void)
{
    struct migrate_recovery sum = {0};
    OK(migrate_recover(&place.target, &sum, err));
    if (sum.n_unclear) {
        print_error("the journal says: %s\n", newest().error);
    }
    assert_int_equal(sum.n_unclear, 0);
}

/* After the fault: done and it is there, or not done and nothing has changed. Then once more. */
static void check_truth(const struct trial *t, const char *done_id, const char *last_id,
                        const char *before)
{
    struct change_record r = newest();
    bool is_new = !text_eq(r.id, last_id);
    if (is_new && text_eq(r.state, "done")) {
        assert_string_equal(r.fp_after, live_fingerprint());
        assert_string_not_equal(state_of_tenant(), before);
        return;
    }
    if (is_new) {
        assert_string_equal(r.state, "failed");
    }
    assert_string_equal(state_of_tenant(), before);
    OK(attempt(t, &place.target, done_id, err));
    assert_string_equal(newest().state, "done");
    assert_string_not_equal(state_of_tenant(), before);
}

static bool fail_once(const struct trial *t, int n)
{
    struct error why = ERROR_INIT;
    struct fault fault = {.kind = t->kind, .n = n};
    fault.code = t->kind == FAULT_AFTER ? ERR_UNAVAILABLE : ERR_IO;
    const char *first = state_of_tenant();
    const char *done_id = NULL;
    if (t->is_undo) {
        struct change_record r = {0};
        OK(run_changes(&place.target, t->scenario->changes, &r, err));
        done_id = r.id;
    }
    const char *before = state_of_tenant();
    const char *last_id = newest().id;
    fault_engine_arm(place.faulty, &fault);
    enum errcode code = attempt(t, &place.faulty_target, done_id, &why);
    bool fired = fault_engine_fired(place.faulty);
    fault_engine_arm(place.faulty, NULL);
    if (!fired && code != ERR_OK) {
        print_error("without a fault: %s\n", why.message);
    }
    error_release(&why);
    assert_true(fired || code == ERR_OK);
    if (place.real.engine->caps.ddl_with_registry) {
        assert_string_equal(registered_fingerprint(), live_fingerprint());
    }
    settle();
    assert_string_equal(registered_fingerprint(), live_fingerprint());
    check_truth(t, done_id, last_id, before);
    if (!t->is_undo) {
        undo(newest().id);
    }
    assert_string_equal(state_of_tenant(), first);
    return fired;
}

static void each_call_may_fail(void **state)
{
    const struct trial *t = *state;
    int n = t->first;
    bool fired = true;
    while (fired) {
        place.arena = arena_new();
        print_message("# call %d\n", n);
        fired = fail_once(t, n);
        place.arena = arena_free(place.arena);
        n += stride;
    }
    assert_true(n > 10); /* a change makes more calls than that */
}

/* ---- two at once, one of which is late ----------------------------------------------------------
 */

struct runner {
    const char *changes;
    enum errcode code;
    char message[200];
    struct gate done;
};

static void run_one(void *arg)
{
    struct runner *r = arg;
    struct arena *a AUTO(arena_freep) = arena_new();
    struct error err = ERROR_INIT;
    struct migrate_confirm all = {(const char *const[]){"all"}, 1};
    struct change_list list = {0};
    struct change_record record = {0};
    json_t *doc = NULL;
    r->code = doc_parse(a, str_of(r->changes), JSON_DEPTH_MAX, &doc, &err);
    if (r->code == ERR_OK) {
        r->code = change_list_decode(a, doc, &list, &err);
    }
    if (r->code == ERR_OK) {
        r->code = migrate_run(&place.faulty_target, &list, &all, a, &record, &err);
    }
    snprintf(r->message, sizeof r->message, "%s", err.message ? err.message : "");
    error_release(&err);
    gate_open(&r->done);
}

static bool is_told_to_wait(enum errcode code)
{
    return code == ERR_STALE_PLAN || code == ERR_BUSY || code == ERR_SCHEMA_MOVED;
}

/* Two changes on two loops, the n-th call of both together late: each is done, or refused because
 * of the other, and the journal says which. */
static bool delay_once(int n)
{
    struct runner runners[2] = {
        {.changes = "[{\"op\": \"CREATE_COLUMN\", \"table\": \"people\", \"column\":"
                    " {\"name\": \"late\", \"type\": \"text\"}}]"},
        {.changes = "[{\"op\": \"CREATE_TABLE\", \"table\": {\"name\": \"notes\", \"columns\":"
                    " [{\"name\": \"id\", \"type\": \"int64\", \"primaryKey\": true}]}}]"},
    };
    struct fault fault = {.kind = FAULT_DELAY, .n = n, .delay_us = 20000};
    const char *first = state_of_tenant();
    fault_engine_arm(place.faulty, &fault);
    for (int i = 0; i < 2; i++) {
        gate_init(&runners[i].done);
        loop_spawn(runtime_loop(place.runtime, i), run_one, &runners[i]);
    }
    gate_wait(&runners[0].done);
    gate_wait(&runners[1].done);
    bool fired = fault_engine_fired(place.faulty);
    fault_engine_arm(place.faulty, NULL);
    settle();
    int n_done = 0;
    for (int i = 0; i < 2; i++) {
        if (runners[i].code != ERR_OK && !is_told_to_wait(runners[i].code)) {
            fail_msg("call %d, change %d: %s", n, i, runners[i].message);
        }
        n_done += runners[i].code == ERR_OK;
    }
    assert_true(n_done > 0);
    assert_string_equal(newest().state, "done");
    assert_string_equal(newest().fp_after, live_fingerprint());
    assert_string_equal(registered_fingerprint(), live_fingerprint());
    for (; n_done > 0; n_done--) {
        struct change_record *list = NULL;
        size_t n_list = 0;
        struct migrate_filter done = {
            .tenant_id = 1, .state = "done", .kind = "change", .limit = 1};
        OK(migrate_list(place.journal, &done, place.arena, &list, &n_list, err));
        undo(list[0].id);
    }
    assert_string_equal(state_of_tenant(), first);
    return fired;
}

static void each_call_may_be_late(void **state)
{
    int n = 1;
    bool fired = true;
    (void)state;
    OK(runtime_start(&(struct runtime_settings){.loops = 2}, &place.runtime, err));
    while (fired) {
        place.arena = arena_new();
        fired = delay_once(n);
        place.arena = arena_free(place.arena);
        n += stride;
    }
    assert_true(n > 10);
}

/* ---- the place of all tests ---------------------------------------------------------------------
 */

static void aim(struct migrate_target *t, struct engine *e, struct journal **j)
{
    *t = (struct migrate_target){.engine = e,
                                 .ns = TENANT,
                                 .journal = *j,
                                 .hooks = {.project = project, .arg = j},
                                 .tenant_id = 1,
                                 .actor_id = 7,
                                 .actor_name = "Ann"};
}

static int drop_all(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    struct engine *e = place.real.engine;
    enum errcode code = ERR_OK;
    journal_close(place.journal);
    journal_close(place.faulty_journal);
    if (place.has_store) {
        test_engine_close(&place.store);
    }
    const struct str names[] = {TENANT, STR("store")};
    for (size_t i = 0; i < ARRAY_LEN(names) && code == ERR_OK; i++) {
        code = engine_namespace_exists(e, names[i]) ? engine_namespace_drop(e, names[i], &err)
                                                    : ERR_OK;
    }
    if (code != ERR_OK) {
        print_error("%s\n", err.message);
        error_release(&err);
    }
    place.real.engine = place.faulty; /* closes both */
    test_engine_close(&place.real);
    runtime_stop(place.runtime); /* behind the engine, which has watches on its loops */
    arena_free(place.arena);
    return code == ERR_OK ? 0 : 1;
}

static int make_all(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    struct engine *e = place.real.engine;
    struct change_record r = {0};
    place.arena = arena_new();
    place.faulty = fault_engine_open(e);
    struct engine *store = place.has_store ? place.store.engine : e;
    struct engine *faulty_store = place.has_store ? store : place.faulty;
    enum errcode code = engine_namespace_create(store, STR("store"), &err);
    code = code ? code : engine_namespace_create(e, TENANT, &err);
    code = code ? code : journal_open(store, STR("store"), &place.journal, &err);
    code = code ? code : journal_open(faulty_store, STR("store"), &place.faulty_journal, &err);
    aim(&place.target, e, &place.journal);
    aim(&place.faulty_target, place.faulty, &place.faulty_journal);
    const char *made = e->caps.foreign_keys ? tables : plain_tables;
    code = code ? code : run_changes(&place.target, made, &r, &err);
    code = code ? code : rows_insert(e, TENANT, parse(rows), &err);
    if (code != ERR_OK) {
        print_error("%s %s\n", err.message, err.detail ? err.detail : "");
        error_release(&err);
        drop_all(NULL);
        return 1;
    }
    place.arena = arena_free(place.arena);
    return 0;
}

/* A test that fails leaves a schema that the next one cannot begin with: each has its own. */
static int set_up(void **state)
{
    (void)state;
    place = (struct place){.has_store = text_eq(engine_name, "mongodb")};
    return (!place.has_store || test_engine_open("sqlite", &place.store)) &&
                   test_engine_open(engine_name, &place.real)
               ? make_all(NULL)
               : 1;
}

int main(int argc, char **argv)
{
    static struct trial trials[ARRAY_LEN(scenarios) * 4];
    static struct CMUnitTest tests[ARRAY_LEN(trials) + 1];
    static const enum fault_kind kinds[] = {FAULT_BEFORE, FAULT_AFTER};
    static const char *const words[] = {"fails", "is done and not answered"};
    size_t n = 0;
    if (argc != 3) {
        fprintf(stderr, "usage: test_migrate_faults ENGINE STRIDE\n");
        return 2;
    }
    engine_name = argv[1];
    stride = (int)strtol(argv[2], NULL, 10);
    if (test_engine_skip(engine_name)) {
        printf("1..1\nok 1 - faults # SKIP %s\n", test_engine_skip(engine_name));
        return 0;
    }
    for (size_t i = 0; i < ARRAY_LEN(trials); i++) {
        struct trial *t = &trials[i];
        t->scenario = &scenarios[i / 4];
        t->kind = kinds[i % 2];
        t->is_undo = i % 4 >= 2;
        t->first = 1 + (int)i % stride;
        if (t->scenario->needs_keys && text_eq(engine_name, "mongodb")) {
            continue;
        }
        snprintf(t->name, sizeof t->name, "each call %s: %s%s", words[i % 2],
                 t->is_undo ? "undo of " : "", t->scenario->name);
        tests[n++] = (struct CMUnitTest){t->name, each_call_may_fail, set_up, drop_all, t};
    }
    tests[n++] = (struct CMUnitTest){"two changes at once, each call late", each_call_may_be_late,
                                     set_up, drop_all, NULL};
    return _cmocka_run_group_tests("faults", tests, n, NULL, NULL);
}
