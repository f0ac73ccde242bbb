#include "fixture.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void open_engine(struct fixture *f, const struct sqlite_settings *base)
{
    struct sqlite_settings s = base ? *base : (struct sqlite_settings){0};
    s.folder = f->folder;
    assert_ok(f, sqlite_engine_open(&s, &f->engine, &f->err));
}

struct fixture *fixture_open(const struct sqlite_settings *base)
{
    char folder[] = "/tmp/sqlite-test-XXXXXX";
    struct arena *a = arena_new();
    struct fixture *f = ARENA_NEW(a, struct fixture);
    f->arena = a;
    assert_non_null(mkdtemp(folder));
    f->folder = arena_strdup(a, folder);
    f->kill_after = -1;
    open_engine(f, base);
    assert_ok(f, engine_namespace_create(f->engine, STR("store"), &f->err));
    return f;
}

void fixture_reopen(struct fixture *f, const struct sqlite_settings *base)
{
    engine_close(f->engine);
    open_engine(f, base);
}

void fixture_reopen_only(struct fixture *f, const struct sqlite_settings *base)
{
    open_engine(f, base);
}

void fixture_kill_after(struct fixture *f, int steps)
{
    f->kill_after = steps;
}

void fixture_close(struct fixture *f)
{
    engine_close(f->engine);
    char *command = arena_printf(f->arena, "rm -rf '%s'", f->folder);
    assert_int_equal(system(command), 0);
    error_release(&f->err);
    arena_free(f->arena);
}

static sqlite3 *open_beside(struct fixture *f)
{
    sqlite3 *db = NULL;
    const char *path = arena_printf(f->arena, "%s/store.db", f->folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    return db;
}

void fixture_sql(struct fixture *f, const char *sql)
{
    char *message = NULL;
    sqlite3 *db = open_beside(f);
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK) {
        fail_msg("%s: %s", sql, message);
    }
    sqlite3_close(db);
}

const char *fixture_text(struct fixture *f, const char *sql)
{
    sqlite3 *db = open_beside(f);
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK) {
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    }
    const char *text = "";
    if (sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_text(stmt, 0)) {
        text = arena_strdup(f->arena, (const char *)sqlite3_column_text(stmt, 0));
    }
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return text;
}

void *fixture_lock(struct fixture *f)
{
    sqlite3 *db = open_beside(f);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    return db;
}

void fixture_unlock(void *lock)
{
    assert_int_equal(sqlite3_exec(lock, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(lock);
}

struct catalog *fixture_catalog(struct fixture *f)
{
    struct session *s = NULL;
    struct catalog *c = NULL;
    assert_ok(f, engine_session_begin(f->engine, STR("store"), ACCESS_READ, &s, &f->err));
    assert_ok(f, engine_inspect(s, &c, &f->err));
    engine_session_end(s);
    return c;
}

static enum errcode run_plan(struct fixture *f, struct session *s, struct plan *plan)
{
    for (size_t g = 0; g < plan->n_groups; g++) {
        TRY(engine_group_begin(s, &plan->groups[g], &f->err));
        enum errcode code = ERR_OK;
        for (size_t i = 0; i < plan->n_steps && code == ERR_OK; i++) {
            int64_t n = 0;
            if (f->kill_after == (int)i) {
                raise(SIGKILL);
            }
            code = plan->steps[i].group == g ? engine_run_step(s, &plan->steps[i], &n, &f->err)
                                             : ERR_OK;
        }
        enum errcode end =
            engine_group_end(s, &plan->groups[g], code == ERR_OK, code == ERR_OK ? &f->err : NULL);
        TRY(code);
        TRY(end);
    }
    return ERR_OK;
}

/* The rehearsed fingerprint is the one that the change gives. */
static enum errcode check_after(struct fixture *f, struct session *s, const struct plan *plan)
{
    struct catalog *now = NULL;
    TRY(engine_inspect(s, &now, &f->err));
    assert_string_equal(plan->fingerprint_after, catalog_fingerprint(f->arena, now));
    catalog_unref(now);
    return ERR_OK;
}

/* Trigger texts are the engine's: a rename changes them in the file only. */
static bool has_rename(const struct change_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        if (list->items[i].kind == CHANGE_RENAME_COLUMN ||
            list->items[i].kind == CHANGE_RENAME_TABLE) {
            return true;
        }
    }
    return false;
}

static enum errcode change(struct fixture *f, struct session *s, struct change_list *list,
                           const char *tag, struct change_list *undo)
{
    struct catalog *before = NULL;
    struct catalog *after = NULL;
    struct plan *plan = ARENA_NEW(f->arena, struct plan);
    TRY(engine_inspect(s, &before, &f->err));
    change_list_prepare(f->arena, list, tag);
    enum errcode code = change_list_apply(list, before, &after, &f->err);
    *plan = (struct plan){.arena = f->arena, .changes = list, .tag = tag};
    if (code == ERR_OK) {
        code = engine_plan(f->engine, before, plan, &f->err);
    }
    f->last_plan = plan;
    if (code == ERR_OK && getenv("SHOW_PLAN")) {
        for (size_t i = 0; i < plan->n_steps; i++) {
            fprintf(stderr, "  %s;\n", plan->steps[i].text);
        }
    }
    if (code == ERR_OK && undo) {
        change_list_inverse(f->arena, list, before, undo);
    }
    if (code == ERR_OK) {
        code = engine_rehearse(s, plan, &f->err);
    }
    if (code == ERR_OK) {
        code = run_plan(f, s, plan);
    }
    if (code == ERR_OK) {
        code = check_after(f, s, plan);
        if (!has_rename(list)) {
            assert_string_equal(plan->fingerprint_after, catalog_fingerprint(f->arena, after));
        }
    }
    catalog_unref(before);
    catalog_unref(after);
    return code;
}

enum errcode fixture_change_undo(struct fixture *f, struct change_list *list, const char *tag,
                                 struct change_list *undo)
{
    struct session *s = NULL;
    TRY(engine_session_begin(f->engine, STR("store"), ACCESS_SCHEMA, &s, &f->err));
    enum errcode code = change(f, s, list, tag, undo);
    engine_session_end(s);
    return code;
}

enum errcode fixture_change(struct fixture *f, struct change_list *list, const char *tag)
{
    return fixture_change_undo(f, list, tag, NULL);
}

static enum errcode insert(struct session *s, void *arg, struct error *err)
{
    struct write_result r;
    return engine_write(s, arg, &r, err);
}

enum errcode fixture_insert(struct fixture *f, const char *table, ...)
{
    struct catalog *c = fixture_catalog(f);
    const struct table *t = catalog_find_table(c, str_of(table));
    const struct column *columns[16];
    struct value values[16];
    struct write w = {.kind = WRITE_INSERT, .table = t, .columns = columns, .values = values};
    va_list ap;
    assert_non_null(t);
    va_start(ap, table);
    for (const char *name; (name = va_arg(ap, const char *));) {
        const char *text = va_arg(ap, const char *);
        columns[w.n_columns] = table_find_column(t, str_of(name));
        assert_non_null(columns[w.n_columns]);
        values[w.n_columns++] =
            text && text[0] == '#' ? value_int(strtoll(text + 1, NULL, 10)) : value_text(text);
    }
    va_end(ap);
    error_release(&f->err);
    enum errcode code = engine_transact(f->engine, STR("store"), insert, &w, &f->err);
    catalog_unref(c);
    return code;
}
