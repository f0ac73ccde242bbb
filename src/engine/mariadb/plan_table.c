#include "base/attr.h"
#include "engine/mariadb/planner.h"

/*
 * Tables on their way to the trash and back: by their name, inside of their database. Foreign keys
 * to and from a dropped table are taken off, or its rows would hold on to others; its indexes stay
 * with it, and its triggers go, since their names must be free.
 */
static bool same(const char *a, const char *b)
{
    return a && b && str_eq_nocase(str_of(a), str_of(b));
}

static void add_rename(struct sql_planner *p, const char *from, const char *to, const char *comment)
{
    struct sql_writer undo = sql_planner_write(p);
    sql_text(&undo, "RENAME TABLE ");
    sql_text(&undo, my_words(p, "IF EXISTS "));
    sql_ident(&undo, to);
    sql_text(&undo, " TO ");
    sql_ident(&undo, from);
    struct sql_step_words words = {.comment = comment, .undo = my_finish(p, &undo), .lock = "none"};
    struct sql_writer w = sql_planner_write(p);
    sql_text(&w, "RENAME TABLE ");
    sql_ident(&w, from);
    sql_text(&w, " TO ");
    sql_ident(&w, to);
    sql_planner_step(p, &w, &words);
}

/* Names of foreign keys are of the whole database. */
static struct table *with_free_names(struct sql_planner *p, const struct table *t)
{
    struct table *copy = table_copy(p->arena, t);
    for (size_t i = 0; i < copy->n_foreign_keys; i++) {
        copy->foreign_keys[i].name = my_free_key_name(p, t->name, &copy->foreign_keys[i]);
    }
    return copy;
}

void my_plan_create_table(struct sql_planner *p, const struct change *c)
{
    const struct table *t = with_free_names(p, c->create_table.table);
    struct sql_writer undo = sql_planner_write(p);
    sql_text(&undo, "DROP TABLE IF EXISTS ");
    sql_ident(&undo, t->name);
    struct sql_step_words words = {.undo = my_finish(p, &undo), .lock = "none"};
    struct sql_writer w = sql_planner_write(p);
    my_emit_table(&w, t, t->name, p->now);
    sql_planner_step(p, &w, &words);
}

/* One ALTER that takes off the foreign keys of @child that point to @parent, or all of them. */
static void drop_keys(struct sql_planner *p, const struct table *child, const char *parent)
{
    size_t n = 0, n_undo = 0;
    struct sql_writer w = my_alter(p, child->name);
    struct sql_writer undo = my_alter(p, child->name);
    for (size_t i = 0; i < child->n_foreign_keys; i++) {
        const struct foreign_key *f = &child->foreign_keys[i];
        if (!parent || same(f->referenced_table, parent)) {
            my_drop_key(&w, &n, child, f, "");
            my_add_key(&undo, &n_undo, f, my_words(p, "IF NOT EXISTS "));
        }
    }
    struct sql_step_words words = {
        .comment = "it would hold rows of a table that is gone",
        .undo = my_finish(p, &undo),
        .lock = "none",
    };
    if (n) {
        sql_planner_step(p, &w, &words);
    } else {
        buf_release(w.out);
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

static void drop_for_good(struct sql_planner *p, const struct table *t)
{
    struct sql_writer w = sql_planner_write(p);
    sql_text(&w, "DROP TABLE ");
    sql_ident(&w, t->name);
    sql_planner_step(p, &w, &(struct sql_step_words){.comment = "for good"});
}

void my_plan_drop_table(struct sql_planner *p, const struct change *c)
{
    const struct table *t = sql_planner_table(p, c->drop_table.table);
    const char *trash = c->drop_table.no_trash ? NULL : c->drop_table.trash;
    for (size_t i = 0; t && i < p->now->n_tables; i++) {
        const struct table *child = p->now->tables[i];
        if (child != t && has_key_to(child, t->name)) {
            drop_keys(p, child, t->name);
        }
    }
    if (!t || !trash) {
        if (t) {
            drop_for_good(p, t);
        }
        return;
    }
    if (t->n_foreign_keys) {
        drop_keys(p, t, NULL);
    }
    for (size_t i = 0; i < t->n_triggers; i++) {
        my_drop_trigger(p, t, &t->triggers[i]);
    }
    add_rename(p, t->name, trash, "into the trash");
}

static void write_undo_parts(struct sql_planner *p, struct sql_writer *undo, const struct table *t,
                             const struct foreign_key *keys, size_t n_keys,
                             const struct index *const *indexes, size_t n_indexes)
{
    size_t n = 0;
    for (size_t i = 0; i < n_keys; i++) {
        my_drop_key(undo, &n, t, &keys[i], my_words(p, "IF EXISTS "));
    }
    for (size_t i = 0; i < n_indexes; i++) {
        my_part(undo, &n, "DROP INDEX ");
        sql_text(undo, my_words(p, "IF EXISTS "));
        sql_ident(undo, indexes[i]->name);
    }
}

/* What the table lost on its way into the trash, in one ALTER. */
static void add_parts(struct sql_planner *p, const struct table *t, const struct table *kept)
{
    const struct index **missing = NULL;
    size_t n = 0, n_missing = 0;
    for (size_t i = 0; i < t->n_indexes; i++) {
        if (!table_find_index(kept, str_of(t->indexes[i].name))) {
            ARENA_PUSH(p->arena, missing, n_missing, &t->indexes[i]);
        }
    }
    if (!n_missing && !t->n_foreign_keys) {
        return;
    }
    struct sql_writer undo = my_alter(p, t->name);
    write_undo_parts(p, &undo, t, t->foreign_keys, t->n_foreign_keys, missing, n_missing);
    struct sql_step_words words = {.undo = my_finish(p, &undo), .is_rewrite = true};
    struct sql_writer w = my_alter(p, t->name);
    for (size_t i = 0; i < n_missing; i++) {
        my_part(&w, &n, "ADD ");
        my_emit_index(&w, missing[i], t, my_words(p, "IF NOT EXISTS "));
    }
    for (size_t i = 0; i < t->n_foreign_keys; i++) {
        my_add_key(&w, &n, &t->foreign_keys[i], "");
    }
    sql_planner_step(p, &w, &words);
}

/* A key that another table had to the restored one. */
static void add_referrer(struct sql_planner *p, const struct restored_key *r)
{
    const struct table *child = sql_planner_table(p, r->table);
    if (!child) {
        return;
    }
    struct foreign_key f = r->key;
    f.name = my_free_key_name(p, child->name, &f);
    size_t n = 0, n_undo = 0;
    struct sql_writer undo = my_alter(p, child->name);
    my_drop_key(&undo, &n_undo, child, &f, my_words(p, "IF EXISTS "));
    struct sql_step_words words = {.undo = my_finish(p, &undo), .is_rewrite = true};
    struct sql_writer w = my_alter(p, child->name);
    my_add_key(&w, &n, &f, "");
    sql_planner_step(p, &w, &words);
}

void my_plan_restore_table(struct sql_planner *p, const struct change *c)
{
    const struct table *kept = sql_planner_table(p, c->restore_table.trash);
    if (!kept) {
        return;
    }
    const struct table *t = with_free_names(p, c->restore_table.table);
    add_rename(p, kept->name, t->name, "out of the trash");
    add_parts(p, t, kept);
    for (size_t i = 0; i < t->n_triggers; i++) {
        my_create_trigger(p, t, &t->triggers[i]);
    }
    for (size_t i = 0; i < c->restore_table.n_referrers; i++) {
        add_referrer(p, &c->restore_table.referrers[i]);
    }
}

void my_plan_rename_table(struct sql_planner *p, const struct change *c)
{
    const struct table *t = sql_planner_table(p, c->rename_table.table);
    if (!t) {
        return;
    }
    my_refuse_readers(p, t, NULL);
    if (p->code == ERR_OK) {
        add_rename(p, t->name, c->rename_table.new_name, NULL);
    }
}
