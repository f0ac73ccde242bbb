#pragma once

#include "base/map.h"
#include "engine/postgres/inside.h"
#include "engine/sqlcommon/sql_planner.h"

/*
 * Planning for PostgreSQL. Steps go into one transaction; what may not run in one, or would hold
 * strong locks while it reads a large table, has a group of its own behind it. Names are those of
 * the catalog, exactly: the server tells letters apart.
 */
#define PG_LARGE_ROWS 100000 /* from here on a table is not locked for as long as it is read */

struct pg_planning {
    const struct postgres_engine *engine; /* NULL: managed, with every ability */
    struct map fresh;                     /* names of tables that the list made: empty */
    struct map trashed;                   /* trash name -> struct table before it went there */
};

static inline struct pg_planning *pg_planning_of(struct sql_planner *p)
{
    return p->driver;
}

/** pg_plan_is_large() - is reading all of @t too long for a lock? */
bool pg_plan_is_large(struct sql_planner *p, const struct table *t);

/** pg_plan_can_hold() - can this database have @c? Else the plan has failed. */
bool pg_plan_can_hold(struct sql_planner *p, const struct column *c);

/** pg_plan_text() - a step from words that are fixed and names: "ALTER TABLE %n DROP …" where each
 *  %n takes the next name of @names, quoted. */
void pg_plan_text(struct sql_planner *p, const struct sql_step_words *words, const char *format,
                  const char *const *names);

/* plan_parts.c: what hangs on a table, added and taken off */
void pg_plan_add_index(struct sql_planner *p, const struct table *t, const struct index *i);
void pg_plan_drop_index(struct sql_planner *p, const struct table *t, const struct index *i,
                        bool may_wait);
/** pg_plan_add_key() - @target NULL: the table that is called so now. */
void pg_plan_add_key(struct sql_planner *p, const struct table *t, const struct foreign_key *f,
                     const struct table *target);
void pg_plan_add_check(struct sql_planner *p, const struct table *t, const struct check *c);
void pg_plan_add_trigger(struct sql_planner *p, const struct table *t, const struct trigger *g);
void pg_plan_drop_constraint(struct sql_planner *p, const struct table *t, const char *name,
                             const char *comment);
/** pg_plan_comment() - of @c, or of the table when it is NULL; nothing when there is none. */
void pg_plan_comment(struct sql_planner *p, const struct table *t, const struct column *c);
/** pg_backs_key() - the index @i is the primary key's own. */
bool pg_backs_key(const struct table *t, const struct index *i);

/* plan_table.c, plan_column.c, plan_parts.c */
sql_plan_fn pg_plan_create_table;
sql_plan_fn pg_plan_drop_table;
sql_plan_fn pg_plan_rename_table;
sql_plan_fn pg_plan_restore_table;
sql_plan_fn pg_plan_create_column;
sql_plan_fn pg_plan_drop_column;
sql_plan_fn pg_plan_rename_column;
sql_plan_fn pg_plan_modify_column;
sql_plan_fn pg_plan_create_index;
sql_plan_fn pg_plan_drop_an_index;
