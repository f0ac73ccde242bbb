#include "base/attr.h"
#include "engine/sqlite/edit.h"
#include "engine/sqlite/emit.h"
#include "engine/sqlite/planner.h"

/*
 * Tables on their way to the trash and back. Foreign keys to and from a dropped table are taken
 * off, or its rows would hold on to others and be lost with them.
 */
static void run(struct planner *p, struct sql_writer *w, const char *comment)
{
    planner_step(p, w, &(struct step_words){.kind = STEP_RUN, .comment = comment});
}

static bool same(const char *a, const char *b)
{
    return a && b && str_eq_nocase(str_of(a), str_of(b));
}

static bool refers_to(const struct clause *c, const char *parent)
{
    return c->kind == CLAUSE_FOREIGN_KEY && same(c->parent, parent);
}

/* Take foreign keys out of a text: those to @parent, or all when it is NULL. */
static void edit_out_keys(struct edits *e, const char *parent)
{
    const struct table_text *t = e->table;
    for (size_t i = 0; i < t->n_columns; i++) {
        for (size_t k = 0; k < t->columns[i].n_clauses; k++) {
            const struct clause *c = &t->columns[i].clauses[k];
            if (c->kind == CLAUSE_FOREIGN_KEY && (!parent || refers_to(c, parent))) {
                edit_drop_column_clause(e, i, k);
            }
        }
    }
    for (size_t i = 0; i < t->n_clauses; i++) {
        const struct clause *c = &t->clauses[i];
        if (c->kind == CLAUSE_FOREIGN_KEY && (!parent || refers_to(c, parent))) {
            edit_drop_table_clause(e, i);
        }
    }
}

static bool has_key_to(const struct table *t, const char *parent)
{
    for (size_t i = 0; i < t->n_foreign_keys; i++) {
        if (same(t->foreign_keys[i].referenced_table, parent)) {
            return true;
        }
    }
    return false;
}

/* The tables that refer to @t lose those keys: they would be checked against a table in the
 * trash, or against none. */
static void plan_unrefer(struct planner *p, const struct table *t)
{
    planner_refresh(p);
    const struct catalog *now = p->now;
    for (size_t i = 0; i < now->n_tables; i++) {
        const struct table *child = now->tables[i];
        struct edits edits;
        if (same(child->name, t->name) || !has_key_to(child, t->name)) {
            continue;
        }
        if (rebuild_edits(p, child, NULL, &edits)) {
            edit_out_keys(&edits, t->name);
            plan_rebuild(p, &(struct rebuild){.table = child, .new_text = edit_text(&edits)});
        }
    }
}

static void plan_drop_parts(struct planner *p, const struct table *t)
{
    for (size_t i = 0; i < t->n_indexes + t->n_triggers; i++) {
        bool is_index = i < t->n_indexes;
        if (is_index && t->indexes[i].is_constraint) {
            continue;
        }
        struct sql_writer w = planner_write(p);
        sql_text(&w, is_index ? "DROP INDEX " : "DROP TRIGGER ");
        sql_ident(&w, is_index ? t->indexes[i].name : t->triggers[i - t->n_indexes].name);
        run(p, &w, i == 0 ? "their names must be free" : NULL);
    }
}

void plan_drop_table(struct planner *p, const struct change *c)
{
    const struct table *t = planner_table(p, c->drop_table.table);
    const char *trash = c->drop_table.no_trash ? NULL : c->drop_table.trash;
    struct edits edits;
    if (!t) {
        return;
    }
    planner_needs_rebuild(p);
    plan_unrefer(p, t);
    if (!trash) {
        rebuild_drop(p, t->name);
    } else if (t->n_foreign_keys) {
        if (rebuild_edits(p, t, trash, &edits)) {
            edit_out_keys(&edits, NULL);
            plan_rebuild(
                p, &(struct rebuild){.table = t, .new_text = edit_text(&edits), .new_name = trash});
        }
    } else {
        plan_drop_parts(p, t);
        rebuild_move(p, t->name, trash);
    }
    planner_touch(p, t->name);
    if (trash) {
        planner_touch(p, trash);
    }
}

/* The keys that others had to the table come back, after it. */
static void plan_refer(struct planner *p, const struct change *c)
{
    for (size_t i = 0; i < c->restore_table.n_referrers; i++) {
        const struct restored_key *r = &c->restore_table.referrers[i];
        const struct table *child = planner_table(p, r->table);
        struct sql_writer w = planner_write(p);
        struct edits edits;
        if (!child || !rebuild_edits(p, child, NULL, &edits)) {
            buf_release(w.out);
            return;
        }
        emit_foreign_key(&w, &r->key);
        edit_add_clause(&edits, arena_str(p->arena, buf_str(w.out)));
        buf_release(w.out);
        plan_rebuild(p, &(struct rebuild){.table = child, .new_text = edit_text(&edits)});
    }
}

/* The kept text makes this very table. */
static bool is_native_table(struct planner *p, const struct table *t)
{
    struct table_text text;
    return t->native && ddl_read_table(p->arena, str_of(t->native), &text, NULL) == ERR_OK &&
           same(text.name, t->name);
}

void plan_restore_table(struct planner *p, const struct change *c)
{
    const struct table *t = c->restore_table.table;
    const struct table *kept = planner_table(p, c->restore_table.trash);
    if (!kept) {
        return;
    }
    planner_needs_rebuild(p);
    if (t->n_foreign_keys) {
        struct table *from = table_copy(p->arena, kept);
        struct sql_writer w = planner_write(p);
        emit_table(&w, t, t->name);
        const char *text = is_native_table(p, t) ? t->native : arena_str(p->arena, buf_str(w.out));
        buf_release(w.out);
        plan_rebuild(p, &(struct rebuild){.table = from, .new_text = text, .new_name = t->name});
    } else {
        rebuild_move(p, kept->name, t->name);
    }
    rebuild_parts(p, &(struct rebuild){.table = t});
    planner_touch(p, t->name);
    planner_touch(p, kept->name);
    plan_refer(p, c);
}

/* An index of a UNIQUE clause cannot be dropped: the clause goes. */
static void plan_drop_unique(struct planner *p, const struct table *t, const struct index *i)
{
    struct edits edits;
    if (!rebuild_edits(p, t, NULL, &edits)) {
        return;
    }
    const struct table_text *text = edits.table;
    size_t n_found = 0;
    for (size_t k = 0; i->n_keys == 1 && k < text->n_columns; k++) {
        for (size_t n = 0; n < text->columns[k].n_clauses; n++) {
            if (same(text->columns[k].name, i->keys[0].column) &&
                text->columns[k].clauses[n].kind == CLAUSE_UNIQUE) {
                edit_drop_column_clause(&edits, k, n);
                n_found++;
            }
        }
    }
    for (size_t k = 0; k < text->n_clauses; k++) {
        const struct clause *c = &text->clauses[k];
        bool equal = c->kind == CLAUSE_UNIQUE && c->n_keys == i->n_keys;
        for (size_t n = 0; equal && n < i->n_keys; n++) {
            equal = same(c->keys[n].column, i->keys[n].column);
        }
        if (equal) {
            edit_drop_table_clause(&edits, k);
            n_found++;
        }
    }
    if (!n_found) {
        planner_fail(
            p, ERROR(p->err, ERR_UNSUPPORTED, "index \"%s\" belongs to the primary key", i->name));
        return;
    }
    plan_rebuild(p, &(struct rebuild){.table = t, .new_text = edit_text(&edits)});
}

void plan_drop_index(struct planner *p, const struct change *c)
{
    const struct table *t = planner_table(p, c->drop_index.table);
    const struct index *i = t ? table_find_index(t, str_of(c->drop_index.index)) : NULL;
    if (t && !i) {
        planner_fail(p, ERROR(p->err, ERR_NOT_FOUND, "no index \"%s\"", c->drop_index.index));
    }
    if (!i) {
        return;
    }
    if (i->is_constraint) {
        plan_drop_unique(p, t, i);
        return;
    }
    struct sql_writer w = planner_write(p);
    sql_text(&w, "DROP INDEX ");
    sql_ident(&w, i->name);
    run(p, &w, NULL);
    planner_touch(p, t->name);
}
