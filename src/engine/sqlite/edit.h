#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "engine/sqlite/ddl.h"

/*
 * Edits of a CREATE TABLE text: places are cut out and texts put in, everything else stays byte
 * for byte. Edits may be given in any order; none may overlap.
 */
struct edit {
    struct span span;
    const char *text;
    size_t order; /* of being given: texts put in at one place stay in it */
};

struct edits {
    struct arena *arena;
    const struct table_text *table;
    struct edit *items;
    size_t n;
};

void edit_rename(struct edits *e, const char *quoted_name);
/** edit_add_column() - @definition behind column @after: NULL = last, "" = first. */
void edit_add_column(struct edits *e, const char *definition, const char *after);
void edit_drop_column(struct edits *e, size_t column);
/** edit_add_clause() - a clause of the table, at the end of its body. */
void edit_add_clause(struct edits *e, const char *clause);
void edit_drop_table_clause(struct edits *e, size_t clause);
void edit_drop_column_clause(struct edits *e, size_t column, size_t clause);
/** edit_add_column_clause() - @clause behind everything else of the column. */
void edit_add_column_clause(struct edits *e, size_t column, const char *clause);
/** edit_text() - the edited text, in the arena. */
const char *edit_text(struct edits *e);
