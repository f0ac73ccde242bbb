#include "engine/sqlite/maintain.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/attr.h"
#include "engine/sqlite/errors.h"
#include "engine/sqlite/session.h"

/* Work on a connection of its own, on a worker. */
struct job {
    struct file *file;
    const char *path;
    struct buf *report;
    bool sound;
    struct error *err;
    enum errcode code;
};

static enum errcode with_conn(struct file *f, struct job *j,
                              enum errcode (*fn)(struct conn *c, struct job *j))
{
    struct conn *c = NULL;
    TRY(file_open_conn(f, false, &c, j->err));
    enum errcode code = fn(c, j);
    conn_close(c);
    return code;
}

/*
 * The whole copy in one step: it reads one snapshot, so writers neither wait nor make it begin
 * again. The copy is not in WAL mode and is one file.
 */
static enum errcode copy_to(struct conn *c, sqlite3 *to, struct job *j)
{
    sqlite3_backup *b = sqlite3_backup_init(to, "main", c->db, "main");
    if (!b) {
        return sqlite_error(to, sqlite3_errcode(to), "beginning the copy", j->err);
    }
    int rc = sqlite3_backup_step(b, -1);
    int end = sqlite3_backup_finish(b);
    if (rc != SQLITE_DONE) {
        return sqlite_error(to, end != SQLITE_OK ? end : rc, "copying", j->err);
    }
    rc = sqlite3_exec(to, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
    return rc == SQLITE_OK ? ERR_OK : sqlite_error(to, rc, "ending the copy", j->err);
}

/* A new file that only its owner can read; SQLite would make one for everybody. */
static enum errcode make_private(const char *path, struct error *err)
{
    int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST) {
        return ERROR(err, ERR_CONFLICT, "\"%s\" is there already", path);
    }
    if (fd < 0) {
        bool full = errno == ENOSPC || errno == EDQUOT;
        return ERROR(err, full ? ERR_DISK_FULL : ERR_IO, "\"%s\" cannot be made: %s", path,
                     strerror(errno));
    }
    (void)close(fd);
    return ERR_OK;
}

static enum errcode back_up(struct conn *c, struct job *j)
{
    sqlite3 *to = NULL;
    TRY(make_private(j->path, j->err));
    int rc = sqlite3_open_v2(j->path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                             j->file->engine->settings.vfs);
    enum errcode code =
        rc == SQLITE_OK ? copy_to(c, to, j) : sqlite_error(to, rc, "making the copy", j->err);
    rc = sqlite3_close(to);
    if (code == ERR_OK && rc != SQLITE_OK) {
        code = sqlite_error(NULL, rc, "closing the copy", j->err);
    }
    if (code != ERR_OK) {
        (void)unlink(j->path);
    }
    return code;
}

static void run_backup(void *arg)
{
    struct job *j = arg;
    j->code = with_conn(j->file, j, back_up);
}

enum errcode sqlite_backup(struct engine *e, struct str ns, const char *path, struct error *err)
{
    struct job j = {.path = path, .err = err};
    TRY(file_acquire((struct sqlite_engine *)e, ns, &j.file, err));
    wait_run(run_backup, &j);
    file_release(j.file);
    return j.code;
}

static enum errcode report_rows(struct conn *c, struct job *j, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    TRY(conn_prepare(c, str_of(sql), &stmt, j->err));
    int rc;
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        const char *line = (const char *)sqlite3_column_text(stmt, 0);
        buf_printf(j->report, "%s: %s\n", j->file->ns.p, line ? line : "");
        j->sound = false;
    }
    enum errcode code = rc == SQLITE_DONE ? ERR_OK : conn_error(c, rc, "verifying", j->err);
    conn_release(c, stmt);
    return code;
}

static enum errcode check(struct conn *c, struct job *j)
{
    TRY(report_rows(c, j,
                    "SELECT integrity_check FROM pragma_integrity_check "
                    "WHERE integrity_check <> 'ok'"));
    return report_rows(c, j,
                       "SELECT 'row ' || coalesce(rowid, '?') || ' of \"' || \"table\" || '\" "
                       "refers to a missing row of \"' || parent || '\"' "
                       "FROM pragma_foreign_key_check");
}

static void run_verify(void *arg)
{
    struct job *j = arg;
    struct error *err = j->err, damage = ERROR_INIT;
    j->err = &damage;
    j->sound = true;
    j->code = with_conn(j->file, j, check);
    if (j->code == ERR_CORRUPT) { /* so damaged that not even the check runs: a finding too */
        buf_printf(j->report, "%s: the database file is damaged\n", j->file->ns.p);
        j->sound = false;
        j->code = ERR_OK;
        error_release(&damage);
    }
    if (j->code != ERR_OK) {
        (void)error_move(err, &damage); /* the code is in the job */
    }
}

enum errcode sqlite_verify(struct engine *e, struct str ns, struct buf *report, bool *sound,
                           struct error *err)
{
    struct job j = {.report = report, .err = err};
    TRY(file_acquire((struct sqlite_engine *)e, ns, &j.file, err));
    wait_run(run_verify, &j);
    file_release(j.file);
    if (j.code == ERR_OK) {
        *sound = j.sound;
    }
    return j.code;
}
