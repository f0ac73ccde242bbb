#include "engine/sqlite/planner.h"

#include "base/attr.h"
#include "engine/sqlite/dialect.h"
#include "engine/sqlite/emit.h"
#include "engine/sqlite/inspect.h"
#include "engine/sqlite/session.h"

static void try_text(struct conn *c, const char *text)
{
    if (conn_only_run(c, text, NULL) != ERR_OK) {
        return; /* left out: only a change that needs it fails */
    }
}

static enum errcode copy_table(struct conn *c, struct arena *a, const struct table *t,
                               struct error *err)
{
    if (t->native) {
        return conn_only_run(c, t->native, err);
    }
    struct buf b;
    struct sql_writer w;
    buf_init(&b, BUF_MAX_DEFAULT);
    sql_begin(&w, &sqlite_dialect, &b, a);
    emit_table(&w, t, t->name);
    enum errcode code = conn_only_run(c, buf_text(&b), err);
    buf_release(&b);
    return code;
}

static enum errcode copy_indexes(struct conn *c, struct arena *a, const struct table *t,
                                 struct error *err)
{
    enum errcode code = ERR_OK;
    struct buf b;
    buf_init(&b, BUF_MAX_DEFAULT);
    for (size_t i = 0; i < t->n_indexes && code == ERR_OK; i++) {
        struct sql_writer w;
        if (t->indexes[i].is_constraint) {
            continue;
        }
        buf_clear(&b);
        sql_begin(&w, &sqlite_dialect, &b, a);
        emit_index(&w, &t->indexes[i], t->name);
        code = conn_only_run(c, buf_text(&b), err);
    }
    buf_release(&b);
    return code;
}

/* What the copy cannot have (a module that is missing) is left out: only what needs it fails. */
static enum errcode copy_kind(struct conn *c, struct arena *a, const struct catalog *cat,
                              enum table_kind kind, struct error *err)
{
    for (size_t i = 0; i < cat->n_tables; i++) {
        const struct table *t = cat->tables[i];
        bool is_base = t->kind == TABLE_BASE || t->kind == TABLE_NONE;
        if (kind == TABLE_BASE && is_base) {
            TRY(copy_table(c, a, t, err));
            TRY(copy_indexes(c, a, t, err));
        } else if (kind != TABLE_BASE && t->kind == kind && t->native) {
            try_text(c, t->native);
        }
    }
    return ERR_OK;
}

static enum errcode copy_schema(struct conn *c, const struct catalog *cat, struct error *err)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    TRY(conn_exec(c, "PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON; BEGIN", err));
    TRY(copy_kind(c, a, cat, TABLE_BASE, err));
    TRY(copy_kind(c, a, cat, TABLE_VIRTUAL, err));
    TRY(copy_kind(c, a, cat, TABLE_VIEW, err));
    for (size_t i = 0; i < cat->n_tables; i++) {
        for (size_t k = 0; k < cat->tables[i]->n_triggers; k++) {
            try_text(c, cat->tables[i]->triggers[k].native);
        }
    }
    return conn_exec(c, "COMMIT", err);
}

enum errcode simulate_open(const struct catalog *cat, struct conn **out, struct error *err)
{
    struct conn *c = NULL;
    struct conn_settings settings = {.is_memory = true, .cache_kib = 2048};
    TRY(conn_open(&settings, &c, err));
    enum errcode code = copy_schema(c, cat, err);
    if (code != ERR_OK) {
        conn_close(c);
        return code;
    }
    *out = c;
    return ERR_OK;
}

enum errcode simulate_run(struct conn *c, const struct plan_step *step, struct error *err)
{
    return step->kind == STEP_RUN ? conn_only_run(c, step->text, err) : ERR_OK;
}

struct job {
    struct sqlite_session *session;
    struct plan *plan;
    struct error *err;
    enum errcode code;
};

static enum errcode run_all(struct conn *c, struct plan *plan, struct error *err)
{
    struct catalog *after AUTO(catalog_unrefp) = NULL;
    bool rebuilds = false;
    for (size_t i = 0; i < plan->n_groups; i++) {
        rebuilds = rebuilds || plan->groups[i].is_rebuild;
    }
    TRY(conn_exec(
        c, rebuilds ? "PRAGMA legacy_alter_table = ON" : "PRAGMA legacy_alter_table = OFF", err));
    for (size_t i = 0; i < plan->n_steps; i++) {
        TRY(simulate_run(c, &plan->steps[i], err));
    }
    TRY(inspect_read(c, &after, err));
    plan->fingerprint_after = catalog_fingerprint(plan->arena, after);
    return ERR_OK;
}

static void rehearse(void *arg)
{
    struct job *j = arg;
    struct catalog *before AUTO(catalog_unrefp) = NULL;
    struct conn *c = NULL;
    j->code = inspect_read(j->session->conn, &before, j->err);
    if (j->code == ERR_OK) {
        j->code = simulate_open(before, &c, j->err);
    }
    if (j->code == ERR_OK) {
        j->code = run_all(c, j->plan, j->err);
        conn_close(c);
    }
}

enum errcode sqlite_rehearse(struct session *s, struct plan *plan, struct error *err)
{
    struct job j = {.session = sqlite_session_of(s), .plan = plan, .err = err};
    wait_run(rehearse, &j);
    return j.code;
}
