#include "fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "engine/plan.h"

/* What takes too long, what waits for what, and what nobody can know. */
static struct column columns[] = {{.name = "id", .type = {.kind = TYPE_INT64}}};
static const struct column *const id_only[] = {&columns[0]};
static const struct table items = {
    .name = "items", .kind = TABLE_BASE, .columns = columns, .n_columns = 1, .row_estimate = -1};
static const struct table slow = {
    .name = "slow", .kind = TABLE_VIEW, .columns = columns, .n_columns = 1, .row_estimate = -1};

static int set_up(void **state)
{
    char name[64];
    (void)snprintf(name, sizeof name, "pgt-limits-%d", (int)getpid());
    const struct engine_options base = {
        .statement_ms = 1000, .lock_ms = 300, .application_name = name};
    struct fixture *f = fixture_open(&base);
    f->options.application_name = arena_strdup(f->arena, name);
    fixture_sql(f,
                "SET search_path = %s; CREATE TABLE items (id bigint PRIMARY KEY); CREATE VIEW "
                "slow AS SELECT 1::bigint AS id FROM pg_sleep(3); GRANT ALL ON items, slow TO %s",
                f->tenant, f->tenant);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture_close(*state);
    return 0;
}

/* ---- statements and locks -------------------------------------------------------------------- */

static void test_statement(void **state)
{
    struct fixture *f = *state;
    struct session *s = NULL;
    struct cursor *c = NULL;
    const struct query q = {.table = &slow, .columns = id_only, .n_columns = 1, .limit = 1};
    int64_t began = time_monotonic_us();
    assert_ok(f, engine_session_begin(f->engine, STR("tenants/main"), ACCESS_READ, &s, &f->err));
    assert_int_equal(engine_select(s, &q, &c, &f->err), ERR_TIMEOUT);
    assert_true(time_monotonic_us() - began < 2000000);
    engine_session_end(s);
}

static enum errcode drop_items(struct fixture *f)
{
    struct session *s = NULL;
    const struct plan_group g = {.is_transaction = true};
    const struct plan_step step = {.kind = STEP_RUN, .text = "DROP TABLE items", .lock = "write"};
    assert_ok(f, engine_session_begin(f->engine, STR("tenants/main"), ACCESS_SCHEMA, &s, &f->err));
    assert_ok(f, engine_group_begin(s, &g, &f->err));
    enum errcode code = engine_run_step(s, &step, NULL, &f->err);
    enum errcode end = engine_group_end(s, &g, code == ERR_OK, NULL);
    engine_session_end(s);
    return code == ERR_OK ? end : code;
}

static void test_lock(void **state)
{
    struct fixture *f = *state;
    fixture_sql(f, "BEGIN; LOCK TABLE %s.items IN ACCESS SHARE MODE", f->tenant);
    assert_int_equal(drop_items(f), ERR_BUSY);
    fixture_sql(f, "COMMIT");
    assert_ok(f, drop_items(f));
}

/* ---- writers and changes of structure -------------------------------------------------------- */

struct writer {
    struct fixture *f;
    pthread_t thread;
    atomic_int n_runs;
    atomic_bool is_done;
    enum errcode code;
    const char *message;
};

static enum errcode insert(struct session *s, void *arg, struct error *err)
{
    struct writer *w = arg;
    const struct value id = value_int(atomic_fetch_add(&w->n_runs, 1) + 1);
    const struct write write = {
        .kind = WRITE_INSERT, .table = &items, .columns = id_only, .values = &id, .n_columns = 1};
    return engine_write(s, &write, NULL, err);
}

static void *write_one(void *arg)
{
    struct writer *w = arg;
    struct error err AUTO(error_release) = ERROR_INIT;
    w->code = engine_transact(w->f->engine, STR("tenants/main"), insert, w, &err);
    atomic_store(&w->is_done, true);
    return NULL;
}

static void test_alone(void **state)
{
    struct fixture *f = *state;
    struct session *s = NULL;
    struct writer w = {.f = f};
    assert_ok(f, engine_session_begin(f->engine, STR("tenants/main"), ACCESS_SCHEMA, &s, &f->err));
    assert_int_equal(pthread_create(&w.thread, NULL, write_one, &w), 0);
    /* until it has tried and was refused */
    while (strcmp("0", fixture_text(f,
                                    "SELECT count(*) FROM pg_stat_activity WHERE query = "
                                    "'ROLLBACK' AND application_name = '%s'",
                                    f->options.application_name)) == 0) {
        assert_false(atomic_load(&w.is_done));
    }
    assert_int_equal(atomic_load(&w.n_runs), 0);
    engine_session_end(s);
    assert_int_equal(pthread_join(w.thread, NULL), 0);
    assert_int_equal(w.code, ERR_OK);
}

/* ---- what nobody can know -------------------------------------------------------------------- */

static void test_lost_commit(void **state)
{
    struct fixture *f = *state;
    struct writer w = {.f = f};
    fixture_sql(f,
                "CREATE FUNCTION %s.wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM "
                "pg_sleep(0.3); RETURN NULL; END'; CREATE CONSTRAINT TRIGGER late AFTER INSERT ON "
                "%s.items DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION %s.wait()",
                f->tenant, f->tenant, f->tenant);
    assert_int_equal(pthread_create(&w.thread, NULL, write_one, &w), 0);
    while (strcmp("1", fixture_text(f, "SELECT count(pg_terminate_backend(pid)) FROM "
                                       "pg_stat_activity WHERE query = 'COMMIT' AND state = "
                                       "'active' AND wait_event = 'PgSleep'")) != 0) {
        assert_false(atomic_load(&w.is_done));
    }
    assert_int_equal(pthread_join(w.thread, NULL), 0);
    assert_int_equal(w.code, ERR_UNAVAILABLE);
    assert_int_equal(atomic_load(&w.n_runs), 1); /* never again by itself */
    assert_string_equal("0", fixture_text(f, "SELECT count(*) FROM %s.items", f->tenant));
}

struct pair {
    struct fixture *f;
    pthread_barrier_t *both;
    int64_t first, second;
    int n_runs;
    enum errcode code;
};

static enum errcode update(struct session *s, int64_t id, struct error *err)
{
    const struct value v = value_int(id);
    const struct write w = {.kind = WRITE_UPDATE,
                            .table = &items,
                            .columns = id_only,
                            .values = &v,
                            .n_columns = 1,
                            .where = filter_compare(s->arena, FILTER_EQ, &columns[0], v)};
    return engine_write(s, &w, NULL, err);
}

static enum errcode update_both(struct session *s, void *arg, struct error *err)
{
    struct pair *p = arg;
    TRY(update(s, p->first, err));
    if (p->n_runs++ == 0) {
        (void)pthread_barrier_wait(p->both);
    }
    return update(s, p->second, err);
}

static void *run_pair(void *arg)
{
    struct pair *p = arg;
    p->code = engine_transact(p->f->engine, STR("tenants/main"), update_both, p, NULL);
    return NULL;
}

/* Two writes that wait for each other: one is tried again, both succeed. */
static void test_deadlock(void **state)
{
    struct fixture *f = *state;
    pthread_barrier_t both;
    pthread_t threads[2];
    struct pair pairs[] = {{.f = f, .both = &both, .first = 1, .second = 2},
                           {.f = f, .both = &both, .first = 2, .second = 1}};
    fixture_sql(f, "INSERT INTO %s.items VALUES (1), (2)", f->tenant);
    fixture_sql(f, "ALTER ROLE %s SET deadlock_timeout = '50ms'", f->options.user);
    assert_int_equal(pthread_barrier_init(&both, NULL, 2), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, run_pair, &pairs[i]), 0);
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    fixture_sql(f, "ALTER ROLE %s RESET deadlock_timeout", f->options.user);
    pthread_barrier_destroy(&both);
    assert_int_equal(pairs[0].code, ERR_OK);
    assert_int_equal(pairs[1].code, ERR_OK);
    assert_int_equal(pairs[0].n_runs + pairs[1].n_runs, 3);
}

/* ---- a login that may not make roles --------------------------------------------------------- */

static void test_plain_login(void **state)
{
    struct fixture *f = *state;
    struct engine *e = NULL;
    struct engine_options o = f->options;
    const char *role = arena_printf(f->arena, "%splain", f->options.prefix);
    o.user = role;
    o.prefix = arena_printf(f->arena, "%sp_", f->options.prefix);
    fixture_sql(f, "CREATE ROLE %s LOGIN; GRANT CREATE ON DATABASE %s TO %s", role,
                f->options.database, role);
    assert_ok(f, fixture_kind()->open(&o, &e, &f->err));
    assert_false(e->caps.row_security);
    assert_ok(f, engine_namespace_create(e, STR("tenants/x"), &f->err));
    struct writer w = {.f = f};
    struct session *s = NULL;
    const struct plan_group g = {.is_transaction = true};
    const struct plan_step step = {
        .kind = STEP_RUN, .text = "CREATE TABLE items (id bigint)", .lock = "write"};
    assert_ok(f, engine_session_begin(e, STR("tenants/x"), ACCESS_SCHEMA, &s, &f->err));
    assert_ok(f, engine_group_begin(s, &g, &f->err));
    assert_ok(f, engine_run_step(s, &step, NULL, &f->err));
    assert_ok(f, engine_group_end(s, &g, true, &f->err));
    engine_session_end(s);
    assert_ok(f, engine_transact(e, STR("tenants/x"), insert, &w, &f->err));
    assert_ok(f, engine_namespace_drop(e, STR("tenants/x"), &f->err));
    engine_close(e);
    fixture_sql(f, "DROP OWNED BY %s; DROP ROLE %s", role, role);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_statement),   CASE(test_lock),     CASE(test_alone),
        CASE(test_lost_commit), CASE(test_deadlock), CASE(test_plain_login),
    };
    return cmocka_run_group_tests_name("postgres/limits", tests, NULL, NULL);
}
