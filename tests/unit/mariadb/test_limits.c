#include "fixture.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "engine/mariadb/conn.h"
#include "engine/mariadb/session.h"

/* What takes too long, is too large, is gone, or went away in the middle. */

static int set_up(void **state)
{
    static const struct engine_options tight = {.statement_ms = 500, .lock_ms = 1000};
    struct fixture *f = fixture_open(&tight);
    fixture_sql(f, "CREATE TABLE t (id INT PRIMARY KEY, s LONGTEXT)",
                "CREATE VIEW slow AS SELECT sleep(5) AS id", NULL);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture_close(*state);
    return 0;
}

static enum errcode read_one(struct fixture *f, struct engine *e, struct str ns,
                             const struct table *t)
{
    const struct column *columns[] = {&t->columns[0]};
    struct query q = {.table = t, .columns = columns, .n_columns = 1, .limit = 1};
    struct session *s = NULL;
    const struct value *row = NULL;
    error_release(&f->err);
    TRY(engine_session_begin(e, ns, ACCESS_READ, &s, &f->err));
    enum errcode code = engine_query_one(s, &q, f->arena, &row, &f->err);
    engine_session_end(s);
    return code;
}

static void a_long_read_is_ended(void **state)
{
    struct fixture *f = *state;
    const struct table *slow = fixture_table(f, "slow", "id int64", NULL);
    int64_t from = time_monotonic_us();
    assert_int_equal(read_one(f, f->engine, STR("store"), slow), ERR_TIMEOUT);
    assert_in_range(time_monotonic_us() - from, 300000, 4000000);
    const struct table *t = fixture_table(f, "t", "id int64", NULL);
    assert_ok(f, read_one(f, f->engine, STR("store"), t));
}

struct job {
    const struct table *table;
    struct str text;
    int n_runs;
};

static enum errcode insert(struct session *s, void *arg, struct error *err)
{
    struct job *j = arg;
    const struct column *columns[] = {&j->table->columns[0], &j->table->columns[1]};
    struct value values[] = {value_int(1), value_str(j->text)};
    struct write w = {.kind = WRITE_INSERT,
                      .table = j->table,
                      .columns = columns,
                      .values = values,
                      .n_columns = 2};
    j->n_runs++;
    return engine_write(s, &w, NULL, err);
}

static void large_values_pass_up_to_the_servers_limit(void **state)
{
    struct fixture *f = *state;
    const size_t limit = 1 << 26;
    char *text = arena_alloc(f->arena, limit);
    memset(text, 'x', limit);
    struct job j = {.table = fixture_table(f, "t", "id int32", "s text?", NULL),
                    .text = {text, 8 << 20}};
    assert_ok(f, engine_transact(f->engine, STR("store"), insert, &j, &f->err));
    const struct column *columns[] = {&j.table->columns[1]};
    struct query q = {.table = j.table, .columns = columns, .n_columns = 1, .limit = 1};
    struct session *s = NULL;
    const struct value *row = NULL;
    assert_ok(f, engine_session_begin(f->engine, STR("store"), ACCESS_READ, &s, &f->err));
    assert_ok(f, engine_query_one(s, &q, f->arena, &row, &f->err));
    assert_int_equal(row[0].s.n, 8 << 20);
    assert_memory_equal(row[0].s.p, text, 8 << 20);
    engine_session_end(s);
    j.text.n = limit;
    assert_int_equal(engine_transact(f->engine, STR("store"), insert, &j, NULL), ERR_TOO_LARGE);
    fixture_sql(f, "DELETE FROM t", NULL);
}

static void what_is_not_there_is_not_found(void **state)
{
    struct fixture *f = *state;
    const struct table *t = fixture_table(f, "t", "id int32", NULL);
    struct session *s = NULL;
    uint64_t generation = 0;
    struct job j = {.table = t};
    struct str never = STR("tenants/never");
    assert_int_equal(engine_generation(f->engine, never, &generation, NULL), ERR_NOT_FOUND);
    assert_int_equal(read_one(f, f->engine, never, t), ERR_NOT_FOUND);
    assert_int_equal(engine_transact(f->engine, never, insert, &j, NULL), ERR_NOT_FOUND);
    assert_int_equal(j.n_runs, 0);
    assert_int_equal(engine_session_begin(f->engine, never, ACCESS_SCHEMA, &s, NULL),
                     ERR_NOT_FOUND);
    assert_int_equal(engine_namespace_drop(f->engine, never, NULL), ERR_NOT_FOUND);
}

/* ---- a connection that is cut ------------------------------------------------------------------
 */

static MYSQL *another(struct fixture *f)
{
    MYSQL *m = mysql_init(NULL);
    bool is_local = f->options.host[0] == '/';
    assert_non_null(mysql_real_connect(m, is_local ? NULL : f->options.host, f->options.user,
                                       f->options.password, NULL, (unsigned)f->options.port,
                                       is_local ? f->options.host : NULL, 0));
    return m;
}

/* Kills, from a thread of its own, the first connection to the database whose statement is @like.
 */
struct killer {
    MYSQL *mysql;
    const char *find;
    bool killed;
};

static void *kill_it(void *arg)
{
    struct killer *k = arg;
    for (int i = 0; i < 5000 && !k->killed; i++) {
        char text[64] = "KILL CONNECTION ";
        MYSQL_RES *r = mysql_query(k->mysql, k->find) == 0 ? mysql_store_result(k->mysql) : NULL;
        MYSQL_ROW row = r ? mysql_fetch_row(r) : NULL;
        if (row && strlen(row[0]) < 20) {
            memcpy(text + 16, row[0], strlen(row[0]) + 1);
            k->killed = mysql_query(k->mysql, text) == 0;
        }
        mysql_free_result(r);
        usleep(1000);
    }
    return NULL;
}

static struct killer kill_when(struct fixture *f, const char *statement)
{
    return (struct killer){
        .mysql = another(f),
        .find = arena_printf(f->arena,
                             "SELECT ID FROM information_schema.PROCESSLIST WHERE DB = '%s' AND "
                             "INFO LIKE '%s'",
                             f->database, statement),
    };
}

/* Nobody knows whether it was kept: it is not tried again, and it says so. */
static void a_commit_that_is_cut_is_told(void **state)
{
    struct fixture *f = *state;
    struct job j = {.table = fixture_table(f, "t", "id int32", "s text?", NULL)};
    struct killer k = kill_when(f, "COMMIT");
    MYSQL *holder = another(f);
    pthread_t thread;
    assert_int_equal(mysql_query(holder, "BACKUP STAGE START"), 0);
    assert_int_equal(mysql_query(holder, "BACKUP STAGE BLOCK_COMMIT"), 0);
    assert_int_equal(pthread_create(&thread, NULL, kill_it, &k), 0);
    error_release(&f->err);
    enum errcode code = engine_transact(f->engine, STR("store"), insert, &j, &f->err);
    (void)mysql_query(holder, "BACKUP STAGE END");
    mysql_close(holder);
    pthread_join(thread, NULL);
    mysql_close(k.mysql);
    assert_true(k.killed);
    assert_int_equal(code, ERR_UNAVAILABLE);
    assert_non_null(strstr(f->err.message, "may be there"));
    assert_int_equal(j.n_runs, 1);
    assert_ok(f, engine_ping(f->engine, &f->err));
    fixture_sql(f, "DELETE FROM t", NULL);
}

static enum errcode insert_slowly(struct session *s, void *arg, struct error *err)
{
    struct my_conn *c = NULL;
    TRY(insert(s, arg, err));
    TRY(mariadb_own(mariadb_session_of(s), &c, err));
    return my_run(c, ((struct job *)arg)->n_runs == 1 ? "DO sleep(0.4)" : "DO 1", NULL, err);
}

/* Before that nothing of it is there: it is run once more, and is there once. */
static void a_write_that_is_cut_runs_again(void **state)
{
    struct fixture *f = *state;
    struct job j = {.table = fixture_table(f, "t", "id int32", "s text?", NULL)};
    struct killer k = kill_when(f, "DO sleep%");
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, kill_it, &k), 0);
    enum errcode code = engine_transact(f->engine, STR("store"), insert_slowly, &j, &f->err);
    pthread_join(thread, NULL);
    mysql_close(k.mysql);
    assert_true(k.killed);
    assert_ok(f, code);
    assert_int_equal(j.n_runs, 2);
    assert_string_equal(fixture_text(f, "SELECT count(*) FROM t"), "1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_read_is_ended),
        cmocka_unit_test(large_values_pass_up_to_the_servers_limit),
        cmocka_unit_test(what_is_not_there_is_not_found),
        cmocka_unit_test(a_commit_that_is_cut_is_told),
        cmocka_unit_test(a_write_that_is_cut_runs_again),
    };
    return cmocka_run_group_tests_name("mariadb/limits", tests, set_up, tear_down);
}
