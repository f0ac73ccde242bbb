#pragma once

#include "engine/mariadb/emit.h"
#include "engine/sqlcommon/sql_planner.h"

/*
 * The making of a plan for MariaDB. Every statement of structure commits and is whole or not at
 * all, so whatever hits one table is one ALTER, and each step carries the statement that takes it
 * back. Forward statements say no IF NOT EXISTS: what is there already is somebody else's, and an
 * undo would take it away. Undo statements do: they may run where their step did not.
 */

/** my_words() - "IF EXISTS " or "IF NOT EXISTS " for undo statements; "" on MySQL, which has
 *  neither for parts of a table. */
const char *my_words(const struct sql_planner *p, const char *words);
/** my_finish() - the text in @w, which ends; the plan fails when it cannot be said. */
const char *my_finish(struct sql_planner *p, struct sql_writer *w);
/** my_place() - my_place_of() in a table that is there: that of an attached database may have any
 *  collation by itself, so a text column says its own. */
struct my_place my_place(const struct sql_planner *p, const struct table *t,
                         const struct column *c);
/** my_alter() - a writer with ALTER TABLE `table`: parts follow, each begun by my_part(). */
struct sql_writer my_alter(struct sql_planner *p, const char *table);
/** my_part() - " " or ", " and @words, before the next part of an ALTER. */
void my_part(struct sql_writer *w, size_t *n, const char *words);
/** my_cheaply() - ends an ALTER with how it has to be done, where a rule says that it can; fills
 *  the step's lock and rewrite. @rows: every row is written otherwise */
enum my_way { MY_COPY = 0, MY_NOCOPY, MY_INSTANT };
void my_cheaply(struct sql_writer *w, const struct table *t, enum my_way way,
                struct sql_step_words *words);

/** my_free_key_name() - the name of a foreign key that is free in the whole database. */
const char *my_free_key_name(struct sql_planner *p, const char *table, const struct foreign_key *f);
/** my_add_key() - the part that adds @f, and those that take it off. An index that MariaDB made
 *  for a foreign key has its name and goes with it. */
void my_add_key(struct sql_writer *w, size_t *n, const struct foreign_key *f, const char *guard);
void my_drop_key(struct sql_writer *w, size_t *n, const struct table *t,
                 const struct foreign_key *f, const char *guard);

/** my_add_check() - the part that adds @check, where it is not there when @guarded. */
void my_add_check(struct sql_writer *w, size_t *n, const struct check *check, bool guarded);
/** my_drop_check() - the part that takes @check off; one beside its column goes with a new
 *  definition of the column. */
void my_drop_check(struct sql_planner *p, struct sql_writer *w, size_t *n, const struct table *t,
                   const struct check *check);

/** my_drop_trigger(), my_create_trigger() - steps. */
void my_drop_trigger(struct sql_planner *p, const struct table *t, const struct trigger *trigger);
void my_create_trigger(struct sql_planner *p, const struct table *t, const struct trigger *trigger);
/** my_is_on_update() - the text of @trigger is of an UPDATE. */
bool my_is_on_update(struct arena *a, const struct trigger *trigger);
/** my_refuse_readers() - fail the plan when a trigger's body or a view says @name of @t (and
 *  @column of it, when given): they would break. @own: triggers of the table itself too */
void my_refuse_readers(struct sql_planner *p, const struct table *t, const char *column);

/* plan_table.c */
void my_plan_create_table(struct sql_planner *p, const struct change *c);
void my_plan_drop_table(struct sql_planner *p, const struct change *c);
void my_plan_restore_table(struct sql_planner *p, const struct change *c);
void my_plan_rename_table(struct sql_planner *p, const struct change *c);
/* plan_column.c */
void my_plan_create_column(struct sql_planner *p, const struct change *c);
void my_plan_drop_column(struct sql_planner *p, const struct change *c);
/* plan_rename.c */
void my_plan_rename_column(struct sql_planner *p, const struct change *c);

/* Which server, and whose database: the driver of the planner. */
struct my_server {
    bool is_mysql, is_attached;
};
/** my_has_row_key() - rows of @t, which has no primary key, can be found by MY_ROW. */
bool my_has_row_key(const struct sql_planner *p, const struct table *t);
/** my_plan() - the plan for @server. */
enum errcode my_plan(const struct my_server *server, const struct catalog *before,
                     struct plan *plan, struct error *err) MUST_CHECK;
