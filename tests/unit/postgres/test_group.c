#include "fixture.h"

#include <pthread.h>

#include "base/attr.h"
#include "base/hash.h"

/* A group that writes in another namespace: one transaction. */

#define TENANT STR("tenants/main")
#define STORE  STR("store")

static struct column word_columns[] = {
    {.name = "id", .type = {.kind = TYPE_INT64}},
    {.name = "word", .type = {.kind = TYPE_TEXT}},
};
static const char *word_key[] = {"id"};
static const struct table words = {.name = "words",
                                   .kind = TABLE_BASE,
                                   .columns = word_columns,
                                   .n_columns = 2,
                                   .primary_key = word_key,
                                   .n_primary_key = 1,
                                   .row_estimate = -1};
static const struct column *const both[] = {&word_columns[0], &word_columns[1]};

static const struct plan_group whole = {.is_transaction = true};

struct place {
    struct fixture *f;
    struct session *s; /* alone in the tenant's schema */
};

static int set_up(void **state)
{
    struct fixture *f = fixture_open(NULL);
    struct place *p = ARENA_NEW(f->arena, struct place);
    p->f = f;
    fixture_sql(f, "CREATE TABLE %s.words (id bigint PRIMARY KEY, word text)", f->store);
    assert_ok(f, engine_session_begin(f->engine, TENANT, ACCESS_SCHEMA, &p->s, &f->err));
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    struct place *p = *state;
    engine_session_end(p->s);
    fixture_close(p->f);
    return 0;
}

/* ---- words and steps ------------------------------------------------------------------------- */

static enum errcode write_word(struct session *s, int64_t id, const char *word, struct error *err)
{
    const struct value values[] = {value_int(id), value_text(word)};
    const struct write w = {
        .kind = WRITE_INSERT, .table = &words, .columns = both, .values = values, .n_columns = 2};
    return engine_write(s, &w, NULL, err);
}

struct saying {
    int64_t id;
    int n_runs;
};

static enum errcode say(struct session *s, void *arg, struct error *err)
{
    struct saying *saying = arg;
    saying->n_runs++;
    return write_word(s, saying->id, "said", err);
}

/* Asks for a word twice and goes on after the refusal. */
static enum errcode stammer(struct session *s, void *arg, struct error *err)
{
    struct saying *saying = arg;
    saying->n_runs++;
    TRY(write_word(s, saying->id, "said", err));
    if (write_word(s, saying->id, "again", NULL) != ERR_UNIQUE_VIOLATION) {
        return ERROR(err, ERR_INTERNAL, "the same word was taken twice");
    }
    return write_word(s, saying->id + 1, "more", err);
}

static void step(struct place *p, const char *text)
{
    struct plan_step step = {.kind = STEP_RUN, .text = text};
    int64_t n_rows = 0;
    assert_ok(p->f, engine_run_step(p->s, &step, &n_rows, &p->f->err));
}

static void begin(struct place *p)
{
    assert_ok(p->f, engine_group_begin(p->s, &whole, &p->f->err));
    step(p, "CREATE TABLE things (id int)");
}

static void is_there(struct place *p, const char *things, const char *n_words)
{
    struct fixture *f = p->f;
    assert_string_equal(things,
                        fixture_text(f,
                                     "SELECT string_agg(tablename, ' ' ORDER BY tablename) FROM "
                                     "pg_tables WHERE schemaname = '%s'",
                                     f->tenant));
    assert_string_equal(n_words, fixture_text(f, "SELECT count(*) FROM %s.words", f->store));
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void test_both_come_with_the_commit(void **state)
{
    struct place *p = *state;
    struct saying saying = {.id = 1};
    begin(p);
    assert_ok(p->f, engine_group_transact(p->s, STORE, say, &saying, &p->f->err));
    is_there(p, "", "0");
    step(p, "CREATE TABLE others (id int)"); /* in its own schema again */
    assert_ok(p->f, engine_group_end(p->s, &whole, true, &p->f->err));
    is_there(p, "others things", "1");
    assert_int_equal(saying.n_runs, 1);
}

static void test_both_go_with_the_group(void **state)
{
    struct place *p = *state;
    struct saying saying = {.id = 1};
    begin(p);
    assert_ok(p->f, engine_group_transact(p->s, STORE, say, &saying, &p->f->err));
    assert_ok(p->f, engine_group_end(p->s, &whole, false, &p->f->err));
    is_there(p, "", "0");
    begin(p); /* the session is as it was */
    assert_ok(p->f, engine_group_end(p->s, &whole, true, &p->f->err));
    is_there(p, "things", "0");
}

static void test_a_failure_takes_the_group_along(void **state)
{
    struct place *p = *state;
    struct saying saying = {.id = 1};
    fixture_sql(p->f, "INSERT INTO %s.words VALUES (1, 'there')", p->f->store);
    begin(p);
    assert_int_equal(engine_group_transact(p->s, STORE, say, &saying, &p->f->err),
                     ERR_UNIQUE_VIOLATION);
    assert_int_equal(engine_group_end(p->s, &whole, true, &p->f->err), ERR_CONFLICT);
    is_there(p, "", "1");
    begin(p);
    assert_ok(p->f, engine_group_end(p->s, &whole, true, &p->f->err));
    is_there(p, "things", "1");
}

static void test_who_goes_on_after_a_refusal_gets_savepoints(void **state)
{
    struct place *p = *state;
    struct saying saying = {.id = 1};
    begin(p);
    assert_ok(p->f, engine_group_transact(p->s, STORE, stammer, &saying, &p->f->err));
    assert_ok(p->f, engine_group_end(p->s, &whole, true, &p->f->err));
    is_there(p, "things", "2");
    assert_int_equal(saying.n_runs, 2);
}

static void test_only_in_an_open_transaction_and_elsewhere(void **state)
{
    struct place *p = *state;
    struct fixture *f = p->f;
    const struct plan_group loose = {.is_transaction = false};
    struct saying saying = {.id = 1};
    assert_int_equal(engine_group_transact(p->s, STORE, say, &saying, &f->err), ERR_INTERNAL);
    assert_ok(f, engine_group_begin(p->s, &loose, &f->err));
    assert_int_equal(engine_group_transact(p->s, STORE, say, &saying, &f->err), ERR_INTERNAL);
    assert_ok(f, engine_group_end(p->s, &loose, true, &f->err));
    begin(p);
    assert_int_equal(engine_group_transact(p->s, TENANT, say, &saying, &f->err), ERR_INTERNAL);
    assert_int_equal(engine_group_transact(p->s, STR("tenants/none"), say, &saying, &f->err),
                     ERR_NOT_FOUND);
    assert_ok(f, engine_group_end(p->s, &whole, false, &f->err));
    assert_int_equal(saying.n_runs, 0);
}

/* Somebody who changes the structure of the store, until the steps have run again. */
struct holder {
    struct fixture *f;
    PGconn *conn;
    const char *watch; /* the number of times that they ran */
};

static void run_on(PGconn *c, const char *text)
{
    PGresult *r = PQexec(c, text);
    assert_int_equal(PQresultStatus(r), PGRES_TUPLES_OK);
    PQclear(r);
}

static void hold(struct holder *h)
{
    const PGconn *like = h->f->beside;
    h->conn = PQsetdbLogin(PQhost(like), PQport(like), NULL, NULL, PQdb(like), PQuser(like),
                           PQpass(like));
    assert_int_equal(PQstatus(h->conn), CONNECTION_OK);
    run_on(h->conn, arena_printf(h->f->arena, "SELECT pg_advisory_lock(%lld)",
                                 (long long)hash64(str_of(h->f->store))));
}

static void *let_go(void *arg)
{
    struct holder *h = arg;
    bool again = false;
    while (!again) {
        PGresult *r = PQexec(h->conn, h->watch);
        again = PQresultStatus(r) != PGRES_TUPLES_OK || text_eq(PQgetvalue(r, 0, 0), "2");
        PQclear(r);
    }
    PQfinish(h->conn);
    return NULL;
}

static void test_it_waits_for_a_change_there_with_nothing_in_hand(void **state)
{
    struct place *p = *state;
    struct fixture *f = p->f;
    struct saying saying = {.id = 1};
    struct holder h = {.f = f};
    pthread_t thread;
    fixture_sql(f, "CREATE SEQUENCE %s.runs", f->store);
    h.watch = arena_printf(f->arena, "SELECT last_value FROM %s.runs", f->store);
    hold(&h);
    begin(p);
    step(p, arena_printf(f->arena, "SELECT nextval('%s.runs')", f->store));
    assert_int_equal(pthread_create(&thread, NULL, let_go, &h), 0);
    enum errcode code = engine_group_transact(p->s, STORE, say, &saying, &f->err);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_ok(f, code);
    assert_ok(f, engine_group_end(p->s, &whole, true, &f->err));
    is_there(p, "things", "1");
    assert_int_equal(saying.n_runs, 1);
}

/* Rows written between the steps would not come again: then it is not tried again. */
static void test_rows_of_the_group_are_not_lost_by_waiting(void **state)
{
    struct place *p = *state;
    struct fixture *f = p->f;
    struct saying saying = {.id = 1};
    struct holder h = {.f = f};
    hold(&h);
    begin(p);
    step(p, "CREATE TABLE words (id bigint PRIMARY KEY, word text)");
    assert_ok(f, write_word(p->s, 1, "row", &f->err));
    assert_int_equal(engine_group_transact(p->s, STORE, say, &saying, &f->err), ERR_BUSY);
    assert_ok(f, engine_group_end(p->s, &whole, false, &f->err));
    is_there(p, "", "0");
    PQfinish(h.conn);
}

/* Where the schemas are not all the driver's own, or on several machines. */
static void test_who_has_the_ability(void **state)
{
    struct place *p = *state;
    struct fixture *f = p->f;
    struct engine_options options = f->options;
    struct engine *other = NULL;
    assert_true(f->engine->caps.ddl_with_registry);
    options.is_attached = true;
    assert_ok(f, fixture_kind()->open(&options, &other, &f->err));
    assert_false(other->caps.ddl_with_registry);
    struct session *s = NULL;
    struct saying saying = {.id = 1};
    assert_ok(f, engine_session_begin(other, ATTACHED_NS, ACCESS_SCHEMA, &s, &f->err));
    assert_int_equal(engine_group_transact(s, STORE, say, &saying, &f->err), ERR_UNSUPPORTED);
    engine_session_end(s);
    engine_close(other);
    options.is_attached = false;
    options.is_distributed = true;
    assert_ok(f, fixture_kind()->open(&options, &other, &f->err));
    assert_false(other->caps.ddl_with_registry);
    engine_close(other);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_both_come_with_the_commit),
        CASE(test_both_go_with_the_group),
        CASE(test_a_failure_takes_the_group_along),
        CASE(test_who_goes_on_after_a_refusal_gets_savepoints),
        CASE(test_only_in_an_open_transaction_and_elsewhere),
        CASE(test_it_waits_for_a_change_there_with_nothing_in_hand),
        CASE(test_rows_of_the_group_are_not_lost_by_waiting),
        CASE(test_who_has_the_ability),
    };
    return cmocka_run_group_tests_name("postgres/group", tests, NULL, NULL);
}
