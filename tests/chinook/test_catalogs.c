/* cmocka needs these before its own header */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/buf.h"
#include "engine/engine.h"
#include "engine/kind.h"
#include "engine/mariadb/mariadb_engine.h"
#include "engine/postgres/postgres_engine.h"
#include "engine/sqlite/sqlite_engine.h"

/*
 * Chinook, loaded with each engine's own client and attached: the three catalogs are the same, but
 * for what this table lists. Names are compared in snake case, since PostgreSQL's script writes
 * them so; names of indexes and of constraints are each script's own and are not compared, nor are
 * collations and the order of tables.
 */
static const struct {
    const char *engine, *type; /* what the engine reads … */
    const char *common;        /* … where the others read this */
} differences[] = {
    /* SQLite has one integer, of 64 bits */
    {"sqlite", "int64", "int32"},
};

struct source {
    const char *name, *script;
    const struct engine_kind *kind;
    struct engine_options options;
    struct engine *engine;
};

struct place {
    struct arena *arena;
    struct error err;
    char folder[64];
    const char *database;
    struct source sources[3];
};

#define assert_ok(p, call)                                                     \
    do {                                                                       \
        enum errcode code_ = (call);                                           \
        if (code_ != ERR_OK) {                                                 \
            fail_msg("%s: %s (%s)", #call, (p)->err.message, (p)->err.detail); \
        }                                                                      \
    } while (0)

static struct engine_options address(struct place *p, const struct engine_kind *kind,
                                     const char *variable)
{
    const struct engine_kind *const kinds[] = {kind};
    const struct engine_kinds all = {kinds, 1};
    struct engine_options o = {0};
    const char *text = getenv(variable);
    if (!text || !*text) {
        fail_msg("%s is empty: tests/support/servers starts a server", variable);
    }
    assert_ok(p, engine_address_parse(&all, p->arena, text, &kind, &o, &p->err));
    o.is_attached = true;
    return o;
}

static void shell(const char *command)
{
    int status = system(command); /* NOLINT(cert-env33-c): fixed words and our own names */
    if (status != 0) {
        fail_msg("%s: %d", command, status);
    }
}

static const char *or_else(const char *text, const char *standard)
{
    return text && *text ? text : standard;
}

static const char *psql(struct place *p, const struct engine_options *o, const char *database)
{
    return arena_printf(p->arena,
                        "PGPASSWORD='%s' psql -X -q -v ON_ERROR_STOP=1 -h '%s' -p %d -U '%s' '%s'",
                        or_else(o->password, ""), or_else(o->host, "localhost"),
                        o->port ? o->port : 5432, or_else(o->user, "postgres"), database);
}

static const char *mariadb(struct place *p, const struct engine_options *o, const char *database)
{
    bool is_local = o->host && o->host[0] == '/';
    return arena_printf(p->arena,
                        "MYSQL_PWD='%s' mariadb --no-defaults --default-character-set=utf8mb4 "
                        "-u'%s' %s'%s' %s",
                        or_else(o->password, ""), or_else(o->user, "root"), is_local ? "-S" : "-h",
                        or_else(o->host, "localhost"), database);
}

/* The scripts make and choose a database of a fixed name: those lines are left out. */
#define WITHOUT_DATABASE \
    "sed -e '/^DROP DATABASE/d' -e '/^CREATE DATABASE/d' -e '/^USE /d' -e '/^.c /d' "

static const char *script(struct place *p, const char *name)
{
    const char *data = getenv("TELAIO_TEST_DATA");
    if (!data) {
        fail_msg("TELAIO_TEST_DATA says where the sample data is");
    }
    return arena_printf(p->arena, "%s/chinook/%s", data, name);
}

static void load_sqlite(struct place *p, struct source *s)
{
    s->options = (struct engine_options){.path = arena_printf(p->arena, "%s/chinook.db", p->folder),
                                         .is_attached = true};
    shell(arena_printf(p->arena, "sqlite3 -bail '%s' < '%s'", s->options.path,
                       script(p, "chinook_sqlite.sql")));
}

static void load_postgres(struct place *p, struct source *s)
{
    s->options = address(p, s->kind, "TELAIO_TEST_POSTGRES");
    const char *admin = psql(p, &s->options, or_else(s->options.database, "postgres"));
    shell(arena_printf(p->arena, "%s -c 'CREATE DATABASE %s'", admin, p->database));
    s->options.database = p->database;
    shell(arena_printf(p->arena, WITHOUT_DATABASE "'%s' | %s", script(p, "chinook_postgresql.sql"),
                       psql(p, &s->options, p->database)));
}

static void load_mariadb(struct place *p, struct source *s)
{
    s->options = address(p, s->kind, "TELAIO_TEST_MARIADB");
    shell(arena_printf(p->arena, "%s -e 'CREATE DATABASE %s'", mariadb(p, &s->options, ""),
                       p->database));
    s->options.database = p->database;
    shell(arena_printf(p->arena, WITHOUT_DATABASE "'%s' | %s", script(p, "chinook_mysql.sql"),
                       mariadb(p, &s->options, p->database)));
}

/* AlbumId, album_id: both album_id. */
static void add_name(struct buf *b, const char *name)
{
    for (const char *c = name; *c; c++) {
        bool is_new = isupper((unsigned char)*c) && c > name && islower((unsigned char)c[-1]);
        buf_adds(b, is_new ? "_" : "");
        buf_addc(b, (char)tolower((unsigned char)*c));
    }
}

static void add_names(struct buf *b, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        buf_adds(b, i ? ", " : "");
        add_name(b, names[i]);
    }
}

static const char *common_type(struct place *p, const struct source *s, const struct type *t)
{
    const char *text = type_logical_text(p->arena, t);
    for (size_t i = 0; i < ARRAY_LEN(differences); i++) {
        if (strcmp(differences[i].engine, s->name) == 0 && strcmp(differences[i].type, text) == 0) {
            return differences[i].common;
        }
    }
    return text;
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_line(struct place *p, struct buf *line, const char ***lines, size_t *n)
{
    const char *text = arena_str(p->arena, buf_str(line));
    ARENA_PUSH(p->arena, *lines, *n, text);
    buf_clear(line);
}

static void describe_table(struct place *p, const struct source *s, const struct table *t,
                           const char ***lines, size_t *n)
{
    struct buf b;
    buf_init(&b, 1 << 16);
    for (size_t i = 0; i < t->n_columns; i++) {
        const struct column *c = &t->columns[i];
        add_name(&b, t->name);
        buf_printf(&b, " %02zu ", i);
        add_name(&b, c->name);
        buf_printf(&b, " %s%s%s", common_type(p, s, &c->type), c->is_nullable ? " null" : "",
                   c->default_value ? " default" : "");
        add_line(p, &b, lines, n);
    }
    add_name(&b, t->name);
    buf_adds(&b, " primary key ");
    add_names(&b, t->primary_key, t->n_primary_key);
    add_line(p, &b, lines, n);
    for (size_t i = 0; i < t->n_foreign_keys; i++) {
        const struct foreign_key *f = &t->foreign_keys[i];
        add_name(&b, t->name);
        buf_adds(&b, " refers by ");
        add_names(&b, f->columns, f->n_columns);
        buf_adds(&b, " to ");
        add_name(&b, f->referenced_table);
        buf_addc(&b, ' ');
        add_names(&b, f->referenced_columns, f->n_columns);
        buf_printf(&b, " %s %s", fk_action_text(f->on_delete), fk_action_text(f->on_update));
        add_line(p, &b, lines, n);
    }
    for (size_t i = 0; i < t->n_indexes; i++) {
        const struct index *x = &t->indexes[i];
        if (x->is_constraint) {
            continue; /* of the primary key */
        }
        add_name(&b, t->name);
        buf_adds(&b, x->is_unique ? " unique" : " index");
        for (size_t k = 0; k < x->n_keys; k++) {
            buf_addc(&b, ' ');
            add_name(&b, x->keys[k].column ? x->keys[k].column : "(expression)");
        }
        add_line(p, &b, lines, n);
    }
    for (size_t i = 0; i < t->n_checks + t->n_triggers; i++) {
        add_name(&b, t->name);
        buf_adds(&b, " has a check or a trigger");
        add_line(p, &b, lines, n);
    }
    buf_release(&b);
}

static const char *describe(struct place *p, struct source *s)
{
    struct session *session = NULL;
    struct catalog *c = NULL;
    assert_ok(p, s->kind->open(&s->options, &s->engine, &p->err));
    assert_ok(p, engine_session_begin(s->engine, ATTACHED_NS, ACCESS_READ, &session, &p->err));
    assert_ok(p, engine_inspect(session, &c, &p->err));
    engine_session_end(session);
    const char **lines = NULL;
    size_t n = 0;
    for (size_t i = 0; i < c->n_tables; i++) {
        describe_table(p, s, c->tables[i], &lines, &n);
    }
    qsort(lines, n, sizeof *lines, compare_lines);
    struct buf b;
    buf_init(&b, 1 << 20);
    for (size_t i = 0; i < n; i++) {
        buf_printf(&b, "%s\n", lines[i]);
    }
    const char *text = arena_str(p->arena, buf_str(&b));
    buf_release(&b);
    catalog_unref(c);
    engine_close(s->engine);
    return text;
}

static int set_up(void **state)
{
    struct arena *a = arena_new();
    struct place *p = ARENA_NEW(a, struct place);
    p->arena = a;
    p->database = arena_printf(a, "chinook_unit_%d", (int)getpid());
    (void)snprintf(p->folder, sizeof p->folder, "/tmp/telaio-chinook-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    p->sources[0] = (struct source){.name = "sqlite", .kind = &sqlite_kind};
    p->sources[1] = (struct source){.name = "mariadb", .kind = &mariadb_kind};
    p->sources[2] = (struct source){.name = "postgresql", .kind = &postgres_kind};
    load_sqlite(p, &p->sources[0]);
    load_mariadb(p, &p->sources[1]);
    load_postgres(p, &p->sources[2]);
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    struct place *p = *state;
    if (!p) {
        return 0;
    }
    struct engine_options o = address(p, &postgres_kind, "TELAIO_TEST_POSTGRES");
    shell(arena_printf(p->arena, "%s -c 'DROP DATABASE %s WITH (FORCE)'",
                       psql(p, &o, or_else(o.database, "postgres")), p->database));
    o = address(p, &mariadb_kind, "TELAIO_TEST_MARIADB");
    shell(arena_printf(p->arena, "%s -e 'DROP DATABASE %s'", mariadb(p, &o, ""), p->database));
    shell(arena_printf(p->arena, "rm -r '%s'", p->folder));
    error_release(&p->err);
    arena_free(p->arena);
    return 0;
}

static void three_engines_read_the_same_catalog(void **state)
{
    struct place *p = *state;
    const char *first = describe(p, &p->sources[0]);
    assert_non_null(strstr(first, "track 08 unit_price decimal(10,2)\n"));
    assert_non_null(strstr(first, "playlist_track primary key playlist_id, track_id\n"));
    for (size_t i = 1; i < ARRAY_LEN(p->sources); i++) {
        assert_string_equal(describe(p, &p->sources[i]), first);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(three_engines_read_the_same_catalog)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
