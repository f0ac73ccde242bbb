#include "base/attr.h"
#include "engine/postgres/dialect.h"
#include "engine/postgres/emit.h"
#include "engine/postgres/planner.h"
#include "engine/postgres/types.h"

/*
 * Columns. DROP COLUMN would take with it, without a word, every index and constraint that names
 * the column: they are dropped by name, so that the plan says what goes and the undo brings it
 * back. The values stay in a table of their own, by primary key.
 */
static const struct sql_step_words exclusive = {.lock = "exclusive"};

/* ---- a new one ------------------------------------------------------------------------------- */

/* Rows get their value one by one where the server cannot remember one value for all. */
static bool is_rewrite(const struct column *c)
{
    const struct expr *e = c->default_value;
    bool is_volatile =
        e && e->kind != EXPR_LITERAL &&
        !(e->kind == EXPR_CALL && (text_eq(e->name, "now") || text_eq(e->name, "current_date")));
    return c->is_auto_increment || c->generated == GENERATED_STORED || is_volatile;
}

static void add_column(struct sql_planner *p, const struct table *t, const struct column *c,
                       bool with_check)
{
    struct sql_writer w = sql_planner_write(p);
    sql_text(&w, "ALTER TABLE ");
    sql_ident(&w, t->name);
    sql_text(&w, " ADD COLUMN ");
    emit_pg_column(&w, t, c);
    if (with_check && postgres_type_check(p->arena, c)) {
        sql_text(&w, ", ADD ");
        (void)emit_pg_type_check(&w, t, c);
    }
    sql_planner_step(p, &w,
                     &(struct sql_step_words){.lock = "exclusive", .is_rewrite = is_rewrite(c)});
}

/* Triggers on updates would take the values that come back for edits. */
static bool fires(const struct trigger *g)
{
    return strcasestr(g->native, " UPDATE ") != NULL;
}

static void switch_triggers(struct sql_planner *p, const struct table *t, bool on)
{
    for (size_t i = 0; i < t->n_triggers; i++) {
        const char *names[] = {t->name, t->triggers[i].name};
        if (fires(&t->triggers[i])) {
            pg_plan_text(p, &exclusive,
                         on ? "ALTER TABLE %n ENABLE TRIGGER %n"
                            : "ALTER TABLE %n DISABLE TRIGGER %n",
                         names);
        }
    }
}

/* The column of @t that the trash calls k1, k2, …; a table without a key has one for it. */
static const char *key_column(const struct table *t, const char *onto)
{
    const struct column *c = table_find_column(t, str_of(onto));
    return c ? c->name : POSTGRES_ROW_KEY;
}

static void fill(struct sql_planner *p, const struct table *t, const struct change *c)
{
    const struct trash_ref *ref = &c->create_column.restore;
    struct sql_writer w = sql_planner_write(p);
    sql_text(&w, "UPDATE ");
    sql_ident(&w, t->name);
    sql_text(&w, " AS \"o\" SET ");
    sql_ident(&w, c->create_column.column.name);
    sql_text(&w, " = \"r\".\"v\" FROM ");
    sql_ident(&w, ref->object);
    sql_text(&w, " AS \"r\" WHERE ");
    for (size_t i = 0; i < ref->n_keys; i++) {
        sql_text(&w, i ? " AND \"r\"." : "\"r\".");
        sql_ident(&w, ref->keys[i]);
        sql_text(&w, " = \"o\".");
        sql_ident(&w, key_column(t, ref->onto[i]));
    }
    sql_planner_step(
        p, &w, &(struct sql_step_words){.comment = "the values come back", .is_rewrite = true});
}

/* Rows that the trash does not know have the default; one that has none and must is refused. */
static void restore_column(struct sql_planner *p, const struct table *t, const struct change *c)
{
    const struct column *column = &c->create_column.column;
    struct column open = *column;
    open.is_nullable = true;
    add_column(p, t, &open, false);
    switch_triggers(p, t, false);
    fill(p, t, c);
    switch_triggers(p, t, true);
    if (!column->is_nullable) {
        const char *names[] = {t->name, column->name};
        pg_plan_text(p, &exclusive, "ALTER TABLE %n ALTER COLUMN %n SET NOT NULL", names);
    }
    struct check check = {.expr = postgres_type_check(p->arena, column)};
    if (check.expr) {
        check.name = postgres_type_check_name(p->arena, column->name);
        pg_plan_add_check(p, t, &check);
    }
    const char *names[] = {c->create_column.restore.object};
    pg_plan_text(p, &exclusive, "DROP TABLE %n", names);
}

/* The server puts a new column at the end. An undo takes that place too. */
static bool check_place(struct sql_planner *p, const struct table *t, const struct change *c)
{
    const char *after = c->create_column.after;
    bool is_last =
        !after || (*after && table_column_position(t, str_of(after)) + 1 == t->n_columns);
    if (is_last || c->is_stored) {
        return true;
    }
    enum errcode code =
        ERROR(p->err, ERR_UNSUPPORTED, "a new column of this database stands behind all others");
    (void)error_where(p->err, "/after");
    sql_planner_fail(p, code);
    return false;
}

/* The table as it will be, for expressions that name the new column. */
static struct table *with_column(struct sql_planner *p, const struct table *t,
                                 const struct column *c)
{
    struct table *with = arena_memdup(p->arena, t, sizeof *t);
    with->columns =
        arena_grow(p->arena, t->columns, t->n_columns, t->n_columns + 1, sizeof *with->columns);
    with->columns[with->n_columns++] = *c;
    return with;
}

void pg_plan_create_column(struct sql_planner *p, const struct change *c)
{
    const struct table *now = sql_planner_table(p, c->create_column.table);
    const struct column *column = &c->create_column.column;
    if (!now || !check_place(p, now, c) || !pg_plan_can_hold(p, column)) {
        return;
    }
    const struct table *t = with_column(p, now, column);
    if (c->create_column.restore.object) {
        restore_column(p, t, c);
    } else {
        add_column(p, t, column, true);
    }
    pg_plan_comment(p, t, column);
    for (size_t i = 0; i < c->create_column.n_checks; i++) {
        pg_plan_add_check(p, t, &c->create_column.checks[i]);
    }
    for (size_t i = 0; i < c->create_column.n_indexes; i++) {
        pg_plan_add_index(p, t, &c->create_column.indexes[i]);
    }
    for (size_t i = 0; i < c->create_column.n_foreign_keys; i++) {
        pg_plan_add_key(p, t, &c->create_column.foreign_keys[i], NULL);
    }
    for (size_t i = 0; i < c->create_column.n_triggers; i++) {
        pg_plan_add_trigger(p, t, &c->create_column.triggers[i]);
    }
}

/* ---- one that goes --------------------------------------------------------------------------- */

static bool same(const char *a, const char *b)
{
    return a && b && str_eq_nocase(str_of(a), str_of(b));
}

static bool index_names(const struct index *i, const char *column)
{
    for (size_t k = 0; k < i->n_keys; k++) {
        if (i->keys[k].column ? same(i->keys[k].column, column)
                              : expr_mentions(i->keys[k].expr, column)) {
            return true;
        }
    }
    return expr_mentions(i->where, column);
}

static bool key_names(const struct foreign_key *f, const char *column)
{
    for (size_t i = 0; i < f->n_columns; i++) {
        if (same(f->columns[i], column)) {
            return true;
        }
    }
    return false;
}

static void drop_casualties(struct sql_planner *p, const struct table *t, const char *column)
{
    static const char why[] = "it names the column";
    const struct sql_step_words words = {.lock = "exclusive", .comment = why};
    for (size_t i = 0; i < t->n_triggers; i++) {
        const char *names[] = {t->triggers[i].name, t->name};
        if (raw_mentions(t->triggers[i].native, column)) {
            pg_plan_text(p, &words, "DROP TRIGGER %n ON %n", names);
        }
    }
    for (size_t i = 0; i < t->n_foreign_keys; i++) {
        if (key_names(&t->foreign_keys[i], column)) {
            pg_plan_drop_constraint(p, t, t->foreign_keys[i].name, why);
        }
    }
    for (size_t i = 0; i < t->n_indexes; i++) {
        if (index_names(&t->indexes[i], column)) {
            pg_plan_drop_index(p, t, &t->indexes[i], false);
        }
    }
    for (size_t i = 0; i < t->n_checks; i++) {
        if (expr_mentions(t->checks[i].expr, column) || same(t->checks[i].column, column)) {
            pg_plan_drop_constraint(p, t, t->checks[i].name, why);
        }
    }
}

static void write_trash_keys(struct sql_planner *p, struct sql_writer *w, const struct table *t)
{
    size_t n = t->n_primary_key ? t->n_primary_key : 1;
    for (size_t i = 0; i < n; i++) {
        const struct column *k =
            t->n_primary_key ? table_find_column(t, str_of(t->primary_key[i])) : NULL;
        sql_ident(w, arena_printf(p->arena, "k%zu", i + 1));
        buf_printf(w->out, " %s, ", k ? postgres_declare(p->arena, &k->type) : "bigint");
    }
    sql_text(w, "\"v\" ");
}

static void create_trash(struct sql_planner *p, const struct table *t, const struct column *c,
                         const char *trash)
{
    size_t n = t->n_primary_key ? t->n_primary_key : 1;
    struct sql_writer w = sql_planner_write(p);
    sql_text(&w, "CREATE TABLE ");
    sql_ident(&w, trash);
    sql_text(&w, " (");
    write_trash_keys(p, &w, t);
    sql_text(&w, postgres_declare(p->arena, &c->type));
    sql_text(&w, ", PRIMARY KEY (");
    for (size_t i = 0; i < n; i++) {
        sql_text(&w, i ? ", " : "");
        sql_ident(&w, arena_printf(p->arena, "k%zu", i + 1));
    }
    sql_text(&w, "))");
    sql_planner_step(
        p, &w, &(struct sql_step_words){.lock = "none", .comment = "where the values are kept"});
}

static void keep_values(struct sql_planner *p, const struct table *t, const struct column *c,
                        const char *trash)
{
    const struct pg_planning *d = pg_planning_of(p);
    if (!t->n_primary_key && d->engine && d->engine->options.is_attached) {
        sql_planner_fail(p, ERROR(p->err, ERR_UNSUPPORTED,
                                  "\"%s\" has no primary key to keep the values of \"%s\" by",
                                  t->name, c->name));
        (void)error_hint(p->err, "give the table a primary key, or drop the column for good");
        return;
    }
    const char *names[] = {t->name};
    pg_plan_text(p, &(struct sql_step_words){.comment = "nobody writes while values are kept"},
                 "LOCK TABLE %n IN SHARE ROW EXCLUSIVE MODE", names);
    create_trash(p, t, c, trash);
    struct sql_writer w = sql_planner_write(p);
    sql_text(&w, "INSERT INTO ");
    sql_ident(&w, trash);
    sql_text(&w, " SELECT ");
    if (t->n_primary_key) {
        sql_ident_list(&w, t->primary_key, t->n_primary_key);
    } else {
        sql_ident(&w, POSTGRES_ROW_KEY);
    }
    sql_text(&w, ", ");
    sql_ident(&w, c->name);
    sql_text(&w, " FROM ");
    sql_ident(&w, t->name);
    sql_planner_step(p, &w, &(struct sql_step_words){.is_rewrite = true});
}

void pg_plan_drop_column(struct sql_planner *p, const struct change *c)
{
    const struct table *t = sql_planner_table(p, c->drop_column.table);
    const struct column *column = t ? table_find_column(t, str_of(c->drop_column.column)) : NULL;
    if (!t) {
        return;
    }
    if (!column) {
        sql_planner_fail(p,
                         ERROR(p->err, ERR_NOT_FOUND, "no column \"%s\"", c->drop_column.column));
        return;
    }
    if (c->drop_column.trash && column->generated == GENERATED_NONE) {
        keep_values(p, t, column, c->drop_column.trash);
    }
    drop_casualties(p, t, column->name);
    const char *names[] = {t->name, column->name};
    pg_plan_text(p, &exclusive, "ALTER TABLE %n DROP COLUMN %n", names);
}

/* ---- one that changes ------------------------------------------------------------------------ */

void pg_plan_rename_column(struct sql_planner *p, const struct change *c)
{
    const struct table *t = sql_planner_table(p, c->rename_column.table);
    const struct column *column = t ? table_find_column(t, str_of(c->rename_column.column)) : NULL;
    const char *to = c->rename_column.new_name;
    if (!column) {
        return;
    }
    const char *names[] = {t->name, column->name, to};
    pg_plan_text(p, &exclusive, "ALTER TABLE %n RENAME COLUMN %n TO %n", names);
    if (postgres_type_check(p->arena, column)) {
        const char *checks[] = {t->name, postgres_type_check_name(p->arena, column->name),
                                postgres_type_check_name(p->arena, to)};
        pg_plan_text(p,
                     &(struct sql_step_words){.lock = "exclusive",
                                              .comment = "the check of its type follows"},
                     "ALTER TABLE %n RENAME CONSTRAINT %n TO %n", checks);
    }
}

void pg_plan_modify_column(struct sql_planner *p, const struct change *c)
{
    const struct table *t = sql_planner_table(p, c->modify_column.table);
    if (!t) {
        return;
    }
    if (c->modify_column.old_check) {
        pg_plan_drop_constraint(p, t, c->modify_column.old_check, NULL);
    }
    if (c->modify_column.check.expr) {
        pg_plan_add_check(p, t, &c->modify_column.check);
    }
}
