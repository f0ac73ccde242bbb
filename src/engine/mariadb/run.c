#include "engine/mariadb/run.h"

#include "base/attr.h"
#include "loop/loop.h"

/*
 * Running a plan. Each statement of structure is whole or not at all and commits, so a group is
 * taken back step by step: by the undo of each, newest first. Those undos do no harm where their
 * step did not take effect, which nobody knows of the last one when the server went away.
 */
#define TRIES    4 /* each waits for a lock as long as the connection's settings say */
#define PAUSE_US 50000

static enum errcode run_patiently(struct my_conn *c, const char *text, int64_t *n_rows,
                                  struct error *err)
{
    struct error why = ERROR_INIT;
    for (int i = 1;; i++) {
        enum errcode code = my_run(c, text, n_rows, &why);
        if (code == ERR_OK) {
            return ERR_OK;
        }
        bool again = code == ERR_BUSY && i < TRIES && !c->is_broken;
        if (!again || loop_sleep(PAUSE_US * i, NULL) != ERR_OK) {
            return error_move(err, &why);
        }
        error_release(&why);
    }
}

static enum errcode run_check(struct my_conn *c, const char *text, struct error *err)
{
    MYSQL_RES *r = NULL;
    TRY(my_ask(c, text, NULL, 0, &r, err));
    MYSQL_ROW row = mysql_fetch_row(r);
    enum errcode code = ERR_OK;
    if (row) {
        code = ERROR(err, ERR_CONFLICT, "a check of the change failed: %s", row[0] ? row[0] : "");
    }
    mysql_free_result(r);
    return code;
}

enum errcode my_run_step(struct my_conn *c, const struct plan_step *step, int64_t *n_rows,
                         struct error *err)
{
    if (step->kind == STEP_CHECK) {
        *n_rows = 0;
        return run_check(c, step->text, err);
    }
    return run_patiently(c, step->text, n_rows, err);
}

/* The session's connection, a new one where the server hung up. */
static enum errcode own_again(struct mariadb_session *s, struct my_conn **out, struct error *err)
{
    if (s->conn && s->conn->is_broken) {
        my_give(s->conn);
        s->conn = NULL;
    }
    return mariadb_own(s, out, err);
}

static enum errcode take_back(struct mariadb_session *s, struct error *err)
{
    struct my_conn *c = NULL;
    TRY(own_again(s, &c, err));
    TRY(my_run(c, "UNLOCK TABLES", NULL, err));
    enum errcode first = ERR_OK;
    while (s->n_undos > 0) {
        const char *undo = s->undos[--s->n_undos];
        enum errcode code = run_patiently(c, undo, NULL, first == ERR_OK ? err : NULL);
        if (code != ERR_OK && first == ERR_OK) {
            first = err ? error_detail(err, "when taking back: %s", undo) : code;
        }
        mariadb_structure_changed(s);
    }
    return first;
}

enum errcode mariadb_group_begin(struct session *base, const struct plan_group *g,
                                 struct error *err)
{
    struct mariadb_session *s = mariadb_session_of(base);
    (void)g;
    if (s->in_group) {
        return ERROR(err, ERR_INTERNAL, "a group of statements is open already");
    }
    s->in_group = true;
    s->n_undos = 0;
    s->undos = NULL;
    return ERR_OK;
}

enum errcode mariadb_run_step(struct session *base, const struct plan_step *step, int64_t *n_rows,
                              struct error *err)
{
    struct mariadb_session *s = mariadb_session_of(base);
    struct my_conn *c = NULL;
    int64_t rows = 0;
    TRY(mariadb_own(s, &c, err));
    enum errcode code = my_run_step(c, step, &rows, err);
    bool may_have_run = code == ERR_OK || c->is_broken;
    if (may_have_run && step->undo && s->in_group) {
        ARENA_PUSH(base->arena, s->undos, s->n_undos, step->undo);
    }
    if (step->kind == STEP_RUN) {
        mariadb_structure_changed(s);
    }
    if (code == ERR_OK && n_rows) {
        *n_rows = rows;
    }
    return code;
}

enum errcode mariadb_group_end(struct session *base, const struct plan_group *g, bool commit,
                               struct error *err)
{
    struct mariadb_session *s = mariadb_session_of(base);
    (void)g;
    if (!s->in_group) {
        return ERR_OK;
    }
    s->in_group = false;
    if (commit) {
        s->n_undos = 0;
        return ERR_OK;
    }
    return take_back(s, err);
}

void mariadb_group_leave(struct mariadb_session *s)
{
    struct error ignored = ERROR_INIT;
    if (s->in_group) {
        s->in_group = false;
        /* what cannot be taken back is in the journal, and is told from the live schema */
        enum errcode code = take_back(s, &ignored);
        (void)code;
    }
    error_release(&ignored);
}
