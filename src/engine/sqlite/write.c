#include "base/attr.h"
#include "engine/sqlcommon/sql_writer.h"
#include "engine/sqlite/dialect.h"
#include "engine/sqlite/session.h"

struct job {
    struct sqlite_session *session;
    const struct write *write;
    struct write_result result;
    struct error *err;
    enum errcode code;
};

static enum errcode step(struct conn *c, sqlite3_stmt *stmt, const struct write *w,
                         struct write_result *out, struct error *err)
{
    /* an upsert that updates leaves the last id alone: zero tells the two apart */
    sqlite3_set_last_insert_rowid(c->db, 0);
    int rc = sqlite3_step(stmt);
    if (rc != SQLITE_DONE) {
        return conn_error(c, rc, "writing a row", err);
    }
    *out = (struct write_result){.n_rows = sqlite3_changes64(c->db)};
    if (w->kind == WRITE_INSERT || w->kind == WRITE_UPSERT) {
        out->last_id = sqlite3_last_insert_rowid(c->db);
        bool is_new = out->last_id != 0 || w->kind == WRITE_INSERT || w->table->is_without_rowid;
        out->n_inserted = is_new ? out->n_rows : 0;
    }
    return ERR_OK;
}

static enum errcode run(struct conn *c, const struct write *wr, struct write_result *out,
                        struct error *err)
{
    struct sql_writer w;
    sqlite3_stmt *stmt = NULL;
    buf_clear(&c->text);
    arena_reset(c->scratch);
    sql_begin(&w, &sqlite_dialect, &c->text, c->scratch);
    sql_write(&w, wr);
    if (w.broken || buf_failed(&c->text)) {
        return ERROR(err, ERR_INVALID, "the write cannot be said: %s",
                     w.broken ? w.broken : "it is too long");
    }
    TRY(conn_prepare(c, buf_str(&c->text), &stmt, err));
    enum errcode code = conn_bind(c, stmt, w.params, w.n_params, err);
    if (code == ERR_OK) {
        code = step(c, stmt, wr, out, err);
    }
    conn_release(c, stmt);
    return code;
}

static void run_job(void *arg)
{
    struct job *j = arg;
    j->code = run(j->session->conn, j->write, &j->result, j->err);
}

enum errcode sqlite_write(struct session *base, const struct write *w, struct write_result *out,
                          struct error *err)
{
    struct sqlite_session *s = sqlite_session_of(base);
    struct job j = {.session = s, .write = w, .err = err};
    if (s->kind == SESSION_READS) {
        return ERROR(err, ERR_INTERNAL, "a reading session writes nothing");
    }
    if (s->kind == SESSION_ALONE) {
        wait_run(run_job, &j); /* may sync the file */
    } else {
        run_job(&j);
    }
    if (j.code == ERR_OK && out) {
        *out = j.result;
    }
    return j.code;
}
