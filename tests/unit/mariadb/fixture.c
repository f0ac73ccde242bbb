#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct engine_options fixture_options(struct arena *a)
{
    static const struct engine_kind *const kinds[] = {&mariadb_kind};
    static const struct engine_kinds all = {kinds, 1};
    const struct engine_kind *kind = NULL;
    struct engine_options o = {0};
    struct error err = ERROR_INIT;
    const char *address = getenv("TELAIO_TEST_MARIADB");
    if (!address || !*address) {
        fail_msg("TELAIO_TEST_MARIADB is empty: tests/support/servers starts a server");
    }
    if (engine_address_parse(&all, a, address, &kind, &o, &err) != ERR_OK) {
        fail_msg("TELAIO_TEST_MARIADB: %s", err.message);
    }
    return o;
}

static MYSQL *connect_beside(const struct engine_options *o, const char *database)
{
    bool is_local = o->host && o->host[0] == '/';
    MYSQL *m = mysql_init(NULL);
    if (!mysql_real_connect(m, is_local ? NULL : o->host, o->user, o->password, database,
                            (unsigned)o->port, is_local ? o->host : NULL, 0)) {
        fail_msg("no connection beside: %s", mysql_error(m));
    }
    return m;
}

struct fixture *fixture_open(const struct engine_options *more)
{
    struct arena *a = arena_new();
    struct fixture *f = ARENA_NEW(a, struct fixture);
    f->arena = a;
    f->options = fixture_options(a);
    f->options.prefix = arena_printf(a, "unit%d_", (int)getpid());
    if (more) {
        f->options.connections = more->connections;
        f->options.statement_ms = more->statement_ms;
        f->options.lock_ms = more->lock_ms;
    }
    f->database = arena_printf(a, "%sstore", f->options.prefix);
    assert_ok(f, mariadb_kind.open(&f->options, &f->engine, &f->err));
    assert_ok(f, engine_namespace_create(f->engine, STR("store"), &f->err));
    f->beside = connect_beside(&f->options, f->database);
    return f;
}

void fixture_reconnect(struct fixture *f)
{
    mysql_close(f->beside);
    f->beside = connect_beside(&f->options, f->database);
}

void fixture_close(struct fixture *f)
{
    if (!f) {
        return; /* it was never opened, which has failed already */
    }
    assert_ok(f, engine_namespace_drop(f->engine, STR("store"), &f->err));
    engine_close(f->engine);
    mysql_close(f->beside);
    error_release(&f->err);
    arena_free(f->arena);
}

void fixture_sql(struct fixture *f, ...)
{
    va_list ap;
    va_start(ap, f);
    for (const char *sql = va_arg(ap, const char *); sql; sql = va_arg(ap, const char *)) {
        if (mysql_query(f->beside, sql) != 0) {
            fail_msg("%s: %s", sql, mysql_error(f->beside));
        }
        mysql_free_result(mysql_store_result(f->beside));
    }
    va_end(ap);
}

const char *fixture_text(struct fixture *f, const char *sql)
{
    if (mysql_query(f->beside, sql) != 0) {
        fail_msg("%s: %s", sql, mysql_error(f->beside));
    }
    MYSQL_RES *r = mysql_store_result(f->beside);
    MYSQL_ROW row = r ? mysql_fetch_row(r) : NULL;
    const char *text = row && row[0] ? arena_strdup(f->arena, row[0]) : "";
    mysql_free_result(r);
    return text;
}

static struct column read_column(struct fixture *f, const char *words)
{
    const char *blank = strchr(words, ' ');
    assert_non_null(blank);
    size_t n = strcspn(blank + 1, "?+");
    struct column c = {.name = arena_strndup(f->arena, words, (size_t)(blank - words)),
                       .is_nullable = strchr(blank, '?') != NULL,
                       .is_auto_increment = strchr(blank, '+') != NULL};
    const char *type = arena_strndup(f->arena, blank + 1, n);
    assert_ok(f, type_parse(f->arena, type, &c.type, &f->err));
    return c;
}

const struct table *fixture_table(struct fixture *f, const char *name, ...)
{
    struct table *t = ARENA_NEW(f->arena, struct table);
    t->name = name;
    t->kind = TABLE_BASE;
    va_list ap;
    va_start(ap, name);
    for (const char *words = va_arg(ap, const char *); words; words = va_arg(ap, const char *)) {
        struct column c = read_column(f, words);
        ARENA_PUSH(f->arena, t->columns, t->n_columns, c);
    }
    va_end(ap);
    ARENA_PUSH(f->arena, t->primary_key, t->n_primary_key, t->columns[0].name);
    return t;
}
