#pragma once

#include "change/change.h"

/*
 * What the operations share: rules of parts (column, index, key, check) against a table, and edits
 * of a table in a private catalog. Only the files of this room include it.
 */

/* Where @member of struct table has room for one more: arrays of catalogs have no spare place. */
#define TABLE_ADD(arena, items, n, value)                                      \
    do {                                                                       \
        (items) = arena_grow((arena), (items), (n), (n) + 1, sizeof *(items)); \
        (items)[(n)++] = (value);                                              \
    } while (0)

/** find_base_table() - the user's table @name. Errors: ERR_NOT_FOUND, ERR_UNSUPPORTED (a view);
 *  where is "/table". */
enum errcode find_base_table(const struct catalog *now, const char *name, struct table **out,
                             struct error *err) MUST_CHECK;
/** find_column() - the column @name of @t; where is "/column". */
enum errcode find_column(const struct table *t, const char *name, struct column **out,
                         struct error *err) MUST_CHECK;

/** index_name_taken() - an index or a table of @c has this name. */
bool index_name_taken(const struct catalog *c, const char *name);
/** find_index_owner() - the table that has index @name, or NULL. */
struct table *find_index_owner(const struct catalog *c, const char *name);

/* Rules. @t is the table with all its columns, the new ones too; with @any_name the part may have a
 * name that nobody would be given today. */
enum errcode check_new_column(const struct table *t, const struct column *c, bool any_name,
                              struct error *err) MUST_CHECK;
enum errcode check_new_index(const struct catalog *now, const struct table *t,
                             const struct index *i, bool any_name, struct error *err) MUST_CHECK;
enum errcode check_new_foreign_key(const struct catalog *now, const struct table *t,
                                   const struct foreign_key *fk, struct error *err) MUST_CHECK;
/** check_expr() - every column that @e names is in @t. */
enum errcode check_expr(const struct table *t, const struct expr *e, struct error *err) MUST_CHECK;
/** find_reader() - a view that reads @table, and with @column that column of it; NULL when none. */
const struct table *find_reader(const struct catalog *now, const char *table, const char *column);
/** check_trash() - the trash table @object is still there. Errors: ERR_UNDO_EXPIRED. */
enum errcode check_trash(const struct catalog *now, const char *object,
                         struct error *err) MUST_CHECK;

/* Completion. */
void complete_index(struct arena *a, struct index *i, const char *table, const struct catalog *now,
                    const struct index *siblings, size_t n_siblings);
void complete_foreign_key(struct arena *a, struct foreign_key *fk, const char *table,
                          const struct foreign_key *siblings, size_t n_siblings);
/** complete_relation() - the type of a relation column and what its key refers to; @self is the
 *  table being made, which the catalog does not have yet. */
void complete_relation(struct arena *a, struct column *c, const struct catalog *now,
                       const struct table *self);
void complete_referenced(struct arena *a, struct foreign_key *fk, const struct catalog *now,
                         const struct table *self);
void complete_check(struct arena *a, struct check *check, const char *table,
                    const struct check *siblings, size_t n_siblings);
/** rules_check_for() - the CHECK that @c's rules ask for and @checks lack, as *@out. */
bool rules_check_for(struct arena *a, const struct column *c, const struct check *checks,
                     size_t n_checks, struct check *out);
/** rules_check_exact() - the check among @checks that says @c's rules, NULL when none does. */
const struct check *rules_check_exact(struct arena *a, const struct column *c,
                                      const struct check *checks, size_t n_checks);
/** rules_check_in() - the same; where none does, one of ours that only the engine can read. */
const struct check *rules_check_in(struct arena *a, const struct column *c,
                                   const struct check *checks, size_t n_checks);

/* Who mentions a column. */
bool index_mentions(const struct index *i, const char *column);
bool foreign_key_mentions(const struct foreign_key *fk, const char *column);
bool check_mentions(const struct check *c, const char *column);

/** table_edited() - @t is no longer what the engine's own text of it says; the text goes. */
void table_edited(struct table *t);
/**
 * rename_in_triggers() - trigger texts follow a rename of column @from of @owner, or, with @owner
 * NULL, of table @from; a text where the name could mean something else stays as it is
 */
void rename_in_triggers(struct catalog *now, const struct table *owner, const char *from,
                        const char *to);
