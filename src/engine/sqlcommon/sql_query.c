#include "engine/sqlcommon/sql_writer.h"

/* Where @o's values stand behind @v: nothing can be, when NULLs come last and @v is one. */
static void write_behind(struct sql_writer *w, const struct order *o, const struct value *v)
{
    if (v->kind == VALUE_NULL) {
        if (o->nulls_first) {
            sql_ident(w, o->column->name);
            sql_text(w, " IS NOT NULL");
        } else {
            sql_text(w, "0 = 1");
        }
        return;
    }
    bool nulls_behind = o->column->is_nullable && !o->nulls_first;
    if (nulls_behind) {
        sql_text(w, "(");
    }
    w->dialect->operand(w, o->column);
    sql_text(w, o->is_descending ? " < " : " > ");
    sql_param(w, o->column, *v);
    if (nulls_behind) {
        sql_text(w, " OR ");
        sql_ident(w, o->column->name);
        sql_text(w, " IS NULL)");
    }
}

static void write_same(struct sql_writer *w, const struct order *o, const struct value *v)
{
    if (v->kind == VALUE_NULL) {
        sql_ident(w, o->column->name);
        sql_text(w, " IS NULL");
        return;
    }
    w->dialect->operand(w, o->column);
    sql_text(w, " = ");
    sql_param(w, o->column, *v);
}

/*
 * (a > x OR (a = x AND b > y) OR …): the row comes after the last one seen. The first column alone
 * also bounds an index scan, which the OR would hide from the planner.
 */
static void write_after(struct sql_writer *w, const struct query *q)
{
    const struct order *first = &q->order[0];
    if (q->after[0].kind != VALUE_NULL && (!first->column->is_nullable || first->nulls_first)) {
        w->dialect->operand(w, first->column);
        sql_text(w, first->is_descending ? " <= " : " >= ");
        sql_param(w, first->column, q->after[0]);
        sql_text(w, " AND ");
    }
    sql_text(w, "(");
    for (size_t i = 0; i < q->n_order; i++) {
        sql_text(w, i ? " OR (" : "(");
        for (size_t k = 0; k < i; k++) {
            write_same(w, &q->order[k], &q->after[k]);
            sql_text(w, " AND ");
        }
        write_behind(w, &q->order[i], &q->after[i]);
        sql_text(w, ")");
    }
    sql_text(w, ")");
}

static void write_where(struct sql_writer *w, const struct query *q)
{
    bool keyset = q->after && q->n_order;
    if (!q->where && !keyset) {
        return;
    }
    sql_text(w, " WHERE ");
    if (q->where) {
        sql_filter(w, q->where);
    }
    if (keyset) {
        if (q->where) {
            sql_text(w, " AND ");
        }
        write_after(w, q);
    }
}

/* NULL is less than every value, and @o wants it at the other end. */
static void write_nulls_apart(struct sql_writer *w, const struct order *o)
{
    if (o->nulls_first != o->is_descending) {
        return;
    }
    sql_ident(w, o->column->name);
    sql_text(w, o->nulls_first ? " IS NOT NULL, " : " IS NULL, ");
}

static void write_order(struct sql_writer *w, const struct query *q)
{
    for (size_t i = 0; i < q->n_order; i++) {
        const struct order *o = &q->order[i];
        sql_text(w, i ? ", " : " ORDER BY ");
        if (o->column->is_nullable && !w->dialect->nulls_clause) {
            write_nulls_apart(w, o);
        }
        w->dialect->operand(w, o->column);
        sql_text(w, o->is_descending ? " DESC" : " ASC");
        if (o->column->is_nullable && w->dialect->nulls_clause) {
            sql_text(w, o->nulls_first ? " NULLS FIRST" : " NULLS LAST");
        }
    }
}

static void write_limit(struct sql_writer *w, const struct query *q)
{
    if (q->limit < 0 && q->offset <= 0) {
        return;
    }
    sql_text(w, " LIMIT ");
    if (q->limit >= 0) {
        sql_param(w, NULL, value_int(q->limit));
    } else {
        sql_text(w, w->dialect->unlimited);
    }
    if (q->offset > 0) {
        sql_text(w, " OFFSET ");
        sql_param(w, NULL, value_int(q->offset));
    }
}

void sql_select(struct sql_writer *w, const struct query *q)
{
    sql_text(w, "SELECT ");
    if (q->count_only) {
        sql_text(w, "count(*)");
    } else if (q->n_columns == 0) {
        sql_text(w, "1");
    }
    for (size_t i = 0; !q->count_only && i < q->n_columns; i++) {
        if (i) {
            sql_text(w, ", ");
        }
        sql_ident(w, q->columns[i]->name);
    }
    sql_text(w, " FROM ");
    if (w->schema) {
        sql_ident(w, w->schema);
        sql_text(w, ".");
    }
    sql_ident(w, q->table->name);
    write_where(w, q);
    if (!q->count_only) {
        write_order(w, q);
        write_limit(w, q);
    }
}

/* INSERT INTO t (a, b) VALUES (, with @bind each value as a parameter, else bare placeholders. */
static void write_insert(struct sql_writer *w, const struct write *wr, bool bind)
{
    sql_text(w, "INSERT INTO ");
    sql_ident(w, wr->table->name);
    if (wr->n_columns == 0) {
        sql_text(w, w->dialect->empty_lists ? " () VALUES ()" : " DEFAULT VALUES");
        return;
    }
    sql_text(w, " (");
    for (size_t i = 0; i < wr->n_columns; i++) {
        if (i) {
            sql_text(w, ", ");
        }
        sql_ident(w, wr->columns[i]->name);
    }
    sql_text(w, ") VALUES (");
    for (size_t i = 0; i < wr->n_columns; i++) {
        if (i) {
            sql_text(w, ", ");
        }
        sql_param(w, bind ? wr->columns[i] : NULL, bind ? wr->values[i] : value_null());
    }
    sql_text(w, ")");
}

static bool is_among(const struct column *const *columns, size_t n, const struct column *c)
{
    for (size_t i = 0; i < n; i++) {
        if (columns[i] == c || text_eq(columns[i]->name, c->name)) {
            return true;
        }
    }
    return false;
}

void sql_conflict(struct sql_writer *w, const struct write *wr)
{
    if (!w->dialect->conflict_by_key || wr->n_conflict == 0) {
        w->broken = "an upsert without its key";
        return;
    }
    sql_text(w, " ON CONFLICT (");
    for (size_t i = 0; i < wr->n_conflict; i++) {
        if (i) {
            sql_text(w, ", ");
        }
        sql_ident(w, wr->conflict[i]->name);
    }
    sql_text(w, ")");
    size_t n_set = 0;
    for (size_t i = 0; i < wr->n_columns; i++) {
        if (is_among(wr->conflict, wr->n_conflict, wr->columns[i]) ||
            is_among(wr->keep, wr->n_keep, wr->columns[i])) {
            continue;
        }
        sql_text(w, n_set++ ? ", " : " DO UPDATE SET ");
        sql_ident(w, wr->columns[i]->name);
        sql_text(w, " = excluded.");
        sql_ident(w, wr->columns[i]->name);
    }
    if (n_set == 0) {
        sql_text(w, " DO NOTHING");
    }
}

static void write_update(struct sql_writer *w, const struct write *wr)
{
    if (wr->n_columns == 0) {
        w->broken = "an update that sets nothing";
    }
    sql_text(w, "UPDATE ");
    sql_ident(w, wr->table->name);
    for (size_t i = 0; i < wr->n_columns; i++) {
        sql_text(w, i ? ", " : " SET ");
        sql_ident(w, wr->columns[i]->name);
        sql_text(w, " = ");
        sql_param(w, wr->columns[i], wr->values[i]);
    }
}

static void write_delete(struct sql_writer *w, const struct write *wr)
{
    sql_text(w, "DELETE FROM ");
    sql_ident(w, wr->table->name);
}

static void write_condition(struct sql_writer *w, const struct write *wr)
{
    if (wr->where) {
        sql_text(w, " WHERE ");
        sql_filter(w, wr->where);
    } else if (!wr->all_rows) {
        w->broken = "a write to all rows that nobody asked for";
    }
}

void sql_write(struct sql_writer *w, const struct write *wr)
{
    switch (wr->kind) {
    case WRITE_INSERT:
        write_insert(w, wr, true);
        return;
    case WRITE_UPSERT:
        write_insert(w, wr, true);
        sql_conflict(w, wr);
        return;
    case WRITE_UPDATE:
        write_update(w, wr);
        write_condition(w, wr);
        return;
    case WRITE_DELETE:
        write_delete(w, wr);
        write_condition(w, wr);
        return;
    case WRITE_NONE:
        break;
    }
    w->broken = "a write of no kind";
}

void sql_insert_shape(struct sql_writer *w, const struct write *wr)
{
    write_insert(w, wr, false);
    if (wr->kind == WRITE_UPSERT) {
        sql_conflict(w, wr);
    }
}
