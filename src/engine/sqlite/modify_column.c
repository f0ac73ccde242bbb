#include "engine/sqlite/ddl.h"
#include "engine/sqlite/edit.h"
#include "engine/sqlite/emit.h"
#include "engine/sqlite/planner.h"

/* The CHECK that says a column's rules goes and another comes: a new form of the table. */

static bool is_check(const struct clause *c, const char *name)
{
    return c->kind == CLAUSE_CHECK && c->name && str_eq_nocase(str_of(c->name), str_of(name));
}

static void drop_check(struct edits *e, const char *name)
{
    const struct table_text *t = e->table;
    for (size_t i = 0; i < t->n_columns; i++) {
        for (size_t k = 0; k < t->columns[i].n_clauses; k++) {
            if (is_check(&t->columns[i].clauses[k], name)) {
                edit_drop_column_clause(e, i, k);
            }
        }
    }
    for (size_t i = 0; i < t->n_clauses; i++) {
        if (is_check(&t->clauses[i], name)) {
            edit_drop_table_clause(e, i);
        }
    }
}

static void add_check(struct planner *p, struct edits *e, const char *column,
                      const struct check *check)
{
    struct sql_writer w = planner_write(p);
    emit_check(&w, check);
    for (size_t i = 0; i < e->table->n_columns; i++) {
        if (str_eq_nocase(str_of(e->table->columns[i].name), str_of(column))) {
            edit_add_column_clause(e, i, arena_str(p->arena, buf_str(w.out)));
        }
    }
    if (w.broken) {
        planner_fail(p, ERROR(p->err, ERR_UNSUPPORTED, "SQLite cannot say it: %s", w.broken));
    }
    buf_release(w.out);
}

void plan_modify_column(struct planner *p, const struct change *c)
{
    const char *old = c->modify_column.old_check;
    const struct check *check = &c->modify_column.check;
    const struct table *t = planner_table(p, c->modify_column.table);
    struct edits edits;
    if (!t || (!old && !check->expr)) {
        return; /* what only the server enforces */
    }
    if (!rebuild_edits(p, t, NULL, &edits)) {
        return;
    }
    if (old) {
        drop_check(&edits, old);
    }
    if (check->expr) {
        add_check(p, &edits, c->modify_column.column, check);
    }
    plan_rebuild(p, &(struct rebuild){.table = t, .new_text = edit_text(&edits)});
}
