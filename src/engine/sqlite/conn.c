#include "engine/sqlite/conn.h"

#include "base/attr.h"
#include "base/time.h"
#include "engine/sqlite/errors.h"
#include "engine/sqlite/functions.h"

#define SQL_BYTES_MAX    (4 << 20)
#define VALUE_BYTES_MAX  (256 << 20)
#define PROGRESS_STEPS   1000
#define JOURNAL_KEPT_MAX "67108864" /* bytes of WAL file kept after a checkpoint */

/* Every thousand instructions: may the statement go on? */
static int watch_progress(void *arg)
{
    struct conn *c = arg;
    if (!c->budget_end_us && !c->limit_end_us) {
        return 0;
    }
    int64_t now = time_monotonic_us();
    if (c->budget_end_us && now > c->budget_end_us) {
        atomic_store(&c->ending, ENDING_BUDGET);
        return 1;
    }
    if (c->limit_end_us && now > c->limit_end_us) {
        atomic_store(&c->ending, ENDING_LIMIT);
        return 1;
    }
    return 0;
}

static void set_limits(sqlite3 *db)
{
    static const struct {
        int id, value;
    } limits[] = {
        {SQLITE_LIMIT_LENGTH, VALUE_BYTES_MAX},
        {SQLITE_LIMIT_SQL_LENGTH, SQL_BYTES_MAX},
        {SQLITE_LIMIT_ATTACHED, 0},
        {SQLITE_LIMIT_COMPOUND_SELECT, 50}, /* each takes 5 KiB of a fiber's stack */
        {SQLITE_LIMIT_TRIGGER_DEPTH, 100},
        {SQLITE_LIMIT_WORKER_THREADS, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
        (void)sqlite3_limit(db, limits[i].id, limits[i].value);
    }
}

static bool set_switches(sqlite3 *db)
{
    static const struct {
        int id, on;
    } switches[] = {
        {SQLITE_DBCONFIG_DEFENSIVE, 1},      {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        {SQLITE_DBCONFIG_DQS_DDL, 0},        {SQLITE_DBCONFIG_DQS_DML, 0},
        {SQLITE_DBCONFIG_ENABLE_FKEY, 1},    {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
        {SQLITE_DBCONFIG_ENABLE_TRIGGER, 1},
    };
    bool all = true;
    for (size_t i = 0; i < ARRAY_LEN(switches); i++) {
        int now = -1;
        all = sqlite3_db_config(db, switches[i].id, switches[i].on, &now) == SQLITE_OK &&
              now == switches[i].on && all;
    }
    return all;
}

static enum errcode set_up(struct conn *c, const struct conn_settings *s, struct error *err)
{
    (void)sqlite3_extended_result_codes(c->db, 1);
    (void)sqlite3_busy_timeout(c->db, s->busy_ms);
    set_limits(c->db);
    if (!set_switches(c->db)) {
        return ERROR(err, ERR_INTERNAL, "SQLite refuses a switch of its connection");
    }
    /* Before the first statement that reads the schema: CHECKs call them. */
    TRY(sqlite_functions_add(c->db, err));
    struct buf pragma;
    buf_init(&pragma, 4096);
    buf_printf(&pragma,
               "PRAGMA cache_size = -%d; PRAGMA temp_store = MEMORY; PRAGMA synchronous = FULL; "
               "PRAGMA cell_size_check = ON;",
               s->cache_kib);
    if (s->is_writer && !s->is_foreign) {
        buf_adds(&pragma, "PRAGMA journal_mode = WAL; "
                          "PRAGMA journal_size_limit = " JOURNAL_KEPT_MAX ";");
    }
    enum errcode code = conn_exec(c, buf_text(&pragma), err);
    buf_release(&pragma);
    TRY(code);
    sqlite3_progress_handler(c->db, PROGRESS_STEPS, watch_progress, c);
    return ERR_OK;
}

enum errcode conn_open(const struct conn_settings *settings, struct conn **out, struct error *err)
{
    struct conn *c = mem_alloc(sizeof *c);
    buf_init(&c->text, SQL_BYTES_MAX);
    c->scratch = arena_new();
    int flags =
        SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE |
        (settings->is_writer || settings->is_memory ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
    flags |= settings->is_memory ? SQLITE_OPEN_MEMORY : 0;
    int rc = sqlite3_open_v2(settings->is_memory ? "plan" : settings->path, &c->db, flags,
                             settings->vfs);
    enum errcode code = rc == SQLITE_OK ? set_up(c, settings, err)
                                        : sqlite_error(c->db, rc, "opening the database", err);
    if (code != ERR_OK) {
        conn_close(c);
        return code;
    }
    *out = c;
    return ERR_OK;
}

void conn_close(struct conn *c)
{
    if (!c) {
        return;
    }
    for (size_t i = 0; i < c->n_statements; i++) {
        (void)sqlite3_finalize(c->statements[i].stmt);
    }
    (void)sqlite3_close_v2(c->db);
    buf_release(&c->text);
    arena_free(c->scratch);
    mem_free(c);
}

enum errcode conn_error(struct conn *c, int rc, const char *doing, struct error *err)
{
    if ((rc & 0xff) == SQLITE_INTERRUPT && atomic_load(&c->ending) == ENDING_LIMIT) {
        return ERROR(err, ERR_TIMEOUT, "the statement took too long");
    }
    return sqlite_error(c->db, rc, doing, err);
}

enum errcode conn_step_error(struct conn *c, int rc, const char *doing, struct error *err)
{
    enum errcode code = conn_error(c, rc, doing, err);
    if (code != ERR_INTERNAL || (rc & 0xff) != SQLITE_ERROR) {
        return code;
    }
    code = ERROR(err, ERR_INVALID, "an expression of the table cannot be computed");
    (void)error_detail(err, "%s: %s", doing, sqlite3_errmsg(c->db));
    return code;
}

enum errcode conn_exec(struct conn *c, const char *sql, struct error *err)
{
    int rc = sqlite3_exec(c->db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? ERR_OK : conn_error(c, rc, "running a statement", err);
}

enum errcode conn_run(struct conn *c, const char *sql, struct error *err)
{
    sqlite3_stmt *stmt = NULL;
    TRY(conn_prepare(c, str_of(sql), &stmt, err));
    int rc = sqlite3_step(stmt);
    enum errcode code = ERR_OK;
    if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
        code = conn_error(c, rc, sql, err);
    }
    conn_release(c, stmt);
    return code;
}

/* A step of a plan is made for the schema that is there: the text itself names what is not. */
static enum errcode refuse_name(struct conn *c, const char *sql, struct error *err)
{
    enum errcode code =
        ERROR(err, ERR_INVALID, "SQLite refuses the text: %s", sqlite3_errmsg(c->db));
    (void)error_detail(err, "%s", sql);
    return code;
}

enum errcode conn_only(struct conn *c, const char *sql, sqlite3_stmt **out, struct error *err)
{
    sqlite3_stmt *stmt = NULL;
    const char *tail = NULL;
    int rc = sqlite3_prepare_v2(c->db, sql, -1, &stmt, &tail);
    if (rc != SQLITE_OK || !stmt) {
        enum errcode code = conn_error(c, rc, sql, err);
        return code == ERR_SCHEMA_MOVED ? refuse_name(c, sql, err) : code;
    }
    if (tail && str_trim(str_of(tail)).n) {
        (void)sqlite3_finalize(stmt);
        return ERROR(err, ERR_INVALID, "a step is one statement: %s", sql);
    }
    *out = stmt;
    return ERR_OK;
}

enum errcode conn_only_run(struct conn *c, const char *sql, struct error *err)
{
    sqlite3_stmt *stmt = NULL;
    TRY(conn_only(c, sql, &stmt, err));
    int rc;
    do {
        rc = sqlite3_step(stmt);
    } while (rc == SQLITE_ROW);
    enum errcode code = rc == SQLITE_DONE ? ERR_OK : conn_error(c, rc, sql, err);
    (void)sqlite3_finalize(stmt);
    return code;
}

void conn_try(struct conn *c, const char *sql)
{
    if (conn_run(c, sql, NULL) != ERR_OK) {
        return; /* the connection says so itself: sqlite3_get_autocommit() */
    }
}

enum errcode conn_int(struct conn *c, const char *sql, int64_t *out, struct error *err)
{
    sqlite3_stmt *stmt = NULL;
    TRY(conn_prepare(c, str_of(sql), &stmt, err));
    int rc = sqlite3_step(stmt);
    int64_t got = rc == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : 0;
    enum errcode code = ERR_OK;
    if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
        code = conn_error(c, rc, "reading a number", err);
    }
    conn_release(c, stmt);
    if (code == ERR_OK) {
        *out = got;
    }
    return code;
}

static struct cached *find_cached(struct conn *c, struct str sql)
{
    for (size_t i = 0; i < c->n_statements; i++) {
        struct cached *s = &c->statements[i];
        if (!s->is_lent && str_eq(sql, s->sql)) {
            return s;
        }
    }
    return NULL;
}

/* An empty place, or the one whose statement was idle for longest; NULL when all are lent. */
static struct cached *find_place(struct conn *c)
{
    if (c->n_statements < CONN_STATEMENTS) {
        return &c->statements[c->n_statements++];
    }
    struct cached *oldest = NULL;
    for (size_t i = 0; i < c->n_statements; i++) {
        struct cached *s = &c->statements[i];
        if (!s->is_lent && (!oldest || s->used < oldest->used)) {
            oldest = s;
        }
    }
    if (oldest) {
        (void)sqlite3_finalize(oldest->stmt);
    }
    return oldest;
}

enum errcode conn_prepare(struct conn *c, struct str sql, sqlite3_stmt **out, struct error *err)
{
    struct cached *s = find_cached(c, sql);
    if (!s) {
        sqlite3_stmt *stmt = NULL;
        int rc =
            sqlite3_prepare_v3(c->db, sql.p, (int)sql.n, SQLITE_PREPARE_PERSISTENT, &stmt, NULL);
        if (rc != SQLITE_OK || !stmt) {
            return conn_error(c, rc, "preparing a statement", err);
        }
        s = find_place(c);
        if (!s) {
            *out = stmt;
            return ERR_OK;
        }
        *s = (struct cached){.stmt = stmt, .sql = str_of(sqlite3_sql(stmt))};
    }
    s->is_lent = true;
    s->used = ++c->n_calls;
    *out = s->stmt;
    return ERR_OK;
}

void conn_release(struct conn *c, sqlite3_stmt *stmt)
{
    if (!stmt) {
        return;
    }
    for (size_t i = 0; i < c->n_statements; i++) {
        if (c->statements[i].stmt == stmt) {
            (void)sqlite3_reset(stmt);
            (void)sqlite3_clear_bindings(stmt);
            c->statements[i].is_lent = false;
            return;
        }
    }
    (void)sqlite3_finalize(stmt);
}

static int bind_one(sqlite3_stmt *stmt, int i, const struct value *v)
{
    switch (v->kind) {
    case VALUE_BOOL:
        return sqlite3_bind_int(stmt, i, v->b);
    case VALUE_INT:
        return sqlite3_bind_int64(stmt, i, v->i);
    case VALUE_FLOAT:
        return sqlite3_bind_double(stmt, i, v->f);
    case VALUE_TEXT:
        return sqlite3_bind_text64(stmt, i, v->s.p ? v->s.p : "", v->s.n, SQLITE_STATIC,
                                   SQLITE_UTF8);
    case VALUE_BYTES:
        return sqlite3_bind_blob64(stmt, i, v->s.p ? v->s.p : "", v->s.n, SQLITE_STATIC);
    case VALUE_NULL:
        break;
    }
    return sqlite3_bind_null(stmt, i);
}

enum errcode conn_bind_one(struct conn *c, sqlite3_stmt *stmt, size_t i, const struct value *v,
                           struct error *err)
{
    int rc = bind_one(stmt, (int)i + 1, v);
    return rc == SQLITE_OK ? ERR_OK : conn_error(c, rc, "binding a value", err);
}

enum errcode conn_bind(struct conn *c, sqlite3_stmt *stmt, const struct value *values, size_t n,
                       struct error *err)
{
    for (size_t i = 0; i < n; i++) {
        TRY(conn_bind_one(c, stmt, i, &values[i], err));
    }
    return ERR_OK;
}

/* Not column_text(): it copies what it is asked for, to end it with a NUL. */
static struct str text_of(sqlite3_value *v)
{
    if (sqlite3_value_encoding(v) != SQLITE_UTF8) {
        const char *p = (const char *)sqlite3_value_text(v);
        return (struct str){p, (size_t)sqlite3_value_bytes(v)};
    }
    const char *p = sqlite3_value_blob(v);
    return (struct str){p ? p : "", (size_t)sqlite3_value_bytes(v)};
}

struct value conn_column(sqlite3_stmt *stmt, int column)
{
    sqlite3_value *v = sqlite3_column_value(stmt, column);
    switch (sqlite3_value_type(v)) {
    case SQLITE_INTEGER:
        return value_int(sqlite3_value_int64(v));
    case SQLITE_FLOAT:
        return value_float(sqlite3_value_double(v));
    case SQLITE_TEXT:
        return value_str(text_of(v));
    case SQLITE_BLOB: {
        const char *p = sqlite3_value_blob(v);
        return value_bytes((struct str){p, (size_t)sqlite3_value_bytes(v)});
    }
    default:
        return value_null();
    }
}
