#include "engine/sqlite/kind.h"

#include <errno.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/attr.h"
#include "engine/catalog_cache.h"
#include "engine/sqlite/sqlite_engine.h"

bool sqlite_has_wal(const char *path)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    return access(arena_printf(a, "%s-wal", path), F_OK) == 0;
}

void sqlite_tidy(const char *path, const char *vfs)
{
    sqlite3 *db = NULL;
    if (!sqlite_has_wal(path)) {
        return;
    }
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(path, &db, flags, vfs) == SQLITE_OK) {
        (void)sqlite3_exec(db, "SELECT 1 FROM sqlite_schema LIMIT 1", NULL, NULL, NULL);
    }
    (void)sqlite3_close(db);
}

/* ---- opening a file that is there ---------------------------------------------------------- */

static enum errcode no_file(int error, struct error *err)
{
    if (error == EACCES) {
        ERROR(err, ERR_SOURCE_REFUSED, "the file may not be read by the server");
        return error_hint(err, "give the server's user the right to read it");
    }
    ERROR(err, ERR_NOT_FOUND, "there is no such file");
    return error_hint(err, "the path is one on the server's machine");
}

/* By its path only, which leads over no symbolic link: SQLite refuses those. Opening and closing it
 * here would drop the locks of whoever reads it now. */
static enum errcode check_file(const char *path, bool is_read_only, struct error *err)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        return no_file(errno, err);
    }
    if (!S_ISREG(st.st_mode)) {
        return ERROR(err, ERR_SOURCE_REFUSED, "it is not a file");
    }
    if (access(path, R_OK) != 0) {
        return no_file(errno, err);
    }
    if (!is_read_only && access(path, W_OK) != 0) {
        ERROR(err, ERR_SOURCE_REFUSED, "the file may not be written by the server");
        return error_hint(err, "attach it read-only, or give the server's user the right");
    }
    return ERR_OK;
}

/* What the first reading of a file meets, as a reason to refuse it. */
static enum errcode refuse(struct error *why, struct error *err)
{
    enum errcode code = ERR_SOURCE_REFUSED;
    if (why->code == ERR_CORRUPT) {
        ERROR(err, code, "the file is not a SQLite database, or it is damaged");
    } else if (why->code == ERR_UNAVAILABLE || why->code == ERR_FORBIDDEN) {
        ERROR(err, code, "the file cannot be read as it is");
        (void)error_hint(err, "its path may not lead over a symbolic link, and a database in WAL "
                              "mode needs a folder that the server may write");
    } else {
        return error_move(err, why);
    }
    error_release(why);
    return code;
}

static enum errcode look_inside(struct engine *e, struct error *err)
{
    struct catalog *c = NULL;
    struct error why = ERROR_INIT;
    if (engine_catalog(e, ATTACHED_NS, &c, &why) != ERR_OK) {
        return refuse(&why, err);
    }
    catalog_unref(c);
    return ERR_OK;
}

static enum errcode open_attached(const struct engine_options *o, struct sqlite_settings *s,
                                  struct engine **out, struct error *err)
{
    struct engine *e = NULL;
    TRY(check_file(o->path, o->is_read_only, err));
    s->file = o->path;
    s->folder = s->folder ? s->folder : "/tmp";
    TRY(sqlite_engine_open(s, &e, err));
    enum errcode code = look_inside(e, err);
    if (code != ERR_OK) {
        engine_close(e);
        return code;
    }
    *out = e;
    return ERR_OK;
}

static enum errcode open_kind(const struct engine_options *o, struct engine **out,
                              struct error *err)
{
    const struct sqlite_settings *given = o->embedded;
    struct sqlite_settings s = given ? *given : (struct sqlite_settings){0};
    if (!o->path || !*o->path) {
        return ERROR(err, ERR_INVALID, "a SQLite database needs a path");
    }
    s.read_only = o->is_read_only;
    s.read_limit_ms = o->statement_ms > 0 ? o->statement_ms : s.read_limit_ms;
    if (o->is_attached) {
        return open_attached(o, &s, out, err);
    }
    s.folder = o->path;
    return sqlite_engine_open(&s, out, err);
}

static const struct engine_type types[] = {
    {"boolean", "BOOLEAN"},
    {"int16", "SMALLINT"},
    {"int32", "INT32"},
    {"int64", "INTEGER"},
    {"decimal(p,s)", "DECIMAL(p,s)"},
    {"decimal", "DECIMAL TEXT"},
    {"float32", "REAL"},
    {"float64", "DOUBLE PRECISION"},
    {"text", "TEXT"},
    {"text(n)", "VARCHAR(n)"},
    {"char(n)", "CHAR(n)"},
    {"bytes", "BLOB"},
    {"date", "DATE TEXT"},
    {"time", "TIME TEXT"},
    {"localdatetime", "LOCAL DATETIME TEXT"},
    {"instant", "DATETIME TEXT"},
    {"interval", "INTERVAL BIGINT"},
    {"uuid", "UUID TEXT"},
    {"json", "JSON TEXT"},
    {"enum", "ENUM TEXT"},
    {"array", "ARRAY TEXT"},
    {"objectid", "OBJECTID TEXT"},
};

static const char *const schemes[] = {"sqlite", NULL};

const struct engine_kind sqlite_kind = {
    .name = "sqlite",
    .label = "SQLite",
    .schemes = schemes,
    .types = types,
    .n_types = ARRAY_LEN(types),
    .open = open_kind,
};
