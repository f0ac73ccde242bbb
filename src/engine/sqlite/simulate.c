#include "engine/sqlite/planner.h"

#include "base/attr.h"
#include "engine/sqlcommon/token.h"
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

#define WHOLE_MAX 100 /* tables that are copied without asking which are needed */

struct simulation {
    struct arena *arena;
    struct conn *conn;
    const struct catalog *before;
    bool is_whole;
    struct map chosen; /* tables that are copied, when not all */
};

static bool is_chosen(const struct simulation *s, const char *table)
{
    return s->is_whole || map_has(&s->chosen, str_of(table));
}

static void choose(struct simulation *s, const char *table)
{
    if (table) {
        (void)map_put(&s->chosen, str_of(table), s);
    }
}

static void choose_named(struct simulation *s, const struct change *c)
{
    switch (c->kind) {
    case CHANGE_CREATE_TABLE:
        choose(s, c->create_table.table->name);
        return;
    case CHANGE_DROP_TABLE:
        choose(s, c->drop_table.table);
        choose(s, c->drop_table.trash);
        return;
    case CHANGE_RENAME_TABLE:
        choose(s, c->rename_table.table);
        choose(s, c->rename_table.new_name);
        return;
    case CHANGE_RESTORE_TABLE:
        choose(s, c->restore_table.table->name);
        choose(s, c->restore_table.trash);
        for (size_t i = 0; i < c->restore_table.n_referrers; i++) {
            choose(s, c->restore_table.referrers[i].table);
        }
        return;
    case CHANGE_CREATE_COLUMN:
        choose(s, c->create_column.table);
        choose(s, c->create_column.restore.object);
        return;
    case CHANGE_DROP_COLUMN:
        choose(s, c->drop_column.table);
        choose(s, c->drop_column.trash);
        return;
    case CHANGE_RENAME_COLUMN:
        choose(s, c->rename_column.table);
        return;
    case CHANGE_CREATE_INDEX:
        choose(s, c->create_index.table);
        return;
    case CHANGE_DROP_INDEX:
        choose(s, c->drop_index.table);
        return;
    case CHANGE_MODIFY_COLUMN:
        choose(s, c->modify_column.table);
        return;
    default:
        s->is_whole = true; /* a change that this list does not know: look at everything */
        return;
    }
}

/* Tables that a view or a trigger names. */
static void choose_mentioned(struct simulation *s, const char *text)
{
    struct tokens t = tokens_read(s->arena, str_of(text));
    for (size_t i = 0; i < t.n; i++) {
        if (token_is_name(&t.items[i])) {
            const char *name = token_name(s->arena, &t.items[i]);
            choose(s, catalog_find_table(s->before, str_of(name)) ? name : NULL);
        }
    }
}

static void choose_children(struct simulation *s, const struct table *t)
{
    for (size_t i = 0; i < t->n_foreign_keys; i++) {
        if (map_has(&s->chosen, str_of(t->foreign_keys[i].referenced_table))) {
            choose(s, t->name);
        }
    }
}

static void choose_all_reached(struct simulation *s, const struct change_list *changes)
{
    for (size_t i = 0; i < changes->n; i++) {
        choose_named(s, &changes->items[i]);
    }
    for (size_t i = 0; i < s->before->n_tables; i++) {
        choose_children(s, s->before->tables[i]);
    }
    for (size_t i = 0; i < s->before->n_tables; i++) {
        const struct table *t = s->before->tables[i];
        if (t->kind == TABLE_VIEW || t->kind == TABLE_VIRTUAL) {
            choose(s, t->name);
            choose_mentioned(s, t->native);
        }
        for (size_t k = 0; k < t->n_triggers; k++) {
            choose(s, t->name);
            choose_mentioned(s, t->triggers[k].native);
        }
    }
}

/* What the copy cannot have (a module that is missing) is left out: only what needs it fails. */
static enum errcode copy_kind(struct simulation *s, enum table_kind kind, struct error *err)
{
    for (size_t i = 0; i < s->before->n_tables; i++) {
        const struct table *t = s->before->tables[i];
        bool is_base = t->kind == TABLE_BASE || t->kind == TABLE_NONE;
        if (!is_chosen(s, t->name)) {
            continue;
        }
        if (kind == TABLE_BASE && is_base) {
            TRY(copy_table(s->conn, s->arena, t, err));
            TRY(copy_indexes(s->conn, s->arena, t, err));
        } else if (kind != TABLE_BASE && t->kind == kind && t->native) {
            try_text(s->conn, t->native);
        }
    }
    return ERR_OK;
}

static enum errcode copy_schema(struct simulation *s, struct error *err)
{
    TRY(conn_exec(s->conn, "PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON; BEGIN",
                  err));
    TRY(copy_kind(s, TABLE_BASE, err));
    TRY(copy_kind(s, TABLE_VIRTUAL, err));
    TRY(copy_kind(s, TABLE_VIEW, err));
    for (size_t i = 0; i < s->before->n_tables; i++) {
        for (size_t k = 0; k < s->before->tables[i]->n_triggers; k++) {
            try_text(s->conn, s->before->tables[i]->triggers[k].native);
        }
    }
    return conn_exec(s->conn, "COMMIT", err);
}

void simulate_close(struct simulation *s)
{
    if (s) {
        conn_close(s->conn);
        arena_free(s->arena);
    }
}

enum errcode simulate_open(const struct catalog *before, const struct change_list *changes,
                           struct simulation **out, struct error *err)
{
    struct arena *a = arena_new();
    struct simulation *s = ARENA_NEW(a, struct simulation);
    struct conn_settings settings = {.is_memory = true, .cache_kib = 2048};
    s->arena = a;
    s->before = before;
    s->is_whole = before->n_tables <= WHOLE_MAX;
    map_init(&s->chosen, a, true);
    if (!s->is_whole) {
        choose_all_reached(s, changes);
    }
    enum errcode code = conn_open(&settings, &s->conn, err);
    if (code == ERR_OK) {
        code = copy_schema(s, err);
    }
    if (code != ERR_OK) {
        simulate_close(s);
        return code;
    }
    *out = s;
    return ERR_OK;
}

enum errcode simulate_run(struct simulation *s, const struct plan_step *step, struct error *err)
{
    return step->kind == STEP_RUN ? conn_only_run(s->conn, step->text, err) : ERR_OK;
}

static void unref(void *catalog)
{
    catalog_unref(catalog);
}

enum errcode simulate_read(struct simulation *s, struct catalog **out, struct error *err)
{
    struct catalog *read = NULL;
    TRY(inspect_read(s->conn, &read, err));
    if (s->is_whole) {
        *out = read;
        return ERR_OK;
    }
    struct catalog *all = catalog_new();
    arena_defer(all->arena, unref, read);
    for (size_t i = 0; i < s->before->n_tables; i++) {
        if (!is_chosen(s, s->before->tables[i]->name)) {
            catalog_add_table(all, s->before->tables[i]);
        }
    }
    for (size_t i = 0; i < read->n_tables; i++) {
        catalog_add_table(all, read->tables[i]);
    }
    *out = all;
    return ERR_OK;
}

struct job {
    struct sqlite_session *session;
    struct plan *plan;
    struct error *err;
    enum errcode code;
};

static enum errcode run_all(struct simulation *s, struct plan *plan, struct error *err)
{
    struct catalog *after AUTO(catalog_unrefp) = NULL;
    bool rebuilds = false;
    for (size_t i = 0; i < plan->n_groups; i++) {
        rebuilds = rebuilds || plan->groups[i].is_rebuild;
    }
    TRY(conn_exec(s->conn,
                  rebuilds ? "PRAGMA legacy_alter_table = ON" : "PRAGMA legacy_alter_table = OFF",
                  err));
    for (size_t i = 0; i < plan->n_steps; i++) {
        TRY(simulate_run(s, &plan->steps[i], err));
    }
    TRY(simulate_read(s, &after, err));
    plan->fingerprint_after = catalog_fingerprint(plan->arena, after);
    return ERR_OK;
}

static void rehearse(void *arg)
{
    struct job *j = arg;
    struct catalog *before AUTO(catalog_unrefp) = NULL;
    struct simulation *s = NULL;
    j->code = inspect_read(j->session->conn, &before, j->err);
    if (j->code == ERR_OK) {
        j->code = simulate_open(before, j->plan->changes, &s, j->err);
    }
    if (j->code == ERR_OK) {
        j->code = run_all(s, j->plan, j->err);
    }
    simulate_close(s);
}

enum errcode sqlite_rehearse(struct session *s, struct plan *plan, struct error *err)
{
    struct job j = {.session = sqlite_session_of(s), .plan = plan, .err = err};
    wait_run(rehearse, &j);
    return j.code;
}
