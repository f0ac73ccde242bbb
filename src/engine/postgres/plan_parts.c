#include "base/attr.h"
#include "engine/postgres/emit.h"
#include "engine/postgres/planner.h"

/*
 * Indexes, keys, checks, triggers and comments. On a large table an index is built and dropped
 * beside the traffic, outside of a transaction; a key or a check is first added without a look at
 * the rows, which holds the strong lock for a moment only, and validated in a later transaction.
 */
static const struct sql_step_words exclusive = {.lock = "exclusive"};

/* Steps from now on run in a transaction of their own. */
static void next_transaction(struct sql_planner *p)
{
    (void)plan_add_group(p->plan, true, false);
}

static void alone(struct sql_planner *p)
{
    (void)plan_add_group(p->plan, false, false);
}

static const char *undo_text(struct sql_planner *p, const char *format, const char *const *names)
{
    struct sql_writer w = sql_planner_write(p);
    for (const char *at; (at = strstr(format, "%n")); format = at + 2) {
        buf_add(w.out, format, (size_t)(at - format));
        sql_ident(&w, *names++);
    }
    sql_text(&w, format);
    const char *text = arena_str(p->arena, buf_str(w.out));
    buf_release(w.out);
    return text;
}

void pg_plan_add_index(struct sql_planner *p, const struct table *t, const struct index *i)
{
    bool is_concurrent = !i->is_constraint && pg_plan_is_large(p, t);
    struct sql_writer w = sql_planner_write(p);
    emit_pg_index(&w, t, i, is_concurrent);
    if (!is_concurrent) {
        sql_planner_step(p, &w, i->is_constraint ? &exclusive : NULL);
        return;
    }
    const char *names[] = {i->name};
    alone(p);
    sql_planner_step(p, &w,
                     &(struct sql_step_words){
                         .lock = "none",
                         .comment = "beside the traffic",
                         .undo = undo_text(p, "DROP INDEX CONCURRENTLY IF EXISTS %n", names)});
    next_transaction(p);
}

/* What an index is made of, to take back its drop. */
static const char *index_text(struct sql_planner *p, const struct table *t, const struct index *i)
{
    struct sql_writer w = sql_planner_write(p);
    emit_pg_index(&w, t, i, true);
    const char *text = w.broken ? NULL : arena_str(p->arena, buf_str(w.out));
    buf_release(w.out);
    return text;
}

void pg_plan_drop_index(struct sql_planner *p, const struct table *t, const struct index *i,
                        bool may_wait)
{
    const char *names[] = {i->name};
    if (i->is_constraint) {
        pg_plan_drop_constraint(p, t, i->name, NULL);
    } else if (!may_wait || !pg_plan_is_large(p, t)) {
        pg_plan_text(p, &exclusive, "DROP INDEX %n", names);
    } else {
        struct sql_step_words words = {
            .lock = "none", .comment = "beside the traffic", .undo = index_text(p, t, i)};
        alone(p);
        pg_plan_text(p, &words, "DROP INDEX CONCURRENTLY %n", names);
        next_transaction(p);
    }
}

static void validate(struct sql_planner *p, const struct table *t, const char *name)
{
    const char *names[] = {t->name, name};
    const struct sql_step_words words = {.lock = "none", .comment = "the rows that are there"};
    next_transaction(p);
    pg_plan_text(p, &words, "ALTER TABLE %n VALIDATE CONSTRAINT %n", names);
    next_transaction(p);
}

/* ADD CONSTRAINT in @w becomes a step, or two. */
static void add_constraint(struct sql_planner *p, struct sql_writer *w, const struct table *t,
                           const char *name, const char *lock)
{
    const char *names[] = {t->name, name};
    bool is_split = name && pg_plan_is_large(p, t);
    struct sql_step_words words = {.lock = lock};
    if (is_split) {
        sql_text(w, " NOT VALID");
        words.comment = "new rows are held to it from now on";
        words.undo = undo_text(p, "ALTER TABLE %n DROP CONSTRAINT IF EXISTS %n", names);
    }
    sql_planner_step(p, w, &words);
    if (is_split) {
        validate(p, t, name);
    }
}

static void alter_add(struct sql_writer *w, const struct table *t)
{
    sql_text(w, "ALTER TABLE ");
    sql_ident(w, t->name);
    sql_text(w, " ADD ");
}

void pg_plan_add_key(struct sql_planner *p, const struct table *t, const struct foreign_key *f,
                     const struct table *target)
{
    bool is_self = str_eq_nocase(str_of(f->referenced_table), str_of(t->name));
    if (!target) {
        target = is_self ? t : sql_planner_table(p, f->referenced_table);
    }
    struct sql_writer w = sql_planner_write(p);
    if (!target) {
        buf_release(w.out);
        return;
    }
    alter_add(&w, t);
    emit_pg_key(&w, t, f, target);
    add_constraint(p, &w, t, f->name, "write");
}

void pg_plan_add_check(struct sql_planner *p, const struct table *t, const struct check *c)
{
    struct sql_writer w = sql_planner_write(p);
    alter_add(&w, t);
    emit_pg_check(&w, t, c);
    add_constraint(p, &w, t, c->name, "exclusive");
}

void pg_plan_add_trigger(struct sql_planner *p, const struct table *t, const struct trigger *g)
{
    struct sql_writer w = sql_planner_write(p);
    emit_pg_trigger(&w, t, g);
    sql_planner_step(p, &w, NULL);
}

void pg_plan_drop_constraint(struct sql_planner *p, const struct table *t, const char *name,
                             const char *comment)
{
    const char *names[] = {t->name, name};
    const struct sql_step_words words = {.lock = "exclusive", .comment = comment};
    if (!name) {
        sql_planner_fail(p, ERROR(p->err, ERR_UNSUPPORTED,
                                  "a constraint of \"%s\" has no name to drop it by", t->name));
        return;
    }
    pg_plan_text(p, &words, "ALTER TABLE %n DROP CONSTRAINT %n", names);
}

void pg_plan_comment(struct sql_planner *p, const struct table *t, const struct column *c)
{
    const char *comment = c ? c->comment : t->comment;
    struct sql_writer w = sql_planner_write(p);
    if (!comment || !*comment) {
        buf_release(w.out);
        return;
    }
    emit_pg_comment(&w, t, c ? c->name : NULL, comment);
    sql_planner_step(p, &w, &(struct sql_step_words){.lock = "none"});
}

bool pg_backs_key(const struct table *t, const struct index *i)
{
    if (!i->is_constraint || i->n_keys != t->n_primary_key) {
        return false;
    }
    for (size_t k = 0; k < i->n_keys; k++) {
        if (!i->keys[k].column || !table_in_primary_key(t, i->keys[k].column)) {
            return false;
        }
    }
    return true;
}

void pg_plan_create_index(struct sql_planner *p, const struct change *c)
{
    const struct table *t = sql_planner_table(p, c->create_index.table);
    if (t) {
        pg_plan_add_index(p, t, &c->create_index.index);
    }
}

void pg_plan_drop_an_index(struct sql_planner *p, const struct change *c)
{
    const struct table *t = sql_planner_table(p, c->drop_index.table);
    const struct index *i = t ? table_find_index(t, str_of(c->drop_index.index)) : NULL;
    if (!t) {
        return;
    }
    if (!i) {
        sql_planner_fail(p, ERROR(p->err, ERR_NOT_FOUND, "no index \"%s\"", c->drop_index.index));
    } else if (pg_backs_key(t, i)) {
        sql_planner_fail(
            p, ERROR(p->err, ERR_UNSUPPORTED, "index \"%s\" belongs to the primary key", i->name));
    } else {
        pg_plan_drop_index(p, t, i, true);
    }
}
