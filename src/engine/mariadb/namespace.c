#include "base/attr.h"
#include "base/time.h"
#include "engine/mariadb/core.h"
#include "engine/sqlcommon/sql_writer.h"

/*
 * Namespaces are databases. A managed one has a table of one row, STATE: its number counts the
 * changes of structure, so that other processes see them, and its lock is what keeps writers and a
 * change of structure apart, in all processes.
 */
static enum errcode refuse_name(struct str ns, struct error *err)
{
    return ERROR(err, ERR_INVALID, "\"%.*s\" cannot be the name of a namespace", (int)ns.n,
                 ns.n ? ns.p : "");
}

static bool is_plain(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '_' || c == '-' || (c == '.' && i > 0);
        if (!fits) {
            return false;
        }
    }
    return s.n > 0;
}

/* MariaDB's name of @ns, in @a. */
static enum errcode name_database(struct mariadb_engine *e, struct arena *a, struct str ns,
                                  const char **out, struct error *err)
{
    const struct str tenants = STR("tenants/");
    const struct engine_options *o = &e->options;
    if (o->is_attached) {
        *out = o->database;
        return str_eq(ns, ATTACHED_NS) ? ERR_OK : refuse_name(ns, err);
    }
    bool is_tenant = str_starts(ns, tenants);
    struct str name = is_tenant ? str_sub(ns, tenants.n) : ns;
    if (!is_plain(name) || (!is_tenant && str_starts(name, STR("tenant_")))) {
        return refuse_name(ns, err);
    }
    *out = arena_printf(a, "%s%s%.*s", o->prefix, is_tenant ? "tenant_" : "", (int)name.n, name.p);
    if (strlen(*out) > MY_NAME_MAX) {
        return ERROR(err, ERR_INVALID, "\"%.*s\" is too long for the name of a database", (int)ns.n,
                     ns.p);
    }
    return ERR_OK;
}

static struct my_namespace *new_namespace(struct mariadb_engine *e, const char *database)
{
    struct my_namespace *n = ARENA_NEW(e->arena, struct my_namespace);
    n->database = arena_strdup(e->arena, database);
    BUG_ON(pthread_mutex_init(&n->lock, NULL) != 0);
    (void)map_put(&e->by_database, str_of(database), n);
    return n;
}

enum errcode my_namespace(struct mariadb_engine *e, struct str ns, struct my_namespace **out,
                          struct error *err)
{
    const char *database = NULL;
    pthread_mutex_lock(&e->lock);
    struct my_namespace *n = map_get(&e->by_name, ns);
    pthread_mutex_unlock(&e->lock);
    *out = n;
    if (n) {
        return ERR_OK;
    }
    struct arena *a AUTO(arena_freep) = arena_new();
    TRY(name_database(e, a, ns, &database, err));
    pthread_mutex_lock(&e->lock);
    n = map_get(&e->by_database, str_of(database));
    n = n ? n : new_namespace(e, database);
    (void)map_put(&e->by_name, ns, n);
    pthread_mutex_unlock(&e->lock);
    *out = n;
    return ERR_OK;
}

void my_namespace_doubt(const struct mariadb_engine *e, struct my_namespace *n)
{
    int64_t now = time_monotonic_us();
    pthread_mutex_lock(&n->lock);
    bool is_new = n->doubt_us == 0 || now - n->doubt_us > (int64_t)e->options.lease_ms * 1000;
    n->doubt_us = is_new ? now : n->doubt_us;
    pthread_mutex_unlock(&n->lock);
    if (is_new) {
        atomic_fetch_add(&n->epoch, 1);
    }
}

/* On a connection of its own: the database may not be there to be selected. */
static enum errcode run_apart(struct mariadb_engine *e, const char *const *texts, size_t n,
                              struct error *err)
{
    struct my_conn *c = NULL;
    TRY(my_connect(e, NULL, &c, err));
    c->is_patient = true;
    enum errcode code = ERR_OK;
    for (size_t i = 0; i < n && code == ERR_OK; i++) {
        code = my_run(c, texts[i], NULL, err);
    }
    my_close(c);
    return code;
}

static const char *quoted(struct arena *a, const char *name)
{
    struct buf b;
    buf_init(&b, 4096);
    sql_quote_ident(&b, '`', str_of(name));
    const char *text = arena_str(a, buf_str(&b));
    buf_release(&b);
    return text;
}

static enum errcode refuse_attached(const struct mariadb_engine *e, struct error *err)
{
    if (e->options.is_attached) {
        return ERROR(err, ERR_UNSUPPORTED, "an attached database has one namespace for ever");
    }
    if (e->options.is_read_only) {
        return ERROR(err, ERR_FORBIDDEN, "the database is read-only");
    }
    return ERR_OK;
}

enum errcode mariadb_namespace_create(struct engine *engine, struct str ns, struct error *err)
{
    struct mariadb_engine *e = (struct mariadb_engine *)engine;
    struct arena *a AUTO(arena_freep) = arena_new();
    struct my_namespace *n = NULL;
    TRY(refuse_attached(e, err));
    TRY(my_namespace(e, ns, &n, err));
    const char *collation = e->is_mysql ? "utf8mb4_0900_bin" : "utf8mb4_nopad_bin";
    const char *name = quoted(a, n->database);
    const char *texts[] = {
        arena_printf(a, "CREATE DATABASE IF NOT EXISTS %s CHARACTER SET utf8mb4 COLLATE %s", name,
                     collation),
        arena_printf(a,
                     "CREATE TABLE IF NOT EXISTS %s.`" MY_STATE "` (id TINYINT NOT NULL PRIMARY "
                     "KEY, n BIGINT NOT NULL) ENGINE=InnoDB",
                     name),
        arena_printf(a, "INSERT IGNORE INTO %s.`" MY_STATE "` (id, n) VALUES (1, 1)", name),
    };
    TRY(run_apart(e, texts, ARRAY_LEN(texts), err));
    atomic_fetch_add(&n->epoch, 1);
    return ERR_OK;
}

enum errcode mariadb_namespace_drop(struct engine *engine, struct str ns, struct error *err)
{
    struct mariadb_engine *e = (struct mariadb_engine *)engine;
    struct arena *a AUTO(arena_freep) = arena_new();
    struct my_namespace *n = NULL;
    TRY(refuse_attached(e, err));
    TRY(my_namespace(e, ns, &n, err));
    const char *text = arena_printf(a, "DROP DATABASE %s", quoted(a, n->database));
    TRY(run_apart(e, &text, 1, err));
    atomic_fetch_add(&n->epoch, 1);
    return ERR_OK;
}

static enum errcode ask_number(struct my_conn *c, const char *text, const char *const *params,
                               int n, uint64_t *out, struct error *err)
{
    MYSQL_RES *r = NULL;
    int64_t number = 0;
    TRY(my_ask(c, text, params, n, &r, err));
    MYSQL_ROW row = mysql_fetch_row(r);
    bool found = row && row[0] && str_int64(str_of(row[0]), &number);
    mysql_free_result(r);
    *out = (uint64_t)number;
    return found ? ERR_OK : ERROR(err, ERR_CORRUPT, "the database lost its state");
}

/* One number on any connection: names are whole. */
static enum errcode ask_anywhere(struct mariadb_engine *e, const char *text,
                                 const char *const *params, int n, uint64_t *out, struct error *err)
{
    struct my_conn *c = NULL;
    TRY(my_take_near(e, NULL, &c, err));
    enum errcode code = ask_number(c, text, params, n, out, err);
    my_give(c);
    return code;
}

static enum errcode count_databases(struct my_conn *c, const char *database, uint64_t *n,
                                    struct error *err)
{
    return ask_number(c, "SELECT count(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?",
                      &database, 1, n, err);
}

enum errcode my_refuse_moved(struct my_conn *c, const char *database, enum errcode code,
                             struct error *err)
{
    uint64_t n = 1;
    if (count_databases(c, database, &n, NULL) == ERR_OK && n == 0) {
        return ERROR(err, ERR_NOT_FOUND, "the namespace is not there");
    }
    return code;
}

bool mariadb_namespace_exists(struct engine *engine, struct str ns)
{
    struct mariadb_engine *e = (struct mariadb_engine *)engine;
    struct my_namespace *n = NULL;
    uint64_t found = 0;
    return my_namespace(e, ns, &n, NULL) == ERR_OK &&
           ask_anywhere(e, "SELECT count(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?",
                        &n->database, 1, &found, NULL) == ERR_OK &&
           found == 1;
}

/* An attached database counts nothing for us: whatever was made or changed has a new time or name.
 */
static enum errcode read_count(struct mariadb_engine *e, struct my_namespace *n, uint64_t *out,
                               struct error *err)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    if (e->options.is_attached) {
        return ask_anywhere(e,
                            "SELECT CAST(ifnull(sum(crc32(concat_ws('/', TABLE_NAME, TABLE_TYPE, "
                            "CREATE_TIME))), 0) AS SIGNED) FROM information_schema.TABLES WHERE "
                            "TABLE_SCHEMA = ?",
                            &n->database, 1, out, err);
    }
    const char *text =
        arena_printf(a, "SELECT n FROM %s.`" MY_STATE "` WHERE id = 1", quoted(a, n->database));
    enum errcode code = ask_anywhere(e, text, NULL, 0, out, err);
    return code == ERR_SCHEMA_MOVED ? ERROR(err, ERR_NOT_FOUND, "the namespace is not there")
                                    : code;
}

static uint64_t generation_of(uint64_t count, uint64_t epoch)
{
    return count ^ epoch << 40;
}

uint64_t my_generation_seen(struct my_namespace *n)
{
    uint64_t epoch = atomic_load(&n->epoch);
    pthread_mutex_lock(&n->lock);
    uint64_t count = n->count;
    pthread_mutex_unlock(&n->lock);
    return generation_of(count, epoch);
}

enum errcode mariadb_generation(struct engine *engine, struct str ns, uint64_t *out,
                                struct error *err)
{
    struct mariadb_engine *e = (struct mariadb_engine *)engine;
    struct my_namespace *n = NULL;
    TRY(my_namespace(e, ns, &n, err));
    uint64_t epoch = atomic_load(&n->epoch); /* before: what changes now is read again */
    int64_t now = time_monotonic_us();
    int64_t lease = (int64_t)e->options.lease_ms * 1000;
    pthread_mutex_lock(&n->lock);
    bool is_known = n->read_us && n->read_epoch == epoch && now - n->read_us < lease;
    uint64_t count = n->count;
    pthread_mutex_unlock(&n->lock);
    if (!is_known) {
        TRY(read_count(e, n, &count, err));
        pthread_mutex_lock(&n->lock);
        n->count = count;
        n->read_us = now;
        n->read_epoch = epoch;
        pthread_mutex_unlock(&n->lock);
    }
    *out = generation_of(count, epoch);
    return ERR_OK;
}
