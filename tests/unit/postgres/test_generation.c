#include "fixture.h"

#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "engine/plan.h"

static int set_up(void **state)
{
    *state = fixture_open(NULL);
    return 0;
}

static int tear_down(void **state)
{
    fixture_close(*state);
    return 0;
}

static uint64_t generation(struct fixture *f, struct engine *e, const char *ns)
{
    uint64_t g = 0;
    assert_ok(f, engine_generation(e, str_of(ns), &g, &f->err));
    return g;
}

/* How long until the generation of @ns is not @before any more. */
static int64_t wait_for_move(struct fixture *f, struct engine *e, const char *ns, uint64_t before)
{
    int64_t began = time_monotonic_us();
    while (generation(f, e, ns) == before) {
        assert_true(time_monotonic_us() - began < 10000000);
        usleep(2000);
    }
    return time_monotonic_us() - began;
}

/* What came by itself at the begin is over. */
static uint64_t settle(struct fixture *f, struct engine *e, const char *ns)
{
    uint64_t now = generation(f, e, ns);
    int64_t since = time_monotonic_us();
    while (time_monotonic_us() - since < 2000000) {
        uint64_t next = generation(f, e, ns);
        since = next == now ? since : time_monotonic_us();
        now = next;
        usleep(20000);
    }
    return now;
}

static void change(struct fixture *f, struct engine *e, const char *ns, const char *text)
{
    struct session *s = NULL;
    const struct plan_group g = {.is_transaction = true};
    const struct plan_step step = {.kind = STEP_RUN, .text = text, .lock = "write"};
    assert_ok(f, engine_session_begin(e, str_of(ns), ACCESS_SCHEMA, &s, &f->err));
    assert_ok(f, engine_group_begin(s, &g, &f->err));
    assert_ok(f, engine_run_step(s, &step, NULL, &f->err));
    assert_ok(f, engine_group_end(s, &g, true, &f->err));
    engine_session_end(s);
}

/* ---- who hears of what ----------------------------------------------------------------------- */

static void test_own(void **state)
{
    struct fixture *f = *state;
    uint64_t before = generation(f, f->engine, "tenants/main");
    change(f, f->engine, "tenants/main", "CREATE TABLE t (a int)");
    assert_true(generation(f, f->engine, "tenants/main") > before);
}

static void test_other_process(void **state)
{
    struct fixture *f = *state;
    struct engine *other = NULL;
    assert_ok(f, fixture_kind()->open(&f->options, &other, &f->err));
    uint64_t before = settle(f, f->engine, "tenants/main");
    uint64_t store = settle(f, f->engine, "store");
    change(f, other, "tenants/main", "CREATE TABLE t (a int)");
    int64_t took = wait_for_move(f, f->engine, "tenants/main", before);
    assert_true(took < 1000000); /* heard, not looked for */
    assert_true(generation(f, f->engine, "store") == store);
    engine_close(other);
}

static const char *const foreign[] = {
    "CREATE TABLE %s.t (a int)",
    "ALTER TABLE %s.t ADD COLUMN b text",
    "ALTER TABLE %s.t RENAME COLUMN b TO c",
    "ALTER TABLE %s.t ALTER COLUMN c SET DEFAULT 'x'",
    "ALTER TABLE %s.t ALTER COLUMN c SET NOT NULL",
    "ALTER TABLE %s.t ADD CONSTRAINT a_small CHECK (a < 5)",
    "CREATE INDEX t_a ON %s.t (a)",
    "COMMENT ON TABLE %s.t IS 'x'",
    "DROP TABLE %s.t",
};

static void see_foreign(struct fixture *f, struct engine *e, const char *ns, size_t n)
{
    (void)settle(f, e, ns);
    for (size_t i = 0; i < n; i++) {
        uint64_t before = generation(f, e, ns);
        struct buf text;
        buf_init(&text, 4096);
        const char *rest = strstr(foreign[i], "%s");
        buf_add(&text, foreign[i], (size_t)(rest - foreign[i]));
        buf_adds(&text, f->tenant);
        buf_adds(&text, rest + 2);
        fixture_sql(f, "%s", buf_text(&text));
        buf_release(&text);
        assert_true(wait_for_move(f, e, ns, before) < 2500000);
    }
}

static void test_foreign(void **state)
{
    struct fixture *f = *state;
    see_foreign(f, f->engine, "tenants/main", ARRAY_LEN(foreign));
}

static void test_foreign_attached(void **state)
{
    struct fixture *f = *state;
    struct engine *e = NULL;
    struct engine_options o = f->options;
    o.is_attached = true;
    o.schema = f->tenant;
    assert_ok(f, fixture_kind()->open(&o, &e, &f->err));
    see_foreign(f, e, "attached", 2);
    engine_close(e);
}

/* One look is at all places: each that changed moves, and no other. */
static void test_foreign_among_many(void **state)
{
    static const char *const names[] = {"tenants/a", "tenants/b", "tenants/c.-"};
    struct fixture *f = *state;
    uint64_t before[ARRAY_LEN(names)];
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        assert_ok(f, engine_namespace_create(f->engine, str_of(names[i]), &f->err));
    }
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        before[i] = settle(f, f->engine, names[i]);
    }
    fixture_sql(f, "CREATE TABLE \"%stenant_c.-\".t (a int)", f->options.prefix);
    assert_true(wait_for_move(f, f->engine, names[2], before[2]) < 2500000);
    assert_true(generation(f, f->engine, names[0]) == before[0]);
    assert_true(settle(f, f->engine, names[1]) == before[1]);
    fixture_sql(f, "CREATE TABLE %stenant_a.t (a int)", f->options.prefix);
    assert_true(wait_for_move(f, f->engine, names[0], before[0]) < 2500000);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        assert_ok(f, engine_namespace_drop(f->engine, str_of(names[i]), &f->err));
    }
}

/* Nothing moves when nothing is changed, whatever is written to tables. */
static void test_quiet(void **state)
{
    struct fixture *f = *state;
    fixture_sql(f, "CREATE TABLE %s.t (a int)", f->tenant);
    uint64_t before = settle(f, f->engine, "tenants/main");
    fixture_sql(f, "INSERT INTO %s.t SELECT g FROM generate_series(1, 20000) g", f->tenant);
    fixture_sql(f, "ANALYZE %s.t", f->tenant);
    fixture_sql(f, "VACUUM %s.t", f->tenant);
    assert_true(settle(f, f->engine, "tenants/main") == before);
}

static int set_up_named(void **state)
{
    char name[64];
    (void)snprintf(name, sizeof name, "pgt-generation-%d", (int)getpid());
    const struct engine_options base = {.application_name = name};
    struct fixture *f = fixture_open(&base);
    f->options.application_name = arena_strdup(f->arena, name);
    *state = f;
    return 0;
}

static void test_lost_listener(void **state)
{
    struct fixture *f = *state;
    uint64_t before = settle(f, f->engine, "tenants/main");
    fixture_sql(f,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = "
                "'%s' AND query LIKE 'LISTEN%%'",
                f->options.application_name);
    (void)wait_for_move(f, f->engine, "tenants/main", before);
}

/* ---- the second wall ------------------------------------------------------------------------- */

static void test_row_security(void **state)
{
    struct fixture *f = *state;
    change(f, f->engine, "tenants/main", "CREATE TABLE mine (id int, tenant_id int)");
    change(f, f->engine, "tenants/main", "CREATE TABLE free (id int)");
    assert_string_equal("t", fixture_text(f,
                                          "SELECT relrowsecurity FROM pg_class WHERE oid = "
                                          "'%s.mine'::regclass",
                                          f->tenant));
    assert_string_equal("f", fixture_text(f,
                                          "SELECT relrowsecurity FROM pg_class WHERE oid = "
                                          "'%s.free'::regclass",
                                          f->tenant));
    fixture_sql(f, "INSERT INTO %s.mine VALUES (1, 7)", f->tenant);
    assert_ok(f, engine_namespace_create(f->engine, STR("tenants/other"), &f->err));
    /* somebody grants too much */
    fixture_sql(f, "GRANT USAGE ON SCHEMA %s TO %stenant_other", f->tenant, f->options.prefix);
    fixture_sql(f, "GRANT SELECT ON %s.mine TO %stenant_other", f->tenant, f->options.prefix);
    fixture_sql(f, "SET ROLE %stenant_other", f->options.prefix);
    assert_string_equal("0", fixture_text(f, "SELECT count(*) FROM %s.mine", f->tenant));
    fixture_sql(f, "SET ROLE %s", f->tenant);
    assert_string_equal("1", fixture_text(f, "SELECT count(*) FROM %s.mine", f->tenant));
    fixture_sql(f, "RESET ROLE");
    assert_ok(f, engine_namespace_drop(f->engine, STR("tenants/other"), &f->err));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_own),
        CASE(test_other_process),
        CASE(test_foreign),
        CASE(test_foreign_attached),
        CASE(test_foreign_among_many),
        CASE(test_quiet),
        cmocka_unit_test_setup_teardown(test_lost_listener, set_up_named, tear_down),
        CASE(test_row_security),
    };
    return cmocka_run_group_tests_name("postgres/generation", tests, NULL, NULL);
}
