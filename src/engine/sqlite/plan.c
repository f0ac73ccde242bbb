#include "base/attr.h"
#include "engine/sqlite/dialect.h"
#include "engine/sqlite/emit.h"
#include "engine/sqlite/inspect.h"
#include "engine/sqlite/planner.h"
#include "engine/sqlite/session.h"

void planner_fail(struct planner *p, enum errcode code)
{
    if (p->code == ERR_OK) {
        p->code = code;
    }
}

/* Bring the copy to where the plan is, and read it. */
static void refresh(struct planner *p)
{
    struct catalog *read = NULL;
    if (!p->copy) {
        planner_fail(p, simulate_open(p->before, p->plan->changes, &p->copy, p->err));
    }
    while (p->code == ERR_OK && p->n_copied < p->n_steps) {
        planner_fail(p, simulate_run(p->copy, &p->steps[p->n_copied++], p->err));
    }
    if (p->code == ERR_OK) {
        planner_fail(p, simulate_read(p->copy, &read, p->err));
    }
    if (p->code == ERR_OK) {
        ARENA_PUSH(p->arena, p->copied, p->n_reads, read);
        p->now = read;
        map_init(&p->touched, p->arena, true);
    }
}

void planner_refresh(struct planner *p)
{
    if (p->code == ERR_OK && p->touched.n > 0) {
        refresh(p);
    }
}

const struct table *planner_table(struct planner *p, const char *name)
{
    if (p->code == ERR_OK && map_has(&p->touched, str_of(name))) {
        refresh(p);
    }
    if (p->code != ERR_OK) {
        return NULL;
    }
    const struct table *t = catalog_find_table(p->now, str_of(name));
    if (!t) {
        planner_fail(p, ERROR(p->err, ERR_NOT_FOUND, "no table \"%s\"", name));
    }
    return t;
}

void planner_touch(struct planner *p, const char *name)
{
    (void)map_put(&p->touched, str_of(name), p);
}

struct sql_writer planner_write(struct planner *p)
{
    struct sql_writer w;
    struct buf *b = ARENA_NEW(p->arena, struct buf);
    buf_init(b, BUF_MAX_DEFAULT);
    sql_begin(&w, &sqlite_dialect, b, p->arena);
    return w;
}

void planner_needs_rebuild(struct planner *p)
{
    p->plan->groups[0].is_rebuild = true;
}

static void push_step(struct planner *p, const char *text, const struct step_words *words)
{
    struct plan_step step = {.kind = words->kind,
                             .operation = p->operation,
                             .group = 0,
                             .text = text,
                             .comment = words->comment,
                             .lock = words->kind == STEP_CHECK ? "none" : "write",
                             .is_rewrite = words->is_rewrite};
    ARENA_PUSH(p->arena, p->plan->steps, p->plan->n_steps, step);
    ARENA_PUSH(p->arena, p->steps, p->n_steps, step);
}

void planner_step(struct planner *p, struct sql_writer *w, const struct step_words *words)
{
    if (w->broken) {
        planner_fail(p, ERROR(p->err, ERR_UNSUPPORTED, "SQLite cannot say it: %s", w->broken));
    } else {
        push_step(p, arena_str(p->arena, buf_str(w->out)), words);
    }
    buf_release(w->out);
}

void planner_text(struct planner *p, const char *text, const char *comment)
{
    push_step(p, arena_strdup(p->arena, text),
              &(struct step_words){.kind = STEP_RUN, .comment = comment});
}

static void run_step(struct planner *p, struct sql_writer *w, const char *comment)
{
    planner_step(p, w, &(struct step_words){.kind = STEP_RUN, .comment = comment});
}

static void plan_index(struct planner *p, const struct index *i, const char *table)
{
    struct sql_writer w = planner_write(p);
    emit_index(&w, i, table);
    run_step(p, &w, NULL);
}

static void plan_create_table(struct planner *p, const struct change *c)
{
    const struct table *t = c->create_table.table;
    struct sql_writer w = planner_write(p);
    emit_table(&w, t, t->name);
    run_step(p, &w, NULL);
    for (size_t i = 0; i < t->n_indexes; i++) {
        if (!t->indexes[i].is_constraint) {
            plan_index(p, &t->indexes[i], t->name);
        }
    }
    planner_touch(p, t->name);
}

/* Legacy ALTER leaves the names in other tables alone: not for a rename that somebody asked for. */
static void plan_native_alter(struct planner *p, struct sql_writer *w)
{
    bool rebuild = p->plan->groups[0].is_rebuild;
    if (rebuild) {
        planner_text(p, "PRAGMA legacy_alter_table = OFF", "names in other tables follow");
    }
    run_step(p, w, NULL);
    if (rebuild) {
        planner_text(p, "PRAGMA legacy_alter_table = ON", NULL);
    }
}

/* A rename may change the text of any table that refers to it, or has views or triggers. */
static void touch_all(struct planner *p)
{
    for (size_t i = 0; i < p->now->n_tables; i++) {
        planner_touch(p, p->now->tables[i]->name);
    }
}

static void rename_table(struct planner *p, const char *from, const char *to)
{
    struct sql_writer w = planner_write(p);
    sql_text(&w, "ALTER TABLE ");
    sql_ident(&w, from);
    sql_text(&w, " RENAME TO ");
    sql_ident(&w, to);
    plan_native_alter(p, &w);
}

/* Names that differ in case only are the same to SQLite: the table makes a detour. */
static void plan_rename_table(struct planner *p, const struct change *c)
{
    const char *from = c->rename_table.table;
    if (str_eq_nocase(str_of(from), str_of(c->rename_table.new_name))) {
        const char *detour = arena_printf(p->arena, TELAIO_PREFIX "case_%s", from);
        rename_table(p, from, detour);
        from = detour;
    }
    rename_table(p, from, c->rename_table.new_name);
    touch_all(p);
    planner_touch(p, c->rename_table.new_name);
}

static void plan_rename_column(struct planner *p, const struct change *c)
{
    struct sql_writer w = planner_write(p);
    sql_text(&w, "ALTER TABLE ");
    sql_ident(&w, c->rename_column.table);
    sql_text(&w, " RENAME COLUMN ");
    sql_ident(&w, c->rename_column.column);
    sql_text(&w, " TO ");
    sql_ident(&w, c->rename_column.new_name);
    plan_native_alter(p, &w);
    touch_all(p);
}

static void plan_create_index(struct planner *p, const struct change *c)
{
    plan_index(p, &c->create_index.index, c->create_index.table);
    planner_touch(p, c->create_index.table);
}

typedef void plan_fn(struct planner *p, const struct change *c);

static plan_fn *const planners[CHANGE_N] = {
    [CHANGE_CREATE_TABLE] = plan_create_table,   [CHANGE_DROP_TABLE] = plan_drop_table,
    [CHANGE_RENAME_TABLE] = plan_rename_table,   [CHANGE_RESTORE_TABLE] = plan_restore_table,
    [CHANGE_CREATE_COLUMN] = plan_create_column, [CHANGE_DROP_COLUMN] = plan_drop_column,
    [CHANGE_RENAME_COLUMN] = plan_rename_column, [CHANGE_CREATE_INDEX] = plan_create_index,
    [CHANGE_DROP_INDEX] = plan_drop_index,       [CHANGE_MODIFY_COLUMN] = plan_modify_column,
};

static void plan_all(struct planner *p)
{
    const struct change_list *list = p->plan->changes;
    p->plan->groups = ARENA_NEW(p->arena, struct plan_group);
    p->plan->groups[0] =
        (struct plan_group){.is_transaction = true, .is_rebuild = p->starts_rebuild};
    p->plan->n_groups = list->n ? 1 : 0;
    p->plan->steps = NULL;
    p->plan->n_steps = 0;
    for (size_t i = 0; i < list->n && p->code == ERR_OK; i++) {
        p->operation = i;
        plan_fn *fn = planners[list->items[i].kind];
        struct last_rebuild *last = p->last;
        if (fn) {
            fn(p, &list->items[i]);
        } else {
            planner_fail(p, ERROR(p->err, ERR_UNSUPPORTED, "SQLite cannot do this change"));
        }
        if (p->last == last) {
            p->last = NULL; /* something else came between */
        } else {
            p->last->to = p->plan->n_steps;
        }
        if (p->code != ERR_OK && p->err) {
            (void)error_prefix_where(p->err, arena_printf(p->arena, "/operations/%zu", i));
        }
    }
}

struct job {
    const struct catalog *before;
    struct plan *plan;
    struct error *err;
    enum errcode code;
};

/* One round; *rebuild tells whether the group turned out to be one. */
static enum errcode plan_once(struct job *j, bool *rebuild)
{
    struct planner p = {.arena = j->plan->arena,
                        .plan = j->plan,
                        .before = j->before,
                        .now = j->before,
                        .err = j->err,
                        .starts_rebuild = *rebuild};
    map_init(&p.touched, p.arena, true);
    plan_all(&p);
    simulate_close(p.copy);
    for (size_t i = 0; i < p.n_reads; i++) {
        catalog_unref(p.copied[i]);
    }
    *rebuild = j->plan->n_groups && j->plan->groups[0].is_rebuild;
    return p.code;
}

/* A rename before the first rebuild is planned without the pragmas that it needs in a group of
 * rebuilds: when the group turns out to be one, the list is planned once more. */
static void run(void *arg)
{
    struct job *j = arg;
    bool first = false;
    j->code = plan_once(j, &first);
    bool second = first;
    if (j->code == ERR_OK && first) {
        j->code = plan_once(j, &second);
    }
}

enum errcode sqlite_plan(struct engine *e, const struct catalog *before, struct plan *plan,
                         struct error *err)
{
    (void)e;
    struct job j = {.before = before, .plan = plan, .err = err};
    wait_run(run, &j);
    return j.code;
}
