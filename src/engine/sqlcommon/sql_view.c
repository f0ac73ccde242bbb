#include "engine/sqlcommon/sql_view.h"

#include "base/attr.h"

/* Names of the three tables inside of the text. */
#define BASE   "t"
#define JOINED "j"
#define TEXTS  "x"

#define VIEW_TEXT_MAX ((size_t)1 << 20)

static void write_column(struct sql_writer *w, const char *alias, const char *column)
{
    sql_ident(w, alias);
    sql_text(w, ".");
    sql_ident(w, column);
}

static void write_between(struct sql_writer *w, const struct engine_view *v)
{
    struct value between = value_text(v->texts.between);
    sql_literal(w, &between);
}

static void write_from(struct sql_writer *w, const struct engine_view *v)
{
    sql_text(w, " FROM ");
    sql_ident(w, v->texts.table);
    sql_text(w, " AS ");
    sql_ident(w, TEXTS);
    sql_text(w, " WHERE ");
    write_column(w, TEXTS, v->texts.key);
    sql_text(w, " = ");
    write_column(w, BASE, v->key);
}

static void write_order(struct sql_writer *w, const struct engine_view *v)
{
    sql_text(w, " ORDER BY ");
    write_column(w, TEXTS, v->texts.order);
}

/* The aggregate takes the rows as they come, so they come in order. */
static void list_sorted(struct sql_writer *w, const struct engine_view *v)
{
    sql_text(w, "(SELECT group_concat(");
    write_column(w, TEXTS, v->texts.column);
    sql_text(w, ", ");
    write_between(w, v);
    sql_text(w, ") FROM (SELECT ");
    write_column(w, TEXTS, v->texts.column);
    write_from(w, v);
    write_order(w, v);
    sql_text(w, ") AS ");
    sql_ident(w, TEXTS);
    sql_text(w, ")");
}

void sql_list_string_agg(struct sql_writer *w, const struct engine_view *v)
{
    sql_text(w, "(SELECT string_agg(");
    write_column(w, TEXTS, v->texts.column);
    sql_text(w, ", ");
    write_between(w, v);
    write_order(w, v);
    sql_text(w, ")");
    write_from(w, v);
    sql_text(w, ")");
}

void sql_list_group_concat(struct sql_writer *w, const struct engine_view *v)
{
    sql_text(w, "(SELECT group_concat(");
    write_column(w, TEXTS, v->texts.column);
    write_order(w, v);
    sql_text(w, " SEPARATOR ");
    write_between(w, v);
    sql_text(w, ")");
    write_from(w, v);
    sql_text(w, ")");
}

static void write_view(struct sql_writer *w, const struct engine_view *v)
{
    sql_text(w, "CREATE VIEW ");
    sql_ident(w, v->name);
    sql_text(w, " AS SELECT ");
    for (size_t i = 0; i < v->n_columns; i++) {
        const struct view_column *c = &v->columns[i];
        write_column(w, c->is_joined ? JOINED : BASE, c->column);
        sql_text(w, " AS ");
        sql_ident(w, c->name);
        sql_text(w, ", ");
    }
    (w->dialect->list_texts ? w->dialect->list_texts : list_sorted)(w, v);
    sql_text(w, " AS ");
    sql_ident(w, v->texts.name);
    sql_text(w, " FROM ");
    sql_ident(w, v->table);
    sql_text(w, " AS ");
    sql_ident(w, BASE);
    sql_text(w, " LEFT JOIN ");
    sql_ident(w, v->joined);
    sql_text(w, " AS ");
    sql_ident(w, JOINED);
    sql_text(w, " ON ");
    write_column(w, JOINED, v->joined_key);
    sql_text(w, " = ");
    write_column(w, BASE, v->key);
}

const char *sql_view_text(struct arena *a, const struct sql_dialect *d, const struct engine_view *v)
{
    struct buf b;
    struct sql_writer w;
    buf_init(&b, VIEW_TEXT_MAX);
    sql_begin(&w, d, &b, a);
    write_view(&w, v);
    BUG_ON(w.broken || w.n_params);
    const char *text = arena_str(a, buf_str(&b));
    buf_release(&b);
    return text;
}
