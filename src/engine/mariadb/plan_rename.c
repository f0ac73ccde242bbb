#include "base/attr.h"
#include "engine/mariadb/planner.h"

/*
 * MariaDB follows a renamed column in CHECKs, computed columns, indexes and foreign keys, but not
 * in triggers and views. Triggers whose text says the column are made anew where that is safe; for
 * the rest the change is refused.
 */
static const struct trigger *find_trigger(const struct catalog *c, const char *name)
{
    for (size_t i = 0; i < c->n_tables; i++) {
        for (size_t k = 0; k < c->tables[i]->n_triggers; k++) {
            if (text_eq(c->tables[i]->triggers[k].name, name)) {
                return &c->tables[i]->triggers[k];
            }
        }
    }
    return NULL;
}

/* The new name comes as "name", which is a text here: it becomes `name`. */
static const char *requote(struct arena *a, const char *text)
{
    char *out = arena_strdup(a, text);
    for (char *c = out; *c; c++) {
        *c = *c == '"' ? '`' : *c;
    }
    return out;
}

static void refuse(struct sql_planner *p, const char *trigger, const char *column)
{
    sql_planner_fail(p, ERROR(p->err, ERR_CONFLICT,
                              "trigger \"%s\" says \"%s\" and cannot be written anew", trigger,
                              column));
    error_hint(p->err, "take it away first and make it anew afterwards");
}

/* The triggers that say the column, as they are and as they shall be. */
static void collect(struct sql_planner *p, const struct change *c, const struct catalog *after,
                    struct trigger **olds, struct trigger **news, size_t *n)
{
    const struct table *t = catalog_find_table(p->now, str_of(c->rename_column.table));
    size_t n_news = 0;
    for (size_t i = 0; i < t->n_triggers && p->code == ERR_OK; i++) {
        const struct trigger *old = &t->triggers[i];
        if (!raw_mentions(old->native, c->rename_column.column)) {
            continue;
        }
        const struct trigger *new = find_trigger(after, old->name);
        if (!new || text_eq(new->native, old->native) || strchr(old->native, '"')) {
            refuse(p, old->name, c->rename_column.column);
            return;
        }
        struct trigger made = {.name = old->name, .native = requote(p->arena, new->native)};
        ARENA_PUSH(p->arena, *olds, *n, *old);
        ARENA_PUSH(p->arena, *news, n_news, made);
    }
}

static const char *rename_text(struct sql_planner *p, const char *table, const char *from,
                               const char *to, const char *guard)
{
    size_t n = 0;
    struct sql_writer w = my_alter(p, table);
    my_part(&w, &n, "RENAME COLUMN ");
    sql_text(&w, guard);
    sql_ident(&w, from);
    sql_text(&w, " TO ");
    sql_ident(&w, to);
    return my_finish(p, &w);
}

void my_plan_rename_column(struct sql_planner *p, const struct change *c)
{
    const char *from = c->rename_column.column, *to = c->rename_column.new_name;
    const struct table *t = sql_planner_table(p, c->rename_column.table);
    if (!t) {
        return;
    }
    AUTO(catalog_unrefp) struct catalog *after = catalog_copy(p->now);
    struct trigger *olds = NULL, *news = NULL;
    size_t n = 0;
    my_refuse_readers(p, t, from);
    if (p->code != ERR_OK) {
        return;
    }
    change_ops(CHANGE_RENAME_COLUMN)->apply(c, after);
    collect(p, c, after, &olds, &news, &n);
    for (size_t i = 0; i < n; i++) {
        my_drop_trigger(p, t, &olds[i]);
    }
    struct sql_step_words words = {
        .undo = rename_text(p, t->name, to, from, my_words(p, "IF EXISTS "))};
    struct sql_writer w = sql_planner_write(p);
    buf_adds(w.out, rename_text(p, t->name, from, to, ""));
    my_cheaply(&w, t, MY_INSTANT, &words);
    sql_planner_step(p, &w, &words);
    for (size_t i = 0; i < n; i++) {
        my_create_trigger(p, t, &news[i]);
    }
}
