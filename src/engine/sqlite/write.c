#include "base/attr.h"
#include "base/json.h"
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

static const struct value *value_of(const struct write *w, const char *column)
{
    for (size_t i = 0; i < w->n_columns; i++) {
        if (str_eq_nocase(str_of(w->columns[i]->name), str_of(column))) {
            return &w->values[i];
        }
    }
    return NULL;
}

/* No row of the parent has the values that @w gives to the columns of @k. */
static bool lacks_parent(struct conn *c, const struct write *w, const struct foreign_key *k)
{
    struct sql_writer q;
    sqlite3_stmt *stmt = NULL;
    if (!k->referenced_columns) {
        return false;
    }
    buf_clear(&c->text);
    sql_begin(&q, &sqlite_dialect, &c->text, c->scratch);
    sql_text(&q, "SELECT 1 FROM ");
    sql_ident(&q, k->referenced_table);
    for (size_t i = 0; i < k->n_columns; i++) {
        const struct value *v = value_of(w, k->columns[i]);
        if (!v || v->kind == VALUE_NULL) {
            return false;
        }
        sql_text(&q, i ? " AND " : " WHERE ");
        sql_ident(&q, k->referenced_columns[i]);
        sql_text(&q, " = ");
        sql_param(&q, table_find_column(w->table, str_of(k->columns[i])), *v);
    }
    if (conn_prepare(c, buf_str(&c->text), &stmt, NULL) != ERR_OK) {
        return false;
    }
    bool lacks = conn_bind(c, stmt, q.params, q.n_params, NULL) == ERR_OK &&
                 sqlite3_step(stmt) == SQLITE_DONE;
    conn_release(c, stmt);
    return lacks;
}

/* SQLite says only that some key is broken: look for the one that the row itself breaks. */
static void explain_key(struct conn *c, const struct write *w, struct error *err)
{
    for (size_t i = 0; err && w->kind != WRITE_DELETE && i < w->table->n_foreign_keys; i++) {
        const struct foreign_key *k = &w->table->foreign_keys[i];
        if (!lacks_parent(c, w, k)) {
            continue;
        }
        struct buf pointer;
        buf_init(&pointer, 4096);
        doc_pointer_token(&pointer, k->columns[0]);
        (void)ERROR(err, ERR_FOREIGN_KEY_VIOLATION, "no row of \"%s\" has this \"%s\"",
                    k->referenced_table, k->referenced_columns[0]);
        (void)error_where(err, "%s", buf_text(&pointer));
        buf_release(&pointer);
        return;
    }
    if (w->kind == WRITE_DELETE) {
        (void)ERROR(err, ERR_FOREIGN_KEY_VIOLATION, "rows of other tables still refer to this one");
    }
}

static enum errcode step(struct conn *c, sqlite3_stmt *stmt, const struct write *w,
                         struct write_result *out, struct error *err)
{
    /* an upsert that updates leaves the last id alone: zero tells the two apart */
    sqlite3_set_last_insert_rowid(c->db, 0);
    int rc = sqlite3_step(stmt);
    if (rc != SQLITE_DONE) {
        return conn_step_error(c, rc, "writing a row", err);
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
    if (code == ERR_FOREIGN_KEY_VIOLATION) {
        explain_key(c, wr, err);
    }
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
