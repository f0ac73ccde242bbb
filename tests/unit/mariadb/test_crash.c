#include "fixture.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json.h"
#include "change/change_json.h"
#include "engine/mariadb/core.h"
#include "migrate/change_run.h"
#include "migrate/recover.h"

/*
 * A process that changes structure is killed before and behind each of its statements. Whoever
 * recovers finds the change undone or done, the rows as they were, and can run it again.
 */
#define ROOM STR("tenants/main")

static struct engine_ops killing;
static const struct engine_ops *real;
static int steps_left;
static bool kills_behind;

static enum errcode kill_in_step(struct session *s, const struct plan_step *step, int64_t *n_rows,
                                 struct error *err)
{
    bool is_last = steps_left-- == 0;
    if (is_last && !kills_behind) {
        (void)kill(getpid(), SIGKILL);
    }
    enum errcode code = real->run_step(s, step, n_rows, err);
    if (is_last) {
        (void)kill(getpid(), SIGKILL);
    }
    return code;
}

struct place {
    struct arena *arena;
    struct engine_options options;
    struct engine *engine;
    struct journal *journal;
    struct migrate_target target;
    struct error err;
};

static void place_open(struct place *p, int pid)
{
    *p = (struct place){.arena = arena_new(), .err = ERROR_INIT};
    p->options = fixture_options(p->arena);
    p->options.prefix = arena_printf(p->arena, "crash%d_", pid);
    assert_ok(p, mariadb_kind.open(&p->options, &p->engine, &p->err));
    assert_ok(p, engine_namespace_create(p->engine, STR("store"), &p->err));
    assert_ok(p, engine_namespace_create(p->engine, ROOM, &p->err));
    assert_ok(p, journal_open(p->engine, STR("store"), &p->journal, &p->err));
    p->target = (struct migrate_target){
        .engine = p->engine, .ns = ROOM, .journal = p->journal, .tenant_id = 1};
}

static void place_close(struct place *p)
{
    journal_close(p->journal);
    engine_close(p->engine);
    error_release(&p->err);
    arena_free(p->arena);
}

static void place_drop(struct place *p)
{
    assert_ok(p, engine_namespace_drop(p->engine, ROOM, &p->err));
    assert_ok(p, engine_namespace_drop(p->engine, STR("store"), &p->err));
    place_close(p);
}

static enum errcode run(struct place *p, const char *text)
{
    json_t *doc = NULL;
    struct change_list list = {0};
    struct change_record done = {0};
    TRY(doc_parse(p->arena, str_of(text), JSON_DEPTH_MAX, &doc, &p->err));
    TRY(change_list_decode(p->arena, doc, &list, &p->err));
    return migrate_run(&p->target, &list, &(struct migrate_confirm){(const char *[]){"all"}, 1},
                       p->arena, &done, &p->err);
}

static const char *fingerprint(struct place *p)
{
    struct catalog *c = NULL;
    assert_ok(p, migrate_catalog(&p->target, &c, &p->err));
    const char *text = catalog_fingerprint(p->arena, c);
    catalog_unref(c);
    return text;
}

static MYSQL *beside(struct place *p)
{
    MYSQL *m = mysql_init(NULL);
    const struct engine_options *o = &p->options;
    bool is_local = o->host && o->host[0] == '/';
    const char *database = arena_printf(p->arena, "%stenant_main", o->prefix);
    assert_non_null(mysql_real_connect(m, is_local ? NULL : o->host, o->user, o->password, database,
                                       (unsigned)o->port, is_local ? o->host : NULL, 0));
    return m;
}

static const char *ask(struct place *p, MYSQL *m, const char *sql)
{
    if (mysql_query(m, sql) != 0) {
        fail_msg("%s: %s", sql, mysql_error(m));
    }
    MYSQL_RES *r = mysql_store_result(m);
    MYSQL_ROW row = r ? mysql_fetch_row(r) : NULL;
    const char *text = row && row[0] ? arena_strdup(p->arena, row[0]) : "";
    mysql_free_result(r);
    return text;
}

static const char before[] =
    "[{\"op\": \"CREATE_TABLE\", \"table\": {\"tableName\": \"firms\", \"columns\": ["
    " {\"name\": \"id\", \"type\": \"int64\", \"primaryKey\": true}]}},"
    "{\"op\": \"CREATE_TABLE\", \"table\": {\"tableName\": \"people\", \"columns\": ["
    " {\"name\": \"id\", \"type\": \"int64\", \"primaryKey\": true},"
    " {\"name\": \"name\", \"type\": \"string(40)\"},"
    " {\"name\": \"age\", \"type\": \"int64\", \"nullable\": false, \"validation\": {\"min\": 0}},"
    " {\"name\": \"firm\", \"type\": \"relation\", \"relatedTable\": \"firms\"}],"
    " \"indexes\": [{\"name\": \"by_age\", \"columns\": [\"age\", \"name\"]}]}},"
    "{\"op\": \"CREATE_TABLE\", \"table\": {\"tableName\": \"notes\", \"columns\": ["
    " {\"name\": \"id\", \"type\": \"int64\", \"primaryKey\": true},"
    " {\"name\": \"person\", \"type\": \"relation\", \"relatedTable\": \"people\"}]}}]";

static const char change[] =
    "[{\"op\": \"CREATE_TABLE\", \"table\": {\"tableName\": \"tags\", \"columns\": ["
    " {\"name\": \"id\", \"type\": \"int64\", \"primaryKey\": true},"
    " {\"name\": \"person\", \"type\": \"relation\", \"relatedTable\": \"people\"}]}},"
    "{\"op\": \"CREATE_COLUMN\", \"table\": \"people\", \"column\": {\"name\": \"email\","
    " \"type\": \"text\", \"unique\": true, \"validation\": {\"minLength\": 3}}},"
    "{\"op\": \"DROP_COLUMN\", \"table\": \"people\", \"column\": \"age\"},"
    "{\"op\": \"RENAME_COLUMN\", \"table\": \"people\", \"column\": \"name\", \"newName\": \"called\"},"
    "{\"op\": \"DROP_TABLE\", \"table\": \"firms\"},"
    "{\"op\": \"RENAME_TABLE\", \"table\": \"notes\", \"newName\": \"remarks\"},"
    "{\"op\": \"CREATE_INDEX\", \"table\": \"people\", \"index\": {\"columns\": [\"called\"]}}]";

/* What must be the same whether it is in the table or in the trash. */
static const char rows_text[] = "SELECT group_concat(id, name, age, firm ORDER BY id) FROM people";
static const char trash_text[] =
    "SELECT count(*) FROM information_schema.TABLES WHERE "
    "TABLE_SCHEMA = DATABASE() AND TABLE_NAME LIKE '@_@_telaio@_trash%'"
    " ESCAPE '@'";

static void fill(struct place *p)
{
    MYSQL *m = beside(p);
    (void)ask(p, m, "INSERT INTO firms VALUES (1), (2)");
    (void)ask(p, m,
              "INSERT INTO people VALUES (1, 'Ann', 30, 1), (2, 'Bob', 40, 2), "
              "(3, 'Cid', 50, NULL)");
    (void)ask(p, m, "INSERT INTO notes VALUES (1, 1), (2, 3)");
    mysql_close(m);
}

/* True when the child ended by itself: the change came through. */
static bool run_and_kill(int pid, int step, bool behind)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct place p;
        place_open(&p, pid);
        real = p.engine->ops;
        killing = *real;
        killing.run_step = kill_in_step;
        steps_left = step;
        kills_behind = behind;
        p.engine->ops = &killing;
        enum errcode code = run(&p, change);
        if (code != ERR_OK) {
            fprintf(stderr, "%s (%s)\n", p.err.message, p.err.detail ? p.err.detail : "");
        }
        _exit(code == ERR_OK ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status)) {
        assert_int_equal(WEXITSTATUS(status), 0);
        return true;
    }
    assert_int_equal(WTERMSIG(status), SIGKILL);
    return false;
}

/* The server lets go of a dead process's locks as soon as it sees that it is dead. */
static void recover(struct place *p)
{
    int64_t open = 1;
    for (int i = 0; i < 200 && open > 0; i++) {
        enum errcode code = migrate_recover(&p->target, NULL, &p->err);
        if (code != ERR_OK && code != ERR_BUSY) {
            fail_msg("recovery: %s (%s)", p->err.message, p->err.detail);
        }
        assert_ok(p, migrate_open_count(p->journal, &open, &p->err));
        (void)usleep(open > 0 ? 50000 : 0);
    }
    assert_int_equal(open, 0);
}

static void a_change_killed_at_any_step_is_undone_or_done(void **state)
{
    (void)state;
    int pid = (int)getpid();
    struct place p;
    place_open(&p, pid);
    assert_ok(&p, run(&p, before));
    fill(&p);
    MYSQL *m = beside(&p);
    char rows[256], was[FINGERPRINT_HEX + 1];
    (void)snprintf(rows, sizeof rows, "%s", ask(&p, m, rows_text));
    (void)snprintf(was, sizeof was, "%s", fingerprint(&p));
    mysql_close(m);
    place_close(&p);
    bool is_done = false;
    int n_killed = 0;
    for (int step = 0; !is_done; step++) {
        for (int behind = 0; behind < 2 && !is_done; behind++) {
            is_done = run_and_kill(pid, step, behind != 0);
            n_killed += !is_done;
            place_open(&p, pid);
            recover(&p);
            is_done = is_done || strcmp(fingerprint(&p), was) != 0;
            if (!is_done) {
                m = beside(&p);
                assert_string_equal(ask(&p, m, rows_text), rows);
                assert_string_equal(ask(&p, m, trash_text), "0");
                mysql_close(m);
            }
            place_close(&p);
        }
    }
    assert_true(n_killed > 20);
    place_open(&p, pid);
    m = beside(&p);
    assert_string_equal(
        ask(&p, m, "SELECT count(*) FROM remarks JOIN people ON person = people.id"), "2");
    assert_string_equal(ask(&p, m, trash_text), "2");
    mysql_close(m);
    place_drop(&p);
}

/* The server hangs up before step @steps_left: nobody knows whether the statement ran. */
static MYSQL *hangs_up;

static enum errcode lose_connection(struct session *s, const struct plan_step *step,
                                    int64_t *n_rows, struct error *err)
{
    struct my_conn *c = mariadb_session_of(s)->conn;
    if (steps_left-- == 0 && c) {
        char text[64];
        (void)snprintf(text, sizeof text, "KILL %lu", c->id);
        (void)mysql_query(hangs_up, text);
    }
    return real->run_step(s, step, n_rows, err);
}

static void a_lost_connection_leaves_all_as_it_was(void **state)
{
    (void)state;
    struct place p;
    place_open(&p, (int)getpid());
    assert_ok(&p, run(&p, before));
    fill(&p);
    MYSQL *m = beside(&p);
    hangs_up = beside(&p);
    const char *rows = ask(&p, m, rows_text);
    const char *was = fingerprint(&p);
    real = p.engine->ops;
    killing = *real;
    killing.run_step = lose_connection;
    int n_lost = 0;
    enum errcode code = ERR_UNAVAILABLE;
    for (int step = 0; code != ERR_OK; step++) {
        p.engine->ops = &killing;
        steps_left = step;
        code = run(&p, change);
        p.engine->ops = real;
        if (code == ERR_OK) {
            break;
        }
        assert_int_equal(code, ERR_UNAVAILABLE);
        int64_t open = 1;
        assert_ok(&p, migrate_open_count(p.journal, &open, &p.err));
        assert_int_equal(open, 0); /* failed, and nothing to settle */
        assert_string_equal(fingerprint(&p), was);
        assert_string_equal(ask(&p, m, rows_text), rows);
        assert_string_equal(ask(&p, m, trash_text), "0");
        n_lost++;
    }
    assert_true(n_lost > 10);
    assert_string_equal(ask(&p, m, trash_text), "2");
    mysql_close(hangs_up);
    mysql_close(m);
    place_drop(&p);
}

/* Somebody takes a name that the way back needs: the journal says so, and the undo comes through
 * once the name is free. */
static void what_cannot_be_taken_back_waits_for_somebody(void **state)
{
    (void)state;
    int pid = (int)getpid();
    struct place p;
    place_open(&p, pid);
    assert_ok(&p, run(&p, before));
    fill(&p);
    const char *was = arena_strdup(p.arena, fingerprint(&p));
    char print[FINGERPRINT_HEX + 1];
    (void)snprintf(print, sizeof print, "%s", was);
    place_close(&p);
    MYSQL *m = NULL;
    for (int step = 0; step < 40; step++) {
        assert_false(run_and_kill(pid, step, true));
        place_open(&p, pid);
        m = beside(&p);
        if (strcmp(ask(&p, m,
                       "SELECT count(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = "
                       "DATABASE() AND TABLE_NAME = 'firms'"),
                   "0") == 0) {
            break;
        }
        mysql_close(m);
        recover(&p);
        place_close(&p);
    }
    (void)ask(&p, m, "CREATE TABLE firms (other int)");
    struct migrate_recovery sum = {0};
    for (int i = 0; i < 200 && !sum.n_unclear; i++) {
        assert_ok(&p, migrate_recover(&p.target, &sum, &p.err));
        (void)usleep(sum.n_unclear ? 0 : 50000);
    }
    assert_int_equal(sum.n_unclear, 1);
    struct change_record *records = NULL, undone = {0};
    size_t n = 0;
    struct migrate_filter needs = {.state = "needs_attention"};
    assert_ok(&p, migrate_list(p.journal, &needs, p.arena, &records, &n, &p.err));
    assert_int_equal(n, 1);
    assert_int_equal(migrate_undo(&p.target, records[0].id, p.arena, &undone, &p.err),
                     ERR_CONFLICT);
    (void)ask(&p, m, "DROP TABLE firms");
    assert_ok(&p, migrate_undo(&p.target, records[0].id, p.arena, &undone, &p.err));
    assert_string_equal(undone.state, "failed");
    assert_string_equal(fingerprint(&p), print);
    assert_string_equal(ask(&p, m, trash_text), "0");
    mysql_close(m);
    place_drop(&p);
}

/* ---- the server itself ---------------------------------------------------------------------- */

static char folder[32];

static void run_servers(const char *action)
{
    char command[512];
    (void)snprintf(command, sizeof command,
                   "env -u TELAIO_TEST_MARIADB '%s/tests/support/servers' %s '%s' mariadb >&2",
                   getenv("TELAIO_SOURCE"), action, folder);
    if (system(command) != 0) { /* NOLINT(cert-env33-c): fixed words and our own names */
        fail_msg("%s", command);
    }
}

static void kill_server(void)
{
    char path[64];
    char line[32] = "";
    (void)snprintf(path, sizeof path, "%s/my/pid", folder);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    (void)fclose(file);
    pid_t pid = (pid_t)strtol(line, NULL, 10);
    assert_int_equal(kill(pid, SIGKILL), 0);
    while (kill(pid, 0) == 0) {
        (void)usleep(10000);
    }
}

static enum errcode kill_server_in_step(struct session *s, const struct plan_step *step,
                                        int64_t *n_rows, struct error *err)
{
    bool is_last = steps_left-- == 0;
    if (is_last && !kills_behind) {
        kill_server();
    }
    enum errcode code = real->run_step(s, step, n_rows, err);
    if (is_last && kills_behind) {
        kill_server();
    }
    return code;
}

/* True when the change came through; otherwise the server is away. */
static bool run_and_kill_server(int step, bool behind)
{
    struct place p;
    place_open(&p, 1);
    real = p.engine->ops;
    killing = *real;
    killing.run_step = kill_server_in_step;
    steps_left = step;
    kills_behind = behind;
    p.engine->ops = &killing;
    enum errcode code = run(&p, change);
    p.engine->ops = real;
    if (code != ERR_OK && code != ERR_UNAVAILABLE) {
        fail_msg("%s", p.err.message);
    }
    place_close(&p);
    return code == ERR_OK;
}

static void a_server_killed_at_any_step_leaves_a_change_undone_or_done(void **state)
{
    (void)state;
    struct place p;
    (void)snprintf(folder, sizeof folder, "/tmp/myc-XXXXXX");
    assert_non_null(mkdtemp(folder));
    run_servers("start");
    char address[80], rows[256], was[FINGERPRINT_HEX + 1];
    (void)snprintf(address, sizeof address, "mariadb://root@/?socket=%s/my/sock", folder);
    assert_int_equal(setenv("TELAIO_TEST_MARIADB", address, 1), 0);
    place_open(&p, 1);
    assert_ok(&p, run(&p, before));
    fill(&p);
    MYSQL *m = beside(&p);
    (void)snprintf(rows, sizeof rows, "%s", ask(&p, m, rows_text));
    (void)snprintf(was, sizeof was, "%s", fingerprint(&p));
    mysql_close(m);
    place_close(&p);
    bool is_done = false;
    int n_killed = 0;
    for (int step = 0; !is_done; step++) {
        for (int behind = 0; behind < 2 && !is_done; behind++) {
            is_done = run_and_kill_server(step, behind != 0);
            n_killed += !is_done;
            run_servers("start");
            place_open(&p, 1);
            recover(&p);
            is_done = is_done || strcmp(fingerprint(&p), was) != 0;
            if (!is_done) {
                m = beside(&p);
                assert_string_equal(ask(&p, m, rows_text), rows);
                assert_string_equal(ask(&p, m, trash_text), "0");
                mysql_close(m);
            }
            place_close(&p);
        }
    }
    assert_true(n_killed > 20);
    run_servers("stop");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_killed_at_any_step_is_undone_or_done),
        cmocka_unit_test(a_lost_connection_leaves_all_as_it_was),
        cmocka_unit_test(what_cannot_be_taken_back_waits_for_somebody),
        cmocka_unit_test(a_server_killed_at_any_step_leaves_a_change_undone_or_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
