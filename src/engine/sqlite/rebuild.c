#include "base/attr.h"
#include "engine/sqlite/ddl.h"
#include "engine/sqlite/edit.h"
#include "engine/sqlite/emit.h"
#include "engine/sqlite/planner.h"
#include "engine/sqlite/storage.h"

/*
 * What SQLite's ALTER TABLE cannot do is done by a copy under a scratch name that takes the old
 * table's place: the text is edited, rows are copied with their rowid, the counter follows, indexes
 * and triggers are made again from their own texts. Foreign keys are off and ALTER is legacy, so
 * dropping the old table fires nothing and other tables' texts, which name it already, stay.
 */
#define SCRATCH_PREFIX "__telaio_new_"

static void run(struct planner *p, struct sql_writer *w, const char *comment)
{
    planner_step(p, w, &(struct step_words){.kind = STEP_RUN, .comment = comment});
}

static bool same(const char *a, const char *b)
{
    return a && b && str_eq_nocase(str_of(a), str_of(b));
}

static const char *const row_names[] = {"rowid", "_rowid_", "oid"};

/* How the row number is called, in @t and still when it has the column @added (NULL = none); NULL
 * when the table has none, it is a column of its own, or columns have all its names. */
static const char *rowid_name(const struct table *t, const char *added)
{
    const struct column *key = table_single_key(t);
    bool is_key = key && key->type.native && same(key->type.native, "INTEGER");
    if (t->is_without_rowid || is_key) {
        return NULL;
    }
    for (size_t i = 0; i < ARRAY_LEN(row_names); i++) {
        if (!table_find_column(t, str_of(row_names[i])) && !same(row_names[i], added)) {
            return row_names[i];
        }
    }
    return NULL;
}

/* A column that comes or goes with a name of the row number: that is called otherwise then. */
static bool moves_row_name(const struct rebuild *r)
{
    for (size_t i = 0; i < ARRAY_LEN(row_names); i++) {
        if (same(r->added, row_names[i]) || same(r->dropped, row_names[i])) {
            return true;
        }
    }
    return false;
}

static bool has_counter(const struct table *t)
{
    for (size_t i = 0; i < t->n_columns; i++) {
        if (t->columns[i].is_auto_increment) {
            return true;
        }
    }
    return false;
}

static void write_old(struct sql_writer *w, const char *column)
{
    sql_text(w, "\"o\".");
    sql_ident(w, column);
}

static void write_restored(struct sql_writer *w, const struct rebuild *r)
{
    sql_text(w, "CASE WHEN \"r\".");
    sql_ident(w, r->restore->keys[0]);
    sql_text(w, " IS NULL THEN ");
    if (r->fallback) {
        sql_expr(w, r->fallback);
    } else {
        sql_text(w, "NULL");
    }
    sql_text(w, " ELSE \"r\".\"v\" END");
}

static void write_join(struct sql_writer *w, const struct rebuild *r)
{
    sql_text(w, " LEFT JOIN ");
    sql_ident(w, r->restore->object);
    sql_text(w, " AS \"r\"");
    const char *number = r->table->n_primary_key ? NULL : rowid_name(r->table, NULL);
    for (size_t i = 0; i < r->restore->n_keys; i++) {
        sql_text(w, i ? " AND \"r\"." : " ON \"r\".");
        sql_ident(w, r->restore->keys[i]);
        sql_text(w, " = ");
        write_old(w, number ? number : r->restore->onto[i]);
    }
}

static bool is_copied(const struct rebuild *r, const struct column *c)
{
    return c->generated == GENERATED_NONE && !same(c->name, r->dropped);
}

/* A column that an earlier rebuild of the same list added without a value: its default comes with
 * the last form of the table. */
static bool is_defaulted(const struct last_rebuild *last, const char *column)
{
    for (; last; last = last->before) {
        if (last->is_defaulted && same(last->added, column)) {
            return true;
        }
    }
    return false;
}

static bool is_added(const struct last_rebuild *last, const char *column)
{
    for (; last; last = last->before) {
        if (same(last->added, column)) {
            return true;
        }
    }
    return false;
}

struct copy {
    const char *to;
    const struct last_rebuild *last; /* rows come through its sub-select, NULL = from the table */
    bool as_select;                  /* only the SELECT, with names for its columns */
};

static void write_from(struct sql_writer *w, const struct rebuild *r, const struct copy *c)
{
    sql_text(w, " FROM ");
    if (c->last) {
        sql_text(w, "(");
        buf_adds(w->out, c->last->select);
        sql_text(w, ")");
    } else {
        sql_ident(w, r->table->name);
    }
    sql_text(w, " AS \"o\"");
    if (r->restore && r->restore->object) {
        write_join(w, r);
    }
}

/* INSERT INTO new (a, b) SELECT o.a, o.b FROM old AS o: names first, values behind them. */
static void write_copy(struct planner *p, struct sql_writer *w, const struct rebuild *r,
                       const struct copy *c)
{
    const struct table *t = r->table;
    const char *rowid = rowid_name(t, r->added);
    struct sql_writer names = planner_write(p);
    size_t n = 0;
    sql_text(w, "SELECT ");
    for (size_t i = 0; i <= t->n_columns; i++) {
        const char *name = i ? t->columns[i - 1].name : rowid;
        bool wanted = i ? is_copied(r, &t->columns[i - 1]) && !is_defaulted(c->last, name) : !!name;
        if (!wanted) {
            continue;
        }
        sql_text(&names, n ? ", " : "");
        sql_text(w, n++ ? ", " : "");
        sql_ident(&names, name);
        write_old(w, name);
        if (c->as_select) {
            sql_text(w, " AS ");
            sql_ident(w, name);
        }
    }
    if (r->restore && r->restore->object) {
        sql_text(&names, n ? ", " : "");
        sql_text(w, n ? ", " : "");
        sql_ident(&names, r->added);
        write_restored(w, r);
        if (c->as_select) {
            sql_text(w, " AS ");
            sql_ident(w, r->added);
        }
    }
    write_from(w, r, c);
    if (!c->as_select) {
        const char *select = arena_str(p->arena, buf_str(w->out));
        buf_clear(w->out);
        sql_text(w, "INSERT INTO ");
        sql_ident(w, c->to);
        sql_text(w, " (");
        buf_add_str(w->out, buf_str(names.out));
        sql_text(w, ") ");
        buf_adds(w->out, select);
    }
    buf_release(names.out);
}

static void plan_copy(struct planner *p, const struct rebuild *r, const struct copy *c)
{
    struct sql_writer w = planner_write(p);
    write_copy(p, &w, r, c);
    planner_step(p, &w,
                 &(struct step_words){.kind = STEP_RUN,
                                      .comment = "all rows, with their numbers",
                                      .is_rewrite = true});
}

static void plan_count(struct planner *p, const char *old, const char *new)
{
    struct sql_writer w = planner_write(p);
    sql_text(&w, "SELECT 'rows were lost' WHERE (SELECT count(*) FROM ");
    sql_ident(&w, old);
    sql_text(&w, ") <> (SELECT count(*) FROM ");
    sql_ident(&w, new);
    sql_text(&w, ")");
    planner_step(p, &w,
                 &(struct step_words){.kind = STEP_CHECK, .comment = "as many rows as before"});
}

/* A counter has no row before its table's first insert, and one too many after the copy. */
static void plan_counter(struct planner *p, const char *old, const char *new)
{
    struct value from = value_text(old);
    struct value to = value_text(new);
    struct sql_writer w = planner_write(p);
    sql_text(&w, "DELETE FROM sqlite_sequence WHERE name = ");
    sql_literal(&w, &to);
    run(p, &w, "the counter goes on where it was");
    w = planner_write(p);
    sql_text(&w, "INSERT INTO sqlite_sequence (name, seq) SELECT ");
    sql_literal(&w, &to);
    sql_text(&w, ", seq FROM sqlite_sequence WHERE name = ");
    sql_literal(&w, &from);
    run(p, &w, NULL);
}

void rebuild_drop(struct planner *p, const char *table)
{
    struct sql_writer w = planner_write(p);
    sql_text(&w, "DROP TABLE ");
    sql_ident(&w, table);
    run(p, &w, NULL);
}

void rebuild_move(struct planner *p, const char *from, const char *to)
{
    struct sql_writer w = planner_write(p);
    sql_text(&w, "ALTER TABLE ");
    sql_ident(&w, from);
    sql_text(&w, " RENAME TO ");
    sql_ident(&w, to);
    run(p, &w, NULL);
}

static bool index_reads(const struct index *i, const char *column)
{
    bool reads = expr_mentions(i->where, column);
    for (size_t k = 0; k < i->n_keys; k++) {
        reads = reads || (i->keys[k].column ? same(i->keys[k].column, column)
                                            : expr_mentions(i->keys[k].expr, column));
    }
    return reads;
}

static void plan_trigger(struct planner *p, const struct trigger *t, const char *table)
{
    if (!emit_is_trigger(p->arena, t, table)) {
        planner_fail(p, ERROR(p->err, ERR_INVALID,
                              "the text of trigger \"%s\" makes something else", t->name));
        return;
    }
    planner_text(p, t->native, NULL);
}

void rebuild_parts(struct planner *p, const struct rebuild *r)
{
    const struct table *t = r->table;
    for (size_t i = 0; i < t->n_indexes; i++) {
        const struct index *index = &t->indexes[i];
        if (index->is_constraint || (r->dropped && index_reads(index, r->dropped))) {
            continue;
        }
        struct sql_writer w = planner_write(p);
        emit_index(&w, index, t->name);
        run(p, &w, NULL);
    }
    for (size_t i = 0; i < t->n_triggers; i++) {
        if (!r->dropped || !raw_mentions(t->triggers[i].native, r->dropped)) {
            plan_trigger(p, &t->triggers[i], t->name);
        }
    }
}

/* The steps of the rebuild before this one go: the rows come through its SELECT instead. Steps
 * between the two (values on their way to the trash) read the old table and stay. */
static void merge(struct planner *p, const struct rebuild *r, const char *to, size_t copy)
{
    struct plan *plan = p->plan;
    struct last_rebuild *last = p->last;
    struct sql_writer w = planner_write(p);
    write_copy(p, &w, r, &(struct copy){.to = to, .last = last});
    plan->steps[copy].text = arena_str(p->arena, buf_str(w.out));
    buf_release(w.out);
    size_t n_gone = last->to - last->from;
    memmove(plan->steps + last->from, plan->steps + last->to,
            (plan->n_steps - last->to) * sizeof *plan->steps);
    plan->n_steps -= n_gone;
}

static bool may_merge(const struct planner *p, const struct rebuild *r)
{
    const struct last_rebuild *last = p->last;
    return r->may_merge && last && !moves_row_name(r) && same(last->table, r->table->name) &&
           !(r->is_kept && is_added(last, r->dropped));
}

static void note_rebuild(struct planner *p, const struct rebuild *r, size_t from, bool merged)
{
    struct last_rebuild *now = ARENA_NEW(p->arena, struct last_rebuild);
    struct sql_writer w = planner_write(p);
    const struct last_rebuild *last = merged ? p->last : NULL;
    write_copy(p, &w, r, &(struct copy){.last = last, .as_select = true});
    *now = (struct last_rebuild){.table = r->table->name,
                                 .from = from,
                                 .select = arena_str(p->arena, buf_str(w.out)),
                                 .added = r->added,
                                 .is_defaulted = !r->restore || !r->restore->object,
                                 .before = merged ? p->last : NULL};
    buf_release(w.out);
    p->last = now;
}

void plan_rebuild(struct planner *p, const struct rebuild *r)
{
    const struct table *t = r->table;
    const char *to =
        r->new_name ? r->new_name : arena_printf(p->arena, SCRATCH_PREFIX "%s", t->name);
    bool merges = may_merge(p, r);
    size_t from = p->plan->n_steps;
    planner_needs_rebuild(p);
    planner_text(p, r->new_text, "the new form under another name");
    plan_copy(p, r, &(struct copy){.to = to});
    plan_count(p, t->name, to);
    if (has_counter(t)) {
        plan_counter(p, t->name, to);
    }
    rebuild_drop(p, t->name);
    if (!r->new_name) {
        rebuild_move(p, to, t->name);
        rebuild_parts(p, r);
    }
    if (merges) {
        merge(p, r, to, from + 1);
        from -= p->last->to - p->last->from;
    }
    if (r->may_merge && !moves_row_name(r)) {
        note_rebuild(p, r, from, merges);
    }
    planner_touch(p, t->name);
    planner_touch(p, to);
}

bool rebuild_edits(struct planner *p, const struct table *t, const char *name, struct edits *edits)
{
    struct table_text *text = ARENA_NEW(p->arena, struct table_text);
    struct sql_writer w = planner_write(p);
    const char *native = t->native;
    if (!native) {
        emit_table(&w, t, t->name);
        native = arena_str(p->arena, buf_str(w.out));
    }
    buf_clear(w.out);
    planner_fail(p, ddl_read_table(p->arena, str_of(native), text, p->err));
    *edits = (struct edits){.arena = p->arena, .table = text};
    sql_ident(&w, name ? name : arena_printf(p->arena, SCRATCH_PREFIX "%s", t->name));
    if (p->code == ERR_OK) {
        edit_rename(edits, arena_str(p->arena, buf_str(w.out)));
    }
    buf_release(w.out);
    return p->code == ERR_OK;
}

/* What of a new column can stand beside it, and what must be a clause of the table. */
static struct column_parts split_parts(struct planner *p, const struct change *c,
                                       struct foreign_key **wide, size_t *n_wide)
{
    struct column_parts parts = {.checks = c->create_column.checks,
                                 .n_checks = c->create_column.n_checks};
    struct foreign_key *keys = NULL;
    for (size_t i = 0; i < c->create_column.n_foreign_keys; i++) {
        if (c->create_column.foreign_keys[i].n_columns == 1) {
            ARENA_PUSH(p->arena, keys, parts.n_keys, c->create_column.foreign_keys[i]);
        } else {
            ARENA_PUSH(p->arena, *wide, *n_wide, c->create_column.foreign_keys[i]);
        }
    }
    parts.keys = keys;
    return parts;
}

static bool is_last(const struct table *t, const char *after)
{
    return !after || (*after && same(after, t->columns[t->n_columns - 1].name));
}

/* May ADD COLUMN do it, whatever rows there are? */
static bool is_native(const struct table *t, const struct change *c, size_t n_wide)
{
    const struct column *column = &c->create_column.column;
    const struct expr *value = column->default_value;
    bool constant = !value || value->kind == EXPR_LITERAL;
    bool has_value = value && value->kind == EXPR_LITERAL && value->value.kind != VALUE_NULL;
    bool references = c->create_column.n_foreign_keys > 0;
    return t->n_columns && is_last(t, c->create_column.after) && !c->create_column.restore.object &&
           n_wide == 0 && constant && (column->is_nullable || has_value) &&
           !(references && has_value) && column->generated != GENERATED_STORED;
}

static void plan_column_parts(struct planner *p, const struct change *c)
{
    for (size_t i = 0; i < c->create_column.n_indexes; i++) {
        if (!c->create_column.indexes[i].is_constraint) {
            struct sql_writer w = planner_write(p);
            emit_index(&w, &c->create_column.indexes[i], c->create_column.table);
            run(p, &w, NULL);
        }
    }
    for (size_t i = 0; i < c->create_column.n_triggers; i++) {
        plan_trigger(p, &c->create_column.triggers[i], c->create_column.table);
    }
}

static void rebuild_with_column(struct planner *p, const struct table *t, const struct change *c,
                                const struct column_parts *parts, const struct foreign_key *wide,
                                size_t n_wide)
{
    struct edits edits;
    struct sql_writer w = planner_write(p);
    if (!rebuild_edits(p, t, NULL, &edits)) {
        return;
    }
    emit_column(&w, &c->create_column.column, parts);
    edit_add_column(&edits, arena_str(p->arena, buf_str(w.out)), c->create_column.after);
    for (size_t i = 0; i < n_wide; i++) {
        buf_clear(w.out);
        emit_foreign_key(&w, &wide[i]);
        edit_add_clause(&edits, arena_str(p->arena, buf_str(w.out)));
    }
    for (size_t i = 0; i < c->create_column.n_indexes; i++) {
        if (c->create_column.indexes[i].is_constraint) {
            buf_clear(w.out);
            emit_unique(&w, &c->create_column.indexes[i]);
            edit_add_clause(&edits, arena_str(p->arena, buf_str(w.out)));
        }
    }
    buf_release(w.out);
    plan_rebuild(p, &(struct rebuild){.table = t,
                                      .new_text = edit_text(&edits),
                                      .added = c->create_column.column.name,
                                      .restore = &c->create_column.restore,
                                      .fallback = c->create_column.column.default_value,
                                      .may_merge = true});
}

void plan_create_column(struct planner *p, const struct change *c)
{
    const struct table *t = planner_table(p, c->create_column.table);
    struct foreign_key *wide = NULL;
    size_t n_wide = 0;
    if (!t) {
        return;
    }
    struct column_parts parts = split_parts(p, c, &wide, &n_wide);
    parts.is_strict = t->is_strict;
    if (is_native(t, c, n_wide)) {
        struct sql_writer w = planner_write(p);
        sql_text(&w, "ALTER TABLE ");
        sql_ident(&w, t->name);
        sql_text(&w, " ADD COLUMN ");
        emit_column(&w, &c->create_column.column, &parts);
        run(p, &w, NULL);
    } else {
        rebuild_with_column(p, t, c, &parts, wide, n_wide);
    }
    plan_column_parts(p, c);
    planner_touch(p, t->name);
}

/* The trash of a column: the row's key and the value, with the key's types so that it is found. */
static void plan_column_trash(struct planner *p, const struct table *t, const struct column *c,
                              const char *trash)
{
    struct sql_writer w = planner_write(p);
    const char *rowid = rowid_name(t, NULL);
    size_t n = t->n_primary_key ? t->n_primary_key : 1;
    if (!t->n_primary_key && !rowid) {
        planner_fail(
            p, ERROR(p->err, ERR_UNSUPPORTED, "rows of \"%s\" cannot be told apart", t->name));
    }
    sql_text(&w, "CREATE TABLE ");
    sql_ident(&w, trash);
    sql_text(&w, " (");
    for (size_t i = 0; i < n; i++) {
        const struct column *k =
            t->n_primary_key ? table_find_column(t, str_of(t->primary_key[i])) : NULL;
        sql_ident(&w, arena_printf(p->arena, "k%zu", i + 1));
        buf_printf(w.out, " %s, ", k ? sqlite_declare(p->arena, &k->type) : "INTEGER");
    }
    sql_text(&w, "\"v\", PRIMARY KEY (");
    for (size_t i = 0; i < n; i++) {
        sql_text(&w, i ? ", " : "");
        sql_ident(&w, arena_printf(p->arena, "k%zu", i + 1));
    }
    sql_text(&w, "))");
    run(p, &w, "where the values are kept");
    w = planner_write(p);
    sql_text(&w, "INSERT INTO ");
    sql_ident(&w, trash);
    sql_text(&w, " SELECT ");
    if (t->n_primary_key) {
        sql_ident_list(&w, t->primary_key, t->n_primary_key);
    } else {
        sql_text(&w, rowid ? rowid : "rowid");
    }
    sql_text(&w, ", ");
    sql_ident(&w, c->name);
    sql_text(&w, " FROM ");
    sql_ident(&w, t->name);
    planner_step(p, &w, &(struct step_words){.kind = STEP_RUN, .is_rewrite = true});
    planner_touch(p, trash);
}

static bool keys_mention(const struct clause *c, const char *column)
{
    for (size_t i = 0; i < c->n_keys; i++) {
        if (same(c->keys[i].column, column)) {
            return true;
        }
    }
    return false;
}

static bool clause_mentions(struct planner *p, const struct clause *c, const char *column)
{
    if (c->kind == CLAUSE_CHECK) {
        return raw_mentions(arena_str(p->arena, c->text), column);
    }
    return (c->kind == CLAUSE_FOREIGN_KEY || c->kind == CLAUSE_UNIQUE) && keys_mention(c, column);
}

static void edit_out_column(struct planner *p, struct edits *e, const char *column)
{
    const struct table_text *t = e->table;
    for (size_t i = 0; i < t->n_columns; i++) {
        if (same(t->columns[i].name, column)) {
            edit_drop_column(e, i);
            continue;
        }
        for (size_t k = 0; k < t->columns[i].n_clauses; k++) {
            const struct clause *c = &t->columns[i].clauses[k];
            if (c->kind == CLAUSE_CHECK && clause_mentions(p, c, column)) {
                edit_drop_column_clause(e, i, k);
            }
        }
    }
    for (size_t i = 0; i < t->n_clauses; i++) {
        if (clause_mentions(p, &t->clauses[i], column)) {
            edit_drop_table_clause(e, i);
        }
    }
}

void plan_drop_column(struct planner *p, const struct change *c)
{
    const struct table *t = planner_table(p, c->drop_column.table);
    const struct column *column = t ? table_find_column(t, str_of(c->drop_column.column)) : NULL;
    struct edits edits;
    if (!column || !rebuild_edits(p, t, NULL, &edits)) {
        if (t && !column) {
            planner_fail(p,
                         ERROR(p->err, ERR_NOT_FOUND, "no column \"%s\"", c->drop_column.column));
        }
        return;
    }
    if (c->drop_column.trash && column->generated == GENERATED_NONE) {
        plan_column_trash(p, t, column, c->drop_column.trash);
    }
    edit_out_column(p, &edits, column->name);
    plan_rebuild(p, &(struct rebuild){.table = t,
                                      .new_text = edit_text(&edits),
                                      .dropped = column->name,
                                      .is_kept = c->drop_column.trash != NULL,
                                      .may_merge = true});
}
