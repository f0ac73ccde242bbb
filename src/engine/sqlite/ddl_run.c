#include "base/attr.h"
#include "engine/sqlcommon/sql_writer.h"
#include "engine/sqlite/session.h"

/*
 * Running a plan on the session that is alone in its file. A group is one transaction. A group
 * with rebuilds runs with foreign keys off and legacy ALTER on; at its end no foreign key may be
 * broken that was whole before, and no view may fail that worked.
 */
struct job {
    struct sqlite_session *session;
    const struct plan_group *group;
    const struct plan_step *step;
    bool commit;
    int64_t n_rows;
    struct error *err;
    enum errcode code;
};

static enum errcode set_switch(struct conn *c, int id, int on, struct error *err)
{
    int now = -1;
    int rc = sqlite3_db_config(c->db, id, on, &now);
    if (rc != SQLITE_OK || now != on) {
        return ERROR(err, ERR_INTERNAL, "SQLite refuses a switch that the change needs");
    }
    return ERR_OK;
}

static enum errcode set_rebuild(struct conn *c, bool on, struct error *err)
{
    TRY(set_switch(c, SQLITE_DBCONFIG_ENABLE_FKEY, !on, err));
    return set_switch(c, SQLITE_DBCONFIG_LEGACY_ALTER_TABLE, on, err);
}

/* One line per broken reference, sorted, as text. */
static enum errcode read_violations(struct conn *c, struct arena *a, const char **out,
                                    struct error *err)
{
    static const char sql[] =
        "SELECT group_concat(line, char(10)) FROM (SELECT \"table\" || ' ' || "
        "coalesce(rowid, '') || ' ' || parent AS line FROM "
        "pragma_foreign_key_check ORDER BY 1)";
    sqlite3_stmt *stmt = NULL;
    TRY(conn_prepare(c, str_of(sql), &stmt, err));
    int rc = sqlite3_step(stmt);
    enum errcode code = ERR_OK;
    if (rc == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(stmt, 0);
        *out = arena_strdup(a, text ? text : "");
    } else {
        code = conn_error(c, rc, "checking foreign keys", err);
    }
    conn_release(c, stmt);
    return code;
}

/* A line of @after that is not in @before, or {NULL}. Both are sorted and end lines with \n. */
static struct str new_line(const char *before, const char *after)
{
    struct str old = str_of(before);
    struct str now = str_of(after);
    struct str line;
    struct str known = {NULL, 0};
    bool has_known = str_split(&old, '\n', &known);
    while (str_split(&now, '\n', &line)) {
        while (has_known && known.n && !str_eq(known, line) &&
               memcmp(known.p, line.p, known.n < line.n ? known.n : line.n) <= 0) {
            has_known = str_split(&old, '\n', &known);
        }
        if (line.n && !(has_known && str_eq(known, line))) {
            return line;
        }
    }
    return (struct str){NULL, 0};
}

/* The names of the views that can be read, a line each. */
static enum errcode read_views(struct conn *c, struct arena *a, const char ***out, size_t *n,
                               struct error *err)
{
    sqlite3_stmt *stmt = NULL;
    const char **names = NULL;
    size_t count = 0;
    TRY(conn_prepare(c, STR("SELECT name FROM sqlite_schema WHERE type = 'view'"), &stmt, err));
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        const char *name = arena_strdup(a, (const char *)sqlite3_column_text(stmt, 0));
        ARENA_PUSH(a, names, count, name);
    }
    conn_release(c, stmt);
    *out = names;
    *n = count;
    return ERR_OK;
}

static bool can_read(struct conn *c, const char *view)
{
    struct buf text;
    sqlite3_stmt *stmt = NULL;
    buf_init(&text, 4096);
    buf_adds(&text, "SELECT * FROM ");
    sql_quote_ident(&text, '"', str_of(view));
    buf_adds(&text, " LIMIT 0");
    int rc = sqlite3_prepare_v2(c->db, buf_text(&text), -1, &stmt, NULL);
    (void)sqlite3_finalize(stmt);
    buf_release(&text);
    return rc == SQLITE_OK;
}

static enum errcode note_views(struct sqlite_session *s, struct error *err)
{
    const char **names = NULL;
    size_t n = 0;
    s->views = NULL;
    s->n_views = 0;
    TRY(read_views(s->conn, s->base.arena, &names, &n, err));
    for (size_t i = 0; i < n; i++) {
        if (can_read(s->conn, names[i])) {
            ARENA_PUSH(s->base.arena, s->views, s->n_views, names[i]);
        }
    }
    return ERR_OK;
}

static bool has_view(struct conn *c, const char *name)
{
    sqlite3_stmt *stmt = NULL;
    if (conn_prepare(c, STR("SELECT 1 FROM sqlite_schema WHERE type = 'view' AND name = ?"), &stmt,
                     NULL) != ERR_OK) {
        return true;
    }
    (void)sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
    bool found = sqlite3_step(stmt) == SQLITE_ROW;
    conn_release(c, stmt);
    return found;
}

static enum errcode check_group(struct sqlite_session *s, struct error *err)
{
    const char *after = NULL;
    TRY(read_violations(s->conn, s->base.arena, &after, err));
    struct str line = new_line(s->violations, after);
    if (line.p) {
        return ERROR(err, ERR_FOREIGN_KEY_VIOLATION,
                     "the change would break references: %.*s (table, row, referenced table)",
                     (int)line.n, line.p);
    }
    for (size_t i = 0; i < s->n_views; i++) {
        if (!can_read(s->conn, s->views[i]) && has_view(s->conn, s->views[i])) {
            return ERROR(err, ERR_CONFLICT, "the view \"%s\" would not work any more", s->views[i]);
        }
    }
    return ERR_OK;
}

static enum errcode begin(struct sqlite_session *s, const struct plan_group *g, struct error *err)
{
    if (s->in_group || !sqlite3_get_autocommit(s->conn->db)) {
        return ERROR(err, ERR_INTERNAL, "a group of statements is open already");
    }
    if (g->is_rebuild) {
        TRY(set_rebuild(s->conn, true, err));
        s->in_rebuild = true;
    }
    if (g->is_transaction || g->is_rebuild) {
        TRY(conn_run(s->conn, "BEGIN IMMEDIATE", err));
    }
    s->in_group = true;
    if (g->is_rebuild) {
        TRY(read_violations(s->conn, s->base.arena, &s->violations, err));
        TRY(note_views(s, err));
    }
    return ERR_OK;
}

void sqlite_session_leave(struct sqlite_session *s)
{
    if (!s->conn) {
        return;
    }
    if (!sqlite3_get_autocommit(s->conn->db)) {
        conn_try(s->conn, "ROLLBACK");
    }
    /* a connection whose switches do not come back is not used again */
    if (s->in_rebuild && set_rebuild(s->conn, false, NULL) != ERR_OK) {
        conn_close(s->conn);
        s->conn = NULL;
        s->file->writer = NULL;
    }
    s->in_group = false;
    s->in_rebuild = false;
}

static void run_begin(void *arg)
{
    struct job *j = arg;
    j->code = begin(j->session, j->group, j->err);
    if (j->code != ERR_OK && !j->session->in_group) {
        sqlite_session_leave(j->session);
    }
}

enum errcode sqlite_group_begin(struct session *base, const struct plan_group *g, struct error *err)
{
    struct job j = {.session = sqlite_session_of(base), .group = g, .err = err};
    wait_run(run_begin, &j);
    if (j.code != ERR_OK) {
        sqlite_session_leave(j.session);
    }
    return j.code;
}

static enum errcode refuse_row(sqlite3_stmt *stmt, struct error *err)
{
    const char *text = (const char *)sqlite3_column_text(stmt, 0);
    return ERROR(err, ERR_CONFLICT, "a check of the change failed: %s", text ? text : "");
}

static enum errcode run_statement(struct conn *c, const struct plan_step *step, int64_t *n_rows,
                                  struct error *err)
{
    sqlite3_stmt *stmt = NULL;
    int64_t before = sqlite3_total_changes64(c->db);
    enum errcode code = conn_only(c, step->text, &stmt, err);
    int rc = SQLITE_DONE;
    if (code == ERR_OK && step->kind == STEP_CHECK && !sqlite3_stmt_readonly(stmt)) {
        code = ERROR(err, ERR_INTERNAL, "a check may not write: %s", step->text);
    }
    while (code == ERR_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        code = step->kind == STEP_CHECK ? refuse_row(stmt, err) : ERR_OK;
    }
    if (code == ERR_OK && rc != SQLITE_DONE) {
        code = conn_step_error(c, rc, step->text, err);
    }
    (void)sqlite3_finalize(stmt);
    if (code == ERR_OK) {
        *n_rows = sqlite3_total_changes64(c->db) - before;
    }
    return code;
}

static void run_step(void *arg)
{
    struct job *j = arg;
    j->code = run_statement(j->session->conn, j->step, &j->n_rows, j->err);
}

enum errcode sqlite_run_step(struct session *base, const struct plan_step *step, int64_t *n_rows,
                             struct error *err)
{
    struct job j = {.session = sqlite_session_of(base), .step = step, .err = err};
    wait_run(run_step, &j);
    if (j.code == ERR_OK && n_rows) {
        *n_rows = j.n_rows;
    }
    return j.code;
}

static void run_end(void *arg)
{
    struct job *j = arg;
    struct sqlite_session *s = j->session;
    bool in_transaction = !sqlite3_get_autocommit(s->conn->db);
    if (j->commit && j->group->is_transaction && !in_transaction) {
        j->code = ERROR(j->err, ERR_CONFLICT, "a statement ended the transaction of the change");
    } else if (j->commit && in_transaction) {
        j->code = s->in_rebuild ? check_group(s, j->err) : ERR_OK;
        if (j->code == ERR_OK) {
            j->code = conn_run(s->conn, "COMMIT", j->err);
        }
    }
    sqlite_session_leave(s);
    atomic_fetch_add(&s->file->epoch, 1);
}

enum errcode sqlite_group_end(struct session *base, const struct plan_group *g, bool commit,
                              struct error *err)
{
    struct job j = {.session = sqlite_session_of(base), .group = g, .commit = commit, .err = err};
    wait_run(run_end, &j);
    return j.code;
}
