#include "engine/sqlite/inspect.h"

#include "base/attr.h"
#include "engine/sqlite/session.h"
#include "engine/sqlite/storage.h"

/* One row of sqlite_schema. */
struct entry {
    const char *type, *name, *table, *sql;
};

static const char *column_text(struct arena *a, sqlite3_stmt *stmt, int i)
{
    return arena_strdup(a, (const char *)sqlite3_column_text(stmt, i));
}

static enum errcode read_entries(struct conn *c, struct arena *a, struct entry **out, size_t *n,
                                 struct error *err)
{
    sqlite3_stmt *stmt = NULL;
    struct entry *entries = NULL;
    size_t count = 0;
    TRY(conn_prepare(c, STR("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY rowid"),
                     &stmt, err));
    int rc;
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        struct entry e = {column_text(a, stmt, 0), column_text(a, stmt, 1), column_text(a, stmt, 2),
                          column_text(a, stmt, 3)};
        ARENA_PUSH(a, entries, count, e);
    }
    enum errcode code = rc == SQLITE_DONE ? ERR_OK : conn_error(c, rc, "reading the schema", err);
    conn_release(c, stmt);
    *out = entries;
    *n = count;
    return code;
}

/* Columns of what has no CREATE TABLE text: views and virtual tables. A broken view has none. */
static void read_columns(struct conn *c, struct arena *a, struct table *t)
{
    sqlite3_stmt *stmt = NULL;
    if (conn_prepare(c, STR("SELECT name, type, \"notnull\" FROM pragma_table_xinfo(?)"), &stmt,
                     NULL) != ERR_OK) {
        return;
    }
    (void)sqlite3_bind_text(stmt, 1, t->name, -1, SQLITE_STATIC);
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        struct column column = {.name = column_text(a, stmt, 0),
                                .is_nullable = !sqlite3_column_int(stmt, 2)};
        const char *type = column_text(a, stmt, 1);
        column.type = sqlite_type_of(a, type ? type : "");
        ARENA_PUSH(a, t->columns, t->n_columns, column);
    }
    conn_release(c, stmt);
}

static bool is_virtual(const char *sql)
{
    static const char start[] = "CREATE VIRTUAL TABLE";
    return sql && strncasecmp(sql, start, sizeof start - 1) == 0;
}

/* The tables behind a virtual table are named after it. */
static bool is_shadow(const struct catalog *cat, const char *name)
{
    for (size_t i = 0; i < cat->n_tables; i++) {
        const struct table *t = cat->tables[i];
        size_t n = strlen(t->name);
        if (t->kind == TABLE_VIRTUAL && strncasecmp(name, t->name, n) == 0 && name[n] == '_') {
            return true;
        }
    }
    return false;
}

static void add_table(struct conn *c, struct catalog *cat, const struct entry *e)
{
    struct arena *a = cat->arena;
    bool is_view = text_eq(e->type, "view");
    if (strncmp(e->name, "sqlite_", 7) == 0 || is_shadow(cat, e->name)) {
        return;
    }
    struct table *t = ARENA_NEW(a, struct table);
    t->name = e->name;
    t->native = e->sql;
    t->row_estimate = -1;
    t->is_internal = strncmp(e->name, TELAIO_PREFIX, strlen(TELAIO_PREFIX)) == 0;
    t->kind = is_view ? TABLE_VIEW : is_virtual(e->sql) ? TABLE_VIRTUAL : TABLE_BASE;
    if (t->kind == TABLE_BASE) {
        inspect_table(a, t);
    } else {
        read_columns(c, a, t);
    }
    catalog_add_table(cat, t);
}

static void add_part(struct catalog *cat, const struct entry *e)
{
    struct table *t = catalog_find_table(cat, str_of(e->table));
    if (!t || !e->sql) {
        return;
    }
    if (text_eq(e->type, "index")) {
        inspect_index(cat->arena, t, e->sql);
    } else if (text_eq(e->type, "trigger")) {
        struct trigger trigger = {.name = e->name, .native = e->sql};
        ARENA_PUSH(cat->arena, t->triggers, t->n_triggers, trigger);
    }
}

/* Indexes without text of their own, table after table. */
static void add_constraint_indexes(struct catalog *cat, const struct entry *entries, size_t n)
{
    for (size_t i = 0; i < n;) {
        const struct entry *e = &entries[i++];
        if (!text_eq(e->type, "index") || e->sql) {
            continue;
        }
        const char **names = NULL;
        size_t n_names = 0;
        ARENA_PUSH(cat->arena, names, n_names, e->name);
        while (i < n && text_eq(entries[i].type, "index") && !entries[i].sql &&
               text_eq(entries[i].table, e->table)) {
            ARENA_PUSH(cat->arena, names, n_names, entries[i].name);
            i++;
        }
        struct table *t = catalog_find_table(cat, str_of(e->table));
        if (t) {
            inspect_constraint_indexes(cat->arena, t, names, n_names);
        }
    }
}

static enum errcode read_all(struct conn *c, struct catalog *cat, struct error *err)
{
    struct entry *entries = NULL;
    size_t n = 0;
    int64_t version = 0;
    TRY(conn_int(c, "PRAGMA schema_version", &version, err));
    TRY(read_entries(c, cat->arena, &entries, &n, err));
    cat->generation = (uint64_t)version;
    for (size_t i = 0; i < n; i++) {
        if (text_eq(entries[i].type, "table") || text_eq(entries[i].type, "view")) {
            add_table(c, cat, &entries[i]);
        }
    }
    add_constraint_indexes(cat, entries, n);
    for (size_t i = 0; i < n; i++) {
        add_part(cat, &entries[i]);
    }
    return ERR_OK;
}

enum errcode inspect_read(struct conn *c, struct catalog **out, struct error *err)
{
    struct catalog *cat = catalog_new();
    bool own = sqlite3_get_autocommit(c->db);
    enum errcode code = own ? conn_run(c, "BEGIN", err) : ERR_OK;
    if (code == ERR_OK) {
        code = read_all(c, cat, err);
        if (own && conn_run(c, "COMMIT", code == ERR_OK ? err : NULL) != ERR_OK && code == ERR_OK) {
            code = ERR_IO;
        }
    }
    if (code != ERR_OK) {
        catalog_unref(cat);
        return code;
    }
    *out = cat;
    return ERR_OK;
}

struct job {
    struct sqlite_session *session;
    struct catalog *catalog;
    struct error *err;
    enum errcode code;
};

static void run(void *arg)
{
    struct job *j = arg;
    j->code = inspect_read(j->session->conn, &j->catalog, j->err);
}

enum errcode sqlite_inspect(struct session *base, struct catalog **out, struct error *err)
{
    struct sqlite_session *s = sqlite_session_of(base);
    struct job j = {.session = s, .err = err};
    if (s->kind == SESSION_WRITES) {
        run(&j);
    } else {
        wait_run(run, &j);
    }
    TRY(j.code);
    j.catalog->generation |= s->file->serial << 32;
    *out = j.catalog;
    return ERR_OK;
}
