#include "fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "change/change.h"

/*
 * a change that waits for a lock makes every later reader wait behind it, so it waits for a
 * second at a time, lets them pass, and gives up after a few tries with nothing changed.
 */
#define LOCK_MS 1000

static MYSQL *connect_to(struct fixture *f)
{
    MYSQL *m = mysql_init(NULL);
    const struct engine_options *o = &f->options;
    bool is_local = o->host && o->host[0] == '/';
    assert_non_null(mysql_real_connect(m, is_local ? NULL : o->host, o->user, o->password,
                                       f->database, (unsigned)o->port, is_local ? o->host : NULL,
                                       0));
    return m;
}

struct reader {
    MYSQL *mysql;
    atomic_bool stop;
    int64_t slowest_us;
    int n_reads;
    bool failed;
};

static void *read_on(void *arg)
{
    struct reader *r = arg;
    while (!atomic_load(&r->stop)) {
        int64_t start = time_monotonic_us();
        r->failed = r->failed || mysql_query(r->mysql, "SELECT count(*) FROM people") != 0;
        mysql_free_result(mysql_store_result(r->mysql));
        int64_t us = time_monotonic_us() - start;
        r->slowest_us = us > r->slowest_us ? us : r->slowest_us;
        r->n_reads++;
        (void)usleep(2000);
    }
    return NULL;
}

static enum errcode add_column(struct fixture *f)
{
    struct change change = {
        .kind = CHANGE_CREATE_COLUMN,
        .create_column = {.table = "people",
                          .column = {.name = "age", .type.kind = TYPE_INT64, .is_nullable = true}}};
    struct change_list list = {.items = &change, .n = 1, .arena = f->arena};
    struct plan *plan = plan_new(f->arena, &list, "t");
    struct session *s = NULL;
    struct catalog *now = NULL;
    assert_ok(f, engine_session_begin(f->engine, STR("store"), ACCESS_SCHEMA, &s, &f->err));
    assert_ok(f, engine_inspect(s, &now, &f->err));
    assert_ok(f, engine_plan(f->engine, now, plan, &f->err));
    catalog_unref(now);
    assert_ok(f, engine_group_begin(s, &plan->groups[0], &f->err));
    enum errcode code = ERR_OK;
    for (size_t i = 0; i < plan->n_steps && code == ERR_OK; i++) {
        int64_t n = 0;
        code = engine_run_step(s, &plan->steps[i], &n, &f->err);
    }
    assert_ok(f, engine_group_end(s, &plan->groups[0], code == ERR_OK, NULL));
    engine_session_end(s);
    return code;
}

static int set_up(void **state)
{
    struct fixture *f = fixture_open(&(struct engine_options){.lock_ms = LOCK_MS});
    fixture_sql(f, "CREATE TABLE people (id bigint PRIMARY KEY)", "INSERT INTO people VALUES (1)",
                NULL);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture_close(*state);
    return 0;
}

static void readers_pass_a_change_that_waits(void **state)
{
    struct fixture *f = *state;
    struct reader r = {.mysql = connect_to(f)};
    pthread_t thread;
    fixture_sql(f, "START TRANSACTION", "SELECT * FROM people", NULL);
    assert_int_equal(pthread_create(&thread, NULL, read_on, &r), 0);
    enum errcode code = add_column(f);
    atomic_store(&r.stop, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    mysql_close(r.mysql);
    assert_int_equal(code, ERR_BUSY);
    assert_false(r.failed);
    assert_true(r.n_reads > 4);
    assert_true(r.slowest_us < (LOCK_MS + 500) * 1000);
    assert_string_equal(fixture_text(f, "SELECT count(*) FROM information_schema.COLUMNS WHERE "
                                        "TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'people'"),
                        "1");
    fixture_sql(f, "COMMIT", NULL);
    assert_ok(f, add_column(f));
}

struct holder {
    MYSQL *mysql;
};

static void *hold_for_a_while(void *arg)
{
    struct holder *h = arg;
    (void)usleep(1500000);
    (void)!mysql_query(h->mysql, "COMMIT");
    return NULL;
}

static void a_change_comes_through_when_the_lock_is_free_in_time(void **state)
{
    struct fixture *f = *state;
    struct holder h = {.mysql = connect_to(f)};
    pthread_t thread;
    assert_int_equal(mysql_query(h.mysql, "START TRANSACTION"), 0);
    assert_int_equal(mysql_query(h.mysql, "SELECT * FROM people"), 0);
    mysql_free_result(mysql_store_result(h.mysql));
    assert_int_equal(pthread_create(&thread, NULL, hold_for_a_while, &h), 0);
    assert_ok(f, add_column(f));
    assert_int_equal(pthread_join(thread, NULL), 0);
    mysql_close(h.mysql);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(readers_pass_a_change_that_waits),
        TEST(a_change_comes_through_when_the_lock_is_free_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
