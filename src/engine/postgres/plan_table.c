#include "base/attr.h"
#include "engine/postgres/emit.h"
#include "engine/postgres/planner.h"

/*
 * Tables on their way to the trash and back. The trash is in the same schema: a rename. Foreign
 * keys to and from a dropped table go, or its rows would hold on to others and be lost with them;
 * its indexes are renamed too, because their names are the schema's and must be free (but for the
 * primary key's, which nobody names: the server does, and finds a free one).
 */
static const struct sql_step_words exclusive = {.lock = "exclusive"};
static const struct sql_step_words free_name = {.lock = "none", .comment = "its name must be free"};

static bool same(const char *a, const char *b)
{
    return a && b && str_eq_nocase(str_of(a), str_of(b));
}

void pg_plan_create_table(struct sql_planner *p, const struct change *c)
{
    const struct table *t = c->create_table.table;
    for (size_t i = 0; i < t->n_columns; i++) {
        if (!pg_plan_can_hold(p, &t->columns[i])) {
            return;
        }
    }
    struct sql_writer w = sql_planner_write(p);
    emit_pg_table(&w, t);
    sql_planner_step(p, &w, &(struct sql_step_words){.lock = "none"});
    map_put(&pg_planning_of(p)->fresh, str_of(t->name), p);
    pg_plan_comment(p, t, NULL);
    for (size_t i = 0; i < t->n_columns; i++) {
        pg_plan_comment(p, t, &t->columns[i]);
    }
    for (size_t i = 0; i < t->n_indexes; i++) {
        if (!pg_backs_key(t, &t->indexes[i])) {
            pg_plan_add_index(p, t, &t->indexes[i]);
        }
    }
    for (size_t i = 0; i < t->n_foreign_keys; i++) {
        pg_plan_add_key(p, t, &t->foreign_keys[i], NULL);
    }
}

struct unreferring {
    struct sql_planner *planner;
    const char *table;
};

static void drop_reference(struct table *from, struct foreign_key *fk, void *arg)
{
    const struct unreferring *u = arg;
    if (!same(from->name, u->table)) {
        pg_plan_drop_constraint(u->planner, from, fk->name, "it would refer to the trash");
    }
}

static const char *trash_index(struct arena *a, const char *trash, size_t n)
{
    return arena_printf(a, "%s_i%zu", trash, n);
}

static void move_to_trash(struct sql_planner *p, const struct table *t, const char *trash)
{
    for (size_t i = 0; i < t->n_foreign_keys; i++) {
        pg_plan_drop_constraint(p, t, t->foreign_keys[i].name,
                                "rows in the trash hold on to nothing");
    }
    for (size_t i = 0; i < t->n_indexes; i++) {
        const char *names[] = {t->indexes[i].name, trash_index(p->arena, trash, i)};
        if (!pg_backs_key(t, &t->indexes[i])) { /* the server finds another name for the next one */
            pg_plan_text(p, &free_name, "ALTER INDEX %n RENAME TO %n", names);
        }
    }
    const char *names[] = {t->name, trash};
    pg_plan_text(p, &exclusive, "ALTER TABLE %n RENAME TO %n", names);
    struct table *kept = table_copy(p->arena, t);
    for (size_t i = 0; i < kept->n_indexes; i++) {
        kept->indexes[i].name = trash_index(p->arena, trash, i);
    }
    map_put(&pg_planning_of(p)->trashed, str_of(trash), kept);
}

void pg_plan_drop_table(struct sql_planner *p, const struct change *c)
{
    const struct table *t = sql_planner_table(p, c->drop_table.table);
    if (!t) {
        return;
    }
    struct unreferring u = {p, t->name};
    catalog_each_referrer(p->now, t->name, drop_reference, &u);
    if (c->drop_table.no_trash || !c->drop_table.trash) {
        const char *names[] = {t->name};
        pg_plan_text(p, &exclusive, "DROP TABLE %n", names);
    } else {
        move_to_trash(p, t, c->drop_table.trash);
    }
    map_put(&pg_planning_of(p)->fresh, str_of(t->name), NULL);
}

void pg_plan_rename_table(struct sql_planner *p, const struct change *c)
{
    const struct table *t = sql_planner_table(p, c->rename_table.table);
    struct map *fresh = &pg_planning_of(p)->fresh;
    if (!t) {
        return;
    }
    const char *names[] = {t->name, c->rename_table.new_name};
    pg_plan_text(p, &exclusive, "ALTER TABLE %n RENAME TO %n", names);
    map_put(fresh, str_of(c->rename_table.new_name), map_get(fresh, str_of(t->name)));
    map_put(fresh, str_of(t->name), NULL);
}

/* ---- back from the trash --------------------------------------------------------------------- */

static bool same_key(const struct index_key *x, const struct index_key *y)
{
    bool same_place = x->column && y->column
                          ? same(x->column, y->column)
                          : !x->column && !y->column && expr_equal(x->expr, y->expr);
    return same_place && x->is_descending == y->is_descending &&
           text_eq(x->collation, y->collation);
}

/* The same index but for its name. */
static bool same_index(const struct index *x, const struct index *y)
{
    bool equal = x->is_unique == y->is_unique && x->is_constraint == y->is_constraint &&
                 x->n_keys == y->n_keys && text_eq(x->method, y->method) &&
                 expr_equal(x->where, y->where);
    for (size_t i = 0; equal && i < x->n_keys; i++) {
        equal = same_key(&x->keys[i], &y->keys[i]);
    }
    return equal;
}

static bool is_taken(struct sql_planner *p, const char *name)
{
    for (size_t i = 0; i < p->now->n_tables; i++) {
        const struct table *t = p->now->tables[i];
        for (size_t k = 0; k < t->n_indexes; k++) {
            if (text_eq(t->indexes[k].name, name)) {
                return true;
            }
        }
    }
    return catalog_find_table(p->now, str_of(name)) != NULL;
}

static void restore_index(struct sql_planner *p, const struct table *t, const struct index *wanted,
                          const struct table *kept, bool *used)
{
    for (size_t i = 0; i < kept->n_indexes; i++) {
        const char *names[] = {kept->indexes[i].name, wanted->name};
        if (used[i] || !same_index(&kept->indexes[i], wanted)) {
            continue;
        }
        used[i] = true;
        /* the name of a constraint may have gone to another meanwhile: then it has none of its own
         */
        if (!wanted->is_constraint || !is_taken(p, wanted->name)) {
            pg_plan_text(p, &(struct sql_step_words){.lock = "none"}, "ALTER INDEX %n RENAME TO %n",
                         names);
        }
        return;
    }
    pg_plan_add_index(p, t, wanted);
}

static bool has_trigger(const struct table *t, const char *name)
{
    for (size_t i = 0; i < t->n_triggers; i++) {
        if (text_eq(t->triggers[i].name, name)) {
            return true;
        }
    }
    return false;
}

static void restore_referrers(struct sql_planner *p, const struct change *c,
                              const struct table *restored)
{
    for (size_t i = 0; i < c->restore_table.n_referrers; i++) {
        const struct restored_key *r = &c->restore_table.referrers[i];
        const struct table *from = sql_planner_table(p, r->table);
        if (from) {
            pg_plan_add_key(p, from, &r->key, restored);
        }
    }
}

void pg_plan_restore_table(struct sql_planner *p, const struct change *c)
{
    const struct table *t = c->restore_table.table;
    const struct table *kept = sql_planner_table(p, c->restore_table.trash);
    if (!kept) {
        return;
    }
    const char *names[] = {kept->name, t->name};
    pg_plan_text(p, &exclusive, "ALTER TABLE %n RENAME TO %n", names);
    const struct table *as_kept = map_get(&pg_planning_of(p)->trashed, str_of(kept->name));
    as_kept = as_kept ? as_kept : kept;
    struct table *back = table_copy(p->arena, t);
    back->row_estimate = kept->row_estimate;
    bool *used = ARENA_ARRAY(p->arena, as_kept->n_indexes, bool);
    for (size_t i = 0; i < t->n_indexes; i++) {
        if (!pg_backs_key(t, &t->indexes[i])) {
            restore_index(p, back, &t->indexes[i], as_kept, used);
        }
    }
    for (size_t i = 0; i < t->n_foreign_keys; i++) {
        pg_plan_add_key(p, back, &t->foreign_keys[i], NULL);
    }
    for (size_t i = 0; i < t->n_triggers; i++) {
        if (!has_trigger(as_kept, t->triggers[i].name)) {
            pg_plan_add_trigger(p, back, &t->triggers[i]);
        }
    }
    restore_referrers(p, c, back);
}
